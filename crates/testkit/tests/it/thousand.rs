//! A thousand leavers over five evenings in eight zones, while apps are busy, lose answers, lie and are
//! down, waves are held and released row by row, and administrators shut accounts by hand. The ledger's
//! times are those that the apps themselves wrote down, everything that was left open is listed, and the
//! bundle of it verifies.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use app::{Connect, EndState, LeaverRecord, Leavers, Window};
use evidence::leaver::{FORMAT, Head, verify};
use model::event::{ObjectLinked, ObjectObserved, ObservationFinished};
use model::{
    Actor, Address, Attributes, Change, Completeness, Event, Kind, Ownership, Personal, Record,
    RemoteId, RunId, Secret, SubjectId, TargetName, Timestamp, Value, Version,
};
use ports::store::{
    Append, Door as _, People as _, StoreError, Tasks as _, WaveFilter, WaveRow, WaveStatus,
    Work as _,
};
use ports::{Clock as _, Entropy, KeyRing as _};
use store::{StorePorts, TenureStore};
use testkit::node::{actor, keyring, morning};
use testkit::{Company, Fault, Node, SeededEntropy, SimClock};

use crate::diary::{Apps, Diary};

const PEOPLE: usize = 1_000;
const ZONES: [&str; 8] = [
    "Europe/Berlin",
    "Australia/Melbourne",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "America/New_York",
    "America/St_Johns",
    "Atlantic/Azores",
    "Pacific/Auckland",
];
/// Whoever leaves at the same instant waits in the same wave.
const PROTECTED: [usize; 2] = [7, 444];
const TENANT: &str = "acme";

const DOCUMENTS: &str = r#"kind: Source
metadata: {name: hr}
spec:
  format: csv
  key: id
  attributes:
    given_name: {column: first, required: true}
    email: {column: mail, required: true}
    part: {column: part}
  starts: {column: start, format: iso}
  ends: {column: end, format: iso, at: "17:00"}
  zone: {column: zone}
  delivery: full
---
kind: Guard
metadata: {name: guard}
spec:
  removals: {max_count: 5000, max_share_percent: 100}
  creations: {max_count: 5000, max_share_percent: 100}
  protected: [w0007, w0444]
  apply: automatic
---
kind: BirthrightRule
metadata: {name: everyone}
spec: {when: "true", grants: [{app: chat}, {app: wiki}]}
---
kind: BirthrightRule
metadata: {name: builders}
spec: {when: 'person.part.orValue("") == "code"', grants: [{app: code}]}
"#;

const CODE: &str = "
  leaver:
    manual: [{name: keys, owner: it-desk, due_days: 2, text: Remove the keys.}]
    lingers: {sessions: 12h, api-tokens: 90d, ssh-keys: {step: keys}}";

fn document(app: &str, mode: &str, more: &str) -> String {
    format!(
        "kind: App\nmetadata: {{name: {app}}}\nspec:\n  scim:\n    url: http://127.0.0.1:1/v2\n    auth: \
         {{bearer: {{secret: {app}-token}}}}\n    allow_private: true\n  mode: {mode}{more}\n  account:\n    \
         match: [userName]\n    attributes:\n      userName: person.email\n"
    )
}

fn documents() -> Vec<(String, String)> {
    let app = |app: &str, mode, more| (format!("{app}.yaml"), document(app, mode, more));
    vec![
        ("all.yaml".to_owned(), DOCUMENTS.to_owned()),
        app("chat", "enforce", ""),
        app("wiki", "enforce", ""),
        app("code", "enforce", CODE),
        app("hall", "observe", ""),
    ]
}

fn is_builder(i: usize) -> bool {
    i.is_multiple_of(5)
}

/// Somebody's last day is one of five, at 17:00 on their own clock.
fn row(i: usize) -> String {
    let (day, zone) = (24 + i % 5, ZONES[i / 5 % 8]);
    let part = if is_builder(i) { "code" } else { "" };
    format!("w{i:04},First{i},p{i}@acme.example,{part},2020-01-01,2026-11-{day},{zone}")
}

