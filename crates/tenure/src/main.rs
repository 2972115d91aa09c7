//! Tenure: workforce identity in one binary.

use std::process::ExitCode;

/// A planning makes and drops millions of small texts: with the system's allocator a third of its
/// time went there.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    tenure::run(std::env::args_os())
}
