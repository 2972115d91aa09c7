//! How a provider behaves, as data: what to send, what to believe, and what to leave alone.
//!
//! Numbers in brackets are the quirks of the field catalogue that an entry is about; each is
//! exercised against an emulated provider by the test `scim_quirk_NN`.

use serde::{Deserialize, Serialize};

use super::path::same_name;

/// Everything needed to reach a provider, but for the secret itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScimSettings {
    /// Up to, not including, `/Users`: for example `https://app.example/scim/v2`.
    pub base_url: String,
    /// How we prove who we are.
    pub auth: ScimAuth,
    /// How the provider behaves.
    #[serde(default)]
    pub profile: ScimProfile,
    /// The provider may be on a private, loopback or link-local address, and may be reached
    /// without TLS. Off: such addresses are refused, whatever the name resolves to.
    #[serde(default)]
    pub allow_private: bool,
    /// How long a read may take, in milliseconds. Writes bring their own deadline.
    #[serde(default = "ScimSettings::default_timeout")]
    pub timeout_ms: u64,
}

impl ScimSettings {
    const fn default_timeout() -> u64 {
        30_000
    }

    /// Settings with bearer authentication and the default profile.
    #[must_use]
    pub fn bearer(base_url: impl Into<String>) -> Self {
        Self {
            base_url: base_url.into(),
            auth: ScimAuth::Bearer,
            profile: ScimProfile::default(),
            allow_private: false,
            timeout_ms: Self::default_timeout(),
        }
    }
}

/// How we prove who we are. The secret (token or client secret) is given separately.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case", tag = "type")]
pub enum ScimAuth {
    /// A token that is sent as it is (RFC 6750 §2.1).
    Bearer,
    /// OAuth 2.0 client credentials (RFC 6749 §4.4).
    ClientCredentials {
        /// The token endpoint.
        token_url: String,
        /// Our name there.
        client_id: String,
        /// What to ask for, words separated by spaces.
        #[serde(default)]
        scope: Option<String>,
        /// Where the client secret goes.
        #[serde(default)]
        style: ClientSecretStyle,
    },
}

/// Where the client secret goes (RFC 6749 §2.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientSecretStyle {
    /// `client_secret_basic`: the Authorization header.
    #[default]
    Basic,
    /// `client_secret_post`: the form.
    Post,
}

/// How listings are cut into pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Paging {
    /// `startIndex` and `count` (RFC 7644 §3.4.2.4).
    Index,
    /// No parameters: everything comes at once, or what comes is not everything.
    None,
}

/// How attributes are changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PatchStyle {
    /// One operation with a path for each attribute.
    Paths,
    /// One `replace` without path, its value holding the attributes \[4\].
    Pathless,
    /// No PATCH \[21\]: read the object, change it, PUT it back with everything it held.
    Put,
}

/// How values of a multi-valued attribute are named in a PATCH.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MultiStyle {
    /// `emails[type eq "work"].value`.
    Filtered,
    /// The whole attribute is replaced by what was read, changed.
    Whole,
}

/// How one member is removed from a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemberRemoval {
    /// `remove` with `members[value eq "id"]`, the form of RFC 7644 §3.5.2.2 \[32\].
    Filter,
    /// `remove` with the path `members` and a list as value, the form of Entra \[3\].
    Values,
    /// PATCH cannot remove here: the group is read and PUT back without them.
    Put,
}

/// What a member's `value` is when a group is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemberValue {
    /// The user's `id`, as RFC 7643 §4.2 says.
    Id,
    /// The user's `userName`.
    UserName,
    /// Groups are shown without their members \[36\].
    Hidden,
}

/// What DELETE does to a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeleteStyle {
    /// The object is gone.
    Gone,
    /// Nothing that an accepted DELETE would be good for: it only deactivates \[40, 51\].
    Deactivates,
}

/// When a creation first asks whether the object is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precheck {
    /// Always. A provider need not refuse a second object with the same `externalId` \[31\].
    Always,
    /// For groups only; the provider refuses a second user with the same name.
    Groups,
}

/// How a provider behaves. The default is the RFCs' word ([`ScimProfile::rfc`]).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ScimProfile {
    /// What people call it.
    pub name: String,
    /// How listings are cut \[35\].
    pub paging: Paging,
    /// How many objects to ask for at a time.
    pub page_size: usize,
    /// A listing that reaches this many objects is cut off without a word \[35\]; 0: never.
    pub listing_cap: usize,
    /// Filters may be used. Their answers are checked all the same \[59\].
    pub filter: bool,
    /// An object is found at `/Users/{userName}` as well.
    pub name_in_path: bool,
    /// How attributes are changed.
    pub patch: PatchStyle,
    /// How multi-valued attributes are changed.
    pub multi: MultiStyle,
    /// Operations are written `Add`, `Remove`, `Replace` \[1\].
    pub capital_verbs: bool,
    /// How members are removed.
    pub member_removal: MemberRemoval,
    /// What identifies a member when a group is read.
    pub member_value: MemberValue,
    /// Each member that is sent needs its `$ref`.
    pub member_ref: bool,
    /// A group must be created with `members`, if only an empty list.
    pub members_on_create: bool,
    /// Adding and removing may be one request.
    pub mixed_members: bool,
    /// Most member changes in one request \[37, 54\].
    pub members_per_request: usize,
    /// What DELETE does to users.
    pub delete: DeleteStyle,
    /// The provider stores `externalId`. Without, a search by our key finds nothing, and a
    /// creation takes an object for its own only if it equals in everything what it would send.
    pub external_id: bool,
    /// When a creation looks first.
    pub precheck: Precheck,
    /// `userName` is compared with case (RFC 7643 says without).
    pub case_exact_names: bool,
    /// `name.formatted` must be there: made from the parts where it is not given.
    pub require_formatted_name: bool,
    /// The enterprise extension must be there, if only empty.
    pub require_enterprise: bool,
    /// Sub-attributes that the provider rejects and that mean nothing without it, as
    /// `attribute.sub`: never sent. With `emails.type`, an e-mail without a type is read as
    /// `work`.
    pub omit: Vec<String>,
    /// Attribute paths that the provider does not have: an operation on one is refused here.
    pub lacks: Vec<String>,
    /// Attribute paths that can be written but never read back.
    pub write_only: Vec<String>,
    /// `meta.version` changes with every change and `If-Match` is honoured.
    pub versions: bool,
    /// How long after a write a read may still show the old state, in milliseconds.
    pub settle_ms: u64,
    /// At most this many requests per second, for all workers together \[42, 44, 55\].
    pub requests_per_second: Option<u32>,
    /// At most this many requests at the same time.
    pub concurrency: usize,
}

