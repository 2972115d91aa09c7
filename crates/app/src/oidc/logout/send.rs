//! Sending the word to those whose turn it is, and writing down how that ended.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use documents::RelyingParty;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use model::event::FindingClosed;
use model::finding::Finding;
use model::{Event, Farewell, FarewellStatus, Logout, Secret, SessionId, SubjectId, Timestamp};
use ports::{BackChannel, LogoutAnswer};
use protocol::oauth::logout::{Ended, LogoutToken};

use super::turn::{Came, answered};
use super::{Teller, turn};
use crate::oidc::clients::Client;
use crate::oidc::token::signs;
use crate::{App, AppError, ErrorKind};

/// The longest that one request may take.
const DEADLINE: Duration = Duration::from_secs(5);
/// How long a token counts (Back-Channel Logout 1.0 §2.4: at most two minutes).
const LIFE: Duration = Duration::from_secs(120);
/// How often an outcome is tried to be written down.
const TRIES: u32 = 8;
/// The code of a finding about a relying party that was not told.
const NOT_TOLD: &str = "TNR-SIGN-0017";

/// Which relying parties do not answer. Of those that have not, several times in a row, nobody waits for
/// a while, so that one of them does not use up the room that others need.
#[derive(Default)]
pub(super) struct Health(Mutex<BTreeMap<String, (u32, Timestamp)>>);

impl Health {
    /// After so many failures in a row …
    const FAILURES: u32 = 3;
    /// … nobody is asked for so long.
    const REST: Duration = Duration::from_secs(20);

    pub(super) fn rests(&self, client: &str, now: Timestamp) -> bool {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(client).is_some_and(|(failures, last)| {
            *failures >= Self::FAILURES && now < last.plus(Self::REST)
        })
    }

    pub(super) fn note(&self, client: &str, answer: &LogoutAnswer, now: Timestamp) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match answer {
            LogoutAnswer::Taken | LogoutAnswer::Refused => drop(all.remove(client)),
            LogoutAnswer::Failed { .. } | LogoutAnswer::Lost { .. } => {
                let known = all.entry(client.to_owned()).or_insert((0, now));
                *known = (known.0.saturating_add(1), now);
            }
        }
    }
}

impl Teller {
    /// Sends to these, all at once, and writes down how each ended as soon as it has.
    pub(super) async fn send(
        &self,
        session: SessionId,
        state: &Logout,
        places: &[usize],
    ) -> Result<(), AppError> {
        let parties = places.iter().filter_map(|place| state.parties.get(*place));
        let mut sends: FuturesUnordered<_> = parties
            .map(|party| async move { (party, self.tell(session, state.subject, party).await) })
            .collect();
        let mut ended = Ok(());
        while let Some((party, came)) = sends.next().await {
            // What is under way is still waited for where one outcome cannot be written.
            let written = self.told(session, state.subject, party, &came).await;
            ended = ended.and(written);
        }
        ended
    }

    /// One request.
    async fn tell(&self, session: SessionId, subject: SubjectId, party: &Farewell) -> Came {
        match self.try_to_tell(session, subject, party).await {
            Ok(came) => came,
            Err(error) => Came::Answer(LogoutAnswer::Failed {
                detail: format!("{}: {error}", error.code()),
                wait: None,
            }),
        }
    }

    async fn try_to_tell(
        &self,
        session: SessionId,
        subject: SubjectId,
        party: &Farewell,
    ) -> Result<Came, AppError> {
        let loaded = self.app.loaded().await?;
        let declared = loaded.tenant.relying_parties.get(&party.relying_party);
        if let Some(saml) = declared.and_then(RelyingParty::saml) {
            return match saml.entity_id == party.client {
                true => self.call(&loaded, saml, (session, subject), party).await,
                false => Ok(Came::Gone),
            };
        }
        let client = self.app.client(&party.client).await?;
        let client = client.filter(|client| client.party().name == party.relying_party);
        let Some(client) = client else {
            return Ok(Came::Gone);
        };
        let Some(uri) = client.oidc().backchannel_logout_uri.as_deref() else {
            return Ok(Came::Gone);
        };
        let failed = |detail: &str| {
            Came::Answer(LogoutAnswer::Failed {
                detail: detail.to_owned(),
                wait: None,
            })
        };
        let now = self.app.now();
        if self.health.rests(&party.client, now) {
            return Ok(failed("it has not answered others just before"));
        }
        let way = self.way(client.oidc().allow_private).await?;
        let token = self.app.logout_token(&client, session, subject).await?;
        // Whoever was held up so long leaves it to others, who may be at it by now.
        if self.app.now().since(party.at) > turn::STALE / 2 {
            return Ok(failed("this node was held up"));
        }
        let answer = way.tell(uri, &token, DEADLINE).await;
        self.health.note(&party.client, &answer, self.app.now());
        Ok(Came::Answer(answer))
    }

