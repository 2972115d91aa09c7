//! `cargo xtask test`: every test, with the software it speaks to, and the house rules.

use std::ffi::OsString;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::Stdio;
use std::time::Instant;

use crate::{door, peers, postgres, tidy};

/// Tests fail instead of skipping when this is `1`.
const REQUIRE: &str = "TENURE_REQUIRE_PEERS";

/// What was asked for.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    /// Missing software is a failure.
    pub require_peers: bool,
    /// Do not start (or install) anything; tests that need it skip.
    pub no_peers: bool,
    /// Only tests whose name contains this; then tidy is left out.
    pub filter: Option<String>,
}

impl Wishes {
    /// Reads the words after `test`.
    ///
    /// # Errors
    /// Names the word that is not understood.
    pub fn read(words: &[&str]) -> Result<Self, String> {
        let mut wishes = Self {
            require_peers: std::env::var(REQUIRE).is_ok_and(|value| value == "1"),
            ..Self::default()
        };
        for word in words {
            match *word {
                "--require-peers" => wishes.require_peers = true,
                "--no-peers" => wishes.no_peers = true,
                word if word.starts_with('-') => {
                    return Err(format!("`{word}` is no option of `cargo xtask test`"));
                }
                word if wishes.filter.is_none() => wishes.filter = Some(word.to_owned()),
                word => return Err(format!("one filter, please: `{word}` is the second")),
            }
        }
        if wishes.require_peers && wishes.no_peers {
            return Err("--require-peers and --no-peers contradict each other".to_owned());
        }
        Ok(wishes)
    }
}

/// What tests may speak to, and what is missing.
#[derive(Default)]
struct Around {
    env: Vec<(String, OsString)>,
    has: Vec<String>,
    lacks: Vec<String>,
    started: bool,
}

/// Runs it all.
///
/// # Errors
/// A test or a house rule fails, or software is missing that was required.
pub fn run(wishes: &Wishes) -> Result<(), String> {
    let began = Instant::now();
    let around = around(wishes)?;
    let tests = cargo_test(wishes, &around);
    // Whatever the tests said, nothing that we started stays behind.
    let stopped = if around.started {
        peers::stop()
    } else {
        Ok(())
    };
    let house = match wishes.filter {
        None => Some(tidy::run()),
        Some(_) => None,
    };
    println!();
    println!("summary");
    for (name, value) in [("with", &around.has), ("WITHOUT", &around.lacks)] {
        for line in value {
            println!("  {name} {line}");
        }
    }
    let verdict = match &tests {
        Ok(totals) | Err((_, totals)) => totals.to_string(),
    };
    println!("  tests: {verdict}");
    match &house {
        Some(Ok(())) => println!("  tidy: in order"),
        Some(Err(problem)) => println!("  tidy: {problem}"),
        None => println!("  tidy: not run, as only some tests were asked for"),
    }
    println!("  took {} s", began.elapsed().as_secs());
    tests.map_err(|(problem, _)| problem)?;
    stopped?;
    house.unwrap_or(Ok(()))
}

fn around(wishes: &Wishes) -> Result<Around, String> {
    let mut around = Around::default();
    if wishes.require_peers {
        around.env.push((REQUIRE.to_owned(), "1".into()));
    }
    let postgres = if wishes.no_peers {
        postgres::path().ok_or_else(|| "not looked for".to_owned())
    } else {
        postgres::find_or_install()
    };
    match postgres {
        Ok(path) => {
            around.env.push(("PATH".to_owned(), path));
            around.has.push("PostgreSQL".to_owned());
        }
        Err(why) => around.lack("PostgreSQL", &why, wishes)?,
    }
    if wishes.no_peers {
        around.lack("other software", "--no-peers", wishes)?;
        return Ok(around);
    }
    // Peers that somebody started before us are theirs to stop.
    let before = door::root()?.join("target/peers/env").exists();
    match peers::start() {
        Ok(found) => {
            around.started = !before;
            let told = found.env.into_iter();
            around.env.extend(told.map(|(k, v)| (k, v.into())));
            for peer in found.peers {
                around
                    .has
                    .push(format!("{} on port {}", peer.name, peer.port));
            }
        }
        Err(why) => {
            if !before {
                // Some may have come up before another one failed.
                peers::stop()?;
            }
            around.lack("other software", &why, wishes)?;
        }
    }
    Ok(around)
}

