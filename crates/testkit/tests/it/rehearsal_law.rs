//! Law: what a rehearsal plays is what happens when the days really come and nothing goes wrong. Over
//! the seeded companies of [`crate::passed_over`], in which people come, leave, go on leave, are
//! terminated and are deleted, with grace, managers, tasks and a guard that asks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use app::Rehearsal;
use app::rows::{PlanRow, WaveFilter, WaveRow};
use model::plan::{About, PlanStatus};
use model::{Act, Event, Kind, Secret, Step, TargetName, Timestamp, Value, Verdict};
use testkit::node::{actor, morning};
use testkit::{Company, Node, SeededEntropy, SimClock};

use crate::passed_over::{APPS, World};

const DAYS: u16 = 7;

fn worlds() -> u64 {
    let asked = std::env::var("TENURE_WORLDS").ok();
    asked.map_or(8, |n| n.parse().expect("TENURE_WORLDS is a number"))
}

/// What happens on one day, in words without ids.
#[derive(Debug, Default, PartialEq, Eq)]
struct Day {
    /// Each plan: the kind of change, whom it is about, and its steps.
    plans: BTreeSet<String>,
    /// Requests by app and verb.
    requests: BTreeMap<(String, String), u64>,
    /// Waves that the guard does not let begin by itself, with its word.
    held: Vec<String>,
    tasks: u64,
}

type Days = BTreeMap<String, Day>;

fn day_of(at: Timestamp) -> String {
    at.on_the_wall("Europe/Berlin").unwrap().date().to_string()
}

fn foretold(rehearsal: &Rehearsal) -> Days {
    let mut days = Days::new();
    for told in &rehearsal.days {
        let day = days.entry(told.day.to_string()).or_default();
        for change in &told.changes {
            for plan in &change.people {
                let (word, who) = (change.change.as_str(), plan.subject);
                day.plans.insert(format!("{word} {who} {:?}", plan.what));
            }
            assert_eq!(change.people.len() as u64, change.plans, "all are named");
        }
        for app in &told.apps {
            for (verb, count) in &app.requests {
                let key = (app.app.to_string(), (*verb).to_owned());
                day.requests.insert(key, *count);
            }
        }
        let held = told.held.iter();
        day.held
            .extend(held.map(|w| word(w.plans, w.removals, &w.verdict)));
        day.held.sort();
        day.tasks = told.tasks;
    }
    days.retain(|_, day| *day != Day::default());
    days
}

fn word(plans: u64, removals: u64, verdict: &Verdict) -> String {
    format!("{plans} plans, {removals} removals: {verdict:?}")
}

/// A step in the words of a rehearsal, worked out anew.
fn step(step: &Step) -> String {
    let app = &step.address.target;
    let verb = step.act.verb();
    match (&step.act, step.address.key.granted_group()) {
        (_, Some(group)) => format!("{app}: {verb} {group}"),
        (Act::Create { attributes, active }, None) => {
            let usable = if *active { "" } else { "disabled " };
            let name = &attributes["userName"];
            format!("{app}: {verb} the {usable}account {name}")
        }
        (Act::Update { set, unset }, None) => {
            let mut paths: Vec<String> = set.keys().cloned().collect();
            paths.extend(unset.iter().cloned());
            format!("{app}: {verb} {}", paths.join(", "))
        }
        _ => format!("{app}: {verb} the account"),
    }
}

/// What really happened.
struct Lived<'n> {
    node: &'n Node,
    days: Days,
    /// Records whose waves were looked at, and those whose tasks were.
    seq: (u64, u64),
    /// A plan failed: not what a rehearsal assumes.
    failed: bool,
}

