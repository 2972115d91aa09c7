//! Documents that are made to be read in two ways: rows S1 to S6 of `reference/attacks.md`, on requests.

use protocol::saml::binding::BindingError;
use protocol::saml::signature::SignatureError;
use protocol::saml::xml::XmlError;
use protocol::saml::{Received, Refused};

use crate::saml_attacks::{answer, provider_that_signs as strict, refused};
use crate::saml_party::{
    ACS, DS, SAML, SAMLP, SP, SP_EC, deflated, info, posted, provider, redirected, request,
};

/// A request that is signed well, and one that an attacker would like to have taken for it.
fn good_and_evil() -> (String, String) {
    let good = SP_EC.signed("_r1", &request(&[], "{}"));
    let evil = request(&[("ID", "_evil"), ("ForceAuthn", "false")], "{}");
    (good, evil)
}

fn signature_of(signed: &str) -> &str {
    let begins = signed.find("<ds:Signature ").unwrap();
    let ends = signed.find("</ds:Signature>").unwrap() + "</ds:Signature>".len();
    &signed[begins..ends]
}

fn extensions(inner: &str) -> String {
    format!("<samlp:Extensions>{inner}</samlp:Extensions>")
}

#[test]
fn attack_s01_a_signed_request_that_is_moved_carries_no_other() {
    let (good, evil) = good_and_evil();
    assert!(answer(&posted(&good), &strict()).unwrap().is_signed);
    let signature = signature_of(&good);
    let bare = good.replace(signature, "");
    let form = || SignatureError::Form("its parts");
    let object = |inner: &str| {
        signature.replace(
            "</ds:Signature>",
            &format!("<ds:Object>{inner}</ds:Object></ds:Signature>"),
        )
    };
    let key_info = |inner: &str| {
        signature.replace(
            "</ds:Signature>",
            &format!("<ds:KeyInfo>{inner}</ds:KeyInfo></ds:Signature>"),
        )
    };
    let other = SignatureError::OtherElement;
    for (what, forged, why) in [
        (
            "the signature stays with what it covers, within",
            evil.replace("{}", &extensions(&good)),
            SignatureError::Unsigned,
        ),
        (
            "the signature is moved outwards",
            evil.replace("{}", &(signature.to_owned() + &extensions(&bare))),
            other.clone(),
        ),
        (
            "before it",
            evil.replace("{}", &(extensions(&bare) + signature)),
            other.clone(),
        ),
        (
            "in an object of the signature",
            evil.replace("{}", &object(&bare)),
            form(),
        ),
        (
            "in the key of the signature",
            evil.replace("{}", &key_info(&bare)),
            other.clone(),
        ),
        (
            "in an object, with an object around",
            evil.replace("{}", &object(&good)),
            form(),
        ),
        (
            "the signature is copied",
            evil.replace("{}", &(signature.to_owned() + &extensions(&good))),
            other,
        ),
    ] {
        assert_eq!(
            refused(&posted(&forged), &strict()),
            Refused::Signature(why),
            "{what}"
        );
    }
}

/// With the ID of what is signed, so that it could be found instead; and with a signature too many.
#[test]
fn attack_s01_s04_the_same_id_twice_is_refused() {
    let (good, evil) = good_and_evil();
    let signature = signature_of(&good);
    let bare = good.replace(signature, "");
    let object = |inner: &str| {
        let object = format!("<ds:Object>{inner}</ds:Object></ds:Signature>");
        signature.replace("</ds:Signature>", &object)
    };
    let same = request(&[("ForceAuthn", "false")], "{}");
    for forged in [
        same.replace("{}", &(signature.to_owned() + &extensions(&bare))),
        same.replace("{}", &object(&bare)),
        same.replace("{}", &extensions(&good)),
    ] {
        assert_eq!(
            refused(&posted(&forged), &strict()),
            Refused::Xml(XmlError::DuplicateId)
        );
    }
    let twice = evil.replace("{}", &signature.repeat(2));
    assert_eq!(
        refused(&posted(&twice), &strict()),
        Refused::Signature(XmlError::Twice("Signature").into())
    );
    let around = format!("<samlp:Wrapper xmlns:samlp=\"{SAMLP}\">{good}</samlp:Wrapper>");
    assert_eq!(
        refused(&posted(&around), &strict()),
        Refused::Missing("Issuer")
    );
}

