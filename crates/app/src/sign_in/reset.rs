//! Resets of what privileged people sign in with: one person asks, another one agrees, and neither is the one whom it
//! is about.
//!
//! People count, not tokens: each has to be one whom the documents know, and a token that may approve is made for
//! nobody but oneself. The pass that comes of it is shown in two halves, one to each of them, so that neither of them
//! can use it. See ADR 0051.

use std::collections::BTreeSet;
use std::time::Duration;

use model::event::{PassIssued, ResetChanged};
use model::sign_in::{Agreed, Reset};
use model::{
    Actor, CredentialId, Event, PassId, Personal, ResetId, Scope, Secret, SubjectId, Timestamp,
};
use ports::store::{Append, Stream};

use super::by_mail::written_code;
use super::credentials::{MANY, changed};
use super::pass::PassCheck;
use crate::notify::{Change, Happening, Said};
use crate::tokens::Session;
use crate::{App, AppError, ErrorKind};

/// How long another person may take to agree.
const WITHIN: Duration = Duration::from_secs(24 * 3_600);
const KIND: &str = "reset.changed/1";
/// As many records of resets of one person are read.
const MOST: u32 = 10_000;

/// What is asked for.
#[derive(Debug, Clone)]
pub struct ResetWish {
    /// What somebody signs in with no more.
    pub credentials: BTreeSet<CredentialId>,
    /// How long the pass counts that they get.
    pub life: Duration,
}

/// A reset that was asked for, or would be.
#[derive(Debug)]
pub struct AskedReset {
    /// Its id; `None`: it would be.
    pub id: Option<ResetId>,
    /// Whose it is.
    pub subject: SubjectId,
    /// Under which name they sign in.
    pub login: String,
    /// The first half of the pass, which counts once another person has agreed.
    pub half: Secret,
    /// Another one can agree before this.
    pub ends: Timestamp,
}

/// A reset that was agreed to, or would be.
#[derive(Debug)]
pub struct AgreedReset {
    /// Whose it is.
    pub subject: SubjectId,
    /// Under which name they sign in.
    pub login: String,
    /// The second half of the pass.
    pub half: Secret,
    /// Until when the pass counts.
    pub expires: Timestamp,
    /// So many credentials were ended.
    pub credentials: usize,
    /// So many sessions were ended.
    pub sessions: usize,
}

impl App {
    /// Asks for a reset, which another person has to agree to within a day. A newer one takes the place of one that
    /// waits. With `dry`, says what would be.
    ///
    /// # Errors
    /// As [`App::issue_pass`] for whom and how long; `Denied` where the caller is not known to be another person, or
    /// may not approve; `Missing` for a credential that is not theirs, or has ended.
    pub async fn ask_reset(
        &self,
        by: &Session,
        person: &str,
        wish: ResetWish,
        reason: &str,
        dry: bool,
    ) -> Result<AskedReset, AppError> {
        let checked = self.pass_check(person, wish.life).await?;
        let subject = checked.subject;
        let asked_by = self.person_behind(by, subject).await?;
        for id in &wish.credentials {
            if self.counting(*id).await?.state.subject != subject {
                return Err(AppError::missing("credential of theirs", &id.to_string()));
            }
        }
        let now = self.clock.now();
        let ends = now.plus(WITHIN);
        let nothing = AskedReset {
            id: None,
            subject,
            login: checked.login,
            half: Secret::new(""),
            ends,
        };
        if dry {
            return Ok(nothing);
        }
        let id = ResetId::new(now, ports::clock::draw(&*self.entropy));
        let state = Reset {
            subject,
            asked_by,
            credentials: wish.credentials,
            minutes: u32::try_from(wish.life.as_secs() / 60).unwrap_or(u32::MAX),
            ends,
            agreed: None,
            reason: reason.to_owned(),
        };
        let event = Event::ResetChanged(ResetChanged { reset: id, state });
        let append = Append::of(by.actor.clone(), vec![event]).on(Stream::new("reset", id), None);
        let change = Change {
            subject,
            which: id.to_string(),
            said: Said::of(Happening::Reset),
        };
        let append = self.telling_of(append, change).await?;
        self.store.append(append).await?;
        let half = self.halves(id)[0].clone();
        Ok(AskedReset {
            id: Some(id),
            half,
            ..nothing
        })
    }

