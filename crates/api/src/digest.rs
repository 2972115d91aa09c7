//! The morning's digest.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What happened in a time, and what should have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DigestAnswer {
    /// From this instant.
    pub from: String,
    /// Up to, not including, this one. What fell into the time between is judged as it stands at
    /// `at`.
    pub to: String,
    /// When it was looked.
    pub at: String,
    /// Whether a person has something to do.
    pub needs_a_person: bool,
    /// Expected, done and late, by kind; kinds without anybody are left out.
    pub counts: Vec<DigestCount>,
    /// People whose clock ran out, those who are not done first.
    pub people: Vec<DigestPerson>,
    /// What failed, by cause.
    pub failures: Vec<DigestFailure>,
    /// Waves that wait for a person, oldest first.
    pub waves: Vec<DigestWave>,
    /// Other open findings, by cause, oldest first.
    pub findings: Vec<DigestFinding>,
    /// What did not happen, and nobody told of.
    pub silent: Vec<DigestSilence>,
}

/// How many of one kind were expected, and how they stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DigestCount {
    /// `termination`, `leaver`, `missing_row`, `joiner` or `mover`.
    pub kind: String,
    /// How many hours it may take, from HR's instant or from when it was told, the later.
    pub clock_hours: u64,
    /// People.
    pub expected: u64,
    /// Read back as wanted, or nothing was to be done.
    pub done: u64,
    /// Of those, after their clock had run out.
    pub done_late: u64,
    /// Not done, and still in time.
    pub open: u64,
    /// Not done, and their clock has run out.
    pub late: u64,
    /// A person refused what was proposed.
    pub refused: u64,
}

/// Somebody whose clock ran out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DigestPerson {
    /// `late`: it is not done; `done_late`: it is.
    pub state: String,
    /// What was expected, as in the counts.
    pub kind: String,
    /// The subject.
    pub subject: String,
    /// The name to show.
    pub name: String,
    /// The worker's key.
    pub key: String,
    /// HR's instant, or the one at which somebody was told.
    pub at: String,
    /// The same on the worker's own wall clock.
    pub local: String,
    /// The worker's zone.
    pub zone: String,
    /// When the clock began.
    pub start: String,
    /// When it ran out.
    pub due: String,
    /// When it was done; empty where it is not.
    pub done_at: String,
    /// Why it is not done.
    pub why: String,
    /// Apps in which an account of somebody who has left may still be used.
    pub exposed: Vec<String>,
    /// The wave that waits for a person; empty where none does.
    pub wave: String,
}

/// Failures of one cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DigestFailure {
    /// Its name, for `tenure retry`: app, class of error and attribute.
    pub group: String,
    /// The app.
    pub app: String,
    /// The class of error.
    pub class: String,
    /// The attribute that what was said names; empty where none.
    pub attribute: String,
    /// What was tried.
    pub verbs: Vec<String>,
    /// How many people it concerns.
    pub count: u64,
    /// Whom, by name.
    pub people: Vec<String>,
    /// Steps that failed.
    pub steps: u64,
    /// The first of them, for `tenure why change`.
    #[serde(default)]
    pub step: String,
    /// When the first of them failed.
    pub first_seen: String,
    /// When the last of them failed.
    pub last_seen: String,
    /// What was said of the first.
    pub problem: String,
    /// What to do.
    pub fix: String,
    /// True where the worker tries them again by itself.
    pub again: bool,
}

/// A wave that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DigestWave {
    /// The wave.
    pub wave: String,
    /// `held`, `halted` or `ready`.
    pub status: String,
    /// Its cause, for people.
    pub cause: String,
    /// When it was proposed.
    pub at: String,
    /// Plans that wait.
    pub plans: u64,
    /// Why the guard says so.
    pub because: Vec<String>,
    /// What to do.
    pub fix: String,
}

/// Open findings of one cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DigestFinding {
    /// What they have in common: code, and app, source or rule.
    pub group: String,
    /// The code.
    pub code: String,
    /// How many.
    pub count: u64,
    /// Whom they concern, by name.
    pub people: Vec<String>,
    /// When the oldest was opened.
    pub oldest: String,
    /// What the oldest says.
    pub problem: String,
    /// What to do.
    pub fix: String,
}

/// Something that did not happen, or that nobody was told of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DigestSilence {
    /// `unplanned`, `timer`, `source`, `target`, `clock`, `writing`, `token`, `secret`, `certificate`, `metadata`,
    /// `budget`, `drill` or `break-glass`.
    pub kind: String,
    /// What is silent: an app, a source, a principal, a drill; empty where people are.
    pub what: String,
    /// Since when; empty where it never spoke, and where that is not known.
    pub since: String,
    /// People concerned.
    pub count: u64,
    /// Some of them, by name.
    pub people: Vec<String>,
    /// One sentence.
    pub problem: String,
    /// What to do.
    pub fix: String,
}

