//! Attacks on an identity provider that takes requests, by the rows of `reference/attacks.md`. Those on responses
//! (S7, S8, S10) are for whoever takes them; S9, S15, S18 and S20 are for whoever keeps state.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use protocol::saml::binding::BindingError;
use protocol::saml::encryption::{Cipher, EncryptionKey};
use protocol::saml::signature::{
    CertificateError, SignatureAlgorithm, SignatureError, VerifyingKey,
};
use protocol::saml::{AuthnRequest, Message, Received, Refusal, Refused, ServiceProvider};

use crate::saml_party::{
    RSA_SHA256, SP_EC, SP_RSA, SSO, deflated, encoded, info, location, posted, provider, reception,
    redirected, request,
};

pub fn answer(received: &Received, provider: &ServiceProvider) -> Result<AuthnRequest, Refused> {
    let message = Message::read(received)?;
    match AuthnRequest::parse(&message, provider, &reception(&location(SSO))) {
        Ok(request) => Ok(request),
        Err(Refusal::Shown(why)) => Err(why),
        Err(Refusal::Replied { to, .. }) => panic!("answered at {to:?}"),
    }
}

pub fn refused(received: &Received, provider: &ServiceProvider) -> Refused {
    answer(received, provider).expect_err("it is refused")
}

/// One that has to sign.
pub fn provider_that_signs() -> ServiceProvider {
    let mut provider = provider();
    provider.signs_requests = true;
    provider
}

#[test]
fn attack_s11_an_answer_goes_to_a_registered_address_alone() {
    for other in [
        "https://sp.example/acs/",
        "https://sp.example/acs?x",
        "https://sp.example/acs#x",
        "https://sp.example/ACS",
        "https://SP.example/acs",
        "https://sp.example:443/acs",
        "https://sp.example/./acs",
        "https://sp.example/acs/../acs",
        "https://sp.example/%61cs",
        "https://sp.example/acs%00",
        "https://sp.example.evil.example/acs",
        "https://evil.example/acs?https://sp.example/acs",
        "https://sp.example@evil.example/acs",
        "https://sp.example\\@evil.example/acs",
        "http://sp.example/acs",
        "//sp.example/acs",
        " https://sp.example/acs",
        "https://sp.example/acs ",
        "javascript:alert(1)//https://sp.example/acs",
        "https://sp.example/*",
        "https://*.example/acs",
    ] {
        let text = request(&[("AssertionConsumerServiceURL", other)], "");
        assert_eq!(
            refused(&redirected(&text), &provider()),
            Refused::Consumer,
            "{other}"
        );
    }
    // Signed or not: what is not registered is not answered.
    let signed = SP_EC.signed(
        "_r1",
        &request(
            &[("AssertionConsumerServiceURL", "https://evil.example/")],
            "{}",
        ),
    );
    assert_eq!(refused(&posted(&signed), &provider()), Refused::Consumer);
    let nowhere = ServiceProvider::new(provider().entity_id, Vec::new());
    let text = request(&[("AssertionConsumerServiceURL", "")], "");
    assert_eq!(refused(&redirected(&text), &nowhere), Refused::Consumer);
}

#[test]
fn attack_s12_a_request_that_must_be_signed_is() {
    let text = request(&[], "");
    for received in [redirected(&text), posted(&text)] {
        assert_eq!(
            refused(&received, &provider_that_signs()),
            Refused::Signature(SignatureError::Unsigned)
        );
        assert!(answer(&received, &provider()).is_ok());
    }
    // A wrong signature is refused where none is demanded as well.
    let wrong = SP_EC
        .query(&[("SAMLRequest", &deflated(&text))])
        .replace("Signature=", "Signature=AAAA");
    let wrong = Received::redirect(wrong.as_bytes()).unwrap();
    assert_eq!(
        refused(&wrong, &provider()),
        Refused::Signature(SignatureError::Wrong)
    );
    let mut unknown = provider();
    unknown.signing_keys.clear();
    let signed =
        Received::redirect(SP_EC.query(&[("SAMLRequest", &deflated(&text))]).as_bytes()).unwrap();
    assert_eq!(
        refused(&signed, &unknown),
        Refused::Signature(SignatureError::NoKey)
    );
    let embedded = redirected(&SP_EC.signed("_r1", &request(&[], "{}")));
    assert_eq!(
        refused(&embedded, &provider()),
        Refused::Binding(BindingError::SignedTwice)
    );
}

