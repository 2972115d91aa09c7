//! Relying parties: what people sign in to.

use std::collections::{BTreeMap, BTreeSet};

use model::TargetName;
use rules::Mapping;

use super::{ClientAuth, Registered, Saml};

/// Something that people sign in to.
#[derive(Debug, Clone)]
pub struct RelyingParty {
    /// `metadata.name`; of a client that has registered itself its `client_id`, which is no name of a document.
    pub name: String,
    /// What people see it called; at most 80 characters.
    pub title: String,
    /// Who may sign in.
    pub who: MaySignIn,
    /// Where it begins a sign-in itself when people come from somewhere else: an address that is opened as it is.
    pub start_url: Option<String>,
    /// What it speaks, and what it is in that.
    pub speaks: Speaks,
    /// How it stands as a client that has registered itself; `None`: a document declares it.
    pub registered: Option<Registered>,
}

/// By which protocol people are signed in to a relying party.
#[derive(Debug, Clone)]
pub enum Speaks {
    /// A client of OpenID Connect.
    Oidc(Box<Oidc>),
    /// A service provider of SAML 2.0.
    Saml(Box<Saml>),
}

impl RelyingParty {
    /// By what sign-on rules speak of it: its document, or the one that allows it to be.
    #[must_use]
    pub fn named_by_rules(&self) -> &str {
        match &self.registered {
            Some(registered) => &registered.by,
            None => &self.name,
        }
    }

    /// What it is as a client of OpenID Connect, if it is one.
    #[must_use]
    pub fn oidc(&self) -> Option<&Oidc> {
        match &self.speaks {
            Speaks::Oidc(oidc) => Some(oidc),
            Speaks::Saml(_) => None,
        }
    }

    /// What it is as a service provider of SAML, if it is one.
    #[must_use]
    pub fn saml(&self) -> Option<&Saml> {
        match &self.speaks {
            Speaks::Saml(saml) => Some(saml),
            Speaks::Oidc(_) => None,
        }
    }
}

/// Who may sign in to a relying party. Sign-on rules may demand more, or refuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MaySignIn {
    /// Whoever has a usable account in this app by the rules.
    App(TargetName),
    /// Whoever is in one of these groups of people; never empty.
    Groups(BTreeSet<String>),
}

/// A client of OpenID Connect.
#[derive(Debug, Clone)]
pub struct Oidc {
    /// `client_id`; unique among all relying parties.
    pub client_id: String,
    /// Where browsers bring the answer, as the document writes it; 1 to 50. Each is https, http on a
    /// loopback address, or of a private-use scheme (RFC 8252 §7).
    pub redirect_uris: BTreeSet<String>,
    /// Where browsers may go after people have signed out; of the same forms.
    pub post_logout_redirect_uris: BTreeSet<String>,
    /// Where it is told that a session has ended (OpenID Connect Back-Channel Logout 1.0); `http` only
    /// with `allow_private`.
    pub backchannel_logout_uri: Option<String>,
    /// Where the browser in which somebody signs out is to open it in a frame (OpenID Connect Front-Channel Logout
    /// 1.0); of the origin of one of `redirect_uris`.
    pub frontchannel_logout_uri: Option<String>,
    /// Where it begins a sign-in that somebody else has asked for (`initiate_login_uri`, OpenID Connect Core §4);
    /// `https`. Then there is no `start_url`.
    pub initiate_login_uri: Option<String>,
    /// `backchannel_logout_uri` may be on a private or loopback address.
    pub allow_private: bool,
    /// How it proves who it is.
    pub client: OidcClient,
    /// The profile that it is held to as a whole. What that has it do is among `require`, and what that forbids is
    /// nowhere in the document.
    pub profile: Option<OidcProfile>,
    /// What it has to do that others may do.
    pub require: BTreeSet<Require>,
    /// What it exchanges for tokens; `AuthorizationCode` is always among them.
    pub grants: BTreeSet<GrantType>,
    /// What it may ask for; `openid` is always among them.
    pub scopes: BTreeSet<String>,
    /// What people are called there.
    pub subject: SubjectType,
    /// What ID tokens are signed with.
    pub id_token_alg: SigningAlg,
    /// What answers of the UserInfo endpoint are signed with; `None`: they are plain JSON.
    pub userinfo_alg: Option<SigningAlg>,
    /// What access tokens look like, and how long they hold.
    pub access_token: AccessToken,
    /// So many days a refresh token holds; given exactly where `grants` has `RefreshToken`.
    pub refresh_days: Option<u16>,
    /// Which access tokens it may exchange, and for what; `None`: none.
    pub exchange: Option<Exchange>,
    /// Claim → what gives it; no claim of the protocol's own. Where it gives
    /// [`rules::Mapped::Missing`], the claim is left out.
    pub claims: BTreeMap<String, Mapping>,
}

