//! Addresses from which people sign in: whole for some days, and shortened for good.
//!
//! The log is not changed, so what is written down for good is the shortened address. Beside it stands the whole one,
//! sealed with a key that lies outside the log and is destroyed when its days are over. Each node has a key of its own
//! for each day: nobody has to agree with another about one.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::event::Origin;
use model::{Event, Personal, Timestamp};
use ports::store::{LogRecord, SecretRow};
use tokio::sync::Mutex;

use super::From;
use crate::{App, AppError};

/// For how many days whole addresses are kept where nobody says otherwise.
pub(crate) const DAYS: u32 = 30;

const DAY: Duration = Duration::from_secs(86_400);
/// The longest description of a browser that is kept, in characters.
const AGENT: usize = 200;
/// What stands before the name of a key. The day follows, in seconds since 1970, and chance.
const KEYS: &str = "address-key/";
/// Of what such a key is the secret, in place of an app.
const ADDRESSES: &str = "addresses";
/// For what addresses are sealed.
const PURPOSE: &str = "address/1";

/// The key of today, and when keys were last destroyed.
#[derive(Default)]
pub(crate) struct AddressKeys {
    today: Mutex<Option<Key>>,
    swept: Mutex<Option<u64>>,
}

#[derive(Clone)]
struct Key {
    day: u64,
    name: String,
    key: [u8; 32],
}

/// Keys that were looked for, by name; `None`: it is destroyed.
type Found = HashMap<String, Option<[u8; 32]>>;

/// An address without what tells one line from its neighbours: the first 24 bits of IPv4, the first 48 of IPv6, as
/// Google Analytics shortens them (<https://support.google.com/analytics/answer/2763052>).
pub(crate) fn shortened(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            Ipv4Addr::new(a, b, c, 0).into()
        }
        IpAddr::V6(v6) => {
            let [a, b, c, ..] = v6.segments();
            Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0).into()
        }
    }
}

/// Whether a secret of this name is a key of addresses: nobody sets or lists those.
pub(crate) fn is_address_key(name: &str) -> bool {
    name.starts_with(KEYS)
}

fn day(at: Timestamp) -> u64 {
    at.since(Timestamp::EPOCH).as_secs() / DAY.as_secs()
}

/// The day of a key, by its name.
fn day_of(name: &str) -> Option<u64> {
    let (begins, _) = name.strip_prefix(KEYS)?.split_once('-')?;
    begins.parse().ok()
}

impl App {
    /// From where an attempt comes, as it is written down.
    pub(crate) async fn origin(&self, from: &From) -> Result<Origin, AppError> {
        let address = from.network.to_canonical();
        let whole = match self.address_days {
            0 => None,
            _ => Some(self.sealed_address(&address.to_string()).await?),
        };
        let agent = from.agent.as_ref();
        Ok(Origin {
            network: shortened(address).to_string(),
            whole,
            agent: agent.map(|agent| agent.chars().take(AGENT).collect()),
        })
    }

    async fn sealed_address(&self, address: &str) -> Result<String, AppError> {
        let key = self.key_of_today().await?;
        let sealed = self
            .keyring
            .seal_under(&key.key, PURPOSE, address.as_bytes());
        let name = key.name.strip_prefix(KEYS).unwrap_or_default();
        Ok(format!("{name}.{}", URL_SAFE_NO_PAD.encode(sealed)))
    }

    /// The key that this node seals addresses of today with. It is kept before it is used.
    async fn key_of_today(&self) -> Result<Key, AppError> {
        let now = self.now();
        let mut today = self.address_keys.today.lock().await;
        if let Some(key) = today.as_ref().filter(|key| key.day == day(now)) {
            return Ok(key.clone());
        }
        let chance: [u8; 8] = ports::clock::draw(&*self.entropy);
        let chance = u64::from_be_bytes(chance);
        let key = Key {
            day: day(now),
            name: format!("{KEYS}{}-{chance:016x}", day(now)),
            key: ports::clock::draw(&*self.entropy),
        };
        self.store
            .put_secret(SecretRow {
                name: key.name.clone(),
                app: ADDRESSES.to_owned(),
                host: String::new(),
                sealed: self.keyring.seal(&key.name, &key.key),
                at: now,
                expires: None,
            })
            .await?;
        *today = Some(key.clone());
        Ok(key)
    }

