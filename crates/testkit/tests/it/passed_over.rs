//! Law: a planning that passes over people for whom nothing can have changed finds what a planning
//! of everyone finds. Over seeded small companies in which HR, administrators, rules and the
//! clock move between one planning and the next; the other planning is that of a node which has
//! just been started and remembers nothing.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use app::WavePreview;
use lifecycle::mutants::{self, Mutant};
use model::{Kind, Secret, TargetName, Value};
use ports::Store;
use store::{PostgresOptions, StorePorts, TenureStore};
use testkit::memory::Fault;
use testkit::node::{actor, keyring, morning};
use testkit::{Company, Node, SeededEntropy, SimClock};

pub(crate) const APPS: [&str; 2] = ["chat", "wiki"];
pub(crate) const PEOPLE: u64 = 12;
const ROUNDS: u64 = 20;

fn worlds() -> u64 {
    let asked = std::env::var("TENURE_WORLDS").ok();
    asked.map_or(10, |n| n.parse().expect("TENURE_WORLDS is a number"))
}

fn app(name: &str, days: &str) -> String {
    let manager = match name {
        "wiki" => "{value: person.manager, missing: clear}",
        _ => "person.manager",
    };
    format!(
        "kind: App\nmetadata: {{name: {name}}}\nspec:\n{days}  scim:\n    url: http://127.0.0.1:1/v2\n    \
             auth: {{bearer: {{secret: {name}-token}}}}\n    allow_private: true\n  mode: enforce\n  \
             account:\n    match: [userName]\n    attributes:\n      userName: person.email\n      \
             title: person.department\n    manager: {manager}\n  groups:\n    all: {{display: All}}\n    \
             sales: {{display: Sales}}\n"
    )
}

fn documents(revision: u64) -> Vec<(String, String)> {
    // Everyone's next instant moves with the documents.
    let wiki_days = format!(
        "  joiner: {{days_before: {}}}\n  leave: disable\n  leaver:\n    delete_after_days: {}\n    manual:\n      \
         - {{name: laptop, owner: it, due_days: 0, before: delete, text: Take it back.}}\n",
        1 + revision % 3,
        1 + revision % 2
    );
    let rule = |name: &str, when: &str, grant: &str| {
        format!(
            "kind: BirthrightRule\nmetadata: {{name: {name}}}\nspec:\n  when: {when}\n  grants: [{grant}]\n"
        )
    };
    let wiki = match revision % 2 {
        0 => "person.department == 'Sales'",
        _ => "person.department != 'Support'",
    };
    let source = "kind: Source\nmetadata: {name: hr}\nspec:\n  format: csv\n  key: id\n  attributes:\n    \
                  family_name: {column: last, required: true}\n    email: {column: mail, required: true}\n    \
                  department: {column: dept, required: true}\n    manager: {column: boss}\n  \
                  starts: {column: start, format: iso}\n  ends: {column: end, format: iso}\n  \
                  leave: {from: {column: away, format: iso}, to: {column: back, format: iso}}\n  \
                  zone: {default: Europe/Berlin}\n  delivery: full\n";
    let guard = "kind: Guard\nmetadata: {name: g}\nspec:\n  removals: {max_count: 2, max_share_percent: 20}\n  \
                 creations: {max_count: 1000, max_share_percent: 100}\n";
    vec![
        ("hr.yaml".to_owned(), source.to_owned()),
        ("guard.yaml".to_owned(), guard.to_owned()),
        (
            "chat.yaml".to_owned(),
            app(
                "chat",
                &format!(
                    "  seats: {}\n  leaver:\n    delete_after_days: 1\n    manual:\n      \
                     - {{name: mail, owner: facility, due_days: 1, text: Ask who gets it.}}\n",
                    5 + revision % 5
                ),
            ),
        ),
        ("wiki.yaml".to_owned(), app("wiki", &wiki_days)),
        (
            "r1.yaml".to_owned(),
            rule("everyone", "\"true\"", "{app: chat, group: all}"),
        ),
        (
            "r2.yaml".to_owned(),
            rule(
                "sales",
                "person.department == 'Sales'\n  grace_days: 1",
                "{app: chat, group: sales}",
            ),
        ),
        ("r3.yaml".to_owned(), rule("wiki", wiki, "{app: wiki}")),
        // What one person has depends on all above them.
        (
            "r4.yaml".to_owned(),
            rule(
                "below",
                "'\"w1\" in person.manager_chain || in_group(\"far-below\")'",
                "{app: wiki, group: all}",
            ),
        ),
        (
            "g1.yaml".to_owned(),
            "kind: Group\nmetadata: {name: far-below}\nspec:\n  when: '\"w3\" in person.manager_chain'\n"
                .to_owned(),
        ),
    ]
}

