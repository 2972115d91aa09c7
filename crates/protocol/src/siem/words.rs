//! The words of an extract: what, what was done to it, how it ended, how much it matters.

/// What kind of thing it happened to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thing {
    /// An account in an app.
    Account,
    /// That an account is a member of a group.
    Membership,
    /// A group in an app.
    Group,
    /// A person.
    Person,
    /// Access that no rule gives.
    Access,
    /// The plans of one cause.
    Wave,
    /// A plan.
    Plan,
    /// A step of a plan, before it has ended.
    Step,
    /// The tenant's documents.
    Documents,
    /// An HR file.
    Delivery,
    /// An app.
    App,
    /// Something that a person has to look at.
    Finding,
    /// Something that people are told of.
    Notice,
    /// A run of a drill.
    Drill,
    /// Something that is done by hand.
    Task,
    /// An API token.
    Token,
    /// Something that somebody signs in with.
    Credential,
    /// A temporary access pass.
    Pass,
    /// A browser in which somebody is signed in.
    Session,
    /// Something that people sign in to.
    RelyingParty,
    /// What a relying party was given on behalf of somebody.
    Authorization,
    /// A signing key.
    Key,
    /// A call to the API.
    Call,
    /// Writing to apps: the kill switch.
    Writing,
    /// The tenant.
    Tenant,
    /// The store.
    Store,
}

impl Thing {
    /// The word in extracts.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Membership => "membership",
            Self::Group => "group",
            Self::Person => "person",
            Self::Access => "access",
            Self::Wave => "wave",
            Self::Plan => "plan",
            Self::Step => "step",
            Self::Documents => "documents",
            Self::Delivery => "delivery",
            Self::App => "app",
            Self::Finding => "finding",
            Self::Notice => "notice",
            Self::Drill => "drill",
            Self::Task => "task",
            Self::Token => "token",
            Self::Credential => "credential",
            Self::Pass => "pass",
            Self::Session => "session",
            Self::RelyingParty => "relying_party",
            Self::Authorization => "authorization",
            Self::Key => "key",
            Self::Call => "call",
            Self::Writing => "writing",
            Self::Tenant => "tenant",
            Self::Store => "store",
        }
    }
}

/// What was done to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// It is there now.
    Create,
    /// It was looked at.
    Read,
    /// It is otherwise now.
    Update,
    /// It is gone.
    Delete,
    /// It may be used.
    Enable,
    /// It may not be used.
    Disable,
    /// An account is a member of the group now.
    Add,
    /// It is not any more.
    Remove,
    /// Somebody signs in.
    Logon,
    /// Somebody is signed in no longer.
    Logoff,
    /// Something that no schema has a number for, in one word.
    Other(&'static str),
    /// Not known any more: what would tell it was erased.
    Unknown,
}

impl Act {
    /// The word in extracts.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Read => "read",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Enable => "enable",
            Self::Disable => "disable",
            Self::Add => "add",
            Self::Remove => "remove",
            Self::Logon => "logon",
            Self::Logoff => "logoff",
            Self::Other(word) => word,
            Self::Unknown => "unknown",
        }
    }
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Done; of a step: read back as wanted.
    Success,
    /// Not done, and it is not tried again.
    Failure,
    /// Under way.
    Open,
}

impl Ending {
    /// The word in extracts.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Open => "open",
        }
    }
}

/// How much it matters. The numbers are those of OCSF (`severity_id`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing is to be done.
    Informational = 1,
    /// Somebody may want to know.
    Low = 2,
    /// Somebody has to know.
    Medium = 3,
    /// Somebody has to do something.
    High = 4,
}

impl Severity {
    /// The word in extracts; OCSF has the same ones.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Informational => "Informational",
            Self::Low => "Low",
            Self::Medium => "Medium",
            Self::High => "High",
        }
    }

    /// From the number on the wire.
    #[must_use]
    pub const fn of(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Informational),
            2 => Some(Self::Low),
            3 => Some(Self::Medium),
            4 => Some(Self::High),
            _ => None,
        }
    }
}
