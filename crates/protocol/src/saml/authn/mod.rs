//! Requests to sign somebody in (SAML Core §3.4.1).
//!
//! A request is read in two steps, since what it is held to depends on who sent it: [`Message::read`] says who
//! is said to have, and [`AuthnRequest::parse`] holds it to what is registered of them. What is wrong goes
//! one of two ways ([`Refusal`]): until it is known that the address of the answer is the sender's own, the
//! person is shown it; from then on it is answered.
//!
//! The ID of a request counts once: whoever takes it remembers it, with its issuer, for as long as a
//! request may be old.
//!
//! [`Message::read`]: super::Message::read

mod context;
mod reply;
mod request;

pub use context::{Comparison, RequestedContext, class};
pub use reply::{Refusal, ReplyTo};
pub use request::{AuthnRequest, NameIdPolicy};

pub(in crate::saml) use request::{flag, number};
