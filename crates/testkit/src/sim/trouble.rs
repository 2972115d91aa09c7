//! What goes wrong outside: weather over the targets, and people who change them by hand.

use std::collections::BTreeMap;
use std::time::Duration;

use model::attributes::Value;
use model::{Attributes, Kind, RemoteId, TargetName};
use ports::Clock as _;

use super::company;
use super::judge::Excuses;
use super::oracle::Owner;
use super::scene::Scene;
use super::target::{Health, Rates, Thing};
use crate::time::SeededEntropy;

/// What kind of day it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Weather {
    /// Little goes wrong.
    Fair,
    /// Requests and answers get lost everywhere.
    Rough,
    /// A target answers 429 for some hours.
    Storm(TargetName),
    /// A target is down all day.
    Down(TargetName),
    /// Listings break off or hide objects.
    Fog,
    /// The node dies again and again.
    Deaths,
    /// Two nodes work at the same time.
    TwoNodes,
    /// Two nodes, and the clock of one is minutes behind.
    Lag,
    /// Someone stops all writing for some hours.
    Stopped,
    /// The store fails now and then.
    BadStore,
}

impl Weather {
    /// The weather of a day.
    #[must_use]
    pub fn of(chance: &SeededEntropy, targets: &[TargetName]) -> Self {
        let pick = |n: u64| targets[usize::try_from(n).unwrap_or(0) % targets.len()].clone();
        match chance.below(14) {
            0 | 1 => Self::Rough,
            2 => Self::Storm(pick(chance.next())),
            3 => Self::Down(pick(chance.next())),
            4 => Self::Fog,
            5 | 6 => Self::Deaths,
            7 => Self::TwoNodes,
            8 => Self::Lag,
            9 | 10 => Self::Stopped,
            11 => Self::BadStore,
            _ => Self::Fair,
        }
    }

    /// Lets it come over the scene.
    pub fn come(&self, scene: &Scene) {
        let now = scene.clock.now();
        let rates = match self {
            Self::Rough | Self::TwoNodes => ROUGH,
            Self::Fog => Rates {
                read: 30,
                breaks: 4,
                truncates: 4,
                ..FAIR
            },
            Self::Deaths => Rates {
                lost_request: 20,
                ..FAIR
            },
            _ => FAIR,
        };
        for (name, target) in &scene.targets {
            target.behave(rates);
            let health = match self {
                Self::Storm(at) if at == name => {
                    let hours = 1 + scene.faults.below(5);
                    Health::Storm(now.plus(Duration::from_secs(hours * 3_600)))
                }
                Self::Down(at) if at == name => Health::Down,
                _ => Health::Up,
            };
            target.set_health(health);
        }
        scene.let_appends_fail(if *self == Self::BadStore { 25 } else { 0 });
    }
}

const FAIR: Rates = Rates {
    lost_answer: 80,
    lost_request: 80,
    lie: 120,
    twice: 60,
    busy: 120,
    read: 120,
    breaks: 0,
    truncates: 0,
};

const ROUGH: Rates = Rates {
    lost_answer: 12,
    lost_request: 12,
    lie: 15,
    twice: 10,
    busy: 20,
    read: 15,
    breaks: 12,
    truncates: 12,
};

/// Nothing goes wrong any more.
pub fn clear(scene: &Scene) {
    for target in scene.targets.values() {
        target.behave(Rates::default());
        target.set_health(Health::Up);
    }
    scene.let_appends_fail(0);
}

/// Objects that are not Tenure's, as they are to stay.
pub type Planted = BTreeMap<(TargetName, RemoteId), Thing>;

fn account(name: &str) -> Attributes {
    [("userName", name), ("title", "not yours")]
        .into_iter()
        .map(|(path, text)| (path.to_owned(), Value::from(text)))
        .collect()
}

/// Before Tenure came: accounts of people, look-alikes, service accounts, a group.
pub fn before_tenure(scene: &Scene, chance: &SeededEntropy, people: &[super::hr::Row]) -> Planted {
    let mut planted = Planted::new();
    for (name, target) in &scene.targets {
        for service in 0..2 {
            let remote = target.plant(Kind::Account, true, account(&format!("svc-{service}")));
            keep(&mut planted, scene, name, &remote);
        }
        for row in people {
            let entitled = company::entitled(row.department, row.lead);
            if row.starts() > scene.clock.now().as_micros() {
                continue;
            }
            if chance.one_in(25) {
                let remote = target.plant(Kind::Account, true, account(&format!("x{}", row.mail)));
                keep(&mut planted, scene, name, &remote);
            }
            if chance.one_in(15) && entitled.contains_key(name.as_str()) {
                let mail = match chance.below(2) {
                    0 => row.mail.clone(),
                    _ => row.mail.replace("p", "P"),
                };
                let remote = target.plant(Kind::Account, !chance.one_in(4), account(&mail));
                let owner = Owner {
                    key: row.key.clone(),
                    ours: false,
                    name: mail,
                };
                let at = (name.clone(), remote);
                scene.watch().oracle.owners.insert(at, owner);
            }
        }
        if name.as_str() == "code" {
            let attributes = [("displayName".to_owned(), Value::from("Developers"))];
            let group = target.plant(Kind::Group, true, attributes.into_iter().collect());
            let member = planted.keys().rev().find(|(t, _)| t == name).cloned();
            if let Some((_, member)) = member {
                target.tamper(&group, |thing| {
                    thing.members.insert(member.clone());
                });
                let foreign = (name.clone(), group, member);
                scene.watch().oracle.foreign.insert(foreign);
            }
        }
    }
    planted
}

