//! Verbs of what goes wrong outside.

use std::time::Duration;

use model::{Actor, Scope, Secret, TargetName, Timestamp};

use super::order::Order;
use super::stage::Stage;
use super::verbs::{Output, actor};
use crate::memory::{Fault, Mood};

impl Stage {
    /// `faults APP lost-answer busy truncated …`: what goes wrong with the next requests.
    pub(super) fn faults(&mut self, order: &Order) -> Output {
        let (app, faults) = order
            .words
            .split_first()
            .ok_or("write `faults APP FAULT …`")?;
        let mut ordered = Vec::new();
        for fault in faults {
            ordered.push(match fault.as_str() {
                "lost-answer" => Fault::LostAnswer,
                "lost-request" => Fault::LostRequest,
                "busy" => Fault::Busy(Duration::from_secs(30)),
                "lie" => Fault::Lie,
                "twice" => Fault::Twice,
                "truncated" => Fault::Truncated,
                "broken" => Fault::Broken,
                "opens" => Fault::Opens,
                other => return Err(format!("there is no fault `{other}`")),
            });
        }
        self.estate.app(app).order(ordered);
        Ok(Vec::new())
    }

    /// `refuses APP PATH VALUE`: the app takes no account with this value from here on; `accepts`
    /// takes that back.
    pub(super) fn refuses(&self, order: &Order, taken: bool) -> Output {
        let [app, path, value] = order.exactly(["APP", "PATH", "VALUE"])?;
        self.estate.app(app).refuse(path, value, taken);
        Ok(Vec::new())
    }

    /// `answers APP STATUS because WHAT IT SAYS`: to everything, from here on; `answers APP well` takes
    /// that back.
    pub(super) fn answers(&self, order: &Order) -> Output {
        let [app, status] = order.exactly(["APP", "STATUS"])?;
        let mood = match (status, &order.because) {
            ("well", None) => None,
            (status, Some(said)) => Some(Mood {
                status: status.parse().map_err(|_| "a status is a number")?,
                said: said.clone(),
            }),
            _ => return Err("write `answers APP STATUS because WHAT IT SAYS`".to_owned()),
        };
        self.estate.app(app).answer(mood);
        Ok(Vec::new())
    }

    /// `shows APP certificate INSTANT`, or `shows APP clock SECONDS` that it is ahead of now.
    pub(super) fn shows(&self, order: &Order) -> Output {
        let [app, what, value] = order.exactly(["APP", "WHAT", "VALUE"])?;
        let app = self.estate.app(app);
        match what {
            "certificate" => {
                let ends: Timestamp = value.parse()?;
                app.show(|heard| heard.certificate_ends = Some(ends));
            }
            "clock" => {
                let ahead: i64 = value.parse().map_err(|_| "a clock is ahead by seconds")?;
                let now = self.node.app.now().as_micros();
                let shown = Timestamp::from_micros(now + ahead * 1_000_000);
                app.show(|heard| heard.clock = Some(shown));
            }
            _ => return Err("an app shows a `certificate` or a `clock`".to_owned()),
        }
        Ok(Vec::new())
    }

    /// `stop APP because WHY`: nothing is written to it from here on.
    pub(super) async fn stop(&self, order: &Order) -> Output {
        let [app] = order.exactly(["APP"])?;
        let why = order.because.as_deref().ok_or("because of what?")?;
        let target = Some(TargetName::from(app));
        let who = actor(order, "ana");
        let stopped = self.node.app.stop_writing(&who, target, why).await;
        stopped.map_err(|e| e.to_string())?;
        Ok(Vec::new())
    }

    /// `token PRINCIPAL days N`: a token that reads, for so many days.
    pub(super) async fn token(&self, mut order: Order) -> Output {
        let days = order.option("days")?.ok_or("for how many days?")?;
        let days: u64 = days.parse().map_err(|_| "days are a number")?;
        let who = actor(&order, "ana");
        let [principal] = order.exactly(["PRINCIPAL"])?;
        let life = Duration::from_secs(days * 86_400);
        let app = &self.node.app;
        let made = app.issue_token(None, &who, principal, &[Scope::Read], life, &[]);
        made.await.map_err(|e| e.to_string())?;
        Ok(Vec::new())
    }

    /// `secret NAME APP until INSTANT`: it is set anew, and ends then.
    pub(super) async fn secret(&self, mut order: Order) -> Output {
        let until = order.option("until")?.ok_or("until when?")?;
        let expires = Some(until.parse::<Timestamp>()?);
        let [name, app] = order.exactly(["NAME", "APP"])?;
        let loaded = self.node.app.loaded().await.map_err(|e| e.to_string())?;
        let document = loaded.tenant.apps.values().find(|a| a.name.as_str() == app);
        let document = document.ok_or_else(|| format!("there is no app `{app}`"))?;
        let scim = document.scim().ok_or("it is reached by hand")?;
        let host = scim.url.split('/').nth(2).unwrap_or("");
        let value = Secret::new("s3cret");
        let given = app::GivenSecret {
            name,
            app,
            host,
            value: &value,
            expires,
        };
        match self.node.app.keep_secret(&Actor::named("ana"), given).await {
            Ok(()) => Ok(Vec::new()),
            Err(error) => self.refused(&error),
        }
    }
}
