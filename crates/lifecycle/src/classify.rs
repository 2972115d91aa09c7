//! What a change of facts means for the person.

use model::facts::{Facts, Standing};
use model::{Change, Timestamp};

/// The kind of change between what was known and what a delivery says, at `now`.
///
/// `before`: the last facts, and whether the last full delivery had withdrawn them. `None` when
/// nothing that decides has changed.
///
/// # Errors
/// When a zone is unknown; the row is then unreadable and the person's last facts stay.
pub fn classify(
    before: Option<(&Facts, bool)>,
    after: &Facts,
    now: Timestamp,
) -> Result<Option<Change>, String> {
    let stands = after.standing(now)?;
    let Some((known, withdrawn)) = before else {
        // A first sight of someone who has already left gives nothing to take away, but the
        // facts are kept: an account may exist.
        return Ok(Some(if stands == Standing::Ended {
            Change::Leaver
        } else {
            Change::Joiner
        }));
    };
    if withdrawn {
        return Ok(Some(if stands == Standing::Ended {
            Change::Leaver
        } else {
            Change::Rehire
        }));
    }
    if known == after {
        return Ok(None);
    }
    let stood = known.standing(now)?;
    Ok(Some(match (stood, stands) {
        (_, Standing::Ended) => Change::Leaver,
        (Standing::Ended, _) => Change::Rehire,
        // An announced end is a leaver's fact even before it comes: it must not share a cause
        // with ordinary changes.
        _ if ends_sooner(known, after)? => Change::Leaver,
        (Standing::Upcoming, _) => Change::Joiner,
        (Standing::Active, Standing::OnLeave) => Change::Leave,
        (Standing::OnLeave, Standing::Active) => Change::Return,
        // Likewise a leave that is announced, or another day of return.
        _ if known.leave != after.leave && to_come(after, now)? => Change::Leave,
        _ => Change::Mover,
    }))
}

/// Whether an end is announced that was not, or an earlier one. One that is put off takes nothing
/// away that was not lost already.
fn ends_sooner(known: &Facts, after: &Facts) -> Result<bool, String> {
    let end = |facts: &Facts| {
        let ends = facts.ends.map(|at| Timestamp::in_zone(at, &facts.zone));
        ends.transpose()
    };
    let (was, is) = (end(known)?, end(after)?);
    Ok(is.is_some_and(|is| was.is_none_or(|was| is < was)))
}

/// Whether a leave is under way or still to come.
fn to_come(facts: &Facts, now: Timestamp) -> Result<bool, String> {
    let Some(leave) = facts.leave else {
        return Ok(false);
    };
    let back = leave.to.map(|to| Timestamp::in_zone(to, &facts.zone));
    Ok(back.transpose()?.is_none_or(|back| now < back))
}

