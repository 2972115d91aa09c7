//! Tokens and secrets.
//!
//! A token that makes another gives away nothing that it does not have itself: not its scopes,
//! not a longer life, not more networks, and not the name of someone else where that name
//! decides (see `App::issue_token`). The tokens of the host's command line are the only ones
//! that come from nowhere.

use std::net::IpAddr;
use std::sync::Arc;

use api::{
    Done, IssueToken, IssuedToken, Page, Problem, PutSecret, RevokeToken, SecretName, TokenSummary,
};
use app::rows::TokenRow;
use app::{GivenSecret, Session};
use model::{Scope, Secret, Timestamp, TokenId};

use super::{Rooms, fail};
use crate::route::{Call, Reply};

/// Tokens that are looked through.
const MOST: u32 = 10_000;

pub async fn list(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let rows = rooms
        .app
        .store()
        .tokens(call.limit()?)
        .await
        .map_err(fail)?;
    Reply::json(&Page::whole(rows.iter().map(summary).collect()))
}

fn summary(row: &TokenRow) -> TokenSummary {
    TokenSummary {
        token: row.token.to_string(),
        principal: row.principal.clone(),
        scopes: row.scopes.iter().map(|s| s.as_str().to_owned()).collect(),
        issued: row.issued.to_string(),
        expires: row.expires.to_string(),
        networks: row.networks.clone(),
        revoked: row
            .revoked
            .as_ref()
            .map_or(String::new(), |(at, _)| at.to_string()),
    }
}

pub async fn issue(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let asked: IssueToken = call.json()?;
    let wrong = |why: &str| crate::problem::unreadable(why);
    let scopes = asked
        .scopes
        .iter()
        .map(|text| text.parse::<Scope>())
        .collect::<Result<Vec<_>, _>>()
        .map_err(|e| wrong(&format!("`scopes`: {e}")))?;
    let expires: Timestamp = asked
        .expires
        .parse()
        .map_err(|e| wrong(&format!("`expires`: {e}")))?;
    let now = rooms.app.now();
    if expires <= now {
        return Err(wrong("`expires` is not in the future"));
    }
    let own = own_token(&rooms, &call).await?;
    within(&own, &asked, &scopes, expires)?;
    let expires_text = expires.to_string();
    if asked.dry_run {
        let nothing = IssuedToken {
            token: String::new(),
            secret: String::new(),
            expires: expires_text,
        };
        return Reply::json(&nothing);
    }
    let session = Session {
        actor: call.caller.actor.clone(),
        scopes: call.caller.scopes.clone(),
    };
    let (token, secret) = rooms
        .app
        .issue_token(
            Some(&session),
            call.actor(),
            &asked.principal,
            &scopes,
            expires.since(now),
            &asked.networks,
        )
        .await
        .map_err(fail)?;
    Reply::json(&IssuedToken {
        token: token.to_string(),
        secret: secret.expose().to_owned(),
        expires: expires_text,
    })
}

/// The token that is calling.
async fn own_token(rooms: &Rooms, call: &Call) -> Result<TokenRow, Problem> {
    let own = call.actor().token;
    let rows = rooms.app.store().tokens(MOST).await.map_err(fail)?;
    rows.into_iter()
        .find(|row| Some(row.token) == own)
        .ok_or_else(|| crate::problem::fault("the calling token is not among the stored ones"))
}

/// Whether the new token gives away nothing that the calling one does not have.
fn within(
    own: &TokenRow,
    asked: &IssueToken,
    scopes: &[Scope],
    expires: Timestamp,
) -> Result<(), Problem> {
    let denied = |code: &str, detail: String, fix: &str| {
        Err(Problem::new(403, code, "denied", detail).fix(fix))
    };
    if let Some(scope) = scopes.iter().find(|s| !own.scopes.contains(s)) {
        let detail = format!(
            "a token may not give `{}`, which it does not have",
            scope.as_str()
        );
        return denied("TNR-APP-0031", detail, "ask someone who has that scope");
    }
    let decides = scopes
        .iter()
        .any(|s| matches!(s, Scope::Plan | Scope::Approve));
    if decides && asked.principal != own.principal {
        return denied(
            "TNR-APP-0032",
            "a token with `plan` or `approve` for another principal is only made on the host"
                .to_owned(),
            "run `tenure token create` on the host itself",
        );
    }
    if expires > own.expires {
        let detail = format!(
            "a token may not outlive the one that makes it ({})",
            own.expires
        );
        return denied("TNR-API-0017", detail, "ask for an earlier end");
    }
    let inside = |network: &String| own.networks.iter().any(|outer| contains(outer, network));
    if !own.networks.is_empty() && (asked.networks.is_empty() || !asked.networks.iter().all(inside))
    {
        let detail = format!(
            "a token that is bound to networks makes tokens bound to the same ones ({})",
            own.networks.join(", ")
        );
        return denied("TNR-API-0018", detail, "name networks within these");
    }
    Ok(())
}

