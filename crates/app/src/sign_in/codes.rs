//! One-time codes of a device, and recovery codes on paper. Each counts once.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::sign_in::{Credential, Factor, FactorUse, Verifier};
use model::{Actor, CredentialId, Digest, Personal, Secret, SubjectId};
use ports::store::{Append, CredentialRow, OneTime};
use protocol::recovery;
use protocol::totp::{Step, Totp};

use super::credentials::{changed, purpose, stream, text_of};
use super::{From, ended};
use crate::{App, AppError};

/// As many recovery codes are printed.
const PRINTED: usize = 10;

/// One-time codes that are being set up: what is shown, once.
#[derive(Debug, Clone)]
pub struct NewCodes {
    /// The secret in base 32 in groups of four, to type.
    pub secret: Secret,
    /// The same as an `otpauth:` URI, to open or to scan.
    pub uri: Secret,
    /// What the page holds until a code proves that the device has it.
    pub sealed: String,
}

impl App {
    /// Begins to set one-time codes up. Nothing is kept before a code came back.
    pub(crate) fn new_codes(&self, subject: SubjectId, login: &str) -> NewCodes {
        let totp = Totp::new(ports::clock::draw(&*self.entropy));
        let issuer = self.issuer.as_ref().map(|issuer| issuer.as_str());
        let host = issuer.and_then(|issuer| url::Url::parse(issuer).ok());
        let host = host.and_then(|url| url.host_str().map(str::to_owned));
        let host = host.unwrap_or_else(|| "tenure".to_owned());
        let uri = totp.uri(&host, login).unwrap_or_default();
        let sealed = self.keyring.seal(&setup(subject), totp.expose());
        NewCodes {
            secret: Secret::new(in_fours(&totp.text())),
            uri: Secret::new(uri),
            sealed: text_of(&sealed),
        }
    }

    /// The append in which somebody has one-time codes and new recovery codes, and those codes; `None`
    /// where the code is not that of the secret that the page holds.
    pub(crate) async fn kept_codes(
        &self,
        subject: SubjectId,
        sealed: &str,
        code: &str,
    ) -> Result<Option<(Append, Vec<Secret>)>, AppError> {
        let Some(append) = self.kept_device_codes(subject, sealed, code).await? else {
            return Ok(None);
        };
        let made: Vec<_> = (0..PRINTED)
            .map(|_| recovery::make(ports::clock::draw(&*self.entropy)))
            .collect();
        let append = self.adds(append, subject, Factor::RecoveryCode, |id| {
            Verifier::RecoveryCodes {
                codes: made
                    .iter()
                    .map(|code| self.code_digest(id, code.expose()))
                    .collect(),
            }
        });
        let printed = made.iter().map(|code| Secret::new(code.printable()));
        Ok(Some((append, printed.collect())))
    }

    /// The same without recovery codes, for somebody who is not in yet: those are shown on a page of their own.
    pub(crate) async fn kept_device_codes(
        &self,
        subject: SubjectId,
        sealed: &str,
        code: &str,
    ) -> Result<Option<Append>, AppError> {
        let now = self.clock.now();
        let opened = super::credentials::sealed_of(sealed);
        let opened = opened.and_then(|sealed| self.keyring.open(&setup(subject), &sealed).ok());
        let Some(secret) = opened.and_then(|bytes| <[u8; 20]>::try_from(bytes).ok()) else {
            return Ok(None);
        };
        let Some(step) = Totp::new(secret).verify(code, now, None) else {
            return Ok(None);
        };
        let mut append = Append::of(Actor::named(&subject.to_string()), Vec::new());
        for mut old in self.credentials(subject).await? {
            if matches!(old.state.factor, Factor::Totp | Factor::RecoveryCode) {
                old.state.ended = Some(ended(now, "another one took its place"));
                append = append.on(stream(old.id), old.head);
                append
                    .events
                    .push(changed(old.id, old.state, Personal::Erased));
            }
        }
        let plain = URL_SAFE_NO_PAD.encode(secret);
        let mut used = None;
        append = self.adds(append, subject, Factor::Totp, |id| {
            // The code that sets them up has counted: it signs nobody in.
            used = Some(used_step(id, step));
            Verifier::Totp {
                sealed: text_of(&self.keyring.seal(&purpose(id), plain.as_bytes())),
            }
        });
        append.consume.extend(used);
        Ok(Some(append))
    }

