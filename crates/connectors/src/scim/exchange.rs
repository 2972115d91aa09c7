//! One request and what its answer means.
//!
//! **Writes.** `Unknown` is the answer whenever the change may have happened:
//!
//! | Answer to a write | Outcome |
//! |---|---|
//! | 200, 201, 204 | `Done` (an unreadable body changes nothing: it is read back) |
//! | 202 | `Unknown`: accepted is not done |
//! | 404 to a DELETE | `AlreadyDone`, if the body is a SCIM error |
//! | 404 to anything else | `Stale`, if the body is a SCIM error; else `Refused` |
//! | 409 | by the caller: `AlreadyDone` if the object is ours, else `Refused` |
//! | 412 | `Stale` |
//! | 401 | `Later` for the whole target: no object is at fault (after one fresh OAuth token) |
//! | 429 | `Later` for the whole target, `Retry-After` or 60 s |
//! | 503 with `Retry-After` | `Later` for the whole target |
//! | 423, 425 | `Later` for this object |
//! | 408, other 5xx | `Unknown`: proxies and servers answer so after the change, too |
//! | 501, 505 | `Refused`: the server does not know how |
//! | 3xx | `Refused`: redirects are not followed |
//! | other 4xx | `Refused` with the code `SCIM-<status>` |
//! | certainly not sent | `Later` for the whole target, 5 s |
//! | no answer | `Unknown` |
//!
//! **Reads.** 429 and 503 with `Retry-After` are `Busy`; 401 and 403 `Denied`; no answer and
//! other 5xx `Unreachable`; other statuses `Refused`. A 404 counts as absence only with a SCIM
//! error as its body: a wrong base URL or a proxy answers 404 as well.

use std::time::Duration;

use model::Outcome;
use ports::target::TargetError;
use protocol::scim::{MEDIA_TYPE, ScimError};
use reqwest::{Method, Url};
use serde_json::Value;

use super::{ScimTarget, redact, told};
use crate::http::oauth::AuthError;
use crate::http::{Answer, Failure, Request};

/// How long to wait when a provider is busy and does not say how long.
const BUSY: Duration = Duration::from_secs(60);
/// How long to wait when nothing was sent.
const NOT_SENT: Duration = Duration::from_secs(5);

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Missing {
    Auth(AuthError),
    Http(Failure),
}

