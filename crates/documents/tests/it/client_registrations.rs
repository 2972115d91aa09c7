//! That clients may register themselves: how it is read, what is said of it when it is wrong, and what becomes of a
//! client that does.

use documents::{ClientRegistration, GrantType, MaySignIn, RedirectKind, load, registered};
use model::Timestamp;
use serde_json::json;

use super::relying_parties::PARTY;
use super::sign_on::{GROUPS, POLICY};
use super::{APP, SOURCE, told};

const REGISTRATION: &str = "
kind: ClientRegistration
metadata: {name: partners}
spec:
  groups: [engineers]
  clients: 7
  days: 30
  redirects: [web, loopback]
  hosts: [apps.acme.example]
  oidc:
    grants: [authorization_code, refresh_token]
    scopes: [openid, email, 'api:read']
    access_token: {minutes: 5}
    refresh_days: 9
    claims: {email: person.email}
";

fn with(registration: &str) -> [(&str, &str); 5] {
    [
        ("hr", SOURCE),
        ("app", APP),
        ("groups", GROUPS),
        ("party", PARTY),
        ("registration", registration),
    ]
}

fn allowed() -> ClientRegistration {
    let tenant = load(&with(REGISTRATION)).unwrap_or_else(|e| panic!("{e:#?}"));
    tenant.client_registrations["partners"].clone()
}

#[test]
fn a_registration_is_read() {
    let allowed = allowed();
    assert_eq!((allowed.clients, allowed.days), (7, 30));
    assert_eq!(
        allowed.who,
        MaySignIn::Groups(["engineers".to_owned()].into())
    );
    for (uri, is_taken) in [
        ("https://apps.acme.example/cb", true),
        ("https://apps.acme.example:8443/cb", true),
        ("https://apps.acme.example.evil.example/cb", false),
        ("https://acme.example/cb", false),
        ("http://127.0.0.1/cb", true),
        ("com.example.app:/cb", false),
    ] {
        assert_eq!(allowed.takes(uri), is_taken, "{uri}");
    }
    let plain = "
kind: ClientRegistration
metadata: {name: partners}
spec: {groups: [engineers], oidc: {}}
";
    let tenant = load(&with(plain)).unwrap_or_else(|e| panic!("{e:#?}"));
    let plain = &tenant.client_registrations["partners"];
    assert_eq!((plain.clients, plain.days), (20, 90));
    assert_eq!(plain.redirects, [RedirectKind::Web].into());
    assert!(plain.takes("https://anywhere.example/") && plain.hosts.is_none());
    assert_eq!(plain.oidc.grants, [GrantType::AuthorizationCode].into());
    let policy = POLICY.replace("[handbook]", "[handbook, partners]");
    let mut files = with(REGISTRATION).to_vec();
    files.push(("policy", &policy));
    assert!(load(&files).is_ok(), "rules name it");
}

#[test]
fn mistakes_in_a_registration_are_told() {
    for (from, to, part) in [
        ("[engineers]", "[nobody]", "nobody"),
        ("[engineers]", "[]", "nobody may sign in"),
        ("clients: 7", "clients: 201", "out of range"),
        ("days: 30", "days: 0", "out of range"),
        ("redirects: [web, loopback]", "redirects: []", "nowhere"),
        (
            "redirects: [web, loopback]",
            "redirects: [everything]",
            "everything",
        ),
        ("[apps.acme.example]", "['*.acme.example']", "no host"),
        (
            "[apps.acme.example]",
            "['apps.acme.example:8443']",
            "no host",
        ),
        ("[apps.acme.example]", "[Apps.acme.example]", "no host"),
        ("[apps.acme.example]", "[]", "0 hosts"),
        (
            "[authorization_code, refresh_token]",
            "[refresh_token]",
            "authorization_code",
        ),
        ("[openid, email", "[email", "openid"),
        ("'api:read'", "emial", "too much like"),
        ("person.email}", "person.mail}", "mail"),
        ("days: 30", "forever: true", "forever"),
        (
            "name: partners",
            "name: handbook",
            "there is a RelyingParty",
        ),
    ] {
        assert!(REGISTRATION.contains(from), "{from}");
        let wrong = REGISTRATION.replace(from, to);
        let said = told(&with(&wrong));
        assert!(said.contains(part), "{to}: {said}");
    }
}

