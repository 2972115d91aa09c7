//! What somebody sees of themselves on Tenure's own pages.

use documents::RelyingParty;
use model::Timestamp;
use rules::sign_on::SignOn;

use super::authorize::{Answer, Asker, Wrong};
use crate::sign_in::{Asked, Bearer, Opened, proof_of};
use crate::{App, AppError, ErrorKind};

/// As many sessions are shown.
const SHOWN: u32 = 20;

/// Somebody's own page.
#[derive(Debug)]
pub struct Portal {
    /// What they may sign in to, by title.
    pub tiles: Vec<Tile>,
    /// Where they are signed in, newest first.
    pub sessions: Vec<PortalSession>,
    /// What a form of this page sends along, so that no other page can send it.
    pub proof: String,
}

/// Something that somebody may sign in to.
#[derive(Debug, PartialEq, Eq)]
pub struct Tile {
    /// What it is called.
    pub title: String,
    /// Where it begins.
    pub start_url: Option<String>,
}

/// A browser in which somebody is signed in.
#[derive(Debug, PartialEq, Eq)]
pub struct PortalSession {
    /// Since when.
    pub began: Timestamp,
    /// With what: `passkey`, `password`, `totp`, `recovery_code`.
    pub factors: Vec<&'static str>,
    /// Whether it is the one that asks.
    pub this: bool,
}

/// Whether somebody may see Tenure's own pages.
pub(super) enum Entered {
    /// They may.
    In(Box<Opened>),
    /// Something comes before that.
    Not(Answer),
}

impl App {
    /// Somebody's own page, or what has to come before it.
    ///
    /// # Errors
    /// When the store does not answer, or nobody signs in here.
    pub async fn portal(&self, asker: Asker<'_>) -> Result<Result<Portal, Answer>, AppError> {
        Ok(match self.entered(asker).await? {
            Entered::In(opened) => Ok(self.page_of(&opened, asker).await?),
            Entered::Not(answer) => Err(answer),
        })
    }

    /// Whoever is signed in and may see Tenure's own pages now; or what has to come before that.
    pub(super) async fn entered(&self, asker: Asker<'_>) -> Result<Entered, AppError> {
        self.issuer()?;
        let opened = match asker.session {
            Some(cookie) => self.session_of(cookie).await?,
            None => None,
        };
        let Some(opened) = opened else {
            // The page offers what the documents say; before there are any, nothing.
            match self.loaded().await {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::Missing => {}
                Err(error) => return Err(error),
            }
            return Ok(Entered::Not(self.begin(asker, None)));
        };
        let factors = opened.row.state.factors.clone();
        let judged = self.judge_for(&opened.known, None, &factors, asker).await?;
        Ok(match judged.answer {
            SignOn::Allowed => Entered::In(Box::new(opened)),
            SignOn::StepUp(demand) if self.is_too_old(demand, &factors) => {
                Entered::Not(self.begin(asker, Some(Wrong::Again)))
            }
            SignOn::StepUp(demand) => {
                let mut attempt = self.new_attempt(asker.browser, None);
                attempt.subject = Some(opened.known.person.subject);
                attempt.factors = factors;
                attempt.session = Some(opened.row.id);
                let more = self.asks_more(&attempt, None, demand.strength, None);
                Entered::Not(more.await?)
            }
            SignOn::Denied(_) => Entered::Not(self.denied(None, &opened, judged).await?),
        })
    }

    async fn page_of(&self, opened: &Opened, asker: Asker<'_>) -> Result<Portal, AppError> {
        let loaded = self.loaded().await?;
        let mut tiles = Vec::new();
        for party in loaded.tenant.relying_parties.values() {
            let asked = Asked {
                relying_party: Some(party),
                factors: &opened.row.state.factors,
                from: asker.from,
            };
            let judged = self.judge(&opened.known, asked).await?;
            if !matches!(judged.answer, SignOn::Denied(_)) {
                tiles.push(Tile {
                    title: party.title.clone(),
                    start_url: self.starts(party),
                });
            }
        }
        tiles.sort_by(|a, b| a.title.cmp(&b.title));
        let (subject, now) = (opened.known.person.subject, self.now());
        let sessions = self.store.sessions_of(subject, now, SHOWN).await?;
        let sessions = sessions.into_iter().map(|row| PortalSession {
            began: row.state.began,
            factors: row
                .state
                .factors
                .iter()
                .map(|used| used.factor.as_str())
                .collect(),
            this: row.id == opened.row.id,
        });
        Ok(Portal {
            tiles,
            sessions: sessions.collect(),
            proof: proof_of(&*self.keyring, opened.row.id),
        })
    }

    /// Where people begin: at the app, which may be told that it was we who sent them, or here, where its document
    /// allows that.
    fn starts(&self, party: &RelyingParty) -> Option<String> {
        let here = || {
            let _allowed = party.saml().filter(|saml| saml.idp_initiated)?;
            Some(format!("{}?app={}", crate::saml::START, party.name))
        };
        let there = || self.initiated(party.oidc()?);
        party.start_url.clone().or_else(there).or_else(here)
    }

    /// Whether a form came from a page of this session.
    #[must_use]
    pub fn is_own_form(&self, cookie: &str, proof: &str) -> bool {
        let held = Bearer::SESSION.read::<model::SessionId>(&*self.keyring, cookie);
        held.is_some_and(|(id, _)| {
            crate::sign_in::same(&*self.keyring, &proof_of(&*self.keyring, id), proof)
        })
    }
}
