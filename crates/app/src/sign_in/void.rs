//! After a restore: nobody is signed in, and nothing that was given counts.
//!
//! What was ended after the backup is not in it, so what the backup holds as good may have been ended:
//! a session, what a relying party was given, a pass that was used, a key that was rolled. All of it is
//! ended here, once, by events like any other; sign-in itself asks no more than before. Reading what
//! may still count takes a look at each authorization that was not ended, which is little beside the
//! restore, and nothing while the node works.

use std::time::Duration;

use model::event::{AuthorizationChanged, PassIssued};
use model::{Actor, Authorization, AuthorizationId, Event, PassId, SessionId, Timestamp};
use ports::store::{Append, Stream};

use super::{ended, session};
use crate::{App, AppError};

/// Rows of a page, and so events of an append.
const PAGE: u32 = 200;
/// The longest life of an access token.
const LONGEST_TOKEN: Duration = Duration::from_secs(3600);
/// Why they end.
const RESTORED: &str = "the store was restored from a backup";

impl App {
    /// Ends every session, authorization, pass and signing key that a restored store holds as good.
    ///
    /// # Errors
    /// When the store does not answer. It may be run again.
    pub(crate) async fn void_sign_ins(&self, actor: &Actor) -> Result<(), AppError> {
        self.void_sessions(actor).await?;
        self.void_authorizations(actor).await?;
        self.void_passes(actor).await?;
        self.retire_keys(actor, RESTORED).await?;
        Ok(())
    }

    async fn void_sessions(&self, actor: &Actor) -> Result<(), AppError> {
        let (now, tell) = (self.clock.now(), self.tells_relying_parties().await);
        let mut after: Option<SessionId> = None;
        loop {
            let rows = self.store.open_sessions(now, after, PAGE).await?;
            let Some(last) = rows.last() else {
                return Ok(());
            };
            after = Some(last.id);
            let mut append = Append::of(actor.clone(), Vec::new());
            for mut row in rows {
                row.state.ended = Some(ended(now, RESTORED));
                append = append.on(session::stream(row.id), row.head);
                append.events.push(session::told(&row, tell));
            }
            self.store.append(append).await?;
        }
    }

    async fn void_authorizations(&self, actor: &Actor) -> Result<(), AppError> {
        let now = self.clock.now();
        let mut after: Option<AuthorizationId> = None;
        loop {
            let rows = self.store.live_authorizations(after, PAGE).await?;
            let Some(last) = rows.last() else {
                return Ok(());
            };
            after = Some(last.id);
            let mut append = Append::of(actor.clone(), Vec::new());
            for row in rows.into_iter().filter(|row| may_count(&row.state, now)) {
                append = append.on(Stream::new("authorization", row.id), row.head);
                let mut state = row.state;
                state.ended = Some(ended(now, RESTORED));
                append
                    .events
                    .push(Event::AuthorizationChanged(AuthorizationChanged {
                        authorization: row.id,
                        state,
                    }));
            }
            if !append.events.is_empty() {
                self.store.append(append).await?;
            }
        }
    }

    /// Passes are told again as having ended: one that was used after the backup would count again.
    async fn void_passes(&self, actor: &Actor) -> Result<(), AppError> {
        let now = self.clock.now();
        let mut after: Option<PassId> = None;
        loop {
            let rows = self.store.open_passes(now, after, PAGE).await?;
            let Some(last) = rows.last() else {
                return Ok(());
            };
            after = Some(last.id);
            let over = rows.into_iter().map(|row| {
                Event::PassIssued(PassIssued {
                    pass: row.id,
                    subject: row.subject,
                    secret: row.secret,
                    expires: now,
                    reason: format!("void: {RESTORED}"),
                })
            });
            self.append(actor, over.collect()).await?;
        }
    }
}

/// Whether anything that came of an authorization may still count: its code, its refresh token, or an
/// access token of either.
fn may_count(state: &Authorization, now: Timestamp) -> bool {
    let last = state.refresh_ends.unwrap_or(state.code_ends);
    now < last.max(state.code_ends).plus(LONGEST_TOKEN)
}

#[cfg(test)]
mod tests {
    use model::SubjectId;

    use super::*;

    #[test]
    fn what_came_of_an_authorization_counts_as_long_as_its_last_token() {
        let at = |seconds: u64| Timestamp::EPOCH.plus(Duration::from_secs(seconds));
        let mut state = Authorization {
            subject: SubjectId::from_bits(1),
            session: SessionId::from_bits(1),
            relying_party: "wiki".to_owned(),
            client: "wiki".to_owned(),
            redirect_uri: String::new(),
            scopes: Vec::new(),
            challenge: String::new(),
            nonce: None,
            auth_time: at(0),
            amr: Vec::new(),
            acr: String::new(),
            code_ends: at(60),
            redeemed: None,
            refreshed: 0,
            refresh_ends: None,
            jkt: None,
            asked: model::AskedClaims::default(),
            ended: None,
        };
        assert!(may_count(&state, at(3_659)));
        assert!(!may_count(&state, at(3_660)));
        state.refresh_ends = Some(at(10_000));
        assert!(may_count(&state, at(13_599)));
        assert!(!may_count(&state, at(13_600)));
    }
}
