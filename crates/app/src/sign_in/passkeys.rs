//! Passkeys and security keys: made, and recognised.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::sign_in::{Credential, Factor, FactorUse, Verifier};
use model::{Actor, CredentialId, Digest, Event, Personal, SubjectId};
use ports::store::{Append, CredentialRow, OneTime};
use protocol::webauthn::{
    Algorithm, Assertion, AttestationPolicy, Challenge, CreationOptions, Descriptor, Registered,
    RelyingParty, RequestOptions, Stored, Transport, UserHandle, UserVerification, authenticate,
    register,
};
use serde_json::Value;

use super::credentials::{changed, stream};
use super::{Attempt, From};
use crate::{App, AppError, Known};

/// How long a browser waits for its user, in milliseconds.
const WAITS: u32 = 5 * 60 * 1000;
/// As many passkeys of a person are looked at.
const MANY: usize = 20;

impl App {
    /// Us, as authenticators know us; `None` where browsers make no passkeys: on a host that is an address.
    pub(crate) fn passkey_party(&self) -> Option<RelyingParty> {
        let origin = self.issuer.as_ref()?.as_str();
        let host = url::Url::parse(origin).ok()?.domain()?.to_owned();
        RelyingParty::new(&host, &host, &[origin]).ok()
    }

    /// What a browser is asked for to sign in: any passkey of ours.
    pub(crate) fn passkey_asked(&self, attempt: &Attempt) -> Option<Value> {
        let party = self.passkey_party()?;
        let options = RequestOptions {
            party: &party,
            challenge: &Challenge::new(attempt.challenge),
            allow: &[],
            user_verification: UserVerification::Required,
            timeout_ms: WAITS,
        };
        Some(options.to_json())
    }

    /// What a browser is asked for to make a passkey for somebody.
    pub(crate) async fn passkey_made(
        &self,
        attempt: &Attempt,
        known: &Known,
        login: &str,
    ) -> Result<Option<Value>, AppError> {
        let Some(party) = self.passkey_party() else {
            return Ok(None);
        };
        let subject = known.person.subject;
        let Some(handle) = self.user_handle(subject) else {
            return Ok(None);
        };
        let theirs = self.credentials(subject).await?;
        let exclude: Vec<Descriptor> = theirs.iter().filter_map(descriptor).collect();
        let options = CreationOptions {
            party: &party,
            challenge: &Challenge::new(attempt.challenge),
            user_handle: &handle,
            user_name: login,
            display_name: &known.identity.facts.display_name(),
            exclude: &exclude,
            user_verification: UserVerification::Required,
            attestation: &AttestationPolicy::None,
            timeout_ms: WAITS,
        };
        Ok(Some(options.to_json()))
    }

    /// The append in which somebody has one passkey more; or why not, in words that name nobody.
    pub(crate) async fn new_passkey(
        &self,
        attempt: &Attempt,
        subject: SubjectId,
        response: &[u8],
        name: &str,
    ) -> Result<Result<Append, String>, AppError> {
        let Some(party) = self.passkey_party() else {
            return Ok(Err("no passkeys are made on this host".to_owned()));
        };
        let expect = register::Expect {
            party: &party,
            challenge: &Challenge::new(attempt.challenge),
            user_verification: UserVerification::Required,
            attestation: &AttestationPolicy::None,
        };
        let made = match register::verify(response, &expect) {
            Ok(made) => made,
            Err(refused) => return Ok(Err(refused.to_string())),
        };
        let handle = Digest::of(&made.credential_id);
        if self.store.credential_by_handle(handle).await?.is_some() {
            return Ok(Err("this passkey is registered already".to_owned()));
        }
        if self.credentials(subject).await?.len() >= MANY {
            return Ok(Err("there are too many passkeys: end one first".to_owned()));
        }
        let now = self.clock.now();
        let id = CredentialId::new(now, ports::clock::draw(&*self.entropy));
        let state = Credential {
            subject,
            factor: Factor::Passkey,
            handle: Some(handle),
            made: now,
            ended: None,
        };
        let event = changed(id, state, Personal::Known(kept(&made, name)));
        let append = Append::of(Actor::named(&subject.to_string()), vec![event])
            .on(stream(id), None)
            // Two that bring the same id at once: one is first.
            .consuming(OneTime {
                space: "passkey",
                value: handle,
            })
            .consuming(answered(attempt));
        Ok(Ok(append))
    }

