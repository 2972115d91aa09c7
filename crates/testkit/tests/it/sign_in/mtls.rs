//! Clients that prove who they are by a certificate, and tokens that are bound to one (RFC 8705).
//!
//! The certificates are those of the protocol's own tests; that whoever presents one holds its key is the listener's,
//! and is tested where there is one.

use app::{Door, Given, TokenCall, UserCall, UserTold};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use protocol::oauth::mtls::thumbprint;
use protocol::oauth::{Issuer, Object};
use serde_json::{Value, json};
use testkit::node::actor;

use super::dpop::Holder;
use super::world::{Browser, SIGN_ON, World, call, code_of, redeems, refreshes, request};

macro_rules! fixture {
    ($name:literal) => {
        include_bytes!(concat!(
            "../../../../protocol/tests/fixtures/mtls/",
            $name,
            ".der"
        ))
    };
}

const ISSUER: &[u8] = fixture!("issuer");
const ROBOT: &[u8] = fixture!("robot");
const FORGED: &[u8] = fixture!("forged");
const OTHER: &[u8] = fixture!("other");
const OWN: &[u8] = fixture!("own");
const STRANGER: &[u8] = fixture!("stranger");

const GRANT: &str = "grant_type=client_credentials";

fn pem(der: &[u8]) -> String {
    let begin = "-----BEGIN CERTIFICATE-----";
    format!(
        "\"{begin}\\n{}\\n-----END CERTIFICATE-----\\n\"",
        STANDARD.encode(der)
    )
}

fn party(name: &str, client: &str, grants: &str, more: &str) -> String {
    format!(
        "---\nkind: RelyingParty\nmetadata: {{name: {name}}}\nspec:\n  groups: [engineers]\n  oidc:\n    \
         redirect_uris: [\"https://{name}.acme.example/cb\"]\n    client: {client}\n    \
         grants: [authorization_code, {grants}]\n    scopes: [openid, email, \"api:read\"]\n{more}"
    )
}

fn issued(subject: &str) -> String {
    format!(
        "{{issued_certificate: {{issued_by: [{}], {subject}}}}}",
        pem(ISSUER)
    )
}

fn own() -> String {
    format!("{{certificates: [{}]}}", pem(OWN))
}

const BOUND: &str = "    require: [certificate]\n";

/// The company, with a client of each method, and one that is public; at both nodes certificates may be presented.
async fn each() -> Vec<World> {
    let mut worlds = World::each("any-factor").await;
    for world in &mut worlds {
        let mutual = Issuer::new("https://mtls.acme.example").unwrap();
        world.nodes = world.nodes.clone().map(|node| node.meeting(mutual.clone()));
        in_force(world, "").await;
    }
    worlds
}

async fn in_force(world: &World, more: &str) {
    let bound = format!("{BOUND}{more}");
    let parties = [
        party(
            "mill",
            &issued("subject_dn: \"CN=robot,O=Acme,C=DE\""),
            "client_credentials",
            &bound,
        ),
        party("loom", &own(), "client_credentials, refresh_token", &bound),
        party("badge", "public", "refresh_token", &bound),
        party(
            "plain",
            &issued("san_uri: urn:acme:robot"),
            "client_credentials",
            "",
        ),
    ];
    let parties = format!("{SIGN_ON}{}", parties.concat());
    world.documents_with("any-factor", &parties).await;
}

fn said(given: Given) -> Result<Object, String> {
    match given {
        Given::Body(body) => Ok(body),
        Given::Refused(refusal) => Err(refusal.error.code().name().to_owned()),
    }
}

/// A chain as a connection has it.
fn chain(of: &[&[u8]]) -> Vec<Vec<u8>> {
    of.iter().map(|der| der.to_vec()).collect()
}

/// What a client is told that comes with this certificate, or with none, where one is asked for.
async fn token(
    world: &World,
    client: &str,
    body: &str,
    with: Option<&[u8]>,
) -> Result<Object, String> {
    let chain = chain(with.as_slice());
    at(world, client, body, Door::Certificates(&chain)).await
}

async fn at(world: &World, client: &str, body: &str, door: Door<'_>) -> Result<Object, String> {
    let body = format!("{body}&client_id={client}");
    let call = TokenCall {
        door,
        ..call(&[], &body)
    };
    said(world.nodes[0].token(call).await.unwrap())
}

