//! The public keys by which clients prove who they are.

use documents::{OidcClient, OidcProfile, Require, load};

use super::relying_parties::with;
use super::told;

/// RFC 7517, appendix A.1; RFC 8037, appendix A.2.
const X: &str = "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4";
const Y: &str = "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM";
const ED: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

fn party(name: &str, keys: &str) -> String {
    format!(
        "
kind: RelyingParty
metadata: {{name: {name}}}
spec:
  groups: [engineers]
  oidc:
    redirect_uris: [https://{name}.acme.example/cb]
    client: {{keys: {keys}}}
    grants: [authorization_code, client_credentials]
"
    )
}

fn ec(more: &str) -> String {
    format!(r#"{{"kty":"EC","crv":"P-256","x":"{X}","y":"{Y}"{more}}}"#)
}

fn ed(more: &str) -> String {
    format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{ED}"{more}}}"#)
}

#[test]
fn a_client_has_keys_that_are_written_as_they_are_made() {
    let n = "A".repeat(342);
    let rsa = format!(r#"{{kty: RSA, alg: PS256, kid: c, n: {n}, e: AQAB}}"#);
    let keys = [
        ec(r#","kid":"a","use":"sig","alg":"ES256""#),
        ed(r#","kid":"b""#),
        rsa,
    ];
    let text = party("forge", &format!("[{}]", keys.join(", ")));
    let tenant = load(&with(&text)).unwrap_or_else(|e| panic!("{e:#?}"));
    let client = &tenant.relying_parties["forge"].oidc().unwrap().client;
    let OidcClient::Keys { keys } = client else {
        panic!("{client:?}")
    };
    let read: Vec<serde_json::Value> = keys
        .iter()
        .map(|key| serde_json::from_str(key).unwrap())
        .collect();
    let want = serde_json::json!([
        {"kty": "EC", "crv": "P-256", "alg": "ES256", "kid": "a", "use": "sig", "x": X, "y": Y},
        {"kty": "OKP", "crv": "Ed25519", "kid": "b", "x": ED},
        {"kty": "RSA", "alg": "PS256", "kid": "c", "n": n, "e": "AQAB"},
    ]);
    assert_eq!(serde_json::Value::from(read), want);
    assert_eq!(client.secret(), None);
    assert!(
        load(&with(&party("forge", &format!("[{}]", ec(""))))).is_ok(),
        "one needs no name"
    );
}

#[test]
fn what_is_wrong_with_a_key_is_told_without_repeating_it() {
    let two = |one: &str, other: &str| format!("[{one}, {other}]");
    let (a, d) = (ec(r#","kid":"a""#), ec(r#","d":"hunter2""#));
    let long = format!("[{}]", vec![ed(""); 11].join(", "));
    for (keys, wanted) in [
        ("[]".to_owned(), "keys: 0 keys; write 1 to 10"),
        (long, "keys: 11 keys; write 1 to 10"),
        (format!("[{d}]"), "keys[0]: this is a private key"),
        (two(&a, &ed("")), "keys[1]: one of several keys has no name"),
        (
            two(&a, &ed(r#","kid":"a""#)),
            "keys[1].kid: two keys have this name",
        ),
        (
            two(&a, &ec(r#","kid":"b""#)),
            "keys[1]: this key stands here twice",
        ),
        (
            format!("[{}]", ec(r#","alg":"RS256""#)),
            "keys[0].alg: the algorithm does not go with",
        ),
        (
            format!("[{}]", ec(r#","alg":"none""#)),
            "keys[0].alg: `none` is not possible here",
        ),
        (
            format!("[{}]", ec(r#","use":"enc""#)),
            "keys[0].use: `enc` is not possible here",
        ),
        (
            format!("[{}]", ec(r#","kid":"""#)),
            "keys[0].kid: this is no name of a key",
        ),
        (
            format!("[{}]", ec(r#","n":"AQAB""#)),
            "keys[0].n: a key of this type has no such member",
        ),
        (
            format!("[{}]", ec(r#","k":"AQAB""#)),
            "keys[0].k: unknown field `k`",
        ),
        (
            format!("[{}]", ec("").replace(Y, "short")),
            "keys[0].y: this is not what its type",
        ),
        (
            format!("[{}]", ec("").replace("MKB", "M+B")),
            "keys[0].x: this is not what its type",
        ),
        (
            format!("[{}]", ed("").replace("OKP", "EC")),
            "keys[0].crv: the curve does not go with",
        ),
        (
            format!("[{}]", ed("").replace("OKP", "oct")),
            "keys[0].kty: `oct` is not possible here",
        ),
        (
            "[{kty: RSA, e: AQAB}]".to_owned(),
            "keys[0].alg: nothing says which algorithm",
        ),
        (
            "[{kty: RSA, alg: RS256, e: AQAB}]".to_owned(),
            "keys[0].n: it is missing",
        ),
    ] {
        let found = told(&with(&party("forge", &keys)));
        let wanted = format!("spec.oidc.client.{wanted}");
        assert!(found.contains(&wanted), "{keys}: {found}");
        assert!(!found.contains("hunter2"), "{found}");
    }
}

#[test]
fn no_two_relying_parties_have_one_key() {
    let (one, other) = (
        party("forge", &format!("[{}]", ec(""))),
        party(
            "mint",
            &format!("[{}, {}]", ed(r#","kid":"a""#), ec(r#","kid":"b""#)),
        ),
    );
    let mut files = with(&one).to_vec();
    files.push(("party-2", &other));
    let found = told(&files);
    let wanted =
        "spec.oidc.client.keys[1]: the RelyingParty `forge` has the same key; give each its own";
    assert!(found.contains(wanted), "{found}");
}

/// FAPI 2.0 Security Profile §5.3.2, §5.4.1: what a client of it may not have is told where it stands, and what it has to
/// do follows from the profile.
#[test]
fn a_client_of_fapi_has_nothing_that_the_profile_forbids() {
    let keys = format!("[{}]", ec(""));
    let good = party("forge", &keys) + "    profile: fapi2\n";
    let tenant = load(&with(&good)).unwrap_or_else(|e| panic!("{e:#?}"));
    let oidc = tenant.relying_parties["forge"].oidc().unwrap();
    assert_eq!(oidc.profile, Some(OidcProfile::Fapi2));
    assert!(
        oidc.require
            .is_superset(&[Require::Pushed, Require::Dpop].into())
    );
    let n = "A".repeat(342);
    let rsa = format!("{{kty: RSA, alg: RS256, n: {n}, e: AQAB}}");
    for (text, wanted) in [
        (
            good.replace(&ec(""), &rsa),
            "client.keys[0]: a client of FAPI 2.0 does not sign by this",
        ),
        (
            good.replace(&format!("{{keys: {keys}}}"), "public"),
            "client: a client of FAPI 2.0 proves",
        ),
        (
            good.replace("{keys: ", "{secret: forge, method: post} #"),
            "client: a client of FAPI 2.0 proves",
        ),
        (
            good.replace("https://forge.acme.example/cb", "'http://127.0.0.1/cb'"),
            "redirect_uris[0]: a client of FAPI",
        ),
        (
            good.replace("client_credentials]", "device_code]"),
            "grants[1]: FAPI 2.0 has no devices",
        ),
        (
            format!("{good}    id_token_alg: RS256\n"),
            "id_token_alg: FAPI 2.0 signs nothing",
        ),
        (
            format!("{good}    userinfo_alg: RS256\n"),
            "userinfo_alg: FAPI 2.0 signs nothing",
        ),
        (
            format!("{good}    access_token: {{alg: RS256}}\n"),
            "access_token.alg: FAPI 2.0 signs nothing",
        ),
        (
            good.replace("fapi2", "fapi"),
            "profile: `fapi` is not possible here",
        ),
    ] {
        let found = told(&with(&text));
        assert!(
            found.contains(&format!("spec.oidc.{wanted}")),
            "{text}: {found}"
        );
    }
}
