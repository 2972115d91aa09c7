//! Of whom more care is taken: administrators, break-glass accounts, and whom the policy names beside.

use rules::sign_on::{Strength, Then};

use super::break_glass::break_glass;
use super::groups_of;
use crate::tenant::Loaded;
use crate::{App, AppError, ErrorKind, Known};

/// Whether somebody is privileged by these documents. Whoever may be is.
pub(super) fn is_privileged(loaded: &Loaded, known: &Known) -> bool {
    let Some(sign_on) = &loaded.tenant.sign_on else {
        return false;
    };
    let mut named = sign_on.administrators.iter().chain(&sign_on.privileged);
    let of_groups = match groups_of(loaded, known.worker()) {
        Ok(groups) => named.any(|group| groups.contains(group)),
        Err(_) => named.next().is_some(),
    };
    of_groups || break_glass(loaded, &known.person).is_some()
}

/// Whether a rule that may hold of somebody demands what no mail can be: nothing weaker leads to it.
pub(super) fn resists_phishing(loaded: &Loaded, known: &Known) -> bool {
    let Some(sign_on) = &loaded.tenant.sign_on else {
        return false;
    };
    let groups = groups_of(loaded, known.worker()).ok();
    sign_on.policy.rules().iter().any(|rule| {
        let demands = matches!(&rule.then, Then::Demand(demand) if demand.strength == Strength::PhishingResistant);
        let is_in = |named: &std::collections::BTreeSet<String>| {
            let groups = groups.as_ref();
            groups.map(|groups| named.iter().any(|group| groups.contains(group)))
        };
        let when = &rule.when;
        let in_groups = when.groups.as_ref().and_then(is_in) != Some(false);
        let outside = when.outside_groups.as_ref().and_then(is_in) != Some(true);
        demands && in_groups && outside
    })
}

impl App {
    /// Whether one person is enough to change what somebody signs in with: not where they are privileged and have, or
    /// had, something to sign in with. The first pass of an administrator is one person's: nobody else may be there yet.
    ///
    /// # Errors
    /// `Denied` where it takes two.
    pub(super) async fn one_is_enough(&self, known: &Known) -> Result<(), AppError> {
        let subject = known.person.subject;
        if !self.privileged_now(known).await?
            || self.store.credentials_of(subject, 1).await?.is_empty()
        {
            return Ok(());
        }
        Err(AppError::new(
            ErrorKind::Denied,
            "TNR-SIGN-0027",
            format!(
                "{subject} is privileged: changing what they sign in with takes two people beside them"
            ),
            "ask for it with `tenure sign-in reset`, and have somebody else agree",
        ))
    }

    /// Whether somebody is privileged by the documents in force; nobody is before there are any.
    pub(super) async fn privileged_now(&self, known: &Known) -> Result<bool, AppError> {
        match self.loaded().await {
            Ok(loaded) => Ok(is_privileged(&loaded, known)),
            Err(error) if error.kind() == ErrorKind::Missing => Ok(false),
            Err(error) => Err(error),
        }
    }
}
