#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::sync::LazyLock;

use model::time::Date;
use model::{Address, Attributes, Facts, Kind, Ownership, Record};
use proptest::prelude::*;
use rules::{Condition, Mapping, Schema, Type, compile_condition, compile_mapping};

use super::*;
use crate::assign::wishes;
use crate::draft::{Object, Observed, Seen, is_as_wanted};
use crate::fixtures::{facts, instant, subject};
use crate::manual::Manual;
use crate::resolve::{Desired, Wanted, resolve};
use crate::rulebook::{BirthrightRule, Entitlement, OnLeave, UniqueName};

const NOW: &str = "2026-06-01T12:00:00Z";
/// The last of them is in no document.
const APPS: [&str; 3] = ["chat", "code", "gone"];
const WHEN: [&str; 4] = [
    "true",
    "has(person.a)",
    "person.a == \"x\"",
    "person.desk != \"1\"",
];
/// The last is the manager's key.
const GIVES: [&str; 6] = [
    "person.a",
    "person.b",
    "upper(person.a)",
    "person.a + person.b",
    "person.desk == \"1\" ? \"q\" : \"r\"",
    "person.boss",
];

#[derive(Debug, Clone)]
struct App {
    observed_only: bool,
    /// Path, which expression, and whether it is an error that it gives nothing.
    mappings: BTreeMap<String, (usize, bool)>,
    clears: BTreeSet<String>,
    manager: bool,
    unique: bool,
}

/// How what they have differs from what they are to have.
#[derive(Debug, Clone)]
struct Differs {
    linked: Option<bool>,
    read: bool,
    active: bool,
    attributes: Attributes,
    without: Option<String>,
    groups: Option<BTreeSet<String>>,
}

#[derive(Debug, Clone)]
struct World {
    facts: BTreeMap<String, String>,
    /// They are at work; or they are not, or not as far as the source knows.
    at_work: u8,
    rules: Vec<(usize, usize, Option<String>)>,
    apps: Vec<App>,
    differs: Vec<Differs>,
    /// The manager is known, has an account, and is to have one.
    boss: (bool, bool, bool),
}

fn any_app() -> impl Strategy<Value = App> {
    let mapping = (0..GIVES.len(), prop::bool::weighted(0.1));
    (
        prop::bool::weighted(0.2),
        prop::collection::btree_map("p[1-4]", mapping, 0..4),
        prop::collection::btree_set("p[1-4]|boss", 0..3),
        prop::bool::weighted(0.3),
        prop::bool::weighted(0.2),
    )
        .prop_map(|(observed_only, mappings, clears, manager, unique)| App {
            observed_only,
            mappings,
            clears,
            manager,
            unique,
        })
}

fn any_difference() -> impl Strategy<Value = Differs> {
    let rarely = |what| prop::option::weighted(0.1, what);
    let values = prop::collection::btree_map("p[0-4]|boss", "[xXr]".prop_map(Value::Text), 0..2);
    (
        rarely(prop::bool::ANY.boxed()),
        prop::bool::weighted(0.95),
        prop::bool::weighted(0.95),
        prop_oneof![3 => Just(Attributes::new()), 1 => values],
        prop::option::weighted(0.1, "p[1-4]|boss"),
        prop::option::weighted(0.1, prop::collection::btree_set("g[12]", 0..2)),
    )
        .prop_map(
            |(linked, read, active, attributes, without, groups)| Differs {
                linked,
                read,
                active,
                attributes,
                without,
                groups,
            },
        )
}

fn any_world() -> impl Strategy<Value = World> {
    let group = prop::option::of("g[12]");
    (
        prop::collection::btree_map("a|b|boss|desk", "[xX1]", 1..5),
        prop_oneof![8 => Just(0_u8), 1 => 1_u8..5],
        prop::collection::vec((0..WHEN.len(), 0..APPS.len(), group), 1..5),
        prop::collection::vec(any_app(), 2),
        prop::collection::vec(any_difference(), 2),
        any::<(bool, bool, bool)>(),
    )
        .prop_map(|(facts, at_work, rules, apps, differs, boss)| World {
            facts,
            at_work,
            rules,
            apps,
            differs,
            boss,
        })
}

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| Schema {
    attributes: ["a", "b", "boss", "desk"]
        .map(|name| (name.to_owned(), Type::Text))
        .into(),
    ..Schema::default()
});
// Compiled once: it takes longer than everything else here.
static CONDITIONS: LazyLock<Vec<Condition>> = LazyLock::new(|| {
    let compiled = |source: &&str| compile_condition(source, &SCHEMA).unwrap();
    WHEN.iter().map(compiled).collect()
});
static MAPPINGS: LazyLock<Vec<Mapping>> = LazyLock::new(|| {
    let compiled = |source: &&str| compile_mapping(source, &SCHEMA).unwrap();
    GIVES.iter().map(compiled).collect()
});

fn boss() -> SubjectId {
    SubjectId::from_bits(9)
}