/// The apps in which somebody has an account. The `old` one has no document any more; the account in the
/// `hall` is theirs, and not Tenure's to take away.
fn apps_of(i: usize) -> Vec<(&'static str, Ownership)> {
    let mut apps = vec![("chat", Ownership::Managed), ("wiki", Ownership::Adopted)];
    apps.extend(is_builder(i).then_some(("code", Ownership::Managed)));
    apps.extend((i % 97 == 3).then_some(("old", Ownership::Managed)));
    apps.extend((i % 89 == 4).then_some(("hall", Ownership::Foreign)));
    apps
}

struct World {
    node: Node,
    store: TenureStore,
    apps: Arc<Apps>,
    company: Company,
    people: Vec<SubjectId>,
    remotes: BTreeMap<(TargetName, usize), RemoteId>,
    begun: Timestamp,
    /// Who released whose row.
    released: BTreeMap<usize, &'static str>,
}

impl World {
    fn app(&self, name: &str) -> Arc<Diary> {
        Arc::clone(&self.apps.0[&TargetName::from(name)])
    }

    fn remote(&self, app: &str, i: usize) -> &RemoteId {
        &self.remotes[&(TargetName::from(app), i)]
    }

    fn number(&self, leaver: &LeaverRecord) -> usize {
        leaver.key.trim_start_matches(['w', '0']).parse().unwrap()
    }

    async fn append(&self, events: Vec<Event>) {
        for chunk in events.chunks(1_000) {
            let append = Append::of(Actor::named("setup"), chunk.to_vec());
            self.store.append(append).await.unwrap();
        }
    }

    /// Works for so long, looking every twenty minutes.
    async fn hours(&self, hours: u64) {
        for _ in 0..hours * 3 {
            self.node.worker.tick().await.unwrap();
            self.node.settle(20_000).await.unwrap();
            self.node.clock.advance(Duration::from_secs(1_200));
        }
    }

    async fn held(&self) -> Result<Vec<WaveRow>, StoreError> {
        let filter = WaveFilter {
            open: true,
            limit: 100,
            ..WaveFilter::default()
        };
        let mut waves = self.store.waves(filter).await?;
        waves.retain(|wave| {
            wave.status() == WaveStatus::Held && wave.cause.change == Change::Leaver
        });
        Ok(waves)
    }
}

/// A company as it was before: everybody has their accounts, and all of them are as they should be.
async fn company() -> World {
    let company = Company::with(&["chat", "wiki", "code", "old", "hall"]);
    let clock = Arc::new(SimClock::at(morning()));
    let apps = Arc::new(Apps::of(&company, &clock));
    let entropy = Arc::new(SeededEntropy::new(1));
    let keyring = Arc::new(keyring().unwrap());
    let ports = StorePorts {
        clock: Arc::clone(&clock) as _,
        entropy: Arc::clone(&entropy) as Arc<dyn Entropy>,
        keyring: Arc::clone(&keyring) as _,
    };
    let store = TenureStore::open_inline(None, ports).unwrap();
    let connect = Arc::clone(&apps) as Arc<dyn Connect>;
    let over = Arc::new(store.clone());
    let node = Node::over(
        over,
        Arc::clone(&clock),
        entropy,
        keyring,
        connect,
        "node-1",
    );
    let ana = actor("ana");
    node.app
        .accept_documents(&ana, documents(), false)
        .await
        .unwrap();
    for app in ["chat", "wiki", "code", "hall"] {
        let (name, token) = (format!("{app}-token"), Secret::new("s3cret"));
        let set = node.app.set_secret(&ana, &name, app, "127.0.0.1:1", &token);
        set.await.unwrap();
    }
    let rows: Vec<String> = (1..=PEOPLE).map(row).collect();
    let file = format!("id,first,mail,part,start,end,zone\n{}\n", rows.join("\n"));
    let told = node
        .app
        .deliver(&ana, "hr", "hr.csv", file.as_bytes(), false)
        .await;
    assert!(!told.unwrap().refused);
    let mut world = World {
        begun: clock.now(),
        node,
        store,
        apps,
        company,
        people: Vec::new(),
        remotes: BTreeMap::new(),
        released: BTreeMap::new(),
    };
    for i in 1..=PEOPLE {
        let known = world.store.person_by_key("hr", &format!("w{i:04}")).await;
        world.people.push(known.unwrap().unwrap().subject);
    }
    plant(&mut world).await;
    world
}