/// The kind of change when an announced instant is reached without any new fact: from where
/// somebody stood to where they stand. `None` when that is the same.
#[must_use]
pub fn at_instant(before: Standing, after: Standing) -> Option<Change> {
    match (before, after) {
        (before, after) if before == after => None,
        (_, Standing::Ended) => Some(Change::Leaver),
        (Standing::Ended, _) => Some(Change::Rehire),
        (Standing::OnLeave, Standing::Active) => Some(Change::Return),
        (Standing::Active, Standing::OnLeave) => Some(Change::Leave),
        (_, Standing::Active | Standing::OnLeave | Standing::Upcoming) => Some(Change::Joiner),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{facts, instant};
    use model::facts::Leave;
    use model::time::Date;

    fn day(text: &str) -> model::time::DateTime {
        text.parse::<Date>()
            .map(|d| d.at(0, 0, 0, 0))
            .unwrap_or_default()
    }

    #[test]
    fn a_table_of_changes() -> Result<(), String> {
        let now = instant("2026-11-23T08:30:00Z");
        let plain = facts(&[("department", "Sales")]);
        let moved = facts(&[("department", "Legal")]);
        let mut left = plain.clone();
        left.ends = Some(day("2026-11-20"));
        let mut leaving = plain.clone();
        leaving.ends = Some(day("2026-12-31"));
        let mut later = leaving.clone();
        later.ends = Some(day("2027-01-31"));
        let mut coming = plain.clone();
        coming.starts = Some(day("2026-12-01"));
        let leave = |from, to| {
            let mut facts = plain.clone();
            let (from, to) = (day(from), Some(day(to)));
            facts.leave = Some(Leave { from, to });
            facts
        };
        let away = leave("2026-11-01", "2027-02-01");
        let longer = leave("2026-11-01", "2027-03-01");
        let announced = leave("2026-12-01", "2027-02-01");
        let back = leave("2026-10-01", "2026-11-20");
        let mut left_meanwhile = away.clone();
        left_meanwhile.ends = Some(day("2026-11-20"));
        let mut coming_away = coming.clone();
        coming_away.leave = announced.leave;
        type Case<'a> = (Option<(&'a Facts, bool)>, &'a Facts, Option<Change>);
        let table: [Case<'_>; 25] = [
            (Some((&leaving, false)), &later, Some(Change::Mover)),
            (Some((&later, false)), &leaving, Some(Change::Leaver)),
            (None, &away, Some(Change::Joiner)),
            (Some((&plain, false)), &away, Some(Change::Leave)),
            (Some((&plain, false)), &announced, Some(Change::Leave)),
            (Some((&away, false)), &longer, Some(Change::Leave)),
            (Some((&away, false)), &plain, Some(Change::Return)),
            (Some((&away, false)), &back, Some(Change::Return)),
            (Some((&announced, false)), &plain, Some(Change::Mover)),
            (Some((&plain, false)), &back, Some(Change::Mover)),
            (Some((&away, false)), &left_meanwhile, Some(Change::Leaver)),
            (Some((&left_meanwhile, false)), &away, Some(Change::Rehire)),
            (Some((&coming, false)), &coming_away, Some(Change::Joiner)),
            (None, &plain, Some(Change::Joiner)),
            (None, &coming, Some(Change::Joiner)),
            (None, &left, Some(Change::Leaver)),
            (Some((&plain, false)), &plain, None),
            (Some((&plain, false)), &moved, Some(Change::Mover)),
            (Some((&plain, false)), &left, Some(Change::Leaver)),
            (Some((&plain, false)), &leaving, Some(Change::Leaver)),
            (Some((&leaving, false)), &plain, Some(Change::Mover)),
            (Some((&left, false)), &plain, Some(Change::Rehire)),
            (Some((&plain, true)), &plain, Some(Change::Rehire)),
            (Some((&left, true)), &left, Some(Change::Leaver)),
            (Some((&coming, false)), &moved, Some(Change::Joiner)),
        ];
        for (i, (before, after, expected)) in table.into_iter().enumerate() {
            assert_eq!(classify(before, after, now)?, expected, "row {i}");
        }
        use Standing::{Active, Ended, OnLeave, Upcoming};
        assert_eq!(at_instant(Active, OnLeave), Some(Change::Leave));
        assert_eq!(at_instant(OnLeave, Active), Some(Change::Return));
        assert_eq!(at_instant(OnLeave, Ended), Some(Change::Leaver));
        assert_eq!(at_instant(Upcoming, OnLeave), Some(Change::Joiner));
        assert_eq!(at_instant(Active, Ended), Some(Change::Leaver));
        assert_eq!(at_instant(Upcoming, Active), Some(Change::Joiner));
        assert_eq!(at_instant(Ended, Active), Some(Change::Rehire));
        assert_eq!(at_instant(Active, Active), None);
        Ok(())
    }

    #[test]
    fn an_unknown_zone_is_an_error_not_a_guess() {
        let mut odd = facts(&[]);
        odd.zone = "Mars/Olympus".to_owned();
        odd.ends = Some(day("2026-11-20"));
        assert!(classify(None, &odd, Timestamp::EPOCH).is_err());
    }
}
