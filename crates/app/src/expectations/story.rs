//! `LifecycleTest`: one person through time, over targets that do whatever they are told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use documents::{AccountState, ExpectedAccess, LifecycleTest, Moment, Part};
use lifecycle::RuleBook;
use lifecycle::assign::{Worker, assign};
use lifecycle::beside::Beside;
use lifecycle::draft::{Object, Observed, Proof, Seen, draft};
use lifecycle::due::{Told, next_due};
use lifecycle::grace::{History, Past, graces, keep};
use lifecycle::identity::identity;
use lifecycle::manual::Manual;
use lifecycle::resolve::{Desired, Wanted, resolve, unwanted};
use model::canonical::Digest;
use model::plan::About;
use model::{
    Act, Address, Attributes, Cause, Change, DeliveryId, Engagement, EngagementId, Input, Kind,
    Ownership, RemoteId, Step, SubjectId, TargetName, Timestamp,
};

use super::{Unmet, trace};

pub(super) fn unmet<'t>(test: &'t LifecycleTest, book: &RuleBook) -> Vec<Unmet<'t>> {
    let mut story = Story::new(book, &test.key);
    let mut unmet = Vec::new();
    let mut before: Option<&Moment> = None;
    for (index, moment) in test.moments.iter().enumerate() {
        if let Some(before) = before {
            story.meanwhile(before, moment.at);
            story.tell(before, moment);
        }
        story.go_on(moment, moment.at);
        for (app, expected) in &moment.expect {
            let got = story.access(app);
            let path = [
                Part::Key("spec"),
                Part::Key("moments"),
                Part::Index(index),
                Part::Key("expect"),
                Part::Key(app.as_str()),
            ];
            for (field, expected, got) in differences(expected, &got) {
                unmet.push(Unmet {
                    path: [&path[..], &[Part::Key(field)]].concat(),
                    about: format!("{field} in {app} at {}", moment.written),
                    expected,
                    got,
                    trace: story.trace(app, moment),
                });
            }
        }
        before = Some(moment);
    }
    unmet
}

/// What a person has in one app.
struct Access {
    account: AccountState,
    groups: BTreeSet<String>,
    because: BTreeSet<String>,
}

fn differences(expected: &ExpectedAccess, got: &Access) -> Vec<(&'static str, String, String)> {
    let mut found = Vec::new();
    if expected.account != got.account {
        let (expected, got) = (expected.account.to_string(), got.account.to_string());
        found.push(("account", expected, got));
    }
    let sets = [
        ("groups", &expected.groups, &got.groups),
        ("because", &expected.because, &got.because),
    ];
    for (field, expected, got) in sets {
        if let Some(expected) = expected
            && expected != got
        {
            found.push((field, list(expected), list(got)));
        }
    }
    found
}

fn list(words: &BTreeSet<String>) -> String {
    if words.is_empty() {
        return "nothing".to_owned();
    }
    words.iter().cloned().collect::<Vec<_>>().join(", ")
}

/// What has come of one person so far.
struct Story<'a> {
    book: &'a RuleBook,
    key: &'a str,
    subject: SubjectId,
    /// Accounts that exist, and whether they may be used.
    accounts: BTreeMap<TargetName, bool>,
    /// Memberships that exist.
    grants: BTreeSet<Address>,
    /// What was wanted last.
    desired: Desired,
    /// What was told before.
    history: History,
}

impl<'a> Story<'a> {
    fn new(book: &'a RuleBook, key: &'a str) -> Self {
        Self {
            book,
            key,
            subject: SubjectId::from_bits(1),
            accounts: BTreeMap::new(),
            grants: BTreeSet::new(),
            desired: Desired::new(),
            history: History::default(),
        }
    }

    /// What happens by itself after a moment and before the next one: work begins or ends, or an
    /// account is kept no longer.
    fn meanwhile(&mut self, since: &Moment, until: Timestamp) {
        let engagement = self.engagement(since);
        let spans = self.book.spans();
        let told = Told {
            engagements: std::slice::from_ref(&engagement),
            terminated: None,
            tasks: &[],
        };
        let nobody = Beside::default();
        let mut now = since.at;
        loop {
            let about = (self.subject, std::slice::from_ref(&engagement));
            let graces = graces(about, &self.history, self.book, now, now);
            let ends = graces.iter().map(|grace| grace.until);
            let due = next_due(told, &spans, &nobody, now).unwrap_or(None);
            let next = due.into_iter().chain(ends).min();
            let Some(next) = next.filter(|next| *next < until) else {
                break;
            };
            self.go_on(since, next);
            now = next;
        }
    }

    /// HR says something new at a moment, or the same again.
    fn tell(&mut self, before: &Moment, moment: &Moment) {
        if before.facts == moment.facts && before.withdrawn == moment.withdrawn {
            return;
        }
        let from = self
            .history
            .past
            .last()
            .map_or(before.at, |past| past.until);
        self.history.past.push(Past {
            from,
            until: moment.at,
            engagements: vec![self.engagement(before)],
        });
    }

    fn engagement(&self, moment: &Moment) -> Engagement {
        Engagement {
            id: EngagementId::from_bits(1),
            source: String::new(),
            key: self.key.to_owned(),
            facts: Arc::new(moment.facts.clone()),
            digest: Digest::default(),
            withdrawn: moment.withdrawn,
            delivery: DeliveryId::from_bits(1),
            change: Change::Joiner,
        }
    }

