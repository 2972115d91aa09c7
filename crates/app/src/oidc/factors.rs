//! What somebody signs in with, on their own page: looked at, added and ended by themselves.

use std::time::Duration;

use model::event::CredentialChanged;
use model::sign_in::Verifier;
use model::{CredentialId, Event, Factor, Personal, Secret, Timestamp};
use ports::store::{Append, Stream};
use rules::sign_on::Strength;

use super::authorize::{Answer, Ask, Asker, Wrong, proved_at};
use super::steps::actor;
use crate::sign_in::{Attempt, NewCodes, Opened, ended, proved};
use crate::{App, AppError, ErrorKind};

/// What somebody has proved longer ago is not enough to change what they prove with.
const FRESH: Duration = Duration::from_secs(10 * 60);

/// Something that somebody signs in with.
#[derive(Debug, PartialEq, Eq)]
pub struct OwnFactor {
    /// Its id.
    pub id: CredentialId,
    /// What it is, in a word: `passkey`, `password`, `totp`, `recovery_code`.
    pub factor: &'static str,
    /// What its owner calls it, if anything.
    pub name: String,
    /// Since when it is there.
    pub made: Timestamp,
}

/// The page on which somebody changes what they sign in with.
#[derive(Debug)]
pub struct Factors {
    /// What they have.
    pub own: Vec<OwnFactor>,
    /// What a browser is asked for to make one more passkey.
    pub passkey: Option<String>,
    /// What the page holds.
    pub attempt: String,
    /// One-time codes, ready to be set up.
    pub codes: NewCodes,
    /// Recovery codes that were just made: shown this once.
    pub printed: Vec<Secret>,
    /// What was wrong before.
    pub wrong: Option<Wrong>,
    /// What a form of this page sends along.
    pub proof: String,
}

