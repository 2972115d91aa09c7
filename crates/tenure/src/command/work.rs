//! Plans and waves: preview, list, show, undo.

use std::collections::BTreeMap;

use api::{
    DecideRequest, Page, PlanChangeAnswer, PlanRequest, StepSummary, TargetSummary, UndoAnswer,
    WaveAnswer, WavePreviewAnswer, WaveSummary, WirePlan,
};

use super::{Change, Desk, spinner};
use crate::failure::{Exit, Failure};
use crate::output::{Format, print, printable};

/// `tenure plan`.
pub async fn plan(desk: &Desk, change: Change) -> Result<Exit, Failure> {
    let life = spinner("planning");
    let body = PlanRequest {
        dry_run: change.dry_run,
        reason: change.reason,
    };
    let answer: Result<PlanChangeAnswer, _> = desk.client.post(&["plans"], &body).await;
    life.finish_and_clear();
    let answer = answer?;
    previews(desk, &answer.waves)?;
    if answer.waves.is_empty() {
        return tell_open(desk, &answer.waiting_for_seats).await;
    }
    if answer.dry_run {
        eprintln!("Nothing was proposed (dry run).");
    } else {
        eprint!("{}", next(&answer.waves));
    }
    Ok(Exit::Present)
}

/// Says what is still open when nothing new was planned. A planning leaves alone what an open
/// wave already changes, so the apps agree only once there is none.
async fn tell_open(desk: &Desk, seats: &Seats) -> Result<Exit, Failure> {
    let open = desk.client.all(&["waves"], &[("open", "true")]).await;
    let open: Vec<WaveSummary> = match open {
        Ok(open) => open,
        // Whoever may plan may lack the scope `read`; the planning is done all the same.
        Err(failure) if failure.code == "TNR-API-0002" => {
            eprintln!("Nothing new. Whether earlier waves are still open, the scope `read` shows.");
            return Ok(Exit::Fine);
        }
        Err(failure) => return Err(failure),
    };
    let (text, exit) = standing(&open, seats);
    eprintln!("{text}");
    let targets: Page<TargetSummary> = desk.client.get(&["targets"], &[]).await?;
    let observed = targets.items.iter().filter(|app| app.mode == "observe");
    let observed: Vec<String> = observed.map(|app| format!("`{}`", app.target)).collect();
    if !observed.is_empty() {
        eprintln!(
            "Only observed, so nothing is planned there: {}.",
            observed.join(", ")
        );
    }
    Ok(exit)
}

/// Which commands carry out what was proposed.
fn next(waves: &[WavePreviewAnswer]) -> String {
    let of = |verdict: &str| -> Vec<&str> {
        let alike = waves.iter().filter(|wave| wave.verdict == verdict);
        alike.map(|wave| wave.wave.as_str()).collect()
    };
    let mut text = String::new();
    for (verdict, what) in [
        ("allow", "Carry out what may go through with `tenure apply"),
        (
            "ask",
            "Someone else releases what is held with `tenure approve",
        ),
        (
            "halt",
            "What is halted can only be refused, with `tenure refuse",
        ),
    ] {
        let waves = of(verdict);
        if !waves.is_empty() {
            text.push_str(&format!("{what} {} --reason …`.\n", waves.join(" ")));
        }
    }
    text
}

/// How many people wait for a seat, by app.
type Seats = BTreeMap<String, u64>;

/// One sentence about the open waves and those who wait for a seat, and how a planning that found
/// nothing new ends.
fn standing(open: &[WaveSummary], seats: &Seats) -> (String, Exit) {
    let count = |status: &str| open.iter().filter(|w| w.status == status).count();
    let running = count("running");
    let waiting = ["ready", "held", "halted"].map(|status| (count(status), status));
    let waits: usize = waiting.iter().map(|(n, _)| n).sum();
    let waves = |n: usize| if n == 1 { "wave" } else { "waves" };
    let mut parts = Vec::new();
    if waits > 0 {
        let by_status: Vec<String> = waiting
            .iter()
            .filter(|(n, _)| *n > 0)
            .map(|(n, status)| format!("{n} {status}"))
            .collect();
        parts.push(format!(
            "{waits} {} {} for a decision ({}; see `tenure waves --open`)",
            waves(waits),
            if waits == 1 { "waits" } else { "wait" },
            by_status.join(", "),
        ));
    }
    if running > 0 {
        let be = if running == 1 { "is" } else { "are" };
        parts.push(format!(
            "{running} {} {be} being carried out",
            waves(running)
        ));
    }
    for (app, people) in seats {
        let who = match people {
            1 => "1 person waits".to_owned(),
            many => format!("{many} people wait"),
        };
        parts.push(format!("{who} for a seat in {app} (see `tenure findings`)"));
    }
    if parts.is_empty() {
        return ("Nothing to do: every app agrees.".to_owned(), Exit::Fine);
    }
    // What runs goes on by itself, and whoever waits for a seat gets the next one; what waits for a
    // decision needs somebody.
    let exit = if waits > 0 { Exit::Present } else { Exit::Fine };
    (format!("Nothing new: {}.", parts.join(", ")), exit)
}

