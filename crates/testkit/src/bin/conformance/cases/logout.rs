//! Signing out at the wish of a relying party (OpenID Connect RP-Initiated Logout 1.0).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::browser::{Browser, Landed};
use crate::exchange::Tokens;
use crate::page::{encoded, forms};
use crate::stage::{Stage, landed_at};
use crate::verdict::{Failed, Outcome, Verdict, expect};
use crate::wire::Answer;
use crate::world::page;

use super::prompts::is_refused;

const LOGOUT: &str = "RP-Initiated Logout §2";
pub(super) const BYE: &str = "https://leaving.rp.example/bye";
pub(super) const LEAVING: &str = "leaving";

/// Somebody who is signed in.
pub(super) fn signed_in<'w>(stage: &'w Stage<'_>) -> Verdict<(Browser<'w>, Tokens)> {
    let mut browser = stage.browser();
    let tokens = stage.flow(&mut browser, &stage.asks(LEAVING)?)?;
    Ok((browser, tokens))
}

pub(super) fn wishes(
    stage: &Stage<'_>,
    browser: &mut Browser<'_>,
    wish: &[(&str, &str)],
) -> Verdict<Landed> {
    let endpoint = stage.endpoint("end_session_endpoint")?;
    browser.open(&format!("{endpoint}?{}", encoded(wish)))
}

pub(super) fn state() -> Verdict<String> {
    // As long as the suite makes it, to see whether it comes back whole.
    crate::proof::random(96).map_err(Failed::silent)
}

/// Nobody is signed in there any more.
pub(super) fn is_out(stage: &Stage<'_>, browser: &mut Browser<'_>) -> Verdict<()> {
    let asked = stage.asks(LEAVING)?.with("prompt", "none");
    let landed = stage.goes(browser, &asked)?;
    is_refused(&stage.error(&asked, landed)?)
}

/// The browser is sent back to the relying party, with its state and nothing else.
pub(super) fn is_back(landed: &Landed, state: Option<&str>) -> Verdict<()> {
    let Landed::Away(delivery) = landed else {
        return Err(Failed {
            clause: "RP-Initiated Logout §3",
            expected: "the post_logout_redirect_uri".to_owned(),
            came: landed_at(landed),
        });
    };
    let place = &delivery.place;
    let there = place == BYE && !delivery.by_form;
    expect(
        there,
        "RP-Initiated Logout §3",
        "the post_logout_redirect_uri",
        place,
    )?;
    let want: Vec<_> = state
        .map(|state| ("state".to_owned(), state.to_owned()))
        .into_iter()
        .collect();
    let names: Vec<&str> = delivery
        .fields
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    expect(
        delivery.fields == want,
        LOGOUT,
        "the state that was sent, and nothing else",
        names.join(" "),
    )
}

/// The person is asked whether they want that, or is told that it does not work; nobody is sent away, and
/// they are still signed in.
fn is_not_believed(stage: &Stage<'_>, browser: &mut Browser<'_>, landed: Landed) -> Verdict {
    let page = page(landed)?;
    let shown = page.status == 400 || asks_whether(&page);
    expect(
        shown,
        LOGOUT,
        "an error, or the question whether they want that",
        page.status,
    )?;
    stage.flow_at_once(browser, &stage.asks(LEAVING)?.with("prompt", "none"))?;
    Ok(Outcome::Passed)
}

/// A page with the button that signs out.
fn asks_whether(page: &Answer) -> bool {
    page.status == 200
        && forms(&page.body)
            .iter()
            .any(|form| form.action == "/sign-out")
}

/// The person is told that they are signed out, after a button that asks whether they want that.
fn is_told(stage: &Stage<'_>, browser: &mut Browser<'_>, landed: Landed) -> Verdict {
    let mut page = page(landed)?;
    if asks_whether(&page) {
        page = self::page(browser.submit(&page, "/sign-out", &[])?)?;
    }
    let told = page.status == 200 && !asks_whether(&page);
    expect(
        told,
        LOGOUT,
        "a page that says that they are signed out",
        page.status,
    )?;
    is_out(stage, browser)?;
    Ok(Outcome::Passed)
}

