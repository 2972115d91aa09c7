//! What is done by hand: how it is told, and the verbs for it.

use std::collections::BTreeMap;

use model::{KnownTask, TaskId, Timestamp};

use super::order::Order;
use super::stage::Stage;
use super::verbs::{Output, actor};

/// Who does things by hand, if nobody is named.
const HANDS: &str = "it-desk";
/// Tasks of a scenario.
const MOST: u32 = 1_000;

impl Stage {
    async fn tasks_to_do(&self) -> Result<Vec<KnownTask>, String> {
        let store = self.node.app.store();
        let open = store.open_tasks(None, None, MOST).await;
        open.map_err(|e| e.to_string())
    }

    /// What is to be done since the last time, and what is no longer.
    pub(super) async fn new_tasks(&mut self) -> Result<Vec<String>, String> {
        let open = self.tasks_to_do().await?;
        let mut lines = Vec::new();
        for known in &open {
            if !self.tasks.contains_key(&known.task.id) {
                let due = self.clock_on_the_wall(known.task.due);
                lines.push(format!("{}, until {due}", self.told(known)));
            }
        }
        let now: BTreeMap<TaskId, KnownTask> = open
            .into_iter()
            .map(|known| (known.task.id, known))
            .collect();
        let before = std::mem::replace(&mut self.tasks, now);
        for (id, known) in before {
            let store = self.node.app.store();
            let left = store.task(id).await.map_err(|e| e.to_string())?;
            if left.is_none() {
                lines.push(format!("{} is dropped", self.told(&known)));
            }
        }
        lines.sort();
        Ok(lines)
    }

    fn told(&self, known: &KnownTask) -> String {
        let task = &known.task;
        let who = self.names.person(task.subject);
        format!(
            "task {} {}: {who}, by {}",
            task.target, task.step, task.owner
        )
    }

    /// `tasks`: what is to be done.
    pub(super) async fn tasks(&self) -> Output {
        let now: Timestamp = self.node.app.now();
        let mut lines: Vec<String> = Vec::new();
        for known in self.tasks_to_do().await? {
            let due = self.clock_on_the_wall(known.task.due);
            let late = if known.is_overdue(now) {
                ", overdue"
            } else {
                ""
            };
            lines.push(format!("{}, until {due}{late}", self.told(&known)));
        }
        if lines.is_empty() {
            lines.push("nothing is to be done by hand".to_owned());
        }
        Ok(lines)
    }

    /// `done APP STEP KEY because EVIDENCE`.
    pub(super) async fn done(&mut self, order: &Order) -> Output {
        let [app, step, key] = order.exactly(["APP", "STEP", "KEY"])?;
        let person = self.node.app.one_person(key).await;
        let person = person.map_err(|e| e.to_string())?.person;
        let mut tasks = person.tasks.iter().map(|known| &known.task);
        let task = tasks.find(|task| task.target.as_str() == app && task.step == step);
        let task = task.ok_or_else(|| format!("there is no task `{app} {step}` of {key}"))?;
        let evidence = order.because.clone().unwrap_or_default();
        let who = actor(order, HANDS);
        let app_of = &self.node.app;
        let done = app_of.finish_task(&who, task.id, &evidence, "IT-1", false);
        let done = done.await;
        if let Err(error) = done {
            return self.refused(&error);
        }
        let mut lines = vec![format!(
            "{app} {step} is done for {}",
            self.names.person(task.subject)
        )];
        lines.extend(self.settle().await?);
        Ok(lines)
    }
}
