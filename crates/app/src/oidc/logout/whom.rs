//! Who is to be told of the end of a session.

use std::collections::BTreeMap;

use documents::{RelyingParty, Speaks};
use model::{Authorization, Logout, SessionId, Timestamp};
use ports::store::AuthorizationRow;

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
            Ok(loaded) => loaded.tenant.relying_parties.values().any(wants_word),
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
        let over = |last: &Authorization| {
            let ended = last.ended.as_ref();
            ended.is_some_and(|ended| ended.reason == crate::saml::BY_ITSELF)
        };
        let wants = given.into_values();
        let wants = wants.filter(|last| is_told(&loaded, last) && !over(last));
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
    pub(crate) async fn given_in(
        &self,
        session: SessionId,
    ) -> Result<BTreeMap<String, Authorization>, AppError> {
        let mut given: BTreeMap<String, Authorization> = BTreeMap::new();
        for row in self.all_given_in(session).await? {
            let mut last = row.state;
            let before = given.get(&last.relying_party);
            last.redeemed = last.redeemed.or(before.and_then(|given| given.redeemed));
            given.insert(last.relying_party.clone(), last);
        }
        Ok(given)
    }

    /// Everything that was given in a session, in its order.
    pub(crate) async fn all_given_in(
        &self,
        session: SessionId,
    ) -> Result<Vec<AuthorizationRow>, AppError> {
        let mut all: Vec<AuthorizationRow> = Vec::new();
        for _ in 0..PAGES {
            let after = all.last().map(|row| row.id);
            let rows = self.store.authorizations_in(session, after, PAGE).await?;
            let more = rows.len() == PAGE as usize;
            all.extend(rows);
            if !more {
                break;
            }
        }
        Ok(all)
    }
}

/// Whether who was given this is still there, and wants to be told.
pub(crate) fn is_told(loaded: &Loaded, given: &Authorization) -> bool {
    let party = loaded.tenant.relying_parties.get(&given.relying_party);
    party.is_some_and(|party| {
        let client = match &party.speaks {
            Speaks::Oidc(oidc) => &oidc.client_id,
            Speaks::Saml(saml) => &saml.entity_id,
        };
        *client == given.client && wants_word(party)
    })
}

/// Whether a document says where its relying party is told without a browser.
fn wants_word(party: &RelyingParty) -> bool {
    match &party.speaks {
        Speaks::Oidc(oidc) => oidc.backchannel_logout_uri.is_some(),
        Speaks::Saml(saml) => saml.soap_logout.is_some(),
    }
}
