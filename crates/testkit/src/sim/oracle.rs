//! What should be the case, worked out without the engine: from the files that were delivered,
//! the decisions that were taken, and the company's rules in plain Rust.

use std::collections::{BTreeMap, BTreeSet};

use model::attributes::Value;
use model::plan::Before;
use model::{Act, Plan, RemoteId, SubjectId, TargetName};

use super::company::{self, TARGETS};
use super::hr::{File, Row};

/// Clocks of nodes may be wrong by this much, in microseconds.
pub const SLACK: i64 = 15 * 60 * 1_000_000;
/// Nodes that work together disagree by no more than this, in microseconds: around an end of work
/// one of them may plan for someone who is still there as it sees it, with facts that came after.
const SKEW: i64 = 5 * 1_000_000;
const WEEK: i64 = 7 * super::hr::DAY;

/// What Tenure was told of one worker, and when.
#[derive(Debug, Clone)]
pub struct Version {
    /// When.
    pub at: i64,
    /// The row.
    pub row: Row,
    /// The last whole file no longer had them.
    pub withdrawn: bool,
}

/// Where someone stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The first day is still to come.
    Upcoming,
    /// At work.
    Active,
    /// The last day is over.
    Ended,
    /// Missing from the last whole file.
    Withdrawn,
    /// Terminated for cause, whatever the files say.
    Terminated,
}

impl Version {
    /// Where they stand at an instant.
    #[must_use]
    pub fn standing(&self, at: i64) -> Standing {
        if self.row.ends().is_some_and(|end| end <= at) {
            Standing::Ended
        } else if self.row.starts() > at {
            Standing::Upcoming
        } else if self.withdrawn {
            Standing::Withdrawn
        } else {
            Standing::Active
        }
    }
}

/// What an undo holds.
#[derive(Debug, Clone)]
pub struct Held {
    from: i64,
    until: i64,
    lifted: Option<i64>,
    target: TargetName,
    what: What,
}

#[derive(Debug, Clone)]
enum What {
    Active(bool),
    Member(String, bool),
    Value(String, Option<Value>),
}

/// One worker.
#[derive(Debug, Clone, Default)]
pub struct Person {
    /// What was said of them, oldest first.
    pub versions: Vec<Version>,
    /// What undos hold of theirs.
    pub held: Vec<Held>,
    /// Terminations for cause: from when, and until when if it is over.
    pub terminated: Vec<(i64, Option<i64>)>,
}

/// Whose an account is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The worker's key.
    pub key: String,
    /// Tenure made it or took it over.
    pub ours: bool,
    /// The name by which it may be taken over; empty for those that Tenure made.
    pub name: String,
}

/// What someone should have in one app.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wish {
    /// The account is there and enabled; otherwise it is disabled, if it is there.
    pub enabled: bool,
    /// The groups.
    pub groups: BTreeSet<String>,
    /// Attributes that must have, or lack, a value. Only of enabled accounts.
    pub values: BTreeMap<String, Option<Value>>,
    /// The account need not exist: it is only to be enabled if it does.
    pub if_there: bool,
}

/// The oracle.
#[derive(Default)]
pub struct Oracle {
    /// Everyone of whom a file ever told, by worker key.
    pub people: BTreeMap<String, Person>,
    /// Who is who, as the log said when it took them in.
    pub subjects: BTreeMap<SubjectId, String>,
    mails: BTreeMap<String, String>,
    /// Accounts, whose they are.
    pub owners: BTreeMap<(TargetName, RemoteId), Owner>,
    /// Declared groups, by what the target calls them.
    pub groups: BTreeMap<(TargetName, RemoteId), String>,
    /// Memberships of managed groups that are not Tenure's: group, member.
    pub foreign: BTreeSet<(TargetName, RemoteId, RemoteId)>,
    /// People who lost something because they were missing in a file, unasked, and when that
    /// was decided.
    pub unasked: Vec<(i64, String)>,
}

impl Oracle {
    /// Takes a delivered file in.
    pub fn delivered(&mut self, file: &File, at: i64) {
        if file.refused {
            return;
        }
        for row in &file.rows {
            self.mails.insert(row.mail.to_lowercase(), row.key.clone());
            let person = self.people.entry(row.key.clone()).or_default();
            let last = person.versions.last();
            if last.is_some_and(|v| v.row == *row && !v.withdrawn) {
                continue;
            }
            let version = Version {
                at,
                row: row.clone(),
                withdrawn: false,
            };
            let leaving = match last {
                None => false,
                Some(v) => {
                    version.standing(at) == Standing::Ended
                        || (ends_sooner(&v.row, row) && !v.withdrawn)
                }
            };
            if leaving {
                person.lift(at);
            }
            if version.standing(at) == Standing::Ended {
                person.end_termination(at);
            }
            person.versions.push(version);
        }
        if !file.complete {
            return;
        }
        let there: BTreeSet<&String> = file
            .rows
            .iter()
            .map(|r| &r.key)
            .chain(&file.unreadable)
            .collect();
        for (key, person) in &mut self.people {
            let Some(last) = person.versions.last() else {
                continue;
            };
            let ended = last.standing(at) == Standing::Ended;
            if there.contains(key) || last.withdrawn || ended {
                continue;
            }
            let version = Version {
                at,
                withdrawn: true,
                ..last.clone()
            };
            person.lift(at);
            person.versions.push(version);
        }
    }

