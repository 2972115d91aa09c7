//! A way in again by mail: to whom, to which address, and what it opens.

use std::time::Duration;

use app::{Answer, Ask, Wrong};
use model::{Actor, Occasion, Secret};
use ports::Letter;
use testkit::node::actor;

use super::login::{asks, types};
use super::world::{Browser, PASSWORD, SIGN_ON, World, attempt};

const KEEPERS: &str = "kind: Group
metadata: {name: keepers}
spec: {when: 'person.department.orValue(\"\") == \"Keepers\"'}
---
";

fn policy(more: &str) -> String {
    format!(
        "{KEEPERS}kind: Channel
metadata: {{name: mail}}
spec:
  smtp: {{host: mail.acme.example, from: a@acme.example, to: [oncall@acme.example]}}
---
kind: SignOnPolicy
metadata: {{name: all}}
spec:
  login: person.email
  administrators: [keepers]
  rules: [{{name: all, demand: any-factor}}]
  tell_people: {{channel: mail, addresses: [person.email]}}
{more}"
    )
}

const BY_MAIL: &str = "  recover_by_mail: {address: person.email, minutes: 30}\n";

type Post = Vec<(Vec<String>, Letter)>;

/// The codes that were mailed, with to whom.
fn codes(post: &Post) -> Vec<(String, String)> {
    let mailed = post
        .iter()
        .filter(|(_, letter)| letter.occasion == Some(Occasion::Recovery));
    let code = |(to, letter): &(Vec<String>, Letter)| {
        let body = letter.own.as_ref().unwrap().body.expose().to_owned();
        let mut indented = body.lines().filter_map(|line| line.strip_prefix("    "));
        let (code, url) = (indented.next().unwrap(), indented.next().unwrap());
        assert_eq!(url, "https://id.acme.example/sign-in/mailed");
        (to.join(","), code.to_owned())
    };
    mailed.map(code).collect()
}

/// How often somebody was told that a code was asked for.
fn warned(post: &Post) -> Vec<String> {
    let told = post
        .iter()
        .filter(|(_, letter)| letter.text.contains("asked at the sign-in page"));
    told.map(|(to, _)| to.join(",")).collect()
}

/// Somebody asks at the first node.
async fn ask(world: &World, browser: &Browser, name: &str) -> Post {
    let asked = world.nodes[0].ask_by_mail(name, browser.held.expose());
    asked.await.unwrap();
    world.told().await
}

/// Somebody types what they were mailed at the second node.
async fn brings(world: &World, browser: &Browser, name: &str, code: &str) -> Answer {
    let app = &world.nodes[1];
    let page = app.mailed_page(None, name, browser.asker()).await.unwrap();
    assert_eq!(asks(&page), (Ask::Mailed, None));
    let sent = app.send_mailed(attempt(&page), name, code, browser.asker());
    sent.await.unwrap()
}

async fn findings(world: &World) -> Vec<String> {
    let open = world.store.open_findings(100).await.unwrap();
    let problems = open.iter().map(|row| {
        assert_eq!(row.opened.finding.code, "TNR-SIGN-0026");
        let problem = &row.opened.finding.problem;
        problem.split("none: ").nth(1).unwrap().to_owned()
    });
    problems.collect()
}

/// A company that has been there for a month, in which a few have something to sign in with.
async fn month_old(more: &str) -> Vec<World> {
    let mut worlds = World::each("any-factor").await;
    for world in &mut worlds {
        world.enrolled("w001", "p1@acme.example").await;
        world.enrolled("w003", "p3@acme.example").await;
        world.policy_is(&policy(more), SIGN_ON).await;
        world.clock.advance(Duration::from_secs(30 * 86_400));
    }
    worlds
}

