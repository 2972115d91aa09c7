//! What somebody wants in to, by whichever protocol that asks.

use documents::RelyingParty;
use model::Timestamp;
use ports::store::{Append, SessionRow};
use protocol::oauth::ErrorCode;
use protocol::saml::{Status, StatusDetail};
use rules::sign_on::Strength;

use super::authorize::{Answer, Sent};
use super::device::Waiting;
use crate::saml::SamlAsk;
use crate::sign_in::{Asking, Judged, SignedIn};
use crate::{App, AppError, Known};

/// A wish that somebody be signed in, of a relying party that is declared now.
pub(crate) enum Wanted {
    /// By OpenID Connect.
    Oidc(Box<Sent>),
    /// By SAML.
    Saml(Box<SamlAsk>),
    /// By a device without a browser.
    Device(Box<Waiting>),
}

/// Why nobody is let in, as whoever asked is told.
#[derive(Debug, Clone, Copy)]
pub(crate) enum WhyNot {
    /// Nobody is signed in, and nobody may be asked.
    Nobody,
    /// Somebody else is signed in.
    SomebodyElse,
    /// More has to be proved, and nobody may be asked.
    TooLittle,
    /// More is demanded than the person has anything to prove with.
    Unmet,
    /// The person may not.
    NotTheirs,
    /// The person does not want to.
    SaidNo,
}

impl Wanted {
    /// The document of whom it is to.
    pub(super) fn party(&self) -> &RelyingParty {
        match self {
            Self::Oidc(sent) => sent.client.party(),
            Self::Saml(ask) => ask.party(),
            Self::Device(waiting) => waiting.party(),
        }
    }

    /// Whether the person has to sign in anew, whoever is signed in.
    pub(super) fn asks_anew(&self) -> bool {
        match self {
            Self::Oidc(sent) => sent.request.prompt.login || sent.request.prompt.select_account,
            Self::Saml(ask) => ask.asks_anew(),
            Self::Device(_) => false,
        }
    }

    /// Whether it matters to whoever asks when the person proved who they are.
    pub(super) fn asks_when(&self) -> bool {
        match self {
            Self::Oidc(sent) => sent.request.max_age_s.is_some(),
            Self::Saml(_) | Self::Device(_) => false,
        }
    }

    /// Whether the person must not be asked anything.
    pub(super) fn is_passive(&self) -> bool {
        match self {
            Self::Oidc(sent) => sent.request.prompt.none,
            Self::Saml(ask) => ask.is_passive(),
            Self::Device(_) => false,
        }
    }

    /// Under which name the person probably signs in.
    pub(super) fn hint(&self) -> Option<String> {
        match self {
            Self::Oidc(sent) => sent.request.login_hint.as_ref()?.known().cloned(),
            Self::Saml(_) | Self::Device(_) => None,
        }
    }

    /// How strongly the person has to prove who they are, whatever the policy says.
    pub(super) fn demanded(&self) -> Option<Strength> {
        match self {
            Self::Oidc(sent) => super::asked::demanded(&sent.request),
            Self::Device(_) => None,
            Self::Saml(ask) => ask.demanded(),
        }
    }

    /// How strongly it is wished that the person prove who they are, where they can and may be asked.
    pub(super) fn wished(&self) -> Option<Strength> {
        match self {
            Self::Oidc(sent) if !self.is_passive() => super::asked::wished(&sent.request),
            _ => None,
        }
    }
}

impl App {
    /// What is wanted, by a relying party that is declared now; or what is answered in place of it. `first`:
    /// when it first came.
    pub(super) async fn wanted(
        &self,
        asking: &Asking,
        first: Timestamp,
    ) -> Result<Result<Wanted, Answer>, AppError> {
        // Nobody is led through a sign-in at whose end nothing could be signed.
        self.signer_answers()?;
        Ok(match asking {
            Asking::Oidc(raw) => {
                let sent = self.sent(raw.as_bytes(), first).await?;
                sent.map(|sent| Wanted::Oidc(Box::new(sent)))
            }
            Asking::SamlRedirect(_) | Asking::SamlPost(_) | Asking::SamlStart(_) => {
                let ask = self.saml_asked(asking, first).await?;
                ask.map(|ask| Wanted::Saml(Box::new(ask)))
            }
            Asking::Device(code) => match self.waiting_device(code).await? {
                Some(waiting) => Ok(Wanted::Device(Box::new(waiting))),
                None => Err(Answer::DeviceDone { is_in: None }),
            },
        })
    }

    /// Lets somebody in, in one append with what has just begun.
    pub(super) async fn let_in(
        &self,
        wanted: &Wanted,
        known: Known,
        session: SessionRow,
        judged: Judged,
        begun: Option<(SignedIn, Append)>,
    ) -> Result<Answer, AppError> {
        match wanted {
            Wanted::Oidc(sent) => self.issue(sent, known, session, judged, begun).await,
            Wanted::Saml(ask) => self.saml_give(ask, known, session, judged, begun).await,
            Wanted::Device(waiting) => self.show_device(waiting, &session, judged, begun).await,
        }
    }

    /// Tells whoever asked that nobody is let in.
    pub(super) async fn turn_away(&self, wanted: &Wanted, why: WhyNot) -> Result<Answer, AppError> {
        let (code, status, problem) = match why {
            WhyNot::Nobody => (
                ErrorCode::LoginRequired,
                StatusDetail::NoPassive,
                "nobody is signed in who could be told of: ask so that a page may be shown",
            ),
            WhyNot::SomebodyElse => (
                ErrorCode::LoginRequired,
                StatusDetail::UnknownPrincipal,
                "somebody else is signed in than the ID token tells of",
            ),
            WhyNot::TooLittle => (
                ErrorCode::InteractionRequired,
                StatusDetail::NoPassive,
                "more has to be proved: ask so that a page may be shown",
            ),
            WhyNot::Unmet => (
                ErrorCode::UnmetAuthenticationRequirements,
                StatusDetail::NoAuthnContext,
                "the person has nothing to sign in with as strongly as is demanded",
            ),
            WhyNot::NotTheirs => (
                ErrorCode::AccessDenied,
                StatusDetail::RequestDenied,
                "the person may not sign in to this client",
            ),
            WhyNot::SaidNo => (
                ErrorCode::AccessDenied,
                StatusDetail::RequestDenied,
                "the person has said no",
            ),
        };
        match wanted {
            Wanted::Oidc(sent) => sent.refused(self, code, problem),
            Wanted::Saml(ask) => {
                self.saml_refuse(ask, &Status::responder(status, problem))
                    .await
            }
            // Whoever holds the device is told nothing of who was here.
            Wanted::Device(_) => Ok(Answer::Refused {
                why: problem.to_owned(),
                person: true,
            }),
        }
    }
}
