//! What a rehearsal has changed so far: differences to what the store holds, in memory.
//!
//! Only what a planning reads and what carrying a plan out changes is here. It grows with what
//! happens in the rehearsal, never with the company.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use model::plan::{About, PlanStatus};
use model::task::Done;
use model::{
    Address, Digest, Kind, KnownTask, Personal, PlanId, RemoteId, Shadow, SubjectId, TargetName,
    TaskId, Timestamp, WaveId,
};
use ports::store::{Link, LostName, Person, PlanRow, WaveRow};

use super::waiting::Waiting;

/// An account or a group in an app.
pub(super) type ObjectAt = (TargetName, Kind, RemoteId);

/// What has become of one person.
#[derive(Default)]
struct Turned {
    /// When they are due next, once that was worked out again.
    next_change: Option<Option<Timestamp>>,
    opened: Vec<KnownTask>,
    dropped: BTreeSet<TaskId>,
    /// HR has confirmed their termination.
    confirmed: bool,
    /// No undo holds anything of theirs any more.
    unpinned: bool,
}

/// What a rehearsal has changed so far.
#[derive(Default)]
pub(super) struct Moved {
    /// When the rehearsal begins.
    from: Timestamp,
    /// The number of the last record that would have been written.
    seq: u64,
    /// Links by address; `None`: there is none any more.
    links: BTreeMap<Address, Option<Link>>,
    /// The addresses in `links` that are about a subject.
    theirs: BTreeMap<SubjectId, BTreeSet<Address>>,
    /// What is linked to an account or group; `None`: nothing any more.
    holders: BTreeMap<ObjectAt, Option<Address>>,
    /// How many more, or fewer, are linked.
    linked: BTreeMap<(TargetName, Kind), i64>,
    /// The record that would have told last that something of a subject was linked.
    linked_at: BTreeMap<SubjectId, u64>,
    /// Objects; `None`: gone.
    objects: BTreeMap<ObjectAt, Option<Shadow>>,
    /// Objects that are there by name, in ASCII lower case.
    named: BTreeMap<(TargetName, Kind, String), BTreeSet<RemoteId>>,
    /// By account, the groups that it has become a member of, or no longer is one of.
    groups_of: BTreeMap<(TargetName, RemoteId), BTreeMap<RemoteId, bool>>,
    /// The same by group.
    members_of: BTreeMap<(TargetName, RemoteId), BTreeMap<RemoteId, bool>>,
    lost: HashMap<(TargetName, Digest), LostName>,
    people: BTreeMap<SubjectId, Turned>,
    plans: BTreeMap<PlanId, PlanRow>,
    /// The plans about one, the oldest first.
    about: BTreeMap<About, Vec<PlanId>>,
    waves: BTreeMap<WaveId, WaveRow>,
    /// Who waits for a seat.
    pub(super) waiting: Waiting,
}

impl Moved {
    /// Nothing yet, after the record of this number.
    pub fn after(seq: u64, from: Timestamp) -> Self {
        Self {
            from,
            seq,
            ..Self::default()
        }
    }

    /// The number of the next record.
    pub fn next_seq(&mut self) -> u64 {
        self.seq += 1;
        self.seq
    }

    pub fn link(&self, address: &Address) -> Option<Option<Link>> {
        self.links.get(address).cloned()
    }

    /// What is linked now of what was linked before to a subject.
    pub fn links_of(&self, subject: SubjectId, links: &mut Vec<Link>) {
        let Some(theirs) = self.theirs.get(&subject) else {
            return;
        };
        links.retain(|link| !theirs.contains(&link.address));
        let now = theirs.iter().filter_map(|at| self.links.get(at)?.clone());
        links.extend(now);
    }

    /// The address that an object belongs to.
    pub fn holder(&self, at: &ObjectAt) -> Option<Option<Link>> {
        let holder = self.holders.get(at)?.as_ref();
        Some(holder.and_then(|address| self.links.get(address)?.clone()))
    }

    pub fn linked(&self, target: &TargetName, kind: Kind, before: u64) -> u64 {
        let more = self.linked.get(&(target.clone(), kind));
        before.saturating_add_signed(more.copied().unwrap_or(0))
    }

    /// The record that told last that something of a subject was linked.
    pub fn linked_at(&self, subject: SubjectId) -> Option<u64> {
        self.linked_at.get(&subject).copied()
    }

