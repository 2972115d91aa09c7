//! Tenure: workforce identity in one binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    tenure::run(std::env::args_os())
}
