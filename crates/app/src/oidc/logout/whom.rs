//! Who is to be told of the end of a session.

use std::collections::BTreeMap;

use model::{Authorization, Logout, SessionId, Timestamp};

use super::turn::waits;
use crate::tenant::Loaded;
use crate::{App, AppError, ErrorKind};

/// Authorizations of a page.
const PAGE: u32 = 500;
/// Pages of one session: whoever was given something after ten thousand others is not looked for.
const PAGES: usize = 20;

impl App {
    /// Whether anybody wants to be told of the end of sessions. Where documents cannot be read, somebody
    /// may.
    pub(crate) async fn tells_relying_parties(&self) -> bool {
        match self.loaded().await {
            Ok(loaded) => loaded
                .tenant
                .relying_parties
                .values()
                .filter_map(documents::RelyingParty::oidc)
                .any(|oidc| oidc.backchannel_logout_uri.is_some()),
            Err(error) => error.kind() != ErrorKind::Missing,
        }
    }

    /// Everybody who was given anything in a session that has ended, and wants to be told. It is asked
    /// after the end, so whoever was given something before it is among them. `None`: its owner was
    /// erased.
    pub(super) async fn whom_to_tell(
        &self,
        session: SessionId,
        now: Timestamp,
    ) -> Result<Option<Logout>, AppError> {
        let Some(row) = self.store.session(session).await? else {
            return Ok(None);
        };
        let loaded = self.loaded().await?;
        let given = self.given_in(session).await?;
        let wants = given.into_values().filter(|last| wants(&loaded, last));
        Ok(Some(Logout {
            subject: row.state.subject,
            ended: row.state.ended.map_or(now, |ended| ended.at),
            parties: wants
                .map(|last| waits(last.relying_party, last.client, now))
                .collect(),
        }))
    }

    /// What each relying party was given last in a session, by its name; as redeemed where anything that it
    /// was given was.
    pub(super) async fn given_in(
        &self,
        session: SessionId,
    ) -> Result<BTreeMap<String, Authorization>, AppError> {
        let (mut given, mut after) = (BTreeMap::new(), None);
        for _ in 0..PAGES {
            let rows = self.store.authorizations_in(session, after, PAGE).await?;
            let more = rows.len() == PAGE as usize;
            after = rows.last().map(|row| row.id);
            for mut last in rows.into_iter().map(|row| row.state) {
                let before: Option<&Authorization> = given.get(&last.relying_party);
                last.redeemed = last.redeemed.or(before.and_then(|given| given.redeemed));
                given.insert(last.relying_party.clone(), last);
            }
            if !more {
                break;
            }
        }
        Ok(given)
    }
}

/// Whether who was given this is still there, and wants to be told.
fn wants(loaded: &Loaded, given: &Authorization) -> bool {
    let party = loaded.tenant.relying_parties.get(&given.relying_party);
    let oidc = party.and_then(documents::RelyingParty::oidc);
    oidc.is_some_and(|oidc| oidc.client_id == given.client && oidc.backchannel_logout_uri.is_some())
}
