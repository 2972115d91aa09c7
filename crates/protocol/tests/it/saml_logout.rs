//! Word of logout: taken when it is signed, and written signed.

use std::time::Duration;

use protocol::saml::binding::PostForm;
use protocol::saml::logout::{Call, LogoutOutcome, LogoutRequest, Outgoing, SignOut};
use protocol::saml::signature::{SignatureError, verify};
use protocol::saml::xml::{Limits, Space, Tree, XmlError};
use protocol::saml::{
    Binding, EntityId, LogoutService, Message, MessageId, NameId, NameIdFormat, Received, Refused,
    RelayState, ServiceProvider, Status, StatusCode, StatusDetail,
};

use crate::saml_data::file;
use crate::saml_party::{
    IDP_EC, IDP_RSA, Party, SAML, SP_EC, SP_RSA, SSO, at, deflated, encoded, location, message,
    posted, provider, reception, redirected,
};

const SLO: &str = "https://sp.example/slo";

fn provider_with(binding: Binding) -> ServiceProvider {
    let mut provider = provider();
    provider.logouts.push(LogoutService {
        binding,
        location: location(SLO),
        response_location: Some(location("https://sp.example/slo/done?x=1")),
    });
    provider
}

fn request(changes: &[(&str, &str)], rest: &str) -> String {
    message("LogoutRequest", &[], changes, rest)
}

/// Ann, with two sessions.
fn ann() -> String {
    format!(
        "{{}}<saml:NameID xmlns:saml=\"{SAML}\" Format=\"{}\">ann</saml:NameID>\
         <samlp:SessionIndex>s-1</samlp:SessionIndex><samlp:SessionIndex>s-2</samlp:SessionIndex>",
        NameIdFormat::Persistent.uri()
    )
}

fn parse(received: &Received, provider: &ServiceProvider) -> Result<LogoutRequest, Refused> {
    let message = Message::read(received)?;
    LogoutRequest::parse(&message, provider, &reception(&location(SSO)))
}

#[test]
fn a_signed_request_is_taken_by_either_way() {
    let bare = request(&[], &ann()).replace("{}", "");
    let by_query = SP_RSA.query(&[("SAMLRequest", &deflated(&bare)), ("RelayState", "r%26s")]);
    for received in [
        Received::redirect(by_query.as_bytes()).unwrap(),
        posted(&SP_EC.signed("_r1", &request(&[], &ann()))),
    ] {
        let taken = parse(&received, &provider_with(Binding::Post)).unwrap();
        assert_eq!(
            (taken.id.as_str(), taken.sessions.as_slice()),
            ("_r1", &["s-1".to_owned(), "s-2".to_owned()][..])
        );
        assert_eq!(taken.name_id.value.known().map(String::as_str), Some("ann"));
        assert!(taken.reply_to.is_some());
        assert!(!format!("{taken:?}").contains("ann"));
        assert!(parse(&received, &provider()).unwrap().reply_to.is_none());
    }
}

#[test]
fn attack_s16_a_request_that_is_not_signed_ends_no_session() {
    let bare = request(&[], &ann()).replace("{}", "");
    let unsigned = Refused::Signature(SignatureError::Unsigned);
    for received in [redirected(&bare), posted(&bare)] {
        // Whatever is registered.
        for signs in [false, true] {
            let mut provider = provider_with(Binding::Post);
            provider.signs_requests = signs;
            assert_eq!(parse(&received, &provider).err(), Some(unsigned.clone()));
        }
    }
    let stranger = Party::new(protocol::jose::Algorithm::Es256);
    let forged = posted(&stranger.signed("_r1", &request(&[], &ann())));
    let wrong = Refused::Signature(SignatureError::Wrong);
    assert_eq!(parse(&forged, &provider()).err(), Some(wrong));
    let mut unknown = provider();
    unknown.signing_keys.clear();
    let no_key = Refused::Signature(SignatureError::NoKey);
    assert_eq!(parse(&forged, &unknown).err(), Some(no_key));
    // A request to sign in, signed, is no logout.
    let other = SP_EC.signed("_r1", &crate::saml_party::request(&[], "{}"));
    assert_eq!(
        parse(&posted(&other), &provider()).err(),
        Some(Refused::Other("LogoutRequest"))
    );
    // Nor does it count at another place or time.
    for (change, why) in [
        (
            ("Destination", "https://id.example/other"),
            Refused::Destination,
        ),
        (("Destination", ""), Refused::Destination),
        (("NotOnOrAfter", "2026-02-03T04:03:06Z"), Refused::Time),
        (("NotOnOrAfter", "soon"), Refused::Malformed("NotOnOrAfter")),
        (("IssueInstant", "2026-02-03T03:58:05Z"), Refused::Time),
    ] {
        let text = SP_EC.signed("_r1", &request(&[change], &ann()));
        assert_eq!(
            parse(&posted(&text), &provider()).err(),
            Some(why),
            "{change:?}"
        );
    }
    let good = ("NotOnOrAfter", "2026-02-03T04:03:07Z");
    let text = SP_EC.signed("_r1", &request(&[good], &ann()));
    assert!(parse(&posted(&text), &provider()).is_ok());
}

