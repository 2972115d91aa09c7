//! Use-cases: what Tenure does when someone asks, and what it does by itself.
//!
//! Everything here speaks to the outside through ports only: no SQL, no HTTP types, no clock
//! but [`ports::Clock`]. Decisions are made by the pure engines (`lifecycle`, `rules`,
//! `documents`); this crate gathers what they need, writes what they say through the one write
//! door, and carries effects out.
//!
//! A newcomer's way in: [`App::deliver`] → [`App::plan`] → [`App::apply`] → [`Worker`].

mod adopt;
mod apply;
mod chain;
mod connect;
mod decide;
mod deletion;
mod deliver;
mod digest;
mod documents;
mod drill;
mod due;
mod erase;
mod error;
mod events;
mod expectations;
mod expiries;
mod findings;
mod grace;
mod handoff;
mod identity;
mod leavers;
mod losses;
mod matching;
mod names;
mod notify;
mod observe;
mod oidc;
mod past;
mod people;
mod planner;
mod preview;
mod rehearse;
mod restore;
mod saml;
mod seats;
mod secrets;
mod sign_in;
mod switch;
mod tasks;
mod tenant;
mod terminate;
mod tokens;
mod undo;
mod why;

use std::sync::Arc;

use model::{Actor, Event, Timestamp};
use ports::store::{Append, Committed};
use ports::{Breached, Clock, Entropy, KeyRing, Listening, Signer, Store};

pub use adopt::{
    DecidedRow, DecisionReport, DecisionRow, Estate, EstateAccount, Stands, State, Unexplained,
    UnexplainedAccess, UnexplainedOf, Who,
};
pub use apply::{Pass, Worker, WorkerSettings};
pub use connect::{Connect, ReadSource};
pub use deliver::{DeliveryReport, RowChange, UndecidedWorker};
pub use digest::{
    Awaited, Count, Digest, FailureGroup, FindingGroup, LatePerson, Silence, WaitingWave, Window,
};
pub use documents::DocumentsReport;
pub use drill::{DrillStatus, DrillTrouble};
pub use error::{AppError, ErrorKind};
pub use events::{EventsAsked, Extracts};
pub use expectations::{TestFailure, TestResult, test_documents};
pub use handoff::{AnswerRow, AnswersReport, ExtractReport, OpenLine, Taken};
pub use identity::Known;
pub use leavers::{
    Decision, EndState, Ending, LeaverRecord, Leavers, Proof, Remainder, Remains, Times, Unread,
};
pub use lifecycle::drill::Times as DrillTimes;
pub use notify::{Notifier, read_messages};
pub use oidc::{
    Answer, Ask, Asker, Door, Exposure, Factors, Given, GivenClientSecret, GivenInitialAccess,
    HeldTour, KeyTurn, LoggedOut, Offers, OwnFactor, Portal, PortalSession, RecentSignIn,
    RegistrationAnswer, RegistrationCall, Risk, ShownDevice, Teller, Tile, TokenCall,
    Told as UserTold, ToldParty, ToldRegistration, ToldSession, UpstreamOffer, UserCall, Wrong,
    paths,
};
pub use past::{Past, Told, When};
pub use planner::{PlanPreview, Planning, WavePreview};
pub use preview::{AppOutlook, Collision, Histogram, Named, Names, Preview, Trouble};
pub use rehearse::{
    EndingThing, HeldWave, LeavingManager, Rehearsal, RehearsedApp, RehearsedChange, RehearsedDay,
    RehearsedPlan,
};
pub use saml::{Adoption, Evidence};
pub use seats::SeatAwaited;
pub use secrets::{GivenSecret, IDENTITY_PROVIDER};
pub use sign_in::{
    AgreedReset, AskedReset, Bar, EndedCredential, From as SignInFrom, GivenPass, Linked, NewCodes,
    PassCheck, Recovery, ResetWish, SignedIn, ToldCredential, switch_of,
};
pub use tenant::{Loaded, TargetStatus};
pub use terminate::TerminationReport;
pub use tokens::Session;
pub use undo::UndoReport;
pub use why::{Changed, Decided, Moment, WhyAccess, WhyChange, WhyItem, Word};

/// What reads return and what appends are made of, for those who reach the store through
/// [`App::store`] only.
pub mod rows {
    pub use ports::store::{
        Append, FindingRow, LogRecord, NoticeRow, ObservationRow, Person, PlanRow, SessionRow,
        StepRow, StoreError, TokenRow, WaveFilter, WaveRow, WaveStatus,
    };
}

