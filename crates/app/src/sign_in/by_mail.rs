//! A way in again by mail, for whoever has lost what they sign in with.
//!
//! Whoever asks is answered the same, whoever they name. What is mailed is a pass: it counts once, briefly, opens an
//! enrolment and nothing else, and beside that only in the browser from which it was asked for. It goes to an address
//! of HR's that has not changed for seven days, never to privileged people, and every address that the person has or
//! had is told. See ADR 0050.

use std::time::Duration;

use documents::RecoverByMail;
use lifecycle::notices::Occurrence;
use model::event::PassIssued;
use model::finding::Finding;
use model::{Actor, Digest, Event, Occasion, PassId, SubjectId, Value};
use ports::store::{Append, OneTime, Stream};
use rules::Mapped;

use super::bearer::same;
use super::pass::{AT_ONCE, typed_as, used_up, written};
use super::privileged::{is_privileged, resists_phishing};
use crate::notify::{Change, Happening, RECENT, Said, mailed_code};
use crate::tenant::Loaded;
use crate::{App, AppError, ErrorKind, Known};

/// Of the passes that somebody may have at once, as many are not taken by whoever asks for mails in their name.
const KEPT: usize = 2;
/// As many credentials of somebody are looked at to tell that they ever had one.
const ANY: u32 = 10;
/// Somebody asked for a way in by mail, and was sent none.
const UNSENT: &str = "TNR-SIGN-0026";

/// How a mailed code reads.
pub(crate) fn written_code(drawn: Digest) -> String {
    let mut random = [0; 10];
    random.copy_from_slice(&drawn.0[..10]);
    written(random)
}

impl App {
    /// Whether the documents, as this node knows them, give anybody a way in by mail.
    pub(crate) fn recovers_by_mail(&self) -> bool {
        let loaded = self.loaded_last();
        let sign_on = loaded
            .as_ref()
            .and_then(|loaded| loaded.tenant.sign_on.as_ref());
        sign_on.is_some_and(|sign_on| sign_on.recover_by_mail.is_some())
    }

