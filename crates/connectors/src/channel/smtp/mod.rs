//! Mail, handed in to a submission server (RFC 6409) once.
//!
//! Until the text is begun to be sent the server has nothing: whatever goes wrong is a failure.
//! From then on, only the server's own reply tells whether it took the mail.

mod mail;
mod talk;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::Secret;
use model::notice::Answer;
use ports::{Channel, Letter};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::http::egress;
use crate::wire;
use talk::{Reply, Talk};

/// Longest wait for the end of a dialogue whose mail was taken.
const QUIT: Duration = Duration::from_secs(1);

/// How the connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// Begun by `STARTTLS` (RFC 3207), before anything else is said. Never left out.
    Starttls,
    /// From the first byte (RFC 8314).
    Implicit,
    /// None: for a server of one's own network that asks for no password.
    None,
}

/// Who we are to the server.
#[derive(Debug, Clone)]
pub struct Login {
    /// The user's name.
    pub user: String,
    /// The password.
    pub password: Secret,
}

/// From whom to whom. Addresses are ASCII, without anything that means something in a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// The sender.
    pub from: String,
    /// The receivers.
    pub to: Vec<String>,
}

/// A mail server that takes our mail.
pub struct Smtp {
    host: String,
    port: u16,
    encryption: Encryption,
    mailbox: Mailbox,
    login: Option<Login>,
    allow_private: bool,
    tls: Arc<ClientConfig>,
}

/// Why a mail was not handed in, or may not have been.
type Trouble = String;

/// A connection, encrypted or not.
trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}
type Wire = Box<dyn Stream>;

impl Smtp {
    /// A server; `allow_private` as in [`egress::allowed`]. Certificates are verified against those
    /// that the system trusts, names included.
    ///
    /// # Errors
    /// When TLS cannot be set up, or a password would go out unencrypted.
    pub fn new(
        host: &str,
        port: u16,
        encryption: Encryption,
        mailbox: Mailbox,
        login: Option<Login>,
        allow_private: bool,
    ) -> Result<Self, String> {
        let roots = wire::system_roots();
        Self::trusting(roots, host, port, encryption, mailbox, login, allow_private)
    }

    fn trusting(
        roots: RootCertStore,
        host: &str,
        port: u16,
        encryption: Encryption,
        mailbox: Mailbox,
        login: Option<Login>,
        allow_private: bool,
    ) -> Result<Self, String> {
        if encryption == Encryption::None && (login.is_some() || !allow_private) {
            return Err("the connection would not be encrypted".to_owned());
        }
        let tls = wire::tls(roots, None)?;
        Ok(Self {
            host: host.to_owned(),
            port,
            encryption,
            mailbox,
            login,
            allow_private,
            tls,
        })
    }

    async fn encrypted(&self, stream: Wire) -> Result<Wire, Trouble> {
        let stream = wire::encrypted(&self.tls, &self.host, stream).await?;
        Ok(Box::new(stream))
    }

    /// Connects, as the server wants to be connected to. Gives our own name too.
    async fn greeted(&self) -> Result<(Talk<Wire>, String), Trouble> {
        let refusal = |ip| {
            let allowed = egress::allowed(ip, self.allow_private);
            (!allowed).then(|| egress::refusal(ip))
        };
        let stream = wire::connected(&self.host, self.port, refusal).await?;
        let me = match stream.local_addr().map(|at| at.ip()) {
            Ok(std::net::IpAddr::V4(v4)) => format!("[{v4}]"),
            Ok(std::net::IpAddr::V6(v6)) => format!("[IPv6:{v6}]"),
            Err(error) => return Err(error.to_string()),
        };
        let mut stream: Wire = Box::new(stream);
        if self.encryption == Encryption::Implicit {
            stream = self.encrypted(stream).await?;
        }
        let mut talk = Talk::new(stream);
        wanted(&talk.hear().await?, 220, "greeting")?;
        if self.encryption == Encryption::Starttls {
            let hello = talk.say(&format!("EHLO {me}")).await?;
            wanted(&hello, 250, "EHLO")?;
            if hello.extension("STARTTLS").is_none() {
                return Err("the server offers no STARTTLS".to_owned());
            }
            wanted(&talk.say("STARTTLS").await?, 220, "STARTTLS")?;
            talk = Talk::new(self.encrypted(talk.into_stream()?).await?);
        }
        Ok((talk, me))
    }

