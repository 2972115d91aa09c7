//! Deciding about waves, and following what was started.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use api::{DecideRequest, DecisionAnswer, WaveAnswer, WaveSummary, WirePlan};

use super::work::WAVE;
use super::{Change, Desk, bar};
use crate::failure::{Exit, Failure};
use crate::output::printable;

/// What is decided about a wave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// `tenure apply`.
    Apply,
    /// `tenure approve`.
    Release,
    /// `tenure refuse`.
    Refuse,
}

/// Decides about waves, one after the other, and waits for the end of what was started. Waves
/// that wait for each other (members for their group) are best started together.
pub async fn decide(
    desk: &Desk,
    decision: Decision,
    waves: &[String],
    plans: Vec<String>,
    change: Change,
    wait: Option<Duration>,
) -> Result<Exit, Failure> {
    let reason = change.needed_reason()?;
    let verb = match decision {
        Decision::Apply => "apply",
        Decision::Release => "release",
        Decision::Refuse => "refuse",
    };
    let body = DecideRequest {
        plans,
        dry_run: change.dry_run,
        reason,
    };
    let mut rows = Vec::new();
    for wave in waves {
        let answer: DecisionAnswer = desk.client.post(&["waves", wave, verb], &body).await?;
        if answer.dry_run {
            eprintln!(
                "This would {verb} {} plans of {wave} (dry run).",
                answer.plans
            );
        }
        rows.push(answer.wave);
    }
    let begun = Instant::now();
    let mut worst = Exit::Fine;
    if let (Some(wait), false, false) = (wait, change.dry_run, decision == Decision::Refuse) {
        for row in &mut rows {
            *row = follow(desk, &row.wave, wait.saturating_sub(begun.elapsed())).await?;
            if row.status == "running" || row.failed > 0 || row.applied < row.plans - row.open {
                worst = Exit::Partly;
            }
        }
    }
    desk.output.list(&rows, WAVE)?;
    Ok(worst)
}

/// How long nothing may move before the reason is told.
const STUCK: Duration = Duration::from_secs(5);
/// How long nothing may move before it is asked whether anything can; then doubled each time.
const STILL: Duration = Duration::from_secs(1);
/// The longest between two such questions: each reads every plan of the wave.
const SELDOM: Duration = Duration::from_secs(16);

/// Watches a wave until nothing of it is under way, or all of it waits for waves that nobody has
/// released.
async fn follow(desk: &Desk, wave: &str, wait: Duration) -> Result<WaveSummary, Failure> {
    let begun = Instant::now();
    let mut moved = Instant::now();
    let mut told = false;
    let mut ask = STILL;
    let mut open = u64::MAX;
    let mut pause = Duration::from_millis(50);
    let progress = bar(0, "applying");
    loop {
        let now: WaveAnswer = desk.client.get(&["waves", wave], &[]).await?;
        progress.set_length(now.wave.plans);
        progress.set_position(now.wave.plans - now.wave.open);
        if now.wave.status != "running" {
            progress.finish_and_clear();
            return Ok(now.wave);
        }
        if begun.elapsed() > wait {
            progress.finish_and_clear();
            tell_waiting(wave, &plans_of(desk, wave).await?);
            eprintln!("It goes on by itself; look again with `tenure waves show {wave}`.");
            return Ok(now.wave);
        }
        if now.wave.open != open {
            open = now.wave.open;
            moved = Instant::now();
            (told, ask) = (false, STILL);
        } else if moved.elapsed() > ask {
            ask = (ask * 2).min(ask + SELDOM);
            let plans = plans_of(desk, wave).await?;
            let asked = asked_of_people(&plans);
            if asked > 0 {
                progress.finish_and_clear();
                eprintln!(
                    "{asked} plans of {wave} wait for people, who are asked by file: `tenure handoff \
                     list APP`. It goes on by itself once they have answered."
                );
                return Ok(now.wave);
            }
            let others = held_by(&plans);
            if !others.is_empty() {
                progress.finish_and_clear();
                tell_held(desk, wave, &others).await?;
                return Ok(now.wave);
            }
            // Told once for each standstill.
            if !told && moved.elapsed() > STUCK {
                told = true;
                tell_waiting(wave, &plans);
            }
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(1));
    }
}

async fn plans_of(desk: &Desk, wave: &str) -> Result<Vec<WirePlan>, Failure> {
    desk.client.all(&["waves", wave, "plans"], &[]).await
}

