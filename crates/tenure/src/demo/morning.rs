//! The last morning, as the server tells it: the digest, three answers to "why", the leavers and the
//! log; each compared with what HR meant.

use std::collections::BTreeSet;
use std::time::Duration;

use api::{DigestAnswer, LeaversAnswer};
use model::Timestamp;

use super::company::cast;
use super::company::hr::{Feed, Kind};
use super::outcomes::Outcomes;
use super::proof;
use super::stage::{FEED, Stage, ZONE, on};
use super::tell::{digest, leavers, say, title, why};
use crate::client::Client;
use crate::failure::Failure;

/// How long a leaver may take.
const LEAVER: Duration = Duration::from_secs(4 * 3_600);

/// Asks the server, tells what it says, and compares.
pub async fn morning(
    stage: &Stage,
    client: &Client,
    outcomes: &mut Outcomes,
) -> Result<(), Failure> {
    title("1. Tuesday, half past eight: `tenure digest --since yesterday`")?;
    let query = [("since", "yesterday"), ("zone", ZONE)];
    let answer: DigestAnswer = client.get(&["digest"], &query).await?;
    say(&digest::tell(&answer)?)?;
    check_digest(stage, &answer, outcomes)?;

    title("2. Why does somebody have, or lack, access?")?;
    let held = stage.hr.page(Feed::WithoutLastPage).first();
    let held = held.map_or("", |worker| worker.key.as_str());
    for (key, app, wanted, seen) in [
        (cast::MELBOURNE, "crm", "disabled", "disabled"),
        (cast::NEW_NAMESAKE, "code", "present", "active"),
        (held, "chat", "disabled", "active"),
    ] {
        let answer = why::ask(client, key, app).await?;
        let account = answer.items.first();
        let found = account.map_or_else(String::new, |item| {
            format!("{}, {}", item.wanted, item.seen)
        });
        outcomes.same(
            format!("why {key} {app}"),
            format!("{wanted}, {seen}"),
            found,
        );
    }

    title("3. Who left in thirty days: `tenure leavers --since 30d`")?;
    let query = [("since", "30d"), ("zone", ZONE)];
    let answer: LeaversAnswer = client.get(&["leavers"], &query).await?;
    say(&leavers::tell(&answer))?;
    check_leavers(stage, &answer, outcomes)?;

    title("4. And the proof: `tenure ledger verify`")?;
    proof::prove(stage, outcomes).await
}

/// When nothing was written to the chat.
fn incident() -> Result<(Timestamp, Timestamp), Failure> {
    Ok((on("2026-04-13", 10, 0)?, on("2026-04-13", 18, 30)?))
}

fn check_digest(
    stage: &Stage,
    answer: &DigestAnswer,
    outcomes: &mut Outcomes,
) -> Result<(), Failure> {
    let of = |rows: Vec<String>| rows.join(", ");
    let late = answer
        .people
        .iter()
        .map(|one| format!("{} {}", one.state, one.key));
    let late: BTreeSet<String> = late.collect();
    let (stopped, resumed) = incident()?;
    // Whose last minute came so early in the incident that four hours had gone by at its end.
    let out = stage.hr.meant.iter().filter(|one| one.kind == Kind::Out);
    let out = out.filter(|one| stopped <= one.at && resumed.since(one.at) > LEAVER);
    let out: BTreeSet<String> = out.map(|one| format!("done_late {}", one.key)).collect();
    outcomes.same("digest: late", format!("{out:?}"), format!("{late:?}"));
    let failed = answer
        .failures
        .iter()
        .map(|one| format!("{} {}", one.app, one.count));
    outcomes.same("digest: failed", "crm 3", of(failed.collect()));
    let waits = answer
        .waves
        .iter()
        .map(|one| format!("{} {}", one.status, one.plans));
    outcomes.same("digest: waits", "held 12", of(waits.collect()));
    let findings = answer
        .findings
        .iter()
        .map(|one| format!("{} {}", one.code, one.count));
    outcomes.same(
        "digest: findings",
        "TNR-TASK-0001 1",
        of(findings.collect()),
    );
    let silent = answer
        .silent
        .iter()
        .map(|one| format!("{} {}", one.kind, one.what));
    outcomes.same(
        "digest: silent",
        format!("token {FEED}"),
        of(silent.collect()),
    );
    Ok(())
}

/// Who is in the ledger, and how long it took, against what HR meant.
fn check_leavers(
    stage: &Stage,
    answer: &LeaversAnswer,
    outcomes: &mut Outcomes,
) -> Result<(), Failure> {
    let now = stage.app().now();
    let (stopped, resumed) = incident()?;
    let told = on("2026-03-31", 2, 30)?;
    let missed = stage.hr.page(Feed::WithoutPage);
    let mut expected = BTreeSet::new();
    for out in stage
        .hr
        .meant
        .iter()
        .filter(|one| one.kind == Kind::Out && one.at <= now)
    {
        // Who came back is no leaver any more.
        if out.key == cast::RETURNING {
            continue;
        }
        let late = if missed.iter().any(|worker| worker.key == out.key) {
            out.at.since(told)
        } else if stopped <= out.at && out.at < resumed {
            resumed.since(out.at)
        } else {
            Duration::ZERO
        };
        expected.insert(format!("{} {}", out.key, late.as_secs() / 60));
    }
    let done = answer
        .leavers
        .iter()
        .filter_map(|one| Some(format!("{} {}", one.key, one.seconds? / 60)));
    let done: BTreeSet<String> = done.collect();
    let list = |all: &BTreeSet<String>, others: &BTreeSet<String>| {
        let only: Vec<&str> = all.difference(others).map(String::as_str).collect();
        format!(
            "{} leavers, of whom only here: {}",
            all.len(),
            only.join(", ")
        )
    };
    outcomes.same(
        "ledger: who left, and after how many minutes it was done",
        list(&expected, &done),
        list(&done, &expected),
    );
    let page = stage
        .hr
        .page(Feed::WithoutLastPage)
        .iter()
        .map(|worker| worker.key.as_str());
    let page: BTreeSet<&str> = page.collect();
    let open = answer.leavers.iter().filter(|one| one.seconds.is_none());
    let open: BTreeSet<&str> = open.map(|one| one.key.as_str()).collect();
    outcomes.same(
        "ledger: who is exposed",
        format!("{page:?}"),
        format!("{open:?}"),
    );
    Ok(())
}
