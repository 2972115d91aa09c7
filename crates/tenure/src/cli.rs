//! The words of the command line.

mod nouns;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use model::Scope;

use crate::client::context;
use crate::command::adopt::{Adopt, Drift};
use crate::command::digest::Since;
use crate::command::drill::DrillCommand;
use crate::command::events::Events;
use crate::command::handoff::HandOffCommand;
use crate::command::leaver::{LeaverCommand, PersonCommand};
use crate::command::notice::{ChannelCommand, NoticeCommand};
use crate::command::registration::RegistrationCommand;
use crate::command::rehearse::Coming;
use crate::command::relying_party::{RelyingPartyCommand, SigningKeysCommand};
use crate::command::sign_in::SignInCommand;
use crate::command::task::TaskCommand;
use crate::command::{Change, When, preview};
use crate::host::admin::AdminCommand;
use crate::host::init::Init;
use crate::host::ledger::Ledger;
use crate::host::signer::SignerCommand;
use crate::output::{Format, Output};

pub use nouns::{
    ConfigCommand, FindingsCommand, HrCommand, SecretCommand, ShowCommand, TokenCommand,
    WavesCommand, WhyCommand,
};

/// Workforce identity: access that lasts exactly as long as the job.
#[derive(Debug, Parser)]
#[command(
    name = "tenure",
    version,
    propagate_version = true,
    max_term_width = 100
)]
pub struct Cli {
    #[command(flatten)]
    pub shared: Shared,
    #[command(subcommand)]
    pub command: Command,
}

/// What every command takes.
#[derive(Debug, Args)]
pub struct Shared {
    /// How data is written: a table on a terminal, NDJSON when piped, unless chosen here.
    #[arg(short, long, value_enum, global = true, env = "TENURE_OUTPUT")]
    output: Option<Format>,
    /// The columns to write, separated by commas.
    #[arg(long, value_delimiter = ',', global = true)]
    columns: Vec<String>,
    /// The server to talk to, as `tenure context` knows it.
    #[arg(long, global = true, env = "TENURE_CONTEXT")]
    pub context: Option<String>,
}

impl Shared {
    /// The output asked for.
    pub fn to_output(&self) -> Output {
        Output {
            format: self.output,
            columns: self.columns.clone(),
        }
    }
}