    /// Links an address to an object; `before`: what it was linked to.
    pub fn set_link(&mut self, link: Link, before: Option<&Link>) {
        let seq = self.next_seq();
        let at = link.address.clone();
        if before.is_none() {
            self.count(&at, 1);
        }
        if let Some(subject) = at.key.subject() {
            self.linked_at.insert(subject, seq);
            self.theirs.entry(subject).or_default().insert(at.clone());
        }
        if at.kind != Kind::Grant {
            let object = (at.target.clone(), at.kind, link.remote.clone());
            self.holders.insert(object, Some(at.clone()));
        }
        self.links.insert(at, Some(link));
    }

    pub fn unlink(&mut self, before: &Link) {
        let at = &before.address;
        self.count(at, -1);
        if let Some(subject) = at.key.subject() {
            self.theirs.entry(subject).or_default().insert(at.clone());
        }
        if at.kind != Kind::Grant {
            let object = (at.target.clone(), at.kind, before.remote.clone());
            self.holders.insert(object, None);
        }
        self.links.insert(at.clone(), None);
    }

    fn count(&mut self, at: &Address, more: i64) {
        let linked = self.linked.entry((at.target.clone(), at.kind)).or_default();
        *linked += more;
    }

    pub fn object(&self, at: &ObjectAt) -> Option<Option<Shadow>> {
        self.objects.get(at).cloned()
    }

    /// Objects of an app after one of them, in order; `None`: gone.
    pub fn objects_after(
        &self,
        target: &TargetName,
        kind: Kind,
        after: Option<&RemoteId>,
    ) -> BTreeMap<RemoteId, Option<Shadow>> {
        let here = self.objects.iter();
        let here = here.filter(|((t, k, _), _)| t == target && *k == kind);
        here.filter(|((_, _, remote), _)| after.is_none_or(|after| remote > after))
            .map(|((_, _, remote), shadow)| (remote.clone(), shadow.clone()))
            .collect()
    }

    /// Objects of this name, in place of those that were seen before.
    pub fn named(&self, target: &TargetName, kind: Kind, name: &str, found: &mut Vec<Shadow>) {
        let at = |remote: &RemoteId| (target.clone(), kind, remote.clone());
        found.retain(|shadow| !self.objects.contains_key(&at(&shadow.record.remote)));
        let key = (target.clone(), kind, name.to_ascii_lowercase());
        let here = self.named.get(&key).into_iter().flatten();
        found.extend(here.filter_map(|remote| self.objects.get(&at(remote))?.clone()));
    }

    /// What an object is now; `None`: gone.
    pub fn set_object(&mut self, at: ObjectAt, shadow: Option<Shadow>) {
        let (target, kind, remote) = &at;
        let key = |shadow: &Shadow| {
            let name = shadow.record.name.to_ascii_lowercase();
            (target.clone(), *kind, name)
        };
        if let Some(Some(before)) = self.objects.get(&at)
            && let Some(named) = self.named.get_mut(&key(before))
        {
            named.remove(remote);
        }
        if let Some(shadow) = &shadow {
            let named = self.named.entry(key(shadow)).or_default();
            named.insert(remote.clone());
        }
        self.objects.insert(at, shadow);
    }

    /// The groups of an account, in place of those that were seen before.
    pub fn groups_of(&self, target: &TargetName, member: &RemoteId, groups: &mut Vec<RemoteId>) {
        let moved = self.groups_of.get(&(target.clone(), member.clone()));
        adjust(groups, moved);
    }

    /// The members of a group, in place of those that were seen before.
    pub fn members_of(&self, target: &TargetName, group: &RemoteId, members: &mut Vec<RemoteId>) {
        let moved = self.members_of.get(&(target.clone(), group.clone()));
        adjust(members, moved);
    }

    pub fn set_member(&mut self, target: &TargetName, group: &RemoteId, who: &RemoteId, is: bool) {
        let groups = self.groups_of.entry((target.clone(), who.clone()));
        groups.or_default().insert(group.clone(), is);
        let members = self.members_of.entry((target.clone(), group.clone()));
        members.or_default().insert(who.clone(), is);
    }

    pub fn lost_name(&self, target: &TargetName, name: Digest) -> Option<LostName> {
        self.lost.get(&(target.clone(), name)).copied()
    }

