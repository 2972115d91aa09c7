//! Metadata of service providers, read again from time to time by whichever node comes to it.
//!
//! What is signed by the key that the document names is believed of certificates and of until when it counts; where
//! answers go and what an app is called is a person's to say, whoever signs ([`differences`]). What is not signed so
//! changes nothing. What could not be read, and what somebody has to decide, are findings.

use std::collections::BTreeSet;
use std::time::Duration;

use documents::{MetadataAt, RelyingParty, Saml, SamlProfile};
use model::event::{FindingClosed, MetadataFollowed};
use model::finding::Finding;
use model::{Actor, Digest, Event, Timestamp};
use ports::store::{Append, OneTime};
use protocol::saml::metadata::{Demands, Imported, read};
use protocol::saml::signature::VerifyingKey;

use super::SKEW;
use super::differ::{differences, next};
use super::follow::{followed_stream, signed_source, stream_of};
use crate::{App, AppError, ErrorKind};

/// They could not be read, or are not believed.
const UNREAD: &str = "TNR-SIGN-0060";
/// They say what only a person changes here.
const OTHER: &str = "TNR-SIGN-0061";
/// The longest that fetching may take.
const DEADLINE: Duration = Duration::from_secs(20);
/// Where they say nothing of it, so often are they read.
const USUAL: Duration = Duration::from_secs(6 * 3_600);
/// No more often than this, whatever they say; and so often while they cannot be read.
const LEAST: Duration = Duration::from_secs(3_600);
/// No less often than this.
const MOST: Duration = Duration::from_secs(24 * 3_600);
/// The longest that metadata may say that they count, where saml2int is held to (SDP-MD03).
const LONGEST: Duration = Duration::from_secs(400 * 24 * 3_600);

impl App {
    /// Reads the metadata whose turn has come.
    ///
    /// # Errors
    /// When the store does not answer; the others are read all the same.
    pub async fn read_metadata(&self) -> Result<(), AppError> {
        let loaded = match self.loaded().await {
            Err(error) if error.kind() == ErrorKind::Missing => return Ok(()),
            loaded => loaded?,
        };
        let mut failed = Ok(());
        for party in loaded.tenant.relying_parties.values() {
            let saml = party.saml();
            let Some((saml, at)) = saml.and_then(|saml| Some((saml, saml.metadata.as_ref()?)))
            else {
                continue;
            };
            // One must not keep the others from their turn.
            if let Err(error) = self.read_in_turn(party, saml, at).await {
                failed = Err(error);
            }
        }
        failed
    }

    async fn read_in_turn(
        &self,
        party: &RelyingParty,
        saml: &Saml,
        at: &MetadataAt,
    ) -> Result<(), AppError> {
        let now = self.now();
        let first = place(&party.name, now);
        let take = async |place: u64| {
            let until = now.plus(LEAST * u32::try_from(place - first + 1).unwrap_or(u32::MAX));
            let turn = turn(&party.name, &at.url, place);
            self.store.spend(turn, until, now).await
        };
        if !take(first).await? {
            return Ok(());
        }
        let read = self.believed(saml, at, now).await;
        if let Ok(read) = &read {
            // Until they are due again nobody has a turn. Should this end here, they are read too soon.
            for place in first + 1..first + turns(pace(read, now)) {
                take(place).await?;
            }
        }
        match read {
            Ok(read) => self.takes_over(party, saml, &read).await,
            Err(why) => {
                let finding = unread(&party.name, &why);
                let events = self.finding_as_now(finding).await?;
                if !events.is_empty() {
                    self.append(&Actor::system(), events).await?;
                }
                Ok(())
            }
        }
    }

    /// What the metadata say, or why they are not believed: in words that hold nothing of them.
    async fn believed(
        &self,
        saml: &Saml,
        at: &MetadataAt,
        now: Timestamp,
    ) -> Result<Imported, String> {
        let way = self.connect.metadata(at.allow_private)?;
        let fetched = way.fetch(&at.url, None, DEADLINE).await;
        let bytes = fetched.map_err(|unreachable| unreachable.to_string())?;
        let signer = at.signed_by.as_deref().map(VerifyingKey::from_base64);
        let signer = signer.transpose().map_err(|why| why.to_string())?;
        let demands = Demands {
            now,
            entity_id: Some(&saml.entity_id),
            signed_by: signer.as_ref().map(std::slice::from_ref),
            skew: SKEW,
            ends_within: (saml.profile == SamlProfile::Saml2int).then_some(LONGEST),
        };
        read(&bytes, &demands).map_err(|why| why.to_string())
    }

    /// Writes down what follows, and what somebody has to decide.
    async fn takes_over(
        &self,
        party: &RelyingParty,
        saml: &Saml,
        read: &Imported,
    ) -> Result<(), AppError> {
        let name = &party.name;
        let source = signed_source(saml);
        let mut events = self.no_longer(UNREAD, name).await?;
        let others = differences(saml, &read.provider, source.is_some());
        match others.is_empty() {
            true => events.extend(self.no_longer(OTHER, name).await?),
            false => events.extend(self.finding_as_now(other(name, &others)).await?),
        }
        let mut append = Append::of(Actor::system(), events);
        if let Some(of) = source {
            let (before, head) = self.followed_of(name).await?;
            let before = before.filter(|state| state.of == of);
            if let Some(next) = next(saml, &read.provider, before.as_ref(), self.now()) {
                let state = MetadataFollowed {
                    relying_party: name.clone(),
                    of,
                    certificates: next.certificates,
                    encryption: next.encryption,
                    valid_until: next.valid_until,
                    reason: next.reason,
                };
                // The last of the append: by that it is found.
                append.events.push(Event::MetadataFollowed(state));
                append = append.on(stream_of(name), head).bumping(followed_stream());
            }
        }
        if append.events.is_empty() {
            return Ok(());
        }
        match self.store.append(append).await.map_err(AppError::from) {
            // Somebody else has read them at the same time.
            Err(error) if error.kind() == ErrorKind::Conflict => Ok(()),
            written => written.map(drop),
        }
    }

