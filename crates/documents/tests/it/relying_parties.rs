//! Relying parties: how they are read, and how they are told apart.

use std::collections::BTreeSet;

use documents::{
    ClientAuth, GrantType, MaySignIn, OidcClient, SigningAlg, SubjectType, TokenFormat, load,
};

use super::sign_on::GROUPS;
use super::{APP, SOURCE, told};

/// One that says everything.
pub const PARTY: &str = "
kind: RelyingParty
metadata: {name: handbook}
spec:
  title: The handbook
  app: wiki
  start_url: https://wiki.acme.example/login?from=portal
  oidc:
    client_id: Handbook.1
    redirect_uris: [https://wiki.acme.example/cb, 'http://127.0.0.1:8000/cb', 'com.acme.wiki:/cb']
    post_logout_redirect_uris: [https://wiki.acme.example/bye]
    backchannel_logout_uri: http://10.0.0.7/logout?of=handbook
    allow_private: true
    client: {secret: wiki-client, method: post}
    grants: [authorization_code, refresh_token, client_credentials]
    scopes: [openid, email, offline_access, groups, 'wiki:edit']
    subject: pairwise
    id_token_alg: EdDSA
    access_token: {format: opaque, minutes: 5, audience: 'urn:acme:api'}
    refresh_days: 90
    claims: {email: person.email, 'https://acme.example/grade': person.grade}
";

/// One that says only what it must.
const LEAST: &str = "
kind: RelyingParty
metadata: {name: chat}
spec:
  groups: [engineers, on-call]
  oidc:
    redirect_uris: [https://chat.acme.example/cb]
    client: public
";

pub fn with(party: &str) -> [(&str, &str); 4] {
    let party = ("party", party);
    [("hr", SOURCE), ("app", APP), ("groups", GROUPS), party]
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn a_relying_party_says_who_signs_in_and_how() {
    let tenant = load(&with(PARTY)).unwrap_or_else(|e| panic!("{e:#?}"));
    let party = &tenant.relying_parties["handbook"];
    assert_eq!((&*party.name, &*party.title), ("handbook", "The handbook"));
    assert_eq!(party.who, MaySignIn::App("wiki".into()));
    let start = "https://wiki.acme.example/login?from=portal";
    assert_eq!(party.start_url.as_deref(), Some(start));
    let oidc = party.oidc().unwrap();
    assert_eq!(oidc.client_id, "Handbook.1");
    assert_eq!(oidc.redirect_uris.len(), 3);
    let bye = set(&["https://wiki.acme.example/bye"]);
    assert_eq!(oidc.post_logout_redirect_uris, bye);
    let told = oidc.backchannel_logout_uri.as_deref();
    assert_eq!(
        (told, oidc.allow_private),
        (Some("http://10.0.0.7/logout?of=handbook"), true)
    );
    let secret = "wiki-client".to_owned();
    let method = ClientAuth::Post;
    assert_eq!(oidc.client, OidcClient::Secret { secret, method });
    assert_eq!(oidc.client.secret(), Some("wiki-client"));
    assert_eq!(oidc.grants.len(), 3);
    let scopes = ["openid", "email", "offline_access", "groups", "wiki:edit"];
    assert_eq!(oidc.scopes, set(&scopes));
    assert_eq!(
        (oidc.subject, oidc.id_token_alg),
        (SubjectType::Pairwise, SigningAlg::EdDsa)
    );
    let token = &oidc.access_token;
    assert_eq!((token.format, token.minutes), (TokenFormat::Opaque, 5));
    assert_eq!(token.audience.as_deref(), Some("urn:acme:api"));
    assert_eq!(oidc.refresh_days, Some(90));
    assert_eq!(oidc.claims["email"].attributes(), ["email"]);
    assert_eq!(oidc.claims.len(), 2);
}

#[test]
fn what_is_not_said_is_what_most_mean() {
    let tenant = load(&with(LEAST)).unwrap_or_else(|e| panic!("{e:#?}"));
    let party = &tenant.relying_parties["chat"];
    assert_eq!((&*party.title, &party.start_url), ("chat", &None));
    assert_eq!(party.who, MaySignIn::Groups(set(&["engineers", "on-call"])));
    let oidc = party.oidc().unwrap();
    assert_eq!(oidc.client_id, "chat");
    assert!(oidc.post_logout_redirect_uris.is_empty() && oidc.claims.is_empty());
    assert_eq!(
        (&oidc.backchannel_logout_uri, oidc.allow_private),
        (&None, false)
    );
    assert_eq!(
        (&oidc.client, oidc.client.secret()),
        (&OidcClient::Public, None)
    );
    assert_eq!(oidc.grants, BTreeSet::from([GrantType::AuthorizationCode]));
    assert_eq!(oidc.scopes, set(&["openid", "profile", "email"]));
    assert_eq!(
        (oidc.subject, oidc.id_token_alg),
        (SubjectType::Public, SigningAlg::Es256)
    );
    let token = &oidc.access_token;
    assert_eq!(
        (token.format, token.minutes, &token.audience),
        (TokenFormat::Jwt, 10, &None)
    );
    assert_eq!(oidc.refresh_days, None);

    let refreshes = LEAST.replace(
        "public",
        "public\n    grants: [refresh_token, authorization_code]",
    );
    let tenant = load(&with(&refreshes)).unwrap();
    assert_eq!(
        tenant.relying_parties["chat"].oidc().unwrap().refresh_days,
        Some(30)
    );
    let basic = LEAST.replace("client: public", "client: {secret: chat}");
    let tenant = load(&with(&basic)).unwrap();
    let OidcClient::Secret { method, .. } = &tenant.relying_parties["chat"].oidc().unwrap().client
    else {
        panic!()
    };
    assert_eq!(*method, ClientAuth::Basic);
}

#[test]
fn relying_parties_are_told_apart() {
    let second = PARTY.replace("name: handbook", "name: second");
    let mut files = with(PARTY).to_vec();
    files.push(("party-2", &second));
    assert_eq!(
        told(&files),
        "party-2:9:16 spec.oidc.client_id: the RelyingParty `handbook` has the client_id \
         `Handbook.1` too; give each a `client_id` of its own [TNR-DOC-0009]\n\
         party-2:14:22 spec.oidc.client.secret: the RelyingParty `handbook` has the same secret; give \
         each its own: with this one each could pass for the other [TNR-DOC-0009]"
    );
    // The name of one is the client_id of another.
    let third = LEAST.replace("name: chat", "name: wiki");
    let other = PARTY.replace("Handbook.1", "wiki");
    let mut files = with(&other).to_vec();
    files.push(("x-third", &third));
    assert_eq!(
        told(&files),
        "x-third:3:18 metadata.name: the RelyingParty `handbook` has the client_id `wiki` too; give \
         each a `client_id` of its own [TNR-DOC-0009]"
    );
    // Of two of one name nothing is said but that.
    let mut files = with(LEAST).to_vec();
    files.push(("x-again", LEAST));
    assert_eq!(
        told(&files),
        "x-again:3:18 metadata.name: there is already a RelyingParty `chat` at party:2; rename or \
         remove one of them [TNR-DOC-0009]"
    );
}

#[test]
fn lists_have_an_end() {
    let many: Vec<String> = (0..51).map(|n| format!("https://a.example/{n}")).collect();
    let text = LEAST.replace("https://chat.acme.example/cb", &many.join(", "));
    let found = told(&with(&text));
    assert!(found.contains("51 addresses; write 1 to 50"), "{found}");
    let claims: Vec<String> = (0..101).map(|n| format!("c{n}: person.email")).collect();
    let text = LEAST.replace(
        "public",
        &format!("public\n    claims: {{{}}}", claims.join(", ")),
    );
    let found = told(&with(&text));
    assert!(found.contains("too many claims"), "{found}");
    let scopes: Vec<String> = (0..50).map(|n| format!("'api:{n}'")).collect();
    let text = LEAST.replace(
        "public",
        &format!("public\n    scopes: [openid, {}]", scopes.join(", ")),
    );
    let found = told(&with(&text));
    assert!(found.contains("too many scopes"), "{found}");
}
