//! Whether somebody who is signed in is asked again.

use std::thread::sleep;
use std::time::Duration;

use crate::exchange::Tokens;
use crate::stage::Stage;
use crate::token;
use crate::verdict::{Outcome, Verdict, expect};

/// Errors that tell that a page would have had to be shown (OpenID Connect Core §3.1.2.6).
const NEEDS_A_PAGE: [&str; 4] = [
    "login_required",
    "interaction_required",
    "account_selection_required",
    "consent_required",
];

/// Two requests of one browser, with these parameters more, the second of which brings the same sign-in
/// without a page.
fn same_twice(
    stage: &Stage<'_>,
    first: &[(&str, &str)],
    second: impl Fn(&Tokens) -> Vec<(&'static str, String)>,
) -> Verdict<(Tokens, Tokens)> {
    let mut browser = stage.browser();
    let mut asked = stage.asks("basic")?;
    for (name, value) in first {
        asked.set(name, value);
    }
    let before = stage.flow(&mut browser, &asked)?;
    let mut asked = stage.asks("basic")?;
    for (name, value) in second(&before) {
        asked.set(name, &value);
    }
    let after = stage.flow_at_once(&mut browser, &asked)?;
    for name in ["sub", "auth_time"] {
        expect(
            before.claims[name] == after.claims[name],
            "OIDC Core §2",
            &format!("the same {name} both times"),
            format!("{}, then {}", before.claims[name], after.claims[name]),
        )?;
    }
    Ok((before, after))
}

pub fn none_logged_in(stage: &Stage<'_>) -> Verdict {
    same_twice(stage, &[], |_| vec![("prompt", "none".to_owned())])?;
    Ok(Outcome::Passed)
}

pub fn id_token_hint(stage: &Stage<'_>) -> Verdict {
    same_twice(stage, &[], |before| {
        let hint = before.id_token.clone();
        vec![("prompt", "none".to_owned()), ("id_token_hint", hint)]
    })?;
    Ok(Outcome::Passed)
}

pub fn max_age_10000(stage: &Stage<'_>) -> Verdict {
    let second = |_: &Tokens| vec![("max_age", "10000".to_owned())];
    let (before, after) = same_twice(stage, &[("max_age", "15000")], second)?;
    for tokens in [before, after] {
        token::number(&tokens.claims, "auth_time", "OIDC Core §3.1.2.1")?;
    }
    Ok(Outcome::Passed)
}

pub fn none_not_logged_in(stage: &Stage<'_>) -> Verdict {
    // As long as the suite makes it, to see whether it comes back whole.
    let state = "s".repeat(128);
    let asked = stage
        .asks("basic")?
        .with("prompt", "none")
        .with("state", &state);
    let landed = stage.goes(&mut stage.browser(), &asked)?;
    is_refused(&stage.error(&asked, landed)?)?;
    Ok(Outcome::Passed)
}

/// The error of whoever would have had to be asked.
pub fn is_refused(error: &str) -> Verdict<()> {
    expect(
        NEEDS_A_PAGE.contains(&error),
        "OIDC Core §3.1.2.6",
        "an error that tells that a page is needed",
        error,
    )
}

pub fn login(stage: &Stage<'_>) -> Verdict {
    // `auth_time` counts in seconds: the second sign-in has to fall into another one.
    let (after, before) = again(stage, Duration::from_millis(1_100), "prompt", "login")?;
    expect(after != before, "OIDC Core §2", "another auth_time", after)?;
    Ok(Outcome::Passed)
}

pub fn max_age_1(stage: &Stage<'_>) -> Verdict {
    let (after, before) = again(stage, Duration::from_secs(2), "max_age", "1")?;
    expect(after > before, "OIDC Core §2", "a later auth_time", after)?;
    let age = token::now()? - after;
    expect(
        age.abs() <= 60,
        "OIDC Core §2",
        "an auth_time of just now",
        after,
    )?;
    Ok(Outcome::Passed)
}

/// Two requests of one browser, in the second of which the person is asked again; `auth_time` then, and
/// before.
fn again(stage: &Stage<'_>, pause: Duration, name: &str, value: &str) -> Verdict<(i64, i64)> {
    let mut browser = stage.browser();
    let before = stage.flow(&mut browser, &stage.asks("basic")?)?;
    sleep(pause);
    let asked = stage.asks("basic")?.with(name, value);
    let after = stage.flow(&mut browser, &asked)?;
    let at = |tokens: &Tokens| token::number(&tokens.claims, "auth_time", "OIDC Core §3.1.2.1");
    let (then, first) = (at(&after)?, at(&before)?);
    let same = after.claims["sub"] == before.claims["sub"];
    expect(
        same,
        "OIDC Core §2",
        "the same sub both times",
        &after.claims["sub"],
    )?;
    Ok((then, first))
}
