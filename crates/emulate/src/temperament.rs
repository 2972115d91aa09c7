//! How an emulated provider behaves, as data. Numbers in brackets are quirks of the field
//! catalogue.

use serde::{Deserialize, Serialize};

/// What happens on the second user of the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Duplicates {
    /// 409 with `uniqueness`, as RFC 7644 §3.3 says \[33\].
    Conflict,
    /// 500, as some do.
    Error,
}

/// What `remove` with `members[value eq "…"]` does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemberRemovalByFilter {
    /// It removes the member.
    Works,
    /// 2xx, and nothing happens \[32\].
    Ignored,
    /// 400 with `noTarget` for one who is not a member; else it works.
    RefusesAbsent,
    /// 500.
    Error,
}

/// The form of `Retry-After` \[25\].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetryForm {
    /// Whole seconds.
    Seconds,
    /// A date.
    Date,
    /// No header at all.
    Missing,
}

/// 429 on every n-th request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Throttle {
    /// Every how many requests; 1 is all of them.
    pub every: u64,
    /// How long to ask to wait.
    pub seconds: u32,
    /// In which form.
    pub form: RetryForm,
}

/// How a provider behaves. The default is what the RFCs promise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Temperament {
    /// What tests and people call it.
    pub name: String,
    /// Filters are ignored: the whole listing comes back \[59\].
    pub ignores_filter: bool,
    /// Filters are answered with 400 `invalidFilter`.
    pub refuses_filter: bool,
    /// Users that are not active are left out of filtered answers \[22\].
    pub hides_inactive: bool,
    /// At most this many objects per page; 0: no limit.
    pub max_page: usize,
    /// `startIndex` and `count` are ignored: everything in one answer.
    pub ignores_paging: bool,
    /// `startIndex` is ignored: every page is the first.
    pub repeats_first_page: bool,
    /// `startIndex` and `count` in a request are answered with 500.
    pub fails_on_paging: bool,
    /// After `max_page` objects there is no more, and the total says so too \[35\].
    pub cut_off: bool,
    /// Pages end after this many objects although the total says more; 0: never.
    pub truncates_at: usize,
    /// Added to the true total.
    pub total_lies_by: i64,
    /// No `totalResults`.
    pub omits_total: bool,
    /// Groups are shown without members \[36\].
    pub hides_members: bool,
    /// Members are shown with the `userName` as their value.
    pub members_by_name: bool,
    /// Most member changes in one request; 0: no limit \[37\].
    pub member_limit: usize,
    /// A group cannot be created without `members`.
    pub requires_members: bool,
    /// A user cannot be created without `name.formatted`.
    pub requires_formatted_name: bool,
    /// `emails[].type` and `phoneNumbers[].type` are refused.
    pub refuses_types: bool,
    /// `externalId` is not stored.
    pub drops_external: bool,
    /// What happens on a second user of the same name.
    pub duplicates: Duplicates,
    /// A second group of the same name is refused \[10\].
    pub unique_groups: bool,
    /// User names differ by case.
    pub case_exact_names: bool,
    /// Disabling a user renames it to something unreadable \[45\].
    pub renames_on_disable: bool,
    /// DELETE only disables \[40, 51\].
    pub delete_disables: bool,
    /// `active` is shown as `"True"` or `"False"` \[2\].
    pub active_as_text: bool,
    /// PATCH is there at all \[21\].
    pub patch: bool,
    /// PATCH operations may have a path.
    pub patch_paths: bool,
    /// Operations must be `Add`, `Remove`, `Replace` \[1\].
    pub capital_verbs: bool,
    /// A filtered path that matches nothing creates the value \[7\].
    pub create_on_absent: bool,
    /// `remove` of `members` with a list as value removes those \[3\]; else it empties the group.
    pub remove_by_value: bool,
    /// What removing a member in the form of the RFC does.
    pub remove_by_filter: MemberRemovalByFilter,
    /// PATCH answers 200 with the object instead of 204.
    pub patch_answers: bool,
    /// Objects carry versions, and `If-Match` is honoured.
    pub versions: bool,
    /// 429 every so often \[38, 42\].
    pub throttle: Option<Throttle>,
    /// Every n-th write succeeds in word only; 0: none \[62\].
    pub pretends_every: u64,
    /// Every n-th write is done and its answer lost; 0: none \[24, 31\].
    pub loses_answer_every: u64,
    /// So many users may be active; one more is refused with 400; 0: as many as one likes.
    pub seats: usize,
    /// Every answer comes this late, in milliseconds.
    pub slow_ms: u64,
    /// Missing objects are answered with a page of HTML instead of a SCIM error.
    pub html_errors: bool,
}

impl Default for Temperament {
    fn default() -> Self {
        Self {
            name: "rfc".to_owned(),
            ignores_filter: false,
            refuses_filter: false,
            hides_inactive: false,
            max_page: 0,
            ignores_paging: false,
            repeats_first_page: false,
            fails_on_paging: false,
            cut_off: false,
            truncates_at: 0,
            total_lies_by: 0,
            omits_total: false,
            hides_members: false,
            members_by_name: false,
            member_limit: 0,
            requires_members: false,
            requires_formatted_name: false,
            refuses_types: false,
            drops_external: false,
            duplicates: Duplicates::Conflict,
            unique_groups: false,
            case_exact_names: false,
            renames_on_disable: false,
            delete_disables: false,
            active_as_text: false,
            patch: true,
            patch_paths: true,
            capital_verbs: false,
            create_on_absent: false,
            remove_by_value: false,
            remove_by_filter: MemberRemovalByFilter::Works,
            patch_answers: false,
            versions: true,
            throttle: None,
            pretends_every: 0,
            loses_answer_every: 0,
            seats: 0,
            slow_ms: 0,
            html_errors: false,
        }
    }
}

impl Temperament {
    /// The default under another name.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..Self::default()
        }
    }

    /// AWS IAM Identity Center \[35, 36, 37\].
    #[must_use]
    pub fn aws() -> Self {
        Self {
            max_page: 50,
            cut_off: true,
            hides_members: true,
            member_limit: 100,
            ..Self::named("aws")
        }
    }

    /// GitHub Enterprise Managed Users \[45\].
    #[must_use]
    pub fn github() -> Self {
        Self {
            renames_on_disable: true,
            patch_answers: true,
            ..Self::named("github")
        }
    }

    /// A server written for Entra's dialect \[1, 3, 7\].
    #[must_use]
    pub fn entra() -> Self {
        Self {
            capital_verbs: true,
            create_on_absent: true,
            remove_by_value: true,
            remove_by_filter: MemberRemovalByFilter::Ignored,
            unique_groups: true,
            versions: false,
            ..Self::named("entra")
        }
    }

    /// A server without PATCH \[21\].
    #[must_use]
    pub fn put_only() -> Self {
        Self {
            patch: false,
            ..Self::named("put_only")
        }
    }

    /// What canaille 0.3 does: see the profile of the same name.
    #[must_use]
    pub fn canaille() -> Self {
        Self {
            ignores_filter: true,
            fails_on_paging: true,
            members_by_name: true,
            requires_members: true,
            requires_formatted_name: true,
            refuses_types: true,
            drops_external: true,
            duplicates: Duplicates::Error,
            remove_by_filter: MemberRemovalByFilter::Error,
            patch_answers: true,
            versions: false,
            ..Self::named("canaille")
        }
    }
}
