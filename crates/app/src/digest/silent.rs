//! What did not happen, and nobody told of. Pure.

use std::collections::BTreeSet;
use std::time::Duration;

use model::{Completeness, TargetName, Timestamp};

use super::budgets::Shortage;
use super::report::Silence;
use crate::DrillTrouble;
use crate::expiries::{Expiry, What};

/// Hours that a source may say nothing when its document does not tell: most exports come every night.
pub(super) const SOURCE_HOURS: u32 = 26;
/// How long an app may go unread.
pub(crate) const TARGET: Duration = Duration::from_secs(7 * 24 * 3_600);
/// How long after its instant somebody may wait for a planning.
pub(super) const TIMER: Duration = Duration::from_secs(300);
/// How long before its end a token, a secret or a certificate is told of.
pub(super) const EXPIRY: Duration = Duration::from_secs(14 * 24 * 3_600);
/// How far an app's clock may be from ours, in seconds: what it says of times is wrong by as much, and
/// signed messages with times in them are refused by most at five minutes.
pub(super) const SKEW: u64 = 60;
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
    /// Apps, whether only their own people can list them, and the last listing of their accounts.
    pub(super) targets: Vec<(&'a TargetName, bool, Option<Listing>)>,
    /// Apps that are kept by hand in which something is overdue: how many lines, since when the first.
    pub(super) lines: Vec<(TargetName, u64, Timestamp)>,
    /// Where nothing is sent; `None` for all apps; and why.
    pub(super) stopped: Vec<(Option<TargetName>, String)>,
    /// What ends soon.
    pub(super) expiries: Vec<Expiry>,
    /// Apps whose budget of requests does not suffice.
    pub(super) budgets: Vec<Shortage>,
    /// Drills that did not pass, or did not begin, by name.
    pub(super) drills: Vec<(String, DrillTrouble)>,
    /// What is to be said of break-glass accounts.
    pub(super) break_glass: Vec<Silence>,
}

