//! Signatures over elements and over queries: what is believed, and what we sign.
//!
//! XML Signature can say nearly anything; SAML says one thing with it (SAML Core §5.4), and only that is
//! read here: one signature in the element that it covers, with one reference to that element's ID, in
//! exclusive canonical form, by an algorithm of a fixed list. What [`verify()`] gives is the element that the
//! signature covers, in the tree in which it was verified, and whoever reads a signed message reads it from
//! there.
//!
//! - **Nothing is looked up by ID.** The signature is a child of the element that is asked about, and its
//!   reference must name that element; so there is no other one that could be found instead.
//! - **Keys are registered.** What a message says of its key (`KeyInfo`) is never looked at; what it says of
//!   its algorithm is compared with what the registered key can do.
//! - **SHA-1, MD5, HMAC and DSA have no name here.**

mod algorithm;
mod certificate;
mod key;
mod sign;
mod verify;

pub use algorithm::SignatureAlgorithm;
pub use certificate::self_signed;
pub use key::{CertificateError, MAX_CERTIFICATE, VerifyingKey};
pub use sign::{Credential, CredentialError};
pub use verify::{MAX_SIGNATURE, SignatureError, Verified, verify};

pub(in crate::saml) use key::{check_rsa, decode, read};
pub(in crate::saml) use sign::{SignError, signed};
pub(in crate::saml) use verify::{is_signed, verify_bytes};
