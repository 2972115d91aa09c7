//! What an app holds, account by account, and whose each is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use lifecycle::correlate::{Account, Claimant, Class, correlate};
use model::event::{AccountDecided, Holder};
use model::{Kind, Record, RemoteId, SubjectId, TargetName, Value};
use ports::store::Decisions;
use rules::Mapped;

use crate::chain::Chains;
use crate::tenant::Loaded;
use crate::{App, AppError, ErrorKind, Known};

/// Rows per read.
const PAGE: u32 = 1_000;

/// A person as listings name them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    /// The subject.
    pub subject: SubjectId,
    /// The worker's key.
    pub key: String,
    /// The name to show.
    pub name: String,
}

/// One account of an app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EstateAccount {
    /// The app's id of it.
    pub remote: RemoteId,
    /// Its name in the app.
    pub name: String,
    /// Whether it may be used.
    pub active: bool,
    /// What it is.
    pub class: Class,
    /// Whose it is, or everyone who matches it.
    pub people: Vec<Who>,
    /// Other accounts that the same people match.
    pub rivals: Vec<RemoteId>,
    /// What someone decided about it, or what a document says.
    pub decided: Option<AccountDecided>,
    /// The document that says that a workload uses it.
    pub declared: Option<String>,
}

impl EstateAccount {
    /// The one person whose it is, decided or by an exact match.
    #[must_use]
    pub fn person(&self) -> Option<&Who> {
        match (self.class, self.people.as_slice()) {
            (Class::Linked | Class::Adopted | Class::Exact, [one]) => Some(one),
            _ => None,
        }
    }
}

/// The accounts of an app, compared with everyone.
pub struct Estate {
    /// The app.
    pub target: TargetName,
    /// By the app's id.
    pub accounts: Vec<EstateAccount>,
    pub(super) loaded: Arc<Loaded>,
    pub(super) people: BTreeMap<SubjectId, Known>,
    pub(super) decisions: Decisions,
}

impl Estate {
    /// How many accounts are of each class; all classes, the empty ones too.
    #[must_use]
    pub fn counts(&self) -> Vec<(Class, usize)> {
        let of = |class| self.accounts.iter().filter(|a| a.class == class).count();
        Class::ALL.map(|class| (class, of(class))).to_vec()
    }
}

impl App {
    /// Compares the accounts of an app, as they were last seen, with everyone. Writes nothing.
    ///
    /// # Errors
    /// `Missing` for the app; `Conflict` when it was never read.
    pub async fn estate(&self, app: &str) -> Result<Estate, AppError> {
        let loaded = self.loaded().await?;
        let target = TargetName::from(app);
        let Some(rules) = loaded.book.apps.get(&target) else {
            return Err(AppError::missing("app", app));
        };
        if self
            .store
            .last_observation(&target, Kind::Account)
            .await?
            .is_none()
        {
            return Err(AppError::new(
                ErrorKind::Conflict,
                "TNR-ADOPT-0003",
                format!("the app `{target}` was not read yet"),
                format!("run `tenure observe {target}` first"),
            ));
        }
        let records = self.records(&target, Kind::Account).await?;
        let (people, decisions) = self.everyone(&loaded).await?;
        let mut decided = self.decided(&target).await?;
        let linked = self.linked_accounts(&target).await?;
        let declared = declared(&loaded, &target, &records, &linked);
        decided.extend(declared.values().map(|d| (d.remote.clone(), d.clone())));
        let privileged = self.privileged_accounts(&loaded, &target, &records).await?;
        let accounts: Vec<Account> = records
            .iter()
            .map(|record| Account {
                remote: record.remote.clone(),
                values: rules
                    .matching
                    .iter()
                    .map(|path| value(record, path))
                    .collect(),
                linked: linked.get(&record.remote).copied(),
                decided: decided.get(&record.remote).map(|d| d.holder.clone()),
                privileged: privileged.contains(&record.remote),
            })
            .collect();
        let claimants: Vec<Claimant> = people.values().map(|p| claimant(p, rules)).collect();
        let rejected: BTreeSet<(RemoteId, SubjectId)> = decisions
            .rejected
            .iter()
            .filter(|r| r.rejected.target == target)
            .map(|r| (r.rejected.remote.clone(), r.rejected.subject))
            .collect();
        let found = correlate(&accounts, &claimants, &rejected);
        let accounts = records
            .into_iter()
            .zip(found)
            .map(|(record, found)| EstateAccount {
                class: found.class,
                people: found.people.iter().map(|s| who(*s, &people)).collect(),
                rivals: found.rivals,
                decided: decided.remove(&record.remote),
                declared: declared.get(&record.remote).map(|d| d.by.clone()),
                name: record.name,
                active: record.active,
                remote: record.remote,
            })
            .collect();
        Ok(Estate {
            target,
            accounts,
            loaded,
            people,
            decisions,
        })
    }

    /// All objects of a kind, as they were last seen.
    pub(super) async fn records(
        &self,
        target: &TargetName,
        kind: Kind,
    ) -> Result<Vec<Record>, AppError> {
        let mut records: Vec<Record> = Vec::new();
        loop {
            let after = records.last().map(|r| r.remote.clone());
            let page = self
                .store
                .shadows_page(target, kind, after.as_ref(), PAGE)
                .await?;
            let full = page.len() == PAGE as usize;
            records.extend(page.into_iter().map(|s| s.record));
            if !full {
                return Ok(records);
            }
        }
    }

