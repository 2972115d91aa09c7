//! Certificates in PEM (RFC 7468 §5.1).
//!
//! What can be seen of one is checked here. Whether it can be read is found by whoever uses it.

use crate::report::{self, Reporter};
use crate::yaml::Part;

/// The most certificates of one list: one in use and those that follow it.
const MOST: usize = 10;
/// The longest certificate, in characters of base64.
const LONGEST: usize = 16 << 10;
/// What to do about one that is none.
pub(super) const ONE: &str =
    "write one certificate from BEGIN CERTIFICATE to END CERTIFICATE, and nothing else";
const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// The certificates of a list as base64 of their DER, each once.
pub(in crate::kinds) fn certificates(
    given: &[String],
    least: usize,
    list: &[Part<'_>],
    reporter: &mut Reporter<'_, '_>,
) -> Vec<String> {
    if !(least..=MOST).contains(&given.len()) {
        let problem = format!("{} certificates", given.len());
        let fix = format!("write {least} to {MOST}");
        reporter.at(report::VALUE, list, problem, fix);
    }
    let mut found: Vec<String> = Vec::new();
    for (index, text) in given.iter().enumerate() {
        let path = [list, &[Part::Index(index)]].concat();
        match certificate(text) {
            Ok(base64) if found.contains(&base64) => {
                let problem = "this certificate stands here twice";
                reporter.at(report::DUPLICATE, &path, problem, "remove one of them");
            }
            Ok(base64) => found.push(base64),
            Err(problem) => reporter.at(report::VALUE, &path, problem, ONE),
        }
    }
    found
}

/// What stands in PEM (RFC 7468 §5.1), without its lines. A private key that somebody has put here is said
/// to be one, and not repeated.
pub(crate) fn certificate(text: &str) -> Result<String, &'static str> {
    if text.contains("PRIVATE KEY") {
        return Err("this is a private key, which nobody else may have: make a new one");
    }
    let inner = text.trim().strip_prefix(BEGIN);
    let inner = inner.and_then(|rest| rest.strip_suffix(END));
    let inner = inner.ok_or("this is no certificate in PEM")?;
    if inner.contains("-----") {
        return Err("there is more than one certificate in PEM here");
    }
    let base64: String = inner.split_ascii_whitespace().collect();
    let bare = base64.trim_end_matches('=');
    let padded = base64.len() - bare.len() <= 2 && base64.len().is_multiple_of(4);
    let possible = |b: u8| b.is_ascii_alphanumeric() || b == b'+' || b == b'/';
    // DER of a sequence that is longer than 255 bytes begins so, whatever is in it.
    if !base64.starts_with("MI") || !padded || !bare.bytes().all(possible) {
        return Err("what stands in this PEM is no certificate");
    }
    if base64.len() > LONGEST {
        return Err("this certificate is longer than any");
    }
    Ok(base64)
}
