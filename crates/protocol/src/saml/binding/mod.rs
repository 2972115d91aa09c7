//! How messages travel: in a URL or in a form, always by way of a browser (SAML Bindings §3.4, §3.5).
//!
//! What is read here is not believed yet. [`Received`] holds the text of a message, and what was signed of
//! the way it came; whoever reads the message says whose keys count.

mod deflate;
mod post;
mod query;
mod redirect;

use std::fmt;

use super::signature::{
    SignatureAlgorithm, SignatureError, VerifyingKey, is_signed, verify, verify_bytes,
};
use super::xml::{Element, Limits, Tree, XmlError};
use super::{Binding, Refused};

pub use post::PostForm;
pub use redirect::RedirectUrl;

/// The longest relay state, in bytes. SAML says 80 (Bindings §3.4.3); what is sent is often longer.
pub const MAX_RELAY_STATE: usize = 1_024;

/// Why a query or a body holds no message. Holds nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BindingError {
    /// It is longer than any.
    #[error("what was sent is longer than any message that is taken: send less")]
    TooLong,
    /// It has more parameters than are taken, or one that is not encoded as it must be.
    #[error(
        "what was sent is not encoded as a query or a form is: encode each parameter once, as UTF-8"
    )]
    Encoding,
    /// It has no message, or two.
    #[error("there must be one of SAMLRequest and SAMLResponse, once: start again from the app")]
    Message,
    /// A parameter is there twice, or under a name that is spelled in two ways.
    #[error("`{0}` is there more than once, or its name is spelled oddly: send it once, as it is")]
    Twice(&'static str),
    /// The message is not base64.
    #[error("the message is not base64: encode it again (SAML Bindings 3.4.4.1, 3.5.4)")]
    Base64,
    /// The message is not deflated, or something follows it.
    #[error("the message is not compressed with DEFLATE: compress it so (SAML Bindings 3.4.4.1)")]
    Deflate,
    /// The message is longer than any when it is inflated.
    #[error("the message is longer than any that is taken once it is inflated: send less")]
    Inflated,
    /// It is encoded in a way that is not spoken.
    #[error("`SAMLEncoding` is not DEFLATE: leave it out (SAML Bindings 3.4.4)")]
    OtherEncoding,
    /// The relay state is too long.
    #[error("the relay state is longer than {most} bytes: keep it at the app, and send a reference to it", most = MAX_RELAY_STATE)]
    RelayState,
    /// One of `SigAlg` and `Signature` is there without the other.
    #[error(
        "there must be both of SigAlg and Signature, or none: sign the query (SAML Bindings 3.4.4.1)"
    )]
    HalfSigned,
    /// A message in a query has a signature within it as well.
    #[error(
        "a message in a query is signed by SigAlg and Signature alone: leave out the one within it (SAML Bindings 3.4.4.1)"
    )]
    SignedTwice,
}

/// Which of the two parameters a message came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `SAMLRequest`.
    Request,
    /// `SAMLResponse`.
    Response,
}

impl Kind {
    /// The name of the parameter.
    #[must_use]
    pub const fn parameter(self) -> &'static str {
        match self {
            Self::Request => "SAMLRequest",
            Self::Response => "SAMLResponse",
        }
    }
}

/// What a service provider wants back with the answer, as it was. Not printed.
#[derive(Clone, PartialEq, Eq)]
pub struct RelayState(String);

impl RelayState {
    /// Holds a text to the bound. `None` when it is empty, which is to have none.
    ///
    /// # Errors
    /// [`BindingError::RelayState`].
    pub fn new(text: &str) -> Result<Option<Self>, BindingError> {
        if text.len() > MAX_RELAY_STATE {
            return Err(BindingError::RelayState);
        }
        Ok((!text.is_empty()).then(|| Self(text.to_owned())))
    }

    /// As it was. Escape it wherever it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for RelayState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RelayState(..)")
    }
}

/// A message as a browser brought it. Nobody has vouched for it.
#[derive(Clone)]
pub struct Received {
    xml: String,
    kind: Kind,
    binding: Binding,
    relay_state: Option<RelayState>,
    detached: Option<Detached>,
}

/// A signature beside a message.
#[derive(Clone)]
struct Detached {
    algorithm: String,
    value: Vec<u8>,
    /// The bytes that it covers, as they came.
    covered: Vec<u8>,
}

impl Received {
    /// Reads the query of a URL, without its `?`, as it came: the signature is over these bytes (SAML
    /// Bindings §3.4.4.1).
    ///
    /// # Errors
    /// [`BindingError`].
    pub fn redirect(query: &[u8]) -> Result<Self, BindingError> {
        redirect::read(query)
    }

    /// Reads the body of a form.
    ///
    /// # Errors
    /// [`BindingError`].
    pub fn post(body: &[u8]) -> Result<Self, BindingError> {
        post::read(body)
    }

    /// Which of the two parameters it came in.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// How it came.
    #[must_use]
    pub const fn binding(&self) -> Binding {
        self.binding
    }

    /// What is wanted back with the answer.
    #[must_use]
    pub const fn relay_state(&self) -> Option<&RelayState> {
        self.relay_state.as_ref()
    }

    pub(super) fn tree(&self) -> Result<Tree<'_>, XmlError> {
        Tree::read(&self.xml, &Limits::MESSAGE)
    }

    /// Whether one of these keys has signed it, if it is signed at all. `root` is the outermost element of its
    /// own tree, and what is read afterwards is read from there.
    ///
    /// # Errors
    /// When there is a signature and it is not believed.
    pub(super) fn is_signed_by(
        &self,
        root: Element<'_>,
        keys: &[VerifyingKey],
    ) -> Result<bool, Refused> {
        match (&self.detached, is_signed(root)) {
            (None, false) => Ok(false),
            (None, true) if self.binding == Binding::Post => {
                let verified = verify(root, keys)?;
                Ok(verified.element() == root)
            }
            (_, true) => Err(BindingError::SignedTwice.into()),
            (Some(detached), false) => {
                if keys.is_empty() {
                    return Err(SignatureError::NoKey.into());
                }
                let algorithm = SignatureAlgorithm::named(&detached.algorithm)?;
                if verify_bytes(keys, algorithm, &detached.covered, &detached.value) {
                    Ok(true)
                } else {
                    Err(SignatureError::Wrong.into())
                }
            }
        }
    }
}

impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Received")
            .field("kind", &self.kind)
            .field("binding", &self.binding)
            .field("is_signed_beside", &self.detached.is_some())
            .finish_non_exhaustive()
    }
}
