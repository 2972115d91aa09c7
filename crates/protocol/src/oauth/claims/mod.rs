//! What tokens and the UserInfo endpoint say: claims to be signed by [`jose::jwt`](crate::jose::jwt).
//!
//! Nothing here decides whether somebody may have them.

mod access_token;
mod id_token;
mod login;
mod pairwise;
mod userinfo;

pub use access_token::AccessToken;
pub use id_token::{IdToken, at_hash};
pub use login::{Amr, Login, PHR, PHRH, acr_satisfies};
pub use pairwise::{Sector, SectorError, pairwise};
pub use userinfo::{SCOPED, UserInfo};

use serde_json::Value;

use super::Object;

/// Why claims cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClaimsError {
    /// One that is added has the name of one that the token has by itself.
    #[error("`{0}` is a claim that the token has by itself: map the attribute to another name")]
    Taken(&'static str),
    /// An access token is for nobody.
    #[error("the access token is for nobody: name a resource (RFC 9068 3)")]
    NoAudience,
}

/// Claims, beginning with those that are added, none of which has one of these names.
fn begun(added: &Object, own: &[&'static str]) -> Result<Object, ClaimsError> {
    match own.iter().find(|name| added.contains_key(**name)) {
        Some(name) => Err(ClaimsError::Taken(name)),
        None => Ok(added.clone()),
    }
}

fn put(claims: &mut Object, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        claims.insert(name.to_owned(), value.into());
    }
}
