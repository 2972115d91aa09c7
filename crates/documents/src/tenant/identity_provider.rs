//! Somewhere else where people prove who they are, and who does.

use std::collections::BTreeSet;

use model::{Factor, WorkerRef};

use super::{ClientAuth, SigningAlg};

/// A provider of OpenID Connect whose word counts here, as far as the document says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityProvider {
    /// `metadata.name`.
    pub name: String,
    /// What people see it called; at most 80 characters.
    pub title: String,
    /// What it calls itself, to the letter; unique among all of them. https, or http on a loopback address with
    /// `allow_private`; no query and no fragment.
    pub issuer: String,
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
    /// By what somebody is found, the first time.
    pub link: LinkBy,
    /// What its word counts as: the first that fits.
    pub counts: Vec<Counts>,
}

/// By what somebody is found, the first time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkBy {
    /// The claim of the ID token that names them.
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
