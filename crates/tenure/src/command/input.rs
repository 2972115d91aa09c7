//! What is put in: documents, HR files, secrets, observations.

use std::path::{Path, PathBuf};

use api::{
    DeliveryAnswer, DocumentFile, DocumentsAnswer, DocumentsInForce, Done, FileChange,
    ObserveRequest, ObservedRun, Page, PutDocuments, PutSecret,
};

use super::{Change, Desk, spinner};
use crate::client::context::secret_from_stdin;
use crate::failure::{Exit, Failure};
use crate::output::printable;

/// Files of one tenant directory.
const MOST_FILES: usize = 1000;
/// Bytes of one file.
const MOST_BYTES: u64 = 1 << 20;

/// `tenure config push DIR`.
pub async fn push(desk: &Desk, directory: &Path, change: Change) -> Result<Exit, Failure> {
    let files = read_directory(directory)?;
    let body = PutDocuments {
        files,
        dry_run: change.dry_run,
        reason: change.reason,
    };
    let answer: DocumentsAnswer = desk.client.put(&["documents"], &body).await?;
    let (sources, apps, rules) = (answer.sources, answer.apps, answer.rules);
    let would = if answer.dry_run { "would be" } else { "is" };
    if answer.tests > 0 {
        eprintln!("All tests of the documents pass ({}).", answer.tests);
    }
    if answer.changed {
        eprintln!(
            "Revision {} {would} in force: {sources} sources, {apps} apps, {rules} rules.",
            answer.revision
        );
    } else {
        eprintln!(
            "Nothing differs from revision {}, which is in force.",
            answer.revision
        );
    }
    for note in &answer.notes {
        eprintln!("Note: {}.", printable(note));
    }
    // Who is in a file is told beside the files; what is said of them is not.
    let people = answer.people.iter().map(|person| FileChange {
        path: format!("Person {}", person.document),
        change: person.change.clone(),
    });
    let rows: Vec<FileChange> = answer.files.iter().cloned().chain(people).collect();
    desk.output.list(&rows, &["path", "change"])?;
    Ok(if answer.dry_run && answer.changed {
        Exit::Present
    } else {
        Exit::Fine
    })
}

/// `tenure config show`.
pub async fn documents(desk: &Desk) -> Result<Exit, Failure> {
    let answer: DocumentsInForce = desk.client.get(&["documents"], &[]).await?;
    eprintln!(
        "Revision {} by {} at {}.",
        answer.revision,
        printable(&answer.author),
        answer.at
    );
    desk.output.list(&answer.files, &["path"])?;
    Ok(Exit::Fine)
}

/// Every YAML file below a directory, in the order of their paths. Links are not followed.
pub(super) fn read_directory(directory: &Path) -> Result<Vec<DocumentFile>, Failure> {
    let fail = |path: &Path, e: &std::io::Error| Failure::file("the tenant directory", path, e);
    let mut left = vec![directory.to_owned()];
    let mut paths: Vec<PathBuf> = Vec::new();
    while let Some(place) = left.pop() {
        for entry in std::fs::read_dir(&place).map_err(|e| fail(&place, &e))? {
            let entry = entry.map_err(|e| fail(&place, &e))?;
            let kind = entry.file_type().map_err(|e| fail(&entry.path(), &e))?;
            let hidden = entry.file_name().to_string_lossy().starts_with('.');
            let path = entry.path();
            let yaml = path.extension().is_some_and(|e| e == "yaml" || e == "yml");
            if kind.is_dir() && !hidden {
                left.push(path);
            } else if kind.is_file() && yaml {
                paths.push(path);
            }
        }
        if paths.len() > MOST_FILES {
            return Err(Failure::usage(
                format!(
                    "{} holds more than {MOST_FILES} YAML files",
                    directory.display()
                ),
                "is it the right directory?",
            ));
        }
    }
    if paths.is_empty() {
        return Err(Failure::usage(
            format!("{} holds no YAML file", directory.display()),
            "name the tenant directory",
        ));
    }
    paths.sort();
    let mut files = Vec::new();
    for path in paths {
        let size = std::fs::metadata(&path).map_err(|e| fail(&path, &e))?.len();
        if size > MOST_BYTES {
            let problem = format!(
                "{} is {size} bytes long, more than {MOST_BYTES}",
                path.display()
            );
            return Err(Failure::usage(problem, "split it"));
        }
        let text = std::fs::read_to_string(&path).map_err(|e| fail(&path, &e))?;
        let name = path.strip_prefix(directory).unwrap_or(&path);
        files.push(DocumentFile {
            path: name.display().to_string(),
            text,
        });
    }
    Ok(files)
}

