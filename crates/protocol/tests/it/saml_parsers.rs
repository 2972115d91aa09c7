//! The readers of SAML take any bytes and never panic; and whatever is made of a signed message, what is
//! taken for signed says what was signed.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use protocol::saml::authn::NameIdPolicy;
use protocol::saml::encryption::EncryptionKey;
use protocol::saml::logout::{LogoutOutcome, LogoutRequest};
use protocol::saml::metadata;
use protocol::saml::signature::{VerifyingKey, verify};
use protocol::saml::xml::{Element, Limits, Tree};
use protocol::saml::{
    AuthnRequest, EntityId, Location, Message, Received, Refusal, ServiceProvider,
};

use crate::saml_metadata::demands;
use crate::saml_party::{
    ACS, SAML, SP_EC, SP_RSA, SSO, deflated, encoded, location, message, provider, reception,
    request,
};
use crate::scim_parsers::{Dice, Parser, rounds, spoil};

/// A service provider that has to sign.
static STRICT: LazyLock<ServiceProvider> = LazyLock::new(|| {
    let mut provider = provider();
    provider.signs_requests = true;
    provider
});
static LAX: LazyLock<ServiceProvider> = LazyLock::new(provider);

/// A request that was signed says this, and nothing else.
fn is_the_signed_one(read: &AuthnRequest) {
    assert!(read.is_signed && !read.force_authn && read.is_passive);
    assert_eq!(
        (read.id.as_str(), read.reply_to.location().as_str()),
        ("_r1", ACS)
    );
    assert_eq!(read.name_id, NameIdPolicy::default());
    let subject = read.subject.as_ref().and_then(|name| name.value.known());
    assert_eq!(subject.map(String::as_str), Some("ann@acme.example"));
    assert!(read.context.is_none() && read.attribute_service.is_none());
}

fn all_of(received: &Received) {
    let Ok(message) = Message::read(received) else {
        return;
    };
    let sso = location(SSO);
    let at = reception(&sso);
    if let Ok(read) = AuthnRequest::parse(&message, &STRICT, &at) {
        is_the_signed_one(&read);
    }
    match AuthnRequest::parse(&message, &LAX, &at) {
        Ok(read) if read.is_signed => is_the_signed_one(&read),
        Ok(AuthnRequest { reply_to: to, .. }) | Err(Refusal::Replied { to, .. }) => {
            // Whoever is answered is answered where they registered.
            let mut all = LAX.consumers.iter();
            assert!(all.any(|one| one.location == *to.location()));
        }
        Err(Refusal::Shown(why)) => assert!(!why.to_string().is_empty()),
    }
    if let Ok(read) = LogoutRequest::parse(&message, &LAX, &at) {
        assert_eq!(read.name_id.value.known().map(String::as_str), Some("ann"));
        assert_eq!(read.sessions, ["s-1"]);
    }
    drop(LogoutOutcome::parse(&message, &LAX, &at, "_r1"));
}

fn walk(element: Element<'_>) {
    drop(element.text());
    drop(verify(element, &LAX.signing_keys));
    element.children().for_each(walk);
}

pub const PARSERS: [(&str, Parser); 5] = [
    ("XML", |bytes| {
        if let Ok(tree) = Tree::read_bytes(bytes, &Limits::MESSAGE) {
            walk(tree.root());
        }
    }),
    ("message", |bytes| {
        let body = format!("SAMLRequest={}", encoded(&STANDARD.encode(bytes)));
        if let Ok(received) = Received::post(body.as_bytes()) {
            all_of(&received);
        }
    }),
    ("query and body", |bytes| {
        let both = [Received::redirect(bytes), Received::post(bytes)];
        both.iter().flatten().for_each(all_of);
    }),
    ("metadata", |bytes| {
        let keys = [SP_RSA.key()];
        for signed_by in [None, Some(&keys[..])] {
            let mut demands = demands();
            demands.signed_by = signed_by;
            if let Ok(read) = metadata::read(bytes, &demands) {
                assert!(!read.provider.consumers.is_empty());
                assert!(signed_by.is_none() || read.provider.consumers[0].location.as_str() == ACS);
            }
        }
    }),
    ("certificates and names", |bytes| {
        drop(VerifyingKey::from_der(bytes));
        drop(EncryptionKey::from_der(bytes));
        let text = String::from_utf8_lossy(bytes);
        drop(VerifyingKey::from_base64(&text));
        drop(EncryptionKey::from_base64(&text));
        drop(EntityId::new(&text));
        if let Ok(location) = Location::new(&text) {
            assert!(text.to_ascii_lowercase().starts_with("http") && location.equals(&text));
        }
    }),
];