impl Lived<'_> {
    /// Waves that were proposed since the last look, in order.
    async fn new_waves(&mut self) -> Vec<WaveRow> {
        let store = self.node.app.store();
        let filter = WaveFilter {
            proposed_after: Some(self.seq.0),
            limit: 1_000,
            ..WaveFilter::default()
        };
        let (head, _) = store.head().await.unwrap();
        for record in store.records(self.seq.1, 10_000).await.unwrap() {
            if let Event::TaskOpened(_) = record.event {
                self.days.entry(day_of(record.at)).or_default().tasks += 1;
            }
        }
        let mut waves = store.waves(filter).await.unwrap();
        self.seq = (head, head);
        waves.reverse();
        waves
    }

    fn note(&mut self, wave: &WaveRow, plans: &[PlanRow]) {
        let day = self.days.entry(day_of(wave.at)).or_default();
        for row in plans {
            let plan = row.plan.known().unwrap();
            let About::Subject(who) = plan.about else {
                panic!("{plan:?}");
            };
            let steps: Vec<String> = plan.steps.iter().map(step).collect();
            let change = wave.cause.change.as_str();
            day.plans.insert(format!("{change} {who} {steps:?}"));
            for step in &plan.steps {
                if !matches!(step.act, Act::Adopt { .. }) {
                    let app = step.address.target.to_string();
                    let key = (app, step.act.verb().to_owned());
                    *day.requests.entry(key).or_default() += 1;
                }
            }
        }
    }

    /// Decides about everything that is new, and has it done, until nothing is.
    async fn rest(&mut self, noted: bool) {
        for turn in 0..10 {
            let waves = self.new_waves().await;
            let decided = self.decide(&waves, noted || turn > 0).await;
            // What is asked for by hand is done whether or not there was a plan beside it: whoever lost
            // their accounts before is still asked for their laptop, and an account that waits for that
            // is deleted then.
            let done = self.do_tasks().await;
            if !decided && !done {
                break;
            }
        }
    }

    /// Decides about these waves and carries them out; answers whether there were any.
    async fn decide(&mut self, waves: &[WaveRow], noted: bool) -> bool {
        if waves.is_empty() {
            return false;
        }
        let (bo, app) = (actor("bo"), Arc::clone(&self.node.app));
        for wave in waves {
            if app.apply(&bo, wave.wave, "law").await.is_err() {
                let released = app.release(&bo, wave.wave, &[], "law").await;
                released.unwrap();
            }
            let row = app.wave(wave.wave).await.unwrap();
            let verdict = row.verdict.clone().unwrap();
            let plans = app.all_plans_of(wave.wave).await.unwrap();
            if noted {
                self.note(wave, &plans);
                if !matches!(verdict, Verdict::Allow { .. }) {
                    let day = self.days.entry(day_of(wave.at)).or_default();
                    day.held
                        .push(word(plans.len() as u64, row.removals, &verdict));
                    day.held.sort();
                }
            }
        }
        self.node.settle(500).await.unwrap();
        for wave in waves {
            let plans = app.all_plans_of(wave.wave).await.unwrap();
            self.failed |= plans.iter().any(|p| p.status == PlanStatus::Failed);
        }
        // A minute later at most: whoever waits for a seat is asked for.
        self.node.worker.round().await.unwrap();
        true
    }

    /// Does everything that is asked for by hand; answers whether anything was.
    async fn do_tasks(&self) -> bool {
        let (app, it) = (&self.node.app, actor("it"));
        let open = app.store().open_tasks(None, None, 100).await.unwrap();
        for known in &open {
            let done = app.finish_task(&it, known.task.id, "seen", "law", false);
            done.await.unwrap();
        }
        !open.is_empty()
    }

    async fn next_due(&self) -> Option<Timestamp> {
        let people = self.node.app.store().people_page(None, None, 1_000).await;
        people.unwrap().iter().filter_map(|p| p.next_change).min()
    }
}

/// A company in which much has happened, and that is at rest, but for what HR said last; `None` where
/// it does not come to rest.
async fn company(seed: u64) -> Option<World> {
    let mut world = World::on(None, seed, true).await;
    let ana = actor("ana");
    for _ in 0..8 {
        let waves = world.node.app.plan(&ana, false).await.unwrap();
        world.answer(&waves).await;
        // In an app that administrators change, what is planned may fail.
        world.tell().await;
    }
    list(&world.node).await;
    let mut lived = Lived {
        node: &world.node,
        days: Days::new(),
        seq: (0, 0),
        failed: false,
    };
    let mut turns = 0;
    while !world.node.app.plan(&ana, false).await.unwrap().is_empty() {
        lived.rest(false).await;
        turns += 1;
        if turns == 10 {
            // Somebody has what no plan can bring about: not what a rehearsal assumes.
            return None;
        }
    }
    if seed.is_multiple_of(2) {
        world.tell().await;
        // What somebody did in an app is foreseen once it was listed.
        list(&world.node).await;
        world.node.app.plan(&ana, false).await.unwrap();
    }
    Some(world)
}

