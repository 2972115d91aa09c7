//! Verbs of drills.

use model::{DrillPhase, DrillRun};

use super::order::Order;
use super::stage::Stage;
use super::verbs::{Output, actor};

impl Stage {
    /// `drill NAME because WHY`: begins a run, and lets the node work.
    pub(super) async fn drill(&mut self, order: &Order) -> Output {
        let [name] = order.exactly(["NAME"])?;
        let why = order.because.as_deref().ok_or("because of what?")?;
        let who = actor(order, "ana");
        let begun = self.node.app.run_drill(&who, name, why, false).await;
        match begun {
            Ok(run) => {
                let apps: Vec<&str> = run.apps.iter().map(|app| app.as_str()).collect();
                let apps = apps.join(", ");
                let mut lines = vec![format!("run {} begins: {apps} must follow", run.number)];
                lines.extend(self.settle().await?);
                Ok(lines)
            }
            Err(error) => self.refused(&error),
        }
    }

    /// `drills`: how they stand, with the last run of each.
    pub(super) async fn drills(&self) -> Output {
        let drills = self.node.app.drills().await.map_err(|e| e.to_string())?;
        let mut lines = Vec::new();
        for status in drills {
            let name = &status.drill.name;
            let due = status.due.map_or_else(String::new, |due| {
                format!(", due at {}", self.clock_on_the_wall(due))
            });
            match status.runs.first() {
                Some(run) => lines.extend(self.run_lines(name, run, &due)),
                None => lines.push(format!("{name} has never run{due}")),
            }
            if let Some(trouble) = &status.trouble {
                lines.push(format!("  {}", self.names.scrub(&trouble.problem)));
                lines.push(format!("    fix: {}", trouble.fix));
            }
        }
        if lines.is_empty() {
            lines.push("there is no drill".to_owned());
        }
        Ok(lines)
    }

    fn run_lines(&self, name: &str, run: &DrillRun, due: &str) -> Vec<String> {
        let how = run.outcome().map_or("goes on", |outcome| outcome.as_str());
        let (number, by) = (run.number, &run.by);
        let mut lines = vec![format!("run {number} of {name}, by {by}: {how}{due}")];
        for phase in &run.phases {
            let end = phase
                .ended
                .map_or("goes on", |(_, outcome)| outcome.as_str());
            let why = match phase.why.as_str() {
                "" => String::new(),
                why => format!(": {why}"),
            };
            lines.push(format!("  {} {end}{why}", phase.phase.as_str()));
            lines.extend(run.apps.iter().map(|app| self.app_line(phase, app)));
        }
        lines
    }

    fn app_line(&self, phase: &DrillPhase, app: &model::TargetName) -> String {
        let Some(found) = phase.apps.get(app) else {
            return format!("    {app} is waited for");
        };
        let how = found.how.as_str();
        match (phase.took(app), found.why.as_str()) {
            (Some(took), _) => format!("    {app} {how} after {} ms", took.as_millis()),
            (None, "") => format!("    {app} {how}"),
            (None, why) => format!("    {app} {how}: {}", self.names.scrub(why)),
        }
    }
}
