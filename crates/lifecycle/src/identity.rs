//! One person from all that sources tell of them.
//!
//! Several engagements may overlap: two jobs, a contract before an employment, a rehire under a
//! new worker key. Where somebody stands follows from all of them; what an account looks like
//! follows from one, the *main* engagement, and from what other sources add; what the rules give
//! is the union of what each engagement in force gives.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use model::facts::Standing;
use model::{Engagement, EngagementId, Facts, Timestamp, Value, WorkerRef};
use rules::BY_HAND;

/// How much a source's word counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceRank {
    /// The smaller, the more.
    pub order: u32,
    /// Whether a row of it says that somebody works here. A directory of telephone numbers only
    /// adds to people whom other sources engage.
    pub engages: bool,
    /// Attribute → the order that counts for it instead.
    pub attributes: BTreeMap<String, u32>,
    /// Worker key → the groups by hand that documents list them in.
    pub by_hand: BTreeMap<String, BTreeSet<String>>,
}

impl Default for SourceRank {
    /// Of a source that no document names any more: it still says who works here, and what it
    /// says counts least.
    fn default() -> Self {
        Self {
            order: u32::MAX,
            engages: true,
            attributes: BTreeMap::new(),
            by_hand: BTreeMap::new(),
        }
    }
}

/// Every source by its name.
pub type Sources = BTreeMap<String, SourceRank>;

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provenance {
    /// The source.
    pub source: String,
    /// The worker's key in it.
    pub key: String,
}

/// An engagement in force, as the rules see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// The source that tells of it.
    pub source: String,
    /// The worker's key.
    pub key: String,
    /// Its own attributes, and what sources that engage nobody add to them.
    pub facts: Arc<Facts>,
}

/// A person at an instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The main engagement.
    pub engagement: EngagementId,
    /// Its source.
    pub source: String,
    /// Its worker key.
    pub key: String,
    /// What sources call them, sorted: one for each engagement, whether in force or not.
    pub names: Vec<WorkerRef>,
    /// First and last day and zone of the main engagement; attributes of all that is in force. Its
    /// leave, unless they are at work in another one. Shared with the engagement where no other
    /// one adds to it.
    pub facts: Arc<Facts>,
    /// The main engagement is one that its source no longer has: nothing else says that they
    /// work here.
    pub withdrawn: bool,
    /// A source tells of an engagement that is yet to begin.
    pub announced: bool,
    /// The engagements in force, if there are several; the main one first.
    pub jobs: Vec<Job>,
}

/// How an engagement counts when the main one is looked for; the first wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Force {
    /// Nobody can tell.
    Unknown,
    /// It is in force.
    Active,
    /// It would be, but its source no longer has it.
    Missing,
    /// It has ended. Before what is yet to come: whoever is between two jobs has left.
    Ended,
    /// It has not begun.
    Upcoming,
    /// It had not begun, and its source no longer has it.
    Rescinded,
}

/// Puts engagements together. `None` when there are none.
///
/// One whose zone is unknown becomes the main one: where the person stands cannot be told, and
/// whoever asks [`Facts::standing`] hears that.
#[must_use]
pub fn identity(engagements: &[Engagement], sources: &Sources, now: Timestamp) -> Option<Identity> {
    let told = Told::by(engagements, sources, now)?;
    let main = told.main;
    let mut names: Vec<WorkerRef> = engagements.iter().map(name).collect();
    names.sort_unstable();
    let mut jobs = if told.in_force.len() > 1 {
        let job = |e: &&Engagement| job(e, &told.adds, sources);
        told.in_force.iter().map(job).collect()
    } else {
        Vec::new()
    };
    let mut facts = merged(main, &told.all(), sources);
    // Whoever is at work in another engagement is at work.
    let stands = |e: &Engagement| e.facts.standing(now);
    if stands(main) == Ok(Standing::OnLeave)
        && told
            .in_force
            .iter()
            .any(|e| stands(e) == Ok(Standing::Active))
    {
        Arc::make_mut(&mut facts).leave = None;
    }
    list_by_hand(engagements, sources, &mut facts, &mut jobs);
    Some(Identity {
        engagement: main.id,
        source: main.source.clone(),
        key: main.key.clone(),
        names,
        facts,
        withdrawn: main.withdrawn,
        announced: told.announced,
        jobs,
    })
}

/// Where each attribute of an [`identity`] comes from.
#[must_use]
pub fn provenance(
    engagements: &[Engagement],
    sources: &Sources,
    now: Timestamp,
) -> BTreeMap<String, Provenance> {
    let Some(told) = Told::by(engagements, sources, now) else {
        return BTreeMap::new();
    };
    let from = |(name, engagement): (&str, &Engagement)| {
        let source = engagement.source.clone();
        let key = engagement.key.clone();
        (name.to_owned(), Provenance { source, key })
    };
    let best = best(&told.all(), sources);
    best.into_iter().map(from).collect()
}

/// The engagements that have a say.
struct Told<'a> {
    main: &'a Engagement,
    /// Those in force of sources that engage; the main one first, if it is in force.
    in_force: Vec<&'a Engagement>,
    /// Those in force of sources that only add.
    adds: Vec<&'a Engagement>,
    /// One of a source that engages is yet to begin.
    announced: bool,
}

