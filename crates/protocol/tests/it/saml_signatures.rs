//! Signed documents of node-saml, python3-saml and SAML Raider: each is believed or refused as its folder
//! says. What they hold to be valid and we refuse is listed with the reason, and has to be refused for it.
//!
//! They are mostly responses, which an identity provider never reads; but their signatures are those that it
//! verifies on requests, and the way is the same.

use protocol::saml::signature::{CertificateError, SignatureError, VerifyingKey, verify};
use protocol::saml::xml::{Element, Limits, Space, Tree, XmlError};

use crate::saml_data::{bare, file, files, key};

/// What is signed in a document: the outermost element, and the assertion directly in it.
fn judge(text: &str, keys: &[VerifyingKey]) -> Result<[Result<(), SignatureError>; 2], XmlError> {
    let tree = Tree::read(text, &Limits::MESSAGE)?;
    let root = tree.root();
    let of = |element: Element<'_>| verify(element, keys).map(|_| ());
    let assertion = root.one(Space::Assertion, "Assertion")?;
    Ok([
        of(root),
        assertion.map_or(Err(SignatureError::Unsigned), of),
    ])
}

#[test]
fn attack_s13_node_saml_valid_signatures_are_believed_unless_they_are_of_sha1() {
    let Some(key) = key("node-saml/cert.pem") else {
        return;
    };
    let (mut believed, mut old) = (0, 0);
    for name in files("node-saml/signatures/valid") {
        let text = file(&format!("node-saml/signatures/valid/{name}")).unwrap();
        let both = judge(&text, std::slice::from_ref(&key)).unwrap();
        let signed = ["root-signed", "assertion-signed"].map(|part| name.contains(part));
        for (answer, signed) in both.into_iter().zip(signed) {
            match (signed, text.contains("#rsa-sha1")) {
                (false, _) => assert_eq!(answer, Err(SignatureError::Unsigned), "{name}"),
                (true, true) => {
                    assert_eq!(answer, Err(SignatureError::Algorithm), "{name}");
                    old += 1;
                }
                (true, false) => {
                    assert_eq!(answer, Ok(()), "{name}");
                    believed += 1;
                }
            }
        }
    }
    assert_eq!((believed, old), (5, 16));
}

#[test]
fn node_saml_invalid_signatures_are_refused() {
    let Some(key) = key("node-saml/cert.pem") else {
        return;
    };
    let names = files("node-saml/signatures/invalid");
    assert_eq!(names.len(), 20);
    for name in names {
        let text = file(&format!("node-saml/signatures/invalid/{name}")).unwrap();
        match judge(&text, std::slice::from_ref(&key)) {
            Err(why) => assert_eq!(why, XmlError::Malformed, "{name}"),
            Ok([root, assertion]) => assert!(root.is_err() && assertion.is_err(), "{name}"),
        }
    }
}

#[test]
fn signed_metadata_of_node_saml_is_believed() {
    let Some(key) = key("node-saml/acme_tools_com.cert") else {
        return;
    };
    let text = file("node-saml/signedMetadata.xml").unwrap();
    let tree = Tree::read(&text, &Limits::METADATA).unwrap();
    assert!(verify(tree.root(), std::slice::from_ref(&key)).is_ok());
    for changed in [
        text.replace("entityID=\"", "entityID=\"x"),
        text.replace(
            "WantAssertionsSigned=\"true\"",
            "WantAssertionsSigned=\"false\"",
        ),
    ] {
        assert_ne!(changed, text);
        let tree = Tree::read(&changed, &Limits::METADATA).unwrap();
        let refused = verify(tree.root(), std::slice::from_ref(&key)).err();
        assert_eq!(refused, Some(SignatureError::Changed));
    }
}

/// It is refused while another key is registered, or none, although it brings the right one along. What ADFS
/// signed was printed anew for its folder, and is changed.
#[test]
fn attack_s13_a_key_that_a_message_brings_is_not_taken() {
    let name = "response.root-unsigned.assertion-signed.1advice-signed.xml";
    let Some(text) = file(&format!("node-saml/signatures/valid/{name}")) else {
        return;
    };
    let own = key("node-saml/cert.pem").unwrap();
    let other = key("SAMLRaider/test-resources/samlwin.pem").unwrap();
    let assertion = |keys: &[VerifyingKey]| judge(&text, keys).unwrap()[1].clone();
    assert_eq!(assertion(&[]), Err(SignatureError::NoKey));
    assert_eq!(
        assertion(std::slice::from_ref(&other)),
        Err(SignatureError::Wrong)
    );
    assert_eq!(assertion(&[other, own]), Ok(()));
    let text = file("python3-saml/responses/adfs_response.xml.base64").unwrap();
    let (_, behind) = text.split_once("X509Certificate>").unwrap();
    let (certificate, _) = behind.split_once('<').unwrap();
    let own = VerifyingKey::from_base64(certificate).unwrap();
    let refused = judge(&text, &[own]).unwrap();
    assert_eq!(
        refused,
        [Err(SignatureError::Unsigned), Err(SignatureError::Wrong)]
    );
}

/// All of python3-saml is signed with SHA-1 and keys of 1,024 bits: valid there, and refused here, as is
/// what is invalid there.
#[test]
fn attack_s01_s13_nothing_of_python3_saml_is_believed() {
    let Some(pem) = file("python3-saml/customPath/certs/idp.crt") else {
        return;
    };
    let small = VerifyingKey::from_base64(&bare(&pem));
    assert!(matches!(small, Err(CertificateError::Rsa(_))), "{small:?}");
    let keys = [key("node-saml/cert.pem").unwrap()];
    let mut seen = 0;
    for folder in ["python3-saml/responses", "python3-saml/responses/invalids"] {
        for name in files(folder) {
            let Some(text) = file(&format!("{folder}/{name}")) else {
                continue;
            };
            seen += 1;
            if let Ok(both) = judge(&text, &keys) {
                assert!(both.iter().all(Result::is_err), "{folder}/{name}");
            }
        }
    }
    assert_eq!(seen, 83);
}

/// The same ID twice, several assertions, a signed assertion moved aside, elements and comments within a name.
#[test]
fn attack_s01_s04_s05_wrapped_documents_are_refused() {
    for name in ["signature_wrapping_attack", "signature_wrapping_attack2"] {
        let Some(text) = file(&format!(
            "python3-saml/responses/invalids/{name}.xml.base64"
        )) else {
            return;
        };
        let keys = [key("node-saml/cert.pem").unwrap()];
        let refused = match judge(&text, &keys) {
            Err(XmlError::Twice("Assertion") | XmlError::DuplicateId) => true,
            Ok(both) => both.iter().all(Result::is_err),
            Err(_) => false,
        };
        assert!(refused, "{name}");
    }
    let name = "python3-saml/responses/response_node_text_attack.xml.base64";
    let text = file(name).unwrap();
    let tree = Tree::read(&text, &Limits::MESSAGE).unwrap();
    let assertion = tree
        .root()
        .one(Space::Assertion, "Assertion")
        .unwrap()
        .unwrap();
    let subject = assertion.one(Space::Assertion, "Subject").unwrap().unwrap();
    let name = subject.one(Space::Assertion, "NameID").unwrap().unwrap();
    assert_eq!(name.text(), Err(XmlError::Comment("NameID".into())));
}

#[test]
fn attack_s06_a_document_type_is_refused() {
    let Some(text) = file("SAMLRaider/samltest/xxe_test.xml") else {
        return;
    };
    let refused = Tree::read(&text, &Limits::MESSAGE).err();
    assert_eq!(refused, Some(XmlError::Doctype));
}