async fn plant(world: &mut World) {
    let mut events = Vec::new();
    for (i, subject) in (1..).zip(world.people.clone()) {
        for (app, ownership) in apps_of(i) {
            let target = TargetName::from(app);
            let name = format!("p{i}@acme.example");
            let attributes: Attributes =
                [("userName".to_owned(), Value::from(name.as_str()))].into();
            let memory = world.company.target(app);
            let remote = memory.plant(Kind::Account, true, attributes.clone());
            events.push(Event::ObjectObserved(ObjectObserved {
                target: target.clone(),
                kind: Kind::Account,
                remote: remote.clone(),
                subject: Some(subject),
                seen_at: world.begun,
                personal: Personal::Known(Record {
                    kind: Kind::Account,
                    remote: remote.clone(),
                    external: None,
                    name,
                    active: true,
                    attributes,
                    members: None,
                    version: Some(Version("1".to_owned())),
                }),
            }));
            events.push(Event::ObjectLinked(ObjectLinked {
                address: Address::account(&target, subject),
                remote: remote.clone(),
                ownership,
                because: "it was there".to_owned(),
            }));
            world.remotes.insert((target, i), remote);
        }
    }
    for (n, app) in (1..).zip(["chat", "wiki", "code", "hall"]) {
        for kind in [Kind::Account, Kind::Group] {
            events.push(Event::ObservationFinished(ObservationFinished {
                run: RunId::from_bits(n * 2 + u128::from(kind == Kind::Group)),
                target: TargetName::from(app),
                kind,
                started: world.begun,
                read: 0,
                changed: 0,
                vanished: 0,
                completeness: Completeness::Full,
                detail: String::new(),
            }));
        }
    }
    world.append(events).await;
}

/// Releases what is held: half of its rows one by one by ben, four are left, the rest by eve.
async fn release_by_rows(world: &mut World) -> BTreeSet<usize> {
    let mut left = BTreeSet::new();
    for wave in world.held().await.unwrap() {
        let plans = world.node.app.all_plans_of(wave.wave).await.unwrap();
        let who = |about: &model::plan::About| match about {
            model::plan::About::Subject(subject) => {
                world.people.iter().position(|s| s == subject).unwrap() + 1
            }
            model::plan::About::Target(_) => unreachable!("leavers are people"),
        };
        let rows: Vec<_> = plans
            .iter()
            .map(|plan| (who(&plan.about), plan.id))
            .collect();
        let (ben, rest) = rows.split_at(rows.len() / 2);
        let mut released = Vec::new();
        for (i, plan) in ben {
            let app = &world.node.app;
            app.release(&actor("ben"), wave.wave, &[*plan], "known")
                .await
                .unwrap();
            released.push((*i, "ben"));
            world.node.clock.advance(Duration::from_secs(61));
            world.node.settle(20_000).await.unwrap();
        }
        let (four, rest) = rest.split_at(4);
        left.extend(four.iter().map(|(i, _)| *i));
        let plans: Vec<_> = rest.iter().map(|(_, plan)| *plan).collect();
        world.hours(2).await;
        let eve = actor("eve");
        let rest_of_it = world.node.app.release(&eve, wave.wave, &plans, "asked");
        rest_of_it.await.unwrap();
        released.extend(rest.iter().map(|(i, _)| (*i, "eve")));
        world.node.settle(20_000).await.unwrap();
        world.released.extend(released);
    }
    left
}

/// What was left open on purpose, as the ledger has to list it: whose, app, kind and what.
type Left = BTreeSet<(usize, String, String, String)>;

struct Story {
    world: World,
    /// Rows that nobody released.
    waiting: BTreeSet<usize>,
    /// Of those, whose chat account somebody shut, or deleted, by hand.
    by_hand: BTreeSet<usize>,
    /// Whose chat account somebody opened again.
    opened: BTreeSet<usize>,
    /// Whose keys were removed.
    keys: BTreeSet<usize>,
}

