//! Clients that register themselves (RFC 7591, RFC 7592).
//!
//! They may where a `ClientRegistration` document says so, each with a token that an administrator has made, and get
//! no more than that document allows. What a client is stands in the last record of its stream, and the whole register
//! in the last record of its own: neither has a table, and both are read by the number of a record. Once read, they are
//! relying parties like those that documents declare, and whoever looks for one of these finds them too.
//!
//! Tokens and secrets follow from the key ring and a number that each change of a client moves: none is stored.

mod admin;
mod client;
mod endpoint;

use std::collections::BTreeMap;
use std::sync::Arc;

use documents::{RelyingParty, Tenant};
use model::event::RegistrationChanged;
use model::registration::{Register, RegisteredClient};
use model::{Actor, Event, RegistrationId, Timestamp};
use ports::store::{Append, Stream};

use crate::tenant::{Loaded, compiled};
use crate::{App, AppError, ErrorKind};

pub use admin::{GivenInitialAccess, ToldRegistration};
pub use endpoint::{RegistrationAnswer, RegistrationCall};

/// How often something is tried again because somebody else wrote at the same time.
const TURNS: usize = 8;

/// The register, and the head of its stream when it was read.
pub(crate) struct Held {
    pub head: Option<u64>,
    pub register: Register,
}

/// The stream of the register: whoever changes anything in it moves it.
pub(crate) fn stream() -> Stream {
    Stream("client-registrations".to_owned())
}

fn stream_of(client: RegistrationId) -> Stream {
    Stream::new("registered-client", client)
}

impl App {
    /// The register as it stands.
    async fn register(&self) -> Result<Held, AppError> {
        let head = self.store.head_of(&stream()).await?;
        let register = match head {
            Some(head) => self.registration_at(head).await?.register,
            None => Register::default(),
        };
        Ok(Held { head, register })
    }

    /// The change that is this record.
    async fn registration_at(&self, seq: u64) -> Result<RegistrationChanged, AppError> {
        let records = self.store.records(seq.saturating_sub(1), 1).await?;
        match records.into_iter().next().map(|record| record.event) {
            Some(Event::RegistrationChanged(change)) => Ok(change),
            _ => Err(AppError::new(
                ErrorKind::Broken,
                "TNR-SIGN-0024",
                format!("record {seq} is no change of the register of clients"),
                "verify the log with `tenure ledger verify`, and report this",
            )),
        }
    }

    /// A client that has registered itself, ended or not.
    async fn registered_client(
        &self,
        id: RegistrationId,
    ) -> Result<Option<RegisteredClient>, AppError> {
        match self.store.head_of(&stream_of(id)).await? {
            Some(head) => Ok(self.registration_at(head).await?.client),
            None => Ok(None),
        }
    }

    /// Writes a change down; `false`: somebody else was first, and it is to be decided again.
    async fn registers(
        &self,
        actor: &Actor,
        held: &Held,
        mut change: RegistrationChanged,
    ) -> Result<bool, AppError> {
        // What has run out by itself is forgotten with the next change.
        let now = self.now();
        change.register.clients.retain(|client| client.ends > now);
        change.register.access.retain(|access| access.ends > now);
        let client = change.client.as_ref().map(|client| client.id);
        let event = Event::RegistrationChanged(change);
        let mut append = Append::of(actor.clone(), vec![event]).on(stream(), held.head);
        if let Some(client) = client {
            append = append.bumping(stream_of(client));
        }
        match self.store.append(append).await.map_err(AppError::from) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == ErrorKind::Conflict => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The documents with the clients that have registered themselves among their relying parties. `head`: that of
    /// the register, read before.
    pub(crate) async fn joined(
        &self,
        declared: &Arc<Loaded>,
        head: Option<u64>,
    ) -> Result<Arc<Loaded>, AppError> {
        let Some(head) = head else {
            return Ok(Arc::clone(declared));
        };
        let register = self.registration_at(head).await?.register;
        let mut parties = BTreeMap::new();
        for entry in &register.clients {
            let client = self.registered_client(entry.id).await?;
            let party = client.and_then(|client| party_of(&declared.tenant, &client, self.now()));
            parties.extend(party.map(|party| (party.name.clone(), party)));
        }
        if parties.is_empty() {
            return Ok(Arc::clone(declared));
        }
        let mut tenant = declared.tenant.clone();
        tenant.relying_parties.extend(parties);
        Ok(Arc::new(compiled(declared.row.clone(), tenant)))
    }
}

/// What a client is as a relying party, if the documents still allow it.
fn party_of(tenant: &Tenant, client: &RegisteredClient, now: Timestamp) -> Option<RelyingParty> {
    if client.ended.is_some() || client.ends <= now {
        return None;
    }
    let allowed = tenant.client_registrations.get(&client.by)?;
    client::party(allowed, client).ok()
}
