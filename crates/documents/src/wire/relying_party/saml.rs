//! A relying party as a service provider of SAML 2.0.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

/// A service provider of SAML 2.0.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SamlSpec {
    /// What it calls itself, as its metadata say. Unique among all relying parties.
    pub entity_id: String,
    /// What it is held to: `saml2int`, of which everything is demanded, or `saas` (if not given), what many apps
    /// take. What a document relaxes is listed as a risk.
    #[serde(default)]
    pub profile: SamlProfile,
    /// The instant until which its metadata count, RFC 3339: from then on nobody is signed in to it.
    #[serde(default)]
    pub valid_until: Option<String>,
    /// Where its metadata stand, which are read again from time to time.
    #[serde(default)]
    pub metadata: Option<MetadataSpec>,
    /// Where it takes responses: exactly these addresses, and no others. The first is meant where none is
    /// named.
    pub acs: Vec<AcsSpec>,
    /// What people are called there; `persistent`, something that nobody else is told, if not given.
    #[serde(default)]
    pub name_id: NameIdSpec,
    /// Attribute → the expression that gives it. Where that gives no value, the attribute is left out.
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
    /// Sets of these attributes by number, of which a request may name one (`AttributeConsumingService`); the first is
    /// meant where it names none. It is given all attributes if there are no sets.
    #[serde(default)]
    pub attribute_sets: Vec<AttributeSetSpec>,
    /// The attribute `pairwise-id` is given, with this domain of ours behind its `@`: a name that stays, and that
    /// nobody else is told (SAML Subject Identifier Attributes Profile 1.0).
    #[serde(default)]
    pub pairwise_id: Option<String>,
    /// The attribute `subject-id` is given: a name that is the same everywhere, with a domain of ours behind its
    /// `@` (SAML Subject Identifier Attributes Profile 1.0).
    #[serde(default)]
    pub subject_id: Option<SubjectIdSpec>,
    /// Which of the two its metadata demand (`subject-id:req`).
    #[serde(default)]
    pub subject_id_req: Option<SubjectIdReq>,
    /// Its certificates in PEM: what it signs is held to their keys, of which each counts.
    #[serde(default)]
    pub certificates: Vec<String>,
    /// Where browsers bring it word of logout; only with `certificates`, since what ends sessions has to be signed.
    #[serde(default)]
    pub slo: Option<SloSpec>,
    /// Where it is called, without a browser, when a session ends (SOAP).
    #[serde(default)]
    pub soap_logout: Option<SoapLogoutSpec>,
    /// Requests that are not signed are refused.
    #[serde(default)]
    pub want_signed_requests: bool,
    /// What of a response is signed; `both` if not given.
    #[serde(default)]
    pub sign: SamlSigns,
    /// Which of our keys signs for it while the next one is staged: `current` (if not given), `next`, or `{next_for:
    /// [GROUP]}` for people in these groups alone.
    #[serde(default)]
    pub signing_key: SigningKeySpec,
    /// For which certificate the assertion is encrypted, once it is signed; it is not if this is not given.
    #[serde(default)]
    pub encrypt: Option<EncryptSpec>,
    /// People may start at Tenure's own page: the app is sent a response that it has not asked for.
    #[serde(default)]
    pub idp_initiated: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SamlProfile {
    #[default]
    Saas,
    Saml2int,
}

/// Where the metadata of a service provider stand.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MetadataSpec {
    /// The address.
    pub url: String,
    /// The certificate, in PEM, of whoever has to have signed them: then its certificates and until when it counts
    /// follow them. If not given, what changes there is told, and changes nothing here.
    #[serde(default)]
    pub signed_by: Option<String>,
    /// It may be on a private or loopback address, and `http` is allowed there.
    #[serde(default)]
    pub allow_private: bool,
}

/// Some of the attributes, under a number.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AttributeSetSpec {
    /// `index` of the `AttributeConsumingService` in the metadata.
    pub index: u16,
    /// The names of the attributes.
    pub attributes: Vec<String>,
}

