//! The one door to XML: text ↔ elements, within bounds.
//!
//! ```text
//! text ─► bounds ─► Tree ─► Element ─► canonical bytes          Node ─► text
//! ```
//!
//! Everything of SAML that is read comes through [`Tree::read`], once. What a signature covers and what is
//! understood are the same elements of the same tree: there is no second parser whose reading could
//! differ, and no text that is cut out and read again.
//!
//! - **Bounds come first.** Bytes, depth, elements, attributes and namespaces have limits ([`Limits`]), and
//!   are held to them before anything is built.
//! - **No DOCTYPE, no processing instruction, no CDATA.** So there are no entities but the five of XML.
//! - **Text is the whole text.** An element that is read as text and holds a comment or another element is
//!   refused ([`Element::text`]).
//! - **An ID is there once**, whichever attribute says it.
//!
//! The parser is `uppsala`, the canonical form that of `bergshamra`; nothing outside of here names them.

mod bounds;
mod canonical;
mod error;
mod node;
mod space;
mod tree;

pub use bounds::Limits;
pub use error::XmlError;
pub use space::Space;
pub use tree::{Element, Tree};

pub(in crate::saml) use canonical::{Prefixes, canonical};
pub(in crate::saml) use node::{Node, Unwritable};
