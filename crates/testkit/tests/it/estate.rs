//! An estate that exists: a few hundred accounts that nobody can explain, in an emulated SCIM
//! provider, are taken over without a duplicate and without a removal, and then enforced.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use app::{App, DecisionRow, WavePreview};
use emulate::{Access, Provider, Request, Serving, Shared, Temperament, serve};
use model::{Act, Kind, Secret};
use ports::Store;
use ports::conformance::cluster;
use serde_json::{Value, json};
use store::{PostgresOptions, StorePorts, TenureStore};
use testkit::node::{actor, keyring, morning};
use testkit::{Node, SeededEntropy, SimClock};

use crate::two_installations::{TOKEN, Wire};

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const PEOPLE: usize = 240;

const DOCUMENTS: &str = r#"kind: Source
metadata: {name: hr}
spec:
  format: csv
  key: id
  attributes:
    email: {column: mail, required: true}
    department: {column: dept, required: true}
    city: {column: city, required: true}
    nickname: {column: nick, self_editable: true}
  ends: {column: end, format: iso}
  zone: {default: Europe/Berlin}
  delivery: full
---
kind: App
metadata: {name: chat}
spec:
  scim:
    url: http://127.0.0.1:1/v2
    auth: {bearer: {secret: chat-token}}
    allow_private: true
  mode: MODE
  account:
    match: [userName, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber"]
    attributes:
      userName: person.email
      "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber": person.worker_key
  groups:
    sales: {display: Sales}
    berlin: {display: Berlin Office}
  privileged: {groups: [Admins], names: [root]}
---
kind: BirthrightRule
metadata: {name: everyone}
spec: {when: "true", grants: [{app: chat}]}
---
kind: BirthrightRule
metadata: {name: sellers}
spec: {when: "person.department == \"Sales\"", grants: [{app: chat, group: sales}]}
---
kind: Guard
metadata: {name: guard}
spec:
  removals: {max_count: 2, max_share_percent: 0}
  creations: {max_count: 100, max_share_percent: 100}
  apply: manual
"#;

/// Every third in Sales, every fourth in Berlin.
fn file(without: &str) -> Vec<u8> {
    let mut text = "id,mail,dept,city,nick,end\n".to_owned();
    for n in 1..=PEOPLE {
        let dept = if n % 3 == 0 { "Sales" } else { "Works" };
        let city = if n % 4 == 0 { "Berlin" } else { "Linz" };
        let row = format!("w{n:03},p{n}@acme.example,{dept},{city},n{n},\n");
        if !row.starts_with(without) || without.is_empty() {
            text.push_str(&row);
        }
    }
    text.into_bytes()
}

struct Estate {
    node: Node,
    serving: Serving,
    /// Names of the accounts that were there → the provider's ids.
    ids: BTreeMap<String, String>,
}

fn post(serving: &Serving, what: &str, body: &Value) -> String {
    let url = serving.base_url();
    let path = url.splitn(4, '/').nth(3).unwrap();
    let headers = [
        ("authorization", format!("Bearer {TOKEN}")),
        ("content-type", "application/scim+json".to_owned()),
    ];
    let request = Request {
        method: "POST".to_owned(),
        path: format!("/{path}/{what}"),
        query: Vec::new(),
        headers: headers.map(|(n, v)| (n.to_owned(), v)).to_vec(),
        body: serde_json::to_vec(body).unwrap(),
    };
    let reply = serving.provider.lock().handle(&request);
    assert_eq!(
        reply.status,
        201,
        "{}",
        String::from_utf8_lossy(&reply.body)
    );
    let made: Value = serde_json::from_slice(&reply.body).unwrap();
    made["id"].as_str().unwrap().to_owned()
}

/// Fills the provider as ten years would: 220 accounts under their present names, 10 under old
/// ones (five with the worker's number, five without), twins of one number, a recycled number,
/// a shared, a service and a privileged account, and groups filled by hand.
fn preload(serving: &Serving) -> BTreeMap<String, String> {
    let mut ids = BTreeMap::new();
    let mut make = |name: &str, number: Option<&str>| {
        let mut body = json!({"userName": name, "active": true, "nickName": "Ace",
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"]});
        if let Some(number) = number {
            body["schemas"] = json!(["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE]);
            body[ENTERPRISE] = json!({"employeeNumber": number});
        }
        let id = post(serving, "Users", &body);
        ids.insert(name.to_owned(), id);
    };
    for n in 1..=220_usize {
        let mixed = if n.is_multiple_of(2) { "P" } else { "p" };
        make(&format!("{mixed}{n}@acme.example"), None);
    }
    for n in 221..=225 {
        make(&format!("old{n}"), Some(&format!("w{n}")));
        make(&format!("lost{}", n + 5), None);
    }
    make("twin-a", Some("w231"));
    make("twin-b", Some("w231"));
    make("recycled", Some("w232"));
    for name in ["reception", "backup-robot", "root", "gone-1", "gone-2"] {
        make(name, None);
    }
    let members = |names: &mut dyn Iterator<Item = String>, ids: &BTreeMap<String, String>| {
        names.map(|n| json!({"value": ids[&n]})).collect::<Vec<_>>()
    };
    let p = |n: usize| {
        format!(
            "{}{n}@acme.example",
            if n.is_multiple_of(2) { "P" } else { "p" }
        )
    };
    let groups: [(&str, Vec<usize>); 4] = [
        // Sales by rule, and five from elsewhere by hand.
        (
            "Sales",
            (1..=60)
                .filter(|n| n % 3 == 0)
                .chain([1, 2, 4, 5, 7])
                .collect(),
        ),
        // Everyone in Berlin, one more, and nobody said so.
        (
            "Berlin Office",
            (1..=220).filter(|n| n % 4 == 0).chain([9]).collect(),
        ),
        ("Old Project", (10..20).collect()),
        ("Admins", vec![3]),
    ];
    for (display, who) in groups {
        let body = json!({"displayName": display,
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
            "members": members(&mut who.into_iter().map(p), &ids)});
        post(serving, "Groups", &body);
    }
    ids
}

async fn estate(postgres: Option<&str>) -> Estate {
    let provider = Provider::new(Temperament::default(), Access::Bearer(TOKEN.to_owned()));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let serving = serve(listener, Shared::new(provider)).unwrap();
    let ids = preload(&serving);
    let clock = Arc::new(SimClock::at(morning()));
    let entropy = Arc::new(SeededEntropy::new(1));
    let keyring = Arc::new(keyring().unwrap());
    let ports = StorePorts {
        clock: Arc::clone(&clock) as _,
        entropy: Arc::clone(&entropy) as _,
        keyring: Arc::clone(&keyring) as _,
    };
    let store: Arc<dyn Store> = match postgres {
        Some(url) => {
            let options = PostgresOptions::default();
            Arc::new(
                TenureStore::open_postgres(url, options, ports)
                    .await
                    .unwrap(),
            )
        }
        None => Arc::new(TenureStore::open_inline(None, ports).unwrap()),
    };
    let connect = Arc::new(Wire(serving.base_url()));
    let node = Node::over(store, clock, entropy, keyring, connect, "node");
    let estate = Estate { node, serving, ids };
    estate.push("observe").await;
    let token = Secret::new(TOKEN);
    let (ana, host) = (actor("ana"), "127.0.0.1:1");
    let app = &estate.node.app;
    app.set_secret(&ana, "chat-token", "chat", host, &token)
        .await
        .unwrap();
    let delivered = app
        .deliver(&ana, "hr", "hr.csv", &file(""), false)
        .await
        .unwrap();
    assert_eq!(delivered.rows, PEOPLE as u64);
    estate
}

impl Estate {
    async fn push(&self, mode: &str) {
        let text = DOCUMENTS.replace("mode: MODE", &format!("mode: {mode}"));
        let files = vec![("all.yaml".to_owned(), text)];
        let accepted = self
            .node
            .app
            .accept_documents(&actor("ana"), files, false)
            .await;
        accepted.unwrap();
    }

    fn app(&self) -> &App {
        &self.node.app
    }

    fn id(&self, name: &str) -> &str {
        &self.ids[name]
    }

    async fn plan(&self) -> Vec<WavePreview> {
        self.app().plan(&actor("ana"), false).await.unwrap()
    }

    async fn counts(&self) -> BTreeMap<&'static str, usize> {
        let estate = self.app().estate("chat").await.unwrap();
        let counts = estate.counts().into_iter().filter(|(_, n)| *n > 0);
        counts.map(|(class, n)| (class.as_str(), n)).collect()
    }

    fn row(&self, name: &str, group: &str, decision: &str) -> DecisionRow {
        // Only these keep one.
        let owned =
            matches!(decision, "service" | "keep") || (decision == "adopt" && !group.is_empty());
        let owner = if owned { "platform team" } else { "" };
        DecisionRow {
            line: 2,
            account: self.id(name).to_owned(),
            group: group.to_owned(),
            decision: decision.to_owned(),
            owner: owner.to_owned(),
            ..DecisionRow::default()
        }
    }

    /// Decides; every row must count and decide something new.
    async fn decide(&self, rows: &[DecisionRow]) {
        let ana = actor("ana");
        let report = self.app().decide_estate(&ana, "chat", rows, "CHG-7", false);
        let report = report.await.unwrap();
        assert_eq!(report.diagnostics, []);
        assert_eq!(report.decided.len(), rows.len());
    }

    /// What the planner is not asked to find out.
    fn answers(&self) -> Vec<DecisionRow> {
        let mut rows: Vec<DecisionRow> = (226..=230)
            .map(|n| self.row(&format!("lost{n}"), "", &format!("adopt w{n}")))
            .collect();
        for (name, decision) in [
            ("twin-a", "adopt w231"),
            ("twin-b", "ignore"),
            ("recycled", "not-the-same w232"),
            ("reception", "shared"),
            ("backup-robot", "service"),
            ("root", "privileged"),
            ("gone-1", "orphan"),
            ("p3@acme.example", "adopt w003"),
        ] {
            rows.push(self.row(name, "", decision));
        }
        rows
    }

    /// The names of those in a group of the provider.
    fn members(&self, display: &str) -> BTreeSet<String> {
        let provider = self.serving.provider.lock();
        let groups = provider.objects(Kind::Group);
        let group = groups.iter().find(|g| g["displayName"] == display).unwrap();
        let members = group.get("members").and_then(Value::as_array).cloned();
        let ids: BTreeSet<String> = members
            .into_iter()
            .flatten()
            .map(|m| m["value"].as_str().unwrap().to_owned())
            .collect();
        let users = provider.objects(Kind::Account);
        let of = users
            .iter()
            .filter(|u| ids.contains(u["id"].as_str().unwrap()));
        of.map(|u| u["userName"].as_str().unwrap().to_ascii_lowercase())
            .collect()
    }

    /// `userName` → whether it may be used.
    fn accounts(&self) -> BTreeMap<String, bool> {
        let users = self.serving.provider.lock().objects(Kind::Account);
        let named = |u: &protocol::scim::Object| {
            let name = u["userName"].as_str().unwrap().to_ascii_lowercase();
            (name, u.get("active") != Some(&Value::Bool(false)))
        };
        users.iter().map(named).collect()
    }

    /// Starts what the guard allows, has someone else release what it holds, and carries it out.
    async fn carry_out(&self, waves: &[WavePreview]) {
        for wave in waves {
            let done = match wave.verdict.as_str() {
                "allow" => self.app().apply(&actor("ana"), wave.wave, "test").await,
                _ => {
                    self.app()
                        .release(&actor("ben"), wave.wave, &[], "looked")
                        .await
                }
            };
            done.unwrap();
        }
        self.node.settle(2_000).await.unwrap();
    }
}

fn verbs(waves: &[WavePreview]) -> BTreeMap<&'static str, usize> {
    let mut verbs = BTreeMap::new();
    for plan in waves.iter().flat_map(|w| &w.plans) {
        for step in &plan.plan.steps {
            *verbs.entry(step.act.verb()).or_default() += 1;
        }
    }
    verbs
}

/// From the first look to exact enforcement.
async fn taken_over(estate: &Estate) {
    // Observing writes nothing and plans nothing; what is there is told.
    assert_eq!(verbs(&estate.plan().await), BTreeMap::new());
    let before = estate.accounts();
    let classes = [
        ("ambiguous", 2),
        ("exact", 225),
        ("orphan", 9),
        ("privileged", 2),
    ];
    assert_eq!(estate.counts().await, BTreeMap::from(classes), "of 238");
    estate.decide(&estate.answers()).await;
    let classes = [
        ("adopted", 7),
        ("exact", 224),
        ("ignored", 1),
        ("orphan", 3),
        ("privileged", 1),
        ("service", 1),
        ("shared", 1),
    ];
    assert_eq!(estate.counts().await, BTreeMap::from(classes));
    assert_eq!(estate.accounts(), before, "deciding writes nothing");

    // The first plan that may write: it makes only what nobody has, and takes nothing away.
    estate.push("enforce").await;
    let waves = estate.plan().await;
    let does = verbs(&waves);
    for removal in ["disable", "delete", "revoke"] {
        assert_eq!(does.get(removal), None, "{does:?}");
    }
    let made: BTreeSet<String> = creations(&waves);
    let wanted: BTreeSet<String> = (232..=240).map(|n| format!("p{n}@acme.example")).collect();
    assert_eq!(made, wanted);
    estate.carry_out(&waves).await;
    assert_eq!(
        verbs(&estate.plan().await),
        BTreeMap::new(),
        "nothing is left"
    );

    // Every person has one account, under the name that HR says; all others are as they were.
    let accounts = estate.accounts();
    assert!((1..=PEOPLE).all(|n| accounts[&format!("p{n}@acme.example")]));
    let others: Vec<&str> = accounts
        .keys()
        .map(String::as_str)
        .filter(|name| !name.ends_with("@acme.example"))
        .collect();
    let kept = [
        "backup-robot",
        "gone-1",
        "gone-2",
        "reception",
        "recycled",
        "root",
        "twin-b",
    ];
    assert_eq!(others, kept);
    assert!(kept.iter().all(|name| accounts[*name]));
}

fn creations(waves: &[WavePreview]) -> BTreeSet<String> {
    let steps = waves
        .iter()
        .flat_map(|w| &w.plans)
        .flat_map(|p| &p.plan.steps);
    steps
        .filter(|step| step.address.kind == Kind::Account)
        .filter_map(|step| match &step.act {
            Act::Create { attributes, .. } => attributes.get("userName").cloned(),
            _ => None,
        })
        .filter_map(|name| name.as_text().map(str::to_owned))
        .collect()
}

/// Manual grants stay until someone decides, are named with the rule that would explain them,
/// and then go or stay as decided.
async fn explained(estate: &Estate) {
    let rows = suggested(estate).await;
    decided(estate, rows).await;
    let sales = estate.members("Sales");
    let wanted: BTreeSet<String> = (1..=PEOPLE)
        .filter(|n| n % 3 == 0 || *n < 3)
        .map(|n| format!("p{n}@acme.example"))
        .collect();
    assert_eq!(sales, wanted);
    assert_eq!(estate.members("Old Project").len(), 10);
    assert_eq!(estate.members("Berlin Office").len(), 56);
}

/// What nobody explains, and how many rows that are.
async fn suggested(estate: &Estate) -> usize {
    let found = estate.app().unexplained("chat").await.unwrap();
    let left: Vec<(Option<&str>, bool, usize)> = found
        .of
        .iter()
        .map(|of| (of.group.as_deref(), of.declared, of.unexplained))
        .collect();
    let wanted = [
        (Some("Berlin Office"), true, 56),
        (Some("Old Project"), false, 10),
        (Some("Sales"), true, 5),
        (None, true, 2),
        (Some("Admins"), false, 1),
    ];
    assert_eq!(left, wanted);
    let rule = found.of[0].suggestion.as_ref().unwrap();
    assert_eq!(rule.when, "person.city == \"Berlin\"");
    assert_eq!(
        (rule.explains, rule.of, rule.more),
        (55, 56, 5),
        "the five who were made"
    );
    assert_eq!(
        found.of[1].suggestion, None,
        "no rule gives a project to ten"
    );
    found.rows.len()
}

async fn decided(estate: &Estate, before: usize) {
    // The five sellers by hand are still there; two stay because someone says so, three go.
    let by_hand = [1, 2, 4, 5, 7].map(|n| format!("p{n}@acme.example"));
    assert!(
        by_hand
            .iter()
            .all(|name| estate.members("Sales").contains(name))
    );
    let account = |n: usize| {
        format!(
            "{}{n}@acme.example",
            if n.is_multiple_of(2) { "P" } else { "p" }
        )
    };
    let rows: Vec<DecisionRow> = [1, 2, 4, 5, 7]
        .map(|n| {
            let decision = if n < 4 { "keep" } else { "reject" };
            estate.row(&account(n), "Sales", decision)
        })
        .to_vec();
    estate.decide(&rows).await;
    let left = estate.app().unexplained("chat").await.unwrap();
    assert_eq!(left.rows.len(), before - 5, "the list burns down");
    let stands = estate.app().drift("chat").await.unwrap();
    let told: BTreeSet<&str> = stands.iter().map(|row| row.address.as_str()).collect();
    assert_eq!(told.len(), stands.len(), "what was rejected is told once");
    let waves = estate.plan().await;
    assert_eq!(verbs(&waves), BTreeMap::from([("adopt", 2), ("revoke", 3)]));
    let reasons = format!("{waves:?}");
    assert!(reasons.contains("decision/reject") && reasons.contains("CHG-7"));
    let held: Vec<_> = waves
        .iter()
        .filter(|w| w.verdict.as_str() == "ask")
        .collect();
    assert_eq!(held.len(), 1, "three removals are above the guard's two");
    assert_eq!(held[0].author, "ana", "whoever decided may not release");
    let own = estate
        .app()
        .release(&actor("ana"), held[0].wave, &[], "mine")
        .await;
    assert_eq!(own.unwrap_err().code(), "TNR-WAVE-0001");
    estate.carry_out(&waves).await;
    assert_eq!(verbs(&estate.plan().await), BTreeMap::new());
}

/// What the store holds is what the log says.
async fn drifted(estate: &Estate) {
    let states = |rows: &[app::Stands]| {
        let mut states: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for row in rows {
            *states
                .entry((row.state.as_str(), row.kind.as_str()))
                .or_default() += 1;
        }
        states
    };
    let found = states(&estate.app().drift("chat").await.unwrap());
    let wanted = [
        (("in_sync", "account"), PEOPLE),
        (("in_sync", "grant"), 82),
        (("in_sync", "group"), 2),
        (("unmanaged", "account"), 7),
        (("unmanaged", "grant"), 56),
        (("unmanaged", "group"), 2),
    ];
    assert_eq!(found, BTreeMap::from(wanted));
    let id = estate.id("p1@acme.example").to_owned();
    estate
        .serving
        .provider
        .lock()
        .meddle(Kind::Account, &id, |user| {
            user.insert("active".to_owned(), Value::Bool(false));
        });
    let target = model::TargetName::from("chat");
    estate.app().observe(&actor("ana"), &target).await.unwrap();
    let rows = estate.app().drift("chat").await.unwrap();
    let off: Vec<_> = rows
        .iter()
        .filter(|r| r.state == app::State::Drifted)
        .collect();
    assert_eq!(off.len(), 1);
    assert_eq!(off[0].detail, "may not be used and should");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_estate_is_taken_over_and_then_enforced() {
    let estate = estate(None).await;
    taken_over(&estate).await;
    explained(&estate).await;
    drifted(&estate).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_on_postgres() {
    let Some(cluster) = cluster::shared() else {
        return;
    };
    let estate = estate(Some(&cluster.database())).await;
    taken_over(&estate).await;
    explained(&estate).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn enforced_without_a_decision_nothing_is_removed_and_what_is_privileged_is_asked() {
    let estate = estate(None).await;
    let (accounts, sales) = (estate.accounts(), estate.members("Sales"));
    estate.push("enforce").await;
    let waves = estate.plan().await;
    let does = verbs(&waves);
    for removal in ["disable", "delete", "revoke"] {
        assert_eq!(does.get(removal), None, "{does:?}");
    }
    let made = creations(&waves);
    assert!(
        !made.contains("p3@acme.example"),
        "no second account beside a privileged one"
    );
    assert!(
        !made.contains("p231@acme.example"),
        "nor beside two that match"
    );
    let findings = estate.app().store().open_findings(100).await.unwrap();
    let codes: BTreeSet<&str> = findings
        .iter()
        .map(|f| f.opened.finding.code.as_str())
        .collect();
    assert!(
        codes.contains("TNR-ADOPT-0001") && codes.contains("TNR-PLAN-0002"),
        "{codes:?}"
    );
    estate.carry_out(&waves).await;
    let after = estate.accounts();
    assert!(
        accounts
            .keys()
            .filter(|n| n.starts_with('g'))
            .all(|n| after[n])
    );
    assert!(
        estate.members("Sales").is_superset(&sales),
        "nothing by hand is gone"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_rows_are_named_and_the_good_ones_count() {
    let estate = estate(None).await;
    estate.plan().await;
    let mut rows = vec![
        estate.row("reception", "", "sharde"),
        estate.row("lost226", "", "adopt w999"),
        estate.row("lost227", "", "adopt"),
        estate.row("P2@acme.example", "Sales", "keep"),
        estate.row("backup-robot", "", "service"),
        estate.row("P6@acme.example", "Sales", "reject"),
        estate.row("p1@acme.example", "Old Project", "reject"),
        estate.row("lost228", "", "adopt w228"),
        estate.row("lost229", "", "adopt w228"),
        estate.row("lost228", "", "orphan"),
        estate.row("gone-1", "", ""),
        estate.row("gone-2", "", "orphan"),
    ];
    for (row, line) in rows.iter_mut().zip(2..) {
        row.line = line;
    }
    rows[4].owner = String::new();
    let ana = actor("ana");
    let dry = estate
        .app()
        .decide_estate(&ana, "chat", &rows, "CHG-7", true)
        .await
        .unwrap();
    let report = estate
        .app()
        .decide_estate(&ana, "chat", &rows, "CHG-7", false)
        .await
        .unwrap();
    assert_eq!(dry, report, "a dry run says the same and writes nothing");
    let told: Vec<(u64, &str)> = report
        .diagnostics
        .iter()
        .map(|d| (d.line, d.field.as_str()))
        .collect();
    let wanted = [
        (2, "decision"),
        (3, "decision"),
        (4, "decision"),
        (6, "owner"),
        (7, "decision"),
        (8, "group"),
        (10, "decision"),
        (11, "account"),
    ];
    assert_eq!(told, wanted);
    assert_eq!(report.diagnostics[0].fix, "did you mean `shared`?");
    assert!(report.diagnostics[4].problem.contains("a rule gives this"));
    let counted: Vec<u64> = report.decided.iter().map(|d| d.line).collect();
    assert_eq!(counted, [5, 9, 13]);
    assert_eq!(report.open, 1);

    // The same again says nothing new; another word revises it.
    let again = estate
        .app()
        .decide_estate(&ana, "chat", &rows, "CHG-8", false)
        .await
        .unwrap();
    assert_eq!((again.decided.len(), again.unchanged), (0, 3));
    estate.decide(&[estate.row("gone-2", "", "shared")]).await;
    assert_eq!(estate.counts().await["shared"], 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_account_that_two_people_match_is_nobodys() {
    let estate = estate(None).await;
    let mut text = String::from_utf8(file("")).unwrap();
    text.push_str("w777,p1@acme.example,Works,Linz,n,\n");
    let ana = actor("ana");
    let file = text.as_bytes();
    estate
        .app()
        .deliver(&ana, "hr", "hr.csv", file, false)
        .await
        .unwrap();
    estate.push("enforce").await;
    let waves = estate.plan().await;
    let found = estate.app().estate("chat").await.unwrap();
    let shared = found
        .accounts
        .iter()
        .find(|a| a.name == "p1@acme.example")
        .unwrap();
    assert_eq!(
        (shared.class.as_str(), shared.people.len()),
        ("ambiguous", 2)
    );
    let takes = |id: &str| {
        let steps = waves
            .iter()
            .flat_map(|w| &w.plans)
            .flat_map(|p| &p.plan.steps);
        let adopts = |s: &&model::Step| matches!(&s.act, Act::Adopt { remote } if remote.0 == id && s.address.kind == Kind::Account);
        steps.filter(adopts).count()
    };
    assert_eq!(takes(estate.id("p1@acme.example")), 0);
    assert_eq!(
        takes(estate.id("P2@acme.example")),
        1,
        "all others are taken over"
    );
    let findings = estate.app().store().open_findings(100).await.unwrap();
    let contested = findings
        .iter()
        .filter(|f| f.opened.finding.code == "TNR-ADOPT-0002");
    assert_eq!(contested.count(), 2, "one for each of them");

    // It never was the new one's: from now on the first has it, and the two never meet again.
    estate
        .decide(&[estate.row("p1@acme.example", "", "not-the-same w777")])
        .await;
    let found = estate.app().estate("chat").await.unwrap();
    let hers = found
        .accounts
        .iter()
        .find(|a| a.name == "p1@acme.example")
        .unwrap();
    assert_eq!(
        (hers.class.as_str(), hers.people[0].key.as_str()),
        ("exact", "w001")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_has_left_leaves_the_account_that_someone_said_is_theirs() {
    let estate = estate(None).await;
    estate.plan().await;
    estate
        .decide(&[estate.row("lost226", "", "adopt w226")])
        .await;
    let ana = actor("ana");
    let text = String::from_utf8(file("w226")).unwrap()
        + "w226,p226@acme.example,Works,Linz,n,2020-01-01\n";
    estate
        .app()
        .deliver(&ana, "hr", "hr.csv", text.as_bytes(), false)
        .await
        .unwrap();
    estate.push("enforce").await;
    let waves = estate.plan().await;
    assert_eq!(verbs(&waves).get("disable"), Some(&1));
    estate.carry_out(&waves).await;
    assert!(!estate.accounts()["lost226"]);
    assert_eq!(verbs(&estate.plan().await), BTreeMap::new());
}
