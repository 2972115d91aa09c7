//! The documents as they are written: one type for each kind. The published JSON Schema is made
//! from these types, and the shape of every document is checked against that schema, so the two
//! cannot differ.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

/// Any document: what it is, what it is called, what it says.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Document<S> {
    /// What the document is.
    #[allow(dead_code, reason = "decides the type before this one is read")]
    pub kind: String,
    /// What it is called.
    #[allow(
        dead_code,
        reason = "read from the tree, where a wrong document still has its name"
    )]
    pub metadata: Metadata,
    /// What it says.
    pub spec: S,
}

/// What a document is called.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Metadata {
    /// Lower-case letters, digits and `-`; unique among documents of its kind.
    #[allow(dead_code, reason = "as above")]
    pub name: String,
    /// For people.
    #[serde(default)]
    #[allow(dead_code, reason = "for people who read the file")]
    pub description: Option<String>,
}

/// An HR source.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SourceSpec {
    /// The format of its files.
    #[allow(dead_code, reason = "there is one format so far")]
    pub format: Format,
    /// The character between fields; `,` if not given.
    #[serde(default)]
    pub delimiter: Delimiter,
    /// How bytes spell characters; `utf-8` if not given.
    #[serde(default)]
    pub encoding: Encoding,
    /// The column with the worker's key, unique in the file.
    pub key: String,
    /// Attribute → the column it comes from.
    pub attributes: BTreeMap<String, AttributeSpec>,
    /// The first day of work.
    #[serde(default)]
    pub starts: Option<StartsSpec>,
    /// The last day of work.
    #[serde(default)]
    pub ends: Option<EndsSpec>,
    /// The worker's time zone.
    pub zone: ZoneSpec,
    /// Whether a file has everyone, so that absence means having left, or only what changed.
    pub delivery: Delivery,
    /// What a sound file looks like.
    #[serde(default)]
    pub expect: ExpectSpec,
    /// How much its word counts where several sources tell of one person: the smaller, the more;
    /// 100 if not given.
    #[serde(default = "precedence")]
    #[schemars(range(min = 1, max = 1000))]
    pub precedence: u32,
    /// Whether a row says that somebody works here; `true` if not given. A source that only adds
    /// attributes to people of other sources, a telephone directory for example, says `false`.
    #[serde(default = "yes")]
    pub engages: bool,
    /// How a worker who is new in this source is found among the people who are known: sets of
    /// attributes, of which all in one set must be equal. Without it everyone is new.
    #[serde(default)]
    pub correlate: Vec<Vec<String>>,
}

fn precedence() -> u32 {
    100
}

fn yes() -> bool {
    true
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Format {
    Csv,
}

#[derive(Clone, Copy, Default, Deserialize, JsonSchema)]
pub(crate) enum Delimiter {
    #[default]
    #[serde(rename = ",")]
    Comma,
    #[serde(rename = ";")]
    Semicolon,
    #[serde(rename = "|")]
    Pipe,
    #[serde(rename = "tab")]
    Tab,
}

#[derive(Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Encoding {
    #[default]
    #[serde(rename = "utf-8")]
    Utf8,
    #[serde(rename = "windows-1252")]
    Windows1252,
}

/// One attribute and the column it comes from.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AttributeSpec {
    /// The column's header.
    pub column: String,
    /// What its values are; `text` if not given.
    #[serde(default, rename = "type")]
    pub of: AttributeType,
    /// For dates: how they are written; needed for `type: date`.
    #[serde(default)]
    pub format: Option<DateFormat>,
    /// For lists: the character between items; needed for `type: list`.
    #[serde(default)]
    pub separator: Option<String>,
    /// People can change it themselves, so rules that grant may not look at it.
    #[serde(default)]
    pub self_editable: bool,
    /// An empty field makes the row unreadable.
    #[serde(default)]
    pub required: bool,
    /// The precedence that counts for this attribute instead of the source's.
    #[serde(default)]
    #[schemars(range(min = 1, max = 1000))]
    pub precedence: Option<u32>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum AttributeType {
    #[default]
    Text,
    Bool,
    Int,
    Date,
    List,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
pub(crate) enum DateFormat {
    #[serde(rename = "iso")]
    Iso,
    #[serde(rename = "yyyymmdd")]
    Compact,
    #[serde(rename = "dd.mm.yyyy")]
    DayDots,
    #[serde(rename = "dd/mm/yyyy")]
    DaySlashes,
    #[serde(rename = "dd-mm-yyyy")]
    DayDashes,
    #[serde(rename = "mm/dd/yyyy")]
    MonthSlashes,
    #[serde(rename = "yyyy/mm/dd")]
    YearSlashes,
}

/// The first day of work.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StartsSpec {
    /// The column's header.
    pub column: String,
    /// How the day is written.
    pub format: DateFormat,
}

