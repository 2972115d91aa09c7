//! Documents of others, and keys and certificates of our own.
//!
//! The documents lie beside the project (`shared/data/saml`), or where `TENURE_SAML_VECTORS` says.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use protocol::saml::signature::VerifyingKey;

fn folder() -> PathBuf {
    std::env::var_os("TENURE_SAML_VECTORS").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/saml"),
        PathBuf::from,
    )
}

/// A file as it is, if the folder is here.
pub fn raw(name: &str) -> Option<String> {
    let Ok(text) = std::fs::read_to_string(folder().join(name)) else {
        println!("skipped: the folder of SAML documents is not here ({name})");
        return None;
    };
    Some(text)
}

/// A file as text, base64 taken off, if the folder is here.
pub fn file(name: &str) -> Option<String> {
    let text = raw(name)?;
    if !name.ends_with(".base64") {
        return Some(text);
    }
    let bare: String = text.split_ascii_whitespace().collect();
    Some(String::from_utf8(STANDARD.decode(bare).unwrap()).unwrap())
}

/// The names of all XML files of a folder, in order; none if it is not here.
pub fn files(name: &str) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder().join(name)) else {
        println!("skipped: the folder of SAML documents is not here ({name})");
        return Vec::new();
    };
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name.contains(".xml")).collect();
    names.sort();
    names
}

/// The key of a certificate in PEM, if the folder is here.
pub fn key(name: &str) -> Option<VerifyingKey> {
    Some(VerifyingKey::from_base64(&bare(&file(name)?)).unwrap())
}

/// What stands between the lines of a PEM.
pub fn bare(pem: &str) -> String {
    pem.lines().filter(|line| !line.starts_with('-')).collect()
}
