//! Access that no rule gives and nobody decided about: a list that burns down.

use std::collections::{BTreeMap, BTreeSet};

use lifecycle::correlate::Class;
use lifecycle::explain::{Directory, Suggestion};
use model::facts::Standing;
use model::{Address, Kind, RemoteId, SubjectId, Timestamp, Value};

use super::estate::{Estate, EstateAccount, Who};
use crate::{App, AppError};

/// For so many groups conditions are searched: those with most left.
const MOST_SEARCHED: usize = 200;
/// Rows per read.
const PAGE: u32 = 1_000;

/// Access of one account that nobody has explained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnexplainedAccess {
    /// The app's id of the account.
    pub remote: RemoteId,
    /// Its name in the app.
    pub name: String,
    /// What it is.
    pub class: Class,
    /// The group, by its name in the app; `None`: the account itself.
    pub group: Option<String>,
    /// Whose it is, where that is known.
    pub person: Option<Who>,
    /// Why nothing explains it.
    pub why: &'static str,
}

/// What is left of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnexplainedOf {
    /// The group, by its name in the app; `None`: accounts.
    pub group: Option<String>,
    /// Rules can give it.
    pub declared: bool,
    /// How many are left.
    pub unexplained: usize,
    /// The condition that would explain most of them.
    pub suggestion: Option<Suggestion>,
}

/// Unexplained access of an app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unexplained {
    /// What is left, those with most first.
    pub of: Vec<UnexplainedOf>,
    /// Each of them.
    pub rows: Vec<UnexplainedAccess>,
}

/// Who holds one thing, and for whom that is unexplained.
#[derive(Default)]
struct Held {
    holders: BTreeSet<SubjectId>,
    unexplained: BTreeSet<SubjectId>,
    rows: usize,
}

impl App {
    /// What an app holds that no rule gives and nobody decided about. Writes nothing.
    ///
    /// # Errors
    /// As [`App::estate`].
    pub async fn unexplained(&self, app: &str) -> Result<Unexplained, AppError> {
        let estate = self.estate(app).await?;
        let now = self.clock.now();
        let stated: BTreeSet<Address> = estate
            .decisions
            .access
            .iter()
            .map(|d| d.decided.address.clone())
            .collect();
        let mut given: BTreeMap<SubjectId, BTreeSet<Address>> = BTreeMap::new();
        for account in &estate.accounts {
            if let Some(who) = account.person() {
                given.insert(who.subject, estate.given(who.subject, now));
            }
        }
        let open = |at: &Address| {
            let by_rule = at.key.subject().and_then(|s| given.get(&s));
            !stated.contains(at) && by_rule.is_none_or(|given| !given.contains(at))
        };
        let mut rows = Vec::new();
        let mut held: BTreeMap<Option<String>, Held> = BTreeMap::new();
        for account in &estate.accounts {
            let why = why(&estate, account, &open);
            note(&mut held, &mut rows, account, None, why);
        }
        self.memberships(&estate, &open, &mut held, &mut rows)
            .await?;
        rows.sort_by(|a, b| (&a.remote, &a.group).cmp(&(&b.remote, &b.group)));
        let of = weigh(&estate, held, now);
        Ok(Unexplained { of, rows })
    }

    async fn memberships(
        &self,
        estate: &Estate,
        open: &impl Fn(&Address) -> bool,
        held: &mut BTreeMap<Option<String>, Held>,
        rows: &mut Vec<UnexplainedAccess>,
    ) -> Result<(), AppError> {
        let target = &estate.target;
        let ours = self.granted(target).await?;
        let accounts: BTreeMap<&RemoteId, &EstateAccount> =
            estate.accounts.iter().map(|a| (&a.remote, a)).collect();
        for group in self.records(target, Kind::Group).await? {
            let key = estate.group_key(&group.name);
            for member in self.store.members(target, &group.remote).await? {
                let Some(account) = accounts.get(&member) else {
                    continue;
                };
                // Whose account it is comes first; its groups are asked about then.
                let Some(who) = account.person() else {
                    continue;
                };
                let why = match key {
                    None => Some("the group is declared by no document"),
                    Some(key) => {
                        let at = Address::grant(target, who.subject, key);
                        let left = !ours.contains(&at.key.0) && open(&at);
                        left.then_some("no rule gives it")
                    }
                };
                note(held, rows, account, Some(&group.name), why);
            }
        }
        Ok(())
    }

