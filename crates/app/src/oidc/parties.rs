//! Relying parties as an administrator sees them.

use std::collections::BTreeSet;

use documents::{MaySignIn, RelyingParty, Saml, Speaks};
use ports::store::SecretName;

use super::clients::{bound_to, method};
use crate::{App, AppError, ErrorKind};

/// A relying party as it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldParty {
    /// The name of its document.
    pub name: String,
    /// What people see it called.
    pub title: String,
    /// As whom it authenticates: its `client_id`, or the entity id of a service provider of SAML.
    pub client_id: String,
    /// Whether it speaks SAML.
    pub is_saml: bool,
    /// The app whose accounts may sign in; `None` where groups say who.
    pub app: Option<String>,
    /// The groups of people who may sign in; none where an app says who.
    pub groups: BTreeSet<String>,
    /// Where browsers bring the answer: redirect URIs, or addresses for responses of SAML.
    pub redirect_uris: BTreeSet<String>,
    /// How it proves who it is (`token_endpoint_auth_method`); `None` for a service provider of SAML.
    pub method: Option<&'static str>,
    /// The name of its secret, if it needs one.
    pub secret: Option<String>,
    /// Whether that secret was made.
    pub has_secret: bool,
    /// What it may do, or need not do, that can lead to harm.
    pub risks: Vec<Risk>,
}

/// Something that can lead to harm, and that a document allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Risk {
    /// The field of its document that allows it, or that is missing.
    pub field: String,
    /// What it can lead to.
    pub risk: String,
    /// The clause of the profile that forbids it, where one does.
    pub clause: Option<String>,
}

impl App {
    /// The relying parties that documents declare, and those that have registered themselves, by name; none before there
    /// are documents.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn relying_parties(&self) -> Result<Vec<ToldParty>, AppError> {
        let loaded = match self.loaded().await {
            Err(error) if error.kind() == ErrorKind::Missing => return Ok(Vec::new()),
            loaded => loaded?,
        };
        let made = self.store.secret_names().await?;
        let now = self.now();
        let parties = loaded.tenant.relying_parties.values().filter(|party| {
            let registered = party.registered.as_ref();
            registered.is_none_or(|registered| now < registered.ends)
        });
        Ok(parties.map(|party| told(party, &made)).collect())
    }
}

fn risks(saml: &Saml) -> Vec<Risk> {
    let all = saml.relaxations().into_iter();
    all.map(|relaxed| Risk {
        field: format!("spec.saml.{}", relaxed.field),
        risk: relaxed.risk.to_owned(),
        clause: relaxed.clause.map(|clause| format!("saml2int {clause}")),
    })
    .collect()
}

/// What a client is that nobody here has written a document for.
fn risk_of(by: &str) -> Risk {
    Risk {
        field: format!("ClientRegistration {by}"),
        risk: "it has registered itself: what it is called and where answers go is its own word"
            .to_owned(),
        clause: None,
    }
}

fn told(party: &RelyingParty, made: &[SecretName]) -> ToldParty {
    let secret = party.oidc().and_then(|oidc| oidc.client.secret());
    let bound = bound_to(&party.name);
    let (client_id, redirect_uris) = match &party.speaks {
        Speaks::Oidc(oidc) => (oidc.client_id.clone(), oidc.redirect_uris.clone()),
        Speaks::Saml(saml) => {
            let urls = saml.acs.iter().map(|acs| acs.url.clone());
            (saml.entity_id.clone(), urls.collect())
        }
    };
    let (app, groups) = match &party.who {
        MaySignIn::App(app) => (Some(app.to_string()), BTreeSet::new()),
        MaySignIn::Groups(groups) => (None, groups.clone()),
    };
    ToldParty {
        name: party.name.clone(),
        title: party.title.clone(),
        client_id,
        app,
        groups,
        redirect_uris,
        is_saml: party.saml().is_some(),
        method: party.oidc().map(|oidc| method(&oidc.client).name()),
        secret: secret.map(str::to_owned),
        has_secret: party.registered.is_some()
            || made
                .iter()
                .any(|row| Some(row.name.as_str()) == secret && row.app == bound),
        risks: match &party.registered {
            Some(registered) => vec![risk_of(&registered.by)],
            None => party.saml().map(risks).unwrap_or_default(),
        },
    }
}