    async fn no_longer(&self, code: &str, name: &str) -> Result<Vec<Event>, AppError> {
        let fingerprint = format!("{code}/{name}");
        let open = self.store.open_finding(&fingerprint, None, None).await?;
        let closed = open.map(|row| {
            Event::FindingClosed(FindingClosed {
                id: row.opened.id,
                reason: "it was read again, and is so no longer".to_owned(),
            })
        });
        Ok(closed.into_iter().collect())
    }
}

/// The hour that an instant is in. Each service provider's begin at another minute, so that not all are read at once.
fn place(name: &str, now: Timestamp) -> u64 {
    let seconds = u64::try_from(now.as_micros() / 1_000_000).unwrap_or_default();
    let drawn = Digest::of(name.as_bytes()).0;
    let phase = u64::from(u16::from_be_bytes([drawn[0], drawn[1]])) * LEAST.as_secs() / (1 << 16);
    (seconds + phase) / LEAST.as_secs()
}

/// The turn of an hour: whoever takes it first reads.
fn turn(name: &str, url: &str, place: u64) -> OneTime {
    OneTime {
        space: "saml-metadata",
        value: Digest::of(format!("{name}\0{url}\0{place}").as_bytes()),
    }
}

/// How many turns pass in a time; at least one.
fn turns(pace: Duration) -> u64 {
    (pace.as_secs() / LEAST.as_secs()).max(1)
}

/// How long until they are read again: as they say, and four times before they end.
fn pace(read: &Imported, now: Timestamp) -> Duration {
    let asked = read.cached_for.unwrap_or(USUAL);
    let until = read.provider.valid_until.filter(|until| *until > now);
    let asked = until.map_or(asked, |until| asked.min(until.since(now) / 4));
    asked.clamp(LEAST, MOST)
}

fn unread(name: &str, why: &str) -> Finding {
    Finding {
        code: UNREAD.to_owned(),
        fingerprint: format!("{UNREAD}/{name}"),
        subject: None,
        address: None,
        problem: format!("the metadata of the relying party `{name}` were not read: {why}"),
        fix: "ask whoever publishes them, or correct `metadata` in its document; what was known of it counts on \
              until it ends"
            .to_owned(),
    }
}

fn other(name: &str, differences: &BTreeSet<&'static str>) -> Finding {
    let all: Vec<&str> = differences.iter().copied().collect();
    Finding {
        code: OTHER.to_owned(),
        fingerprint: format!("{OTHER}/{name}"),
        subject: None,
        address: None,
        problem: format!(
            "the metadata of the relying party `{name}` say what its document does not: {}",
            all.join("; ")
        ),
        fix: format!(
            "compare with `tenure relying-party add {name} --saml URL --dry-run`, ask whoever runs it, and push its \
             document"
        ),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use protocol::saml::{EntityId, ServiceProvider};

    use super::*;

    const HOUR: Duration = Duration::from_secs(3_600);

    #[test]
    fn how_often_they_are_read_follows_from_them_within_bounds() {
        let now = Timestamp::EPOCH.plus(HOUR * 1_000);
        for (cached, ends, want) in [
            (None, None, 6),
            (Some(12), None, 12),
            (Some(0), None, 1),
            (Some(1_000), None, 24),
            (None, Some(16), 4),
            (Some(2), Some(16), 2),
            (None, Some(1), 1),
            (Some(1_000), Some(10_000), 24),
        ] {
            let id = EntityId::new("https://sp.example").unwrap();
            let mut provider = ServiceProvider::new(id, Vec::new());
            provider.valid_until = ends.map(|hours| now.plus(HOUR * hours));
            let read = Imported {
                provider,
                notices: Vec::new(),
                cached_for: cached.map(|hours| HOUR * hours),
            };
            assert_eq!(pace(&read, now), HOUR * want, "{cached:?} {ends:?}");
        }
    }

    /// A turn is one for as long as it lasts, then another; and not the same instant for everybody.
    #[test]
    fn a_turn_comes_once_in_its_time() {
        let at = |minutes: u32| Timestamp::EPOCH.plus(Duration::from_secs(60) * minutes);
        let begins = |name: &str| {
            let of = |minutes| place(name, at(minutes));
            let changes: Vec<u32> = (1..=180).filter(|m| of(*m) != of(m - 1)).collect();
            assert_eq!(changes.len(), 3, "{name}: {changes:?}");
            assert!(changes.windows(2).all(|two| two[1] - two[0] == 60));
            changes[0]
        };
        let all: BTreeSet<u32> = ["a", "b", "c", "d"].into_iter().map(begins).collect();
        assert!(all.len() > 1, "{all:?}");
        assert_ne!(
            turn("a", "https://x", 1).value,
            turn("a", "https://x", 2).value
        );
        assert_eq!([HOUR / 2, HOUR, HOUR * 6].map(turns), [1, 1, 6]);
    }
}