    pub(super) async fn way(&self, allow_private: bool) -> Result<&Arc<dyn BackChannel>, AppError> {
        let made = self.ways[usize::from(allow_private)]
            .get_or_try_init(|| async { self.app.connect.back_channel(allow_private) });
        made.await.map_err(|problem| {
            let fix = "see that this host has certificates that it trusts";
            AppError::new(ErrorKind::Broken, "TNR-SIGN-0018", problem, fix)
        })
    }

    /// Without its outcome a request would be sent again, so it is not given up for a store that is busy.
    /// Of one that somebody else has taken up meanwhile nothing is written.
    async fn told(
        &self,
        session: SessionId,
        subject: SubjectId,
        party: &Farewell,
        came: &Came,
    ) -> Result<(), AppError> {
        let mut tries = 0;
        loop {
            tries += 1;
            match self.write_down(session, subject, party, came).await {
                Ok(()) => return Ok(()),
                Err(error) if tries >= TRIES => return Err(error),
                Err(error) if error.kind() == ErrorKind::Conflict => {}
                Err(error) => {
                    tracing::warn!(session.id = %session, error = %error, "logout.outcome_waits");
                    tokio::time::sleep(Duration::from_millis(50) * 2u32.pow(tries)).await;
                }
            }
        }
    }

    async fn write_down(
        &self,
        session: SessionId,
        subject: SubjectId,
        party: &Farewell,
        came: &Came,
    ) -> Result<(), AppError> {
        let Some((row, person)) = self.standing(session, subject).await? else {
            return Ok(());
        };
        let Some(mut state) = row.state.clone() else {
            return Ok(());
        };
        let Some(current) = state.parties.iter_mut().find(|current| *current == party) else {
            return Ok(());
        };
        *current = answered(party, came, self.app.now());
        let findings = self.findings(current).await?;
        self.write(&row, person, &state, findings).await
    }

    /// A relying party that was not told is a finding, until it is told of something.
    pub(super) async fn findings(&self, party: &Farewell) -> Result<Vec<Event>, AppError> {
        let name = &party.relying_party;
        let fingerprint = format!("{NOT_TOLD}/{name}");
        let problem = match party.status {
            FarewellStatus::GivenUp => format!(
                "`{name}` was not told in {} attempts that somebody's session has ended: {}",
                party.attempts, party.detail
            ),
            FarewellStatus::Refused => format!(
                "`{name}` refused to end somebody's session: {}",
                party.detail
            ),
            FarewellStatus::Told => {
                let open = self
                    .app
                    .store
                    .open_finding(&fingerprint, None, None)
                    .await?;
                let closed = open.map(|row| {
                    Event::FindingClosed(FindingClosed {
                        id: row.opened.id,
                        reason: format!("`{name}` was told of the end of a session"),
                    })
                });
                return Ok(closed.into_iter().collect());
            }
            FarewellStatus::Waiting | FarewellStatus::Sending | FarewellStatus::Dropped => {
                return Ok(Vec::new());
            }
        };
        let finding = Finding {
            code: NOT_TOLD.to_owned(),
            fingerprint,
            subject: None,
            address: None,
            problem,
            fix: "find out why its `backchannel_logout_uri` or `soap_logout` does not take the word, and who \
                  is still signed in there with `tenure sign-in sessions PERSON --ended`"
                .to_owned(),
        };
        Ok(self.app.finding(finding).await?.into_iter().collect())
    }
}

impl App {
    /// Word to a client that a session of somebody has ended, signed as its ID tokens are. It has the same
    /// name each time.
    async fn logout_token(
        &self,
        client: &Client,
        session: SessionId,
        subject: SubjectId,
    ) -> Result<Secret, AppError> {
        let (now, sid) = (self.now(), session.to_string());
        let client_id = &client.oidc().client_id;
        let claims = LogoutToken {
            issuer: self.issuer()?,
            client_id,
            issued_at: now,
            expires_at: now.plus(LIFE),
            jti: &format!("{sid}.{client_id}"),
            ended: Ended::Session {
                sid: &sid,
                sub: &self.called(client, subject),
            },
        };
        self.signed(signs(client), LogoutToken::TYP, &claims.claims())
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_does_not_answer_is_left_alone_for_a_while() {
        let (health, now) = (Health::default(), Timestamp::EPOCH);
        let lost = LogoutAnswer::Lost {
            detail: "nothing within 5000 ms".to_owned(),
        };
        for _ in 0..Health::FAILURES {
            assert!(!health.rests("wiki", now));
            health.note("wiki", &lost, now);
        }
        assert!(health.rests("wiki", now) && !health.rests("other", now));
        assert!(!health.rests("wiki", now.plus(Health::REST)));
        health.note("wiki", &LogoutAnswer::Taken, now);
        assert!(!health.rests("wiki", now));
    }
}
