//! People signing in.

use std::collections::BTreeSet;

use model::event::{
    AuthorizationChanged, ClientGranted, CredentialChanged, KeyChanged, LoginChanged, LogoutTold,
    MetadataFollowed, Origin, PassIssued, RegistrationChanged, ResetChanged, SessionChanged,
    SignInAnswer, SignInBasis, SignInDecided, SignInFailed,
};
use model::logout::{Farewell, FarewellStatus, Logout};
use model::registration::{
    InitialAccess, Register, RegisterEntry, RegisteredClient, RegistrationAct,
};
use model::sign_in::{
    Authorization, Credential, Factor, FactorUse, KeyStage, Reset, Session, SigningKey, Verifier,
};
use model::{
    AuthorizationId, CredentialId, Digest, Event, PassId, Personal, RegistrationId, ResetId,
    SessionId,
};
use serde_json::{Map, json};

use super::{at, subject};

/// Everything of signing in that is told of subject `n`.
pub fn about_person(n: u8) -> Vec<Event> {
    vec![
        Event::LoginChanged(login(n)),
        Event::CredentialChanged(credential(n)),
        Event::PassIssued(pass(n)),
        Event::ResetChanged(reset(n)),
        Event::SessionChanged(session(n, n)),
        Event::LogoutTold(logout(n, n)),
        Event::SignInFailed(failed(n)),
        Event::SignInDecided(decided(n)),
        Event::AuthorizationChanged(authorization(n, n)),
    ]
}

/// Subject `n` signs in under a name of their own.
pub fn login(n: u8) -> LoginChanged {
    LoginChanged {
        subject: subject(n),
        login: Digest([n; 32]),
    }
}

/// A passkey of subject `n`.
pub fn credential(n: u8) -> CredentialChanged {
    CredentialChanged {
        credential: CredentialId::from_bits(u128::from(n)),
        state: Credential {
            subject: subject(n),
            factor: Factor::Passkey,
            handle: Some(Digest([n; 32])),
            made: at(i64::from(n)),
            ended: None,
        },
        personal: Personal::Known(Verifier::Passkey {
            name: format!("Zerlina's laptop {n}"),
            id: "AAEC".to_owned(),
            public_key: "pQEC".to_owned(),
            algorithm: -7,
            transports: vec!["internal".to_owned()],
            aaguid: "00".repeat(16),
            sign_count: 7,
            backup_eligible: false,
        }),
    }
}

/// A pass for subject `n`, good until second 600.
pub fn pass(n: u8) -> PassIssued {
    PassIssued {
        pass: PassId::from_bits(u128::from(n)),
        subject: subject(n),
        secret: Digest([n; 32]),
        expires: at(600),
        reason: "handed over at the desk".to_owned(),
    }
}

/// A reset for subject `n` that the first subject asked for, until second 600.
pub fn reset(n: u8) -> ResetChanged {
    ResetChanged {
        reset: ResetId::from_bits(u128::from(n)),
        state: Reset {
            subject: subject(n),
            asked_by: subject(1),
            credentials: BTreeSet::from([CredentialId::from_bits(u128::from(n))]),
            minutes: 480,
            ends: at(600),
            agreed: None,
            reason: "lost in the lake".to_owned(),
        },
    }
}

/// The session `number` of subject `n`, from second `number` on; idle at 3,600 more, over at 7,200.
pub fn session(n: u8, number: u8) -> SessionChanged {
    let began = i64::from(number);
    SessionChanged {
        session: SessionId::from_bits(u128::from(number)),
        state: Session {
            subject: subject(n),
            began: at(began),
            factors: vec![FactorUse {
                factor: Factor::Passkey,
                at: at(began),
            }],
            idle_ends: at(began + 3_600),
            ends: at(began + 7_200),
            ended: None,
        },
        tell: false,
    }
}

/// The wiki is to be told that this session of subject `n` ended at second 9; it is tried again at 14.
pub fn logout(n: u8, number: u8) -> LogoutTold {
    LogoutTold {
        session: SessionId::from_bits(u128::from(number)),
        state: Logout {
            subject: subject(n),
            ended: at(9),
            parties: vec![Farewell {
                relying_party: "wiki".to_owned(),
                client: "wiki".to_owned(),
                status: FarewellStatus::Waiting,
                attempts: 1,
                unsure: false,
                at: at(9),
                next: Some(at(14)),
                detail: "answered 503".to_owned(),
            }],
        },
    }
}

