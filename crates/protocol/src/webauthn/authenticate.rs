//! Authentication: a credential is used (WebAuthn L3 §7.2).

use aws_lc_rs::digest::{SHA256, digest};

use super::auth_data::AuthData;
use super::challenge::same;
use super::client_data::{self, Ceremony};
use super::cose::CredentialKey;
use super::register::is_acceptable;
use super::response::Response;
use super::{
    Algorithm, Challenge, DataFault, Descriptor, Refused, RelyingParty, UserHandle,
    UserVerification,
};

/// An `AuthenticationResponseJSON` (§5.1) that was read, so that its credential can be looked up. Nothing of it
/// is believed before [`Assertion::verify`].
pub struct Assertion {
    response: Response,
    user_handle: Option<Vec<u8>>,
}

/// What was asked for: the same as in the [`RequestOptions`](super::RequestOptions).
#[derive(Debug, Clone, Copy)]
pub struct Expect<'a> {
    /// Who asked.
    pub party: &'a RelyingParty,
    /// The challenge of this ceremony, taken out of where it was kept.
    pub challenge: &'a Challenge,
    /// The credentials that were asked for. Empty: any, and the answer has to say whose it is.
    pub allow: &'a [Descriptor],
    /// Whether the user has to be verified.
    pub user_verification: UserVerification,
}

/// A credential, as it was kept (§4 "credential record").
#[derive(Debug, Clone, Copy)]
pub struct Stored<'a> {
    /// Its id.
    pub credential_id: &'a [u8],
    /// Its public key, as a COSE key.
    pub public_key: &'a [u8],
    /// The one algorithm of that key.
    pub algorithm: Algorithm,
    /// The counter of its last use.
    pub sign_count: u32,
    /// Whether it can be on several devices.
    pub backup_eligible: bool,
    /// The handle of the user whose it is.
    pub user_handle: &'a UserHandle,
}

/// That the user of the stored credential was there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authenticated {
    /// Whether the authenticator verified the user.
    pub user_verified: bool,
    /// The new counter, to be kept, by a step that fails if it has become larger meanwhile.
    pub sign_count: u32,
    /// Whether the credential is on several devices now, to be kept.
    pub backup_state: bool,
    /// The handle, if the authenticator told it. It is that of the stored credential.
    pub user_handle: Option<UserHandle>,
}

impl Assertion {
    /// Reads an answer.
    ///
    /// # Errors
    /// [`Refused::Response`], [`Refused::Member`], [`Refused::CredentialIds`],
    /// [`Refused::CredentialIdLength`].
    pub fn read(response: &[u8]) -> Result<Self, Refused> {
        let response = Response::read(response)?;
        let user_handle = response.optional_bytes("userHandle")?;
        Ok(Self {
            response,
            // Authenticators of U2F have none; some clients write that as nothing between quotes.
            user_handle: user_handle.filter(|handle| !handle.is_empty()),
        })
    }

    /// The id of the credential, to look it up. Not verified.
    #[must_use]
    pub fn credential_id(&self) -> &[u8] {
        &self.response.id
    }

    /// The handle that it says, to find the account. Not verified.
    #[must_use]
    pub fn user_handle(&self) -> Option<&[u8]> {
        self.user_handle.as_deref()
    }

    /// Verifies it with the stored credential.
    ///
    /// The counter is looked at last, so that [`Refused::PossibleClone`] is said only of a signature that is
    /// the credential's own.
    ///
    /// # Errors
    /// [`Refused`], one variant for each reason.
    pub fn verify(
        &self,
        stored: &Stored<'_>,
        expect: &Expect<'_>,
    ) -> Result<Authenticated, Refused> {
        self.against(stored, &expect.challenge.text(), expect)
    }

    /// The same, with the text of the challenge.
    pub(super) fn against(
        &self,
        stored: &Stored<'_>,
        challenge: &str,
        expect: &Expect<'_>,
    ) -> Result<Authenticated, Refused> {
        self.is_of(stored, expect.allow)?;
        let client_data = self.response.bytes("clientDataJSON")?;
        client_data::check(&client_data, Ceremony::Get, challenge, expect.party)?;
        let bytes = self.response.bytes("authenticatorData")?;
        let data = AuthData::read(&bytes)?;
        if data.credential.is_some() {
            return Err(DataFault::Credential.into());
        }
        is_acceptable(&data, expect.party, expect.user_verification)?;
        if data.backup_eligible() != stored.backup_eligible {
            return Err(Refused::BackupEligibility);
        }
        let key = CredentialKey::read(stored.public_key).map_err(|_| Refused::StoredKey)?;
        if key.key.algorithm() != stored.algorithm {
            return Err(Refused::StoredKey);
        }
        let hash = digest(&SHA256, &client_data);
        let signed = [&bytes, hash.as_ref()].concat();
        let signature = self.response.bytes("signature")?;
        if !key.key.verifies(&signed, &signature) {
            return Err(Refused::Signature);
        }
        let counts = data.sign_count != 0 || stored.sign_count != 0;
        if counts && data.sign_count <= stored.sign_count {
            return Err(Refused::PossibleClone);
        }
        Ok(Authenticated {
            user_verified: data.user_verified(),
            sign_count: data.sign_count,
            backup_state: data.backup_state(),
            user_handle: self
                .user_handle
                .as_ref()
                .map(|_| stored.user_handle.clone()),
        })
    }

    /// Whether it is of the stored credential, of one that was asked for, and of its user: steps 5 and 6.
    fn is_of(&self, stored: &Stored<'_>, allow: &[Descriptor]) -> Result<(), Refused> {
        let id = self.credential_id();
        if !allow.is_empty() && !allow.iter().any(|one| one.id == id) {
            return Err(Refused::NotAskedFor);
        }
        if stored.credential_id != id {
            return Err(Refused::OtherCredential);
        }
        match &self.user_handle {
            Some(handle) if same(handle, stored.user_handle.as_bytes()) => Ok(()),
            Some(_) => Err(Refused::UserHandle),
            None if allow.is_empty() => Err(Refused::UserHandleMissing),
            None => Ok(()),
        }
    }
}
