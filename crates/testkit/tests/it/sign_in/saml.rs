//! Attacks on the identity provider of SAML, and what service providers ask for.

use std::sync::Arc;

use app::{Answer, Wrong};
use model::Secret;

use super::provider::{asks, encoded, is_shown, opened, providers, response, signed_in, status};
use super::world::{PASSWORD, SIGN_ON, World, attempt};

/// S9: a request counts once, with its sender, on every node; of many who bring it at once, one is answered.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s9_a_request_counts_once_on_every_node() {
    for (world, browser) in World::with_providers("any-factor").await {
        let query = asks("shop", "_one").signed(&world);
        let answer = world.sso(0, &query, &browser).await;
        let first = signed_in(&answer);
        for node in [0, 1] {
            let again = world.sso(node, &query, &browser).await;
            assert!(is_shown(&again), "{again:?}");
        }
        let other = asks("shop", "_two").signed(&world);
        let second = signed_in(&world.sso(1, &other, &browser).await);
        assert_ne!(first, second, "an assertion is made for each");
        // The same ID of another sender is another request.
        signed_in(
            &world
                .sso(1, &asks("desk", "_one").query(&world), &browser)
                .await,
        );

        let world = Arc::new(world);
        let query = asks("shop", "_three").signed(&world);
        let calls = (0..8).map(|n| {
            let (world, query, browser) = (Arc::clone(&world), query.clone(), browser.clone());
            tokio::spawn(
                async move { response(&world.sso(n % 2, &query, &browser).await).is_some() },
            )
        });
        let mut won = 0;
        for call in calls.collect::<Vec<_>>() {
            won += usize::from(call.await.unwrap());
        }
        assert_eq!(won, 1);
    }
}

/// S10: a response says which request it answers, in both places; one that answers none is made only where a
/// document allows it; and nobody goes on in a browser in which the request did not come.
#[tokio::test]
async fn s10_a_response_names_the_request_that_it_answers() {
    for (world, browser) in World::with_providers("any-factor").await {
        let answer = world
            .sso(0, &asks("shop", "_one").signed(&world), &browser)
            .await;
        let xml = signed_in(&answer);
        assert_eq!(xml.matches("InResponseTo=\"_one\"").count(), 2, "{xml}");
        assert_eq!(response(&answer).unwrap().1.as_deref(), Some("state"));

        let start = |name: &'static str| world.nodes[1].saml_start(name, browser.asker());
        let unasked = start("desk").await.unwrap();
        assert!(!signed_in(&unasked).contains("InResponseTo"));
        for name in ["shop", "wiki", "nobody", ""] {
            let answer = start(name).await.unwrap();
            assert!(is_shown(&answer), "{name}: {answer:?}");
        }
        let portal = world.nodes[0]
            .portal(browser.asker())
            .await
            .unwrap()
            .unwrap();
        let starts = |title: &str| {
            let mut tiles = portal.tiles.iter();
            tiles
                .find(|tile| tile.title == title)
                .unwrap()
                .start_url
                .clone()
        };
        assert_eq!(starts("desk").as_deref(), Some("/saml2/start?app=desk"));
        assert_eq!(starts("shop"), None);

        let (victim, attacker) = (world.browser(), world.browser());
        let page = world
            .sso(0, &asks("shop", "_two").signed(&world), &attacker)
            .await;
        let password = Secret::new(PASSWORD);
        let sent = world.nodes[0].send_password(
            attempt(&page),
            "p1@acme.example",
            &password,
            victim.asker(),
        );
        let answer = sent.await.unwrap();
        let old = Some(Wrong::TooOld);
        assert!(
            matches!(&answer, Answer::Ask { wrong, to: None, .. } if *wrong == old),
            "{answer:?}"
        );
    }
}

