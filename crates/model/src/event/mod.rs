//! Everything that is decided or done, as data.
//!
//! An event is stored under a versioned name (`facts.accepted/1`). A shape that changes gets a
//! new version; old ones are decoded for ever. Each body may have one field called `personal`:
//! the store encrypts it under the key of [`Event::subject`], so that erasing the subject erases
//! it from the log without breaking the hash chain.
//!
//! Bodies carry the state after the event, not only the change, so that current-state tables
//! follow from events alone, without reading what was there.

mod adoption;
mod drill;
mod handoff;
mod notice;
mod people;
mod sign_in;
mod tasks;
mod tenant;
mod work;

use serde::{Deserialize, Serialize};

pub use adoption::{AccessDecided, AccountDecided, Holder, MatchRejected, Stated};
pub use drill::DrillChanged;
pub use handoff::LineAnswered;
pub use notice::NoticeChanged;
pub use people::{
    FactsAccepted, FactsAcceptedV1, FactsWithdrawn, FactsWithdrawnV1, MatchedWorker, PinsLifted,
    PinsSet, SubjectAdvanced, SubjectErased, SubjectTerminated, TerminationEnd, TerminationEnded,
    WorkerFacts, WorkerMatched,
};
pub use sign_in::{
    AuthorizationChanged, ClientGranted, CredentialChanged, KeyChanged, LoginChanged, LogoutTold,
    MetadataFollowed, Origin, PassIssued, RegistrationChanged, ResetChanged, SessionChanged,
    SignInAnswer, SignInBasis, SignInDecided, SignInFailed,
};
pub use tasks::{TaskDone, TaskDropped, TaskOpened};
pub use tenant::{
    CallMade, DeliveryReceived, Document, DocumentsAccepted, FindingClosed, FindingOpened,
    SourceHeard, StoreRestored, TenantStarted, TokenIssued, TokenRevoked, WritingResumed,
    WritingStopped,
};
pub use work::{
    MembersObserved, NameLost, ObjectLinked, ObjectObserved, ObjectUnlinked, ObjectVanished,
    ObservationFinished, PlanChanged, PlanDrafted, StepChanged, StepHead, WaveJudged, WaveProposed,
    WaveReleased,
};

use crate::id::SubjectId;

