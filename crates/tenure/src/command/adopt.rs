//! Apps that were there before Tenure.

use std::path::Path;

use api::{
    DecideEstate, DecideEstateAnswer, DriftAnswer, DriftRow, EstateAnswer, EstateRow,
    UnexplainedAnswer, WireDecision,
};

use super::{Change, Desk, spinner};
use crate::failure::{Exit, Failure};
use crate::output::{Format, printable};

/// What `tenure adopt` takes.
#[derive(Debug, clap::Args)]
pub struct Adopt {
    /// The name of its document.
    pub app: String,
    /// List access that no rule gives instead, with rules that would explain it.
    #[arg(long, conflicts_with = "decisions")]
    pub unexplained: bool,
    /// Take the decisions of this CSV file: a listing of this command, filled in.
    #[arg(long, value_name = "FILE")]
    pub decisions: Option<std::path::PathBuf>,
    #[command(flatten)]
    pub change: Change,
}

/// What `tenure drift` takes.
#[derive(Debug, clap::Args)]
pub struct Drift {
    /// The name of its document.
    pub app: String,
    /// Show those in sync too.
    #[arg(long)]
    pub all: bool,
}

/// `tenure adopt`.
pub async fn run(desk: &Desk, asked: Adopt) -> Result<Exit, Failure> {
    match asked.decisions {
        Some(file) => decide(desk, &asked.app, &file, asked.change).await,
        None if asked.unexplained => unexplained(desk, &asked.app).await,
        None => estate(desk, &asked.app).await,
    }
}

/// Bytes of a file of decisions.
const MOST_BYTES: u64 = 64 << 20;
/// Rows of one request.
const ROWS: usize = 1_000;

/// The columns of a decision that are read back; all others are for people.
const COLUMNS: [&str; 6] = ["account", "group", "decision", "owner", "until", "reason"];

/// `tenure adopt APP`.
async fn estate(desk: &Desk, app: &str) -> Result<Exit, Failure> {
    let life = spinner("comparing accounts with people");
    let answer: Result<EstateAnswer, _> = desk.client.get(&["targets", app, "estate"], &[]).await;
    life.finish_and_clear();
    let mut answer = answer?;
    // Ids are chance; people look for names.
    let place = |row: &EstateRow| (row.name.to_lowercase(), row.account.clone());
    answer.accounts.sort_by_key(place);
    let mut columns = vec!["account", "name", "active", "class", "people", "rivals"];
    columns.extend(["decision", "owner", "reason"]);
    desk.output.list(&answer.accounts, &columns)?;
    let some = answer.counts.iter().filter(|c| c.accounts > 0);
    let counts: Vec<String> = some
        .map(|c| format!("{} {}", c.accounts, c.class))
        .collect();
    eprintln!("{} accounts: {}.", answer.accounts.len(), counts.join(", "));
    Ok(Exit::Fine)
}

/// `tenure adopt APP --unexplained`.
async fn unexplained(desk: &Desk, app: &str) -> Result<Exit, Failure> {
    let life = spinner("looking for rules");
    let path = ["targets", app, "unexplained"];
    let answer: Result<UnexplainedAnswer, _> = desk.client.get(&path, &[]).await;
    life.finish_and_clear();
    let mut answer = answer?;
    answer
        .items
        .sort_by_cached_key(|row| (row.name.to_lowercase(), row.group.clone()));
    let mut columns = vec![
        "account",
        "name",
        "group",
        "class",
        "person",
        "person_name",
        "why",
    ];
    columns.extend(["decision", "owner", "until", "reason"]);
    if desk.output.format() == Format::Table {
        columns.truncate(7);
    }
    desk.output.list(&answer.items, &columns)?;
    for of in &answer.groups {
        let what = match of.group.as_str() {
            "" => "accounts".to_owned(),
            group => format!("members of `{}`", printable(group)),
        };
        let rule = match (of.when.as_str(), of.declared) {
            ("", true) => "no rule explains them".to_owned(),
            ("", false) => "no rule explains them, and no document declares the group".to_owned(),
            (when, declared) => format!(
                "`{}` explains {} and would give it to {} more{}",
                printable(when),
                of.explains,
                of.more,
                if declared {
                    ""
                } else {
                    "; declare the group first"
                }
            ),
        };
        eprintln!("{} {what}: {rule}", of.unexplained);
    }
    eprintln!("{} unexplained in all.", answer.items.len());
    Ok(present(!answer.items.is_empty()))
}

/// `tenure adopt APP --decisions FILE`.
async fn decide(desk: &Desk, app: &str, file: &Path, change: Change) -> Result<Exit, Failure> {
    let reason = change.needed_reason()?;
    let rows = read(file)?;
    let mut decided = Vec::new();
    let (mut unchanged, mut open, mut wrong) = (0, 0, 0);
    for chunk in rows.chunks(ROWS) {
        let body = DecideEstate {
            rows: chunk.to_vec(),
            reason: reason.clone(),
            dry_run: change.dry_run,
        };
        let path = ["targets", app, "decisions"];
        let answer: DecideEstateAnswer = desk.client.post(&path, &body).await?;
        for diagnostic in answer.diagnostics {
            let mut diagnostic = model::Diagnostic::from(diagnostic);
            diagnostic.place = file.display().to_string();
            eprintln!("{}", printable(&diagnostic.to_string()));
            wrong += 1;
        }
        decided.extend(answer.decided);
        unchanged += answer.unchanged;
        open += answer.open;
    }
    desk.output
        .list(&decided, &["line", "account", "group", "decision"])?;
    let would = if change.dry_run { "would be " } else { "" };
    eprintln!(
        "{} {would}decided, {unchanged} as before, {open} open, {wrong} rows to mend.",
        decided.len()
    );
    Ok(if wrong > 0 {
        Exit::Partly
    } else {
        present(change.dry_run && !decided.is_empty())
    })
}

