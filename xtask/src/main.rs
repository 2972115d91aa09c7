//! The one door for tooling: `cargo xtask <task>`. `cargo xtask help` lists the tasks.
//!
//! It depends on nothing but the standard library and a JSON reader, so that it compiles in
//! seconds on a machine that has compiled nothing else yet.

mod ci;
mod debian;
mod door;
mod licences;
mod package;
mod peers;
mod picture;
mod postgres;
mod test;
mod tidy;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask <task>

  test [--require-peers] [--no-peers] [FILTER]
                        every test, with PostgreSQL and the other software it needs, then tidy
  tidy                  the house rules that no compiler checks
  bench [NAME...] [--json]
                        measurements, in release mode
  sim --runs N | --mutants | --seed S
                        the whole-app simulation, optimised
  conformance [PLAN...] [--quick | --mutants]
                        what the OpenID conformance suite asks a provider, asked of the real binary
  openapi [--check]     writes docs/openapi.json from the binary, or checks that it is current
  licences              licences, sources and banned crates, offline
  picture               draws docs/img/demo.svg from what the demo prints
  deb                   the Debian package, in target/package
  sbom                  what the binary is made of, as CycloneDX, in target/package
  peers start|stop      the software that tests speak to
  ci                    everything that must hold before a change lands";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match task(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("error: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn task(words: &[&str]) -> Result<(), String> {
    match words {
        ["test", rest @ ..] => test::run(&test::Wishes::read(rest)?),
        ["tidy"] => tidy::run(),
        ["bench", rest @ ..] => door::bench(rest),
        ["sim", rest @ ..] => door::testkit("sim", "sim", rest),
        ["conformance", rest @ ..] => door::conformance(rest),
        ["openapi"] => door::openapi(false),
        ["openapi", "--check"] => door::openapi(true),
        ["licences"] => licences::run(),
        ["deb"] => package::deb(),
        ["sbom"] => package::sbom(),
        ["peers", "start"] => peers::start().map(|_| ()),
        ["peers", "stop"] => peers::stop(),
        ["picture"] => picture::run(),
        ["ci"] => ci::run(),
        ["help" | "--help" | "-h"] => {
            println!("{HELP}");
            Ok(())
        }
        _ => Err(format!("there is no such task\n\n{HELP}")),
    }
}
