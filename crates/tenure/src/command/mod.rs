//! Commands that talk to a server.

pub mod adopt;
pub mod change;
pub mod decide;
pub mod digest;
pub mod drill;
pub mod events;
pub mod handoff;
pub mod input;
pub mod leaver;
pub mod leavers;
pub mod look;
pub mod manage;
pub mod notice;
pub mod preview;
pub mod registration;
pub mod rehearse;
pub mod relying_party;
mod reset;
pub mod service_provider;
pub mod sign_in;
pub mod task;
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

/// Another instant than now.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct When {
    /// What holds at this instant, past or to come: 2026-10-01T12:00:00Z, or 2026-10-01T12:00 or
    /// 2026-10-01 on the person's own wall clock. A day is its first minute.
    #[arg(long, value_name = "INSTANT")]
    pub as_of: Option<String>,
    /// What was known at this instant: without what was corrected or backdated since.
    #[arg(long, value_name = "INSTANT")]
    pub known_at: Option<String>,
}

impl When {
    /// As parameters of a call.
    fn query(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let both = [("as_of", &self.as_of), ("known_at", &self.known_at)];
        both.into_iter()
            .filter_map(|(name, at)| Some((name, at.as_deref()?)))
    }
}

/// Says on stderr which instants an answer is about, and what it cannot say.
fn tell_when(when: Option<&api::WireWhen>) {
    let Some(when) = when else { return };
    let documents = when.revision.map_or_else(
        || "before there were documents".to_owned(),
        |revision| format!("with revision {revision} of the documents"),
    );
    eprintln!(
        "As of {}, as known at {}, {documents}.",
        when.as_of, when.known_at
    );
    for gap in &when.not_known {
        eprintln!("Not known: {gap}.");
    }
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