/// `tenure hr import FILE --source NAME`.
pub async fn import(
    desk: &Desk,
    file: &Path,
    source: &str,
    change: Change,
) -> Result<Exit, Failure> {
    let bytes = tokio::fs::read(file)
        .await
        .map_err(|e| Failure::file("the HR file", file, &e))?;
    let place = file
        .file_name()
        .map_or(String::new(), |n| n.to_string_lossy().into_owned());
    let mut query = vec![("source", source), ("place", place.as_str())];
    if change.dry_run {
        query.push(("dry_run", "true"));
    }
    if let Some(reason) = &change.reason {
        query.push(("reason", reason));
    }
    let life = spinner("reading the file");
    let answer: Result<DeliveryAnswer, _> = desk.client.deliver(&query, bytes).await;
    life.finish_and_clear();
    let answer = answer?;
    for diagnostic in &answer.diagnostics {
        let diagnostic = model::Diagnostic::from(diagnostic.clone());
        eprintln!("{}", printable(&diagnostic.to_string()));
    }
    for worker in &answer.undecided {
        let candidates = worker.candidates.join(", ");
        let line = format!(
            "{}: held back: {} ({candidates})",
            worker.key, worker.problem
        );
        eprintln!("{}", printable(&line));
        eprintln!("  fix: decide with `tenure person join` or `tenure person separate`");
    }
    if answer.refused {
        return Err(Failure::new(
            "TNR-CLI-0016",
            "the file is damaged and was refused whole: no row of it counts",
            "mend what is named above and deliver it again",
        ));
    }
    // A dry run draws ids for those who are new, and forgets them.
    let mut columns = vec!["change", "key", "name", "subject"];
    if answer.dry_run {
        columns.pop();
    }
    desk.output.list(&answer.changes, &columns)?;
    let would = if answer.dry_run { " would be" } else { "" };
    eprintln!(
        "{} rows, {} people{would} new or changed, {} things to mend; the listing is {}.",
        answer.rows,
        answer.changes.len(),
        answer.diagnostics.len(),
        answer.completeness
    );
    Ok(
        if answer.diagnostics.is_empty() && answer.undecided.is_empty() {
            Exit::Fine
        } else {
            Exit::Present
        },
    )
}

/// `tenure observe APP`.
pub async fn observe(desk: &Desk, target: &str) -> Result<Exit, Failure> {
    let life = spinner("reading the app");
    let body = ObserveRequest {
        target: target.to_owned(),
    };
    let runs: Result<Page<ObservedRun>, _> = desk.client.post(&["observations"], &body).await;
    life.finish_and_clear();
    let runs = runs?.items;
    desk.output.list(
        &runs,
        &[
            "target",
            "kind",
            "read",
            "changed",
            "vanished",
            "completeness",
            "detail",
        ],
    )?;
    let whole = runs.iter().all(|run| run.completeness == "full");
    if !whole {
        eprintln!("A listing is not proven complete: nothing is concluded from what it lacks.");
    }
    Ok(if whole { Exit::Fine } else { Exit::Unreachable })
}

/// `tenure secret set NAME --app APP --host HOST`, `--channel CHANNEL` or `--identity-provider NAME`, perhaps `--expires WHEN`; the
/// value from stdin.
pub async fn set_secret(
    desk: &Desk,
    name: &str,
    (app, host): (String, String),
    expires: Option<String>,
    change: Change,
) -> Result<Exit, Failure> {
    let reason = change.needed_reason()?;
    let value = secret_from_stdin("the secret")?.expose().to_owned();
    let body = PutSecret {
        app,
        host,
        value,
        expires,
        dry_run: change.dry_run,
        reason,
    };
    let answer: Done = desk.client.put(&["secrets", name], &body).await?;
    eprintln!(
        "{}{}.",
        if answer.dry_run { "would be: " } else { "" },
        answer.done
    );
    Ok(Exit::Fine)
}
