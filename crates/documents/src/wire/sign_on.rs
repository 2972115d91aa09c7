//! `SignOnPolicy`: who may sign in, and with what.

use schemars::JsonSchema;
use serde::Deserialize;

use super::beside::WorkerRefSpec;

/// Who may sign in, and with what. At most one document of this kind.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignOnPolicySpec {
    /// The expression that gives what people type as their name.
    pub login: String,
    /// How long people stay signed in.
    #[serde(default)]
    pub session: SessionSpec,
    /// The groups of people who administer Tenure itself; nobody signs in to it if not given.
    #[serde(default)]
    pub administrators: Vec<String>,
    /// Further groups of people who get no way in again by mail, and whose resets need two administrators, as those of
    /// administrators and break-glass accounts do.
    #[serde(default)]
    pub privileged: Vec<String>,
    /// Rules in their order: the first that holds says what is demanded. Where none does, nobody gets in.
    pub rules: Vec<SignOnRuleSpec>,
    /// Where people sign in: the first that names somebody counts. Whom none names signs in here.
    #[serde(default)]
    pub routes: Vec<RouteSpec>,
    /// Accounts for the day on which a mistake keeps everybody else out; none if not given.
    #[serde(default)]
    pub break_glass: Option<BreakGlassSpec>,
    /// How people are told when what they sign in with changes; they are not if not given.
    #[serde(default)]
    pub tell_people: Option<TellPeopleSpec>,
    /// A way in again by mail for people who have lost what they sign in with; none if not given. Never for
    /// administrators and break-glass accounts.
    #[serde(default)]
    pub recover_by_mail: Option<RecoverByMailSpec>,
}

/// Where those whom it names sign in; without `groups` and `people` it names everybody.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RouteSpec {
    /// Whoever is in one of these groups of people.
    #[serde(default)]
    pub groups: Vec<String>,
    /// And these: worker keys, or `{source: hr, key: w001}`.
    #[serde(default)]
    pub people: Vec<WorkerRefSpec>,
    /// The IdentityProvider at which they prove who they are; here if not given.
    #[serde(default)]
    pub identity_provider: Option<String>,
}

/// Whom no rule, no missing row and no missing account keeps out.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BreakGlassSpec {
    /// Who: worker keys, or `{source: hr, key: w001}`; two or more.
    pub people: Vec<WorkerRefSpec>,
    /// What they have to prove, whatever the rules say; `phishing-resistant` if not given.
    #[serde(default)]
    pub demand: Option<Demanded>,
    /// The relying parties that they get in to without an account or group of their own.
    #[serde(default)]
    pub relying_parties: Vec<String>,
    /// So many days after it was tried, an account has to be tried again; 90 if not given.
    #[serde(default)]
    #[schemars(range(min = 1, max = 365))]
    pub test_within_days: Option<u16>,
}

/// How people are told when what they sign in with changes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TellPeopleSpec {
    /// The Channel by whose mail server they are told.
    pub channel: String,
    /// The expressions that give their mail addresses, 1 to 3.
    pub addresses: Vec<String>,
    /// The expression that gives the language of somebody's mails, as BCP 47 writes it.
    #[serde(default)]
    pub language: Option<String>,
    /// The language of mails to whom that gives none, or one in which there are none; `en` if not given.
    #[serde(default)]
    pub default_language: Option<MailLanguage>,
}

/// A language in which mails are written.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum MailLanguage {
    En,
    De,
    Es,
    Fr,
    Ja,
}

/// A way in again by mail.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecoverByMailSpec {
    /// The expression that gives the address; of what only HR sets. It is not used for 7 days after it changed.
    pub address: String,
    /// So many minutes what is mailed counts; 30 if not given.
    #[serde(default)]
    #[schemars(range(min = 5, max = 60))]
    pub minutes: Option<u16>,
}

/// How long people stay signed in.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SessionSpec {
    /// So many minutes without being used it is over; 60 if not given.
    #[serde(default)]
    #[schemars(range(min = 1, max = 1440))]
    pub idle_minutes: Option<u16>,
    /// So many hours after it began it is over; 12 if not given.
    #[serde(default)]
    #[schemars(range(min = 1, max = 720))]
    pub hours: Option<u16>,
}

/// A rule: what is demanded of those for whom it holds.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignOnRuleSpec {
    /// By what decisions tell of it; unique in the policy.
    pub name: String,
    /// When it holds; always if not given.
    #[serde(default)]
    pub when: WhenSpec,
    /// What has to be proved; either this or `deny`.
    #[serde(default)]
    pub demand: Option<Demanded>,
    /// So many minutes ago at most it has to have been proved; at any time of the session if not given.
    #[serde(default)]
    #[schemars(range(min = 1, max = 43200))]
    pub within_minutes: Option<u32>,
    /// `true`: nobody for whom it holds gets in; either this or `demand`.
    #[serde(default)]
    pub deny: Option<bool>,
}

/// When a rule holds: everything that is stated has to.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WhenSpec {
    /// In one of these groups of people.
    #[serde(default)]
    pub groups: Option<Vec<String>>,
    /// In none of these groups of people.
    #[serde(default)]
    pub outside_groups: Vec<String>,
    /// For one of these relying parties.
    #[serde(default)]
    pub relying_parties: Option<Vec<String>>,
    /// From one of these networks, `10.0.0.0/8`.
    #[serde(default)]
    pub networks: Option<Vec<String>>,
    /// From none of these networks.
    #[serde(default)]
    pub outside_networks: Vec<String>,
}

/// What has to be proved: one factor, two of different kinds, or two that work on no page which only
/// looks like ours.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Demanded {
    AnyFactor,
    MultiFactor,
    PhishingResistant,
}
