//! What an answer lets us know beside itself: the certificate under which it came, and the clock of
//! whoever sent it. Wrong clocks and old certificates are told of before they stop anything.

use std::sync::{Mutex, PoisonError};

use model::Timestamp;
use ports::target::Heard;
use reqwest::tls::TlsInfo;

use super::retry_after::http_date;

/// The last answer's.
#[derive(Debug, Default)]
pub(super) struct Hearing(Mutex<Noted>);

#[derive(Debug, Default)]
struct Noted {
    heard: Heard,
    /// The certificate that was read last: most answers come under the same one.
    certificate: Vec<u8>,
}

impl Hearing {
    pub(super) fn last(&self) -> Heard {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).heard
    }

    pub(super) fn note(&self, response: &reqwest::Response) {
        let date = response.headers().get(reqwest::header::DATE);
        let date = date.and_then(|value| value.to_str().ok());
        let tls = response.extensions().get::<TlsInfo>();
        self.take(date, tls.and_then(TlsInfo::peer_certificate));
    }

    fn take(&self, date: Option<&str>, certificate: Option<&[u8]>) {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let clock = date.and_then(http_date);
        noted.heard.clock = clock.map(|at| Timestamp::from_micros(at.as_microsecond()));
        let certificate = certificate.unwrap_or_default();
        if noted.certificate != certificate {
            noted.heard.certificate_ends = protocol::x509::not_after(certificate);
            certificate.clone_into(&mut noted.certificate);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_the_last_answers_and_what_is_no_date_is_no_clock() {
        let hearing = Hearing::default();
        assert_eq!(hearing.last(), Heard::default());
        hearing.take(Some("Sun, 06 Nov 1994 08:49:37 GMT"), None);
        let clock = hearing.last().clock.map(|at| at.to_string());
        assert_eq!(clock.as_deref(), Some("1994-11-06T08:49:37Z"));
        hearing.take(Some("yesterday"), Some(b"no certificate"));
        assert_eq!(hearing.last(), Heard::default());
    }
}
