//! A checked tenant: every reference resolved, every expression compiled.

mod alarm;
mod beside;
mod client_registration;
mod drill;
mod expectation;
mod handoff;
mod identity_provider;
mod password_directory;
mod relaxation;
mod relying_party;
mod saml;
mod saml_metadata;
mod sign_on;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use model::{TargetName, Timestamp};
use rules::{Condition, Mapping, Schema};

pub use alarm::{Alarm, By, Channel, Smtp, SmtpTls};
pub use beside::{
    Hold, ListedGroup, PEOPLE, PersonalGrant, ServiceAccount, ServiceAccounts, SponsoredPerson,
};
pub use client_registration::{ClientRegistration, RedirectKind, Registered};
pub use drill::{DRILLS, Drill, Schedule};
pub use expectation::{
    AccountState, ExpectedAccess, ExpectedValue, LifecycleTest, MANAGER, MappingTest, Moment,
};
pub use handoff::{ACTIVE, HandOff};
pub use identity_provider::{
    Counts, IdentityProvider, LinkBy, SignInRoute, UpstreamOidc, UpstreamSaml, UpstreamSpeaks,
};
pub use password_directory::PasswordDirectory;
pub use relaxation::Relaxation;
pub use relying_party::{
    AccessToken, CertificateSubject, Exchange, GrantType, MaySignIn, Oidc, OidcClient, OidcProfile,
    RelyingParty, Require, SigningAlg, Speaks, SubjectType, TokenFormat,
};
pub use saml::{
    Acs, AttributeSet, Encryption, GivenNameId, KeyTransport, MetadataAt, NameIdRule, Saml,
    SamlCipher, SamlKey, SamlProfile, SamlSigns, Slo, SoapLogout, SubjectIdReq, SubjectIdRule,
};
pub use saml_metadata::{Logo, SamlMetadata, TechnicalContact};
pub use sign_on::{BreakGlass, RecoverByMail, SessionLimits, SignOn, TellPeople};

/// All documents of a tenant. Two directories with the same documents give the same tenant,
/// however the documents are spread over files.
#[derive(Debug, Clone, Default)]
pub struct Tenant {
    /// HR sources, by name.
    pub sources: BTreeMap<String, Source>,
    /// Target systems, by name.
    pub apps: BTreeMap<TargetName, App>,
    /// Birthright rules, by name.
    pub rules: BTreeMap<String, Rule>,
    /// Groups of people by hand, by name. Those by rule are in `schema`.
    pub listed: BTreeMap<String, ListedGroup>,
    /// What single people get beside the rules, by name.
    pub grants: BTreeMap<String, PersonalGrant>,
    /// Whose accounts are not deleted, by name.
    pub holds: BTreeMap<String, Hold>,
    /// People who are not in HR, by name.
    pub people: BTreeMap<String, SponsoredPerson>,
    /// Accounts that workloads use.
    pub service_accounts: ServiceAccounts,
    /// What a wave may do without being asked.
    pub guard: Guard,
    /// Ways to tell people something, by name.
    pub channels: BTreeMap<String, Channel>,
    /// What people are told of, by name.
    pub alarms: BTreeMap<String, Alarm>,
    /// Made-up people on whom the whole way is tried, by name.
    pub drills: BTreeMap<String, Drill>,
    /// What people sign in to, by name.
    pub relying_parties: BTreeMap<String, RelyingParty>,
    /// As what clients may register themselves, by name; none: they may not.
    pub client_registrations: BTreeMap<String, ClientRegistration>,
    /// What service providers of SAML are told of us; `None`: no more than they need.
    pub saml_metadata: Option<SamlMetadata>,
    /// Where else people prove who they are, by name.
    pub identity_providers: BTreeMap<String, IdentityProvider>,
    /// A directory that knows passwords which have not been moved here yet.
    pub password_directory: Option<PasswordDirectory>,
    /// Who may sign in, and with what; `None`: nobody.
    pub sign_on: Option<SignOn>,
    /// Tests of mappings, by name.
    pub mapping_tests: BTreeMap<String, MappingTest>,
    /// Tests of who has what when, by name.
    pub lifecycle_tests: BTreeMap<String, LifecycleTest>,
    /// The attributes that sources give to people, and the groups that they can be in.
    pub schema: Schema,
    /// Those of them that people can change themselves.
    pub self_editable: BTreeSet<String>,
}

/// An HR source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// `metadata.name`.
    pub name: String,
    /// How its columns become facts.
    pub csv: model::source::CsvMapping,
    /// How much its word counts beside that of other sources: the smaller, the more.
    pub precedence: u32,
    /// Attribute → the precedence that counts for it instead.
    pub attribute_precedence: BTreeMap<String, u32>,
    /// Whether a row of it says that somebody works here.
    pub engages: bool,
    /// It delivers at least once in so many hours.
    pub expect_every_hours: Option<u32>,
    /// The sets of attributes by which a worker whom it has not named before is found among the
    /// people who are known: all of a set must be equal.
    pub correlate: Vec<Vec<String>>,
}