impl<'a> Told<'a> {
    fn by(engagements: &'a [Engagement], sources: &Sources, now: Timestamp) -> Option<Self> {
        let least = SourceRank::default();
        let rank = |e: &Engagement| sources.get(&e.source).unwrap_or(&least);
        let all: Vec<(Force, &Engagement)> =
            engagements.iter().map(|e| (force(e, now), e)).collect();
        // Where no source engages anybody, those that there are must do.
        let engages = all.iter().any(|(_, e)| rank(e).engages);
        let (mut engaged, adds): (Vec<_>, Vec<_>) = all
            .into_iter()
            .partition(|(_, e)| !engages || rank(e).engages);
        engaged.sort_by(|(f, a), (g, b)| {
            let by_age = match f {
                Force::Ended => b.facts.ends.cmp(&a.facts.ends),
                _ => a.facts.starts.cmp(&b.facts.starts),
            };
            let by_source = rank(a).order.cmp(&rank(b).order);
            (f.cmp(g))
                .then(by_source)
                .then(by_age)
                .then_with(|| (&a.source, &a.key, a.id).cmp(&(&b.source, &b.key, b.id)))
        });
        let &(_, main) = engaged.first()?;
        let announced = engaged.iter().any(|(f, _)| *f == Force::Upcoming);
        let active = |all: Vec<(Force, &'a Engagement)>| -> Vec<&'a Engagement> {
            let active = all.into_iter().filter(|(f, _)| *f == Force::Active);
            active.map(|(_, e)| e).collect()
        };
        let mut adds = active(adds);
        adds.sort_by(|a, b| (&a.source, &a.key, a.id).cmp(&(&b.source, &b.key, b.id)));
        Some(Self {
            main,
            in_force: active(engaged),
            adds,
            announced,
        })
    }

    /// All of them, each once, the main one first.
    fn all(&self) -> Vec<&'a Engagement> {
        let mut all = vec![self.main];
        let others = self.in_force.iter().filter(|e| e.id != self.main.id);
        all.extend(others);
        all.extend(&self.adds);
        all
    }
}

fn force(engagement: &Engagement, now: Timestamp) -> Force {
    match (engagement.facts.standing(now), engagement.withdrawn) {
        (Err(_), _) => Force::Unknown,
        (Ok(Standing::Active | Standing::OnLeave), false) => Force::Active,
        (Ok(Standing::Active | Standing::OnLeave), true) => Force::Missing,
        (Ok(Standing::Ended), _) => Force::Ended,
        (Ok(Standing::Upcoming), false) => Force::Upcoming,
        (Ok(Standing::Upcoming), true) => Force::Rescinded,
    }
}

/// Adds the groups by hand that a person is in under any of their names: a list is about a person,
/// not about one of their jobs.
fn list_by_hand(
    engagements: &[Engagement],
    sources: &Sources,
    facts: &mut Arc<Facts>,
    jobs: &mut [Job],
) {
    let listed = engagements
        .iter()
        .filter_map(|e| sources.get(&e.source)?.by_hand.get(&e.key));
    let groups: BTreeSet<&String> = listed.flatten().collect();
    if groups.is_empty() {
        return;
    }
    let of_jobs = jobs.iter_mut().map(|job| &mut job.facts);
    for facts in of_jobs.chain([facts]) {
        let groups = groups.iter().map(|group| (*group).clone()).collect();
        let attributes = &mut Arc::make_mut(facts).attributes;
        attributes.insert(BY_HAND.to_owned(), Value::List(groups));
    }
}

fn name(engagement: &Engagement) -> WorkerRef {
    WorkerRef {
        source: engagement.source.clone(),
        key: engagement.key.clone(),
    }
}

fn job(engagement: &Engagement, adds: &[&Engagement], sources: &Sources) -> Job {
    let told: Vec<&Engagement> = std::iter::once(engagement)
        .chain(adds.iter().copied())
        .collect();
    Job {
        source: engagement.source.clone(),
        key: engagement.key.clone(),
        facts: merged(engagement, &told, sources),
    }
}

/// The engagement that has the say about each attribute: of the source that counts most; among
/// equals the earlier of `told`.
fn best<'a>(told: &[&'a Engagement], sources: &Sources) -> BTreeMap<&'a str, &'a Engagement> {
    let least = SourceRank::default();
    let mut best: BTreeMap<&str, (u32, &Engagement)> = BTreeMap::new();
    for engagement in told {
        let rank = sources.get(&engagement.source).unwrap_or(&least);
        for name in engagement.facts.attributes.keys() {
            let order = rank.attributes.get(name).copied().unwrap_or(rank.order);
            let better = best.get(name.as_str()).is_none_or(|(o, _)| order < *o);
            if better {
                best.insert(name, (order, engagement));
            }
        }
    }
    best.into_iter().map(|(name, (_, e))| (name, e)).collect()
}

/// The days of one engagement, and for each attribute the value of whoever has the say.
fn merged(of: &Engagement, told: &[&Engagement], sources: &Sources) -> Arc<Facts> {
    if let [_] = told {
        return Arc::clone(&of.facts);
    }
    let value = |(name, from): (&str, &Engagement)| {
        let value = from.facts.attributes.get(name)?;
        Some((name.to_owned(), value.clone()))
    };
    let attributes = best(told, sources).into_iter().filter_map(value);
    Arc::new(Facts {
        attributes: attributes.collect(),
        starts: of.facts.starts,
        ends: of.facts.ends,
        zone: of.facts.zone.clone(),
        leave: of.facts.leave,
    })
}

#[cfg(test)]
mod tests;
