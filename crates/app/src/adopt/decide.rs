//! Taking decisions about what is in an app: each row is judged alone, good ones count.

use std::collections::BTreeMap;

use model::event::{AccessDecided, AccountDecided, Holder, MatchRejected, Stated};
use model::{Actor, Address, Event, SubjectId, Timestamp};
use ports::store::{Append, Stream};

use super::estate::{Estate, EstateAccount};
use super::rows::{self, DecidedRow, DecisionReport, DecisionRow, Flaw, Said};
use crate::{App, AppError, ErrorKind};
use lifecycle::correlate::Class;

/// Events per append.
const CHUNK: usize = 500;
/// Rows that one request may hold.
const MOST_ROWS: usize = 50_000;

impl App {
    /// Takes decisions about the accounts and memberships of an app. Writes nothing to the app:
    /// the next plan follows what was decided.
    ///
    /// # Errors
    /// As [`App::estate`]; `Invalid` for too many rows; `Conflict` when someone else decided at
    /// the same time. Rows that are wrong are told in the report.
    pub async fn decide_estate(
        &self,
        actor: &Actor,
        app: &str,
        rows: &[DecisionRow],
        reason: &str,
        dry_run: bool,
    ) -> Result<DecisionReport, AppError> {
        if rows.len() > MOST_ROWS {
            return Err(AppError::new(
                ErrorKind::Invalid,
                "TNR-ADOPT-0004",
                format!("{} rows are more than {MOST_ROWS}", rows.len()),
                "send them in several files",
            ));
        }
        let stream = Stream::new("adoption", app);
        let mut head = self.store.head_of(&stream).await?;
        let estate = self.estate(app).await?;
        let mut table = Table::over(&estate, actor, reason, self.clock.now());
        let mut report = DecisionReport::default();
        let mut events = Vec::new();
        for row in rows {
            match table.judge(row) {
                Ok(None) => report.open += 1,
                Ok(Some(said)) if said.is_empty() => report.unchanged += 1,
                Ok(Some(said)) => {
                    events.extend(said);
                    report.decided.push(DecidedRow {
                        line: row.line,
                        account: row.account.clone(),
                        group: row.group.clone(),
                        decision: row.decision.trim().to_owned(),
                    });
                }
                Err(flaw) => report.diagnostics.push(flaw.of(row.line)),
            }
        }
        if dry_run {
            return Ok(report);
        }
        for chunk in events.chunks(CHUNK) {
            let append = Append::of(actor.clone(), chunk.to_vec()).on(stream.clone(), head);
            head = Some(self.store.append(append).await?.last);
        }
        Ok(report)
    }
}

/// The estate while rows are held against it.
struct Table<'a> {
    estate: &'a Estate,
    by: &'a str,
    reason: &'a str,
    now: Timestamp,
    accounts: BTreeMap<&'a str, &'a EstateAccount>,
    keys: BTreeMap<&'a str, Vec<SubjectId>>,
    /// Who has an account here, and which.
    taken: BTreeMap<SubjectId, String>,
    /// The rows so far: account and group, and their line.
    seen: BTreeMap<(String, String), u64>,
}

type Judged = Result<Option<Vec<Event>>, Flaw>;

impl<'a> Table<'a> {
    fn over(estate: &'a Estate, actor: &'a Actor, reason: &'a str, now: Timestamp) -> Self {
        let mut keys: BTreeMap<&str, Vec<SubjectId>> = BTreeMap::new();
        for known in estate.people.values() {
            for engagement in &known.person.engagements {
                let subjects = keys.entry(&engagement.key).or_default();
                subjects.push(known.person.subject);
            }
        }
        for subjects in keys.values_mut() {
            subjects.sort_unstable();
            subjects.dedup();
        }
        let has = |a: &&EstateAccount| matches!(a.class, Class::Linked | Class::Adopted);
        let holders = estate.accounts.iter().filter(has);
        Self {
            estate,
            by: &actor.principal,
            reason,
            now,
            accounts: estate
                .accounts
                .iter()
                .map(|a| (a.remote.as_str(), a))
                .collect(),
            keys,
            taken: holders
                .filter_map(|a| Some((a.people.first()?.subject, a.remote.0.clone())))
                .collect(),
            seen: BTreeMap::new(),
        }
    }

