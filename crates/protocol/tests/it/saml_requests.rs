//! Requests to sign somebody in: what is read of them, and which way a refusal goes.

use std::time::Duration;

use protocol::saml::authn::{Comparison, NameIdPolicy};
use protocol::saml::{
    AttributeService, AuthnRequest, Binding, Message, NameIdFormat, Received, Refusal, Refused,
    ServiceProvider, StatusDetail,
};

use crate::saml_party::{
    ACS, SAML, SP, SP_EC, SP_RSA, SSO, at, deflated, encoded, location, posted, provider,
    reception, redirected, request,
};

pub fn parse(received: &Received, provider: &ServiceProvider) -> Result<AuthnRequest, Refusal> {
    let message = Message::read(received).map_err(Refusal::Shown)?;
    AuthnRequest::parse(&message, provider, &reception(&location(SSO)))
}

fn shown(received: &Received, provider: &ServiceProvider) -> Refused {
    match parse(received, provider) {
        Err(Refusal::Shown(why)) => why,
        other => panic!("{other:?}"),
    }
}

fn replied(xml: &str, provider: &ServiceProvider) -> Option<StatusDetail> {
    match parse(&redirected(xml), provider) {
        Err(Refusal::Replied { to, status }) => {
            assert_eq!(to.location().as_str(), ACS);
            assert_eq!(to.in_response_to(), Some("_r1"));
            status.detail
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_request_is_read_whole() {
    let rest = format!(
        "<saml:Subject xmlns:saml=\"{SAML}\"><saml:NameID Format=\"urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress\">ann@acme.example</saml:NameID></saml:Subject>\
         <samlp:NameIDPolicy AllowCreate=\"1\" Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:persistent\" SPNameQualifier=\"{SP}\"></samlp:NameIDPolicy>\
         <samlp:RequestedAuthnContext Comparison=\"minimum\"><saml:AuthnContextClassRef xmlns:saml=\"{SAML}\">\n urn:a \n</saml:AuthnContextClassRef>\
         <saml:AuthnContextClassRef xmlns:saml=\"{SAML}\">urn:b</saml:AuthnContextClassRef></samlp:RequestedAuthnContext>"
    );
    let changes = [
        ("ForceAuthn", "true"),
        ("IsPassive", "0"),
        ("AttributeConsumingServiceIndex", "3"),
    ];
    let text = request(&changes, &rest);
    let mut provider = provider();
    provider.attribute_services = vec![AttributeService {
        index: 3,
        is_default: None,
        attributes: vec![("mail".to_owned(), true)],
    }];
    let read = parse(&redirected(&text), &provider).unwrap();
    assert_eq!(
        (read.id.as_str(), read.issued_at),
        ("_r1", at("2026-02-03T04:05:06Z"))
    );
    assert!(read.force_authn && !read.is_passive && !read.is_signed);
    let persistent = NameIdPolicy {
        format: Some(NameIdFormat::Persistent),
        allow_create: true,
    };
    assert_eq!(read.name_id, persistent);
    let subject = read.subject.unwrap();
    assert_eq!(subject.format, Some(NameIdFormat::EmailAddress));
    assert_eq!(
        subject.value.known().map(String::as_str),
        Some("ann@acme.example")
    );
    let context = read.context.unwrap();
    assert_eq!(context.comparison, Comparison::Minimum);
    assert_eq!(context.classes, ["urn:a", "urn:b"]);
    assert_eq!(read.attribute_service, Some(3));
    assert_eq!(read.reply_to.location().as_str(), ACS);
    assert_eq!(read.reply_to.provider().as_str(), SP);
    assert!(!format!("{:?}", parse(&redirected(&text), &provider)).contains("ann@"));
}

#[test]
fn a_signed_request_is_believed_by_either_way_and_either_key() {
    let mut strict = provider();
    strict.signs_requests = true;
    for party in [&*SP_RSA, &*SP_EC] {
        let query = party.query(&[
            ("SAMLRequest", &deflated(&request(&[], ""))),
            ("RelayState", "r%26s"),
        ]);
        let read = Received::redirect(query.as_bytes()).unwrap();
        assert_eq!(read.binding(), Binding::Redirect);
        for received in [read, posted(&party.signed("_r1", &request(&[], "{}")))] {
            let read = parse(&received, &strict).unwrap();
            assert!(read.is_signed);
            let state = read.reply_to.relay_state().unwrap();
            assert_eq!(state.as_str(), "r&s");
        }
    }
}

#[test]
fn the_answer_goes_to_the_address_that_is_named_or_meant() {
    let to = |changes: &[(&str, &str)]| {
        let read = parse(&redirected(&request(changes, "")), &provider()).unwrap();
        read.reply_to.location().as_str().to_owned()
    };
    let url = ("AssertionConsumerServiceURL", "");
    assert_eq!(to(&[url]), ACS);
    assert_eq!(
        to(&[url, ("AssertionConsumerServiceIndex", "0")]),
        "https://sp.example/other"
    );
    assert_eq!(to(&[url, ("AssertionConsumerServiceIndex", "07")]), ACS);
    let post = Binding::Post.uri();
    assert_eq!(to(&[("ProtocolBinding", post)]), ACS);
    for (changes, why) in [
        (
            vec![("AssertionConsumerServiceIndex", "7")],
            Refused::ConsumerTwice,
        ),
        (
            vec![
                url,
                ("AssertionConsumerServiceIndex", "7"),
                ("ProtocolBinding", post),
            ],
            Refused::ConsumerTwice,
        ),
        (
            vec![url, ("AssertionConsumerServiceIndex", "1")],
            Refused::Consumer,
        ),
        (
            vec![url, ("AssertionConsumerServiceIndex", "+7")],
            Refused::Malformed("AssertionConsumerServiceIndex"),
        ),
    ] {
        assert_eq!(shown(&redirected(&request(&changes, "")), &provider()), why);
    }
}

#[test]
fn what_cannot_be_met_is_answered() {
    let policy = |attributes: &str| {
        request(
            &[],
            &format!("<samlp:NameIDPolicy {attributes}></samlp:NameIDPolicy>"),
        )
    };
    let provider = provider();
    let mut choosy = provider.clone();
    choosy.name_id_formats = vec![NameIdFormat::Transient];
    let unknown = policy("Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:kerberos\"");
    let invalid = Some(StatusDetail::InvalidNameIdPolicy);
    assert_eq!(replied(&unknown, &provider), invalid);
    assert_eq!(
        replied(
            &policy("SPNameQualifier=\"https://other.example\""),
            &provider
        ),
        invalid
    );
    let persistent = policy(&format!("Format=\"{}\"", NameIdFormat::Persistent.uri()));
    assert_eq!(replied(&persistent, &choosy), invalid);
    assert!(parse(&redirected(&persistent), &provider).is_ok());
    let unspecified = policy(&format!("Format=\"{}\"", NameIdFormat::Unspecified.uri()));
    assert!(parse(&redirected(&unspecified), &choosy).is_ok());
}

#[test]
fn what_is_not_spoken_is_answered() {
    let provider = provider();
    let artifact = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact";
    let by_artifact = request(&[("ProtocolBinding", artifact)], "");
    assert_eq!(
        replied(&by_artifact, &provider),
        Some(StatusDetail::UnsupportedBinding)
    );

    let context = |inner: &str| {
        request(
            &[],
            &format!("<samlp:RequestedAuthnContext {inner}</samlp:RequestedAuthnContext>"),
        )
    };
    let class = format!(
        "<saml:AuthnContextClassRef xmlns:saml=\"{SAML}\">urn:a</saml:AuthnContextClassRef>"
    );
    let declared = format!(
        "><saml:AuthnContextDeclRef xmlns:saml=\"{SAML}\">urn:a</saml:AuthnContextDeclRef>"
    );
    for inner in [
        format!("Comparison=\"nearly\">{class}"),
        declared,
        ">".to_owned(),
    ] {
        assert_eq!(
            replied(&context(&inner), &provider),
            Some(StatusDetail::NoAuthnContext),
            "{inner}"
        );
    }

    let encrypted = format!(
        "<saml:Subject xmlns:saml=\"{SAML}\"><saml:EncryptedID></saml:EncryptedID></saml:Subject>"
    );
    let unsupported = Some(StatusDetail::RequestUnsupported);
    assert_eq!(replied(&request(&[], &encrypted), &provider), unsupported);
    let third = request(&[("AttributeConsumingServiceIndex", "3")], "");
    assert_eq!(
        parse(&redirected(&third), &provider)
            .unwrap()
            .attribute_service,
        None
    );
    let mut listed = provider.clone();
    listed.attribute_services = vec![AttributeService {
        index: 1,
        is_default: None,
        attributes: Vec::new(),
    }];
    assert_eq!(replied(&third, &listed), unsupported);
    for odd in [
        ("ForceAuthn", "yes"),
        ("IsPassive", "TRUE"),
        ("AttributeConsumingServiceIndex", "-1"),
    ] {
        assert_eq!(replied(&request(&[odd], ""), &provider), None, "{odd:?}");
    }
}

#[test]
fn what_nobody_can_be_answered_for_is_shown() {
    let provider = provider();
    for (changes, why) in [
        (("Version", "1.1"), Refused::Version),
        (("Version", ""), Refused::Version),
        (("ID", ""), Refused::Missing("ID")),
        (("ID", "1r"), Refused::Malformed("ID")),
        (("IssueInstant", ""), Refused::Missing("IssueInstant")),
        (
            ("IssueInstant", "2026-02-03T04:05:06"),
            Refused::Malformed("IssueInstant"),
        ),
        (
            ("Destination", "https://id.example/saml/sso/"),
            Refused::Destination,
        ),
        (
            ("Destination", "https://ID.example/saml/sso"),
            Refused::Destination,
        ),
    ] {
        let text = request(&[changes], "");
        assert_eq!(shown(&redirected(&text), &provider), why, "{changes:?}");
    }
    let other = request(&[], "").replace("AuthnRequest", "ManageNameIDRequest");
    assert_eq!(
        shown(&redirected(&other), &provider),
        Refused::Other("AuthnRequest")
    );
    let person = "<saml:Issuer Format=\"urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress\"";
    let by_person = request(&[], "").replace("<saml:Issuer", person);
    assert_eq!(
        shown(&redirected(&by_person), &provider),
        Refused::Malformed("Issuer")
    );
    let nobody = request(&[], "").replace(SP, "");
    assert_eq!(
        shown(&redirected(&nobody), &provider),
        Refused::Malformed("Issuer")
    );
    let another = request(&[], "").replace(SP, "https://other.example");
    assert_eq!(
        shown(&redirected(&another), &provider),
        Refused::OtherIssuer
    );
    let mut ended = provider.clone();
    ended.valid_until = Some(at("2026-02-03T04:03:07Z"));
    assert!(parse(&redirected(&request(&[], "")), &ended).is_ok());
    ended.valid_until = Some(at("2026-02-03T04:03:06Z"));
    assert_eq!(
        shown(&redirected(&request(&[], "")), &ended),
        Refused::Ended
    );
    // Whoever signs says for whom.
    let silent = SP_EC.signed("_r1", &request(&[("Destination", "")], "{}"));
    assert_eq!(shown(&posted(&silent), &provider), Refused::Destination);
    assert!(parse(&redirected(&request(&[("Destination", "")], "")), &provider).is_ok());
}

#[test]
fn a_request_has_its_time() {
    let text = request(&[], "");
    let received = redirected(&text);
    let message = Message::read(&received).unwrap();
    let sso = location(SSO);
    let at = |seconds: i64| {
        let mut at = reception(&sso);
        let micros = at.now.as_micros() + (seconds - 60) * 1_000_000;
        at.now = model::Timestamp::from_micros(micros);
        AuthnRequest::parse(&message, &provider(), &at).err()
    };
    // Made at 0, with a skew of 180 s and a life of 300 s.
    for (seconds, good) in [
        (-181, false),
        (-180, true),
        (0, true),
        (480, true),
        (481, false),
    ] {
        let want = (!good).then_some(Refusal::Shown(Refused::Time));
        assert_eq!(at(seconds), want, "{seconds}");
    }
    let mut forever = reception(&sso);
    forever.life = Duration::MAX;
    assert!(AuthnRequest::parse(&message, &provider(), &forever).is_ok());
}

/// White space around an issuer is that of a printer; an artifact is not sent; and nothing of them is signed.
#[test]
fn requests_of_python3_saml_and_saml_raider_are_read() {
    use crate::saml_data::file;
    // With \r\n, as it stands in its other file with \n.
    let Some(text) = file("python3-saml/requests/authn_request.xml.base64") else {
        return;
    };
    let read = |text: &str, named: &str, acs: &str, now: &str, to: &str| {
        let received = redirected(text);
        let message = Message::read(&received).unwrap();
        assert_eq!(message.issuer().as_str(), named);
        let mut provider = provider();
        provider.entity_id = message.issuer().clone();
        provider.consumers[1].location = location(acs);
        let to = location(to);
        let mut reception = reception(&to);
        reception.now = at(now);
        AuthnRequest::parse(&message, &provider, &reception)
    };
    let (named, acs) = ("http://idp.example.com/metadata", "http://example.com/acs");
    let refused = read(&text, named, acs, "2014-11-13T11:39:34Z", SSO).unwrap_err();
    // It asks for names of `example.com`, as which it does not speak.
    assert!(
        matches!(refused, Refusal::Replied { status, .. } if status.detail == Some(StatusDetail::InvalidNameIdPolicy))
    );
    let text = text.replace("SPNameQualifier=\"example.com\"", "");
    let taken = read(&text, named, acs, "2014-11-13T11:39:34Z", SSO).unwrap();
    assert!(taken.name_id.allow_create);
    assert_eq!(
        taken.context.unwrap().classes,
        ["urn:oasis:names:tc:SAML:2.0:ac:classes:Password"]
    );

    let text = file("SAMLRaider/samltest/saml_request.xml").unwrap();
    let (named, acs) = (
        "saml-federation.appspot.com",
        "https://saml-federation.appspot.com:443/saml/SSO",
    );
    let to = "https://idp.ssocircle.com:443/sso/SSORedirect/metaAlias/ssocircle";
    let refused = read(&text, named, acs, "2016-08-11T17:05:38Z", to).unwrap_err();
    assert!(
        matches!(refused, Refusal::Replied { status, .. } if status.detail == Some(StatusDetail::UnsupportedBinding))
    );
}

/// What some printer put on two lines is what was signed on one (XML 1.0 §3.3.3).
#[test]
fn a_request_that_was_printed_anew_is_the_same() {
    let named = [("ProviderName", "a  b")];
    let signed = SP_EC.signed("_r1", &request(&named, "{}"));
    let printed = signed.replace("a  b", "a\r\n\tb");
    assert_ne!(printed, signed);
    assert!(parse(&posted(&printed), &provider()).unwrap().is_signed);
}

#[test]
fn a_post_brings_the_same() {
    let text = request(&[], "");
    let body = format!("SAMLRequest={}", encoded(&base64_lines(&text)));
    let received = Received::post(body.as_bytes()).unwrap();
    assert!(parse(&received, &provider()).is_ok());
}

/// As encoders for mail write it.
fn base64_lines(text: &str) -> String {
    use base64::Engine as _;
    let whole = base64::engine::general_purpose::STANDARD.encode(text);
    let lines: Vec<&str> = whole
        .as_bytes()
        .chunks(76)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    lines.join("\r\n")
}