/// Neither a record, nor a notice, nor what is printed of a letter holds a code.
async fn stands_nowhere(world: &World, post: &Post, code: &str) {
    let shown = format!("{post:?}");
    let subject = world.nodes[0]
        .one_person("w003")
        .await
        .unwrap()
        .person
        .subject;
    let log = world
        .store
        .records_about(subject, None, 1_000)
        .await
        .unwrap();
    let shown = shown + &format!("{log:?}{:?}", world.store.open_notices(100).await.unwrap());
    assert!(!shown.contains(&code[..9]), "it stands nowhere");
}

/// L1, P3: what is mailed opens an enrolment, once, in the browser that asked, for a short time, and its owner is told.
#[tokio::test]
async fn l1_a_mailed_code_opens_an_enrolment_once_in_the_browser_that_asked() {
    for world in month_old(BY_MAIL).await {
        let (mine, other) = (world.browser(), world.browser());
        let post = ask(&world, &mine, " P3@acme.example").await;
        assert_eq!(warned(&post), ["p3@acme.example"]);
        let [(to, code)] = &codes(&post)[..] else {
            panic!("{post:?}")
        };
        assert_eq!(to, "p3@acme.example");
        stands_nowhere(&world, &post, code).await;

        let name = "p3@acme.example";
        for (browser, name, code) in [
            (&other, name, code.as_str()),
            (&mine, "p1@acme.example", code),
            (&mine, "nobody@acme.example", code),
            (&mine, name, &code[1..]),
            (&mine, name, "0000-0000-0000-0000"),
        ] {
            let answer = brings(&world, browser, name, code).await;
            assert_eq!(
                asks(&answer),
                (Ask::Mailed, Some(Wrong::Mailed)),
                "{name} {code}"
            );
        }
        // It is no pass that somebody was handed.
        let app = &world.nodes[0];
        let begun = app.begin(mine.asker(), None);
        let sent = app.send_pass(attempt(&begun), name, code, mine.asker());
        assert_eq!(asks(&sent.await.unwrap()), (Ask::Name, Some(Wrong::Pass)));

        // Two who enrol with it at once, at two nodes: one is first.
        let pages = [
            brings(&world, &mine, name, code).await,
            brings(&world, &mine, name, &code.to_lowercase()).await,
        ];
        let password = Secret::new("another horse with its battery");
        let twice = (&password, &password);
        let enrols = |node: usize| {
            let page = attempt(&pages[node]);
            world.nodes[node].enrol_password(page, twice, mine.asker())
        };
        let (one, two) = tokio::join!(enrols(0), enrols(1));
        let answers = [one.unwrap(), two.unwrap()];
        let home = answers.iter().filter(|a| matches!(a, Answer::Home { .. }));
        assert_eq!(home.count(), 1, "{answers:?}");
        let old = types(&world, &other, name, PASSWORD).await;
        assert_eq!(asks(&old).1, Some(Wrong::Password));
        let again = brings(&world, &mine, name, code).await;
        assert_eq!(
            asks(&again).0,
            Ask::Enrol,
            "whether it was used is told when it is used"
        );
        let used = app.enrol_password(attempt(&again), twice, mine.asker());
        assert_eq!(asks(&used.await.unwrap()), (Ask::Name, Some(Wrong::Pass)));

        // The next one ends by itself.
        let post = ask(&world, &mine, name).await;
        let code = codes(&post)[0].1.clone();
        world.clock.advance(Duration::from_secs(30 * 60 + 1));
        let late = brings(&world, &mine, name, &code).await;
        assert_eq!(asks(&late), (Ask::Mailed, Some(Wrong::Mailed)));
    }
}

