//! What people sign in to, for administrators, and the keys that its tokens are signed with.

use std::sync::Arc;

use api::{
    MadeClientSecret, MakeClientSecret, Page, Problem, RollKeys, RollKeysAnswer, TakeKey, TurnKeys,
    TurnKeysAnswer, WireEvidence, WireKeyAdoption, WireKeyTurn, WireRelyingParty, WireRisk,
    WireSigningKey, schema_of,
};
use app::{Adoption, Evidence, KeyTurn, Risk, ToldParty};
use model::{Scope, SigningKey};

use super::shape::{get, post};
use super::{Rooms, fail};
use crate::route::{Call, Reply, Route};

/// What people sign in to.
pub const LIST: Route<Rooms> = get(
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

/// By stages, on any other day.
pub const TURN_KEYS: Route<Rooms> = post(
    Scope::Administer,
    "/api/v1/signing-keys/turn",
    "turnSigningKeys",
    "Turns the signing keys by one stage: next ones are published, signed with, or their predecessors taken \
     out.",
    schema_of::<TurnKeys>,
    schema_of::<TurnKeysAnswer>,
    |rooms, call| Box::pin(turn_keys(rooms, call)),
);

/// What is known of who holds the next key.
pub const ADOPTION: Route<Rooms> = get(
    "/api/v1/signing-keys/adoption",
    "listKeyAdoption",
    "Lists what is known of each service provider of SAML while the key that it will be signed for with is staged.",
    &[],
    schema_of::<Page<WireKeyAdoption>>,
    |rooms, call| Box::pin(adoption(rooms, call)),
);

/// Somebody holds the next key.
pub const KEY_TAKEN: Route<Rooms> = post(
    Scope::Administer,
    "/api/v1/signing-keys/taken",
    "takeSigningKey",
    "Writes down that a service provider of SAML holds the next key.",
    schema_of::<TakeKey>,
    schema_of::<WireKeyAdoption>,
    |rooms, call| Box::pin(key_taken(rooms, call)),
);

/// The secret of a relying party.
pub const SECRET: Route<Rooms> = post(
    Scope::Administer,
    "/api/v1/relying-parties/{name}/secret",
    "makeClientSecret",
    "Makes the secret of a relying party, in the place of any before it; it is shown this once.",
    schema_of::<MakeClientSecret>,
    schema_of::<MadeClientSecret>,
    |rooms, call| Box::pin(client_secret(rooms, call)),
)
.created();

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

async fn adoption(rooms: Arc<Rooms>, _call: Call) -> Result<Reply, Problem> {
    let all = rooms.app.key_adoption().await.map_err(fail)?;
    Reply::json(&Page::whole(all.into_iter().map(adopted).collect()))
}

async fn key_taken(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let asked: TakeKey = call.json()?;
    let how = match asked.how {
        WireEvidence::Declared => Evidence::Declared,
        WireEvidence::Confirmed => Evidence::Confirmed,
    };
    let (name, write) = (&asked.relying_party, !asked.dry_run);
    let taken = rooms
        .app
        .key_taken(call.actor(), name, how, write, &asked.reason);
    Reply::json(&adopted(taken.await.map_err(fail)?))
}

fn adopted(adoption: Adoption) -> WireKeyAdoption {
    WireKeyAdoption {
        relying_party: adoption.relying_party,
        kid: adoption.kid,
        next_for: adoption.next_for,
        evidence: adoption.evidence.as_str().to_owned(),
        at: adoption.at.map(|at| at.to_string()),
        by: adoption.by,
    }
}

async fn relying_parties(rooms: Arc<Rooms>, _call: Call) -> Result<Reply, Problem> {
    let parties = rooms.app.relying_parties().await.map_err(fail)?;
    Reply::json(&Page::whole(parties.into_iter().map(party).collect()))
}

fn party(told: ToldParty) -> WireRelyingParty {
    let app = told.app.iter().map(|app| format!("app {app}"));
    let groups = told.groups.iter().map(|group| format!("group {group}"));
    let kind = match told.method {
        None => "saml",
        Some("none") => "public",
        Some(_) => "confidential",
    };
    let secret = match (&told.secret, told.has_secret) {
        (None, _) => "none",
        (Some(_), true) => "made",
        (Some(_), false) => "missing",
    };
    WireRelyingParty {
        who: app.chain(groups).collect(),
        name: told.name,
        title: told.title,
        client_id: told.client_id,
        kind: kind.to_owned(),
        method: told.method.unwrap_or_default().to_owned(),
        redirect_uris: told.redirect_uris.into_iter().collect(),
        secret: secret.to_owned(),
        risks: told.risks.into_iter().map(risk).collect(),
    }
}

fn risk(risk: Risk) -> WireRisk {
    WireRisk {
        field: risk.field,
        risk: risk.risk,
        clause: risk.clause.unwrap_or_default(),
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

async fn turn_keys(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let asked: TurnKeys = call.json()?;
    let turn = match asked.turn {
        WireKeyTurn::Stage => KeyTurn::Stage(asked.algorithms),
        WireKeyTurn::Promote => KeyTurn::Promote,
        WireKeyTurn::Retire => KeyTurn::Retire,
    };
    let (early, write) = (asked.early, !asked.dry_run);
    let turned = rooms
        .app
        .turn_keys(call.actor(), &turn, early, write, &asked.reason);
    let turned = turned.await.map_err(fail)?;
    let signs_saml = |key: &SigningKey| rooms.app.signs_saml(key);
    let service_providers = match turn == KeyTurn::Promote && turned.iter().any(signs_saml) {
        true => {
            let parties = rooms.app.relying_parties().await.map_err(fail)?;
            let saml = parties.into_iter().filter(|party| party.is_saml);
            saml.map(|party| party.name).collect()
        }
        false => Vec::new(),
    };
    Reply::json(&TurnKeysAnswer {
        turned: turned.into_iter().map(signing_key).collect(),
        service_providers,
        dry_run: asked.dry_run,
    })
}
