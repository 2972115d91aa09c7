//! Why someone has, or lacks, access.

mod change;
mod done;

use std::collections::BTreeMap;
use std::sync::Arc;

use lifecycle::RuleBook;
use lifecycle::assign::{Worker, holds, manager_keys};
use lifecycle::resolve::{Resolved, Wanted};
use model::event::StepChanged;
use model::facts::Standing;
use model::{Address, Ownership, Reason, SubjectId, TargetName, Timestamp, WaveId};
use ports::store::{Decisions, Link, Pin};

use crate::chain::Chains;
use crate::past::{Told, When};
use crate::planner::Say;
use crate::tenant::Loaded;
use crate::{App, AppError, ErrorKind, Known, SeatAwaited};
use done::{Done, done_then};

pub use change::{Changed, Decided, Moment, WhyChange, Word};

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
    /// The seat that an account waits for.
    pub seat: Option<SeatAwaited>,
}

/// Everything that an answer follows from, now or at another instant.
struct Basis {
    loaded: Arc<Loaded>,
    known: Known,
    pins: Vec<Pin>,
    links: Vec<Link>,
    decisions: Decisions,
    at: Timestamp,
    /// Up to when what was told counts, of another day.
    learnt: Option<Timestamp>,
}

impl App {
    /// Why `person` has, or lacks, what they have in `app`.
    ///
    /// # Errors
    /// `Missing` or `Conflict` when the name does not name one person; `Missing` for the app.
    pub async fn why_access(&self, person: &str, app: &str) -> Result<WhyAccess, AppError> {
        let loaded = self.loaded().await?;
        let target = declared(&loaded, app)?;
        let mut known = self.one_person(person).await?;
        let mut chains = Chains::default();
        self.climb(
            &loaded.book,
            &mut chains,
            &known.person,
            &mut known.identity,
        )
        .await?;
        let subject = known.person.subject;
        let basis = Basis {
            loaded,
            pins: self.store.pins(subject).await?,
            links: self.store.links_of(subject).await?,
            decisions: self.store.decisions_about(&[subject]).await?,
            known,
            learnt: None,
            at: self.clock.now(),
        };
        let desired = self.desired(&basis).await?;
        let mut items = Vec::new();
        for address in basis.addresses(&target, &desired) {
            let done = self.done(subject, &address).await?;
            items.push(item(address, &desired, done));
        }
        let account = Address::account(&target, subject);
        let mut seats = self.seats_awaited(subject).await?.into_iter();
        if let Some(item) = items.iter_mut().find(|item| item.address == account) {
            item.seat = seats.find(|seat| seat.app == target);
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
            learnt: Some(told.as_of.min(told.known_at)),
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
            graces: self
                .in_grace(
                    &basis.known.person,
                    worker,
                    book,
                    &basis.links,
                    (basis.learnt, basis.at),
                )
                .await?,
            extra: &[],
        };
        Ok(say.explained(book, basis.at).desired)
    }
}

impl Basis {
    fn worker(&self) -> Worker<'_> {
        self.known.worker()
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
        seat: None,
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