/// One tenant's use-cases over its store. Clones are cheap, and the same: they share everything.
#[derive(Clone)]
pub struct App {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) keyring: Arc<dyn KeyRing>,
    pub(crate) connect: Arc<dyn Connect>,
    pub(crate) source: Arc<dyn ReadSource>,
    /// The listener of this node, where it has one.
    pub(crate) listening: Option<Arc<dyn Listening>>,
    loaded: Arc<tenant::Cache>,
    /// Since when sources that have never delivered are waited for.
    pub(crate) expected: Arc<notify::Expected>,
    /// Plannings of one node come one after the other; those of several nodes conflict on the
    /// stream `planner` and are tried again. With it, what the last one of everyone remembers.
    planning: Arc<tokio::sync::Mutex<Option<planner::Memory>>>,
    /// Rings whenever there may be something new to carry out.
    pub(crate) bell: Arc<tokio::sync::Notify>,
    /// Rings when a session has ended of which relying parties may have to be told.
    pub(crate) goodbye: Arc<tokio::sync::Notify>,
    /// Plans whose people have answered since they were last looked at. Only a memory aid: they are
    /// looked at anyway, later.
    pub(crate) answered: Arc<std::sync::Mutex<Vec<model::PlanId>>>,
    /// Seats for those who wait for news of the log.
    pub(crate) following: Arc<tokio::sync::Semaphore>,
    /// Who we are to relying parties, on a node on which people sign in.
    pub(crate) issuer: Option<protocol::oauth::Issuer>,
    /// What stands before the paths of the endpoints at which clients present certificates, where they may.
    pub(crate) mutual: Option<protocol::oauth::Issuer>,
    /// The keys that tokens are signed with, as they were last read.
    pub(crate) keys: Arc<oidc::KeyCache>,
    /// Who holds the signing keys, where that is not this process.
    pub(crate) signer: Option<Arc<dyn Signer>>,
    /// Signed tokens that were found good.
    pub(crate) verified: Arc<oidc::Verified>,
    /// Records of grants that are written together.
    pub(crate) trail: Arc<oidc::Trail>,
    /// What identity providers elsewhere say of themselves, as it was last read.
    pub(crate) upstreams: Arc<sign_in::Upstreams>,
    /// Seats for those about whom a directory is asked.
    pub(crate) directory_seats: Arc<tokio::sync::Semaphore>,
    /// The keys that addresses are sealed with, as far as this node has them open.
    pub(crate) address_keys: Arc<sign_in::AddressKeys>,
    /// For how many days addresses of people who sign in are kept whole.
    pub(crate) address_days: u32,
    pub(crate) hashing: sign_in::Hashing,
    /// Passwords that nobody is to have, on a node that was given a list of them.
    pub(crate) breached: Option<Arc<dyn Breached>>,
}

/// What an [`App`] is made of.
pub struct Parts {
    /// Where everything durable goes.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub entropy: Arc<dyn Entropy>,
    /// Keys at rest.
    pub keyring: Arc<dyn KeyRing>,
    /// Makes connections to targets.
    pub connect: Arc<dyn Connect>,
    /// Reads HR files.
    pub source: Arc<dyn ReadSource>,
}

impl App {
    /// The use-cases over these parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self {
            store: parts.store,
            clock: parts.clock,
            entropy: parts.entropy,
            keyring: parts.keyring,
            connect: parts.connect,
            source: parts.source,
            listening: None,
            loaded: Arc::default(),
            expected: Arc::default(),
            planning: Arc::default(),
            bell: Arc::default(),
            goodbye: Arc::default(),
            answered: Arc::default(),
            following: Arc::new(tokio::sync::Semaphore::new(events::WAITING)),
            issuer: None,
            mutual: None,
            keys: Arc::default(),
            signer: None,
            verified: Arc::default(),
            trail: Arc::default(),
            upstreams: Arc::default(),
            directory_seats: Arc::new(tokio::sync::Semaphore::new(sign_in::DIRECTORY_AT_ONCE)),
            address_keys: Arc::default(),
            address_days: sign_in::ADDRESS_DAYS,
            hashing: sign_in::Hashing::for_cores(cores()),
            breached: None,
        }
    }

    /// The same, on a node that others connect to.
    #[must_use]
    pub fn listening(mut self, listening: Arc<dyn Listening>) -> Self {
        self.listening = Some(listening);
        self
    }

    /// The same, on a node on which people sign in; this is who it is to relying parties.
    #[must_use]
    pub fn issuing(mut self, issuer: protocol::oauth::Issuer) -> Self {
        self.issuer = Some(issuer);
        self
    }

    /// The same, on a node at which clients may present certificates; this stands before the paths there.
    #[must_use]
    pub fn meeting(mut self, mutual: protocol::oauth::Issuer) -> Self {
        self.mutual = Some(mutual);
        self
    }

    /// The same, on a node that refuses the passwords of this list.
    #[must_use]
    pub fn refusing(mut self, breached: Arc<dyn Breached>) -> Self {
        self.breached = Some(breached);
        self
    }

    /// The same, on a node that keeps addresses of people who sign in whole for so many days; 0: never.
    #[must_use]
    pub const fn keeping_addresses(mut self, days: u32) -> Self {
        self.address_days = days;
        self
    }

    /// The same, on a node whose signing keys another process holds.
    #[must_use]
    pub fn signing_by(mut self, signer: Arc<dyn Signer>) -> Self {
        self.signer = Some(signer);
        self
    }

    /// The store, for reads that need no use-case.
    #[must_use]
    pub fn store(&self) -> &dyn Store {
        &*self.store
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) async fn append(
        &self,
        actor: &Actor,
        events: Vec<Event>,
    ) -> Result<Committed, AppError> {
        Ok(self.store.append(Append::of(actor.clone(), events)).await?)
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}
