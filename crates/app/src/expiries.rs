//! What ends by itself and is missed only when it has: tokens, secrets and certificates.

use std::time::Duration;

use model::{Kind, Timestamp};
use ports::store::MAX_PAGE;
use protocol::saml::signature::VerifyingKey;

use crate::tenant::Loaded;
use crate::{App, AppError};

/// What ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum What {
    /// A token of our own API.
    Token,
    /// A secret that we show to an app or a channel.
    Secret,
    /// The certificate that an app shows to us.
    AppCertificate,
    /// The certificate that this node shows.
    OwnCertificate,
    /// A certificate that a service provider of SAML signs with, or that is encrypted for.
    PartyCertificate,
    /// What a service provider of SAML has said of itself: nobody is signed in to it from then on.
    PartyMetadata,
}

/// How long before their end those of service providers are told of, and told of again, in days: another company has
/// to act, and often slowly.
const STAGES: [u64; 3] = [90, 30, 7];
const DAY: u64 = 24 * 3_600;

impl What {
    /// Whether it is told of by stages.
    const fn has_stages(self) -> bool {
        matches!(self, Self::PartyCertificate | Self::PartyMetadata)
    }
}

/// Something that ends soon, or has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Expiry {
    pub(crate) what: What,
    /// The same for the same thing: a token's id, the name of a secret or of an app.
    pub(crate) id: String,
    /// Whose it is, for people.
    pub(crate) of: String,
    pub(crate) ends: Timestamp,
    /// Since when it is in use, where that is known.
    pub(crate) since: Option<Timestamp>,
    /// The host that a secret may be sent to.
    pub(crate) host: Option<String>,
}

impl Expiry {
    /// One sentence.
    pub(crate) fn problem(&self, now: Timestamp) -> String {
        let verb = if self.ends <= now { "ended" } else { "ends" };
        let (id, of, at) = (&self.id, &self.of, self.ends);
        match self.what {
            What::Token => format!("a token of {of} {verb} at {at}"),
            What::Secret => format!("the secret `{id}` of {of} {verb} at {at}"),
            What::AppCertificate => format!("the certificate of {of} {verb} at {at}"),
            What::OwnCertificate => format!("the certificate of this server {verb} at {at}"),
            What::PartyCertificate => {
                format!("the certificate in `{id}` of the relying party `{of}` {verb} at {at}")
            }
            What::PartyMetadata => {
                format!("the metadata of the relying party `{of}` {verb} at {at}")
            }
        }
    }

    /// What to do.
    pub(crate) fn fix(&self) -> String {
        match self.what {
            What::Token => {
                "`tenure token create` for the same principal, then replace it".to_owned()
            }
            What::Secret => {
                let bound = match self.of.strip_prefix("channel/") {
                    Some(channel) => format!("--channel {channel}"),
                    None => format!("--app {}", self.of),
                };
                let host = self.host.as_deref().unwrap_or("HOST");
                let name = &self.id;
                format!(
                    "make a new one there, then `tenure secret set {name} {bound} --host {host} \
                     --expires WHEN --reason WHY` with its value on stdin"
                )
            }
            What::AppCertificate => {
                format!("tell whoever runs {} to renew it", self.of)
            }
            What::OwnCertificate => {
                "put a new one in its place: it is taken up without a restart".to_owned()
            }
            What::PartyCertificate => format!(
                "ask whoever runs `{}` for the next one, and write it beside this one before they change over",
                self.of
            ),
            What::PartyMetadata => format!(
                "get the metadata of `{}` anew and write until when they count, or nobody is signed in to it",
                self.of
            ),
        }
    }

    /// Of how many days before its end this is told, for what is told of by stages.
    pub(crate) fn stage(&self, now: Timestamp) -> Option<u64> {
        let left = match self.ends > now {
            true => self.ends.since(now).as_secs(),
            false => 0,
        };
        let reached = STAGES.into_iter().filter(|days| left <= days * DAY);
        reached.min().filter(|_| self.what.has_stages())
    }
}

