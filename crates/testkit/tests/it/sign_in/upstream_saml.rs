//! People prove who they are at another identity provider, which speaks SAML; and attacks on that.

use std::time::Duration;

use app::{Answer, Ask, Wrong};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::Secret;
use protocol::saml::signature::VerifyingKey;
use protocol::saml::{
    AuthnRequest, Consumer, EntityId, Location, Message, Received, Reception, ServiceProvider,
};
use testkit::node::actor;

use super::login::asks;
use super::provider::{certificate, encoded, enveloped, other_key, own_key};
use super::slo::key;
use super::upstream::{away, policy};
use super::world::{Browser, SIGN_ON, World, attempt, code_of, request};

const IDP: &str = "https://elsewhere.example/idp";
const SSO: &str = "https://elsewhere.example/sso";
const US: &str = "https://id.acme.example/saml2/from/elsewhere";
const ROUTE: &str = "{groups: [engineers], identity_provider: elsewhere}";
const MFA: &str = "https://refeds.org/profile/mfa";

/// The provider; `more` stands behind its address.
fn provider(more: &str) -> String {
    let pem = certificate();
    format!(
        "{SIGN_ON}---
kind: IdentityProvider
metadata: {{name: elsewhere}}
spec:
  title: Elsewhere
  saml:
    entity_id: {IDP}
    sso: {{url: '{SSO}'{more}}}
    certificates: ['{pem}']
  link: {{claim: employeeNumber, source: hr}}
  counts:
    - {{acr: '{MFA}', as: multi-factor}}
    - {{acr: 'urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport', as: password}}
"
    )
}

async fn worlds(demand: &str) -> Vec<World> {
    let worlds = World::each(demand).await;
    for world in &worlds {
        let policy = policy(demand, ROUTE);
        world.policy_is(&policy, &provider("")).await;
    }
    worlds
}

/// Somebody who has left: the request, and what their browser holds.
struct Left {
    id: String,
    anew: bool,
    trip: Secret,
}

/// What we ask, as the provider takes it.
fn asked(world: &World, key: &VerifyingKey, received: &Received) -> AuthnRequest {
    let location = Location::new(&format!("{US}/acs")).unwrap();
    let acs = Consumer {
        index: 0,
        is_default: None,
        location,
    };
    let mut us = ServiceProvider::new(EntityId::new(US).unwrap(), vec![acs]);
    us.signs_requests = true;
    us.signing_keys = vec![key.clone()];
    let sso = Location::new(SSO).unwrap();
    let at = Reception {
        location: &sso,
        now: world.nodes[0].now(),
        skew: Duration::from_secs(60),
        life: Duration::from_secs(60),
    };
    let message = Message::read(received).unwrap();
    AuthnRequest::parse(&message, &us, &at).unwrap()
}

async fn leaves(world: &World, browser: &Browser, query: &str) -> Left {
    let app = &world.nodes[0];
    let begun = app.authorize(query.as_bytes(), browser.asker());
    let begun = begun.await.unwrap();
    let sent = app.send_upstream(attempt(&begun), "elsewhere", browser.asker());
    let (location, trip) = away(&sent.await.unwrap());
    let (to, query) = location.split_once('?').unwrap();
    assert_eq!(to, SSO);
    let received = Received::redirect(query.as_bytes()).unwrap();
    let request = asked(world, &key(world).await, &received);
    Left {
        id: request.id,
        anew: request.force_authn,
        trip,
    }
}

/// What the provider says.
#[derive(Clone)]
struct Says {
    to: String,
    name: String,
    number: &'static str,
    class: &'static str,
    /// How many seconds ago they proved it.
    ago: u64,
    /// What is changed of it before it is signed.
    lie: Option<(&'static str, &'static str)>,
    key: &'static [u8],
}

fn says(left: &Left, name: &str, number: &'static str) -> Says {
    Says {
        to: left.id.clone(),
        name: name.to_owned(),
        number,
        class: MFA,
        ago: 0,
        lie: None,
        key: own_key(),
    }
}

