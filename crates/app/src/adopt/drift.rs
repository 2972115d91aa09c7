//! How each address of an app stands: in sync, drifted, unmanaged, or unreadable.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use lifecycle::assign::{assign_groups, manager_keys};
use lifecycle::draft::{Draft, Observed, Seen, draft};
use lifecycle::resolve::{Desired, Wanted, resolve};
use lifecycle::{Mode, RuleBook};
use model::plan::About;
use model::{
    Act, Address, Cause, Change, Completeness, Digest, Input, Kind, SubjectId, TargetName,
};

use super::estate::Estate;
use crate::planner::{Say, Sight};
use crate::{App, AppError, Known};

/// People per read.
const CHUNK: usize = 500;

/// How an address stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// As it is wanted.
    InSync,
    /// It differs from what is wanted.
    Drifted,
    /// It is there, and nothing of ours.
    Unmanaged,
    /// How it is cannot be told.
    Unreadable,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 4] = [
        Self::InSync,
        Self::Drifted,
        Self::Unmanaged,
        Self::Unreadable,
    ];

    /// The word used on the wire and in tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InSync => "in_sync",
            Self::Drifted => "drifted",
            Self::Unmanaged => "unmanaged",
            Self::Unreadable => "unreadable",
        }
    }
}

/// One address, or one object that has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stands {
    /// How.
    pub state: State,
    /// What it is.
    pub kind: Kind,
    /// The address, or the app's id.
    pub address: String,
    /// Its name in the app, where it was seen.
    pub name: String,
    /// In what it differs, or why it cannot be told.
    pub detail: String,
}

impl App {
    /// How every address of an app stands, as it was last seen. Writes nothing.
    ///
    /// # Errors
    /// As [`App::estate`].
    pub async fn drift(&self, app: &str) -> Result<Vec<Stands>, AppError> {
        let estate = self.estate(app).await?;
        let target = estate.target.clone();
        let book = alone(&estate.loaded.book, &target);
        let mut sight = Sight::new(Arc::clone(&self.store), Arc::clone(&estate.loaded));
        let mut out = self.listings(&target).await?;
        out.extend(self.groups_stand(&estate, &book, &mut sight).await?);
        let mut bosses = BTreeMap::new();
        let people: Vec<&Known> = estate.people.values().collect();
        for chunk in people.chunks(CHUNK) {
            let subjects: Vec<SubjectId> = chunk.iter().map(|k| k.person.subject).collect();
            sight.look_ahead(&subjects).await?;
            for person in chunk {
                let seen = self.person_stands(person, &book, &mut sight, &mut bosses);
                out.extend(seen.await?);
            }
        }
        // What is there and was rejected is told once: as what is going to be taken away.
        let told: BTreeSet<String> = out.iter().map(|stands| stands.address.clone()).collect();
        let unmanaged = self.unmanaged(&estate).await?.into_iter();
        out.extend(unmanaged.filter(|stands| !told.contains(&stands.address)));
        out.sort_by(|a, b| (a.state, a.kind, &a.address).cmp(&(b.state, b.kind, &b.address)));
        Ok(out)
    }

    /// A listing that is not proven complete: what it lacks cannot be told.
    async fn listings(&self, target: &TargetName) -> Result<Vec<Stands>, AppError> {
        let mut out = Vec::new();
        for kind in [Kind::Account, Kind::Group] {
            let run = self.store.last_observation(target, kind).await?;
            let run = run.map(|r| r.run);
            if run
                .as_ref()
                .is_some_and(|r| r.completeness == Completeness::Full)
            {
                continue;
            }
            out.push(Stands {
                state: State::Unreadable,
                kind,
                address: format!("{target}/{}", kind.as_str()),
                name: String::new(),
                detail: match run {
                    None => "it was never listed".to_owned(),
                    Some(run) => format!("the last listing is not complete: {}", run.detail),
                },
            });
        }
        Ok(out)
    }

    async fn groups_stand(
        &self,
        estate: &Estate,
        book: &RuleBook,
        sight: &mut Sight,
    ) -> Result<Vec<Stands>, AppError> {
        let Some(rules) = book.apps.get(&estate.target) else {
            return Ok(Vec::new());
        };
        let assignments = assign_groups(&estate.target, rules);
        let (desired, _) = resolve(assignments, self.clock.now());
        let mut observed = Observed::default();
        for (address, wish) in &desired {
            if let Wanted::Present { attributes, .. } = &wish.wanted {
                let seen = sight.of_group(address, attributes).await?;
                observed.seen.insert(address.clone(), seen);
            }
        }
        let about = About::Target(estate.target.clone());
        Ok(compared(&about, &desired, &observed, book))
    }

    async fn person_stands(
        &self,
        known: &Known,
        book: &RuleBook,
        sight: &mut Sight,
        bosses: &mut BTreeMap<(String, String), Option<SubjectId>>,
    ) -> Result<Vec<Stands>, AppError> {
        let now = self.clock.now();
        let Known { person, identity } = known;
        let worker = known.worker();
        let mut managers = BTreeMap::new();
        for key in manager_keys(worker, book) {
            let at = (identity.source.clone(), key.clone());
            if !bosses.contains_key(&at) {
                let boss = self.store.person_by_key(&at.0, &at.1).await?;
                bosses.insert(at.clone(), boss.map(|b| b.subject));
            }
            if let Some(Some(boss)) = bosses.get(&at) {
                managers.insert(key, *boss);
            }
        }
        let pins = self.store.pins(person.subject).await?;
        let decisions = sight.decisions(person.subject).await?;
        let links = sight.links(person.subject).await?;
        let say = Say {
            worker,
            managers: &managers,
            pins: pins.into_iter().flat_map(|pin| pin.assignments).collect(),
            decisions: &decisions,
            links: &links,
            graces: self
                .in_grace(person, worker, book, &links, (None, now))
                .await?,
            extra: &[],
        };
        let weighed = say.in_short(book, now);
        let mut observed = sight.of_subject(person.subject, &weighed.wanted()).await?;
        sight.prove(&weighed.desired, &mut observed).await?;
        let about = About::Subject(person.subject);
        Ok(compared(&about, &weighed.desired, &observed, book))
    }

