//! When what is wanted of a person changes by itself.
//!
//! Whatever depends on time has its instant here: a person whose instant was forgotten is planned
//! for only when somebody plans for everyone.

use std::collections::BTreeSet;

use model::{Engagement, Timestamp, WorkerRef};

use crate::beside::Beside;

/// The next instant after `now` at which one of these engagements means something else: a first or
/// last day, or one of the `leads` before a first day (see [`RuleBook::leads`]). Too early an
/// instant costs a look; too late a one is never made good.
///
/// # Errors
/// When a zone is unknown.
///
/// [`RuleBook::leads`]: crate::rulebook::RuleBook::leads
pub fn next_day(
    engagements: &[Engagement],
    leads: &BTreeSet<u16>,
    now: Timestamp,
) -> Result<Option<Timestamp>, String> {
    let mut next: Option<Timestamp> = None;
    for engagement in engagements {
        let facts = &engagement.facts;
        let own = facts.next_change(now)?;
        next = next.into_iter().chain(own).min();
        // Before a first day that has come, nothing is due any more.
        if facts.starts.is_none() || own.is_none() {
            continue;
        }
        for days in leads {
            let at = facts.days_before_start(*days)?;
            next = next.into_iter().chain(at.filter(|at| *at > now)).min();
        }
    }
    Ok(next)
}

/// As [`next_day`], or at which something ends that documents say of a person.
///
/// # Errors
/// As [`next_day`].
pub fn next_due(
    engagements: &[Engagement],
    leads: &BTreeSet<u16>,
    beside: &Beside,
    now: Timestamp,
) -> Result<Option<Timestamp>, String> {
    let day = next_day(engagements, leads, now)?;
    let end = next_end(engagements, beside, now);
    Ok(day.into_iter().chain(end).min())
}

/// When something that documents say of a person ends next.
#[must_use]
pub fn next_end(engagements: &[Engagement], beside: &Beside, now: Timestamp) -> Option<Timestamp> {
    if beside.is_empty() {
        return None;
    }
    let name = |e: &Engagement| WorkerRef {
        source: e.source.clone(),
        key: e.key.clone(),
    };
    let names: Vec<WorkerRef> = engagements.iter().map(name).collect();
    beside.next_end(&names, now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{facts, instant};
    use model::time::Date;
    use model::{Change, DeliveryId, Digest, EngagementId};

    #[test]
    fn each_lead_and_the_first_day_come_in_turn() -> Result<(), String> {
        let mut hire = Engagement {
            id: EngagementId::from_bits(1),
            source: "hr".to_owned(),
            key: "w1".to_owned(),
            facts: std::sync::Arc::new(facts(&[])),
            digest: Digest::default(),
            withdrawn: false,
            delivery: DeliveryId::from_bits(1),
            change: Change::Joiner,
        };
        std::sync::Arc::make_mut(&mut hire.facts).starts =
            Some(Date::constant(2026, 4, 1).at(0, 0, 0, 0));
        let leads = BTreeSet::from([1, 14]);
        let mut now = instant("2026-01-01T00:00:00Z");
        let mut found = Vec::new();
        while let Some(next) = next_day(std::slice::from_ref(&hire), &leads, now)? {
            found.push(next.to_string());
            now = next;
        }
        // The clocks of Berlin go forward between the first of them and the second.
        let expected = [
            "2026-03-17T23:00:00Z",
            "2026-03-30T22:00:00Z",
            "2026-03-31T22:00:00Z",
        ];
        assert_eq!(found, expected);
        Ok(())
    }
}
