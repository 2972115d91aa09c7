//! The admin API on the wire: requests and answers as types.
//!
//! The OpenAPI description is written from these types, and the command line client uses them,
//! so that server, description and client cannot disagree. Requests refuse unknown fields;
//! answers may gain fields within `/api/v1`.
//!
//! Conventions: instants are RFC 3339 in UTC; ids are prefixed texts (`sub_…`, `wav_…`);
//! listings are [`Page`]s with an opaque cursor; errors are [`Problem`]s (RFC 9457).

mod change;
mod digest;
mod documents;
mod drills;
mod estate;
mod events;
mod handoff;
mod notices;
mod page;
mod people;
mod preview;
mod problem;
mod registration;
mod rehearsal;
mod reset;
mod schema;
mod sign_in;
mod tasks;
mod tenant;
mod tokens;
mod work;

pub use change::{WhyChangeAnswer, WireChanged, WireDecided, WireExchange, WireMoment, WireWord};
pub use digest::{
    DigestAnswer, DigestCount, DigestFailure, DigestFinding, DigestPerson, DigestSilence,
    DigestWave, LeaverTimes, LeaversAnswer, RetryRequest, WireEnding, WireLeaver, WireRemainder,
    WireUnread,
};
pub use documents::{
    DeliveryAnswer, DeliverySummary, DocumentFile, DocumentsAnswer, DocumentsInForce, FactChange,
    FileChange, ObserveRequest, ObservedRun, PersonChange, PutDocuments, WireDiagnostic,
    WireUndecided,
};
pub use drills::{
    DrillAnswer, RunDrill, RunDrillAnswer, WireDrill, WireDrillApp, WireDrillPhase, WireDrillRun,
    WireDrillTimes,
};
pub use estate::{
    ClassCount, DecideEstate, DecideEstateAnswer, DecidedEstate, DriftAnswer, DriftCount, DriftRow,
    EstateAnswer, EstateRow, UnexplainedAnswer, UnexplainedGroup, UnexplainedRow, WireDecision,
};
pub use events::{EventsAnswer, WireEvent};
pub use handoff::{AnswersAnswer, ExtractAnswer, SheetAnswer, WireAnswer, WireLine};
pub use notices::{AcknowledgeRequest, TestChannel, WireMessage, WireNotice};
pub use page::Page;
pub use people::{
    AccessAnswer, AccessItem, EraseAnswer, EraseRequest, MatchRequest, PersonAccess, PersonAnswer,
    PersonSummary, TerminateRequest, TerminationAnswer, WireEngagement, WireLeave, WireReason,
    WireStanding, WireTermination, WireWhen,
};
pub use preview::{
    AppPreview, AttributePreview, CollisionPreview, ForeseenWave, PeopleList, PersonPreview,
    PreviewAnswer, PreviewProblem, PreviewRequest, ValueCount,
};
pub use problem::Problem;
pub use registration::{EndRegistration, MadeInitialAccess, MakeInitialAccess, WireRegistration};
pub use rehearsal::{
    RehearsalAnswer, RehearsalApp, RehearsalChange, RehearsalDay, RehearsalEnding,
    RehearsalManager, RehearsalPerson, RehearsalWave,
};
pub use reset::{
    AgreeReset, AgreedReset, AskReset, AskedReset, LinkPerson, LinkedPerson, UnlinkPerson,
    WireReset,
};
pub use schema::{SchemaOf, schema_of};
pub use sign_in::{
    EndCredential, EndCredentialAnswer, EndSessions, EndSessionsAnswer, IssuePass, IssuedPass,
    MadeClientSecret, MakeClientSecret, RollKeys, RollKeysAnswer, TakeKey, TurnKeys,
    TurnKeysAnswer, WireCredential, WireEvidence, WireGiven, WireKeyAdoption, WireKeyTurn,
    WireRelyingParty, WireRisk, WireSession, WireSigningKey,
};
pub use tasks::{FinishTask, TaskAnswer, WireTask};
pub use tenant::{
    CloseFinding, Done, LogEntry, StatusAnswer, StoppedTarget, TargetSummary, WireFinding,
    WritingRequest,
};
pub use tokens::{IssueToken, IssuedToken, PutSecret, RevokeToken, SecretName, TokenSummary};
pub use work::{
    DecideRequest, DecisionAnswer, PlanChangeAnswer, PlanRequest, StepSummary, UndoAnswer,
    WaveAnswer, WavePreviewAnswer, WaveSummary, WireName, WireObstacle, WirePlan,
};