async fn story() -> Story {
    let mut world = company().await;
    // A lost answer is read back, and the app is too busy for that: what was done is seen later.
    let faults = [
        Fault::Busy(Duration::from_secs(40)),
        Fault::LostAnswer,
        Fault::Busy(Duration::from_secs(9)),
        Fault::Lie,
        Fault::LostRequest,
        Fault::LostAnswer,
        Fault::Busy(Duration::from_secs(7)),
    ]
    .repeat(3);
    // To the evening of the first day in the easternmost zone, and then night by night.
    for night in 0..6 {
        for app in ["chat", "code"] {
            world.app(app).memory.order(faults.iter().copied());
        }
        world.app("code").down.store(night == 2, Ordering::SeqCst);
        world.hours(6).await;
        world.app("code").down.store(false, Ordering::SeqCst);
        for _ in 0..3 {
            world.app("wiki").memory.order(faults.iter().copied());
            world.hours(6).await;
        }
    }
    let waiting = release_by_rows(&mut world).await;
    // Behind Tenure's back: two of the rows that wait are shut, one is deleted, and six come back.
    let by_hand: BTreeSet<usize> = waiting.iter().copied().take(3).collect();
    let chat = world.app("chat");
    world.node.clock.advance(Duration::from_secs(1_500));
    for (n, i) in by_hand.iter().enumerate() {
        match n {
            0 => chat.delete(world.remote("chat", *i)),
            _ => chat.by_hand(world.remote("chat", *i), false),
        }
    }
    let held: BTreeSet<usize> = world.released.keys().chain(&waiting).copied().collect();
    let opened = (1..=PEOPLE).filter(|i| i % 160 == 5 && !held.contains(i));
    let opened: BTreeSet<usize> = opened.collect();
    for i in &opened {
        chat.by_hand(world.remote("chat", *i), true);
    }
    world.node.clock.advance(Duration::from_secs(900));
    let ana = actor("ana");
    world.node.app.observe(&ana, &"chat".into()).await.unwrap();
    world.app("wiki").unlisted.store(true, Ordering::SeqCst);
    world.node.app.observe(&ana, &"wiki".into()).await.unwrap();
    let (mut keys, desk) = (BTreeSet::new(), actor("it-desk"));
    let open = world.store.open_tasks(None, None, 1_000).await.unwrap();
    for known in open.iter().step_by(2) {
        let app = &world.node.app;
        let done = app.finish_task(&desk, known.task.id, "removed", "ticket 7", false);
        done.await.unwrap();
        keys.insert(
            world
                .people
                .iter()
                .position(|s| *s == known.task.subject)
                .unwrap()
                + 1,
        );
    }
    assert!(keys.len() > 50, "{}", keys.len());
    Story {
        world,
        waiting,
        by_hand,
        opened,
        keys,
    }
}

impl Story {
    async fn ledger(&self) -> Leavers {
        self.world.node.app.leavers(self.window()).await.unwrap()
    }

    fn window(&self) -> Window {
        Window {
            from: self.world.begun,
            to: self.world.node.app.now(),
        }
    }

    /// Whether the ledger's times of one account are those of the app itself, to the second.
    fn check_times(&self, leaver: &LeaverRecord, ending: &app::Ending, told: &mut Told) {
        let i = self.world.number(leaver);
        let app = ending.app.as_str();
        let diary = self.world.app(app);
        let seen = diary.seen(self.world.remote(app, i));
        let second = |at: Option<Timestamp>| at.map(|at| at.as_micros() / 1_000_000);
        let at = |mark: Option<evidence::leaver::Mark>| second(mark.map(|mark| mark.at));
        let usable = diary.memory.is_active(self.world.remote(app, i)) == Some(true);
        assert_eq!(
            usable,
            ending.state == EndState::Exposed,
            "w{i:04} in {app}"
        );
        match ending.state {
            EndState::Disabled => {
                // Nobody else shut it, so it changed when it was asked to, the last time.
                assert_eq!(second(seen.shut), second(seen.asked), "w{i:04} in {app}");
                assert_eq!(at(ending.sent), second(seen.shut), "w{i:04} in {app}");
                assert_eq!(at(ending.verified), second(seen.read), "w{i:04} in {app}");
                told.waited += u64::from(seen.read > seen.shut);
                told.exact += 1;
            }
            EndState::SeenShut | EndState::SeenGone => {
                assert!(
                    self.by_hand.contains(&i) && app == "chat",
                    "w{i:04} in {app}"
                );
                assert_eq!(at(ending.verified), second(seen.listed), "w{i:04} in {app}");
                assert!(seen.shut < seen.listed, "it is an upper bound");
                assert_eq!(seen.asked, None);
                told.bounds += 1;
            }
            EndState::Exposed => told.exposed += 1,
            EndState::Deleted | EndState::Already => panic!("w{i:04} in {app}: {ending:?}"),
        }
    }

