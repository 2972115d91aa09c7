//! Kantara's SAML V2.0 Deployment Profile for Federation Interoperability (saml2int): each clause for identity
//! providers that a program can meet is met, and a service provider that is held to it (`profile: saml2int`) cannot
//! be declared otherwise. docs/saml2int.md lists all of them.

mod logout;
mod metadata;
mod responses;

use app::Answer;
use protocol::oauth::{Issuer, Response};

use super::provider::{asks, is_shown, opened, providers, response, signed, status, strict};
use super::world::{Browser, PASSWORD, World, attempt, policy};

const ACS: &str = "https://strict.acme.example/acs";

/// Two nodes on each store, with one that is held to the profile beside the others; and somebody who is signed in.
async fn worlds() -> Vec<(World, Browser)> {
    let mut all = Vec::new();
    for (world, browser) in World::with_providers("any-factor").await {
        declare(&world, &strict()).await;
        all.push((world, browser));
    }
    all
}

/// Puts these documents in force beside those of the others.
async fn declare(world: &World, more: &str) {
    let all = format!("{}---\n{more}", providers());
    world.documents_with("any-factor", &all).await;
}

/// What is said of documents in which the strict one has something else written; nothing is put in force.
async fn refused(world: &World, from: &str, to: &str) -> Vec<String> {
    let changed = strict().replacen(from, to, 1);
    assert_ne!(changed, strict(), "{from}");
    let files = vec![
        crate::company::documents("").swap_remove(0),
        (
            "sign-on.yaml".to_owned(),
            format!("{}---\n{changed}", providers()),
        ),
        ("policy.yaml".to_owned(), policy("any-factor")),
    ];
    let admin = testkit::node::actor("admin");
    match world.nodes[0].accept_documents(&admin, files, true).await {
        Ok(_) => Vec::new(),
        Err(refused) => {
            let told = refused.diagnostics().iter();
            told.map(|one| format!("{}: {}", one.field, one.problem))
                .collect()
        }
    }
}

/// Holds that the documents are refused for this clause and nothing else.
#[track_caller]
fn names(told: &[String], field: &str, clause: &str) {
    let [one] = told else {
        panic!("{told:?}");
    };
    assert!(one.starts_with(&format!("spec.saml.{field}: ")), "{one}");
    assert!(one.contains(clause), "{one}");
}

/// Somebody who is signed in goes to the strict one: the response, and the assertion as it opens it.
async fn goes(world: &World, id: &str, browser: &Browser) -> (String, String) {
    let query = asks("strict", id).query(world);
    let answer = world.sso(0, &query, browser).await;
    let (xml, _) = response(&answer).unwrap_or_else(|| panic!("{answer:?}"));
    let inner = opened(&xml);
    (xml, inner)
}

/// The value of an attribute of XML.
#[track_caller]
fn value<'x>(xml: &'x str, name: &str) -> &'x str {
    let (_, rest) = xml
        .split_once(&format!("{name}=\""))
        .unwrap_or_else(|| panic!("{name}: {xml}"));
    rest.split('"').next().unwrap()
}

#[tokio::test]
async fn sdp_idp01_browser_sign_in_is_supported() {
    for (world, browser) in worlds().await {
        let (xml, inner) = goes(&world, "_one", &browser).await;
        assert!(xml.contains("status:Success"), "{xml}");
        assert_eq!(value(&xml, "Destination"), ACS);
        assert_eq!(value(&xml, "InResponseTo"), "_one");
        for said in [
            "Method=\"urn:oasis:names:tc:SAML:2.0:cm:bearer\"".to_owned(),
            format!("Recipient=\"{ACS}\""),
            "InResponseTo=\"_one\"".to_owned(),
            "<saml:Audience>https://strict.acme.example/metadata</saml:Audience>".to_owned(),
            "<saml:Issuer>https://id.acme.example/saml2/metadata</saml:Issuer>".to_owned(),
        ] {
            assert!(inner.contains(&said), "{said}: {inner}");
        }
    }
}

#[tokio::test]
async fn sdp_idp02_requests_come_by_redirect() {
    for (world, browser) in worlds().await {
        let query = asks("strict", "_one").signed(&world);
        assert!(query.starts_with("SAMLRequest="), "{query}");
        assert!(response(&world.sso(1, &query, &browser).await).is_some());
    }
}

