//! What somebody sees of themselves on Tenure's own pages.

use documents::RelyingParty;
use model::Timestamp;
use rules::sign_on::SignOn;

use super::authorize::{Answer, Asker, Wrong};
use crate::sign_in::{Asked, Bearer, Opened, proof_of};
use crate::{App, AppError};

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

impl App {
    /// Somebody's own page, or what has to come before it.
    ///
    /// # Errors
    /// When the store does not answer, or nobody signs in here.
    pub async fn portal(&self, asker: Asker<'_>) -> Result<Result<Portal, Answer>, AppError> {
        self.issuer()?;
        let opened = match asker.session {
            Some(cookie) => self.session_of(cookie).await?,
            None => None,
        };
        let Some(opened) = opened else {
            return Ok(Err(self.begin(asker, None)));
        };
        let factors = opened.row.state.factors.clone();
        let judged = self.judge_for(&opened.known, None, &factors, asker).await?;
        match judged.answer {
            SignOn::Allowed => Ok(Ok(self.page_of(&opened, asker).await?)),
            SignOn::StepUp(demand) if self.is_too_old(demand, &factors) => {
                Ok(Err(self.begin(asker, Some(Wrong::Again))))
            }
            SignOn::StepUp(demand) => {
                let mut attempt = self.new_attempt(asker.browser, None);
                attempt.subject = Some(opened.known.person.subject);
                attempt.factors = factors;
                attempt.session = Some(opened.row.id);
                let more = self.asks_more(&attempt, None, demand.strength, None);
                Ok(Err(more.await?))
            }
            SignOn::Denied(_) => Ok(Err(self.denied(None, &opened, judged).await?)),
        }
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
                    start_url: starts(party),
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

    /// Whether a form came from a page of this session.
    #[must_use]
    pub fn is_own_form(&self, cookie: &str, proof: &str) -> bool {
        let held = Bearer::SESSION.read::<model::SessionId>(&*self.keyring, cookie);
        held.is_some_and(|(id, _)| {
            crate::sign_in::same(&*self.keyring, &proof_of(&*self.keyring, id), proof)
        })
    }
}

/// Where people begin: at the app, or here, where its document allows that.
fn starts(party: &RelyingParty) -> Option<String> {
    let here = || {
        let _allowed = party.saml().filter(|saml| saml.idp_initiated)?;
        Some(format!("{}?app={}", crate::saml::START, party.name))
    };
    party.start_url.clone().or_else(here)
}