/// What HR says of one worker.
#[derive(Clone)]
struct Row {
    there: bool,
    department: &'static str,
    boss: String,
    start: String,
    end: String,
    away: String,
    back: String,
    mail: u64,
}

pub(crate) struct World {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) company: Company,
    pub(crate) node: Node,
    chance: Arc<SeededEntropy>,
    rows: Vec<Row>,
    revision: u64,
    /// Whether a rule asks for the managers above a person.
    chain: bool,
}

pub(crate) fn node(
    store: &Arc<dyn Store>,
    company: &Company,
    clock: &Arc<SimClock>,
    salt: u64,
) -> Node {
    Node::over(
        Arc::clone(store),
        Arc::clone(clock),
        Arc::new(SeededEntropy::new(salt)),
        Arc::new(keyring().unwrap()),
        Arc::new(company.clone()),
        "node-1",
    )
}

impl World {
    pub(crate) async fn new(seed: u64) -> Self {
        Self::on(None, seed, true).await
    }

    /// On SQLite in memory, or on this PostgreSQL database. `chain`: whether a rule asks for the
    /// managers above a person.
    pub(crate) async fn on(postgres: Option<&str>, seed: u64, chain: bool) -> Self {
        let clock = Arc::new(SimClock::at(morning()));
        let ports = StorePorts {
            clock: Arc::clone(&clock) as _,
            entropy: Arc::new(SeededEntropy::new(seed + 1_000)) as _,
            keyring: Arc::new(keyring().unwrap()) as _,
        };
        let store: Arc<dyn Store> = Arc::new(match postgres {
            Some(url) => {
                let opened = TenureStore::open_postgres(url, PostgresOptions::default(), ports);
                opened.await.unwrap()
            }
            None => TenureStore::open_inline(None, ports).unwrap(),
        });
        let company = Company::with(&APPS);
        let chance = Arc::new(SeededEntropy::new(seed));
        let row = |n: u64| Row {
            there: n < 8,
            department: "Sales",
            // A tree, three levels deep: what becomes of one in the middle is meant for those below.
            boss: match n {
                0 => String::new(),
                _ => format!("w{}", n / 2),
            },
            start: String::new(),
            end: String::new(),
            away: String::new(),
            back: String::new(),
            mail: n,
        };
        let mut world = Self {
            node: node(&store, &company, &clock, seed + 2_000),
            store,
            company,
            chance,
            rows: (0..PEOPLE).map(row).collect(),
            revision: 0,
            chain,
        };
        world.accept().await;
        let ana = actor("ana");
        for name in APPS {
            let (secret, token) = (Secret::new("s3cret"), format!("{name}-token"));
            let set = world
                .node
                .app
                .set_secret(&ana, &token, name, "127.0.0.1:1", &secret);
            set.await.unwrap();
        }
        world.deliver().await;
        world
    }

    fn documents(&self) -> Vec<(String, String)> {
        let mut documents = documents(self.revision);
        documents.retain(|(_, text)| self.chain || !text.contains("manager_chain"));
        documents
    }

    async fn accept(&mut self) {
        self.revision += 1;
        let ana = actor("ana");
        let accepted = self
            .node
            .app
            .accept_documents(&ana, self.documents(), false);
        accepted.await.unwrap();
    }