/// The last day of work.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EndsSpec {
    /// The column's header.
    pub column: String,
    /// How the day is written.
    pub format: DateFormat,
    /// The time on that day at which work ends, `17:00`; the midnight after it if not given.
    #[serde(default)]
    pub at: Option<String>,
}

/// The worker's time zone: `column`, else `by`, else `default`. At least one is needed.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ZoneSpec {
    /// A column with IANA names.
    #[serde(default)]
    pub column: Option<String>,
    /// The zone of a location.
    #[serde(default)]
    pub by: Option<ZoneBySpec>,
    /// The zone of all others, an IANA name.
    #[serde(default)]
    pub default: Option<String>,
}

/// Zones by location.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ZoneBySpec {
    /// The column with the location.
    pub column: String,
    /// Location → IANA name.
    pub map: BTreeMap<String, String>,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Delivery {
    Full,
    Changes,
}

/// What a sound file looks like.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExpectSpec {
    /// Fewer rows refuse the file.
    #[serde(default)]
    pub min_rows: Option<u64>,
    /// More rows refuse the file.
    #[serde(default)]
    pub max_rows: Option<u64>,
    /// The exact header.
    #[serde(default)]
    pub header: Option<Vec<String>>,
    /// The last record says how many rows there are.
    #[serde(default)]
    pub trailer: Option<TrailerSpec>,
}

/// A last record that says how many rows there are.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TrailerSpec {
    /// What its first field says.
    pub mark: String,
    /// The number of the field with the count, from 1.
    #[schemars(range(min = 1, max = 1000))]
    pub count_field: u32,
}

/// A target system.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AppSpec {
    /// How to reach it.
    pub scim: ScimSpec,
    /// How far Tenure may go: only look, add and change, or everything.
    pub mode: Mode,
    /// What accounts look like.
    pub account: AccountSpec,
    /// The groups that Tenure keeps there, by our name for them.
    #[serde(default)]
    pub groups: BTreeMap<String, GroupSpec>,
    /// What happens to accounts of people who have left.
    #[serde(default)]
    pub leaver: LeaverSpec,
    /// How hard we may press it.
    #[serde(default)]
    pub limits: LimitsSpec,
}

/// A SCIM 2.0 service provider.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScimSpec {
    /// The base URL.
    pub url: String,
    /// How we prove who we are.
    pub auth: AuthSpec,
    /// In what the provider differs from the RFCs: the name of a preset, or more.
    #[serde(default)]
    pub profile: Option<ProfileSpec>,
    /// It may be on a private or loopback address, and `http` is allowed.
    #[serde(default)]
    pub allow_private: bool,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AuthSpec {
    /// A bearer token.
    Bearer(BearerSpec),
    /// OAuth 2.0 client credentials.
    ClientCredentials(ClientCredentialsSpec),
}

/// A bearer token.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BearerSpec {
    /// The name of the secret; never the secret itself.
    pub secret: String,
}

/// OAuth 2.0 client credentials.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClientCredentialsSpec {
    /// The token endpoint.
    pub token_url: String,
    /// The client's identifier.
    pub client_id: String,
    /// The name of the client secret; never the secret itself.
    pub secret: String,
    /// The scope to ask for.
    #[serde(default)]
    pub scope: Option<String>,
    /// Where the client's credentials go: the header (`basic`, if not given) or the body.
    #[serde(default)]
    pub method: ClientAuth,
}

