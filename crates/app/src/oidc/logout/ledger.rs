//! What became of a session at each relying party, for administrators.

use std::cmp::Reverse;
use std::time::Duration;

use documents::{RelyingParty, Speaks, TokenFormat};
use model::{Authorization, Farewell, FarewellStatus, Timestamp};
use ports::store::{LogoutRow, SessionRow};

use crate::sign_in::SIGNED_OUT;
use crate::tenant::Loaded;
use crate::{App, AppError, ErrorKind};

/// As many sessions that have ended are told.
const ENDED: u32 = 100;
/// What an access token may count at most, where the document that said so is gone.
const LONGEST_TOKEN: Duration = Duration::from_secs(3_600);

/// What is said of whoever did not want to be told, or could not be.
const NOT_TOLD: &str = "not_told";

/// A session as it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldSession {
    /// Which, and how it stands.
    pub row: SessionRow,
    /// Who was given anything in it, by name.
    pub given: Vec<Exposure>,
}

/// What a relying party has of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exposure {
    /// Its name.
    pub relying_party: String,
    /// Whether it knows of the end: `signed_in` while there is none, `waiting`, `told`, `refused`,
    /// `given_up`, `dropped`, or `not_told`, because it did not want to be when the session ended.
    pub status: &'static str,
    /// Since when it stands so; `None` where it is not told.
    pub at: Option<Timestamp>,
    /// How the last request to it ended; empty where there is nothing to say.
    pub detail: String,
    /// Until then an API that verifies signatures by itself may take an access token of it. `None` where
    /// the session is open, and where no such token was given.
    pub exposed_until: Option<Timestamp>,
}

impl App {
    /// The sessions of a person that are open, newest first; with `ended`, those too that were ended before
    /// their time. With each of them, who was given anything in it, and whether they know of its end.
    ///
    /// # Errors
    /// As [`App::one_person`].
    pub async fn sessions_told(
        &self,
        person: &str,
        ended: bool,
    ) -> Result<Vec<ToldSession>, AppError> {
        let mut rows = self.sessions(person).await?;
        if ended {
            let subject = self.one_person(person).await?.person.subject;
            rows.extend(self.store.ended_sessions_of(subject, ENDED).await?);
            rows.sort_by_key(|row| Reverse(row.id));
            rows.dedup_by_key(|row| row.id);
        }
        let loaded = match self.loaded().await {
            Ok(loaded) => Some(loaded),
            Err(error) if error.kind() == ErrorKind::Missing => None,
            Err(error) => return Err(error),
        };
        let mut told = Vec::new();
        for row in rows {
            let word = self.store.logout(row.id).await?;
            let given = self.given_in(row.id).await?.into_values();
            let given = given
                .map(|given| exposure(&row, word.as_ref(), given, loaded.as_deref()))
                .collect();
            told.push(ToldSession { row, given });
        }
        Ok(told)
    }
}

fn exposure(
    session: &SessionRow,
    word: Option<&LogoutRow>,
    given: Authorization,
    loaded: Option<&Loaded>,
) -> Exposure {
    let name = given.relying_party;
    let ended = session.state.ended.as_ref().map(|ended| ended.at);
    let party = word.map(|word| {
        let parties = word.state.iter().flat_map(|state| &state.parties);
        let found = parties
            .into_iter()
            .find(|party| party.relying_party == name);
        (word.state.is_some(), found)
    });
    let (status, told): (_, Option<&Farewell>) = match (ended, party) {
        (None, _) => ("signed_in", None),
        (Some(_), Some((_, Some(party)))) => (word_of(party.status), Some(party)),
        // Nobody has looked yet who is to be told.
        (Some(_), Some((false, None))) => ("waiting", None),
        (Some(_), _) => (NOT_TOLD, None),
    };
    // A service provider of SAML that has signed the person out itself knows.
    let itself = given.ended.as_ref();
    let itself = itself.filter(|ended| ended.reason == crate::saml::BY_ITSELF);
    let known = loaded.and_then(|loaded| loaded.tenant.relying_parties.get(&name));
    let life = match known.map(|party| &party.speaks) {
        Some(Speaks::Oidc(oidc)) if oidc.access_token.format == TokenFormat::Opaque => None,
        Some(Speaks::Oidc(oidc)) => Some(Duration::from_secs(
            u64::from(oidc.access_token.minutes) * 60,
        )),
        // A service provider was told to end its own session by then, and of nothing since (SAML Core §2.7.2).
        // One that was told has ended it.
        Some(Speaks::Saml(_)) if told.is_some_and(|told| told.status == FarewellStatus::Told) => {
            None
        }
        Some(Speaks::Saml(_)) => ended.map(|ended| session.state.ends.since(ended)),
        None => Some(LONGEST_TOKEN),
    };
    let life = life.filter(|_| given.redeemed.is_some() && itself.is_none());
    Exposure {
        status: match itself {
            Some(_) => word_of(FarewellStatus::Told),
            None => status,
        },
        at: itself
            .map(|ended| ended.at)
            .or_else(|| told.map(|party| party.at)),
        detail: match itself {
            Some(ended) => ended.reason.clone(),
            None if status == NOT_TOLD => by_browser(session, known).to_owned(),
            None => told.map(|party| party.detail.clone()).unwrap_or_default(),
        },
        exposed_until: ended.zip(life).map(|(ended, life)| ended.plus(life)),
        relying_party: name,
    }
}

/// What is said of a client that only the browser could tell: it is not known to have been told. A browser is there
/// where the person has signed out, and nowhere else.
fn by_browser(session: &SessionRow, known: Option<&RelyingParty>) -> &'static str {
    let oidc = known.and_then(RelyingParty::oidc);
    let ended = session.state.ended.as_ref();
    match oidc.is_some_and(|oidc| oidc.frontchannel_logout_uri.is_some()) {
        true if ended.is_some_and(|ended| ended.reason == SIGNED_OUT) => {
            "its page stood in a frame of the browser, which proves nothing"
        }
        true if ended.is_some() => "only the browser tells it, and none was there",
        _ => "",
    }
}

/// One that is just being told has not been.
const fn word_of(status: FarewellStatus) -> &'static str {
    match status {
        FarewellStatus::Sending => FarewellStatus::Waiting.as_str(),
        other => other.as_str(),
    }
}