    /// The resets of somebody, oldest first.
    ///
    /// # Errors
    /// As [`App::one_person`].
    pub async fn resets(&self, person: &str) -> Result<Vec<ResetChanged>, AppError> {
        let subject = self.one_person(person).await?.person.subject;
        let mut resets: Vec<ResetChanged> = Vec::new();
        for state in self.told_resets(subject).await? {
            resets.retain(|known| known.reset != state.reset);
            resets.push(state);
        }
        Ok(resets)
    }

    /// Agrees to a reset: what it names is ended, the pass counts, and they are signed out everywhere.
    ///
    /// # Errors
    /// `Missing` when nothing of the kind was asked for; `Conflict` when it does not wait any more; `Denied` where the
    /// caller is not known to be a third person, or may not approve.
    pub async fn agree_reset(
        &self,
        by: &Session,
        person: &str,
        id: ResetId,
        reason: &str,
        dry: bool,
    ) -> Result<AgreedReset, AppError> {
        let (head, state) = self.waiting_reset(person, id).await?;
        let subject = state.subject;
        let agreed_by = self.person_behind(by, subject).await?;
        if agreed_by == state.asked_by {
            return Err(not_two(
                "whoever asked for a reset may not agree to it, by whatever token",
            ));
        }
        let life = Duration::from_secs(u64::from(state.minutes) * 60);
        let checked = self.pass_check(&subject.to_string(), life).await?;
        let now = self.clock.now();
        let mut append =
            Append::of(by.actor.clone(), Vec::new()).on(Stream::new("reset", id), Some(head));
        for mut row in self.store.live_credentials(subject, MANY).await? {
            if state.credentials.contains(&row.id) {
                row.state.ended = Some(super::ended(now, reason));
                append = append.on(super::credentials::stream(row.id), row.head);
                append
                    .events
                    .push(changed(row.id, row.state, Personal::Erased));
            }
        }
        let credentials = append.events.len();
        let mut agreed = AgreedReset {
            subject,
            login: checked.login.clone(),
            half: Secret::new(""),
            expires: checked.expires,
            credentials,
            sessions: self.sessions(&subject.to_string()).await?.len(),
        };
        if dry {
            return Ok(agreed);
        }
        append.events.push(self.whole_pass(id, &checked, reason));
        let state = Reset {
            agreed: Some(Agreed {
                by: agreed_by,
                at: now,
            }),
            reason: reason.to_owned(),
            ..state
        };
        append
            .events
            .push(Event::ResetChanged(ResetChanged { reset: id, state }));
        agreed.login = self.keep_login(&checked.known).await?;
        let append = self.announced(append).await?;
        match self.store.append(append).await.map_err(AppError::from) {
            Err(error) if error.kind() == ErrorKind::Conflict => return Err(not_waiting(id)),
            appended => appended?,
        };
        let whose = subject.to_string();
        agreed.sessions = self.end_sessions(&by.actor, &whose, reason).await?;
        agreed.half = self.halves(id)[1].clone();
        Ok(agreed)
    }

    /// The pass of a reset, once it counts.
    fn whole_pass(&self, reset: ResetId, checked: &PassCheck, reason: &str) -> Event {
        let [first, second] = self.halves(reset);
        let text = [first.expose(), second.expose()].join("-");
        Event::PassIssued(PassIssued {
            pass: PassId::new(self.clock.now(), ports::clock::draw(&*self.entropy)),
            subject: checked.subject,
            secret: self.pass_digest(&text),
            expires: checked.expires,
            reason: reason.to_owned(),
        })
    }

