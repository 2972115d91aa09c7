//! Verbs by which people decide: about waves, about someone who must go now, about who is who.

use model::{PlanId, WaveId};

use super::order::Order;
use super::render;
use super::stage::Stage;
use super::verbs::{Output, actor};

/// Who releases, refuses and lifts, if nobody is named.
const APPROVER: &str = "bo";
/// Who terminates for cause, if nobody is named.
const LEGAL: &str = "legal";

impl Stage {
    /// `release WAVE [only KEY …]` and `refuse WAVE [only KEY …]`.
    pub(super) async fn decide(&mut self, order: Order) -> Output {
        let (name, only) = match order.words.split_first() {
            Some((name, [])) => (name, None),
            Some((name, [only, keys @ ..])) if only == "only" && !keys.is_empty() => {
                (name, Some(keys))
            }
            _ => return Err(format!("write `{} WAVE [only KEY …]`", order.verb)),
        };
        let wave = self.wave_named(name)?;
        let plans = match only {
            Some(keys) => self.plans_about(wave, keys).await?,
            None => Vec::new(),
        };
        let who = actor(&order, APPROVER);
        let reason = order.because.clone().unwrap_or_default();
        let app = &self.node.app;
        let decided = if order.verb == "release" {
            app.release(&who, wave, &plans, &reason).await
        } else {
            app.refuse(&who, wave, &plans, &reason).await
        };
        let count = match decided {
            Ok(count) => render::count(count, "plan", "plans"),
            Err(error) => return self.refused(&error),
        };
        let mut lines = vec![format!("{}d {count} of {name}", order.verb)];
        lines.extend(self.settle().await?);
        Ok(lines)
    }

    async fn plans_about(&self, wave: WaveId, keys: &[String]) -> Result<Vec<PlanId>, String> {
        let app = &self.node.app;
        let plans = app.all_plans_of(wave).await.map_err(|e| e.to_string())?;
        let mut ids = Vec::new();
        for key in keys {
            let person = app.one_person(key).await.map_err(|e| e.to_string())?;
            let about = model::About::Subject(person.person.subject);
            let plan = plans.iter().find(|p| p.about == about);
            ids.push(
                plan.ok_or_else(|| format!("the wave has no plan about {key}"))?
                    .id,
            );
        }
        Ok(ids)
    }

    /// `undo WAVE because …`.
    pub(super) async fn undo(&mut self, order: &Order) -> Output {
        let [name] = order.exactly(["WAVE"])?;
        let wave = self.wave_named(name)?;
        let reason = order.because.clone().unwrap_or_default();
        let undone = self
            .node
            .app
            .undo(&actor(order, APPROVER), wave, &reason, false)
            .await;
        let report = match undone {
            Ok(report) => report,
            Err(error) => return self.refused(&error),
        };
        let people = render::count(report.subjects.len() as u64, "person is", "people are");
        let mut lines = vec![format!("{people} held at what they had")];
        lines.extend(
            report
                .cannot
                .iter()
                .map(|text| format!("cannot: {}", self.names.scrub(text))),
        );
        lines.extend(self.settle().await?);
        Ok(lines)
    }

    /// `terminate PERSON because …` and `lift PERSON because …`.
    pub(super) async fn terminate(&mut self, order: &Order) -> Output {
        let person = order.words.join(" ");
        let reason = order.because.clone().unwrap_or_default();
        let app = &self.node.app;
        let done = if order.verb == "terminate" {
            app.terminate(&actor(order, LEGAL), &person, &reason, false)
                .await
        } else {
            app.lift_termination(&actor(order, APPROVER), &person, &reason, false)
                .await
        };
        if let Err(error) = done {
            return self.refused(&error);
        }
        self.settle().await
    }

    /// `match KEY PERSON because …` and `separate KEY PERSON because …`: whether the worker whom
    /// source `hr`, or the one after `from`, calls KEY is a person who is known.
    pub(super) async fn match_worker(&mut self, mut order: Order) -> Output {
        let source = order.option("from")?.unwrap_or_else(|| "hr".to_owned());
        let [key, person] = order.exactly(["KEY", "PERSON"])?;
        let (same, reason) = (
            order.verb == "match",
            order.because.clone().unwrap_or_default(),
        );
        let worker = (source.as_str(), key);
        let who = actor(&order, APPROVER);
        let decided = self
            .node
            .app
            .match_worker(&who, worker, person, same, &reason, false)
            .await;
        let subject = match decided {
            Ok(subject) => self.names.person(subject),
            Err(error) => return self.refused(&error),
        };
        Ok(vec![format!(
            "{key} {} {subject}",
            if same { "is" } else { "is not" }
        )])
    }

    pub(super) fn wave_named(&self, name: &str) -> Result<WaveId, String> {
        let found = self.names.waves.iter().find(|(_, n)| n.as_str() == name);
        found
            .map(|(id, _)| *id)
            .ok_or_else(|| format!("there is no wave `{name}` yet"))
    }
}