#[test]
fn a_client_gets_what_both_say() {
    let allowed = allowed();
    let asked = json!({
        "redirect_uris": ["https://apps.acme.example/cb"],
        "client": {"secret": "registered", "method": "post"},
        "grants": ["authorization_code", "refresh_token", "client_credentials"],
        "scopes": ["openid", "email", "profile"],
        "id_token_alg": "RS256",
    });
    let ends = Timestamp::from_micros(1);
    let named = ("reg_x", "Printer".to_owned());
    let party = registered(&allowed, named.clone(), (3, ends), asked.clone()).unwrap();
    assert_eq!(
        (party.name.as_str(), party.named_by_rules()),
        ("reg_x", "partners")
    );
    assert_eq!(party.who, allowed.who);
    let stands = party.registered.as_ref().unwrap();
    assert_eq!((stands.turn, stands.ends), (3, ends));
    let oidc = party.oidc().unwrap();
    let grants = [GrantType::AuthorizationCode, GrantType::RefreshToken];
    assert_eq!(oidc.grants, grants.into(), "no more than the document");
    assert_eq!(oidc.scopes, ["email", "openid"].map(str::to_owned).into());
    assert_eq!((oidc.refresh_days, oidc.access_token.minutes), (Some(9), 5));
    assert_eq!(oidc.claims.len(), 1);
    assert!(oidc.exchange.is_none() && oidc.profile.is_none());

    for (member, value, field) in [
        (
            "redirect_uris",
            json!(["https://evil.example/cb"]),
            "redirect_uris[0]",
        ),
        (
            "redirect_uris",
            json!(["https://apps.acme.example/#x"]),
            "redirect_uris[0]",
        ),
        ("redirect_uris", json!([]), "redirect_uris"),
        (
            "backchannel_logout_uri",
            json!("https://127.0.0.1/x"),
            "backchannel_logout_uri",
        ),
        ("client", json!({"keys": []}), "client.keys"),
        (
            "exchange",
            json!({"from": [], "audiences": {}}),
            "exchange.from",
        ),
        ("unknown", json!(1), "spec"),
    ] {
        let mut wrong = asked.clone();
        wrong[member] = value;
        let said = registered(&allowed, named.clone(), (0, ends), wrong).unwrap_err();
        assert!(
            said.iter().any(|one| one.field.contains(field)),
            "{member}: {said:?}"
        );
    }
}

#[test]
fn what_is_exchanged_is_named() {
    let party = "
kind: RelyingParty
metadata: {name: backend}
spec:
  groups: [engineers]
  oidc:
    redirect_uris: ['https://backend.acme.example/cb']
    client: {secret: backend-client}
    exchange:
      from: [handbook, partners]
      audiences: {'https://api.acme.example': ['api:read']}
";
    let both = format!("{REGISTRATION}---{party}");
    let tenant = load(&with(&both)).unwrap_or_else(|e| panic!("{e:#?}"));
    let oidc = tenant.relying_parties["backend"].oidc().unwrap();
    assert!(oidc.grants.contains(&GrantType::TokenExchange));
    assert_eq!(oidc.exchange.as_ref().unwrap().from.len(), 2);
    for (from, to, part) in [
        ("{secret: backend-client}", "public", "public client"),
        ("[handbook, partners]", "[]", "0 entries"),
        (
            "[handbook, partners]",
            "[nobody]",
            "no relying party `nobody`",
        ),
        (
            "{'https://api.acme.example': ['api:read']}",
            "{}",
            "0 entries",
        ),
        ("https://api.acme.example'", "api'", "no address"),
        ("['api:read']", "[]", "0 scopes"),
        ("['api:read']", "[openid]", "means something here alone"),
        ("['api:read']", "['API']", "no scope"),
    ] {
        assert!(party.contains(from), "{from}");
        let wrong = format!("{REGISTRATION}---{}", party.replace(from, to));
        let said = told(&with(&wrong));
        assert!(said.contains(part), "{to}: {said}");
    }
}
