//! The demo, told to its end: a small company, because these are debug builds.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use crate::node::{Said, binary};

fn demo(home: &Path, more: &[&str]) -> Command {
    let mut command = binary(home);
    command.args(["demo", "--people", "150"]).args(more);
    command.env("TMPDIR", home).stdin(Stdio::null());
    command
}

fn said(output: &Output) -> Said {
    Said {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout.clone()).unwrap(),
        err: String::from_utf8(output.stderr.clone()).unwrap(),
    }
}

/// The story itself, up to the proof, in words; without ids, which are drawn anew each time, and without
/// the seconds of the first day on which it was whose turn in a storm of 429.
fn story(text: &str) -> Vec<Vec<String>> {
    let judged = text.find("\n4. ").expect("it ends with the proof");
    let word = |word: &str| {
        let id = ["wav_", "sub_", "pln_", "del_"]
            .iter()
            .any(|kind| word.contains(kind));
        // Whom a busy app puts off depends on which request was there first: a matter of seconds.
        let second = word.parse::<model::Timestamp>().is_ok();
        (!id && !second).then(|| word.to_owned())
    };
    // A line may break elsewhere where a word has another length, so the parts are compared as words.
    let parts = text[..judged].split("\n\n");
    parts
        .map(|part| part.split_whitespace().filter_map(word).collect())
        .collect()
}

/// A demo that ends with the test, however that ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn is_empty(home: &Path) -> bool {
    std::fs::read_dir(home).unwrap().count() == 0
}

/// Reads what a demo says until it serves.
fn until_it_serves(child: &mut Child) -> (String, impl Iterator<Item = String> + use<>) {
    let stdout = child.stdout.take().unwrap();
    let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
    let mut told = String::new();
    for line in lines.by_ref() {
        if line.starts_with("Now it is yours") {
            break;
        }
        told.push_str(&line);
        told.push('\n');
    }
    (told, lines)
}

/// Two of the same seed, one of which is to come out otherwise; and what the other says to try works.
#[test]
fn one_seed_tells_one_story_a_difference_ends_it_and_what_it_says_to_try_works() {
    let (home, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let child = demo(home.path(), &[]).stdout(Stdio::piped()).spawn();
    let mut child = Running(child.unwrap());
    let altered = [
        "--exit",
        "--expect",
        "night 16=in 0, moved 0, out 0",
        "--expect",
        "the log=torn",
    ];
    let wrong = said(&demo(other.path(), &altered).output().unwrap()).expect(1);
    let (told, lines) = until_it_serves(&mut child.0);
    assert_eq!(story(&told), story(&wrong.out), "one seed, one story");
    assert!(
        told.contains(" outcomes are as the story means them"),
        "{told}"
    );
    assert!(
        !wrong.out.contains("as the story means them"),
        "{}",
        wrong.out
    );
    let first = "error[TNR-CLI-0031]: the story came out wrong: night 16: expected `in 0, moved 0, \
                 out 0`, found `in ";
    assert!(wrong.err.contains(first), "{}", wrong.err);
    assert!(
        wrong.err.contains("; 1 more are not as expected"),
        "{}",
        wrong.err
    );
    assert!(is_empty(other.path()), "nothing stays behind");

    try_what_it_says(home.path(), lines);
    let id = child.0.id().to_string();
    Command::new("kill").args(["-TERM", &id]).status().unwrap();
    assert_eq!(child.0.wait().unwrap().code(), Some(0));
    assert!(is_empty(home.path()), "nothing stays behind");
}

fn try_what_it_says(home: &Path, lines: impl Iterator<Item = String>) {
    let said_to = lines.take_while(|line| !line.starts_with('`'));
    let commands = said_to.filter(|line| line.starts_with("  "));
    let commands = commands.map(|line| line.split("  #").next().unwrap().trim().to_owned());
    let commands: Vec<String> = commands.collect();
    let (env, commands) = commands.split_first().expect("it says what to try");
    let shell = |script: &str| {
        let mut command = Command::new("sh");
        command
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", home);
        said(
            &command
                .args(["-c", &format!("{env}\n{script}")])
                .output()
                .unwrap(),
        )
    };
    // Those who found no licence are tried once more as the node starts: their waves are open as well.
    let held = "WAVE=$(tenure waves --open -o csv --columns wave,status | sed -n 's/,held$//p')";
    let mut run = BTreeSet::new();
    for command in commands {
        let command = command.replace("WAVE", "$WAVE");
        let told = shell(&format!("{held}\n{command}"));
        // There is something to look at, or nothing.
        assert!([0, 2].contains(&told.code), "{command}: {told:?}");
        run.insert(command.split_whitespace().nth(1).unwrap().to_owned());
    }
    let all = [
        "adopt", "digest", "leaver", "leavers", "ledger", "refuse", "waves", "why",
    ];
    assert_eq!(run, all.map(str::to_owned).into());
}

#[test]
fn another_seed_comes_out_as_well_for_a_hundred_columns_and_leaves_nothing_behind() {
    let home = tempfile::tempdir().unwrap();
    let told = said(
        &demo(home.path(), &["--exit", "--seed", "7"])
            .output()
            .unwrap(),
    )
    .expect(0);
    let nights = told
        .out
        .lines()
        .filter(|line| line.contains(" Mar ") || line.contains(" Apr "));
    assert_eq!(nights.count(), 30, "{}", told.out);
    for part in ["1. ", "2. ", "3. ", "4. "] {
        assert!(
            told.out.lines().any(|line| line.starts_with(part)),
            "{}",
            told.out
        );
    }
    let long: Vec<&str> = told
        .out
        .lines()
        .filter(|line| unicode_width::UnicodeWidthStr::width(*line) > 100)
        .collect();
    assert!(long.is_empty(), "{long:#?}");
    assert!(!told.out.contains('\u{1b}'), "plain where it is piped");
    assert!(told.err.is_empty(), "{}", told.err);
    assert!(is_empty(home.path()), "nothing stays behind");
}

#[test]
fn a_company_too_small_for_the_story_and_an_outcome_without_worth_are_refused() {
    let home = tempfile::tempdir().unwrap();
    let small = said(
        &binary(home.path())
            .args(["demo", "--people", "40"])
            .output()
            .unwrap(),
    );
    assert!(small.expect(64).err.contains("from 150 to 5000"));
    let bare = said(
        &demo(home.path(), &["--expect", "the log"])
            .output()
            .unwrap(),
    );
    assert!(bare.expect(64).err.contains("`the log` is no outcome"));
}
