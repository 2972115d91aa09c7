//! Comparing the targets with what should be there.

use std::collections::{BTreeMap, BTreeSet};

use model::{Kind, RemoteId, TargetName};
use ports::Clock as _;

use super::company;
use super::oracle::{Owner, Standing, Wish};
use super::scene::Scene;
use super::target::Thing;
use super::watch::Watch;

const HOUR: i64 = 3_600_000_000;

/// What the judge lets pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rigour {
    /// Only that leavers are out.
    Leavers,
    /// Everything that can be known.
    All,
}

/// What is known to be in the way of a right state.
#[derive(Debug, Default)]
pub struct Excuses {
    /// Apps that could not be reached or written to.
    pub targets: BTreeSet<TargetName>,
    /// Accounts that were tampered with and not looked at since: app, worker's key.
    pub tampered: BTreeSet<(TargetName, String)>,
}

/// Judges everyone everywhere; what is wrong becomes violations.
pub fn judge(scene: &Scene, rigour: Rigour, excuses: &Excuses) {
    let mut wrong = Vec::new();
    for (name, target) in &scene.targets {
        let watch = scene.watch();
        target.with(|things| judge_target(&watch, name, things, rigour, excuses, &mut wrong));
    }
    let mut watch = scene.watch();
    for text in wrong {
        watch.violation(text);
    }
}

fn judge_target(
    watch: &Watch,
    target: &TargetName,
    things: &BTreeMap<RemoteId, Thing>,
    rigour: Rigour,
    excuses: &Excuses,
    wrong: &mut Vec<String>,
) {
    let oracle = &watch.oracle;
    let now = watch.now();
    let mut accounts: BTreeMap<&str, (&RemoteId, &Owner)> = BTreeMap::new();
    for ((at, remote), owner) in &oracle.owners {
        if at != target || !things.contains_key(remote) || !oracle.counts(owner) {
            continue;
        }
        if accounts.insert(&owner.key, (remote, owner)).is_some() {
            wrong.push(format!("{} has two accounts in {target}", owner.key));
        }
    }
    let linked = watch.linked_accounts(target);
    let full = is_full(watch, target, things);
    for (key, person) in &oracle.people {
        let Some((wish, standing)) = oracle.wish(key, target.as_str(), now) else {
            continue;
        };
        let account = accounts.get(key.as_str()).copied();
        let excused = excuses.targets.contains(target)
            || excuses.tampered.contains(&(target.clone(), key.clone()));
        if excused {
            continue;
        }
        let left_long_ago = standing == Standing::Ended
            && person
                .last()
                .and_then(|v| v.row.ends().map(|e| e.max(v.at)))
                .is_some_and(|e| e < now - HOUR);
        let out_for_cause = person.is_terminated(now - HOUR) && person.is_terminated(now);
        let must = match rigour {
            Rigour::Leavers if out_for_cause => true,
            Rigour::Leavers => left_long_ago && !wish.enabled && wish.groups.is_empty(),
            Rigour::All => !watch.is_key_frozen(key),
        };
        if !must {
            continue;
        }
        let usable = account.and_then(|(remote, _)| things.get(remote));
        let waits = wish.enabled && !usable.is_some_and(|thing| thing.active);
        if full && waits {
            // Somebody waits for a seat. Whether it is their turn, a law of the engine says.
            continue;
        }
        let found = differs(watch, target, things, key, &wish, account, &linked);
        if let Some(found) = found {
            wrong.push(format!(
                "{key}, who is {standing:?}: {found} in {target}; {}",
                watch.story(key)
            ));
        }
    }
}

/// Whether an app has only so many seats, and all are taken or promised.
fn is_full(watch: &Watch, target: &TargetName, things: &BTreeMap<RemoteId, Thing>) -> bool {
    let usable = |thing: &&Thing| thing.kind == Kind::Account && thing.active;
    let seats = company::seats(target.as_str());
    seats.is_some_and(|seats| {
        let taken = things.values().filter(usable).count();
        taken + watch.promised(target) >= seats
    })
}