async fn list(node: &Node) {
    for name in APPS.map(TargetName::from) {
        node.app.observe(&actor("ana"), &name).await.unwrap();
    }
}

/// Plays the coming days and lives them; the days as they were foretold, and as they came. `None`:
/// a request failed, which no rehearsal foresees.
async fn play(node: &Node, days: u16) -> Option<(Days, Days)> {
    let head = node.app.store().head().await.unwrap();
    let rehearsal = node.app.rehearse(days, "Europe/Berlin").await.unwrap();
    let after = node.app.store().head().await.unwrap();
    assert_eq!(after, head, "a rehearsal writes nothing");
    let mut lived = Lived {
        node,
        days: Days::new(),
        seq: (0, head.0),
        failed: false,
    };
    // What is open is decided first, and is no part of what is compared; what follows from it is.
    lived.rest(false).await;
    let mut turns = 0;
    while let Some(at) = lived.next_due().await.filter(|at| *at <= rehearsal.to) {
        turns += 1;
        assert!(turns < 500, "somebody stays due: {:?}", lived.days);
        node.clock.advance_to(at);
        // As the worker's rounds do: a rehearsal takes every app to be listed by then.
        for app in node.app.targets().await.unwrap() {
            node.app.observe(&actor("ana"), &app.name).await.unwrap();
        }
        node.worker.tick().await.unwrap();
        lived.rest(true).await;
    }
    lived.days.retain(|_, day| *day != Day::default());
    (!lived.failed).then(|| (foretold(&rehearsal), lived.days))
}

#[tokio::test]
async fn what_a_rehearsal_plays_is_what_happens() {
    let (mut plans, mut held, mut tasks, mut lived) = (0, 0, 0, 0);
    let mut words = BTreeSet::new();
    for seed in 1..=worlds() {
        let Some(world) = company(seed).await else {
            continue;
        };
        let Some((foretold, came)) = play(&world.node, DAYS).await else {
            continue;
        };
        lived += 1;
        assert_eq!(foretold, came, "world {seed}");
        for day in came.values() {
            plans += day.plans.len();
            held += day.held.len();
            tasks += day.tasks;
            words.extend(day.requests.keys().map(|(_, verb)| verb.clone()));
            let changes = day.plans.iter().filter_map(|plan| plan.split(' ').next());
            words.extend(changes.map(str::to_owned));
        }
    }
    // A law over nothing would hold.
    let worlds = usize::try_from(worlds()).unwrap();
    assert!(lived * 3 > worlds * 2, "{lived} of {worlds} came to rest");
    assert!(plans > worlds * 3, "{plans} plans");
    assert!(held > 0 && tasks > 0, "{held} held waves, {tasks} tasks");
    for word in ["enable", "disable", "delete", "joiner", "leaver", "leave"] {
        assert!(words.contains(word), "no {word} in {words:?}");
    }
}

const SOURCE: &str = r#"kind: Source
metadata: {name: hr}
spec:
  format: csv
  key: id
  attributes:
    family_name: {column: last, required: true}
    email: {column: mail, required: true}
    manager: {column: boss}
  starts: {column: start, format: iso}
  ends: {column: end, format: iso}
  zone: {default: Europe/Berlin}
  delivery: full
"#;

/// Accounts are matched by their key, and named once; whoever lost a name keeps it for a while.
const APP: &str = r#"kind: App
metadata: {name: chat}
spec:
  joiner: {days_before: 2}
  leaver: {delete_after_days: 3}
  scim:
    url: http://127.0.0.1:1/v2
    auth: {bearer: {secret: chat-token}}
    allow_private: true
  mode: enforce
  account:
    match: [nickName]
    attributes:
      nickName: person.email
      userName:
        unique: ["lower(person.family_name)"]
        number: true
        quarantine_days: 4
    manager: person.manager
  groups:
    all: {display: All}
