//! Seats: never more accounts that Tenure made or enabled than an app has, and none begun where every
//! seat was seen to be taken.

use super::*;

impl Watch {
    /// Somebody closed an account in the app itself, or removed it: it is given no more.
    pub fn closed_by_hand(&mut self, target: &TargetName, remote: &RemoteId) {
        self.given.remove(&(target.clone(), remote.clone()));
    }

    /// A request of ours changed an account: whether more are given now than there are seats.
    pub(super) fn took_a_seat(
        &mut self,
        target: &TargetName,
        change: &Change,
        things: &BTreeMap<RemoteId, Thing>,
    ) -> Option<String> {
        let seats = company::seats(target.as_str())?;
        let usable = |remote: &RemoteId| things.get(remote).is_some_and(|t| t.active);
        let (remote, taken) = match change {
            Change::Created(remote, Kind::Account) => (remote, usable(remote)),
            Change::Active(remote, active) => (remote, *active),
            Change::Deleted(remote) => (remote, false),
            _ => return None,
        };
        let at = (target.clone(), remote.clone());
        if !taken {
            self.given.remove(&at);
            return None;
        }
        self.given.insert(at);
        let given = self.given.iter().filter(|(t, _)| t == target).count();
        (given > seats).then(|| format!("{target}: {given} accounts were given of {seats} seats"))
    }

    /// Whether a step that makes an account usable is begun although as many were seen usable as
    /// there are seats.
    pub(super) fn begun_without_a_seat(&self, step: StepRef) -> Option<String> {
        let planned = self.plans.get(&step.plan)?;
        let begun = planned.steps.get(&step.no);
        // What was begun once is brought to its end, whatever was seen since.
        if begun.is_some_and(|status| *status != StepStatus::Pending) {
            return None;
        }
        let of = planned.plan.as_ref()?.steps.get(usize::from(step.no))?;
        let target = &of.address.target;
        let seats = company::seats(target.as_str())?;
        if !opens(&of.act) {
            return None;
        }
        let here = self.seen.iter().filter(|((t, _), _)| t == target);
        let used = here.filter(|(_, (active, _))| *active).count();
        (used >= seats)
            .then(|| format!("{step} was begun in {target}, and {used} of {seats} seats are taken"))
    }

    /// How many accounts of a target plans make usable that are not over.
    #[must_use]
    pub fn promised(&self, target: &TargetName) -> usize {
        let open = |p: &&Planned| matches!(p.status, PlanStatus::Waiting | PlanStatus::Released);
        let takes = |p: &&Planned| {
            let mut steps = p.plan.iter().flat_map(|plan| &plan.steps);
            steps.any(|s| s.address.target == *target && opens(&s.act))
        };
        self.plans.values().filter(open).filter(takes).count()
    }
}

fn opens(act: &Act) -> bool {
    matches!(act, Act::Create { active: true, .. } | Act::Enable)
}
