//! The documents in force, as the engine needs them: compiled, checked, without their syntax.

use std::collections::{BTreeMap, BTreeSet};

use model::TargetName;
use rules::{Condition, Mapping};

use crate::beside::Beside;
use crate::identity::Sources;

/// How far Tenure may go in a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Reads and correlates; writes nothing.
    Observe,
    /// Adds and changes; every removal is asked.
    Confirm,
    /// All of it.
    Enforce,
}

impl Mode {
    /// The word for it in documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Observe => "observe",
            Self::Confirm => "confirm",
            Self::Enforce => "enforce",
        }
    }
}

/// One thing a rule gives.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Entitlement {
    /// The target.
    pub target: TargetName,
    /// A group in it; `None`: the account itself. A group implies the account.
    pub group: Option<String>,
}

/// Who gets what by birthright.
#[derive(Debug, Clone)]
pub struct BirthrightRule {
    /// `metadata.name`.
    pub name: String,
    /// For whom.
    pub when: Condition,
    /// What.
    pub grants: Vec<Entitlement>,
    /// So many days after a move what it gave is kept.
    pub grace_days: Option<u16>,
}

/// A group that documents declare in a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupRules {
    /// The attributes it is to have (`displayName`).
    pub attributes: model::Attributes,
}

/// A user name that is given once, to one account alone.
#[derive(Debug, Clone)]
pub struct UniqueName {
    /// What a person may be called, best first. All give text.
    pub forms: Vec<Mapping>,
    /// Whether the last form is tried with numbers too.
    pub number: bool,
    /// Names that nobody gets, in ASCII lower case; also before any domain.
    pub reserved: BTreeSet<String>,
    /// For how many days, of 24 hours each, nobody else gets a name that an account has lost.
    pub quarantine_days: Option<u32>,
}

/// How accounts of one target are made.
#[derive(Debug, Clone)]
pub struct AppRules {
    /// How far Tenure may go.
    pub mode: Mode,
    /// The attribute paths by which an existing account is matched to a person, most telling
    /// first.
    pub matching: Vec<String>,
    /// Attribute path → the expression that gives its value.
    pub attributes: BTreeMap<String, Mapping>,
    /// The paths of `attributes` and of `manager` that are emptied where nothing gives them a value.
    pub clears: BTreeSet<String>,
    /// How new accounts are named; `None`: by an attribute like any other.
    pub unique: Option<UniqueName>,
    /// Gives the worker key of the manager, and the path at which the reference belongs.
    pub manager: Option<(String, Mapping)>,
    /// The groups that documents declare, by their key.
    pub groups: BTreeMap<String, GroupRules>,
    /// How long before the first day accounts are made; `None`: on the first day.
    pub joiner: Option<Lead>,
    /// What becomes of accounts of people who are on leave.
    pub leave: OnLeave,
    /// So many days after somebody has left their account is deleted; `None`: it is kept, disabled.
    pub delete_after_days: Option<u32>,
    /// What somebody does by hand when a person has left, each under a name of its own.
    pub manual: Vec<ManualStep>,
    /// How many accounts may be usable there; `None`: as many as are wanted.
    pub seats: Option<u32>,
}

/// Something that somebody does by hand when a person has left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManualStep {
    /// What the document calls it; unique in its app.
    pub name: String,
    /// The person or team who does it.
    pub owner: String,
    /// What is to be done.
    pub text: String,
    /// It is due at the end of the day that comes so many days after the one on which it is opened.
    pub due_days: u16,
    /// Whether the account is not deleted before it is done.
    pub before_delete: bool,
}

/// What becomes of the accounts of an app while their people are on leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnLeave {
    /// They stay as they are.
    #[default]
    Keep,
    /// They are disabled, and enabled on return. Memberships and attributes go on.
    Disable,
}

/// Accounts that are made before the first day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lead {
    /// So many days before it, at the same time of day on the worker's own clock.
    pub days: u16,
    /// Whether they may be used before it.
    pub active: bool,
}

/// At which distances from a first or last day something is due for a person, in days, each once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Spans {
    /// So many days before the first day of work.
    pub leads: BTreeSet<u16>,
    /// So many days after somebody has left.
    pub retentions: BTreeSet<u32>,
}

/// Everything that decides who gets what.
#[derive(Debug, Clone, Default)]
pub struct RuleBook {
    /// The revision of the documents.
    pub revision: u64,
    /// The rules, in the order of their names.
    pub rules: Vec<BirthrightRule>,
    /// The targets.
    pub apps: BTreeMap<TargetName, AppRules>,
    /// How much each source's word counts.
    pub sources: Sources,
    /// What single people get and answer for.
    pub beside: Beside,
    /// Whether an expression asks for the managers above a person.
    pub asks_for_chain: bool,
}

impl RuleBook {
    /// Whether a rule or an app looks at an attribute, also through a group.
    #[must_use]
    pub fn looks_at(&self, attribute: &str) -> bool {
        let rules = self.rules.iter().flat_map(|rule| rule.when.attributes());
        let mappings = self.apps.values().flat_map(|app| {
            let unique = app.unique.iter().flat_map(|unique| &unique.forms);
            let manager = app.manager.iter().map(|(_, mapping)| mapping);
            app.attributes.values().chain(unique).chain(manager)
        });
        let mapped = mappings.flat_map(Mapping::attributes);
        rules.chain(mapped).any(|name| name == attribute)
    }

    /// Whether some rule lets people keep something for a while after a move.
    #[must_use]
    pub fn has_grace(&self) -> bool {
        self.rules.iter().any(|rule| rule.grace_days.is_some())
    }

    /// Whether some app asks for something to be done by hand.
    #[must_use]
    pub fn has_manual(&self) -> bool {
        self.apps.values().any(|app| !app.manual.is_empty())
    }

    /// Whether some app has only so many seats.
    #[must_use]
    pub fn has_seats(&self) -> bool {
        self.apps.values().any(|app| app.seats.is_some())
    }

    /// How many days before somebody's first day, and after they have left, something is due for
    /// them.
    #[must_use]
    pub fn spans(&self) -> Spans {
        let leads = self.apps.values().filter_map(|app| app.joiner);
        let retentions = self.apps.values().filter_map(|app| app.delete_after_days);
        Spans {
            leads: leads.map(|lead| lead.days).collect(),
            retentions: retentions.collect(),
        }
    }
}
