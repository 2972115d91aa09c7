//! Logging out: at the wish of a client (OpenID Connect RP-Initiated Logout 1.0), and clients being told
//! (OpenID Connect Back-Channel Logout 1.0).

use std::fmt;

use model::{Personal, Secret, Timestamp};
use serde_json::json;

use super::authorize::CLIENT_ID;
use super::field::{Alphabet, Field};
use super::params::encode;
use super::redirect::MAX_REDIRECT;
use super::respond::with_query;
use super::{Issuer, OAuthError, Object, Params, RegisteredRedirect, seconds};

const ID_TOKEN_HINT: Field = Field::visible("id_token_hint", crate::jose::MAX_TOKEN);
const REDIRECT: Field = Field::visible("post_logout_redirect_uri", MAX_REDIRECT);
const STATE: Field = Field::visible("state", 1_024);
const LOGOUT_HINT: Field = Field::of("logout_hint", 320, Alphabet::Unicode);

/// A client's wish that a person be logged out (RP-Initiated Logout 1.0 §2). Whoever sends it has proven
/// nothing: without a hint that verifies, ask the person.
#[derive(Clone)]
pub struct LogoutRequest {
    /// An ID token that the client has, to be verified; it may have ended.
    pub id_token_hint: Option<Secret>,
    /// Whom the client believes to be logged in.
    pub logout_hint: Option<Personal<String>>,
    /// The client, if it says.
    pub client_id: Option<String>,
    redirect_uri: Option<String>,
    state: Option<String>,
}

impl LogoutRequest {
    /// Reads a wish, from a query or the body of a POST.
    ///
    /// # Errors
    /// `invalid_request`, to be shown to the person: when a parameter is malformed or there twice.
    pub fn parse(params: &Params) -> Result<Self, OAuthError> {
        params.once()?;
        let owned = |field| Ok(params.text(field)?.map(str::to_owned));
        Ok(Self {
            id_token_hint: params.text(&ID_TOKEN_HINT)?.map(Secret::new),
            logout_hint: owned(&LOGOUT_HINT)?.map(Personal::Known),
            client_id: owned(&CLIENT_ID)?,
            redirect_uri: owned(&REDIRECT)?,
            state: owned(&STATE)?,
        })
    }

    /// Whose wish it is: the client that it names, or the audience of the hint, once that is verified.
    /// `None` when neither is there.
    ///
    /// # Errors
    /// `invalid_request`, to be shown: when both are there and differ (§2).
    pub fn client<'a>(&'a self, hinted: Option<&'a str>) -> Result<Option<&'a str>, OAuthError> {
        match (self.client_id.as_deref(), hinted) {
            (Some(named), Some(hinted)) if named != hinted => {
                let problem = "is not the one of the ID token: send that one, or none";
                Err(OAuthError::invalid("client_id", problem))
            }
            (named, hinted) => Ok(named.or(hinted)),
        }
    }

    /// Where the browser goes afterwards, with the state: one of those that the client has registered, to
    /// the letter, port and all (§3). `None`: nowhere, the person is shown that they are logged out.
    /// For a client that is not known, `registered` is empty.
    ///
    /// # Errors
    /// `invalid_request`, to be shown, with nobody sent anywhere: when it is not registered.
    pub fn location(
        &self,
        registered: &[RegisteredRedirect],
    ) -> Result<Option<String>, OAuthError> {
        let Some(asked) = self.redirect_uri.as_deref() else {
            return Ok(None);
        };
        if !registered.iter().any(|one| one.equals(asked)) {
            let problem = "is not registered for a client that is known: register it";
            return Err(OAuthError::invalid("post_logout_redirect_uri", problem));
        }
        Ok(Some(match &self.state {
            None => asked.to_owned(),
            Some(state) => with_query(asked, &encode([("state", state)])),
        }))
    }
}

impl fmt::Debug for LogoutRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogoutRequest")
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

/// What has ended (Back-Channel Logout 1.0 §2.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended<'a> {
    /// One session (`sid`) of a person (`sub`, as in this client's ID tokens).
    Session {
        /// The session.
        sid: &'a str,
        /// Whose.
        sub: &'a str,
    },
    /// All sessions of a person.
    All {
        /// Whose.
        sub: &'a str,
    },
}

