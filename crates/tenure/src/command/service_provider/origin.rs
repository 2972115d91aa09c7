//! Where metadata come from: a file, or an address; never more of it than metadata may be.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

use connectors::http::{Client, Failure as Unanswered, Request};
use protocol::saml::signature::VerifyingKey;
use protocol::saml::xml::Limits;

use crate::failure::Failure;
use crate::output::printable;

/// The longest that fetching may take.
const DEADLINE: Duration = Duration::from_secs(30);
/// The longest file of a certificate, in bytes.
const CERTIFICATE: u64 = 64 << 10;
const LONGER: &str = "cut out the `EntityDescriptor` of the app";

/// The metadata: what stands in the file, or at the address.
///
/// # Errors
/// When there is none, it is longer than metadata are taken, or the address is one that is not gone to.
pub(super) async fn bytes(origin: &str, allow_private: bool) -> Result<Vec<u8>, Failure> {
    match origin.contains("://") {
        true => fetched(origin, allow_private).await,
        false => file(Path::new(origin)),
    }
}

/// A file that grows while it is read is no longer for that.
fn file(file: &Path) -> Result<Vec<u8>, Failure> {
    let most = Limits::METADATA.bytes as u64;
    let bytes = read(file, most + 1).map_err(|e| Failure::file("the metadata", file, &e))?;
    if bytes.len() as u64 > most {
        let problem = format!("{} is longer than metadata are taken", file.display());
        return Err(Failure::new("TNR-SIGN-0030", problem, LONGER));
    }
    Ok(bytes)
}

fn read(file: &Path, most: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(file)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// From an address, as every other that somebody else may have chosen: without a redirect, and to public addresses
/// alone unless it is said otherwise ([`connectors::http::egress`]).
async fn fetched(url: &str, allow_private: bool) -> Result<Vec<u8>, Failure> {
    let refused = |problem: String, fix: &str| Failure::new("TNR-SIGN-0033", problem, fix);
    let client = Client::new(allow_private, Limits::METADATA.bytes).map_err(|e| {
        refused(
            e.to_string(),
            "see that this host has certificates that it trusts",
        )
    })?;
    let url = client.check_url(url).map_err(|_| {
        let problem = "the metadata are not fetched from an address that is not https";
        let fix = "write one that begins with https and has neither a name nor `#` in it; within your network \
                   `--allow-private` takes http as well";
        refused(problem.to_owned(), fix)
    })?;
    let request = Request {
        method: reqwest::Method::GET,
        url,
        headers: vec![(
            "accept",
            "application/samlmetadata+xml, application/xml".to_owned(),
        )],
        authorization: None,
        body: None,
        deadline: DEADLINE,
    };
    let answer = client.send(request).await.map_err(|why| {
        let (Unanswered::NotSent(why) | Unanswered::Lost(why)) = why;
        let fix = "see that it can be reached from here; within your network add `--allow-private`";
        refused(
            format!("the metadata were not fetched: {}", printable(&why)),
            fix,
        )
    })?;
    if answer.status != 200 {
        let problem = format!(
            "the metadata were not fetched: the answer is {}",
            answer.status
        );
        let fix = "write the address that they stand at themselves: no redirect is followed";
        return Err(refused(problem, fix));
    }
    Ok(answer.body)
}

/// The key of whoever has to have signed metadata, from a certificate in PEM (RFC 7468 §5.1).
///
/// # Errors
/// When the file is none, or its key is not one that counts.
pub(super) fn signer(file: &Path) -> Result<VerifyingKey, Failure> {
    let bytes = read(file, CERTIFICATE).map_err(|e| Failure::file("the certificate", file, &e))?;
    let text = String::from_utf8_lossy(&bytes);
    let inner = text
        .split_once("-----BEGIN CERTIFICATE-----")
        .and_then(|(_, rest)| rest.split_once("-----END CERTIFICATE-----"))
        .map(|(inner, _)| inner.split_ascii_whitespace().collect::<String>());
    let key = inner.as_deref().map(VerifyingKey::from_base64);
    let problem = match key {
        Some(Ok(key)) => return Ok(key),
        Some(Err(why)) => why.to_string(),
        None => "it holds no certificate in PEM".to_owned(),
    };
    let problem = format!(
        "{} cannot be used: {problem}",
        printable(&file.display().to_string())
    );
    let fix = "get the certificate of whoever signs the metadata, from them, in PEM";
    Err(Failure::new("TNR-SIGN-0034", problem, fix))
}
