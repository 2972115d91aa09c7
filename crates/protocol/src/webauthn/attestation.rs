//! What an authenticator proves of itself when a credential is made (WebAuthn L3 §6.5, §8).

use super::auth_data::{Attested, AuthData};
use super::cbor::{self, Map, Value};
use super::certificate::Certificate;
use super::cose::{Algorithm, CredentialKey};
use super::{Aaguid, Refused};

/// The longest chain of certificates. Only the first is looked at.
const LONGEST_CHAIN: usize = 8;

/// What an authenticator has to prove of itself.
///
/// **Trust anchors are not verified.** A certificate in a statement has to have signed it and to have the form of
/// one for attestation; who issued it is not looked at, so anybody can make one. [`SelfOrBetter`] and
/// [`Models`] keep people from registering the wrong authenticator by mistake. They do not keep out somebody who
/// writes an authenticator of their own.
///
/// [`SelfOrBetter`]: Self::SelfOrBetter
/// [`Models`]: Self::Models
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttestationPolicy {
    /// Nothing, and it is not asked for (conveyance "none"). A statement that comes all the same has to be right,
    /// and of a format that is spoken: `none`, `packed` or `fido-u2f`.
    None,
    /// The same, and statements of other formats (`tpm`, `android-key`, `apple` and whatever there will be) are
    /// taken as if they were not there. For clients that send one although it was not asked for.
    Any,
    /// A statement of a format that is spoken, signed by the credential itself or by a key of the maker
    /// (conveyance "direct").
    SelfOrBetter,
    /// A statement signed by a key with a certificate, and one of these models (conveyance "direct").
    Models(Vec<Aaguid>),
}

/// What was proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attestation {
    /// Nothing.
    None,
    /// That whoever registers has the private key (self attestation, §6.5.3).
    Itself,
    /// That the holder of the key in some certificate says so. Nobody has vouched for that certificate.
    Certified,
}

/// Why the statement of an attestation is wrong. Holds nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StatementFault {
    /// It has not exactly the members of its format.
    #[error("its members are not those of its format")]
    Members,
    /// Its algorithm is none that is spoken, not that of the credential, or not that of the certificate's key.
    #[error("its algorithm is not that of its key")]
    Algorithm,
    /// There is no certificate, or too many, or the first cannot be read.
    #[error("its certificate cannot be read")]
    Certificate,
    /// The certificate is none for attestation (§8.2.1).
    #[error("its certificate is none for attestation")]
    CertificateForm,
    /// The certificate names another model than the authenticator.
    #[error("its certificate is for another model")]
    Model,
    /// The signature is not that of the key.
    #[error("its signature is wrong")]
    Signature,
}

impl AttestationPolicy {
    /// What is asked of the client (`attestation`, §5.4.7).
    #[must_use]
    pub const fn conveyance(&self) -> &'static str {
        match self {
            Self::None | Self::Any => "none",
            Self::SelfOrBetter | Self::Models(_) => "direct",
        }
    }

    /// Whether what was proved is enough (§7.1 step 24).
    pub(super) fn allows(&self, proved: Attestation, model: Aaguid) -> Result<(), Refused> {
        match self {
            Self::None | Self::Any => Ok(()),
            Self::SelfOrBetter if proved >= Attestation::Itself => Ok(()),
            Self::Models(_) if proved < Attestation::Certified => Err(Refused::Unattested),
            Self::Models(models) if models.contains(&model) => Ok(()),
            Self::Models(_) => Err(Refused::Model),
            Self::SelfOrBetter => Err(Refused::Unattested),
        }
    }
}

/// An attestation object, taken apart (§6.5.4).
pub(super) struct AttestationObject<'a> {
    pub(super) auth_data: &'a [u8],
    format: &'a str,
    statement: Map<'a>,
}