#[test]
fn attack_s12_a_query_is_verified_as_it_came() {
    let read = |query: &str| {
        answer(
            &Received::redirect(query.as_bytes())?,
            &provider_that_signs(),
        )
    };
    let message = deflated(&request(&[], ""));
    // In lower case, in which nobody would encode it again.
    let lower = message
        .replace("%2B", "%2b")
        .replace("%2F", "%2f")
        .replace("%3D", "%3d");
    let good = SP_RSA.query(&[("SAMLRequest", &lower), ("RelayState", "a%20b")]);
    assert!(read(&good).unwrap().is_signed);
    // In another order, with parameters that are not ours: what is covered has one order.
    let parts: Vec<&str> = good.split('&').collect();
    let turned = format!("x=1&{}&{}&y&{}&{}", parts[3], parts[2], parts[1], parts[0]);
    assert!(read(&turned).unwrap().is_signed);
    let wrong = Refused::Signature(SignatureError::Wrong);
    for (what, changed) in [
        ("encoded again", good.replace("a%20b", "a+b")),
        (
            "of another case",
            good.replace("%2b", "%2B")
                .replace("%2f", "%2F")
                .replace("%3d", "%3D"),
        ),
        ("without the state", good.replace("&RelayState=a%20b", "")),
        ("with another state", good.replace("a%20b", "c")),
        (
            "with another message",
            good.replace(&lower, &deflated(&request(&[("ID", "_r2")], ""))),
        ),
    ] {
        assert_ne!(changed, good, "{what}");
        assert_eq!(read(&changed).expect_err("refused"), wrong, "{what}");
    }
    let unstated = SP_RSA.query(&[("SAMLRequest", &message)]);
    assert_eq!(
        read(&format!("{unstated}&RelayState=x")).expect_err("refused"),
        wrong
    );
    for (added, why) in [
        ("&SAMLRequest=x", BindingError::Twice("SAMLRequest")),
        ("&SAML%52equest=x", BindingError::Twice("SAMLRequest")),
        ("&RelayState=", BindingError::Twice("RelayState")),
        ("&Sig%41lg=x", BindingError::Twice("SigAlg")),
        ("&SAMLResponse=x", BindingError::Message),
        ("&SAMLEncoding=none", BindingError::OtherEncoding),
        ("&%=x", BindingError::Encoding),
        ("&%ff=x", BindingError::Encoding),
    ] {
        let refused = read(&format!("{good}{added}")).expect_err("refused");
        assert_eq!(refused, Refused::Binding(why), "{added}");
    }
    // A name that is spelled otherwise is not read, even where there is no other.
    for (name, odd) in [
        ("SAMLRequest", "SAMLR%65quest"),
        ("RelayState", "RelayStat%65"),
    ] {
        let spelled = good.replace(&format!("{name}="), &format!("{odd}="));
        let why = Refused::Binding(BindingError::Twice(name));
        assert_eq!(read(&spelled).expect_err("refused"), why);
    }
    let half = good.split("&Signature=").next().unwrap();
    assert_eq!(
        read(half).expect_err("refused"),
        Refused::Binding(BindingError::HalfSigned)
    );
}

