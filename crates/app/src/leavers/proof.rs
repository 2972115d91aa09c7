//! What proves the ledger of leavers: for each, which records show when their access ended.

use std::collections::{BTreeMap, BTreeSet};

use evidence::leaver::{
    Account, AccountState, Began, Decided, Leaver, LeftBy, Mark, Released, Remaining, Who,
};
use model::{DeliveryId, Event, SubjectId, Timestamp};
use ports::store::{self, DeliveryRow};

use super::report::{EndState, Ending, LeaverRecord, Remainder};
use crate::digest::{Awaited, Window};
use crate::{App, AppError};

/// Kinds of records that tell how accounts were shut.
const ENDINGS: [&str; 2] = ["plan.drafted/1", "step.changed/1"];
/// Kinds of records that tell that somebody has left.
const NEWS: [&str; 6] = [
    "facts.accepted/1",
    "facts.accepted/2",
    "facts.withdrawn/1",
    "facts.withdrawn/2",
    "subject.terminated/1",
    "subject.advanced/1",
];

/// What a bundle of leavers is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// When it was looked.
    pub at: Timestamp,
    /// By when their clock began, then by subject.
    pub leavers: Vec<Leaver>,
    /// The numbers of the records that show it.
    pub records: BTreeSet<u64>,
}

type Deliveries = BTreeMap<DeliveryId, Option<DeliveryRow>>;

impl App {
    /// The ledger of leavers, and the records that prove it; `names`: with their names and worker keys.
    ///
    /// # Errors
    /// As [`App::leavers`].
    pub async fn prove_leavers(&self, window: Window, names: bool) -> Result<Proof, AppError> {
        let ledger = self.leavers(window).await?;
        let people = ledger.leavers.iter();
        let subjects: Vec<SubjectId> = people.map(|leaver| leaver.subject).collect();
        let first = self.first_since(window.from).await?;
        let mut endings = self.told_in(&subjects, &ENDINGS, first).await?;
        let news = self.told_in(&subjects, &NEWS, 0).await?;
        let mut deliveries = Deliveries::new();
        let (mut leavers, mut records) = (Vec::new(), BTreeSet::new());
        for leaver in ledger.leavers {
            let mut told = endings.remove(&leaver.subject).unwrap_or_default();
            if !is_whole(&told, leaver.start) {
                let subject = [leaver.subject];
                let mut all = self.told_in(&subject, &ENDINGS, 0).await?;
                told = all.remove(&leaver.subject).unwrap_or_default();
            }
            records.extend(needed(&told, leaver.start));
            let news = news.get(&leaver.subject).map_or(&[][..], Vec::as_slice);
            let began = self.began(&leaver, news, &mut deliveries).await?;
            let leaver = said(leaver, began, names);
            records.extend(named(&leaver));
            leavers.push(leaver);
        }
        leavers.sort_by_key(|leaver| (leaver.start, leaver.subject));
        Ok(Proof {
            at: ledger.at,
            leavers,
            records,
        })
    }

    /// What shows when a leaver's clock began.
    async fn began(
        &self,
        leaver: &LeaverRecord,
        news: &[store::Told],
        deliveries: &mut Deliveries,
    ) -> Result<Began, AppError> {
        let start = leaver.start;
        for told in news.iter().rev() {
            let (next, delivery) = match &told.event {
                Event::SubjectTerminated(_) => {
                    if leaver.awaited == Awaited::Termination && told.at == start {
                        return Ok(Began::Terminated(told.seq));
                    }
                    continue;
                }
                Event::SubjectAdvanced(advanced) => (advanced.next_change, None),
                Event::FactsAccepted(facts) => (facts.next_change, Some(facts.delivery)),
                Event::FactsAcceptedV1(facts) => (facts.next_change, Some(facts.delivery)),
                Event::FactsWithdrawn(facts) => (None, Some(facts.delivery)),
                Event::FactsWithdrawnV1(facts) => (None, Some(facts.delivery)),
                _ => continue,
            };
            if leaver.awaited == Awaited::Leaver && next == Some(start) {
                return Ok(Began::Announced(told.seq));
            }
            let Some(id) = delivery.filter(|_| leaver.awaited != Awaited::Termination) else {
                continue;
            };
            if !deliveries.contains_key(&id) {
                deliveries.insert(id, self.store.delivery(id).await?);
            }
            if let Some(Some(row)) = deliveries.get(&id)
                && row.at == start
            {
                return Ok(Began::Told {
                    facts: told.seq,
                    delivery: row.seq,
                });
            }
        }
        Ok(Began::Stated)
    }
}

