//! Clients that register themselves, for administrators.

use std::sync::Arc;
use std::time::Duration;

use api::{
    EndRegistration, MadeInitialAccess, MakeInitialAccess, Page, Problem, WireRegistration,
    schema_of,
};
use app::{ToldRegistration, paths};
use model::Scope;

use super::shape::{get, post};
use super::{Rooms, fail};
use crate::route::{Call, Reply, Route};

/// Who has registered, and who may.
pub const LIST: Route<Rooms> = get(
    "/api/v1/client-registrations",
    "listClientRegistrations",
    "Lists the clients that have registered themselves, and the tokens with which more may.",
    &[],
    schema_of::<Page<WireRegistration>>,
    |rooms, call| Box::pin(list(rooms, call)),
);

/// A token with which clients may register.
pub const TOKEN: Route<Rooms> = post(
    Scope::Administer,
    "/api/v1/client-registrations/{name}/token",
    "makeInitialAccess",
    "Makes a token with which clients may register themselves; it is shown this once.",
    schema_of::<MakeInitialAccess>,
    schema_of::<MadeInitialAccess>,
    |rooms, call| Box::pin(token(rooms, call)),
)
.created();

/// A client, or a token, no more.
pub const END: Route<Rooms> = post(
    Scope::Administer,
    "/api/v1/client-registrations/{name}/end",
    "endClientRegistration",
    "Ends a client that has registered itself, or a token with which one may.",
    schema_of::<EndRegistration>,
    schema_of::<WireRegistration>,
    |rooms, call| Box::pin(end(rooms, call)),
);

async fn list(rooms: Arc<Rooms>, _call: Call) -> Result<Reply, Problem> {
    let all = rooms.app.registrations().await.map_err(fail)?;
    Reply::json(&Page::whole(all.into_iter().map(registration).collect()))
}

async fn token(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let asked: MakeInitialAccess = call.json()?;
    let (app, name) = (&rooms.app, call.text("name")?);
    let life = Duration::from_secs(u64::from(asked.hours) * 3600);
    let (id, token, ends) = match asked.dry_run {
        true => {
            let ends = app.check_initial_access(name, asked.uses, life).await;
            (String::new(), String::new(), ends.map_err(fail)?)
        }
        false => {
            let bounds = (asked.uses, life);
            let made = app.make_initial_access(call.actor(), name, bounds, &asked.reason);
            let made = made.await.map_err(fail)?;
            (
                made.id.to_string(),
                made.secret.expose().to_owned(),
                made.ends,
            )
        }
    };
    let root = app.sign_in_url().unwrap_or_default();
    let path = paths::REGISTER;
    Reply::json(&MadeInitialAccess {
        id,
        token,
        ends: ends.to_string(),
        registration_endpoint: format!("{}{path}", root.trim_end_matches('/')),
    })
}

async fn end(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let asked: EndRegistration = call.json()?;
    let (id, write) = (call.text("name")?, !asked.dry_run);
    let ended = rooms
        .app
        .end_registration(call.actor(), id, write, &asked.reason);
    Reply::json(&registration(ended.await.map_err(fail)?))
}

fn registration(told: ToldRegistration) -> WireRegistration {
    let kind = match told.title {
        Some(_) => "client",
        None => "token",
    };
    WireRegistration {
        id: told.id.to_string(),
        kind: kind.to_owned(),
        registration: told.by,
        client_name: told.title.unwrap_or_default(),
        redirect_uris: told.redirect_uris,
        uses: told.uses.unwrap_or_default(),
        ends: told.ends.to_string(),
    }
}
