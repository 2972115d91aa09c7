//! Certificates by which clients prove who they are, and to which their tokens are bound (mutual TLS, RFC 8705).
//!
//! A certificate comes over the connection on which its holder has proved its key, and from nowhere else: no header
//! of a request holds one. TLS has proved possession and nothing more; whether a certificate is the one of a client is
//! asked here.

mod name;
mod subject;

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use model::Timestamp;
use rustls_pki_types::{CertificateDer, TrustAnchor, UnixTime};
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, KeyUsage, anchor_from_trusted_cert};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer as _;

use super::Bound;
use crate::jose::base64url;

pub use name::{Name, NameError};
pub use subject::{Subject, SubjectError};

/// The longest certificate, in bytes of DER.
pub const LONGEST: usize = 16 << 10;
/// The longest chain, in certificates: the client's own and those between it and an anchor.
pub const MOST: usize = 6;

/// Why a certificate is not the one of a client. For whoever looks after the server: a client is told nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CertificateFault {
    /// There is none, or more than is taken.
    #[error("no certificate was presented, or a longer chain than is taken")]
    Absent,
    /// It cannot be read.
    #[error("the certificate cannot be read")]
    Unreadable,
    /// It is not valid now.
    #[error("the certificate is not valid at this time")]
    Time,
    /// No anchor of the client's document leads to it, or it is not for clients.
    #[error("nobody whom the client's document trusts has issued the certificate for a client")]
    Untrusted,
    /// It was issued to somebody else.
    #[error("the certificate was issued to somebody else")]
    Subject,
    /// It is none of those of the client's document.
    #[error("the certificate is none of those of the client's document")]
    Unknown,
}

/// Why a certificate of a document cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AnchorError {
    /// It is empty, or longer than any.
    #[error("the certificate is empty or longer than {LONGEST} bytes")]
    Length,
    /// It is no certificate of X.509 version 3.
    #[error("this is no X.509 certificate of version 3")]
    Unreadable,
}

/// The thumbprint of a certificate in DER (`x5t#S256`, RFC 8705 §3.1), as base64url.
#[must_use]
pub fn thumbprint(der: &[u8]) -> String {
    base64url::encode(digest(&SHA256, der))
}

/// What a token is bound to that is for whoever presented this chain, leaf first; `None`: nobody presented one.
#[must_use]
pub fn bound(chain: &[Vec<u8>]) -> Option<Bound> {
    chain
        .first()
        .map(|leaf| Bound::Certificate(thumbprint(leaf)))
}

/// Whom a document trusts to say who somebody is.
#[derive(Debug, Clone)]
pub struct Anchors(Vec<TrustAnchor<'static>>);

impl Anchors {
    /// Reads certificates in DER.
    ///
    /// # Errors
    /// [`AnchorError`], of the first that cannot be used.
    pub fn read<'d>(ders: impl IntoIterator<Item = &'d [u8]>) -> Result<Self, AnchorError> {
        let read = |der: &[u8]| {
            if der.is_empty() || der.len() > LONGEST {
                return Err(AnchorError::Length);
            }
            let der = CertificateDer::from(der);
            let anchor = anchor_from_trusted_cert(&der);
            anchor
                .map(|anchor| anchor.to_owned())
                .map_err(|_| AnchorError::Unreadable)
        };
        ders.into_iter()
            .map(read)
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

/// Whether a certificate could be presented by a client at all.
///
/// # Errors
/// [`AnchorError`].
pub fn presentable(der: &[u8]) -> Result<(), AnchorError> {
    if der.is_empty() || der.len() > LONGEST {
        return Err(AnchorError::Length);
    }
    let der = CertificateDer::from(der);
    EndEntityCert::try_from(&der).map_err(|_| AnchorError::Unreadable)?;
    match X509Certificate::from_der(&der) {
        Ok(([], _)) => Ok(()),
        _ => Err(AnchorError::Unreadable),
    }
}

/// Holds a chain, leaf first, to whom a document trusts and to whom it says that the leaf was issued
/// (`tls_client_auth`, RFC 8705 §2.1). Every certificate of the path is valid now, and the leaf says that it is for
/// clients. Whether one was revoked is not asked: no list is fetched.
///
/// # Errors
/// [`CertificateFault`].
pub fn issued(
    chain: &[Vec<u8>],
    anchors: &Anchors,
    subject: &Subject,
    now: Timestamp,
) -> Result<(), CertificateFault> {
    let (leaf, between) = split(chain)?;
    let read = readable(leaf)?;
    let between: Vec<_> = between
        .iter()
        .map(|der| CertificateDer::from(der.as_slice()))
        .collect();
    let der = CertificateDer::from(leaf);
    let entity = EndEntityCert::try_from(&der).map_err(|_| CertificateFault::Unreadable)?;
    let path = entity.verify_for_usage(
        ALL_VERIFICATION_ALGS,
        &anchors.0,
        &between,
        instant(now)?,
        KeyUsage::client_auth(),
        None,
        None,
    );
    // Whoever issues certificates need not say what for; the one that is issued does (RFC 5280 §4.2.1.12).
    let usage = read.extended_key_usage();
    let says_so = matches!(usage, Ok(Some(usage)) if usage.value.client_auth);
    match path {
        Ok(_) if !says_so => Err(CertificateFault::Untrusted),
        Ok(_) if subject.is_of(&read) => Ok(()),
        Ok(_) => Err(CertificateFault::Subject),
        Err(webpki::Error::CertExpired { .. } | webpki::Error::CertNotValidYet { .. }) => {
            Err(CertificateFault::Time)
        }
        Err(_) => Err(CertificateFault::Untrusted),
    }
}

/// Holds a chain, leaf first, to the certificates of a document, in DER (`self_signed_tls_client_auth`, RFC 8705
/// §2.2). Who has issued one decides nothing: it is the one that is registered, to the last byte, and is valid now.
///
/// # Errors
/// [`CertificateFault`].
pub fn registered<'d>(
    chain: &[Vec<u8>],
    certificates: impl IntoIterator<Item = &'d [u8]>,
    now: Timestamp,
) -> Result<(), CertificateFault> {
    let (leaf, _) = split(chain)?;
    if !certificates.into_iter().any(|known| known == leaf) {
        return Err(CertificateFault::Unknown);
    }
    let read = readable(leaf)?;
    let (begins, ends) = (&read.validity().not_before, &read.validity().not_after);
    let now = now.as_micros().div_euclid(1_000_000);
    match (begins.timestamp()..=ends.timestamp()).contains(&now) {
        true => Ok(()),
        false => Err(CertificateFault::Time),
    }
}

/// The leaf, and what was sent along with it.
fn split(chain: &[Vec<u8>]) -> Result<(&[u8], &[Vec<u8>]), CertificateFault> {
    match chain {
        [leaf, between @ ..] if chain.len() <= MOST => Ok((leaf, between)),
        _ => Err(CertificateFault::Absent),
    }
}

fn readable(der: &[u8]) -> Result<X509Certificate<'_>, CertificateFault> {
    if der.len() > LONGEST {
        return Err(CertificateFault::Unreadable);
    }
    match X509Certificate::from_der(der) {
        Ok(([], certificate)) => Ok(certificate),
        _ => Err(CertificateFault::Unreadable),
    }
}

