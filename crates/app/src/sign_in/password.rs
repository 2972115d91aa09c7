//! Passwords: what may be one, and hashing that starves nothing else.
//!
//! Argon2id with 19 MiB, two passes and one lane (OWASP Password Storage Cheat Sheet; RFC 9106 §4). As
//! many are hashed at once as the node has cores, and a few may wait; everyone else is told to come
//! again, and tokens and sessions, which hash nothing, go on.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use model::Secret;
use tokio::sync::Semaphore;

use crate::{AppError, ErrorKind};

/// The fewest characters of a password that is the only factor (NIST SP 800-63B-4 §3.1.1.2).
const SHORTEST: usize = 15;
/// The most.
const LONGEST: usize = 128;
/// KiB.
const MEMORY: u32 = 19 * 1024;
/// As many may wait for each that is hashed.
const WAITING: usize = 8;
/// Nobody's password.
const NOBODY: &str = "nobody has this password";

/// Hashes passwords, a few at a time.
#[derive(Clone)]
pub struct Hashing {
    /// Those who may wait or be hashed.
    admitted: Arc<Semaphore>,
    /// Those who may be hashed.
    hashed: Arc<Semaphore>,
    /// A hash of nothing, so that an unknown person takes as long as a known one. Made when it is first
    /// needed: a node on which nobody signs in hashes nothing.
    nobody: Arc<OnceLock<String>>,
}

impl Hashing {
    /// For a node with so many cores.
    #[must_use]
    pub fn for_cores(cores: usize) -> Self {
        Self {
            admitted: Arc::new(Semaphore::new(cores * (WAITING + 1))),
            hashed: Arc::new(Semaphore::new(cores)),
            nobody: Arc::default(),
        }
    }

    /// A PHC string of a new password.
    pub(crate) async fn make(&self, password: &Secret, salt: [u8; 16]) -> Result<String, AppError> {
        let password = password.clone();
        self.work(move || hash(password.expose(), &salt))
            .await?
            .ok_or_else(failed)
    }

    /// Whether it is the password of this hash; without a hash it is not, after the same time.
    pub(crate) async fn is(&self, password: &Secret, phc: Option<&str>) -> Result<bool, AppError> {
        let (password, known) = (password.clone(), phc.is_some());
        let (phc, nobody) = (phc.map(str::to_owned), Arc::clone(&self.nobody));
        let nobody = move || {
            nobody
                .get_or_init(|| hash(NOBODY, b"sixteen bytes it").unwrap_or_default())
                .clone()
        };
        self.work(move || verify(password.expose(), &phc.unwrap_or_else(nobody)) && known)
            .await
    }

    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, AppError> {
        let Ok(_admitted) = self.admitted.try_acquire() else {
            return Err(AppError::new(
                ErrorKind::Busy(Duration::from_secs(2)),
                "TNR-SIGN-0006",
                "too many people are signing in with a password at once",
                "try again in a moment; passkeys are not affected",
            ));
        };
        let _seat = self.hashed.acquire().await.map_err(|_| failed())?;
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|_| failed())
    }
}

fn failed() -> AppError {
    AppError::new(
        ErrorKind::Broken,
        "TNR-SIGN-0007",
        "a password could not be hashed",
        "report this defect",
    )
}

fn argon2() -> Option<Argon2<'static>> {
    let params = Params::new(MEMORY, 2, 1, None).ok()?;
    Some(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash(password: &str, salt: &[u8]) -> Option<String> {
    let hash = argon2()?
        .hash_password_with_salt(password.as_bytes(), salt)
        .ok()?;
    Some(hash.to_string())
}

/// Whether a text is longer than any password in bytes: it is none, and costs nothing.
pub(super) fn is_longer_than_any(password: &Secret) -> bool {
    password.expose().len() > 4 * LONGEST
}

fn verify(password: &str, phc: &str) -> bool {
    // What is longer than any password is none, and costs nothing.
    if password.len() > 4 * LONGEST {
        return false;
    }
    let Ok(hash) = PasswordHash::new(phc) else {
        return false;
    };
    argon2().is_some_and(|argon2| argon2.verify_password(password.as_bytes(), &hash).is_ok())
}

/// Why this may not be a password; `names`: what it must not be made of.
pub(crate) fn refused(password: &Secret, names: &[&str]) -> Option<&'static str> {
    let text = password.expose();
    let characters = text.chars().count();
    let lower = text.to_lowercase();
    let named = |name: &&str| name.chars().count() >= 4 && lower.contains(&name.to_lowercase());
    let first = text.chars().next();
    if characters < SHORTEST {
        Some("it has fewer than 15 characters")
    } else if characters > LONGEST {
        Some("it has more than 128 characters")
    } else if text.chars().any(char::is_control) {
        Some("it has a character that cannot be typed")
    } else if text.chars().all(|c| Some(c) == first) {
        Some("it is one character again and again")
    } else if names.iter().any(named) {
        Some("it contains your name")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn a_password_is_its_own_hash_s_and_no_other_s() {
        let hashing = Hashing::for_cores(1);
        let password = Secret::new("correct horse battery");
        let phc = hashing.make(&password, [7; 16]).await.unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        assert!(hashing.is(&password, Some(&phc)).await.unwrap());
        let other = Secret::new("correct horse batterz");
        assert!(!hashing.is(&other, Some(&phc)).await.unwrap());
        assert!(!hashing.is(&password, None).await.unwrap());
        let nobody = Secret::new("nobody has this password");
        assert!(!hashing.is(&nobody, None).await.unwrap());
        // Nothing is cut off: what is longer is another password.
        let longer = Secret::new(format!("{}{}", password.expose(), "x".repeat(500)));
        assert!(!hashing.is(&longer, Some(&phc)).await.unwrap());
    }

    #[tokio::test]
    async fn whoever_finds_the_waiting_room_full_is_told_to_come_again() {
        let hashing = Hashing::for_cores(1);
        let _all = hashing.admitted.try_acquire_many(9).unwrap();
        let refused = hashing.is(&Secret::new("x"), None).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Busy(Duration::from_secs(2)));
    }

    #[test]
    fn what_may_not_be_a_password_is_told_why() {
        let refused = |text: &str| refused(&Secret::new(text), &["zerlina", "ng"]);
        assert_eq!(refused("correct horse battery"), None);
        assert_eq!(refused("пароль из многих слов"), None);
        assert!(refused("fourteen chars").unwrap().contains("fewer"));
        assert!(refused(&"ab".repeat(65)).unwrap().contains("more"));
        assert!(refused(&"a".repeat(20)).unwrap().contains("again"));
        assert!(refused("my name is ZERLINA").unwrap().contains("name"));
        assert!(refused("tab\tin the middle").unwrap().contains("typed"));
    }
}
