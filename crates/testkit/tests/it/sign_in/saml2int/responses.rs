//! What responses hold, and what people are called in them.

use protocol::saml::signature::{VerifyingKey, verify};
use protocol::saml::xml::{Limits, Tree};

use super::super::provider::{asks, opened, providers, response, signed_in, status, strict};
use super::{declare, goes, names, refused, value, worlds};

const GENERAL: &str = "urn:oasis:names:tc:SAML:attribute:subject-id";
const PAIRWISE: &str = "urn:oasis:names:tc:SAML:attribute:pairwise-id";

/// The elements of an assertion that are called so: what stands behind the name of each, up to its end.
fn elements<'x>(xml: &'x str, name: &str) -> Vec<&'x str> {
    let [with, without] = [' ', '>'].map(|next| format!("<saml:{name}{next}"));
    let ends = format!("</saml:{name}>");
    let (mut found, mut rest) = (Vec::new(), xml);
    while let Some(at) = [rest.find(&with), rest.find(&without)]
        .into_iter()
        .flatten()
        .min()
    {
        let (inner, behind) = rest[at + with.len() - 1..].split_once(&ends).unwrap();
        found.push(inner);
        rest = behind;
    }
    found
}

/// The values of an attribute.
fn values<'x>(xml: &'x str, name: &str) -> Vec<&'x str> {
    let all = elements(xml, "Attribute").into_iter();
    let own = all.filter(|one| one.contains(&format!(" Name=\"{name}\"")));
    own.flat_map(|one| elements(one, "AttributeValue"))
        .map(|value| value.split_once('>').unwrap().1)
        .collect()
}

#[tokio::test]
async fn sdp_idp09_the_response_itself_is_signed() {
    for (world, browser) in worlds().await {
        let (xml, _) = goes(&world, "_one", &browser).await;
        let metadata = world.nodes[1].saml_metadata().await.unwrap();
        let (_, rest) = metadata.split_once("<ds:X509Certificate>").unwrap();
        let key = VerifyingKey::from_base64(rest.split('<').next().unwrap()).unwrap();
        let tree = Tree::read_bytes(xml.as_bytes(), &Limits::MESSAGE).unwrap();
        let signed = verify(tree.root(), std::slice::from_ref(&key)).unwrap();
        assert!(signed.element() == tree.root());
        let changed = xml.replacen("status:Success", "status:Requester", 1);
        let tree = Tree::read_bytes(changed.as_bytes(), &Limits::MESSAGE).unwrap();
        assert!(verify(tree.root(), &[key]).is_err());
        let told = refused(&world, "    profile", "    sign: assertion\n    profile").await;
        names(&told, "sign", "SDP-IDP09");
    }
}

#[tokio::test]
async fn sdp_idp10_there_is_one_assertion_with_one_statement_of_each_kind() {
    for (world, browser) in worlds().await {
        let (xml, inner) = goes(&world, "_one", &browser).await;
        assert_eq!(elements(&xml, "EncryptedAssertion").len(), 1, "{xml}");
        assert_eq!(elements(&xml, "Assertion").len(), 0, "{xml}");
        for (name, count) in [
            ("Assertion", 1),
            ("AuthnStatement", 1),
            ("AttributeStatement", 1),
        ] {
            assert_eq!(elements(&inner, name).len(), count, "{name}: {inner}");
        }
    }
}

#[tokio::test]
async fn sdp_idp11_an_assertion_is_encrypted_and_nothing_in_it_once_more() {
    for (world, browser) in worlds().await {
        let (xml, inner) = goes(&world, "_one", &browser).await;
        for said in ["p1@acme.example", "NameID", "AttributeValue"] {
            assert!(!xml.contains(said), "{said}: {xml}");
            assert!(inner.contains(said), "{said}: {inner}");
        }
        assert!(!inner.contains("Encrypted"), "{inner}");
        let certificate = super::super::provider::certificate();
        let line = format!("    encrypt: {{certificate: '{certificate}'}}\n");
        names(&refused(&world, &line, "").await, "encrypt", "SDP-IDP11");
    }
}

#[tokio::test]
async fn sdp_idp12_people_are_called_by_a_transient_name() {
    for (world, browser) in worlds().await {
        let mut seen = Vec::new();
        for id in ["_one", "_two"] {
            let (_, inner) = goes(&world, id, &browser).await;
            let [name] = elements(&inner, "NameID")[..] else {
                panic!("{inner}");
            };
            let format = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";
            assert_eq!(value(name, "Format"), format);
            seen.push(name.split_once('>').unwrap().1.to_owned());
        }
        assert_ne!(seen[0], seen[1]);
        for other in [
            "{format: persistent}",
            "{format: emailAddress, value: person.email}",
        ] {
            let told = refused(&world, "{format: transient}", other).await;
            names(&told, "name_id", "SDP-IDP12");
        }
    }
}

#[tokio::test]
async fn sdp_idp13_both_lasting_names_are_supported() {
    for (world, browser) in worlds().await {
        let (_, inner) = goes(&world, "_one", &browser).await;
        assert_eq!(values(&inner, GENERAL), ["First1@acme.example"]);
        let [pairwise] = values(&inner, PAIRWISE)[..] else {
            panic!("{inner}");
        };
        let (own, scope) = pairwise.split_once('@').unwrap();
        assert_eq!((own.len(), scope), (64, "acme.example"));
        let (_, again) = goes(&world, "_two", &browser).await;
        assert_eq!(values(&again, PAIRWISE), [pairwise]);
    }
}

