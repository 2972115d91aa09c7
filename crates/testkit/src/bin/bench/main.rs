//! `bench [NAME…] [--json]`: figures, each beside the bound it is measured against.

mod append;
mod apply;
mod digest;
mod disk;
mod estate;
mod expr;
mod import;
mod leavers;
mod plan;
mod process;
mod rig;
mod why;

use std::process::ExitCode;

/// A planning makes and drops millions of small texts: with the system's allocator a third of its
/// time went there.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// One figure.
#[derive(serde::Serialize)]
pub struct Figure {
    /// What was measured.
    pub name: String,
    /// How much.
    pub value: f64,
    /// Of what.
    pub unit: &'static str,
    /// What it is compared with.
    pub bound: String,
    /// How much that is, in the same unit.
    pub bound_value: Option<f64>,
}

/// Why a bench has no figures.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

type Bench = fn() -> Result<Vec<Figure>, Failure>;

const BENCHES: &[(&str, Bench)] = &[
    ("append_sqlite", append::sqlite),
    ("append_pg", append::postgres),
    ("append_pg_two_nodes", append::postgres_two_nodes),
    ("apply_ops_per_s", apply::ops),
    ("import_100k", import::all),
    ("plan_one_change", plan::one_change),
    ("decide_100k", plan::decide),
    ("digest_100k", digest::digest),
    ("leavers_year", leavers::year),
    ("why_access_p95", why::access),
    ("expr_ns", expr::expr_ns),
    ("idle_rss", process::idle_rss),
    ("start", process::start),
];

fn main() -> ExitCode {
    let (flags, names): (Vec<String>, Vec<String>) = std::env::args()
        .skip(1)
        .partition(|arg| arg.starts_with("--"));
    let known: Vec<&str> = BENCHES.iter().map(|(name, _)| *name).collect();
    if let Some(flag) = flags.iter().find(|flag| *flag != "--json") {
        eprintln!("unknown option {flag}: only --json is known");
        return ExitCode::from(2);
    }
    if let Some(name) = names.iter().find(|name| !known.contains(&name.as_str())) {
        eprintln!("no bench is called `{name}`: {}", known.join(", "));
        return ExitCode::from(2);
    }
    let mut figures = Vec::new();
    for (name, bench) in BENCHES {
        if !names.is_empty() && !names.iter().any(|wanted| wanted == name) {
            continue;
        }
        eprintln!("{name} …");
        match bench() {
            Ok(found) => figures.extend(found),
            Err(failure) => {
                eprintln!("{name} failed: {failure}");
                return ExitCode::FAILURE;
            }
        }
    }
    if flags.iter().any(|flag| flag == "--json") {
        println!("{}", serde_json::json!({ "results": figures }));
    } else {
        for f in &figures {
            let bound = f
                .bound_value
                .map_or_else(String::new, |b| format!("{b:.1} "));
            println!(
                "{:<32} {:>12.3} {:<10} bound {bound}({})",
                f.name, f.value, f.unit, f.bound
            );
        }
    }
    ExitCode::SUCCESS
}