"#;

const RULES: &str = r#"kind: BirthrightRule
metadata: {name: everyone}
spec: {when: "true", grants: [{app: chat, group: all}]}
---
kind: Guard
metadata: {name: g}
spec:
  removals: {max_count: 2, max_share_percent: 10}
  creations: {max_count: 2, max_share_percent: 10}
  deletions: {max_count: 1, max_share_percent: 5}
  freeze:
    - {from: 2026-11-27T00:00:00+01:00, to: 2026-11-29T12:00:00+01:00, reason: closed}
"#;

/// People of few names who come and go within the coming two weeks, in an app that gives names.
async fn namesakes(seed: u64) -> Node {
    let chance = SeededEntropy::new(seed);
    let company = Company::with(&["chat"]);
    let node = Node::open(
        None,
        Arc::new(SimClock::at(morning())),
        Arc::new(SeededEntropy::new(seed + 1_000)),
        Arc::new(company.clone()),
        "node-1",
    )
    .unwrap();
    let (ana, app) = (actor("ana"), &node.app);
    let files = [
        ("hr.yaml", SOURCE),
        ("app.yaml", APP),
        ("rules.yaml", RULES),
    ];
    let mut files: Vec<_> = files.map(|(n, t)| (n.to_owned(), t.to_owned())).into();
    files.push((
        "grant.yaml".to_owned(),
        "kind: Grant\nmetadata: {name: late}\nspec: {person: w1, app: chat, group: all, owner: w2, \
         reason: r, until: 2026-12-01T10:00:00+01:00}\n"
            .to_owned(),
    ));
    app.accept_documents(&ana, files, false).await.unwrap();
    let secret = Secret::new("s3cret");
    app.set_secret(&ana, "chat-token", "chat", "127.0.0.1:1", &secret)
        .await
        .unwrap();
    let text = |path: &str, value: &str| (path.to_owned(), Value::Text(value.to_owned()));
    let there = [text("userName", "mia"), text("nickName", "m3@x.example")];
    company
        .target("chat")
        .plant(Kind::Account, true, there.into());
    let day = |chance: &SeededEntropy| {
        let days = Duration::from_secs(86_400 * (1 + chance.below(9)));
        node.app.now().plus(days).to_string()[..10].to_owned()
    };
    let mut csv = "id,last,mail,boss,start,end\n".to_owned();
    for n in 0..20 {
        let last = ["Mia", "Lee", "Kim"][usize::try_from(chance.below(3)).unwrap()];
        let start = if chance.one_in(3) {
            day(&chance)
        } else {
            String::new()
        };
        let end = if chance.one_in(3) {
            day(&chance)
        } else {
            String::new()
        };
        let (start, end) = if end.is_empty() || start < end {
            (start, end)
        } else {
            (end, start)
        };
        let boss = chance.below(20);
        csv.push_str(&format!(
            "w{n},{last},m{n}@x.example,w{boss},{start},{end}\n"
        ));
    }
    let told = app.deliver(&ana, "hr", "hr.csv", csv.as_bytes(), false);
    assert!(!told.await.unwrap().refused);
    app.plan(&ana, false).await.unwrap();
    node
}

#[tokio::test]
async fn names_are_given_in_a_rehearsal_as_on_the_day() {
    let mut numbered = 0;
    for seed in 1..=worlds() {
        let node = namesakes(seed).await;
        let (foretold, came) = play(&node, 14).await.unwrap();
        assert_eq!(foretold, came, "world {seed}");
        let plans = came.values().flat_map(|day| &day.plans);
        let is_numbered = |plan: &&String| {
            let name = plan.split("account ").nth(1);
            let name = name.and_then(|rest| rest.split('"').next());
            name.is_some_and(|name| name.ends_with(|c: char| c.is_ascii_digit()))
        };
        numbered += plans.filter(is_numbered).count();
    }
    assert!(numbered > 0, "no name was taken");
}
