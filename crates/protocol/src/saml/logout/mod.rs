//! Word that somebody is signed out, both ways (SAML Core §3.7, SAML Profiles §4.4).
//!
//! Whatever browsers bring has to be signed, whatever is registered of the sender: it ends sessions. What is
//! written is signed. A service provider that can be called without a browser ([`Call`]) is told at once, and
//! whether anybody has the page open.

mod read;
mod soap;
mod write;

pub use read::{LogoutOutcome, LogoutRequest};
pub use soap::Call;
pub(super) use write::send;
pub use write::{LogoutReply, Outgoing, SignOut};