#[test]
fn a_request_says_who() {
    let of = |rest: &str| {
        let text = SP_EC.signed("_r1", &request(&[], &format!("{{}}{rest}")));
        parse(&posted(&text), &provider()).err()
    };
    assert_eq!(of(""), Some(Refused::Missing("NameID")));
    let name = |inner: &str| format!("<saml:NameID xmlns:saml=\"{SAML}\">{inner}</saml:NameID>");
    assert_eq!(of(&name("")), Some(Refused::Malformed("NameID")));
    assert_eq!(
        of(&name(&"a".repeat(513))),
        Some(Refused::Malformed("NameID"))
    );
    let encrypted = format!("<saml:EncryptedID xmlns:saml=\"{SAML}\"></saml:EncryptedID>");
    assert_eq!(of(&encrypted), Some(Refused::Encrypted("NameID")));
    let sessions = "<samlp:SessionIndex>s</samlp:SessionIndex>".repeat(65);
    assert_eq!(
        of(&(name("a") + &sessions)),
        Some(Refused::Malformed("SessionIndex"))
    );
    assert_eq!(of(&name("a")), None);
}

fn read(form: &PostForm) -> Received {
    let pairs: Vec<String> = form
        .fields
        .iter()
        .map(|(name, value)| format!("{name}={}", encoded(value)))
        .collect();
    Received::post(pairs.join("&").as_bytes()).unwrap()
}

/// As a service provider reads it: it knows us as we know it.
fn counterpart(issuer: &EntityId, by: &Party) -> ServiceProvider {
    let mut us = ServiceProvider::new(issuer.clone(), Vec::new());
    us.signing_keys = vec![by.key()];
    us
}

fn carried(outgoing: &Outgoing) -> (String, Received) {
    match outgoing {
        Outgoing::Post(form) => (form.action.clone(), read(form)),
        Outgoing::Redirect(url) => {
            let (to, query) = url.as_str().split_once('?').unwrap();
            (to.to_owned(), Received::redirect(query.as_bytes()).unwrap())
        }
    }
}

#[test]
fn our_requests_are_read_by_who_knows_us() {
    let issuer = EntityId::new("https://id.example/saml").unwrap();
    let name_id = NameId::new(NameIdFormat::Persistent, "ann".to_owned());
    let id = MessageId::from_chance([1; 20]);
    let request = SignOut {
        issuer: &issuer,
        id: &id,
        now: at("2026-02-03T04:06:06Z"),
        until: at("2026-02-03T04:11:06Z"),
        name_id: &name_id,
        sessions: &["s-1"],
    };
    let state = RelayState::new("a&b=c d").unwrap();
    for by in [&*IDP_RSA, &*IDP_EC] {
        for binding in Binding::ALL {
            let provider = provider_with(binding);
            let sent = request
                .write(&provider, state.as_ref(), &by.credential())
                .unwrap()
                .unwrap();
            let (to, received) = carried(&sent);
            assert_eq!((to.as_str(), received.binding()), (SLO, binding));
            assert_eq!(received.relay_state(), state.as_ref());
            let message = Message::read(&received).unwrap();
            let us = counterpart(&issuer, by);
            let taken = LogoutRequest::parse(&message, &us, &reception(&location(SLO))).unwrap();
            assert_eq!(
                (taken.id.as_str(), taken.sessions),
                (id.as_str(), vec!["s-1".to_owned()])
            );
            let stranger = counterpart(&issuer, &SP_RSA);
            let refused = LogoutRequest::parse(&message, &stranger, &reception(&location(SLO)));
            assert_eq!(
                refused.err(),
                Some(Refused::Signature(SignatureError::Wrong))
            );
        }
    }
    assert_eq!(
        request.write(&provider(), None, &IDP_EC.credential()),
        Ok(None)
    );
}

