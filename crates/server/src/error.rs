//! Why a server does not start, or stops.

use std::net::SocketAddr;
use std::path::PathBuf;

/// Why a server does not start, or stops.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// Passwords and tokens would travel in the clear.
    #[error(
        "{0} is not a loopback address, and plain HTTP is served on loopback only. Set \
         `tls.certificate` and `tls.key`, or listen on 127.0.0.1 or ::1"
    )]
    PlainOutside(SocketAddr),
    /// The address is not free, or not ours.
    #[error("cannot listen on {address}: {source}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// A certificate or key cannot be used.
    #[error("the TLS {what} {path} cannot be used: {why}")]
    Tls {
        /// `certificate` or `key`.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong with it. Holds nothing of the key.
        why: String,
    },
    /// No address was given.
    #[error("there is no address to listen on: set `listen`")]
    NoAddress,
}

impl ServerError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::PlainOutside(_) => "TNR-SRV-0001",
            Self::Bind { .. } => "TNR-SRV-0002",
            Self::Tls { .. } => "TNR-SRV-0003",
            Self::NoAddress => "TNR-SRV-0004",
        }
    }
}
