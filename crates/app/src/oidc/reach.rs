//! Whether somebody can prove who they are as strongly as whoever asks would have it.

use model::sign_in::Factor;
use rules::sign_on::Strength;

use super::wanted::Wanted;
use crate::{App, AppError, Known};

impl App {
    /// Whether somebody has what it takes to prove who they are so strongly. Of those who sign in elsewhere that is
    /// not known here.
    pub(super) async fn can_prove(
        &self,
        known: &Known,
        strength: Strength,
    ) -> Result<bool, AppError> {
        if self.upstream_of(known).await?.is_some() {
            return Ok(false);
        }
        let theirs = self.credentials(known.person.subject).await?;
        let resists = |factor| matches!(factor, Factor::Passkey | Factor::SecurityKey);
        let codes = |factor| matches!(factor, Factor::Totp | Factor::RecoveryCode);
        Ok(theirs.iter().any(|row| match strength {
            Strength::AnyFactor => true,
            Strength::MultiFactor => resists(row.state.factor) || codes(row.state.factor),
            Strength::PhishingResistant => resists(row.state.factor),
        }))
    }

    /// Whether whoever asks demands more than the person has anything for: then no page leads there (OpenID Connect
    /// Core §5.5.1.1, OpenID Connect Unmet Authentication Requirements 1.0). Whoever makes what they sign in with
    /// may make that.
    pub(super) async fn is_out_of_reach(
        &self,
        wanted: &Wanted,
        known: &Known,
        strength: Strength,
    ) -> Result<bool, AppError> {
        if wanted.demanded() != Some(strength) || self.upstream_of(known).await?.is_some() {
            return Ok(false);
        }
        Ok(!self.can_prove(known, strength).await?)
    }
}