/// A target system.
#[derive(Debug, Clone)]
pub struct App {
    /// `metadata.name`.
    pub name: TargetName,
    /// How to reach it.
    pub reach: Reach,
    /// How far Tenure may go.
    pub mode: Mode,
    /// What accounts look like.
    pub account: Account,
    /// The groups that Tenure keeps there, by our name for them.
    pub groups: BTreeMap<String, Group>,
    /// Accounts that are made before the first day.
    pub joiner: Option<Joiner>,
    /// What becomes of accounts of people who are on leave.
    pub leave: OnLeave,
    /// So many days after somebody has left their account is deleted; at least one.
    pub delete_after_days: Option<u32>,
    /// What somebody does by hand when a person has left, in the order of the document.
    pub manual: Vec<ManualStep>,
    /// How many accounts may be usable there, by whoever owns them; as many as are wanted if not given.
    pub seats: Option<u32>,
    /// What the app lets live on when an account is disabled, by name.
    pub lingers: BTreeMap<String, Lingering>,
    /// How hard we may press it.
    pub limits: Limits,
    /// So many hours after it was listed, it is listed again; at least one.
    pub observe_every_hours: u8,
    /// Accounts that no match may give to anyone.
    pub privileged: Privileged,
}

/// How an app is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// It speaks SCIM.
    Scim(Scim),
    /// Its own people do what is wanted, and say so.
    HandOff(Box<HandOff>),
}

impl App {
    /// Where it speaks SCIM, if it does.
    #[must_use]
    pub fn scim(&self) -> Option<&Scim> {
        match &self.reach {
            Reach::Scim(scim) => Some(scim),
            Reach::HandOff(_) => None,
        }
    }

    /// Who does by hand what is wanted there, if Tenure cannot.
    #[must_use]
    pub fn handoff(&self) -> Option<&HandOff> {
        match &self.reach {
            Reach::Scim(_) => None,
            Reach::HandOff(handoff) => Some(handoff),
        }
    }
}

/// Something that somebody does by hand when a person has left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManualStep {
    /// What it is called; unique in its app.
    pub name: String,
    /// The person or team who does it.
    pub owner: String,
    /// What is to be done.
    pub text: String,
    /// It is due at the end of the day that comes so many days after the one on which it is asked
    /// for.
    pub due_days: u16,
    /// Whether the account is not deleted before it is done.
    pub before_delete: bool,
}

/// Until when something lives on after an account was disabled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lingering {
    /// So long after it.
    For(Duration),
    /// Until the account is deleted.
    Deletion,
    /// Until the manual step of this name is done.
    Step(String),
    /// Nobody knows.
    Unknown,
}

/// What becomes of accounts of people who are on leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnLeave {
    /// They stay as they are.
    Keep,
    /// They are disabled meanwhile.
    Disable,
}

/// Accounts that are made before the first day of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Joiner {
    /// So many days before it; at least one.
    pub days_before: u16,
    /// Whether they may be used before it.
    pub active: bool,
}

/// Accounts that no match may give to anyone: a person decides whose each is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Privileged {
    /// Members of these groups, by the groups' names in the app.
    pub groups: BTreeSet<String>,
    /// Accounts of these names, in ASCII lower case.
    pub names: BTreeSet<String>,
}

/// A SCIM 2.0 service provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scim {
    /// The base URL, for example `https://app.example/scim/v2`: no credentials, query or
    /// fragment, no slash at the end; `http` only with `allow_private`.
    pub url: String,
    /// How we prove who we are.
    pub auth: Auth,
    /// In what it differs from the RFCs.
    pub profile: Profile,
    /// It may be on a private or loopback address.
    pub allow_private: bool,
}

/// How we prove who we are. Secrets are named here and kept, sealed, in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Auth {
    /// A bearer token (RFC 6750).
    Bearer {
        /// The name of the secret.
        secret: String,
    },
    /// OAuth 2.0 client credentials (RFC 6749 §4.4).
    ClientCredentials {
        /// The token endpoint.
        token_url: String,
        /// `client_id`.
        client_id: String,
        /// The name of the secret.
        secret: String,
        /// `scope`.
        scope: Option<String>,
        /// How the client authenticates.
        method: ClientAuth,
    },
}

impl Auth {
    /// The name of the secret.
    #[must_use]
    pub fn secret(&self) -> &str {
        match self {
            Self::Bearer { secret } | Self::ClientCredentials { secret, .. } => secret,
        }
    }
}

/// How an OAuth client authenticates (RFC 6749 §2.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClientAuth {
    /// In the `Authorization` header.
    #[default]
    Basic,
    /// In the request body.
    Post,
}

/// In what a provider differs from the RFCs. The keys of `overrides` are known to `protocol`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// The preset to begin with; `rfc` without one.
    pub preset: String,
    /// What differs from the preset.
    pub overrides: serde_json::Map<String, serde_json::Value>,
}

