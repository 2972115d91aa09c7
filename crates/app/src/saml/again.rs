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
use ports::store::Append;
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
        let (turn, holder) = (turn(&party.name, &at.url), self.reader());
        // Whoever has its turn keeps it until the next one is due; should it end meanwhile, another one reads soon.
        if self.store.acquire(&turn, &holder, LEAST).await?.is_none() {
            return Ok(());
        }
        let now = self.now();
        let read = self.believed(saml, at, now).await;
        if let Ok(read) = &read {
            let pace = early(&turn, pace(read, now));
            self.store.acquire(&turn, &holder, pace).await?;
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

    /// As whom metadata are read this once: nobody renews the turn of somebody else.
    fn reader(&self) -> String {
        let drawn: [u8; 16] = ports::clock::draw(&*self.entropy);
        Digest::of(&drawn).to_string()
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

/// The lease under which the metadata of a relying party are read: it is held until they are to be read again.
fn turn(name: &str, url: &str) -> String {
    let of = Digest::of(format!("{name}\0{url}").as_bytes());
    format!("saml-metadata/{of}")
}

/// A little earlier, by up to an eighth: each at its own time, so that not all are read at once.
fn early(turn: &str, pace: Duration) -> Duration {
    let drawn = u32::from(Digest::of(turn.as_bytes()).0[0]);
    (pace - pace / 8 * drawn / 256).max(LEAST)
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

    #[test]
    fn each_is_read_a_little_early_and_no_more_often_than_is_allowed() {
        let turns = ["a", "b", "c", "d"].map(|name| turn(name, "https://x"));
        let all: BTreeSet<Duration> = turns.iter().map(|turn| early(turn, HOUR * 8)).collect();
        assert!(all.len() > 1, "{all:?}");
        assert!(all.iter().all(|pace| (HOUR * 7..=HOUR * 8).contains(pace)));
        assert!(turns.iter().all(|turn| early(turn, LEAST) == LEAST));
    }
}
