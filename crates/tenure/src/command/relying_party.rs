//! What people sign in to, and the keys that its tokens are signed with.

use api::{
    MadeClientSecret, MakeClientSecret, Page, RollKeys, RollKeysAnswer, TakeKey, TurnKeys,
    TurnKeysAnswer, WireEvidence, WireKeyAdoption, WireKeyTurn, WireRelyingParty, WireRisk,
    WireSigningKey,
};
use clap::{Subcommand, ValueEnum};
use serde::Serialize;

use super::service_provider::Add;
use super::{Change, Desk};
use crate::failure::{Exit, Failure};
use crate::output::{Format, print, printable};

/// What follows `tenure relying-party`.
#[derive(Debug, Subcommand)]
pub enum RelyingPartyCommand {
    /// Lists them. Ends with 2 where one needs a secret and has none.
    List,
    /// Lists what their documents allow that can lead to harm. Ends with 2 where there is any.
    Risks,
    /// Writes a document for a service provider of SAML into the tenant directory, from its metadata. Needs
    /// no server.
    Add(Box<Add>),
    /// Makes its secret, in the place of any before it; it is shown once.
    Secret {
        /// The name of its document.
        name: String,
        #[command(flatten)]
        change: Change,
    },
}

/// What follows `tenure signing-keys`.
#[derive(Debug, Subcommand)]
pub enum SigningKeysCommand {
    /// Lists those that are published.
    List,
    /// Makes the next keys and publishes them; nothing is signed with them yet.
    Stage {
        /// Only for this algorithm (`ES256`, …); may be given several times. For all that are signed with
        /// where it is not given.
        #[arg(long = "alg", value_name = "ALG")]
        algorithms: Vec<String>,
        #[command(flatten)]
        change: Change,
    },
    /// Lists what is known of each service provider of SAML while the key that it will be signed for with is staged.
    /// Ends with 2 where it is not confirmed of every one.
    Adoption,
    /// Writes down that a service provider of SAML holds the next key.
    Taken {
        /// The name of its document.
        name: String,
        /// How that is known.
        #[arg(long, value_enum)]
        how: How,
        #[command(flatten)]
        change: Change,
    },
    /// Signs with the staged keys from now on; those before them stay published.
    Promote {
        /// Do not wait until relying parties have had a day to fetch them.
        #[arg(long)]
        early: bool,
        #[command(flatten)]
        change: Change,
    },
    /// Takes those before them out: what they have signed counts no longer.
    Retire {
        /// Do not wait until nothing that they have signed is still in use.
        #[arg(long)]
        early: bool,
        #[command(flatten)]
        change: Change,
    },
    /// Takes every key out of use at once and makes new ones, because somebody else may have them: what
    /// they have signed counts no longer.
    Roll {
        #[command(flatten)]
        change: Change,
    },
}

/// How it is known that a service provider holds a key.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum How {
    /// Whoever runs it, or its own API, says so.
    Declared,
    /// Somebody has signed in by it.
    Confirmed,
}

/// `tenure relying-party …`.
pub async fn relying_party(desk: &Desk, command: RelyingPartyCommand) -> Result<Exit, Failure> {
    match command {
        RelyingPartyCommand::List => list(desk).await,
        RelyingPartyCommand::Risks => risks(desk).await,
        RelyingPartyCommand::Add(asked) => super::service_provider::add(&asked).await,
        RelyingPartyCommand::Secret { name, change } => secret(desk, &name, change).await,
    }
}

/// `tenure signing-keys …`.
pub async fn signing_keys(desk: &Desk, command: SigningKeysCommand) -> Result<Exit, Failure> {
    match command {
        SigningKeysCommand::List => keys(desk).await,
        SigningKeysCommand::Stage { algorithms, change } => {
            turn(desk, WireKeyTurn::Stage, algorithms, false, change).await
        }
        SigningKeysCommand::Adoption => adoption(desk).await,
        SigningKeysCommand::Taken { name, how, change } => taken(desk, name, how, change).await,
        SigningKeysCommand::Promote { early, change } => {
            turn(desk, WireKeyTurn::Promote, Vec::new(), early, change).await
        }
        SigningKeysCommand::Retire { early, change } => {
            turn(desk, WireKeyTurn::Retire, Vec::new(), early, change).await
        }
        SigningKeysCommand::Roll { change } => roll(desk, change).await,
    }
}

async fn list(desk: &Desk) -> Result<Exit, Failure> {
    let page: Page<WireRelyingParty> = desk.client.get(&["relying-parties"], &[]).await?;
    desk.output.list(
        &page.items,
        &[
            "name",
            "title",
            "client_id",
            "who",
            "kind",
            "method",
            "secret",
        ],
    )?;
    if page.items.is_empty() && desk.output.format() == Format::Table {
        eprintln!("No document declares a relying party.");
    }
    let mut exit = Exit::Fine;
    for party in page.items.iter().filter(|party| party.secret == "missing") {
        exit = Exit::Present;
        let name = printable(&party.name);
        eprintln!("`{name}` needs a secret: make it with `tenure relying-party secret {name}`.");
    }
    Ok(exit)
}

/// A risk, with whose it is.
#[derive(Serialize)]
struct Row {
    relying_party: String,
    #[serde(flatten)]
    risk: WireRisk,
}

