//! Registration: a credential is made (WebAuthn L3 §7.1).

use aws_lc_rs::digest::{SHA256, digest};

use super::attestation::AttestationObject;
use super::auth_data::AuthData;
use super::challenge::same;
use super::client_data::{self, Ceremony};
use super::cose::CredentialKey;
use super::response::Response;
use super::{
    Aaguid, Algorithm, Attestation, AttestationPolicy, Challenge, Refused, RelyingParty, Transport,
    UserVerification,
};

/// What was asked for: the same as in the [`CreationOptions`](super::CreationOptions).
#[derive(Debug, Clone, Copy)]
pub struct Expect<'a> {
    /// Who asked.
    pub party: &'a RelyingParty,
    /// The challenge of this ceremony, taken out of where it was kept.
    pub challenge: &'a Challenge,
    /// Whether the user has to be verified.
    pub user_verification: UserVerification,
    /// What the authenticator has to prove of itself.
    pub attestation: &'a AttestationPolicy,
}

/// A credential that was made, to be kept (§4 "credential record").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    /// Its id, 1 to 1,023 bytes. Whether somebody has it already is looked at where it is kept, in the step that
    /// inserts it (§7.1 step 26).
    pub credential_id: Vec<u8>,
    /// Its public key, as a COSE key.
    pub public_key: Vec<u8>,
    /// The one algorithm of that key.
    pub algorithm: Algorithm,
    /// Its counter. 0: it does not count, or has not yet.
    pub sign_count: u32,
    /// The model that the authenticator says it is.
    pub aaguid: Aaguid,
    /// What was proved of that.
    pub attestation: Attestation,
    /// Whether the user was verified.
    pub user_verified: bool,
    /// Whether it can be on several devices. Does not change.
    pub backup_eligible: bool,
    /// Whether it is on several devices now.
    pub backup_state: bool,
    /// How the authenticator was reached, sorted. As the browser says; nobody has signed it.
    pub transports: Vec<Transport>,
}

/// Verifies a `RegistrationResponseJSON` (§5.1).
///
/// Only the client data, the attestation object and the transports are looked at. The copies that the JSON
/// brings along (`publicKey`, `publicKeyAlgorithm`, `authenticatorData`) are signed by nobody. The user
/// has to have been present; credentials that a browser makes by itself (conditional mediation) are refused.
///
/// # Errors
/// [`Refused`], one variant for each reason.
pub fn verify(response: &[u8], expect: &Expect<'_>) -> Result<Registered, Refused> {
    against(response, &expect.challenge.text(), expect)
}

/// The same, with the text of the challenge.
pub(super) fn against(
    response: &[u8],
    challenge: &str,
    expect: &Expect<'_>,
) -> Result<Registered, Refused> {
    let response = Response::read(response)?;
    let client_data = response.bytes("clientDataJSON")?;
    client_data::check(&client_data, Ceremony::Create, challenge, expect.party)?;
    let object = response.bytes("attestationObject")?;
    let object = AttestationObject::read(&object)?;
    let data = AuthData::read(object.auth_data)?;
    is_acceptable(&data, expect.party, expect.user_verification)?;
    let credential = data.credential.as_ref();
    let credential = credential.ok_or(super::DataFault::NoCredential)?;
    if !credential.has_usable_id() {
        return Err(Refused::CredentialIdLength);
    }
    if credential.id != response.id {
        return Err(Refused::CredentialIds);
    }
    // Everything that is spoken was offered, so a key that is read is one of the offered (step 20).
    let key = CredentialKey::of(&credential.key).map_err(Refused::Key)?;
    let hash = digest(&SHA256, &client_data);
    let attestation = object.verify(&data, credential, &key, hash.as_ref(), expect.attestation)?;
    expect.attestation.allows(attestation, credential.aaguid)?;
    Ok(Registered {
        credential_id: credential.id.to_vec(),
        public_key: credential.key_bytes.to_vec(),
        algorithm: key.key.algorithm(),
        sign_count: data.sign_count,
        aaguid: credential.aaguid,
        attestation,
        user_verified: data.user_verified(),
        backup_eligible: data.backup_eligible(),
        backup_state: data.backup_state(),
        transports: transports(&response)?,
    })
}

/// Whether authenticator data is for this party and says what was asked for: §7.1 steps 14 to 17, §7.2 steps
/// 15 to 18.
pub(super) fn is_acceptable(
    data: &AuthData<'_>,
    party: &RelyingParty,
    user_verification: UserVerification,
) -> Result<(), Refused> {
    let rp_id_hash = digest(&SHA256, party.id().as_bytes());
    if !same(data.rp_id_hash, rp_id_hash.as_ref()) {
        return Err(Refused::RpId);
    }
    if !data.user_present() {
        return Err(Refused::UserNotPresent);
    }
    if user_verification == UserVerification::Required && !data.user_verified() {
        return Err(Refused::UserNotVerified);
    }
    if data.backup_state() && !data.backup_eligible() {
        return Err(Refused::BackupState);
    }
    Ok(())
}

/// Those that are known, each once.
fn transports(response: &Response) -> Result<Vec<Transport>, Refused> {
    let texts = response.texts("transports")?;
    let mut known: Vec<Transport> = texts.into_iter().filter_map(Transport::named).collect();
    known.sort_unstable();
    known.dedup();
    Ok(known)
}
