//! People signing in, for administrators: passes, sessions and credentials.

use std::sync::Arc;
use std::time::Duration;

use api::{
    EndCredential, EndCredentialAnswer, EndSessions, EndSessionsAnswer, IssuePass, IssuedPass,
    Page, Problem, WireCredential, WireGiven, WireSession, schema_of,
};
use app::{Exposure, ToldCredential, ToldSession};
use model::{CredentialId, Scope, SubjectId};

use super::shape::{get, parameter, post};
use super::{Rooms, fail};
use crate::route::{Call, Reply, Route};

/// A pass, with which somebody enrols what they sign in with.
pub const PASS: Route<Rooms> = post(
    Scope::Administer,
    "/api/v1/people/{person}/passes",
    "issuePass",
    "Makes a pass with which somebody enrols what they sign in with; it is shown this once.",
    schema_of::<IssuePass>,
    schema_of::<IssuedPass>,
    |rooms, call| Box::pin(pass(rooms, call)),
)
.created();

/// Where somebody is signed in.
pub const SESSIONS: Route<Rooms> = get(
    "/api/v1/people/{person}/sessions",
    "listSessions",
    "Lists the sessions of a person, newest first, and who was given anything in them.",
    &[parameter(
        "ended",
        "`true`: those too that were ended before their time, the last 100 of them.",
    )],
    schema_of::<Page<WireSession>>,
    |rooms, call| Box::pin(sessions(rooms, call)),
);

/// Nowhere any more.
pub const END_SESSIONS: Route<Rooms> = post(
    Scope::Administer,
    "/api/v1/people/{person}/sessions/end",
    "endSessions",
    "Signs a person out everywhere.",
    schema_of::<EndSessions>,
    schema_of::<EndSessionsAnswer>,
    |rooms, call| Box::pin(end_sessions(rooms, call)),
);

/// What somebody signs in with.
pub const CREDENTIALS: Route<Rooms> = get(
    "/api/v1/people/{person}/credentials",
    "listCredentials",
    "Lists what a person signs in with, and what they did before.",
    &[],
    schema_of::<Page<WireCredential>>,
    |rooms, call| Box::pin(credentials(rooms, call)),
);

/// Something of it no more.
pub const END_CREDENTIAL: Route<Rooms> = post(
    Scope::Administer,
    "/api/v1/credentials/{credential}/end",
    "endCredential",
    "Ends a credential: nobody signs in with it any more.",
    schema_of::<EndCredential>,
    schema_of::<EndCredentialAnswer>,
    |rooms, call| Box::pin(end_credential(rooms, call)),
);

async fn pass(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let asked: IssuePass = call.json()?;
    let person = call.text("person")?;
    let life = Duration::from_secs(u64::from(asked.minutes) * 60);
    let app = &rooms.app;
    let url = app.sign_in_url().unwrap_or_default();
    if asked.dry_run {
        let checked = app.check_pass(person, life).await.map_err(fail)?;
        return Reply::json(&IssuedPass {
            pass: String::new(),
            subject: checked.subject.to_string(),
            login: checked.login,
            secret: String::new(),
            expires: checked.expires.to_string(),
            url,
        });
    }
    let given = app.issue_pass(call.actor(), person, life, &asked.reason);
    let given = given.await.map_err(fail)?;
    Reply::json(&IssuedPass {
        pass: given.id.to_string(),
        subject: given.subject.to_string(),
        login: given.login,
        secret: given.secret.expose().to_owned(),
        expires: given.expires.to_string(),
        url,
    })
}

async fn sessions(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let ended = call.flag("ended")?;
    let subject = about(&rooms, &call).await?;
    let told = rooms.app.sessions_told(&subject.to_string(), ended).await;
    let told = told.map_err(fail)?;
    let page = Page::whole(told.into_iter().map(wire_session).collect());
    Ok(Reply::json(&page)?.about(subject))
}

fn wire_session(told: ToldSession) -> WireSession {
    let (row, state) = (&told.row, &told.row.state);
    let factors = state.factors.iter();
    let (ended, why) = match &state.ended {
        Some(ended) => (ended.at.to_string(), ended.reason.clone()),
        None => (String::new(), String::new()),
    };
    WireSession {
        session: row.id.to_string(),
        began: state.began.to_string(),
        factors: factors
            .map(|used| used.factor.as_str().to_owned())
            .collect(),
        idle_ends: state.idle_ends.to_string(),
        ends: state.ends.to_string(),
        ended,
        why,
        relying_parties: told.given.into_iter().map(wire_given).collect(),
    }
}

fn wire_given(given: Exposure) -> WireGiven {
    let text = |at: Option<model::Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
    WireGiven {
        relying_party: given.relying_party,
        status: given.status.to_owned(),
        at: text(given.at),
        exposed_until: text(given.exposed_until),
        detail: given.detail,
    }
}

async fn end_sessions(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let asked: EndSessions = call.json()?;
    let known = rooms.app.one_person(call.text("person")?).await;
    let subject = known.map_err(fail)?.person.subject.to_string();
    let sessions = match asked.dry_run {
        true => rooms.app.sessions(&subject).await.map_err(fail)?.len(),
        false => {
            let ended = rooms
                .app
                .end_sessions(call.actor(), &subject, &asked.reason);
            ended.await.map_err(fail)?
        }
    };
    Reply::json(&EndSessionsAnswer {
        subject,
        sessions: sessions as u64,
        dry_run: asked.dry_run,
    })
}

async fn credentials(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let subject = about(&rooms, &call).await?;
    let rows = rooms.app.credentials_told(&subject.to_string()).await;
    let rows = rows.map_err(fail)?;
    let page = Page::whole(rows.into_iter().map(credential).collect());
    Ok(Reply::json(&page)?.about(subject))
}

/// The person of whom is told.
async fn about(rooms: &Rooms, call: &Call) -> Result<SubjectId, Problem> {
    let known = rooms.app.one_person(call.text("person")?).await;
    Ok(known.map_err(fail)?.person.subject)
}

fn credential(told: ToldCredential) -> WireCredential {
    let (ended, why) = match told.ended {
        Some(ended) => (ended.at.to_string(), ended.reason),
        None => (String::new(), String::new()),
    };
    WireCredential {
        credential: told.id.to_string(),
        kind: told.factor.as_str().to_owned(),
        name: told.name.unwrap_or_default(),
        made: told.made.to_string(),
        ended,
        why,
    }
}

async fn end_credential(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let asked: EndCredential = call.json()?;
    let id = call.id::<CredentialId>("credential")?;
    let app = &rooms.app;
    let (subject, factor, sessions) = if asked.dry_run {
        let state = app.check_credential(id).await.map_err(fail)?;
        let sessions = match asked.sessions {
            true => {
                let open = app.sessions(&state.subject.to_string()).await;
                open.map_err(fail)?.len()
            }
            false => 0,
        };
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
