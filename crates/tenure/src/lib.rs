//! The binary `tenure`: the server's composition root and the command line.

mod cli;
mod client;
mod command;
pub mod config;
mod demo;
pub mod explain;
mod failure;
pub mod host;
mod log;
mod output;
mod suggest;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

use cli::{
    Cli, Command, ConfigCommand, FindingsCommand, HrCommand, SecretCommand, Shared, ShowCommand,
    TokenCommand, WavesCommand, WhyCommand,
};
use command::decide::{Decision, decide};
use command::leaver::{LeaverCommand, PersonCommand};
use command::relying_party::RelyingPartyCommand;
use command::task::TaskCommand;
use command::{
    Desk, adopt, change, digest, drill, events, handoff, input, leaver, leavers, look, manage,
    notice, preview, registration, rehearse, relying_party, service_provider, sign_in, task, test,
    why, work,
};
pub use failure::{Exit, Failure};

/// Runs the command line.
pub fn run(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are asked for; everything else is wrong usage.
            let exit = if error.use_stderr() {
                Exit::Usage
            } else {
                Exit::Fine
            };
            let _ = error.print();
            return exit.into();
        }
    };
    match start(cli) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            failure.tell();
            failure.exit.into()
        }
    }
}

fn start(cli: Cli) -> Result<Exit, Failure> {
    let Cli { shared, command } = cli;
    match command {
        Command::Explain { code } => explain::run(&code).map(|()| Exit::Fine),
        Command::Openapi => {
            let api = server::openapi::describe(server::ROUTES, "https://tenure.example");
            let text = serde_json::to_string_pretty(&api)
                .map_err(|e| Failure::new("TNR-CLI-0003", e.to_string(), "report it"))?;
            output::print(&format!("{text}\n")).map(|()| Exit::Fine)
        }
        Command::Completions { shell } => {
            let mut out = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "tenure", &mut out);
            output::print(&String::from_utf8_lossy(&out)).map(|()| Exit::Fine)
        }
        Command::Context(command) => {
            client::context::run(command, &shared.to_output()).map(|()| Exit::Fine)
        }
        Command::Test { directory } => test::run(&shared.to_output(), &directory),
        Command::RelyingParty(RelyingPartyCommand::Add(asked)) => {
            quiet()?.block_on(service_provider::add(&asked))
        }
        Command::Demo(demo) => busy()?.block_on(demo::run(demo)),
        Command::Init(init) => busy()?.block_on(host::init::run(init)).map(|()| Exit::Fine),
        Command::Serve { host, log } => busy()?
            .block_on(host::serve::run(&host.config, log))
            .map(|()| Exit::Fine),
        Command::Backup { host, file } => busy()?
            .block_on(host::backup::backup(&host.config, &file))
            .map(|()| Exit::Fine),
        Command::Restore {
            host,
            file,
            principal,
        } => busy()?
            .block_on(host::backup::restore(&host.config, &file, &principal))
            .map(|()| Exit::Fine),
        Command::Ledger { host, command } => {
            busy()?.block_on(host::ledger::run(&host.config, command))
        }
        Command::Admin(command) => busy()?
            .block_on(host::admin::run(command))
            .map(|()| Exit::Fine),
        Command::Signer(command) => busy()?
            .block_on(host::signer::run(command))
            .map(|()| Exit::Fine),
        Command::Token(TokenCommand::Create {
            principal,
            scopes,
            days,
            networks,
            on_host: true,
            host,
            ..
        }) => busy()?
            .block_on(host::tokens::create(
                &host.config,
                &principal,
                &scopes,
                days,
                &networks,
            ))
            .map(|()| Exit::Fine),
        command => quiet()?.block_on(talk(&shared, command)),
    }
}

/// The runtime of the server and of everything that opens a store.
fn busy() -> Result<tokio::runtime::Runtime, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    runtime.map_err(|e| Failure::new("TNR-CLI-0002", e.to_string(), "are there threads left?"))
}

/// The runtime of a client.
fn quiet() -> Result<tokio::runtime::Runtime, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.map_err(|e| Failure::new("TNR-CLI-0002", e.to_string(), "report it"))
}

async fn talk(shared: &Shared, command: Command) -> Result<Exit, Failure> {
    let access = client::context::access(shared.context.as_deref())?;
    let desk = Desk {
        client: client::Client::new(access)?,
        output: shared.to_output(),
    };
    match command {
        Command::Config(ConfigCommand::Push { directory, change }) => {
            input::push(&desk, &directory, change).await
        }
        Command::Config(ConfigCommand::Show) => input::documents(&desk).await,
        Command::Hr(HrCommand::Import {
            file,
            source,
            change,
        }) => input::import(&desk, &file, &source, change).await,
        Command::Lifecycle(preview::Lifecycle::Preview { directory }) => {
            preview::preview(&desk, &directory).await
        }
        Command::Observe { app } => input::observe(&desk, &app).await,
        Command::Adopt(asked) => adopt::run(&desk, asked).await,
        Command::Drift(asked) => adopt::drift(&desk, &asked.app, asked.all).await,
        Command::Plan { change } => work::plan(&desk, change).await,
        Command::Waves {
            command: Some(WavesCommand::Show { wave }),
            ..
        } => work::show(&desk, &wave).await,
        Command::Waves {
            command: None,
            open,
        } => work::waves(&desk, open).await,
        Command::Apply {
            waves,
            change,
            wait,
        } => {
            decide(
                &desk,
                Decision::Apply,
                &waves,
                Vec::new(),
                change,
                wait.time(),
            )
            .await
        }
        Command::Approve {
            waves,
            plan,
            change,
            wait,
        } => decide(&desk, Decision::Release, &waves, plan, change, wait.time()).await,
        Command::Refuse {
            waves,
            plan,
            change,
        } => decide(&desk, Decision::Refuse, &waves, plan, change, None).await,
        Command::Undo { wave, change } => work::undo(&desk, &wave, change).await,
        Command::Why(WhyCommand::Access { person, app, when }) => {
            why::access(&desk, &person, &app, &when).await
        }
        Command::Why(WhyCommand::Change { step }) => change::change(&desk, &step).await,
        command => morning(&desk, command).await,
    }
}

