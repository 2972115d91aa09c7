//! After the last night: the server answers, the story is judged, and you take over.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use model::{Actor, Scope, Secret};
use reqwest::Url;

use super::broken;
use super::company::cast;
use super::morning::morning;
use super::outcomes::Outcomes;
use super::stage::{KIM, Stage, ZONE};
use super::tell::{say, title};
use crate::client::Client;
use crate::client::context::Access;
use crate::failure::{Exit, Failure};
use crate::host::directory;
use crate::host::serve::{Signals, Standing};

/// How long tokens of people live.
const LIFE: Duration = Duration::from_secs(90 * 24 * 3_600);

/// Serves, tells the morning by what the server answers, judges, and goes on serving unless the demo
/// is to end.
pub async fn after(stage: &Stage, mut outcomes: Outcomes, exit: bool) -> Result<Exit, Failure> {
    let signals = Signals::take()?;
    let mut standing = Standing::up(&stage.config, &stage.house).await?;
    let client = client(stage, &standing).await?;
    let told = morning(stage, &client, &mut outcomes).await;
    let told = told.and_then(|()| outcomes.judge());
    if exit || told.is_err() {
        standing.down().await;
        told?;
        return came_out(&outcomes).map(|()| Exit::Fine);
    }
    came_out(&outcomes)?;
    standing.work(&stage.config, &stage.house);
    stage.clock.go();
    next(stage, &standing)?;
    standing.until_stopped(signals).await;
    Ok(Exit::Fine)
}

/// What speaks with the server as Kim. Other terminals can do the same.
async fn client(stage: &Stage, standing: &Standing) -> Result<Client, Failure> {
    let url = standing.urls.first().map_or("", String::as_str);
    let url = Url::parse(url).map_err(broken)?;
    let token = token(stage, KIM, &Scope::ALL).await?;
    write_env(stage, &url)?;
    let ca = None;
    Client::new(Access { url, token, ca })
}

fn came_out(outcomes: &Outcomes) -> Result<(), Failure> {
    say(&format!(
        "\nAll {} outcomes are as the story means them, in the apps, the digest, the ledger and the log.\n",
        outcomes.count()
    ))
}

/// A token of a principal, in a file of the demo's folder.
async fn token(stage: &Stage, principal: &str, scopes: &[Scope]) -> Result<Secret, Failure> {
    let host = Actor::named("host");
    let issued = stage
        .app()
        .issue_token(None, &host, principal, scopes, LIFE, &[])
        .await;
    let (_, secret) = issued?;
    directory::write_private(&token_file(stage, principal), secret.expose())?;
    Ok(secret)
}

fn token_file(stage: &Stage, principal: &str) -> std::path::PathBuf {
    stage.folder.join(format!("{principal}.token"))
}

/// What another terminal reads to speak with this server, and with no other.
fn write_env(stage: &Stage, url: &Url) -> Result<(), Failure> {
    let mut text = String::from(
        "unset TENURE_CONTEXT TENURE_TOKEN TENURE_OUTPUT TENURE_MASTER_KEY TENURE_STORE_POSTGRES\n",
    );
    let mut set = |name: &str, value: &str| {
        // Writing to a text cannot fail.
        let _ = writeln!(text, "export {name}={}", quoted(value));
    };
    set("TENURE_URL", url.as_str());
    set(
        "TENURE_TOKEN_FILE",
        &token_file(stage, KIM).to_string_lossy(),
    );
    set(
        "TENURE_CONFIG",
        &stage.folder.join("tenure.toml").to_string_lossy(),
    );
    set("TENURE_ZONE", ZONE);
    let own = std::env::current_exe().ok();
    if let Some(folder) = own.as_deref().and_then(Path::parent) {
        let _ = writeln!(
            text,
            "export PATH={}:\"$PATH\"",
            quoted(&folder.to_string_lossy())
        );
    }
    directory::write_private(&stage.folder.join("env"), &text)
}

/// A word as a shell reads it.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

fn next(stage: &Stage, standing: &Standing) -> Result<(), Failure> {
    let url = standing.urls.first().map_or("", String::as_str);
    let env = stage.folder.join("env");
    title(&format!("Now it is yours: {url}, until you press Ctrl-C"))?;
    say(&format!(
        "In another terminal, as {KIM}; the story's clock goes on from half past eight:\n\n  \
         . {}\n  \
         tenure digest                      # what you have just read\n  \
         tenure waves --open                # the 12 missing rows; show one with `tenure waves show WAVE`\n  \
         tenure refuse WAVE --reason \"a page of the export was lost\"\n  \
         tenure adopt wiki --unexplained    # who made themselves an administrator on a Saturday\n  \
         tenure why access {} chat\n  \
         tenure leaver now {} --reason \"case 17\"\n  \
         tenure leavers --since 30d -o csv\n  \
         tenure ledger verify\n\n\
         `tenure --help` has everything; with documents of your own: docs/how-to/first-rule.md\n",
        env.display(),
        cast::ON_LEAVE,
        cast::MISTAKEN,
    ))
}
