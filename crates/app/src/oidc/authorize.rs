//! Authorization requests, and what a browser is answered.

use std::collections::BTreeSet;
use std::time::Duration;

use documents::Require;
use model::sign_in::FactorUse;
use model::{SessionId, Timestamp};
use ports::store::OneTime;
use protocol::oauth::authorize::{Refusal, Sender};
use protocol::oauth::{AuthorizationRequest, ErrorCode, OAuthError, Params, Response};
use rules::sign_on::{Demand, SignOn};

pub use super::ask::{Ask, Offers, UpstreamOffer, Wrong};
use super::clients::Client;
use super::device::ShownDevice;
use super::signed::{Opened as OpenedRequest, UNSIGNED};
use super::wanted::{Wanted, WhyNot};
use crate::sign_in::{Asked, Asking, Attempt, From, Judged, Opened, SignedIn};
use crate::{App, AppError, Known};

/// The longest authorization request, in bytes.
const LONGEST: usize = 8 << 10;

/// Whose browser asks.
#[derive(Debug, Clone, Copy)]
pub struct Asker<'a> {
    /// The session that it holds, if any.
    pub session: Option<&'a str>,
    /// What tells it from other browsers while somebody signs in.
    pub browser: &'a str,
    /// From where.
    pub from: &'a From,
}

/// What a browser is answered.
#[derive(Debug)]
pub enum Answer {
    /// A page that asks.
    Ask {
        /// What.
        ask: Ask,
        /// How far they have come, for the page to hold.
        attempt: String,
        /// To what they want in, by its title; `None`: Tenure's own pages.
        to: Option<String>,
        /// Under which name, as far as that is known.
        name: String,
        /// What they may do beside.
        offers: Offers,
        /// What was wrong before.
        wrong: Option<Wrong>,
    },
    /// The relying party is answered.
    Send {
        /// With this.
        response: Response,
        /// The session that began, if one did.
        signed_in: Option<SignedIn>,
    },
    /// The browser goes to another identity provider by a form, and comes back.
    LeavePosting {
        /// The form that takes it there.
        response: Response,
        /// What it holds meanwhile.
        trip: model::Secret,
    },
    /// The same, by an address.
    Leave {
        /// Where to.
        location: String,
        /// What it holds meanwhile.
        trip: model::Secret,
    },
    /// Tenure's own pages.
    Home {
        /// The session that began, if one did.
        signed_in: Option<SignedIn>,
    },
    /// A page that shows a device without a browser to somebody who may let it in.
    Device {
        /// What asks.
        shown: ShownDevice,
        /// The session that began, if one did.
        signed_in: Option<SignedIn>,
    },
    /// A page that says what has become of a device.
    DeviceDone {
        /// Whether it was let in; `None`: it waits no longer.
        is_in: Option<bool>,
    },
    /// A page that says no. Nothing is sent anywhere.
    Refused {
        /// Why, in words that hold nothing that was sent.
        why: String,
        /// Whether it is the person who may not, rather than the request that is wrong.
        person: bool,
    },
}

impl Answer {
    /// Whether somebody is signed in by it who was not.
    #[must_use]
    pub const fn begins_session(&self) -> bool {
        match self {
            Self::Send { signed_in, .. }
            | Self::Device { signed_in, .. }
            | Self::Home { signed_in } => signed_in.is_some(),
            Self::Ask { .. }
            | Self::Leave { .. }
            | Self::LeavePosting { .. }
            | Self::DeviceDone { .. }
            | Self::Refused { .. } => false,
        }
    }

    /// Whether it is the page for a code that was mailed.
    #[must_use]
    pub const fn asks_for_mailed(&self) -> bool {
        matches!(
            self,
            Self::Ask {
                ask: Ask::Mailed,
                ..
            }
        )
    }

