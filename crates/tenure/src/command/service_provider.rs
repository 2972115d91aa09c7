//! `tenure relying-party add`: a service provider of SAML, from its metadata into a document.
//!
//! The metadata are read once, by whoever adds the app, and never again: what they say becomes a document that
//! people read, change and push like every other. Nothing is guessed. What only people know is asked for on the
//! command line, and what is not spoken here is said.

use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use ports::Clock as _;
use protocol::saml::encryption::{Cipher, Transport};
use protocol::saml::metadata::{Demands, Imported, Notice, read};
use protocol::saml::xml::Limits;
use protocol::saml::{Binding, NameIdFormat, ServiceProvider, SubjectId};

use super::handoff::write_new;
use super::input::read_directory;
use crate::failure::{Exit, Failure};
use crate::host::system::SystemClock;
use crate::output::{print, printable};

/// How much clocks may differ (saml2int SDP-G01).
const SKEW: Duration = Duration::from_secs(180);

/// What `tenure relying-party add` takes.
#[derive(Debug, Args)]
pub struct Add {
    /// What its document is to be called.
    name: String,
    /// The file of its SAML metadata.
    #[arg(long, value_name = "FILE")]
    saml: PathBuf,
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
    /// Which one, where the metadata are of several.
    #[arg(long, value_name = "URI")]
    entity_id: Option<String>,
    /// Print the document; write nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Writes the document, once it and the others of the directory are known to be good together.
pub fn add(asked: &Add) -> Result<Exit, Failure> {
    let demands = Demands {
        now: SystemClock.now(),
        entity_id: asked.entity_id.as_deref(),
        signed_by: None,
        skew: SKEW,
        ends_within: None,
    };
    let imported = read(&bytes(&asked.saml)?, &demands).map_err(|why| {
        let problem = format!("{} is not taken over: {why}", asked.saml.display());
        Failure::new("TNR-SIGN-0030", problem, "mend that, and add the app again")
    })?;
    let text = document(&imported.provider, asked)?;
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
    for line in left_out(&imported) {
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

/// The file, if it is no longer than metadata are.
fn bytes(file: &Path) -> Result<Vec<u8>, Failure> {
    let fail = |e: &std::io::Error| Failure::file("the metadata", file, e);
    let length = std::fs::metadata(file).map_err(|e| fail(&e))?.len();
    if length > Limits::METADATA.bytes as u64 {
        let problem = format!("{} is longer than metadata are taken", file.display());
        let fix = "cut out the `EntityDescriptor` of the app";
        return Err(Failure::new("TNR-SIGN-0030", problem, fix));
    }
    std::fs::read(file).map_err(|e| fail(&e))
}

/// The document. Whatever stands in quotes came from elsewhere.
fn document(provider: &ServiceProvider, asked: &Add) -> Result<String, Failure> {
    let mut lines = vec![
        "# From the app's metadata, which are not read again: what changes there is changed here."
            .to_owned(),
    ];
    if let Some(until) = provider.valid_until {
        lines.push(format!("# They say that they count until {until}."));
    }
    let who = match &asked.app {
        Some(app) => format!("app: {}", quoted(app)),
        None => {
            let groups: Vec<String> = asked.groups.iter().map(|group| quoted(group)).collect();
            format!("groups: [{}]", groups.join(", "))
        }
    };
    lines.extend([
        "kind: RelyingParty".to_owned(),
        format!("metadata: {{name: {}}}", quoted(&asked.name)),
        "spec:".to_owned(),
        format!("  {who}"),
        "  saml:".to_owned(),
        format!("    entity_id: {}", quoted(provider.entity_id.as_str())),
        "    acs:".to_owned(),
    ]);
    // The first is meant where none is named.
    let meant = provider.default_consumer();
    let others = provider.consumers.iter();
    let others = others.filter(|one| Some(one.index) != meant.map(|meant| meant.index));
    for acs in meant.into_iter().chain(others) {
        let url = quoted(acs.location.as_str());
        lines.push(format!("      - {{url: {url}, index: {}}}", acs.index));
    }
    lines.push(format!("    name_id: {}", name_id(provider, asked)?));
    lines.extend(attributes(provider));
    lines.extend(keys(provider));
    Ok(lines.join("\n") + "\n")
}

/// What people are called there: the first kind that its metadata list, of those for which there is what they
/// need.
fn name_id(provider: &ServiceProvider, asked: &Add) -> Result<String, Failure> {
    let takes = |format: NameIdFormat| match asked.name_id {
        Some(_) => format != NameIdFormat::Transient,
        None => matches!(format, NameIdFormat::Persistent | NameIdFormat::Transient),
    };
    let listed = &provider.name_id_formats;
    let found = match (listed.is_empty(), &asked.name_id) {
        (false, _) => listed.iter().copied().find(|format| takes(*format)),
        (true, None) => Some(NameIdFormat::Persistent),
        (true, Some(_)) => Some(NameIdFormat::Unspecified),
    };
    let Some(format) = found else {
        let (problem, fix) = match asked.name_id {
            None => (
                "the app takes names of a kind that an expression gives, and none is given",
                "say what people are called there, as in `--name-id person.email`",
            ),
            Some(_) => (
                "the app takes names for one session alone, which no expression gives",
                "leave `--name-id` out",
            ),
        };
        return Err(Failure::new("TNR-SIGN-0032", problem, fix));
    };
    // The last word of its name on the wire is that of the document.
    let word = format.uri().rsplit(':').next().unwrap_or_default();
    Ok(match &asked.name_id {
        Some(value) => format!("{{format: {word}, value: {}}}", quoted(value)),
        None => format!("{{format: {word}}}"),
    })
}

/// The attributes that it asks for, for people to give: what they are called here only they know.
fn attributes(provider: &ServiceProvider) -> Vec<String> {
    let all = provider.attribute_services.iter();
    let all = all.flat_map(|service| &service.attributes);
    let mut lines: Vec<String> = Vec::new();
    for (name, is_required) in all.filter(|(name, _)| is_attribute(name)) {
        let need = if *is_required { "needs" } else { "takes" };
        let line = format!("    # {}: …  (the app {need} it)", quoted(name));
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    if !lines.is_empty() {
        let head =
            "    # Write `attributes:`, and below it these with the expression that gives each:";
        lines.insert(0, head.to_owned());
    }
    lines
}

/// Whether a document takes an attribute of that name.
fn is_attribute(name: &str) -> bool {
    name.len() <= 200 && name.bytes().all(|b| b.is_ascii_graphic())
}

/// What it signs with, and what is encrypted for it.
fn keys(provider: &ServiceProvider) -> Vec<String> {
    let mut lines = Vec::new();
    let mut written: Vec<&[u8]> = Vec::new();
    for key in &provider.signing_keys {
        let der = key.certificate();
        if written.is_empty() {
            lines.push("    certificates:".to_owned());
        }
        if !written.contains(&der) {
            lines.push("      - |-".to_owned());
            lines.extend(pem(der, "        "));
            written.push(der);
        }
    }
    lines.extend(slo(provider));
    if provider.signs_requests {
        lines.push("    want_signed_requests: true".to_owned());
    }
    if let Some(key) = provider.encryption_keys.first() {
        lines.push("    encrypt:".to_owned());
        lines.push("      certificate: |-".to_owned());
        lines.extend(pem(key.certificate(), "        "));
        if key.cipher == Cipher::Aes128Gcm {
            lines.push("      cipher: aes128-gcm".to_owned());
        }
        if key.transport == Transport::OaepSha256 {
            lines.push("      key_transport: rsa-oaep-sha256".to_owned());
        }
    }
    lines
}

/// Where it takes word of logout: one way, which is the one that would be taken.
fn slo(provider: &ServiceProvider) -> Option<String> {
    let service = provider.logout().filter(|_| signs(provider))?;
    let binding = match service.binding {
        Binding::Redirect => "redirect",
        Binding::Post => "post",
    };
    let url = quoted(service.location.as_str());
    let answers = service.response_location.as_ref();
    let answers = answers.map(|url| format!(", response_url: {}", quoted(url.as_str())));
    let answers = answers.unwrap_or_default();
    Some(format!(
        "    slo: {{binding: {binding}, url: {url}{answers}}}"
    ))
}

/// Whether it has a key that its signatures could be held to.
fn signs(provider: &ServiceProvider) -> bool {
    !provider.signing_keys.is_empty()
}

/// The lines of a certificate in PEM (RFC 7468 §5.1), each with this before it.
fn pem(der: &[u8], before: &str) -> Vec<String> {
    let base64 = STANDARD.encode(der);
    let inner = base64.as_bytes().chunks(64).map(String::from_utf8_lossy);
    std::iter::once("-----BEGIN CERTIFICATE-----".into())
        .chain(inner)
        .chain(std::iter::once("-----END CERTIFICATE-----".into()))
        .map(|line| format!("{before}{line}"))
        .collect()
}

/// A text as YAML has it in double quotes, which is as JSON has it.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// What of the metadata is not in the document, or is there and will not do.
fn left_out(imported: &Imported) -> Vec<String> {
    let provider = &imported.provider;
    let mut lines: Vec<String> = imported.notices.iter().map(told).collect();
    let other_keys = provider.encryption_keys.len().saturating_sub(1);
    if other_keys > 0 {
        lines.push(format!(
            "{other_keys} more certificates to encrypt for: one is encrypted for"
        ));
    }
    if provider.back_channel_logout.is_some() {
        lines.push("where it would be called to sign somebody out (SOAP)".to_owned());
    }
    if !provider.logouts.is_empty() && !signs(provider) {
        lines.push("where it takes word of logout, because it has no key to sign with".to_owned());
    }
    let mut asked = provider.attribute_services.iter();
    if asked.any(|set| set.attributes.iter().any(|(name, _)| !is_attribute(name))) {
        lines.push("attributes whose names have other characters than printable ASCII".to_owned());
    }
    match provider.subject_id {
        Some(SubjectId::Pairwise | SubjectId::Any) => lines.push(
            "that it asks for `pairwise-id`: write `pairwise_id:` with a domain of yours".to_owned(),
        ),
        Some(SubjectId::General) => lines.push(format!(
            "that it asks for `subject-id`: write the attribute `{}`, a name with `@` and a domain of yours",
            SubjectId::GENERAL
        )),
        Some(SubjectId::Unwanted) | None => {}
    }
    lines
}

fn told(notice: &Notice) -> String {
    match notice {
        Notice::Certificate(why) => format!("a certificate: {why}"),
        Notice::BareKey => "a key that is in no certificate".to_owned(),
        Notice::OldEncryption => {
            "a certificate to encrypt for, because the app opens only CBC or PKCS #1 \
                                  v1.5: it is sent assertions in the clear"
                .to_owned()
        }
        Notice::Binding(service, _) => format!("a `{service}` of a binding that is not used there"),
        Notice::NameIdFormat => "a kind of names that is not given".to_owned(),
        Notice::Plain(service) => {
            format!("nothing, but a `{service}` is at an address that is not encrypted on its way")
        }
    }
}
