//! Why someone has, or lacks, access.

use std::collections::BTreeMap;
use std::sync::Arc;

use lifecycle::RuleBook;
use lifecycle::assign::{Worker, holds, manager_keys};
use lifecycle::resolve::{Resolved, Wanted};
use model::event::StepChanged;
use model::facts::Standing;
use model::plan::{About, PlanStatus, StepStatus};
use model::{Address, Kind, Ownership, Reason, SubjectId, TargetName, Timestamp, WaveId};
use ports::store::{Decisions, Link, Pin};

use crate::past::{Replay, Told, When};
use crate::planner::Say;
use crate::tenant::Loaded;
use crate::{App, AppError, ErrorKind, Known};

/// The answer for one app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhyAccess {
    /// Who.
    pub subject: SubjectId,
    /// The name to show to people.
    pub name: String,
    /// The worker's key.
    pub key: String,
    /// Where they stand.
    pub standing: Option<Standing>,
    /// Whether they are terminated for cause, whatever HR says.
    pub terminated: bool,
    /// The account first, then grants.
    pub items: Vec<WhyItem>,
    /// Rules that speak of this app but do not hold for this person, with the facts looked at.
    pub not_given: Vec<Reason>,
    /// The instants of the answer, where another one than now was asked for.
    pub told: Option<Told>,
}

/// The answer for one address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhyItem {
    /// Where.
    pub address: Address,
    /// What the rules want: `present`, `disabled`, `absent`, `untouched`, `nothing`.
    pub wanted: &'static str,
    /// Why.
    pub because: Vec<Reason>,
    /// What was last seen: `active`, `disabled`, `member`, `absent`, `unknown`.
    pub seen: &'static str,
    /// When a look found the account so, and different from before; `None` for grants, and where
    /// nothing was seen.
    pub seen_at: Option<Timestamp>,
    /// Whose it is.
    pub ownership: Option<Ownership>,
    /// The last change of it that was verified, and when.
    pub verified: Option<(StepChanged, Timestamp)>,
    /// A step that is not finished or has failed, if there is one.
    pub pending: Option<StepChanged>,
    /// What is proposed and waits for a decision: the step's verb, and the wave.
    pub waits: Option<(String, WaveId)>,
}

/// Everything that an answer follows from, now or at another instant.
struct Basis {
    loaded: Arc<Loaded>,
    known: Known,
    pins: Vec<Pin>,
    links: Vec<Link>,
    decisions: Decisions,
    at: Timestamp,
}

/// What was seen and done at one address.
struct Done {
    link: Option<Link>,
    seen: &'static str,
    seen_at: Option<Timestamp>,
    verified: Option<(StepChanged, Timestamp)>,
    pending: Option<StepChanged>,
    waits: Option<(String, WaveId)>,
}

impl App {
    /// Why `person` has, or lacks, what they have in `app`.
    ///
    /// # Errors
    /// `Missing` or `Conflict` when the name does not name one person; `Missing` for the app.
    pub async fn why_access(&self, person: &str, app: &str) -> Result<WhyAccess, AppError> {
        let loaded = self.loaded().await?;
        let target = declared(&loaded, app)?;
        let known = self.one_person(person).await?;
        let subject = known.person.subject;
        let basis = Basis {
            loaded,
            pins: self.store.pins(subject).await?,
            links: self.store.links_of(subject).await?,
            decisions: self.store.decisions_about(&[subject]).await?,
            known,
            at: self.clock.now(),
        };
        let desired = self.desired(&basis).await?;
        let mut items = Vec::new();
        for address in basis.addresses(&target, &desired) {
            let done = self.done(subject, &address).await?;
            items.push(item(address, &desired, done));
        }
        Ok(basis.answer(&target, items, None))
    }

