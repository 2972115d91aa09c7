//! What the watch learns from the log, event by event.

use model::event::{TerminationEnd, TerminationEnded, WaveReleased};

use super::*;

impl Watch {
    /// The addresses that a request is about, and the verb of each.
    pub(super) fn addresses(
        &self,
        target: &TargetName,
        operation: &Operation,
    ) -> Vec<(Option<Address>, &'static str)> {
        let at = |remote: &RemoteId| self.links.get(&(target.clone(), remote.clone())).cloned();
        match operation {
            Operation::Create { kind, external, .. } => {
                // Behind a group's name its key says whose it is.
                let name = match kind {
                    Kind::Group => external.rsplit_once('.').map(|(name, _)| name),
                    Kind::Account | Kind::Grant => None,
                };
                let address = Address {
                    target: target.clone(),
                    kind: *kind,
                    key: Key(name.unwrap_or(external).to_owned()),
                };
                vec![(Some(address), "create")]
            }
            Operation::Update { remote, .. } => vec![(at(remote), "update")],
            Operation::SetActive { remote, active } => {
                vec![(at(remote), if *active { "enable" } else { "disable" })]
            }
            Operation::Delete { remote, .. } => vec![(at(remote), "delete")],
            Operation::Members { group, add, remove } => {
                let grant = |member: &RemoteId| {
                    let subject = at(member)?.key.subject()?;
                    Some(Address::grant(target, subject, &at(group)?.key.0))
                };
                add.iter()
                    .map(|m| (grant(m), "grant"))
                    .chain(remove.iter().map(|m| (grant(m), "revoke")))
                    .collect()
            }
        }
    }

    /// A termination is over.
    pub(super) fn termination_ended(&mut self, ended: &TerminationEnded) {
        // Whether HR has said so, the oracle knows by itself.
        if ended.how == TerminationEnd::Confirmed {
            return;
        }
        let now = self.now();
        if let Some(key) = self.oracle.subjects.get(&ended.subject).cloned() {
            self.oracle.lifted(&key, now);
        }
    }

    /// The plans of a termination for cause wait for nobody.
    pub(super) fn begun_at_once(&mut self, released: &WaveReleased) {
        if released.by != "system" {
            return;
        }
        let mine = self.plans.iter().filter(|(_, p)| p.wave == released.wave);
        let begun: Vec<PlanId> = mine
            .filter(|(id, p)| {
                let named = released.plans.is_empty() || released.plans.contains(id);
                let cause = p.plan.as_ref().map(|plan| plan.cause.change);
                named && cause == Some(model::Change::Termination)
            })
            .map(|(id, _)| *id)
            .collect();
        self.let_go.extend(begun);
    }

    /// A node sends a request.
    pub fn requested(&mut self, me: &Me, target: &TargetName, operation: &Operation) {
        let lease = format!("target/{target}");
        let holds = self
            .leases
            .get(&lease)
            .is_some_and(|(by, _)| *by == me.holder);
        if !holds {
            let who = &me.holder;
            self.violation(format!("{who} writes to {target} without its lease"));
        }
        for (address, verb) in self.addresses(target, operation) {
            let Some(address) = address else {
                self.violation(format!(
                    "{target}: {verb} of an object that the log does not link: {operation:?}"
                ));
                continue;
            };
            let intent = self
                .intents
                .get(&address)
                .into_iter()
                .flatten()
                .find(|(_, intent)| intent.verb == verb)
                .map(|(step, intent)| (*step, intent.seq));
            let Some((step, seq)) = intent else {
                self.violation(format!("{verb} at {address} without an intent in the log"));
                continue;
            };
            if !self.let_go.contains(&step.plan) {
                let plan = step.plan;
                self.violation(format!("{verb} at {address}: nobody let {plan} go"));
            }
            for stop in [None, Some(target.clone())] {
                if self.stops.get(&stop).is_some_and(|since| *since < seq) {
                    self.violation(format!("{verb} at {address} while writing is stopped"));
                }
            }
        }
    }