    /// Somebody asks for a way in, under a name, from a browser. Nothing of what comes of it is told: whoever calls
    /// this answers before, and the same for every name.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn ask_by_mail(&self, name: &str, browser: &str) -> Result<(), AppError> {
        let loaded = match self.loaded().await {
            Ok(loaded) => loaded,
            Err(error) if error.kind() == ErrorKind::Missing => return Ok(()),
            Err(error) => return Err(error),
        };
        let sign_on = loaded.tenant.sign_on.as_ref();
        let Some(by_mail) = sign_on.and_then(|sign_on| sign_on.recover_by_mail.as_ref()) else {
            return Ok(());
        };
        let Some(subject) = self.subject_named(name).await? else {
            return Ok(());
        };
        let Ok(known) = self.member(subject).await? else {
            return self.refusal_heard_of(subject).await;
        };
        match self.why_not_by_mail(&loaded, &known, by_mail).await? {
            None => self.mailed(&loaded, subject, by_mail, browser).await,
            Some(why) => self.unsent(subject, why).await,
        }
    }

    /// Why somebody is mailed nothing, if they are not; in words that name nobody.
    async fn why_not_by_mail(
        &self,
        loaded: &Loaded,
        known: &Known,
        by_mail: &RecoverByMail,
    ) -> Result<Option<&'static str>, AppError> {
        if is_privileged(loaded, known) {
            return Ok(Some("they are privileged"));
        }
        if resists_phishing(loaded, known) {
            return Ok(Some("what resists phishing is demanded of them"));
        }
        if self.upstream_of(known).await?.is_some() {
            return Ok(Some("they sign in elsewhere"));
        }
        let theirs = self.store.credentials_of(known.person.subject, ANY).await?;
        if theirs.iter().all(|row| row.state.factor.is_upstream()) {
            return Ok(Some("they have never had anything to sign in with here"));
        }
        Ok(match self.settled_address(loaded, known, by_mail).await? {
            Some(_) => None,
            None => Some("their facts give no mail address that has been the same for 7 days"),
        })
    }

    /// The address to which somebody may be mailed a code: the one that HR gave, where it has not changed of late.
    pub(crate) async fn settled_address(
        &self,
        loaded: &Loaded,
        known: &Known,
        by_mail: &RecoverByMail,
    ) -> Result<Option<String>, AppError> {
        let since = self.clock.now().minus(RECENT);
        let give = |identity: &lifecycle::identity::Identity| match by_mail
            .address
            .apply(&identity.facts, &identity.key)
        {
            Ok(Mapped::Value(Value::Text(text))) if documents::is_mail_address(&text) => Some(text),
            _ => None,
        };
        self.settled(loaded, known, since, give).await
    }

    /// Makes the pass, and has it mailed; nothing more where somebody has asked often enough.
    async fn mailed(
        &self,
        loaded: &Loaded,
        subject: SubjectId,
        by_mail: &RecoverByMail,
        browser: &str,
    ) -> Result<(), AppError> {
        let asks = Stream::new("recovery", subject);
        let head = self.store.head_of(&asks).await?;
        let now = self.clock.now();
        if self.live_passes(subject).await?.len() >= AT_ONCE as usize - KEPT {
            return Ok(());
        }
        let pass = PassId::new(now, ports::clock::draw(&*self.entropy));
        let text = written_code(mailed_code(&*self.keyring, pass));
        let issued = Event::PassIssued(PassIssued {
            pass,
            subject,
            secret: self.mailed_digest(&text, browser),
            expires: now.plus(Duration::from_secs(u64::from(by_mail.minutes) * 60)),
            reason: "asked for at the sign-in page, and mailed to the address that HR gave"
                .to_owned(),
        });
        let append = Append::of(Actor::system(), vec![issued]).on(asks, head);
        let code = Occurrence {
            occasion: Occasion::Recovery,
            about: format!("{subject} {pass}"),
            text: "a code to sign in with again is mailed to whoever it is of".to_owned(),
            advice: "there is nothing to do".to_owned(),
        };
        let append = self.telling(append, loaded, &code);
        let change = Change {
            subject,
            which: pass.to_string(),
            said: Said::of(Happening::Mailed),
        };
        let append = self.telling_of(append, change).await?;
        match self.store.append(append).await.map_err(AppError::from) {
            // Somebody asked at the same instant, and is mailed a code.
            Err(error) if error.kind() != ErrorKind::Conflict => Err(error),
            _ => Ok(()),
        }
    }

    /// Writes down, once, that somebody asked in vain: the help desk may hear from them.
    async fn unsent(&self, subject: SubjectId, why: &str) -> Result<(), AppError> {
        self.refusal_heard_of(subject).await?;
        let finding = Finding {
            code: UNSENT.to_owned(),
            fingerprint: UNSENT.to_owned(),
            subject: Some(subject),
            address: None,
            problem: format!(
                "somebody asked for a way in by mail in their name, and was sent none: {why}"
            ),
            fix: "ask them, by another way, whether it was they; if it was, `tenure sign-in pass`"
                .to_owned(),
        };
        match self.finding(finding).await? {
            Some(event) => self.append(&Actor::system(), vec![event]).await.map(|_| ()),
            None => Ok(()),
        }
    }

    /// What is used up when somebody enrols with a code that they were mailed, if it counts in this browser.
    pub(crate) async fn mailed_pass_of(
        &self,
        subject: SubjectId,
        typed: &str,
        browser: &str,
    ) -> Result<Option<OneTime>, AppError> {
        let Some(text) = typed_as(typed) else {
            return Ok(None);
        };
        // Documents, and who somebody is, may have changed since it was mailed.
        let loaded = self.loaded().await?;
        let sign_on = loaded.tenant.sign_on.as_ref();
        if sign_on.is_none_or(|sign_on| sign_on.recover_by_mail.is_none()) {
            return Ok(None);
        }
        let known = self.member(subject).await?.ok();
        if known
            .is_none_or(|known| is_privileged(&loaded, &known) || resists_phishing(&loaded, &known))
        {
            return Ok(None);
        }
        let secret = self.mailed_digest(&text, browser).to_string();
        let live = self.live_passes(subject).await?;
        let mut live = live.iter();
        let found = live.find(|pass| same(&*self.keyring, &pass.secret.to_string(), &secret));
        Ok(found.map(|pass| used_up(pass.id)))
    }

    /// Bound to the browser that asked: whoever reads the mail elsewhere has nothing of it.
    fn mailed_digest(&self, text: &str, browser: &str) -> Digest {
        let bound = [text, "\0", browser].concat();
        self.keyring.keyed_digest("mailed-pass", bound.as_bytes())
    }
}
