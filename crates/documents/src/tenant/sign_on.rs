//! Who may sign in, and with what.

use std::collections::BTreeSet;

use model::WorkerRef;
use rules::Mapping;
use rules::sign_on::{SignOnPolicy, Strength};

use super::SignInRoute;

/// Who may sign in, and with what.
#[derive(Debug, Clone)]
pub struct SignOn {
    /// `metadata.name`.
    pub name: String,
    /// What people type as their name; text. Whoever is given none cannot sign in.
    pub login: Mapping,
    /// How long they stay signed in.
    pub session: SessionLimits,
    /// The groups of people who administer Tenure itself.
    pub administrators: BTreeSet<String>,
    /// Further groups of people of whom as much care is taken as of those.
    pub privileged: BTreeSet<String>,
    /// The rules; what they call apps are relying parties, by their names.
    pub policy: SignOnPolicy,
    /// Where people sign in, in their order: the first that names somebody counts.
    pub routes: Vec<SignInRoute>,
    /// Accounts for the day on which a mistake keeps everybody else out.
    pub break_glass: Option<BreakGlass>,
    /// How people are told when what they sign in with changes.
    pub tell_people: Option<TellPeople>,
    /// A way in again by mail; there is none without [`Self::tell_people`] and [`Self::administrators`].
    pub recover_by_mail: Option<RecoverByMail>,
}

/// Whom no rule, no missing row and no missing account keeps out. An `Alarm` about their use, which is passed
/// on, stands in the same documents.
#[derive(Debug, Clone)]
pub struct BreakGlass {
    /// Who; at least one.
    pub people: BTreeSet<WorkerRef>,
    /// What they have to prove: multi-factor or phishing-resistant.
    pub strength: Strength,
    /// The same as the one rule that is asked for them.
    pub policy: SignOnPolicy,
    /// The relying parties that they get in to without an account or group of their own.
    pub relying_parties: BTreeSet<String>,
    /// So many days after it was tried, an account has to be tried again, 1 to 365.
    pub test_within_days: u16,
}

/// How people are told when what they sign in with changes.
#[derive(Debug, Clone)]
pub struct TellPeople {
    /// A channel by mail; its own receivers are told nothing.
    pub channel: String,
    /// What gives somebody's mail addresses, 1 to 3; text.
    pub addresses: Vec<Mapping>,
    /// What gives the language of somebody's mails (BCP 47); text.
    pub language: Option<Mapping>,
    /// The language of everybody else's: `en`, `de`, `es`, `fr` or `ja`.
    pub default_language: &'static str,
}

/// A way in again by mail.
#[derive(Debug, Clone)]
pub struct RecoverByMail {
    /// What gives somebody's mail address; text, of what only HR sets.
    pub address: Mapping,
    /// So many minutes what is mailed counts, 5 to 60.
    pub minutes: u16,
}

/// How long people stay signed in. It is over when either is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLimits {
    /// So many minutes without being used, 1 to 1440; never more than `hours`.
    pub idle_minutes: u16,
    /// So many hours after it began, 1 to 720.
    pub hours: u16,
}
