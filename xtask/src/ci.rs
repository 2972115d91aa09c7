//! `cargo xtask ci`: everything that must hold before a change lands, cheapest first.

use std::time::Instant;

use crate::{door, licences, test, tidy};

type Step = (&'static str, fn() -> Result<(), String>);

const STEPS: &[Step] = &[
    ("format", format),
    ("tidy", tidy::run),
    ("licences", licences::run),
    ("clippy", clippy),
    ("test", tests),
    ("conformance", || door::conformance(&["--quick"])),
    ("conformance mutants", || door::conformance(&["--mutants"])),
    ("simulation", || sim(&["--runs", "50"])),
    ("mutants", || sim(&["--mutants"])),
    ("openapi", || door::openapi(true)),
    ("documentation", documentation),
];

/// Runs every step, even after one failed, so that one run tells everything.
///
/// # Errors
/// Names the steps that failed.
pub fn run() -> Result<(), String> {
    let mut failed = Vec::new();
    let mut times = Vec::new();
    for (name, step) in STEPS {
        println!("== {name}");
        let began = Instant::now();
        let result = step();
        let word = if result.is_ok() { "ok" } else { "FAILED" };
        times.push(format!("  {name}: {word}, {} s", began.elapsed().as_secs()));
        if let Err(problem) = result {
            eprintln!("error: {name}: {problem}");
            failed.push(*name);
        }
    }
    println!("== steps\n{}", times.join("\n"));
    if failed.is_empty() {
        Ok(())
    } else {
        Err(format!("failed: {}", failed.join(", ")))
    }
}

fn format() -> Result<(), String> {
    door::see(door::cargo(&["fmt", "--all", "--check"])?)
}

fn clippy() -> Result<(), String> {
    door::see(door::cargo(&[
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ])?)
}

fn tests() -> Result<(), String> {
    test::run(&test::Wishes {
        require_peers: true,
        ..test::Wishes::default()
    })
}

/// At its full size: 200 people, 6 targets, 30 days each.
fn sim(words: &[&str]) -> Result<(), String> {
    let jobs = std::thread::available_parallelism().map_or(1, usize::from);
    let jobs = jobs.to_string();
    door::testkit("sim", "sim", &[words, &["--jobs", &jobs]].concat())
}

fn documentation() -> Result<(), String> {
    let mut command = door::cargo(&[
        "doc",
        "--workspace",
        "--no-deps",
        "--document-private-items",
    ])?;
    command.env("RUSTDOCFLAGS", "-D warnings");
    door::see(command)
}
