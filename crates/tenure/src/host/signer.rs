//! `tenure signer`: the process that holds the signing keys, so that the server does not.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Subcommand;
use connectors::signer::{Door, DoorError, SignerSocket, Vault};
use ports::Signer as _;
use store::LocalKeyRing;
use tokio::signal::unix::{SignalKind, signal};

use super::system::SystemEntropy;
use super::{directory, master_key, serve};
use crate::config::Config;
use crate::failure::Failure;
use crate::{log, output};

/// The key file in a signer's directory.
const KEY: &str = "signer.key";
/// The systemd credential that may hold it.
const CREDENTIAL: &str = "tenure-signer-key";

/// What is done with the signer, on the host.
#[derive(Debug, Subcommand)]
pub enum SignerCommand {
    /// Makes a directory with the key that signing keys are sealed with. Not the server's directory.
    Init {
        /// The directory to make.
        directory: PathBuf,
    },
    /// Holds signing keys and signs with them, until a signal stops it.
    Run {
        /// The directory that `init` made.
        directory: PathBuf,
        /// Where to listen: in a directory that nobody else changes.
        #[arg(long, value_name = "FILE")]
        socket: PathBuf,
        /// Lets processes of whoever owns this file or directory ask, besides those of the signer's own user: the
        /// server's data directory.
        #[arg(long, value_name = "PATH")]
        for_owner_of: Option<PathBuf>,
        /// Files with keys that this one took the place of; they only open.
        #[arg(long, value_name = "FILE")]
        older_key: Vec<PathBuf>,
        /// How logs are written: text or json.
        #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = ["text", "json"])]
        log: String,
    },
    /// Lists the keys that it holds now: their public halves.
    Keys {
        /// Where it listens.
        #[arg(long, value_name = "FILE")]
        socket: PathBuf,
    },
}

/// Runs it.
pub async fn run(command: SignerCommand) -> Result<(), Failure> {
    match command {
        SignerCommand::Init { directory } => init(&directory),
        SignerCommand::Run {
            directory,
            socket,
            for_owner_of,
            older_key,
            log,
        } => {
            log::start(&log, "info")?;
            let vault = vault(&directory, &older_key)?;
            hold(vault, &socket, for_owner_of.as_deref()).await
        }
        SignerCommand::Keys { socket } => keys(&socket),
    }
}

fn init(directory: &Path) -> Result<(), Failure> {
    directory::make(directory)?;
    let path = directory.join(KEY);
    directory::write_private(&path, &master_key::draw(&SystemEntropy))?;
    let place = path.display();
    eprintln!("{place} is made. Keep a copy away from this host and from the server's backups:");
    eprintln!("without it every signing key has to be made anew, and with it they can be opened.");
    Ok(())
}

fn vault(directory: &Path, older: &[PathBuf]) -> Result<Vault, Failure> {
    let private = |path: &Path| {
        directory::check_private("the signer's key", path)?;
        master_key::file(path)
    };
    let credential = std::env::var_os("CREDENTIALS_DIRECTORY");
    let credential = credential.map(|place| Path::new(&place).join(CREDENTIAL));
    let current = match credential.filter(|path| path.exists()) {
        // systemd keeps credentials private itself.
        Some(path) => master_key::file(&path)?,
        None => private(&directory.join(KEY))?,
    };
    let older = older.iter().map(|path| private(path));
    let older: Vec<[u8; 32]> = older.collect::<Result<_, _>>()?;
    let ring = LocalKeyRing::new(&current, &older, Arc::new(SystemEntropy));
    let ring = ring.map_err(|e| Failure::new("TNR-CLI-0007", e.to_string(), "make a new one"))?;
    Ok(Vault::new(Arc::new(ring)))
}

async fn hold(vault: Vault, socket: &Path, owner: Option<&Path>) -> Result<(), Failure> {
    let others: Vec<u32> = match owner {
        None => Vec::new(),
        Some(path) => {
            let found = std::fs::metadata(path);
            let found = found.map_err(|e| Failure::file("the server's directory", path, &e))?;
            vec![found.uid()]
        }
    };
    let door = Door::bind(socket, &others).map_err(|why| shut(&why))?;
    let take =
        |kind| signal(kind).map_err(|e| Failure::new("TNR-CLI-0002", e.to_string(), "report it"));
    let mut terminate = take(SignalKind::terminate())?;
    let mut interrupt = take(SignalKind::interrupt())?;
    tracing::info!("signing for whoever asks at {}", socket.display());
    serve::notify("READY=1");
    let stopped = async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    door.serve(Arc::new(vault), stopped).await;
    tracing::info!("stopped");
    Ok(())
}

fn shut(why: &DoorError) -> Failure {
    let fix = match why {
        DoorError::Open(..) | DoorError::NotOurs(_) => {
            "give it a directory of its own, with mode 700, or 710 and the server's group"
        }
        DoorError::Taken(_) => "stop that process first, or listen elsewhere",
        DoorError::NoSocket(_) => "name another file, or take that one away",
        DoorError::Io(..) => "look at the directory of the socket and at who may write there",
    };
    let cause = std::error::Error::source(why);
    let cause = cause.map_or(String::new(), |cause| format!(": {cause}"));
    Failure::new("TNR-SIGNER-0003", format!("{why}{cause}"), fix)
}

fn keys(socket: &Path) -> Result<(), Failure> {
    let held = SignerSocket::at(socket).held().map_err(|why| {
        let problem = format!("of the process at {}, {why}", socket.display());
        Failure::new("TNR-SIGNER-0001", problem, "start it: `tenure signer run`")
    })?;
    for key in held {
        let kid = key.public.get("kid").and_then(serde_json::Value::as_str);
        let (purpose, kid) = (key.purpose.name(), kid.unwrap_or_default());
        output::print(&format!("{purpose}\t{}\t{kid}\n", key.algorithm))?;
    }
    Ok(())
}

/// Says at the start of a server that nobody will sign in; the rest of it goes on.
pub fn look(config: &Config, app: &app::App) {
    if let (Some(socket), Err(error)) = (&config.signer, app.signer_answers()) {
        let (code, socket) = (error.code(), socket.display());
        tracing::error!(error.code = code, %socket, error = %error, "signer.silent");
    }
}