pub fn whole(stage: &Stage<'_>) -> Verdict {
    let (mut browser, tokens) = signed_in(stage)?;
    let state = state()?;
    let wish = [
        ("id_token_hint", tokens.id_token.as_str()),
        ("post_logout_redirect_uri", BYE),
        ("state", state.as_str()),
    ];
    let landed = wishes(stage, &mut browser, &wish)?;
    is_back(&landed, Some(&state))?;
    is_out(stage, &mut browser)?;
    Ok(Outcome::Passed)
}

pub fn no_state(stage: &Stage<'_>) -> Verdict {
    let (mut browser, tokens) = signed_in(stage)?;
    let wish = [
        ("id_token_hint", tokens.id_token.as_str()),
        ("post_logout_redirect_uri", BYE),
    ];
    let landed = wishes(stage, &mut browser, &wish)?;
    is_back(&landed, None)?;
    is_out(stage, &mut browser)?;
    Ok(Outcome::Passed)
}

/// A wish that is not to be believed as it stands: of this hint, to this place.
fn doubtful(
    stage: &Stage<'_>,
    hint: impl Fn(&Tokens) -> Verdict<Option<String>>,
    place: &str,
) -> Verdict {
    let (mut browser, tokens) = signed_in(stage)?;
    let (hint, state) = (hint(&tokens)?, state()?);
    let mut wish = vec![
        ("post_logout_redirect_uri", place),
        ("state", state.as_str()),
    ];
    wish.extend(hint.as_deref().map(|hint| ("id_token_hint", hint)));
    let landed = wishes(stage, &mut browser, &wish)?;
    is_not_believed(stage, &mut browser, landed)
}

fn own(tokens: &Tokens) -> Verdict<Option<String>> {
    Ok(Some(tokens.id_token.clone()))
}

pub fn bad_redirect_uri(stage: &Stage<'_>) -> Verdict {
    doubtful(stage, own, "https://leaving.rp.example/elsewhere")
}

pub fn query_added(stage: &Stage<'_>) -> Verdict {
    doubtful(stage, own, &format!("{BYE}?foo=bar"))
}

pub fn no_hint(stage: &Stage<'_>) -> Verdict {
    doubtful(stage, |_| Ok(None), BYE)
}

/// The same claims, with `alg` of `none`.
pub fn modified_hint(stage: &Stage<'_>) -> Verdict {
    let changed = |tokens: &Tokens| {
        let claims = tokens.id_token.split('.').nth(1).unwrap_or_default();
        let header = URL_SAFE_NO_PAD.encode("{\"alg\":\"none\"}");
        Ok(Some(format!("{header}.{claims}.")))
    };
    doubtful(stage, changed, BYE)
}

/// Claims that are right, signed by somebody else: the name of the key is the server's.
pub fn bad_hint(stage: &Stage<'_>) -> Verdict {
    let forged = |tokens: &Tokens| {
        let mut parts = tokens.id_token.splitn(3, '.');
        let (header, claims) = (parts.next(), parts.next());
        let body = format!(
            "{}.{}",
            header.unwrap_or_default(),
            claims.unwrap_or_default()
        );
        let signature = crate::proof::signed_by_nobody(body.as_bytes()).map_err(Failed::silent)?;
        Ok(Some(format!(
            "{body}.{}",
            URL_SAFE_NO_PAD.encode(signature)
        )))
    };
    doubtful(stage, forged, BYE)
}

pub fn no_params(stage: &Stage<'_>) -> Verdict {
    let (mut browser, _) = signed_in(stage)?;
    let landed = wishes(stage, &mut browser, &[])?;
    is_told(stage, &mut browser, landed)
}

pub fn no_redirect_uri(stage: &Stage<'_>) -> Verdict {
    let (mut browser, tokens) = signed_in(stage)?;
    let state = state()?;
    let wish = [
        ("id_token_hint", tokens.id_token.as_str()),
        ("state", state.as_str()),
    ];
    let landed = wishes(stage, &mut browser, &wish)?;
    is_told(stage, &mut browser, landed)
}

pub fn only_state(stage: &Stage<'_>) -> Verdict {
    let (mut browser, _) = signed_in(stage)?;
    let state = state()?;
    let landed = wishes(stage, &mut browser, &[("state", state.as_str())])?;
    is_told(stage, &mut browser, landed)
}
