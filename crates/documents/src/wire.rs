//! The documents as they are written: one type for each kind. The published JSON Schema is made
//! from these types, and the shape of every document is checked against that schema, so the two
//! cannot differ.

pub(crate) mod alarm;
pub(crate) mod beside;
pub(crate) mod client_registration;
pub(crate) mod drill;
pub(crate) mod expectation;
mod handoff;
pub(crate) mod identity_provider;
mod leaver;
mod mapped;
pub(crate) mod password_directory;
mod privileged;
pub(crate) mod relying_party;
pub(crate) mod saml_metadata;
pub(crate) mod sign_on;
mod source;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

pub(crate) use handoff::{ActiveSpec, ExtractColumnSpec, HandOffSpec};
pub(crate) use leaver::{Before, LeaverSpec, LingerSpec};
pub(crate) use mapped::{ManagerSpec, MappedSpec, Missing, UniqueSpec, ValuedSpec};
pub(crate) use privileged::PrivilegedSpec;
pub(crate) use source::*;

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

/// A target system.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AppSpec {
    /// How to reach it by SCIM; either this or `handoff`.
    #[serde(default)]
    pub scim: Option<ScimSpec>,
    /// Who does by hand what Tenure cannot; either this or `scim`.
    #[serde(default)]
    pub handoff: Option<HandOffSpec>,
    /// How far Tenure may go: only look, add and change, or everything.
    pub mode: Mode,
    /// What accounts look like.
    pub account: AccountSpec,
    /// The groups that Tenure keeps there, by our name for them.
    #[serde(default)]
    pub groups: BTreeMap<String, GroupSpec>,
    /// Accounts that are made before the first day; on the first day if not given.
    #[serde(default)]
    pub joiner: Option<JoinerSpec>,
    /// What becomes of accounts of people who are on leave; they stay as they are if not given.
    #[serde(default)]
    pub leave: OnLeave,
    /// What happens to accounts of people who have left, and what is done by hand then.
    #[serde(default)]
    pub leaver: LeaverSpec,
    /// So many accounts may be usable there at once, whoever owns them; as many as are wanted if not
    /// given.
    #[serde(default)]
    #[schemars(range(min = 0, max = 10_000_000))]
    pub seats: Option<u32>,
    /// How hard we may press it.
    #[serde(default)]
    pub limits: LimitsSpec,
    /// So many hours after it was listed, it is listed again; 24 if not given, 168 where its own
    /// people list it.
    #[serde(default)]
    #[schemars(range(min = 1, max = 168))]
    pub observe_every_hours: Option<u8>,
    /// Accounts that no match may give to anyone: each is asked.
    #[serde(default)]
    pub privileged: PrivilegedSpec,
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
    /// Attribute path → expression, or `{value: …, missing: …}`; `userName` may instead be a unique
    /// name.
    pub attributes: BTreeMap<String, MappedSpec>,
    /// An expression that gives the worker key of the person's manager, or `{value: …, missing: …}`.
    #[serde(default)]
    pub manager: Option<ManagerSpec>,
}

/// A group.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GroupSpec {
    /// Its name in the app.
    pub display: String,
}

/// Accounts that are made before the first day of work.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct JoinerSpec {
    /// So many days before it, at midnight of the person's own clock.
    #[schemars(range(min = 1, max = 180))]
    pub days_before: u16,
    /// Whether they may be used before the first day; `false` if not given.
    #[serde(default)]
    pub active: bool,
}

#[derive(Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum OnLeave {
    #[default]
    Keep,
    Disable,
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
    /// So many days whoever no longer fits because they moved keeps what they have; it is taken
    /// away at once if not given.
    #[serde(default)]
    #[schemars(range(min = 1, max = 365))]
    pub grace_days: Option<u16>,
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
    /// Accounts that are deleted for good; each is asked if not given.
    #[serde(default)]
    pub deletions: Option<LimitSpec>,
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
