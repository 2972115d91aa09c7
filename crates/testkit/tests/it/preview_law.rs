//! Law: a preview and the apply that follows send the same requests. Over seeded small companies
//! with two apps, in which some were never planned for, some have drifted, some had accounts before
//! Tenure came, some want one user name, and some apps make the names.

use std::collections::BTreeMap;
use std::sync::Arc;

use app::WavePreview;
use model::{Act, Address, Attributes, Kind, RemoteId, Secret, TargetName, Value};
use ports::target::Operation;
use testkit::node::{actor, morning};
use testkit::{Company, Node, SeededEntropy, SimClock};

const APPS: [&str; 2] = ["chat", "wiki"];
const GROUPS: [&str; 3] = ["eng", "sales", "all"];
/// A first day shortly after [`morning`].
const SOON: &str = "2026-11-27";
const DEPARTMENTS: [&str; 4] = ["Engineering", "Sales", "Support", ""];

/// How many worlds; `TENURE_WORLDS=1000 cargo test -p testkit preview_law` for more.
fn worlds() -> u64 {
    let asked = std::env::var("TENURE_WORLDS").ok();
    asked.map_or(25, |n| n.parse().expect("TENURE_WORLDS is a number"))
}

/// Worlds that once broke it.
///
/// 77: a manager whose account is there, and is taken over on their first day only, was waited for.
const FOUND: [u64; 1] = [77];

fn app(name: &str, chance: &SeededEntropy, seats: &SeededEntropy) -> String {
    // Drawn apart from everything else, so that worlds that once broke it stay what they were.
    let seats = match seats.one_in(3) {
        true => format!("  seats: {}\n", seats.below(9)),
        false => String::new(),
    };
    let title = [
        "person.department",
        "upper(person.department)",
        "person.family_name",
    ];
    let title = title[usize::try_from(chance.below(3)).unwrap()];
    let manager = [
        "",
        "    manager: person.manager\n",
        "    manager: {value: person.manager, missing: clear}\n",
    ];
    let manager = manager[usize::try_from(chance.below(3)).unwrap()];
    let joiner = [
        "",
        "  joiner: {days_before: 10}\n",
        "  joiner: {days_before: 10, active: true}\n",
    ];
    let joiner = joiner[usize::try_from(chance.below(3)).unwrap()];
    let mode = if chance.one_in(6) {
        "observe"
    } else {
        "enforce"
    };
    let groups: String = GROUPS
        .map(|g| format!("    {g}: {{display: \"The {g}\"}}\n"))
        .concat();
    let account = match chance.one_in(3) {
        true => UNIQUE,
        false => "    match: [userName]\n    attributes:\n      userName: person.email\n",
    };
    format!(
        "kind: App\nmetadata: {{name: {name}}}\nspec:\n{joiner}{seats}  scim:\n    url: http://127.0.0.1:1/v2\n    \
         auth: {{bearer: {{secret: {name}-token}}}}\n    allow_private: true\n  mode: {mode}\n  \
         account:\n{account}      title: {title}\n{manager}  groups:\n{groups}"
    )
}

/// Few forms, so that people have to give way.
const UNIQUE: &str = r#"    match: [nickName]
    attributes:
      nickName: person.worker_key
      userName:
        unique: ["lower(person.department) + \"@x.example\"", "\"k1@x.example\""]
        number: true
        reserved: [sales]
"#;