    /// A target was changed by a request of ours.
    pub fn changed(
        &mut self,
        node: usize,
        target: &TargetName,
        things: &BTreeMap<RemoteId, Thing>,
        changes: &[Change],
        now: Timestamp,
    ) {
        for change in changes {
            self.changes += 1;
            self.tell(|| format!("node {node}: {target} {change:?}"));
            let wrong = match change {
                Change::Created(remote, kind) => self.created(target, remote, *kind, things),
                Change::Updated(remote) => self.updated(target, remote),
                Change::Active(remote, active) => {
                    self.switched(target, remote, *active, now.as_micros())
                }
                Change::Deleted(remote) => Some(format!("{target}: {remote} was deleted")),
                Change::Joined(group, member) => {
                    self.moved(target, group, member, true, now.as_micros())
                }
                Change::Left(group, member) => {
                    self.moved(target, group, member, false, now.as_micros())
                }
            };
            if let Some(wrong) = wrong {
                self.violation(wrong);
            }
            if let Some(wrong) = self.took_a_seat(target, change, things) {
                self.violation(wrong);
            }
        }
    }

    pub(super) fn created(
        &mut self,
        target: &TargetName,
        remote: &RemoteId,
        kind: Kind,
        things: &BTreeMap<RemoteId, Thing>,
    ) -> Option<String> {
        let thing = things.get(remote)?;
        if kind == Kind::Group {
            let display = thing.text("displayName");
            let declared = company::groups(target.as_str())
                .iter()
                .any(|(_, name)| *name == display);
            let same = |t: &&Thing| t.kind == Kind::Group && t.text("displayName") == display;
            if !declared || things.values().filter(same).count() > 1 {
                return Some(format!(
                    "{target}: the group `{display}` was made once more"
                ));
            }
            return None;
        }
        let Some(key) = self.oracle.by_mail(thing.text("userName")).cloned() else {
            return Some(format!("{target}: an account of nobody was made"));
        };
        if self.oracle.account(target, &key).is_some() {
            return Some(format!("{target}: a second account of {key} was made"));
        }
        let subject = thing.external.as_deref().and_then(|e| e.parse().ok());
        if subject.and_then(|s: SubjectId| self.oracle.subjects.get(&s)) != Some(&key) {
            return Some(format!(
                "{target}: the account of {key} carries another's key"
            ));
        }
        let owner = Owner {
            key: key.clone(),
            ours: true,
            name: String::new(),
        };
        self.oracle
            .owners
            .insert((target.clone(), remote.clone()), owner);
        let wished = |w: &Wish| w.enabled;
        self.unless(&key, target, self.now(), wished, "an account was made for")
    }

    pub(super) fn updated(&self, target: &TargetName, remote: &RemoteId) -> Option<String> {
        let at = (target.clone(), remote.clone());
        let known = self.oracle.owners.contains_key(&at) || self.oracle.groups.contains_key(&at);
        (!known).then(|| format!("{target}: {remote} is not ours and was changed"))
    }

    pub(super) fn switched(
        &mut self,
        target: &TargetName,
        remote: &RemoteId,
        active: bool,
        now: i64,
    ) -> Option<String> {
        let owner = self.oracle.owners.get(&(target.clone(), remote.clone()));
        let Some(key) = owner.map(|o| o.key.clone()) else {
            return Some(format!("{target}: {remote} is not ours and was switched"));
        };
        let what = if active { "enabled:" } else { "disabled:" };
        if !active {
            self.lost(&key, target, now, |w| !w.enabled);
        }
        self.unless(&key, target, now, |w| w.enabled == active, what)
    }

    pub(super) fn moved(
        &mut self,
        target: &TargetName,
        group: &RemoteId,
        member: &RemoteId,
        joined: bool,
        now: i64,
    ) -> Option<String> {
        let owner = self.oracle.owners.get(&(target.clone(), member.clone()));
        let name = self.oracle.groups.get(&(target.clone(), group.clone()));
        let (Some(key), Some(name)) = (owner.map(|o| o.key.clone()), name.cloned()) else {
            return Some(format!(
                "{target}: the membership of {member} in {group} is not ours and was changed"
            ));
        };
        let foreign = (target.clone(), group.clone(), member.clone());
        if !joined && self.oracle.foreign.contains(&foreign) {
            return Some(format!(
                "{target}: a foreign membership of {key} in {name} was taken away"
            ));
        }
        if !joined {
            self.lost(&key, target, now, |w| !w.groups.contains(&name));
        }
        let what = if joined {
            "given a group:"
        } else {
            "taken out of a group:"
        };
        self.unless(
            &key,
            target,
            now,
            |w| w.groups.contains(&name) == joined,
            what,
        )
    }