/// Where the server's configuration is.
#[derive(Debug, Args)]
pub struct OnHost {
    /// The server's configuration.
    // Global, so that it may stand after the verbs of `ledger` too.
    #[arg(
        long,
        value_name = "FILE",
        default_value = "tenure.toml",
        env = "TENURE_CONFIG",
        global = true
    )]
    pub config: PathBuf,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Makes a data directory, keys, an empty store and the first token. On the host.
    Init(Init),
    /// Runs the server. On the host.
    Serve {
        #[command(flatten)]
        host: OnHost,
        /// How logs are written: text or json.
        #[arg(long, value_name = "FORMAT", value_parser = ["text", "json"])]
        log: Option<String>,
    },
    /// Holds the signing keys in a process of its own. On the host.
    #[command(subcommand)]
    Signer(SignerCommand),
    /// Verifies, signs or exports the log. On the host.
    Ledger {
        #[command(flatten)]
        host: OnHost,
        #[command(subcommand)]
        command: Ledger,
    },
    /// Writes a backup, while the server goes on. On the host.
    Backup {
        #[command(flatten)]
        host: OnHost,
        /// The file to make.
        file: PathBuf,
    },
    /// Restores a backup into an empty store; writing stays off until it is resumed. On the host.
    Restore {
        #[command(flatten)]
        host: OnHost,
        /// The backup.
        file: PathBuf,
        /// Whom the new token speaks for; all others are revoked.
        #[arg(long, default_value = "admin")]
        principal: String,
    },
    /// Remembers servers and tokens.
    #[command(subcommand)]
    Context(context::Command),
    /// The tenant's documents.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Runs the tests in a tenant directory, without a server.
    Test {
        /// The tenant directory.
        directory: PathBuf,
    },
    /// Who has what because of who they are.
    #[command(subcommand)]
    Lifecycle(preview::Lifecycle),
    /// HR files.
    #[command(subcommand)]
    Hr(HrCommand),
    /// Reads an app: its accounts and groups.
    Observe {
        /// The name of its document.
        app: String,
    },
    /// Says whose the accounts of an app are, and takes decisions about them. Writes nothing to
    /// the app.
    Adopt(Adopt),
    /// Tells how each address of an app stands: in sync, drifted, unmanaged, unreadable.
    Drift(Drift),
    /// Makes plans for everyone whose access should change, and names them.
    Plan {
        #[command(flatten)]
        change: Change,
    },
    /// Waves: the plans of one cause.
    Waves {
        #[command(subcommand)]
        command: Option<WavesCommand>,
        /// Only waves that are not closed.
        #[arg(long)]
        open: bool,
    },
    /// Carries out waves that the guard allows.
    Apply {
        /// The waves. Those that wait for each other are best started together.
        #[arg(required = true)]
        waves: Vec<String>,
        #[command(flatten)]
        change: Change,
        #[command(flatten)]
        wait: Wait,
    },
    /// Releases held waves that someone else caused.
    Approve {
        /// The waves.
        #[arg(required = true)]
        waves: Vec<String>,
        /// Only this plan; may be repeated.
        #[arg(long)]
        plan: Vec<String>,
        #[command(flatten)]
        change: Change,
        #[command(flatten)]
        wait: Wait,
    },
    /// Refuses waves, or some plans of one.
    Refuse {
        /// The waves.
        #[arg(required = true)]
        waves: Vec<String>,
        /// Only this plan; may be repeated.
        #[arg(long)]
        plan: Vec<String>,
        #[command(flatten)]
        change: Change,
    },
    /// Takes a wave back.
    Undo {
        /// The wave.
        wave: String,
        #[command(flatten)]
        change: Change,
    },
    /// Tells the morning: what was expected, what was done, what failed, and what is silent.
    Digest {
        #[command(flatten)]
        since: Since,
        /// Up to when; now if not given.
        #[arg(long, value_name = "INSTANT")]
        until: Option<String>,
    },
    /// The ledger of leavers: what decided, when each app was told and read back, what is exposed.
    Leavers {
        #[command(flatten)]
        since: Since,
        /// Up to when; now if not given.
        #[arg(long, value_name = "INSTANT")]
        until: Option<String>,
    },
    /// Plays the coming days over what is known, and tells what needs a person; changes nothing.
    Rehearse(Coming),
    /// Plans again for the people of one group of failures.
    Retry {
        /// The group, as `tenure digest` names it.
        group: String,
        #[command(flatten)]
        since: Since,
        #[command(flatten)]
        change: Change,
    },
    /// Explains.
    #[command(subcommand)]
    Why(WhyCommand),
    /// Lists people.
    People {
        /// Part of a key, mail address or name.
        text: Option<String>,
        /// Only people of this source.
        #[arg(long)]
        source: Option<String>,
    },
    /// Shows a person.
    Show {
        #[command(subcommand)]
        what: ShowCommand,
    },
    /// Lists what someone has to look at.
    Findings {
        #[command(subcommand)]
        command: Option<FindingsCommand>,
    },
    /// What people are told of: held waves, late leavers, silent sources, ending credentials, failed drills.
    #[command(subcommand)]
    Notice(NoticeCommand),
    /// Ways to tell people something.
    #[command(subcommand)]
    Channel(ChannelCommand),
    /// Lists apps and how they stand.
    Targets,
    /// Lists HR deliveries.
    Deliveries,
    /// Tells how the tenant stands.
    Status,
    /// The kill switch: nothing is sent to this app, or to any.
    StopWriting {
        /// The app; all of them without.
        app: Option<String>,
        #[command(flatten)]
        change: Change,
    },
    /// Lifts the kill switch.
    ResumeWriting {
        /// The app; all of them without.
        app: Option<String>,
        #[command(flatten)]
        change: Change,
    },
    /// API tokens.
    #[command(subcommand)]
    Token(TokenCommand),
    /// The way in for an administrator when every other is shut. On the host.
    #[command(subcommand)]
    Admin(AdminCommand),
    /// Secrets for apps and channels.
    #[command(subcommand)]
    Secret(SecretCommand),
    /// Follows the log for a SIEM, without anything personal: to stdout, a file, or a receiver of
    /// syslog. For people there is `tenure log`.
    Events(Events),
    /// Reads the log; its newest records without options.
    Log {
        /// Records after this one; with `--person`, those that are older.
        #[arg(long)]
        after: Option<u64>,
        /// At most this many.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
        limit: u32,
        /// Only records about this person, newest first.
        #[arg(long)]
        person: Option<String>,
    },
    /// People who leave.
    #[command(subcommand)]
    Leaver(LeaverCommand),
    /// Drills: a made-up person joins, moves and leaves, and each app is looked at.
    #[command(subcommand)]
    Drill(DrillCommand),
    /// What is done by hand because somebody left.
    #[command(subcommand)]
    Task(TaskCommand),
    /// Apps that nobody but their own people can reach: a file of what to do goes out, answers and
    /// lists of accounts come in.
    #[command(subcommand, name = "handoff")]
    HandOff(HandOffCommand),
    /// Whether a worker of an HR file is a person who is known.
    #[command(subcommand)]
    Person(PersonCommand),
    /// People signing in: passes for them, where they are signed in, and with what.
    #[command(subcommand, name = "sign-in")]
    SignIn(SignInCommand),
    /// What people sign in to.
    #[command(subcommand, name = "relying-party")]
    RelyingParty(RelyingPartyCommand),
    /// Clients that register themselves.
    #[command(subcommand, name = "client-registration")]
    ClientRegistration(RegistrationCommand),
    /// The keys that tokens for relying parties are signed with.
    #[command(subcommand, name = "signing-keys")]
    SigningKeys(SigningKeysCommand),
    /// Erases a person who has left. Cannot be undone.
    Erase {
        /// Subject id, worker key, mail address or name.
        person: String,
        #[command(flatten)]
        change: Change,
    },
    /// Explains a code.
    Explain {
        /// For example TNR-API-0001.
        code: String,
    },
    /// Plays thirty nights at a company of a thousand, on emulated apps, then serves it to be tried.
    Demo(crate::demo::Demo),
    /// Prints the description of the admin API (OpenAPI 3.1).
    Openapi,
    /// Prints completions for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// How long to wait for what was started.
