//! Commands that talk to a server.

pub mod adopt;
pub mod decide;
pub mod input;
pub mod leaver;
pub mod look;
pub mod manage;
pub mod preview;
pub mod test;
pub mod why;
pub mod work;

use std::io::IsTerminal as _;

use indicatif::{ProgressBar, ProgressStyle};

use crate::client::Client;
use crate::output::Output;

/// What every such command has.
pub struct Desk {
    /// The server.
    pub client: Client,
    /// How to write.
    pub output: Output,
}

/// A change, or what it would be.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Change {
    /// Say what would be; change nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Why, for example a ticket. Kept in the log.
    #[arg(long)]
    pub reason: Option<String>,
}

impl Change {
    /// The reason, for calls that must have one.
    pub fn needed_reason(&self) -> Result<String, crate::failure::Failure> {
        self.reason.clone().ok_or_else(|| {
            crate::failure::Failure::usage(
                "this command must say why it is run",
                "give --reason, for example a ticket; it is kept in the log",
            )
        })
    }
}

/// A progress bar on a terminal; nothing when piped.
fn bar(length: u64, what: &'static str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{msg} [{bar:30}] {pos}/{len}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(length)
        .with_style(style)
        .with_message(what)
}

/// A sign of life for work of unknown length; nothing when piped.
fn spinner(what: &'static str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let spinner = ProgressBar::new_spinner().with_message(what);
    spinner.enable_steady_tick(std::time::Duration::from_millis(120));
    spinner
}
