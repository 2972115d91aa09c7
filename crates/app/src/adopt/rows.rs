//! Decisions as people write them: a row each, with an account, perhaps a group, and a word.

use model::event::Holder;
use model::{Diagnostic, Timestamp};

/// One row of decisions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DecisionRow {
    /// Where the row stands in its file, for what is said about it.
    pub line: u64,
    /// The app's id of the account.
    pub account: String,
    /// The name of a group in the app, for a membership; empty for the account itself.
    pub group: String,
    /// What is decided; empty: nothing yet.
    pub decision: String,
    /// Who answers for it.
    pub owner: String,
    /// Until when (`2026-12-31T00:00:00Z`); empty: without an end.
    pub until: String,
    /// Why; empty: as the whole file.
    pub reason: String,
}

/// A row that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecidedRow {
    /// Where it stands.
    pub line: u64,
    /// The account.
    pub account: String,
    /// The group, for a membership.
    pub group: String,
    /// What is decided now.
    pub decision: String,
}

/// What became of some rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DecisionReport {
    /// Rows that decide something new.
    pub decided: Vec<DecidedRow>,
    /// Rows that say what was decided already.
    pub unchanged: u64,
    /// Rows without a decision.
    pub open: u64,
    /// Rows that do not count, and why.
    pub diagnostics: Vec<Diagnostic>,
}

/// What a row says, before anything is looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    Adopt(String),
    NotTheSame(String),
    Holder(Holder),
    Keep,
    Reject,
    Undecided,
}

/// Every word that begins a decision.
const WORDS: [&str; 10] = [
    "adopt",
    "not-the-same",
    "orphan",
    "shared",
    "service",
    "privileged",
    "ignore",
    "keep",
    "reject",
    "undecided",
];

/// What is wrong with one field of a row.
pub(super) struct Flaw {
    pub(super) code: &'static str,
    pub(super) field: &'static str,
    pub(super) problem: String,
    pub(super) fix: String,
}

impl Flaw {
    pub(super) fn new(field: &'static str, problem: String, fix: impl Into<String>) -> Self {
        Self {
            code: "TNR-ADOPT-0010",
            field,
            problem,
            fix: fix.into(),
        }
    }

    pub(super) fn of(self, line: u64) -> Diagnostic {
        Diagnostic {
            code: self.code.to_owned(),
            place: "decisions".to_owned(),
            line,
            column: 0,
            field: self.field.to_owned(),
            problem: self.problem,
            fix: self.fix,
        }
    }
}