/// Word to one client that a session has ended.
#[derive(Debug, Clone, Copy)]
pub struct LogoutToken<'a> {
    /// Who says so.
    pub issuer: &'a Issuer,
    /// To whom.
    pub client_id: &'a str,
    /// Now.
    pub issued_at: Timestamp,
    /// From when on the word is no longer taken: two minutes later (§2.4).
    pub expires_at: Timestamp,
    /// What this one is called.
    pub jti: &'a str,
    /// What has ended.
    pub ended: Ended<'a>,
}

impl LogoutToken<'_> {
    /// Its type (§2.4), so that it is not taken for an ID token.
    pub const TYP: &'static str = "logout+jwt";
    /// The member of `events` that makes it one.
    pub const EVENT: &'static str = "http://schemas.openid.net/event/backchannel-logout";

    /// The claims. There is no `nonce`, for the same reason.
    #[must_use]
    pub fn claims(&self) -> Object {
        let mut claims = Object::new();
        let mut put = |name: &str, value| drop(claims.insert(name.to_owned(), value));
        put("iss", json!(self.issuer.as_str()));
        put("aud", json!(self.client_id));
        put("iat", json!(seconds(self.issued_at)));
        put("exp", json!(seconds(self.expires_at)));
        put("jti", json!(self.jti));
        put("events", json!({ Self::EVENT: {} }));
        match self.ended {
            Ended::Session { sid, sub } => {
                put("sid", json!(sid));
                put("sub", json!(sub));
            }
            Ended::All { sub } => put("sub", json!(sub)),
        }
        claims
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::super::ApplicationType;
    use super::*;

    fn read(text: &str) -> LogoutRequest {
        LogoutRequest::parse(&Params::query(text.as_bytes()).unwrap()).unwrap()
    }

    #[test]
    fn afterwards_nobody_is_sent_where_it_is_not_registered() {
        let kinds = ApplicationType::Native;
        let uris = ["https://a.example/bye?x=1", "http://127.0.0.1/bye"];
        let registered = uris.map(|uri| RegisteredRedirect::new(uri, kinds).unwrap());
        let to = |text: &str| read(text).location(&registered);
        let bye = "post_logout_redirect_uri=https%3A%2F%2Fa.example%2Fbye%3Fx%3D1";
        let want = "https://a.example/bye?x=1".to_owned();
        assert_eq!(to(bye), Ok(Some(want.clone())));
        let with_state = format!("{want}&state=a+b%26");
        assert_eq!(to(&format!("{bye}&state=a+b%26")), Ok(Some(with_state)));
        assert_eq!(to("state=s"), Ok(None));
        assert_eq!(to(""), Ok(None));
        for other in [
            "post_logout_redirect_uri=https%3A%2F%2Fa.example%2Fbye",
            "post_logout_redirect_uri=https%3A%2F%2Fa.example%2Fbye%3Fx%3D1%26y",
            // The port of a loopback address counts here.
            "post_logout_redirect_uri=http%3A%2F%2F127.0.0.1%3A81%2Fbye",
        ] {
            assert!(to(other).is_err(), "{other}");
        }
        assert!(read(bye).location(&[]).is_err(), "nobody known asked");
    }

    #[test]
    fn a_wish_is_one_clients() {
        let named = read("client_id=c");
        assert_eq!(named.client(None), Ok(Some("c")));
        assert_eq!(named.client(Some("c")), Ok(Some("c")));
        assert!(named.client(Some("d")).is_err());
        assert_eq!(read("").client(Some("d")), Ok(Some("d")));
        assert_eq!(read("").client(None), Ok(None));
    }

    #[test]
    fn a_logout_token_is_no_id_token() {
        let issuer = Issuer::new("https://id.example").unwrap();
        let token = |ended| LogoutToken {
            issuer: &issuer,
            client_id: "c",
            issued_at: Timestamp::from_micros(1_000_000),
            expires_at: Timestamp::from_micros(121_000_000),
            jti: "j",
            ended,
        };
        let mut want = json!({"iss": "https://id.example", "aud": "c", "iat": 1, "exp": 121, "jti": "j",
            "sub": "s", "events": {"http://schemas.openid.net/event/backchannel-logout": {}}});
        assert_eq!(json!(token(Ended::All { sub: "s" }).claims()), want);
        want["sid"] = json!("1");
        let ended = Ended::Session { sid: "1", sub: "s" };
        assert_eq!(json!(token(ended).claims()), want);
    }
}