    /// The same as of another instant, or as was known at one, from the person's own records.
    ///
    /// # Errors
    /// As [`App::why_access`] and [`App::person_at`]; `Missing` when no document declared the app
    /// then.
    pub async fn why_access_at(
        &self,
        person: &str,
        app: &str,
        when: When<'_>,
    ) -> Result<WhyAccess, AppError> {
        let past = self.person_at(person, when).await?;
        let (told, replay) = (past.told, past.replay);
        let loaded = past.loaded.filter(|loaded| declared(loaded, app).is_ok());
        let loaded = loaded.ok_or_else(|| undeclared(app, &told))?;
        let target = TargetName::from(app);
        let basis = Basis {
            loaded,
            pins: replay.pins().cloned().collect(),
            links: replay.links.values().cloned().collect(),
            decisions: replay.decisions(),
            known: past.known,
            at: told.as_of,
        };
        let desired = self.desired(&basis).await?;
        let addresses = basis.addresses(&target, &desired).into_iter();
        let items = addresses
            .map(|address| {
                let done = done_then(&replay, &address);
                item(address, &desired, done)
            })
            .collect();
        Ok(basis.answer(&target, items, Some(told)))
    }

    /// What is wanted of each address.
    async fn desired(&self, basis: &Basis) -> Result<BTreeMap<Address, Resolved>, AppError> {
        let (worker, book) = (basis.worker(), &basis.loaded.book);
        let mut managers = BTreeMap::new();
        for key in manager_keys(worker, book) {
            let source = &basis.known.identity.source;
            if let Some(boss) = self.store.person_by_key(source, &key).await? {
                managers.insert(key, boss.subject);
            }
        }
        let say = Say {
            worker,
            managers: &managers,
            pins: basis
                .pins
                .iter()
                .flat_map(|pin| pin.assignments.clone())
                .collect(),
            decisions: &basis.decisions,
            links: &basis.links,
            extra: &[],
        };
        Ok(say.explained(book, basis.at).desired)
    }

    /// What was seen and done at an address up to now.
    async fn done(&self, subject: SubjectId, address: &Address) -> Result<Done, AppError> {
        let link = self.store.link(address).await?;
        let mut seen_at = None;
        let seen = match (&link, address.kind) {
            (None, _) => "absent",
            (Some(_), Kind::Grant) => "member",
            (Some(link), kind) => {
                let (target, remote) = (&address.target, &link.remote);
                let shadow = self.store.shadow(target, kind, remote).await?;
                seen_at = shadow.as_ref().map(|shadow| shadow.seen_at);
                match shadow {
                    Some(shadow) if shadow.record.active => "active",
                    Some(_) => "disabled",
                    None => "unknown",
                }
            }
        };
        let mut done = Done {
            link,
            seen,
            seen_at,
            verified: None,
            pending: None,
            waits: None,
        };
        let about = About::Subject(subject);
        for plan in self.store.plans_about(&about, 20).await? {
            // A plan of a wave that was not proposed has told nobody.
            let waiting =
                plan.status == PlanStatus::Waiting && self.store.wave(plan.wave).await?.is_some();
            // Of several steps at one address the last tells how it ended.
            let steps = plan.steps.into_iter().rev();
            for step in steps.filter(|step| step.address == *address) {
                if done.verified.is_some() {
                    continue;
                }
                if waiting && done.waits.is_none() {
                    done.waits = Some((step.verb.clone(), plan.wave));
                }
                let (Some(last), Some(at)) = (step.last, step.at) else {
                    continue;
                };
                if last.status == StepStatus::Verified {
                    done.verified = Some((last, at));
                } else if done.pending.is_none() {
                    done.pending = Some(last);
                }
            }
        }
        Ok(done)
    }
}