fn rule(n: u64, chance: &SeededEntropy) -> String {
    let pick = |of: &[&'static str]| of[usize::try_from(chance.below(of.len() as u64)).unwrap()];
    let (app, department) = (pick(&APPS), pick(&DEPARTMENTS));
    let sign = pick(&["==", "!="]);
    let group = match chance.one_in(3) {
        true => String::new(),
        false => format!(", group: {}", pick(&GROUPS)),
    };
    format!(
        "kind: BirthrightRule\nmetadata: {{name: r{n}}}\nspec:\n  when: \
         person.department.orValue(\"\") {sign} \"{department}\"\n  grants: [{{app: {app}{group}}}]\n"
    )
}

const SOURCE: &str = r#"kind: Source
metadata: {name: hr}
spec:
  format: csv
  key: id
  attributes:
    family_name: {column: last, required: true}
    email: {column: mail, required: true}
    department: {column: dept}
    manager: {column: boss}
  starts: {column: start, format: iso}
  ends: {column: end, format: iso}
  zone: {default: Europe/Berlin}
  delivery: full
"#;

const GUARD: &str = "kind: Guard\nmetadata: {name: g}\nspec:\n  removals: {max_count: 1000, \
                     max_share_percent: 100}\n  creations: {max_count: 1000, max_share_percent: 100}\n";

fn documents(chance: &SeededEntropy, seats: &SeededEntropy) -> Vec<(String, String)> {
    let mut files = vec![
        ("hr.yaml".to_owned(), SOURCE.to_owned()),
        ("guard.yaml".to_owned(), GUARD.to_owned()),
    ];
    files.extend(APPS.map(|name| (format!("{name}.yaml"), app(name, chance, seats))));
    let rules = 1 + chance.below(5);
    files.extend((0..rules).map(|n| (format!("r{n}.yaml"), rule(n, chance))));
    files
}

fn workforce(chance: &SeededEntropy) -> Vec<u8> {
    let mut csv = "id,last,mail,dept,boss,start,end\n".to_owned();
    let people = 3 + chance.below(15);
    for n in 0..people {
        let department = DEPARTMENTS[usize::try_from(chance.below(4)).unwrap()];
        let boss = match chance.one_in(3) {
            true => String::new(),
            false => format!("w{}", chance.below(people)),
        };
        let end = if chance.one_in(8) { "2020-01-01" } else { "" };
        // Some begin in the coming week.
        let start = if end.is_empty() && chance.one_in(4) {
            SOON
        } else {
            ""
        };
        let mail = if chance.one_in(6) { 0 } else { n };
        csv.push_str(&format!(
            "w{n},Last{n},p{mail}@x.example,{department},{boss},{start},{end}\n"
        ));
    }
    csv.into_bytes()
}

struct World {
    node: Node,
    company: Company,
    chance: SeededEntropy,
    seats: SeededEntropy,
}

impl World {
    async fn new(seed: u64) -> Self {
        let chance = SeededEntropy::new(seed);
        let company = Company::with(&APPS);
        let node = Node::open(
            None,
            Arc::new(SimClock::at(morning())),
            Arc::new(SeededEntropy::new(seed + 1_000_000)),
            Arc::new(company.clone()),
            "node-1",
        )
        .unwrap();
        for name in APPS {
            for n in 0..chance.below(4) {
                let name_there = (
                    "userName".to_owned(),
                    Value::Text(format!("P{n}@x.example")),
                );
                let target = company.target(name);
                target.plant(Kind::Account, chance.one_in(2), [name_there].into());
            }
        }
        let world = Self {
            node,
            company,
            chance,
            seats: SeededEntropy::new(seed + 2_000_000),
        };
        world.begin().await;
        world
    }

    /// The first documents and people; whether anything of them was planned is left to chance.
    async fn begin(&self) {
        let (ana, app) = (actor("ana"), &self.node.app);
        let files = documents(&self.chance, &self.seats);
        app.accept_documents(&ana, files, false).await.unwrap();
        for name in APPS {
            let (secret, token) = (Secret::new("s3cret"), format!("{name}-token"));
            app.set_secret(&ana, &token, name, "127.0.0.1:1", &secret)
                .await
                .unwrap();
        }
        let csv = workforce(&self.chance);
        let report = app
            .deliver(&ana, "hr", "hr.csv", &csv, false)
            .await
            .unwrap();
        assert!(!report.refused, "{:?}", report.diagnostics);
        if self.chance.one_in(4) {
            for name in APPS.map(TargetName::from) {
                app.observe(&ana, &name).await.unwrap();
            }
            return;
        }
        let waves = app.plan(&ana, false).await.unwrap();
        self.apply(&waves).await;
        for name in APPS {
            if self.chance.one_in(2) {
                self.drift(name).await;
            }
        }
    }

    async fn drift(&self, name: &str) {
        let target = self.company.target(name);
        for remote in target.objects().keys() {
            if self.chance.one_in(5) {
                target.tamper(remote, |object| object.active = !object.active);
            }
            if self.chance.one_in(5) {
                let title = ("title".to_owned(), Value::from("Queen"));
                target.tamper(remote, |object| object.attributes.extend([title]));
            }
        }
        let name = TargetName::from(name);
        self.node.app.observe(&actor("ana"), &name).await.unwrap();
    }

    async fn apply(&self, waves: &[WavePreview]) {
        for wave in waves {
            let applied = self.node.app.apply(&actor("ana"), wave.wave, "law").await;
            applied.unwrap();
        }
        self.node.settle(500).await.unwrap();
    }

    /// What the targets were asked to change, in our own words.
    async fn sent(&self) -> Vec<String> {
        let mut sent = Vec::new();
        for name in APPS {
            let words = Words::of(self, name).await;
            let journal = self.company.target(name).journal();
            sent.extend(
                journal
                    .iter()
                    .flat_map(|operation| words.operation(operation)),
            );
        }
        sent.sort();
        sent
    }
}

/// The names that one target gave to things, and ours for them.
struct Words {
    target: TargetName,
    ours: BTreeMap<RemoteId, String>,
    external: BTreeMap<String, String>,
}

impl Words {
    async fn of(world: &World, name: &str) -> Self {
        let target = TargetName::from(name);
        let (mut ours, mut external) = (BTreeMap::new(), BTreeMap::new());
        for (remote, object) in world.company.target(name).objects() {
            let link = world
                .node
                .app
                .store()
                .link_to(&target, object.kind, &remote);
            let Some(link) = link.await.unwrap() else {
                continue;
            };
            external.extend(
                object
                    .external
                    .map(|external| (external, link.address.key.0.clone())),
            );
            ours.insert(remote, link.address.key.0);
        }
        Self {
            target,
            ours,
            external,
        }
    }

    fn values(&self, attributes: &Attributes) -> String {
        let of = |(path, value): (&String, &Value)| {
            let value = match (path.as_str(), value) {
                (documents::MANAGER_PATH, Value::Text(remote)) => {
                    self.ours[&RemoteId(remote.clone())].clone()
                }
                (_, value) => value.to_string(),
            };
            format!("{path}={value}")
        };
        attributes.iter().map(of).collect::<Vec<_>>().join(",")
    }

    fn operation(&self, operation: &Operation) -> Vec<String> {
        let target = &self.target;
        match operation {
            Operation::Create {
                external,
                active,
                attributes,
                ..
            } => {
                let (key, values) = (&self.external[external], self.values(attributes));
                vec![format!("{target} create {active} {key} {values}")]
            }
            Operation::Update {
                remote, set, unset, ..
            } => {
                let key = &self.ours[remote];
                vec![format!(
                    "{target} update {key} {} -{unset:?}",
                    self.values(set)
                )]
            }
            Operation::SetActive { remote, active } => {
                let verb = if *active { "enable" } else { "disable" };
                vec![format!("{target} {verb} {}", self.ours[remote])]
            }
            Operation::Delete { remote, .. } => vec![format!("{target} delete {}", remote.0)],
            Operation::Members { group, add, remove } => {
                let group = &self.ours[group];
                let one = |verb: &str, member: &RemoteId| {
                    format!("{target} {verb} {}/{group}", self.ours[member])
                };
                let added = add.iter().map(|member| one("grant", member));
                added
                    .chain(remove.iter().map(|member| one("revoke", member)))
                    .collect()
            }
        }
    }
}

/// What a preview says will be sent, in the same words.
fn foretold(waves: &[WavePreview]) -> Vec<String> {
    let steps = waves
        .iter()
        .flat_map(|w| &w.plans)
        .flat_map(|p| &p.plan.steps);
    let told = |address: &Address, act: &Act| {
        let (target, key, verb) = (&address.target, &address.key, act.verb());
        let values = |attributes: &Attributes| {
            let of = |(path, value): (&String, &Value)| format!("{path}={value}");
            attributes.iter().map(of).collect::<Vec<_>>().join(",")
        };
        match act {
            Act::Adopt { .. } => None,
            Act::Create { attributes, active } => {
                let values = values(attributes);
                Some(format!("{target} create {active} {key} {values}"))
            }
            Act::Update { set, unset } => {
                Some(format!("{target} update {key} {} -{unset:?}", values(set)))
            }
            _ => Some(format!("{target} {verb} {key}")),
        }
    };
    let mut told: Vec<String> = steps.filter_map(|s| told(&s.address, &s.act)).collect();
    told.sort();
    told
}

#[tokio::test]
async fn a_preview_and_the_apply_that_follows_send_the_same_requests() {
    let (mut requests, mut kinds) = (0, BTreeMap::<String, u64>::new());
    let mut ahead = 0;
    let (mut numbered, mut contested, mut waiting) = (0, 0, 0);
    for seed in (1..=worlds()).chain(FOUND) {
        let world = World::new(seed).await;
        let (ana, app) = (actor("ana"), &world.node.app);
        let files = documents(&world.chance, &world.seats);
        let preview = app.preview(&ana, files.clone()).await.unwrap();
        for name in APPS {
            world.company.target(name).clear_journal();
        }
        app.accept_documents(&ana, files, false).await.unwrap();
        let waves = app.plan(&ana, false).await.unwrap();
        world.apply(&waves).await;
        let (foretold, sent) = (foretold(&preview.waves), world.sent().await);
        assert_eq!(foretold, sent, "world {seed}");
        let counted = preview.apps.iter().flat_map(|app| app.requests.values());
        assert_eq!(counted.sum::<u64>(), sent.len() as u64, "world {seed}");
        requests += sent.len();
        ahead += sent.iter().filter(|l| l.contains("create false")).count();
        let of_number = |line: &&String| line.contains("userName=k12@x.example");
        numbered += sent.iter().filter(of_number).count();
        let names = ["TNR-PLAN-0006", "TNR-PLAN-0007"];
        let lost = |p: &&app::Trouble| names.contains(&p.code.as_str());
        contested += preview.problems.iter().filter(lost).count();
        let waits = |p: &&app::Trouble| p.code == "TNR-SEAT-0001";
        waiting += preview.problems.iter().filter(waits).count();
        for line in sent {
            let verb = line.split(' ').nth(1).unwrap().to_owned();
            *kinds.entry(verb).or_default() += 1;
        }
    }
    // A law over nothing would hold.
    assert!(requests as u64 > worlds() * 5, "{requests} requests");
    assert!(ahead > 0, "nothing is made ahead in any world");
    assert!(numbered > 0 && contested > 0, "{numbered}, {contested}");
    assert!(waiting > 0, "nobody waits for a seat in any world");
    for verb in ["create", "update", "enable", "disable", "grant", "revoke"] {
        assert!(
            kinds.contains_key(verb),
            "no {verb} in any world: {kinds:?}"
        );
    }
}