async fn introspected(
    world: &World,
    client: &str,
    token: &str,
    with: &[u8],
) -> Result<Object, String> {
    let (chain, body) = (chain(&[with]), format!("token={token}&client_id={client}"));
    let call = TokenCall {
        door: Door::Certificates(&chain),
        ..call(&[], &body)
    };
    said(world.nodes[1].introspect(call).await.unwrap())
}

/// How somebody is answered who brings an access token: 200, or the refusal.
async fn userinfo(world: &World, token: &str, door: Door<'_>) -> String {
    let header = format!("Bearer {token}");
    let call = UserCall {
        method: "GET",
        authorization: &[header.as_bytes()],
        proofs: &[],
        content_type: None,
        body: &[],
        door,
    };
    match world.nodes[1].userinfo(call).await.unwrap() {
        UserTold::Claims(_) | UserTold::Signed(_) => "200".to_owned(),
        UserTold::Refused(status, challenge) => format!("{status} {challenge}"),
    }
}

async fn code(world: &World, client: &str, browser: &mut Browser) -> String {
    let query = request(client);
    let answer = world.nodes[1]
        .authorize(query.as_bytes(), browser.asker())
        .await
        .unwrap();
    code_of(&answer).unwrap_or_else(|| panic!("{answer:?}"))
}

fn text<'o>(object: &'o Object, member: &str) -> &'o str {
    object[member].as_str().unwrap()
}

fn confirmation(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    claims["cnf"].clone()
}

/// By either method, signed or opaque: the token tells of the certificate, and so does introspection.
#[tokio::test]
async fn a_client_with_a_certificate_gets_a_token_that_is_bound_to_it() {
    for world in each().await {
        for opaque in [false, true] {
            let more = if opaque {
                "    access_token: {format: opaque}\n"
            } else {
                ""
            };
            in_force(&world, more).await;
            for (client, with) in [("mill", ROBOT), ("loom", OWN)] {
                let given = token(&world, client, GRANT, Some(with)).await.unwrap();
                assert_eq!(given["token_type"], "Bearer");
                let cnf = json!({"x5t#S256": thumbprint(with)});
                let access = text(&given, "access_token");
                if !opaque {
                    assert_eq!(confirmation(access), cnf);
                }
                let told = introspected(&world, client, access, with).await.unwrap();
                assert_eq!((&told["active"], &told["cnf"]), (&json!(true), &cnf));
                assert_eq!(told["token_type"], "Bearer");
            }
        }
        // Where the document does not say so, it proves who it is, and the token is bound to nothing.
        let given = token(&world, "plain", GRANT, Some(ROBOT)).await.unwrap();
        assert_eq!(confirmation(text(&given, "access_token")), Value::Null);
    }
}

/// Each refusal is the one of a client that is not known.
#[tokio::test]
async fn a_client_whose_certificate_is_not_its_own_is_refused() {
    for world in each().await {
        for (client, right) in [("mill", ROBOT), ("loom", OWN), ("plain", ROBOT)] {
            let refused = Err("invalid_client".to_owned());
            let none = token(&world, client, GRANT, None).await;
            assert_eq!(none, refused, "{client} without one");
            let open = at(&world, client, GRANT, Door::Open).await;
            assert_eq!(open, refused, "{client} where nobody is asked");
            for wrong in [ISSUER, FORGED, OTHER, STRANGER, ROBOT, OWN, &b"\x30"[..]] {
                let given = token(&world, client, GRANT, Some(wrong)).await;
                assert_eq!(given.is_ok(), wrong == right, "{client}: {given:?}");
            }
            let long = chain(&[right; 7]);
            let long = at(&world, client, GRANT, Door::Certificates(&long)).await;
            assert_eq!(long, refused, "{client} with too many");
            let asked = introspected(&world, client, "x", FORGED).await;
            assert_eq!(asked, refused, "{client} asks about a token");
        }
        assert_eq!(
            token(&world, "nobody", GRANT, Some(ROBOT)).await,
            Err("invalid_client".to_owned())
        );
        world
            .clock
            .advance(std::time::Duration::from_secs(60 * 86_400));
        for (client, with) in [("mill", ROBOT), ("loom", OWN)] {
            let late = token(&world, client, GRANT, Some(with)).await;
            assert_eq!(
                late,
                Err("invalid_client".to_owned()),
                "{client} of last year"
            );
        }
    }
}

