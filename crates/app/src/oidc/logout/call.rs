//! Calling a service provider of SAML: once for each name that it was told in the session.

use std::time::Duration;

use documents::Saml;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use model::{Farewell, Secret, SessionId, SubjectId};
use ports::LogoutAnswer;

use super::turn::Came;
use super::{Teller, turn};
use crate::AppError;
use crate::saml::Heard;
use crate::tenant::Loaded;

/// The longest that one call may take.
const DEADLINE: Duration = Duration::from_secs(5);
/// The most of one session: they go out at the same time.
const MOST: usize = 32;

impl Teller {
    pub(super) async fn call(
        &self,
        loaded: &Loaded,
        saml: &Saml,
        (session, subject): (SessionId, SubjectId),
        party: &Farewell,
    ) -> Result<Came, AppError> {
        let about = (session, subject);
        let farewells = self.app.saml_farewells(loaded, saml, about).await?;
        let (Some(farewells), Some(soap)) = (farewells, &saml.soap_logout) else {
            return Ok(Came::Gone);
        };
        if farewells.is_forgotten {
            return Ok(failed("it was told a name that is not known any more"));
        }
        if farewells.calls.len() > MOST {
            return Ok(failed("it was told of more sign-ins than it is called for"));
        }
        if self.health.rests(&party.client, self.app.now()) {
            return Ok(failed("it has not answered others just before"));
        }
        let way = self.way(soap.allow_private).await?;
        // Whoever was held up so long leaves it to others, who may be at it by now.
        if self.app.now().since(party.at) > turn::STALE / 2 {
            return Ok(failed("this node was held up"));
        }
        let mut calls = FuturesUnordered::new();
        for call in &farewells.calls {
            calls.push(async {
                let envelope = Secret::new(call.body.as_str());
                let answer = way.call(call.to.as_str(), &envelope, DEADLINE).await;
                answer.map(|body| farewells.heard(&self.app, call, &body))
            });
        }
        let mut heard = Vec::new();
        while let Some(one) = calls.next().await {
            heard.push(one);
        }
        let answer = taken(heard);
        self.health.note(&party.client, &answer, self.app.now());
        Ok(Came::Answer(answer))
    }
}

/// Whether everything was: what was not is said.
fn taken(heard: Vec<Result<Heard, LogoutAnswer>>) -> LogoutAnswer {
    let mut answer = LogoutAnswer::Taken;
    for one in heard {
        match one {
            Ok(Heard::Ended) => {}
            Ok(Heard::Not) => {
                let detail = "answered that it did not, or in a way that is not understood";
                answer = LogoutAnswer::Failed {
                    detail: detail.to_owned(),
                    wait: None,
                };
            }
            Err(other) => answer = other,
        }
    }
    answer
}

fn failed(detail: &str) -> Came {
    Came::Answer(LogoutAnswer::Failed {
        detail: detail.to_owned(),
        wait: None,
    })
}
