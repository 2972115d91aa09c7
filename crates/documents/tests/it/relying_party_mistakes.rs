//! What is said of relying parties that are wrong.

use super::relying_parties::{PARTY, with};
use super::told;

/// What is replaced in the one that says everything, by what, and what is said of it.
const MISTAKES: &[(&str, &str, &str)] = &[
    (
        "title: The handbook",
        "title: \" \"",
        "5:10 spec.title: this is no title; write 1 to 80 characters on one line, or leave it out \
         [TNR-DOC-0007]",
    ),
    (
        "title: The handbook",
        "titel: The handbook",
        "5:3 spec.titel: unknown field `titel`; did you mean `title`? [TNR-DOC-0004]",
    ),
    (
        "app: wiki",
        "app: wikki",
        "6:8 spec.app: there is no app `wikki`; did you mean `wiki`? [TNR-DOC-0010]",
    ),
    (
        "app: wiki",
        "groups: [engineer]",
        "6:12 spec.groups[0]: there is no group of people `engineer`; did you mean `engineers`? \
         [TNR-DOC-0010]",
    ),
    (
        "app: wiki",
        "groups: [engineers, engineers]",
        "6:23 spec.groups[1]: `engineers` stands here twice; remove one of them [TNR-DOC-0009]",
    ),
    (
        "app: wiki",
        "groups: []",
        "6:11 spec.groups: nobody may sign in; name a group [TNR-DOC-0007]",
    ),
    (
        "app: wiki",
        "groups: [nicknamed]",
        "6:12 spec.groups[0]: people can put themselves into `nicknamed`: it looks at \
         `person.nickname`, which they can change; name a group that looks only at what HR sets \
         [TNR-DOC-0012]",
    ),
    (
        "app: wiki",
        "app: wiki\n  groups: [engineers]",
        "7:11 spec.groups: who may sign in follows from an app or from groups, not both; remove one \
         of them [TNR-DOC-0013]",
    ),
    (
        "  app: wiki\n",
        "",
        "5:3 spec: nothing says who may sign in; write `app:` for whoever has an account there, or \
         `groups:` of people [TNR-DOC-0005]",
    ),
    (
        "https://wiki.acme.example/login?from=portal",
        "http://wiki.acme.example/login",
        "7:14 spec.start_url: the connection would not be encrypted; write https; for an app on \
         people's devices http://127.0.0.1 or http://[::1] (`localhost` may lead elsewhere, RFC 8252 \
         §8.3) [TNR-DOC-0014]",
    ),
    (
        "client_id: Handbook.1",
        "client_id: the handbook",
        "9:16 spec.oidc.client_id: `the handbook` is no client_id; write 1 to 100 letters, digits, \
         `.`, `_`, `~` or `-`, or leave it out [TNR-DOC-0008]",
    ),
    (
        "client_id: Handbook.1",
        "client_id: sub_01m8msbxra3f3a01xt8z3pkn1g",
        "9:16 spec.oidc.client_id: `sub_01m8msbxra3f3a01xt8z3pkn1g` could be taken for a person; write \
         another one, or leave it out [TNR-DOC-0008]",
    ),
    (
        "redirect_uris: [https://wiki.acme.example/cb, 'http://127.0.0.1:8000/cb', 'com.acme.wiki:/cb']",
        "redirect_uris: []",
        "10:20 spec.oidc.redirect_uris: 0 addresses; write 1 to 50 [TNR-DOC-0007]",
    ),
    (
        "'http://127.0.0.1:8000/cb'",
        "http://localhost:8000/cb",
        "10:51 spec.oidc.redirect_uris[1]: the connection would not be encrypted; write https; for an \
         app on people's devices http://127.0.0.1 or http://[::1] (`localhost` may lead elsewhere, RFC \
         8252 §8.3) [TNR-DOC-0014]",
    ),
    (
        "'com.acme.wiki:/cb'",
        "'wiki:/cb'",
        "10:79 spec.oidc.redirect_uris[2]: the scheme `wiki` belongs to nobody; write \
         https://host/path; for an app on people's devices a scheme that is a domain of yours turned \
         round, com.example.app:/path (RFC 8252 §7.1) [TNR-DOC-0014]",
    ),
    (
        "'com.acme.wiki:/cb'",
        "https://wiki.acme.example/cb",
        "10:79 spec.oidc.redirect_uris[2]: this address stands here twice; remove one of them \
         [TNR-DOC-0009]",
    ),
    (
        "https://wiki.acme.example/bye",
        "https://*.acme.example/bye",
        "11:33 spec.oidc.post_logout_redirect_uris[0]: an address is compared as a whole: `*` stands \
         for nothing; write each address by itself [TNR-DOC-0014]",
    ),
    (
        "    allow_private: true\n",
        "",
        "12:29 spec.oidc.backchannel_logout_uri: the connection would not be encrypted; write https, \
         or `allow_private: true` for a server of your own network [TNR-DOC-0014]",
    ),
    (
        "http://10.0.0.7/logout",
        "http://me:secret@10.0.0.7/logout",
        "12:29 spec.oidc.backchannel_logout_uri: a name or password may not stand in an address; \
         remove what stands before `@` [TNR-DOC-0014]",
    ),
    (
        "    backchannel_logout_uri: http://10.0.0.7/logout?of=handbook\n",
        "",
        "12:20 spec.oidc.allow_private: there is nothing that may be on a private address; remove it, \
         or write `backchannel_logout_uri` [TNR-DOC-0007]",
    ),
    (
        "    allow_private: true\n",
        "    allow_private: true\n    frontchannel_logout_uri: https://other.acme.example/out\n",
        "14:30 spec.oidc.frontchannel_logout_uri: no redirect URI is of this scheme, host and port; write an address \
         of the app itself (Front-Channel Logout 1.0 §2) [TNR-DOC-0014]",
    ),
    (
        "    allow_private: true\n",
        "    allow_private: true\n    frontchannel_logout_uri: http://wiki.acme.example/out\n",
        "14:30 spec.oidc.frontchannel_logout_uri: the connection would not be encrypted; write https; for an app on \
         people's devices http://127.0.0.1 or http://[::1] (`localhost` may lead elsewhere, RFC 8252 §8.3) \
         [TNR-DOC-0014]",
    ),
    (
        "    allow_private: true\n",
        "    allow_private: true\n    initiate_login_uri: https://wiki.acme.example/login\n",
        "7:14 spec.start_url: people begin at `start_url` or at `initiate_login_uri`, not both; remove one of them \
         [TNR-DOC-0013]",
    ),
    (
        "  start_url: https://wiki.acme.example/login?from=portal\n  oidc:\n",
        "  oidc:\n    initiate_login_uri: http://127.0.0.1/login\n",
        "8:25 spec.oidc.initiate_login_uri: this is not https, which OpenID Connect Core §4 demands; write https, or \
         `start_url` in place of it for trying things out [TNR-DOC-0014]",
    ),
    (
        "    client: {secret: wiki-client, method: post}\n",
        "",
        "9:5 spec.oidc: `client` is missing; How it proves who it is: `public`, `{secret: NAME}`, \
         `{keys: […]}`, `{issued_certificate: …}`, `{certificates: […]}`. [TNR-DOC-0005]",
    ),
    (
        "secret: wiki-client",
        "secret: Hunter2!",
        "14:22 spec.oidc.client.secret: this is no name of a secret; name it as you did with `tenure \
         secret set`; the value never stands in a file [TNR-DOC-0008]",
    ),
    (
        "method: post",
        "method: posts",
        "14:43 spec.oidc.client.method: `posts` is not possible here; did you mean `post`? \
         [TNR-DOC-0007]",
    ),
    (
        "client: {secret: wiki-client, method: post}",
        "client: publik",
        "14:13 spec.oidc.client: `publik` is not possible here; did you mean `public`? [TNR-DOC-0007]",
    ),
    (
        "client: {secret: wiki-client, method: post}",
        "client: public",
        "15:49 spec.oidc.grants[2]: a public client has no credentials (RFC 6749 §4.4); remove it, or \
         give the client a secret, keys or a certificate [TNR-DOC-0007]",
    ),
    (
        "    grants: [authorization_code,",
        "    require: [pushed, pushed]\n    grants: [authorization_code,",
        "15:23 spec.oidc.require[1]: this stands here twice; remove one of them [TNR-DOC-0009]",
    ),
    (
        "    grants: [authorization_code,",
        "    require: [pushd]\n    grants: [authorization_code,",
        "15:15 spec.oidc.require[0]: `pushd` is not possible here; did you mean `pushed`? [TNR-DOC-0007]",
    ),
    (
        "    grants: [authorization_code,",
        "    require: [signed]\n    grants: [authorization_code,",
        "15:15 spec.oidc.require[0]: a client without keys signs nothing; remove it, or write `client: {keys: […]}` \
         [TNR-DOC-0007]",
    ),
    (
        "grants: [authorization_code,",
        "grants: [refresh_token,",
        "15:13 spec.oidc.grants: people sign in by `authorization_code`, which is not here; add it \
         [TNR-DOC-0007]\nparty:15:29 spec.oidc.grants[1]: this grant stands here twice; remove one of \
         them [TNR-DOC-0009]",
    ),
    (
        "grants: [authorization_code,",
        "grants: [authorisation_code,",
        "15:14 spec.oidc.grants[0]: `authorisation_code` is not possible here; did you mean \
         `authorization_code`? [TNR-DOC-0007]",
    ),
    (
        "refresh_token, client_credentials]",
        "client_credentials]",
        "16:29 spec.oidc.scopes[2]: `offline_access` asks for refresh tokens, and it is given none; \
         add `refresh_token` to `grants`, or remove it [TNR-DOC-0007]\nparty:20:19 \
         spec.oidc.refresh_days: it is given no refresh tokens; add `refresh_token` to `grants`, or \
         remove this [TNR-DOC-0007]",
    ),
    (
        "scopes: [openid, email,",
        "scopes: [email,",
        "16:13 spec.oidc.scopes: nobody is signed in without `openid` (OpenID Connect Core \
         §3.1.2.1); add it [TNR-DOC-0007]",
    ),
    (
        "email, offline_access",
        "emial, offline_access",
        "16:22 spec.oidc.scopes[1]: `emial` is too much like `email`; did you mean `email`? A scope of \
         the app's own is one as in `api:emial` [TNR-DOC-0007]",
    ),
    (
        "email, offline_access",
        "E Mail, offline_access",
        "16:22 spec.oidc.scopes[1]: `E Mail` is no scope; write 1 to 60 lower-case letters, digits, \
         `:`, `.`, `_` or `-` [TNR-DOC-0007]",
    ),
    (
        "subject: pairwise",
        "subject: pair-wise",
        "17:14 spec.oidc.subject: `pair-wise` is not possible here; did you mean `pairwise`? \
         [TNR-DOC-0007]",
    ),
    (
        "id_token_alg: EdDSA",
        "id_token_alg: none",
        "18:19 spec.oidc.id_token_alg: `none` is not possible here; write one of: ES256 EdDSA RS256 \
         PS256 [TNR-DOC-0007]",
    ),
    (
        "minutes: 5",
        "minutes: 61",
        "19:45 spec.oidc.access_token.minutes: 61 is out of range; write a number from 1 to 60 \
         [TNR-DOC-0007]",
    ),
    (
        "'urn:acme:api'",
        "api",
        "19:58 spec.oidc.access_token.audience: this is no address: relative URL without a base; write \
         an absolute URI without a fragment: https://api.acme.example [TNR-DOC-0014]",
    ),
    (
        "refresh_days: 90",
        "refresh_days: 366",
        "20:19 spec.oidc.refresh_days: 366 is out of range; write a number from 1 to 365 \
         [TNR-DOC-0007]",
    ),
    (
        "person.grade",
        "person.grades",
        "21:65 spec.oidc.claims.\"https://acme.example/grade\": in `person.grades`: no attribute \
         `grades`; did you mean `grade`? [TNR-DOC-0011]",
    ),
    (
        "{email: person.email",
        "{email: person.grade",
        "21:21 spec.oidc.claims.email: `email` is text, but this is int; give what apps expect there \
         (OpenID Connect Core §5.1) [TNR-DOC-0006]",
    ),
    (
        "{email: person.email",
        "{sub: person.email",
        "21:19 spec.oidc.claims.sub: the protocol says what `sub` is; remove it, or call the claim \
         something else [TNR-DOC-0007]",
    ),
    (
        "{email: person.email",
        "{address: person.email",
        "21:23 spec.oidc.claims.address: `address` is a map of fields, which no expression gives; call \
         the claim something else [TNR-DOC-0007]",
    ),
    (
        "{email: person.email",
        "{the email: person.email",
        "21:25 spec.oidc.claims.\"the email\": this is no name of a claim; write 1 to 200 ASCII \
         characters without spaces [TNR-DOC-0007]",
    ),
];

#[test]
fn what_is_wrong_with_a_relying_party_is_told_where_it_stands() {
    for (from, to, wanted) in MISTAKES {
        let text = PARTY.replacen(from, to, 1);
        assert_ne!(text, PARTY, "{from}");
        assert_eq!(told(&with(&text)), format!("party:{wanted}"), "{to}");
    }
}

/// Whoever reads the protocol's claims must not be told by documents what stands in them.
#[test]
fn no_claim_of_the_protocol_can_be_written() {
    for claim in [
        "iss",
        "sub",
        "aud",
        "exp",
        "iat",
        "nbf",
        "nonce",
        "acr",
        "amr",
        "azp",
        "auth_time",
        "sid",
        "at_hash",
        "c_hash",
        "jti",
        "client_id",
        "scope",
        "cnf",
        "act",
        "events",
    ] {
        let text = PARTY.replace("{email:", &format!("{{{claim}:"));
        let found = told(&with(&text));
        assert!(found.contains("the protocol says what"), "{claim}: {found}");
    }
}
