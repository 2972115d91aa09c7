//! Why someone has, or lacks, access.

use std::collections::BTreeMap;

use lifecycle::RuleBook;
use lifecycle::assign::{Worker, holds, manager_keys};
use lifecycle::resolve::{Resolved, Wanted};
use model::event::StepChanged;
use model::facts::Standing;
use model::plan::{About, StepStatus};
use model::{Address, Kind, Ownership, Reason, SubjectId, TargetName, Timestamp};
use ports::store::Person;

use crate::identity::worker;
use crate::planner::Say;
use crate::{App, AppError, Known};

/// The answer for one app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhyAccess {
    /// Who.
    pub subject: SubjectId,
    /// The name to show to people.
    pub name: String,
    /// The worker's key.
    pub key: String,
    /// Where they stand now.
    pub standing: Option<Standing>,
    /// Whether they are terminated for cause, whatever HR says.
    pub terminated: bool,
    /// The account first, then grants.
    pub items: Vec<WhyItem>,
    /// Rules that speak of this app but do not hold for this person, with the facts looked at.
    pub not_given: Vec<Reason>,
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
    /// Whose it is.
    pub ownership: Option<Ownership>,
    /// The last change of it that was verified, and when.
    pub verified: Option<(StepChanged, Timestamp)>,
    /// A step that is not finished or has failed, if there is one.
    pub pending: Option<StepChanged>,
}

impl App {
    /// Why `person` has, or lacks, what they have in `app`.
    ///
    /// # Errors
    /// `Missing` or `Conflict` when the name does not name one person; `Missing` for the app.
    pub async fn why_access(&self, person: &str, app: &str) -> Result<WhyAccess, AppError> {
        let loaded = self.loaded().await?;
        let target = TargetName::from(app);
        if !loaded.book.apps.contains_key(&target) {
            return Err(AppError::missing("app", app));
        }
        let Known { person, identity } = self.one_person(person).await?;
        let now = self.clock.now();
        let worker = worker(&person, &identity);
        let mut managers = BTreeMap::new();
        for key in manager_keys(worker, &loaded.book) {
            if let Some(boss) = self.store.person_by_key(&identity.source, &key).await? {
                managers.insert(key, boss.subject);
            }
        }
        let pins = self.store.pins(person.subject).await?;
        let links = self.store.links_of(person.subject).await?;
        let say = Say {
            worker,
            managers: &managers,
            pins: pins.into_iter().flat_map(|pin| pin.assignments).collect(),
            decisions: &self.store.decisions_about(&[person.subject]).await?,
            links: &links,
            graces: self
                .in_grace(&person, worker, &loaded.book, &links, now)
                .await?,
            extra: &[],
        };
        let desired = say.explained(&loaded.book, now).desired;
        let mut addresses: Vec<Address> = desired
            .keys()
            .chain(links.iter().map(|l| &l.address))
            .filter(|a| a.target == target)
            .cloned()
            .collect();
        addresses.push(Address::account(&target, person.subject));
        addresses.sort_by_key(|a| (a.kind, a.clone()));
        addresses.dedup();
        let mut items = Vec::new();
        for address in addresses {
            items.push(self.why_item(&person, address, &desired).await?);
        }
        let not_given = not_given(&loaded.book, &target, worker);
        Ok(WhyAccess {
            subject: person.subject,
            name: identity.facts.display_name(),
            key: identity.key.clone(),
            standing: identity.facts.standing(now).ok(),
            terminated: person.termination.is_some(),
            items,
            not_given,
        })
    }

    async fn why_item(
        &self,
        person: &Person,
        address: Address,
        desired: &BTreeMap<Address, Resolved>,
    ) -> Result<WhyItem, AppError> {
        let wish = desired.get(&address);
        let link = self.store.link(&address).await?;
        let seen = match (&link, address.kind) {
            (None, _) => "absent",
            (Some(_), Kind::Grant) => "member",
            (Some(link), kind) => {
                match self
                    .store
                    .shadow(&address.target, kind, &link.remote)
                    .await?
                {
                    Some(shadow) if shadow.record.active => "active",
                    Some(_) => "disabled",
                    None => "unknown",
                }
            }
        };
        let mut verified = None;
        let mut pending = None;
        for plan in self
            .store
            .plans_about(&About::Subject(person.subject), 20)
            .await?
        {
            for step in plan.steps.into_iter().filter(|s| s.address == address) {
                let (Some(last), Some(at)) = (step.last, step.at) else {
                    continue;
                };
                if last.status == StepStatus::Verified && verified.is_none() {
                    verified = Some((last, at));
                } else if last.status != StepStatus::Verified
                    && verified.is_none()
                    && pending.is_none()
                {
                    pending = Some(last);
                }
            }
        }
        Ok(WhyItem {
            wanted: wish.map_or("nothing", |w| word(&w.wanted)),
            because: wish.map(|w| w.because.clone()).unwrap_or_default(),
            seen,
            ownership: link.map(|l| l.ownership),
            verified,
            pending,
            address,
        })
    }
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