/// One event. On the wire `{"kind": "facts.accepted/1", "body": {…}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "body")]
pub enum Event {
    /// The first event of every log.
    #[serde(rename = "tenant.started/1")]
    TenantStarted(TenantStarted),
    /// A new revision of the tenant's documents.
    #[serde(rename = "documents.accepted/1")]
    DocumentsAccepted(DocumentsAccepted),
    /// An HR delivery was read.
    #[serde(rename = "delivery.received/1")]
    DeliveryReceived(DeliveryReceived),
    /// A source delivered what it had delivered before.
    #[serde(rename = "source.heard/1")]
    SourceHeard(SourceHeard),
    /// A worker's facts are new or changed.
    #[serde(rename = "facts.accepted/2")]
    FactsAccepted(FactsAccepted),
    /// The same, of old.
    #[serde(rename = "facts.accepted/1")]
    FactsAcceptedV1(FactsAcceptedV1),
    /// A full delivery no longer has the worker.
    #[serde(rename = "facts.withdrawn/2")]
    FactsWithdrawn(FactsWithdrawn),
    /// The same, of old.
    #[serde(rename = "facts.withdrawn/1")]
    FactsWithdrawnV1(FactsWithdrawnV1),
    /// Someone was terminated for cause.
    #[serde(rename = "subject.terminated/1")]
    SubjectTerminated(SubjectTerminated),
    /// A termination for cause ended.
    #[serde(rename = "termination.ended/1")]
    TerminationEnded(TerminationEnded),
    /// A person decided whether a worker is somebody who is known.
    #[serde(rename = "worker.matched/1")]
    WorkerMatched(WorkerMatched),
    /// An announced instant was planned for.
    #[serde(rename = "subject.advanced/1")]
    SubjectAdvanced(SubjectAdvanced),
    /// A person was erased.
    #[serde(rename = "subject.erased/1")]
    SubjectErased(SubjectErased),
    /// An undo holds addresses at their earlier state.
    #[serde(rename = "pins.set/1")]
    PinsSet(PinsSet),
    /// An undo ended.
    #[serde(rename = "pins.lifted/1")]
    PinsLifted(PinsLifted),
    /// Someone decided whose an account is.
    #[serde(rename = "account.decided/1")]
    AccountDecided(AccountDecided),
    /// An account is not this person's.
    #[serde(rename = "match.rejected/1")]
    MatchRejected(MatchRejected),
    /// Someone decided about access that no rule gives.
    #[serde(rename = "access.decided/1")]
    AccessDecided(AccessDecided),
    /// A plan was made.
    #[serde(rename = "plan.drafted/1")]
    PlanDrafted(PlanDrafted),
    /// All plans of a cause were made.
    #[serde(rename = "wave.proposed/1")]
    WaveProposed(WaveProposed),
    /// The guard judged a wave.
    #[serde(rename = "wave.judged/1")]
    WaveJudged(WaveJudged),
    /// A wave, or rows of it, were released or refused.
    #[serde(rename = "wave.released/1")]
    WaveReleased(WaveReleased),
    /// A plan's status changed.
    #[serde(rename = "plan.changed/1")]
    PlanChanged(PlanChanged),
    /// A step's status changed: intent, outcome, read-back.
    #[serde(rename = "step.changed/1")]
    StepChanged(StepChanged),
    /// Whoever runs an app answered what became of a line.
    #[serde(rename = "line.answered/1")]
    LineAnswered(LineAnswered),
    /// An object in a target is new or differs from what we last saw.
    #[serde(rename = "object.observed/1")]
    ObjectObserved(ObjectObserved),
    /// An object is gone from its target, confirmed by reading it by id.
    #[serde(rename = "object.vanished/1")]
    ObjectVanished(ObjectVanished),
    /// An account lost its user name.
    #[serde(rename = "name.lost/1")]
    NameLost(NameLost),
    /// Memberships of a group differ from what we last saw.
    #[serde(rename = "members.observed/1")]
    MembersObserved(MembersObserved),
    /// An address and a remote object belong together.
    #[serde(rename = "object.linked/1")]
    ObjectLinked(ObjectLinked),
    /// An address and its remote object no longer belong together.
    #[serde(rename = "object.unlinked/1")]
    ObjectUnlinked(ObjectUnlinked),
    /// An observation run ended.
    #[serde(rename = "observation.finished/1")]
    ObservationFinished(ObservationFinished),
    /// Someone has to do something by hand.
    #[serde(rename = "task.opened/1")]
    TaskOpened(TaskOpened),
    /// It was done.
    #[serde(rename = "task.done/1")]
    TaskDone(TaskDone),
    /// It counts no longer.
    #[serde(rename = "task.dropped/1")]
    TaskDropped(TaskDropped),
    /// Someone has to look.
    #[serde(rename = "finding.opened/1")]
    FindingOpened(FindingOpened),
    /// No longer.
    #[serde(rename = "finding.closed/1")]
    FindingClosed(FindingClosed),
    /// Something that people are told of has changed.
    #[serde(rename = "notice.changed/1")]
    NoticeChanged(NoticeChanged),
    /// A run of a drill has begun, gone on, or ended.
    #[serde(rename = "drill.changed/1")]
    DrillChanged(DrillChanged),
    /// An API token was made.
    #[serde(rename = "token.issued/1")]
    TokenIssued(TokenIssued),
    /// An API token was ended.
    #[serde(rename = "token.revoked/1")]
    TokenRevoked(TokenRevoked),
    /// A call to the API was answered.
    #[serde(rename = "call.made/1")]
    CallMade(CallMade),
    /// What somebody types as their name is another.
    #[serde(rename = "login.changed/1")]
    LoginChanged(LoginChanged),
    /// A credential is new, was used, or ended.
    #[serde(rename = "credential.changed/1")]
    CredentialChanged(CredentialChanged),
    /// A temporary access pass was made.
    #[serde(rename = "pass.issued/1")]
    PassIssued(PassIssued),
    /// A reset of what somebody signs in with was asked for, or agreed to.
    #[serde(rename = "reset.changed/1")]
    ResetChanged(ResetChanged),
    /// A session began, went on, or ended.
    #[serde(rename = "session.changed/1")]
    SessionChanged(SessionChanged),
    /// Relying parties are being told that a session has ended, or were.
    #[serde(rename = "logout.told/1")]
    LogoutTold(LogoutTold),
    /// Somebody proved nothing.
    #[serde(rename = "sign-in.failed/1")]
    SignInFailed(SignInFailed),
    /// It was decided whether somebody may sign in.
    #[serde(rename = "sign-in.decided/1")]
    SignInDecided(SignInDecided),
    /// A relying party was given something, or it counts no longer.
    #[serde(rename = "authorization.changed/1")]
    AuthorizationChanged(AuthorizationChanged),
    /// A client was given an access token for itself.
    #[serde(rename = "client.granted/1")]
    ClientGranted(ClientGranted),
    /// What follows from the signed metadata of a service provider has changed.
    #[serde(rename = "metadata.followed/1")]
    MetadataFollowed(MetadataFollowed),
    /// The register of clients that register themselves has changed.
    #[serde(rename = "registration.changed/1")]
    RegistrationChanged(RegistrationChanged),
    /// A signing key is new, or has come further.
    #[serde(rename = "key.changed/1")]
    KeyChanged(KeyChanged),
    /// The kill switch: nothing is sent to targets.
    #[serde(rename = "writing.stopped/1")]
    WritingStopped(WritingStopped),
    /// The kill switch was lifted.
    #[serde(rename = "writing.resumed/1")]
    WritingResumed(WritingResumed),
    /// The store was restored from a backup.
    #[serde(rename = "store.restored/1")]
    StoreRestored(StoreRestored),
}