/// P4: where more is demanded than a password, a mailed code lets nobody in with one.
#[tokio::test]
async fn p4_a_mailed_code_is_no_factor() {
    for world in month_old(BY_MAIL).await {
        let more = policy(BY_MAIL).replace("any-factor", "multi-factor");
        world.policy_is(&more, SIGN_ON).await;
        let (browser, name) = (world.browser(), "p3@acme.example");
        let post = ask(&world, &browser, name).await;
        let page = brings(&world, &browser, name, &codes(&post)[0].1).await;
        let password = Secret::new("another horse with its battery");
        let twice = (&password, &password);
        let enrolled = world.nodes[0].enrol_password(attempt(&page), twice, browser.asker());
        let answer = enrolled.await.unwrap();
        assert!(matches!(asks(&answer), (Ask::More(_), None)), "{answer:?}");
        // Nor does it lead to what resists phishing, where that is demanded of them.
        let code = codes(&ask(&world, &browser, name).await)[0].1.clone();
        let most = policy(BY_MAIL).replace("any-factor", "phishing-resistant");
        world.policy_is(&most, SIGN_ON).await;
        let answer = brings(&world, &browser, name, &code).await;
        assert_eq!(asks(&answer), (Ask::Mailed, Some(Wrong::Mailed)));
        assert_eq!(codes(&ask(&world, &browser, name).await), []);
        assert_eq!(
            findings(&world).await,
            ["what resists phishing is demanded of them"]
        );
    }
}

/// P2: no code goes to an address that has changed within a week, there and back as well, nor to one of somebody
/// who was not known a week ago.
#[tokio::test]
async fn p2_no_code_goes_to_an_address_that_changed_within_a_week() {
    let why = "their facts give no mail address that has been the same for 7 days";
    for mut world in month_old(BY_MAIL).await {
        let (browser, name) = (world.browser(), "p3@acme.example");
        let mut moves = async |to: &str, days: u64| {
            world.rows[2] = format!("w003,First3,Last3,{to}@acme.example,Sales,w001,2020-01-01,,");
            world.hears().await;
            world.clock.advance(Duration::from_secs(days * 86_400));
            ask(&world, &browser, name).await
        };
        let post = moves("thief", 6).await;
        assert_eq!((codes(&post), warned(&post).len()), (vec![], 0));
        let post = moves("thief", 2).await;
        assert_eq!(codes(&post).len(), 1, "after more than a week");
        let post = moves("thief3", 1).await;
        assert_eq!(codes(&post), []);
        let post = moves("thief", 5).await;
        assert_eq!(codes(&post), [], "there and back is no rest");
        let post = moves("thief", 3).await;
        assert_eq!(codes(&post).len(), 1);
        assert_eq!(findings(&world).await, [why], "once");

        // The address that changes after somebody asked is not mailed to either.
        world.nodes[0].ask_by_mail(name, "b").await.unwrap();
        world.rows[2] = world.rows[2].replace("thief@", "other@");
        world.hears().await;
        assert_eq!(codes(&world.told().await), []);

        world
            .rows
            .push("w009,First9,Last9,p9@acme.example,Sales,w001,2020-01-01,,".to_owned());
        world.hears().await;
        world.enrolled("w009", "p9@acme.example").await;
        world.clock.advance(Duration::from_secs(6 * 86_400));
        assert_eq!(codes(&ask(&world, &browser, "p9@acme.example").await), []);
        world.clock.advance(Duration::from_secs(2 * 86_400));
        let post = ask(&world, &browser, "p9@acme.example").await;
        assert_eq!(codes(&post).len(), 1);
    }
}

