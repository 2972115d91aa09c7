//! The master key: from the environment, a systemd credential, or a file, in this order.
//!
//! 32 random bytes as 64 hexadecimal digits. It is never logged, and a file that others may
//! read is refused.

use std::path::Path;

use model::Digest;
use ports::Entropy;

use crate::config::Config;
use crate::failure::Failure;
use crate::host::directory;

/// The variable that may hold it.
const VARIABLE: &str = "TENURE_MASTER_KEY";
/// The name of the systemd credential that may hold it.
const CREDENTIAL: &str = "tenure-master-key";

/// The current master key and the older ones, newest first.
pub struct MasterKeys {
    /// Seals.
    pub current: [u8; 32],
    /// Only open what they sealed.
    pub older: Vec<[u8; 32]>,
}

/// A new key, as text.
pub fn draw(entropy: &dyn Entropy) -> String {
    let mut key = [0u8; 32];
    entropy.fill(&mut key);
    format!("{}\n", Digest(key))
}

/// Reads the keys.
pub fn read(config: &Config) -> Result<MasterKeys, Failure> {
    let credential =
        std::env::var_os("CREDENTIALS_DIRECTORY").map(|dir| Path::new(&dir).join(CREDENTIAL));
    let current = match (std::env::var(VARIABLE), credential) {
        (Ok(text), _) => parse(VARIABLE, &text)?,
        (Err(std::env::VarError::NotUnicode(_)), _) => return Err(unusable(VARIABLE)),
        // systemd keeps credentials private itself.
        (_, Some(path)) if path.exists() => file(&path)?,
        _ => {
            directory::check_private("the master key", &config.master_key)?;
            file(&config.master_key)?
        }
    };
    let older = config.older_keys.iter().map(|path| {
        directory::check_private("the older key", path)?;
        file(path)
    });
    Ok(MasterKeys {
        current,
        older: older.collect::<Result<_, _>>()?,
    })
}

/// The key in a file.
pub fn file(path: &Path) -> Result<[u8; 32], Failure> {
    let text =
        std::fs::read_to_string(path).map_err(|e| Failure::file("the master key", path, &e))?;
    parse(&path.display().to_string(), &text)
}

fn parse(place: &str, text: &str) -> Result<[u8; 32], Failure> {
    text.trim()
        .parse::<Digest>()
        .map(|digest| digest.0)
        .map_err(|_| unusable(place))
}

fn unusable(place: &str) -> Failure {
    Failure::new(
        "TNR-CLI-0007",
        format!("{place} does not hold a master key"),
        "a master key is 64 hexadecimal digits: 32 random bytes, as `tenure init` writes them",
    )
}
