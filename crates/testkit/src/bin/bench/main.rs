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
mod rehearse;
mod rig;
mod sign_in;
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

/// What can be asked for: a name, the other figures that come with it, and what measures them.
const BENCHES: &[(&str, &[&str], Bench)] = &[
    ("append_sqlite", &[], append::sqlite),
    ("append_pg", &[], append::postgres),
    ("append_pg_two_nodes", &[], append::postgres_two_nodes),
    ("apply_ops_per_s", &[], apply::ops),
    (
        "import_100k",
        &["import_100k_again", "import_100k_1pct"],
        import::all,
    ),
    (
        "plan_one_change",
        &["plan_one_change_p99", "preview_rule_100k", "plan_100k_cold"],
        plan::one_change,
    ),
    ("decide_100k", &["decide_100k_x1"], plan::decide),
    ("digest_100k", &[], digest::digest),
    ("rehearse_100k", &[], rehearse::rehearse),
    ("leavers_year", &[], leavers::year),
    ("why_access_p95", &[], why::access),
    ("expr_ns", &[], expr::expr_ns),
    ("token_cc_es256", &[], sign_in::token_cc_es256),
    ("token_cc_rs256", &[], sign_in::token_cc_rs256),
    ("discovery", &["jwks"], sign_in::discovery),
    ("introspect", &["userinfo"], sign_in::introspect),
    (
        "login_password",
        &["login_password_p99", "login_overload"],
        sign_in::login_password,
    ),
    ("rss_10k_people", &[], sign_in::rss_10k_people),
    (
        "rss_100k_people_1m_sessions",
        &[],
        sign_in::rss_100k_people_1m_sessions,
    ),
    ("idle_rss", &[], process::idle_rss),
    ("start", &[], process::start),
];

/// Measured only when asked for by name: it needs 16 GB of disk and five minutes.
const LARGE: (&str, Bench) = ("decide_100k_x50", plan::decide_for_fifty);

fn main() -> ExitCode {
    if let Err(failure) = sign_in::serve_if_asked() {
        eprintln!("the limit cannot be served: {failure}");
        return ExitCode::FAILURE;
    }
    let (flags, names): (Vec<String>, Vec<String>) = std::env::args()
        .skip(1)
        .partition(|arg| arg.starts_with("--"));
    if let Some(flag) = flags.iter().find(|flag| *flag != "--json") {
        eprintln!("unknown option {flag}: only --json is known");
        return ExitCode::from(2);
    }
    let known = |name: &String| {
        let listed = BENCHES
            .iter()
            .any(|(bench, with, _)| bench == name || with.contains(&name.as_str()));
        listed || name == LARGE.0
    };
    if let Some(name) = names.iter().find(|name| !known(name)) {
        let all: Vec<&str> = BENCHES
            .iter()
            .map(|(bench, ..)| *bench)
            .chain([LARGE.0])
            .collect();
        eprintln!("no bench is called `{name}`: {}", all.join(", "));
        return ExitCode::from(2);
    }
    let mut figures = Vec::new();
    for (name, bench) in chosen(&names) {
        eprintln!("{name} …");
        match bench() {
            Ok(found) => {
                // What follows may take minutes, and may fail.
                for figure in &found {
                    eprintln!("{}", figure.line());
                }
                figures.extend(found);
            }
            Err(failure) => {
                eprintln!("{name} failed: {failure}");
                return ExitCode::FAILURE;
            }
        }
    }
    if flags.iter().any(|flag| flag == "--json") {
        println!("{}", serde_json::json!({ "results": figures }));
    } else {
        for figure in &figures {
            println!("{}", figure.line());
        }
    }
    ExitCode::SUCCESS
}

/// The benches that were asked for, by their name or by that of a figure of theirs; all but the large
/// one where none was.
fn chosen(names: &[String]) -> Vec<(&'static str, Bench)> {
    let asked = |name: &str| names.iter().any(|wanted| wanted == name);
    let wanted = BENCHES.iter().filter(|(name, with, _)| {
        names.is_empty() || asked(name) || with.iter().any(|figure| asked(figure))
    });
    let wanted = wanted.map(|(name, _, bench)| (*name, *bench));
    wanted.chain(asked(LARGE.0).then_some(LARGE)).collect()
}

impl Figure {
    fn line(&self) -> String {
        let bound = self
            .bound_value
            .map_or_else(String::new, |b| format!("{b:.1} "));
        let Self {
            name,
            value,
            unit,
            bound: what,
            ..
        } = self;
        format!("{name:<32} {value:>12.3} {unit:<10} bound {bound}({what})")
    }
}
