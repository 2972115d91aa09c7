//! There and back: somebody proves who they are at another identity provider.
//!
//! What comes back is held to what left: the same browser (a cookie that only we can write), the same provider (a path
//! of its own, `iss` where it tells, and the ID token), the same sign-in (`state`, `nonce`), and the code to our
//! verifier (RFC 9700 §2.1.1, §4.4, §4.5, §4.7). A trip ends once: it is used up before anything is sent.

use std::time::Duration;

use documents::IdentityProvider;
use model::sign_in::FactorUse;
use model::{Digest, Factor, Secret};
use ports::store::OneTime;
use protocol::oauth::upstream::{Ask as AskUpstream, Back, IdToken, Provider, Refused, Stayed};

use super::authorize::{Answer, Ask, Asker, Wrong};
use super::paths::BACK;
use super::steps::{Step, nothing, or_again, proves};
use crate::sign_in::{Attempt, Found, Trip, Vouched, factor_of, same};
use crate::{App, AppError};

/// The provider cannot be reached, or says what is not believed.
const UNUSABLE: &str = "TNR-SIGN-0043";
/// Nobody here is whom it vouches for.
const NOBODY: &str = "TNR-SIGN-0044";
/// What asked that somebody sign in is too long to wait in a browser's cookies.
const TOO_LONG: &str = "TNR-SIGN-0045";

impl App {
    /// Somebody goes to the identity provider of this name, from a page that offered it.
    ///
    /// # Errors
    /// When the store does not answer, or there are no documents.
    pub async fn send_upstream(
        &self,
        attempt: &str,
        provider: &str,
        asker: Asker<'_>,
    ) -> Result<Answer, AppError> {
        let step = match self.step(attempt, asker).await? {
            Ok(step) => step,
            Err(answer) => return Ok(answer),
        };
        match self.upstream_named(provider).await? {
            Some(provider) => self.leaves(step, &provider, asker).await,
            None => Ok(self.begins_again(&step, asker, Wrong::Here)),
        }
    }

    /// The way to a provider.
    pub(super) async fn leaves(
        &self,
        step: Step,
        named: &IdentityProvider,
        asker: Asker<'_>,
    ) -> Result<Answer, AppError> {
        let Some(oidc) = named.oidc() else {
            return self.leaves_by_saml(&step, named, asker).await;
        };
        let provider = match self.provider_of(named).await {
            Ok(provider) => provider,
            Err(refused) => {
                unusable(named, &refused);
                return Ok(self.begins_again(&step, asker, Wrong::Elsewhere));
            }
        };
        let (trip, max_age_s) = self.new_trip(&step, named, asker).await?;
        let Some(sealed) = self.sealed_trip(&trip) else {
            return Ok(too_long());
        };
        let anew = max_age_s == 0;
        let scopes: Vec<&str> = oidc.scopes.iter().map(String::as_str).collect();
        let asked = AskUpstream {
            client_id: &oidc.client_id,
            redirect_uri: &self.comes_back_to(named)?,
            scope: &scopes.join(" "),
            state: &trip.state,
            nonce: &trip.nonce,
            challenge: &trip.challenge(),
            anew,
            max_age_s,
        };
        Ok(Answer::Leave {
            location: asked.location(&provider),
            trip: sealed,
        })
    }

    /// What somebody takes along who leaves now; and how many seconds old what they prove there may be: none where they
    /// have to prove it anew.
    pub(super) async fn new_trip(
        &self,
        step: &Step,
        named: &IdentityProvider,
        asker: Asker<'_>,
    ) -> Result<(Trip, u32), AppError> {
        let anew = self.is_anew(step, asker).await?;
        let now = self.now();
        let hours = self.session_hours().await?;
        let max_age_s = if anew { 0 } else { u32::from(hours) * 3_600 };
        let trip = Trip {
            attempt: self.only_asked(step, asker),
            provider: named.name.clone(),
            issuer: named.issuer.clone(),
            left: now,
            since: now.minus(Duration::from_secs(max_age_s.into())),
            state: self.chance(),
            nonce: self.chance(),
            verifier: self.chance(),
        };
        Ok((trip, max_age_s))
    }

    /// Somebody comes back: the query of the provider's own path, and what the browser held meanwhile.
    ///
    /// # Errors
    /// When the store does not answer, there are no documents, or our secret is not set or not bound to the provider.
    pub async fn come_back(
        &self,
        provider: &str,
        query: &[u8],
        trip: Option<&Secret>,
        asker: Asker<'_>,
    ) -> Result<Answer, AppError> {
        let too_old = || Ok(self.begin(asker, Some(Wrong::TooOld)));
        let trip = trip.and_then(|held| self.trip(held.expose(), asker.browser));
        let (Some(trip), Ok(back)) = (trip, Back::read(query)) else {
            return too_old();
        };
        let ring = &*self.keyring;
        if trip.provider != provider || !same(ring, &trip.state, back.state.expose()) {
            return too_old();
        }
        let (step, named) = match self.ends_trip(&trip, asker).await? {
            Ok(ended) => ended,
            Err(answer) => return Ok(answer),
        };
        let token = match self.brought(&named, &trip, &back).await? {
            Ok(token) => token,
            Err(refused) => {
                unusable(&named, &refused);
                return Ok(self.begins_again(&step, asker, Wrong::Elsewhere));
            }
        };
        self.is_vouched_for(step, &named, &token, asker).await
    }