static CORPUS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let subject = format!(
        "<saml:Subject xmlns:saml=\"{SAML}\"><saml:NameID>ann@acme.example</saml:NameID></saml:Subject>"
    );
    let passive = [("IsPassive", "true")];
    let whole = request(&passive, &format!("{{}}{subject}"));
    let bare = whole.replace("{}", "");
    let name = format!(
        "<saml:NameID xmlns:saml=\"{SAML}\">ann</saml:NameID><samlp:SessionIndex>s-1</samlp:SessionIndex>"
    );
    let logout = message("LogoutRequest", &[], &[], &format!("{{}}{name}"));
    let metadata = format!(
        "<md:EntityDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" ID=\"_m\" entityID=\"https://sp.example\">{{}}<md:SPSSODescriptor protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\">\
         <md:AssertionConsumerService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\" Location=\"{ACS}\" index=\"0\"></md:AssertionConsumerService></md:SPSSODescriptor></md:EntityDescriptor>"
    );
    vec![
        SP_EC.signed("_r1", &whole),
        SP_RSA.signed("_r1", &logout),
        SP_RSA.signed("_m", &metadata),
        SP_EC.query(&[("SAMLRequest", &deflated(&bare)), ("RelayState", "r%26s")]),
        format!("SAMLRequest={}&RelayState=x", encoded(&STANDARD.encode(SP_EC.signed("_r1", &whole)))),
        "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>".to_owned(),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><!-- x --><a xml:id='x' ID=\"y\"><![CDATA[z]]><?p q?>&#x41;&amp;</a>".to_owned(),
        "<samlp:RequestedAuthnContext Comparison=\"better\"></samlp:RequestedAuthnContext>".to_owned(),
        STANDARD.encode(SP_RSA.certificate()),
        "https://sp.example:8443/acs?a=b".to_owned(),
    ]
});

#[test]
fn attack_s01_s02_no_reader_of_saml_panics_or_believes_spoiled_input() {
    let corpus: Vec<&str> = CORPUS.iter().map(String::as_str).collect();
    for (name, parser) in PARSERS {
        for seed in &corpus {
            parser(seed.as_bytes());
        }
        for round in 0..rounds() {
            let mut dice = Dice(0x9e37_79b9_7f4a_7c15 ^ (round as u64 + 1));
            let mut input = corpus[dice.roll(corpus.len())].as_bytes().to_vec();
            for _ in 0..=dice.roll(6) {
                spoil(&mut input, &mut dice, &corpus);
            }
            let result = std::panic::catch_unwind(|| parser(&input));
            let shown = String::from_utf8_lossy(&input).into_owned();
            assert!(result.is_ok(), "{name}, round {round}: {shown}");
        }
    }
}

/// What the corpus stands on: unspoiled, it is taken.
#[test]
fn the_corpus_is_good() {
    let body = format!("SAMLRequest={}", encoded(&STANDARD.encode(&CORPUS[0])));
    let by_query = Received::redirect(CORPUS[3].as_bytes()).unwrap();
    for received in [Received::post(body.as_bytes()).unwrap(), by_query] {
        let message = Message::read(&received).unwrap();
        let sso = location(SSO);
        is_the_signed_one(&AuthnRequest::parse(&message, &STRICT, &reception(&sso)).unwrap());
    }
    let keys = [SP_RSA.key()];
    let mut demands = demands();
    demands.signed_by = Some(&keys);
    assert!(metadata::read(CORPUS[2].as_bytes(), &demands).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_reader_of_saml_panics_on_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        for (_, parser) in PARSERS {
            parser(&bytes);
        }
    }

    #[test]
    fn no_reader_of_saml_panics_on_text_of_its_alphabet(
        text in "(<|>|/|\"|=|&|;|!|-|\\?|\\[|\\]|:|ID|a|xmlns|ds:Signature|samlp:AuthnRequest| ){0,60}",
    ) {
        for (_, parser) in PARSERS {
            parser(text.as_bytes());
        }
    }
}