impl Around {
    fn lack(&mut self, what: &str, why: &str, wishes: &Wishes) -> Result<(), String> {
        if wishes.require_peers {
            return Err(format!("{what} required, but: {why}"));
        }
        eprintln!("skipping tests that need {what}: {why}");
        let line = why.lines().next().unwrap_or_default();
        self.lacks.push(format!("{what}: {line}"));
        Ok(())
    }
}

/// The sum of cargo test's closing lines.
#[derive(Debug, Default, PartialEq, Eq)]
struct Totals {
    binaries: u64,
    passed: u64,
    failed: u64,
    ignored: u64,
}

impl Totals {
    /// Adds a line such as `test result: ok. 3 passed; 0 failed; 1 ignored; …`.
    fn add(&mut self, line: &str) {
        let Some(rest) = line.strip_prefix("test result: ") else {
            return;
        };
        self.binaries += 1;
        let words: Vec<&str> = rest.split([' ', ';']).filter(|w| !w.is_empty()).collect();
        for pair in words.windows(2) {
            let Ok(count) = pair[0].parse::<u64>() else {
                continue;
            };
            match pair[1] {
                "passed" => self.passed += count,
                "failed" => self.failed += count,
                "ignored" => self.ignored += count,
                _ => {}
            }
        }
    }
}

impl std::fmt::Display for Totals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} passed, {} failed, {} ignored, in {} binaries",
            self.passed, self.failed, self.ignored, self.binaries
        )
    }
}

/// One command for everything: unit tests, integration tests, doc tests, examples.
fn cargo_test(wishes: &Wishes, around: &Around) -> Result<Totals, (String, Totals)> {
    let mut totals = Totals::default();
    match cargo_test_into(wishes, around, &mut totals) {
        Ok(()) => Ok(totals),
        Err(problem) => Err((problem, totals)),
    }
}

fn cargo_test_into(wishes: &Wishes, around: &Around, totals: &mut Totals) -> Result<(), String> {
    let mut command = door::cargo(&["test", "--workspace", "--no-fail-fast"])?;
    if let Some(filter) = &wishes.filter {
        command.arg(filter);
    }
    for (name, value) in &around.env {
        command.env(name, value);
    }
    let shown = door::shown(&command);
    eprintln!("$ {shown}");
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|e| format!("{shown}: cannot be run: {e}"))?;
    if let Some(stdout) = child.stdout.take() {
        let mut ours = std::io::stdout();
        for line in BufReader::new(stdout).split(b'\n') {
            let line = line.map_err(|e| format!("{shown}: {e}"))?;
            let line = String::from_utf8_lossy(&line);
            totals.add(&line);
            // Whoever reads us may have gone; the tests still run to their end.
            let _ = writeln!(ours, "{line}");
        }
    }
    let status = child.wait().map_err(|e| format!("{shown}: {e}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{shown}: {status}"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn closing_lines_are_summed() {
        let mut totals = Totals::default();
        totals.add("test reads ... ok");
        totals.add(
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.01s",
        );
        totals.add("test result: FAILED. 2 passed; 4 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.00s");
        let expected = Totals {
            binaries: 2,
            passed: 14,
            failed: 4,
            ignored: 1,
        };
        assert_eq!(totals, expected);
    }

    #[test]
    fn words_are_understood_or_named() {
        let wishes = Wishes::read(&["--require-peers", "undo"]).unwrap();
        assert!(wishes.require_peers);
        assert_eq!(wishes.filter.as_deref(), Some("undo"));
        assert!(Wishes::read(&["--fast"]).unwrap_err().contains("--fast"));
        assert!(Wishes::read(&["one", "two"]).unwrap_err().contains("two"));
        assert!(Wishes::read(&["--require-peers", "--no-peers"]).is_err());
    }
}