#[test]
fn attack_s13_weak_algorithms_have_no_name() {
    let covered = request(&[], "");
    let message = deflated(&covered);
    for weak in [
        "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
        "http://www.w3.org/2000/09/xmldsig#dsa-sha1",
        "http://www.w3.org/2000/09/xmldsig#hmac-sha1",
        "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256",
        "http://www.w3.org/2001/04/xmldsig-more#rsa-md5",
        "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1",
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha224",
        "",
        "none",
    ] {
        assert_eq!(
            SignatureAlgorithm::named(weak),
            Err(SignatureError::Algorithm)
        );
        let text = request(&[], &SP_RSA.signature_of(&info("_r1", weak, &covered)));
        let why = Refused::Signature(SignatureError::Algorithm);
        assert_eq!(refused(&posted(&text), &provider()), why, "{weak}");
        let query = SP_RSA
            .query(&[("SAMLRequest", &message)])
            .replace(&encoded(RSA_SHA256), &encoded(weak));
        let received = Received::redirect(query.as_bytes()).unwrap();
        assert_eq!(refused(&received, &provider()), why, "{weak}");
    }
    // A weak digest beneath a strong signature.
    let sha1 = info("_r1", RSA_SHA256, &covered).replace(
        "http://www.w3.org/2001/04/xmlenc#sha256",
        "http://www.w3.org/2000/09/xmldsig#sha1",
    );
    let text = request(&[], &SP_RSA.signature_of(&sha1));
    assert_eq!(
        refused(&posted(&text), &provider()),
        Refused::Signature(SignatureError::Algorithm)
    );
    // The algorithm of the other key, and the length of an HMAC.
    let crossed = request(&[], &SP_EC.signature_of(&info("_r1", RSA_SHA256, &covered)));
    assert_eq!(
        refused(&posted(&crossed), &provider()),
        Refused::Signature(SignatureError::Wrong)
    );
    let cut = info("_r1", RSA_SHA256, &covered).replace(
        &format!("{RSA_SHA256}\">"),
        &format!("{RSA_SHA256}\"><ds:HMACOutputLength>1</ds:HMACOutputLength>"),
    );
    let text = request(&[], &SP_RSA.signature_of(&cut));
    assert_eq!(
        refused(&posted(&text), &provider()),
        Refused::Signature(SignatureError::Form("its method"))
    );
}

/// The certificate in the message is the attacker's; nobody looks at it.
#[test]
fn attack_s13_a_message_brings_no_key() {
    let attacker = crate::saml_party::Party::new(protocol::jose::Algorithm::Es256);
    let certificate = STANDARD.encode(attacker.certificate());
    let key_info = format!(
        "<ds:KeyInfo><ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>"
    );
    let signed = attacker.signed("_r1", &request(&[], "{}"));
    let signed = signed.replace("</ds:Signature>", &format!("{key_info}</ds:Signature>"));
    assert_eq!(
        refused(&posted(&signed), &provider()),
        Refused::Signature(SignatureError::Wrong)
    );
}

#[test]
fn attack_s14_cbc_and_pkcs1_have_no_name() {
    for old in [
        "http://www.w3.org/2001/04/xmlenc#aes128-cbc",
        "http://www.w3.org/2001/04/xmlenc#aes256-cbc",
        "http://www.w3.org/2001/04/xmlenc#tripledes-cbc",
        "http://www.w3.org/2001/04/xmlenc#rsa-1_5",
    ] {
        assert_eq!(Cipher::named(old), None, "{old}");
    }
    // A curve encrypts nothing, and what is no certificate neither.
    let curve = EncryptionKey::from_der(SP_EC.certificate());
    assert_eq!(curve, Err(CertificateError::UnknownKey));
    assert_eq!(EncryptionKey::from_der(b""), Err(CertificateError::Length));
    assert_eq!(
        EncryptionKey::from_base64("A"),
        Err(CertificateError::Encoding)
    );
    assert_eq!(
        EncryptionKey::from_base64("AAAA"),
        Err(CertificateError::Unreadable)
    );
    let two = [SP_RSA.certificate(), SP_RSA.certificate()].concat();
    assert_eq!(
        VerifyingKey::from_der(&two),
        Err(CertificateError::Unreadable)
    );
}

#[test]
fn attack_s19_a_message_that_inflates_is_bounded() {
    let bomb = deflated(&" ".repeat(8 << 20));
    assert!(bomb.len() < 16 << 10);
    let received = Received::redirect(format!("SAMLRequest={bomb}").as_bytes());
    assert_eq!(received.err(), Some(BindingError::Inflated));
    let long = format!("SAMLRequest={}", "A".repeat(64 << 10));
    assert_eq!(
        Received::redirect(long.as_bytes()).err(),
        Some(BindingError::TooLong)
    );
    let posted = format!(
        "SAMLRequest={}",
        encoded(&STANDARD.encode(" ".repeat(130 << 10)))
    );
    assert_eq!(
        Received::post(posted.as_bytes()).err(),
        Some(BindingError::TooLong)
    );
    let state = format!(
        "SAMLRequest={}&RelayState={}",
        deflated("<a/>"),
        "a".repeat(1_025)
    );
    assert_eq!(
        Received::redirect(state.as_bytes()).err(),
        Some(BindingError::RelayState)
    );
    let many = format!("SAMLRequest={}{}", deflated("<a/>"), "&a".repeat(32));
    assert_eq!(
        Received::redirect(many.as_bytes()).err(),
        Some(BindingError::Encoding)
    );
}
