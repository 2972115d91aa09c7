//! The story: what is there, thirty nights, and how everybody stands on the last morning.

mod deeds;
mod ending;
mod script;
mod taking_over;

use app::{Awaited, Digest, Window};
use model::time::Date;

use super::company::cast::NO_SEAT;
use super::company::hr::{Kind, day};
use super::outcomes::Outcomes;
use super::stage::{Stage, at};
use super::tell::say;
use crate::failure::Failure;
use deeds::Seen;
use script::{NIGHTS, Night};

/// The first night.
const FIRST: &str = "2026-03-16";
/// The last morning.
pub const MORNING: (i8, i8) = (8, 30);

/// Tells it.
pub async fn tell(stage: &mut Stage, outcomes: &mut Outcomes) -> Result<(), Failure> {
    opening(stage)?;
    let mut today = day(FIRST)?;
    for (number, night) in NIGHTS.iter().enumerate() {
        play(stage, outcomes, (number + 1, today), night).await?;
        today = today.tomorrow().map_err(super::broken)?;
    }
    stage.give_up().await;
    ending::check(stage, outcomes).await
}

fn opening(stage: &Stage) -> Result<(), Failure> {
    let accounts = stage.apps.get("wiki")?.objects(model::Kind::Account).len();
    say(&format!(
        "Tenure: access that lasts exactly as long as the job.\n\n\
         Northwind: {} people at 12 sites, each by its own clock, and four apps with tempers:\n  \
         wiki   {accounts} accounts from before, some of which nobody can explain; says \"done\" and lies\n  \
         chat   answers 429 in storms; one day its vendor has an incident\n  \
         code   ignores filters: whoever searches for one account gets all of them\n  \
         crm    loses answers, and has only so many licences\n\
         A month passes in a minute, by the story's clock. Everything else is what you would run.\n\n  \
         NIGHT             IN MOVED  OUT  WHAT HR SENT, AND WHAT BECAME OF IT\n",
        stage.hr.workers.len(),
    ))
}

async fn play(
    stage: &mut Stage,
    outcomes: &mut Outcomes,
    (number, today): (usize, Date),
    night: &Night,
) -> Result<(), Failure> {
    let from = at(today, 2, 30)?;
    stage.pass_until(from).await?;
    let (head, _) = stage.app().store().head().await?;
    for word in night.types {
        stage.hr.types(*word)?;
    }
    // The first nights and the last ones are the story's alone.
    if (3..29).contains(&number) && today.weekday().to_monday_zero_offset() < 5 {
        stage.hr.lives(today)?;
    }
    let mut seen = Seen::default();
    stage.delivers(night.feed, &mut seen).await?;
    stage.settle().await?;
    for (hour, minute, deed) in night.day {
        stage.pass_until(at(today, *hour, *minute)?).await?;
        stage.does(*deed, &mut seen, outcomes).await?;
    }
    let to = match number == NIGHTS.len() {
        true => at(today, MORNING.0, MORNING.1)?,
        false => at(today.tomorrow().map_err(super::broken)?, 2, 30)?,
    };
    stage.pass_until(to).await?;
    for wave in stage.proposed_after(head).await? {
        seen.facts.extend(stage.asked(&wave));
    }
    let digest = stage.app().digest(Window { from, to }).await?;
    let row = [Kind::In, Kind::Moved, Kind::Out].map(|kind| done(&digest, kind));
    let meant = [Kind::In, Kind::Moved, Kind::Out].map(|kind| {
        let meant = stage.hr.meant.iter().filter(|one| one.kind == kind);
        // Who gets no licence is not done.
        let meant = meant.filter(|one| !NO_SEAT.contains(&one.key.as_str()));
        meant.filter(|one| from <= one.at && one.at < to).count()
    });
    let name = format!("night {number}");
    outcomes.same(&name, told(meant, night.seen), told(row, &seen.facts));
    let [come, moved, gone] = row;
    say(&format!(
        "  {number:>2} {}  {come:>5} {moved:>5} {gone:>4}  {}\n",
        today.strftime("%a %d %b"),
        night.told.replace("{}", &seen.note),
    ))
}

/// How many of a kind the digest of a night tells as done.
fn done(digest: &Digest, kind: Kind) -> usize {
    let of = |awaited: Awaited| match awaited {
        Awaited::Joiner => Kind::In,
        Awaited::Mover => Kind::Moved,
        Awaited::Termination | Awaited::Leaver | Awaited::MissingRow => Kind::Out,
    };
    let counts = digest
        .counts
        .iter()
        .filter(|count| of(count.awaited) == kind);
    counts
        .map(|count| usize::try_from(count.done).unwrap_or(usize::MAX))
        .sum()
}

fn told<T: AsRef<str>>([come, moved, gone]: [usize; 3], facts: &[T]) -> String {
    let mut text = format!("in {come}, moved {moved}, out {gone}");
    for fact in facts {
        text.push_str(", ");
        text.push_str(fact.as_ref());
    }
    text
}
