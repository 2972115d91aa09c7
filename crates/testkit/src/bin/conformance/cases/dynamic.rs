//! Clients that register themselves, and use what they registered.

use std::thread::sleep;
use std::time::Duration;

use serde_json::{Value, json};

use crate::browser::{Landed, asks};
use crate::exchange::Tokens;
use crate::registered::PLACE;
use crate::signer::Signer;
use crate::stage::{Stage, landed_at};
use crate::token;
use crate::told;
use crate::verdict::{Failed, Outcome, Verdict, expect, there};
use crate::wire::Request;
use crate::world::{ISSUER, Party};

const REDIRECT: &str = "OIDC Core §3.1.2.1";
const SHOWN_TO_NOBODY: &str = "of what a client says of itself people are shown its name alone, and the host of its redirect URI";

/// The whole flow of a registered client, and what is told of the person.
fn succeeds(stage: &Stage<'_>, party: &Party) -> Verdict<Tokens> {
    let asked = stage.asks_as(party)?;
    let tokens = stage.flow(&mut stage.browser(), &asked)?;
    told::person(&stage.userinfo(&tokens.access)?, &tokens)?;
    Ok(tokens)
}

pub fn server(stage: &Stage<'_>) -> Verdict {
    succeeds(stage, &stage.registers(&[])?.0)?;
    Ok(Outcome::Passed)
}

pub fn discovery(stage: &Stage<'_>) -> Verdict {
    super::discovery::provider(stage)?;
    stage.endpoint("registration_endpoint")?;
    Ok(Outcome::Passed)
}

/// Where a client does not say it is RS256 (OpenID Connect Dynamic Client Registration 1.0 §2).
pub fn idtoken_rs256(stage: &Stage<'_>) -> Verdict {
    let (party, told) = stage.registers(&[("id_token_signed_response_alg", Value::Null)])?;
    let alg = &told["id_token_signed_response_alg"];
    expect(alg == "RS256", "OIDC Registration §2", "RS256", alg)?;
    let tokens = succeeds(stage, &party)?;
    let signed = token::signed(stage, &tokens.id_token, "OIDC Core §10.1")?;
    let alg = &signed.header["alg"];
    expect(alg == "RS256", "OIDC Core §10.1", "RS256", alg)?;
    Ok(Outcome::Passed)
}

pub fn idtoken_unsigned(stage: &Stage<'_>) -> Verdict {
    let none = [("id_token_signed_response_alg", json!("none"))];
    stage.is_not_registered(&none, "invalid_client_metadata")?;
    super::answers::idtoken_unsigned(stage)
}

pub fn userinfo_rs256(stage: &Stage<'_>) -> Verdict {
    let (party, _) = stage.registers(&[("userinfo_signed_response_alg", json!("RS256"))])?;
    let asked = stage.asks_as(&party)?;
    let tokens = stage.flow(&mut stage.browser(), &asked)?;
    let answer = stage.userinfo(&tokens.access)?;
    let media = answer.media();
    expect(
        media == "application/jwt",
        "OIDC Core §5.3.2",
        "a token",
        media,
    )?;
    let signed = token::signed(stage, &answer.body, "OIDC Core §5.3.2")?;
    let alg = &signed.header["alg"];
    expect(alg == "RS256", "OIDC Core §5.3.2", "RS256", alg)?;
    let sub = &signed.claims["sub"];
    let same = *sub == tokens.claims["sub"];
    expect(same, "OIDC Core §5.3.2", "the sub of the ID token", sub)?;
    Ok(Outcome::Passed)
}

/// Nobody is sent anywhere.
fn shown(landed: &Landed) -> Verdict {
    let page = matches!(landed, Landed::Page(page) if page.status == 400);
    expect(
        page,
        REDIRECT,
        "a page that shows an error",
        landed_at(landed),
    )?;
    Ok(Outcome::Passed)
}