    /// What was left open on purpose.
    fn left(&self, ledger: &Leavers) -> Left {
        let mut left = Left::new();
        for leaver in &ledger.leavers {
            let i = self.world.number(leaver);
            let mut add = |app: &str, kind: &str, what: &str| {
                left.insert((i, app.to_owned(), kind.to_owned(), what.to_owned()));
            };
            let waits = self.waiting.contains(&i);
            for (app, _) in apps_of(i) {
                let shut_by_hand = app == "chat" && self.by_hand.contains(&i);
                let again = app == "chat" && self.opened.contains(&i);
                if app == "old" || again || (waits && app != "hall" && !shut_by_hand) {
                    add(app, "account", "account");
                }
            }
            add("wiki", "not_readable", "app");
            if apps_of(i).iter().any(|(app, _)| *app == "old") {
                add("old", "not_managed", "app");
            }
            if apps_of(i).iter().any(|(app, _)| *app == "hall") {
                add("hall", "foreign_account", "account");
            }
            if is_builder(i) {
                add("code", "lingering", "api-tokens");
                if !self.keys.contains(&i) {
                    add("code", "lingering", "ssh-keys");
                    if !waits {
                        add("code", "manual_step", "keys");
                    }
                }
                let seen = self.world.app("code").seen(self.world.remote("code", i));
                let half_a_day = Duration::from_secs(12 * 3_600);
                if waits || seen.read.unwrap().plus(half_a_day) > ledger.at {
                    add("code", "lingering", "sessions");
                }
            }
        }
        left
    }
}

/// How many accounts were told how.
#[derive(Default)]
struct Told {
    exact: u64,
    waited: u64,
    bounds: u64,
    exposed: u64,
}

fn check_remains(story: &Story, ledger: &Leavers) {
    let mut listed = Left::new();
    for leaver in &ledger.leavers {
        let i = story.world.number(leaver);
        for rest in &leaver.remains {
            let kind = rest.kind.as_str().to_owned();
            let what = rest.what.clone();
            assert!(!rest.why.is_empty());
            if let ("sessions" | "api-tokens", false) = (what.as_str(), story.waiting.contains(&i))
            {
                let hours = if what == "sessions" { 12 } else { 90 * 24 };
                let seen = story.world.app("code").seen(story.world.remote("code", i));
                let until = seen.read.unwrap().plus(Duration::from_secs(hours * 3_600));
                assert_eq!(rest.until, Some(until), "w{i:04}: {rest:?}");
            } else {
                assert_eq!(rest.until, None, "w{i:04}: {rest:?}");
            }
            assert!(
                listed.insert((i, rest.app.0.clone(), kind, what)),
                "{rest:?}"
            );
        }
    }
    let left = story.left(ledger);
    let missing: Vec<_> = left.difference(&listed).take(9).collect();
    assert!(missing.is_empty(), "left open and not listed: {missing:?}");
    let too_much: Vec<_> = listed.difference(&left).take(9).collect();
    assert!(
        too_much.is_empty(),
        "listed and not left open: {too_much:?}"
    );
    let unread: Vec<_> = ledger.unread.iter().map(|u| u.app.as_str()).collect();
    assert_eq!(unread, ["wiki"]);
}

