//! Keys that change by stages: published before they are signed with, and for a while after.

use std::time::Duration;

use model::sign_in::KeyStage;
use model::{Actor, Event, SigningKey};
use ports::store::Append;

use super::held::Kind;
use super::keys::{ALWAYS, changed, stream};
use crate::{App, AppError, ErrorKind};

/// How long a stage takes: relying parties fetch keys again once a day at least, and nothing that was signed
/// with a key counts for longer (OpenID Connect Core §10.1.1).
const STAGE: Duration = Duration::from_secs(24 * 3_600);

/// A turn of the keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyTurn {
    /// Keys are made and published, for these algorithms (`alg`); for all that are signed with where none is
    /// named. Nothing is signed with them yet.
    Stage(Vec<String>),
    /// The staged keys are signed with from now on; those before them stay published.
    Promote,
    /// Those before them are no longer published; what they signed counts no longer.
    Retire,
}

impl App {
    /// Turns the keys by one stage, or says what that would be: the keys that change, as they are then. Of
    /// one that would have to be made, only the algorithm is known.
    ///
    /// # Errors
    /// `Conflict` when there is nothing at that stage, or something already, or when the stage before began
    /// less than a day ago, or it is not known of every service provider of SAML that it holds the next key, and
    /// `early` does not say that nobody waits for that.
    pub async fn turn_keys(
        &self,
        actor: &Actor,
        turn: &KeyTurn,
        early: bool,
        write: bool,
        reason: &str,
    ) -> Result<Vec<SigningKey>, AppError> {
        if let KeyTurn::Stage(named) = turn {
            return self.stage_keys(actor, named, write, reason).await;
        }
        let head = self.store.head_of(&stream()).await?;
        let keys = self.store.signing_keys().await?;
        let turned = turned(keys, turn)?;
        // What SAML is signed with changes for everybody who is not signed for with it yet.
        let for_saml = *turn == KeyTurn::Promote && turned.iter().any(|key| self.signs_saml(key));
        if !early {
            self.is_time(head).await?;
            if for_saml {
                self.is_taken().await?;
            }
        }
        if write {
            let mut events: Vec<Event> = turned.iter().map(|key| changed(key, reason)).collect();
            if for_saml {
                let over = "every service provider is signed for with the key";
                events.extend(self.nobody_waits(over).await?);
            }
            let append = Append::of(actor.clone(), events).on(stream(), head);
            self.store.append(append).await?;
            self.forget_keys(turned.iter());
        }
        Ok(turned)
    }

    async fn stage_keys(
        &self,
        actor: &Actor,
        named: &[String],
        write: bool,
        reason: &str,
    ) -> Result<Vec<SigningKey>, AppError> {
        if write {
            // Whatever is always signed with has a key before there can be a next one.
            self.keys(&[]).await?;
        }
        let keys = self.store.signing_keys().await?;
        let mut made = Vec::new();
        for kind in wanted(&keys, named)? {
            if !write {
                made.push(SigningKey {
                    kid: String::new(),
                    algorithm: kind.name().to_owned(),
                    public: serde_json::Map::new(),
                    stage: KeyStage::Next,
                });
                continue;
            }
            // Read before the keys are, so that nobody else stages one in between.
            let head = self.store.head_of(&stream()).await?;
            wanted(&self.store.signing_keys().await?, &[kind.name().to_owned()])?;
            let key = self.make_key(actor, kind, KeyStage::Next, head, reason);
            made.push(key.await?);
        }
        Ok(made)
    }

    /// Whether everybody has had the time to hear of the last turn.
    async fn is_time(&self, head: Option<u64>) -> Result<(), AppError> {
        let before = head.unwrap_or_default().saturating_sub(1);
        let last = self.store.records(before, 1).await?;
        let since = last.first().map(|record| record.at);
        let due = since.map(|at| at.plus(STAGE));
        match due {
            Some(due) if self.now() < due => Err(AppError::new(
                ErrorKind::Conflict,
                "TNR-SIGN-0050",
                format!("the keys last changed less than a day ago; this turn is due at {due}"),
                "wait until then, so that relying parties have fetched what is published; `--early` turns \
                 the keys at once, and whoever has not fetched them turns people away until they do",
            )),
            _ => Ok(()),
        }
    }
}

/// For what keys are to be made.
fn wanted(keys: &[SigningKey], named: &[String]) -> Result<Vec<Kind>, AppError> {
    let of = |stage: KeyStage| {
        let at = keys.iter().filter(move |key| key.stage == stage);
        at.map(|key| key.algorithm.as_str())
    };
    let mut current: Vec<&str> = of(KeyStage::Current).collect();
    if current.is_empty() {
        // These are made when they are first needed.
        current.extend(ALWAYS.iter().map(|algorithm| algorithm.name()));
    }
    let mut names: Vec<&str> = match named {
        [] => current.clone(),
        named => named.iter().map(String::as_str).collect(),
    };
    names.sort_unstable();
    names.dedup();
    let mut kinds = Vec::new();
    for name in names {
        let kind = Kind::named(name).filter(|_| current.contains(&name));
        kinds.push(kind.ok_or_else(|| {
            let problem = format!("nothing is signed with `{name}` here");
            let fix = format!("name some of {}", current.join(", "));
            AppError::new(ErrorKind::Invalid, "TNR-SIGN-0051", problem, fix)
        })?);
        if of(KeyStage::Next).any(|staged| staged == name) {
            let problem = format!("a key for {name} is staged already");
            let fix = "sign with it by `tenure signing-keys promote`";
            return Err(AppError::new(
                ErrorKind::Conflict,
                "TNR-SIGN-0051",
                problem,
                fix,
            ));
        }
    }
    Ok(kinds)
}

/// What changes, as it is then. One that takes the place of another comes after it, so that there is never
/// a moment with two.
fn turned(keys: Vec<SigningKey>, turn: &KeyTurn) -> Result<Vec<SigningKey>, AppError> {
    let staged: Vec<String> = keys
        .iter()
        .filter(|key| key.stage == KeyStage::Next)
        .map(|key| key.algorithm.clone())
        .collect();
    let moves = |key: &SigningKey| match (turn, key.stage) {
        (KeyTurn::Promote, KeyStage::Next) => Some(KeyStage::Current),
        (KeyTurn::Promote, KeyStage::Current) => {
            staged.contains(&key.algorithm).then_some(KeyStage::Past)
        }
        (KeyTurn::Retire, KeyStage::Past) => Some(KeyStage::Gone),
        _ => None,
    };
    let mut turned: Vec<SigningKey> = keys
        .into_iter()
        .filter_map(|key| {
            let stage = moves(&key)?;
            Some(SigningKey { stage, ..key })
        })
        .collect();
    turned.sort_by_key(|key| key.stage == KeyStage::Current);
    if turned.is_empty() {
        let (problem, fix) = match turn {
            KeyTurn::Retire => (
                "every key that is published is signed with, or will be",
                "there is nothing to retire until staged keys were promoted",
            ),
            _ => (
                "no key is staged",
                "make and publish keys first: `tenure signing-keys stage`",
            ),
        };
        return Err(AppError::new(
            ErrorKind::Conflict,
            "TNR-SIGN-0051",
            problem,
            fix,
        ));
    }
    Ok(turned)
}
