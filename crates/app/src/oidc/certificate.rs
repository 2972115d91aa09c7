//! Clients that prove who they are by a certificate (mutual TLS, RFC 8705 §2), and where they present it.
//!
//! The listener has seen that whoever is connected holds the key of the certificate, and has judged nothing else. What
//! a proxy writes into a header about a certificate is never looked at.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use documents::{CertificateSubject, OidcClient, RelyingParty, Require};
use model::Diagnostic;
use protocol::oauth::mtls::{self, Anchors, CertificateFault, Subject};
use protocol::oauth::{Bound, Issuer};

use super::clients::Client;
use crate::{App, AppError, ErrorKind};

/// Where a call came in, and what its connection proves.
#[derive(Debug, Clone, Copy, Default)]
pub enum Door<'a> {
    /// Where everybody comes: nobody is asked for a certificate there.
    #[default]
    Open,
    /// Where clients may present a certificate: the chain that came, leaf first; empty: none was presented.
    Certificates(&'a [Vec<u8>]),
}

impl<'a> Door<'a> {
    fn chain(self) -> &'a [Vec<u8>] {
        match self {
            Self::Open => &[],
            Self::Certificates(chain) => chain,
        }
    }

    /// What a token is bound to that is for whoever came through here with a certificate.
    pub(super) fn bound(self) -> Option<Bound> {
        mtls::bound(self.chain())
    }
}

impl App {
    /// What stands before the paths of the endpoints there.
    pub(super) fn base(&self, door: Door<'_>) -> Result<&Issuer, AppError> {
        match (door, &self.mutual) {
            (Door::Certificates(_), Some(mutual)) => Ok(mutual),
            _ => self.issuer(),
        }
    }

    /// Whether the certificate that was presented is the client's. Why not is for whoever looks after the server.
    pub(super) fn is_certified(&self, client: &Client, door: Door<'_>) -> Result<bool, AppError> {
        let (chain, now) = (door.chain(), self.now());
        let judged = match &client.oidc().client {
            OidcClient::Issued { issued_by, subject } => {
                let anchors = anchors(issued_by).map_err(|why| unusable(&why))?;
                let subject = self::subject(subject).map_err(|why| unusable(&why))?;
                mtls::issued(chain, &anchors, &subject, now)
            }
            OidcClient::Certificates { certificates } => {
                let known: Option<Vec<_>> = certificates.iter().map(|one| der(one)).collect();
                let known = known.ok_or_else(|| unusable("it is no base64"))?;
                mtls::registered(chain, known.iter().map(Vec::as_slice), now)
            }
            OidcClient::Public | OidcClient::Secret { .. } | OidcClient::Keys { .. } => {
                Err(CertificateFault::Unknown)
            }
        };
        if let Err(why) = judged {
            let client = client.oidc().client_id.as_str();
            tracing::info!(client, %why, "a client is refused by its certificate");
        }
        Ok(judged.is_ok())
    }
}

/// Whether a relying party comes with a certificate, or is given nothing.
pub(crate) fn needs_certificate(party: &RelyingParty) -> bool {
    party.oidc().is_some_and(|oidc| {
        let by = &oidc.client;
        matches!(
            by,
            OidcClient::Issued { .. } | OidcClient::Certificates { .. }
        ) || oidc.require.contains(&Require::Certificate)
    })
}

fn der(base64: &str) -> Option<Vec<u8>> {
    STANDARD.decode(base64).ok()
}

fn anchors(issued_by: &[String]) -> Result<Anchors, String> {
    let ders: Option<Vec<_>> = issued_by.iter().map(|one| der(one)).collect();
    let ders = ders.ok_or("it is no base64")?;
    Anchors::read(ders.iter().map(Vec::as_slice)).map_err(|why| why.to_string())
}

fn subject(subject: &CertificateSubject) -> Result<Subject, String> {
    let read = match subject {
        CertificateSubject::Dn(text) => Subject::dn(text),
        CertificateSubject::Dns(text) => Subject::dns(text),
        CertificateSubject::Uri(text) => Subject::uri(text),
        CertificateSubject::Ip(text) => Subject::ip(text),
        CertificateSubject::Email(text) => Subject::email(text),
    };
    read.map_err(|why| why.to_string())
}

fn unusable(why: &str) -> AppError {
    AppError::new(
        ErrorKind::Broken,
        "TNR-SIGN-0021",
        format!("a relying party's certificate cannot be used: {why}"),
        "correct the certificates in its document",
    )
}

/// The certificates and names of a document by which nobody could prove anything.
pub(super) fn unusable_certificates(party: &RelyingParty) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut tell = |field: String, problem: String, fix: &str| {
        found.push(Diagnostic {
            code: "TNR-SIGN-0021".to_owned(),
            place: format!("RelyingParty {}", party.name),
            line: 0,
            column: 0,
            field: format!("spec.oidc.client.{field}"),
            problem,
            fix: fix.to_owned(),
        });
    };
    const AGAIN: &str = "write the certificate as it was made, in PEM";
    match party.oidc().map(|oidc| &oidc.client) {
        Some(OidcClient::Issued { issued_by, subject }) => {
            for (place, one) in issued_by.iter().enumerate() {
                if let Err(why) = anchors(std::slice::from_ref(one)) {
                    tell(format!("issued_certificate.issued_by[{place}]"), why, AGAIN);
                }
            }
            if let Err(why) = self::subject(subject) {
                let key = match subject {
                    CertificateSubject::Dn(_) => "subject_dn",
                    CertificateSubject::Dns(_) => "san_dns",
                    CertificateSubject::Uri(_) => "san_uri",
                    CertificateSubject::Ip(_) => "san_ip",
                    CertificateSubject::Email(_) => "san_email",
                };
                let fix = "write what `openssl x509 -noout -subject -nameopt RFC2253 -ext subjectAltName` shows";
                tell(format!("issued_certificate.{key}"), why, fix);
            }
        }
        Some(OidcClient::Certificates { certificates }) => {
            for (place, one) in certificates.iter().enumerate() {
                let read = der(one).ok_or_else(|| "it is no base64".to_owned());
                let read =
                    read.and_then(|der| mtls::presentable(&der).map_err(|why| why.to_string()));
                if let Err(why) = read {
                    tell(format!("certificates[{place}]"), why, AGAIN);
                }
            }
        }
        _ => {}
    }
    found
}
