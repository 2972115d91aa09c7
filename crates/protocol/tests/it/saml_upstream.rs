//! The other side: responses of another identity provider, written and signed by hand; and everything that is not to be
//! believed of them (rows S1 to S10, S13 of `reference/attacks.md`).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use protocol::saml::signature::{SignatureError, VerifyingKey};
use protocol::saml::upstream::{Ask, Expected, Vouched, metadata};
use protocol::saml::xml::XmlError;
use protocol::saml::{
    AuthnRequest, Binding, EntityId, Message, MessageId, NameIdFormat, Received, Reception,
    Refused, ServiceProvider, logout::Outgoing,
};

use crate::saml_data::{file, files};
use crate::saml_party::{IDP_EC, IDP_RSA, SAML, SAMLP, SP_RSA, at, encoded, location, reception};

const IDP: &str = "https://idp.example/metadata";
const US: &str = "https://id.example/saml2/from/idp";
const ACS: &str = "https://id.example/saml2/from/idp/acs";
const SSO: &str = "https://idp.example/sso";

/// What is asked for: `_q1`, by us, within the last hour.
fn vouched(received: &Received, keys: &[VerifyingKey]) -> Result<Vouched, Refused> {
    let message = Message::read(received)?;
    let mut provider = ServiceProvider::new(EntityId::new(IDP).unwrap(), Vec::new());
    provider.signing_keys = keys.to_vec();
    let expected = Expected {
        audience: &EntityId::new(US).unwrap(),
        in_response_to: "_q1",
        since: at("2026-02-03T03:06:06Z"),
    };
    Vouched::read(&message, &provider, &reception(&location(ACS)), &expected)
}

fn posted(xml: &str) -> Received {
    let body = format!("SAMLResponse={}", encoded(&STANDARD.encode(xml)));
    Received::post(body.as_bytes()).unwrap()
}

fn read(xml: &str) -> Result<Vouched, Refused> {
    vouched(&posted(xml), &[IDP_EC.key()])
}

/// An assertion in canonical form, with `{}` where its signature belongs.
fn assertion(id: &str, name: &str) -> String {
    format!(
        "<saml:Assertion xmlns:saml=\"{SAML}\" ID=\"{id}\" IssueInstant=\"2026-02-03T04:05:06Z\" Version=\"2.0\">\
         <saml:Issuer>{IDP}</saml:Issuer>{{}}<saml:Subject><saml:NameID \
         Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:persistent\">{name}</saml:NameID>\
         <saml:SubjectConfirmation Method=\"urn:oasis:names:tc:SAML:2.0:cm:bearer\"><saml:SubjectConfirmationData \
         InResponseTo=\"_q1\" NotOnOrAfter=\"2026-02-03T04:10:06Z\" Recipient=\"{ACS}\">\
         </saml:SubjectConfirmationData></saml:SubjectConfirmation></saml:Subject><saml:Conditions \
         NotBefore=\"2026-02-03T04:02:06Z\" NotOnOrAfter=\"2026-02-03T04:10:06Z\"><saml:AudienceRestriction>\
         <saml:Audience>{US}</saml:Audience></saml:AudienceRestriction></saml:Conditions><saml:AuthnStatement \
         AuthnInstant=\"2026-02-03T04:05:06Z\"><saml:AuthnContext><saml:AuthnContextClassRef>\
         https://refeds.org/profile/mfa</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>\
         <saml:AttributeStatement><saml:Attribute Name=\"number\"><saml:AttributeValue>w001\
         </saml:AttributeValue></saml:Attribute></saml:AttributeStatement></saml:Assertion>"
    )
}

/// A response in canonical form with this in it, and with `{}` where its signature belongs.
fn response(inner: &str) -> String {
    format!(
        "<samlp:Response xmlns:samlp=\"{SAMLP}\" Destination=\"{ACS}\" ID=\"_p1\" InResponseTo=\"_q1\" \
         IssueInstant=\"2026-02-03T04:05:06Z\" Version=\"2.0\"><saml:Issuer xmlns:saml=\"{SAML}\">{IDP}\
         </saml:Issuer>{{}}<samlp:Status><samlp:StatusCode \
         Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\"></samlp:StatusCode></samlp:Status>{inner}\
         </samlp:Response>"
    )
}

/// What a provider sends that signs the assertion; one that signs the response, and one that signs both.
fn good() -> [String; 3] {
    let bare = assertion("_a1", "ana").replace("{}", "");
    let signed = IDP_EC.signed("_a1", &assertion("_a1", "ana"));
    [
        response(&signed).replacen("{}", "", 1),
        IDP_EC.signed("_p1", &response(&bare)),
        IDP_EC.signed("_p1", &response(&signed)),
    ]
}