/// What a client makes of access tokens that it was sent (RFC 8693). Never of a public client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// By what rules call the relying parties whose tokens it may exchange; never empty.
    pub from: BTreeSet<String>,
    /// For whom the others may be → what they may there; neither is empty.
    pub audiences: BTreeMap<String, BTreeSet<String>>,
}

/// How a client proves who it is (RFC 6749 §2.1). Secrets are named here and kept, sealed, in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OidcClient {
    /// Not at all: it cannot keep a secret.
    Public,
    /// By a secret that no other relying party has.
    Secret {
        /// The name of the secret.
        secret: String,
        /// Where it stands in a request.
        method: ClientAuth,
    },
    /// By what it signs (`private_key_jwt`, OpenID Connect Core §9).
    Keys {
        /// Its public keys as JWK (RFC 7517), 1 to 10 texts of JSON; no other relying party has one of them.
        /// Each looks like a key: whether it is one is found by whoever uses it.
        keys: Vec<String>,
    },
    /// By a certificate that somebody issues to it (`tls_client_auth`, RFC 8705 §2.1).
    Issued {
        /// Who is trusted to: 1 to 10 certificates, as base64 of their DER. Whether each is one is found by whoever
        /// uses it.
        issued_by: Vec<String>,
        /// To whom.
        subject: CertificateSubject,
    },
    /// By a certificate of its own (`self_signed_tls_client_auth`, RFC 8705 §2.2).
    Certificates {
        /// 1 to 10, as base64 of their DER; no other relying party has one of them. Whether each is one is found by
        /// whoever uses it.
        certificates: Vec<String>,
    },
}

/// To whom the certificate of a client is issued (RFC 8705 §2.1.2), as the document has it: whether it is such a name
/// is found by whoever compares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CertificateSubject {
    /// The subject itself, as RFC 4514 writes it.
    Dn(String),
    /// A host among its alternative names.
    Dns(String),
    /// A URI among them.
    Uri(String),
    /// An address of IP among them.
    Ip(String),
    /// A mailbox among them.
    Email(String),
}

impl OidcClient {
    /// The name of its secret, if it has one.
    #[must_use]
    pub fn secret(&self) -> Option<&str> {
        match self {
            Self::Secret { secret, .. } => Some(secret),
            Self::Public | Self::Keys { .. } | Self::Issued { .. } | Self::Certificates { .. } => {
                None
            }
        }
    }
}

/// A profile of OAuth to which a client is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OidcProfile {
    /// FAPI 2.0 Security Profile.
    Fapi2,
}

/// What a client may have to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Require {
    /// To push its authorization requests (RFC 9126 §6).
    Pushed,
    /// To prove possession of a key, to which its tokens are bound (RFC 9449 §5.2).
    Dpop,
    /// To come with a client certificate, to which its tokens are bound (RFC 8705 §3.4); never beside `Dpop`.
    Certificate,
    /// To sign its authorization requests (RFC 9101 §10.5); only of a client with keys.
    Signed,
}

/// What a client exchanges for tokens (RFC 6749 §1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GrantType {
    /// The code that a person's sign-in gave.
    AuthorizationCode,
    /// A refresh token.
    RefreshToken,
    /// Its own credentials, for nobody; never of a public client.
    ClientCredentials,
    /// An access token that it was sent (RFC 8693): exactly where it has an [`Exchange`].
    TokenExchange,
    /// The code that a device without a browser shows (RFC 8628).
    DeviceCode,
}

/// What people are called at a relying party (OpenID Connect Core §8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SubjectType {
    /// The same as elsewhere.
    Public,
    /// Something that no other relying party is told.
    Pairwise,
}

/// What an ID token is signed with (RFC 7518 §3.1, RFC 8037 §3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SigningAlg {
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PSS with SHA-256.
    Ps256,
}

/// What access tokens look like, and how long they hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessToken {
    /// Whether they can be read.
    pub format: TokenFormat,
    /// What signs those.
    pub alg: SigningAlg,
    /// So many minutes each holds; 1 to 60.
    pub minutes: u8,
    /// The API that they are for, an absolute URI without a fragment (RFC 8707 §2).
    pub audience: Option<String>,
}

/// Whether whoever is given an access token can read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenFormat {
    /// They can (RFC 9068).
    Jwt,
    /// They have to ask (RFC 7662).
    Opaque,
}