/// Has the people of one group of failures planned for again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RetryRequest {
    /// The group, as the digest names it.
    pub group: String,
    /// Since when failures count: as the digest takes it, `yesterday` where it is not given.
    #[serde(default)]
    pub since: Option<String>,
    /// The zone of `since`; UTC where it is not given.
    #[serde(default)]
    pub zone: Option<String>,
    /// Show what would be proposed; propose nothing.
    #[serde(default)]
    pub dry_run: bool,
    /// Why.
    #[serde(default)]
    pub reason: Option<String>,
}

/// Who left in a time, and what became of their access.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LeaversAnswer {
    /// From this instant.
    pub from: String,
    /// Up to, not including, this one.
    pub to: String,
    /// When it was looked.
    pub at: String,
    /// How many left.
    pub left: u64,
    /// How many of them are exposed: an account may still be used.
    pub exposed: u64,
    /// Of how many of them something remains, an account among it or not.
    pub remaining: u64,
    /// How long it took those who are done; left out where nobody is.
    pub times: Option<LeaverTimes>,
    /// By when their clock began.
    pub leavers: Vec<WireLeaver>,
    /// Apps whose accounts nobody knows for sure.
    pub unread: Vec<WireUnread>,
}

/// An app whose accounts were not listed completely in time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WireUnread {
    /// The app.
    pub app: String,
    /// When they were listed last; empty where they never were.
    pub since: String,
    /// What is wrong.
    pub why: String,
}

/// Of so many who are done, the seconds from the beginning of the clock to the last read-back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LeaverTimes {
    /// How many are done.
    pub done: u64,
    /// Of how many of them only an upper bound is known.
    pub at_most: u64,
    /// Half of them took no longer.
    pub p50_seconds: u64,
    /// 95 of 100 took no longer.
    pub p95_seconds: u64,
    /// 99 of 100 took no longer.
    pub p99_seconds: u64,
    /// None took longer.
    pub longest_seconds: u64,
}

/// What is known of one leaver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WireLeaver {
    /// `termination`, `leaver` or `missing_row`.
    pub kind: String,
    /// The subject.
    pub subject: String,
    /// The name to show.
    pub name: String,
    /// The worker's key.
    pub key: String,
    /// HR's instant, or the one at which somebody was told.
    pub at: String,
    /// The same on the worker's own wall clock.
    pub local: String,
    /// The worker's zone.
    pub zone: String,
    /// When the clock began: `at`, or when we were told where that is later.
    pub start: String,
    /// When it runs out.
    pub due: String,
    /// `done`, `done_late`, `open` (in time still) or `late`.
    pub state: String,
    /// When the last account was read back, or seen, as gone; empty while one is exposed.
    pub done_at: String,
    /// Whether that is an upper bound: somebody else shut an account, and it was seen shut then.
    pub at_most: bool,
    /// Seconds from `start` to `done_at`.
    pub seconds: Option<u64>,
    /// The plan that decided; empty where none did.
    pub plan: String,
    /// Its wave.
    pub wave: String,
    /// When that was proposed.
    pub proposed_at: String,
    /// Who released this plan of it; empty where nobody did.
    pub released_by: String,
    /// When they did.
    pub released_at: String,
    /// Each account that is theirs or was.
    pub accounts: Vec<WireEnding>,
    /// Why an account is exposed, or why its times are not known better; else empty.
    pub why: String,
    /// What may still be used, or is not known to be shut.
    pub remains: Vec<WireRemainder>,
}

/// Something of a leaver that may still be used, or of which nobody knows that it cannot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WireRemainder {
    /// The app.
    pub app: String,
    /// `account`, `foreign_account`, `lingering`, `manual_step`, `not_readable` or `not_managed`.
    pub kind: String,
    /// The name of what lingers, or of the manual step; else the kind of thing.
    pub what: String,
    /// When it ends by itself, at the latest; `unknown` where nobody knows.
    pub until: String,
    /// Why it is still there.
    pub why: String,
}

/// What became of one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WireEnding {
    /// The app.
    pub app: String,
    /// `exposed`, `disabled`, `deleted`, `seen_shut` or `seen_gone` (by somebody else, and seen so), or
    /// `already`: before the clock began.
    pub state: String,
    /// When the last request that took it away was sent; empty where none was.
    pub sent_at: String,
    /// When somebody who was asked to do it by hand said that they did; empty where nobody did.
    #[serde(default)]
    pub confirmed_at: String,
    /// When it was read back, or seen, as gone; empty where it was not.
    pub verified_at: String,
}