    /// Time has come to an instant: whoever's last day is over by now is undone no longer.
    pub fn arrived(&mut self, at: i64) {
        for person in self.people.values_mut() {
            let Some(last) = person.versions.last() else {
                continue;
            };
            let Some(end) = last.row.ends() else { continue };
            if end <= at && end > last.at {
                person.lift_older(end);
            }
            if end <= at {
                person.end_termination(end);
            }
        }
    }

    /// Someone was terminated for cause.
    pub fn terminated(&mut self, key: &str, at: i64) {
        if let Some(person) = self.people.get_mut(key) {
            person.lift(at);
            person.terminated.push((at, None));
        }
    }

    /// A termination was lifted.
    pub fn lifted(&mut self, key: &str, at: i64) {
        if let Some(person) = self.people.get_mut(key) {
            person.end_termination(at);
        }
    }

    /// A plan was undone: what it did is to be as it was before, for a week.
    pub fn undone(&mut self, key: &str, plan: &Plan, sent: &BTreeSet<u16>, at: i64) {
        let Some(person) = self.people.get_mut(key) else {
            return;
        };
        for step in plan.steps.iter().filter(|s| sent.contains(&s.no)) {
            let group = step.address.key.granted_group().unwrap_or_default();
            let whats = match &step.act {
                Act::Create { .. } | Act::Enable => vec![What::Active(false)],
                Act::Disable => vec![What::Active(true)],
                Act::Grant => vec![What::Member(group.to_owned(), false)],
                Act::Revoke => vec![What::Member(group.to_owned(), true)],
                Act::Update { set, unset } => {
                    let before = match &step.before {
                        Before::Present { attributes, .. } => attributes.clone(),
                        Before::Absent => model::Attributes::new(),
                    };
                    let paths = set.keys().chain(unset);
                    paths
                        .map(|p| What::Value(p.clone(), before.get(p).cloned()))
                        .collect()
                }
                Act::Adopt { .. } | Act::Delete => Vec::new(),
            };
            person.held.extend(whats.into_iter().map(|what| Held {
                from: at,
                until: at + WEEK,
                lifted: None,
                target: step.address.target.clone(),
                what,
            }));
        }
    }

    /// Whether something of theirs is held by an undo.
    #[must_use]
    pub fn is_held(&self, key: &str, at: i64) -> bool {
        self.people
            .get(key)
            .is_some_and(|p| p.held.iter().any(|h| h.until > at && h.lifted.is_none()))
    }

    /// Whose account carries this name.
    #[must_use]
    pub fn by_mail(&self, mail: &str) -> Option<&String> {
        self.mails.get(&mail.to_lowercase())
    }

    /// Whether an account is someone's: one that was there before Tenure is only if it carries
    /// the name that they have now.
    #[must_use]
    pub fn counts(&self, owner: &Owner) -> bool {
        let row = self
            .people
            .get(&owner.key)
            .and_then(Person::last)
            .map(|v| &v.row);
        owner.ours || row.is_some_and(|row| row.mail.eq_ignore_ascii_case(&owner.name))
    }

    /// The account of someone in an app, if there is one.
    #[must_use]
    pub fn account(&self, target: &TargetName, key: &str) -> Option<&RemoteId> {
        self.owners
            .iter()
            .find(|((t, _), owner)| t == target && owner.key == key && self.counts(owner))
            .map(|((_, remote), _)| remote)
    }

    /// What someone should have in an app at an instant. `None`: nobody ever told of them.
    #[must_use]
    pub fn wish(&self, key: &str, target: &str, at: i64) -> Option<(Wish, Standing)> {
        self.wish_with(key, target, at, at, false)
    }

