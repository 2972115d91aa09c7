//! Passwords of a directory, asked by LDAP: the account is searched for, and then bound as (RFC 4513 §5.1.3).
//!
//! Nothing is said before the connection is encrypted and the certificate verified: LDAPS, or StartTLS (RFC 4513 §3).
//! Each question is one connection, within one deadline. Referrals are not followed, whoever they name.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use model::Secret;
use ports::{Passwords, Unreachable};
use protocol::ldap::{
    Answer, Filter, INVALID_CREDENTIALS, MAX_MESSAGE, NO_SUCH_OBJECT, SIZE_LIMIT, SUCCESS, bind,
    message, search, start_tls, unbind,
};
use rustls::ClientConfig;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use crate::http::egress;
use crate::wire::{connected, encrypted, roots_of, system_roots, tls};

/// As long as one question may take.
const DEADLINE: Duration = Duration::from_secs(10);
/// As long as the directory may search, in seconds.
const SEARCH_S: u32 = 5;
/// The most messages of one answer: two entries, where to look elsewhere, and the end.
const MOST: usize = 16;

/// How the connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// From its first byte on.
    Ldaps,
    /// After one question in the clear, which says nothing.
    StartTls,
}

/// Which directory, and how it is searched.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Its name, which its certificate has to have.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is encrypted.
    pub tls: Tls,
    /// Who signed its certificate, as PEM; the authorities of the system if not given.
    pub authorities: Option<String>,
    /// It may be on a private or loopback address.
    pub allow_private: bool,
    /// The account by which it is searched, and its password.
    pub account: (String, Secret),
    /// Below which name.
    pub base: String,
    /// The attribute that holds the name.
    pub attribute: String,
    /// What else an entry has to be.
    pub object_class: Option<String>,
}

/// A directory.
pub struct Ldap {
    settings: Settings,
    tls: Arc<ClientConfig>,
}

impl Ldap {
    /// One with these settings.
    ///
    /// # Errors
    /// A text for people when TLS cannot be set up.
    pub fn new(settings: Settings) -> Result<Self, String> {
        let roots = match &settings.authorities {
            Some(pem) => roots_of(pem.as_bytes())?,
            None => system_roots(),
        };
        let tls = tls(roots, None)?;
        Ok(Self { settings, tls })
    }

    async fn asked(&self, name: &str, password: &Secret) -> Result<bool, String> {
        let of = &self.settings;
        let refusal = |address: IpAddr| {
            let allowed = egress::allowed(address, of.allow_private);
            (!allowed).then(|| egress::refusal(address))
        };
        let mut stream = connected(&of.host, of.port, refusal).await?;
        if of.tls == Tls::StartTls {
            let mut plain = Talk::new(&mut stream);
            match plain.ask(1, start_tls(1)).await?.as_slice() {
                [Answer::Extended(SUCCESS)] => plain.ends_clean()?,
                _ => return Err("the directory does not encrypt (StartTLS)".to_owned()),
            }
        }
        let stream = encrypted(&self.tls, &of.host, stream).await?;
        let mut talk = Talk::new(stream);
        let (dn, secret) = &of.account;
        if talk.binds(2, dn, secret).await? != SUCCESS {
            return Err("the account by which it is searched may not".to_owned());
        }
        let Some(dn) = talk.finds(of, name).await? else {
            return Ok(false);
        };
        let code = talk.binds(4, &dn, password).await?;
        // However that ends: the answer is known.
        let _ = talk.stream.write_all(&unbind(5)).await;
        match code {
            SUCCESS => Ok(true),
            INVALID_CREDENTIALS => Ok(false),
            code => Err(format!("the directory answered {code}")),
        }
    }
}

