//! Responses: read as a service provider reads them, by the same door and, where it matters, by hand.

use std::time::Duration;

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::rsa::{
    OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey, PrivateDecryptingKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::Timestamp;
use protocol::saml::binding::PostForm;
use protocol::saml::encryption::{CHANCE, Cipher, EncryptionKey, Transport};
use protocol::saml::response::{
    Attribute, NameFormat, Sealing, SignIn, Signs, Success, WriteError, refusal, success,
};
use protocol::saml::signature::{SignatureError, verify};
use protocol::saml::xml::{Element, Limits, Space, Tree};
use protocol::saml::{
    EntityId, MessageId, NameId, NameIdFormat, RelayState, ReplyTo, Status, StatusDetail,
};

use crate::saml_party::{ACS, IDP_EC, IDP_RSA, Party, SP, SP_RSA, at, posted, provider, request};
use crate::saml_requests::parse;

const IDP: &str = "https://id.example/saml";
const NOW: &str = "2026-02-03T04:06:06.5Z";

/// What a response is made of.
struct Case {
    issuer: EntityId,
    ids: [MessageId; 2],
    name: NameId,
    now: Timestamp,
    values: Vec<&'static str>,
}

impl Case {
    fn new() -> Self {
        Self {
            issuer: EntityId::new(IDP).unwrap(),
            ids: [1, 2].map(|n| MessageId::from_chance([n; 20])),
            name: NameId::new(NameIdFormat::Persistent, "p-1".to_owned()),
            now: at(NOW),
            values: vec!["<Sales> & \"more\"", "ü"],
        }
    }

    fn with<T>(
        &self,
        signs: Signs,
        sealing: Option<Sealing<'_>>,
        then: impl FnOnce(&Success<'_>) -> T,
    ) -> T {
        let attributes = [
            Attribute {
                name: "urn:oid:2.5.4.11",
                format: NameFormat::Uri,
                friendly_name: Some("ou"),
                values: &self.values,
            },
            Attribute {
                name: "none",
                format: NameFormat::Basic,
                friendly_name: None,
                values: &[],
            },
        ];
        let sign_in = SignIn {
            name_id: &self.name,
            session_index: "s-1",
            authenticated_at: at("2026-02-03T04:00:00Z"),
            context_class: "urn:oasis:names:tc:SAML:2.0:ac:classes:X509",
            session_ends_at: Some(at("2026-02-03T12:00:00Z")),
            attributes: &attributes,
        };
        then(&Success {
            issuer: &self.issuer,
            response_id: &self.ids[0],
            assertion_id: &self.ids[1],
            now: self.now,
            skew: Duration::from_secs(60),
            life: Duration::from_secs(300),
            sign_in,
            signs,
            sealing,
        })
    }
}

/// The right to answer a request.
fn asked() -> ReplyTo {
    parse(&posted(&request(&[], "")), &provider())
        .unwrap()
        .reply_to
}

fn xml(form: &PostForm) -> String {
    assert_eq!(form.action, ACS);
    let (name, value) = &form.fields[0];
    assert_eq!(*name, "SAMLResponse");
    String::from_utf8(STANDARD.decode(value).unwrap()).unwrap()
}

fn answered(signs: Signs, by: &Party) -> String {
    let form = Case::new().with(signs, None, |all| success(&asked(), all, &by.credential()));
    let form = form.unwrap();
    assert_eq!(form.fields[1], ("RelayState", "r&s".to_owned()));
    xml(&form)
}

fn assertion(root: Element<'_>) -> Element<'_> {
    root.one(Space::Assertion, "Assertion").unwrap().unwrap()
}

#[test]
fn a_response_is_what_the_profile_demands() {
    let text = answered(Signs::Response, &IDP_EC);
    let begins = text.find("<ds:Signature>").unwrap();
    let ends = text.find("</ds:Signature>").unwrap() + "</ds:Signature>".len();
    let bare = format!("{}{}", &text[..begins], &text[ends..]);
    let [response, assertion] = [
        "_".to_owned() + &"01".repeat(20),
        "_".to_owned() + &"02".repeat(20),
    ];
    let want = format!(
        "<samlp:Response xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" \
         xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" Destination=\"{ACS}\" ID=\"{response}\" InResponseTo=\"_r1\" \
         IssueInstant=\"2026-02-03T04:06:06Z\" Version=\"2.0\"><saml:Issuer>{IDP}</saml:Issuer>\
         <samlp:Status><samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\"/></samlp:Status>\
         <saml:Assertion ID=\"{assertion}\" IssueInstant=\"2026-02-03T04:06:06Z\" Version=\"2.0\"><saml:Issuer>{IDP}</saml:Issuer>\
         <saml:Subject><saml:NameID Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:persistent\">p-1</saml:NameID>\
         <saml:SubjectConfirmation Method=\"urn:oasis:names:tc:SAML:2.0:cm:bearer\"><saml:SubjectConfirmationData \
         InResponseTo=\"_r1\" NotOnOrAfter=\"2026-02-03T04:11:06Z\" Recipient=\"{ACS}\"/></saml:SubjectConfirmation></saml:Subject>\
         <saml:Conditions NotBefore=\"2026-02-03T04:05:06Z\" NotOnOrAfter=\"2026-02-03T04:11:06Z\"><saml:AudienceRestriction>\
         <saml:Audience>{SP}</saml:Audience></saml:AudienceRestriction></saml:Conditions>\
         <saml:AuthnStatement AuthnInstant=\"2026-02-03T04:00:00Z\" SessionIndex=\"s-1\" SessionNotOnOrAfter=\"2026-02-03T12:00:00Z\">\
         <saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:X509</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>\
         <saml:AttributeStatement><saml:Attribute Name=\"urn:oid:2.5.4.11\" NameFormat=\"urn:oasis:names:tc:SAML:2.0:attrname-format:uri\" FriendlyName=\"ou\">\
         <saml:AttributeValue>&lt;Sales&gt; &amp; &quot;more&quot;</saml:AttributeValue><saml:AttributeValue>ü</saml:AttributeValue></saml:Attribute>\
         </saml:AttributeStatement></saml:Assertion></samlp:Response>"
    );
    assert_eq!(bare, want);
    // The signature stands behind the issuer (SAML Core §3.2.2).
    assert!(text[..begins].ends_with(&format!("<saml:Issuer>{IDP}</saml:Issuer>")));
}

#[test]
fn what_is_signed_is_verified_and_nothing_else() {
    for by in [&*IDP_RSA, &*IDP_EC] {
        let keys = [by.key()];
        for (signs, whole, inner) in [
            (Signs::Both, true, true),
            (Signs::Response, true, false),
            (Signs::Assertion, false, true),
        ] {
            let text = answered(signs, by);
            let tree = Tree::read(&text, &Limits::MESSAGE).unwrap();
            for (element, signed) in [(tree.root(), whole), (assertion(tree.root()), inner)] {
                let answer = verify(element, &keys).map(|found| found.element() == element);
                let want = if signed {
                    Ok(true)
                } else {
                    Err(SignatureError::Unsigned)
                };
                assert_eq!(answer, want, "{signs:?}");
                let other = verify(element, &[SP_RSA.key()]).err();
                let want = if signed {
                    SignatureError::Wrong
                } else {
                    SignatureError::Unsigned
                };
                assert_eq!(other, Some(want), "{signs:?}");
            }
            let changed = text.replace("&lt;Sales&gt;", "&lt;Admin&gt;");
            let tree = Tree::read(&changed, &Limits::MESSAGE).unwrap();
            for element in [tree.root(), assertion(tree.root())] {
                let refused = verify(element, &keys).err();
                assert!(matches!(
                    refused,
                    Some(SignatureError::Changed | SignatureError::Unsigned)
                ));
            }
        }
    }
}

/// The assertion goes on counting when it is taken out of the response, with the namespaces of it alone.
#[test]
fn an_assertion_stands_by_itself() {
    let text = answered(Signs::Both, &IDP_RSA);
    let begins = text.find("<saml:Assertion ").unwrap();
    let ends = text.find("</saml:Assertion>").unwrap() + "</saml:Assertion>".len();
    let spaces = " xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"";
    let alone =
        text[begins..ends].replacen("<saml:Assertion", &format!("<saml:Assertion{spaces}"), 1);
    let tree = Tree::read(&alone, &Limits::MESSAGE).unwrap();
    assert!(verify(tree.root(), &[IDP_RSA.key()]).is_ok());
}

#[test]
fn an_answer_without_a_request_says_no_request() {
    let state = RelayState::new("/deep").unwrap();
    let to = ReplyTo::unasked(&provider(), state).unwrap();
    let form = Case::new().with(Signs::Both, None, |all| {
        success(&to, all, &IDP_EC.credential())
    });
    let form = form.unwrap();
    assert_eq!(form.fields[1].1, "/deep");
    assert!(!xml(&form).contains("InResponseTo"));
    let mut nowhere = provider();
    nowhere.consumers.clear();
    assert!(ReplyTo::unasked(&nowhere, None).is_none());
    assert_eq!(
        format!("{form:?} {to:?}"),
        format!("PostForm(..) ReplyTo({SP})")
    );
}

#[test]
fn a_refusal_says_why_and_signs_nobody_in() {
    let status = Status::responder(StatusDetail::NoPassive, "the person would have to be asked");
    let case = Case::new();
    let ids = (&case.issuer, &case.ids[0], case.now);
    let form = refusal(&asked(), ids, &status, &IDP_RSA.credential()).unwrap();
    let text = xml(&form);
    let tree = Tree::read(&text, &Limits::MESSAGE).unwrap();
    assert!(verify(tree.root(), &[IDP_RSA.key()]).is_ok());
    let told = "<samlp:Status><samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Responder\">\
                <samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:NoPassive\"/></samlp:StatusCode>\
                <samlp:StatusMessage>the person would have to be asked</samlp:StatusMessage></samlp:Status>";
    assert!(
        text.contains(told) && text.contains("InResponseTo=\"_r1\""),
        "{text}"
    );
    assert!(!text.contains("Assertion>"));
}

#[test]
fn what_xml_cannot_hold_is_not_sent() {
    let mut case = Case::new();
    case.values = vec!["a\u{1}b"];
    for signs in [Signs::Both, Signs::Assertion, Signs::Response] {
        let refused = case.with(signs, None, |all| {
            success(&asked(), all, &IDP_EC.credential())
        });
        assert_eq!(refused, Err(WriteError::Unwritable));
    }
}

#[test]
fn an_encrypted_assertion_is_the_service_providers_alone() {
    for (cipher, transport) in [
        (Cipher::Aes256Gcm, Transport::OaepSha1),
        (Cipher::Aes128Gcm, Transport::OaepSha256),
    ] {
        let mut key = EncryptionKey::from_der(SP_RSA.certificate()).unwrap();
        (key.cipher, key.transport) = (cipher, transport);
        let mut chance = [0; CHANCE];
        aws_lc_rs::rand::fill(&mut chance).unwrap();
        let sealing = Sealing {
            key: &key,
            chance: &chance,
        };
        let form = Case::new().with(Signs::Both, Some(sealing), |all| {
            success(&asked(), all, &IDP_RSA.credential())
        });
        let text = xml(&form.unwrap());
        assert!(!text.contains("Sales") && !text.contains("p-1"));
        let tree = Tree::read(&text, &Limits::MESSAGE).unwrap();
        assert!(verify(tree.root(), &[IDP_RSA.key()]).is_ok());
        let inner = opened(tree.root(), transport, cipher);
        let tree = Tree::read(&inner, &Limits::MESSAGE).unwrap();
        assert!(tree.root().is(Space::Assertion, "Assertion"));
        assert!(verify(tree.root(), &[IDP_RSA.key()]).is_ok());
        assert!(inner.contains("Sales"));
    }
}

/// As a service provider decrypts.
fn opened(response: Element<'_>, transport: Transport, cipher: Cipher) -> String {
    let inner = |element: Element<'_>, names: &[(Space, &'static str)]| {
        let mut values = vec![STANDARD.decode(bytes_at(element, names)).unwrap()];
        values.pop().unwrap()
    };
    let data = [
        (Space::Assertion, "EncryptedAssertion"),
        (Space::Encryption, "EncryptedData"),
    ];
    let value = [
        (Space::Encryption, "CipherData"),
        (Space::Encryption, "CipherValue"),
    ];
    let key = [
        (Space::Signature, "KeyInfo"),
        (Space::Encryption, "EncryptedKey"),
    ];
    let sealed_key = inner(response, &[&data[..], &key, &value].concat());
    let mut sealed = inner(response, &[&data[..], &value].concat());
    let private = PrivateDecryptingKey::from_pkcs8(SP_RSA.pkcs8()).unwrap();
    let private = OaepPrivateDecryptingKey::new(private).unwrap();
    let algorithm = match transport {
        Transport::OaepSha1 => &OAEP_SHA1_MGF1SHA1,
        Transport::OaepSha256 => &OAEP_SHA256_MGF1SHA256,
    };
    let mut once = vec![0; private.min_output_size()];
    let once = private
        .decrypt(algorithm, &sealed_key, &mut once, None)
        .unwrap();
    let aead = match cipher {
        Cipher::Aes256Gcm => &AES_256_GCM,
        Cipher::Aes128Gcm => &AES_128_GCM,
    };
    let once = LessSafeKey::new(UnboundKey::new(aead, once).unwrap());
    let (nonce, sealed) = sealed.split_at_mut(12);
    let nonce = Nonce::try_assume_unique_for_key(nonce).unwrap();
    let plain = once.open_in_place(nonce, Aad::empty(), sealed).unwrap();
    String::from_utf8(plain.to_vec()).unwrap()
}

fn bytes_at(element: Element<'_>, names: &[(Space, &'static str)]) -> String {
    match names {
        [] => element.text().unwrap(),
        [(space, local), rest @ ..] => bytes_at(element.one(*space, local).unwrap().unwrap(), rest),
    }
}