/// P1, P3, L8: privileged people, whoever never had anything to sign in with, and everybody where the documents do not
/// say so, are mailed nothing.
#[tokio::test]
async fn p1_nobody_privileged_and_nobody_new_is_mailed_a_code() {
    for mut world in month_old(BY_MAIL).await {
        let browser = world.browser();
        assert_eq!(
            codes(&ask(&world, &browser, "nobody@acme.example").await),
            []
        );
        // A pass alone is nothing to sign in with.
        world.pass("w002").await;
        assert_eq!(codes(&ask(&world, &browser, "p2@acme.example").await), []);
        let never = "they have never had anything to sign in with here";
        assert_eq!(findings(&world).await, [never]);
        let code = codes(&ask(&world, &browser, "p3@acme.example").await)[0]
            .1
            .clone();
        world.rows[2] = world.rows[2].replace("Sales", "Keepers");
        world.hears().await;
        let name = "p3@acme.example";
        let answer = brings(&world, &browser, name, &code).await;
        assert_eq!(
            asks(&answer),
            (Ask::Mailed, Some(Wrong::Mailed)),
            "they are by now"
        );
        assert_eq!(codes(&ask(&world, &browser, name).await), []);
        assert_eq!(findings(&world).await, [never, "they are privileged"]);
        let also = policy("  privileged: [engineers]\n") + BY_MAIL;
        world.policy_is(&also, SIGN_ON).await;
        assert_eq!(codes(&ask(&world, &browser, "p1@acme.example").await), []);
        assert_eq!(findings(&world).await.len(), 3);
        world.policy_is(&policy(BY_MAIL), SIGN_ON).await;
        let code = codes(&ask(&world, &browser, "p1@acme.example").await)[0]
            .1
            .clone();
        world.policy_is(&policy(""), SIGN_ON).await;
        assert_eq!(codes(&ask(&world, &browser, "p1@acme.example").await), []);
        let answer = brings(&world, &browser, "p1@acme.example", &code).await;
        assert_eq!(asks(&answer).1, Some(Wrong::Mailed), "it is off");
    }
}

/// Whoever asks again and again in somebody's name fills no mailbox, and takes no pass from them.
#[tokio::test]
async fn asking_again_and_again_takes_no_pass_from_anybody() {
    for world in month_old(BY_MAIL).await {
        let (browser, name) = (world.browser(), "p3@acme.example");
        let mut mailed = 0;
        for _ in 0..10 {
            mailed += codes(&ask(&world, &browser, name).await).len();
        }
        assert_eq!(mailed, 3);
        let life = Duration::from_secs(3_600);
        let desk = Actor::named("desk");
        let given = world.nodes[0].issue_pass(&desk, "w003", life, "in person");
        given.await.unwrap();
        world.clock.advance(Duration::from_secs(31 * 60));
        assert_eq!(codes(&ask(&world, &browser, name).await).len(), 1);
    }
}

/// Mails are in the language that somebody's facts give, and else in that of the documents.
#[tokio::test]
async fn people_are_written_to_in_their_language() {
    for mut world in month_old(BY_MAIL).await {
        let spoken =
            "addresses: [person.email], language: person.department, default_language: fr}";
        let policy = policy(BY_MAIL).replace("addresses: [person.email]}", spoken);
        world.policy_is(&policy, SIGN_ON).await;
        world.rows[2] = world.rows[2].replace("Sales", "de-CH");
        world.rows[1] = world.rows[1].replace("Engineering", "ja_JP");
        world.hears().await;
        let read = |post: Post| {
            let own = post.into_iter().map(|(_, letter)| letter.own.unwrap());
            let own = own.map(|own| (own.language, own.subject, own.body.expose().to_owned()));
            own.collect::<Vec<_>>()
        };
        let mut german = read(ask(&world, &world.browser(), "p3@acme.example").await);
        german.sort();
        assert_eq!(german.len(), 2);
        assert!(german.iter().all(|(language, ..)| *language == "de"));
        assert_eq!(german[0].1, "Ein Code, um sich wieder anzumelden");
        assert!(german[1].2.contains("Personalabteilung"), "{german:?}");
        world.pass("w002").await;
        let japanese = &read(world.told().await)[0];
        assert_eq!(
            (japanese.0, &*japanese.1),
            ("ja", "サインインに使うものが変更されました")
        );
        world.pass("w001").await;
        let french = &read(world.told().await)[0];
        assert!(
            french.0 == "fr" && french.2.contains("laissez-passer temporaire"),
            "{french:?}"
        );
        let desk = actor("desk");
        let theirs = world.nodes[0].credentials_told("w003").await.unwrap();
        let ended = world.nodes[0].end_credential(&desk, theirs[0].id, "lost", false);
        ended.await.unwrap();
        let german = &read(world.told().await)[0];
        assert!(
            german
                .2
                .contains("- Passwort: entfernt\nDas hat jemand getan"),
            "{german:?}"
        );
    }
}
