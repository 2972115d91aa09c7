//! The words Tenure is written in: ids, facts, assignments, plans, steps, events and time.
//!
//! This crate is the ground floor. It decides nothing and does nothing: it has no I/O, reads no
//! clock and draws no random numbers. Every other crate may use it, and it uses none of them.
//!
//! Start with [`plan`] (what will be done, and why), [`event`] (what was decided or done) and
//! [`facts`] (what HR said). GLOSSARY.md gives each word in one sentence.

pub mod actor;
pub mod address;
pub mod assignment;
pub mod attributes;
pub mod canonical;
pub mod diagnostic;
pub mod drill;
pub mod engagement;
pub mod event;
pub mod facts;
pub mod finding;
pub mod handoff;
pub mod id;
pub mod logout;
pub mod notice;
pub mod observation;
pub mod outcome;
pub mod personal;
pub mod plan;
pub mod registration;
pub mod sign_in;
pub mod source;
pub mod task;
pub mod time;
pub mod wave;

pub use actor::{Actor, Scope};
pub use address::{Address, Key, Kind, RemoteId, TargetName, Version};
pub use assignment::{Assignment, Rank, Reason, Want};
pub use attributes::{Attributes, Value};
pub use canonical::Digest;
pub use diagnostic::{Code, Diagnostic};
pub use drill::{DrillOutcome, DrillPhase, DrillRun, Phase};
pub use engagement::{Engagement, WorkerRef};
pub use event::Event;
pub use facts::Facts;
pub use id::{
    AuthorizationId, CredentialId, DeliveryId, EngagementId, FindingId, NoticeId, PassId, PlanId,
    RegistrationId, ResetId, RunId, SessionId, SubjectId, TaskId, TokenId, WaveId,
};
pub use logout::{Farewell, FarewellStatus, Logout};
pub use notice::{Notice, Occasion};
pub use observation::{Completeness, Ownership, Record, Shadow};
pub use outcome::{Answer, Exchange, Outcome};
pub use personal::{Personal, Secret};
pub use plan::{About, Act, Plan, Step, StepRef};
pub use registration::{InitialAccess, Register, RegisteredClient, RegistrationAct};
pub use sign_in::{AskedClaims, Authorization, Credential, Factor, FactorUse, Session, SigningKey};
pub use task::{KnownTask, Task};
pub use time::Timestamp;
pub use wave::{Cause, Change, Input, Verdict, Wave};
