//! Whether a worker who is new in a source is somebody who is known.
//!
//! Exact or not at all: every attribute of a set must be there and equal. Whoever fits several
//! people, or shares the attributes with another new row, is held back until a person decides; a
//! wrong match would give one person the access of another.

use std::collections::{BTreeSet, HashMap};

use model::source::WorkerRow;
use model::{Facts, SubjectId, Value};
use ports::store::MAX_PAGE;

use super::UndecidedWorker;
use super::differences::Feed;
use crate::drill::is_persona;
use crate::{App, AppError};

/// One set of attributes with the values of one worker; which set, by its place.
type Traits = (usize, Vec<String>);

/// Who is known by which attributes.
pub(super) struct Correlation<'a> {
    sets: &'a [Vec<String>],
    known: HashMap<Traits, BTreeSet<SubjectId>>,
    /// How many new rows of the delivery share them.
    new: HashMap<Traits, usize>,
    /// What people decided about workers of this source: key → who they are, who they are not.
    decided: HashMap<String, Decided>,
}

#[derive(Default)]
struct Decided {
    is: Option<SubjectId>,
    is_not: BTreeSet<SubjectId>,
}

impl<'a> Correlation<'a> {
    /// Looks for these new rows among everyone. Without new rows nothing is read.
    pub(super) async fn of(
        app: &App,
        feed: Feed<'a>,
        unknown: &[&WorkerRow],
    ) -> Result<Self, AppError> {
        let mut correlation = Self {
            sets: feed.correlate,
            known: HashMap::new(),
            new: HashMap::new(),
            decided: HashMap::new(),
        };
        if unknown.is_empty() {
            return Ok(correlation);
        }
        for matched in app.store.worker_matches(feed.name).await? {
            let decided = correlation.decided.entry(matched.key).or_default();
            if matched.same {
                decided.is = Some(matched.subject);
            } else {
                decided.is_not.insert(matched.subject);
            }
        }
        if feed.correlate.is_empty() {
            return Ok(correlation);
        }
        for row in unknown {
            for traits in correlation.traits(&row.facts) {
                *correlation.new.entry(traits).or_default() += 1;
            }
        }
        correlation.look_among_everyone(app).await?;
        Ok(correlation)
    }

    async fn look_among_everyone(&mut self, app: &App) -> Result<(), AppError> {
        let mut after = None;
        loop {
            let page = app.store.people_page(None, after, MAX_PAGE).await?;
            after = page.last().map(|p| p.subject);
            // Whoever is made up for a drill is nobody, whatever they are called.
            for person in page.iter().filter(|person| !is_persona(person)) {
                for engagement in &person.engagements {
                    for traits in self.traits(&engagement.facts) {
                        if self.new.contains_key(&traits) {
                            self.known.entry(traits).or_default().insert(person.subject);
                        }
                    }
                }
            }
            if page.len() < MAX_PAGE as usize {
                return Ok(());
            }
        }
    }

    /// The sets of which these facts have every attribute.
    fn traits(&self, facts: &Facts) -> Vec<Traits> {
        let of_set = |(no, set): (usize, &Vec<String>)| {
            let values: Option<Vec<String>> = set
                .iter()
                .map(|name| facts.attributes.get(name).and_then(comparable))
                .collect();
            Some((no, values?))
        };
        self.sets.iter().enumerate().filter_map(of_set).collect()
    }

    /// Who a new worker is; `None` for someone new.
    pub(super) fn find(&self, row: &WorkerRow) -> Result<Option<SubjectId>, UndecidedWorker> {
        let decided = self.decided.get(&row.key);
        if let Some(subject) = decided.and_then(|d| d.is) {
            return Ok(Some(subject));
        }
        for traits in self.traits(&row.facts) {
            let known = self.known.get(&traits).into_iter().flatten().copied();
            let is_not = |s: &SubjectId| decided.is_some_and(|d| d.is_not.contains(s));
            let candidates: Vec<SubjectId> = known.filter(|s| !is_not(s)).collect();
            let set = self.sets[traits.0].join(", ");
            let undecided = |problem: String| UndecidedWorker {
                key: row.key.clone(),
                candidates: candidates.clone(),
                problem,
            };
            let rows = self.new.get(&traits).copied().unwrap_or_default();
            // Someone of whom a person said that they are none of those whom they look like is
            // told apart, and may be new beside another row.
            if rows > 1 && decided.is_none() {
                return Err(undecided(format!(
                    "{rows} new rows of the same delivery agree in {set}"
                )));
            }
            match candidates.as_slice() {
                [] => {}
                [one] => return Ok(Some(*one)),
                several => {
                    let n = several.len();
                    return Err(undecided(format!(
                        "{n} people who are known agree in {set}"
                    )));
                }
            }
        }
        Ok(None)
    }
}

/// A value as it is compared: texts without regard to case and outer white space.
fn comparable(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => {
            let text = text.trim().to_lowercase();
            (!text.is_empty()).then_some(text)
        }
        Value::Int(number) => Some(number.to_string()),
        _ => None,
    }
}
