//! `sim --runs N [--seed S] [--days D] [--people P] [--json] [--trace]`: plays runs of the
//! whole-app simulation; `--mutants` plays them against wrong versions of the engine.

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use testkit::sim::{Report, Settings, play};

struct Options {
    runs: u64,
    seed: u64,
    jobs: usize,
    json: bool,
    settings: Settings,
}

const USAGE: &str = "usage: sim [--runs N] [--seed S] [--days D] [--people P] [--jobs J] \
                     [--mutants] [--json] [--trace]";

fn options() -> Result<Options, String> {
    let mut options = Options {
        runs: 50,
        seed: 1,
        jobs: 1,
        json: false,
        settings: Settings::default(),
    };
    let mut words = std::env::args().skip(1);
    let mut runs = None;
    let mut seeded = false;
    while let Some(word) = words.next() {
        let mut number = || -> Result<u64, String> {
            let value = words.next().unwrap_or_default();
            value
                .parse()
                .map_err(|_| format!("{word} wants a number; {USAGE}"))
        };
        match word.as_str() {
            "--runs" => runs = Some(number()?),
            "--seed" => {
                options.seed = number()?;
                seeded = true;
            }
            "--days" => options.settings.days = number()?.cast_signed(),
            "--people" => {
                options.settings.people = usize::try_from(number()?).map_err(|e| e.to_string())?;
            }
            "--jobs" => options.jobs = usize::try_from(number()?).map_err(|e| e.to_string())?,
            "--json" => options.json = true,
            "--trace" => options.settings.trace = true,
            other => return Err(format!("unknown option {other}; {USAGE}")),
        }
    }
    options.runs = runs.unwrap_or(if seeded { 1 } else { 50 });
    Ok(options)
}

fn main() -> ExitCode {
    let options = match options() {
        Ok(options) => options,
        Err(problem) => {
            eprintln!("{problem}");
            return ExitCode::from(2);
        }
    };
    let begun = Instant::now();
    let reports = play_all(&options);
    let failed: Vec<&Report> = reports.iter().filter(|r| !r.violations.is_empty()).collect();
    let seconds = begun.elapsed().as_secs_f64();
    if options.json {
        println!(
            "{}",
            serde_json::json!({"runs": reports, "failed": failed.len(), "seconds": seconds})
        );
    } else {
        let sum = |f: fn(&Report) -> u64| reports.iter().map(f).sum::<u64>();
        println!(
            "{} runs in {seconds:.1} s: {} failed; {} events, {} requests, {} changes, {} deaths",
            reports.len(),
            failed.len(),
            sum(|r| r.events),
            sum(|r| r.requests),
            sum(|r| r.changes),
            sum(|r| r.deaths),
        );
    }
    if failed.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn play_all(options: &Options) -> Vec<Report> {
    let next = AtomicU64::new(0);
    let reports = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..options.jobs.max(1) {
            scope.spawn(|| {
                loop {
                    let n = next.fetch_add(1, Ordering::SeqCst);
                    if n >= options.runs {
                        return;
                    }
                    let report = play(options.seed + n, options.settings);
                    tell(&report, &options.settings);
                    if let Ok(mut reports) = reports.lock() {
                        reports.push(report);
                    }
                }
            });
        }
    });
    let mut reports = reports.into_inner().unwrap_or_default();
    reports.sort_by_key(|r| r.seed);
    reports
}

fn tell(report: &Report, settings: &Settings) {
    if report.violations.is_empty() {
        return;
    }
    eprintln!("seed {} failed:", report.seed);
    for violation in report.violations.iter().take(5) {
        eprintln!("  {violation}");
    }
    eprintln!(
        "  replay: sim --seed {} --days {} --people {} --trace",
        report.seed, settings.days, settings.people
    );
}