    /// Whether it is what somebody is answered who proved something, rather than guessed.
    #[must_use]
    pub const fn was_right(&self) -> bool {
        match self {
            Self::Ask { wrong, .. } => matches!(wrong, None | Some(Wrong::Again)),
            Self::Send { signed_in, .. }
            | Self::Device { signed_in, .. }
            | Self::Home { signed_in } => signed_in.is_some(),
            // They have proved something here, and are sent on.
            Self::Leave { .. } | Self::LeavePosting { .. } => true,
            Self::DeviceDone { .. } => false,
            Self::Refused { person, .. } => *person,
        }
    }
}

/// An authorization request of a client that is known.
pub(super) struct Sent {
    pub client: Client,
    pub request: AuthorizationRequest,
    /// What answering it with a code uses up: a request that was pushed counts once.
    pub uses_up: Option<OneTime>,
    /// Whether the client has signed it.
    pub is_signed: bool,
}

impl Sent {
    /// Why a request that can be read is not answered, whoever signs in.
    fn unfit(&self) -> Option<(ErrorCode, &'static str)> {
        if self.uses_up.is_none() && self.client.requires(Require::Pushed) {
            let problem = "the client has to push its requests: see RFC 9126";
            return Some((ErrorCode::InvalidRequest, problem));
        }
        if !self.is_signed && self.client.requires(Require::Signed) {
            return Some((ErrorCode::InvalidRequest, UNSIGNED));
        }
        if super::asked::is_unreachable(&self.request) {
            let problem =
                "no class of logins here is one that is demanded: see acr_values_supported";
            return Some((ErrorCode::UnmetAuthenticationRequirements, problem));
        }
        None
    }

    /// The answer to the client that it is refused.
    pub(super) fn refused(
        &self,
        app: &App,
        code: ErrorCode,
        problem: &'static str,
    ) -> Result<Answer, AppError> {
        let error = OAuthError::new(code, problem);
        Ok(Answer::Send {
            response: self.request.reply_to.error(app.issuer()?, &error),
            signed_in: None,
        })
    }
}

impl App {
    /// Answers an authorization request: the raw query, or the body of a POST.
    ///
    /// # Errors
    /// When the store does not answer; a request that is refused is an answer.
    pub async fn authorize(&self, raw: &[u8], asker: Asker<'_>) -> Result<Answer, AppError> {
        // It travels through every page of the sign-in.
        let text = std::str::from_utf8(raw).ok();
        let Some(text) = text.filter(|text| text.len() <= LONGEST) else {
            let problem = "the request is longer than is taken, or is no text: send less";
            return Ok(shown(&OAuthError::new(ErrorCode::InvalidRequest, problem)));
        };
        self.enter(Asking::Oidc(text.to_owned()), asker).await
    }

    /// Answers a wish that somebody be signed in, by whichever protocol it came.
    ///
    /// # Errors
    /// When the store does not answer; a wish that is refused is an answer.
    pub(crate) async fn enter(&self, asking: Asking, asker: Asker<'_>) -> Result<Answer, AppError> {
        let wanted = match self.wanted(&asking, self.now()).await? {
            Ok(wanted) => wanted,
            Err(answer) => return Ok(answer),
        };
        let opened = match asker.session {
            Some(cookie) => self.session_of(cookie).await?,
            None => None,
        };
        let anew = wanted.asks_anew();
        let opened = opened.filter(|opened| !anew && self.young(&wanted, opened));
        if let (Some(opened), Wanted::Oidc(sent)) = (&opened, &wanted)
            && !self.is_meant(sent, opened).await?
        {
            return self.turn_away(&wanted, WhyNot::SomebodyElse).await;
        }
        let Some(opened) = opened else {
            if wanted.is_passive() {
                return self.turn_away(&wanted, WhyNot::Nobody).await;
            }
            let attempt = self.new_attempt(asker.browser, Some(asking));
            return Ok(self.asks(&attempt, Some(&wanted), Ask::Name, None));
        };
        let factors = &opened.row.state.factors;
        let judged = self
            .judge_for(&opened.known, Some(&wanted), factors, asker)
            .await?;
        match judged.answer {
            SignOn::Allowed => {
                self.let_in(&wanted, opened.known, opened.row, judged, None)
                    .await
            }
            SignOn::Denied(_) => self.denied(Some(&wanted), &opened, judged).await,
            SignOn::StepUp(_) if wanted.is_passive() => {
                self.turn_away(&wanted, WhyNot::TooLittle).await
            }
            SignOn::StepUp(demand) if self.is_too_old(demand, factors) => {
                self.recorded(judged, &opened, None).await?;
                let attempt = self.new_attempt(asker.browser, Some(asking));
                Ok(self.asks(&attempt, Some(&wanted), Ask::Name, Some(Wrong::Again)))
            }
            SignOn::StepUp(demand)
                if self
                    .is_out_of_reach(&wanted, &opened.known, demand.strength)
                    .await? =>
            {
                self.recorded(judged, &opened, Some(opened.row.id)).await?;
                self.turn_away(&wanted, WhyNot::Unmet).await
            }
            SignOn::StepUp(demand) => {
                let mut attempt = self.new_attempt(asker.browser, Some(asking));
                attempt.subject = Some(opened.known.person.subject);
                attempt.factors = factors.clone();
                attempt.session = Some(opened.row.id);
                self.recorded(judged, &opened, None).await?;
                self.asks_more(&attempt, Some(&wanted), demand.strength, None)
                    .await
            }
        }
    }

