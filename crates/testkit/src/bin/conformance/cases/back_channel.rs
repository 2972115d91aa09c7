//! The word that relying parties get of the end of a session (OpenID Connect Back-Channel Logout 1.0).

use std::time::Duration;

use serde_json::json;

use crate::back::Told;
use crate::exchange::Tokens;
use crate::stage::Stage;
use crate::token;
use crate::verdict::{Outcome, Verdict, expect, there};
use crate::world::ISSUER;

use super::logout::{BYE, LEAVING, is_back, is_out, signed_in, state, wishes};

const BACK_CHANNEL: &str = "Back-Channel Logout §2.4";

/// The relying party is told over its own address, as it knows session and person.
pub fn told(stage: &Stage<'_>) -> Verdict {
    let (mut browser, tokens) = signed_in(stage)?;
    let sid = tokens.claims["sid"].as_str();
    there(sid, "Back-Channel Logout §2.1", "a sid in the ID token")?;
    let state = state()?;
    let wish = [
        ("id_token_hint", tokens.id_token.as_str()),
        ("post_logout_redirect_uri", BYE),
        ("state", state.as_str()),
    ];
    let landed = wishes(stage, &mut browser, &wish)?;
    is_back(&landed, Some(&state))?;
    is_told(stage, &tokens)?;
    is_out(stage, &mut browser)?;
    Ok(Outcome::Passed)
}

/// The logout token of this session; those of sessions that other modules have ended come here too.
fn is_told(stage: &Stage<'_>, tokens: &Tokens) -> Verdict<()> {
    let logout_token = |told: &Told| {
        let mut found = told
            .fields
            .iter()
            .filter(|(name, _)| name == "logout_token");
        found.next().map(|(_, token)| token.clone())
    };
    let of_it = |told: &Told| {
        let token = logout_token(told).and_then(|token| crate::jws::read(&token).ok());
        token.is_some_and(|token| token.claims["sid"] == tokens.claims["sid"])
    };
    let one = stage.world.back.wait(of_it, Duration::from_secs(10));
    let one = there(
        one,
        "Back-Channel Logout §2.5",
        "word of the end of this session",
    )?;
    let form = "application/x-www-form-urlencoded";
    let sound = one.method == "POST" && one.media == form && one.path == "/backchannel_logout";
    expect(
        sound,
        "Back-Channel Logout §2.5",
        "a POST of a form",
        &one.method,
    )?;
    let alone = one.fields.len() == 1;
    expect(
        alone,
        "Back-Channel Logout §2.5",
        "logout_token alone",
        one.fields.len(),
    )?;
    let text = logout_token(&one).unwrap_or_default();
    let token = token::signed(stage, &text, "Back-Channel Logout §2.6")?;
    let typ = &token.header["typ"];
    expect(typ == "logout+jwt", BACK_CHANNEL, "typ logout+jwt", typ)?;
    let claims = token.claims;
    token::addressed(&claims, stage.party(LEAVING)?, BACK_CHANNEL)?;
    let ends = token::number(&claims, "exp", BACK_CHANNEL)?;
    expect(
        ends > token::now()? - 60,
        BACK_CHANNEL,
        "an exp that is to come",
        ends,
    )?;
    there(claims["jti"].as_str(), BACK_CHANNEL, "a jti")?;
    for name in ["sub", "sid"] {
        let same = claims[name] == tokens.claims[name];
        expect(
            same,
            BACK_CHANNEL,
            &format!("the {name} of the ID token"),
            &claims[name],
        )?;
    }
    let events = json!({"http://schemas.openid.net/event/backchannel-logout": {}});
    expect(
        claims["events"] == events,
        BACK_CHANNEL,
        "the one event",
        &claims["events"],
    )?;
    let nonce = claims.get("nonce").is_none();
    expect(nonce, BACK_CHANNEL, "no nonce", "one")?;
    expect(
        claims["iss"] == ISSUER,
        BACK_CHANNEL,
        "the issuer",
        &claims["iss"],
    )
}