/// What is known of the last listing of an app's accounts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Listing {
    pub(super) at: Timestamp,
    pub(super) completeness: Completeness,
    /// By how many seconds its clock was ahead of ours.
    pub(super) ahead: Option<i64>,
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
    for (target, by_hand, last) in &signs.targets {
        let (since, problem) = match last {
            None => (None, "its accounts were never listed".to_owned()),
            Some(listing) if now.since(listing.at) > TARGET => (
                Some(listing.at),
                "its accounts were not listed for 7 days".to_owned(),
            ),
            Some(listing) if listing.completeness != Completeness::Full => (
                Some(listing.at),
                "the last listing of its accounts was not complete".to_owned(),
            ),
            Some(_) => continue,
        };
        rows.push(Silence {
            since,
            problem: format!("`{target}`: {problem}"),
            fix: match by_hand {
                true => {
                    format!("ask its people for a list, then `tenure handoff extract {target} FILE --taken-at WHEN`")
                }
                false => format!("`tenure observe {target}`, every night"),
            },
            ..row("target", target.as_str())
        });
    }
    rows.extend(signs.targets.iter().filter_map(clock));
    for (target, count, since) in &signs.lines {
        let lines = if *count == 1 {
            "1 line"
        } else {
            &format!("{count} lines")
        };
        rows.push(Silence {
            since: Some(*since),
            count: *count,
            problem: format!("{lines} of `{target}` should be answered by now"),
            fix: format!("`tenure handoff list {target}`, then ask its people"),
            ..row("handoff", target.as_str())
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
    rows.extend(signs.expiries.iter().map(|expiry| ends(expiry, now)));
    rows.extend(signs.budgets.iter().map(too_slow));
    rows.extend(signs.drills.into_iter().map(drill));
    rows.extend(signs.break_glass);
    rows
}

pub(super) fn row(kind: &'static str, what: &str) -> Silence {
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

/// Some of these names, sorted.
fn some(names: &[String]) -> Vec<String> {
    let sorted: BTreeSet<&String> = names.iter().collect();
    sorted.into_iter().take(NAMED).cloned().collect()
}

/// What ends, or has.
fn ends(expiry: &Expiry, now: Timestamp) -> Silence {
    let (kind, what) = match expiry.what {
        What::Token => ("token", &expiry.of),
        What::Secret => ("secret", &expiry.id),
        What::AppCertificate | What::OwnCertificate | What::PartyCertificate => {
            ("certificate", &expiry.of)
        }
        What::PartyMetadata => ("metadata", &expiry.of),
    };
    Silence {
        problem: expiry.problem(now),
        fix: expiry.fix(),
        ..row(kind, what)
    }
}

/// A drill that did not pass, or did not begin.
fn drill((name, trouble): (String, DrillTrouble)) -> Silence {
    Silence {
        since: Some(trouble.since),
        problem: trouble.problem,
        fix: trouble.fix,
        ..row("drill", &name)
    }
}

/// An app that takes too few requests.
fn too_slow(short: &Shortage) -> Silence {
    let (app, rate, until) = (&short.app, short.per_second, short.until);
    let count = short.people.len() as u64;
    Silence {
        count,
        people: some(&short.people),
        problem: format!(
            "{app} takes {rate} requests a second, and what is released for it takes until {until}: too \
             late for {}",
            many(count)
        ),
        fix: format!(
            "ask {app} for more and raise `requests_per_second`, or hold back a wave that can wait"
        ),
        ..row("budget", app.as_str())
    }
}

/// An app whose clock is not ours.
fn clock((target, _, listing): &(&TargetName, bool, Option<Listing>)) -> Option<Silence> {
    let listing = (*listing)?;
    let ahead = listing.ahead.filter(|ahead| ahead.unsigned_abs() > SKEW)?;
    let how = if ahead > 0 { "ahead of" } else { "behind" };
    let by = ahead.unsigned_abs();
    Some(Silence {
        since: Some(listing.at),
        problem: format!("the clock of {target} is {by} s {how} ours: one of the two is wrong"),
        fix: "see whether this host keeps its time (`timedatectl`); if it does, tell whoever runs the app"
            .to_owned(),
        ..row("clock", target.as_str())
    })
}

fn people(signs: &Signs<'_>) -> Vec<Silence> {
    let mut rows = Vec::new();
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
            targets: vec![(chat, false, Some(listed(1_000 - 168, Completeness::Full)))],
            lines: Vec::new(),
            stopped: Vec::new(),
            expiries: Vec::new(),
            budgets: Vec::new(),
            drills: Vec::new(),
            break_glass: Vec::new(),
        }
    }

    fn listed(hour: u64, completeness: Completeness) -> Listing {
        Listing {
            at: at(hour),
            completeness,
            ahead: Some(1),
        }
    }

    /// A minute is nothing, a second more is told, in both directions.
    #[test]
    fn a_clock_that_is_not_ours_is_told_with_its_direction() {
        let chat = TargetName::from("chat");
        let told = |ahead| {
            let mut signs = quiet(&chat);
            let listing = Listing {
                ahead,
                ..listed(999, Completeness::Full)
            };
            signs.targets = vec![(&chat, false, Some(listing))];
            silences(signs)
                .into_iter()
                .map(|row| row.problem)
                .collect::<Vec<_>>()
        };
        for ahead in [None, Some(0), Some(60), Some(-60)] {
            assert_eq!(told(ahead), Vec::<String>::new(), "{ahead:?}");
        }
        assert!(told(Some(61))[0].contains("61 s ahead of ours"));
        assert!(told(Some(-240))[0].contains("240 s behind ours"));
    }

    #[test]
    fn what_ends_says_what_it_is_and_whether_it_has() {
        let chat = TargetName::from("chat");
        let mut signs = quiet(&chat);
        let expiry = |what, id: &str, of: &str, hour| Expiry {
            what,
            id: id.to_owned(),
            of: of.to_owned(),
            ends: at(hour),
            since: None,
            host: None,
        };
        signs.expiries = vec![
            expiry(What::Secret, "chat-token", "chat", 1_010),
            expiry(What::AppCertificate, "chat", "chat", 990),
            expiry(What::OwnCertificate, "this server", "this server", 1_100),
        ];
        let rows = silences(signs);
        let told: Vec<_> = rows.iter().map(|r| (r.kind, r.what.as_str())).collect();
        assert_eq!(
            told,
            [
                ("secret", "chat-token"),
                ("certificate", "chat"),
                ("certificate", "this server")
            ]
        );
        assert!(
            rows[0].problem.contains("ends at")
                && rows[0].fix.contains("tenure secret set chat-token")
        );
        assert!(rows[1].problem.contains("ended at"), "{}", rows[1].problem);
    }

    #[test]
    fn what_people_were_asked_and_should_have_answered_makes_a_row() {
        let chat = TargetName::from("chat");
        let mut late = quiet(&chat);
        late.lines = vec![(TargetName::from("plant"), 3, at(900))];
        let rows = silences(late);
        let told: Vec<_> = rows.iter().map(|r| (r.kind, r.count, r.since)).collect();
        assert_eq!(told, [("handoff", 3, Some(at(900)))]);
        assert!(
            rows[0].problem.contains("3 lines of `plant`"),
            "{}",
            rows[0].problem
        );
    }

    #[test]
    fn a_drill_that_did_not_pass_is_told_since_it_ended() {
        let chat = TargetName::from("chat");
        let mut signs = quiet(&chat);
        let trouble = DrillTrouble {
            since: at(900),
            run: Some(3),
            problem: "run 3 of the drill `nightly` failed".to_owned(),
            fix: "`tenure drill show nightly`".to_owned(),
        };
        signs.drills = vec![("nightly".to_owned(), trouble)];
        let rows = silences(signs);
        let told: Vec<_> = rows
            .iter()
            .map(|r| (r.kind, r.what.as_str(), r.since))
            .collect();
        assert_eq!(told, [("drill", "nightly", Some(at(900)))]);
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
        signs.targets = vec![(&chat, false, Some(listed(999, Completeness::Partial)))];
        let rows: Vec<_> = silences(signs).iter().map(|r| (r.kind, r.since)).collect();
        assert_eq!(rows, [("source", None), ("target", Some(at(999)))]);
        let mut signs = quiet(&chat);
        signs.targets = vec![(&chat, false, None)];
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
        signs.expiries = vec![Expiry {
            what: What::Token,
            id: "tok_1".to_owned(),
            of: "hr-import".to_owned(),
            ends: at(1_100),
            since: None,
            host: None,
        }];
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
