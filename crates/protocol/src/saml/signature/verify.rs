//! What is believed of a signature (XML Signature 1.1, SAML Core §5.4).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::algorithm::Digest;
use super::{SignatureAlgorithm, VerifyingKey};
use crate::saml::xml::{Element, Prefixes, Space, XmlError, canonical};

/// The longest signature, in bytes: of the largest RSA key.
pub const MAX_SIGNATURE: usize = 1_024;
/// Takes the signature itself out of what it covers (XML Signature §6.6.4).
pub(super) const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";

/// Why a signature is not believed. Holds nothing of the message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// It is not signed.
    #[error("the message is not signed: sign it")]
    Unsigned,
    /// Nobody has registered a key that could have signed it.
    #[error("no signing certificate is registered for the sender: register it")]
    NoKey,
    /// It is signed by an algorithm that is not taken.
    #[error(
        "the signature's algorithm is not taken: sign with RSA or ECDSA and SHA-256 or stronger"
    )]
    Algorithm,
    /// It is not built as SAML builds signatures.
    #[error(
        "the signature is not built as SAML demands ({0}): sign the whole element by its ID, enveloped, with exclusive canonical XML (SAML Core 5.4)"
    )]
    Form(&'static str),
    /// It covers something else than the element it stands in.
    #[error("the signature is for another element than the one it stands in: sign that one")]
    OtherElement,
    /// None of the registered keys has made it.
    #[error(
        "the signature is none of the registered keys': register the certificate that signs, or find out who sent it"
    )]
    Wrong,
    /// The element is not the one that was signed.
    #[error("what was signed was changed on its way: send it as it was signed")]
    Changed,
    /// The XML is refused.
    #[error(transparent)]
    Xml(#[from] XmlError),
}

/// An element that is exactly what somebody signed. Only [`verify`] gives one.
#[derive(Clone, Copy)]
pub struct Verified<'t>(Element<'t>);

impl<'t> Verified<'t> {
    /// The element.
    #[must_use]
    pub const fn element(self) -> Element<'t> {
        self.0
    }
}

/// Whether an element has a signature of its own, good or not.
pub(in crate::saml) fn is_signed(element: Element<'_>) -> bool {
    element.all(Space::Signature, "Signature").next().is_some()
}

/// That one of these keys has signed this element, whole.
///
/// # Errors
/// [`SignatureError`]. [`SignatureError::Unsigned`] when it has no signature of its own; that of an element
/// around it or within it is none.
pub fn verify<'t>(
    element: Element<'t>,
    keys: &[VerifyingKey],
) -> Result<Verified<'t>, SignatureError> {
    let signature = element
        .one(Space::Signature, "Signature")?
        .ok_or(SignatureError::Unsigned)?;
    if keys.is_empty() {
        return Err(SignatureError::NoKey);
    }
    let said = Said::read(signature)?;
    let id = element.attribute("ID").filter(|id| !id.is_empty());
    match (id, said.uri.strip_prefix('#')) {
        (Some(id), Some(named)) if id == named => {}
        _ => return Err(SignatureError::OtherElement),
    }
    // First who, then what: until a key has spoken, nothing large is done for whoever sent it.
    let info = canonical(said.info, None, &said.info_prefixes)?;
    if !verify_bytes(keys, said.algorithm, &info, &said.value) {
        return Err(SignatureError::Wrong);
    }
    let covered = canonical(element, Some(signature), &said.prefixes)?;
    if said.digest.of(&covered) != said.digested {
        return Err(SignatureError::Changed);
    }
    Ok(Verified(element))
}

/// Whether one of these keys has made this signature.
pub(in crate::saml) fn verify_bytes(
    keys: &[VerifyingKey],
    algorithm: SignatureAlgorithm,
    message: &[u8],
    signature: &[u8],
) -> bool {
    keys.iter()
        .any(|key| key.verifies(algorithm, message, signature))
}