impl Says {
    fn assertion(&self, world: &World) -> String {
        let at = |seconds: i64| {
            let now = world.nodes[1].now().as_micros() + seconds * 1_000_000;
            let at = model::Timestamp::from_micros(now).to_string();
            at.split('.')
                .next()
                .unwrap()
                .trim_end_matches('Z')
                .to_owned()
                + "Z"
        };
        let (now, until) = (at(0), at(300));
        let proved = at(-i64::try_from(self.ago).unwrap());
        let Self {
            to,
            name,
            number,
            class,
            ..
        } = self;
        let text = format!(
            "<saml:Assertion xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" ID=\"_a\" \
             IssueInstant=\"{now}\" Version=\"2.0\"><saml:Issuer>{IDP}</saml:Issuer>{{}}<saml:Subject>\
             <saml:NameID Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:persistent\">{name}</saml:NameID>\
             <saml:SubjectConfirmation Method=\"urn:oasis:names:tc:SAML:2.0:cm:bearer\">\
             <saml:SubjectConfirmationData InResponseTo=\"{to}\" NotOnOrAfter=\"{until}\" \
             Recipient=\"{US}/acs\"></saml:SubjectConfirmationData></saml:SubjectConfirmation></saml:Subject>\
             <saml:Conditions NotBefore=\"{now}\" NotOnOrAfter=\"{until}\"><saml:AudienceRestriction>\
             <saml:Audience>{US}</saml:Audience></saml:AudienceRestriction></saml:Conditions>\
             <saml:AuthnStatement AuthnInstant=\"{proved}\"><saml:AuthnContext><saml:AuthnContextClassRef>\
             {class}</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>\
             <saml:AttributeStatement><saml:Attribute Name=\"employeeNumber\"><saml:AttributeValue>{number}\
             </saml:AttributeValue></saml:Attribute></saml:AttributeStatement></saml:Assertion>"
        );
        match self.lie {
            Some((from, to)) => {
                assert!(text.contains(from), "{from}");
                text.replacen(from, to, 1)
            }
            None => text,
        }
    }

    /// The body of the form that a browser brings.
    fn body(&self, world: &World) -> String {
        self.around(world, &enveloped(&self.assertion(world), "_a", self.key))
    }

    fn around(&self, world: &World, inner: &str) -> String {
        let now = world.nodes[1].now().to_string();
        let now = now.split('.').next().unwrap().trim_end_matches('Z');
        let to = &self.to;
        let xml = format!(
            "<samlp:Response xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" Destination=\"{US}/acs\" \
             ID=\"_r\" InResponseTo=\"{to}\" IssueInstant=\"{now}Z\" Version=\"2.0\"><saml:Issuer \
             xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">{IDP}</saml:Issuer><samlp:Status>\
             <samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\"></samlp:StatusCode>\
             </samlp:Status>{inner}</samlp:Response>"
        );
        format!("SAMLResponse={}", encoded(&STANDARD.encode(xml)))
    }
}

/// Somebody comes back to the other node.
async fn back(world: &World, browser: &mut Browser, body: &str, trip: Option<&Secret>) -> Answer {
    let app = &world.nodes[1];
    let back = app.come_back_by_saml("elsewhere", body.as_bytes(), trip, browser.asker());
    let answer = back.await.unwrap();
    browser.keep(&answer);
    answer
}

/// They are linked the first time by the attribute, and known by their name from then on; what is told to apps is theirs.
#[tokio::test]
async fn an_identity_provider_of_saml_vouches_for_people() {
    for world in worlds("multi-factor").await {
        let metadata = world.nodes[0].upstream_metadata("elsewhere").await.unwrap();
        let metadata = metadata.unwrap();
        assert!(
            metadata.contains(&format!("entityID=\"{US}\"")),
            "{metadata}"
        );
        assert!(metadata.contains(&format!("Location=\"{US}/acs\"")));
        assert_eq!(
            world.nodes[0].upstream_metadata("wiki").await.unwrap(),
            None
        );
        let mut all = Vec::new();
        for number in ["w001", "nobody"] {
            let mut browser = world.browser();
            let left = leaves(&world, &browser, &request("wiki")).await;
            assert!(!left.anew);
            let body = says(&left, "00u1", number).body(&world);
            let answer = back(&world, &mut browser, &body, Some(&left.trip)).await;
            assert!(code_of(&answer).is_some(), "{answer:?}");
            all.push(world.sub(&mut browser).await);
        }
        assert_eq!(all[0], all[1], "the link counts, and nothing else");
        let links = world.nodes[0].credentials_told("w001").await.unwrap();
        assert_eq!(links.len(), 1, "{links:?}");
        // Somebody else is another, and whoever is nobody here is nobody.
        for (name, number, is_in) in [("00u2", "w002", true), ("00u3", "w999", false)] {
            let mut browser = world.browser();
            let left = leaves(&world, &browser, &request("wiki")).await;
            let body = says(&left, name, number).body(&world);
            let answer = back(&world, &mut browser, &body, Some(&left.trip)).await;
            assert_eq!(code_of(&answer).is_some(), is_in, "{name}: {answer:?}");
            let refused = matches!(answer, Answer::Refused { person: true, .. });
            assert_eq!(refused, !is_in, "{answer:?}");
        }
    }
}