#[tokio::test]
async fn a_thousand_leavers_are_told_as_the_apps_saw_them_and_the_bundle_of_it_verifies() {
    let story = story().await;
    let ledger = story.ledger().await;
    let keys: BTreeSet<&str> = ledger.leavers.iter().map(|l| l.key.as_str()).collect();
    assert_eq!(keys.len(), PEOPLE, "everybody has left");
    let mut told = Told::default();
    for leaver in &ledger.leavers {
        let i = story.world.number(leaver);
        let five = leaver.at.on_the_wall(&leaver.zone).unwrap().to_string();
        assert!(five.ends_with("T17:00:00"), "{five}");
        let mine = apps_of(i)
            .into_iter()
            .filter(|(_, own)| *own != Ownership::Foreign);
        assert_eq!(leaver.accounts.len(), mine.count(), "{leaver:?}");
        for ending in &leaver.accounts {
            story.check_times(leaver, ending, &mut told);
        }
        let last = leaver.accounts.iter().filter_map(|e| e.verified).max();
        let exposed = leaver.accounts.iter().any(|e| e.state == EndState::Exposed);
        let done = last.filter(|_| !exposed).map(|mark| mark.at);
        assert_eq!(leaver.done_at, done, "{leaver:?}");
        let by = leaver.decision.as_ref().and_then(|d| d.released.as_ref());
        let by = by.map(|(by, _)| by.as_str());
        match story.world.released.get(&i) {
            Some(who) => assert_eq!(by, Some(*who), "w{i:04}"),
            None if story.waiting.contains(&i) => assert_eq!(by, None, "w{i:04}"),
            None => assert_eq!(by, Some("system"), "w{i:04}"),
        }
    }
    // Nothing is shown unless each of these happened.
    assert!(
        told.exact > 2_000 && told.waited > 10,
        "{} {}",
        told.exact,
        told.waited
    );
    assert_eq!(told.bounds, 3);
    assert!(told.exposed > 10, "{}", told.exposed);
    let released: BTreeSet<_> = story.world.released.values().collect();
    assert_eq!(released.len(), 2, "by ben and by eve");
    assert!(
        PROTECTED
            .iter()
            .all(|i| { story.world.released.contains_key(i) || story.waiting.contains(i) })
    );
    check_remains(&story, &ledger);
    bundle(&story, &ledger).await;
}

/// The bundle of it verifies without the node, and not once anything of it is another.
async fn bundle(story: &Story, ledger: &Leavers) {
    let world = &story.world;
    let proof = world
        .node
        .app
        .prove_leavers(story.window(), false)
        .await
        .unwrap();
    let stated = proof.leavers.iter();
    let stated = stated.filter(|l| l.began == evidence::leaver::Began::Stated);
    assert_eq!(stated.count(), 0, "every clock's beginning is shown");
    let checkpoint = world.store.checkpoint(TENANT).await.unwrap();
    let head = Head {
        format: FORMAT.to_owned(),
        tenant: TENANT.to_owned(),
        from: ledger.window.from,
        to: ledger.window.to,
        at: proof.at,
        records: proof.records.len() as u64,
        leavers: proof.leavers.len() as u64,
        checkpoint: checkpoint.clone(),
    };
    let written = world
        .store
        .export_leavers(&head, proof.records, proof.leavers, Vec::new())
        .await
        .unwrap();
    let key = keyring().unwrap().verifying_key();
    let report = verify(&written[..], TENANT, &key, &[checkpoint]).unwrap();
    assert!(report.is_sound(), "{:?}", &report.problems[..1]);
    assert!(report.kept);
    let took = ledger.times.unwrap();
    assert_eq!(report.took.len() as u64, took.done);
    assert_eq!(report.took.last(), Some(&took.longest));
    assert_eq!(report.stated.names, 0, "no names, unless asked for");
    let text = String::from_utf8(written.clone()).unwrap();
    assert!(
        !text.contains("acme.example") && !text.contains("First1"),
        "nor anything of them"
    );
    let flipped = |at: usize| {
        let mut bytes = written.clone();
        bytes[at] ^= 1;
        verify(&bytes[..], TENANT, &key, &[]).is_ok_and(|report| report.is_sound())
    };
    for n in 0..8 {
        let at = written.len() / 8 * n + n;
        assert!(!flipped(at), "byte {at}");
    }
}
