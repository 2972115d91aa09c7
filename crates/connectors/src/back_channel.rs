//! Logout tokens to relying parties (OpenID Connect Back-Channel Logout 1.0 §2.5 to §2.8), and calls to service
//! providers of SAML (SAML Bindings §3.2).

use std::time::Duration;

use async_trait::async_trait;
use model::Secret;
use ports::{BackChannel, LogoutAnswer};
use protocol::saml::logout::Call;
use protocol::saml::xml::Limits;
use reqwest::Method;

use crate::http::{Client, Failure, Request};

/// The longest answer to a call, in bytes. Of one to a token nothing is read: the status says how it ended.
const ANSWER: usize = Limits::MESSAGE.bytes;

/// A way to relying parties: to public addresses, or to private ones as well.
pub struct BackChannelLogout {
    client: Client,
}

impl BackChannelLogout {
    /// One that goes to private addresses only where `allow_private` says so, and to those of metadata
    /// services never ([`crate::http::egress`]).
    ///
    /// # Errors
    /// A text for people when TLS cannot be set up.
    pub fn new(allow_private: bool) -> Result<Self, String> {
        let client = Client::new(allow_private, ANSWER).map_err(|e| e.to_string())?;
        Ok(Self { client })
    }
}

#[async_trait]
impl BackChannel for BackChannelLogout {
    async fn tell(&self, uri: &str, token: &Secret, deadline: Duration) -> LogoutAnswer {
        let failed = |detail: &str| LogoutAnswer::Failed {
            detail: detail.to_owned(),
            wait: None,
        };
        // The error would show the address, whose query may be nobody's business.
        let Ok(url) = self.client.check_url(uri) else {
            return failed("its address is none that we go to");
        };
        // A signed token in its compact form holds nothing that a form would have to escape.
        let body = format!("logout_token={}", token.expose());
        let form = "application/x-www-form-urlencoded".to_owned();
        let request = Request {
            method: Method::POST,
            url,
            headers: vec![("content-type", form)],
            authorization: None,
            body: Some(body.into_bytes()),
            deadline,
        };
        match self.client.send_for_status(request).await {
            Ok(answer) => match answer.status {
                200 | 204 => LogoutAnswer::Taken,
                400 => LogoutAnswer::Refused,
                status => LogoutAnswer::Failed {
                    detail: format!("answered {status}"),
                    wait: answer.retry_after(),
                },
            },
            Err(Failure::NotSent(detail)) => failed(&detail),
            Err(Failure::Lost(detail)) => LogoutAnswer::Lost { detail },
        }
    }

    async fn call(
        &self,
        uri: &str,
        envelope: &Secret,
        deadline: Duration,
    ) -> Result<Vec<u8>, LogoutAnswer> {
        let failed = |detail: String, wait: Option<Duration>| LogoutAnswer::Failed { detail, wait };
        let Ok(url) = self.client.check_url(uri) else {
            let detail = "its address is none that we go to";
            return Err(failed(detail.to_owned(), None));
        };
        let headers = vec![
            ("content-type", Call::CONTENT_TYPE.to_owned()),
            ("soapaction", Call::SOAP_ACTION.to_owned()),
        ];
        let request = Request {
            method: Method::POST,
            url,
            headers,
            authorization: None,
            body: Some(envelope.expose().as_bytes().to_vec()),
            deadline,
        };
        match self.client.send(request).await {
            Ok(answer) if answer.status == 200 => Ok(answer.body),
            Ok(answer) => Err(failed(
                format!("answered {}", answer.status),
                answer.retry_after(),
            )),
            Err(Failure::NotSent(detail)) => Err(failed(detail, None)),
            Err(Failure::Lost(detail)) => Err(LogoutAnswer::Lost { detail }),
        }
    }
}
