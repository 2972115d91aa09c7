//! The key under which a target stores an object of ours.

use model::{Address, Kind};

use crate::App;

/// Hexadecimal digits of a group's key that tell installations apart: 64 bits.
const DIGITS: usize = 16;

impl App {
    /// What an object of ours carries at its target (SCIM `externalId`), so that it is found
    /// again when the answer to its creation was lost.
    ///
    /// An account's key is the subject's id, which no other installation has. A group's is the
    /// name in the documents, and two installations that write to one target may well choose the
    /// same: so a digest under this installation's own key follows, which survives a change of
    /// the master key and a restore.
    pub(crate) fn external_key(&self, at: &Address) -> String {
        match at.kind {
            Kind::Account | Kind::Grant => at.key.0.clone(),
            Kind::Group => {
                // Neither name can hold a slash, so no other pair gives the same bytes.
                let place = format!("{}/{}", at.target, at.key);
                let digest = self.keyring.keyed_digest("external", place.as_bytes());
                let digest = digest.to_string();
                format!("{}.{}", at.key, digest.get(..DIGITS).unwrap_or(&digest))
            }
        }
    }
}