    /// Decides as production does, and does what was decided.
    fn go_on(&mut self, moment: &Moment, now: Timestamp) {
        let engagement = self.engagement(moment);
        let told = [engagement];
        let Some(identity) = identity(&told, &self.book.sources, now) else {
            return;
        };
        // Nobody does anything by hand here, and nothing waits for it.
        let worker = Worker::new(self.subject, &identity, None).having_done(Manual::Done);
        let (mut assignments, _) = assign(worker, self.book, &BTreeMap::new(), now);
        let accounts = self.accounts.keys();
        let accounts = accounts.map(|target| Address::account(target, self.subject));
        let theirs: BTreeSet<Address> = accounts.chain(self.grants.iter().cloned()).collect();
        let graces = graces((self.subject, &told), &self.history, self.book, now, now);
        let kept = keep(worker, &graces, &assignments, &theirs, now);
        assignments.extend(kept);
        (self.desired, _) = resolve(assignments, now);
        let cause = Cause {
            input: Input::Clock,
            change: Change::Rule,
        };
        let about = About::Subject(self.subject);
        let observed = self.observed();
        let drafted = draft(
            &about,
            &self.desired,
            &observed,
            self.book,
            &cause,
            Digest::default(),
        );
        for step in drafted.plan.into_iter().flat_map(|plan| plan.steps) {
            self.done(&step);
        }
    }

    fn observed(&self) -> Observed {
        let mut observed = Observed::default();
        for target in self.book.apps.keys() {
            let seen = self.accounts.get(target).map_or(Seen::Absent, |active| {
                let object = Object {
                    remote: RemoteId::from("account"),
                    active: *active,
                    attributes: Attributes::new(),
                };
                present(Some(object))
            });
            let at = Address::account(target, self.subject);
            // Targets here are looked at before anything else happens.
            observed.proofs.insert(at.clone(), Proof::Disabled);
            observed.seen.insert(at, seen);
        }
        let wanted = self.desired.keys().filter(|at| at.kind == Kind::Grant);
        for at in wanted.chain(&self.grants) {
            let seen = match self.grants.contains(at) {
                true => present(None),
                false => Seen::Absent,
            };
            observed.seen.insert(at.clone(), seen);
        }
        observed
    }

    fn done(&mut self, step: &Step) {
        let target = &step.address.target;
        match &step.act {
            Act::Create { active, .. } => {
                self.accounts.insert(target.clone(), *active);
            }
            Act::Enable => {
                self.accounts.insert(target.clone(), true);
            }
            Act::Disable => {
                self.accounts.insert(target.clone(), false);
            }
            Act::Delete => {
                self.accounts.remove(target);
                self.grants.retain(|at| at.target != *target);
            }
            Act::Grant => {
                self.grants.insert(step.address.clone());
            }
            Act::Revoke => {
                self.grants.remove(&step.address);
            }
            // Nothing here was there before, and no expectation is about values.
            Act::Adopt { .. } | Act::Update { .. } => {}
        }
    }

    fn access(&self, app: &TargetName) -> Access {
        let at = Address::account(app, self.subject);
        let wish = self.desired.get(&at);
        let there = self.accounts.get(app);
        let account = match (wish.map(|wish| &wish.wanted), there) {
            (Some(Wanted::Untouched), _) => AccountState::Untouched,
            (_, Some(true)) => AccountState::Present,
            (_, Some(false)) => AccountState::Disabled,
            (_, None) => AccountState::Absent,
        };
        let held: Vec<&Address> = self.grants.iter().filter(|g| g.target == *app).collect();
        let mut reasons = Vec::new();
        match wish {
            // Whoever has no account has it for no reason.
            _ if account == AccountState::Absent => {}
            Some(wish) => reasons.extend(wish.because.clone()),
            None => reasons.extend(unwanted().because),
        }
        let wishes = held.iter().filter_map(|at| self.desired.get(*at));
        reasons.extend(wishes.flat_map(|wish| wish.because.clone()));
        let groups = held.iter().filter_map(|at| at.key.granted_group());
        Access {
            account,
            groups: groups.map(str::to_owned).collect(),
            because: reasons
                .into_iter()
                .map(|reason| reason.by)
                // That an app maps attributes is no reason to have an account in it.
                .filter(|by| !by.starts_with("app/"))
                .collect(),
        }
    }

    /// How it came to this: what was said about the account, and every rule that could give
    /// something in the app.
    fn trace(&self, app: &TargetName, moment: &Moment) -> Vec<String> {
        let at = Address::account(app, self.subject);
        let wish = self.desired.get(&at);
        let mut told: Vec<String> = wish
            .iter()
            .flat_map(|wish| &wish.because)
            .map(|reason| format!("{}: {}", reason.by, reason.text))
            .collect();
        if wish.is_none() {
            told.push("nothing speaks for an account".to_owned());
        }
        for rule in &self.book.rules {
            if rule.grants.iter().any(|grant| grant.target == *app) {
                let decided = rule.when.holds(&moment.facts, self.key);
                let by = format!("rule/{}", rule.name);
                told.extend(trace::of(&by, rule.when.source(), &decided.trace));
            }
        }
        let mappings = self.book.apps.get(app).map(|app| &app.attributes);
        for (path, mapping) in mappings.into_iter().flatten() {
            let decided = mapping.value(&moment.facts, self.key);
            if decided.answer.is_err() {
                let by = format!("app/{app} {path}");
                told.extend(trace::of(&by, mapping.source(), &decided.trace));
            }
        }
        told
    }
}

fn present(object: Option<Object>) -> Seen {
    Seen::Present {
        object,
        ownership: Some(Ownership::Managed),
    }
}