pub fn without_redirect_uri(stage: &Stage<'_>) -> Verdict {
    let (party, _) = stage.registers(&[])?;
    let asked = stage.asks_as(&party)?.without("redirect_uri");
    shown(&stage.goes(&mut stage.browser(), &asked)?)
}

/// A client whose redirect URI has this query, and where a request of it asks to be answered.
fn with_query(stage: &Stage<'_>, registered: &str, asked: &str) -> Verdict<Landed> {
    let uris = json!([format!("{PLACE}{registered}")]);
    let (party, _) = stage.registers(&[("redirect_uris", uris)])?;
    let place = format!("{PLACE}{asked}");
    let request = stage.asks_as(&party)?.with("redirect_uri", &place);
    let mut browser = stage.browser();
    match stage.goes(&mut browser, &request)? {
        Landed::Page(page) if asks(&page) => browser.sign_in(&page, stage.ana()),
        landed => Ok(landed),
    }
}

pub fn query_ok(stage: &Stage<'_>) -> Verdict {
    let landed = with_query(stage, "?foo=bar", "?foo=bar")?;
    let Landed::Away(delivery) = &landed else {
        return Err(Failed {
            clause: REDIRECT,
            expected: "an answer to the client".to_owned(),
            came: landed_at(&landed),
        });
    };
    expect(delivery.place == PLACE, REDIRECT, PLACE, &delivery.place)?;
    for (name, value) in [("foo", Some("bar")), ("iss", Some(ISSUER))] {
        let came = delivery.get(name);
        expect(
            came == value,
            "RFC 6749 §3.1.2",
            name,
            came.unwrap_or("none"),
        )?;
    }
    there(delivery.get("code"), "RFC 6749 §4.1.2", "a code")?;
    Ok(Outcome::Passed)
}

pub fn query_mismatch(stage: &Stage<'_>) -> Verdict {
    shown(&with_query(stage, "?foo=bar", "?bar=foo")?)
}

pub fn query_added(stage: &Stage<'_>) -> Verdict {
    shown(&with_query(stage, "", "?foo=bar")?)
}

pub fn fragment(stage: &Stage<'_>) -> Verdict {
    let uris = json!([format!("{PLACE}#foobar")]);
    stage.is_not_registered(&[("redirect_uris", uris)], "invalid_redirect_uri")?;
    Ok(Outcome::Passed)
}

/// A page of the client's own that people would be shown. It does no harm, and is not kept.
pub fn page_of_its_own(stage: &Stage<'_>, member: &str) -> Verdict {
    let (party, told) = stage.registers(&[(member, json!("https://dynamic.rp.example/page"))])?;
    let kept = &told[member];
    expect(
        kept.is_null(),
        "RFC 7591 §3.2.1",
        "what was registered alone",
        kept,
    )?;
    succeeds(stage, &party)?;
    Ok(Outcome::LeftOut(SHOWN_TO_NOBODY))
}

/// Keys that would be fetched: a client that believed it could change them there would be locked out.
pub fn jwks_uri(stage: &Stage<'_>) -> Verdict {
    let changes = [
        ("token_endpoint_auth_method", json!("private_key_jwt")),
        ("jwks_uri", json!("https://dynamic.rp.example/jwks")),
    ];
    stage.is_not_registered(&changes, "invalid_client_metadata")?;
    Ok(Outcome::LeftOut(
        "nothing that a client names is fetched: keys come by value (jwks)",
    ))
}

pub fn sector_uri(_: &Stage<'_>) -> Verdict {
    Ok(Outcome::LeftOut(
        "nothing that a client names is fetched: its sector is its host",
    ))
}

pub fn sector_bad(stage: &Stage<'_>) -> Verdict {
    let changes = [
        ("subject_type", json!("pairwise")),
        (
            "sector_identifier_uri",
            json!("https://other.rp.example/sector"),
        ),
    ];
    stage.is_not_registered(&changes, "invalid_client_metadata")?;
    Ok(Outcome::Passed)
}

