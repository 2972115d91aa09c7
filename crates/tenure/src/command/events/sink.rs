//! Where events go.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use connectors::forward::{Certificates, Forwarder, Handed, Speaks, Trouble};
use protocol::siem::Severity;
use protocol::syslog;

use super::cursor::beside;
use super::file::EventFile;
use super::place::Place;
use super::{Events, Schema, WireEvent};
use crate::failure::{Exit, Failure};
use crate::host::directory;

/// The port of syslog over TLS (RFC 5425 §4.1).
const SYSLOG_TLS: u16 = 6514;

/// A sink.
pub enum Sink {
    /// Lines on stdout.
    Stdout,
    /// Lines in a file.
    File(EventFile, Schema),
    /// Messages to a receiver.
    Receiver {
        /// What hands them on.
        forwarder: Box<Forwarder>,
        /// As it was named.
        name: String,
        /// The host of the server, from which they come.
        from: String,
    },
}

impl Sink {
    /// The sink that was asked for. `from` is the host of the server.
    pub fn open(asked: &Events, from: &str) -> Result<Self, Failure> {
        let given = asked.ca.is_some() || asked.cert.is_some();
        if let Some((scheme, _)) = asked.to.split_once("://") {
            return receiver(asked, scheme, from);
        }
        if given {
            return Err(Failure::usage(
                "--ca, --cert and --key are for receivers over TLS",
                "leave them out",
            ));
        }
        if asked.to == "-" {
            return Ok(Self::Stdout);
        }
        let file = EventFile::open(PathBuf::from(&asked.to))?;
        Ok(Self::File(file, asked.format))
    }

    /// The cursor that it has of its own.
    pub fn own_cursor(&self) -> Option<PathBuf> {
        match self {
            Self::File(file, _) => Some(beside(&file.path, "cursor")),
            _ => None,
        }
    }

    /// Whether it is a receiver, which does not say what it has.
    pub const fn is_remote(&self) -> bool {
        matches!(self, Self::Receiver { .. })
    }

    /// What it says that it has.
    pub fn last(&mut self) -> Result<Option<Place>, Failure> {
        match self {
            Self::File(file, schema) => file.last(*schema),
            _ => Ok(None),
        }
    }

    /// Takes events, in order; says how many it has for sure.
    pub async fn take(&mut self, events: &[WireEvent], tenant: &str) -> Result<Handed, Failure> {
        let all = Handed {
            taken: events.len(),
            trouble: None,
        };
        match self {
            Self::Stdout => {
                let lines = events.iter().map(|event| format!("{}\n", event.event));
                print(&lines.collect::<String>(), all)
            }
            Self::File(file, _) => file.add(events).map(|()| all),
            Self::Receiver {
                forwarder, from, ..
            } => {
                let messages = events.iter().map(|event| message(event, tenant, from));
                let messages = messages.collect::<Result<Vec<_>, _>>()?;
                Ok(forwarder.hand_on(&messages).await)
            }
        }
    }

    /// That the receiver does not take them.
    pub fn away(&self, trouble: &str) -> Failure {
        let name = match self {
            Self::Receiver { name, .. } => name.as_str(),
            Self::Stdout => "stdout",
            Self::File(..) => "the file",
        };
        Failure {
            exit: Exit::Unreachable,
            ..Failure::new(
                "TNR-EVENTS-0006",
                format!("{name} does not take the events: {trouble}"),
                "check that it runs, what it speaks, and whom its certificate is for",
            )
        }
    }

    /// Ends what is open.
    pub async fn end(&mut self) {
        if let Self::Receiver { forwarder, .. } = self {
            forwarder.end().await;
        }
    }
}

/// Writes to stdout. A reader that went away has not read it.
fn print(lines: &str, all: Handed) -> Result<Handed, Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(lines.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(all),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(Handed {
            taken: 0,
            trouble: Some(Trouble {
                what: "whoever read it went away".to_owned(),
                passing: false,
            }),
        }),
        Err(error) => Err(Failure::file("stdout", Path::new("-"), &error)),
    }
}

