//! SCIM 2.0 (RFC 7643, RFC 7644): resources, filters, paths, PATCH, lists and errors, and how
//! they map to [`model::Attributes`].
//!
//! Whatever comes from outside passes [`json::parse`] first, which bounds depth, size and
//! counts; everything behind it may assume those bounds.

pub mod apply;
pub mod attributes;
pub mod error;
pub mod filter;
pub mod list;
pub mod patch;
pub mod path;
pub mod profile;
pub mod provider;
pub mod resource;

mod evaluate;
mod lexer;

pub use crate::json::{self, Limits, Unreadable};
pub use error::ScimError;
pub use evaluate::{equal_text, matches};
pub use filter::{Compare, Filter, Literal};
pub use list::ListResponse;
pub use patch::{Operation, PatchOp, Verb};
pub use path::{AttributePath, Path};
pub use profile::{ScimProfile, ScimSettings};
pub use provider::ServiceProviderConfig;
pub use resource::Resource;

/// The core schema of users (RFC 7643 §4.1).
pub const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// The core schema of groups (RFC 7643 §4.2).
pub const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
/// The enterprise extension of users (RFC 7643 §4.3).
pub const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
/// The message of a listing (RFC 7644 §3.4.2).
pub const LIST_RESPONSE: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
/// The message of a partial change (RFC 7644 §3.5.2).
pub const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
/// The message of an error (RFC 7644 §3.12).
pub const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";
/// The schema of the provider's configuration (RFC 7643 §5).
pub const SERVICE_PROVIDER_CONFIG: &str =
    "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";
/// The media type (RFC 7644 §8.1).
pub const MEDIA_TYPE: &str = "application/scim+json";

/// A JSON object, as `serde_json` holds it.
pub type Object = serde_json::Map<String, serde_json::Value>;