impl Default for ScimProfile {
    fn default() -> Self {
        Self::rfc()
    }
}

impl ScimProfile {
    /// What RFC 7643 and RFC 7644 promise, and not one thing more.
    #[must_use]
    pub fn rfc() -> Self {
        Self {
            name: "rfc".to_owned(),
            paging: Paging::Index,
            page_size: 100,
            listing_cap: 0,
            filter: true,
            name_in_path: false,
            patch: PatchStyle::Paths,
            multi: MultiStyle::Filtered,
            capital_verbs: false,
            member_removal: MemberRemoval::Filter,
            member_value: MemberValue::Id,
            member_ref: false,
            members_on_create: false,
            mixed_members: true,
            members_per_request: 1000,
            delete: DeleteStyle::Gone,
            external_id: true,
            precheck: Precheck::Always,
            case_exact_names: false,
            require_formatted_name: false,
            require_enterprise: false,
            omit: Vec::new(),
            lacks: Vec::new(),
            write_only: Vec::new(),
            versions: false,
            settle_ms: 0,
            requests_per_second: None,
            concurrency: 8,
        }
    }

    /// scim2-server 0.8: the RFCs' word, with versions.
    #[must_use]
    pub fn scim2_server() -> Self {
        Self {
            name: "scim2-server".to_owned(),
            versions: true,
            ..Self::rfc()
        }
    }

    /// canaille 0.3: ignores filters, fails on paging parameters, stores no `externalId`, names
    /// members by `userName`, cannot remove members by PATCH, and rejects types of e-mails. A
    /// PUT of a user would clear the password, so users are only ever patched. Its versions
    /// change once a second at most, so they prove nothing.
    #[must_use]
    pub fn canaille() -> Self {
        Self {
            name: "canaille".to_owned(),
            paging: Paging::None,
            filter: false,
            name_in_path: true,
            multi: MultiStyle::Whole,
            member_removal: MemberRemoval::Put,
            member_value: MemberValue::UserName,
            member_ref: true,
            members_on_create: true,
            external_id: false,
            require_formatted_name: true,
            require_enterprise: true,
            omit: [
                "emails.type",
                "emails.primary",
                "phoneNumbers.type",
                "phoneNumbers.primary",
            ]
            .map(str::to_owned)
            .to_vec(),
            lacks: vec![format!("{}:manager", super::ENTERPRISE)],
            concurrency: 1,
            ..Self::rfc()
        }
    }

    /// SCIMMY 1.3 with its routers: no versions (the ETag header it sends is the web server's).
    #[must_use]
    pub fn scimmy() -> Self {
        Self {
            name: "scimmy".to_owned(),
            ..Self::rfc()
        }
    }

    /// AWS IAM Identity Center: 50 objects and no second page, no members in groups, 100 member
    /// changes per request. \[35, 36, 37\]
    #[must_use]
    pub fn aws() -> Self {
        Self {
            name: "aws".to_owned(),
            page_size: 50,
            listing_cap: 50,
            member_value: MemberValue::Hidden,
            members_per_request: 100,
            ..Self::rfc()
        }
    }

    /// The preset of this name.
    #[must_use]
    pub fn preset(name: &str) -> Option<Self> {
        match name {
            "rfc" => Some(Self::rfc()),
            "scim2-server" => Some(Self::scim2_server()),
            "canaille" => Some(Self::canaille()),
            "scimmy" => Some(Self::scimmy()),
            "aws" => Some(Self::aws()),
            _ => None,
        }
    }

    /// Whether `attribute.sub` must not be sent.
    #[must_use]
    pub fn omits(&self, attribute: &str, sub: &str) -> bool {
        self.omit.iter().any(|omitted| {
            omitted
                .split_once('.')
                .is_some_and(|(a, s)| same_name(a, attribute) && same_name(s, sub))
        })
    }

    /// Whether the provider does not have this attribute, or one that it lies in.
    #[must_use]
    pub fn lacking(&self, path: &str) -> bool {
        self.lacks.iter().any(|lacking| {
            path.get(..lacking.len())
                .is_some_and(|start| same_name(start, lacking))
                && path[lacking.len()..]
                    .chars()
                    .next()
                    .is_none_or(|c| matches!(c, '.' | '['))
        })
    }

    /// The type that values without one are read as, where the provider has no types.
    #[must_use]
    pub fn untyped(&self) -> Option<&'static str> {
        self.omit
            .iter()
            .any(|omitted| omitted.ends_with(".type"))
            .then_some("work")
    }
}