impl Basis {
    fn worker(&self) -> Worker<'_> {
        let person = &self.known.person;
        let by = person.termination.as_ref().map(|t| t.by.as_str());
        Worker::new(person.subject, &self.known.identity, by)
    }

    /// What is wanted or linked in an app; the account always, and first.
    fn addresses(
        &self,
        target: &TargetName,
        desired: &BTreeMap<Address, Resolved>,
    ) -> Vec<Address> {
        let mut addresses: Vec<Address> = desired
            .keys()
            .chain(self.links.iter().map(|l| &l.address))
            .filter(|a| a.target == *target)
            .cloned()
            .collect();
        addresses.push(Address::account(target, self.known.person.subject));
        addresses.sort_by_key(|a| (a.kind, a.clone()));
        addresses.dedup();
        addresses
    }

    fn answer(&self, target: &TargetName, items: Vec<WhyItem>, told: Option<Told>) -> WhyAccess {
        let (person, identity) = (&self.known.person, &self.known.identity);
        WhyAccess {
            subject: person.subject,
            name: identity.facts.display_name(),
            key: identity.key.clone(),
            standing: identity.facts.standing(self.at).ok(),
            terminated: person.termination.is_some(),
            items,
            not_given: not_given(&self.loaded.book, target, self.worker()),
            told,
        }
    }
}

/// What was seen and done at an address up to another instant. Which waves waited is not in a
/// person's records.
fn done_then(replay: &Replay, address: &Address) -> Done {
    let link = replay.links.get(address).cloned();
    let look = link
        .as_ref()
        .and_then(|link| replay.seen(&address.target, &link.remote));
    let seen = match (&link, address.kind, look) {
        (None, ..) => "absent",
        (Some(_), Kind::Grant, _) => "member",
        (Some(_), _, Some(look)) if look.active => "active",
        (Some(_), _, Some(_)) => "disabled",
        (Some(_), _, None) => "unknown",
    };
    let steps = replay.steps(address);
    Done {
        link,
        seen,
        seen_at: look.map(|look| look.at),
        verified: steps.verified,
        pending: steps.pending,
        waits: None,
    }
}

fn item(address: Address, desired: &BTreeMap<Address, Resolved>, done: Done) -> WhyItem {
    let wish = desired.get(&address);
    WhyItem {
        wanted: wish.map_or("nothing", |w| word(&w.wanted)),
        because: wish.map(|w| w.because.clone()).unwrap_or_default(),
        seen: done.seen,
        seen_at: done.seen_at,
        ownership: done.link.map(|l| l.ownership),
        verified: done.verified,
        pending: done.pending,
        waits: done.waits,
        address,
    }
}

fn declared(loaded: &Loaded, app: &str) -> Result<TargetName, AppError> {
    let target = TargetName::from(app);
    match loaded.book.apps.contains_key(&target) {
        true => Ok(target),
        false => Err(AppError::missing("app", app)),
    }
}

fn undeclared(app: &str, told: &Told) -> AppError {
    let documents = told.revision.map_or_else(
        || "there were no documents yet".to_owned(),
        |revision| format!("revision {revision} of the documents was in force"),
    );
    AppError::new(
        ErrorKind::Missing,
        "TNR-PAST-0002",
        format!("no document declared the app `{app:.100}` then: {documents}"),
        "ask for a later instant",
    )
}

const fn word(wanted: &Wanted) -> &'static str {
    match wanted {
        Wanted::Present { active: true, .. } | Wanted::IfPresent { active: true, .. } => "present",
        Wanted::Present { .. } | Wanted::IfPresent { .. } => "disabled",
        Wanted::Absent => "absent",
        Wanted::Untouched => "untouched",
    }
}

/// Rules that speak of an app but do not hold for a person, with the facts looked at.
fn not_given(book: &RuleBook, target: &TargetName, worker: Worker<'_>) -> Vec<Reason> {
    book.rules
        .iter()
        .filter(|rule| rule.grants.iter().any(|g| g.target == *target))
        .filter_map(|rule| {
            let (decided, _) = holds(worker, rule);
            let text = match &decided.answer {
                Ok(true) => return None,
                Ok(false) => format!("`{}` does not hold", rule.when.source()),
                Err(error) => format!("`{}` has no answer: {error}", rule.when.source()),
            };
            Some(Reason {
                by: format!("rule/{}", rule.name),
                text,
                facts: decided.facts,
            })
        })
        .collect()
}