/// What a signature says of itself.
struct Said<'t> {
    info: Element<'t>,
    info_prefixes: Prefixes,
    algorithm: SignatureAlgorithm,
    value: Vec<u8>,
    uri: &'t str,
    prefixes: Prefixes,
    digest: Digest,
    digested: Vec<u8>,
}

impl<'t> Said<'t> {
    fn read(signature: Element<'t>) -> Result<Self, SignatureError> {
        let form = SignatureError::Form;
        let parts: Vec<_> = signature.children().take(4).collect();
        let (info, value) = match parts.as_slice() {
            [info, value] => (*info, *value),
            [info, value, key] if key.is(Space::Signature, "KeyInfo") => (*info, *value),
            _ => return Err(form("its parts")),
        };
        if !info.is(Space::Signature, "SignedInfo") || !value.is(Space::Signature, "SignatureValue")
        {
            return Err(form("its parts"));
        }
        let parts: Vec<_> = info.children().take(4).collect();
        let [method, algorithm, reference] = parts.as_slice() else {
            return Err(form("what it covers"));
        };
        let info_prefixes = canonical_method(*method, "CanonicalizationMethod")?;
        let named = named(*algorithm, "SignatureMethod")?;
        if algorithm.children().next().is_some() || !reference.is(Space::Signature, "Reference") {
            return Err(form("its method"));
        }
        let parts: Vec<_> = reference.children().take(4).collect();
        let [transforms, method, digest] = parts.as_slice() else {
            return Err(form("its reference"));
        };
        if !digest.is(Space::Signature, "DigestValue") {
            return Err(form("its digest"));
        }
        Ok(Self {
            info,
            info_prefixes,
            algorithm: SignatureAlgorithm::named(named)?,
            value: base64(value)?,
            uri: reference.attribute("URI").unwrap_or_default(),
            prefixes: transformed(*transforms)?,
            digest: Digest::named(self::named(*method, "DigestMethod")?)?,
            digested: base64(*digest)?,
        })
    }
}

/// What is done before digesting: the signature is taken out, then the canonical form is made (SAML Core
/// §5.4.4). Nothing else: other transforms could take away what is read later.
fn transformed(transforms: Element<'_>) -> Result<Prefixes, SignatureError> {
    let parts: Vec<_> = transforms.children().take(3).collect();
    match parts.as_slice() {
        [enveloped, canonical]
            if transforms.is(Space::Signature, "Transforms")
                && named(*enveloped, "Transform")? == ENVELOPED
                && enveloped.children().next().is_none() =>
        {
            canonical_method(*canonical, "Transform")
        }
        _ => Err(SignatureError::Form("its transforms")),
    }
}

/// That it is exclusive canonical XML without comments, and the prefixes that it lists.
fn canonical_method(method: Element<'_>, local: &'static str) -> Result<Prefixes, SignatureError> {
    if named(method, local)? != Space::Canonical.uri() {
        return Err(SignatureError::Form("its canonical form"));
    }
    let parts: Vec<_> = method.children().take(2).collect();
    match parts.as_slice() {
        [] => Ok(Prefixes::default()),
        [list] if list.is(Space::Canonical, "InclusiveNamespaces") => Ok(Prefixes::read(
            list.attribute("PrefixList").unwrap_or_default(),
        )?),
        _ => Err(SignatureError::Form("its canonical form")),
    }
}

/// The algorithm that an element of that name says.
fn named<'t>(method: Element<'t>, local: &'static str) -> Result<&'t str, SignatureError> {
    if !method.is(Space::Signature, local) {
        return Err(SignatureError::Form(local));
    }
    let said = method.attribute("Algorithm");
    said.ok_or(SignatureError::Form(local))
}

/// The bytes of an element with base64 in it.
fn base64(element: Element<'_>) -> Result<Vec<u8>, SignatureError> {
    let text = element.text()?;
    let bare: String = text.split_ascii_whitespace().collect();
    if bare.is_empty() || bare.len() > MAX_SIGNATURE * 2 {
        return Err(SignatureError::Form("its length"));
    }
    let bytes = STANDARD.decode(bare);
    bytes.map_err(|_| SignatureError::Form("its base64"))
}