/// What its words count as the document says; one that it does not explain is one factor.
#[tokio::test]
async fn classes_of_saml_count_as_far_as_the_document_says() {
    for world in worlds("multi-factor").await {
        let password = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport";
        for (class, enough) in [(MFA, true), (password, false), ("urn:x", false)] {
            let mut browser = world.browser();
            let left = leaves(&world, &browser, &request("wiki")).await;
            let mut says = says(&left, "00u1", "w001");
            says.class = class;
            let body = says.body(&world);
            let answer = back(&world, &mut browser, &body, Some(&left.trip)).await;
            match enough {
                true => assert!(code_of(&answer).is_some(), "{answer:?}"),
                false => assert!(matches!(asks(&answer).0, Ask::More(_)), "{answer:?}"),
            }
        }
        // Whoever has to prove it anew has not done so an hour ago.
        for (ago, is_in) in [(0, true), (3_600, false)] {
            let mut browser = world.browser();
            let query = format!("{}&prompt=login", request("wiki"));
            let left = leaves(&world, &browser, &query).await;
            assert!(left.anew);
            let mut says = says(&left, "00u1", "w001");
            says.ago = ago;
            let body = says.body(&world);
            let answer = back(&world, &mut browser, &body, Some(&left.trip)).await;
            assert_eq!(code_of(&answer).is_some(), is_in, "{answer:?}");
        }
    }
}

/// S7, S8, S13: what was not signed by the provider, for us, now and for this request vouches for nobody.
#[tokio::test]
async fn s07_s08_an_assertion_that_is_not_good_vouches_for_nobody() {
    for world in worlds("any-factor").await {
        let lies: [(&str, &str); 8] = [
            (US, "https://id.acme.example/saml2/from/other"),
            ("<saml:Audience>https://id", "<saml:Audience>https://evil"),
            (IDP, "https://evil.example"),
            ("cm:bearer", "cm:sender-vouches"),
            ("nameid-format:persistent", "nameid-format:transient"),
            (">00u1<", " NameQualifier=\"https://evil.example\">00u1<"),
            ("<saml:Conditions", "<saml:Advice></saml:Advice><saml:Other"),
            ("InResponseTo=\"_", "InResponseTo=\"_0"),
        ];
        let refused = |answer: &Answer, what: &str| {
            let elsewhere = (Ask::Name, Some(Wrong::Elsewhere));
            assert_eq!(asks(answer), elsewhere, "{what}");
        };
        for lie in lies {
            let mut browser = world.browser();
            let left = leaves(&world, &browser, &request("wiki")).await;
            let mut says = says(&left, "00u1", "w001");
            says.lie = Some(lie);
            if lie.0 == "<saml:Conditions" {
                says.lie = Some((
                    "<saml:AudienceRestriction>",
                    "<saml:X></saml:X><saml:AudienceRestriction>",
                ));
            }
            let body = says.body(&world);
            let answer = back(&world, &mut browser, &body, Some(&left.trip)).await;
            refused(&answer, lie.0);
        }
        for what in ["another's key", "unsigned", "changed", "two", "wrapped"] {
            let mut browser = world.browser();
            let left = leaves(&world, &browser, &request("wiki")).await;
            let mut says = says(&left, "00u1", "w001");
            let signed = enveloped(&says.assertion(&world), "_a", own_key());
            let evil = says.assertion(&world).replace("{}", "");
            let evil = evil
                .replace("ID=\"_a\"", "ID=\"_e\"")
                .replace("w001", "w002");
            let body = match what {
                "another's key" => {
                    says.key = other_key();
                    says.body(&world)
                }
                "unsigned" => says.around(&world, &says.assertion(&world).replace("{}", "")),
                "changed" => says.around(&world, &signed.replace(">w001", ">w002")),
                "two" => says.around(&world, &(evil + &signed)),
                _ => says.around(
                    &world,
                    &evil.replace(
                        "<saml:Subject>",
                        &format!("<saml:Advice>{signed}</saml:Advice><saml:Subject>"),
                    ),
                ),
            };
            let answer = back(&world, &mut browser, &body, Some(&left.trip)).await;
            refused(&answer, what);
        }
        let nobody = world.nodes[0].credentials_told("w001").await.unwrap();
        assert_eq!(nobody, [], "nobody was linked");
    }
}

