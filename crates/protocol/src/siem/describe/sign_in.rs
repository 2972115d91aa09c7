//! People signing in. Neither from where nor with which device: both are personal.

use model::event::{
    AuthorizationChanged, ClientGranted, CredentialChanged, KeyChanged, LogoutTold,
    MetadataFollowed, PassIssued, RegistrationChanged, ResetChanged, SessionChanged, SignInAnswer,
    SignInDecided, SignInFailed,
};
use model::logout::FarewellStatus;
use model::registration::RegistrationAct;
use model::sign_in::KeyStage;

use super::{Act, Class, Ending, Severity, Thing, What, id};

pub(super) fn credential(event: &CredentialChanged) -> What {
    let (act, severity) = match event.state.ended {
        None => (Act::Create, Severity::Low),
        Some(_) => (Act::Delete, Severity::Low),
    };
    What::new(Thing::Credential, event.credential, act)
        .about(Some(event.state.subject))
        .matters(severity)
        .with("factor", event.state.factor.as_str())
}

pub(super) fn pass(event: &PassIssued) -> What {
    What::new(Thing::Pass, event.pass, Act::Create)
        .about(Some(event.subject))
        .matters(Severity::Low)
        .with("expires", id(event.expires))
}

pub(super) fn reset(event: &ResetChanged) -> What {
    let state = &event.state;
    let act = match state.agreed {
        None => Act::Create,
        Some(_) => Act::Other("agree"),
    };
    What::new(Thing::Pass, event.reset, act)
        .about(Some(state.subject))
        .matters(Severity::Medium)
        .with("ends", id(state.ends))
}

pub(super) fn session(event: &SessionChanged) -> What {
    let state = &event.state;
    let act = match &state.ended {
        None => Act::Logon,
        Some(_) => Act::Logoff,
    };
    let factors: Vec<_> = state.factors.iter().map(|f| f.factor.as_str()).collect();
    What::new(Thing::Session, event.session, act)
        .class(Class::SignIn)
        .about(Some(state.subject))
        .with("factors", factors.join(" "))
}

/// A relying party that was not told in all attempts may still let the person in.
pub(super) fn logout(event: &LogoutTold) -> What {
    let parties = &event.state.parties;
    let is = |status| parties.iter().any(|party| party.status == status);
    let failed = is(FarewellStatus::GivenUp) || is(FarewellStatus::Refused);
    let over = parties.iter().all(|party| party.status.is_over());
    let (ending, severity) = match (failed, over) {
        (true, _) => (Ending::Failure, Severity::Medium),
        (false, true) => (Ending::Success, Severity::Informational),
        (false, false) => (Ending::Open, Severity::Informational),
    };
    let told: Vec<_> = parties
        .iter()
        .map(|party| format!("{}={}", party.relying_party, party.status.as_str()))
        .collect();
    What::new(Thing::Session, event.session, Act::Logoff)
        .class(Class::SignIn)
        .about(Some(event.state.subject))
        .ends(ending)
        .matters(severity)
        .with("relying_parties", told.join(" "))
}

pub(super) fn failed(event: &SignInFailed) -> What {
    What::new(Thing::Person, event.subject, Act::Logon)
        .class(Class::SignIn)
        .about(Some(event.subject))
        .ends(Ending::Failure)
        .matters(Severity::Low)
        .with("factor", event.factor.as_str())
}

pub(super) fn decided(event: &SignInDecided) -> What {
    let (ending, severity) = match event.answer {
        SignInAnswer::Granted => (Ending::Success, Severity::Informational),
        SignInAnswer::More => (Ending::Open, Severity::Informational),
        SignInAnswer::Denied => (Ending::Failure, Severity::Low),
    };
    let what = What::new(Thing::RelyingParty, &event.relying_party, Act::Logon)
        .class(Class::SignIn)
        .about(Some(event.subject))
        .ends(ending)
        .matters(severity)
        .with("revision", event.revision);
    match event.authorization {
        Some(authorization) => what.with("authorization", id(authorization)),
        None => what,
    }
}

pub(super) fn authorization(event: &AuthorizationChanged) -> What {
    let state = &event.state;
    let act = match (&state.ended, state.redeemed) {
        (Some(_), _) => Act::Delete,
        (None, None) => Act::Create,
        (None, Some(_)) => Act::Update,
    };
    What::new(Thing::Authorization, event.authorization, act)
        .about(Some(state.subject))
        .with("relying_party", state.relying_party.as_str())
        .with("refreshed", state.refreshed)
}

pub(super) fn client(event: &ClientGranted) -> What {
    let what = What::new(Thing::RelyingParty, &event.relying_party, Act::Logon)
        .class(Class::SignIn)
        .ends(Ending::Success)
        .with("client", event.client.as_str())
        .with("scopes", event.scopes.join(" "));
    let what = match event.authorization {
        Some(authorization) => what.with("authorization", id(authorization)),
        None => what,
    };
    match &event.audience {
        Some(audience) => what.with("audience", audience.as_str()),
        None => what,
    }
}

pub(super) fn metadata(event: &MetadataFollowed) -> What {
    What::new(Thing::RelyingParty, &event.relying_party, Act::Update)
        .matters(Severity::Low)
        .because(&event.reason)
}

/// What a client calls itself is its own word, and stays here.
pub(super) fn registration(event: &RegistrationChanged) -> What {
    let id = event.client.as_ref().map(|client| client.id);
    let id = id.or(event.access).map(id_text).unwrap_or_default();
    let (thing, act) = match event.act {
        RegistrationAct::AccessMade => (Thing::Token, Act::Create),
        RegistrationAct::AccessEnded => (Thing::Token, Act::Delete),
        RegistrationAct::Registered => (Thing::RelyingParty, Act::Create),
        RegistrationAct::Changed => (Thing::RelyingParty, Act::Update),
        RegistrationAct::Left | RegistrationAct::Ended => (Thing::RelyingParty, Act::Delete),
    };
    let what = What::new(thing, id, act)
        .matters(Severity::Low)
        .with("registered", event.act.as_str());
    match event.reason.is_empty() {
        true => what,
        false => what.because(&event.reason),
    }
}

fn id_text(id: model::RegistrationId) -> String {
    id.to_string()
}

pub(super) fn key(event: &KeyChanged) -> What {
    let key = &event.key;
    let act = match key.stage {
        KeyStage::Next => Act::Create,
        KeyStage::Current => Act::Enable,
        KeyStage::Past => Act::Disable,
        KeyStage::Gone => Act::Delete,
    };
    What::new(Thing::Key, &key.kid, act)
        .matters(Severity::Low)
        .with("algorithm", key.algorithm.as_str())
        .because(&event.reason)
}