fn instant(now: Timestamp) -> Result<UnixTime, CertificateFault> {
    let seconds = u64::try_from(now.as_micros().div_euclid(1_000_000));
    let seconds = seconds.map_err(|_| CertificateFault::Time)?;
    Ok(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8705, appendix A: a certificate and its thumbprint.
    #[test]
    fn the_thumbprint_is_the_one_of_the_rfc() {
        use base64::Engine as _;
        const CERTIFICATE: &str = "MIIBBjCBrAIBAjAKBggqhkjOPQQDAjAPMQ0wCwYDVQQDDARtdGxzMB4XDTE4MTAx\
            ODEyMzcwOVoXDTIyMDUwMjEyMzcwOVowDzENMAsGA1UEAwwEbXRsczBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABNcn\
            yxwqV6hY8QnhxxzFQ03C7HKW9OylMbnQZjjJ/Au08/coZwxS7LfA4vOLS9WuneIXhbGGWvsDSb0tH6IxLm8wCgYIKoZI\
            zj0EAwIDSQAwRgIhAP0RC1E+vwJD/D1AGHGzuri+hlV/PpQEKTWUVeORWz83AiEA5x2eXZOVbUlJSGQgjwD5vaUaKlLR\
            50Q2DmFfQj1L+SY=";
        let der = base64::engine::general_purpose::STANDARD.decode(CERTIFICATE);
        let der = der.unwrap_or_default();
        let wanted = "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0";
        assert_eq!(thumbprint(&der), wanted);
        assert_eq!(
            bound(&[der.clone(), vec![1]]),
            Some(Bound::Certificate(wanted.to_owned())),
            "the leaf alone"
        );
        assert_eq!(bound(&[]), None);
        // It is of version 1, which has no extensions, and ended in 2022.
        assert_eq!(presentable(&der), Err(AnchorError::Unreadable));
        let ended = registered(
            std::slice::from_ref(&der),
            [der.as_slice()],
            at(1_700_000_000),
        );
        assert_eq!(ended, Err(CertificateFault::Time));
        let then = registered(
            std::slice::from_ref(&der),
            [der.as_slice()],
            at(1_600_000_000),
        );
        assert_eq!(then, Ok(()));
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_micros(second * 1_000_000)
    }

    #[test]
    fn a_chain_has_a_leaf_and_an_end() {
        let none = registered(&[], [], at(0));
        assert_eq!(none, Err(CertificateFault::Absent));
        let long = vec![vec![0x30]; MOST + 1];
        let long = registered(&long, [&[0x30][..]], at(0));
        assert_eq!(long, Err(CertificateFault::Absent));
        let unreadable = registered(&[vec![0x30]], [&[0x30][..]], at(0));
        assert_eq!(unreadable, Err(CertificateFault::Unreadable));
        for der in [&[][..], &[0x30], &[0; LONGEST + 1]] {
            assert!(presentable(der).is_err());
            assert!(Anchors::read([der]).is_err());
        }
    }
}
