//! What is told of the person.

use crate::exchange::Tokens;
use crate::stage::Stage;
use crate::told;
use crate::verdict::{Outcome, Verdict, expect};
use crate::wire::Request;

/// The claims of each scope (OpenID Connect Core §5.4).
const SCOPED: [(&str, &[&str]); 4] = [
    (
        "profile",
        &[
            "name",
            "given_name",
            "family_name",
            "middle_name",
            "nickname",
            "profile",
            "picture",
            "website",
            "gender",
            "birthdate",
            "zoneinfo",
            "locale",
            "updated_at",
            "preferred_username",
        ],
    ),
    ("email", &["email", "email_verified"]),
    ("address", &["address"]),
    ("phone", &["phone_number", "phone_number_verified"]),
];

fn given(stage: &Stage<'_>) -> Verdict<Tokens> {
    stage.flow(&mut stage.browser(), &stage.asks("basic")?)
}

pub fn userinfo_get(stage: &Stage<'_>) -> Verdict {
    let tokens = given(stage)?;
    told::person(&stage.userinfo(&tokens.access)?, &tokens)?;
    Ok(Outcome::Passed)
}

pub fn userinfo_post_header(stage: &Stage<'_>) -> Verdict {
    let tokens = given(stage)?;
    let endpoint = stage.endpoint("userinfo_endpoint")?;
    let bearer = format!("Bearer {}", tokens.access);
    let empty: [(&str, &str); 0] = [];
    let request = Request::post(&endpoint, &empty).with("authorization", bearer);
    told::person(&stage.wire.ask(request)?, &tokens)?;
    Ok(Outcome::Passed)
}

/// A server may take no token in a body: the suite warns of it.
pub fn userinfo_post_body(stage: &Stage<'_>) -> Verdict {
    let tokens = given(stage)?;
    let endpoint = stage.endpoint("userinfo_endpoint")?;
    let form = [("access_token", tokens.access.as_str())];
    let answer = stage.wire.ask(Request::post(&endpoint, &form))?;
    if answer.status == 200 {
        told::person(&answer, &tokens)?;
        return Ok(Outcome::Passed);
    }
    let refused = (400..500).contains(&answer.status);
    expect(
        refused,
        "RFC 6750 §3",
        "claims, or a refusal",
        answer.status,
    )?;
    stage.warn("a token in a body is not taken (RFC 6750 §2.2 leaves it open)");
    Ok(Outcome::Passed)
}

pub fn scope_profile(stage: &Stage<'_>) -> Verdict {
    scoped(stage, "openid profile", false)
}

pub fn scope_email(stage: &Stage<'_>) -> Verdict {
    scoped(stage, "openid email", false)
}

pub fn scope_address(stage: &Stage<'_>) -> Verdict {
    scoped(stage, "openid address", false)
}

pub fn scope_phone(stage: &Stage<'_>) -> Verdict {
    scoped(stage, "openid phone", false)
}

pub fn scope_all(stage: &Stage<'_>) -> Verdict {
    scoped(stage, "openid address email phone profile", false)
}

/// The order of parameters and scopes does not matter (RFC 6749 §3.3).
pub fn alternate_happy_flow(stage: &Stage<'_>) -> Verdict {
    scoped(stage, "email openid", true)
}

fn scoped(stage: &Stage<'_>, scopes: &str, turned_round: bool) -> Verdict {
    let told = stage.world.metadata["scopes_supported"].as_array();
    let known: Vec<&str> = told
        .into_iter()
        .flatten()
        .filter_map(|scope| scope.as_str())
        .collect();
    if let Some(missing) = scopes.split(' ').find(|scope| !known.contains(scope)) {
        let why = format!("scopes_supported has no `{missing}`");
        return Ok(Outcome::Skipped(why));
    }
    let mut asked = stage.asks("basic")?.with("scope", scopes);
    if turned_round {
        asked = asked.turned_round();
    }
    let tokens = stage.flow(&mut stage.browser(), &asked)?;
    let claims = told::person(&stage.userinfo(&tokens.access)?, &tokens)?;
    let asks = |scope: &str| scopes.split(' ').any(|one| one == scope);
    for (scope, names) in SCOPED {
        for name in names {
            let is_told = claims.get(*name).is_some();
            if asks(scope) && !is_told {
                stage.warn(format!("{name} is not told (OIDC Core §5.4)"));
            }
            expect(
                asks(scope) || !is_told,
                "OIDC Core §5.4",
                "nothing of a scope that was not asked for",
                name,
            )?;
        }
    }
    Ok(Outcome::Passed)
}

/// A claim that is asked for by name must do no harm; the suite warns where it is not told. It has to be where the
/// server says that claims can be asked for.
pub fn essential(stage: &Stage<'_>) -> Verdict {
    let wish = r#"{"userinfo":{"name":{"essential":true}}}"#;
    let asked = stage.asks("basic")?.with("claims", wish);
    let tokens = stage.flow(&mut stage.browser(), &asked)?;
    let claims = told::person(&stage.userinfo(&tokens.access)?, &tokens)?;
    if claims.get("name").is_none() {
        let promised = &stage.world.metadata["claims_parameter_supported"];
        expect(
            promised != true,
            "OIDC Core §5.5",
            "name, which was asked for as essential",
            "it is not told",
        )?;
        stage.warn("name is not told, though it is asked for as essential (OIDC Core §5.5.1)");
    }
    if tokens.claims.get("name").is_some() {
        stage.warn("name is in the ID token, where it was not asked for (OIDC Core §5.5)");
    }
    Ok(Outcome::Passed)
}
