//! Telling a person that what they sign in with has changed: at the addresses that their facts give, and at
//! those of a week ago where these are others. Whoever takes an account over changes the address first.
//!
//! The notice is raised in the append of the change. It names the place of an address and never the address,
//! which is looked up when the mail goes out: what is kept of notices erases nobody.

use std::sync::Arc;
use std::time::Duration;

use documents::{By, TellPeople, is_mail_address};
use lifecycle::identity::Identity;
use lifecycle::notices::Occurrence;
use model::finding::Finding;
use model::{CredentialId, Event, Notice, Occasion, SubjectId, Value};
use ports::store::{Append, Expect, Stream};
use ports::{Channel, Letter};
use rules::Mapped;

use super::said::{self, Happening, Said};
use super::words::Words;
use crate::tenant::Loaded;
use crate::{App, AppError, Known};

/// For so long the address before counts as well.
pub(crate) const RECENT: Duration = Duration::from_secs(7 * 86_400);
const ADVICE: &str = "if you know nothing of it, tell whoever looks after sign-in where you work, at once, and by \
                      another way than this mail";

/// What an append changes of what somebody signs in with.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// Whose.
    pub(crate) subject: SubjectId,
    /// Which one, and what became of it: told once.
    pub(crate) which: String,
    /// What is told.
    pub(crate) said: Said,
}

impl App {
    /// The same append, in which its person is told of it.
    ///
    /// # Errors
    /// When the store does not answer.
    pub(crate) async fn announced(&self, append: Append) -> Result<Append, AppError> {
        match change_of(&append) {
            Some(change) => self.telling_of(append, change).await,
            None => Ok(append),
        }
    }

    /// The same append, in which its person is told of something: at every address of now, and of a week ago.
    ///
    /// # Errors
    /// When the store does not answer.
    pub(crate) async fn telling_of(
        &self,
        mut append: Append,
        change: Change,
    ) -> Result<Append, AppError> {
        let loaded = self.loaded().await?;
        let sign_on = loaded.tenant.sign_on.as_ref();
        let Some(tell) = sign_on.and_then(|sign_on| sign_on.tell_people.as_ref()) else {
            return Ok(append);
        };
        let subject = change.subject;
        let mut addresses: Vec<(String, String)> = Vec::new();
        let known = [
            (
                "now",
                self.facts_now(subject).await?.map(|known| known.identity),
            ),
            (
                "before",
                self.identity_at(subject, self.clock.now().minus(RECENT))
                    .await?,
            ),
        ];
        for (when, known) in &known {
            for place in 0..tell.addresses.len() {
                let found = known.as_ref().and_then(|known| address(tell, place, known));
                let new = found.filter(|found| !addresses.iter().any(|(_, one)| one == found));
                addresses.extend(new.map(|found| (format!("{place} {when}"), found)));
            }
        }
        if addresses.is_empty() {
            append.events.extend(self.finding(nowhere(subject)).await?);
        }
        for (place, _) in addresses {
            let told = Occurrence {
                occasion: Occasion::CredentialChange,
                about: format!("{subject} {} {} {place}", change.which, change.said.words()),
                text: change.said.english(),
                advice: ADVICE.to_owned(),
            };
            append = self.telling(append, &loaded, &told);
        }
        Ok(append)
    }

    async fn facts_now(&self, subject: SubjectId) -> Result<Option<Known>, AppError> {
        match self.store.person(subject).await? {
            Some(person) => Ok(Some(self.known(person).await?)),
            None => Ok(None),
        }
    }

    /// The channel to the address that a notice to a person names, and how the mail reads to them.
    pub(super) async fn change_told(
        &self,
        loaded: &Loaded,
        notice: &Notice,
        letter: &mut Letter,
    ) -> Result<Arc<dyn Channel>, AppError> {
        let sign_on = loaded.tenant.sign_on.as_ref();
        let tell = sign_on.and_then(|sign_on| sign_on.tell_people.as_ref());
        let tell = tell.ok_or_else(|| AppError::missing("document that has people told", ""))?;
        let mut words = notice.about.split(' ');
        let subject = words.next().and_then(|word| word.parse().ok());
        let (when, place) = (words.next_back(), words.next_back());
        let place = place.and_then(|place| place.parse().ok());
        let now = match subject {
            Some(subject) => self.facts_now(subject).await?,
            None => None,
        };
        letter.own = Words::of(tell, now.as_ref()).change(notice, letter);
        let known = match (subject, when) {
            (Some(subject), Some("before")) => {
                let then = notice.raised.minus(RECENT);
                self.identity_at(subject, then).await?
            }
            _ => now.map(|known| known.identity),
        };
        let to = known.and_then(|known| address(tell, place?, &known));
        let to = to.ok_or_else(|| AppError::missing("address of the person", &notice.about))?;
        self.channel_to(loaded, &tell.channel, to).await
    }

    /// A channel by mail, to one address in place of its own receivers.
    pub(super) async fn channel_to(
        &self,
        loaded: &Loaded,
        name: &str,
        to: String,
    ) -> Result<Arc<dyn Channel>, AppError> {
        let found = loaded.tenant.channels.get(name);
        let found = found.ok_or_else(|| AppError::missing("channel", name))?;
        let mut channel = found.clone();
        if let By::Smtp(smtp) = &mut channel.by {
            smtp.to = vec![to];
        }
        self.channel_of(&channel).await
    }
}

