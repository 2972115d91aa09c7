//! What somebody keeps for a while after a move.
//!
//! Nothing is stored for it: whether a rule held for what sources told before, and when that
//! ended, follows from the log and from the rules in force. So a rule that was changed is never
//! mistaken for a move, and a grace that is declared later counts for moves of before.

use std::collections::BTreeSet;

use model::facts::Standing;
use model::{
    Address, Assignment, Attributes, Engagement, EngagementId, Rank, Reason, SubjectId, Timestamp,
    Want,
};

use crate::assign::{Worker, holds};
use crate::due::days_after;
use crate::identity::{Sources, identity};
use crate::rulebook::{BirthrightRule, RuleBook};

/// What sources had told of a person, for as long as they told nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    /// From this instant.
    pub from: Timestamp,
    /// Until this one: then they told something new.
    pub until: Timestamp,
    /// What they told.
    pub engagements: Vec<Engagement>,
}

/// All that was told of a person.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct History {
    /// What was told before, oldest first; what is told now is not in it.
    pub past: Vec<Past>,
    /// When they were terminated for cause, or that ended.
    pub terminations: Vec<Timestamp>,
}

/// Something that a rule gave until a move, and gives for a while longer.
#[derive(Debug, Clone)]
pub struct Grace<'a> {
    /// The rule.
    pub rule: &'a BirthrightRule,
    /// When it ceased to hold.
    pub moved: Timestamp,
    /// Until when what it gave is kept.
    pub until: Timestamp,
}

/// Whether it is worth reading what was told before: some rule with a grace does not hold for the
/// person, and something that it gives is theirs.
#[must_use]
pub fn may_keep(worker: Worker<'_>, book: &RuleBook, theirs: &BTreeSet<Address>) -> bool {
    let mut rules = book.rules.iter().filter(|rule| rule.grace_days.is_some());
    rules.any(|rule| {
        let mut given = addresses(rule, worker.subject).into_iter();
        given.any(|at| theirs.contains(&at)) && holds(worker, rule).0.answer == Ok(false)
    })
}

/// The rules that ceased to hold for a person because of a move less than their grace before
/// `since`, or later, and that have not held again. `now` is what the person is judged by.
///
/// A move is new word of an engagement that goes on: whoever left in between, or was terminated,
/// or lost the engagement for which the rule held, keeps nothing.
#[must_use]
pub fn graces<'a>(
    (subject, engagements): (SubjectId, &[Engagement]),
    history: &History,
    book: &'a RuleBook,
    since: Timestamp,
    now: Timestamp,
) -> Vec<Grace<'a>> {
    let mut found = Vec::new();
    for rule in &book.rules {
        let Some(days) = rule.grace_days else {
            continue;
        };
        let held = |told: &[Engagement], at| held_for(rule, subject, told, &book.sources, at);
        // Where it holds, or nobody can tell, there is nothing to keep.
        if !matches!(held(engagements, now), Held::No) {
            continue;
        }
        for (index, past) in history.past.iter().enumerate().rev() {
            let until = days_after(past.until, u32::from(days));
            if until <= since {
                break;
            }
            match held(&past.engagements, just_before(past.until)) {
                Held::No => {}
                Held::Unknown => break,
                Held::For(jobs) => {
                    let later = &history.past[index + 1..];
                    let goes_on = |job: &EngagementId| {
                        let past = later.iter().all(|p| {
                            let ends = [p.from, just_before(p.until)];
                            ends.iter().all(|at| is_in_force(&p.engagements, *job, *at))
                        });
                        past && is_in_force(engagements, *job, now)
                    };
                    let out = history.terminations.iter().any(|at| past.until <= *at);
                    if jobs.iter().any(goes_on) && !out {
                        let moved = past.until;
                        found.push(Grace { rule, moved, until });
                    }
                    break;
                }
            }
        }
    }
    found
}

/// What of theirs is kept, beside those that are `given`.
#[must_use]
pub fn keep(
    worker: Worker<'_>,
    graces: &[Grace<'_>],
    given: &[Assignment],
    theirs: &BTreeSet<Address>,
    now: Timestamp,
) -> Vec<Assignment> {
    let spoken = |about: &Address| {
        let mut given = given.iter().filter(|a| a.about == *about);
        given.any(|a| matches!(a.want, Want::Present { .. } | Want::Untouched))
    };
    let mut out = Vec::new();
    for grace in graces.iter().filter(|grace| now < grace.until) {
        for about in addresses(grace.rule, worker.subject) {
            if !theirs.contains(&about) || spoken(&about) {
                continue;
            }
            let because = Reason {
                by: format!("rule/{}", grace.rule.name),
                text: format!(
                    "kept until {} because of a move on {}",
                    grace.until, grace.moved
                ),
                facts: holds(worker, grace.rule).0.facts,
            };
            out.push(Assignment {
                subject: Some(worker.subject),
                about,
                want: Want::Present {
                    active: true,
                    attributes: Attributes::new(),
                },
                because,
                rank: Rank::Birthright,
                until: Some(grace.until),
            });
        }
    }
    out
}

/// What a rule gives somebody: accounts, and memberships.
#[must_use]
pub fn addresses(rule: &BirthrightRule, subject: SubjectId) -> BTreeSet<Address> {
    let mut all = BTreeSet::new();
    for grant in &rule.grants {
        all.insert(Address::account(&grant.target, subject));
        let group = grant.group.as_ref();
        all.extend(group.map(|group| Address::grant(&grant.target, subject, group)));
    }
    all
}

/// For which engagements a rule held.
enum Held {
    No,
    Unknown,
    For(Vec<EngagementId>),
}

fn held_for(
    rule: &BirthrightRule,
    subject: SubjectId,
    told: &[Engagement],
    sources: &Sources,
    at: Timestamp,
) -> Held {
    let Some(who) = identity(told, sources, at) else {
        return Held::No;
    };
    let engaged = who.facts.standing(at).map(Standing::is_engaged);
    match engaged {
        Ok(true) if !who.withdrawn => {}
        Ok(_) => return Held::No,
        Err(_) => return Held::Unknown,
    }
    let (decided, job) = holds(Worker::new(subject, &who, None), rule);
    match (decided.answer, job) {
        (Ok(true), Some(key)) => {
            let of_key = told.iter().filter(|e| e.key == key);
            Held::For(of_key.map(|e| e.id).collect())
        }
        (Ok(true), None) => Held::For(vec![who.engagement]),
        (Ok(false), _) => Held::No,
        (Err(_), _) => Held::Unknown,
    }
}

/// Whether an engagement is told of and in force.
fn is_in_force(told: &[Engagement], id: EngagementId, at: Timestamp) -> bool {
    let mut of_id = told.iter().filter(|e| e.id == id && !e.withdrawn);
    of_id.any(|e| e.facts.standing(at).is_ok_and(Standing::is_engaged))
}

fn just_before(at: Timestamp) -> Timestamp {
    Timestamp::from_micros(at.as_micros().saturating_sub(1))
}

#[cfg(test)]
mod tests;
