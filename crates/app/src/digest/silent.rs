//! What did not happen, and nobody told of. Pure.

use std::collections::BTreeSet;
use std::time::Duration;

use model::{Completeness, TargetName, Timestamp};

use super::report::Silence;

/// Hours that a source may say nothing when its document does not tell: most exports come every night.
pub(super) const SOURCE_HOURS: u32 = 26;
/// How long an app may go unread.
pub(crate) const TARGET: Duration = Duration::from_secs(7 * 24 * 3_600);
/// How long after its instant somebody may wait for a planning.
pub(super) const TIMER: Duration = Duration::from_secs(300);
/// How long before its end a token is told of.
pub(super) const TOKEN: Duration = Duration::from_secs(14 * 24 * 3_600);
/// People who are named.
pub(super) const NAMED: usize = 20;

/// What silence is judged by.
pub(super) struct Signs<'a> {
    pub(super) now: Timestamp,
    /// People of whom something is new, whom no plan followed, and for whom a planning would do
    /// something: by name.
    pub(super) unplanned: Vec<String>,
    /// People of whom something is new, whom no plan followed, and for whom nobody looked: too many.
    pub(super) unlooked: u64,
    /// People whose instant has come without a planning: name and instant.
    pub(super) overdue: Vec<(String, Timestamp)>,
    /// Sources, the hours within which each is expected, and when it last gave a file that was not
    /// refused, be it the same as before.
    pub(super) sources: Vec<(&'a str, u32, Option<Timestamp>)>,
    /// Apps, and their last listing of accounts.
    pub(super) targets: Vec<(&'a TargetName, Option<(Timestamp, Completeness)>)>,
    /// Where nothing is sent; `None` for all apps; and why.
    pub(super) stopped: Vec<(Option<TargetName>, String)>,
    /// Principals whose token ends, and when.
    pub(super) tokens: Vec<(String, Timestamp)>,
}

/// The rows of the silent section, what concerns people first.
pub(super) fn silences(signs: Signs<'_>) -> Vec<Silence> {
    let now = signs.now;
    let mut rows = people(&signs);
    for (source, hours, last) in &signs.sources {
        let within = Duration::from_secs(u64::from(*hours) * 3_600);
        if last.is_none_or(|at| now.since(at) > within) {
            rows.push(Silence {
                since: *last,
                problem: format!("the source `{source}` has given no sound file for {hours} hours"),
                fix: "see why its export did not come; the last facts stay in force".to_owned(),
                ..row("source", source)
            });
        }
    }
    for (target, last) in &signs.targets {
        let (since, problem) = match last {
            None => (None, "its accounts were never listed".to_owned()),
            Some((at, _)) if now.since(*at) > TARGET => (
                Some(*at),
                "its accounts were not listed for 7 days".to_owned(),
            ),
            Some((at, how)) if *how != Completeness::Full => (
                Some(*at),
                "the last listing of its accounts was not complete".to_owned(),
            ),
            Some(_) => continue,
        };
        rows.push(Silence {
            since,
            problem: format!("`{target}`: {problem}"),
            fix: format!("`tenure observe {target}`, every night"),
            ..row("target", target.as_str())
        });
    }
    for (target, reason) in &signs.stopped {
        let what = target.as_ref().map_or("all apps", TargetName::as_str);
        rows.push(Silence {
            problem: format!("nothing is written to {what}: {reason}"),
            fix: "`tenure resume-writing`, once that is over".to_owned(),
            ..row("writing", what)
        });
    }
    for (principal, ends) in &signs.tokens {
        rows.push(Silence {
            problem: format!("a token of {principal} ends at {ends}"),
            fix: "`tenure token create` for the same principal, then replace it".to_owned(),
            ..row("token", principal)
        });
    }
    rows
}

fn row(kind: &'static str, what: &str) -> Silence {
    Silence {
        kind,
        what: what.to_owned(),
        since: None,
        count: 0,
        people: Vec::new(),
        problem: String::new(),
        fix: String::new(),
    }
}

/// `1 person`, `2 people`.
fn many(count: u64) -> String {
    match count {
        1 => "1 person".to_owned(),
        n => format!("{n} people"),
    }
}

fn people(signs: &Signs<'_>) -> Vec<Silence> {
    let mut rows = Vec::new();
    let some = |names: &[String]| -> Vec<String> {
        let sorted: BTreeSet<&String> = names.iter().collect();
        sorted.into_iter().take(NAMED).cloned().collect()
    };
    let plan = "`tenure plan`; then see why it did not come by itself".to_owned();
    let count = signs.unplanned.len() as u64 + signs.unlooked;
    if count > 0 {
        let more = match signs.unlooked {
            0 => String::new(),
            n => format!(", of whom {n} were not looked at one by one"),
        };
        rows.push(Silence {
            count,
            people: some(&signs.unplanned),
            problem: format!("what is new of {} was not planned for{more}", many(count)),
            fix: plan.clone(),
            ..row("unplanned", "")
        });
    }
    if let Some(oldest) = signs.overdue.iter().map(|(_, at)| *at).min() {
        let names: Vec<String> = signs.overdue.iter().map(|(name, _)| name.clone()).collect();
        let count = names.len() as u64;
        rows.push(Silence {
            since: Some(oldest),
            count,
            people: some(&names),
            problem: format!(
                "an instant has come for {}, and nobody planned for it",
                many(count)
            ),
            fix: plan,
            ..row("timer", "")
        });
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: u64) -> Timestamp {
        Timestamp::EPOCH.plus(Duration::from_secs(hours * 3_600))
    }

    fn quiet(chat: &TargetName) -> Signs<'_> {
        Signs {
            now: at(1_000),
            unplanned: Vec::new(),
            unlooked: 0,
            overdue: Vec::new(),
            sources: vec![("hr", SOURCE_HOURS, Some(at(974)))],
            targets: vec![(chat, Some((at(1_000 - 168), Completeness::Full)))],
            stopped: Vec::new(),
            tokens: Vec::new(),
        }
    }

    /// One hour less is silent about nothing, one more speaks.
    #[test]
    fn what_is_in_time_makes_no_row_and_what_is_not_makes_one() {
        let chat = TargetName::from("chat");
        assert_eq!(silences(quiet(&chat)), Vec::new());
        let mut late = quiet(&chat);
        late.now = at(1_001);
        let rows: Vec<_> = silences(late).iter().map(|r| (r.kind, r.since)).collect();
        let expected = [("source", Some(at(974))), ("target", Some(at(832)))];
        assert_eq!(rows, expected);
    }

    #[test]
    fn a_weekly_source_is_silent_after_a_week_and_not_after_a_day() {
        let chat = TargetName::from("chat");
        let mut signs = quiet(&chat);
        signs.sources = vec![("hr", 168, Some(at(1_000 - 168)))];
        assert_eq!(silences(signs), Vec::new());
        let mut signs = quiet(&chat);
        signs.sources = vec![("hr", 168, Some(at(1_000 - 169)))];
        assert!(silences(signs)[0].problem.ends_with("for 168 hours"));
    }

    #[test]
    fn what_never_spoke_and_what_spoke_in_part_is_told() {
        let chat = TargetName::from("chat");
        let mut signs = quiet(&chat);
        signs.sources = vec![("hr", SOURCE_HOURS, None)];
        signs.targets = vec![(&chat, Some((at(999), Completeness::Partial)))];
        let rows: Vec<_> = silences(signs).iter().map(|r| (r.kind, r.since)).collect();
        assert_eq!(rows, [("source", None), ("target", Some(at(999)))]);
        let mut signs = quiet(&chat);
        signs.targets = vec![(&chat, None)];
        assert_eq!(silences(signs).len(), 1);
    }

    #[test]
    fn people_come_first_and_some_are_named() {
        let chat = TargetName::from("chat");
        let mut signs = quiet(&chat);
        signs.unplanned = (0..50).map(|n| format!("w{n:02}")).collect();
        signs.unlooked = 7;
        signs.overdue = vec![("w1".to_owned(), at(3)), ("w0".to_owned(), at(2))];
        signs.stopped = vec![(None, "drill".to_owned())];
        signs.tokens = vec![("hr-import".to_owned(), at(1_100))];
        let rows = silences(signs);
        let kinds: Vec<_> = rows.iter().map(|r| (r.kind, r.count)).collect();
        assert_eq!(
            kinds,
            [
                ("unplanned", 57),
                ("timer", 2),
                ("writing", 0),
                ("token", 0)
            ]
        );
        assert_eq!(rows[0].people.len(), NAMED);
        assert_eq!(
            (rows[1].since, rows[1].people[0].as_str()),
            (Some(at(2)), "w0")
        );
    }
}
