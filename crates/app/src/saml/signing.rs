//! With which of our keys a service provider is signed for: while the next one is staged, its document says who of
//! its people try it first, and when everybody does.

use documents::{Saml, SamlKey};
use protocol::saml::signature::Credential;

use crate::oidc::Keys;
use crate::sign_in::groups_of;
use crate::tenant::Loaded;
use crate::{AppError, Known};

/// The key for what is said to a service provider; of a person, where it is about one. Where no next key is staged,
/// or it is not known in which groups somebody is, it is the one that signs for everybody else.
///
/// # Errors
/// `Broken`: there is always one.
pub(super) fn credential<'k>(
    keys: &'k Keys,
    loaded: &Loaded,
    saml: &Saml,
    about: Option<&Known>,
) -> Result<&'k Credential, AppError> {
    let is_next = match (&saml.signing_key, about) {
        (SamlKey::Current, _) | (SamlKey::NextFor(_), None) => false,
        (SamlKey::Next, _) => true,
        (SamlKey::NextFor(groups), Some(known)) => groups_of(loaded, known.worker())
            .is_ok_and(|own| groups.iter().any(|group| own.contains(group))),
    };
    match keys.next_credential().filter(|_| is_next) {
        Some(next) => Ok(next),
        None => keys.credential(),
    }
}