    async fn deliver(&self) {
        let ana = actor("ana");
        let mut csv = "id,last,mail,dept,boss,start,end,away,back\n".to_owned();
        for (n, row) in self.rows.iter().enumerate().filter(|(_, row)| row.there) {
            let Row {
                department,
                boss,
                start,
                end,
                away,
                back,
                mail,
                ..
            } = row;
            csv.push_str(&format!(
                "w{n},L{n},p{mail}@x.example,{department},{boss},{start},{end},{away},{back}\n"
            ));
        }
        let report = self
            .node
            .app
            .deliver(&ana, "hr", "hr.csv", csv.as_bytes(), false);
        let report = report.await.unwrap();
        assert!(!report.refused, "{:?}", report.diagnostics);
    }

    fn day(&self) -> String {
        let days = 1 + self.chance.below(4);
        let at = self.node.app.now().plus(Duration::from_secs(86_400 * days));
        at.to_string()[..10].to_owned()
    }

    /// HR says something new of one or two workers.
    async fn news(&mut self) {
        for _ in 0..=self.chance.below(3) {
            let n = usize::try_from(self.chance.below(PEOPLE)).unwrap();
            let day = self.day();
            let other = self.chance.below(PEOPLE);
            let row = &mut self.rows[n];
            match self.chance.below(9) {
                0 => row.there = !row.there,
                1 => {
                    row.department =
                        ["Sales", "Support", "Legal"][usize::try_from(other % 3).unwrap()]
                }
                2 => row.boss = format!("w{other}"),
                3 => row.start = day,
                4 => row.end = day,
                // Sometimes somebody else's address.
                5 => (row.away, row.back) = (day, String::new()),
                6 => row.back.clone_from(&row.away),
                7 => row.mail = if other < 4 { other } else { other + 100 },
                _ => row.boss = String::new(),
            }
        }
        self.deliver().await;
    }

    /// An administrator changes something in an app, and it is seen.
    async fn drift(&self) {
        let name = APPS[usize::try_from(self.chance.below(2)).unwrap()];
        let target = self.company.target(name);
        let objects = target.objects();
        let which = self.chance.below(objects.len().max(1) as u64);
        if let Some((remote, object)) = objects.iter().nth(usize::try_from(which).unwrap()) {
            let members: BTreeSet<_> = objects.keys().take(2).cloned().collect();
            match (object.kind, self.chance.below(3)) {
                (Kind::Account, 0) => target.remove(remote),
                (Kind::Account, 1) => target.tamper(remote, |o| o.active = !o.active),
                (Kind::Account, _) => target.tamper(remote, |o| {
                    o.attributes
                        .insert("title".to_owned(), Value::from("Queen"));
                }),
                _ => target.tamper(remote, |o| o.members = members),
            }
        }
        if self.chance.one_in(3) {
            let name = (
                "userName".to_owned(),
                Value::Text(format!("p{}@x.example", self.chance.below(PEOPLE))),
            );
            target.plant(Kind::Account, true, [name].into());
        }
        if self.chance.one_in(5) {
            target.order([Fault::Truncated]);
        }
        self.node
            .app
            .observe(&actor("ana"), &TargetName::from(name))
            .await
            .unwrap();
    }

    /// Something happens.
    pub(crate) async fn happen(&mut self) {
        match self.chance.below(10) {
            0..=4 => self.news().await,
            5 | 6 => self.drift().await,
            7 => self
                .node
                .clock
                .advance(Duration::from_secs(3_600 * (1 + self.chance.below(40)))),
            8 if self.chance.one_in(3) => self.accept().await,
            8 => {
                let who = format!("w{}", self.chance.below(PEOPLE));
                // Whoever is unknown or terminated already cannot be terminated.
                drop(
                    self.node
                        .app
                        .terminate(&actor("bo"), &who, "law", false)
                        .await,
                );
            }
            _ => self.by_hand().await,
        }
    }

    /// Somebody does what is due first, and so what waits for it goes on.
    async fn by_hand(&self) {
        let open = self.store.open_tasks(None, None, 3).await.unwrap();
        for known in open {
            let (it, id) = (actor("it"), known.task.id);
            let done = self.node.app.finish_task(&it, id, "seen", "law", false);
            done.await.unwrap();
        }
    }