/// The method stands in the document: a certificate is no secret, a secret is no certificate, and nothing of a header is
/// looked at.
#[tokio::test]
async fn a_client_has_one_method_and_no_other() {
    for world in each().await {
        let chain = chain(&[ROBOT]);
        let door = Door::Certificates(&chain);
        let header = format!("Basic {}", STANDARD.encode("mill:secret"));
        let headers = [header.as_bytes()];
        let basic = TokenCall {
            door,
            ..call(&headers, GRANT)
        };
        let basic = said(world.nodes[0].token(basic).await.unwrap());
        assert_eq!(basic, Err("invalid_client".into()));
        let posted = format!("{GRANT}&client_secret=secret");
        assert_eq!(
            at(&world, "mill", &posted, door).await,
            Err("invalid_client".into())
        );
        // A client with a secret that comes with a certificate has proved nothing by it.
        assert_eq!(
            at(&world, "robot", GRANT, door).await,
            Err("invalid_client".into())
        );
        let header = world.proves(2);
        let headers = [header.as_bytes()];
        let right = TokenCall {
            door,
            ..call(&headers, GRANT)
        };
        let given = said(world.nodes[0].token(right).await.unwrap()).unwrap();
        assert_eq!(confirmation(text(&given, "access_token")), Value::Null);
    }
}

/// Whoever has read a token that is bound to a certificate can do nothing with it without that.
#[tokio::test]
async fn a_token_that_is_bound_to_a_certificate_is_worth_nothing_without_it() {
    for world in each().await {
        let mut browser = world.enrolled("w001", "p1@acme.example").await;
        for (client, with, other) in [("loom", OWN, ROBOT), ("badge", STRANGER, OWN)] {
            let code = code(&world, client, &mut browser).await;
            let given = token(&world, client, &redeems(&code), Some(with))
                .await
                .unwrap();
            let access = text(&given, "access_token");
            let (with, other) = (chain(&[with]), chain(&[other, with]));
            for door in [
                Door::Open,
                Door::Certificates(&[]),
                Door::Certificates(&other),
            ] {
                let told = userinfo(&world, access, door).await;
                let right = told.starts_with("401 Bearer") && told.contains("invalid_token");
                assert!(right, "{door:?}: {told}");
            }
            assert_eq!(
                userinfo(&world, access, Door::Certificates(&with)).await,
                "200"
            );
        }
        // One that is bound to nothing is taken over either.
        let code = code(&world, "wiki", &mut browser).await;
        let given = world.token(0, 0, &redeems(&code)).await.unwrap();
        let access = text(&given, "access_token");
        assert_eq!(
            userinfo(&world, access, Door::Certificates(&chain(&[OWN]))).await,
            "200"
        );
    }
}

/// RFC 8705 §4: the refresh tokens of a public client are for whoever holds the certificate, and whoever else has one can
/// neither use it nor end what came of it.
#[tokio::test]
async fn a_refresh_token_of_a_public_client_is_bound_to_its_certificate() {
    for world in each().await {
        let mut browser = world.enrolled("w001", "p1@acme.example").await;
        let code = code(&world, "badge", &mut browser).await;
        let bare = token(&world, "badge", &redeems(&code), None).await;
        assert_eq!(bare, Err("invalid_request".into()));
        let given = token(&world, "badge", &redeems(&code), Some(OWN))
            .await
            .unwrap();
        let next = refreshes(text(&given, "refresh_token"));
        let stolen = token(&world, "badge", &next, Some(STRANGER)).await;
        assert_eq!(stolen, Err("invalid_grant".into()));
        let open = at(&world, "badge", &next, Door::Open).await;
        assert_eq!(open, Err("invalid_request".into()));
        let given = token(&world, "badge", &next, Some(OWN)).await.unwrap();
        let cnf = json!({"x5t#S256": thumbprint(OWN)});
        assert_eq!(confirmation(text(&given, "access_token")), cnf);
    }
}