impl Event {
    /// Reads an event from what is stored of it: its kind, and its body as JSON.
    ///
    /// Here and nowhere else, so that the reader of each kind is compiled once: three crates that read
    /// events by themselves made the binary a megabyte larger.
    ///
    /// # Errors
    /// When the kind is not known, or the body is not one of its kind.
    #[inline(never)]
    pub fn stored(kind: &str, body: &str) -> Result<Self, serde_json::Error> {
        let kind = serde_json::Value::from(kind);
        serde_json::from_str(&format!(r#"{{"kind":{kind},"body":{body}}}"#))
    }

    /// The subject under whose key the `personal` field is encrypted, and with whom it is erased.
    #[must_use]
    pub fn subject(&self) -> Option<SubjectId> {
        match self {
            Self::FactsAccepted(e) => Some(e.subject),
            Self::FactsAcceptedV1(e) => Some(e.subject),
            Self::FactsWithdrawn(e) => Some(e.subject),
            Self::FactsWithdrawnV1(e) => Some(e.subject),
            Self::SubjectTerminated(e) => Some(e.subject),
            Self::TerminationEnded(e) => Some(e.subject),
            Self::WorkerMatched(e) => Some(e.subject),
            Self::SubjectAdvanced(e) => Some(e.subject),
            Self::SubjectErased(e) => Some(e.subject),
            Self::PinsSet(e) => Some(e.subject),
            Self::PinsLifted(e) => Some(e.subject),
            Self::AccountDecided(e) => e.subject(),
            Self::MatchRejected(e) => Some(e.subject),
            Self::AccessDecided(e) => e.address.key.subject(),
            Self::PlanDrafted(e) => match e.about {
                crate::plan::About::Subject(subject) => Some(subject),
                crate::plan::About::Target(_) => None,
            },
            Self::StepChanged(e) => e.address.key.subject(),
            Self::LineAnswered(e) => e.address.key.subject(),
            Self::ObjectLinked(e) => e.address.key.subject(),
            Self::ObjectUnlinked(e) => e.address.key.subject(),
            Self::ObjectObserved(e) => e.subject,
            Self::NameLost(e) => e.subject,
            Self::TaskOpened(e) => Some(e.task.subject),
            Self::TaskDone(e) => Some(e.task.subject),
            Self::TaskDropped(e) => Some(e.subject),
            Self::FindingOpened(e) => e.finding.subject,
            Self::LoginChanged(e) => Some(e.subject),
            Self::CredentialChanged(e) => Some(e.state.subject),
            Self::PassIssued(e) => Some(e.subject),
            Self::ResetChanged(e) => Some(e.state.subject),
            Self::SessionChanged(e) => Some(e.state.subject),
            Self::LogoutTold(e) => Some(e.state.subject),
            Self::SignInFailed(e) => Some(e.subject),
            Self::SignInDecided(e) => Some(e.subject),
            Self::AuthorizationChanged(e) => Some(e.state.subject),
            Self::TenantStarted(_)
            | Self::DocumentsAccepted(_)
            | Self::DeliveryReceived(_)
            | Self::SourceHeard(_)
            | Self::WaveProposed(_)
            | Self::WaveJudged(_)
            | Self::WaveReleased(_)
            | Self::PlanChanged(_)
            | Self::ObjectVanished(_)
            | Self::MembersObserved(_)
            | Self::ObservationFinished(_)
            | Self::FindingClosed(_)
            | Self::NoticeChanged(_)
            | Self::DrillChanged(_)
            | Self::TokenIssued(_)
            | Self::TokenRevoked(_)
            | Self::CallMade(_)
            | Self::ClientGranted(_)
            | Self::MetadataFollowed(_)
            | Self::RegistrationChanged(_)
            | Self::KeyChanged(_)
            | Self::WritingStopped(_)
            | Self::WritingResumed(_)
            | Self::StoreRestored(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::personal::Personal;

    #[test]
    fn the_wire_form_names_its_version_and_decodes() -> serde_json::Result<()> {
        let event = Event::SubjectErased(SubjectErased {
            subject: SubjectId::from_bits(1),
            reason: "request 7".to_owned(),
        });
        let text = serde_json::to_string(&event)?;
        assert!(
            text.starts_with(r#"{"kind":"subject.erased/1","body":{"#),
            "{text}"
        );
        assert_eq!(serde_json::from_str::<Event>(&text)?, event);
        Ok(())
    }

    #[test]
    fn an_erased_body_still_decodes() -> serde_json::Result<()> {
        let text = r#"{"kind":"facts.accepted/1","body":{"subject":"sub_00000000000000000000000001",
            "source":"hr","delivery":"del_00000000000000000000000001","change":"joiner",
            "next_change":null,"digest":"0000000000000000000000000000000000000000000000000000000000000000",
            "personal":null}}"#;
        let Event::FactsAcceptedV1(facts) = serde_json::from_str(text)? else {
            unreachable!()
        };
        assert_eq!(facts.personal, Personal::Erased);
        Ok(())
    }
}