#[test]
fn our_answers_are_read_by_who_has_asked() {
    let issuer = EntityId::new("https://id.example/saml").unwrap();
    let id = MessageId::from_chance([1; 20]);
    let now = at("2026-02-03T04:06:06Z");
    let done = "https://sp.example/slo/done";
    for binding in Binding::ALL {
        let asked = posted(&SP_EC.signed("_r1", &request(&[], &ann())));
        let to = parse(&asked, &provider_with(binding))
            .unwrap()
            .reply_to
            .unwrap();
        for (status, want) in [
            (Status::SUCCESS, (true, false)),
            (
                Status {
                    detail: Some(StatusDetail::PartialLogout),
                    ..Status::SUCCESS
                },
                (true, true),
            ),
            (
                Status::responder(StatusDetail::RequestDenied, "no"),
                (false, false),
            ),
        ] {
            let sent = to
                .write((&issuer, &id, now), &status, &IDP_EC.credential())
                .unwrap();
            let (went, received) = carried(&sent);
            assert!(went.starts_with(done), "{went}");
            assert_eq!(received.relay_state().unwrap().as_str(), "r&s");
            let message = Message::read(&received).unwrap();
            assert_eq!(message.name(), "LogoutResponse");
            let us = counterpart(&issuer, &IDP_EC);
            let location = location("https://sp.example/slo/done?x=1");
            let read = |id| LogoutOutcome::parse(&message, &us, &reception(&location), id);
            let outcome = LogoutOutcome {
                has_ended: want.0,
                is_unknown: false,
                is_partial: want.1,
            };
            assert_eq!(read("_r1"), Ok(outcome), "{status:?}");
            assert_eq!(read("_r2"), Err(Refused::InResponseTo));
        }
    }
    assert_eq!(StatusCode::named("x"), None);
}

/// A call, and the request in it as the service provider reads it.
fn called() -> (Call, ServiceProvider) {
    let issuer = EntityId::new("https://id.example/saml").unwrap();
    let name_id = NameId::new(NameIdFormat::Persistent, "ann".to_owned());
    let id = MessageId::from_chance([1; 20]);
    let request = SignOut {
        issuer: &issuer,
        id: &id,
        now: at("2026-02-03T04:06:06Z"),
        until: at("2026-02-03T04:11:06Z"),
        name_id: &name_id,
        sessions: &[],
    };
    let credential = IDP_EC.credential();
    assert_eq!(request.call(&provider(), &credential), Ok(None));
    let mut provider = provider();
    provider.back_channel_logout = Some(location("https://sp.example/soap"));
    let call = request.call(&provider, &credential).unwrap().unwrap();
    (call, provider)
}

#[test]
fn a_call_is_signed_and_brings_the_request() {
    let (call, _) = called();
    assert_eq!(call.to.as_str(), "https://sp.example/soap");
    assert_eq!(format!("{call:?}"), "Call(https://sp.example/soap)");
    let tree = Tree::read(&call.body, &Limits::MESSAGE).unwrap();
    let body = tree.root().one(Space::Envelope, "Body").unwrap().unwrap();
    let request = body.one(Space::Protocol, "LogoutRequest").unwrap();
    let verified = verify(request.unwrap(), &[IDP_EC.key()]).unwrap();
    let to = verified.element().attribute("Destination");
    assert_eq!(to, Some("https://sp.example/soap"));
}

#[test]
fn the_answer_to_a_call_says_what_became_of_it() {
    let (call, provider) = called();
    let id = format!("_{}", "01".repeat(20));
    let answer = |id: &str, status: &str| {
        let changes = [("Destination", ""), ("InResponseTo", id)];
        let status = format!(
            "{{}}<samlp:Status><samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:{status}\"></samlp:StatusCode></samlp:Status>"
        );
        message("LogoutResponse", &[], &changes, &status)
    };
    let within = |inner: &str| {
        format!(
            "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"><e:Header/><e:Body>{inner}</e:Body></e:Envelope>"
        )
    };
    let times = (
        at("2026-02-03T04:06:06Z"),
        Duration::from_secs(180),
        Duration::from_secs(60),
    );
    let outcome = |body: &str| call.outcome(body.as_bytes(), &provider, times);
    let ended = |has_ended| {
        Ok(LogoutOutcome {
            has_ended,
            is_unknown: false,
            is_partial: false,
        })
    };
    let good = answer(&id, "Success");
    let signed = SP_EC.signed("_r1", &good);
    assert_eq!(outcome(&within(&good.replace("{}", ""))), ended(true));
    assert_eq!(outcome(&within(&signed)), ended(true));
    let refused = answer(&id, "Requester").replace("{}", "");
    assert_eq!(outcome(&within(&refused)), ended(false));
    let nobody = "Requester\"><samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:UnknownPrincipal\"></samlp:StatusCode></samlp:StatusCode>";
    let nobody = answer(&id, "Requester").replacen("Requester\"></samlp:StatusCode>", nobody, 1);
    let outcome_of = outcome(&within(&nobody.replace("{}", ""))).unwrap();
    assert!(
        !outcome_of.has_ended && outcome_of.is_unknown,
        "{outcome_of:?}"
    );
    let fault = "<e:Fault><faultcode>e:Server</faultcode></e:Fault>";
    let changed = SignatureError::Changed;
    for (body, why) in [
        (
            within(&signed.replace("Success", "Requester")),
            changed.into(),
        ),
        (within(&signed.repeat(2)), XmlError::DuplicateId.into()),
        (within(fault), Refused::Other("LogoutResponse")),
        (within(""), Refused::Other("LogoutResponse")),
        (good.replace("{}", ""), Refused::Other("Envelope")),
        (
            within(&answer("_other", "Success").replace("{}", "")),
            Refused::InResponseTo,
        ),
        (
            within(&good.replace("{}", "").replace("sp.example", "evil.example")),
            Refused::OtherIssuer,
        ),
    ] {
        assert_eq!(outcome(&body), Err(why), "{body}");
    }
}

