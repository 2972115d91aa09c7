//! Handing messages on to a receiver of syslog: over TLS (RFC 5425), or by RELP, which acknowledges
//! each of them.

mod relp;
mod syslog;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use crate::http::egress;
use crate::wire::{self, Identity};

/// Longest wait for the receiver to go on: to take bytes, or to answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the receiver understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaks {
    /// Syslog over a stream, with counted octets. The receiver acknowledges nothing: what comes
    /// nearest is that it ends the connection after it has read our end.
    Syslog,
    /// RELP: the receiver acknowledges each message.
    Relp,
}

/// Certificates, as PEM.
#[derive(Default)]
pub struct Certificates {
    /// Whom to trust; those that the system trusts where not given.
    pub authorities: Option<Vec<u8>>,
    /// Our own certificate and its key, for a receiver that wants to know who sends.
    pub identity: Option<(Vec<u8>, Vec<u8>)>,
}

/// Messages of one connection of syslog: as many may come twice when it breaks.
const BATCH: usize = 100;
/// Ends in a row that cannot be believed, after which trying again would only repeat messages.
const BARE_ENDS: u32 = 3;

/// How much of what was handed on the receiver has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handed {
    /// It has so many, from the first one on. It may have more.
    pub taken: usize,
    /// Why it has not more of them.
    pub trouble: Option<Trouble>,
}

/// Why a receiver has not taken messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// What happened.
    pub what: String,
    /// Whether it may pass by itself.
    pub passing: bool,
}

impl Handed {
    fn nothing(what: String) -> Self {
        let passing = true;
        Self {
            taken: 0,
            trouble: Some(Trouble { what, passing }),
        }
    }
}

/// A receiver.
pub struct Forwarder {
    speaks: Speaks,
    host: String,
    port: u16,
    /// `None`: not encrypted, and then only on this host.
    tls: Option<Arc<ClientConfig>>,
    session: Option<relp::Session>,
    /// Ends without `close_notify` since the last one with it.
    bare_ends: u32,
}

/// A connection to it.
trait Wire: AsyncRead + AsyncWrite + Unpin + Send {
    /// Whether the other side refused bytes that we sent before.
    fn is_broken(&self) -> bool;
}

impl Wire for TcpStream {
    fn is_broken(&self) -> bool {
        !matches!(self.take_error(), Ok(None))
    }
}

impl Wire for TlsStream<TcpStream> {
    fn is_broken(&self) -> bool {
        self.get_ref().0.is_broken()
    }
}

impl Forwarder {
    /// A receiver; without `certificates` it is spoken to in the clear.
    ///
    /// # Errors
    /// When a certificate cannot be used.
    pub fn new(
        speaks: Speaks,
        host: &str,
        port: u16,
        certificates: Option<&Certificates>,
    ) -> Result<Self, String> {
        let tls = match certificates {
            None => None,
            Some(given) => {
                let roots = match &given.authorities {
                    Some(pem) => wire::roots_of(pem)?,
                    None => wire::system_roots(),
                };
                let identity = given.identity.as_ref();
                let identity = identity.map(|(certificate, key)| Identity { certificate, key });
                Some(wire::tls(roots, identity)?)
            }
        };
        Ok(Self {
            speaks,
            host: host.to_owned(),
            port,
            tls,
            session: None,
            bare_ends: 0,
        })
    }

    /// Hands messages on, in order, perhaps not all of them at once. Each is one syslog message
    /// without a frame.
    pub async fn hand_on(&mut self, messages: &[Vec<u8>]) -> Handed {
        match self.speaks {
            Speaks::Syslog => self.by_syslog(messages).await,
            Speaks::Relp => self.by_relp(messages).await,
        }
    }

    /// Ends a session that is open.
    pub async fn end(&mut self) {
        if let Some(session) = self.session.take() {
            session.close().await;
        }
    }

    async fn by_syslog(&mut self, messages: &[Vec<u8>]) -> Handed {
        let batch = &messages[..messages.len().min(BATCH)];
        let wire = match self.connected().await {
            Ok(wire) => wire,
            Err(what) => return Handed::nothing(what),
        };
        let sent = syslog::send(wire, batch).await;
        self.judge(sent, batch.len())
    }

    fn judge(&mut self, sent: Result<(), syslog::NotTaken>, messages: usize) -> Handed {
        match sent {
            Ok(()) => {
                self.bare_ends = 0;
                Handed {
                    taken: messages,
                    trouble: None,
                }
            }
            Err(syslog::NotTaken::Broke(what)) => Handed::nothing(what),
            Err(syslog::NotTaken::BareEnd) => {
                self.bare_ends += 1;
                let what = "the receiver ends the connection without the `close_notify` of TLS, so \
                            that nobody can tell what it has";
                let passing = self.bare_ends < BARE_ENDS;
                let what = what.to_owned();
                Handed {
                    taken: 0,
                    trouble: Some(Trouble { what, passing }),
                }
            }
        }
    }

    async fn by_relp(&mut self, messages: &[Vec<u8>]) -> Handed {
        let mut session = match self.session.take() {
            Some(session) => session,
            None => {
                let opened = async { relp::Session::open(self.connected().await?).await };
                match opened.await {
                    Ok(session) => session,
                    Err(what) => return Handed::nothing(what),
                }
            }
        };
        // No more than a window: whoever calls remembers what was taken before the next one is under
        // way, so that no more comes again when they are killed.
        let window = &messages[..messages.len().min(relp::WINDOW)];
        let (taken, trouble) = session.send(window).await;
        if trouble.is_none() {
            self.session = Some(session);
        }
        let passing = true;
        Handed {
            taken,
            trouble: trouble.map(|what| Trouble { what, passing }),
        }
    }

    async fn connected(&self) -> Result<Box<dyn Wire>, String> {
        let plain = self.tls.is_none();
        let stream = wire::connected(&self.host, self.port, |ip| refusal(ip, plain)).await?;
        // A message is not to wait for the next one.
        stream.set_nodelay(true).map_err(|e| e.to_string())?;
        match &self.tls {
            None => Ok(Box::new(stream)),
            Some(tls) => {
                let shaken = wire::encrypted(tls, &self.host, stream);
                let shaken = tokio::time::timeout(PATIENCE, shaken).await;
                let shaken = shaken.map_err(|_| "TLS: no answer".to_owned())??;
                Ok(Box::new(shaken))
            }
        }
    }
}

/// Receivers mostly have private addresses; in the clear they are on this host.
fn refusal(ip: IpAddr, plain: bool) -> Option<String> {
    if plain && !ip.to_canonical().is_loopback() {
        return Some("it would not be encrypted, and is not on this host".to_owned());
    }
    (!egress::allowed(ip, true)).then(|| egress::refusal(ip))
}

#[cfg(test)]
mod tests;