/// What the wiki was given in session 1 of subject `n`, under that number.
pub fn authorization(n: u8, number: u8) -> AuthorizationChanged {
    AuthorizationChanged {
        authorization: AuthorizationId::from_bits(u128::from(number)),
        state: Authorization {
            subject: subject(n),
            session: SessionId::from_bits(1),
            relying_party: "wiki".to_owned(),
            client: "wiki".to_owned(),
            redirect_uri: "https://wiki.acme.example/cb".to_owned(),
            scopes: vec!["openid".to_owned()],
            challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".to_owned(),
            nonce: Some("n".to_owned()),
            auth_time: at(1),
            amr: vec!["pwd".to_owned()],
            acr: "any-factor".to_owned(),
            code_ends: at(60),
            redeemed: None,
            refreshed: 0,
            refresh_ends: None,
            jkt: None,
            asked: model::AskedClaims::default(),
            ended: None,
        },
    }
}

/// A client had a token for itself.
pub fn granted() -> ClientGranted {
    ClientGranted {
        relying_party: "payroll".to_owned(),
        client: "payroll.1".to_owned(),
        token: Digest([4; 32]),
        scopes: vec!["api:read".to_owned()],
        ends: at(600),
        authorization: None,
        audience: None,
    }
}

/// A service provider signs with another key by now.
pub fn followed() -> MetadataFollowed {
    MetadataFollowed {
        relying_party: "travel".to_owned(),
        of: Digest([5; 32]),
        certificates: vec!["MIIB".to_owned()],
        encryption: Some("MIIC".to_owned()),
        valid_until: Some(at(600)),
        reason: "other certificates".to_owned(),
    }
}

/// A client has registered itself.
pub fn registered() -> RegistrationChanged {
    let (id, access) = (RegistrationId::from_bits(1), RegistrationId::from_bits(2));
    let mut metadata = Map::new();
    metadata.insert("client_name".to_owned(), json!("Printer"));
    RegistrationChanged {
        act: RegistrationAct::Registered,
        access: Some(access),
        client: Some(RegisteredClient {
            id,
            by: "partners".to_owned(),
            access,
            metadata,
            made: at(1),
            ends: at(600),
            turn: 0,
            ended: None,
        }),
        register: Register {
            clients: vec![RegisterEntry {
                id,
                by: "partners".to_owned(),
                ends: at(600),
            }],
            access: vec![InitialAccess {
                id: access,
                by: "partners".to_owned(),
                uses: 1,
                ends: at(60),
            }],
        },
        reason: String::new(),
    }
}

/// A key of that name at that stage.
pub fn key(kid: &str, stage: KeyStage) -> KeyChanged {
    let mut public = Map::new();
    public.insert("kty".to_owned(), json!("EC"));
    KeyChanged {
        key: SigningKey {
            kid: kid.to_owned(),
            algorithm: "ES256".to_owned(),
            public,
            stage,
        },
        reason: "its turn".to_owned(),
    }
}

fn origin() -> Origin {
    Origin {
        network: "192.0.2.0".to_owned(),
        whole: Some("1764547200-00ff.c2VhbGVk".to_owned()),
        agent: Some("Zerlina's browser".to_owned()),
    }
}

/// Subject `n` typed another password.
pub fn failed(n: u8) -> SignInFailed {
    SignInFailed {
        subject: subject(n),
        factor: Factor::Password,
        reason: "the password is another".to_owned(),
        personal: Personal::Known(origin()),
    }
}

/// Subject `n` is let in to the wiki.
pub fn decided(n: u8) -> SignInDecided {
    SignInDecided {
        subject: subject(n),
        session: Some(SessionId::from_bits(1)),
        relying_party: "wiki".to_owned(),
        answer: SignInAnswer::Granted,
        reason: String::new(),
        authorization: Some(AuthorizationId::from_bits(1)),
        revision: 1,
        personal: Personal::Known(SignInBasis {
            origin: origin(),
            decision: json!({"rule": "everyone"}),
        }),
    }
}