    /// What is there and nothing of ours.
    async fn unmanaged(&self, estate: &Estate) -> Result<Vec<Stands>, AppError> {
        let target = &estate.target;
        let row = |kind, address: String, name: &str, detail: String| Stands {
            state: State::Unmanaged,
            kind,
            address,
            name: name.to_owned(),
            detail,
        };
        let mut out = Vec::new();
        let mut linked = BTreeMap::new();
        for account in &estate.accounts {
            match (account.class, account.people.first()) {
                (lifecycle::correlate::Class::Linked, Some(who)) => {
                    linked.insert(account.remote.clone(), (who.subject, &account.name));
                }
                (class, _) => {
                    let address = account.remote.to_string();
                    let detail = class.as_str().to_owned();
                    out.push(row(Kind::Account, address, &account.name, detail));
                }
            }
        }
        let ours = self.granted(target).await?;
        for group in self.records(target, Kind::Group).await? {
            let members = self.store.members(target, &group.remote).await?;
            let Some(key) = estate.group_key(&group.name) else {
                let detail = format!("no document declares it; {} members", members.len());
                out.push(row(
                    Kind::Group,
                    group.remote.to_string(),
                    &group.name,
                    detail,
                ));
                continue;
            };
            for member in members {
                if let Some((subject, name)) = linked.get(&member) {
                    let at = Address::grant(target, *subject, key);
                    if !ours.contains(&at.key.0) {
                        let detail = "a membership that is not ours".to_owned();
                        out.push(row(Kind::Grant, at.to_string(), name, detail));
                    }
                }
            }
        }
        Ok(out)
    }
}

/// The rules of one app, as if they were enforced: what is observed only drifts all the same.
fn alone(book: &RuleBook, target: &TargetName) -> RuleBook {
    let mut book = book.clone();
    book.apps.retain(|name, _| name == target);
    for app in book.apps.values_mut() {
        app.mode = Mode::Enforce;
    }
    book
}

/// How the addresses of one person, or of an app's groups, stand.
fn compared(about: &About, desired: &Desired, observed: &Observed, book: &RuleBook) -> Vec<Stands> {
    let cause = Cause {
        input: Input::Clock,
        change: Change::Drift,
    };
    let Draft { plan, .. } = draft(about, desired, observed, book, &cause, Digest::default());
    let steps = plan.map(|p| p.steps).unwrap_or_default();
    let mut out = Vec::new();
    let addresses: BTreeSet<&Address> = desired.keys().chain(observed.seen.keys()).collect();
    for address in addresses {
        if !book.apps.contains_key(&address.target) {
            continue;
        }
        let acts: Vec<&Act> = steps
            .iter()
            .filter(|s| s.address == *address)
            .map(|s| &s.act)
            .collect();
        let seen = observed.seen.get(address);
        let Some((state, name, detail)) = stands(address.kind, seen, &acts) else {
            continue;
        };
        out.push(Stands {
            state,
            kind: address.kind,
            address: address.to_string(),
            name,
            detail,
        });
    }
    out
}

/// `None`: nothing of ours is there, and nothing is to be.
fn stands(kind: Kind, seen: Option<&Seen>, acts: &[&Act]) -> Option<(State, String, String)> {
    let differs = || {
        acts.iter()
            .map(|act| told(act))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let name = |seen: &Seen| match seen {
        Seen::Present {
            object: Some(object),
            ..
        } => {
            let named = |path| object.attributes.get(path).and_then(model::Value::as_text);
            let name = named("userName").or_else(|| named("displayName"));
            name.unwrap_or_default().to_owned()
        }
        _ => String::new(),
    };
    match seen? {
        // What is not linked is told once, as unmanaged.
        Seen::Candidates(_)
        | Seen::Barred
        | Seen::Present {
            ownership: None, ..
        } => None,
        Seen::Unknown => Some((
            State::Unreadable,
            String::new(),
            "whether it exists is not known".to_owned(),
        )),
        // A grant has no object of its own; anything else that has none could not be read.
        Seen::Present { object: None, .. } if kind != Kind::Grant => Some((
            State::Unreadable,
            String::new(),
            "it is linked and could not be read".to_owned(),
        )),
        Seen::Absent if acts.is_empty() => None,
        Seen::Absent => Some((State::Drifted, String::new(), "missing".to_owned())),
        there if acts.is_empty() => Some((State::InSync, name(there), String::new())),
        there => Some((State::Drifted, name(there), differs())),
    }
}

/// A step in few words: what it would change.
fn told(act: &Act) -> String {
    match act {
        Act::Update { set, unset } => {
            let paths: Vec<&str> = set.keys().chain(unset).map(String::as_str).collect();
            format!("differs in {}", paths.join(" and "))
        }
        Act::Disable => "may be used and should not".to_owned(),
        Act::Enable => "may not be used and should".to_owned(),
        Act::Delete => "is there and is kept no longer".to_owned(),
        Act::Revoke => "is a member and should not be".to_owned(),
        other => other.verb().to_owned(),
    }
}
