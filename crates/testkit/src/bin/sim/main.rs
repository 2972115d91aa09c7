//! `sim --runs N [--seed S] [--days D] [--people P] [--json] [--trace]`: plays runs of the
//! whole-app simulation; `--mutants` plays them against wrong versions of the engine.

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use testkit::sim::{Mutant, Quarry, Report, Settings, hunt, play};

struct Options {
    runs: u64,
    seed: u64,
    jobs: usize,
    json: bool,
    mutants: bool,
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
        mutants: false,
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
            "--mutants" => options.mutants = true,
            "--json" => options.json = true,
            "--trace" => options.settings.trace = true,
            other => return Err(format!("unknown option {other}; {USAGE}")),
        }
    }
    options.runs = runs.unwrap_or(match (seeded, options.mutants) {
        (true, false) => 1,
        (false, false) => 50,
        (_, true) => 60,
    });
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
    if options.mutants {
        return hunt_all(&options);
    }
    let begun = Instant::now();
    let reports = play_all(&options);
    let failed: Vec<&Report> = reports
        .iter()
        .filter(|r| !r.violations.is_empty())
        .collect();
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

/// Hunts every mutant; the sound engine, played on the seeds that caught them, must not fail.
fn hunt_all(options: &Options) -> ExitCode {
    let caught = each(options, Mutant::ALL.len() as u64, |n| {
        let mutant = Mutant::ALL[usize::try_from(n).unwrap_or(0)];
        let quarry = hunt(mutant, options.seed, options.runs, options.settings);
        if !options.json {
            match quarry.seed {
                Some(seed) => println!(
                    "{:<20} caught by seed {seed} after {} runs: {:.160}",
                    quarry.mutant, quarry.runs, quarry.because
                ),
                None => println!("{:<20} SURVIVED {} runs", quarry.mutant, quarry.runs),
            }
        }
        quarry
    });
    let mut seeds: Vec<u64> = caught.iter().filter_map(|q: &Quarry| q.seed).collect();
    seeds.sort_unstable();
    seeds.dedup();
    let sound = each(options, seeds.len() as u64, |n| {
        let report = play(seeds[usize::try_from(n).unwrap_or(0)], options.settings);
        tell(&report, &options.settings);
        report
    });
    let survived = caught.iter().filter(|q| q.seed.is_none()).count();
    let failed = sound.iter().filter(|r| !r.violations.is_empty()).count();
    if options.json {
        let out = serde_json::json!({
            "mutants": caught, "survived": survived, "sound_engine_failed": failed,
        });
        println!("{out}");
    } else {
        println!(
            "{} mutants: {survived} survived; the sound engine failed on {failed} of {} seeds",
            caught.len(),
            seeds.len()
        );
    }
    if survived + failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn play_all(options: &Options) -> Vec<Report> {
    each(options, options.runs, |n| {
        let report = play(options.seed + n, options.settings);
        tell(&report, &options.settings);
        report
    })
}

/// Does something for each number below `count`, on as many threads as were asked for; in order.
fn each<T: Send>(options: &Options, count: u64, work: impl Fn(u64) -> T + Sync) -> Vec<T> {
    let next = AtomicU64::new(0);
    let done = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..options.jobs.max(1) {
            scope.spawn(|| {
                loop {
                    let n = next.fetch_add(1, Ordering::SeqCst);
                    if n >= count {
                        return;
                    }
                    let out = work(n);
                    if let Ok(mut done) = done.lock() {
                        done.push((n, out));
                    }
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_default();
    done.sort_by_key(|(n, _)| *n);
    done.into_iter().map(|(_, out)| out).collect()
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