/// Reads a row's decision. `None`: it has none yet.
pub(super) fn said(row: &DecisionRow) -> Result<Option<Said>, Flaw> {
    let text = row.decision.trim();
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let rest = rest.trim();
    let lower = word.to_ascii_lowercase();
    let one = |said| {
        if rest.is_empty() {
            return Ok(Some(said));
        }
        let problem = format!("`{text:.100}` says more than `{lower}`");
        Err(Flaw::new(
            "decision",
            problem,
            format!("write `{lower}` alone"),
        ))
    };
    let key = |make: fn(String) -> Said| {
        if !rest.is_empty() {
            return Ok(Some(make(rest.to_owned())));
        }
        let problem = format!("`{lower}` does not say who");
        Err(Flaw::new(
            "decision",
            problem,
            format!("write `{lower} WORKERKEY`"),
        ))
    };
    let access = !row.group.is_empty();
    told_in_vain(row, &lower, access)?;
    match lower.as_str() {
        "" => Ok(None),
        "keep" => one(Said::Keep),
        "adopt" if access => one(Said::Keep),
        "reject" => one(Said::Reject),
        "undecided" => one(Said::Undecided),
        other if access && WORDS.contains(&other) => {
            let problem = format!("`{other}` is about accounts, and this row is about a group");
            Err(Flaw::new("decision", problem, "write `keep` or `reject`"))
        }
        "adopt" => key(Said::Adopt),
        "not-the-same" => key(Said::NotTheSame),
        "orphan" => one(Said::Holder(Holder::Orphan)),
        "shared" => one(Said::Holder(Holder::Shared)),
        "privileged" => one(Said::Holder(Holder::Privileged)),
        "ignore" => one(Said::Holder(Holder::Ignored)),
        "service" => {
            let owner = needed(row, "service")?;
            one(Said::Holder(Holder::Service { owner }))
        }
        other => {
            let near = rules::closest(other, WORDS.iter().copied());
            let fix = near.map_or_else(
                || format!("write one of {}", WORDS.join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            Err(Flaw::new(
                "decision",
                format!("`{other:.100}` is no decision"),
                fix,
            ))
        }
    }
}

/// Refuses what a row says and its decision would not keep: whoever wrote it would believe that
/// it holds. A decision that is taken back may leave the earlier row's fields as they are.
fn told_in_vain(row: &DecisionRow, word: &str, access: bool) -> Result<(), Flaw> {
    let keeps = word == "keep" || (access && word == "adopt");
    let known = WORDS.contains(&word) && word != "undecided";
    for (field, text, kept) in [
        ("owner", &row.owner, keeps || word == "service"),
        ("until", &row.until, keeps),
    ] {
        if known && !kept && !text.trim().is_empty() {
            let problem = format!("`{word}` keeps no `{field}`");
            let fix = "leave it empty; what others should know can stand in `reason`";
            return Err(Flaw::new(field, problem, fix));
        }
    }
    Ok(())
}

/// Who answers for it, where someone must.
pub(super) fn needed(row: &DecisionRow, word: &str) -> Result<String, Flaw> {
    let owner = row.owner.trim();
    if owner.is_empty() {
        let problem = format!("`{word}` has no owner: nobody answers for it");
        return Err(Flaw::new(
            "owner",
            problem,
            "name a person or a team in `owner`",
        ));
    }
    Ok(owner.to_owned())
}

/// The end of a row's decision; it must lie ahead.
pub(super) fn until(row: &DecisionRow, now: Timestamp) -> Result<Option<Timestamp>, Flaw> {
    let text = row.until.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let Ok(until) = text.parse::<Timestamp>() else {
        let problem = format!("`{text:.100}` is no instant");
        return Err(Flaw::new(
            "until",
            problem,
            "write it as 2026-12-31T00:00:00Z",
        ));
    };
    if until <= now {
        let problem = format!("`{text}` has passed");
        return Err(Flaw::new(
            "until",
            problem,
            "write a later one, or `reject`",
        ));
    }
    Ok(Some(until))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(decision: &str, group: &str, owner: &str, until: &str) -> DecisionRow {
        DecisionRow {
            decision: decision.to_owned(),
            group: group.to_owned(),
            owner: owner.to_owned(),
            until: until.to_owned(),
            ..DecisionRow::default()
        }
    }

    #[test]
    fn what_a_decision_would_not_keep_is_refused() {
        let until = "2027-01-01T00:00:00Z";
        for (row, field) in [
            (row("shared", "", "front desk", ""), "owner"),
            (row("adopt w1", "", "front desk", ""), "owner"),
            (row("reject", "Sales", "front desk", ""), "owner"),
            (row("service", "", "ops", until), "until"),
            (row("orphan", "", "", until), "until"),
        ] {
            let flaw = said(&row).err().map(|flaw| flaw.field);
            assert_eq!(flaw, Some(field), "{row:?}");
        }
        for row in [
            row("service", "", "ops", ""),
            row("keep", "Sales", "ops", until),
            row("adopt", "Sales", "ops", until),
            // The fields of what is taken back stay in the file.
            row("undecided", "", "ops", until),
            row("", "", "ops", ""),
        ] {
            assert!(said(&row).is_ok(), "{row:?}");
        }
    }
}