async fn morning(desk: &Desk, command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Digest { since, until } => digest::digest(desk, &since, until.as_deref()).await,
        Command::Rehearse(coming) => rehearse::rehearse(desk, &coming).await,
        Command::Leavers { since, until } => leavers::leavers(desk, &since, until.as_deref()).await,
        Command::Retry {
            group,
            since,
            change,
        } => digest::retry(desk, &group, &since, change).await,
        Command::Notice(command) => notice::notice(desk, command).await,
        Command::Channel(command) => notice::channel(desk, command).await,
        Command::Task(TaskCommand::List(listed)) => task::list(desk, &listed).await,
        Command::Task(TaskCommand::Done {
            task,
            evidence,
            change,
        }) => task::done(desk, &task, evidence, change).await,
        Command::Drill(command) => drill::drill(desk, command).await,
        Command::HandOff(command) => handoff::handoff(desk, command).await,
        Command::SignIn(command) => sign_in::sign_in(desk, command).await,
        Command::RelyingParty(command) => relying_party::relying_party(desk, command).await,
        Command::ClientRegistration(command) => registration::registration(desk, command).await,
        Command::SigningKeys(command) => relying_party::signing_keys(desk, command).await,
        command => look_or_manage(desk, command).await,
    }
}

async fn look_or_manage(desk: &Desk, command: Command) -> Result<Exit, Failure> {
    match command {
        Command::People { text, source } => {
            look::people(desk, text.as_deref(), source.as_deref()).await
        }
        Command::Show {
            what: ShowCommand::Person { person, when },
        } => look::person(desk, &person, &when).await,
        Command::Findings { command: None } => look::findings(desk).await,
        Command::Findings {
            command: Some(FindingsCommand::Close { finding, change }),
        } => manage::close_finding(desk, &finding, change).await,
        Command::Targets => look::targets(desk).await,
        Command::Deliveries => look::deliveries(desk).await,
        Command::Status => look::status(desk).await,
        Command::Log {
            after,
            limit,
            person,
        } => look::log(desk, after, limit, person.as_deref()).await,
        Command::Events(asked) => events::run(desk, asked).await,
        Command::StopWriting { app, change } => manage::writing(desk, "stop", app, change).await,
        Command::ResumeWriting { app, change } => {
            manage::writing(desk, "resume", app, change).await
        }
        Command::Leaver(LeaverCommand::Now { person, change }) => {
            leaver::leaver(desk, "terminate", person, change).await
        }
        Command::Leaver(LeaverCommand::Lift { person, change }) => {
            leaver::leaver(desk, "lift-termination", person, change).await
        }
        Command::Person(PersonCommand::Join(worker)) => leaver::decide(desk, true, worker).await,
        Command::Person(PersonCommand::Separate(worker)) => {
            leaver::decide(desk, false, worker).await
        }
        Command::Erase { person, change } => manage::erase(desk, person, change).await,
        Command::Token(TokenCommand::Create {
            principal,
            scopes,
            days,
            networks,
            change,
            ..
        }) => {
            let scopes = scopes.iter().map(|s| s.as_str().to_owned()).collect();
            manage::create_token(desk, principal, scopes, days, networks, change).await
        }
        Command::Token(TokenCommand::List) => manage::tokens(desk).await,
        Command::Token(TokenCommand::Revoke { token, change }) => {
            manage::revoke_token(desk, &token, change).await
        }
        Command::Secret(command) => secrets(desk, command).await,
        other => Err(Failure::usage(
            format!("{other:?} is not for a server"),
            "see --help",
        )),
    }
}

/// What is done with secrets of others.
async fn secrets(desk: &Desk, command: SecretCommand) -> Result<Exit, Failure> {
    match command {
        SecretCommand::Set {
            name,
            app,
            channel,
            identity_provider,
            password_directory,
            host,
            expires,
            change,
        } => {
            let bound =
                |kind: &str, name: Option<String>| name.map(|name| format!("{kind}/{name}"));
            let user = app
                .or(bound("channel", channel))
                .or(bound("identity-provider", identity_provider))
                .or(bound("password-directory", password_directory));
            let bound = (user.unwrap_or_default(), host);
            input::set_secret(desk, &name, bound, expires, change).await
        }
        SecretCommand::List => manage::secrets(desk).await,
    }
}

/// Whether stderr may be coloured: a terminal, and not against the user's wish
/// (<https://no-color.org>).
fn coloured() -> bool {
    use std::io::IsTerminal as _;
    std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()) && std::io::stderr().is_terminal()
}
