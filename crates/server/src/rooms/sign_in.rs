//! People signing in, for administrators: passes for them, and secrets for what they sign in to.

use std::sync::Arc;
use std::time::Duration;

use api::{IssuePass, IssuedPass, MadeClientSecret, MakeClientSecret, Problem, schema_of};
use model::Scope;

use super::shape::post;
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