async fn risks(desk: &Desk) -> Result<Exit, Failure> {
    let page: Page<WireRelyingParty> = desk.client.get(&["relying-parties"], &[]).await?;
    let rows = page.items.into_iter().flat_map(|party| {
        let relying_party = party.name;
        party.risks.into_iter().map(move |risk| Row {
            relying_party: relying_party.clone(),
            risk,
        })
    });
    let rows: Vec<Row> = rows.collect();
    desk.output
        .list(&rows, &["relying_party", "field", "risk", "clause"])?;
    if rows.is_empty() {
        if desk.output.format() == Format::Table {
            eprintln!("No document of a relying party allows anything of the kind.");
        }
        return Ok(Exit::Fine);
    }
    Ok(Exit::Present)
}

async fn secret(desk: &Desk, name: &str, change: Change) -> Result<Exit, Failure> {
    let body = MakeClientSecret {
        dry_run: change.dry_run,
        reason: change.needed_reason()?,
    };
    let path = ["relying-parties", name, "secret"];
    let made: MadeClientSecret = desk.client.post(&path, &body).await?;
    let client = printable(&made.client_id);
    if change.dry_run {
        eprintln!("A secret for `{name}` (client id {client}) would be made.");
        return Ok(Exit::Fine);
    }
    eprintln!("`{name}` proves with it that it is {client}; it is shown this once:");
    match desk.output.format() {
        Format::Table => print(&format!("{}\n", made.secret))?,
        _ => desk
            .output
            .show(&made, &["relying_party", "client_id", "secret"])?,
    }
    eprintln!("The secret before it, if there was one, no longer counts.");
    Ok(Exit::Fine)
}

async fn keys(desk: &Desk) -> Result<Exit, Failure> {
    let page: Page<WireSigningKey> = desk.client.get(&["signing-keys"], &[]).await?;
    desk.output.list(&page.items, &["kid", "alg", "stage"])?;
    if page.items.is_empty() && desk.output.format() == Format::Table {
        eprintln!("There are none yet: they are made when they are first needed.");
    }
    Ok(Exit::Fine)
}

const ADOPTION: [&str; 5] = ["relying_party", "next_for", "evidence", "at", "by"];

async fn adoption(desk: &Desk) -> Result<Exit, Failure> {
    let path = ["signing-keys", "adoption"];
    let page: Page<WireKeyAdoption> = desk.client.get(&path, &[]).await?;
    desk.output.list(&page.items, &ADOPTION)?;
    if page.items.is_empty() && desk.output.format() == Format::Table {
        eprintln!("No key is staged that a service provider of SAML would be signed for with.");
    }
    let confirmed = page.items.iter().all(|one| one.evidence == "confirmed");
    Ok(if confirmed { Exit::Fine } else { Exit::Present })
}

async fn taken(desk: &Desk, name: String, how: How, change: Change) -> Result<Exit, Failure> {
    let body = TakeKey {
        relying_party: name,
        how: match how {
            How::Declared => WireEvidence::Declared,
            How::Confirmed => WireEvidence::Confirmed,
        },
        dry_run: change.dry_run,
        reason: change.needed_reason()?,
    };
    let path = ["signing-keys", "taken"];
    let adoption: WireKeyAdoption = desk.client.post(&path, &body).await?;
    desk.output.list(&[adoption], &ADOPTION)?;
    Ok(Exit::Fine)
}

async fn roll(desk: &Desk, change: Change) -> Result<Exit, Failure> {
    let body = RollKeys {
        dry_run: change.dry_run,
        reason: change.needed_reason()?,
    };
    let path = ["signing-keys", "roll"];
    let answer: RollKeysAnswer = desk.client.post(&path, &body).await?;
    let gone = answer.gone.len();
    if answer.dry_run {
        eprintln!("{gone} keys would be gone, and what they have signed would count no longer.");
        return Ok(Exit::Fine);
    }
    eprintln!("{gone} keys are gone; what they have signed counts no longer. From now on:");
    desk.output.list(&answer.keys, &["kid", "alg", "stage"])?;
    Ok(Exit::Fine)
}

async fn turn(
    desk: &Desk,
    turn: WireKeyTurn,
    algorithms: Vec<String>,
    early: bool,
    change: Change,
) -> Result<Exit, Failure> {
    let body = TurnKeys {
        turn,
        algorithms,
        early,
        dry_run: change.dry_run,
        reason: change.needed_reason()?,
    };
    let path = ["signing-keys", "turn"];
    let answer: TurnKeysAnswer = desk.client.post(&path, &body).await?;
    let what = match answer.dry_run {
        true => "Would be turned:",
        false => "Turned:",
    };
    eprintln!("{what}");
    desk.output.list(&answer.turned, &["kid", "alg", "stage"])?;
    if !answer.service_providers.is_empty() {
        let names: Vec<String> = answer
            .service_providers
            .iter()
            .map(|name| printable(name))
            .collect();
        eprintln!(
            "Responses of SAML carry the other certificate of /saml2/metadata from then on: an app that holds \
             one has to be given it. They go to {}.",
            names.join(", ")
        );
    }
    Ok(Exit::Fine)
}