#[derive(Debug, Args)]
pub struct Wait {
    /// Return at once instead of waiting for the end.
    #[arg(long)]
    no_wait: bool,
    /// Wait this many seconds at the most.
    #[arg(long, default_value_t = 600)]
    timeout: u64,
}

impl Wait {
    /// How long, if at all.
    pub fn time(&self) -> Option<std::time::Duration> {
        (!self.no_wait).then(|| std::time::Duration::from_secs(self.timeout))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// The configuration that a command line names.
    fn config(words: &str) -> PathBuf {
        let words = std::iter::once("tenure").chain(words.split(' '));
        let cli = Cli::try_parse_from(words).unwrap();
        match cli.command {
            Command::Serve { host, .. }
            | Command::Ledger { host, .. }
            | Command::Backup { host, .. }
            | Command::Restore { host, .. }
            | Command::Token(TokenCommand::Create { host, .. }) => host.config,
            other => unreachable!("{other:?} has no configuration"),
        }
    }

    #[test]
    fn the_configuration_is_named_before_or_after_the_verb() {
        for words in [
            "serve --config X",
            "serve --log json --config X",
            "serve --config X --log json",
            "ledger --config X verify",
            "ledger verify --config X",
            "ledger verify --config X --checkpoint C",
            "ledger checkpoint --config X",
            "ledger export F --config X",
            "ledger --config X export F",
            "ledger rebuild --config X",
            "backup F --config X",
            "backup --config X F",
            "restore F --config X",
            "restore --config X F --principal bea",
            "token create --on-host --config X --principal bea --scope read",
            "token create --principal bea --scope read --on-host --config X",
        ] {
            assert_eq!(config(words), PathBuf::from("X"), "{words}");
        }
    }

    #[test]
    fn the_words_are_well_formed() {
        use clap::CommandFactory as _;
        Cli::command().debug_assert();
    }
}
