//! The story itself. Each part prints what the use-cases said and checks that it is so.

use std::time::{Duration, Instant};

use app::{WavePreview, WhyAccess};
use emulate::{Fault, RetryForm};
use model::plan::PlanStatus;
use model::{Actor, Kind, PlanId};

use ports::store::WaveFilter;

use super::company::csv;
use super::stage::{Stage, TENANT};
use crate::failure::{Exit, Failure};
use crate::output;

/// The longest a wave may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Something that did not come out as it must.
struct Checks(Vec<String>);

impl Checks {
    fn that(&mut self, holds: bool, what: &str) {
        if !holds {
            self.0.push(what.to_owned());
        }
    }
}

/// Tells it.
pub async fn tell(stage: &Stage) -> Result<Exit, Failure> {
    let mut checks = Checks(Vec::new());
    say("Tenure: access that lasts exactly as long as the job.\n")?;
    first_day(stage, &mut checks).await?;
    let waves = the_night(stage, &mut checks).await?;
    the_morning(stage, &waves, &mut checks).await?;
    undo(stage, &waves, &mut checks).await?;
    proof(stage, &mut checks).await?;
    if checks.0.is_empty() {
        say("\nEverything came out as it must. Next: `tenure init DIR`, and docs/how-to.\n")?;
        return Ok(Exit::Fine);
    }
    let first = checks.0.join("; ");
    Err(Failure::new(
        "TNR-CLI-0031",
        format!("the story came out wrong: {first}"),
        "report it",
    ))
}

async fn first_day(stage: &Stage, checks: &mut Checks) -> Result<(), Failure> {
    title("Day 1: HR sends its first file")?;
    let report = stage
        .app
        .deliver(&hr(), "hr", "monday.csv", &csv(&stage.people), false)
        .await?;
    say(&format!(
        "  monday.csv: {} rows, {} new people\n",
        report.rows,
        report.changes.len()
    ))?;
    let waves = stage.app.plan(&iam(), false).await?;
    show(&waves)?;
    // The app has a bad day too: a request that times out after it was carried out, one that
    // never arrives, "slow down", and a success that is none.
    let faults = [
        Fault::LoseAnswer,
        Fault::LoseRequest,
        Fault::Busy {
            seconds: 1,
            form: RetryForm::Seconds,
        },
        Fault::Pretend,
    ];
    for fault in faults {
        stage.provider.lock().inject(fault);
    }
    let took = carry_out(stage, &waves).await?;
    let users = stage.provider.lock().objects(Kind::Account).len();
    say(&format!(
        "  The app lost an answer, lost a request, said 429 and once said \"done\" without doing it.\n  \
         Read back all the same: {users} accounts, each as wanted, none twice ({took:.1} s).\n",
    ))?;
    checks.that(
        users == stage.people.len(),
        "every person has exactly one account",
    );
    let again = stage.app.plan(&iam(), true).await?;
    say(&format!(
        "  Planning again: {} waves. Nothing is left to do.\n",
        again.len()
    ))?;
    checks.that(again.is_empty(), "the second plan is empty");
    Ok(())
}

async fn the_night(stage: &Stage, checks: &mut Checks) -> Result<Vec<WavePreview>, Failure> {
    title("Day 2, 02:00: the nightly file, and something is wrong with it")?;
    let mut night = stage.people.clone();
    // Two people have left, two are new, one moved; one date cannot be read; and the export lost
    // most of Support.
    night[5].end = "20.11.2026".to_owned();
    night[10].end = "20.11.2026".to_owned();
    night[8].department = "Sales";
    night[12].end = "31.02.2026".to_owned();
    let mut joiners = super::company::draw(7, 200);
    joiners.retain(|j| !night.iter().any(|r| r.email() == j.email()));
    for (i, mut joiner) in joiners.into_iter().take(2).enumerate() {
        joiner.key = format!("NW20{i:02}");
        joiner.department = "Engineering";
        joiner.manager = night[0].key.clone();
        night.push(joiner);
    }
    night.retain(|r| r.department != "Support" || r.manager.is_empty());
    let report = stage
        .app
        .deliver(&hr(), "hr", "tuesday.csv", &csv(&night), false)
        .await?;
    say(&format!(
        "  tuesday.csv: {} rows, {} people changed or missing\n",
        report.rows,
        report.changes.len()
    ))?;
    for diagnostic in &report.diagnostics {
        say(&indent(&diagnostic.to_string()))?;
    }
    say("  That person's last facts stay; the good rows count.\n")?;
    checks.that(report.diagnostics.len() == 1, "one row is unreadable");
    let waves = stage.app.plan(&iam(), false).await?;
    show(&waves)?;
    let verdict = |change: &str| {
        waves
            .iter()
            .find(|w| w.cause.change.as_str() == change)
            .map(|w| w.verdict.as_str())
    };
    for change in ["leaver", "joiner", "mover"] {
        checks.that(
            verdict(change) == Some("allow"),
            &format!("the {change} wave is allowed"),
        );
    }
    checks.that(
        verdict("missing_row") == Some("ask"),
        "the missing rows are held",
    );
    carry_out(stage, &waves).await?;
    Ok(waves)
}

