//! The algorithms that are spoken.

use std::fmt;

/// An algorithm by which a key pair signs (RFC 7518 §3.1, RFC 8037 §3.1).
///
/// There is no `none`, and no algorithm of shared secrets: see [`MacKey`](super::MacKey).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// ECDSA on P-384 with SHA-384. Verified, never signed with.
    Es384,
    /// Ed25519.
    EdDsa,
    /// RSA, PKCS #1 v1.5, with SHA-256.
    Rs256,
    /// RSA, PSS with a salt of 32 bytes, with SHA-256.
    Ps256,
}

impl Algorithm {
    /// Every one.
    pub const ALL: [Self; 5] = [
        Self::Es256,
        Self::Es384,
        Self::EdDsa,
        Self::Rs256,
        Self::Ps256,
    ];

    /// Its name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::EdDsa => "EdDSA",
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
        }
    }

    /// The one with exactly this name; names are case-sensitive (RFC 7515 §4.1.1).
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
