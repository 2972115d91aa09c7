//! Somewhere else where people prove who they are, and who does.

use std::collections::BTreeSet;

use model::{Factor, WorkerRef};

use super::{ClientAuth, SigningAlg};

/// A provider whose word counts here, as far as the document says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityProvider {
    /// `metadata.name`.
    pub name: String,
    /// What people see it called; at most 80 characters.
    pub title: String,
    /// What it calls itself, to the letter; unique among all of them. Of OpenID Connect https, or http on a loopback
    /// address with `allow_private`, without query and fragment; of SAML the entity id.
    pub issuer: String,
    /// By which protocol it vouches.
    pub speaks: UpstreamSpeaks,
    /// By what somebody is found, the first time.
    pub link: LinkBy,
    /// What its word counts as: the first that fits.
    pub counts: Vec<Counts>,
}

/// By which protocol a provider vouches for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UpstreamSpeaks {
    /// As a provider of OpenID Connect.
    Oidc(UpstreamOidc),
    /// As an identity provider of SAML 2.0.
    Saml(UpstreamSaml),
}

/// A provider of OpenID Connect, and what we are to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamOidc {
    /// What it calls us.
    pub client_id: String,
    /// The name of our secret.
    pub secret: String,
    /// Where that stands in a request.
    pub method: ClientAuth,
    /// What is asked for; `openid` is always among them.
    pub scopes: BTreeSet<String>,
    /// What its ID tokens are signed with.
    pub id_token_alg: SigningAlg,
    /// It may be on a private or loopback address.
    pub allow_private: bool,
}

/// An identity provider of SAML 2.0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamSaml {
    /// Where it takes requests: https, or http on a loopback address.
    pub sso: String,
    /// By a form that a browser posts, and not in the query of an address.
    pub by_post: bool,
    /// The certificates that it signs with, in base64 of DER, each of which looks like one; at least one.
    pub certificates: Vec<String>,
    /// The attribute by which somebody is known for ever; `None`: their persistent name.
    pub subject: Option<String>,
}

impl IdentityProvider {
    /// What it is as a provider of OpenID Connect.
    #[must_use]
    pub const fn oidc(&self) -> Option<&UpstreamOidc> {
        match &self.speaks {
            UpstreamSpeaks::Oidc(oidc) => Some(oidc),
            UpstreamSpeaks::Saml(_) => None,
        }
    }

    /// What it is as an identity provider of SAML.
    #[must_use]
    pub const fn saml(&self) -> Option<&UpstreamSaml> {
        match &self.speaks {
            UpstreamSpeaks::Saml(saml) => Some(saml),
            UpstreamSpeaks::Oidc(_) => None,
        }
    }
}

/// By what somebody is found, the first time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkBy {
    /// The claim of the ID token, or the attribute of the assertion, that names them.
    pub claim: String,
    /// The source in which that is their worker key; `None`: it is the name that they sign in under here.
    pub source: Option<String>,
    /// The mail domains that the provider gives out addresses of, in lower case. What looks like a mail address
    /// counts only in one of these.
    pub email_domains: BTreeSet<String>,
}

/// What one word of the provider counts as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counts {
    /// All of these stand in `amr`; with `acr`, never both empty.
    pub amr: BTreeSet<String>,
    /// This is `acr`, where that is asked.
    pub acr: Option<String>,
    /// What that is here; one of those that are [`Factor::is_upstream`].
    pub factor: Factor,
}

/// Where people sign in, for those whom it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInRoute {
    /// Whoever is in one of these groups of people; with `people`, both empty: everybody.
    pub groups: BTreeSet<String>,
    /// And these.
    pub people: BTreeSet<WorkerRef>,
    /// The identity provider; `None`: here.
    pub at: Option<String>,
}
