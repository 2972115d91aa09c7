//! Where clients may present certificates (mutual TLS).

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::{Values, check_url, wrong};
use crate::failure::Failure;

/// Where clients may present certificates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mutual {
    /// Where to listen; at least one address.
    pub listen: Vec<SocketAddr>,
    /// Where clients reach that: `https`.
    pub url: String,
    /// Certificate and key.
    pub tls: (PathBuf, PathBuf),
}

impl Values {
    /// A certificate and its key, which come together.
    pub(super) fn pair(
        &mut self,
        certificate: &str,
        key: &str,
        directory: &Path,
    ) -> Result<Option<(PathBuf, PathBuf)>, Failure> {
        match (self.text(certificate)?, self.text(key)?) {
            (Some(certificate), Some(key)) => {
                Ok(Some((directory.join(certificate), directory.join(key))))
            }
            (None, None) => Ok(None),
            _ => {
                let problem = format!("`{certificate}` and `{key}` belong together");
                Err(wrong(problem, "set both, or neither"))
            }
        }
    }

    /// Where clients may present certificates: never without TLS of our own, because what somebody else says of a
    /// certificate counts for nothing.
    pub(super) fn mutual(
        &mut self,
        tls: Option<&(PathBuf, PathBuf)>,
        directory: &Path,
    ) -> Result<Option<Mutual>, Failure> {
        let own = self.pair("mtls.certificate", "mtls.key", directory)?;
        let listen = self.addresses("mtls.listen")?.unwrap_or_default();
        let url = self.text("mtls.url")?;
        let url = match (url, listen.is_empty()) {
            (Some(url), false) => check_url("mtls.url", &url)?,
            (None, true) if own.is_none() => return Ok(None),
            _ => {
                let problem = "`mtls.listen` and `mtls.url` belong together".to_owned();
                return Err(wrong(problem, "set both, or nothing of `mtls`"));
            }
        };
        if let Err(why) = protocol::oauth::Issuer::new(&url) {
            let problem = format!("`mtls.url` is none that clients could trust: {why}");
            return Err(wrong(problem, "write it as https://mtls.id.acme.example"));
        }
        match own.or_else(|| tls.cloned()) {
            Some(tls) => Ok(Some(Mutual { listen, url, tls })),
            None => Err(wrong(
                "clients may present certificates, and there is no certificate to show them"
                    .to_owned(),
                "set `mtls.certificate` and `mtls.key`, or those of `tls`",
            )),
        }
    }
}
