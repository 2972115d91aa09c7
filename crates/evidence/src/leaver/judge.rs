//! Whether what is said of a leaver is what the records show.

use std::collections::{BTreeMap, BTreeSet};

use model::{Event, Kind, SubjectId, TargetName, Timestamp};

use super::statement::{Account, AccountState, Began, Decided, Leaver, LeftBy};
use super::trace::{Draft, Mark, Shut, Told, Traced, trace};

/// A record whose place in the log was shown.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) at: Timestamp,
    pub(super) subject: Option<SubjectId>,
    pub(super) event: Event,
}

/// The records of a bundle.
#[derive(Debug, Default)]
pub(super) struct Records {
    all: BTreeMap<u64, Record>,
    about: BTreeMap<SubjectId, Vec<u64>>,
    /// Records that something refers to.
    used: BTreeSet<u64>,
}

/// What is stated and no record shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stated {
    /// Leavers of whom no record shows when their clock began.
    pub starts: u64,
    /// Leavers whose last day is another instant than the one at which their clock began.
    pub last_days: u64,
    /// Accounts that are shut by the word of whoever did it by hand, and that nothing read back.
    pub words: u64,
    /// Accounts that were seen shut: the record shows that they were looked at, not what was seen.
    pub sights: u64,
    /// Accounts that are said to be shut since before the clock began, or to be exposed.
    pub accounts: u64,
    /// Things that are said to remain.
    pub remains: u64,
    /// Leavers whose name is said.
    pub names: u64,
}

type Wrong = Result<(), String>;

impl Records {
    pub(super) fn add(&mut self, seq: u64, record: Record) {
        if let Some(subject) = record.subject {
            self.about.entry(subject).or_default().push(seq);
        }
        self.all.insert(seq, record);
    }

    pub(super) fn len(&self) -> u64 {
        self.all.len() as u64
    }

    /// Records that nothing refers to.
    pub(super) fn unused(&self) -> impl Iterator<Item = u64> {
        let unused = self.all.keys().filter(|seq| !self.used.contains(*seq));
        unused.copied()
    }

    /// A record that is referred to.
    fn get(&mut self, seq: u64) -> Result<&Record, String> {
        self.used.insert(seq);
        let found = self.all.get(&seq);
        found.ok_or_else(|| format!("record {seq}, which it names, is not in the bundle"))
    }

    fn at(&mut self, mark: Mark) -> Result<&Record, String> {
        let record = self.get(mark.seq)?;
        match record.at == mark.at {
            true => Ok(record),
            false => Err(format!("record {} is of another instant", mark.seq)),
        }
    }

    /// What the records about a leaver tell, all of which count as referred to.
    fn traced(&mut self, subject: SubjectId, start: Timestamp) -> Traced {
        let mine = self.about.get(&subject).map_or(&[][..], Vec::as_slice);
        let mut told = Vec::with_capacity(mine.len());
        for seq in mine {
            if let Some(record) = self.all.get(seq)
                && matches!(record.event, Event::PlanDrafted(_) | Event::StepChanged(_))
            {
                self.used.insert(*seq);
                let (seq, at, event) = (*seq, record.at, &record.event);
                told.push(Told { seq, at, event });
            }
        }
        trace(&told, start)
    }

    /// Whether a leaver is as the records show.
    pub(super) fn judge(&mut self, leaver: &Leaver, stated: &mut Stated) -> Wrong {
        self.began(leaver, stated)?;
        let traced = self.traced(leaver.subject, leaver.start);
        if !traced.unknown.is_empty() {
            return Err("a step belongs to a plan that is not in the bundle".to_owned());
        }
        let known: BTreeSet<&TargetName> = leaver.accounts.iter().map(|a| &a.app).collect();
        if let Some(app) = traced.shut.keys().find(|app| !known.contains(app)) {
            return Err(format!("it says nothing of the account in {app}"));
        }
        if !leaver.accounts.is_sorted_by(|a, b| a.app < b.app) {
            return Err("an account is there twice, or out of order".to_owned());
        }
        for account in &leaver.accounts {
            let shut = traced.shut.get(&account.app).copied().unwrap_or_default();
            self.account(leaver, account, &shut, stated)
                .map_err(|why| format!("the account in {}: {why}", account.app))?;
        }
        self.decided(leaver.decided.as_ref(), traced.draft)?;
        done(leaver)?;
        stated.remains += leaver.remains.len() as u64;
        stated.names += u64::from(leaver.personal.is_some());
        stated.last_days += u64::from(leaver.at != leaver.start);
        Ok(())
    }