/// Previews by name, for people; for programs one row for each wave.
pub(super) fn previews(desk: &Desk, waves: &[WavePreviewAnswer]) -> Result<(), Failure> {
    if desk.output.format() != Format::Table || !desk.output.columns.is_empty() {
        let columns = ["wave", "change", "verdict", "steps", "removals", "cause"];
        return desk.output.list(waves, &columns);
    }
    let mut text = String::new();
    for wave in waves {
        let line = format!(
            "{}  {}  {} people or groups, {} steps, {} of them take something away\n",
            wave.wave,
            wave.cause,
            wave.names.len(),
            wave.steps,
            wave.removals
        );
        text.push_str(&line);
        text.push_str(&format!(
            "  guard: {} — {}\n",
            wave.verdict,
            wave.because.join("; ")
        ));
        for name in &wave.names {
            text.push_str(&format!("  {} ({})\n", name.name, name.about));
            for step in &name.steps {
                text.push_str(&format!("    {step}\n"));
            }
        }
        for obstacle in &wave.obstacles {
            let (code, address, problem) = (&obstacle.code, &obstacle.address, &obstacle.problem);
            text.push_str(&format!(
                "  ! {address}: {problem} [{code}]\n    fix: {}\n",
                obstacle.fix
            ));
        }
    }
    print(&printable(&text))
}

/// `tenure waves`.
pub async fn waves(desk: &Desk, open: bool) -> Result<Exit, Failure> {
    let query: &[(&str, &str)] = if open { &[("open", "true")] } else { &[] };
    let rows: Vec<WaveSummary> = desk.client.all(&["waves"], query).await?;
    desk.output.list(&rows, WAVE)?;
    Ok(Exit::Fine)
}

pub(super) const WAVE: &[&str] = &[
    "wave", "status", "change", "plans", "applied", "failed", "removals", "author", "at",
];

/// `tenure waves show ID`.
pub async fn show(desk: &Desk, wave: &str) -> Result<Exit, Failure> {
    let answer: WaveAnswer = desk.client.get(&["waves", wave], &[]).await?;
    let plans: Vec<WirePlan> = desk.client.all(&["waves", wave, "plans"], &[]).await?;
    if desk.output.format() != Format::Table || !desk.output.columns.is_empty() {
        desk.output.list(
            &plans,
            &["plan", "about", "name", "change", "status", "detail"],
        )?;
        return Ok(Exit::Fine);
    }
    let fields = [
        "wave",
        "status",
        "cause",
        "author",
        "at",
        "verdict",
        "because",
        "decided_by",
        "decided_because",
    ];
    desk.output.show(&answer, &fields)?;
    let mut text = String::new();
    for plan in &plans {
        text.push_str(&format!(
            "\n{}  {}  {}  {}\n",
            plan.plan, plan.status, plan.name, plan.detail
        ));
        if !plan.waits_for.is_empty() {
            let other = &plan.waits_for;
            text.push_str(&format!("  waits for {other}, which nobody has released\n"));
        }
        for step in &plan.steps {
            let why: Vec<_> = step
                .because
                .iter()
                .map(|r| format!("{}: {}", r.by, r.text))
                .collect();
            text.push_str(&format!(
                "  {} {} {} {}\n    because {}\n",
                step.status,
                step.verb,
                step.address,
                step.detail,
                why.join("; ")
            ));
            // Where all went well there is little to ask.
            if is_in_trouble(step) {
                text.push_str(&format!(
                    "    see `tenure why change {}#{}`\n",
                    plan.plan, step.no
                ));
            }
        }
    }
    print(&printable(&text))?;
    Ok(Exit::Fine)
}

/// Whether a step has failed, or was tried in vain so far.
fn is_in_trouble(step: &StepSummary) -> bool {
    match step.status.as_str() {
        "failed" | "answered" => true,
        "pending" => !step.detail.is_empty(),
        _ => false,
    }
}

