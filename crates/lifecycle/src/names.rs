//! Unique user names: what a person may be called in an app, best first.
//!
//! A name is given once, when an account is created, and never changed or taken over after that.
//! Which of the names is free only the caller can tell.

use std::time::Duration;

use model::{Act, Facts, Kind, Plan, Reason, Step, TargetName, Timestamp, Value};
use rules::{Decided, Mapped, Mapping};

use crate::claims::{Claim, USER_NAME, named};
use crate::rulebook::{RuleBook, UniqueName};

/// The most bytes of a name.
pub const MAX_NAME: usize = 200;
/// The last number that is tried. Whoever would be the hundredth of one name gets none.
pub const LAST_NUMBER: u8 = 99;

/// What a person may be called, and the facts that were looked at for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forms {
    /// The names, in the order of the document, each once. Never empty. The other answer says
    /// why there is none, for people.
    pub answer: Result<Vec<String>, String>,
    /// As in [`Reason::facts`].
    pub facts: Vec<(String, Option<Value>)>,
}

/// The forms of a person's name. One that needs what was not stated is left out. One without an
/// answer, or with one that is no name, makes them all fail: nobody is named by chance.
#[must_use]
pub fn forms(unique: &UniqueName, facts: &Facts, key: &str) -> Forms {
    let mut names: Vec<String> = Vec::new();
    let mut looked_at = Vec::new();
    let mut problem = None;
    for form in &unique.forms {
        let decided = form.value(facts, key);
        looked_at.extend(decided.facts);
        let found = match decided.answer {
            Ok(Mapped::Value(Value::Text(name))) => sound(name, form),
            Ok(Mapped::Value(_)) => Err(format!("`{}` gives no text", form.source())),
            Ok(Mapped::Missing) => continue,
            Err(error) => Err(error.to_string()),
        };
        match found {
            Ok(name) if names.iter().any(|n| n.eq_ignore_ascii_case(&name)) => {}
            Ok(name) => names.push(name),
            Err(found) => problem = problem.or(Some(found)),
        }
    }
    looked_at.sort();
    looked_at.dedup();
    let none = || "every form of the name needs something that was not stated".to_owned();
    let answer = match problem {
        Some(problem) => Err(problem),
        None if names.is_empty() => Err(none()),
        None => Ok(names),
    };
    Forms {
        answer,
        facts: looked_at,
    }
}

/// The first form that gives something for a person, or else the last one: what they are called
/// where nobody else is.
#[must_use]
pub fn first<'u>(
    unique: &'u UniqueName,
    facts: &Facts,
    key: &str,
) -> Option<(&'u Mapping, Decided<Mapped>)> {
    let mut last = None;
    for form in &unique.forms {
        let decided = form.value(facts, key);
        let found = !matches!(decided.answer, Ok(Mapped::Missing));
        last = Some((form, decided));
        if found {
            break;
        }
    }
    last
}

/// What a form gave, if it can be a name.
fn sound(name: String, form: &Mapping) -> Result<String, String> {
    let odd = name.is_empty()
        || name.len() > MAX_NAME
        || name.starts_with('@')
        || name.trim() != name
        || name.chars().any(char::is_control);
    match odd {
        true => Err(format!("what `{}` gives is no name", form.source())),
        false => Ok(name),
    }
}

/// A name that may be tried, and what to say of it when it is the first that is free.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The name.
    pub name: String,
    /// Which it is, without saying it.
    pub which: String,
}

/// The names to try in their order: the forms, then the last of them with a number. Reserved ones
/// are left out.
pub fn candidates<'a>(
    forms: &'a [String],
    unique: &'a UniqueName,
) -> impl Iterator<Item = Candidate> + 'a {
    let of = forms.len();
    let plain = forms.iter().enumerate().map(move |(at, name)| Candidate {
        name: name.clone(),
        which: match at {
            0 => format!("the user name is the first of {of} forms"),
            _ => format!(
                "the user name is form {} of {of}: those before it were {}",
                at + 1,
                not_free(unique)
            ),
        },
    });
    let last = forms.last().filter(|_| unique.number);
    let numbered = last.into_iter().flat_map(|name| {
        (2..=LAST_NUMBER).map(|n| Candidate {
            name: with_number(name, n),
            which: format!(
                "the user name is the last form with the number {n}: what comes before it was {}",
                not_free(unique)
            ),
        })
    });
    let fits = |c: &Candidate| c.name.len() <= MAX_NAME && !is_reserved(&c.name, unique);
    plain.chain(numbered).filter(fits)
}

/// Why names are passed over in an app, in words.
fn not_free(unique: &UniqueName) -> &'static str {
    match unique.quarantine_days {
        None => "taken or reserved",
        Some(_) => "taken, reserved or in quarantine",
    }
}

