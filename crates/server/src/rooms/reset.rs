//! Resets that take two people, and links to other identity providers by hand.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use api::{
    AgreeReset, AgreedReset, AskReset, AskedReset, EndCredentialAnswer, LinkPerson, LinkedPerson,
    Page, Problem, UnlinkPerson, WireReset, schema_of,
};
use app::{ResetWish, Session};
use model::{CredentialId, ResetId, Scope};

use super::shape::{get, post};
use super::{Rooms, fail};
use crate::problem;
use crate::route::{Call, Reply, Route};

/// Asks for a reset.
pub const ASK: Route<Rooms> = post(
    Scope::Administer,
    "/api/v1/people/{person}/resets",
    "askReset",
    "Asks for a reset of what somebody signs in with; another person has to agree within a day. The token has \
     to hold `approve` too.",
    schema_of::<AskReset>,
    schema_of::<AskedReset>,
    |rooms, call| Box::pin(ask(rooms, call)),
)
.created();

/// Those of somebody.
pub const RESETS: Route<Rooms> = get(
    "/api/v1/people/{person}/resets",
    "listResets",
    "Lists the resets of what a person signs in with, oldest first.",
    &[],
    schema_of::<Page<WireReset>>,
    |rooms, call| Box::pin(resets(rooms, call)),
);

/// Agrees to one.
pub const AGREE: Route<Rooms> = post(
    Scope::Administer,
    "/api/v1/people/{person}/resets/{reset}/agree",
    "agreeReset",
    "Agrees to a reset that somebody else asked for. The token has to hold `approve` too.",
    schema_of::<AgreeReset>,
    schema_of::<AgreedReset>,
    |rooms, call| Box::pin(agree(rooms, call)),
);

/// Links somebody.
pub const LINK: Route<Rooms> = post(
    Scope::Administer,
    "/api/v1/people/{person}/links",
    "linkPerson",
    "Links a person to what another identity provider calls them.",
    schema_of::<LinkPerson>,
    schema_of::<LinkedPerson>,
    |rooms, call| Box::pin(link(rooms, call)),
)
.created();

/// No more.
pub const UNLINK: Route<Rooms> = post(
    Scope::Administer,
    "/api/v1/people/{person}/links/end",
    "unlinkPerson",
    "Undoes the link of a person to another identity provider: nobody signs in with it any more.",
    schema_of::<UnlinkPerson>,
    schema_of::<EndCredentialAnswer>,
    |rooms, call| Box::pin(unlink(rooms, call)),
);

fn session(call: &Call) -> Session {
    Session {
        actor: call.caller.actor.clone(),
        scopes: call.caller.scopes.clone(),
    }
}

async fn ask(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let asked: AskReset = call.json()?;
    let credentials = asked
        .credentials
        .iter()
        .map(|id| id.parse::<CredentialId>());
    let credentials: Result<BTreeSet<_>, _> = credentials.collect();
    let wish = ResetWish {
        credentials: credentials.map_err(|e| problem::parameter(&e.to_string()))?,
        life: Duration::from_secs(u64::from(asked.minutes) * 60),
    };
    let (person, reason) = (call.text("person")?, &asked.reason);
    let by = session(&call);
    let made = rooms
        .app
        .ask_reset(&by, person, wish, reason, asked.dry_run);
    let made = made.await.map_err(fail)?;
    Reply::json(&AskedReset {
        reset: made.id.map(|id| id.to_string()).unwrap_or_default(),
        subject: made.subject.to_string(),
        login: made.login,
        half: made.half.expose().to_owned(),
        ends: made.ends.to_string(),
    })
}

async fn resets(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let resets = rooms.app.resets(call.text("person")?).await.map_err(fail)?;
    let wire = |one: model::event::ResetChanged| {
        let state = one.state;
        let agreed = state
            .agreed
            .map(|agreed| (agreed.by.to_string(), agreed.at.to_string()));
        let (agreed_by, agreed) = agreed.unwrap_or_default();
        WireReset {
            reset: one.reset.to_string(),
            asked_by: state.asked_by.to_string(),
            credentials: state.credentials.iter().map(ToString::to_string).collect(),
            ends: state.ends.to_string(),
            agreed_by,
            agreed,
            reason: state.reason,
        }
    };
    Reply::json(&Page::whole(resets.into_iter().map(wire).collect()))
}

async fn agree(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let asked: AgreeReset = call.json()?;
    let id = call.id::<ResetId>("reset")?;
    let (person, reason) = (call.text("person")?, &asked.reason);
    let by = session(&call);
    let done = rooms
        .app
        .agree_reset(&by, person, id, reason, asked.dry_run);
    let done = done.await.map_err(fail)?;
    Reply::json(&AgreedReset {
        reset: id.to_string(),
        subject: done.subject.to_string(),
        login: done.login,
        half: done.half.expose().to_owned(),
        expires: done.expires.to_string(),
        credentials: done.credentials as u64,
        sessions: done.sessions as u64,
        dry_run: asked.dry_run,
    })
}

async fn link(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let asked: LinkPerson = call.json()?;
    let (person, to) = (
        call.text("person")?,
        (asked.identity_provider.as_str(), asked.sub.as_str()),
    );
    let made = rooms
        .app
        .link_by_hand(call.actor(), person, to, asked.dry_run);
    let made = made.await.map_err(fail)?;
    Reply::json(&LinkedPerson {
        credential: made.credential.map(|id| id.to_string()).unwrap_or_default(),
        subject: made.subject.to_string(),
        dry_run: asked.dry_run,
    })
}

async fn unlink(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let asked: UnlinkPerson = call.json()?;
    let whose = (call.text("person")?, asked.identity_provider.as_str());
    let app = &rooms.app;
    let id = app.link_of(whose.0, whose.1).await.map_err(fail)?;
    let (subject, factor, sessions) = if asked.dry_run {
        let state = app.check_credential(id).await.map_err(fail)?;
        let open = app
            .sessions(&state.subject.to_string())
            .await
            .map_err(fail)?;
        let sessions = if asked.sessions { open.len() } else { 0 };
        (state.subject, state.factor, sessions)
    } else {
        let ended = app.end_credential(call.actor(), id, &asked.reason, asked.sessions);
        let ended = ended.await.map_err(fail)?;
        (ended.subject, ended.factor, ended.sessions)
    };
    Reply::json(&EndCredentialAnswer {
        credential: id.to_string(),
        subject: subject.to_string(),
        kind: factor.as_str().to_owned(),
        sessions: sessions as u64,
        dry_run: asked.dry_run,
    })
}