/// A token is bound to one thing: where the document says to which, a proof of a key is not taken in its place or
/// beside it; and what was given before the document said so counts no longer.
#[tokio::test]
async fn a_token_is_bound_to_what_the_document_says() {
    for world in each().await {
        let (holder, certificate) = (Holder::new(), chain(&[OWN]));
        let mut browser = world.enrolled("w001", "p1@acme.example").await;
        for door in [Door::Open, Door::Certificates(&certificate)] {
            let code = code(&world, "badge", &mut browser).await;
            let body = format!("{}&client_id=badge", redeems(&code));
            let proof = holder.asks(&world);
            let proofs = [proof.as_bytes()];
            let both = TokenCall {
                proofs: &proofs,
                door,
                ..call(&[], &body)
            };
            assert!(
                said(world.nodes[0].token(both).await.unwrap()).is_err(),
                "{door:?}"
            );
        }
        let loose = format!("{SIGN_ON}{}", party("badge", "public", "refresh_token", ""));
        world.documents_with("any-factor", &loose).await;
        let code = code(&world, "badge", &mut browser).await;
        let given = token(&world, "badge", &redeems(&code), Some(OWN))
            .await
            .unwrap();
        let access = text(&given, "access_token");
        assert_eq!(userinfo(&world, access, Door::Open).await, "200");
        in_force(&world, "").await;
        for door in [Door::Open, Door::Certificates(&certificate)] {
            let told = userinfo(&world, access, door).await;
            assert!(told.starts_with("401"), "{door:?}: {told}");
        }
    }
}

/// A token that is bound is exchanged by whoever comes with its certificate, and by nobody else.
#[tokio::test]
async fn a_token_that_is_bound_to_a_certificate_is_exchanged_with_it_alone() {
    for world in each().await {
        let exchange = "    exchange:\n      from: [badge]\n      \
                        audiences: {\"https://api.acme.example\": [\"api:read\"]}\n";
        let badge = party("badge", "public", "refresh_token", BOUND);
        let desk = party("desk", &own(), "client_credentials", exchange);
        let hall = party(
            "hall",
            &issued("san_dns: robot.acme.example"),
            "client_credentials",
            exchange,
        );
        let parties = format!("{SIGN_ON}{badge}{desk}{hall}");
        world.documents_with("any-factor", &parties).await;
        let mut browser = world.enrolled("w001", "p1@acme.example").await;
        let query = request("badge").replace("openid%20email", "openid%20api%3Aread");
        let answer = world.nodes[0]
            .authorize(query.as_bytes(), browser.asker())
            .await
            .unwrap();
        browser.keep(&answer);
        let code = code_of(&answer).unwrap();
        let given = token(&world, "badge", &redeems(&code), Some(OWN))
            .await
            .unwrap();
        let body = format!(
            "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange&subject_token={}\
             &subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aaccess_token\
             &audience=https%3A%2F%2Fapi.acme.example",
            text(&given, "access_token")
        );
        let refused = token(&world, "hall", &body, Some(ROBOT)).await;
        assert_eq!(refused, Err("invalid_request".into()));
        assert!(token(&world, "desk", &body, Some(OWN)).await.is_ok());
    }
}

/// FAPI 2.0 Security Profile §5.3.2.1: by mutual TLS in place of keys and proofs.
#[tokio::test]
async fn a_client_of_fapi_may_have_a_certificate_in_place_of_keys() {
    for world in each().await {
        let more = format!("{BOUND}    profile: fapi2\n    refresh_days: 30\n");
        let bank = party("bank", &own(), "refresh_token", &more);
        world
            .documents_with("any-factor", &format!("{SIGN_ON}{bank}"))
            .await;
        let mut browser = world.enrolled("w001", "p1@acme.example").await;
        let certificate = chain(&[OWN]);
        let body = request("bank");
        let pushes = |door| TokenCall {
            door,
            ..call(&[], &body)
        };
        let open = said(world.nodes[0].push(pushes(Door::Open)).await.unwrap());
        assert_eq!(open, Err("invalid_client".into()));
        let pushed = world.nodes[0].push(pushes(Door::Certificates(&certificate)));
        let pushed = said(pushed.await.unwrap()).unwrap();
        let uri = text(&pushed, "request_uri").replace(':', "%3A");
        let query = format!("client_id=bank&request_uri={uri}");
        let answer = world.nodes[1]
            .authorize(query.as_bytes(), browser.asker())
            .await
            .unwrap();
        browser.keep(&answer);
        let code = code_of(&answer).unwrap_or_else(|| panic!("{answer:?}"));
        let given = token(&world, "bank", &redeems(&code), Some(OWN))
            .await
            .unwrap();
        let access = text(&given, "access_token");
        assert_eq!(confirmation(access), json!({"x5t#S256": thumbprint(OWN)}));
        let next = refreshes(text(&given, "refresh_token"));
        let again = token(&world, "bank", &next, Some(OWN)).await.unwrap();
        assert_eq!(again["refresh_token"], given["refresh_token"], "it stays");
    }
}

