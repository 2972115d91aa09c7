//! `conformance [PLAN…] [--quick] [--mutants]`: whether Tenure does what the modules of the OpenID
//! Foundation's conformance suite demand of a provider.
//!
//! The real binary is started with people and relying parties, and from then on asked over HTTP alone, as the
//! suite asks: by a relying party, and by a browser with a person in front of it. Tokens are read and verified
//! by a second implementation. Three things differ from the suite. Every request has a challenge (RFC 7636),
//! without which Tenure gives no code; the suite sends one in one module alone. TLS is not spoken: the way to
//! the server stands for a proxy that ends it. And what the suite has a person judge by a picture of a page is
//! judged here by its status and its forms.

mod back;
mod browser;
mod cases;
mod exchange;
mod fapi;
mod jws;
mod meddle;
mod mutants;
mod page;
mod plans;
mod play;
mod proof;
mod registered;
mod request;
mod server;
mod signer;
mod stage;
mod token;
mod told;
mod verdict;
mod wire;
mod world;

use std::process::ExitCode;
use std::time::Instant;

use plans::{NOT_OFFERED, PLANS, Plan, is_named};
use play::Tally;
use world::World;

/// What nobody may read out of the numbers.
const DIFFERS: &str = "Of the suite's own requests all but those of one module have no code_challenge, and Tenure \
                       refuses them: here every request has one.";

fn main() -> ExitCode {
    let (flags, names): (Vec<String>, Vec<String>) = std::env::args()
        .skip(1)
        .partition(|word| word.starts_with("--"));
    let known = ["--quick", "--mutants"];
    if let Some(flag) = flags.iter().find(|flag| !known.contains(&flag.as_str())) {
        eprintln!("unknown option {flag}: --quick and --mutants are known");
        return ExitCode::from(2);
    }
    let named = |plan: &str| names.iter().any(|name| is_named(plan, name));
    let unknown = names.iter().find(|name| {
        let mut all = PLANS.iter().map(|plan| plan.name);
        !all.any(|plan| is_named(plan, name))
    });
    if let Some(name) = unknown {
        let not = NOT_OFFERED.iter().find(|plan| is_named(plan.name, name));
        let why = not.map_or("there is no such plan", |plan| plan.why);
        eprintln!("`{name}` is not offered: {why}");
        return ExitCode::from(2);
    }
    let chosen = |plan: &&Plan| names.is_empty() || named(plan.name);
    let plans: Vec<&Plan> = PLANS.iter().filter(chosen).collect();
    let world = match World::new() {
        Ok(world) => world,
        Err(why) => {
            eprintln!("there is nothing to ask: {why}");
            return ExitCode::FAILURE;
        }
    };
    let has = |flag: &str| flags.iter().any(|other| other == flag);
    let good = match has("--mutants") {
        true => hunted(&world),
        false => played(&world, &plans, has("--quick"), names.is_empty()),
    };
    match good {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

/// Whether every server that is wrong was noticed.
fn hunted(world: &World) -> bool {
    let unnoticed = mutants::hunt(world);
    for line in &unnoticed {
        eprintln!("UNNOTICED {line}");
    }
    unnoticed.is_empty()
}

/// Plays the plans, and tells of them; whether none of their modules failed.
fn played(world: &World, plans: &[&Plan], quick: bool, all: bool) -> bool {
    let began = Instant::now();
    let mut total = Tally::default();
    let mut offered = 0;
    for (plan, played) in plans.iter().zip(play::all(world, plans, quick)) {
        let tally = Tally::of(&played);
        println!("{}", line(plan.name, tally, played.len()));
        for line in played.iter().filter_map(play::told) {
            println!("{line}");
        }
        total = total.and(tally);
        offered += played.len();
    }
    println!();
    println!("{}", line("offered", total, offered));
    println!("{DIFFERS}");
    if all {
        let not: usize = NOT_OFFERED.iter().map(|plan| plan.modules).sum();
        for plan in NOT_OFFERED {
            println!(
                "not offered: {} ({} modules): {}",
                plan.name, plan.modules, plan.why
            );
        }
        println!(
            "{} passed of {} modules, {not} of which are not offered",
            total.passed,
            offered + not
        );
    }
    println!("took {} s", began.elapsed().as_secs());
    total.failed == 0
}

fn line(name: &str, tally: Tally, of: usize) -> String {
    let words = tally.words();
    let words = if words.is_empty() {
        words
    } else {
        format!("; {words}")
    };
    format!("{name}: {} passed of {of}{words}", tally.passed)
}