    /// Waves are decided one way or the other, and sometimes left alone.
    pub(crate) async fn answer(&self, waves: &[WavePreview]) {
        let (bo, app) = (actor("bo"), &self.node.app);
        for wave in waves {
            let done = match self.chance.below(6) {
                0 => Ok(0),
                1 => app.refuse(&bo, wave.wave, &[], "law").await,
                _ => match app.apply(&bo, wave.wave, "law").await {
                    Ok(started) => Ok(started),
                    Err(_) => app.release(&bo, wave.wave, &[], "law").await,
                },
            };
            // A wave that was overtaken meanwhile has nothing left to decide.
            drop(done);
        }
        if !self.chance.one_in(4) {
            self.work().await;
        }
    }
}

impl World {
    /// The node works for a while. A plan may wait for a wave that nobody releases, so it need not
    /// come to rest.
    async fn work(&self) {
        for _ in 0..30 {
            let pass = self.node.worker.pass().await.unwrap();
            match pass.next {
                Some(next) => self.node.clock.advance_to(next),
                None => return,
            }
        }
    }
}

/// Waves without what chance puts into them.
fn told(waves: &[WavePreview]) -> Vec<String> {
    let one = |wave: &WavePreview| {
        let plans = wave
            .plans
            .iter()
            .map(|p| format!("{} {:?}", p.plan.about, p.plan.steps));
        format!(
            "{:?} {:?} {:?}",
            wave.cause,
            wave.verdict,
            plans.collect::<Vec<_>>()
        )
    };
    waves.iter().map(one).collect()
}

/// Plays one world; the first round in which the two plannings differ, and how many plans and
/// deletions there were.
async fn play(seed: u64) -> Result<(usize, usize), String> {
    let mut world = World::new(seed).await;
    let (mut plans, mut deletions) = (0, 0);
    for round in 0..ROUNDS {
        let ana = actor("ana");
        let anew = node(
            &world.store,
            &world.company,
            &world.node.clock,
            seed + 3_000 + round,
        );
        let remembering = world.node.app.plan(&ana, true).await.unwrap();
        let forgetful = anew.app.plan(&ana, true).await.unwrap();
        let (one, other) = (told(&remembering), told(&forgetful));
        if one != other {
            return Err(format!(
                "world {seed}, round {round}: {one:#?}\nbut anew {other:#?}"
            ));
        }
        plans += forgetful.iter().map(|w| w.plans.len()).sum::<usize>();
        let waves = world.node.app.plan(&ana, false).await.unwrap();
        let deleted = waves.iter().flat_map(|w| &w.plans);
        deletions += deleted.filter(|p| p.plan.deletes()).count();
        world.answer(&waves).await;
        world.happen().await;
    }
    Ok((plans, deletions))
}

#[tokio::test]
async fn passing_over_those_whom_nothing_touched_changes_no_plan() {
    let (mut plans, mut deletions) = (0, 0);
    for seed in 1..=worlds() {
        let played = play(seed).await;
        let (more, deleted) = played.unwrap_or_else(|difference| panic!("{difference}"));
        plans += more;
        deletions += deleted;
    }
    assert!(deletions > 0, "a law over no deletion");
    assert!(
        plans as u64 > worlds() * 8,
        "{plans} plans are a law over nothing"
    );
}

#[tokio::test]
async fn passing_over_the_log_as_well_is_noticed() {
    mutants::switch(Some(Mutant::PassedOverNews));
    let mut noticed = 0;
    for seed in 1..=5 {
        noticed += u64::from(play(seed).await.is_err());
    }
    mutants::switch(None);
    assert!(noticed >= 4, "only {noticed} of 5 worlds noticed");
}

#[tokio::test]
async fn passing_over_those_below_somebody_who_moved_is_noticed() {
    mutants::switch(Some(Mutant::PassedOverBelow));
    let mut noticed = 0;
    for seed in 1..=10 {
        noticed += u64::from(play(seed).await.is_err());
    }
    mutants::switch(None);
    assert!(noticed >= 1, "none of 10 worlds noticed");
}
