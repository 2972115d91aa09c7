//! The times in the ledger of leavers are those at which apps were really asked and looked at, as the
//! apps themselves have written them down.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use app::{Connect, EndState, LeaverRecord, Window};
use model::event::ObjectUnlinked;
use model::{Actor, Address, Event, Secret, TargetName, Timestamp, Value};
use ports::Clock as _;
use ports::store::Append;
use testkit::node::{actor, morning};
use testkit::{Company, Fault, Node, SeededEntropy, SimClock};

use crate::company::{csv, documents, stage, workers};
use crate::diary::{Apps, Seen};

const GUARD: &str = "kind: Guard
metadata: {name: guard}
spec:
  removals: {max_count: 1000, max_share_percent: 100}
  creations: {max_count: 1000, max_share_percent: 100}
  protected: [w007, w019]
  apply: automatic
";
/// Whoever leaves at the same instant as someone who is protected waits in the same wave.
const HELD: [&str; 4] = ["w007", "w019", "w031", "w043"];
const PEOPLE: usize = 48;
const ZONES: [&str; 4] = [
    "Europe/Berlin",
    "Australia/Melbourne",
    "Asia/Kathmandu",
    "America/New_York",
];

fn at(mark: Option<evidence::leaver::Mark>) -> Option<Timestamp> {
    mark.map(|mark| mark.at)
}

/// Everyone's last day is one of three, at 17:00 on their own clock; but the first stays.
fn rows() -> Vec<String> {
    let row = |i: usize| {
        let end = match i {
            1 => String::new(),
            i => format!("2026-11-{}", 24 + i % 3),
        };
        let zone = ZONES[i % 4];
        format!("w{i:03},First{i},Last{i},p{i}@acme.example,Sales,,2020-01-01,{end},{zone}")
    };
    (1..=PEOPLE).map(row).collect()
}

struct Night {
    node: Node,
    company: Company,
    apps: Arc<Apps>,
    begun: Timestamp,
}

/// A node whose people have accounts, and three days in which they leave while apps misbehave.
async fn nights() -> Night {
    let company = Company::with(&["chat", "wiki"]);
    let clock = Arc::new(SimClock::at(morning()));
    let apps = Arc::new(Apps::of(&company, &clock));
    let entropy = Arc::new(SeededEntropy::new(1));
    let connect = Arc::clone(&apps) as Arc<dyn Connect>;
    let node = Node::open(None, Arc::clone(&clock), entropy, connect, "node-1").unwrap();
    let ana = actor("ana");
    let mut files = documents(GUARD);
    let chat = files.iter().find(|(name, _)| name == "chat.yaml").unwrap();
    let wiki = chat.1.replace("name: chat", "name: wiki");
    files.push((
        "wiki.yaml".to_owned(),
        wiki.replace("chat-token", "wiki-token"),
    ));
    let everyone = "kind: BirthrightRule\nmetadata: {name: readers}\nspec: {when: \"true\", grants: \
                    [{app: wiki}]}\n";
    files.push(("readers.yaml".to_owned(), everyone.to_owned()));
    node.app.accept_documents(&ana, files, false).await.unwrap();
    for app in ["chat", "wiki"] {
        let (name, token) = (format!("{app}-token"), Secret::new("s3cret"));
        let set = node.app.set_secret(&ana, &name, app, "127.0.0.1:1", &token);
        set.await.unwrap();
    }
    let file = csv(&rows());
    let told = node.app.deliver(&ana, "hr", "hr.csv", &file, false).await;
    assert!(!told.unwrap().refused);
    node.app.plan(&ana, false).await.unwrap();
    node.settle(5_000).await.unwrap();
    let begun = clock.now();
    let faults = [
        Fault::Busy(Duration::from_secs(40)),
        Fault::LostAnswer,
        Fault::Lie,
        Fault::LostRequest,
    ];
    // Every twenty minutes for five days; an app misbehaves some times between two last days.
    for turn in 0..360 {
        if turn % 15 == 0 {
            company.target("chat").order(faults);
        }
        node.worker.tick().await.unwrap();
        node.settle(5_000).await.unwrap();
        clock.advance(Duration::from_secs(1_200));
    }
    Night {
        node,
        company,
        apps,
        begun,
    }
}