fn message(event: &WireEvent, tenant: &str, from: &str) -> Result<Vec<u8>, Failure> {
    let wrong = |why: String| {
        Failure::new(
            "TNR-CLI-0014",
            format!("record {} cannot be sent: {why}", event.seq),
            "check that client and server have the same version",
        )
    };
    let head = syslog::Head {
        severity: Severity::of(event.severity).ok_or_else(|| wrong("its severity".to_owned()))?,
        at: event.at.parse().map_err(wrong)?,
        host: from,
        tenant,
        seq: event.seq,
        hash: &event.hash,
        kind: &event.kind,
    };
    syslog::message(head, &event.event).map_err(|e| wrong(e.to_string()))
}

fn receiver(asked: &Events, scheme: &str, from: &str) -> Result<Sink, Failure> {
    let (speaks, tls, usual) = match scheme {
        "syslog+tls" => (Speaks::Syslog, true, Some(SYSLOG_TLS)),
        "syslog+tcp" => (Speaks::Syslog, false, None),
        "relp+tls" => (Speaks::Relp, true, None),
        "relp+tcp" => (Speaks::Relp, false, None),
        other => {
            return Err(Failure::usage(
                format!("`{other}` is none of syslog+tls, syslog+tcp, relp+tls and relp+tcp"),
                "write for example syslog+tls://siem.acme.example:6514",
            ));
        }
    };
    let (host, port) = place_of(&asked.to, usual)?;
    let certificates = certificates(asked)?;
    if !tls && (asked.ca.is_some() || asked.cert.is_some()) {
        return Err(Failure::usage(
            "without TLS there are no certificates",
            "write syslog+tls:// or relp+tls://",
        ));
    }
    let certificates = tls.then_some(&certificates);
    let forwarder = Forwarder::new(speaks, &host, port, certificates);
    let forwarder = forwarder.map_err(|why| {
        Failure::new(
            "TNR-EVENTS-0006",
            why,
            "check the files of --ca, --cert and --key",
        )
    })?;
    Ok(Sink::Receiver {
        forwarder: Box::new(forwarder),
        name: asked.to.clone(),
        from: from.to_owned(),
    })
}

/// Host and port, and nothing else.
fn place_of(text: &str, usual: Option<u16>) -> Result<(String, u16), Failure> {
    let wrong = || {
        Failure::usage(
            format!("`{text}` is no receiver"),
            "write for example syslog+tls://siem.acme.example:6514",
        )
    };
    let url = reqwest::Url::parse(text).map_err(|_| wrong())?;
    let bare = url.username().is_empty() && url.password().is_none() && url.query().is_none();
    let path = matches!(url.path(), "" | "/");
    match (url.host_str(), url.port().or(usual)) {
        (Some(host), Some(port)) if bare && path && url.fragment().is_none() => {
            Ok((host.to_owned(), port))
        }
        _ => Err(wrong()),
    }
}

fn certificates(asked: &Events) -> Result<Certificates, Failure> {
    let read =
        |what: &str, path: &Path| std::fs::read(path).map_err(|e| Failure::file(what, path, &e));
    let authorities = asked.ca.as_ref().map(|path| read("the CA", path));
    let identity = match (&asked.cert, &asked.key) {
        (Some(certificate), Some(key)) => {
            directory::check_private("the key", key)?;
            Some((read("the certificate", certificate)?, read("the key", key)?))
        }
        _ => None,
    };
    Ok(Certificates {
        authorities: authorities.transpose()?,
        identity,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_receiver_is_a_host_and_a_port() {
        let place = |text| place_of(text, Some(6514)).ok();
        let host = |name: &str, port| Some((name.to_owned(), port));
        assert_eq!(
            place("syslog+tls://siem.example"),
            host("siem.example", 6514)
        );
        assert_eq!(
            place("relp+tls://siem.example:20514"),
            host("siem.example", 20514)
        );
        assert_eq!(place("syslog+tcp://[::1]:1"), host("[::1]", 1));
        assert!(place_of("relp+tls://siem.example", None).is_err());
        for wrong in [
            "syslog+tls://",
            "syslog+tls://u:p@siem.example",
            "syslog+tls://siem.example/x",
            "syslog+tls://siem.example?x",
            "syslog+tls://siem.example#x",
        ] {
            assert_eq!(place(wrong), None, "{wrong}");
        }
    }
}