/// None of them is signed, but for those of node-saml with SHA-1: so no session ends for any.
#[test]
fn attack_s16_requests_and_answers_of_others_end_nothing() {
    let python = |name: &str| format!("python3-saml/{name}.xml");
    let names = [
        python("logout_requests/logout_request"),
        python("logout_requests/logout_request_encrypted_nameid"),
        python("logout_requests/logout_request_with_encoding"),
        python("logout_requests/logout_request_with_sessionindex"),
        python("logout_requests/invalids/invalid_issuer"),
        python("logout_requests/invalids/no_nameId"),
        python("logout_requests/invalids/not_after_failed"),
        python("logout_responses/logout_response"),
        python("logout_responses/logout_response_with_encoding"),
        "node-saml/logout_request_with_bad_expiration.xml".to_owned(),
        "node-saml/logout_request_with_bad_signature.xml".to_owned(),
        "node-saml/logout_request_with_encrypted_name_id.xml".to_owned(),
        "node-saml/logout_request_with_good_signature.xml".to_owned(),
        "node-saml/logout_request_with_session_index.xml".to_owned(),
    ];
    for name in names {
        let Some(text) = file(&name) else {
            return;
        };
        let received = posted(&text);
        let read = Message::read(&received);
        let Ok(message) = read else {
            assert!(name.contains("invalid"), "{name}: {read:?}");
            continue;
        };
        let mut sender = provider_with(Binding::Post);
        sender.entity_id = message.issuer().clone();
        let refused = LogoutRequest::parse(&message, &sender, &reception(&location(SSO)));
        let want = match (name.contains("responses"), name.starts_with("node-saml")) {
            (true, _) => Refused::Other("LogoutRequest"),
            (_, true) => Refused::Signature(SignatureError::Algorithm),
            _ => Refused::Signature(SignatureError::Unsigned),
        };
        assert_eq!(refused.err(), Some(want), "{name}");
    }
}

/// Those that python3-saml has deflated are read to the same text.
#[test]
fn deflated_messages_of_others_are_read() {
    for (name, kind) in [
        ("logout_requests/logout_request_deflated", "SAMLRequest"),
        ("logout_responses/logout_response_deflated", "SAMLResponse"),
        (
            "logout_responses/logout_response_with_encoding_deflated",
            "SAMLResponse",
        ),
    ] {
        let path = format!("python3-saml/{name}.xml.base64");
        let Some(text) = crate::saml_data::raw(&path) else {
            return;
        };
        let query = format!("{kind}={}", encoded(text.trim()));
        let received = Received::redirect(query.as_bytes()).unwrap();
        let message = Message::read(&received).unwrap();
        assert!(message.name().starts_with("Logout"), "{name}");
    }
    for name in [
        "sp_slo_redirect",
        "sp_slo_redirect_failure",
        "idp_slo_redirect",
    ] {
        let Some(text) = crate::saml_data::raw(&format!("node-saml/{name}.json")) else {
            return;
        };
        let fields: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(&text).unwrap();
        let pairs = fields
            .iter()
            .filter_map(|(name, value)| Some(format!("{name}={}", encoded(value.as_str()?))));
        let received = Received::redirect(pairs.collect::<Vec<_>>().join("&").as_bytes()).unwrap();
        let message = Message::read(&received).unwrap();
        let mut sender = provider_with(Binding::Post);
        sender.entity_id = message.issuer().clone();
        let request = LogoutRequest::parse(&message, &sender, &reception(&location(SSO))).err();
        let response =
            LogoutOutcome::parse(&message, &sender, &reception(&location(SSO)), "x").err();
        // Signed with SHA-1.
        let weak = Some(Refused::Signature(SignatureError::Algorithm));
        assert!([request, response].contains(&weak), "{name}");
    }
}
