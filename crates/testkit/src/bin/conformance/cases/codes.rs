//! Codes and refresh tokens that come a second time, or to somebody else.

use std::thread::sleep;
use std::time::Duration;

use crate::browser::Landed;
use crate::exchange::Tokens;
use crate::stage::{Stage, landed_at};
use crate::token;
use crate::told;
use crate::verdict::{Failed, Outcome, Verdict, expect, there};

pub fn reuse(stage: &Stage<'_>) -> Verdict {
    reuse_after(stage, Duration::ZERO)
}

pub fn reuse_after_30_seconds(stage: &Stage<'_>) -> Verdict {
    reuse_after(stage, Duration::from_secs(30))
}

fn reuse_after(stage: &Stage<'_>, pause: Duration) -> Verdict {
    let asked = stage.asks("basic")?;
    let mut browser = stage.browser();
    let landed = stage.goes_and_signs_in(&mut browser, &asked, stage.ana())?;
    let code = stage.code(&asked, landed)?;
    let tokens = stage.redeems(&asked, &code)?;
    told::person(&stage.userinfo(&tokens.access)?, &tokens)?;
    sleep(pause);
    told::refused(&stage.brings(&asked, &code)?, "invalid_grant")?;
    // That what came of it ends too is only recommended (RFC 6749 §4.1.2).
    if stage.userinfo(&tokens.access)?.status == 200 {
        stage.warn("the access token still counts after its code came twice (RFC 6749 §4.1.2)");
    }
    Ok(Outcome::Passed)
}

pub fn registered_redirect_uri(stage: &Stage<'_>) -> Verdict {
    let own = stage.party("basic")?.redirect_uri();
    let other = format!("{own}/{}", crate::proof::random(8).map_err(Failed::silent)?);
    let asked = stage.asks("basic")?.with("redirect_uri", &other);
    let landed = stage.goes(&mut stage.browser(), &asked)?;
    let shown = matches!(&landed, Landed::Page(page) if page.status == 400);
    expect(
        shown,
        "OIDC Core §3.1.2.1",
        "a page that shows an error, and nobody sent anywhere",
        landed_at(&landed),
    )?;
    Ok(Outcome::Passed)
}

fn refreshed(stage: &Stage<'_>, client: &str, token: &str, scope: Option<&str>) -> Verdict<Tokens> {
    let mut form = vec![
        ("grant_type", "refresh_token".to_owned()),
        ("refresh_token", token.to_owned()),
    ];
    form.extend(scope.map(|scope| ("scope", scope.to_owned())));
    let party = stage.party(client)?;
    token::tokens(stage, party, &stage.token(party, form)?, None)
}

/// What refreshing gives, how its ID token compares with the first, and that a token is its client's.
pub fn refresh_token(stage: &Stage<'_>) -> Verdict {
    let mut kept = Vec::new();
    for client in ["basic", "second"] {
        let mut browser = stage.browser();
        let scope = "openid offline_access";
        let asked = stage
            .asks(client)?
            .with("scope", scope)
            .with("prompt", "consent");
        let first = stage.flow(&mut browser, &asked)?;
        let Some(token) = &first.refresh else {
            return Ok(Outcome::Skipped("no refresh token was given".to_owned()));
        };
        // `iat` counts in seconds, and has to differ.
        sleep(Duration::from_millis(1_100));
        let scope = (client == "basic").then_some(scope);
        let second = refreshed(stage, client, token, scope)?;
        compared(&first, &second)?;
        told::person(&stage.userinfo(&second.access)?, &second)?;
        kept.push(there(
            second.refresh,
            "RFC 6749 §6",
            "the next refresh token",
        )?);
    }
    let grants = &stage.world.metadata["grant_types_supported"];
    let mut names = grants.as_array().into_iter().flatten();
    if names.all(|name| name != "refresh_token") {
        stage.warn("grant_types_supported has no refresh_token (OIDC Discovery §3)");
    }
    let form = vec![
        ("grant_type", "refresh_token".to_owned()),
        ("refresh_token", kept.remove(1)),
    ];
    let answer = stage.token(stage.party("basic")?, form)?;
    told::refused(&answer, "invalid_grant")?;
    Ok(Outcome::Passed)
}

/// OpenID Connect Core §12.2.
fn compared(first: &Tokens, second: &Tokens) -> Verdict<()> {
    const SECOND: &str = "OIDC Core §12.2";
    for name in ["iss", "sub", "aud", "auth_time", "azp"] {
        let (before, after) = (&first.claims[name], &second.claims[name]);
        expect(
            before == after,
            SECOND,
            &format!("the {name} of before"),
            after,
        )?;
    }
    let at = |tokens: &Tokens| token::number(&tokens.claims, "iat", SECOND);
    expect(at(second)? > at(first)?, SECOND, "a later iat", at(second)?)?;
    let other = first.access != second.access;
    expect(other, "RFC 6749 §6", "another access token", "the same")
}
