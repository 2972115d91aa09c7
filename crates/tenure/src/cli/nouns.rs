//! What can be done with each noun of the command line.

use super::*;

#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Replaces the tenant's documents by the YAML files of a directory.
    Push {
        /// The tenant directory.
        directory: PathBuf,
        #[command(flatten)]
        change: Change,
    },
    /// Shows the documents in force.
    Show,
}

#[derive(Debug, Subcommand)]
pub enum HrCommand {
    /// Takes in an HR file.
    Import {
        /// The file.
        file: PathBuf,
        /// The name of the source's document.
        #[arg(long)]
        source: String,
        #[command(flatten)]
        change: Change,
    },
}

#[derive(Debug, Subcommand)]
pub enum WavesCommand {
    /// Shows one wave with its plans, steps and reasons.
    Show {
        /// The wave.
        wave: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum WhyCommand {
    /// Why this person has, or lacks, access to this app.
    Access {
        /// Subject id, worker key, mail address or name.
        person: String,
        /// The app.
        app: String,
        #[command(flatten)]
        when: When,
    },
    /// Why one step of a plan was planned, by whom it was released, and what became of it.
    Change {
        /// The step, as other commands print it: `pln_…#0`.
        step: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum ShowCommand {
    /// Shows a person.
    Person {
        /// Subject id, worker key, mail address or name.
        person: String,
        #[command(flatten)]
        when: When,
    },
}

#[derive(Debug, Subcommand)]
pub enum FindingsCommand {
    /// Closes one.
    Close {
        /// Its id.
        finding: String,
        #[command(flatten)]
        change: Change,
    },
}

#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Makes a token; it is printed once.
    Create {
        /// The person or workload it speaks for.
        #[arg(long)]
        principal: String,
        /// What it may do; may be repeated.
        #[arg(long = "scope", required = true)]
        scopes: Vec<Scope>,
        /// How many days it lives.
        #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=366))]
        days: u32,
        /// A network (CIDR) it may be used from; may be repeated.
        #[arg(long = "network")]
        networks: Vec<String>,
        /// Make it on the host, from no other token.
        #[arg(long)]
        on_host: bool,
        #[command(flatten)]
        host: OnHost,
        #[command(flatten)]
        change: Change,
    },
    /// Lists tokens.
    List,
    /// Ends a token.
    Revoke {
        /// Its name.
        token: String,
        #[command(flatten)]
        change: Change,
    },
}

#[derive(Debug, Subcommand)]
pub enum SecretCommand {
    /// Sets or replaces a secret; its value is read from stdin.
    #[command(group(clap::ArgGroup::new("user").required(true)))]
    Set {
        /// Its name, as documents refer to it.
        name: String,
        /// The app it may be used for.
        #[arg(long, group = "user")]
        app: Option<String>,
        /// The channel it may be used for.
        #[arg(long, group = "user")]
        channel: Option<String>,
        /// The identity provider it may be used for.
        #[arg(long, group = "user")]
        identity_provider: Option<String>,
        /// The directory of passwords it may be used for.
        #[arg(long, group = "user")]
        password_directory: Option<String>,
        /// The host (and port, where it is not the usual one) it may be sent to.
        #[arg(long)]
        host: String,
        /// When it ends: a day, or an instant in UTC. The digest tells of it before.
        #[arg(long, value_name = "WHEN")]
        expires: Option<String>,
        #[command(flatten)]
        change: Change,
    },
    /// Lists the names of secrets, what they are bound to, and when they end.
    List,
}
