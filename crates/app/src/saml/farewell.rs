//! Word to a service provider that a session has ended, without a browser (SAML Profiles §4.4.3.1).
//!
//! What it was told somebody is called is nowhere: it is put together again, and holds where it is what the keyed
//! digest that is kept was made of.

use std::collections::BTreeMap;

use documents::Saml;
use model::{AuthorizationId, SessionId, SubjectId};
use ports::store::AuthorizationRow;
use protocol::saml::logout::{Call, SignOut};
use protocol::saml::{NameId, ServiceProvider};

use super::give::unwritten;
use super::logout::BY_ITSELF;
use super::provider::provider;
use super::signing::credential;
use super::{LIFE, SKEW};
use crate::tenant::Loaded;
use crate::{App, AppError};

/// What has to be said to a service provider of the end of a session.
pub(crate) struct Farewells {
    provider: ServiceProvider,
    /// One for each name that it was told: each sign-in has its own where they are transient.
    pub(crate) calls: Vec<Call>,
    /// Whether it was told a name that nobody knows any more, since HR has changed it.
    pub(crate) is_forgotten: bool,
}

/// How a call was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Heard {
    /// Nobody is signed in there any more.
    Ended,
    /// It could not do so, or did not understand.
    Not,
}

/// Names that somebody was told under, each with the sign-ins that said so.
pub(super) type Names = BTreeMap<String, (NameId, Vec<AuthorizationId>)>;

impl Farewells {
    /// What an answer says.
    pub(crate) fn heard(&self, app: &App, call: &Call, answer: &[u8]) -> Heard {
        let at = (app.now(), SKEW, LIFE);
        match call.outcome(answer, &self.provider, at) {
            Ok(outcome) if outcome.has_ended || outcome.is_unknown => Heard::Ended,
            Ok(_) | Err(_) => Heard::Not,
        }
    }
}

impl App {
    /// What a service provider is called with, of the sign-ins in a session that it has not ended itself. `None`: it
    /// takes no calls.
    ///
    /// # Errors
    /// When the store does not answer, or a call cannot be written.
    pub(crate) async fn saml_farewells(
        &self,
        loaded: &Loaded,
        saml: &Saml,
        (session, subject): (SessionId, SubjectId),
    ) -> Result<Option<Farewells>, AppError> {
        let Some(provider) = provider(saml).filter(|one| one.back_channel_logout.is_some()) else {
            return Ok(None);
        };
        let (names, is_forgotten) = self.names_in(saml, (session, subject)).await?;
        let keys = self.keys(&[]).await?;
        let (issuer, now) = (self.entity_id()?, self.now());
        let mut calls = Vec::new();
        for (name_id, ids) in names.values() {
            let sessions: Vec<String> = ids.iter().map(|id| self.session_index(*id)).collect();
            let sessions: Vec<&str> = sessions.iter().map(String::as_str).collect();
            let id = self.message_id();
            let word = SignOut {
                issuer: &issuer,
                id: &id,
                now,
                until: now.plus(LIFE),
                name_id,
                sessions: &sessions,
            };
            let call = word.call(&provider, credential(&keys, loaded, saml, None)?);
            calls.extend(call.map_err(|why| unwritten(&why))?);
        }
        Ok(Some(Farewells {
            provider,
            calls,
            is_forgotten,
        }))
    }

    /// What somebody is called at a service provider by the sign-ins in a session that it has not ended itself.
    pub(super) async fn names_in(
        &self,
        saml: &Saml,
        (session, subject): (SessionId, SubjectId),
    ) -> Result<(Names, bool), AppError> {
        let mut rows = self.all_given_in(session).await?;
        rows.retain(|row| {
            let itself = row.state.ended.as_ref();
            row.state.client == saml.entity_id
                && itself.is_none_or(|ended| ended.reason != BY_ITSELF)
        });
        self.names_told(saml, subject, &rows).await
    }

    /// What somebody was told to be called; and whether one of the names is not known.
    async fn names_told(
        &self,
        saml: &Saml,
        subject: SubjectId,
        rows: &[AuthorizationRow],
    ) -> Result<(Names, bool), AppError> {
        let (mut names, mut is_forgotten) = (Names::new(), false);
        let Some(person) = self.store.person(subject).await? else {
            return Ok((names, true));
        };
        let known = self.known(person).await?;
        for row in rows {
            let name = self.saml_name((&saml.entity_id, row.id), saml, &known);
            let name = name.filter(|name| {
                self.name_told(row.id, name).as_deref() == Some(row.state.challenge.as_str())
            });
            let value = name.as_ref().and_then(|name| name.value.known().cloned());
            match name.zip(value) {
                Some((name, value)) => {
                    let (_, ids) = names.entry(value).or_insert((name, Vec::new()));
                    ids.push(row.id);
                }
                None => is_forgotten = true,
            }
        }
        Ok((names, is_forgotten))
    }
}