    /// The grants of an app that are ours already.
    pub(super) async fn granted(
        &self,
        target: &model::TargetName,
    ) -> Result<BTreeSet<String>, AppError> {
        let mut ours = BTreeSet::new();
        let mut after: Option<String> = None;
        loop {
            let page = self
                .store
                .links_page(target, Kind::Grant, after.as_deref(), PAGE)
                .await?;
            let full = page.len() == PAGE as usize;
            after = page.last().map(|l| l.address.key.0.clone());
            ours.extend(page.into_iter().map(|l| l.address.key.0));
            if !full {
                return Ok(ours);
            }
        }
    }
}

fn note(
    held: &mut BTreeMap<Option<String>, Held>,
    rows: &mut Vec<UnexplainedAccess>,
    account: &EstateAccount,
    group: Option<&str>,
    why: Option<&'static str>,
) {
    let group = group.map(str::to_owned);
    let person = account.person();
    let held = held.entry(group.clone()).or_default();
    held.holders.extend(person.map(|who| who.subject));
    let Some(why) = why else { return };
    held.rows += 1;
    held.unexplained.extend(person.map(|who| who.subject));
    rows.push(UnexplainedAccess {
        remote: account.remote.clone(),
        name: account.name.clone(),
        class: account.class,
        group,
        person: person.cloned(),
        why,
    });
}

/// Why nothing explains an account; `None`: something does. Accounts that may not be used give
/// nobody access.
fn why(
    estate: &Estate,
    account: &EstateAccount,
    open: &impl Fn(&Address) -> bool,
) -> Option<&'static str> {
    if !account.active {
        return None;
    }
    let given = || {
        let subject = account.people.first()?.subject;
        let left = open(&Address::account(&estate.target, subject));
        left.then_some("no rule gives it")
    };
    match account.class {
        Class::Adopted | Class::Exact => given(),
        Class::Ambiguous => Some("several people or accounts match"),
        Class::Orphan if account.decided.is_none() => Some("nobody matches"),
        Class::Privileged if account.decided.is_none() => Some("it is privileged"),
        // What is linked is kept or withdrawn by plans; the others were decided about.
        Class::Linked
        | Class::Orphan
        | Class::Privileged
        | Class::Shared
        | Class::Service
        | Class::Ignored => None,
    }
}

/// What is left of each kind, with the condition that would explain most of it.
fn weigh(
    estate: &Estate,
    held: BTreeMap<Option<String>, Held>,
    now: Timestamp,
) -> Vec<UnexplainedOf> {
    let mut left: Vec<(Option<String>, Held)> = held.into_iter().collect();
    left.retain(|(_, held)| held.rows > 0);
    left.sort_by(|a, b| (b.1.rows, &a.0).cmp(&(a.1.rows, &b.0)));
    let (directory, numbers) = directory(estate, now);
    let number = |people: &BTreeSet<SubjectId>| -> BTreeSet<u32> {
        let known = people.iter().filter_map(|s| numbers.get(s));
        known.copied().collect()
    };
    let mut out = Vec::new();
    for (index, (group, held)) in left.into_iter().enumerate() {
        let (unexplained, holders) = (number(&held.unexplained), number(&held.holders));
        let searched = index < MOST_SEARCHED;
        let found = searched.then(|| directory.explain(&unexplained, &holders));
        // A condition that no rule could say is no suggestion.
        let schema = &estate.loaded.tenant.schema;
        let sound = |s: &Suggestion| rules::compile_condition(&s.when, schema).is_ok();
        let suggestion = found
            .flatten()
            .filter(sound)
            .map(|s| Suggestion { of: held.rows, ..s });
        out.push(UnexplainedOf {
            declared: group
                .as_deref()
                .is_none_or(|g| estate.group_key(g).is_some()),
            group,
            unexplained: held.rows,
            suggestion,
        });
    }
    out
}

/// Everyone who is engaged, by what rules that grant may look at.
fn directory(estate: &Estate, now: Timestamp) -> (Directory, BTreeMap<SubjectId, u32>) {
    let mut directory = Directory::default();
    let mut numbers = BTreeMap::new();
    let editable = &estate.loaded.tenant.self_editable;
    for known in estate.people.values() {
        let (person, identity) = (&known.person, &known.identity);
        let gone = identity.withdrawn || person.termination.is_some();
        let standing = identity.facts.standing(now);
        if gone || !standing.is_ok_and(Standing::is_engaged) {
            continue;
        }
        let attributes = identity.facts.attributes.iter();
        let texts = attributes
            .filter(|(name, _)| !editable.contains(*name))
            .filter_map(|(name, value)| Some((name.as_str(), Value::as_text(value)?)));
        numbers.insert(person.subject, directory.add(texts));
    }
    (directory, numbers)
}
