//! People signing in, for administrators: passes, sessions and credentials; relying parties and their
//! secrets; signing keys.

use std::sync::Arc;
use std::time::Duration;

use api::{
    EndCredential, EndCredentialAnswer, EndSessions, EndSessionsAnswer, IssuePass, IssuedPass,
    MadeClientSecret, MakeClientSecret, Page, Problem, RollKeys, RollKeysAnswer, WireCredential,
    WireRelyingParty, WireSession, WireSigningKey, schema_of,
};
use app::rows::SessionRow;
use app::{ToldCredential, ToldParty};
use model::{CredentialId, Scope, SigningKey};

use super::shape::{get, post};
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
    "Lists the sessions of a person that are open, newest first.",
    &[],
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

/// What people sign in to.
pub const RELYING_PARTIES: Route<Rooms> = get(
    "/api/v1/relying-parties",
    "listRelyingParties",
    "Lists what people sign in to.",
    &[],
    schema_of::<Page<WireRelyingParty>>,
    |rooms, call| Box::pin(relying_parties(rooms, call)),
);

/// What tokens are signed with.
pub const KEYS: Route<Rooms> = get(
    "/api/v1/signing-keys",
    "listSigningKeys",
    "Lists the keys that tokens are signed with, unless they are gone.",
    &[],
    schema_of::<Page<WireSigningKey>>,
    |rooms, call| Box::pin(keys(rooms, call)),
);

/// For the day on which somebody else may have them.
pub const ROLL_KEYS: Route<Rooms> = post(
    Scope::Administer,
    "/api/v1/signing-keys/roll",
    "rollSigningKeys",
    "Takes every signing key out of use at once, and makes new ones.",
    schema_of::<RollKeys>,
    schema_of::<RollKeysAnswer>,
    |rooms, call| Box::pin(roll_keys(rooms, call)),
);

/// The secret of a relying party.
pub const CLIENT_SECRET: Route<Rooms> = post(
    Scope::Administer,
    "/api/v1/relying-parties/{name}/secret",
    "makeClientSecret",
    "Makes the secret of a relying party, in the place of any before it; it is shown this once.",
    schema_of::<MakeClientSecret>,
    schema_of::<MadeClientSecret>,
    |rooms, call| Box::pin(client_secret(rooms, call)),
)
.created();

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

async fn client_secret(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let asked: MakeClientSecret = call.json()?;
    let name = call.text("name")?;
    let (client_id, secret) = match asked.dry_run {
        true => {
            let checked = rooms.app.check_client_secret(name).await.map_err(fail)?;
            (checked.0, String::new())
        }
        false => {
            let made = rooms.app.make_client_secret(call.actor(), name).await;
            let made = made.map_err(fail)?;
            (made.client_id, made.secret.expose().to_owned())
        }
    };
    Reply::json(&MadeClientSecret {
        relying_party: name.to_owned(),
        client_id,
        secret,
    })
}

async fn sessions(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let rows = rooms.app.sessions(call.text("person")?).await;
    let rows = rows.map_err(fail)?;
    Reply::json(&Page::whole(rows.iter().map(wire_session).collect()))
}

fn wire_session(row: &SessionRow) -> WireSession {
    let state = &row.state;
    let factors = state.factors.iter();
    WireSession {
        session: row.id.to_string(),
        began: state.began.to_string(),
        factors: factors
            .map(|used| used.factor.as_str().to_owned())
            .collect(),
        idle_ends: state.idle_ends.to_string(),
        ends: state.ends.to_string(),
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
    let rows = rooms.app.credentials_told(call.text("person")?).await;
    let rows = rows.map_err(fail)?;
    Reply::json(&Page::whole(rows.into_iter().map(credential).collect()))
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

async fn relying_parties(rooms: Arc<Rooms>, _call: Call) -> Result<Reply, Problem> {
    let parties = rooms.app.relying_parties().await.map_err(fail)?;
    Reply::json(&Page::whole(parties.into_iter().map(party).collect()))
}

fn party(told: ToldParty) -> WireRelyingParty {
    let app = told.app.iter().map(|app| format!("app {app}"));
    let groups = told.groups.iter().map(|group| format!("group {group}"));
    let (kind, secret) = match (&told.secret, told.has_secret) {
        (None, _) => ("public", "none"),
        (Some(_), true) => ("confidential", "made"),
        (Some(_), false) => ("confidential", "missing"),
    };
    WireRelyingParty {
        who: app.chain(groups).collect(),
        name: told.name,
        title: told.title,
        client_id: told.client_id,
        kind: kind.to_owned(),
        redirect_uris: told.redirect_uris.into_iter().collect(),
        secret: secret.to_owned(),
    }
}

async fn keys(rooms: Arc<Rooms>, _call: Call) -> Result<Reply, Problem> {
    Reply::json(&Page::whole(signing_keys(&rooms).await?))
}

async fn signing_keys(rooms: &Rooms) -> Result<Vec<WireSigningKey>, Problem> {
    let keys = rooms.app.store().signing_keys().await.map_err(fail)?;
    Ok(keys.into_iter().map(signing_key).collect())
}

fn signing_key(key: SigningKey) -> WireSigningKey {
    WireSigningKey {
        kid: key.kid,
        alg: key.algorithm,
        stage: key.stage.as_str().to_owned(),
    }
}

async fn roll_keys(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let asked: RollKeys = call.json()?;
    let (gone, keys) = match asked.dry_run {
        true => {
            let keys = signing_keys(&rooms).await?.into_iter();
            (keys.map(|key| key.kid).collect(), Vec::new())
        }
        false => {
            let gone = rooms.app.roll_keys(call.actor(), &asked.reason).await;
            (gone.map_err(fail)?, signing_keys(&rooms).await?)
        }
    };
    Reply::json(&RollKeysAnswer {
        gone,
        keys,
        dry_run: asked.dry_run,
    })
}
