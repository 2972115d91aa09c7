//! Where somebody signs in: here, or at another identity provider.

use documents::{IdentityProvider, SignInRoute};
use model::{Factor, TargetName};

use super::super::break_glass::break_glass;
use super::super::credentials::MANY;
use super::super::policy::groups_of;
use crate::secrets::IDENTITY_PROVIDER;
use crate::{App, AppError, Known};

/// Under which name the switch has an identity provider: while it is stopped, nobody is sent there. No app's name
/// holds a slash.
#[must_use]
pub fn switch_of(provider: &str) -> TargetName {
    TargetName(format!("{IDENTITY_PROVIDER}{provider}"))
}

impl App {
    /// The identity provider at which somebody proves who they are; `None`: here. Here as well where nobody can
    /// tell: what is demanded of them stays the same.
    ///
    /// # Errors
    /// When the store does not answer, or there are no documents.
    pub(crate) async fn upstream_of(
        &self,
        known: &Known,
    ) -> Result<Option<IdentityProvider>, AppError> {
        let loaded = self.loaded().await?;
        let Some(sign_on) = loaded.tenant.sign_on.as_ref() else {
            return Ok(None);
        };
        // Break-glass accounts are for the day on which the other provider is down, too.
        if sign_on.routes.is_empty() || break_glass(&loaded, &known.person).is_some() {
            return Ok(None);
        }
        let Ok(groups) = groups_of(&loaded, known.worker()) else {
            return Ok(None);
        };
        let is_theirs = |who: &model::WorkerRef| {
            let mut theirs = known.person.engagements.iter();
            theirs.any(|of| of.source == who.source && of.key == who.key)
        };
        let named = |route: &&SignInRoute| {
            let everybody = route.groups.is_empty() && route.people.is_empty();
            everybody
                || route.groups.iter().any(|group| groups.contains(group))
                || route.people.iter().any(is_theirs)
        };
        let route = sign_on.routes.iter().find(named);
        let Some(name) = route.and_then(|route| route.at.as_deref()) else {
            return Ok(None);
        };
        let Some(provider) = self.upstream_named(name).await? else {
            return Ok(None);
        };
        match self.was_unlinked(known).await? {
            true => Ok(None),
            false => Ok(Some(provider)),
        }
    }

    /// The identity provider of this name, if a document declares it and nobody has stopped it.
    pub(crate) async fn upstream_named(
        &self,
        name: &str,
    ) -> Result<Option<IdentityProvider>, AppError> {
        let loaded = self.loaded().await?;
        let Some(provider) = loaded.tenant.identity_providers.get(name) else {
            return Ok(None);
        };
        let switch = switch_of(name);
        let stopped = self.store.stopped().await?;
        let is_stopped = stopped.iter().any(|(at, _)| at.as_ref() == Some(&switch));
        Ok((!is_stopped).then(|| provider.clone()))
    }

    /// Whether a link of theirs was undone, and none has taken its place: they sign in here from then on.
    async fn was_unlinked(&self, known: &Known) -> Result<bool, AppError> {
        let subject = known.person.subject;
        let all = self.store.credentials_of(subject, MANY).await?;
        let links = all
            .iter()
            .filter(|row| row.state.factor == Factor::Upstream);
        let (live, undone): (Vec<_>, Vec<_>) = links.partition(|row| row.state.ended.is_none());
        Ok(live.is_empty() && !undone.is_empty())
    }
}
