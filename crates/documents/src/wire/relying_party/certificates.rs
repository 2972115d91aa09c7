//! The certificates of a client (mutual TLS, RFC 8705 §2).

use schemars::JsonSchema;
use serde::Deserialize;

/// A client that proves who it is by a certificate that somebody issues to it (`tls_client_auth`).
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct IssuedClientSpec {
    /// By whom, and to whom.
    pub issued_certificate: IssuedSpec,
}

/// By whom a certificate is issued, and to whom: exactly one of `subject_dn`, `san_dns`, `san_uri`, `san_ip` and
/// `san_email`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct IssuedSpec {
    /// The certificates in PEM of those who are trusted to issue it; nobody else is, and the host's own list is not
    /// looked at.
    pub issued_by: Vec<String>,
    /// Its subject, as RFC 4514 writes it: `CN=robot,O=Acme,C=DE`.
    #[serde(default)]
    pub subject_dn: Option<String>,
    /// A host among its alternative names.
    #[serde(default)]
    pub san_dns: Option<String>,
    /// A URI among its alternative names.
    #[serde(default)]
    pub san_uri: Option<String>,
    /// An address of IP among its alternative names.
    #[serde(default)]
    pub san_ip: Option<String>,
    /// A mailbox among its alternative names.
    #[serde(default)]
    pub san_email: Option<String>,
}

/// A client that proves who it is by a certificate of its own (`self_signed_tls_client_auth`).
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CertificatesClientSpec {
    /// Its certificates in PEM, each of which counts: the one in use and the one that follows it.
    pub certificates: Vec<String>,
}
