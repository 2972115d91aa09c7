//! Apps that nobody but their own people can reach.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use api::{AnswersAnswer, ExtractAnswer, SheetAnswer, WireDiagnostic, WireLine};
use clap::Subcommand;

use super::{Change, Desk, spinner};
use crate::failure::{Exit, Failure};
use crate::output::printable;

/// What follows `tenure handoff`.
#[derive(Debug, Subcommand)]
pub enum HandOffCommand {
    /// Lists what an app's people are asked to do and have not answered. Ends with 2 where something
    /// is overdue.
    List {
        /// The app.
        app: String,
    },
    /// Writes the file for them: everything they have not answered, with columns for the answer.
    Export {
        /// The app.
        app: String,
        /// The file to make, readable by you alone; standard output if not given. A file that is
        /// there is never replaced: answers may stand in it.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Takes in what they answered: the file that they got, with the last columns filled in.
    Confirm {
        /// The app.
        app: String,
        /// The file.
        file: PathBuf,
        #[command(flatten)]
        change: Change,
    },
    /// Takes in a list of the app's accounts, as the app exports it. Only this reads anything back.
    Extract {
        /// The app.
        app: String,
        /// The file.
        file: PathBuf,
        /// When the app made it, for example 2026-10-01T08:00:00Z.
        #[arg(long, value_name = "INSTANT")]
        taken_at: String,
        #[command(flatten)]
        change: Change,
    },
}

/// `tenure handoff …`.
pub async fn handoff(desk: &Desk, command: HandOffCommand) -> Result<Exit, Failure> {
    match command {
        HandOffCommand::List { app } => list(desk, &app).await,
        HandOffCommand::Export { app, out } => export(desk, &app, out.as_deref()).await,
        HandOffCommand::Confirm { app, file, change } => confirm(desk, &app, &file, change).await,
        HandOffCommand::Extract {
            app,
            file,
            taken_at,
            change,
        } => extract(desk, &app, &file, &taken_at, change).await,
    }
}

async fn list(desk: &Desk, app: &str) -> Result<Exit, Failure> {
    let rows: Vec<WireLine> = desk.client.all(&["handoff", app, "lines"], &[]).await?;
    let columns = ["line", "status", "due", "task", "account", "name", "why"];
    desk.output.list(&rows, &columns)?;
    let late = rows.iter().any(|line| line.status == "overdue");
    Ok(if late { Exit::Present } else { Exit::Fine })
}

async fn export(desk: &Desk, app: &str, out: Option<&Path>) -> Result<Exit, Failure> {
    let answer: SheetAnswer = desk.client.get(&["handoff", app, "sheet"], &[]).await?;
    match out {
        Some(file) => {
            write_new(file, answer.sheet.as_bytes())
                .map_err(|e| Failure::file("the file for the app's people", file, &e))?;
            eprintln!("{} lines are in {}.", answer.lines, file.display());
        }
        None => {
            let mut stdout = std::io::stdout().lock();
            stdout
                .write_all(answer.sheet.as_bytes())
                .and_then(|()| stdout.flush())
                .map_err(|e| Failure::file("the file for the app's people", Path::new("-"), &e))?;
            eprintln!("{} lines.", answer.lines);
        }
    }
    Ok(Exit::Fine)
}

/// Writes a file that is there whole or not at all, for its owner alone. One that is there already is
/// an error. What is written first lies beside it under another name, so that nobody takes half of it
/// for the whole.
pub(super) fn write_new(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    let part = file.with_file_name(name);
    // Unlike a renaming, a second name never takes the place of a file that is there.
    let written = write_part(&part, bytes).and_then(|()| std::fs::hard_link(&part, file));
    let removed = std::fs::remove_file(&part);
    written.and(removed)?;
    // The name is durable once its directory is.
    let folder = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    std::fs::File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

fn write_part(part: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(part)?;
    file.write_all(bytes)?;
    file.sync_all()
}

async fn confirm(desk: &Desk, app: &str, file: &Path, change: Change) -> Result<Exit, Failure> {
    let reason = change.needed_reason()?;
    let (place, bytes) = read(file).await?;
    let mut query = vec![("place", place.as_str()), ("reason", &reason)];
    if change.dry_run {
        query.push(("dry_run", "true"));
    }
    let path = ["handoff", app, "answers"];
    let answer: AnswersAnswer = desk.client.send_csv(&path, &query, bytes).await?;
    tell(&answer.diagnostics);
    if answer.refused {
        return Err(damaged());
    }
    desk.output
        .list(&answer.answers, &["line", "answer", "taken"])?;
    let would = if answer.dry_run { " would be" } else { "" };
    eprintln!(
        "{} answers{would} taken in, {} lines without an answer, {} things to mend.",
        answer.answers.len(),
        answer.unanswered,
        answer.diagnostics.len()
    );
    Ok(ended(&answer.diagnostics))
}

async fn extract(
    desk: &Desk,
    app: &str,
    file: &Path,
    taken_at: &str,
    change: Change,
) -> Result<Exit, Failure> {
    let (place, bytes) = read(file).await?;
    let mut query = vec![("place", place.as_str()), ("taken_at", taken_at)];
    if change.dry_run {
        query.push(("dry_run", "true"));
    }
    if let Some(reason) = &change.reason {
        query.push(("reason", reason));
    }
    let life = spinner("reading the list");
    let path = ["handoff", app, "extracts"];
    let answer: Result<ExtractAnswer, _> = desk.client.send_csv(&path, &query, bytes).await;
    life.finish_and_clear();
    let answer = answer?;
    tell(&answer.diagnostics);
    if answer.refused {
        return Err(damaged());
    }
    let columns = [
        "read",
        "changed",
        "vanished",
        "verified",
        "completeness",
        "detail",
    ];
    desk.output.show(&answer, &columns)?;
    Ok(ended(&answer.diagnostics))
}

async fn read(file: &Path) -> Result<(String, Vec<u8>), Failure> {
    let bytes = tokio::fs::read(file).await;
    let bytes = bytes.map_err(|e| Failure::file("the file", file, &e))?;
    let place = file
        .file_name()
        .map(|name| name.to_string_lossy().into_owned());
    Ok((place.unwrap_or_default(), bytes))
}

fn tell(diagnostics: &[WireDiagnostic]) {
    for diagnostic in diagnostics {
        let diagnostic = model::Diagnostic::from(diagnostic.clone());
        eprintln!("{}", printable(&diagnostic.to_string()));
    }
}

fn damaged() -> Failure {
    Failure::new(
        "TNR-CLI-0016",
        "the file is damaged and was refused whole: no row of it counts",
        "mend what is named above and deliver it again",
    )
}

fn ended(diagnostics: &[WireDiagnostic]) -> Exit {
    match diagnostics.is_empty() {
        true => Exit::Fine,
        false => Exit::Present,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_file_is_its_owners_alone_and_is_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("plant.csv");
        write_new(&file, b"one").unwrap();
        assert_eq!(
            std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
            0o600
        );
        let again = write_new(&file, b"two").unwrap_err();
        assert_eq!(again.kind(), std::io::ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read(&file).unwrap(), b"one");
        let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(left.len(), 1, "nothing half-written is left");
    }
}