async fn the_morning(
    stage: &Stage,
    waves: &[WavePreview],
    checks: &mut Checks,
) -> Result<(), Failure> {
    title("Day 2, 08:30: what happened, and why")?;
    let filter = WaveFilter {
        open: false,
        limit: 10,
        ..WaveFilter::default()
    };
    let rows = stage.app.store().waves(filter).await?;
    for row in rows {
        say(&format!(
            "  {:<12} {:<8} {:>2} plans   {} done, {} waiting   author {}\n",
            row.cause.change.as_str(),
            row.status().as_str(),
            row.plans.iter().map(|(_, n)| n).sum::<u64>(),
            row.count(PlanStatus::Applied),
            row.count(PlanStatus::Waiting),
            row.author,
        ))?;
    }
    let leaver = stage.app.why_access(&stage.people[5].key, "wiki").await?;
    say("\n  $ tenure why access ")?;
    say(&format!("{} wiki\n", leaver.key))?;
    explain(&leaver)?;
    checks.that(leaver.items[0].seen == "disabled", "the leaver is disabled");
    let mover = stage.app.why_access(&stage.people[8].key, "wiki").await?;
    say(&format!("\n  $ tenure why access {} wiki\n", mover.key))?;
    explain(&mover)?;
    // The release is somebody else's to give, and row by row.
    let Some(held) = waves.iter().find(|w| w.verdict.as_str() == "ask") else {
        return Ok(());
    };
    let own = stage.app.release(&hr(), held.wave, &[], "it was me").await;
    say(&format!(
        "\n  HR, who sent the file, tries to release the {} held plans: {}\n",
        held.plans.len(),
        own.as_ref()
            .err()
            .map_or_else(|| "released".to_owned(), ToString::to_string),
    ))?;
    checks.that(own.is_err(), "the author may not release");
    let one: Vec<PlanId> = held.plans.iter().take(1).map(|p| p.id).collect();
    stage
        .app
        .release(&iam(), held.wave, &one, "HR confirms by phone")
        .await?;
    let refused = stage
        .app
        .refuse(&iam(), held.wave, &[], "truncated export")
        .await?;
    carry_out(stage, &[]).await?;
    say(&format!(
        "  The IAM engineer calls HR: {} really left and is released; {refused} are refused.\n",
        held.plans[0].name
    ))?;
    let again = stage.app.plan(&iam(), true).await?;
    checks.that(again.is_empty(), "what was refused is not proposed again");
    Ok(())
}

async fn undo(stage: &Stage, waves: &[WavePreview], checks: &mut Checks) -> Result<(), Failure> {
    title("Day 2, 10:00: the move was a mistake, undo it")?;
    let Some(mover) = waves.iter().find(|w| w.cause.change.as_str() == "mover") else {
        return Ok(());
    };
    let undo = stage
        .app
        .undo(&iam(), mover.wave, "wrong person", false)
        .await?;
    show(&undo.waves)?;
    carry_out(stage, &undo.waves).await?;
    let key = mover
        .plans
        .first()
        .map(|p| p.plan.about.to_string())
        .unwrap_or_default();
    let why = stage.app.why_access(&key, "wiki").await?;
    let back = why
        .items
        .iter()
        .any(|i| i.address.key.granted_group() == Some("engineering") && i.seen == "member");
    checks.that(back, "the mover is back in Engineering");
    say(&format!(
        "  {} is in Engineering again, until HR says otherwise.\n",
        why.name
    ))
}

