//! What would happen in one app.

use std::collections::BTreeMap;

use lifecycle::Mode;
use model::plan::About;
use model::{Act, Change, Kind, Step, SubjectId, TargetName};
use rules::{Mapped, Mapping};

use super::survey::{Accounts, Sharing, Values};
use crate::tenant::Loaded;
use crate::{App, AppError, WavePreview};

/// What would happen in one app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppOutlook {
    /// The app.
    pub app: TargetName,
    /// How far its document lets Tenure go; nothing is planned for an app that is only observed.
    pub mode: Mode,
    /// Whether its accounts and groups were listed completely. Where they were not, nothing is
    /// planned that depends on what is there, and much may follow once it is observed.
    pub listed: bool,
    /// People whom rules give an account.
    pub accounts: u64,
    /// People who get something.
    pub gain: Names,
    /// People who lose something.
    pub lose: Names,
    /// People whose account is taken over or gets other values.
    pub change: Names,
    /// Requests that change something, by verb. Memberships of one group that are sent together
    /// are counted one by one, so there may be fewer.
    pub requests: BTreeMap<&'static str, u64>,
    /// The values of each mapped attribute.
    pub attributes: Vec<Histogram>,
    /// People who would have the same value of an attribute by which accounts are matched.
    pub collisions: Vec<Collision>,
    /// How many collisions there are.
    pub collisions_total: u64,
    /// Requests a second that the document or the provider's profile allows.
    pub per_second: Option<u32>,
    /// How long it takes at that rate at the most, each change with its read-back, in seconds.
    pub seconds: Option<u64>,
}

/// People, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// How many.
    pub total: u64,
    /// The first of them.
    pub people: Vec<Named>,
}

/// A person and what would happen to them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Who.
    pub subject: SubjectId,
    /// The name to show.
    pub name: String,
    /// What, for people: `account`, `group sales`.
    pub what: Vec<String>,
    /// What kind of change it is for them.
    pub change: Change,
}

/// The values of one attribute over all accounts that rules give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Histogram {
    /// The attribute's path.
    pub path: String,
    /// Accounts without a value.
    pub empty: u64,
    /// Different values that were counted.
    pub different: u64,
    /// There are more different values than were counted: those that came first are in `top`.
    pub more: bool,
    /// The most frequent values.
    pub top: Vec<(String, u64)>,
}

/// People who would have the same value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collision {
    /// The attribute's path.
    pub path: String,
    /// The value.
    pub value: String,
    /// How many people.
    pub total: u64,
    /// The first of them, by name.
    pub people: Vec<String>,
}

/// Names in each list of an app.
const MOST_NAMES: usize = 500;
/// Values of an attribute.
const MOST_VALUES: usize = 10;
/// Collisions of an app.
const MOST_COLLISIONS: usize = 100;

impl App {
    pub(super) async fn outlook(
        &self,
        loaded: &Loaded,
        app: &TargetName,
        waves: &[WavePreview],
        accounts: Accounts,
    ) -> Result<AppOutlook, AppError> {
        let rules = loaded.book.apps.get(app);
        let mut outlook = AppOutlook {
            app: app.clone(),
            mode: rules.map_or(Mode::Observe, |rules| rules.mode),
            listed: self.listed(loaded, app).await?,
            accounts: accounts.total,
            gain: Names::default(),
            lose: Names::default(),
            change: Names::default(),
            requests: BTreeMap::new(),
            attributes: accounts.values.into_iter().map(histogram).collect(),
            collisions: Vec::new(),
            collisions_total: 0,
            per_second: self.rate(loaded, app).await,
            seconds: None,
        };
        let mut looks: u64 = 0;
        for plan in waves.iter().flat_map(|wave| &wave.plans) {
            let steps: Vec<&Step> = plan
                .plan
                .steps
                .iter()
                .filter(|step| step.address.target == *app)
                .collect();
            looks += steps.len() as u64;
            for step in &steps {
                if !matches!(step.act, Act::Adopt { .. }) {
                    *outlook.requests.entry(step.act.verb()).or_default() += 1;
                }
            }
            if let About::Subject(subject) = plan.plan.about {
                let who = (subject, plan.name.as_str(), plan.plan.cause.change);
                outlook.name(who, &steps);
            }
        }
        let requests: u64 = outlook.requests.values().sum();
        outlook.seconds = outlook
            .per_second
            .map(|rate| (requests + looks).div_ceil(u64::from(rate.max(1))));
        for (path, keys) in accounts.keys {
            let mut shared: Vec<Sharing> = keys.shared.into_values().collect();
            outlook.collisions_total += shared.len() as u64;
            shared.sort_by(|a, b| (b.total, &a.value).cmp(&(a.total, &b.value)));
            shared.truncate(MOST_COLLISIONS.saturating_sub(outlook.collisions.len()));
            let mapping = loaded
                .book
                .apps
                .get(app)
                .and_then(|app| app.attributes.get(&path));
            for sharing in shared {
                match self.collision(loaded, &path, sharing, mapping).await? {
                    Some(collision) => outlook.collisions.push(collision),
                    None => outlook.collisions_total -= 1,
                }
            }
        }
        Ok(outlook)
    }

