//! What metadata say beside a document. Pure.

use std::collections::BTreeSet;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use documents::Saml;
use model::Timestamp;
use model::event::MetadataFollowed;
use protocol::saml::{Location, ServiceProvider};

/// The most certificates to sign with, as of a document.
const MOST: usize = 10;

/// What follows from metadata that are signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Next {
    pub(super) certificates: Vec<String>,
    pub(super) encryption: Option<String>,
    pub(super) valid_until: Option<Timestamp>,
    pub(super) reason: String,
}

/// What somebody has to decide about: where people are sent with what is said of them, and everything where nobody
/// signs.
pub(super) fn differences(
    saml: &Saml,
    said: &ServiceProvider,
    is_signed: bool,
) -> BTreeSet<&'static str> {
    let mut found = BTreeSet::new();
    let mut note = |differs: bool, what| {
        if differs {
            found.insert(what);
        }
    };
    let takes = |url: &str| said.consumers.iter().any(|one| one.location.equals(url));
    let declared = |location: &Location| saml.acs.iter().any(|acs| location.equals(&acs.url));
    let lost = saml.acs.iter().any(|acs| !takes(&acs.url));
    note(lost, "an address for responses stands in them no longer");
    let default = said.default_consumer();
    let default = default.is_some_and(|one| !declared(&one.location));
    note(default, "another address for responses is the one meant");
    let left = |slo: &documents::Slo| {
        let mut all = said.logouts.iter();
        !all.any(|one| one.location.equals(&slo.url))
    };
    let logout = saml.slo.as_ref().is_some_and(left);
    note(logout, "word of logout goes to another address");
    let called = |soap: &documents::SoapLogout| {
        let at = said.back_channel_logout.as_ref();
        !at.is_some_and(|at| at.equals(&soap.url))
    };
    let called = saml.soap_logout.as_ref().is_some_and(called);
    note(called, "it is called at another address when sessions end");
    let signing = signing(said);
    let none = signing.is_empty() && !saml.certificates.is_empty();
    note(none, "it has no certificate to sign with that counts");
    note(signing.len() > MOST, "it has more than ten certificates");
    let keys = encrypting(said);
    let own = saml.encryption.as_ref();
    let unread = own.is_some() && keys.is_empty();
    note(unread, "nothing can be encrypted for it any more");
    if !is_signed {
        let all = saml.certificates.iter().cloned().collect();
        let other = signing.iter().cloned().collect::<BTreeSet<_>>() != all;
        note(other && !none, "it signs with other certificates");
        let other = own.is_some_and(|own| !keys.contains(&own.certificate));
        note(other && !unread, "it is encrypted for another certificate");
    }
    found
}

/// What follows from now on, where that is another than before.
pub(super) fn next(
    saml: &Saml,
    said: &ServiceProvider,
    before: Option<&MetadataFollowed>,
    now: Timestamp,
) -> Option<Next> {
    let signing = signing(said);
    // Those are a person's to decide about: what counts stays.
    let keeps = signing.is_empty() || signing.len() > MOST;
    let certificates = if keeps { &saml.certificates } else { &signing };
    let (old, new): (BTreeSet<&String>, BTreeSet<&String>) = (
        saml.certificates.iter().collect(),
        certificates.iter().collect(),
    );
    let keys = encrypting(said);
    let encryption = saml.encryption.as_ref().map(|own| {
        let stays = keys.is_empty() || keys.contains(&own.certificate);
        let other = keys.first().filter(|_| !stays);
        other.unwrap_or(&own.certificate).clone()
    });
    let same = saml.encryption.as_ref().map(|own| &own.certificate) == encryption.as_ref();
    let until = said.valid_until;
    let known = before.and_then(|before| before.valid_until);
    if old == new && same && !is_news(until, known, now) {
        return None;
    }
    let (more, fewer) = (new.difference(&old).count(), old.difference(&new).count());
    let mut reason = format!("certificates to sign with: {more} added, {fewer} removed");
    if !same {
        reason.push_str(", another one is encrypted for");
    }
    if let Some(until) = until {
        reason.push_str(&format!(", counts until {until}"));
    }
    Some(Next {
        certificates: certificates.clone(),
        encryption,
        valid_until: until,
        reason,
    })
}

/// Whether an end is written down. Some say another one each time that they are asked: a later one is, once half of
/// the time is over.
fn is_news(said: Option<Timestamp>, known: Option<Timestamp>, now: Timestamp) -> bool {
    let left = |until: Timestamp| match until > now {
        true => until.since(now),
        false => Duration::ZERO,
    };
    match (said, known) {
        (Some(said), Some(known)) => said < known || left(known) < left(said) / 2,
        (said, known) => said != known,
    }
}

/// Each once, in their order.
fn signing(said: &ServiceProvider) -> Vec<String> {
    let all = said.signing_keys.iter().map(|key| key.certificate());
    once(all)
}

fn encrypting(said: &ServiceProvider) -> Vec<String> {
    let all = said.encryption_keys.iter().map(|key| key.certificate());
    once(all)
}

fn once<'a>(all: impl Iterator<Item = &'a [u8]>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for der in all {
        let base64 = STANDARD.encode(der);
        if !found.contains(&base64) {
            found.push(base64);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_that_moves_with_each_look_is_not_written_each_time() {
        let day = Duration::from_secs(86_400);
        let now = Timestamp::EPOCH.plus(day * 100);
        let at = |days: u32| Some(now.plus(day * days));
        for (said, known, want) in [
            (None, None, false),
            (at(8), None, true),
            (None, at(8), true),
            (at(8), at(7), false),
            (at(8), at(4), false),
            (at(8), at(3), true),
            (at(7), at(8), true),
        ] {
            assert_eq!(is_news(said, known, now), want, "{said:?} {known:?}");
        }
        assert!(is_news(at(8), Some(now.minus(day)), now), "it has ended");
    }
}