impl App {
    /// The page; or what has to come before it: whoever proved too long ago proves again.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn factors(
        &self,
        asker: Asker<'_>,
        wrong: Option<Wrong>,
    ) -> Result<Result<Factors, Answer>, AppError> {
        match self.fresh(asker).await? {
            Ok(opened) => Ok(Ok(self
                .factors_of(&opened, asker, wrong, Vec::new())
                .await?)),
            Err(answer) => Ok(Err(answer)),
        }
    }

    /// Adds a passkey.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn add_passkey(
        &self,
        attempt: &str,
        (response, name): (&[u8], &str),
        asker: Asker<'_>,
    ) -> Result<Result<Factors, Answer>, AppError> {
        let opened = match self.fresh(asker).await? {
            Ok(opened) => opened,
            Err(answer) => return Ok(Err(answer)),
        };
        let subject = opened.known.person.subject;
        let Some(attempt) = self.own_attempt(attempt, &opened, asker) else {
            return self.factors(asker, Some(Wrong::TooOld)).await;
        };
        let wrong = match self.new_passkey(&attempt, subject, response, name).await? {
            Ok(append) => {
                let append = self.announced(append).await?;
                let made = self.store.append(append).await;
                made.err().map(|_| Wrong::Passkey)
            }
            Err(why) => Some(Wrong::Refused(why)),
        };
        Ok(Ok(self
            .factors_of(&opened, asker, wrong, Vec::new())
            .await?))
    }

    /// Sets one-time codes up, once one of them came back; with them come new recovery codes.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn set_codes_up(
        &self,
        sealed: &str,
        code: &str,
        asker: Asker<'_>,
    ) -> Result<Result<Factors, Answer>, AppError> {
        let opened = match self.fresh(asker).await? {
            Ok(opened) => opened,
            Err(answer) => return Ok(Err(answer)),
        };
        let subject = opened.known.person.subject;
        let (printed, wrong) = match self.kept_codes(subject, sealed, code).await? {
            Some((append, printed)) => {
                let append = self.announced(append).await?;
                self.store.append(append).await?;
                (printed, None)
            }
            None => (Vec::new(), Some(Wrong::Code)),
        };
        Ok(Ok(self.factors_of(&opened, asker, wrong, printed).await?))
    }

    /// Ends something that somebody signs in with, unless it is the last.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn drop_factor(
        &self,
        id: &str,
        asker: Asker<'_>,
    ) -> Result<Result<Factors, Answer>, AppError> {
        let opened = match self.fresh(asker).await? {
            Ok(opened) => opened,
            Err(answer) => return Ok(Err(answer)),
        };
        let subject = opened.known.person.subject;
        let all = self.credentials(subject).await?;
        let first = |factor| matches!(factor, Factor::Passkey | Factor::Password);
        let ways = all.iter().filter(|row| first(row.state.factor)).count();
        // A link to another sign-in is made and undone by rules and administrators.
        let mut own = all
            .into_iter()
            .filter(|row| !row.state.factor.is_upstream());
        let row = own.find(|row| row.id.to_string() == id);
        let wrong = match row {
            Some(row) if ways == 1 && first(row.state.factor) => Some(Wrong::Last),
            Some(mut row) => {
                row.state.ended = Some(ended(self.now(), "its owner ended it"));
                let event = Event::CredentialChanged(CredentialChanged {
                    credential: row.id,
                    state: row.state,
                    personal: Personal::Erased,
                });
                let append = Append::of(actor(subject), vec![event])
                    .on(Stream::new("credential", row.id), row.head);
                let append = self.announced(append).await?;
                // It was used or ended at the same time: the page shows how it stands.
                let ended = self.store.append(append).await.map_err(AppError::from);
                match ended {
                    Err(error) if error.kind() != ErrorKind::Conflict => return Err(error),
                    _ => None,
                }
            }
            None => None,
        };
        Ok(Ok(self
            .factors_of(&opened, asker, wrong, Vec::new())
            .await?))
    }

    /// The session, if its owner proved who they are a short while ago, and with all that they have.
    async fn fresh(&self, asker: Asker<'_>) -> Result<Result<Opened, Answer>, AppError> {
        let opened = match asker.session {
            Some(cookie) => self.session_of(cookie).await?,
            None => None,
        };
        let Some(opened) = opened else {
            return Ok(Err(self.begin(asker, None)));
        };
        let factors = opened.row.state.factors.clone();
        let judged = self.judge_for(&opened.known, None, &factors, asker).await?;
        if let rules::sign_on::SignOn::Denied(_) = judged.answer {
            return Ok(Err(self.denied(None, &opened, judged).await?));
        }
        let age = proved_at(&factors).map(|at| self.now().since(at));
        if age.is_none_or(|age| age > FRESH) {
            let attempt = self.new_attempt(asker.browser, None);
            return Ok(Err(self.asks(
                &attempt,
                None,
                Ask::Name,
                Some(Wrong::Again),
            )));
        }
        // Whoever has a second factor changes nothing with the first alone (NIST SP 800-63B-4 §4.1.2.1):
        // a stolen password would make itself the rest.
        let subject = opened.known.person.subject;
        let theirs = self.credentials(subject).await?;
        let second = theirs
            .iter()
            .any(|row| row.state.factor != Factor::Password && !row.state.factor.is_upstream());
        if second && proved(&factors, self.now()) < Some(Strength::MultiFactor) {
            let mut attempt = self.new_attempt(asker.browser, None);
            attempt.subject = Some(subject);
            attempt.factors = factors;
            attempt.session = Some(opened.row.id);
            let more = self.asks_more(&attempt, None, Strength::MultiFactor, None);
            return Ok(Err(more.await?));
        }
        Ok(Ok(opened))
    }

    async fn factors_of(
        &self,
        opened: &Opened,
        asker: Asker<'_>,
        wrong: Option<Wrong>,
        printed: Vec<Secret>,
    ) -> Result<Factors, AppError> {
        let login = self.keep_login(&opened.known).await?;
        let mut attempt = self.new_attempt(asker.browser, None);
        attempt.subject = Some(opened.known.person.subject);
        attempt.session = Some(opened.row.id);
        let passkey = self.passkey_made(&attempt, &opened.known, &login).await?;
        let rows = self.credentials(opened.known.person.subject).await?;
        let own = rows.into_iter().map(|row| OwnFactor {
            id: row.id,
            factor: row.state.factor.as_str(),
            name: match row.verifier {
                Personal::Known(Verifier::Passkey { name, .. }) => name,
                _ => String::new(),
            },
            made: row.state.made,
        });
        let mut own: Vec<OwnFactor> = own.collect();
        // What was made in one go has ids of chance.
        own.sort_by_key(|one| (one.made, std::cmp::Reverse(one.factor)));
        Ok(Factors {
            own,
            passkey: passkey.map(|options| options.to_string()),
            attempt: self.sealed_attempt(&attempt),
            codes: self.new_codes(opened.known.person.subject, &login),
            printed,
            wrong,
            proof: crate::sign_in::proof_of(&*self.keyring, opened.row.id),
        })
    }

    /// What the page held, if it was a page of this very session.
    fn own_attempt(&self, text: &str, opened: &Opened, asker: Asker<'_>) -> Option<Attempt> {
        let attempt = self.attempt(text, asker.browser)?;
        let own = attempt.session == Some(opened.row.id)
            && attempt.subject == Some(opened.known.person.subject);
        own.then_some(attempt)
    }
}