    /// Destroys the keys whose days are over: an address is whole for that many days at most. What was sealed with
    /// them nobody opens any more.
    ///
    /// # Errors
    /// When the store does not answer. It may be run again.
    pub async fn shorten_addresses(&self) -> Result<(), AppError> {
        let today = day(self.now());
        let mut swept = self.address_keys.swept.lock().await;
        if *swept == Some(today) {
            return Ok(());
        }
        for row in self.store.secret_names().await? {
            let begun = day_of(&row.name).filter(|_| is_address_key(&row.name));
            if begun.is_some_and(|begun| begun + u64::from(self.address_days) <= today) {
                self.store.drop_secret(&row.name).await?;
            }
        }
        *swept = Some(today);
        Ok(())
    }

    /// Records with whole addresses where those are still to be had, and shortened ones elsewhere.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn with_addresses(
        &self,
        mut records: Vec<LogRecord>,
    ) -> Result<Vec<LogRecord>, AppError> {
        let mut found = Found::new();
        for record in &mut records {
            let origin = match &mut record.event {
                Event::SignInDecided(decided) => match &mut decided.personal {
                    Personal::Known(basis) => &mut basis.origin,
                    Personal::Erased => continue,
                },
                Event::SignInFailed(failed) => match &mut failed.personal {
                    Personal::Known(origin) => origin,
                    Personal::Erased => continue,
                },
                _ => continue,
            };
            self.told_address(origin, record.at, &mut found).await?;
        }
        Ok(records)
    }

    async fn told_address(
        &self,
        origin: &mut Origin,
        at: Timestamp,
        found: &mut Found,
    ) -> Result<(), AppError> {
        let over = day(at) + u64::from(self.address_days) <= day(self.now());
        match origin.whole.take() {
            Some(whole) if !over => {
                if let Some(address) = self.opened_address(&whole, found).await? {
                    origin.network = address;
                }
            }
            // What was written down before addresses were shortened is at least not told.
            None if over => {
                if let Ok(address) = origin.network.parse() {
                    origin.network = shortened(address).to_string();
                }
            }
            _ => {}
        }
        Ok(())
    }

    async fn opened_address(
        &self,
        whole: &str,
        found: &mut Found,
    ) -> Result<Option<String>, AppError> {
        let Some((name, sealed)) = whole.split_once('.') else {
            return Ok(None);
        };
        let key = match found.get(name) {
            Some(known) => *known,
            None => {
                let name = format!("{KEYS}{name}");
                let row = self.store.secret(&name).await?;
                let opened = row.and_then(|row| self.keyring.open(&name, &row.sealed).ok());
                let key = opened.and_then(|key| key.try_into().ok());
                found.insert(name[KEYS.len()..].to_owned(), key);
                key
            }
        };
        let sealed = URL_SAFE_NO_PAD.decode(sealed).ok();
        Ok(key.zip(sealed).and_then(|(key, sealed)| {
            let opened = self.keyring.open_under(&key, PURPOSE, &sealed)?;
            String::from_utf8(opened).ok()
        }))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_address_is_shortened_to_its_neighbourhood() {
        for (whole, short) in [
            ("192.0.2.7", "192.0.2.0"),
            ("255.255.255.255", "255.255.255.0"),
            ("::ffff:192.0.2.7", "192.0.2.0"),
            ("2001:db8:85a3:8d3:1319:8a2e:370:7348", "2001:db8:85a3::"),
            ("fe80::1", "fe80::"),
            ("::1", "::"),
        ] {
            let shortened = shortened(whole.parse().unwrap()).to_string();
            assert_eq!(shortened, short, "{whole}");
        }
    }

    #[test]
    fn the_day_of_a_key_stands_in_its_name() {
        assert_eq!(day_of("address-key/20423-00ff"), Some(20_423));
        for other in [
            "address-key/x-00ff",
            "signing-key/20423-0",
            "address-key/20423",
        ] {
            assert_eq!(day_of(other), None, "{other}");
        }
    }
}