#[tokio::test]
async fn sdp_idp03_requests_come_over_tls() {
    let (world, _) = worlds().await.swap_remove(0);
    let metadata = world.nodes[0].saml_metadata().await.unwrap();
    let all: Vec<&str> = metadata.split("<md:SingleSignOnService ").skip(1).collect();
    assert!(!all.is_empty());
    for service in all {
        assert!(
            value(service, "Location").starts_with("https://"),
            "{service}"
        );
    }
    // Nobody signs in at an address that is not.
    assert!(Issuer::new("http://id.acme.example").is_err());
}

#[tokio::test]
async fn sdp_idp04_an_unsigned_request_is_taken_unless_its_sender_signs() {
    for (world, browser) in worlds().await {
        goes(&world, "_one", &browser).await;
        let unsigned = asks("shop", "_two").query(&world);
        assert!(is_shown(&world.sso(0, &unsigned, &browser).await));
        let signed = asks("shop", "_two").signed(&world);
        assert!(response(&world.sso(0, &signed, &browser).await).is_some());
    }
}

#[tokio::test]
async fn sdp_idp05_a_signature_that_is_there_is_verified() {
    for (world, browser) in worlds().await {
        let query = asks("strict", "_one").query(&world);
        let other = signed(&asks("strict", "_two").query(&world));
        let value = other.rsplit("&Signature=").next().unwrap();
        let algorithm = other.split("&SigAlg=").nth(1).unwrap();
        let algorithm = algorithm.split('&').next().unwrap();
        let wrong = format!("{query}&SigAlg={algorithm}&Signature={value}");
        assert!(is_shown(&world.sso(0, &wrong, &browser).await));
        // The same without a signature is taken: it was refused for nothing else.
        assert!(response(&world.sso(0, &query, &browser).await).is_some());
    }
}

#[tokio::test]
async fn sdp_idp06_an_address_is_of_the_metadata_or_the_one_that_is_meant() {
    for (world, browser) in worlds().await {
        let mut ask = asks("strict", "_one");
        ask.acs = "https://strict.acme.example/acs/elsewhere".to_owned();
        assert!(is_shown(&world.sso(0, &ask.query(&world), &browser).await));
        ask.acs = "https://strict.acme.example/other".to_owned();
        let other = world.sso(0, &ask.query(&world), &browser).await;
        let (xml, _) = response(&other).unwrap();
        assert_eq!(value(&xml, "Destination"), ask.acs);
        let named = asks("strict", "_two").query_without_acs(&world);
        let (xml, _) = response(&world.sso(0, &named, &browser).await).unwrap();
        assert_eq!(value(&xml, "Destination"), ACS);
    }
}

#[tokio::test]
async fn sdp_idp07_forced_is_forced_and_told_afresh() {
    for (world, browser) in worlds().await {
        let (_, before) = goes(&world, "_one", &browser).await;
        let first = value(&before, "AuthnInstant").to_owned();
        world.clock.advance(std::time::Duration::from_secs(90));
        let (_, again) = goes(&world, "_two", &browser).await;
        assert_eq!(value(&again, "AuthnInstant"), first, "nobody was asked");
        let mut ask = asks("strict", "_three");
        ask.more = " ForceAuthn=\"true\"".to_owned();
        let page = world.sso(0, &ask.query(&world), &browser).await;
        assert!(matches!(page, Answer::Ask { .. }), "{page:?}");
        let password = model::Secret::new(PASSWORD);
        let sent = world.nodes[1].send_password(
            attempt(&page),
            "p1@acme.example",
            &password,
            browser.asker(),
        );
        let (xml, _) = response(&sent.await.unwrap()).unwrap();
        let fresh = opened(&xml);
        assert!(value(&fresh, "AuthnInstant") > first.as_str(), "{fresh}");
        // Where nobody can be asked it fails, and says so.
        ask.id = "_four".to_owned();
        ask.more = " ForceAuthn=\"true\" IsPassive=\"true\"".to_owned();
        let answer = world.sso(0, &ask.query(&world), &browser).await;
        assert_eq!(status(&answer), "NoPassive");
    }
}

#[tokio::test]
async fn sdp_idp08_responses_go_by_post() {
    for (world, browser) in worlds().await {
        let query = asks("strict", "_one").query(&world);
        let answer = world.sso(0, &query, &browser).await;
        let Answer::Send {
            response: Response::FormPost { action, fields },
            ..
        } = &answer
        else {
            panic!("{answer:?}");
        };
        assert_eq!(action, ACS);
        assert!(fields.iter().any(|(name, _)| *name == "SAMLResponse"));
    }
}