    pub fn set_lost(&mut self, target: TargetName, name: Digest, lost: LostName) {
        self.lost.insert((target, name), lost);
    }

    /// A person as they stand now. What is to be done by hand counts as done at once.
    pub fn person(&self, person: Person) -> Person {
        let mut person = self.turned(person);
        for known in &mut person.tasks {
            let at = known.task.opened.max(self.from);
            known.done.get_or_insert_with(|| Done {
                by: "rehearsal".to_owned(),
                at,
                reason: String::new(),
                personal: Personal::Erased,
            });
        }
        person
    }

    fn turned(&self, mut person: Person) -> Person {
        let Some(turned) = self.people.get(&person.subject) else {
            return person;
        };
        person.next_change = turned.next_change.unwrap_or(person.next_change);
        if turned.confirmed {
            person.termination = None;
        }
        person
            .tasks
            .retain(|known| !turned.dropped.contains(&known.task.id));
        let opened = turned.opened.iter();
        let opened = opened.filter(|known| !turned.dropped.contains(&known.task.id));
        person.tasks.extend(opened.cloned());
        person.tasks.sort_by_key(|known| known.task.id);
        person
    }

    pub fn is_unpinned(&self, subject: SubjectId) -> bool {
        self.people.get(&subject).is_some_and(|t| t.unpinned)
    }

    pub fn unpin(&mut self, subject: SubjectId) {
        self.people.entry(subject).or_default().unpinned = true;
    }

    pub fn confirm(&mut self, subject: SubjectId) {
        self.people.entry(subject).or_default().confirmed = true;
    }

    pub fn set_next(&mut self, subject: SubjectId, next: Option<Timestamp>) {
        self.people.entry(subject).or_default().next_change = Some(next);
    }

    pub fn open_task(&mut self, known: KnownTask) {
        let of = self.people.entry(known.task.subject).or_default();
        of.opened.push(known);
    }

    pub fn drop_task(&mut self, subject: SubjectId, task: TaskId) {
        let of = self.people.entry(subject).or_default();
        of.dropped.insert(task);
    }

    pub fn plan(&self, id: PlanId) -> Option<PlanRow> {
        self.plans.get(&id).cloned()
    }

    /// The plans about one, the newest first, in place of those that were there before.
    pub fn plans_about(&self, about: &About, before: &mut Vec<PlanRow>) {
        before.retain(|plan| !self.plans.contains_key(&plan.id));
        let here = self.about.get(about).into_iter().flatten();
        before.extend(here.filter_map(|id| self.plans.get(id).cloned()));
        before.sort_by_key(|plan| std::cmp::Reverse(plan.drafted));
    }

    /// Plans about these that are not closed, the oldest first.
    pub fn open_plans_about(&self, abouts: &[About]) -> Vec<PlanRow> {
        let here = abouts.iter().filter_map(|about| self.about.get(about));
        let rows = here.flatten().filter_map(|id| self.plans.get(id));
        let mut open: Vec<PlanRow> = rows.filter(|p| !p.status.is_closed()).cloned().collect();
        open.sort_by_key(|plan| plan.drafted);
        open
    }

    /// Plans that are not closed after one of them, by id.
    pub fn open_plans(&self, after: Option<PlanId>, limit: usize) -> Vec<PlanRow> {
        let rows = self.plans.values();
        let open = rows.filter(|p| !p.status.is_closed() && after.is_none_or(|a| p.id > a));
        open.take(limit).cloned().collect()
    }

    /// Takes a plan in, or what has become of one.
    pub fn set_plan(&mut self, plan: PlanRow) {
        let about = self.about.entry(plan.about.clone()).or_default();
        if !about.contains(&plan.id) {
            about.push(plan.id);
        }
        self.plans.insert(plan.id, plan);
    }

    pub fn set_status(&mut self, id: PlanId, status: PlanStatus) {
        if let Some(plan) = self.plans.get_mut(&id) {
            plan.status = status;
        }
    }

    pub fn wave(&self, id: WaveId) -> Option<WaveRow> {
        self.waves.get(&id).cloned()
    }

    pub fn set_wave(&mut self, wave: WaveRow) {
        self.waves.insert(wave.wave, wave);
    }

