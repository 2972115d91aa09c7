//! The other side: we are a client, and another provider vouches for a person (OpenID Connect Core 1.0 §3.1,
//! Discovery 1.0, RFC 6749 §4.1, RFC 7636, RFC 9207).
//!
//! ```text
//! metadata ─► Provider ─► Ask ─► (the browser goes there and comes back) ─► Back ─► code
//!                 └─► (exchange) ─► id_token ─► IdToken ◄─ the one verifier of tokens ([`jose::jwt`](crate::jose::jwt))
//! ```
//!
//! - **The issuer is compared to the letter**, in the metadata, in what comes back and in the ID token, so that no
//!   provider's answer is taken for another's (RFC 9700 §4.4).
//! - **What is said is one thing or nothing**: a parameter that is there twice, a token of another type, a claim of
//!   another shape is refused.
//! - **What is not said is not known.** A provider that does not tell when or how somebody proved who they are has
//!   not told that it was just now, or well.
//!
//! Nothing of what a provider says is repeated in an error.

mod ask;
mod back;
mod id_token;
mod provider;

pub use ask::{Ask, RETURN_MODE, challenge_of};
pub use back::{Back, Stayed};
pub use id_token::{Exchanged, Expected, IdToken, exchanged};
pub use provider::{Provider, configuration_url};

/// Why what a provider says is refused: fixed words, for whoever runs this node.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refused(pub String);

impl Refused {
    fn new(problem: &str) -> Self {
        Self(problem.to_owned())
    }
}