#[test]
fn what_a_provider_vouches_for_is_read_as_it_signed_it() {
    for text in good() {
        let read = read(&text).unwrap();
        let name = read.name_id.unwrap();
        assert_eq!(name.format, Some(NameIdFormat::Persistent));
        assert_eq!(name.value.known().map(String::as_str), Some("ana"));
        assert_eq!(read.at, at("2026-02-03T04:05:06Z"));
        assert_eq!(
            read.class.as_deref(),
            Some("https://refeds.org/profile/mfa")
        );
        assert_eq!(read.attributes["number"], ["w001"]);
        let other = vouched(&posted(&text), &[IDP_RSA.key()]).unwrap_err();
        assert_eq!(other, SignatureError::Wrong.into());
        let none = vouched(&posted(&text), &[]).unwrap_err();
        assert_eq!(none, SignatureError::NoKey.into());
    }
}

/// A good response, but for what of its assertion was changed before that was signed.
fn changed(from: &str, to: &str) -> String {
    let text = assertion("_a1", "ana");
    assert!(text.contains(from), "{from}");
    let signed = IDP_EC.signed("_a1", &text.replacen(from, to, 1));
    response(&signed).replacen("{}", "", 1)
}

/// Each is signed after it was changed: it is refused for what it says.
#[test]
fn attack_s08_an_assertion_is_for_us_and_for_this_request() {
    let recipient = format!("Recipient=\"{ACS}\"");
    let audience = format!(">{US}<");
    let ends = " NotOnOrAfter=\"2026-02-03T04:10:06Z\" Recipient";
    for (from, to, why) in [
        (
            audience.as_str(),
            ">https://other.example<",
            Refused::Audience,
        ),
        (
            "<saml:AudienceRestriction>",
            "<saml:AudienceRestriction><saml:Audience>x</saml:Audience></saml:AudienceRestriction><saml:AudienceRestriction>",
            Refused::Audience,
        ),
        (
            "<saml:AudienceRestriction>",
            "<saml:Other></saml:Other><saml:AudienceRestriction>",
            Refused::Malformed("Conditions"),
        ),
        ("\"_q1\"", "\"_q2\"", Refused::InResponseTo),
        (" InResponseTo=\"_q1\"", "", Refused::InResponseTo),
        (
            recipient.as_str(),
            "Recipient=\"https://id.example/saml2/from/other/acs\"",
            Refused::Destination,
        ),
        (ends, " Recipient", Refused::Missing("NotOnOrAfter")),
        (
            "cm:bearer",
            "cm:sender-vouches",
            Refused::Malformed("SubjectConfirmation"),
        ),
        (IDP, "https://evil.example", Refused::OtherIssuer),
        ("Version=\"2.0\"", "Version=\"1.1\"", Refused::Version),
    ] {
        let read = read(&changed(from, to));
        assert_eq!(read.unwrap_err(), why, "{from} → {to}");
    }
}

#[test]
fn attack_s10_an_assertion_is_for_now() {
    let (confirmed, holds) = ("04:10:06Z\" Recipient", "04:10:06Z\"><saml:Aud");
    for (from, to) in [
        (confirmed, "04:03:06Z\" Recipient"),
        (holds, "04:03:06Z\"><saml:Aud"),
        (
            "NotBefore=\"2026-02-03T04:02",
            "NotBefore=\"2026-02-03T04:12",
        ),
        (
            "AuthnInstant=\"2026-02-03T04",
            "AuthnInstant=\"2026-02-03T02",
        ),
        (
            "AuthnInstant=\"2026-02-03T04",
            "AuthnInstant=\"2026-02-03T05",
        ),
        (
            "IssueInstant=\"2026-02-03T04",
            "IssueInstant=\"2026-02-03T03",
        ),
    ] {
        let read = read(&changed(from, to));
        assert_eq!(read.unwrap_err(), Refused::Time, "{from} → {to}");
    }
}

/// What stands around an assertion is held to the same, signed or not.
#[test]
fn attack_s08_a_response_is_for_us_and_for_this_request() {
    let [_, signed, _] = good();
    for (from, to) in [
        (ACS, "https://evil.example"),
        ("_q1", "_q2"),
        ("Success", "Responder"),
    ] {
        assert!(read(&signed.replacen(from, to, 1)).is_err(), "{to}");
    }
    let [bare, ..] = good();
    for (from, to, why) in [
        (ACS, "https://evil.example", Refused::Destination),
        ("\"_q1\"", "\"_q2\"", Refused::InResponseTo),
        ("status:Success", "status:Responder", Refused::Status),
        (IDP, "https://evil.example", Refused::OtherIssuer),
        (
            "samlp:Response",
            "samlp:LogoutResponse",
            Refused::Other("Response"),
        ),
    ] {
        let text = match from {
            "samlp:Response" => bare.replace(from, to),
            _ => bare.replacen(from, to, 1),
        };
        assert_eq!(read(&text).unwrap_err(), why, "{to}");
    }
}