    /// The halves of the pass of a reset. They are derived and stand nowhere: whoever asked is shown the first one
    /// before there is a pass.
    fn halves(&self, reset: ResetId) -> [Secret; 2] {
        let drawn = self
            .keyring
            .keyed_digest("reset-pass/text", reset.to_string().as_bytes());
        let text = written_code(drawn);
        // Two groups of four, and a dash between the halves.
        [&text[..9], &text[10..]].map(Secret::new)
    }

    /// What stands in the log of somebody's resets, oldest first.
    async fn told_resets(&self, subject: SubjectId) -> Result<Vec<ResetChanged>, AppError> {
        let told = self.store.told_about(&[subject], &[KIND], 0, MOST).await?;
        let resets = told.into_iter().filter_map(|(_, told)| match told.event {
            Event::ResetChanged(one) => Some(one),
            _ => None,
        });
        Ok(resets.collect())
    }

    /// A reset that waits for another person, and the head of its stream.
    async fn waiting_reset(&self, person: &str, id: ResetId) -> Result<(u64, Reset), AppError> {
        let subject = self.one_person(person).await?.person.subject;
        let head = self.store.head_of(&Stream::new("reset", id)).await?;
        let told = self.told_resets(subject).await?;
        let newest = told.last().map(|one| one.reset);
        let found = told.into_iter().rfind(|one| one.reset == id);
        let (Some(found), Some(head)) = (found, head) else {
            return Err(AppError::missing("reset of theirs", &id.to_string()));
        };
        let over = found.state.agreed.is_some() || self.clock.now() >= found.state.ends;
        match over || newest != Some(id) {
            true => Err(not_waiting(id)),
            false => Ok((head, found.state)),
        }
    }

    /// The person who speaks by a token, if that may approve; never the one whom it is about.
    async fn person_behind(&self, by: &Session, about: SubjectId) -> Result<SubjectId, AppError> {
        if !by.scopes.contains(&Scope::Approve) {
            return Err(not_two(
                "a token without `approve` may be one that somebody made for another name",
            ));
        }
        let Some(subject) = self.person_named(&by.actor).await? else {
            return Err(not_two(
                "nobody is known by the name that the token is for, so nobody can tell whether it is another person",
            ));
        };
        if subject == about {
            return Err(not_two("nobody has a part in a reset of their own"));
        }
        match self.member(subject).await? {
            Ok(_) => Ok(subject),
            Err(bar) => Err(not_two(bar.as_str())),
        }
    }

    /// Whom a principal names: by subject id, by the name under which they sign in, or by worker key or mail address
    /// to the letter. What people may be called beside does not count: they may share it, or change it themselves.
    async fn person_named(&self, actor: &Actor) -> Result<Option<SubjectId>, AppError> {
        let name = actor.principal.trim();
        if name.parse::<SubjectId>().is_err()
            && let Some(subject) = self.subject_named(name).await?
        {
            return Ok(Some(subject));
        }
        let known = match self.one_person(name).await {
            Ok(known) => known,
            Err(error) if matches!(error.kind(), ErrorKind::Missing | ErrorKind::Conflict) => {
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let mail = known.identity.facts.text("email");
        let theirs = name == known.person.subject.to_string()
            || known.person.engagements.iter().any(|of| of.key == name)
            || mail.is_some_and(|mail| mail.eq_ignore_ascii_case(name));
        Ok(theirs.then_some(known.person.subject))
    }
}

fn not_two(why: &str) -> AppError {
    AppError::new(
        ErrorKind::Denied,
        "TNR-SIGN-0028",
        format!("a reset takes two people beside the one whom it is about: {why}"),
        "have each of them use a token of their own, with `administer` and `approve`, made for the name under which \
         they sign in",
    )
}

fn not_waiting(id: ResetId) -> AppError {
    AppError::new(
        ErrorKind::Conflict,
        "TNR-SIGN-0029",
        format!(
            "the reset {id} does not wait for anybody: it was agreed to, is older than a day, or has a newer one"
        ),
        "look with `tenure sign-in resets`, and ask again if it is still needed",
    )
}
