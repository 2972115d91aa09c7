//! Giving a relying party its code.

use std::time::Duration;

use model::event::AuthorizationChanged;
use model::sign_in::{Factor, FactorUse};
use model::{Actor, Authorization, AuthorizationId, Event, Secret};
use ports::store::{Append, AppendError, AuthorizationRow, SessionRow, Stream};
use protocol::oauth::claims::Amr;
use rules::sign_on::Strength;

use super::asked::{asked, class, class_for};
use super::authorize::{Answer, Sent, proved_at};
use super::pushed::{SPACE, used_before};
use crate::sign_in::{Bearer, Judged, SignedIn, session_changed, session_stream};
use crate::{App, AppError, ErrorKind, Known};

/// How long a code counts (RFC 9700 §2.1.1 has "short"; clients exchange it at once).
const CODE: Duration = Duration::from_secs(60);

impl App {
    /// Lets somebody in to a relying party: the decision, the code and, where it has just begun, the
    /// session, in one append.
    pub(super) async fn issue(
        &self,
        sent: &Sent,
        known: Known,
        session: SessionRow,
        judged: Judged,
        begun: Option<(SignedIn, Append)>,
    ) -> Result<Answer, AppError> {
        let (now, request) = (self.now(), &sent.request);
        let Some(challenge) = &request.challenge else {
            // Clients without a challenge are refused before; the next one who changes that reads this.
            return Err(AppError::new(
                ErrorKind::Broken,
                "TNR-SIGN-0014",
                "a code was asked for without a challenge",
                "report this defect",
            ));
        };
        let id = AuthorizationId::new(now, ports::clock::draw(&*self.entropy));
        let factors = &session.state.factors;
        let reached = crate::sign_in::proved(factors, now).unwrap_or(Strength::AnyFactor);
        let row = AuthorizationRow {
            id,
            head: None,
            state: Authorization {
                subject: known.person.subject,
                session: session.id,
                relying_party: sent.client.party().name.clone(),
                client: request.client_id.clone(),
                redirect_uri: request.reply_to.redirect_uri().to_owned(),
                scopes: request.scopes.iter().map(str::to_owned).collect(),
                challenge: challenge.to_string(),
                nonce: request.nonce.clone(),
                auth_time: proved_at(factors).unwrap_or(now),
                amr: amr(factors)
                    .iter()
                    .map(|amr| amr.name().to_owned())
                    .collect(),
                acr: class_for(request, reached).to_owned(),
                code_ends: now.plus(CODE),
                redeemed: None,
                refreshed: 0,
                refresh_ends: None,
                jkt: request.jkt.clone(),
                asked: asked(&sent.client, &known, request),
                ended: None,
            },
        };
        let subject = known.person.subject;
        let actor = Actor::named(&subject.to_string());
        let (signed_in, mut append) = match begun {
            Some((signed_in, append)) => (Some(signed_in), append),
            None => (None, Append::of(actor, Vec::new())),
        };
        append.events.push(changed(&row));
        append
            .events
            .push(judged.event(subject, Some(session.id), Some(id)));
        append.consume.extend(sent.uses_up.clone());
        let append = append.on(stream(id), None);
        match self.store.append(append).await {
            Err(AppendError::AlreadyUsed(SPACE)) => return Ok(used_before()),
            done => done?,
        };
        let code = Secret::new(Bearer::CODE.write(&*self.keyring, id, 0));
        Ok(Answer::Send {
            response: request.reply_to.code(self.issuer()?, &code),
            signed_in,
        })
    }

    /// The append that begins a session.
    pub(super) fn begins(&self, session: &SessionRow) -> Append {
        let actor = Actor::named(&session.state.subject.to_string());
        Append::of(actor, vec![session_changed(session)])
            .on(session_stream(session.id), session.head)
    }
}

/// The stream of what a relying party was given.
pub(crate) fn stream(id: AuthorizationId) -> Stream {
    Stream::new("authorization", id)
}

/// The event that tells how it stands.
pub(crate) fn changed(row: &AuthorizationRow) -> Event {
    Event::AuthorizationChanged(AuthorizationChanged {
        authorization: row.id,
        state: row.state.clone(),
    })
}

/// By which methods somebody proved who they are (RFC 8176), each once.
pub(crate) fn amr(factors: &[FactorUse]) -> Vec<Amr> {
    let mut told = Vec::new();
    let mut tell = |amr| {
        if !told.contains(&amr) {
            told.push(amr);
        }
    };
    for used in factors {
        match used.factor {
            Factor::Password | Factor::UpstreamPassword => tell(Amr::Pwd),
            Factor::Totp | Factor::RecoveryCode => tell(Amr::Otp),
            // Whether hardware keeps a passkey's key nobody has attested to.
            Factor::Passkey | Factor::SecurityKey => {
                tell(Amr::Swk);
                tell(Amr::User);
            }
            // How that was done nobody here has seen.
            Factor::Upstream | Factor::UpstreamMultiFactor | Factor::UpstreamPhishingResistant => {}
        }
    }
    let has = |factor| factors.iter().any(|used| used.factor == factor);
    let knows = has(Factor::Password) || has(Factor::UpstreamPassword);
    let two = knows && (has(Factor::Totp) || has(Factor::RecoveryCode) || has(Factor::SecurityKey));
    let vouched = has(Factor::UpstreamMultiFactor) || has(Factor::UpstreamPhishingResistant);
    if two || vouched || has(Factor::Passkey) {
        tell(Amr::Mfa);
    }
    told
}

/// How strongly somebody proved who they are, by the name that relying parties have for it.
pub(crate) fn acr(factors: &[FactorUse], now: model::Timestamp) -> &'static str {
    class(crate::sign_in::proved(factors, now).unwrap_or(Strength::AnyFactor))
}
