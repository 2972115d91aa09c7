//! Frames by which the browser tells relying parties of the end of a session (OpenID Connect Front-Channel Logout
//! 1.0).

use crate::page::{between, decoded};
use crate::stage::Stage;
use crate::verdict::{Failed, Outcome, Verdict, expect, there};
use crate::wire::Answer;
use crate::world::{ISSUER, page};

use super::logout::{is_out, state, wishes};

const FRONT_CHANNEL: &str = "Front-Channel Logout §2";
const PLACE: &str = "https://framed.rp.example/frontchannel_logout";
const BYE: &str = "https://framed.rp.example/bye";

/// The relying party is opened in a frame, is told which session it was, and then has the browser back.
pub fn framed(stage: &Stage<'_>) -> Verdict {
    let mut browser = stage.browser();
    let tokens = stage.flow(&mut browser, &stage.asks("framed")?)?;
    let sid = tokens.claims["sid"].as_str();
    let sid = there(sid, "Front-Channel Logout §3", "a sid in the ID token")?;
    let state = state()?;
    let wish = [
        ("id_token_hint", tokens.id_token.as_str()),
        ("post_logout_redirect_uri", BYE),
        ("state", state.as_str()),
    ];
    let page = page(wishes(stage, &mut browser, &wish)?)?;
    is_framed(&page, sid)?;
    goes_on(&page, &state)?;
    is_out(stage, &mut browser)?;
    Ok(Outcome::Passed)
}

/// One frame, of this relying party and session, which the page may load and no other.
fn is_framed(page: &Answer, sid: &str) -> Verdict<()> {
    let frames = page.body.matches("<iframe ").count();
    expect(frames == 1, FRONT_CHANNEL, "one frame", frames)?;
    let frame = between(&page.body, "<iframe src=\"", "\"");
    let frame = there(frame, FRONT_CHANNEL, "a frame with an address")?;
    let (place, query) = frame.split_once('?').unwrap_or((&frame, ""));
    expect(
        place == PLACE,
        FRONT_CHANNEL,
        "the frontchannel_logout_uri",
        place,
    )?;
    let want = [("iss", ISSUER), ("sid", sid)].map(|(k, v)| (k.to_owned(), v.to_owned()));
    let fields = decoded(query).unwrap_or_default();
    let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
    expect(
        fields == want,
        "Front-Channel Logout §3",
        "the iss and sid of the ID token",
        names.join(" "),
    )?;
    let policy = page.header("content-security-policy").unwrap_or("none");
    let loads = policy.split(';').map(str::trim);
    let mut loads = loads.filter_map(|part| part.strip_prefix("frame-src "));
    expect(
        loads.next() == Some(PLACE) && loads.next().is_none(),
        "CSP 3 §6.1.5",
        "a page that loads that frame and no other",
        policy,
    )
}

/// The page sends the browser back to the relying party, with its state.
fn goes_on(page: &Answer, state: &str) -> Verdict<()> {
    let back = format!("{BYE}?state={state}");
    for (what, before) in [
        ("a refresh", "http-equiv=\"refresh\" content=\"3;url="),
        (
            "a link for whoever does not want to wait",
            "class=\"button\" href=\"",
        ),
    ] {
        let place = between(&page.body, before, "\"").unwrap_or_default();
        expect(
            place == back,
            "RP-Initiated Logout §3",
            &format!("{what} to the post_logout_redirect_uri"),
            place,
        )?;
    }
    Ok(())
}

/// A sign-in that is asked for at the server and begun by the relying party (OpenID Connect Core §4).
pub fn initiated(stage: &Stage<'_>) -> Verdict {
    const INITIATED: &str = "OIDC Core §4";
    let mut browser = stage.browser();
    let asked = page(browser.open(&format!("{ISSUER}/"))?)?;
    let home = page(browser.sign_in(&asked, stage.ana())?)?;
    let query = between(
        &home.body,
        "<a href=\"https://begun.rp.example/login?",
        "\"",
    );
    let query = there(query, INITIATED, "a link to the initiate_login_uri")?;
    let fields = decoded(&query).unwrap_or_default();
    let iss: Vec<&str> = fields
        .iter()
        .filter(|(name, _)| name == "iss")
        .map(|(_, value)| value.as_str())
        .collect();
    expect(
        iss == [ISSUER],
        INITIATED,
        "the issuer as iss",
        iss.join(" "),
    )?;
    stage.flow_at_once(&mut browser, &stage.asks("begun")?)?;
    Ok(Outcome::Passed)
}

/// An address for that is `https`, or is not registered.
pub fn initiated_by_http(stage: &Stage<'_>) -> Verdict {
    let document = include_str!("../documents.yaml");
    let good = "initiate_login_uri: \"https://begun";
    let bad = document.replace(good, "initiate_login_uri: \"http://begun");
    let refused = stage.world.refuses(&bad).map_err(Failed::silent)?;
    expect(
        document.contains(good) && refused.contains("initiate_login_uri"),
        "OIDC Core §4",
        "a refusal of an initiate_login_uri that is not https",
        if refused.is_empty() {
            "none"
        } else {
            refused.as_str()
        },
    )?;
    Ok(Outcome::Passed)
}