impl ScimTarget {
    /// Sends one request. With OAuth, a 401 is answered once with a fresh token: a request
    /// that was refused for its credential was not carried out.
    pub(super) async fn ask(
        &self,
        method: Method,
        url: Url,
        body: Option<&Value>,
        headers: &[(&'static str, String)],
        deadline: Duration,
    ) -> Result<Answer, Missing> {
        let until = tokio::time::Instant::now() + deadline;
        let mut fresh = false;
        loop {
            let left = until.saturating_duration_since(tokio::time::Instant::now());
            let header = self.authorizer.header(&self.client, left);
            let header = header.await.map_err(Missing::Auth)?;
            let mut headers = headers.to_vec();
            headers.push(("accept", format!("{MEDIA_TYPE}, application/json;q=0.9")));
            if body.is_some() {
                headers.push(("content-type", MEDIA_TYPE.to_owned()));
            }
            let request = Request {
                method: method.clone(),
                url: url.clone(),
                headers,
                authorization: Some(&header),
                body: body.map(|body| body.to_string().into_bytes()),
                deadline: until.saturating_duration_since(tokio::time::Instant::now()),
            };
            let answer = self.client.send(request).await;
            told::note(&method, &url, answer.as_ref().ok().map(|a| a.status));
            let answer = answer.map_err(Missing::Http)?;
            if answer.status == 401 && !fresh && self.authorizer.forget(&header).await {
                fresh = true;
                continue;
            }
            return Ok(answer);
        }
    }

    /// What the provider says, fit for people and logs. `sent` are the values that we sent.
    pub(super) fn said(&self, answer: &Answer, sent: &[&str]) -> String {
        let status = answer.status;
        let Some(error) = ScimError::read(&answer.body) else {
            return format!("HTTP {status}, without a SCIM error");
        };
        let secrets = self.authorizer.secrets();
        let mut text = format!("HTTP {status}");
        if let Some(scim_type) = &error.scim_type {
            text = format!("{text} {}", redact::clean(scim_type, &secrets, sent));
        }
        if let Some(detail) = &error.detail {
            text = format!("{text}: {}", redact::clean(detail, &secrets, sent));
        }
        text
    }

    /// The outcome of a write whose answer is no success.
    pub(super) fn failed(&self, answer: &Answer, sent: &[&str]) -> Outcome {
        let detail = self.said(answer, sent);
        let busy = |wait: Duration, whole_target: bool| Outcome::Later {
            wait_ms: millis(wait),
            detail: detail.clone(),
            whole_target,
        };
        match answer.status {
            202 | 408 => Outcome::Unknown { detail },
            401 => busy(BUSY, true),
            404 if ScimError::read(&answer.body).is_some() => Outcome::Stale { detail },
            412 => Outcome::Stale { detail },
            423 | 425 => busy(answer.retry_after().unwrap_or(BUSY), false),
            429 => busy(answer.retry_after().unwrap_or(BUSY), true),
            503 if answer.header("retry-after").is_some() => {
                busy(answer.retry_after().unwrap_or(BUSY), true)
            }
            501 | 505 => refused(answer.status, detail),
            500..=599 => Outcome::Unknown { detail },
            status => refused(status, detail),
        }
    }
}

fn refused(status: u16, detail: String) -> Outcome {
    Outcome::Refused {
        code: format!("SCIM-{status}"),
        detail,
    }
}

fn millis(wait: Duration) -> u64 {
    u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)
}

/// The outcome of a write that has no answer.
pub(super) fn write_failure(missing: Missing) -> Outcome {
    match missing {
        Missing::Http(Failure::Lost(why)) => Outcome::Unknown { detail: why },
        Missing::Http(Failure::NotSent(why)) => Outcome::Later {
            wait_ms: millis(NOT_SENT),
            detail: why,
            whole_target: true,
        },
        Missing::Auth(error) => Outcome::Later {
            wait_ms: millis(BUSY),
            detail: error.to_string(),
            whole_target: true,
        },
    }
}

/// The error of a read that has no answer.
pub(super) fn read_failure(missing: Missing) -> TargetError {
    match missing {
        Missing::Http(Failure::Lost(why) | Failure::NotSent(why)) => TargetError::Unreachable(why),
        Missing::Auth(error @ AuthError::Refused(_)) => TargetError::Denied(error.to_string()),
        Missing::Auth(error @ AuthError::Unavailable(_)) => {
            TargetError::Unreachable(error.to_string())
        }
    }
}

/// What a failed read, on the way to a write, means for the write: nothing was changed yet.
pub(super) fn before_write(error: TargetError) -> Outcome {
    let detail = error.to_string();
    match error {
        TargetError::Busy { wait, .. } => Outcome::Later {
            wait_ms: millis(wait),
            detail,
            whole_target: true,
        },
        TargetError::Unreachable(_) => Outcome::Later {
            wait_ms: millis(NOT_SENT),
            detail,
            whole_target: true,
        },
        TargetError::Denied(_) => Outcome::Later {
            wait_ms: millis(BUSY),
            detail,
            whole_target: true,
        },
        TargetError::Malformed(_) => Outcome::Refused {
            code: "SCIM-unreadable".to_owned(),
            detail,
        },
        TargetError::Refused(_) => Outcome::Refused {
            code: "SCIM-refused".to_owned(),
            detail,
        },
    }
}

/// Lets 200 pass and says what anything else means for a read.
pub(super) fn readable(answer: Answer, target: &ScimTarget) -> Result<Answer, TargetError> {
    let busy = |wait| TargetError::Busy {
        wait,
        detail: target.said(&answer, &[]),
    };
    match answer.status {
        200 => Ok(answer),
        401 | 403 => Err(TargetError::Denied(target.said(&answer, &[]))),
        429 => Err(busy(answer.retry_after().unwrap_or(BUSY))),
        503 if answer.header("retry-after").is_some() => {
            Err(busy(answer.retry_after().unwrap_or(BUSY)))
        }
        500..=599 | 408 => Err(TargetError::Unreachable(target.said(&answer, &[]))),
        _ => Err(TargetError::Refused(target.said(&answer, &[]))),
    }
}