#[async_trait]
impl Passwords for Ldap {
    async fn is(&self, name: &str, password: &Secret) -> Result<bool, Unreachable> {
        // A bind without a password is none, and is answered with success (RFC 4513 §5.1.2).
        if name.is_empty() || password.expose().is_empty() {
            return Ok(false);
        }
        // OpenLDAP takes a name with a NUL behind it for the one without.
        if name.chars().any(char::is_control) {
            return Ok(false);
        }
        let asked = self.asked(name, password);
        match tokio::time::timeout(DEADLINE, asked).await {
            Ok(answered) => answered.map_err(Unreachable),
            Err(_) => {
                let seconds = DEADLINE.as_secs();
                Err(Unreachable(format!("nothing within {seconds} s")))
            }
        }
    }
}

/// A dialogue over any stream.
struct Talk<S> {
    stream: S,
    /// What was read and not yet looked at.
    rest: Vec<u8>,
    /// The number of the question that was asked last.
    id: u32,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Talk<S> {
    const fn new(stream: S) -> Self {
        let rest = Vec::new();
        Self {
            stream,
            rest,
            id: 0,
        }
    }

    /// Nothing was said in the clear that would be taken for what is encrypted.
    fn ends_clean(&self) -> Result<(), String> {
        match self.rest.is_empty() {
            true => Ok(()),
            false => Err("the directory spoke before the encryption".to_owned()),
        }
    }

    async fn binds(&mut self, id: u32, dn: &str, password: &Secret) -> Result<u32, String> {
        let asked = bind(id, dn, password).ok_or("a name or a password is empty")?;
        match self.ask(id, asked).await?.as_slice() {
            [Answer::Bound(code)] => Ok(*code),
            _ => Err("the directory answered something else than was asked".to_owned()),
        }
    }

    /// The name of the one entry, if there is one.
    async fn finds(&mut self, of: &Settings, name: &str) -> Result<Option<String>, String> {
        let filter = Filter {
            attribute: &of.attribute,
            value: name,
            object_class: of.object_class.as_deref(),
        };
        let answers = self.ask(3, search(3, &of.base, filter, SEARCH_S)).await?;
        let mut found = Vec::new();
        for answer in answers {
            match answer {
                Answer::Entry(dn) => found.push(dn),
                Answer::Elsewhere | Answer::Found(SUCCESS | SIZE_LIMIT | NO_SUCH_OBJECT) => {}
                Answer::Found(code) => return Err(format!("the search ended with {code}")),
                _ => return Err("the directory answered something else than was asked".to_owned()),
            }
        }
        Ok(match found.as_slice() {
            [one] if !one.is_empty() => Some(one.clone()),
            _ => None,
        })
    }

    /// Asks, and reads until the end of the answer.
    async fn ask(&mut self, id: u32, bytes: Vec<u8>) -> Result<Vec<Answer>, String> {
        self.id = id;
        let sent = async {
            self.stream.write_all(&bytes).await?;
            self.stream.flush().await
        };
        sent.await.map_err(broke)?;
        let mut answers = Vec::new();
        while answers.len() < MOST {
            let answer = self.hears().await?;
            let more = matches!(answer, Answer::Entry(_) | Answer::Elsewhere);
            answers.push(answer);
            if !more {
                return Ok(answers);
            }
        }
        Err("the directory does not end".to_owned())
    }

    async fn hears(&mut self) -> Result<Answer, String> {
        let mut part = [0; 4_096];
        loop {
            if let Some((said, length)) = message(&self.rest).map_err(|e| e.to_string())? {
                self.rest.drain(..length);
                return match said.id == self.id {
                    true => Ok(said.answer),
                    false => Err("the directory answered what was not asked".to_owned()),
                };
            }
            let read = self.stream.read(&mut part).await.map_err(broke)?;
            if read == 0 || self.rest.len() > MAX_MESSAGE {
                return Err("the connection broke off".to_owned());
            }
            self.rest.extend_from_slice(&part[..read]);
        }
    }
}

fn broke(error: std::io::Error) -> String {
    format!("the connection broke: {error}")
}
