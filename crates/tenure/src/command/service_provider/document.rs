//! The document of a service provider, as it is written. Whatever stands in quotes came from elsewhere.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use protocol::saml::encryption::{Cipher, Transport};
use protocol::saml::signature::VerifyingKey;
use protocol::saml::{Binding, Location, NameIdFormat, ServiceProvider, SubjectId};

use super::{Add, Profile};
use crate::failure::Failure;

/// The document.
///
/// # Errors
/// When something has to be said that the metadata do not say.
pub(super) fn document(
    provider: &ServiceProvider,
    asked: &Add,
    signer: Option<&VerifyingKey>,
) -> Result<String, Failure> {
    let again = asked.saml.contains("://");
    let origin = match (again, signer) {
        (false, _) => "which are not read again: what changes there is changed here.",
        (true, None) => "which are read again: what changes there is told, and changed here.",
        (true, Some(_)) => "which are read again: certificates follow them, the rest is told.",
    };
    let mut lines = vec![format!("# From the app's metadata, {origin}")];
    // Whoever does not hold the app to that would lock people out on the day that its metadata end.
    let strict = asked.profile == Profile::Saml2int;
    if let Some(until) = provider.valid_until.filter(|_| !strict) {
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
    ]);
    if strict {
        lines.push("    profile: saml2int".to_owned());
        let until = provider.valid_until.iter();
        lines.extend(until.map(|until| format!("    valid_until: {until}")));
    }
    if again {
        lines.extend(stand(asked, signer));
    }
    lines.push("    acs:".to_owned());
    // The first is meant where none is named.
    let meant = provider.default_consumer();
    let others = provider.consumers.iter();
    let others = others.filter(|one| Some(one.index) != meant.map(|meant| meant.index));
    for acs in meant.into_iter().chain(others) {
        let url = quoted(acs.location.as_str());
        lines.push(format!("      - {{url: {url}, index: {}}}", acs.index));
    }
    lines.push(format!("    name_id: {}", name_id(provider, asked)?));
    lines.extend(lasting(provider, asked)?);
    lines.extend(attributes(provider));
    lines.extend(keys(provider, asked));
    Ok(lines.join("\n") + "\n")
}

/// Where its metadata stand.
fn stand(asked: &Add, signer: Option<&VerifyingKey>) -> Vec<String> {
    let url = format!("      url: {}", quoted(&asked.saml));
    let mut lines = vec!["    metadata:".to_owned(), url];
    if asked.allow_private {
        lines.push("      allow_private: true".to_owned());
    }
    if let Some(key) = signer {
        lines.push("      signed_by: |-".to_owned());
        lines.extend(pem(key.certificate(), "        "));
    }
    lines
}

/// What people are called there: the first kind that its metadata list, of those for which there is what they
/// need.
fn name_id(provider: &ServiceProvider, asked: &Add) -> Result<String, Failure> {
    let strict = asked.profile == Profile::Saml2int;
    let takes = |format: NameIdFormat| match asked.name_id {
        // SDP-IDP12.
        _ if strict => format == NameIdFormat::Transient,
        Some(_) => format != NameIdFormat::Transient,
        None => matches!(format, NameIdFormat::Persistent | NameIdFormat::Transient),
    };
    let listed = &provider.name_id_formats;
    let found = match (listed.is_empty(), &asked.name_id) {
        (_, Some(_)) if strict => None,
        (false, _) => listed.iter().copied().find(|format| takes(*format)),
        (true, None) if strict => Some(NameIdFormat::Transient),
        (true, None) => Some(NameIdFormat::Persistent),
        (true, Some(_)) => Some(NameIdFormat::Unspecified),
    };
    let Some(format) = found else {
        let (problem, fix) = match asked.name_id {
            None if strict => (
                "saml2int has names for one session alone, and the app takes none",
                "have the app list the format `transient`, or add it with `--profile saas`",
            ),
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

/// The lasting name that its metadata demand (Subject Identifier Attributes §4), with what is said of it.
fn lasting(provider: &ServiceProvider, asked: &Add) -> Result<Vec<String>, Failure> {
    let Some(demanded) = provider.subject_id else {
        return Ok(Vec::new());
    };
    let word = match demanded {
        SubjectId::General => "subject-id",
        SubjectId::Pairwise => "pairwise-id",
        SubjectId::Any => "any",
        SubjectId::Unwanted => "none",
    };
    let mut lines = vec![format!("    subject_id_req: {word}")];
    let scope = asked.scope.as_deref().map(quoted);
    match (demanded, scope, &asked.subject_id) {
        (SubjectId::Unwanted, ..) => {}
        (SubjectId::General, Some(scope), Some(value)) => {
            let value = quoted(value);
            lines.push(format!(
                "    subject_id: {{value: {value}, scope: {scope}}}"
            ));
        }
        (SubjectId::Pairwise | SubjectId::Any, Some(scope), _) => {
            lines.push(format!("    pairwise_id: {scope}"));
        }
        (SubjectId::General, ..) => {
            let problem = "the app demands `subject-id`, a name that is the same everywhere";
            let fix = "say what stands before and behind its `@`, as in `--subject-id person.number --scope acme.example`";
            return Err(Failure::new("TNR-SIGN-0032", problem, fix));
        }
        (SubjectId::Pairwise | SubjectId::Any, None, _) => {
            let problem = "the app demands `pairwise-id`, a name that nobody else is told";
            let fix =
                "say which domain of yours stands behind its `@`, as in `--scope acme.example`";
            return Err(Failure::new("TNR-SIGN-0032", problem, fix));
        }
    }
    Ok(lines)
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
pub(super) fn is_attribute(name: &str) -> bool {
    name.len() <= 200 && name.bytes().all(|b| b.is_ascii_graphic())
}

/// What it signs with, and what is encrypted for it.
fn keys(provider: &ServiceProvider, asked: &Add) -> Vec<String> {
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
    if let Some(location) = called(provider, asked) {
        let url = quoted(location.as_str());
        let private = match asked.allow_private {
            true => ", allow_private: true",
            false => "",
        };
        lines.push(format!("    soap_logout: {{url: {url}{private}}}"));
    }
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

/// Where it is called to sign somebody out, where a document takes that.
pub(super) fn called<'p>(provider: &'p ServiceProvider, asked: &Add) -> Option<&'p Location> {
    let location = provider.back_channel_logout.as_ref()?;
    (asked.allow_private || location.is_encrypted()).then_some(location)
}

/// Whether it has a key that its signatures could be held to.
pub(super) fn signs(provider: &ServiceProvider) -> bool {
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