    /// Everyone, and what was decided about them.
    async fn everyone(
        &self,
        loaded: &Loaded,
    ) -> Result<(BTreeMap<SubjectId, Known>, Decisions), AppError> {
        let (mut people, mut decisions) = (BTreeMap::new(), Decisions::default());
        let mut chains = Chains::default();
        let mut after: Option<SubjectId> = None;
        loop {
            let page = self.store.people_page(None, after, PAGE).await?;
            let full = page.len() == PAGE as usize;
            after = page.last().map(|p| p.subject);
            let subjects: Vec<SubjectId> = page.iter().map(|p| p.subject).collect();
            let about = self.store.decisions_about(&subjects).await?;
            decisions.accounts.extend(about.accounts);
            decisions.rejected.extend(about.rejected);
            decisions.access.extend(about.access);
            for person in page {
                let mut identity = self.identity(&person, &loaded.book.sources)?;
                self.climb(&loaded.book, &mut chains, &person, &mut identity)
                    .await?;
                people.insert(person.subject, Known { person, identity });
            }
            if !full {
                return Ok((people, decisions));
            }
        }
    }

    async fn decided(
        &self,
        target: &TargetName,
    ) -> Result<BTreeMap<RemoteId, AccountDecided>, AppError> {
        let mut found = BTreeMap::new();
        let mut after: Option<RemoteId> = None;
        loop {
            let page = self
                .store
                .decided_accounts(target, after.as_ref(), PAGE)
                .await?;
            let full = page.len() == PAGE as usize;
            after = page.last().map(|d| d.decided.remote.clone());
            found.extend(
                page.into_iter()
                    .map(|d| (d.decided.remote.clone(), d.decided)),
            );
            if !full {
                return Ok(found);
            }
        }
    }

    async fn linked_accounts(
        &self,
        target: &TargetName,
    ) -> Result<BTreeMap<RemoteId, SubjectId>, AppError> {
        let mut found = BTreeMap::new();
        let mut after: Option<String> = None;
        loop {
            let page = self
                .store
                .links_page(target, Kind::Account, after.as_deref(), PAGE)
                .await?;
            let full = page.len() == PAGE as usize;
            after = page.last().map(|l| l.address.key.0.clone());
            let owned = page.into_iter();
            found.extend(owned.filter_map(|l| Some((l.remote, l.address.key.subject()?))));
            if !full {
                return Ok(found);
            }
        }
    }

    /// The accounts that the app's document lists as privileged, by name or by group.
    async fn privileged_accounts(
        &self,
        loaded: &Loaded,
        target: &TargetName,
        records: &[Record],
    ) -> Result<BTreeSet<RemoteId>, AppError> {
        let mut found = BTreeSet::new();
        let Some(app) = loaded.tenant.apps.get(target) else {
            return Ok(found);
        };
        let names = &app.privileged.names;
        let named = |r: &&Record| names.contains(&r.name.to_ascii_lowercase());
        found.extend(records.iter().filter(named).map(|r| r.remote.clone()));
        for name in &app.privileged.groups {
            for group in self.store.shadows_named(target, Kind::Group, name).await? {
                found.extend(self.store.members(target, &group.record.remote).await?);
            }
        }
        Ok(found)
    }
}

/// What documents say of accounts that are linked to nobody, as if someone had decided it.
fn declared(
    loaded: &Loaded,
    target: &TargetName,
    records: &[Record],
    linked: &BTreeMap<RemoteId, SubjectId>,
) -> BTreeMap<RemoteId, AccountDecided> {
    let mut found = BTreeMap::new();
    for record in records.iter().filter(|r| !linked.contains_key(&r.remote)) {
        let Some(account) = loaded.tenant.service_accounts.of(target, &record.name) else {
            continue;
        };
        let decided = AccountDecided {
            target: target.clone(),
            remote: record.remote.clone(),
            holder: Holder::Service {
                owner: account.owner.key.clone(),
            },
            by: format!("service/{}", account.name),
            reason: account.reason.clone(),
        };
        found.insert(record.remote.clone(), decided);
    }
    found
}

/// An account's value at a match path.
fn value(record: &Record, path: &str) -> Option<String> {
    if path == "userName" {
        return Some(record.name.clone());
    }
    let value = record.attributes.get(path).and_then(Value::as_text);
    value.map(str::to_owned)
}

/// What an account of this person would be matched by. A mapping without an answer claims
/// nothing.
fn claimant(known: &Known, rules: &lifecycle::AppRules) -> Claimant {
    let value = |path: &String| {
        let mapping = rules.attributes.get(path)?;
        match mapping.apply(&known.identity.facts, &known.identity.key) {
            Ok(Mapped::Value(Value::Text(text))) => Some(text),
            _ => None,
        }
    };
    Claimant {
        subject: known.person.subject,
        values: rules.matching.iter().map(value).collect(),
    }
}

pub(super) fn who(subject: SubjectId, people: &BTreeMap<SubjectId, Known>) -> Who {
    // A person who was erased is known by nothing but the id.
    let person = people.get(&subject);
    Who {
        subject,
        key: person.map_or_else(|| subject.to_string(), |p| p.identity.key.clone()),
        name: person.map_or_else(String::new, |p| p.identity.facts.display_name()),
    }
}