#[tokio::test]
async fn sdp_idp15_what_metadata_demand_is_given_or_the_document_is_refused() {
    let (world, _) = worlds().await.swap_remove(0);
    let general = "    subject_id: {value: person.given_name, scope: acme.example}\n";
    let pairwise = "    pairwise_id: acme.example\n";
    let without = async |line: &str, demanded: &str| {
        let from = format!("{general}{pairwise}    subject_id_req: any\n");
        let to = from.replace(line, "").replace("any", demanded);
        refused(&world, &from, &to).await
    };
    for (line, demanded) in [
        (general, "subject-id"),
        (pairwise, "pairwise-id"),
        ("", "none"),
    ] {
        let told = without(line, demanded).await;
        names(&told, "subject_id_req", "it demands");
    }
    let both = [general, pairwise].concat();
    names(&without(&both, "any").await, "subject_id_req", "it demands");
    for (line, demanded) in [
        (pairwise, "subject-id"),
        (general, "pairwise-id"),
        (general, "any"),
    ] {
        assert!(without(line, demanded).await.is_empty(), "{demanded}");
    }
    assert!(without(&both, "none").await.is_empty());
}

#[tokio::test]
async fn sdp_idp16_who_has_no_name_that_is_demanded_is_not_signed_in_there() {
    for (world, browser) in worlds().await {
        // An address for mail is nothing that can stand before the `@` of one.
        let none = strict()
            .replace("value: person.given_name", "value: person.email")
            .replace("    pairwise_id: acme.example\n", "")
            .replace("subject_id_req: any", "subject_id_req: subject-id");
        declare(&world, &none).await;
        let query = asks("strict", "_one").query(&world);
        let answer = world.sso(0, &query, &browser).await;
        assert_eq!(status(&answer), "UnknownPrincipal");
        // Where it is not demanded it is left out.
        declare(
            &world,
            &none.replace("    subject_id_req: subject-id\n", ""),
        )
        .await;
        let (_, inner) = goes(&world, "_two", &browser).await;
        assert!(values(&inner, GENERAL).is_empty(), "{inner}");
    }
}

#[tokio::test]
async fn sdp_idp17_who_demands_nothing_is_given_what_the_document_says() {
    for (world, browser) in worlds().await {
        assert!(!providers().contains("subject_id_req"));
        let desk = asks("desk", "_one").query(&world);
        let desk = signed_in(&world.sso(0, &desk, &browser).await);
        assert_eq!(values(&desk, PAIRWISE).len(), 1);
        let shop = asks("shop", "_one").signed(&world);
        let shop = signed_in(&world.sso(0, &shop, &browser).await);
        assert!(values(&shop, PAIRWISE).is_empty() && values(&shop, GENERAL).is_empty());
    }
}

#[tokio::test]
async fn sdp_idp18_attributes_are_named_by_uris() {
    for (world, browser) in worlds().await {
        let (_, inner) = goes(&world, "_one", &browser).await;
        let all = elements(&inner, "Attribute");
        assert_eq!(all.len(), 4, "{inner}");
        for one in all {
            let uri = "urn:oasis:names:tc:SAML:2.0:attrname-format:uri";
            assert_eq!(value(one, "NameFormat"), uri);
        }
        let oid = "urn:oid:0.9.2342.19200300.100.1.3";
        names(
            &refused(&world, oid, "mail").await,
            "attributes",
            "SDP-IDP18",
        );
    }
}

#[tokio::test]
async fn sdp_idp19_a_value_is_a_text_and_no_more() {
    for (world, browser) in worlds().await {
        let (_, inner) = goes(&world, "_one", &browser).await;
        let all = elements(&inner, "AttributeValue");
        assert_eq!(all.len(), 5, "{inner}");
        for one in all {
            assert!(one.starts_with('>') && !one.contains('<'), "{one}");
        }
    }
}

#[tokio::test]
async fn sdp_idp20_several_values_are_several_elements() {
    for (world, browser) in worlds().await {
        let (_, inner) = goes(&world, "_one", &browser).await;
        let affiliation = "urn:oid:1.3.6.1.4.1.5923.1.1.1.1";
        assert_eq!(values(&inner, affiliation), ["staff", "member"]);
    }
}

/// What its metadata said counts until they end.
#[tokio::test]
async fn sdp_md03_nobody_is_signed_in_to_one_whose_metadata_have_ended() {
    for (world, browser) in worlds().await {
        let told = refused(&world, "    valid_until: 2027-03-01T00:00:00Z\n", "").await;
        names(&told, "valid_until", "SDP-MD03");
        let open = strict().replace("    name_id", "    idp_initiated: true\n    name_id");
        declare(&world, &open).await;
        let starts = async || world.nodes[0].saml_start("strict", browser.asker()).await;
        assert!(response(&starts().await.unwrap()).is_some());
        let ended = open.replace("2027-03-01", "2026-11-01");
        declare(&world, &ended).await;
        let query = asks("strict", "_one").query(&world);
        let answer = world.sso(0, &query, &browser).await;
        assert!(super::is_shown(&answer), "{answer:?}");
        assert!(super::is_shown(&starts().await.unwrap()));
        declare(&world, &open).await;
        let (xml, _) = response(&world.sso(0, &query, &browser).await).unwrap();
        assert!(opened(&xml).contains("AuthnStatement"));
    }
}