    /// Whose passkey has answered, and what goes into the append of what comes of it; `None` where it
    /// counts for nothing. What fails is written down for people who are known.
    pub(crate) async fn passkey_answers(
        &self,
        attempt: &Attempt,
        response: &[u8],
        from: &From,
    ) -> Result<Option<(SubjectId, FactorUse, Append)>, AppError> {
        let Some(party) = self.passkey_party() else {
            return Ok(None);
        };
        let Ok(assertion) = Assertion::read(response) else {
            return Ok(None);
        };
        let handle = Digest::of(assertion.credential_id());
        let row = self.store.credential_by_handle(handle).await?;
        let Some(row) = row.filter(|row| row.state.ended.is_none()) else {
            return Ok(None);
        };
        let subject = row.state.subject;
        let (Some(stored), Some(user_handle)) = (Parts::of(&row), self.user_handle(subject)) else {
            return Ok(None);
        };
        let expect = authenticate::Expect {
            party: &party,
            challenge: &Challenge::new(attempt.challenge),
            allow: &[],
            user_verification: UserVerification::Required,
        };
        match assertion.verify(&stored.as_stored(&user_handle), &expect) {
            Ok(answer) => {
                let used = FactorUse {
                    factor: Factor::Passkey,
                    at: self.clock.now(),
                };
                let append = used_passkey(row, attempt, answer.sign_count);
                Ok(Some((subject, used, append)))
            }
            Err(refused) => {
                let why = refused.to_string();
                self.failed_with(subject, Factor::Passkey, &why, from)
                    .await?;
                Ok(None)
            }
        }
    }

    /// By which authenticators know somebody: it names nobody, and is the same for ever.
    fn user_handle(&self, subject: SubjectId) -> Option<UserHandle> {
        let digest = self
            .keyring
            .keyed_digest("webauthn-user", subject.to_string().as_bytes());
        UserHandle::new(&digest.0)
    }
}

/// That a challenge is used up.
fn answered(attempt: &Attempt) -> OneTime {
    OneTime {
        space: "webauthn-challenge",
        value: Digest::of(&attempt.challenge),
    }
}

/// What is written down of an answer that counts: how often the authenticator says that it has signed,
/// where it says that.
fn used_passkey(row: CredentialRow, attempt: &Attempt, sign_count: u32) -> Append {
    let actor = Actor::named(&row.state.subject.to_string());
    let append = Append::of(actor, Vec::new()).consuming(answered(attempt));
    let Personal::Known(mut verifier) = row.verifier else {
        return append;
    };
    let Verifier::Passkey {
        sign_count: known, ..
    } = &mut verifier
    else {
        return append;
    };
    if *known == sign_count {
        return append;
    }
    *known = sign_count;
    let mut append = append.on(stream(row.id), row.head);
    let event: Event = changed(row.id, row.state, Personal::Known(verifier));
    append.events.push(event);
    append
}

fn kept(made: &Registered, name: &str) -> Verifier {
    let name: String = name.trim().chars().take(60).collect();
    let transports = made.transports.iter().map(|one| one.name().to_owned());
    Verifier::Passkey {
        name: if name.is_empty() {
            "passkey".to_owned()
        } else {
            name
        },
        id: URL_SAFE_NO_PAD.encode(&made.credential_id),
        public_key: URL_SAFE_NO_PAD.encode(&made.public_key),
        algorithm: made.algorithm.number(),
        transports: transports.collect(),
        aaguid: made.aaguid.to_string(),
        sign_count: made.sign_count,
        backup_eligible: made.backup_eligible,
    }
}

fn descriptor(row: &CredentialRow) -> Option<Descriptor> {
    let Personal::Known(Verifier::Passkey { id, transports, .. }) = &row.verifier else {
        return None;
    };
    let known = transports.iter().filter_map(|name| Transport::named(name));
    Some(Descriptor {
        id: URL_SAFE_NO_PAD.decode(id).ok()?,
        transports: known.collect(),
    })
}

/// A stored passkey, decoded.
struct Parts {
    id: Vec<u8>,
    public_key: Vec<u8>,
    algorithm: Algorithm,
    sign_count: u32,
    backup_eligible: bool,
}

impl Parts {
    fn of(row: &CredentialRow) -> Option<Self> {
        let Personal::Known(Verifier::Passkey {
            id,
            public_key,
            algorithm,
            sign_count,
            backup_eligible,
            ..
        }) = &row.verifier
        else {
            return None;
        };
        Some(Self {
            id: URL_SAFE_NO_PAD.decode(id).ok()?,
            public_key: URL_SAFE_NO_PAD.decode(public_key).ok()?,
            algorithm: Algorithm::numbered(*algorithm)?,
            sign_count: *sign_count,
            backup_eligible: *backup_eligible,
        })
    }

    fn as_stored<'a>(&'a self, user_handle: &'a UserHandle) -> Stored<'a> {
        Stored {
            credential_id: &self.id,
            public_key: &self.public_key,
            algorithm: self.algorithm,
            sign_count: self.sign_count,
            backup_eligible: self.backup_eligible,
            user_handle,
        }
    }
}