    /// The events of a row; none where it says what was decided before.
    fn judge(&mut self, row: &DecisionRow) -> Judged {
        let Some(said) = rows::said(row)? else {
            return Ok(None);
        };
        let account = self.account(row)?;
        let place = (row.account.clone(), row.group.clone());
        if let Some(line) = self.seen.insert(place, row.line) {
            let problem = format!("line {line} decides about the same");
            return Err(Flaw::new("account", problem, "leave one of them out"));
        }
        if let Some(document) = &account.declared {
            return declared(account, &said, document);
        }
        let events = match said {
            Said::Keep | Said::Reject => self.access(row, account, &said)?,
            Said::Undecided if !row.group.is_empty() => self.access(row, account, &said)?,
            Said::Undecided => self.undecided(row, account),
            Said::NotTheSame(key) => self.not_the_same(row, account, &key)?,
            Said::Adopt(key) => {
                let subject = self.person(&key)?;
                self.free(account, subject)?;
                self.taken.insert(subject, account.remote.0.clone());
                self.holder(row, account, Holder::Person { subject })?
            }
            Said::Holder(holder) => self.holder(row, account, holder)?,
        };
        Ok(Some(events))
    }

    fn account(&self, row: &DecisionRow) -> Result<&'a EstateAccount, Flaw> {
        let found = self.accounts.get(row.account.as_str()).copied();
        found.ok_or_else(|| {
            let (account, app) = (&row.account, &self.estate.target);
            let problem = format!("`{app}` has no account `{account:.100}`");
            let fix = format!("keep the column as `tenure adopt {app} -o csv` wrote it");
            Flaw::new("account", problem, fix)
        })
    }

    fn person(&self, key: &str) -> Result<SubjectId, Flaw> {
        if let Ok(subject) = key.parse::<SubjectId>()
            && self.estate.people.contains_key(&subject)
        {
            return Ok(subject);
        }
        match self.keys.get(key).map(Vec::as_slice) {
            Some([one]) => Ok(*one),
            Some(several) => {
                let ids: Vec<String> = several.iter().map(ToString::to_string).collect();
                let problem = format!("several sources know the worker key `{key:.100}`");
                let fix = format!("write the subject instead: {}", ids.join(" or "));
                Err(Flaw::new("decision", problem, fix))
            }
            None => {
                let near = rules_near(key, self.keys.keys().copied());
                let problem = format!("nobody has the worker key `{key:.100}`");
                Err(Flaw::new("decision", problem, near))
            }
        }
    }

    /// Refuses a second account for one person, and a second person for one account.
    fn free(&self, account: &EstateAccount, subject: SubjectId) -> Result<(), Flaw> {
        let mine = |remote: &&String| **remote != account.remote.0;
        let Some(other) = self.taken.get(&subject).filter(mine) else {
            return Ok(());
        };
        let problem = format!("this person has the account `{other:.100}` here already");
        let fix = "one of the two is not theirs; decide about that one first";
        Err(Flaw::new("decision", problem, fix))
    }

    fn holder(
        &mut self,
        row: &DecisionRow,
        account: &EstateAccount,
        holder: Holder,
    ) -> Result<Vec<Event>, Flaw> {
        if account.class == Class::Linked {
            let same = account.people.first().map(|w| w.subject) == subject_of(&holder);
            return if same {
                Ok(Vec::new())
            } else {
                Err(linked(account))
            };
        }
        let before = account.decided.as_ref();
        if before.is_some_and(|d| d.holder == holder) {
            return Ok(Vec::new());
        }
        // Whoever it was said to be before may have another account now.
        if let Some(old) = before.and_then(AccountDecided::subject)
            && Some(old) != subject_of(&holder)
        {
            self.taken.remove(&old);
        }
        Ok(vec![self.decided(row, account, holder)])
    }

    fn undecided(&mut self, row: &DecisionRow, account: &EstateAccount) -> Vec<Event> {
        let mut events = Vec::new();
        if let Some(before) = &account.decided {
            if let Some(old) = before.subject() {
                self.taken.remove(&old);
            }
            events.push(self.decided(row, account, Holder::Undecided));
        }
        let person = account.person().map(|who| who.subject);
        let address = person.map(|s| Address::account(&self.estate.target, s));
        if let Some(address) = address
            && self.stated(&address).is_some()
        {
            events.push(self.state(row, address, Stated::Undecided));
        }
        events
    }

    fn not_the_same(
        &mut self,
        row: &DecisionRow,
        account: &EstateAccount,
        key: &str,
    ) -> Result<Vec<Event>, Flaw> {
        let subject = self.person(key)?;
        let theirs = account.people.first().is_some_and(|w| w.subject == subject);
        if account.class == Class::Linked && theirs {
            return Err(linked(account));
        }
        let known = self.estate.decisions.rejected.iter().any(|r| {
            let e = &r.rejected;
            (&e.target, &e.remote, e.subject) == (&self.estate.target, &account.remote, subject)
        });
        if known {
            return Ok(Vec::new());
        }
        let mut events = Vec::new();
        if account.class == Class::Adopted && theirs {
            self.taken.remove(&subject);
            events.push(self.decided(row, account, Holder::Undecided));
        }
        events.push(Event::MatchRejected(MatchRejected {
            target: self.estate.target.clone(),
            remote: account.remote.clone(),
            subject,
            by: self.by.to_owned(),
            reason: self.why(row),
        }));
        Ok(events)
    }

    /// A decision about access: to the account, or to a group of the app.
    fn access(
        &self,
        row: &DecisionRow,
        account: &EstateAccount,
        said: &Said,
    ) -> Result<Vec<Event>, Flaw> {
        let Some(who) = account.person() else {
            let problem = "it is not known whose this account is".to_owned();
            let fix = "decide about the account first, with `adopt WORKERKEY`";
            return Err(Flaw::new("account", problem, fix));
        };
        let address = self.address(row, who.subject)?;
        let stated = match said {
            Said::Keep => Stated::Keep {
                owner: rows::needed(row, "keep")?,
                until: rows::until(row, self.now)?,
            },
            Said::Reject => Stated::Reject,
            _ => Stated::Undecided,
        };
        if stated != Stated::Undecided && self.estate.gives(who.subject, &address, self.now) {
            let problem = "a rule gives this, or a grant, and a decision counts where none speaks";
            let fix = "change the rule or the grant";
            return Err(Flaw::new("decision", problem.to_owned(), fix));
        }
        let before = self.stated(&address);
        let none = before.is_none() && stated == Stated::Undecided;
        if none || before.is_some_and(|b| *b == stated) {
            return Ok(Vec::new());
        }
        let mut events = Vec::new();
        if account.class == Class::Exact && stated != Stated::Undecided {
            // What is decided about must not become someone else's by the next match.
            let subject = who.subject;
            events.push(self.decided(row, account, Holder::Person { subject }));
        }
        events.push(self.state(row, address, stated));
        Ok(events)
    }

    fn address(&self, row: &DecisionRow, subject: SubjectId) -> Result<Address, Flaw> {
        let target = &self.estate.target;
        if row.group.is_empty() {
            return Ok(Address::account(target, subject));
        }
        let group = self.estate.group_key(&row.group);
        group
            .map(|key| Address::grant(target, subject, key))
            .ok_or_else(|| {
                let problem = format!("no document declares the group `{:.100}`", row.group);
                let fix = "list it under `groups` of the app; Tenure touches no other groups";
                Flaw::new("group", problem, fix)
            })
    }

    fn stated(&self, address: &Address) -> Option<&Stated> {
        let mut decided = self.estate.decisions.access.iter().map(|d| &d.decided);
        decided.find(|d| d.address == *address).map(|d| &d.stated)
    }

    fn decided(&self, row: &DecisionRow, account: &EstateAccount, holder: Holder) -> Event {
        Event::AccountDecided(AccountDecided {
            target: self.estate.target.clone(),
            remote: account.remote.clone(),
            holder,
            by: self.by.to_owned(),
            reason: self.why(row),
        })
    }

    fn state(&self, row: &DecisionRow, address: Address, stated: Stated) -> Event {
        Event::AccessDecided(AccessDecided {
            address,
            stated,
            by: self.by.to_owned(),
            reason: self.why(row),
        })
    }

    fn why(&self, row: &DecisionRow) -> String {
        let own = row.reason.trim();
        if own.is_empty() { self.reason } else { own }.to_owned()
    }
}

fn subject_of(holder: &Holder) -> Option<SubjectId> {
    match holder {
        Holder::Person { subject } => Some(*subject),
        _ => None,
    }
}

/// A decision about an account of which a document says what it is: only the same.
fn declared(account: &EstateAccount, said: &Said, document: &str) -> Judged {
    let stands = account.decided.as_ref().map(|d| &d.holder);
    match said {
        Said::Holder(holder) if Some(holder) == stands => Ok(Some(Vec::new())),
        _ => {
            let problem = format!("the document `{document}` says what this account is");
            let fix = "change or remove the document";
            Err(Flaw::new("account", problem, fix))
        }
    }
}

fn linked(account: &EstateAccount) -> Flaw {
    let whose = account.people.first().map_or("", |w| w.key.as_str());
    let problem = format!("the account is linked to `{whose:.100}` already");
    Flaw::new("account", problem, "undo the wave that took it over first")
}

fn rules_near<'k>(key: &str, known: impl Iterator<Item = &'k str>) -> String {
    rules::closest(key, known).map_or_else(
        || "write a worker key or a subject id; `tenure people TEXT` finds them".to_owned(),
        |near| format!("did you mean `{near}`?"),
    )
}
