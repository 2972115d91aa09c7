//! Another identity provider vouches for somebody: who is routed there, what it says of itself, and whom its word is
//! about.
//!
//! - Who signs in where follows from the documents and one switch ([`route`]), and is asked when somebody has proved
//!   something: nobody else is told.
//! - What a provider says of itself is fetched within bounds and kept for a while ([`provider`]).
//! - How far somebody had come is sealed into a cookie while they are there ([`trip`]).
//! - Its word is about whoever is linked to (issuer, `sub`), and about nobody else ([`link`]). A link is a
//!   [`Credential`](model::Credential): listed, told of and ended as any other.

mod by_hand;
mod link;
mod provider;
mod route;
mod trip;

pub use by_hand::Linked;
pub use route::switch_of;

pub(crate) use link::Found;
pub(crate) use provider::Upstreams;
pub(crate) use trip::Trip;

use documents::IdentityProvider;
use model::Factor;
use protocol::oauth::upstream::IdToken;

/// What the word of a provider counts as: the first that the document says fits; one factor of an unknown kind where
/// none does.
pub(crate) fn factor_of(provider: &IdentityProvider, token: &IdToken) -> Factor {
    let fits = |counts: &&documents::Counts| {
        let acr = counts.acr.as_ref();
        counts.amr.is_subset(&token.amr) && acr.is_none_or(|acr| token.acr.as_ref() == Some(acr))
    };
    let found = provider.counts.iter().find(fits);
    found.map_or(Factor::Upstream, |counts| counts.factor)
}
