//! Addresses of relying parties that browsers open, with what they are told there.

use documents::Oidc;
use model::SessionId;
use url::Url;

use crate::sign_in::Bearer;
use crate::{App, AppError};

/// As many frames stand on a page: more apps than that are not told by the browser.
const MOST: usize = 50;

impl App {
    /// Signs out of the session of a browser. What comes back are the addresses that the browser is to open in frames
    /// (OpenID Connect Front-Channel Logout 1.0 §2): of those who were given anything in that session, and want it.
    /// Whether they are opened, and what comes of it, nobody here learns.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn sign_out_here(&self, cookie: &str) -> Result<Vec<String>, AppError> {
        let held = Bearer::SESSION.read::<SessionId>(&*self.keyring, cookie);
        let frames = match held {
            Some((session, _)) => self.frames_of(session).await?,
            None => Vec::new(),
        };
        self.sign_out(cookie).await?;
        Ok(frames)
    }

    async fn frames_of(&self, session: SessionId) -> Result<Vec<String>, AppError> {
        let (issuer, loaded) = (self.issuer()?.as_str(), self.loaded().await?);
        let row = self.store.session(session).await?;
        if row.is_none_or(|row| row.state.ended.is_some()) {
            return Ok(Vec::new());
        }
        let given = self.given_in(session).await?.into_values();
        let frames = given.filter_map(|given| {
            let party = loaded.tenant.relying_parties.get(&given.relying_party)?;
            let oidc = party.oidc().filter(|oidc| oidc.client_id == given.client)?;
            let place = oidc.frontchannel_logout_uri.as_deref()?;
            let sid = session.to_string();
            with(place, &[("iss", issuer), ("sid", &sid)])
        });
        Ok(frames.take(MOST).collect())
    }

    /// Where a client begins a sign-in that was asked for here (OpenID Connect Core §4): it is told who asks. Whom it
    /// is for stays out of the address.
    pub(super) fn initiated(&self, oidc: &Oidc) -> Option<String> {
        let place = oidc.initiate_login_uri.as_deref()?;
        with(place, &[("iss", self.issuer.as_ref()?.as_str())])
    }
}

/// An address with these behind its query.
fn with(place: &str, more: &[(&str, &str)]) -> Option<String> {
    let mut url = Url::parse(place).ok()?;
    url.query_pairs_mut().extend_pairs(more);
    Some(url.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_stands_behind_what_was_there() {
        let told = |place| with(place, &[("iss", "https://id.example/a"), ("sid", "s&=1")]);
        let want = "https://a.example/out?iss=https%3A%2F%2Fid.example%2Fa&sid=s%26%3D1";
        assert_eq!(told("https://a.example/out").as_deref(), Some(want));
        let want = "https://a.example/?do=out&iss=https%3A%2F%2Fid.example%2Fa&sid=s%26%3D1";
        assert_eq!(told("https://a.example/?do=out").as_deref(), Some(want));
        assert_eq!(told("out"), None);
    }
}
