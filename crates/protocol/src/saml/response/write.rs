//! The response around it.

use std::fmt;
use std::time::Duration;

use model::Timestamp;

use super::assertion::{SignIn, Times, issued_by};
use crate::jose;
use crate::saml::binding::{Kind, PostForm};
use crate::saml::encryption::{CHANCE, EncryptionKey, SealError, sealed};
use crate::saml::signature::{Credential, SignError, signed};
use crate::saml::xml::{Node, Space, Unwritable};
use crate::saml::{EntityId, MessageId, ReplyTo, Status, instant};

/// Behind the issuer, where a signature stands (SAML Core §2.3.3, §3.2.2).
const BEHIND_ISSUER: usize = 1;

/// What is signed of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Signs {
    /// The response and the assertion in it.
    #[default]
    Both,
    /// The response as a whole, and so the assertion with it (saml2int SDP-IDP).
    Response,
    /// The assertion alone.
    Assertion,
}

/// A response that signs somebody in.
#[derive(Clone, Copy)]
pub struct Success<'a> {
    /// We.
    pub issuer: &'a EntityId,
    /// What the response is called.
    pub response_id: &'a MessageId,
    /// What the assertion is called.
    pub assertion_id: &'a MessageId,
    /// Now.
    pub now: Timestamp,
    /// How much clocks may differ.
    pub skew: Duration,
    /// How long it counts: minutes.
    pub life: Duration,
    /// Who was signed in.
    pub sign_in: SignIn<'a>,
    /// What is signed.
    pub signs: Signs,
    /// By which keys the assertion is encrypted, if it is.
    pub sealing: Option<Sealing<'a>>,
}

/// How an assertion is encrypted.
#[derive(Clone, Copy)]
pub struct Sealing<'a> {
    /// The key of the service provider.
    pub key: &'a EncryptionKey,
    /// Chance that is used for this and nothing else.
    pub chance: &'a [u8; CHANCE],
}

impl fmt::Debug for Sealing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealing(..)")
    }
}

/// Why a message of ours was not written. Holds nothing of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// A value has a character that XML cannot hold.
    #[error(
        "a value that is to be sent holds a control character, which XML cannot hold: correct it where it comes from"
    )]
    Unwritable,
    /// What is to be sent is larger than any message that is taken.
    #[error("what is to be sent is too large: send fewer attributes")]
    TooLarge,
    /// The cryptographic library failed.
    #[error(
        "the message was neither signed nor sent: try again, and look at the host if it does so again"
    )]
    Sign,
    /// Whoever holds the key did not sign.
    #[error(transparent)]
    NotSigned(jose::SignError),
    /// The assertion could not be encrypted for the service provider.
    #[error(
        "the assertion could not be encrypted for the service provider: register another certificate of it"
    )]
    Encrypt,
}

/// The response that signs somebody in, for whoever has asked.
///
/// # Errors
/// [`WriteError`]. Nothing is sent without its signature, or in the clear where it was to be encrypted.
pub fn success(
    to: &ReplyTo,
    success: &Success<'_>,
    credential: &Credential,
) -> Result<PostForm, WriteError> {
    let times = Times {
        now: success.now,
        skew: success.skew,
        life: success.life,
    };
    let sign_in = &success.sign_in;
    let mut assertion = sign_in.write(to, success.issuer, success.assertion_id, times);
    if success.signs != Signs::Response {
        assertion = signed(assertion, BEHIND_ISSUER, credential)?;
    }
    if let Some(sealing) = &success.sealing {
        assertion = sealed(&assertion, sealing.key, to.provider(), sealing.chance)?;
    }
    let ids = (success.issuer, success.response_id, success.now);
    let mut response = response(to, ids, &Status::SUCCESS).holding([assertion]);
    if success.signs != Signs::Assertion {
        response = signed(response, BEHIND_ISSUER, credential)?;
    }
    post(to, &response)
}

/// The response that says that nobody was signed in, and why. Signed, so that nobody else can say so.
///
/// # Errors
/// [`WriteError`].
pub fn refusal(
    to: &ReplyTo,
    (issuer, id, now): (&EntityId, &MessageId, Timestamp),
    status: &Status,
    credential: &Credential,
) -> Result<PostForm, WriteError> {
    let response = response(to, (issuer, id, now), status);
    post(to, &signed(response, BEHIND_ISSUER, credential)?)
}

fn response(
    to: &ReplyTo,
    (issuer, id, now): (&EntityId, &MessageId, Timestamp),
    status: &Status,
) -> Node {
    Node::new(Space::Protocol, "Response")
        .with("Destination", to.location().as_str())
        .with("ID", id.as_str())
        .with_some("InResponseTo", to.in_response_to())
        .with("IssueInstant", instant::write(now))
        .with("Version", "2.0")
        .holding([issued_by(issuer), status.write()])
}

fn post(to: &ReplyTo, response: &Node) -> Result<PostForm, WriteError> {
    let xml = response.write()?;
    Ok(PostForm::write(
        to.location(),
        Kind::Response,
        &xml,
        to.relay_state(),
    ))
}

impl From<Unwritable> for WriteError {
    fn from(_: Unwritable) -> Self {
        Self::Unwritable
    }
}

impl From<SignError> for WriteError {
    fn from(why: SignError) -> Self {
        match why {
            SignError::Unwritable(_) => Self::Unwritable,
            SignError::Xml(_) => Self::TooLarge,
            SignError::Key(why @ jose::SignError::NotSigned) => Self::NotSigned(why),
            SignError::Key(_) => Self::Sign,
        }
    }
}

impl From<SealError> for WriteError {
    fn from(why: SealError) -> Self {
        match why {
            SealError::Unwritable(_) => Self::Unwritable,
            SealError::Failed => Self::Encrypt,
        }
    }
}