/// The administrator rolls the keys by stages; what is signed before and after is verified by what is published.
pub fn rotates_keys(stage: &Stage<'_>) -> Verdict {
    const ROTATION: &str = "OIDC Core §10.1.1";
    let (party, _) = stage.registers(&[])?;
    let kid = |tokens: &Tokens| -> Verdict<Value> {
        Ok(token::signed(stage, &tokens.id_token, ROTATION)?.header["kid"].clone())
    };
    let first = succeeds(stage, &party)?;
    let before = kid(&first)?;
    for words in [&["stage"][..], &["promote", "--early"]] {
        let all = [&["signing-keys"], words, &["--reason", "T-6"]].concat();
        stage.world.run(&all).map_err(Failed::silent)?;
    }
    let after = kid(&succeeds(stage, &party)?)?;
    expect(before != after, ROTATION, "another key", &after)?;
    let still = kid(&first)?;
    expect(
        still == before,
        ROTATION,
        "a key that is still published",
        still,
    )?;
    Ok(Outcome::Passed)
}

pub fn refresh_token(stage: &Stage<'_>) -> Verdict {
    let (party, _) = stage.registers(&[])?;
    let first = succeeds(stage, &party)?;
    let token = there(first.refresh.clone(), "RFC 6749 §5.1", "a refresh token")?;
    sleep(Duration::from_millis(1_100));
    let form = |token: &str| {
        vec![
            ("grant_type", "refresh_token".to_owned()),
            ("refresh_token", token.to_owned()),
        ]
    };
    let second = token::tokens(stage, &party, &stage.token(&party, form(&token))?, None)?;
    told::person(&stage.userinfo(&second.access)?, &second)?;
    let sub = &second.claims["sub"];
    let same = *sub == first.claims["sub"];
    expect(same, "OIDC Core §12.2", "the sub of before", sub)?;
    let (other, _) = stage.registers(&[])?;
    let stolen = there(second.refresh, "RFC 6749 §6", "the next refresh token")?;
    told::refused(&stage.token(&other, form(&stolen))?, "invalid_grant")?;
    Ok(Outcome::Passed)
}

/// A client with keys, which proves who it is by an assertion for the issuer.
pub fn client_assertion(stage: &Stage<'_>) -> Verdict {
    let mut signer = Signer::new("").map_err(Failed::silent)?;
    let mut key = signer.ec.jwk();
    (key["kid"], key["alg"]) = ("ec".into(), "ES256".into());
    let (party, told) = stage.registers(&[
        ("token_endpoint_auth_method", json!("private_key_jwt")),
        ("jwks", json!({"keys": [key]})),
    ])?;
    let secret = &told["client_secret"];
    expect(secret.is_null(), "RFC 7591 §3.2.1", "no secret", secret)?;
    signer.id = party.id;
    let asked = stage.asks_as(&party)?;
    let landed = stage.goes_and_signs_in(&mut stage.browser(), &asked, stage.ana())?;
    let code = stage.code(&asked, landed)?;
    let assertion = signer.asserts(ISSUER, token::now()?, &[]);
    let form = [
        ("grant_type", "authorization_code".to_owned()),
        ("code", code),
        ("redirect_uri", PLACE.to_owned()),
        ("code_verifier", asked.verifier.clone()),
        (
            "client_assertion_type",
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer".to_owned(),
        ),
        ("client_assertion", assertion.map_err(Failed::silent)?),
    ];
    let answer = stage
        .wire
        .ask(Request::post(&stage.endpoint("token_endpoint")?, &form))?;
    token::tokens(stage, &party, &answer, asked.get("nonce"))?;
    Ok(Outcome::Passed)
}

/// What the server would have to fetch.
pub fn by_reference(_: &Stage<'_>) -> Verdict {
    Ok(Outcome::LeftOut(
        "nothing that a client names is fetched: requests come by value, or are pushed",
    ))
}

/// Keys of a client that it changes where it publishes them.
pub fn rotates_its_keys(_: &Stage<'_>) -> Verdict {
    Ok(Outcome::LeftOut(
        "nothing that a client names is fetched: it changes its keys by an update (RFC 7592)",
    ))
}