    /// Uses a trip up that ends where it was to end: for what, and at whom they were.
    pub(super) async fn ends_trip(
        &self,
        trip: &Trip,
        asker: Asker<'_>,
    ) -> Result<Result<(Step, IdentityProvider), Answer>, AppError> {
        let step = match self.step_of(trip.attempt.clone(), asker).await? {
            Ok(step) => step,
            Err(answer) => return Ok(Err(answer)),
        };
        let named = self.upstream_named(&trip.provider).await?;
        let Some(named) = named.filter(|named| named.issuer == trip.issuer) else {
            return Ok(Err(self.begins_again(&step, asker, Wrong::Here)));
        };
        let one = OneTime {
            space: "upstream-trip",
            value: Digest::of(trip.state.as_bytes()),
        };
        match self.store.spend(one, trip.ends(), self.now()).await? {
            true => Ok(Ok((step, named))),
            false => Ok(Err(self.begin(asker, Some(Wrong::TooOld)))),
        }
    }

    /// The ID token that came of what was brought back.
    async fn brought(
        &self,
        named: &IdentityProvider,
        trip: &Trip,
        back: &Back,
    ) -> Result<Result<IdToken, Refused>, AppError> {
        let provider = match self.provider_of(named).await {
            Ok(provider) => provider,
            Err(refused) => return Ok(Err(refused)),
        };
        let code = match back.code(&provider, &named.issuer) {
            Ok(Ok(code)) => code,
            Ok(Err(stayed)) => return Ok(Err(Refused(why(stayed).to_owned()))),
            Err(refused) => return Ok(Err(refused)),
        };
        let to = self.comes_back_to(named)?;
        let provider: &Provider = &provider;
        self.vouched_for(named, provider, trip, code, &to).await
    }

    /// Somebody for whom a provider vouches.
    pub(super) async fn is_vouched_for(
        &self,
        mut step: Step,
        named: &IdentityProvider,
        token: &IdToken,
        asker: Asker<'_>,
    ) -> Result<Answer, AppError> {
        let (subject, made) = match self.linked(named, token).await? {
            Found::Linked(subject) => (subject, nothing(subject)),
            Found::First(subject, made) => (subject, self.announced(*made).await?),
            Found::Nobody(why, would) => {
                if let Some(subject) = would {
                    self.failed_with(subject, Factor::Upstream, why, asker.from)
                        .await?;
                }
                tracing::warn!(error.code = NOBODY, provider = %named.name, error = why, "sign_in.upstream");
                let why = format!("{NOBODY}: {why}");
                return Ok(Answer::Refused { why, person: true });
            }
        };
        let used = FactorUse {
            factor: factor_of(named, token),
            at: token.auth_time,
        };
        proves(&mut step.attempt, subject, used);
        step.attempt.vouched = Some(Vouched {
            provider: named.name.clone(),
            amr: token.amr.clone(),
            acr: token.acr.clone(),
        });
        let again = || self.begin(asker, Some(Wrong::TooOld));
        or_again(self.go_on(step, asker, made).await, again)
    }

    /// The first page again, for the same request; nothing that was proved goes along.
    pub(super) fn begins_again(&self, step: &Step, asker: Asker<'_>, wrong: Wrong) -> Answer {
        let attempt = self.only_asked(step, asker);
        self.asks(&attempt, step.wanted.as_ref(), Ask::Name, Some(wrong))
    }

    /// What asked, since when, and nothing that was proved.
    fn only_asked(&self, step: &Step, asker: Asker<'_>) -> Attempt {
        let mut attempt = self.new_attempt(asker.browser, step.attempt.request.clone());
        attempt.begun = step.attempt.begun;
        attempt
    }

    /// Whether they have to prove anew who they are there: whoever is signed in here already is asked again for a
    /// reason, and so is whoever an app wants to know of when they proved it.
    async fn is_anew(&self, step: &Step, asker: Asker<'_>) -> Result<bool, AppError> {
        let wanted = step.wanted.as_ref();
        if wanted.is_some_and(|wanted| wanted.asks_anew() || wanted.asks_when()) {
            return Ok(true);
        }
        Ok(match asker.session {
            Some(cookie) => self.session_of(cookie).await?.is_some(),
            None => false,
        })
    }

    /// Where a browser comes back from a provider: each has a path of its own (RFC 9700 §4.4.2).
    fn comes_back_to(&self, named: &IdentityProvider) -> Result<String, AppError> {
        Ok(self.issuer()?.endpoint(&format!("{BACK}/{}", named.name)))
    }
}

/// For whoever runs the node. People are told that it did not work, and no more.
pub(super) fn unusable(named: &IdentityProvider, refused: &Refused) {
    tracing::warn!(error.code = UNUSABLE, provider = %named.name, error = %refused, "sign_in.upstream");
}

/// What is told whoever would have to carry more than a browser keeps.
pub(super) fn too_long() -> Answer {
    let why =
        format!("what the app asked is too long to wait while you are elsewhere ({TOO_LONG})");
    Answer::Refused { why, person: false }
}

const fn why(stayed: Stayed) -> &'static str {
    match stayed {
        Stayed::Denied => "it, or the person, said no",
        Stayed::Failed => "it answered with an error",
    }
}