fn keep(planted: &mut Planted, scene: &Scene, name: &TargetName, remote: &RemoteId) {
    let thing = scene.targets[name].with(|things| things.get(remote).cloned());
    if let Some(thing) = thing {
        planted.insert((name.clone(), remote.clone()), thing);
    }
}

/// Someone changes a target by hand.
pub fn tamper(
    scene: &Scene,
    chance: &SeededEntropy,
    planted: &mut Planted,
    excuses: &mut Excuses,
    only: Option<&str>,
) {
    let ours: Vec<((TargetName, RemoteId), String)> = scene
        .watch()
        .oracle
        .owners
        .iter()
        .filter(|(_, o)| o.ours && only.is_none_or(|key| key == o.key))
        .map(|(at, o)| (at.clone(), o.key.clone()))
        .collect();
    if ours.is_empty() {
        return;
    }
    let at = usize::try_from(chance.below(ours.len() as u64)).unwrap_or(0);
    let ((name, remote), key) = ours[at].clone();
    let Some(target) = scene.targets.get(&name) else {
        return;
    };
    let what = match only {
        Some(_) => [0, 1, 2, 5, 8][usize::try_from(chance.below(5)).unwrap_or(0)],
        None => chance.below(10),
    };
    scene.tell(|| format!("someone tampers ({what}) with {remote} of {key} in {name}"));
    let excuse = (name.clone(), key.clone());
    match what {
        0 | 1 => target.tamper(&remote, |t| t.active = what == 0),
        2 => target.tamper(&remote, |t| {
            t.attributes.insert("title".to_owned(), "Boss".into());
        }),
        3 => leave_a_group(scene, &name, &remote),
        4 => join_a_group(scene, chance, &name, &remote, &key),
        5 => {
            target.remove(&remote);
            let mut watch = scene.watch();
            let oracle = &mut watch.oracle;
            oracle.owners.remove(&(name.clone(), remote.clone()));
            oracle
                .foreign
                .retain(|(t, _, m)| (t, m) != (&name, &remote));
        }
        6 => {
            let stranger = account(&format!("ext-{}@other.example", chance.below(1_000_000)));
            let remote = target.plant(Kind::Account, true, stranger);
            keep(planted, scene, &name, &remote);
            return;
        }
        7 => {
            let attributes = [("displayName".to_owned(), Value::from("Book club"))];
            let group = target.plant(Kind::Group, true, attributes.into_iter().collect());
            target.tamper(&group, |t| {
                t.members.insert(remote.clone());
            });
            let foreign = (name.clone(), group, remote);
            scene.watch().oracle.foreign.insert(foreign);
            return;
        }
        8 => target.tamper(&remote, |t| {
            t.attributes.insert("nickName".to_owned(), "Ace".into());
        }),
        _ => target.tamper(&remote, |t| {
            t.attributes
                .insert("userName".to_owned(), format!("old-{key}").as_str().into());
        }),
    }
    excuses.tampered.insert(excuse);
}

fn declared(scene: &Scene, name: &TargetName) -> Vec<(RemoteId, String)> {
    let watch = scene.watch();
    let groups = watch.oracle.groups.iter();
    groups
        .filter(|((t, _), _)| t == name)
        .map(|((_, remote), group)| (remote.clone(), group.clone()))
        .collect()
}

fn leave_a_group(scene: &Scene, name: &TargetName, remote: &RemoteId) {
    for (group, _) in declared(scene, name) {
        let foreign = (name.clone(), group.clone(), remote.clone());
        if scene.watch().oracle.foreign.contains(&foreign) {
            continue;
        }
        scene.targets[name].tamper(&group, |t| {
            t.members.remove(remote);
        });
    }
}

/// Gives someone a membership that no rule gives them and that Tenure never gave.
fn join_a_group(
    scene: &Scene,
    chance: &SeededEntropy,
    name: &TargetName,
    remote: &RemoteId,
    key: &str,
) {
    let groups = declared(scene, name);
    if groups.is_empty() {
        return;
    }
    let at = usize::try_from(chance.below(groups.len() as u64)).unwrap_or(0);
    let (group, word) = groups[at].clone();
    let target = &scene.targets[name];
    let member = target.with(|things| {
        things
            .get(&group)
            .is_some_and(|g| g.members.contains(remote))
    });
    let mut watch = scene.watch();
    let now = scene.clock.now().as_micros();
    let wishes = watch
        .oracle
        .wishes(key, name.as_str(), now - super::hr::DAY, now);
    let wished = wishes.iter().any(|(w, _)| w.groups.contains(&word));
    if member || wished || watch.is_granted(name, key, &word) {
        return;
    }
    target.tamper(&group, |t| {
        t.members.insert(remote.clone());
    });
    let foreign = (name.clone(), group, remote.clone());
    watch.oracle.foreign.insert(foreign);
}