    /// Hands a mail in. `begun` is set while only the server knows whether it took the mail. Gives
    /// the dialogue, to be ended, and what was not taken.
    async fn hand_in(
        &self,
        mail: &str,
        begun: &AtomicBool,
    ) -> Result<(Talk<Wire>, String), Trouble> {
        let (mut talk, me) = self.greeted().await?;
        let hello = talk.say(&format!("EHLO {me}")).await?;
        wanted(&hello, 250, "EHLO")?;
        if let Some(login) = &self.login {
            log_in(&mut talk, &hello, login).await?;
        }
        let from = format!("MAIL FROM:<{}>", self.mailbox.from);
        wanted(&talk.say(&from).await?, 250, "MAIL FROM")?;
        let mut refused = Vec::new();
        for to in &self.mailbox.to {
            let reply = talk.say(&format!("RCPT TO:<{to}>")).await?;
            if !matches!(reply.code, 250 | 251) {
                refused.push(reply.told());
            }
        }
        let all = self.mailbox.to.len();
        if refused.len() == all {
            return Err(format!("no receiver is taken: {}", refused.join(", ")));
        }
        wanted(&talk.say("DATA").await?, 354, "DATA")?;
        begun.store(true, Ordering::SeqCst);
        talk.send(mail::stuffed(mail).as_bytes()).await?;
        let taken = talk.hear().await?;
        // Whatever it says now, it says of the mail: a refusal is as certain as a yes.
        begun.store(false, Ordering::SeqCst);
        wanted(&taken, 250, "the mail")?;
        if refused.is_empty() {
            return Ok((talk, String::new()));
        }
        let (few, said) = (refused.len(), refused.join(", "));
        let detail = format!("{few} of {all} receivers are not taken: {said}");
        Ok((talk, detail))
    }
}

fn wanted(reply: &Reply, code: u16, to: &str) -> Result<(), Trouble> {
    if reply.code == code {
        return Ok(());
    }
    Err(format!("{} to {to}", reply.told()))
}

/// `AUTH PLAIN` (RFC 4616), or `AUTH LOGIN` where the server knows nothing else.
async fn log_in(talk: &mut Talk<Wire>, hello: &Reply, login: &Login) -> Result<(), Trouble> {
    let offered = hello.extension("AUTH").unwrap_or_default();
    let offers = |word: &str| offered.split(' ').any(|w| w.eq_ignore_ascii_case(word));
    let (user, password) = (&login.user, login.password.expose());
    let last = if offers("PLAIN") {
        let token = STANDARD.encode(format!("\0{user}\0{password}"));
        talk.say(&format!("AUTH PLAIN {token}")).await?
    } else if offers("LOGIN") {
        wanted(&talk.say("AUTH LOGIN").await?, 334, "AUTH")?;
        wanted(&talk.say(&STANDARD.encode(user)).await?, 334, "AUTH")?;
        talk.say(&STANDARD.encode(password)).await?
    } else {
        return Err("the server takes no password (AUTH PLAIN or LOGIN)".to_owned());
    };
    wanted(&last, 235, "AUTH")
}

#[async_trait]
impl Channel for Smtp {
    async fn tell(&self, letter: &Letter, deadline: Duration) -> Answer {
        let mail = mail::mail(letter, &self.mailbox);
        let begun = AtomicBool::new(false);
        let handed_in = tokio::time::timeout(deadline, self.hand_in(&mail, &begun)).await;
        let detail = match handed_in {
            Ok(Ok((mut talk, detail))) => {
                // It is taken, however the dialogue ends.
                let _ = tokio::time::timeout(QUIT, talk.say("QUIT")).await;
                return Answer::Delivered { detail };
            }
            Ok(Err(detail)) => detail,
            Err(_) => format!("nothing within {} ms", deadline.as_millis()),
        };
        if begun.load(Ordering::SeqCst) {
            Answer::Lost { detail }
        } else {
            Answer::Failed { detail, wait: None }
        }
    }
}

#[cfg(test)]
mod tests;