/// Whether a name that an account lost at this instant is still kept from everybody else. `since`
/// is when that was noticed; the quarantine ends so many times 24 hours later.
#[must_use]
pub fn is_in_quarantine(unique: &UniqueName, since: Timestamp, now: Timestamp) -> bool {
    const DAY: u64 = 24 * 60 * 60;
    let days = unique.quarantine_days.map(u64::from);
    days.is_some_and(|days| now < since.plus(Duration::from_secs(days * DAY)))
}

/// The number goes to the end, and before the domain where there is one.
fn with_number(name: &str, number: u8) -> String {
    match name.rsplit_once('@') {
        Some((local, domain)) => format!("{local}{number}@{domain}"),
        None => format!("{name}{number}"),
    }
}

/// Whether the name, or what is before its domain, is reserved.
fn is_reserved(name: &str, unique: &UniqueName) -> bool {
    let name = name.to_ascii_lowercase();
    let local = name.rsplit_once('@').map(|(local, _)| local);
    unique.reserved.contains(&name) || local.is_some_and(|l| unique.reserved.contains(l))
}

/// The candidates with `kept` before all others, if it is one of them: what a plan that waits has
/// promised does not change under people's hands.
#[must_use]
pub fn kept_first(
    candidates: impl Iterator<Item = Candidate>,
    target: &TargetName,
    kept: Option<&Claim>,
) -> Vec<Candidate> {
    let is_kept = |c: &Candidate| Some(&Claim::name(target, &c.name)) == kept;
    let (mut first, rest): (Vec<_>, Vec<_>) = candidates.partition(is_kept);
    first.extend(rest);
    first
}

/// The steps that create accounts without a name, in apps that give unique ones.
#[must_use]
pub fn unnamed(plan: &Plan, book: &RuleBook) -> Vec<u16> {
    let unnamed = |step: &&Step| {
        let app = book.apps.get(&step.address.target);
        step.address.kind == Kind::Account
            && matches!(step.act, Act::Create { .. })
            && named(&step.act).is_none()
            && app.is_some_and(|app| app.unique.is_some())
    };
    let steps = plan.steps.iter().filter(unnamed);
    steps.map(|step| step.no).collect()
}