/// Whether every address of `inner` is in `outer`; both CIDR. False for what is not CIDR.
fn contains(outer: &str, inner: &str) -> bool {
    let read = |text: &str| -> Option<(IpAddr, u32)> {
        let (address, bits) = text.split_once('/')?;
        Some((address.parse().ok()?, bits.parse().ok()?))
    };
    match (read(outer), read(inner)) {
        (Some((IpAddr::V4(a), m)), Some((IpAddr::V4(b), n))) if m <= n && n <= 32 => {
            m == 0 || a.to_bits() >> (32 - m) == b.to_bits() >> (32 - m)
        }
        (Some((IpAddr::V6(a), m)), Some((IpAddr::V6(b), n))) if m <= n && n <= 128 => {
            m == 0 || a.to_bits() >> (128 - m) == b.to_bits() >> (128 - m)
        }
        _ => false,
    }
}

pub async fn revoke(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let asked: RevokeToken = call.json()?;
    let id = call.id::<TokenId>("token")?;
    if asked.dry_run {
        let rows = rooms.app.store().tokens(MOST).await.map_err(fail)?;
        if !rows.iter().any(|row| row.token == id) {
            let detail = format!("there is no token `{id}`");
            return Err(Problem::new(404, "TNR-APP-0001", "not found", detail)
                .fix("check the name; list them first"));
        }
    } else {
        rooms
            .app
            .revoke_token(call.actor(), id, &asked.reason)
            .await
            .map_err(fail)?;
    }
    Reply::json(&Done {
        done: format!("revoked {id}"),
        dry_run: asked.dry_run,
    })
}

pub async fn secrets(rooms: Arc<Rooms>, _call: Call) -> Result<Reply, Problem> {
    let names = rooms.app.secret_names().await.map_err(fail)?;
    Reply::json(&Page::whole(
        names
            .into_iter()
            .map(|row| SecretName {
                name: row.name,
                app: row.app,
                host: row.host,
                expires: row.expires.map_or(String::new(), |at| at.to_string()),
            })
            .collect(),
    ))
}

pub async fn put_secret(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let asked: PutSecret = call.json()?;
    let name = call.text("name")?;
    let value = Secret::new(asked.value);
    if value.expose().is_empty() || asked.app.is_empty() || asked.host.is_empty() {
        return Err(crate::problem::unreadable(
            "`app`, `host` and `value` must not be empty",
        ));
    }
    let expires = asked.expires.as_deref().map(end_of).transpose()?;
    let given = GivenSecret {
        name,
        app: &asked.app,
        host: &asked.host,
        value: &value,
        expires,
    };
    if asked.dry_run {
        rooms.app.check_secret(given).map_err(fail)?;
    } else {
        rooms
            .app
            .keep_secret(call.actor(), given)
            .await
            .map_err(fail)?;
    }
    let done = format!("secret {name} is set for {} at {}", asked.app, asked.host);
    Reply::json(&Done {
        done,
        dry_run: asked.dry_run,
    })
}

/// `2027-01-31`, from its first instant in UTC on, or an instant.
fn end_of(text: &str) -> Result<Timestamp, Problem> {
    let day = || format!("{text}T00:00:00Z").parse();
    text.parse().or_else(|_| day()).map_err(|_: String| {
        crate::problem::unreadable(
            "`expires` is a day (2027-01-31) or an instant that ends with `Z`",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::{contains, end_of};

    #[test]
    fn an_end_is_a_day_or_an_instant_and_nothing_else() {
        let told = |text| end_of(text).map(|at| at.to_string()).map_err(|p| p.status);
        assert_eq!(told("2027-01-31"), Ok("2027-01-31T00:00:00Z".to_owned()));
        assert_eq!(
            told("2027-01-31T12:30:00Z"),
            Ok("2027-01-31T12:30:00Z".to_owned())
        );
        for wrong in [
            "",
            "2027-02-30",
            "31.1.2027",
            "soon",
            "2027-01-31T25:00:00Z",
        ] {
            assert_eq!(told(wrong), Err(400), "{wrong}");
        }
    }

    #[test]
    fn networks_within_networks() {
        assert!(contains("10.0.0.0/8", "10.1.0.0/16"));
        assert!(contains("10.0.0.0/8", "10.0.0.0/8"));
        assert!(contains("0.0.0.0/0", "192.0.2.0/24"));
        assert!(contains("2001:db8::/32", "2001:db8:1::/48"));
        assert!(!contains("10.1.0.0/16", "10.0.0.0/8"), "wider");
        assert!(!contains("10.0.0.0/8", "11.0.0.0/16"));
        assert!(!contains("0.0.0.0/0", "::/0"));
        assert!(!contains("10.0.0.0/8", "10.0.0.0"), "not CIDR");
        assert!(!contains("10.0.0.0/8", "10.0.0.0/33"));
    }
}