    /// The request, of a client that is declared now; or what is answered in place of it.
    /// `first`: when it first came.
    pub(super) async fn sent(
        &self,
        raw: &[u8],
        first: Timestamp,
    ) -> Result<Result<Sent, Answer>, AppError> {
        let issuer = self.issuer()?;
        let named = Params::query(raw).and_then(|params| self.named_request(params, first));
        let named = match named {
            Ok(request) => request,
            Err(error) => return Ok(Err(shown(&error))),
        };
        let opened = match named.uses_up {
            // It was opened when it was pushed.
            Some(_) => Ok(named.opened),
            None => self.signed_request(named.opened.params, first).await?,
        };
        let OpenedRequest { params, is_signed } = match opened {
            Ok(opened) => opened,
            Err(error) => return Ok(Err(shown(&error))),
        };
        let uses_up = named.uses_up;
        let sender = match Sender::read(&params) {
            Ok(sender) => sender,
            Err(error) => return Ok(Err(shown(&error))),
        };
        let Some(client) = self.client(sender.client_id).await? else {
            let problem = "is not known here: declare the relying party first";
            let error = OAuthError::of(ErrorCode::InvalidClient, "client_id", problem);
            return Ok(Err(shown(&error)));
        };
        let parsed = AuthorizationRequest::parse(&params, &client.view());
        Ok(match parsed {
            Ok(request) => {
                let sent = Sent {
                    client,
                    request,
                    uses_up,
                    is_signed,
                };
                match sent.unfit() {
                    None => Ok(sent),
                    Some((code, problem)) => Err(sent.refused(self, code, problem)?),
                }
            }
            Err(refusal) => Err(match refusal.response(issuer) {
                Some(response) => Answer::Send {
                    response,
                    signed_in: None,
                },
                None => match &refusal {
                    Refusal::Shown(error) | Refusal::Replied { error, .. } => shown(error),
                },
            }),
        })
    }

    /// Whether a demand is not met because of when something was proved: then everything is proved anew.
    pub(super) fn is_too_old(&self, demand: Demand, factors: &[FactorUse]) -> bool {
        let ever = crate::sign_in::proved(factors, self.now());
        demand.age_s.is_some() || ever >= Some(demand.strength)
    }

    /// Whether the person proved who they are recently enough for the client (`max_age`).
    fn young(&self, wanted: &Wanted, opened: &Opened) -> bool {
        let Wanted::Oidc(sent) = wanted else {
            return true;
        };
        let Some(seconds) = sent.request.max_age_s else {
            return true;
        };
        let proved = proved_at(&opened.row.state.factors);
        let age = proved.map(|at| self.now().since(at));
        age.is_some_and(|age| age < Duration::from_secs(seconds.into()))
    }