impl App {
    /// What ends within a time from now, or has ended and is in use all the same: by kind and name.
    /// Tokens that have ended are in nobody's use.
    pub(crate) async fn expiries(
        &self,
        loaded: &Loaded,
        now: Timestamp,
        within: Duration,
    ) -> Result<Vec<Expiry>, AppError> {
        let soon = now.plus(within);
        let mut found = Vec::new();
        for row in self.store.ending_tokens(now, soon, MAX_PAGE).await? {
            found.push(Expiry {
                what: What::Token,
                id: row.token.to_string(),
                of: row.principal,
                ends: row.expires,
                since: Some(row.issued),
                host: None,
            });
        }
        let used = secrets_in_use(loaded);
        for row in self.store.secret_names().await? {
            let Some(ends) = row.expires.filter(|ends| *ends <= soon) else {
                continue;
            };
            if used.contains(&row.name.as_str()) {
                found.push(Expiry {
                    what: What::Secret,
                    id: row.name,
                    of: row.app,
                    ends,
                    since: None,
                    host: Some(row.host),
                });
            }
        }
        for app in loaded.book.apps.keys() {
            let seen = self.store.last_observation(app, Kind::Account).await?;
            let ends = seen.and_then(|row| row.run.certificate_ends);
            if let Some(ends) = ends.filter(|ends| *ends <= soon) {
                found.push(Expiry {
                    what: What::AppCertificate,
                    id: app.to_string(),
                    of: app.to_string(),
                    ends,
                    since: None,
                    host: None,
                });
            }
        }
        let own = self
            .listening
            .as_ref()
            .and_then(|own| own.certificate_ends());
        if let Some(ends) = own.filter(|ends| *ends <= soon) {
            found.push(Expiry {
                what: What::OwnCertificate,
                id: "this server".to_owned(),
                of: "this server".to_owned(),
                ends,
                since: None,
                host: None,
            });
        }
        found.extend(of_service_providers(loaded, now));
        found.sort_by(|a, b| (a.what, a.ends, &a.id).cmp(&(b.what, b.ends, &b.id)));
        Ok(found)
    }
}

/// What ends of service providers of SAML within the first of their stages.
fn of_service_providers(loaded: &Loaded, now: Timestamp) -> Vec<Expiry> {
    let soon = now.plus(Duration::from_secs(STAGES[0] * DAY));
    let mut found = Vec::new();
    for party in loaded.tenant.relying_parties.values() {
        let Some(saml) = party.saml() else { continue };
        let mut ends = |what, id: String, ends: Option<Timestamp>| {
            found.extend(ends.filter(|ends| *ends <= soon).map(|ends| Expiry {
                what,
                id,
                of: party.name.clone(),
                ends,
                since: None,
                host: None,
            }));
        };
        for (place, certificate) in saml.certificates.iter().enumerate() {
            let until = certificate_ends(certificate);
            ends(
                What::PartyCertificate,
                format!("spec.saml.certificates[{place}]"),
                until,
            );
        }
        if let Some(encryption) = &saml.encryption {
            let until = certificate_ends(&encryption.certificate);
            let id = "spec.saml.encrypt.certificate".to_owned();
            ends(What::PartyCertificate, id, until);
        }
        ends(
            What::PartyMetadata,
            "spec.saml.valid_until".to_owned(),
            saml.valid_until,
        );
    }
    found
}

/// When a certificate ends; one that cannot be read was refused with its document.
fn certificate_ends(base64: &str) -> Option<Timestamp> {
    VerifyingKey::from_base64(base64).ok()?.not_after()
}

/// The secrets that the documents in force name. What nobody uses may end.
fn secrets_in_use(loaded: &Loaded) -> Vec<&str> {
    let apps = loaded.tenant.apps.values();
    let apps = apps.filter_map(|app| Some(app.scim()?.auth.secret()));
    let channels = loaded.tenant.channels.values();
    apps.chain(channels.filter_map(documents::Channel::secret))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_have_to_renew_is_told_of_three_times() {
        let now = Timestamp::EPOCH.plus(Duration::from_secs(1_000 * DAY));
        let at = |what, days: i64| {
            let span = Duration::from_secs(days.unsigned_abs() * DAY);
            let ends = if days < 0 {
                now.minus(span)
            } else {
                now.plus(span)
            };
            let expiry = Expiry {
                what,
                id: String::new(),
                of: String::new(),
                ends,
                since: None,
                host: None,
            };
            expiry.stage(now)
        };
        for (days, stage) in [
            (91, None),
            (90, Some(90)),
            (31, Some(90)),
            (30, Some(30)),
            (8, Some(30)),
            (7, Some(7)),
            (0, Some(7)),
            (-9, Some(7)),
        ] {
            assert_eq!(at(What::PartyCertificate, days), stage, "{days}");
            assert_eq!(at(What::PartyMetadata, days), stage, "{days}");
            assert_eq!(at(What::Secret, days), None, "{days}");
        }
    }
}
