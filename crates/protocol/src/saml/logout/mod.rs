//! Word that somebody is signed out, both ways (SAML Core §3.7, SAML Profiles §4.4).
//!
//! Whatever is read here has to be signed, whatever is registered of the sender: it ends sessions. What is
//! written is signed.

mod read;
mod write;

pub use read::{LogoutOutcome, LogoutRequest};
pub use write::{LogoutReply, Outgoing, SignOut};