impl<'a> AttestationObject<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, Refused> {
        let value = cbor::whole(bytes).map_err(Refused::AttestationObject)?;
        let parts = value.as_map().filter(|map| map.len() == 3);
        let parts = parts.ok_or(Refused::AttestationParts)?;
        let format = parts.named("fmt").and_then(Value::as_text);
        let statement = parts.named("attStmt").and_then(Value::as_map);
        let auth_data = parts.named("authData").and_then(Value::as_bytes);
        Ok(Self {
            auth_data: auth_data.ok_or(Refused::AttestationParts)?,
            format: format.ok_or(Refused::AttestationParts)?,
            statement: statement.cloned().ok_or(Refused::AttestationParts)?,
        })
    }

    /// What its statement proves (§7.1 steps 21 and 22). `hash` is SHA-256 of the client data.
    pub(super) fn verify(
        &self,
        data: &AuthData<'_>,
        credential: &Attested<'_>,
        key: &CredentialKey,
        hash: &[u8],
        policy: &AttestationPolicy,
    ) -> Result<Attestation, Refused> {
        let proved = match self.format {
            "none" => none(&self.statement),
            "packed" => {
                let signed = [self.auth_data, hash].concat();
                packed(&self.statement, &signed, credential.aaguid, key)
            }
            "fido-u2f" => fido_u2f(&self.statement, data, credential, key, hash),
            _ if *policy == AttestationPolicy::Any => Ok(Attestation::None),
            _ => return Err(Refused::Format),
        };
        Ok(proved?)
    }
}

/// §8.7.
const fn none(statement: &Map<'_>) -> Result<Attestation, StatementFault> {
    if statement.len() == 0 {
        Ok(Attestation::None)
    } else {
        Err(StatementFault::Members)
    }
}

/// §8.2. `signed` is the authenticator data and the hash of the client data.
fn packed(
    statement: &Map<'_>,
    signed: &[u8],
    model: Aaguid,
    key: &CredentialKey,
) -> Result<Attestation, StatementFault> {
    let number = statement.named("alg").and_then(Value::as_int);
    let number = number.ok_or(StatementFault::Members)?;
    let signature = signature(statement)?;
    let algorithm = Algorithm::numbered(number).ok_or(StatementFault::Algorithm)?;
    let proved = match (statement.named("x5c"), statement.len()) {
        (None, 2) => {
            if algorithm != key.key.algorithm() {
                return Err(StatementFault::Algorithm);
            }
            verified(key.key.verifies(signed, signature))?;
            Attestation::Itself
        }
        (Some(chain), 3) => {
            let certificate = first_certificate(chain, LONGEST_CHAIN)?;
            let attesting = certificate.key(algorithm)?;
            verified(attesting.verifies(signed, signature))?;
            certificate.is_for_packed()?;
            certificate.is_of_model(model)?;
            Attestation::Certified
        }
        _ => return Err(StatementFault::Members),
    };
    Ok(proved)
}

/// §8.6. The model is not compared: U2F has none, and makers name it in the certificate all the same.
fn fido_u2f(
    statement: &Map<'_>,
    data: &AuthData<'_>,
    credential: &Attested<'_>,
    key: &CredentialKey,
    hash: &[u8],
) -> Result<Attestation, StatementFault> {
    if statement.len() != 2 {
        return Err(StatementFault::Members);
    }
    let chain = statement.named("x5c").ok_or(StatementFault::Members)?;
    let signature = signature(statement)?;
    let certificate = first_certificate(chain, 1)?;
    let attesting = certificate.key(Algorithm::Es256)?;
    let point = match (&key.point, key.key.algorithm()) {
        (Some(point), Algorithm::Es256) => point,
        _ => return Err(StatementFault::Algorithm),
    };
    let signed = [&[0], &data.rp_id_hash[..], hash, credential.id, point].concat();
    verified(attesting.verifies(&signed, signature))?;
    Ok(Attestation::Certified)
}

fn signature<'a>(statement: &Map<'a>) -> Result<&'a [u8], StatementFault> {
    let signature = statement.named("sig").and_then(Value::as_bytes);
    signature.ok_or(StatementFault::Members)
}

const fn verified(verified: bool) -> Result<(), StatementFault> {
    if verified {
        Ok(())
    } else {
        Err(StatementFault::Signature)
    }
}

/// The first of a chain with at least one and at most `most` certificates.
fn first_certificate<'a>(
    chain: &Value<'a>,
    most: usize,
) -> Result<Certificate<'a>, StatementFault> {
    let chain = chain.as_array().ok_or(StatementFault::Members)?;
    let first = match chain {
        [first, ..] if chain.len() <= most => first.as_bytes(),
        _ => return Err(StatementFault::Certificate),
    };
    Certificate::read(first.ok_or(StatementFault::Certificate)?)
}
