//! What an answer lets us know beside itself: the certificate under which it came, and the clock of
//! whoever sent it. Wrong clocks and old certificates are told of before they stop anything.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use model::Timestamp;
use ports::target::Heard;
use reqwest::tls::TlsInfo;

use super::retry_after::http_date;

/// The last answer's.
#[derive(Debug, Default)]
pub(super) struct Hearing(Mutex<Noted>);

#[derive(Debug, Default)]
struct Noted {
    certificate_ends: Option<Timestamp>,
    /// What the clock showed, and when it was read: a clock goes on while nobody answers.
    clock: Option<(Timestamp, Instant)>,
    /// The certificate that was read last: most answers come under the same one.
    certificate: Vec<u8>,
}

impl Hearing {
    pub(super) fn last(&self) -> Heard {
        self.at(Instant::now())
    }

    fn at(&self, now: Instant) -> Heard {
        let noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let shown =
            |(shown, read): (Timestamp, Instant)| shown.plus(now.saturating_duration_since(read));
        Heard {
            certificate_ends: noted.certificate_ends,
            clock: noted.clock.map(shown),
        }
    }

    pub(super) fn note(&self, response: &reqwest::Response) {
        let date = response.headers().get(reqwest::header::DATE);
        let date = date.and_then(|value| value.to_str().ok());
        let tls = response.extensions().get::<TlsInfo>();
        let certificate = tls.and_then(TlsInfo::peer_certificate);
        self.take(date, certificate, Instant::now());
    }

    fn take(&self, date: Option<&str>, certificate: Option<&[u8]>, read: Instant) {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let clock = date.and_then(http_date);
        noted.clock = clock.map(|at| (Timestamp::from_micros(at.as_microsecond()), read));
        let certificate = certificate.unwrap_or_default();
        if noted.certificate != certificate {
            noted.certificate_ends = protocol::x509::not_after(certificate);
            certificate.clone_into(&mut noted.certificate);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATE: Option<&str> = Some("Sun, 06 Nov 1994 08:49:37 GMT");

    #[test]
    fn a_clock_is_the_last_answers_and_what_is_no_date_is_no_clock() {
        let hearing = Hearing::default();
        assert_eq!(hearing.last(), Heard::default());
        hearing.take(DATE, None, Instant::now());
        assert!(hearing.last().clock.is_some());
        hearing.take(Some("yesterday"), Some(b"no certificate"), Instant::now());
        assert_eq!(hearing.last(), Heard::default());
    }

    /// An app that has not answered for an hour does not look as if its clock were an hour slow.
    #[test]
    fn a_clock_goes_on_while_nobody_answers() {
        let hearing = Hearing::default();
        let read = Instant::now();
        hearing.take(DATE, None, read);
        let later = hearing.at(read + std::time::Duration::from_secs(3_600));
        let shown = later.clock.map(|at| at.to_string());
        assert_eq!(shown.as_deref(), Some("1994-11-06T09:49:37Z"));
    }
}