/// Which of our keys signs.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum SigningKeySpec {
    /// For everybody.
    Everybody(SigningKeyWord),
    /// The next one for some, who try it before everybody depends on it.
    Some(NextForSpec),
}

impl Default for SigningKeySpec {
    fn default() -> Self {
        Self::Everybody(SigningKeyWord::Current)
    }
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SigningKeyWord {
    /// The one that signs for everybody else.
    Current,
    /// The next one, where there is one.
    Next,
}

/// For whom the next key signs.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NextForSpec {
    /// Whoever is in one of these groups of people.
    pub next_for: Vec<String>,
}

/// A name that is the same everywhere.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SubjectIdSpec {
    /// The expression that gives what stands before the `@`: 1 to 127 ASCII letters, digits, `=` and `-`, the
    /// first being none of the last two.
    pub value: String,
    /// The domain behind it.
    pub scope: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SubjectIdReq {
    /// The one that is the same everywhere.
    SubjectId,
    /// The one that nobody else is told.
    PairwiseId,
    /// Either.
    Any,
    /// Neither is to be sent.
    None,
}

/// Where responses are taken: an address, or one with its number.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum AcsSpec {
    /// Its number is its place in the list, from 0.
    Url(String),
    /// Its number is given.
    Numbered(NumberedAcs),
}

/// An address with its number.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NumberedAcs {
    /// The address.
    pub url: String,
    /// `index` of the `AssertionConsumerService` in the metadata.
    pub index: u16,
}

/// Where a service provider takes word of logout.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SloSpec {
    /// The address.
    pub url: String,
    /// The address for answers; `url` if not given.
    #[serde(default)]
    pub response_url: Option<String>,
    /// How it is to come there; `redirect` if not given.
    #[serde(default)]
    pub binding: SamlBinding,
}

/// Where a service provider is called.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SoapLogoutSpec {
    /// The address.
    pub url: String,
    /// It may be on a private or loopback address, and `http` is allowed there.
    #[serde(default)]
    pub allow_private: bool,
}

#[derive(Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SamlBinding {
    #[default]
    Redirect,
    Post,
}

/// For whom an assertion is encrypted, and by what.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EncryptSpec {
    /// The certificate in PEM, with a key for RSA: who has its private key reads the assertion, and nobody else.
    pub certificate: String,
    /// What encrypts the assertion; `aes256-gcm` if not given.
    #[serde(default)]
    pub cipher: SamlCipher,
    /// What encrypts the key of that; `rsa-oaep-mgf1p` if not given. `rsa-oaep-sha256` is that of XML
    /// Encryption 1.1, which not every app speaks.
    #[serde(default)]
    pub key_transport: KeyTransport,
}

#[derive(Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SamlCipher {
    #[default]
    Aes256Gcm,
    Aes128Gcm,
}

#[derive(Clone, Copy, Default, Deserialize, JsonSchema)]
pub(crate) enum KeyTransport {
    #[default]
    #[serde(rename = "rsa-oaep-mgf1p")]
    OaepSha1,
    #[serde(rename = "rsa-oaep-sha256")]
    OaepSha256,
}

/// What people are called.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NameIdSpec {
    /// The kind of name; `persistent` if not given.
    #[serde(default)]
    pub format: NameIdFormat,
    /// The expression that gives the name; text that only HR sets. Not with `transient`; needed with
    /// `emailAddress` and `unspecified`.
    #[serde(default)]
    pub value: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
pub(crate) enum NameIdFormat {
    #[default]
    #[serde(rename = "persistent")]
    Persistent,
    #[serde(rename = "emailAddress")]
    EmailAddress,
    #[serde(rename = "transient")]
    Transient,
    #[serde(rename = "unspecified")]
    Unspecified,
}

#[derive(Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SamlSigns {
    #[default]
    Both,
    Response,
    Assertion,
}