/// S11: an answer goes to an address of the document, to the letter, and nowhere else.
#[tokio::test]
async fn s11_an_answer_goes_to_a_registered_address_alone() {
    for (world, browser) in World::with_providers("any-factor").await {
        for (n, acs) in [
            "https://shop.acme.example/acs/",
            "https://shop.acme.example/acs?x",
            "https://shop.acme.example/acs/../acs",
            "https://shop.acme.example/ac",
            "https://shop.acme.example:443/acs",
            "http://shop.acme.example/acs",
            "https://SHOP.acme.example/acs",
            "https://shop.acme.example@evil.example/acs",
            "https://desk.acme.example/acs",
            "https://evil.example/acs",
            "javascript:alert(1)",
        ]
        .into_iter()
        .enumerate()
        {
            let mut ask = asks("shop", &format!("_{n}"));
            ask.acs = acs.to_owned();
            let answer = world.sso(0, &ask.signed(&world), &browser).await;
            assert!(is_shown(&answer), "{acs}: {answer:?}");
        }
        let mut ask = asks("shop", "_other");
        ask.acs = "https://shop.acme.example/other".to_owned();
        let xml = signed_in(&world.sso(0, &ask.signed(&world), &browser).await);
        assert!(
            xml.contains("Recipient=\"https://shop.acme.example/other\""),
            "{xml}"
        );
        let unknown = asks("nobody", "_x").query(&world);
        assert!(is_shown(&world.sso(0, &unknown, &browser).await));
    }
}

/// S12: what has to be signed is; and the signature is over the bytes that came.
#[tokio::test]
async fn s12_a_signature_is_demanded_and_is_over_what_came() {
    for (world, browser) in World::with_providers("any-factor").await {
        let ask = asks("shop", "_one");
        let good = ask.signed(&world);
        let state = encoded("state");
        let without = good.split("&SigAlg").next().unwrap();
        for (what, query) in [
            ("without", without.to_owned()),
            ("half", good.split("&Signature").next().unwrap().to_owned()),
            (
                "other state",
                good.replace(&format!("RelayState={state}"), "RelayState=evil"),
            ),
            ("encoded again", good.replacen("%3D", "%3d", 1)),
            ("more state", format!("{good}&RelayState=evil")),
            ("another", {
                let mut other = asks("shop", "_two").signed(&world);
                let value = good.split("&Signature=").nth(1).unwrap();
                other.truncate(other.find("&Signature=").unwrap());
                format!("{other}&Signature={value}")
            }),
        ] {
            assert_ne!(query, good, "{what}");
            let answer = world.sso(0, &query, &browser).await;
            assert!(is_shown(&answer), "{what}: {answer:?}");
        }
        let body = ask.posted(&world);
        let post = |body: String| {
            let (app, asker) = (&world.nodes[1], browser.asker());
            async move { app.saml_sso(body.as_bytes(), true, asker).await.unwrap() }
        };
        let unsigned = ask.query(&world);
        assert!(is_shown(&post(unsigned).await));
        // A form leaves the letters of its base64 as they are, so one of them is another request.
        let at = body.find("SAMLRequest=").unwrap() + 400;
        let mut changed = body.clone();
        let other = if &body[at..=at] == "A" { "B" } else { "A" };
        changed.replace_range(at..=at, other);
        assert!(is_shown(&post(changed).await));
        signed_in(&post(body).await);
        assert!(
            is_shown(&world.sso(0, &good, &browser).await),
            "counted by the form"
        );
    }
}

/// S14: what is said to a service provider whose document names a certificate can be read by it alone, cannot be
/// changed unseen, and is never sent in the clear.
#[tokio::test]
async fn s14_what_is_said_to_one_that_has_a_key_is_read_by_nobody_else() {
    for (world, browser) in World::with_providers("any-factor").await {
        let mut seen = Vec::new();
        for id in ["_one", "_two"] {
            let query = asks("safe", id).query(&world);
            let (xml, _) = response(&world.sso(0, &query, &browser).await).unwrap();
            for said in [
                "p1@acme.example",
                "<saml:Assertion",
                "NameID",
                "AuthnStatement",
            ] {
                assert!(!xml.contains(said), "{said}: {xml}");
            }
            for algorithm in ["xmlenc11#aes256-gcm\"", "xmlenc#rsa-oaep-mgf1p\""] {
                assert!(xml.contains(algorithm), "{algorithm}: {xml}");
            }
            assert!(!xml.contains("-cbc") && !xml.contains("rsa-1_5"), "{xml}");
            assert!(xml.contains("<saml:EncryptedAssertion") && xml.contains("<ds:Signature"));
            let inner = opened(&xml);
            assert!(inner.starts_with("<saml:Assertion"), "{inner}");
            assert!(
                inner.contains("<ds:SignatureValue>"),
                "signed first: {inner}"
            );
            assert!(inner.contains(">p1@acme.example</saml:NameID>"), "{inner}");
            assert!(inner.contains(&format!("InResponseTo=\"{id}\"")), "{inner}");
            let value = xml.split("CipherValue>").nth(1).unwrap().to_owned();
            seen.push(value);
        }
        assert_ne!(seen[0], seen[1], "each has a key of its own");
    }
}