/// S9, S10: what nobody in this browser has asked for, or what came before, begins nothing, on no node.
#[tokio::test]
async fn s09_s10_an_assertion_counts_once_and_in_the_browser_that_asked() {
    for world in worlds("any-factor").await {
        let mut browser = world.browser();
        let left = leaves(&world, &browser, &request("wiki")).await;
        let body = says(&left, "00u1", "w001").body(&world);
        let too_old = (Ask::Name, Some(Wrong::TooOld));
        let mut other = world.browser();
        for (trip, what) in [(None, "unasked"), (Some(&left.trip), "another browser")] {
            let answer = back(&world, &mut other, &body, trip).await;
            assert_eq!(asks(&answer), too_old, "{what}");
        }
        let second = leaves(&world, &browser, &request("wiki")).await;
        let crossed = back(&world, &mut browser, &body, Some(&second.trip)).await;
        assert_eq!(
            asks(&crossed),
            too_old,
            "another request of the same browser"
        );
        let app = &world.nodes[0];
        let path =
            app.come_back_by_saml("wiki", body.as_bytes(), Some(&left.trip), browser.asker());
        assert_eq!(
            asks(&path.await.unwrap()),
            too_old,
            "another provider's path"
        );
        let before = browser.clone();
        let answer = back(&world, &mut browser, &body, Some(&left.trip)).await;
        assert!(code_of(&answer).is_some(), "{answer:?}");
        for app in &world.nodes {
            let again = app.come_back_by_saml(
                "elsewhere",
                body.as_bytes(),
                Some(&left.trip),
                before.asker(),
            );
            assert_eq!(asks(&again.await.unwrap()), too_old, "once");
        }
        // A trip that was long ago ends nowhere.
        let mut late = world.browser();
        let left = leaves(&world, &late, &request("wiki")).await;
        world.clock.advance(Duration::from_secs(16 * 60));
        let body = says(&left, "00u1", "w001").body(&world);
        let answer = back(&world, &mut late, &body, Some(&left.trip)).await;
        assert_eq!(asks(&answer), too_old);
    }
}

/// By a form where the document says so; and by an attribute where that is what stays.
#[tokio::test]
async fn a_provider_is_asked_by_a_form_and_believed_of_an_attribute() {
    for world in worlds("any-factor").await {
        let documents = provider(", binding: post");
        let documents =
            documents.replace("    certificates:", "    subject: uid\n    certificates:");
        let policy = policy("any-factor", ROUTE);
        world.policy_is(&policy, &documents).await;
        let mut browser = world.browser();
        let app = &world.nodes[0];
        let wiki = request("wiki");
        let begun = app.authorize(wiki.as_bytes(), browser.asker());
        let begun = begun.await.unwrap();
        let sent = app.send_upstream(attempt(&begun), "elsewhere", browser.asker());
        let Answer::LeavePosting {
            response: protocol::oauth::Response::FormPost { action, fields },
            trip,
        } = sent.await.unwrap()
        else {
            panic!("no form")
        };
        assert_eq!(action, SSO);
        let (name, value) = &fields[0];
        let received = Received::post(format!("{name}={}", encoded(value)).as_bytes()).unwrap();
        let id = asked(&world, &key(&world).await, &received).id;
        let left = Left {
            id,
            anew: false,
            trip,
        };
        let mut says = says(&left, "00u1", "w001");
        let body = says.body(&world);
        let without = back(&world, &mut browser, &body, Some(&left.trip)).await;
        assert_eq!(asks(&without), (Ask::Name, Some(Wrong::Elsewhere)));
        let wiki = request("wiki");
        let begun = app.authorize(wiki.as_bytes(), browser.asker());
        let begun = begun.await.unwrap();
        let sent = app.send_upstream(attempt(&begun), "elsewhere", browser.asker());
        let Answer::LeavePosting { response, trip } = sent.await.unwrap() else {
            panic!("no form")
        };
        let protocol::oauth::Response::FormPost { fields, .. } = response else {
            panic!("no form")
        };
        let (name, value) = &fields[0];
        let received = Received::post(format!("{name}={}", encoded(value)).as_bytes()).unwrap();
        says.to = asked(&world, &key(&world).await, &received).id;
        says.lie = Some((
            "<saml:AttributeStatement>",
            "<saml:AttributeStatement><saml:Attribute Name=\"uid\"><saml:AttributeValue>ana</saml:AttributeValue></saml:Attribute>",
        ));
        let body = says.body(&world);
        let answer = back(&world, &mut browser, &body, Some(&trip)).await;
        assert!(code_of(&answer).is_some(), "{answer:?}");
        let admin = actor("admin");
        let linked = world.nodes[0].link_of("w001", "elsewhere").await;
        assert!(linked.is_ok(), "{admin:?}");
    }
}