impl World {
    fn book(&self) -> RuleBook {
        let rule = |(when, app, group): &(usize, usize, Option<String>)| BirthrightRule {
            name: format!("{when}-{app}"),
            when: CONDITIONS[*when].clone(),
            grants: vec![Entitlement {
                target: APPS[*app].into(),
                group: group.clone(),
            }],
            grace_days: None,
        };
        let apps = self.apps.iter().zip(APPS);
        RuleBook {
            revision: 1,
            rules: self.rules.iter().map(rule).collect(),
            apps: apps.map(|(app, name)| (name.into(), app.rules())).collect(),
            ..RuleBook::default()
        }
    }

    fn facts(&self) -> Facts {
        let told: Vec<_> = self.facts.iter().map(|(k, v)| (&**k, &**v)).collect();
        let mut facts = facts(&told);
        let day = Some(Date::constant(2026, 5, 1).at(0, 0, 0, 0));
        match self.at_work {
            1 => facts.ends = day,
            2 => facts.starts = Some(Date::constant(2027, 5, 1).at(0, 0, 0, 0)),
            3 => facts.zone = "nowhere".to_owned(),
            _ => facts.starts = day,
        }
        if self.at_work == 3 {
            facts.ends = day;
        }
        facts
    }

    fn managers(&self) -> BTreeMap<String, SubjectId> {
        let known = self.facts.get("boss").filter(|_| self.boss.0);
        known.map(|key| (key.clone(), boss())).into_iter().collect()
    }
}

impl App {
    fn rules(&self) -> AppRules {
        let compiled = |(at, required): &(usize, bool)| match required {
            true => MAPPINGS[*at].clone().required(),
            false => MAPPINGS[*at].clone(),
        };
        let mappings = self.mappings.iter();
        AppRules {
            mode: match self.observed_only {
                true => Mode::Observe,
                false => Mode::Enforce,
            },
            matching: Vec::new(),
            attributes: mappings.map(|(k, v)| (k.clone(), compiled(v))).collect(),
            clears: self.clears.clone(),
            unique: self.unique.then(|| UniqueName {
                forms: vec![MAPPINGS[1].clone()],
                number: false,
                reserved: BTreeSet::new(),
                quarantine_days: None,
            }),
            manager: self
                .manager
                .then(|| ("boss".to_owned(), MAPPINGS[5].clone())),
            groups: BTreeMap::new(),
            joiner: None,
            leave: OnLeave::Keep,
            delete_after_days: None,
            manual: Vec::new(),
            seats: None,
        }
    }
}

/// What they have: what they are to have, but for the differences. By app the account, `None` where it
/// could not be read, and the groups.
type Holds = BTreeMap<TargetName, (Option<Option<Object>>, BTreeSet<String>)>;

fn holds(world: &World, desired: &Desired) -> Holds {
    let mut holds = Holds::new();
    for (name, differs) in APPS.into_iter().zip(&world.differs) {
        let target = TargetName::from(name);
        let wish = desired.get(&Address::account(&target, subject()));
        let mut attributes = Attributes::new();
        if let Some(Wanted::Present {
            attributes: wanted, ..
        }) = wish.map(|wish| &wish.wanted)
        {
            attributes.clone_from(wanted);
        }
        for value in attributes.values_mut() {
            if matches!(value, Value::Subject { .. }) {
                *value = Value::from("r-boss");
            }
        }
        attributes.extend(differs.attributes.clone());
        attributes.retain(|path, _| Some(path) != differs.without.as_ref());
        let object = Object {
            remote: RemoteId::from("r1"),
            active: differs.active,
            attributes,
        };
        let linked = differs.linked.unwrap_or(wish.is_some());
        let wanted = desired.keys().filter(|at| at.kind == Kind::Grant);
        let wanted = wanted.filter(|at| at.target == target);
        let groups = wanted.filter_map(|at| at.key.granted_group().map(str::to_owned));
        let groups = differs.groups.clone().unwrap_or_else(|| groups.collect());
        let account = linked.then(|| differs.read.then_some(object));
        holds.insert(target, (account, groups));
    }
    holds
}

fn observed(world: &World, desired: &Desired, holds: &Holds) -> Observed {
    let managed = Some(Ownership::Managed);
    let mut observed = Observed::default();
    let absent = desired.keys().map(|at| (at.clone(), Seen::Absent));
    observed.seen.extend(absent);
    for (target, (account, groups)) in holds {
        let account = account.clone().map(|object| Seen::Present {
            object,
            ownership: managed,
        });
        let at = Address::account(target, subject());
        observed.seen.extend(account.map(|seen| (at, seen)));
        for group in groups {
            let seen = Seen::Present {
                object: None,
                ownership: managed,
            };
            let at = Address::grant(target, subject(), group);
            observed.seen.insert(at, seen);
        }
        let at = (target.clone(), boss());
        if world.boss.1 {
            observed.references.insert(at, RemoteId::from("r-boss"));
        } else if world.boss.2 {
            observed.coming.insert(at);
        }
    }
    observed
}