/// One of somebody's addresses; none that could not stand in a mail transaction as it is.
fn address(tell: &TellPeople, place: usize, known: &Identity) -> Option<String> {
    let given = tell.addresses.get(place)?.apply(&known.facts, &known.key);
    match given {
        Ok(Mapped::Value(Value::Text(text))) if is_mail_address(&text) => Some(text),
        _ => None,
    }
}

fn nowhere(subject: SubjectId) -> Finding {
    Finding {
        code: "TNR-SIGN-0040".to_owned(),
        fingerprint: "TNR-SIGN-0040".to_owned(),
        subject: Some(subject),
        address: None,
        problem: "what they sign in with has changed, and nobody could tell them: their facts give no mail \
                  address"
            .to_owned(),
        fix: "ask them whether it was they, and give `tell_people.addresses` an expression that gives them one"
            .to_owned(),
    }
}

/// What an append changes of what somebody signs in with; `None` where that is nothing: a passkey whose counter
/// has moved is the same passkey.
fn change_of(append: &Append) -> Option<Change> {
    let is_new = |id: CredentialId| {
        let head = Expect::Head(Stream::new("credential", id), None);
        append.expect.contains(&head)
    };
    let (mut made, mut ended) = (Vec::new(), Vec::new());
    let mut pass = None;
    for event in &append.events {
        match event {
            Event::PassIssued(one) => pass = Some(one),
            Event::CredentialChanged(one) if one.state.ended.is_some() => ended.push(one),
            Event::CredentialChanged(one) if is_new(one.credential) => made.push(one),
            _ => {}
        }
    }
    let first = made.first().or_else(|| ended.first());
    let Some(first) = first else {
        let pass = pass?;
        return Some(Change {
            subject: pass.subject,
            which: pass.pass.to_string(),
            said: Said::of(Happening::Pass),
        });
    };
    let subject = first.state.subject;
    let verb = if made.is_empty() { "ended" } else { "made" };
    let has = |all: &[&model::event::CredentialChanged], factor| {
        all.iter().any(|one| one.state.factor == factor)
    };
    let used = append.consume.iter().any(|one| one.space == "access-pass");
    let by = match (used, append.actor.principal == subject.to_string()) {
        (true, _) => Some(said::By::Pass),
        (false, true) => None,
        (false, false) => Some(said::By::Desk),
    };
    let mut said = Said::changes(|f| has(&made, f), |f| has(&ended, f), by);
    said.event = pass.map(|_| Happening::Pass);
    Some(Change {
        subject,
        which: format!("{} {verb}", first.credential),
        said,
    })
}

#[cfg(test)]
mod tests {
    use model::event::CredentialChanged;
    use model::sign_in::{Credential, Ended};
    use model::{Actor, Factor, Personal, Timestamp};
    use ports::store::OneTime;

    use super::*;

    fn who() -> SubjectId {
        SubjectId::from_bits(1)
    }

    fn event(id: u128, factor: Factor, ended: bool) -> Event {
        let end = Ended {
            at: Timestamp::EPOCH,
            reason: "hunter2".to_owned(),
        };
        Event::CredentialChanged(CredentialChanged {
            credential: CredentialId::from_bits(id),
            state: Credential {
                subject: who(),
                factor,
                handle: None,
                made: Timestamp::EPOCH,
                ended: ended.then_some(end),
            },
            personal: Personal::Erased,
        })
    }

    fn told(append: &Append) -> Option<String> {
        change_of(append).map(|change| change.said.english())
    }

    fn append(actor: &str, events: Vec<Event>) -> Append {
        Append::of(Actor::named(actor), events)
    }

    fn new(append: Append, id: u128) -> Append {
        append.on(Stream::new("credential", CredentialId::from_bits(id)), None)
    }

    #[test]
    fn what_is_told_of_a_change_says_what_became_of_what_and_by_whom() {
        let own = who().to_string();
        let made = new(append(&own, vec![event(1, Factor::Passkey, false)]), 1);
        let changed = "what you sign in with has changed: ";
        assert_eq!(told(&made), Some(format!("{changed}passkey added")));
        let with_pass = made.consuming(OneTime {
            space: "access-pass",
            value: model::Digest::of(b""),
        });
        assert_eq!(
            told(&with_pass),
            Some(format!(
                "{changed}passkey added with a temporary access pass"
            ))
        );
        let ends = append("admin", vec![event(1, Factor::Passkey, true)]);
        assert_eq!(
            told(&ends),
            Some(format!(
                "{changed}passkey removed by somebody who looks after sign-in"
            ))
        );
        let codes = vec![
            event(1, Factor::Totp, true),
            event(2, Factor::Totp, false),
            event(3, Factor::RecoveryCode, false),
        ];
        let codes = new(new(append(&own, codes), 2), 3);
        assert_eq!(
            told(&codes),
            Some(format!(
                "{changed}one-time codes replaced, recovery codes added"
            ))
        );
    }

    #[test]
    fn a_passkey_that_was_used_has_not_changed() {
        let used = append(&who().to_string(), vec![event(1, Factor::Passkey, false)]);
        let stream = Stream::new("credential", CredentialId::from_bits(1));
        assert_eq!(change_of(&used.on(stream, Some(7))), None);
    }

    #[test]
    fn what_was_made_and_what_ended_are_two_things_to_be_told_of() {
        let own = who().to_string();
        let made = new(append(&own, vec![event(1, Factor::Passkey, false)]), 1);
        let ended = append(&own, vec![event(1, Factor::Passkey, true)]);
        let which = |append: &Append| change_of(append).map(|change| change.which);
        assert_ne!(which(&made), which(&ended));
    }
}