    /// Says so unless something like it could rightly be wanted since the plan was drafted.
    pub(super) fn unless(
        &self,
        key: &str,
        target: &TargetName,
        now: i64,
        wished: impl Fn(&Wish) -> bool,
        what: &str,
    ) -> Option<String> {
        let from = self.since(key, now);
        let wishes = self.oracle.wishes(key, target.as_str(), from, now);
        if wishes.iter().any(|(w, _)| wished(w)) {
            return None;
        }
        let standing = wishes.last().map(|(_, s)| *s);
        Some(format!("{what} {key} in {target}, who is {standing:?}"))
    }

    /// Someone lost something. If only because no row tells of them, and nobody was asked, it
    /// counts against what the guard lets pass.
    pub(super) fn lost(
        &mut self,
        key: &str,
        target: &TargetName,
        now: i64,
        gone: impl Fn(&Wish) -> bool,
    ) {
        let from = self.since(key, now);
        let wishes = self.oracle.wishes(key, target.as_str(), from, now);
        let mut reasons = wishes
            .iter()
            .filter(|(w, _)| gone(w))
            .map(|(_, s)| *s)
            .peekable();
        if reasons.peek().is_none() || !reasons.all(|s| s == Standing::Withdrawn) {
            return;
        }
        if self.open_plans(key).any(|(id, _)| self.asked.contains(&id)) {
            return;
        }
        // The guard counts when people were decided about, and an app that was away may take
        // the last of them much later: among all of one day's decisions there are not too many.
        self.oracle.unasked.push((from, key.to_owned()));
        let lost = self.oracle.unasked_within(from - HALF_DAY, from + HALF_DAY);
        let managed = self.oracle.managed();
        if lost > company::REMOVALS && lost * 100 > company::REMOVALS_PERCENT * managed {
            self.violation(format!(
                "{lost} people of {managed} with accounts lost access for want of a row, and nobody was asked"
            ));
        }
    }

    /// Since when the plans that are open about someone were drafted.
    pub(super) fn since(&self, key: &str, now: i64) -> i64 {
        self.open_plans(key).map(|(_, p)| p.at).min().unwrap_or(now)
    }

    pub(super) fn open_plans(&self, key: &str) -> impl Iterator<Item = (PlanId, &Planned)> {
        let subject = self.keys.get(key);
        subject
            .and_then(|s| self.about.get(s))
            .into_iter()
            .flatten()
            .filter_map(|id| Some((*id, self.plans.get(id)?)))
            .filter(|(_, p)| p.status == PlanStatus::Released)
    }

    /// Whether someone's plans wait for a person, or a person refused the last one.
    #[must_use]
    pub fn is_frozen(&self, subject: SubjectId) -> bool {
        let plans = self.about.get(&subject);
        let mut plans = plans
            .into_iter()
            .flatten()
            .filter_map(|id| self.plans.get(id));
        let waits = plans.clone().any(|p| p.status == PlanStatus::Waiting);
        waits
            || plans
                .next_back()
                .is_some_and(|p| p.status == PlanStatus::Refused)
    }

    /// As [`Watch::is_frozen`], by worker key.
    #[must_use]
    pub fn is_key_frozen(&self, key: &str) -> bool {
        self.keys.get(key).is_some_and(|s| self.is_frozen(*s))
    }

    /// What the log says of someone's plans and a file of their facts, for whoever has to find
    /// out what went wrong.
    #[must_use]
    pub fn story(&self, key: &str) -> String {
        let plans = self.keys.get(key).and_then(|s| self.about.get(s));
        let plans = plans.into_iter().flatten().filter_map(|id| {
            let plan = self.plans.get(id)?;
            Some(format!("{id} {}", plan.status.as_str()))
        });
        let plans: Vec<String> = plans.collect();
        let last = self.oracle.people.get(key).and_then(|p| p.last());
        format!("plans: {}; facts: {last:?}", plans.join(", "))
    }
}