async fn proof(stage: &Stage, checks: &mut Checks) -> Result<(), Failure> {
    title("The proof")?;
    let checkpoint = stage.store.checkpoint(TENANT).await?;
    let report = stage.store.verify(TENANT, vec![checkpoint]).await?;
    say(&format!(
        "  {} records, each covering the one before it, up to a signed checkpoint: {}\n",
        report.records,
        if report.is_sound() {
            "sound"
        } else {
            "NOT sound"
        },
    ))?;
    checks.that(report.is_sound(), "the log verifies");
    let differences = stage.store.rebuild_differences().await?;
    say(&format!(
        "  Every table rebuilt from the log: {} differences\n",
        differences.len()
    ))?;
    checks.that(differences.is_empty(), "the tables are what the log says");
    Ok(())
}

/// Starts what the guard allows, and works until nothing is left.
async fn carry_out(stage: &Stage, waves: &[WavePreview]) -> Result<f64, Failure> {
    let begun = Instant::now();
    for wave in waves.iter().filter(|w| w.verdict.as_str() == "allow") {
        stage.app.apply(&iam(), wave.wave, "demo").await?;
    }
    loop {
        let pass = stage.worker.pass().await?;
        let Some(next) = pass.next else {
            return Ok(begun.elapsed().as_secs_f64());
        };
        if begun.elapsed() > PATIENCE {
            for id in stage.app.store().released_plans(0, 20).await? {
                let plan = stage.app.store().plan(id).await?;
                for step in plan.iter().flat_map(|p| &p.steps) {
                    let detail = step.last.as_ref().map_or("", |l| l.detail.as_str());
                    eprintln!(
                        "{} {} {}: {detail}",
                        step.verb,
                        step.address,
                        step.status.as_str()
                    );
                }
            }
            let problem = "the app did not agree within a minute";
            return Err(Failure::new("TNR-CLI-0031", problem, "report it"));
        }
        tokio::time::sleep(next.since(stage.app.now())).await;
    }
}

fn show(waves: &[WavePreview]) -> Result<(), Failure> {
    for wave in waves {
        let names: Vec<&str> = wave.plans.iter().map(|p| p.name.as_str()).collect();
        let shown = names.iter().take(3).copied().collect::<Vec<_>>().join(", ");
        let more = names.len().saturating_sub(3);
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        say(&format!(
            "  {:<12} {:<6} {shown}{more}\n",
            wave.cause.change.as_str(),
            wave.verdict.as_str(),
        ))?;
        if wave.verdict.as_str() != "allow" {
            for reason in wave.verdict.because() {
                say(&format!("               {reason}\n"))?;
            }
        }
    }
    Ok(())
}

fn explain(why: &WhyAccess) -> Result<(), Failure> {
    say(&format!("  {} ({})\n", why.name, why.key))?;
    for item in &why.items {
        let what = item.address.key.granted_group().unwrap_or("account");
        say(&format!(
            "    {what:<12} wanted {:<9} seen {}\n",
            item.wanted, item.seen
        ))?;
        for reason in &item.because {
            let facts: Vec<String> = reason
                .facts
                .iter()
                .filter(|_| !reason.by.starts_with("app/"))
                .map(|(name, value)| {
                    let value = value
                        .as_ref()
                        .map_or_else(|| "–".to_owned(), ToString::to_string);
                    format!("{name}={value}")
                })
                .collect();
            let line = format!("because {}: {} {}", reason.by, reason.text, facts.join(" "));
            say(&format!("      {}\n", line.trim_end()))?;
        }
    }
    Ok(())
}

fn title(text: &str) -> Result<(), Failure> {
    say(&format!("\n{text}\n"))
}

fn indent(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n")).collect()
}

fn say(text: &str) -> Result<(), Failure> {
    output::print(text)
}

fn hr() -> Actor {
    Actor::named("hr-export")
}

fn iam() -> Actor {
    Actor::named("iam-engineer")
}