/// One that nothing could be encrypted for is refused with its document, and nobody is told in the clear.
#[tokio::test]
async fn s14_a_certificate_that_nothing_is_encrypted_for_is_refused_with_its_document() {
    let world = World::each("any-factor").await.swap_remove(0);
    let good = providers();
    let (before, rest) = good.rsplit_once("CERTIFICATE----- ").unwrap();
    let (_, after) = rest.split_once(" -----END").unwrap();
    let files = vec![
        crate::company::documents("").swap_remove(0),
        (
            "sign-on.yaml".to_owned(),
            format!("{before}CERTIFICATE----- MIIBAAAA -----END{after}"),
        ),
        ("policy.yaml".to_owned(), super::world::policy("any-factor")),
    ];
    let admin = testkit::node::actor("admin");
    let refused = world.nodes[0].accept_documents(&admin, files, true).await;
    let refused = refused.unwrap_err();
    let [told] = refused.diagnostics() else {
        panic!("{refused:?}");
    };
    assert_eq!(
        (&*told.code, &*told.place, &*told.field),
        (
            "TNR-SIGN-0019",
            "RelyingParty safe",
            "spec.saml.encrypt.certificate"
        )
    );
}

/// S15: the document and the person are looked at again at each step.
#[tokio::test]
async fn s15_nobody_goes_on_to_an_app_that_was_taken_away() {
    for (world, _) in World::with_providers("any-factor").await {
        let password = Secret::new(PASSWORD);
        let browser = world.browser();
        let page = world
            .sso(0, &asks("shop", "_one").signed(&world), &browser)
            .await;
        world.documents_with("any-factor", SIGN_ON).await;
        let sends = |node: usize| {
            let (app, asker) = (&world.nodes[node], browser.asker());
            app.send_password(attempt(&page), "p1@acme.example", &password, asker)
        };
        for node in [0, 1] {
            let answer = sends(node).await.unwrap();
            assert!(is_shown(&answer), "{answer:?}");
        }
        // It is declared again: the same page goes on, and the request was not used up.
        world.documents_with("any-factor", &providers()).await;
        let outside = providers().replace("== \"Engineering\"", "== \"Nobody\"");
        world.documents_with("any-factor", &outside).await;
        assert_eq!(status(&sends(0).await.unwrap()), "RequestDenied");
        world.documents_with("any-factor", &providers()).await;
        signed_in(&sends(1).await.unwrap());
    }
}

/// Whoever has left is not signed in, whatever session their browser holds and however far they have come.
#[tokio::test]
async fn s15_a_leaver_is_signed_in_nowhere() {
    for (world, browser) in World::with_providers("any-factor").await {
        let other = world.browser();
        let page = world
            .sso(0, &asks("shop", "_one").signed(&world), &other)
            .await;
        signed_in(
            &world
                .sso(0, &asks("shop", "_two").signed(&world), &browser)
                .await,
        );
        let admin = testkit::node::actor("admin");
        let gone = world.nodes[0].terminate(&admin, "w001", "for cause", false);
        gone.await.unwrap();
        let answer = world
            .sso(1, &asks("shop", "_three").signed(&world), &browser)
            .await;
        assert!(matches!(answer, Answer::Ask { .. }), "{answer:?}");
        let started = world.nodes[1].saml_start("desk", browser.asker());
        assert!(matches!(started.await.unwrap(), Answer::Ask { .. }));
        let password = Secret::new(PASSWORD);
        let sent = world.nodes[1].send_password(
            attempt(&page),
            "p1@acme.example",
            &password,
            other.asker(),
        );
        assert!(response(&sent.await.unwrap()).is_none());
    }
}