impl Night {
    async fn ledger(&self) -> Vec<LeaverRecord> {
        let window = Window {
            from: self.begun,
            to: self.node.app.now(),
        };
        let ledger = self.node.app.leavers(window).await.unwrap();
        let done: Vec<u64> = ledger
            .leavers
            .iter()
            .filter_map(|l| Some(l.done_at?.since(l.start).as_secs()))
            .collect();
        let times = ledger.times.unwrap();
        assert_eq!(times.done, done.len() as u64);
        assert_eq!(times.longest.as_secs(), *done.iter().max().unwrap());
        ledger.leavers
    }

    /// What an app has written down of the account of a worker.
    fn seen(&self, app: &TargetName, key: &str) -> Seen {
        let diary = &self.apps.0[app];
        let mail = key.trim_start_matches(['w', '0']);
        let name = Value::from(format!("p{mail}@acme.example").as_str());
        let objects = diary.memory.objects();
        let mut accounts = objects.iter();
        let account = accounts.find(|(_, o)| o.attributes.get("userName") == Some(&name));
        diary.seen(account.unwrap().0)
    }
}

#[tokio::test]
async fn the_ledgers_times_are_those_of_the_apps_and_all_that_is_exposed_is_listed() {
    let night = nights().await;
    let ledger = night.ledger().await;
    let keys: BTreeSet<&str> = ledger.iter().map(|l| l.key.as_str()).collect();
    assert_eq!(keys.len(), PEOPLE - 1, "everyone but the one who stays");
    let mut waited = 0;
    for leaver in &ledger {
        let five = leaver.at.on_the_wall(&leaver.zone).unwrap().to_string();
        assert!(five.ends_with("T17:00:00"), "{five}");
        assert_eq!(leaver.accounts.len(), 2, "{leaver:?}");
        if HELD.contains(&leaver.key.as_str()) {
            let exposed = |e: &app::Ending| e.state == EndState::Exposed && e.sent.is_none();
            assert!(leaver.accounts.iter().all(exposed), "{leaver:?}");
            assert!(leaver.why.contains("a person's word"), "{}", leaver.why);
            assert_eq!(leaver.decision.as_ref().unwrap().released, None);
            continue;
        }
        for ending in &leaver.accounts {
            let seen = night.seen(&ending.app, &leaver.key);
            assert_eq!(ending.state, EndState::Disabled, "{leaver:?}");
            assert_eq!(
                at(ending.sent),
                seen.asked,
                "{} in {}",
                leaver.key,
                ending.app
            );
            assert_eq!(
                at(ending.verified),
                seen.read,
                "{} in {}",
                leaver.key,
                ending.app
            );
        }
        let last = leaver.accounts.iter().filter_map(|e| at(e.verified)).max();
        assert_eq!(leaver.done_at, last);
        let first = leaver.accounts.iter().filter_map(|e| at(e.verified)).min();
        waited += u32::from(first != last);
    }
    assert!(waited > 0, "no app had anybody wait: nothing is shown");
}