/// `tenure undo WAVE`.
pub async fn undo(desk: &Desk, wave: &str, change: Change) -> Result<Exit, Failure> {
    let reason = change.needed_reason()?;
    let body = DecideRequest {
        plans: Vec::new(),
        dry_run: change.dry_run,
        reason,
    };
    let answer: UndoAnswer = desk.client.post(&["waves", wave, "undo"], &body).await?;
    previews(desk, &answer.waves)?;
    for lost in &answer.lost {
        eprintln!("Cannot be undone: {}", printable(lost));
    }
    if answer.dry_run {
        eprintln!("Nothing was proposed (dry run).");
    } else if !answer.waves.is_empty() {
        eprintln!("Proposed. Carry it out with `tenure apply WAVE`.");
    }
    Ok(if answer.waves.is_empty() {
        Exit::Fine
    } else {
        Exit::Present
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waves(statuses: &[&str]) -> Vec<WaveSummary> {
        let wave = |status: &&str| WaveSummary {
            wave: "wav_1".to_owned(),
            status: (*status).to_owned(),
            cause: String::new(),
            change: String::new(),
            author: String::new(),
            at: String::new(),
            verdict: String::new(),
            because: Vec::new(),
            decided_by: String::new(),
            decided_because: String::new(),
            plans: 1,
            applied: 0,
            failed: 0,
            open: 1,
            steps: 1,
            removals: 0,
        };
        statuses.iter().map(wave).collect()
    }

    #[test]
    fn whatever_was_proposed_says_what_comes_next() {
        let wave = |wave: &str, verdict: &str| WavePreviewAnswer {
            wave: wave.to_owned(),
            cause: String::new(),
            change: String::new(),
            verdict: verdict.to_owned(),
            because: Vec::new(),
            author: String::new(),
            steps: 1,
            removals: 0,
            names: Vec::new(),
            obstacles: Vec::new(),
        };
        let waves = [
            wave("wav_1", "ask"),
            wave("wav_2", "allow"),
            wave("wav_3", "allow"),
            wave("wav_4", "halt"),
        ];
        let said = next(&waves);
        let lines: Vec<&str> = said.lines().collect();
        assert_eq!(lines.len(), 3);
        assert!(lines[0].ends_with("`tenure apply wav_2 wav_3 --reason …`."));
        assert!(lines[1].ends_with("`tenure approve wav_1 --reason …`."));
        assert!(lines[2].ends_with("`tenure refuse wav_4 --reason …`."));
    }

    #[test]
    fn every_app_agrees_only_when_no_wave_is_open() {
        let cases: [(&[&str], &str, Exit); 4] = [
            (&[], "Nothing to do: every app agrees.", Exit::Fine),
            (
                &["running"],
                "Nothing new: 1 wave is being carried out.",
                Exit::Fine,
            ),
            (
                &["held"],
                "Nothing new: 1 wave waits for a decision (1 held; see `tenure waves --open`).",
                Exit::Present,
            ),
            (
                &["ready", "running", "held", "halted", "held", "running"],
                "Nothing new: 4 waves wait for a decision (1 ready, 2 held, 1 halted; see `tenure \
                 waves --open`), 2 waves are being carried out.",
                Exit::Present,
            ),
        ];
        let nobody = Seats::new();
        for (statuses, text, exit) in cases {
            assert_eq!(standing(&waves(statuses), &nobody), (text.to_owned(), exit));
        }
    }

    #[test]
    fn an_app_in_which_somebody_waits_for_a_seat_does_not_agree() {
        let seats = |seats: &[(&str, u64)]| {
            let seats = seats.iter();
            seats
                .map(|(app, people)| ((*app).to_owned(), *people))
                .collect()
        };
        let (text, exit) = standing(&[], &seats(&[("wiki", 1)]));
        assert_eq!(
            text,
            "Nothing new: 1 person waits for a seat in wiki (see `tenure findings`)."
        );
        assert_eq!(exit, Exit::Fine);
        let (text, exit) = standing(&waves(&["held"]), &seats(&[("chat", 2), ("wiki", 1)]));
        assert_eq!(
            text,
            "Nothing new: 1 wave waits for a decision (1 held; see `tenure waves --open`), 2 people \
             wait for a seat in chat (see `tenure findings`), 1 person waits for a seat in wiki (see \
             `tenure findings`)."
        );
        assert_eq!(exit, Exit::Present);
    }
}