/// What a service provider asks for is held to, and what cannot be is told to it.
#[tokio::test]
async fn what_a_service_provider_asks_for_is_so_or_is_refused() {
    for (world, browser) in World::with_providers("any-factor").await {
        let ask = |id: &str, more: &str, inner: &str| {
            let mut ask = asks("desk", id);
            ask.more = more.to_owned();
            ask.inner = inner.to_owned();
            ask.query(&world)
        };
        let stranger = world.browser();
        let passive = ask("_1", " IsPassive=\"true\"", "");
        assert_eq!(
            status(&world.sso(0, &passive, &stranger).await),
            "NoPassive"
        );
        signed_in(&world.sso(0, &passive, &browser).await);
        let forced = ask("_2", " ForceAuthn=\"true\"", "");
        let page = world.sso(0, &forced, &browser).await;
        let password = Secret::new(PASSWORD);
        let sent = world.nodes[1].send_password(
            attempt(&page),
            "p1@acme.example",
            &password,
            browser.asker(),
        );
        signed_in(&sent.await.unwrap());

        let class = |class: &str| {
            format!(
                "<samlp:RequestedAuthnContext><saml:AuthnContextClassRef \
                 xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">{class}\
                 </saml:AuthnContextClassRef></samlp:RequestedAuthnContext>"
            )
        };
        let browser = world.enrolled("w002", "p2@acme.example").await;
        let password = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport";
        let told = signed_in(
            &world
                .sso(0, &ask("_3", "", &class(password)), &browser)
                .await,
        );
        assert!(told.contains(&format!(">{password}<")), "{told}");
        let mfa = class("https://refeds.org/profile/mfa");
        let answer = world.sso(0, &ask("_4", "", &mfa), &browser).await;
        assert_eq!(status(&answer), "NoAuthnContext", "they have a password");
        super::claims::sets_codes_up(&world, &browser).await;
        let answer = world.sso(0, &ask("_4b", "", &mfa), &browser).await;
        assert!(
            matches!(
                answer,
                Answer::Ask {
                    ask: app::Ask::More(_),
                    ..
                }
            ),
            "{answer:?}"
        );
        let passive = ask("_5", " IsPassive=\"true\"", &mfa);
        assert_eq!(status(&world.sso(0, &passive, &browser).await), "NoPassive");
        let smart = class("urn:oasis:names:tc:SAML:2.0:ac:classes:SmartcardPKI");
        let answer = world.sso(0, &ask("_6", "", &smart), &browser).await;
        assert_eq!(status(&answer), "NoAuthnContext");
        let format = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";
        let policy = format!("<samlp:NameIDPolicy Format=\"{format}\"></samlp:NameIDPolicy>");
        let answer = world.sso(0, &ask("_7", "", &policy), &browser).await;
        assert_eq!(status(&answer), "InvalidNameIDPolicy");
        let named = "<saml:Subject xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\"><saml:NameID>\
                     somebody</saml:NameID></saml:Subject>";
        let answer = world.sso(0, &ask("_8", "", named), &browser).await;
        assert_eq!(status(&answer), "UnknownPrincipal");
    }
}