fn written(object: &Object) -> String {
    let record = Record {
        kind: Kind::Account,
        remote: object.remote.clone(),
        external: None,
        name: String::new(),
        active: object.active,
        attributes: object.attributes.clone(),
        members: None,
        version: None,
    };
    serde_json::to_string(&record).unwrap()
}

fn glanced(
    world: &World,
    (book, worker): (&RuleBook, Worker<'_>),
    holds: &Holds,
    now: Timestamp,
) -> bool {
    let of = |(target, (account, _)): (&TargetName, &(Option<Option<Object>>, _))| {
        let account = account.as_ref()?;
        Some((target.clone(), account.as_ref().map(written)))
    };
    let texts: Vec<_> = holds.iter().filter_map(of).collect();
    let mut has = Has {
        accounts: texts
            .iter()
            .map(|(at, text)| (at, text.as_deref()))
            .collect(),
        ..Has::default()
    };
    for (target, (_, groups)) in holds {
        has.grants
            .extend(groups.iter().map(|group| (target, &**group)));
        if world.boss.1 {
            has.references
                .insert((target, boss()), RemoteId::from("r-boss"));
        }
    }
    is_settled(worker, book, &world.managers(), &has, now)
}

/// Whether a glance says that they are settled, and whether the long way does.
fn both(world: &World) -> (bool, bool) {
    let (book, facts, now) = (world.book(), world.facts(), instant(NOW));
    let worker = Worker {
        subject: subject(),
        key: "w1",
        names: &[],
        facts: &facts,
        withdrawn: world.at_work == 4,
        announced: false,
        jobs: &[],
        terminated: None,
        manual: Manual::Known(&[]),
    };
    let (assignments, undecided) = wishes(worker, &book, &world.managers(), now);
    let (desired, conflicts) = resolve(assignments, now);
    let holds = holds(world, &desired);
    let observed = observed(world, &desired, &holds);
    let decided = undecided.is_empty() && conflicts.is_empty();
    let long = decided && is_as_wanted(&desired, &observed, &book);
    let glance = glanced(world, (&book, worker), &holds, now);
    (glance, long)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// What a glance tells is so; and where nothing but rules and plain mappings has a say, it tells
    /// everything. Accounts that are closed and that no rule gives go the long way: it knows whether
    /// they are to be deleted.
    #[test]
    fn at_a_glance(world in any_world()) {
        let (glance, long) = both(&world);
        prop_assert!(!glance || long, "a glance said that nothing is to be done");
        let plain = |app: &App| !app.observed_only && !app.manager;
        if world.at_work == 0 && world.apps.iter().all(plain) {
            let gone = world.rules.iter().any(|(_, app, _)| *app == 2);
            let closed = world.differs.iter().any(|differs| !differs.active);
            let said = glance == long || gone || closed;
            prop_assert!(said, "a glance missed that nothing is to be done");
        }
    }
}

/// A world in which a glance tells that nothing is to be done.
fn settled() -> World {
    let app = App {
        observed_only: false,
        mappings: [("p1".to_owned(), (2, false)), ("p2".to_owned(), (1, false))].into(),
        clears: ["p2".to_owned()].into(),
        manager: true,
        unique: false,
    };
    let same = Differs {
        linked: None,
        read: true,
        active: true,
        attributes: [("p0".to_owned(), Value::Int(7))].into(),
        without: None,
        groups: None,
    };
    let facts = [("a", "x"), ("boss", "x")];
    World {
        facts: facts.map(|(k, v)| (k.to_owned(), v.to_owned())).into(),
        at_work: 0,
        rules: vec![(0, 0, None), (1, 1, Some("g1".to_owned())), (1, 2, None)],
        apps: vec![app.clone(), app],
        differs: vec![same.clone(), same],
        boss: (true, true, true),
    }
}

#[test]
fn a_glance_sees_each_difference() {
    assert_eq!(both(&settled()), (true, true));
    type Change = fn(&mut World);
    let changes: [(&str, Change); 9] = [
        ("not linked", |w| w.differs[0].linked = Some(false)),
        ("not read", |w| w.differs[0].read = false),
        ("closed", |w| w.differs[0].active = false),
        ("another value", |w| {
            w.differs[0].attributes.insert("p1".to_owned(), "y".into());
        }),
        ("a value too many", |w| {
            w.differs[0].attributes.insert("p2".to_owned(), "y".into());
        }),
        ("a value too few", |w| {
            w.differs[1].without = Some("p1".to_owned())
        }),
        ("another manager", |w| {
            w.differs[1]
                .attributes
                .insert("boss".to_owned(), "y".into());
        }),
        ("no membership", |w| {
            w.differs[1].groups = Some(BTreeSet::new())
        }),
        ("a membership too many", |w| {
            w.differs[0].groups = Some(["g1".to_owned()].into());
        }),
    ];
    for (name, change) in changes {
        let mut world = settled();
        change(&mut world);
        assert_eq!(both(&world), (false, false), "{name}");
    }
}