#[test]
fn attack_s02_whatever_is_changed_of_the_bytes_is_read_as_changed() {
    let good = SP_EC.signed(
        "_r1",
        &request(&[], "{}<samlp:NameIDPolicy></samlp:NameIDPolicy>"),
    );
    assert!(answer(&posted(&good), &strict()).is_ok());
    let changed = SignatureError::Changed;
    let wrong = SignatureError::Wrong;
    for (from, to, why) in [
        (ACS, "https://sp.example/other", &changed),
        ("<samlp:NameIDPolicy>", "<samlp:NameIDPolicy >", &changed),
        ("</ds:Signature>", "</ds:Signature><x/>", &changed),
        ("</ds:Signature>", "</ds:Signature> ", &changed),
        (SP, "https://sp.example/metadat&#97;", &changed),
        (
            "exc-c14n#\"></ds:Transform>",
            "exc-c14n#\"> </ds:Transform>",
            &wrong,
        ),
        ("#_r1", "#_r2", &SignatureError::OtherElement),
    ] {
        let text = good.replacen(from, to, 1);
        assert_ne!(text, good);
        match answer(&posted(&text), &strict()) {
            // What is the same in canonical form is the same: nothing is read of how it was written.
            Ok(read) => assert!(
                read.is_signed && to.contains(' ') | to.contains("&#97;"),
                "{to}"
            ),
            Err(refused) => assert_eq!(refused, Refused::Signature(why.clone()), "{to}"),
        }
    }
    // A second declaration, a second root and a second encoding.
    for odd in [
        format!("{good}{good}"),
        format!("{good}<x/>"),
        format!("<?xml version=\"1.0\" encoding=\"UTF-16\"?>{good}"),
    ] {
        assert!(matches!(refused(&posted(&odd), &strict()), Refused::Xml(_)));
    }
}

#[test]
fn attack_s03_namespaces_and_empty_forms_hide_nothing() {
    let (good, evil) = good_and_evil();
    let signature = signature_of(&good);
    // An ID that is in a namespace is none; neither is one of another name.
    for hidden in ["ID", "xml:id", "samlp:ID", "Id"] {
        let text = evil.replacen(
            " ID=\"_evil\"",
            &format!(" ID=\"_evil\" {hidden}=\"_r1\""),
            1,
        );
        let text = text.replace("{}", signature);
        assert!(answer(&posted(&text), &strict()).is_err(), "{hidden}");
    }
    // A signature of another namespace is none, and one in a prefix of another name is one.
    let foreign = good.replace(DS, "http://www.w3.org/2000/09/xmldsig");
    assert_eq!(
        refused(&posted(&foreign), &strict()),
        Refused::Signature(SignatureError::Unsigned)
    );
}

/// Each is signed by the right key: only what it says of itself is changed, from this to that.
fn refused_for_their_form(changes: &[(&str, &str, &str)]) {
    let good = info("_r1", SP_EC.uri(), &request(&[], ""));
    let received = |info: &str| posted(&request(&[], &SP_EC.signature_of(info)));
    assert!(answer(&received(&good), &strict()).is_ok());
    for (what, from, to) in changes {
        let info = good.replace(from, to);
        assert_ne!(info, good, "{what}");
        let why = refused(&received(&info), &strict());
        let form = matches!(
            why,
            Refused::Signature(SignatureError::Form(_) | SignatureError::OtherElement)
        );
        assert!(form, "{what}: {why:?}");
    }
}

#[test]
fn attack_s03_nothing_is_taken_away_before_it_is_digested() {
    let exclusive = "http://www.w3.org/2001/10/xml-exc-c14n#";
    let last = format!("<ds:Transform Algorithm=\"{exclusive}\"></ds:Transform>");
    let xpath = "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\"><ds:XPath>false()</ds:XPath></ds:Transform>";
    let after = format!("{xpath}{last}");
    let within = last.replace("#\">", "#\"><ds:XPath></ds:XPath>");
    let with_comments = format!("{exclusive}WithComments");
    refused_for_their_form(&[
        ("a transform that takes away", &last, &after),
        ("another one for the first", "enveloped-signature", "base64"),
        ("something within the last", &last, &within),
        ("no canonical form", &last, ""),
        ("no transforms", "ds:Transforms>", "ds:None>"),
        ("with comments", exclusive, &with_comments),
        (
            "inclusive",
            exclusive,
            "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
        ),
    ]);
}