/// How many released plans wait for people alone; 0 while anything else goes on.
fn asked_of_people(plans: &[WirePlan]) -> usize {
    let mut asked = 0;
    for plan in plans.iter().filter(|plan| plan.status == "released") {
        let open = || plan.steps.iter().filter(|step| !is_over(&step.status));
        let waits = open().any(|step| step.status == "handed");
        // What comes after a step that somebody has in hand cannot begin.
        if !waits || open().any(|step| !matches!(step.status.as_str(), "handed" | "pending")) {
            return 0;
        }
        asked += 1;
    }
    asked
}

fn is_over(status: &str) -> bool {
    matches!(status, "verified" | "confirmed" | "failed" | "skipped")
}

/// The unreleased waves that every released plan waits for, with how many wait for each; empty
/// while any plan can go on.
fn held_by(plans: &[WirePlan]) -> BTreeMap<&str, u64> {
    let mut others = BTreeMap::new();
    for plan in plans.iter().filter(|plan| plan.status == "released") {
        if plan.waits_for.is_empty() {
            return BTreeMap::new();
        }
        *others.entry(plan.waits_for.as_str()).or_insert(0) += 1;
    }
    others
}

/// Says on stderr which waves have to be released, and how.
async fn tell_held(desk: &Desk, wave: &str, others: &BTreeMap<&str, u64>) -> Result<(), Failure> {
    for (other, count) in others {
        let found: WaveAnswer = desk.client.get(&["waves", other], &[]).await?;
        let (count, plans) = (*count, if *count == 1 { "plan" } else { "plans" });
        let waits = if count == 1 { "waits" } else { "wait" };
        eprintln!(
            "{count} {plans} of {wave} {waits} for a group that {other} makes, and nobody has \
             released {other}.\n  fix: {}",
            how_to_release(other, &found.wave.status)
        );
    }
    eprintln!("{wave} goes on by itself then; look again with `tenure waves show {wave}`.");
    Ok(())
}

/// The command that lets a wave go.
fn how_to_release(wave: &str, status: &str) -> String {
    match status {
        "ready" => format!("`tenure apply {wave}`"),
        "halted" => {
            format!("`tenure refuse {wave}` and mend its input; the guard lets nobody release it")
        }
        _ => format!("someone other than its author releases it with `tenure approve {wave}`"),
    }
}

/// Says on stderr what the wave's open steps wait for.
fn tell_waiting(wave: &str, plans: &[WirePlan]) {
    let mut reasons = BTreeMap::new();
    for plan in plans.iter().filter(|plan| plan.status == "released") {
        let open = plan.steps.iter().find(|step| !is_over(&step.status));
        if let Some(step) = open {
            *reasons
                .entry(format!("{} {}", step.status, step.detail))
                .or_insert(0u64) += 1;
        }
    }
    for (reason, count) in reasons.iter().take(5) {
        eprintln!("{count} plans of {wave} wait: {}", printable(reason));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(status: &str, waits_for: &str) -> WirePlan {
        WirePlan {
            plan: "pln_1".to_owned(),
            wave: "wav_1".to_owned(),
            about: String::new(),
            name: String::new(),
            change: String::new(),
            status: status.to_owned(),
            detail: String::new(),
            waits_for: waits_for.to_owned(),
            revision: None,
            zones: String::new(),
            steps: Vec::new(),
        }
    }

    #[test]
    fn a_wave_is_held_only_when_none_of_its_released_plans_can_go_on() {
        let mut plans = vec![
            plan("released", "wav_2"),
            plan("applied", ""),
            plan("released", "wav_3"),
            plan("released", "wav_2"),
        ];
        let held = BTreeMap::from([("wav_2", 2), ("wav_3", 1)]);
        assert_eq!(held_by(&plans), held);
        plans.push(plan("released", ""));
        assert_eq!(held_by(&plans), BTreeMap::new());
        assert_eq!(held_by(&[plan("applied", "")]), BTreeMap::new());
    }

    #[test]
    fn the_command_that_lets_a_wave_go_is_named() {
        for (status, command) in [
            ("ready", "`tenure apply wav_2`"),
            ("held", "`tenure approve wav_2`"),
            ("running", "`tenure approve wav_2`"),
            ("halted", "`tenure refuse wav_2`"),
        ] {
            let said = how_to_release("wav_2", status);
            assert!(said.contains(command), "{status}: {said}");
        }
    }
}