    fn began(&mut self, leaver: &Leaver, stated: &mut Stated) -> Wrong {
        let (subject, start) = (Some(leaver.subject), leaver.start);
        let shown = match leaver.began {
            Began::Stated => {
                stated.starts += 1;
                return Ok(());
            }
            Began::Announced(seq) => {
                let record = self.get(seq)?;
                let next = match &record.event {
                    Event::FactsAccepted(facts) => facts.next_change,
                    Event::FactsAcceptedV1(facts) => facts.next_change,
                    Event::SubjectAdvanced(advanced) => advanced.next_change,
                    _ => None,
                };
                let leaves = leaver.left_by == LeftBy::Leaver;
                leaves && record.subject == subject && next == Some(start)
            }
            Began::Terminated(seq) => {
                let record = self.get(seq)?;
                let terminated = matches!(record.event, Event::SubjectTerminated(_));
                let termination = leaver.left_by == LeftBy::Termination;
                termination && terminated && record.subject == subject && record.at == start
            }
            Began::Told { facts, delivery } => {
                let record = self.get(facts)?;
                let told = match &record.event {
                    Event::FactsAccepted(facts) => Some(facts.delivery),
                    Event::FactsAcceptedV1(facts) => Some(facts.delivery),
                    Event::FactsWithdrawn(facts) => Some(facts.delivery),
                    Event::FactsWithdrawnV1(facts) => Some(facts.delivery),
                    _ => None,
                };
                let told = told.filter(|_| record.subject == subject);
                let received = self.get(delivery)?;
                let read = match &received.event {
                    Event::DeliveryReceived(delivery) => Some(delivery.delivery),
                    _ => None,
                };
                let termination = leaver.left_by == LeftBy::Termination;
                !termination && told.is_some() && told == read && received.at == start
            }
        };
        match shown {
            true => Ok(()),
            false => Err("no record shows that its clock began then".to_owned()),
        }
    }

    fn account(
        &mut self,
        leaver: &Leaver,
        account: &Account,
        shut: &Shut,
        stated: &mut Stated,
    ) -> Wrong {
        if account.sent != shut.sent {
            return Err("it was sent at another instant".to_owned());
        }
        let own = (account.confirmed, account.verified) == (shut.confirmed, shut.verified);
        let right = match account.state {
            AccountState::Disabled | AccountState::Deleted => {
                stated.words += u64::from(account.verified.is_none());
                let deleted = account.state == AccountState::Deleted;
                own && shut.deleted == deleted && shut.ended().is_some()
            }
            AccountState::Exposed => {
                stated.accounts += 1;
                account.ended().is_none()
            }
            // Shut before the clock began: then no record shows that it was shut since.
            AccountState::Already => {
                stated.accounts += 1;
                account.ended().is_none() && shut.ended().is_none()
            }
            AccountState::SeenShut | AccountState::SeenGone => {
                stated.sights += 1;
                let mark = account.verified.ok_or("it was never seen shut")?;
                let record = self.at(mark)?;
                let app = match &record.event {
                    Event::ObjectObserved(seen) if seen.kind == Kind::Account => Some(&seen.target),
                    Event::ObjectUnlinked(e) if e.address.kind == Kind::Account => {
                        Some(&e.address.target)
                    }
                    _ => None,
                };
                let mine = record.subject == Some(leaver.subject) && app == Some(&account.app);
                mine && record.at >= leaver.start
                    && account.confirmed.is_none()
                    && shut.ended().is_none_or(|own| own.at < mark.at)
            }
        };
        match right {
            true => Ok(()),
            false => Err("the records do not show that it was shut so, or then".to_owned()),
        }
    }

    fn decided(&mut self, decided: Option<&Decided>, draft: Option<Draft>) -> Wrong {
        let Some(decided) = decided else {
            return match draft {
                None => Ok(()),
                Some(_) => Err("it does not say what decided it".to_owned()),
            };
        };
        let said = Draft {
            plan: decided.plan,
            wave: decided.wave,
            drafted: decided.drafted,
        };
        if draft != Some(said) {
            return Err("another plan decided it".to_owned());
        }
        let proposed = self.at(decided.proposed)?;
        let proposed = match &proposed.event {
            Event::WaveProposed(wave) => wave.wave == decided.wave,
            _ => false,
        };
        if !proposed {
            return Err("its wave was not proposed then".to_owned());
        }
        let Some(released) = &decided.released else {
            return Ok(());
        };
        let record = self.at(released.mark)?;
        let right = match &record.event {
            Event::WaveReleased(e) => {
                let mine = e.plans.is_empty() || e.plans.contains(&decided.plan);
                mine && e.released && e.wave == decided.wave && e.by == released.by
            }
            _ => false,
        };
        match right {
            true => Ok(()),
            false => Err("its plan was not released by them then".to_owned()),
        }
    }
}

/// Whether the end follows from the accounts.
fn done(leaver: &Leaver) -> Wrong {
    let exposed = |account: &Account| account.state == AccountState::Exposed;
    let said = (leaver.done_at, leaver.at_most);
    let at_most = |account: &Account| {
        matches!(
            account.state,
            AccountState::SeenShut | AccountState::SeenGone
        )
    };
    let ends = leaver.accounts.iter();
    let ends = ends.filter_map(|account| Some((account.ended()?.at, at_most(account))));
    let last = ends.max_by_key(|(at, at_most)| (*at, !at_most));
    let last = last.map_or((leaver.start, false), |(at, most)| {
        (at.max(leaver.start), most)
    });
    let right = match leaver.accounts.iter().any(exposed) {
        true => (None, false),
        false => (Some(last.0), last.1),
    };
    match said == right {
        true => Ok(()),
        false => Err("its end does not follow from its accounts".to_owned()),
    }
}
