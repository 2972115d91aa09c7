//! Why an answer of an authenticator is refused.

use super::attestation::StatementFault;
use super::auth_data::DataFault;
use super::cbor::CborFault;
use super::cose::CoseFault;

/// Why a registration (WebAuthn L3 §7.1) or an assertion (§7.2) is refused, with the step of the
/// specification, as Level 3 numbers them. Holds nothing of what was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The answer is no JSON object, is larger than any, or has a member twice.
    #[error(
        "the answer is no JSON object of WebAuthn: send what `toJSON()` of the credential gives (§7.1 step 3, §7.2 step 3)"
    )]
    Response,
    /// A member of it is not there, has the wrong type, or is not base64url.
    #[error(
        "`{0}` of the answer is missing or is not what it must be: send what `toJSON()` of the credential gives (§7.1 step 3, §7.2 step 3)"
    )]
    Member(&'static str),
    /// `id`, `rawId` and, at registration, the id that was attested are not the same.
    #[error("the ids of the credential differ: begin again (§7.1 step 27, §7.2 step 5)")]
    CredentialIds,
    /// The credential is none of those that were asked for.
    #[error("the credential is none of those that were asked for: use one of them (§7.2 step 5)")]
    NotAskedFor,
    /// The credential is not the stored one.
    #[error("the credential is not the stored one: look it up by its id (§7.2 step 6)")]
    OtherCredential,
    /// Nobody was named before, and the answer names nobody.
    #[error("the answer does not say whose it is: use a passkey that was made here (§7.2 step 6)")]
    UserHandleMissing,
    /// The answer names another user than the one whose credential it is.
    #[error("the credential belongs to another user: use one of your own (§7.2 step 6)")]
    UserHandle,
    /// The client data is no JSON object, is larger than any, or has a member twice.
    #[error(
        "the client data cannot be read: use another browser (§7.1 steps 5 and 6, §7.2 steps 8 and 9)"
    )]
    ClientData,
    /// The client data is for the other ceremony, or for none.
    #[error("the client data is of another ceremony: begin again (§7.1 step 7, §7.2 step 10)")]
    Type,
    /// The challenge is not the one of this ceremony.
    #[error("the challenge is not that of this ceremony: begin again (§7.1 step 8, §7.2 step 11)")]
    Challenge,
    /// The page is none of the relying party's.
    #[error(
        "the page is none of ours: open the sign-in page by its own address (§7.1 step 9, §7.2 step 12)"
    )]
    Origin,
    /// It happened in a frame of another site, or the client data does not say so clearly.
    #[error(
        "the page was shown inside another site: open it by itself (§7.1 step 10, §7.2 step 13)"
    )]
    CrossOrigin,
    /// The client data names a page around ours.
    #[error(
        "the page was shown inside another one: open it by itself (§7.1 step 11, §7.2 step 14)"
    )]
    TopOrigin,
    /// The attestation object is not what it must be.
    #[error(
        "the attestation object cannot be read ({0}): use another authenticator (§7.1 step 13)"
    )]
    AttestationObject(CborFault),
    /// The attestation object has not exactly `fmt`, `attStmt` and `authData`.
    #[error(
        "the attestation object has not its three parts: use another authenticator (§7.1 step 13)"
    )]
    AttestationParts,
    /// The authenticator data is not what it must be.
    #[error(
        "the authenticator data cannot be read ({0}): use another authenticator (§7.1 step 13, §7.2 step 7)"
    )]
    AuthenticatorData(#[from] DataFault),
    /// It was made for another relying party.
    #[error(
        "the credential is for another relying party: use one that was made here (§7.1 step 14, §7.2 step 15)"
    )]
    RpId,
    /// Nobody touched the authenticator.
    #[error("the authenticator saw nobody: touch it when it asks (§7.1 step 15, §7.2 step 16)")]
    UserNotPresent,
    /// The authenticator did not verify the user, which is required.
    #[error(
        "the authenticator did not verify you: use its PIN, finger or face (§7.1 step 16, §7.2 step 17)"
    )]
    UserNotVerified,
    /// The credential is backed up, and says that it cannot be.
    #[error(
        "the authenticator contradicts itself about backups: use another one (§7.1 step 17, §7.2 step 18)"
    )]
    BackupState,
    /// Whether the credential can be backed up is not what it was.
    #[error("the credential's eligibility for backup has changed: register it anew (§7.2 step 19)")]
    BackupEligibility,
    /// The public key of the credential.
    #[error("the credential's key is refused ({0}): use another authenticator (§7.1 step 20)")]
    Key(CoseFault),
    /// The format of the attestation is none that is spoken, and what it says is asked for.
    #[error(
        "the format of the attestation is not spoken: use an authenticator with `packed` (§7.1 step 21)"
    )]
    Format,
    /// The statement of the attestation is wrong.
    #[error("the attestation is wrong ({0}): use another authenticator (§7.1 step 22)")]
    Statement(#[from] StatementFault),
    /// The authenticator does not attest what is demanded.
    #[error(
        "the authenticator does not attest itself, which is demanded: use one that does (§7.1 step 24)"
    )]
    Unattested,
    /// The model is none of those that are allowed.
    #[error(
        "the model of the authenticator is not allowed: use one of those that are (§7.1 step 24)"
    )]
    Model,
    /// The id of the credential is empty or longer than any.
    #[error("the credential's id is empty or longer than {most} bytes: use another authenticator (§7.1 step 25)", most = super::MAX_CREDENTIAL_ID)]
    CredentialIdLength,
    /// The stored key cannot be used, or is for another algorithm than is stored beside it.
    #[error("the stored key of the credential cannot be used: register it anew (§7.2 step 21)")]
    StoredKey,
    /// The signature is not that of the credential.
    #[error("the signature is not that of the credential: begin again (§7.2 step 21)")]
    Signature,
    /// The counter has not grown: there may be a second authenticator with the same key. Tell somebody.
    #[error(
        "the credential's counter has not grown, as if it had been copied: do not use it any more, and tell your administrator (§7.2 step 22)"
    )]
    PossibleClone,
}
