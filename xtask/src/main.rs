//! The one door for tooling: `cargo xtask <task>`.

pub mod peers;

use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["peers", "start"] => peers::start().map(|_| ()),
        ["peers", "stop"] => peers::stop(),
        _ => Err("usage: cargo xtask peers start|stop".to_owned()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("error: {problem}");
            ExitCode::FAILURE
        }
    }
}
