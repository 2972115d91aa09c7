//! Identity providers, and who signs in at them: how they are read, and what is said of them when they are wrong.

use documents::{SigningAlg, load};
use model::{Factor, WorkerRef};

use super::relying_parties::PARTY;
use super::sign_on::GROUPS;
use super::{APP, SOURCE, told};

const PROVIDER: &str = "
kind: IdentityProvider
metadata: {name: okta}
spec:
  title: Acme sign-in
  oidc:
    issuer: https://acme.okta.example/oauth2/default
    client_id: 0oa1b2c3
    client: {secret: okta-client, method: post}
    scopes: [email]
    id_token_alg: PS256
  link: {claim: employee_id, source: hr}
  counts:
    - {amr: [mfa, hwk], as: phishing-resistant}
    - {acr: 'urn:okta:loa:2fa:any', as: multi-factor}
    - {amr: [pwd], as: password}
";

const POLICY: &str = "
kind: SignOnPolicy
metadata: {name: everyone}
spec:
  login: person.email
  rules: [{name: all, demand: any-factor}]
  routes:
    - {people: ['1003']}
    - {groups: [engineers], people: [{source: hr, key: '1001'}], identity_provider: okta}
    - {identity_provider: okta}
";

fn with<'t>(provider: &'t str, policy: &'t str) -> [(&'t str, &'t str); 6] {
    [
        ("hr", SOURCE),
        ("app", APP),
        ("groups", GROUPS),
        ("party", PARTY),
        ("policy", policy),
        ("provider", provider),
    ]
}

#[test]
fn a_provider_and_its_routes_are_read() {
    let tenant = load(&with(PROVIDER, POLICY)).unwrap_or_else(|e| panic!("{e:#?}"));
    let okta = &tenant.identity_providers["okta"];
    assert_eq!(okta.title, "Acme sign-in");
    assert_eq!(okta.issuer, "https://acme.okta.example/oauth2/default");
    let oidc = okta.oidc().unwrap();
    assert_eq!(oidc.id_token_alg, SigningAlg::Ps256);
    let scopes: Vec<&str> = oidc.scopes.iter().map(String::as_str).collect();
    assert_eq!(scopes, ["email", "openid"]);
    assert_eq!(okta.link.source.as_deref(), Some("hr"));
    let factors: Vec<Factor> = okta.counts.iter().map(|counts| counts.factor).collect();
    assert_eq!(
        factors,
        [
            Factor::UpstreamPhishingResistant,
            Factor::UpstreamMultiFactor,
            Factor::UpstreamPassword
        ]
    );
    let routes = &tenant.sign_on.as_ref().unwrap().routes;
    let [pilot, engineers, rest] = routes.as_slice() else {
        panic!("{routes:?}")
    };
    assert_eq!(pilot.at, None, "they sign in here");
    let ana = WorkerRef {
        source: "hr".to_owned(),
        key: "1001".to_owned(),
    };
    assert!(engineers.people.contains(&ana) && engineers.groups.contains("engineers"));
    assert_eq!(engineers.at.as_deref(), Some("okta"));
    assert!(rest.groups.is_empty() && rest.people.is_empty());
}

#[test]
fn what_is_not_said_of_a_provider_is_the_strictest() {
    let least = "
kind: IdentityProvider
metadata: {name: okta}
spec:
  oidc:
    issuer: https://acme.okta.example/
    client_id: us
    client: {secret: okta-client}
  link: {claim: sub}
";
    let tenant = load(&with(least, POLICY)).unwrap_or_else(|e| panic!("{e:#?}"));
    let okta = &tenant.identity_providers["okta"];
    assert_eq!(okta.issuer, "https://acme.okta.example/", "to the letter");
    let oidc = okta.oidc().unwrap();
    assert_eq!(oidc.id_token_alg, SigningAlg::Rs256);
    assert!(okta.counts.is_empty() && !oidc.allow_private && okta.link.source.is_none());
}

/// What is replaced in the provider, by what, and what is said of it.
const MISTAKES: &[(&str, &str, &str)] = &[
    (
        "https://acme.okta.example/oauth2/default",
        "http://acme.okta.example",
        "would not be encrypted",
    ),
    (
        "https://acme.okta.example/oauth2/default",
        "http://127.0.0.1:9000",
        "would not be encrypted",
    ),
    (
        "https://acme.okta.example/oauth2/default",
        "https://acme.okta.example/?tenant=1",
        "has no query",
    ),
    (
        "https://acme.okta.example/oauth2/default",
        "https://ACME.okta.example",
        "another address",
    ),
    (
        "https://acme.okta.example/oauth2/default",
        "https://a@acme.okta.example",
        "name or password",
    ),
    ("client_id: 0oa1b2c3", "client_id: ''", "no `client_id`"),
    (
        "secret: okta-client",
        "secret: Hunter2!",
        "no name of a secret",
    ),
    ("scopes: [email]", "scopes: ['a b']", "no scope"),
    (
        "scopes: [email]",
        "scopes: [offline_access]",
        "when nobody signs in",
    ),
    (
        "claim: employee_id",
        "claim: preferred_username",
        "somebody else's tomorrow",
    ),
    (
        "claim: employee_id",
        "claim: upn",
        "somebody else's tomorrow",
    ),
    (
        "claim: employee_id",
        "claim: email",
        "an address alone is nobody",
    ),
    (
        "claim: employee_id",
        "claim: email, email_domains: ['@acme.example']",
        "no mail domain",
    ),
    (
        "claim: employee_id",
        "claim: email, email_domains: [example]",
        "no mail domain",
    ),
    ("source: hr", "source: hq", "no source `hq`"),
    (
        "{amr: [pwd], as: password}",
        "{as: password}",
        "whatever the provider says",
    ),
    (
        "{amr: [pwd], as: password}",
        "{amr: [''], as: password}",
        "no words",
    ),
    ("as: password", "as: nothing", "not possible here"),
];

#[test]
fn mistakes_in_a_provider_are_told() {
    for (from, to, part) in MISTAKES {
        assert!(PROVIDER.contains(from), "{from}");
        let provider = PROVIDER.replacen(from, to, 1);
        let said = told(&with(&provider, POLICY));
        assert!(said.contains(part), "{to}: {said}");
        assert!(!said.contains("Hunter2!"), "{said}");
    }
}

#[test]
fn mistakes_in_routes_are_told() {
    let wrong = |from: &str, to: &str| {
        assert!(POLICY.contains(from), "{from}");
        told(&with(PROVIDER, &POLICY.replacen(from, to, 1)))
    };
    let said = wrong(
        "    - {identity_provider: okta}",
        "    - {identity_provider: otka}",
    );
    assert!(said.contains("no identity provider `otka`"), "{said}");
    let said = wrong("{people: ['1003']}", "{}");
    assert!(said.contains("never asked"), "{said}");
    let said = wrong("groups: [engineers]", "groups: [nicknamed]");
    assert!(said.contains("put themselves into `nicknamed`"), "{said}");
    let said = wrong("groups: [engineers]", "groups: [engineer]");
    assert!(said.contains("no group of people `engineer`"), "{said}");
}

#[test]
fn two_documents_of_one_issuer_are_refused() {
    let twin = PROVIDER.replace("name: okta", "name: okta-two");
    let both = format!("{PROVIDER}---{twin}");
    let said = told(&with(&both, POLICY));
    assert!(said.contains("has the same issuer"), "{said}");
}
