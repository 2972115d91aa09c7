//! The public keys of a client (JWK, RFC 7517).

use schemars::JsonSchema;
use serde::Deserialize;

/// A client that proves who it is by what it signs (`private_key_jwt`).
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeysClientSpec {
    /// Its public keys, each of which counts: the one in use and the one that follows it.
    pub keys: Vec<JwkSpec>,
}

/// A public key, as a JWK.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct JwkSpec {
    /// Its type.
    pub kty: KeyType,
    /// The curve of an `EC` or `OKP` key.
    #[serde(default)]
    pub crv: Option<Curve>,
    /// The algorithm that it is for, and no other; needed of an `RSA` key.
    #[serde(default)]
    pub alg: Option<KeyAlg>,
    /// What the client calls it in the header of what it signs; needed where there are several.
    #[serde(default)]
    pub kid: Option<String>,
    /// What it is for.
    #[serde(default, rename = "use")]
    pub usage: Option<KeyUse>,
    /// Of an `EC` or `OKP` key.
    #[serde(default)]
    pub x: Option<String>,
    /// Of an `EC` key.
    #[serde(default)]
    pub y: Option<String>,
    /// Of an `RSA` key.
    #[serde(default)]
    pub n: Option<String>,
    /// Of an `RSA` key.
    #[serde(default)]
    pub e: Option<String>,
    /// The private half, which must never stand here.
    #[serde(default)]
    pub d: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum KeyType {
    Ec,
    Okp,
    Rsa,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub(crate) enum Curve {
    #[serde(rename = "P-256")]
    P256,
    #[serde(rename = "P-384")]
    P384,
    Ed25519,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub(crate) enum KeyAlg {
    #[serde(rename = "ES256")]
    Es256,
    #[serde(rename = "ES384")]
    Es384,
    #[serde(rename = "EdDSA")]
    EdDsa,
    #[serde(rename = "RS256")]
    Rs256,
    #[serde(rename = "PS256")]
    Ps256,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum KeyUse {
    Sig,
}