    fn adds(
        &self,
        mut append: Append,
        subject: SubjectId,
        factor: Factor,
        verifier: impl FnOnce(CredentialId) -> Verifier,
    ) -> Append {
        let now = self.clock.now();
        let id = CredentialId::new(now, ports::clock::draw(&*self.entropy));
        let state = Credential {
            subject,
            factor,
            handle: None,
            made: now,
            ended: None,
        };
        let event = changed(id, state, Personal::Known(verifier(id)));
        append.events.push(event);
        append.on(stream(id), None)
    }

    /// Whether a code of a person's device, or one on their paper, counts; and what using it consumes.
    ///
    /// # Errors
    /// When the store does not answer, or a credential cannot be opened.
    pub(crate) async fn code_counts(
        &self,
        subject: SubjectId,
        typed: &str,
        from: &From,
    ) -> Result<Option<(FactorUse, OneTime)>, AppError> {
        let now = self.clock.now();
        let mut tried = Factor::Totp;
        for row in self.credentials(subject).await? {
            let found = match row.state.factor {
                Factor::Totp => self.device_code(&row, typed)?,
                Factor::RecoveryCode => self.paper_code(&row, typed),
                _ => None,
            };
            if let Some(one) = found {
                let factor = row.state.factor;
                return Ok(Some((FactorUse { factor, at: now }, one)));
            }
            if row.state.factor == Factor::RecoveryCode && recovery::normalise(typed).is_some() {
                tried = Factor::RecoveryCode;
            }
        }
        self.failed_with(subject, tried, "the code does not count", from)
            .await?;
        Ok(None)
    }

    /// A code is used up with its step: who brings it again in the same half minute brings nothing.
    fn device_code(&self, row: &CredentialRow, typed: &str) -> Result<Option<OneTime>, AppError> {
        let Some(plain) = self.unsealed(row)? else {
            return Ok(None);
        };
        let secret = URL_SAFE_NO_PAD.decode(plain).ok();
        let Some(secret) = secret.and_then(|bytes| <[u8; 20]>::try_from(bytes).ok()) else {
            return Ok(None);
        };
        let step = Totp::new(secret).verify(typed, self.clock.now(), None);
        Ok(step.map(|step| used_step(row.id, step)))
    }

    fn paper_code(&self, row: &CredentialRow, typed: &str) -> Option<OneTime> {
        let code = recovery::normalise(typed)?;
        let digest = self.code_digest(row.id, code.expose());
        let Personal::Known(Verifier::RecoveryCodes { codes }) = &row.verifier else {
            return None;
        };
        codes.contains(&digest).then_some(OneTime {
            space: "recovery-code",
            value: digest,
        })
    }

    /// A code has 50 bits of chance: a keyed digest of it is as good as a slow one.
    fn code_digest(&self, id: CredentialId, code: &str) -> Digest {
        self.keyring
            .keyed_digest("recovery-code", format!("{id}.{code}").as_bytes())
    }
}

/// What a code of a device uses up (RFC 6238 §5.2): whoever brings one of the same half minute brings nothing.
fn used_step(id: CredentialId, step: Step) -> OneTime {
    OneTime {
        space: "totp",
        value: Digest::of(format!("{id}.{step}").as_bytes()),
    }
}

/// Groups of four letters: nobody keeps their place in 32.
fn in_fours(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let groups: Vec<String> = letters.chunks(4).map(String::from_iter).collect();
    groups.join(" ")
}

/// What the secret of codes that somebody sets up is sealed for.
fn setup(subject: SubjectId) -> String {
    format!("sign-in/codes/{subject}")
}
