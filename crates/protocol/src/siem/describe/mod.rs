//! What each event says in an extract. One arm for each kind: what is not named here does not leave.

mod people;
mod sign_in;
mod tenant;
mod work;

use model::{Event, SubjectId, TargetName};
use serde_json::{Map, Value};

use super::{Act, Class, Ending, Severity, Thing, What, beginning, bounded};

impl What {
    fn new(thing: Thing, id: impl std::fmt::Display, act: Act) -> Self {
        Self {
            class: Class::Entity,
            thing,
            id: bounded(&id.to_string()),
            act,
            ending: Ending::Success,
            severity: Severity::Informational,
            subject: None,
            app: None,
            account: None,
            group: None,
            reason: None,
            detail: Map::new(),
        }
    }
    fn person(subject: SubjectId, act: Act) -> Self {
        Self::new(Thing::Person, subject, act).about(Some(subject))
    }
    fn class(mut self, class: Class) -> Self {
        self.class = class;
        self
    }
    fn about(mut self, subject: Option<SubjectId>) -> Self {
        self.subject = subject.map(|s| s.to_string());
        self
    }
    fn inside(mut self, target: &TargetName) -> Self {
        self.app = Some(bounded(target.as_str()));
        self
    }
    fn account(mut self, remote: Option<&str>) -> Self {
        self.account = remote.map(bounded);
        self
    }
    fn group(mut self, name: &str) -> Self {
        self.group = Some(bounded(name));
        self
    }
    fn ends(mut self, ending: Ending) -> Self {
        self.ending = ending;
        self
    }
    fn matters(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }
    /// Only of what is about no single person.
    fn because(mut self, reason: &str) -> Self {
        self.reason = Some(beginning(reason));
        self
    }
    fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        let value = match value.into() {
            Value::String(text) => bounded(&text).into(),
            other => other,
        };
        self.detail.insert(name.to_owned(), value);
        self
    }
}

/// What the event says.
pub(super) fn what(event: &Event, verb: Option<&str>) -> What {
    match event {
        Event::FactsAccepted(e) => people::accepted(e.subject, &e.source, e.change),
        Event::FactsAcceptedV1(e) => people::accepted(e.subject, &e.source, e.change),
        Event::FactsWithdrawn(e) => people::withdrawn(e.subject, &e.source),
        Event::FactsWithdrawnV1(e) => people::withdrawn(e.subject, &e.source),
        Event::SubjectTerminated(e) => people::terminated(e.subject),
        Event::TerminationEnded(e) => people::termination_ended(e),
        Event::WorkerMatched(e) => people::matched(e),
        Event::SubjectAdvanced(e) => What::person(e.subject, Act::Other("advance")),
        Event::SubjectErased(e) => What::person(e.subject, Act::Delete).matters(Severity::Low),
        Event::PinsSet(e) => What::person(e.subject, Act::Other("pin")).with("wave", id(e.wave)),
        Event::PinsLifted(e) => {
            What::person(e.subject, Act::Other("unpin")).with("wave", id(e.wave))
        }
        Event::AccountDecided(e) => people::account_decided(e),
        Event::MatchRejected(e) => people::match_rejected(e),
        Event::AccessDecided(e) => people::access_decided(e),
        Event::PlanDrafted(e) => work::drafted(e),
        Event::WaveProposed(e) => work::proposed(e),
        Event::WaveJudged(e) => work::judged(e),
        Event::WaveReleased(e) => work::released(e),
        Event::PlanChanged(e) => work::plan_changed(e),
        Event::StepChanged(e) => work::step(e, verb),
        Event::LineAnswered(e) => work::line(e),
        Event::ObjectObserved(e) => work::observed(e),
        Event::ObjectVanished(e) => work::vanished(e),
        Event::NameLost(e) => work::name_lost(e),
        Event::MembersObserved(e) => work::members(e),
        Event::ObjectLinked(e) => work::linked(&e.address, Some(e)),
        Event::ObjectUnlinked(e) => work::linked(&e.address, None),
        Event::ObservationFinished(e) => work::observation(e),
        Event::TaskOpened(e) => work::task(&e.task, Act::Create),
        Event::TaskDone(e) => work::task(&e.task, Act::Other("done")),
        Event::TaskDropped(e) => What::new(Thing::Task, e.task, Act::Other("drop"))
            .about(Some(e.subject))
            .inside(&e.target),
        Event::TenantStarted(e) => What::new(Thing::Tenant, &e.tenant, Act::Create),
        Event::DocumentsAccepted(e) => tenant::documents(e),
        Event::DeliveryReceived(e) => tenant::delivery(e),
        Event::SourceHeard(e) => What::new(Thing::Delivery, e.delivery, Act::Other("repeat"))
            .with("source", e.source.as_str()),
        Event::FindingOpened(e) => tenant::finding(e),
        Event::FindingClosed(e) => What::new(Thing::Finding, e.id, Act::Other("close")),
        Event::NoticeChanged(e) => tenant::notice(e),
        Event::DrillChanged(e) => tenant::drill(&e.run),
        Event::TokenIssued(e) => tenant::token(e),
        Event::TokenRevoked(e) => What::new(Thing::Token, e.token, Act::Delete)
            .matters(Severity::Low)
            .because(&e.reason),
        Event::CallMade(e) => tenant::call(e),
        Event::LoginChanged(e) => What::person(e.subject, Act::Other("login")),
        Event::CredentialChanged(e) => sign_in::credential(e),
        Event::PassIssued(e) => sign_in::pass(e),
        Event::ResetChanged(e) => sign_in::reset(e),
        Event::SessionChanged(e) => sign_in::session(e),
        Event::LogoutTold(e) => sign_in::logout(e),
        Event::SignInFailed(e) => sign_in::failed(e),
        Event::SignInDecided(e) => sign_in::decided(e),
        Event::AuthorizationChanged(e) => sign_in::authorization(e),
        Event::ClientGranted(e) => sign_in::client(e),
        Event::MetadataFollowed(e) => sign_in::metadata(e),
        Event::RegistrationChanged(e) => sign_in::registration(e),
        Event::KeyChanged(e) => sign_in::key(e),
        Event::WritingStopped(e) => tenant::writing(e.target.as_ref(), Act::Disable, &e.reason),
        Event::WritingResumed(e) => tenant::writing(e.target.as_ref(), Act::Enable, &e.reason),
        Event::StoreRestored(e) => What::new(Thing::Store, "log", Act::Other("restore"))
            .matters(Severity::High)
            .with("backup_seq", e.backup_seq)
            .with("backup_at", id(e.backup_at)),
    }
}

/// An id or an instant as a text.
fn id(thing: impl std::fmt::Display) -> String {
    thing.to_string()
}
