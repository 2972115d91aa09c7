//! Devices without a browser (RFC 8628): they show a code, and somebody types it here.
//!
//! Whoever is tricked into typing a code lets a stranger's device in, so: only where the client's document says
//! so; the code is typed, never brought by a link; what asks, from where and since when is shown before anybody
//! says yes; and who says yes has signed in to that very relying party, by the same steps and policy as everybody.
//! A device that waits is operational state; what becomes of it is an authorization like any other.

use std::time::Duration;

use documents::RelyingParty;
use model::{Authorization, AuthorizationId, Digest, Secret, Timestamp};
use ports::store::{Append, AppendError, AuthorizationRow, DeviceRow, OneTime, SessionRow};
use protocol::oauth::device::{INTERVAL_S, answer, asked, shown, typed, user_code};
use protocol::oauth::{Bound, ErrorCode, GrantType, OAuthError, Object};
use rules::sign_on::SignOn;
use serde::{Deserialize, Serialize};

use super::authorize::{Answer, Asker, proved_at};
use super::clients::Client;
use super::issue::{acr, amr, changed, stream};
use super::steps::actor;
use super::token::{Given, TokenCall, no_grant};
use super::wanted::Wanted;
use crate::sign_in::{Asking, Bearer, Judged, SignedIn, ended, proof_of};
use crate::{App, AppError};

/// How long somebody has to type a code.
const LIFE_S: u32 = 600;
/// The space of devices that somebody has answered.
const ANSWERED: &str = "device-answer";

/// What a device asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct DeviceAsk {
    client: String,
    scopes: Vec<String>,
    /// From which address, and when.
    from: String,
    at: Timestamp,
}

/// A device that waits, of a client that is declared now and may ask so.
pub(crate) struct Waiting {
    client: Client,
    row: DeviceRow,
    ask: DeviceAsk,
    /// What was typed.
    code: String,
}

/// A device, as somebody is shown it before they say yes or no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownDevice {
    /// To what it wants in, by its title.
    pub to: String,
    /// From which address it asks.
    pub from: String,
    /// Since when.
    pub at: Timestamp,
    /// The code, as it is shown there.
    pub code: String,
    /// What the form sends along, so that no other page can send it.
    pub proof: String,
}

impl Waiting {
    pub(super) fn party(&self) -> &RelyingParty {
        self.client.party()
    }
}

impl App {
    /// Gives a device its codes (RFC 8628 §3.2). `from`: its address.
    ///
    /// # Errors
    /// When the store does not answer; a refusal is an answer.
    pub async fn device(
        &self,
        call: TokenCall<'_>,
        from: std::net::IpAddr,
    ) -> Result<Given, AppError> {
        let (client, auth, params) = match self.caller(call).await? {
            Ok(caller) => caller,
            Err(refusal) => return Ok(Given::Refused(refusal)),
        };
        let scopes = match asked(&params, &client.view()) {
            Ok(scopes) => scopes,
            Err(error) => return Ok(Given::Refused(auth.refused_as(error))),
        };
        let now = self.now();
        let id = AuthorizationId::new(now, ports::clock::draw(&*self.entropy));
        // Of a hundred draws one is good; without one the code is empty, and nobody can type it.
        let code = (0..100).find_map(|_| user_code(ports::clock::draw(&*self.entropy)));
        let code = code.unwrap_or_default();
        let ask = DeviceAsk {
            client: client.oidc().client_id.clone(),
            scopes: scopes.iter().map(str::to_owned).collect(),
            from: from.to_string(),
            at: now,
        };
        let row = DeviceRow {
            id,
            code: self.code_of_device(&code),
            until: now.plus(Duration::from_secs(LIFE_S.into())),
            asked: serde_json::to_string(&ask).unwrap_or_default(),
        };
        self.store.put_device(row, now).await?;
        let device = Bearer::DEVICE.write(&*self.keyring, id, 0);
        let page = self.issuer()?.endpoint(super::paths::DEVICE_PAGE);
        Ok(Given::Body(answer(&device, &code, &page, LIFE_S)))
    }

    fn code_of_device(&self, code: &str) -> Digest {
        self.keyring.keyed_digest("device-code", code.as_bytes())
    }