#[derive(Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ClientAuth {
    #[default]
    Basic,
    Post,
}

#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum ProfileSpec {
    /// The name of a preset.
    Preset(String),
    /// A preset and what differs from it.
    Custom(CustomProfileSpec),
}

/// A preset and what differs from it.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CustomProfileSpec {
    /// The preset to begin with; `rfc` if not given.
    #[serde(default)]
    pub preset: Option<String>,
    /// What differs from it.
    #[serde(default)]
    pub overrides: serde_json::Map<String, serde_json::Value>,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Mode {
    Observe,
    Confirm,
    Enforce,
}

/// What accounts look like.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountSpec {
    /// The attributes by which an account that exists is recognised as a person's.
    #[serde(rename = "match")]
    pub matching: Vec<String>,
    /// Attribute path → expression.
    pub attributes: BTreeMap<String, String>,
    /// An expression that gives the worker key of the person's manager.
    #[serde(default)]
    pub manager: Option<String>,
}

/// A group.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GroupSpec {
    /// Its name in the app.
    pub display: String,
}

/// What happens to accounts of people who have left.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LeaverSpec {
    /// When the account is disabled.
    #[serde(default)]
    #[allow(dead_code, reason = "there is one choice so far")]
    pub disable: Disable,
    /// Not supported yet, and refused: accounts of leavers are disabled and stay.
    #[serde(default)]
    #[schemars(range(min = 1, max = 36500))]
    pub delete_after_days: Option<u32>,
}

#[derive(Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Disable {
    #[default]
    Now,
}

/// How hard we may press a target.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LimitsSpec {
    /// At most this many requests per second.
    #[serde(default)]
    #[schemars(range(min = 1, max = 10000))]
    pub requests_per_second: Option<u32>,
    /// At most this many at the same time.
    #[serde(default)]
    #[schemars(range(min = 1, max = 256))]
    pub concurrency: Option<u32>,
}

/// Who gets what by birthright.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleSpec {
    /// For whom: a condition over `person`.
    pub when: String,
    /// What they get.
    pub grants: Vec<GrantSpec>,
}

/// An account, or a group and with it the account.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GrantSpec {
    /// The app's name.
    pub app: String,
    /// Our name of a group in it.
    #[serde(default)]
    pub group: Option<String>,
}

/// What a wave may do without being asked. At most one document of this kind.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GuardSpec {
    /// Steps that take something away; 5 and 2 % if not given.
    #[serde(default)]
    pub removals: Option<LimitSpec>,
    /// Accounts that are created; 50 and 10 % if not given.
    #[serde(default)]
    pub creations: Option<LimitSpec>,
    /// Removals are summed over this many hours; 24 if not given.
    #[serde(default)]
    #[schemars(range(min = 1, max = 8760))]
    pub window_hours: Option<u32>,
    /// Worker keys whose accounts are never taken away without being asked.
    #[serde(default)]
    pub protected: Vec<String>,
    /// Groups that must not lose their last member.
    #[serde(default)]
    pub last_admin: Vec<GroupRefSpec>,
    /// Who starts an allowed wave; `manual` if not given.
    #[serde(default)]
    pub apply: Apply,
    /// Times in which nothing but leavers goes out.
    #[serde(default)]
    pub freeze: Vec<FreezeSpec>,
}

/// Asked when above the count and above the share.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LimitSpec {
    /// This many always pass.
    pub max_count: u64,
    /// This share of the population always passes, in percent.
    #[schemars(range(min = 0, max = 100))]
    pub max_share_percent: u8,
}

/// A group of an app.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GroupRefSpec {
    /// The app's name.
    pub app: String,
    /// Our name of the group.
    pub group: String,
}

#[derive(Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Apply {
    #[default]
    Manual,
    Automatic,
}

/// A change freeze.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FreezeSpec {
    /// From this instant, RFC 3339.
    pub from: String,
    /// Up to, not including, this one.
    pub to: String,
    /// Why.
    pub reason: String,
}