/// How far Tenure may go in a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Read and correlate; write nothing.
    Observe,
    /// Add and change; each removal is asked.
    Confirm,
    /// Everything.
    Enforce,
}

/// What accounts of an app look like.
#[derive(Debug, Clone)]
pub struct Account {
    /// The attribute paths by which an account that exists is recognised as a person's, most
    /// telling first. Each is in `attributes`.
    pub matching: Vec<String>,
    /// Attribute path → value. Where a mapping gives [`rules::Mapped::Missing`], the attribute is
    /// not ours and stays as it is, unless it is in `clears`.
    pub attributes: BTreeMap<String, Mapping>,
    /// The attributes that are emptied where nothing gives them a value; [`MANAGER_PATH`] for the
    /// manager.
    pub clears: BTreeSet<String>,
    /// How new accounts are named; `None`: `userName` is in `attributes`.
    pub unique: Option<UniqueName>,
    /// Gives the worker key of the person's manager; the reference goes to [`MANAGER_PATH`].
    pub manager: Option<Mapping>,
}

/// A user name that is given once, to one account alone.
#[derive(Debug, Clone)]
pub struct UniqueName {
    /// What a person may be called, best first; never empty. All give text.
    pub forms: Vec<Mapping>,
    /// Whether the last form is tried with numbers too.
    pub number: bool,
    /// Names that nobody gets, in ASCII lower case; also before any domain.
    pub reserved: BTreeSet<String>,
    /// For how many days nobody else gets a name that an account has lost; `None`: not at all.
    pub quarantine_days: Option<u32>,
}

/// Where a manager's account is referred to (RFC 7643 §4.3), as `protocol` names the reference.
pub const MANAGER_PATH: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager";

/// A group in an app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its `displayName` there.
    pub display: String,
}

/// How hard we may press a target. `None` leaves it to the provider's profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// At most this many requests per second, from all workers together.
    pub requests_per_second: Option<u32>,
    /// At most this many requests at the same time.
    pub concurrency: Option<u32>,
}

/// Who gets what by birthright.
#[derive(Debug, Clone)]
pub struct Rule {
    /// `metadata.name`.
    pub name: String,
    /// For whom.
    pub when: Condition,
    /// What they get, sorted.
    pub grants: Vec<Grant>,
    /// So many days whoever no longer fits because they moved keeps what they have; at least one.
    pub grace_days: Option<u16>,
}

/// One thing that a rule gives.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Grant {
    /// The app.
    pub app: TargetName,
    /// A group of it, which implies the account; `None` is the account alone.
    pub group: Option<String>,
}

/// What a wave may do without being asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guard {
    /// Steps that take something away.
    pub removals: Limit,
    /// Accounts that are created.
    pub creations: Limit,
    /// Accounts that are deleted for good; `None`: each is asked.
    pub deletions: Option<Limit>,
    /// Removals are summed over this many hours.
    pub window_hours: u32,
    /// Worker keys whose accounts are never taken away without being asked.
    pub protected: BTreeSet<String>,
    /// Groups that must not lose their last member.
    pub last_admin: BTreeSet<GroupRef>,
    /// Who starts an allowed wave.
    pub apply: Apply,
    /// Times in which nothing but leavers goes out.
    pub freeze: Vec<Freeze>,
}

/// A bound on how many. It is exceeded by a count above `max_count` that is also above
/// `max_share_percent` of the population.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// This many always pass.
    pub max_count: u64,
    /// Of the population, in percent, 0 to 100.
    pub max_share_percent: u8,
}

impl Limit {
    /// The greatest count that passes without being asked.
    #[must_use]
    pub fn most(&self, population: u64) -> u64 {
        let share = u128::from(population) * u128::from(self.max_share_percent) / 100;
        self.max_count.max(u64::try_from(share).unwrap_or(u64::MAX))
    }
}

/// A group of an app.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GroupRef {
    /// The app.
    pub app: TargetName,
    /// Our name for the group.
    pub group: String,
}

/// Who starts an allowed wave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Apply {
    /// A person, with the apply command.
    Manual,
    /// Tenure, at once.
    Automatic,
}

/// A change freeze.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Freeze {
    /// From this instant.
    pub from: Timestamp,
    /// Up to, not including, this one.
    pub to: Timestamp,
    /// Why.
    pub reason: String,
}

impl Default for Guard {
    /// What holds while no `Guard` document exists: more than 5 removals that are also more
    /// than 2 % of the people, or more than 50 creations that are also more than 10 %, within 24
    /// hours, are asked; waves are applied by a person.
    fn default() -> Self {
        Self {
            removals: Limit {
                max_count: 5,
                max_share_percent: 2,
            },
            creations: Limit {
                max_count: 50,
                max_share_percent: 10,
            },
            deletions: None,
            window_hours: 24,
            protected: BTreeSet::new(),
            last_admin: BTreeSet::new(),
            apply: Apply::Manual,
            freeze: Vec::new(),
        }
    }
}