/// The first thing that is not as it should be.
fn differs(
    watch: &Watch,
    target: &TargetName,
    things: &BTreeMap<RemoteId, Thing>,
    key: &str,
    wish: &Wish,
    account: Option<(&RemoteId, &Owner)>,
    linked: &BTreeMap<&str, &RemoteId>,
) -> Option<String> {
    let Some((remote, owner)) = account else {
        let needed = wish.enabled && !wish.if_there;
        return needed.then(|| "there is no account".to_owned());
    };
    let thing = things.get(remote)?;
    if !owner.ours && !wish.enabled {
        return None;
    }
    if thing.active != wish.enabled {
        let is = if thing.active { "enabled" } else { "disabled" };
        return Some(format!("the account is {is}"));
    }
    if !owner.ours {
        return Some("the account was not taken over".to_owned());
    }
    if wish.enabled {
        for (path, value) in &wish.values {
            if thing.attributes.get(path) != value.as_ref() {
                return Some(format!(
                    "`{path}` is {:?} instead of {value:?}",
                    thing.attributes.get(path)
                ));
            }
        }
        if let Some(found) = manager(watch, target, thing, key, wish, linked) {
            return Some(found);
        }
    }
    let foreign = |group: &RemoteId| {
        let at = (target.clone(), group.clone(), remote.clone());
        watch.oracle.foreign.contains(&at)
    };
    for (group, display) in company::groups(target.as_str()) {
        let there: Vec<(&RemoteId, &Thing)> = things
            .iter()
            .filter(|(_, t)| t.kind == Kind::Group && t.text("displayName") == *display)
            .collect();
        let member = there.iter().find(|(_, t)| t.members.contains(remote));
        let wished = wish.groups.contains(*group);
        match member {
            None if wished => return Some(format!("not a member of {group}")),
            Some((id, _)) if !wished && !foreign(id) => {
                return Some(format!("still a member of {group}"));
            }
            _ => {}
        }
    }
    None
}

/// The reference to the manager, as far as the manager has an account.
fn manager(
    watch: &Watch,
    target: &TargetName,
    thing: &Thing,
    key: &str,
    wish: &Wish,
    linked: &BTreeMap<&str, &RemoteId>,
) -> Option<String> {
    let path = documents::MANAGER_PATH;
    if !company::has_manager(target.as_str()) || wish.values.contains_key(path) || wish.if_there {
        return None;
    }
    let boss = &watch.oracle.people.get(key)?.last()?.row.boss;
    let remote = linked.get(boss.as_str())?;
    let found = thing.text(path);
    (found != remote.as_str())
        .then(|| format!("the manager is `{found}` instead of {boss} ({remote})"))
}

/// Objects that are not Tenure's are as they were.
pub fn foreign(scene: &Scene, planted: &BTreeMap<(TargetName, RemoteId), Thing>) {
    let mut wrong = Vec::new();
    for ((target, remote), thing) in planted {
        let Some(system) = scene.targets.get(target) else {
            continue;
        };
        let there = system.with(|things| things.get(remote).cloned());
        if there.as_ref() != Some(thing) {
            wrong.push(format!("{target}: the foreign object {remote} was changed"));
        }
    }
    let memberships: Vec<_> = scene.watch().oracle.foreign.iter().cloned().collect();
    for (target, group, member) in memberships {
        let Some(system) = scene.targets.get(&target) else {
            continue;
        };
        let lost = system.with(|things| {
            things.contains_key(&member)
                && things
                    .get(&group)
                    .is_some_and(|g| !g.members.contains(&member))
        });
        if lost {
            wrong.push(format!(
                "{target}: the foreign membership of {member} in {group} is gone"
            ));
        }
    }
    let mut watch = scene.watch();
    for text in wrong {
        watch.violation(text);
    }
    drop(watch);
    let _ = scene.clock.now();
}