/// `tenure drift APP`.
pub async fn drift(desk: &Desk, app: &str, all: bool) -> Result<Exit, Failure> {
    let life = spinner("comparing the app with the rules");
    let answer: Result<DriftAnswer, _> = desk.client.get(&["targets", app, "drift"], &[]).await;
    life.finish_and_clear();
    let mut answer = answer?;
    let counts = answer.counts.iter();
    let counts: Vec<String> = counts
        .map(|c| format!("{} {}", c.addresses, c.state))
        .collect();
    answer.items.retain(|row| all || row.state != "in_sync");
    let alike = |a: &DriftRow, b: &DriftRow| (&a.state, &a.kind) == (&b.state, &b.kind);
    for rows in answer.items.chunk_by_mut(alike) {
        rows.sort_by_cached_key(|row| row.name.to_lowercase());
    }
    let columns = ["state", "kind", "address", "name", "detail"];
    desk.output.list(&answer.items, &columns)?;
    eprintln!("{}.", counts.join(", "));
    let off = |state: &str| state == "drifted" || state == "unreadable";
    Ok(present(answer.items.iter().any(|row| off(&row.state))))
}

fn present(there: bool) -> Exit {
    if there { Exit::Present } else { Exit::Fine }
}

/// The decisions of a CSV file, each with the line it stands on.
fn read(file: &Path) -> Result<Vec<WireDecision>, Failure> {
    let fail = |e: &std::io::Error| Failure::file("the decisions", file, e);
    let size = std::fs::metadata(file).map_err(|e| fail(&e))?.len();
    if size > MOST_BYTES {
        let problem = format!(
            "{} is {size} bytes long, more than {MOST_BYTES}",
            file.display()
        );
        return Err(Failure::usage(problem, "split it"));
    }
    let bytes = std::fs::read(file).map_err(|e| fail(&e))?;
    parse(&bytes).map_err(|(line, problem)| {
        let problem = format!("{}:{line}: {problem}", file.display());
        let fix = "keep the header and the quoting of `tenure adopt APP -o csv`";
        Failure::usage(problem, fix)
    })
}

/// A file that is no such listing is refused whole, with the line at fault.
fn parse(bytes: &[u8]) -> Result<Vec<WireDecision>, (u64, String)> {
    // Spreadsheets write a byte order mark.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = csv::Reader::from_reader(bytes);
    let header = reader.headers().map_err(|e| (1, e.to_string()))?.clone();
    let mut at = [None; COLUMNS.len()];
    for (index, name) in header.iter().enumerate() {
        if let Some(known) = COLUMNS.iter().position(|column| *column == name.trim())
            && at[known].replace(index).is_some()
        {
            return Err((1, format!("the column `{name}` is there twice")));
        }
    }
    for needed in ["account", "decision"] {
        if COLUMNS
            .iter()
            .zip(at)
            .any(|(name, at)| *name == needed && at.is_none())
        {
            return Err((1, format!("there is no column `{needed}`")));
        }
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|e| (line(bytes, e.position()), e.to_string()))?;
        let field = |n: usize| {
            let text = at[n]
                .and_then(|index| record.get(index))
                .unwrap_or_default();
            unmarked(text).to_owned()
        };
        rows.push(WireDecision {
            line: line(bytes, record.position()),
            account: field(0),
            group: field(1),
            decision: field(2),
            owner: field(3),
            until: field(4),
            reason: field(5),
        });
    }
    Ok(rows)
}

/// The line on which a record begins, from 1. The reader's own count is one too small where lines
/// end with CRLF: it begins a record between the two.
fn line(bytes: &[u8], position: Option<&csv::Position>) -> u64 {
    let Some(position) = position else { return 0 };
    let begins = usize::try_from(position.byte()).unwrap_or(usize::MAX);
    let between = bytes.get(begins) == Some(&b'\n') && begins > 0;
    position.line() + u64::from(between)
}

/// Without the mark that the listing put before what a spreadsheet would run.
fn unmarked(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if rest.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) => rest,
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_listing_that_was_filled_in_is_read_back_with_its_lines() {
        let text = "\u{feff}account,name,class,decision,owner,reason\r\n\
                    u1,ana,exact,,,\r\n\
                    \"u2\",\"a\nb\",orphan,service,ops,\"x, y\"\r\n\
                    '-u3,c,orphan,ignore,,\r\n";
        let rows = parse(text.as_bytes()).unwrap();
        let told: Vec<_> = rows.iter().map(|r| (r.line, r.account.as_str())).collect();
        assert_eq!(told, [(2, "u1"), (3, "u2"), (5, "-u3")]);
        assert_eq!(
            (rows[1].owner.as_str(), rows[1].reason.as_str()),
            ("ops", "x, y")
        );
    }

    #[test]
    fn what_is_no_such_listing_is_refused_whole() {
        let refused = |text: &str| parse(text.as_bytes()).unwrap_err();
        assert!(refused("account,name\nu1,ana\n").1.contains("`decision`"));
        assert!(refused("account,decision,account\n").1.contains("twice"));
        assert_eq!(refused("account,decision\nu1,shared\nu2\n").0, 3);
    }
}
