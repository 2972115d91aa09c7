//! `tenure relying-party add`: a service provider of SAML, from its metadata into a document.
//!
//! The metadata are read once, by whoever adds the app: what they say becomes a document that people read, change
//! and push like every other. Nothing is guessed. What only people know is asked for on the command line, and what
//! is not spoken here is said.

mod document;
mod origin;
mod passed_over;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use document::document;
use ports::Clock as _;
use protocol::saml::metadata::{Demands, read};

use super::handoff::write_new;
use super::input::read_directory;
use crate::failure::{Exit, Failure};
use crate::host::system::SystemClock;
use crate::output::{print, printable};

/// How much clocks may differ (saml2int SDP-G01).
const SKEW: Duration = Duration::from_secs(180);
/// The longest that metadata may say that they count, where saml2int is held to (SDP-MD03).
const LONGEST: Duration = Duration::from_secs(400 * 24 * 3_600);

/// What `tenure relying-party add` takes.
#[derive(Debug, Args)]
pub struct Add {
    /// What its document is to be called.
    name: String,
    /// Its SAML metadata: a file, or the address that they stand at.
    #[arg(long, value_name = "FILE|URL")]
    saml: String,
    /// The certificate, in PEM, of whoever has to have signed the metadata; one that did not come with them.
    #[arg(long, value_name = "FILE")]
    signed_by: Option<PathBuf>,
    /// The address of the metadata may be inside your network, and plain `http` there.
    #[arg(long)]
    allow_private: bool,
    /// What the app is held to.
    #[arg(long, value_enum, default_value_t = Profile::Saas)]
    profile: Profile,
    /// The tenant directory, into which the document is written as `relying-party-NAME.yaml`.
    #[arg(long = "into", value_name = "DIR")]
    directory: PathBuf,
    /// Whoever has a usable account in this app may sign in.
    #[arg(long, required_unless_present = "groups", conflicts_with = "groups")]
    app: Option<String>,
    /// Whoever is in this group of people may sign in; may be repeated.
    #[arg(long = "group", value_name = "GROUP")]
    groups: Vec<String>,
    /// The expression for what people are called there, as in `person.email`.
    #[arg(long, value_name = "EXPRESSION")]
    name_id: Option<String>,
    /// The domain of yours behind the `@` of lasting names, where the app asks for them.
    #[arg(long, value_name = "DOMAIN")]
    scope: Option<String>,
    /// The expression for what stands before it in a `subject-id`, where the app asks for that one.
    #[arg(long, value_name = "EXPRESSION", requires = "scope")]
    subject_id: Option<String>,
    /// Which one, where the metadata are of several.
    #[arg(long, value_name = "URI")]
    entity_id: Option<String>,
    /// Print the document; write nothing.
    #[arg(long)]
    dry_run: bool,
}

/// What an app is held to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Profile {
    /// What many apps take.
    Saas,
    /// Kantara's deployment profile, of which everything is demanded.
    Saml2int,
}

/// Writes the document, once it and the others of the directory are known to be good together.
pub async fn add(asked: &Add) -> Result<Exit, Failure> {
    let signers = match &asked.signed_by {
        Some(file) => Some([origin::signer(file)?]),
        None => None,
    };
    let demands = Demands {
        now: SystemClock.now(),
        entity_id: asked.entity_id.as_deref(),
        signed_by: signers.as_ref().map(<[_; 1]>::as_slice),
        skew: SKEW,
        ends_within: (asked.profile == Profile::Saml2int).then_some(LONGEST),
    };
    let bytes = origin::bytes(&asked.saml, asked.allow_private).await?;
    let imported = read(&bytes, &demands).map_err(|why| {
        let problem = format!("{} is not taken over: {why}", printable(&asked.saml));
        Failure::new("TNR-SIGN-0030", problem, "mend that, and add the app again")
    })?;
    let text = document(&imported.provider, asked, signers.as_ref().map(|[one]| one))?;
    let file = format!("relying-party-{}.yaml", asked.name);
    let mut files: Vec<(String, String)> = read_directory(&asked.directory)?
        .into_iter()
        .map(|file| (file.path, file.text))
        .collect();
    files.push((file.clone(), text.clone()));
    if let Err(diagnostics) = documents::load(&files) {
        let problem = "the document that would be written is refused beside the others of the directory, \
                       and was not written";
        let fix = "mend what is named above, in the directory or on the command line";
        return Err(Failure {
            diagnostics,
            ..Failure::new("TNR-SIGN-0031", problem, fix)
        });
    }
    let place = asked.directory.join(&file);
    if asked.dry_run {
        print(&text)?;
    } else {
        write_new(&place, text.as_bytes())
            .map_err(|e| Failure::file("the document", &place, &e))?;
    }
    for line in passed_over::left_out(&imported, asked) {
        eprintln!("Left out: {}.", printable(&line));
    }
    let would = if asked.dry_run { "would be" } else { "is" };
    eprintln!(
        "The app {would} in {}. Read it, then `tenure config push {}`.",
        printable(&place.display().to_string()),
        printable(&asked.directory.display().to_string())
    );
    Ok(Exit::Fine)
}