    /// Names the people of a collision, and proves that it is one: of the first person only a
    /// hash was kept.
    async fn collision(
        &self,
        loaded: &Loaded,
        path: &str,
        sharing: Sharing,
        mapping: Option<&Mapping>,
    ) -> Result<Option<Collision>, AppError> {
        let people = self.store.people(&sharing.people).await?;
        let people = people
            .iter()
            .map(|person| self.identity(person, &loaded.book.sources))
            .collect::<Result<Vec<_>, _>>()?;
        let shares = |facts, key| match mapping.map(|mapping| mapping.apply(facts, key)) {
            Some(Ok(Mapped::Value(value))) => value
                .to_string()
                .eq_ignore_ascii_case(sharing.value.as_str()),
            _ => false,
        };
        let (sharers, others): (Vec<_>, Vec<_>) = people
            .iter()
            .partition(|person| shares(&person.facts, &person.key));
        let total = sharing.total.saturating_sub(others.len() as u64);
        Ok((total > 1).then(|| Collision {
            path: path.to_owned(),
            value: sharing.value.clone(),
            total,
            people: sharers.iter().map(|p| p.facts.display_name()).collect(),
        }))
    }

    /// The rate that holds for an app; `None` where none is stated, or where it cannot be
    /// connected yet.
    pub(crate) async fn rate(&self, loaded: &Loaded, app: &TargetName) -> Option<u32> {
        let stated = loaded.tenant.apps.get(app)?.limits.requests_per_second;
        if stated.is_some() {
            return stated;
        }
        let target = self.connection(loaded, app).await.ok()?;
        target.capabilities().requests_per_second
    }
}

impl AppOutlook {
    fn name(&mut self, (subject, name, change): (SubjectId, &str, Change), steps: &[&Step]) {
        let lists = [
            (&mut self.gain, gains as fn(&Step) -> Option<String>),
            (&mut self.lose, loses),
            (&mut self.change, changes),
        ];
        for (list, of) in lists {
            let what: Vec<String> = steps.iter().filter_map(|step| of(step)).collect();
            if what.is_empty() {
                continue;
            }
            list.total += 1;
            if list.people.len() < MOST_NAMES {
                list.people.push(Named {
                    subject,
                    name: name.to_owned(),
                    what,
                    change,
                });
            }
        }
    }
}

fn gains(step: &Step) -> Option<String> {
    match step.act {
        Act::Create { active: false, .. } => Some("account, disabled".to_owned()),
        Act::Create { .. } => Some("account".to_owned()),
        Act::Enable => Some("account enabled".to_owned()),
        Act::Grant => Some(group(step)),
        _ => None,
    }
}

fn loses(step: &Step) -> Option<String> {
    match step.act {
        Act::Disable => Some("account disabled".to_owned()),
        Act::Delete => Some("account deleted".to_owned()),
        Act::Revoke => Some(group(step)),
        _ => None,
    }
}

fn changes(step: &Step) -> Option<String> {
    match &step.act {
        Act::Adopt { .. } if step.address.kind == Kind::Grant => {
            Some(format!("{} taken over", group(step)))
        }
        Act::Adopt { .. } => Some("account taken over".to_owned()),
        Act::Update { set, unset } => {
            let changed = set.keys().cloned();
            let emptied = unset.iter().map(|path| format!("{path} emptied"));
            Some(changed.chain(emptied).collect::<Vec<_>>().join(", "))
        }
        _ => None,
    }
}

fn group(step: &Step) -> String {
    let name = step.address.key.granted_group().unwrap_or_default();
    format!("group {name}")
}

fn histogram((path, values): (String, Values)) -> Histogram {
    let different = values.counts.len() as u64;
    let mut top: Vec<(String, u64)> = values.counts.into_iter().collect();
    top.sort_by(|a, b| (b.1, &a.0).cmp(&(a.1, &b.0)));
    top.truncate(MOST_VALUES);
    Histogram {
        path,
        empty: values.empty,
        different,
        more: values.more,
        top,
    }
}
