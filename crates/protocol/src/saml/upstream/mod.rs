//! The other side: we are a service provider, and another identity provider vouches for a person (SAML Profiles §4.1).
//!
//! ```text
//! Ask ─► (the browser goes there and comes back) ─► Message ─► Vouched
//! ```
//!
//! - **One reading.** The response and the assertion in it are elements of the one tree; what is read is the element
//!   that was signed, or that stands in the one that was, and no other assertion may be anywhere.
//! - **What was not asked for is refused**: a response names the request of the trip that it ends, and its assertion
//!   does so as well.
//! - **What is encrypted is refused**: everything is read in the clear, over TLS, and signed.

mod ask;
mod metadata;
mod vouched;

pub use ask::Ask;
pub use metadata::write as metadata;
pub use vouched::{Expected, Vouched};