/// XSW1 to XSW8 and more: what was signed is moved, and another assertion stands where it was.
#[test]
fn attack_s01_s07_wrapped_assertions_vouch_for_nobody() {
    let signed = IDP_EC.signed("_a1", &assertion("_a1", "ana"));
    let begins = signed.find("<ds:Signature ").unwrap();
    let ends = signed.find("</ds:Signature>").unwrap() + "</ds:Signature>".len();
    let signature = &signed[begins..ends];
    let bare = signed.replace(signature, "");
    let evil = assertion("_evil", "eve");
    let same = assertion("_a1", "eve");
    let object = |inner: &str| {
        let object = format!("<ds:Object>{inner}</ds:Object></ds:Signature>");
        signature.replace("</ds:Signature>", &object)
    };
    let extended = |inner: &str, rest: &str| {
        response(rest).replacen(
            "{}",
            &format!("<samlp:Extensions>{inner}</samlp:Extensions>"),
            1,
        )
    };
    let plain = |inner: &str| response(inner).replacen("{}", "", 1);
    let nothing = |text: &str| text.replace("{}", "");
    let advice = |inner: &str| {
        nothing(&evil).replace(
            "<saml:AuthnStatement ",
            &format!("<saml:Advice>{inner}</saml:Advice><saml:AuthnStatement "),
        )
    };
    let whole = IDP_EC.signed("_p1", &response(&bare));
    let of_whole = {
        let begins = whole.find("<ds:Signature ").unwrap();
        let ends = whole.find("</ds:Signature>").unwrap() + "</ds:Signature>".len();
        whole[begins..ends].to_owned()
    };
    let inside = of_whole.replace(
        "</ds:Signature>",
        &format!(
            "<ds:Object>{}</ds:Object></ds:Signature>",
            whole.replace(&of_whole, "")
        ),
    );
    let other = response(&nothing(&evil)).replace("_p1", "_p2");
    for (what, text) in [
        ("the response in the signature of another", other.replacen("{}", &inside, 1)),
        ("the response beside another", extended(&whole, &nothing(&evil)).replace("ID=\"_p1\" InResponseTo=\"_q1\" IssueInstant=\"2026-02-03T04:05:06Z\" Version=\"2.0\"><saml:Issuer", "ID=\"_p3\" InResponseTo=\"_q1\" IssueInstant=\"2026-02-03T04:05:06Z\" Version=\"2.0\"><saml:Issuer")),
        ("before it", plain(&(nothing(&evil) + &signed))),
        ("behind it", plain(&(signed.clone() + &nothing(&evil)))),
        ("with its signature", plain(&evil.replace("{}", signature))),
        ("with its ID and signature", plain(&same.replace("{}", signature))),
        ("in an object", plain(&evil.replace("{}", &object(&bare)))),
        ("in an object, with its ID", plain(&same.replace("{}", &object(&bare)))),
        ("in extensions", extended(&signed, &nothing(&evil))),
        ("in extensions, with a signature", extended(&bare, &evil.replace("{}", signature))),
        ("in an advice", plain(&advice(&signed))),
        ("within it", plain(&signed.replace("<saml:Subject>", &format!("{}<saml:Subject>", nothing(&evil))))),
        ("unsigned", plain(&bare)),
        ("signed outside", plain(&bare).replace("<samlp:Status>", &format!("{signature}<samlp:Status>"))),
    ] {
        assert!(read(&text).is_err(), "{what}: {text}");
    }
}

/// The same is refused where the response is signed as well, which nobody but the provider can do.
#[test]
fn attack_s05_s07_a_second_assertion_a_comment_and_what_is_encrypted_vouch_for_nobody() {
    let signed = IDP_EC.signed("_a1", &assertion("_a1", "ana"));
    let evil = assertion("_evil", "eve").replace("{}", "");
    let both = IDP_EC.signed("_p1", &response(&(evil + &signed)));
    assert_eq!(
        read(&both).unwrap_err(),
        XmlError::Twice("Assertion").into()
    );
    let comment = good()[0].replace(">ana<", ">ana<!-- -->.evil<");
    assert!(read(&comment).is_err(), "S5");
    let encrypted = response(
        "<saml:EncryptedAssertion xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\"></saml:EncryptedAssertion>",
    );
    let encrypted = IDP_EC.signed("_p1", &encrypted);
    assert_eq!(
        read(&encrypted).unwrap_err(),
        Refused::Encrypted("Assertion")
    );
}

/// Each attribute of a document of others: the first of that name.
fn attribute<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(&format!(" {name}=\""))?;
    rest.split('"').next()
}