/// Names the account that a step creates, and says why it is called so.
pub fn give(step: &mut Step, candidate: &Candidate, forms: &Forms) {
    if let Act::Create { attributes, .. } = &mut step.act {
        let name = Value::Text(candidate.name.clone());
        attributes.insert(USER_NAME.to_owned(), name);
        step.because.push(Reason {
            by: format!("app/{}", step.address.target),
            text: candidate.which.clone(),
            facts: forms.facts.clone(),
        });
        step.because.sort();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeSet;

    use super::*;
    use crate::fixtures::{facts, target};
    use rules::{Schema, Type};

    fn unique(forms: &[&str], number: bool) -> UniqueName {
        let attributes = ["given", "family", "nick"].map(|name| (name.to_owned(), Type::Text));
        let schema = Schema {
            attributes: attributes.into(),
            ..Schema::default()
        };
        let compile = |form: &&str| rules::compile_mapping(form, &schema).unwrap();
        UniqueName {
            forms: forms.iter().map(compile).collect(),
            number,
            reserved: BTreeSet::from(["admin".to_owned(), "kim.kelly3@x".to_owned()]),
            quarantine_days: None,
        }
    }

    fn names(unique: &UniqueName, attributes: &[(&str, &str)]) -> Result<Vec<String>, String> {
        let forms = forms(unique, &facts(attributes), "w1").answer?;
        Ok(candidates(&forms, unique).map(|c| c.name).collect())
    }

    const KIM: &[(&str, &str)] = &[("given", "Kim"), ("family", "Kelly")];

    #[test]
    fn forms_come_in_their_order_and_then_the_last_one_with_numbers() {
        let two = [
            "slug(person.given) + \"@x\"",
            "slug(person.given) + \".\" + slug(person.family) + \"@x\"",
        ];
        let all = names(&unique(&two, true), KIM).unwrap();
        assert_eq!(
            all[..4],
            ["kim@x", "kim.kelly@x", "kim.kelly2@x", "kim.kelly4@x"]
        );
        assert_eq!(all.len(), 2 + 98 - 1, "one number is reserved");
        assert_eq!(all.last().unwrap(), "kim.kelly99@x");
        let all = names(&unique(&two, false), KIM).unwrap();
        assert_eq!(all, ["kim@x", "kim.kelly@x"]);
        let plain = names(&unique(&["lower(person.given)"], true), KIM).unwrap();
        assert_eq!(plain[..2], ["kim", "kim2"]);
    }

    #[test]
    fn what_is_reserved_is_no_candidate_with_any_domain_and_in_any_case() {
        let forms = [
            "person.given",
            "person.given + \"@acme.example\"",
            "person.family",
        ];
        let all = names(
            &unique(&forms, false),
            &[("given", "Admin"), ("family", "Kelly")],
        );
        assert_eq!(all, Ok(vec!["Kelly".to_owned()]));
        let none = names(&unique(&forms[..2], false), &[("given", "ADMIN")]);
        assert_eq!(none, Ok(vec![]));
    }

    #[test]
    fn a_form_that_needs_what_was_not_stated_is_left_out_and_a_name_comes_once() {
        let forms = ["person.nick", "person.given", "lower(person.given)"];
        let all = names(&unique(&forms, false), KIM);
        assert_eq!(all, Ok(vec!["Kim".to_owned()]));
        let none = names(&unique(&forms, true), &[]);
        assert!(none.unwrap_err().contains("not stated"));
    }

    #[test]
    fn what_has_no_answer_or_is_no_name_makes_them_all_fail() {
        let long = "x".repeat(MAX_NAME + 1);
        let bad = ["王", "", " kim", "k\u{7}m", "!!!", &long];
        for given in bad {
            let form = match given {
                "王" | "!!!" => "slug(person.given) + \"@x\"",
                _ => "person.given",
            };
            let forms = ["person.family", form];
            let all = names(
                &unique(&forms, true),
                &[("given", given), ("family", "Kelly")],
            );
            assert!(all.is_err(), "{given}");
        }
    }

    #[test]
    fn a_quarantine_ends_after_so_many_days_to_the_instant() {
        let mut unique = unique(&["person.given"], true);
        let since = Timestamp::from_micros(1_795_422_600_000_000);
        let later = |seconds| since.plus(Duration::from_secs(seconds));
        assert!(
            !is_in_quarantine(&unique, since, since),
            "none is asked for"
        );
        unique.quarantine_days = Some(2);
        for (seconds, kept) in [(0, true), (2 * 86_400 - 1, true), (2 * 86_400, false)] {
            let is = is_in_quarantine(&unique, since, later(seconds));
            assert_eq!(is, kept, "after {seconds} s");
        }
        // Told by a node whose clock is ahead.
        assert!(is_in_quarantine(&unique, later(60), since));
        unique.quarantine_days = Some(36_500);
        assert!(is_in_quarantine(&unique, since, later(36_499 * 86_400)));
    }

    #[test]
    fn what_is_passed_over_is_said_without_the_name() {
        let mut unique = unique(&["person.nick", "person.given"], true);
        let facts = facts(&[("nick", "admin"), ("given", "Kim")]);
        let forms = forms(&unique, &facts, "w1").answer.unwrap();
        let which = |unique: &UniqueName| -> Vec<String> {
            let all = candidates(&forms, unique).take(2);
            all.map(|c| c.which).collect()
        };
        let (second, number) = (
            "the user name is form 2 of 2: those before it were",
            "the user name is the last form with the number 2: what comes before it was",
        );
        let said = |why: &str| [format!("{second} {why}"), format!("{number} {why}")];
        assert_eq!(which(&unique), said("taken or reserved"));
        unique.quarantine_days = Some(90);
        assert_eq!(which(&unique), said("taken, reserved or in quarantine"));
    }

    #[test]
    fn a_number_that_makes_a_name_too_long_is_not_tried() {
        let longest = "x".repeat(MAX_NAME);
        let all = names(&unique(&["person.given"], true), &[("given", &longest)]);
        assert_eq!(all, Ok(vec![longest]));
    }

    #[test]
    fn a_name_that_was_promised_comes_first_if_it_is_still_one_of_them() {
        let unique = unique(&["person.given", "person.family"], true);
        let forms = forms(&unique, &facts(KIM), "w1").answer.unwrap();
        let first = |kept: &str| {
            let kept = Claim::name(&target(), kept);
            let all = kept_first(candidates(&forms, &unique), &target(), Some(&kept));
            assert_eq!(all.len(), 2 + 98);
            all[0].name.clone()
        };
        assert_eq!(first("KELLY7"), "Kelly7");
        assert_eq!(first("jane"), "Kim");
    }

    #[test]
    fn the_first_form_with_something_in_it_is_what_a_test_sees() {
        let unique = unique(&["person.nick", "person.given"], false);
        let (form, decided) = first(&unique, &facts(KIM), "w1").unwrap();
        assert_eq!(form.source(), "person.given");
        assert_eq!(decided.answer, Ok(Mapped::Value("Kim".into())));
        let (form, decided) = first(&unique, &facts(&[]), "w1").unwrap();
        assert_eq!(form.source(), "person.given");
        assert_eq!(decided.answer, Ok(Mapped::Missing));
    }
}