#[tokio::test]
async fn an_account_that_somebody_opens_again_is_exposed_in_the_ledger() {
    let night = nights().await;
    let ana = actor("ana");
    let wiki = TargetName::from("wiki");
    let memory = night.company.target("wiki");
    let objects = memory.objects();
    let name = Value::from("p11@acme.example");
    let mut accounts = objects.iter();
    let open = accounts.find(|(_, o)| o.attributes.get("userName") == Some(&name));
    memory.tamper(open.unwrap().0, |account| account.active = true);
    night.node.app.observe(&ana, &wiki).await.unwrap();
    let ledger = night.ledger().await;
    let exposed: Vec<_> = ledger
        .iter()
        .filter(|leaver| leaver.done_at.is_none())
        .map(|leaver| leaver.key.as_str())
        .collect();
    assert_eq!(
        BTreeSet::from_iter(exposed),
        HELD.into_iter().chain(["w011"]).collect()
    );
    let leaver = ledger.iter().find(|l| l.key == "w011").unwrap();
    let states: Vec<_> = leaver.accounts.iter().map(|e| e.state).collect();
    assert_eq!(states, [EndState::Disabled, EndState::Exposed]);
    assert!(!leaver.why.is_empty());
}

#[tokio::test]
async fn a_leaver_with_too_many_records_does_not_keep_the_others_from_being_told_of() {
    let stage = stage(crate::company::GUARD).await;
    let (app, clock, ana) = (&stage.node.app, &stage.node.clock, actor("ana"));
    let begun = app.now();
    let mut rows = workers(3);
    let waves = stage.deliver(&rows).await;
    stage.apply(&waves).await;
    for row in &mut rows[1..] {
        *row = row.replace("2020-01-01,,", "2020-01-01,2026-11-23,");
    }
    stage.deliver(&rows).await;
    clock.advance(Duration::from_secs(12 * 3_600));
    // Somebody in the app is quicker than Tenure with the third.
    let chat = TargetName::from("chat");
    let memory = stage.company.target("chat");
    let name = Value::from("p3@acme.example");
    let objects = memory.objects();
    let mut accounts = objects.iter();
    let third = accounts.find(|(_, o)| o.attributes.get("userName") == Some(&name));
    memory.tamper(third.unwrap().0, |account| account.active = false);
    app.observe(&ana, &chat).await.unwrap();
    let looked = app.now();
    clock.advance(Duration::from_secs(60));
    let waves = app.plan(&ana, false).await.unwrap();
    stage.apply(&waves).await;
    let window = |to| Window { from: begun, to };
    let before = app.leavers(window(app.now())).await.unwrap();
    // A great many records about them since.
    let subject = app.one_person("w003").await.unwrap().person.subject;
    let noise = Event::ObjectUnlinked(ObjectUnlinked {
        address: Address::grant(&TargetName::from("wiki"), subject, "readers"),
        because: "the test says so".to_owned(),
    });
    for _ in 0..21 {
        let append = Append::of(Actor::system(), vec![noise.clone(); 500]);
        stage.store.append(append).await.unwrap();
    }
    let after = app.leavers(window(app.now())).await.unwrap();
    assert_eq!(after.leavers.len(), 2);
    let of = |ledger: &app::Leavers, key: &str| -> LeaverRecord {
        let mut leavers = ledger.leavers.iter();
        leavers.find(|leaver| leaver.key == key).unwrap().clone()
    };
    assert_eq!(of(&after, "w002"), of(&before, "w002"), "as they were");
    let (seen, now) = (of(&before, "w003"), of(&after, "w003"));
    assert_eq!((seen.done_at, seen.at_most), (Some(looked), true));
    assert_eq!((now.done_at, now.at_most), (Some(looked), true));
    assert_eq!(now.accounts[0].state, EndState::SeenShut);
    assert!(seen.why.is_empty());
    for word in ["TNR-DIGEST-0004", "chat", "at the latest", "--person w003"] {
        assert!(now.why.contains(word), "{}", now.why);
    }
    // It verifies as a bundle does, and the morning is told.
    let proof = app.prove_leavers(window(app.now()), false).await.unwrap();
    assert_eq!(proof.leavers.len(), 2);
    let digest = app.digest(window(app.now())).await.unwrap();
    let left: u64 = digest.counts.iter().map(|count| count.done).sum();
    assert!(left >= 2, "{:?}", digest.counts);
}