    /// What someone should have by what was told until `at`, for a node whose clock says `clock`.
    fn wish_with(
        &self,
        key: &str,
        target: &str,
        at: i64,
        clock: i64,
        unlifted: bool,
    ) -> Option<(Wish, Standing)> {
        let person = self.people.get(key)?;
        let version = person
            .versions
            .iter()
            .rev()
            .find(|v| v.at <= at)
            .or_else(|| person.versions.first())?;
        if person.is_terminated(at) {
            return Some((Wish::default(), Standing::Terminated));
        }
        let standing = version.standing(clock);
        let mut wish = Wish::default();
        if standing == Standing::Active {
            let row = &version.row;
            if let Some(groups) = company::entitled(row.department, row.lead).get(target) {
                wish.enabled = true;
                wish.groups = groups.iter().map(|g| (*g).to_owned()).collect();
                wish.values = values(row);
            }
        }
        let in_force = |h: &&Held| {
            h.target.as_str() == target
                && h.from <= at
                && at < h.until
                && (unlifted || h.lifted.is_none_or(|lifted| at < lifted))
        };
        let by_rule = wish.enabled;
        for held in person.held.iter().filter(in_force) {
            match &held.what {
                What::Active(active) => wish.enabled = *active,
                What::Member(group, true) => {
                    wish.groups.insert(group.clone());
                }
                What::Member(group, false) => {
                    wish.groups.remove(group);
                }
                What::Value(path, value) => {
                    wish.values.insert(path.clone(), value.clone());
                }
            }
        }
        wish.if_there = wish.enabled && !by_rule;
        Some((wish, standing))
    }

    /// Everything that could rightly be wanted at some moment between `from` and `to`.
    #[must_use]
    pub fn wishes(&self, key: &str, target: &str, from: i64, to: i64) -> Vec<(Wish, Standing)> {
        let Some(person) = self.people.get(key) else {
            return Vec::new();
        };
        let (from, to) = (from - SLACK, to + SLACK);
        let mut moments = vec![from, to];
        let ends = |v: &Version| [Some(v.row.starts()), v.row.ends()];
        for version in &person.versions {
            moments.push(version.at);
            moments.extend(ends(version).into_iter().flatten());
        }
        for held in &person.held {
            moments.extend([held.from, held.until]);
            moments.extend(held.lifted);
        }
        for (from, until) in &person.terminated {
            moments.push(*from);
            moments.extend(*until);
        }
        moments.retain(|m| (from..=to).contains(m));
        moments.sort_unstable();
        moments.dedup();
        let mut found = Vec::new();
        for at in moments {
            for clock in [at - SKEW, at, at + SKEW] {
                found.extend(self.wish_with(key, target, at, clock, false));
                found.extend(self.wish_with(key, target, at, clock, true));
            }
        }
        found
    }

    /// How many people have an account that Tenure looks after, in the app where they are most.
    #[must_use]
    pub fn managed(&self) -> u64 {
        let mut by_app: BTreeMap<&TargetName, u64> = BTreeMap::new();
        for ((target, _), owner) in &self.owners {
            *by_app.entry(target).or_default() += u64::from(owner.ours);
        }
        by_app.into_values().max().unwrap_or_default()
    }

    /// People who lost something unasked for want of a row, decided between two instants.
    #[must_use]
    pub fn unasked_within(&self, from: i64, to: i64) -> u64 {
        let keys: BTreeSet<&String> = self
            .unasked
            .iter()
            .filter(|(at, _)| (from..=to).contains(at))
            .map(|(_, key)| key)
            .collect();
        keys.len() as u64
    }
}

impl Person {
    fn lift(&mut self, at: i64) {
        for held in &mut self.held {
            if held.lifted.is_none() {
                held.lifted = Some(at);
            }
        }
    }

    /// What was held before an instant is held no longer.
    fn lift_older(&mut self, at: i64) {
        for held in self.held.iter_mut().filter(|h| h.from < at) {
            held.lifted.get_or_insert(at);
        }
    }

    /// Whether a termination for cause stands at an instant.
    #[must_use]
    pub fn is_terminated(&self, at: i64) -> bool {
        let stands = |(from, until): &(i64, Option<i64>)| {
            *from <= at && until.is_none_or(|until| at < until)
        };
        self.terminated.iter().any(stands)
    }

    fn end_termination(&mut self, at: i64) {
        if let Some((from, until)) = self.terminated.last_mut() {
            until.get_or_insert(at.max(*from));
        }
    }

    /// The last thing that was said of them.
    #[must_use]
    pub fn last(&self) -> Option<&Version> {
        self.versions.last()
    }
}

/// Whether an end is told that was not, or an earlier one.
fn ends_sooner(was: &Row, is: &Row) -> bool {
    let end = is.ends();
    end.is_some_and(|end| was.ends().is_none_or(|was| end < was))
}

fn values(row: &Row) -> BTreeMap<String, Option<Value>> {
    [
        ("userName", row.mail.as_str()),
        ("name.givenName", &row.first),
        ("name.familyName", &row.last),
        ("title", row.department),
    ]
    .into_iter()
    .map(|(path, text)| (path.to_owned(), Some(Value::from(text))))
    .collect()
}

/// The apps by the names that the engine uses.
#[must_use]
pub fn targets() -> Vec<TargetName> {
    TARGETS.iter().map(|t| TargetName::from(*t)).collect()
}