    /// Judges an attempt: by the policy, and by what is demanded beside by whom somebody wants in to.
    pub(super) async fn judge_for(
        &self,
        known: &Known,
        wanted: Option<&Wanted>,
        factors: &[FactorUse],
        asker: Asker<'_>,
    ) -> Result<Judged, AppError> {
        let asked = Asked {
            relying_party: wanted.map(Wanted::party),
            factors,
            from: asker.from,
        };
        let judged = self.judge(known, asked).await?;
        let proved = crate::sign_in::proved(factors, self.now());
        let judged = judged.demanding(wanted.and_then(Wanted::demanded), proved);
        let wished = wanted.and_then(Wanted::wished);
        match wished.filter(|wished| proved < Some(*wished)) {
            Some(wished) if self.can_prove(known, wished).await? => {
                Ok(judged.demanding(Some(wished), proved))
            }
            _ => Ok(judged),
        }
    }

    /// A page that asks.
    pub(super) fn asks(
        &self,
        attempt: &Attempt,
        wanted: Option<&Wanted>,
        ask: Ask,
        wrong: Option<Wrong>,
    ) -> Answer {
        let hint = wanted.and_then(Wanted::hint);
        Answer::Ask {
            ask,
            attempt: self.sealed_attempt(attempt),
            to: wanted.map(|wanted| wanted.party().title.clone()),
            name: hint.unwrap_or_default(),
            offers: Offers {
                passkey: self
                    .passkey_asked(attempt)
                    .map(|options| options.to_string()),
                makes: false,
                codes: false,
                set_up: None,
                by_mail: ask == Ask::Name && self.recovers_by_mail(),
                upstream: match ask {
                    Ask::Name => self.upstreams_offered(),
                    Ask::Mailed | Ask::Enrol | Ask::More(_) => Vec::new(),
                },
                no: super::no::is_told(attempt),
            },
            wrong,
        }
    }

    /// The identity providers to which somebody is routed, whoever that is. As this node knows the documents: what
    /// counts is asked when somebody goes there.
    fn upstreams_offered(&self) -> Vec<UpstreamOffer> {
        let Some(loaded) = self.loaded_last() else {
            return Vec::new();
        };
        let routes = loaded
            .tenant
            .sign_on
            .iter()
            .flat_map(|sign_on| &sign_on.routes);
        let used: BTreeSet<&String> = routes.filter_map(|route| route.at.as_ref()).collect();
        let providers = loaded.tenant.identity_providers.values();
        let offered = providers.filter(|provider| used.contains(&provider.name));
        let offer = |provider: &documents::IdentityProvider| UpstreamOffer {
            name: provider.name.clone(),
            title: provider.title.clone(),
        };
        offered.map(offer).collect()
    }

    /// Somebody whom the policy denies: whoever asked is told that, and no more.
    pub(super) async fn denied(
        &self,
        wanted: Option<&Wanted>,
        opened: &Opened,
        judged: Judged,
    ) -> Result<Answer, AppError> {
        let why = judged.reason.clone();
        self.recorded(judged, opened, Some(opened.row.id)).await?;
        match wanted {
            Some(wanted) => self.turn_away(wanted, WhyNot::NotTheirs).await,
            None => Ok(Answer::Refused { why, person: true }),
        }
    }

    /// Writes a decision down that gives nothing out.
    pub(super) async fn recorded(
        &self,
        judged: Judged,
        opened: &Opened,
        session: Option<SessionId>,
    ) -> Result<(), AppError> {
        let subject = opened.known.person.subject;
        let event = judged.event(subject, session, None);
        let actor = model::Actor::named(&subject.to_string());
        self.append(&actor, vec![event]).await?;
        Ok(())
    }
}

/// A page that says what is wrong with a request.
pub(super) fn shown(error: &OAuthError) -> Answer {
    Answer::Refused {
        why: error.to_string(),
        person: false,
    }
}

/// When somebody last proved something.
pub(crate) fn proved_at(factors: &[FactorUse]) -> Option<model::Timestamp> {
    factors.iter().map(|used| used.at).max()
}
