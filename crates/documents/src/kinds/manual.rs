//! What somebody does by hand when a person has left.

use std::collections::BTreeSet;

use crate::kinds::{self, NAME_FIX};
use crate::report::{self, Reporter};
use crate::tenant::ManualStep;
use crate::wire::{Before, LeaverSpec};
use crate::yaml::Part;

/// Characters of the text; a longer one belongs on a page of its own.
const LONGEST_TEXT: usize = 500;
/// Characters of an owner.
pub(super) const LONGEST_OWNER: usize = 100;
/// Steps of one app.
const MOST: usize = 20;

pub(crate) fn manual(spec: &LeaverSpec, reporter: &mut Reporter<'_, '_>) -> Vec<ManualStep> {
    let list = [Part::Key("spec"), Part::Key("leaver"), Part::Key("manual")];
    if spec.manual.len() > MOST {
        let problem = format!("an app asks for {MOST} things at most");
        reporter.at(report::VALUE, &list, problem, "put some of them together");
    }
    let mut names = BTreeSet::new();
    let mut steps = Vec::with_capacity(spec.manual.len());
    for (index, step) in spec.manual.iter().enumerate() {
        let at = |key| {
            [
                list[0],
                list[1],
                list[2],
                Part::Index(index),
                Part::Key(key),
            ]
        };
        if let Some(problem) = kinds::bad_name(&step.name) {
            reporter.at(report::NAME, &at("name"), problem, NAME_FIX);
        }
        if !names.insert(&step.name) {
            let problem = format!("`{:.80}` is there twice", step.name);
            reporter.at(
                report::DUPLICATE,
                &at("name"),
                problem,
                "two steps need two names",
            );
        }
        said(&step.owner, LONGEST_OWNER, &at("owner"), reporter);
        said(&step.text, LONGEST_TEXT, &at("text"), reporter);
        let before_delete = matches!(step.before, Some(Before::Delete));
        if before_delete && spec.delete_after_days.is_none() {
            reporter.at(
                report::VALUE,
                &at("before"),
                "the app deletes no accounts, so nothing waits for it",
                "write `delete_after_days`, or remove `before`",
            );
        }
        steps.push(ManualStep {
            name: step.name.clone(),
            owner: step.owner.trim().to_owned(),
            text: step.text.trim().to_owned(),
            due_days: step.due_days,
            before_delete,
        });
    }
    steps
}

/// Reports words that say nothing, or too much.
pub(super) fn said(text: &str, longest: usize, path: &[Part<'_>], reporter: &mut Reporter<'_, '_>) {
    let odd = |c: char| c.is_control() && c != '\n';
    let problem = match text.trim() {
        "" => "this says nothing".to_owned(),
        text if text.chars().count() > longest => {
            format!("this is longer than {longest} characters")
        }
        text if text.chars().any(odd) => "this holds a control character".to_owned(),
        _ => return,
    };
    let fix = "write plain words, and as few as whoever does it needs";
    reporter.at(report::VALUE, path, problem, fix);
}