/// Documents of python3-saml and node-saml that are wrapped or not good, with everything made to fit that can be: who
/// sent them, when, where to, for whom, and the very key that they bring along.
#[test]
fn attack_s01_s13_documents_of_others_that_are_not_good_vouch_for_nobody() {
    let mut tried = 0;
    for folder in [
        "python3-saml/responses/invalids",
        "python3-saml/responses",
        "node-saml/signatures/invalid",
    ] {
        for name in files(folder) {
            let is_bad =
                folder.contains("invalid") || name.contains("wrap") || name.contains("attack");
            let Some(text) = file(&format!("{folder}/{name}")).filter(|_| is_bad) else {
                continue;
            };
            let body = format!("SAMLResponse={}", encoded(&STANDARD.encode(&text)));
            let Ok(received) = Received::post(body.as_bytes()) else {
                continue;
            };
            let Ok(message) = Message::read(&received) else {
                tried += 1;
                continue;
            };
            let keys = text.split("X509Certificate>").skip(1).step_by(2);
            let keys = keys.filter_map(|one| {
                let bare: String = one.split("</").next()?.split_ascii_whitespace().collect();
                VerifyingKey::from_base64(&bare).ok()
            });
            let mut provider = ServiceProvider::new(message.issuer().clone(), Vec::new());
            provider.signing_keys = keys.collect();
            let named = attribute(&text, "Destination").map(protocol::saml::Location::new);
            let acs = named.and_then(Result::ok).unwrap_or_else(|| location(ACS));
            let audience = text
                .split("Audience>")
                .nth(1)
                .and_then(|one| one.split('<').next());
            let audience = EntityId::new(audience.unwrap_or(US)).unwrap();
            let made = attribute(&text, "IssueInstant").and_then(|at| at.parse().ok());
            let at = Reception {
                now: made.unwrap_or_else(|| at("2026-02-03T04:06:06Z")),
                ..reception(&acs)
            };
            let expected = Expected {
                audience: &audience,
                in_response_to: attribute(&text, "InResponseTo").unwrap_or_default(),
                since: at.now.minus(std::time::Duration::from_secs(86_400 * 3_650)),
            };
            let read = Vouched::read(&message, &provider, &at, &expected);
            assert!(read.is_err(), "{folder}/{name}");
            tried += 1;
        }
    }
    assert!(tried == 0 || tried >= 60, "{tried}");
}

/// What is asked is signed, names where answers go, and says whether somebody has to prove it anew.
#[test]
fn what_we_ask_is_a_request_as_an_identity_provider_takes_it() {
    let mut us = ServiceProvider::new(
        EntityId::new(US).unwrap(),
        vec![crate::saml_party::consumer(0, None, ACS)],
    );
    us.signs_requests = true;
    us.signing_keys = vec![SP_RSA.key()];
    let (issuer, id) = (EntityId::new(US).unwrap(), MessageId::from_chance([3; 20]));
    let (to, acs) = (location(SSO), location(ACS));
    for anew in [false, true] {
        let ask = Ask {
            issuer: &issuer,
            id: &id,
            now: at("2026-02-03T04:05:06Z"),
            to: &to,
            acs: &acs,
            anew,
            format: Some(NameIdFormat::Persistent),
        };
        for binding in Binding::ALL {
            let received = match ask.write(binding, &SP_RSA.credential()).unwrap() {
                Outgoing::Redirect(url) => {
                    let (address, query) = url.as_str().split_once('?').unwrap();
                    assert_eq!(address, SSO);
                    Received::redirect(query.as_bytes())
                }
                Outgoing::Post(form) => {
                    assert_eq!(form.action, SSO);
                    let (name, value) = &form.fields[0];
                    Received::post(format!("{name}={}", encoded(value)).as_bytes())
                }
            };
            let received = received.unwrap();
            let message = Message::read(&received).unwrap();
            let request = AuthnRequest::parse(&message, &us, &reception(&to)).unwrap();
            assert!(request.is_signed && request.force_authn == anew);
            assert_eq!(request.id, id.as_str());
            assert!(request.reply_to.location().equals(ACS));
        }
    }
    let until = at("2026-03-03T04:05:06Z");
    let keys = [&SP_RSA.key()];
    let text = metadata((&issuer, &id), until, &acs, &keys, &SP_RSA.credential()).unwrap();
    let demands = crate::saml_metadata::demands();
    let read = protocol::saml::metadata::read(text.as_bytes(), &demands).unwrap();
    assert_eq!(read.provider.entity_id, issuer);
    assert!(read.provider.signs_requests && read.provider.consumers[0].location.equals(ACS));
    assert_eq!(read.provider.signing_keys, [SP_RSA.key()]);
}