#[test]
fn attack_s03_s04_a_signature_covers_its_element_and_nothing_else() {
    let good = info("_r1", SP_EC.uri(), &request(&[], ""));
    let between = |begins: &str, ends: &str| {
        let begins = good.find(begins).unwrap();
        good[begins..good.find(ends).unwrap()].to_owned()
    };
    let reference = between("<ds:Reference", "</ds:SignedInfo>");
    let digest = between("<ds:DigestValue>", "</ds:DigestValue>");
    refused_for_their_form(&[
        ("no reference", &reference, ""),
        ("two references", &reference, &reference.repeat(2)),
        ("the whole document", "#_r1", ""),
        ("an XPointer", "#_r1", "#xpointer(id('_r1'))"),
        ("something elsewhere", "#_r1", "https://evil.example/x#_r1"),
        ("an empty digest", &digest, "<ds:DigestValue>"),
    ]);
}

/// Namespaces that are listed count although no name uses them (Exclusive XML Canonicalization §4).
#[test]
fn attack_s03_listed_prefixes_are_covered() {
    let covered = request(&[], "").replacen(" AssertionC", " xmlns:xs=\"urn:xs\" AssertionC", 1);
    let exclusive = "Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"></ds:Transform>";
    let listing = "Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"><ec:InclusiveNamespaces \
                   xmlns:ec=\"http://www.w3.org/2001/10/xml-exc-c14n#\" PrefixList=\"xs\"></ec:InclusiveNamespaces></ds:Transform>";
    let info = info("_r1", SP_EC.uri(), &covered).replace(exclusive, listing);
    let signature = SP_EC.signature_of(&info);
    let signed = covered.replace(
        "</samlp:AuthnRequest>",
        &format!("{signature}</samlp:AuthnRequest>"),
    );
    assert!(answer(&posted(&signed), &strict()).unwrap().is_signed);
    let changed = signed.replace("urn:xs", "urn:other");
    let why = Refused::Signature(SignatureError::Changed);
    assert_eq!(refused(&posted(&changed), &strict()), why);
    // Without its list it would not be covered, and its digest is another one.
    let unlisted = signed.replace("PrefixList=\"xs\"", "PrefixList=\"\"");
    assert!(answer(&posted(&unlisted), &strict()).is_err());
}

#[test]
fn attack_s05_a_comment_shortens_no_name() {
    let issuer = request(&[], "").replace(SP, &format!("{SP}<!-- -->.evil.example"));
    assert_eq!(
        refused(&redirected(&issuer), &provider()),
        Refused::Xml(XmlError::Comment("Issuer".into()))
    );
    // A comment is not signed: it may be put in on the way.
    let subject = format!(
        "<saml:Subject xmlns:saml=\"{SAML}\"><saml:NameID>ann@acme.example.evil.example</saml:NameID></saml:Subject>"
    );
    let good = SP_EC.signed("_r1", &request(&[], &format!("{{}}{subject}")));
    assert!(answer(&posted(&good), &strict()).is_ok());
    let cut = good.replace("acme.example", "acme.example<!-- x -->");
    assert_eq!(
        refused(&posted(&cut), &strict()),
        Refused::Xml(XmlError::Comment("NameID".into()))
    );
}

#[test]
fn attack_s06_no_document_type_and_no_bomb() {
    let text = request(&[], "");
    let lol =
        "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\">]>";
    let file = "<!DOCTYPE x SYSTEM \"file:///etc/passwd\">";
    for doctype in [
        lol,
        file,
        "<!DOCTYPE x>",
        "<!-- --><!DOCTYPE x>",
        "\n<!DOCTYPE x>",
    ] {
        for received in [
            redirected(&format!("{doctype}{text}")),
            posted(&format!("{doctype}{text}")),
        ] {
            assert_eq!(
                refused(&received, &provider()),
                Refused::Xml(XmlError::Doctype)
            );
        }
    }
    let deep = format!("{}{}", "<a>".repeat(20_000), "</a>".repeat(20_000));
    let wide = format!("<a>{}</a>", "<b/>".repeat(30_000));
    let many: String = (0..9_000).map(|n| format!(" a{n}=''")).collect();
    for (bomb, why) in [
        (deep.as_str(), XmlError::TooDeep),
        (&wide, XmlError::TooMany("elements")),
        (&format!("<a{many}/>"), XmlError::TooMany("attributes")),
    ] {
        let received = Received::redirect(format!("SAMLRequest={}", deflated(bomb)).as_bytes());
        match received {
            Ok(received) => assert_eq!(refused(&received, &provider()), Refused::Xml(why)),
            Err(why) => assert_eq!(why, BindingError::Inflated),
        }
    }
}