    /// Somebody has typed a code; `None`: no device waits under it.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn type_code(
        &self,
        text: &str,
        asker: Asker<'_>,
    ) -> Result<Option<Answer>, AppError> {
        let Some(code) = typed(text) else {
            return Ok(None);
        };
        if self.waiting_device(&code).await?.is_none() {
            return Ok(None);
        }
        self.enter(Asking::Device(code), asker).await.map(Some)
    }

    /// The device that waits under a code, if it is one alone and its client may still ask so.
    pub(super) async fn waiting_device(&self, code: &str) -> Result<Option<Waiting>, AppError> {
        let now = self.now();
        let found = self.store.devices_with_code(self.code_of_device(code), now);
        let Ok([row]) = <[DeviceRow; 1]>::try_from(found.await?) else {
            return Ok(None);
        };
        let Ok(ask) = serde_json::from_str::<DeviceAsk>(&row.asked) else {
            return Ok(None);
        };
        let client = self.client(&ask.client).await?;
        let client = client.filter(|client| client.may(GrantType::DeviceCode));
        if self.store.authorization(row.id).await?.is_some() {
            return Ok(None);
        }
        let code = code.to_owned();
        Ok(client.map(|client| Waiting {
            client,
            row,
            ask,
            code,
        }))
    }

    /// Shows a device to somebody who may let it in; what has just begun is written down.
    pub(super) async fn show_device(
        &self,
        waiting: &Waiting,
        session: &SessionRow,
        judged: Judged,
        begun: Option<(SignedIn, Append)>,
    ) -> Result<Answer, AppError> {
        let signed_in = match begun {
            Some((signed_in, mut append)) => {
                let subject = session.state.subject;
                append
                    .events
                    .push(judged.event(subject, Some(session.id), None));
                self.store.append(append).await?;
                Some(signed_in)
            }
            None => None,
        };
        Ok(Answer::Device {
            shown: ShownDevice {
                to: waiting.party().title.clone(),
                from: waiting.ask.from.clone(),
                at: waiting.ask.at,
                code: shown(&waiting.code),
                proof: proof_of(&*self.keyring, session.id),
            },
            signed_in,
        })
    }

    /// Somebody says whether a device is let in as them. Whether they may is asked once more.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn answer_device(
        &self,
        text: &str,
        lets_in: bool,
        asker: Asker<'_>,
    ) -> Result<Answer, AppError> {
        let over = Answer::DeviceDone { is_in: None };
        let opened = match asker.session {
            Some(cookie) => self.session_of(cookie).await?,
            None => None,
        };
        let (Some(opened), Some(code)) = (opened, typed(text)) else {
            return Ok(over);
        };
        let Some(waiting) = self.waiting_device(&code).await? else {
            return Ok(over);
        };
        let wanted = Wanted::Device(Box::new(waiting));
        let factors = &opened.row.state.factors;
        let judged = self
            .judge_for(&opened.known, Some(&wanted), factors, asker)
            .await?;
        let Wanted::Device(waiting) = wanted else {
            return Ok(over);
        };
        if lets_in && judged.answer != SignOn::Allowed {
            return self.enter(Asking::Device(code), asker).await;
        }
        let mut row = self.device_row(&waiting, &opened.row);
        if !lets_in {
            row.state.ended = Some(ended(self.now(), "the person turned the device away"));
        }
        let subject = row.state.subject;
        let mut append = Append::of(actor(subject), vec![changed(&row)])
            .on(stream(row.id), None)
            .consuming(OneTime {
                space: ANSWERED,
                value: Digest::of(row.id.to_string().as_bytes()),
            });
        if lets_in {
            let decided = judged.event(subject, Some(opened.row.id), Some(row.id));
            append.events.push(decided);
        }
        match self.store.append(append).await {
            Err(AppendError::AlreadyUsed(_) | AppendError::Conflict { .. }) => return Ok(over),
            done => done?,
        };
        Ok(Answer::DeviceDone {
            is_in: Some(lets_in),
        })
    }

    fn device_row(&self, waiting: &Waiting, session: &SessionRow) -> AuthorizationRow {
        let (now, factors) = (self.now(), &session.state.factors);
        let amr = amr(factors).into_iter();
        AuthorizationRow {
            id: waiting.row.id,
            head: None,
            state: Authorization {
                subject: session.state.subject,
                session: session.id,
                relying_party: waiting.party().name.clone(),
                client: waiting.ask.client.clone(),
                redirect_uri: String::new(),
                scopes: waiting.ask.scopes.clone(),
                challenge: String::new(),
                nonce: None,
                auth_time: proved_at(factors).unwrap_or(now),
                amr: amr.map(|one| one.name().to_owned()).collect(),
                acr: acr(factors, now).to_owned(),
                code_ends: waiting.row.until,
                redeemed: None,
                refreshed: 0,
                refresh_ends: None,
                jkt: None,
                asked: model::AskedClaims::default(),
                ended: None,
            },
        }
    }

    /// Answers a device that asks what has become of its code (RFC 8628 §3.5).
    pub(super) async fn redeem_device(
        &self,
        client: &Client,
        code: &Secret,
        bound: Option<&Bound>,
    ) -> Result<Result<Object, OAuthError>, AppError> {
        let refused = |code, problem| Ok(Err(OAuthError::new(code, problem)));
        let read = Bearer::DEVICE.read::<AuthorizationId>(&*self.keyring, code.expose());
        let Some((id, 0)) = read else {
            return Ok(Err(no_grant()));
        };
        let now = self.now();
        let waits = self.store.device(id).await?.filter(|row| now < row.until);
        let Some(row) = waits else {
            let problem = "the code of the device is over: begin again";
            return refused(ErrorCode::ExpiredToken, problem);
        };
        let ask = serde_json::from_str::<DeviceAsk>(&row.asked).ok();
        if ask.is_none_or(|ask| ask.client != client.oidc().client_id) {
            return Ok(Err(no_grant()));
        }
        let since = now.minus(Duration::from_secs(INTERVAL_S.into()));
        if !self.store.device_asks(id, since, now).await? {
            let problem = "the device asks too often: wait for the interval";
            return refused(ErrorCode::SlowDown, problem);
        }
        let Some(row) = self.store.authorization(id).await? else {
            let problem = "nobody has typed the code yet";
            return refused(ErrorCode::AuthorizationPending, problem);
        };
        if row.state.ended.is_some() && row.state.redeemed.is_none() {
            return refused(ErrorCode::AccessDenied, "the device was turned away");
        }
        self.exchange(client, row, "device-code", bound).await
    }
}
