//! Verbs of the coming days.

use app::{HeldWave, Rehearsal, RehearsedDay};
use model::Verdict;

use super::order::Order;
use super::render;
use super::stage::Stage;
use super::verbs::Output;

impl Stage {
    /// `rehearse DAYS`: what the coming days bring, in the zone of the scenario.
    pub(super) async fn rehearse(&self, order: &Order) -> Output {
        let [days] = order.exactly(["DAYS"])?;
        let played = match Rehearsal::days(days) {
            Ok(days) => self.node.app.rehearse(days, &self.zone).await,
            Err(error) => Err(error),
        };
        match played {
            Ok(played) => Ok(self.foretell(&played)),
            Err(error) => self.refused(&error),
        }
    }

    fn foretell(&self, played: &Rehearsal) -> Vec<String> {
        let mut lines = Vec::new();
        if played.open_plans > 0 {
            let open = render::count(played.open_plans, "plan", "plans");
            lines.push(format!("{open} are open today and played as carried out"));
        }
        lines.extend(played.days.iter().flat_map(|day| self.rehearsed(day)));
        for boss in &played.managers {
            lines.push(format!(
                "{} ({}) leaves at {} and nobody follows for {}",
                boss.name,
                boss.key,
                self.wall(boss.at),
                render::list(&boss.people)
            ));
        }
        for thing in &played.ending {
            let asks = if thing.asks {
                ", and somebody has to see to it"
            } else {
                ""
            };
            lines.push(format!(
                "{} ends at {}{asks}",
                thing.what,
                self.wall(thing.at)
            ));
        }
        let not = played.not_played.iter();
        lines.extend(not.map(|what| format!("not played: {what}")));
        let needs = match played.needs_a_person() {
            true => "needs a person",
            false => "needs nobody",
        };
        lines.push(needs.to_owned());
        lines
    }

    fn rehearsed(&self, day: &RehearsedDay) -> Vec<String> {
        let mut lines = vec![format!("{}:", day.day)];
        for change in &day.changes {
            let word = change.change.as_str();
            let mut people: Vec<String> = change
                .people
                .iter()
                .map(|plan| format!("  {word} {}: {}", plan.name, plan.what.join(", ")))
                .collect();
            people.sort();
            lines.extend(people);
            let more = change.plans - change.people.len() as u64;
            if more > 0 {
                lines.push(format!("  {word}: {} more", render::thousands(more)));
            }
        }
        lines.extend(day.held.iter().map(|wave| self.held(wave)));
        for app in day.apps.iter().filter(|app| app.slow) {
            let seconds = app.seconds.unwrap_or(0);
            lines.push(format!(
                "  {} takes {} s",
                app.app,
                render::thousands(seconds)
            ));
        }
        if day.tasks > 0 {
            lines.push(format!(
                "  {} by hand",
                render::count(day.tasks, "task", "tasks")
            ));
        }
        for problem in &day.problems {
            let people = render::list(&problem.people);
            lines.push(format!(
                "  ! {} {}: {people}",
                problem.code, problem.problem
            ));
        }
        lines
    }

    fn held(&self, wave: &HeldWave) -> String {
        let word = match wave.verdict {
            Verdict::Halt { .. } => "halts",
            _ => "asks",
        };
        format!(
            "  the guard {word} for {} ({}) at {}: {}",
            wave.cause.change.as_str(),
            render::cause(&wave.cause, &self.names),
            self.wall(wave.at),
            wave.verdict.because().join("; ")
        )
    }
}