    /// Waves about which somebody decided after an instant, in place of those that were there.
    pub fn waves_since(&self, after: Timestamp, before: &mut Vec<WaveRow>) {
        before.retain(|wave| !self.waves.contains_key(&wave.wave));
        let here = self.waves.values();
        let here = here.filter(|wave| wave.decided_at.is_some_and(|at| at > after));
        before.extend(here.cloned());
    }
}

/// Adds what has come and leaves out what has gone, sorted.
fn adjust(list: &mut Vec<RemoteId>, moved: Option<&BTreeMap<RemoteId, bool>>) {
    let Some(moved) = moved else { return };
    list.retain(|remote| !moved.contains_key(remote));
    let come = moved.iter().filter(|(_, is)| **is);
    list.extend(come.map(|(remote, _)| remote.clone()));
    list.sort();
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use model::{Attributes, Ownership, Record};

    use super::*;

    fn chat() -> TargetName {
        TargetName::from("chat")
    }

    fn remote(id: &str) -> RemoteId {
        RemoteId(id.to_owned())
    }

    fn shadow(id: &str, name: &str) -> Shadow {
        Shadow {
            record: Record {
                kind: Kind::Account,
                remote: remote(id),
                external: None,
                name: name.to_owned(),
                active: true,
                attributes: Attributes::new(),
                members: None,
                version: None,
            },
            seen_at: Timestamp::EPOCH,
        }
    }

    fn link(id: &str) -> Link {
        Link {
            address: Address::account(&chat(), SubjectId::from_bits(1)),
            remote: remote(id),
            ownership: Ownership::Managed,
            because: String::new(),
        }
    }

    #[test]
    fn what_is_linked_anew_counts_once_and_what_is_unlinked_no_more() {
        let mut moved = Moved::after(7, Timestamp::EPOCH);
        let (first, second) = (link("a"), link("b"));
        moved.set_link(first.clone(), None);
        moved.set_link(second.clone(), Some(&first));
        assert_eq!(moved.linked(&chat(), Kind::Account, 5), 6);
        assert_eq!(moved.linked_at(SubjectId::from_bits(1)), Some(9));
        let mut links = vec![first];
        moved.links_of(SubjectId::from_bits(1), &mut links);
        assert_eq!(links, std::slice::from_ref(&second));
        let at = (chat(), Kind::Account, remote("b"));
        assert_eq!(moved.holder(&at), Some(Some(second.clone())));
        moved.unlink(&second);
        assert_eq!(moved.holder(&at), Some(None));
        assert_eq!(moved.linked(&chat(), Kind::Account, 5), 5);
        moved.links_of(SubjectId::from_bits(1), &mut links);
        assert_eq!(links, []);
    }

    #[test]
    fn an_object_is_found_under_the_name_that_it_has_now() {
        let mut moved = Moved::after(0, Timestamp::EPOCH);
        let at = (chat(), Kind::Account, remote("a"));
        let named = |moved: &Moved, name: &str| {
            let mut found = vec![shadow("a", "Ann"), shadow("b", "Ann")];
            moved.named(&chat(), Kind::Account, name, &mut found);
            let ids = found.into_iter().map(|s| s.record.remote.0);
            ids.collect::<Vec<_>>()
        };
        assert_eq!(named(&moved, "ann"), ["a", "b"], "as seen before");
        moved.set_object(at.clone(), Some(shadow("a", "Anna")));
        assert_eq!(named(&moved, "ann"), ["b"]);
        assert_eq!(named(&moved, "ANNA"), ["b", "a"]);
        moved.set_object(at, None);
        assert_eq!(named(&moved, "anna"), ["b"]);
    }

    #[test]
    fn whoever_came_is_a_member_and_whoever_went_is_none() {
        let mut moved = Moved::after(0, Timestamp::EPOCH);
        moved.set_member(&chat(), &remote("g"), &remote("b"), true);
        moved.set_member(&chat(), &remote("g"), &remote("c"), false);
        let mut members = vec![remote("a"), remote("c")];
        moved.members_of(&chat(), &remote("g"), &mut members);
        assert_eq!(members, [remote("a"), remote("b")]);
        let mut groups = vec![remote("g"), remote("h")];
        moved.groups_of(&chat(), &remote("c"), &mut groups);
        assert_eq!(groups, [remote("h")]);
    }
}