/// What is published is what there is: nothing of certificates on a node that asks for none.
#[tokio::test]
async fn certificates_are_published_where_they_are_asked_for() {
    let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let with = &each().await[0];
    let told = read(&with.nodes[0].metadata().await.unwrap());
    let aliases = &told["mtls_endpoint_aliases"];
    assert_eq!(
        aliases["token_endpoint"],
        "https://mtls.acme.example/oauth2/token"
    );
    assert_eq!(aliases.as_object().unwrap().len(), 6);
    assert_eq!(told["tls_client_certificate_bound_access_tokens"], true);
    let methods = |told: &Value| told["token_endpoint_auth_methods_supported"].to_string();
    assert!(methods(&told).contains("\"tls_client_auth\",\"self_signed_tls_client_auth\""));
    let without = &World::each("any-factor").await[0];
    let told = read(&without.nodes[0].metadata().await.unwrap());
    for member in [
        "mtls_endpoint_aliases",
        "tls_client_certificate_bound_access_tokens",
    ] {
        assert!(told.get(member).is_none(), "{member}");
    }
    assert!(!methods(&told).contains("tls_client_auth"));
    // Documents that need them are told so, and not refused: the configuration may follow.
    for (world, noted) in [(with, false), (without, true)] {
        let files = files(&party("mill", &own(), "client_credentials", ""));
        let admin = actor("admin");
        let report = world.nodes[0].accept_documents(&admin, files, true);
        let notes = report.await.unwrap().notes.join("\n");
        assert_eq!(
            notes.contains("`mill`") && notes.contains("mtls.listen"),
            noted,
            "{notes}"
        );
    }
}

fn files(party: &str) -> Vec<(String, String)> {
    vec![
        crate::company::documents("").swap_remove(0),
        ("sign-on.yaml".to_owned(), format!("{SIGN_ON}{party}")),
        ("policy.yaml".to_owned(), super::world::policy("any-factor")),
    ]
}

/// What nobody could be compared to is refused with its place.
#[tokio::test]
async fn certificates_and_names_that_say_nothing_are_refused() {
    let world = &each().await[0];
    for (client, field) in [
        (
            issued("subject_dn: \"CN = robot\""),
            "issued_certificate.subject_dn",
        ),
        (
            issued("san_dns: \"*.acme.example\""),
            "issued_certificate.san_dns",
        ),
        (issued("san_uri: robot"), "issued_certificate.san_uri"),
        (issued("san_ip: 192.0.2"), "issued_certificate.san_ip"),
        (issued("san_email: robot"), "issued_certificate.san_email"),
        (
            issued("san_ip: 192.0.2.7")
                .replace(&STANDARD.encode(ISSUER), &STANDARD.encode(&ISSUER[..300])),
            "issued_certificate.issued_by[0]",
        ),
        (
            own().replace(&STANDARD.encode(OWN), &STANDARD.encode(&OWN[..300])),
            "certificates[0]",
        ),
    ] {
        let files = files(&party("mill", &client, "client_credentials", ""));
        let refused = world.nodes[0]
            .accept_documents(&actor("admin"), files, false)
            .await;
        let told = format!("{:?}", refused.unwrap_err());
        let field = format!("spec.oidc.client.{field}");
        assert!(
            told.contains("TNR-SIGN-0021") && told.contains(&field),
            "{field}: {told}"
        );
    }
}
