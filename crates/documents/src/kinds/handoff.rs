//! `handoff` of an `App`: who does it, and how a list of its accounts is read.

use std::collections::{BTreeMap, BTreeSet};

use model::source as csv;
use rules::Type;

use crate::kinds::manual::{LONGEST_OWNER, said};
use crate::kinds::source::{delimiter, encoding, expect_of, extent};
use crate::report::{self, Reporter};
use crate::tenant::{ACTIVE, Account, HandOff};
use crate::wire::{ActiveSpec, AppSpec, AttributeType, ExtractColumnSpec, HandOffSpec};
use crate::yaml::Part;

const AT: [Part<'static>; 2] = [Part::Key("spec"), Part::Key("handoff")];
const EXTRACT: Part<'static> = Part::Key("extract");
/// Hours between two lists of its accounts that are expected: they are made by people.
pub(super) const ONCE_A_WEEK: u8 = 168;

pub(super) fn handoff(spec: &HandOffSpec, reporter: &mut Reporter<'_, '_>) -> HandOff {
    said(
        &spec.owner,
        LONGEST_OWNER,
        &[AT[0], AT[1], Part::Key("owner")],
        reporter,
    );
    let between = delimiter(spec.delimiter);
    let extract = &spec.extract;
    let mut attributes = BTreeMap::new();
    for (name, column) in &extract.attributes {
        let path = [
            AT[0],
            AT[1],
            EXTRACT,
            Part::Key("attributes"),
            Part::Key(name),
        ];
        if name == ACTIVE {
            let problem = "whether an account may be used is not one of its attributes";
            reporter.at(
                report::VALUE,
                &path,
                problem,
                "use `active:` beside `attributes:`",
            );
            continue;
        }
        let field = csv::Field {
            column: column.column.clone(),
            shape: shape(column, between, &path, reporter),
            required: false,
            self_editable: false,
        };
        attributes.insert(name.clone(), field);
    }
    let active = csv::Field {
        column: extract.active.column.clone(),
        shape: csv::Shape::Text,
        required: true,
        self_editable: false,
    };
    attributes.insert(ACTIVE.to_owned(), active);
    let (usable, closed) = words(&extract.active, reporter);
    HandOff {
        owner: spec.owner.trim().to_owned(),
        due_days: spec.due_days,
        extract: csv::CsvMapping {
            source: String::new(),
            delimiter: between,
            encoding: encoding(extract.encoding),
            key: extract.key.clone(),
            attributes,
            starts: None,
            ends: None,
            leave: None,
            zone: csv::ZoneRule {
                default: Some("UTC".to_owned()),
                ..csv::ZoneRule::default()
            },
            delivery: extent(extract.delivery),
            expect: expect_of(
                &extract.expect,
                &[AT[0], AT[1], EXTRACT, Part::Key("expect")],
                reporter,
            ),
        },
        usable,
        closed,
    }
}

fn shape(
    column: &ExtractColumnSpec,
    between: char,
    path: &[Part<'_>],
    reporter: &mut Reporter<'_, '_>,
) -> csv::Shape {
    let mut letters = column.separator.as_deref().unwrap_or_default().chars();
    match (column.of, letters.next(), letters.next()) {
        (AttributeType::List, Some(one), None) if one != between && one != '"' => {
            csv::Shape::List(one)
        }
        (AttributeType::List, ..) => {
            let problem = "a list needs one character between its items";
            let fix = "write `separator: \";\"`, and not the file's delimiter";
            reporter.at(report::VALUE, path, problem, fix);
            csv::Shape::Text
        }
        (_, Some(_), _) => {
            let problem = "only lists have a separator";
            reporter.at(
                report::VALUE,
                path,
                problem,
                "write `type: list` or remove it",
            );
            csv::Shape::Text
        }
        (AttributeType::Date, ..) => {
            let problem = "accounts hold no dates, only text";
            reporter.at(report::VALUE, path, problem, "remove `type`");
            csv::Shape::Text
        }
        (AttributeType::Text, ..) => csv::Shape::Text,
        (AttributeType::Bool, ..) => csv::Shape::Bool,
        (AttributeType::Int, ..) => csv::Shape::Int,
    }
}

fn words(
    active: &ActiveSpec,
    reporter: &mut Reporter<'_, '_>,
) -> (BTreeSet<String>, BTreeSet<String>) {
    let path = [AT[0], AT[1], EXTRACT, Part::Key("active")];
    let read = |words: &[String]| -> BTreeSet<String> {
        words.iter().map(|word| word.trim().to_owned()).collect()
    };
    let (usable, closed) = (read(&active.yes), read(&active.no));
    let empty = |words: &BTreeSet<String>| words.is_empty() || words.contains("");
    if empty(&usable) || empty(&closed) {
        let problem = "both kinds of account need a word, and none is empty";
        reporter.at(
            report::VALUE,
            &path,
            problem,
            "write `yes: [active]` and `no: [locked]`",
        );
    }
    if let Some(both) = usable.intersection(&closed).next() {
        let problem = format!("`{both:.80}` stands for both");
        reporter.at(report::CONFLICT, &path, problem, "leave it in one of them");
    }
    (usable, closed)
}

/// What only a system that answers at once can have, and what could never be read back.
pub(super) fn check(
    spec: &AppSpec,
    handoff: &HandOff,
    account: &Account,
    reporter: &mut Reporter<'_, '_>,
) {
    let without = "the app's people know nothing of it; say it with attributes";
    if !spec.groups.is_empty() {
        let path = [AT[0], Part::Key("groups")];
        reporter.at(report::VALUE, &path, "no groups are kept by hand", without);
    }
    if spec.account.manager.is_some() {
        let path = [AT[0], Part::Key("account"), Part::Key("manager")];
        let problem = "no references to accounts are kept by hand";
        reporter.at(report::VALUE, &path, problem, without);
    }
    if spec.limits.requests_per_second.is_some() || spec.limits.concurrency.is_some() {
        let path = [AT[0], Part::Key("limits")];
        reporter.at(
            report::VALUE,
            &path,
            "there are no requests to limit",
            "remove it",
        );
    }
    let unique = account.unique.iter().map(|_| ("userName", Type::Text));
    let mapped = account.attributes.iter();
    let mapped = mapped.map(|(name, mapping)| (name.as_str(), mapping.gives()));
    for (name, gives) in mapped.chain(unique) {
        let path = [AT[0], AT[1], EXTRACT, Part::Key("attributes")];
        if model::handoff::is_column(name) {
            let problem = format!("`{name}` is a column of every sheet");
            let fix = "give the attribute another name";
            reporter.at(report::VALUE, &path, &problem, fix);
        }
        let of = match handoff
            .extract
            .attributes
            .get(name)
            .map(|field| &field.shape)
        {
            None => {
                let problem = format!("`{name:.80}` is not here, so nobody could read it back");
                let fix = "name its column, or remove it from `account.attributes`";
                reporter.at(report::MISSING_FIELD, &path, problem, fix);
                continue;
            }
            Some(csv::Shape::Text | csv::Shape::Date(_)) => Type::Text,
            Some(csv::Shape::Bool) => Type::Bool,
            Some(csv::Shape::Int) => Type::Int,
            Some(csv::Shape::List(_)) => Type::List,
        };
        if of != gives {
            let problem = format!("`{name:.80}` is {gives} in the account and {of} here");
            reporter.at(report::TYPE, &path, problem, "give both the same type");
        }
    }
}