/// A request may name a set of attributes by its number; the first is meant where it names none.
#[tokio::test]
async fn a_set_of_attributes_is_given_by_its_number() {
    for (world, browser) in World::with_providers("any-factor").await {
        let from = "    attributes: {mail: person.email}\n    certificates";
        let sets = "    attributes: {mail: person.email, name: person.given_name}\n    \
             attribute_sets: [{index: 2, attributes: [mail]}, {index: 5, attributes: [mail, name]}]\n    certificates";
        let documents = providers().replacen(from, sets, 1);
        assert_ne!(documents, providers());
        world.documents_with("any-factor", &documents).await;
        let named = async |id: &str, index: Option<&str>| {
            let mut ask = asks("shop", id);
            if let Some(index) = index {
                ask.more = format!(" AttributeConsumingServiceIndex=\"{index}\"");
            }
            world.sso(0, &ask.signed(&world), &browser).await
        };
        for (id, index, given) in [("_1", None, 1), ("_2", Some("2"), 1), ("_3", Some("5"), 2)] {
            let xml = signed_in(&named(id, index).await);
            assert_eq!(xml.matches("<saml:Attribute ").count(), given, "{xml}");
        }
        for (id, index) in [("_4", "3"), ("_5", "x")] {
            let answer = named(id, Some(index)).await;
            assert!(["RequestUnsupported", "Requester"].contains(&status(&answer).as_str()));
        }
    }
}

/// The attribute `pairwise-id` stays, is another one for somebody else, and its domain stands in our metadata.
#[tokio::test]
async fn a_pairwise_id_stays_and_is_nobody_elses() {
    for (world, browser) in World::with_providers("any-factor").await {
        let of = |xml: String| {
            let name = "Name=\"urn:oasis:names:tc:SAML:attribute:pairwise-id\" \
                        NameFormat=\"urn:oasis:names:tc:SAML:2.0:attrname-format:uri\">";
            let (_, rest) = xml.split_once(name).unwrap_or_else(|| panic!("{xml}"));
            let (_, value) = rest.split_once("<saml:AttributeValue>").unwrap();
            value.split('<').next().unwrap().to_owned()
        };
        let goes = async |id: &str, browser: &super::world::Browser| {
            let query = asks("desk", id).query(&world);
            of(signed_in(&world.sso(0, &query, browser).await))
        };
        let first = goes("_1", &browser).await;
        let (own, scope) = first.split_once('@').unwrap();
        assert_eq!((own.len(), scope), (64, "acme.example"));
        assert_eq!(goes("_2", &browser).await, first);
        let other = world.enrolled("w002", "p2@acme.example").await;
        assert_ne!(goes("_3", &other).await, first);
        let query = asks("shop", "_4").signed(&world);
        let shop = signed_in(&world.sso(0, &query, &browser).await);
        assert!(!shop.contains("pairwise-id"), "{shop}");
        let metadata = world.nodes[1].saml_metadata().await.unwrap();
        assert_eq!(
            metadata.matches(">acme.example</shibmd:Scope>").count(),
            1,
            "{metadata}"
        );
    }
}

/// A certificate that nobody could sign with is refused with the documents, not with each request.
#[tokio::test]
async fn a_certificate_that_is_none_is_refused_with_its_document() {
    let world = World::each("any-factor").await.swap_remove(0);
    let good = providers();
    let (before, rest) = good.split_once("CERTIFICATE----- ").unwrap();
    let (_, after) = rest.split_once(" -----END").unwrap();
    let none = format!("{before}CERTIFICATE----- MIIBAAAA -----END{after}");
    let files = vec![
        crate::company::documents("").swap_remove(0),
        ("sign-on.yaml".to_owned(), none),
        ("policy.yaml".to_owned(), super::world::policy("any-factor")),
    ];
    let admin = testkit::node::actor("admin");
    let refused = world.nodes[0].accept_documents(&admin, files, true).await;
    let refused = refused.unwrap_err();
    let [told] = refused.diagnostics() else {
        panic!("{refused:?}");
    };
    assert_eq!(
        (&*told.code, &*told.place, &*told.field),
        (
            "TNR-SIGN-0019",
            "RelyingParty shop",
            "spec.saml.certificates[0]"
        )
    );
    // Whoever has the secret of a client has nothing here: there is none to be made.
    world.documents_with("any-factor", &good).await;
    let made = world.nodes[0].make_client_secret(&admin, "shop").await;
    assert_eq!(made.unwrap_err().code(), "TNR-SIGN-0013");
    let told = world.nodes[0].relying_parties().await.unwrap();
    let shop = told.into_iter().find(|party| party.name == "shop").unwrap();
    assert!(shop.is_saml && shop.secret.is_none());
    assert_eq!(shop.client_id, "https://shop.acme.example/metadata");
}