/// The plans that records draft.
fn drafted(told: &[store::Told]) -> BTreeMap<model::PlanId, u64> {
    let plan = |told: &store::Told| match &told.event {
        Event::PlanDrafted(drafted) => Some((drafted.plan, told.seq)),
        _ => None,
    };
    told.iter().filter_map(plan).collect()
}

/// Whether the plan of every step since `start` is among the records.
fn is_whole(told: &[store::Told], start: Timestamp) -> bool {
    let drafted = drafted(told);
    told.iter()
        .filter(|told| told.at >= start)
        .all(|told| match &told.event {
            Event::StepChanged(changed) => drafted.contains_key(&changed.step.plan),
            _ => true,
        })
}

/// The records since `start`, and the drafts of plans whose steps are among them.
fn needed(told: &[store::Told], start: Timestamp) -> BTreeSet<u64> {
    let drafted = drafted(told);
    let mut needed = BTreeSet::new();
    for told in told.iter().filter(|told| told.at >= start) {
        needed.insert(told.seq);
        if let Event::StepChanged(changed) = &told.event {
            needed.extend(drafted.get(&changed.step.plan));
        }
    }
    needed
}

/// The records that a statement names.
fn named(leaver: &Leaver) -> BTreeSet<u64> {
    let mut named: BTreeSet<u64> = leaver
        .accounts
        .iter()
        .flat_map(|account| [account.sent, account.verified])
        .flatten()
        .map(|mark| mark.seq)
        .collect();
    match leaver.began {
        Began::Announced(seq) | Began::Terminated(seq) => drop(named.insert(seq)),
        Began::Told { facts, delivery } => named.extend([facts, delivery]),
        Began::Stated => {}
    }
    if let Some(decided) = &leaver.decided {
        named.extend([decided.drafted.seq, decided.proposed.seq]);
        named.extend(decided.released.as_ref().map(|released| released.mark.seq));
    }
    named
}

fn said(leaver: LeaverRecord, began: Began, names: bool) -> Leaver {
    let decided = leaver.decision.map(|decision| Decided {
        plan: decision.plan,
        wave: decision.wave,
        drafted: decision.drafted,
        proposed: decision.proposed,
        released: decision.released.map(|(by, mark)| Released { by, mark }),
    });
    let who = Who {
        key: leaver.key,
        name: leaver.name,
        zone: leaver.zone,
    };
    Leaver {
        subject: leaver.subject,
        left_by: match leaver.awaited {
            Awaited::Termination => LeftBy::Termination,
            Awaited::MissingRow => LeftBy::MissingRow,
            Awaited::Leaver | Awaited::Joiner | Awaited::Mover => LeftBy::Leaver,
        },
        at: leaver.at,
        start: leaver.start,
        began,
        accounts: leaver.accounts.into_iter().map(account).collect(),
        decided,
        done_at: leaver.done_at,
        at_most: leaver.at_most,
        remains: leaver.remains.into_iter().map(remaining).collect(),
        personal: names.then_some(who),
    }
}

fn account(ending: Ending) -> Account {
    let (sent, verified): (Option<Mark>, Option<Mark>) = (ending.sent, ending.verified);
    Account {
        app: ending.app,
        state: match ending.state {
            EndState::Exposed => AccountState::Exposed,
            EndState::Disabled => AccountState::Disabled,
            EndState::Deleted => AccountState::Deleted,
            EndState::SeenShut => AccountState::SeenShut,
            EndState::SeenGone => AccountState::SeenGone,
            EndState::Already => AccountState::Already,
        },
        sent,
        verified,
    }
}

fn remaining(rest: Remainder) -> Remaining {
    Remaining {
        app: rest.app,
        kind: rest.kind.as_str().to_owned(),
        what: rest.what,
        until: rest.until,
    }
}
