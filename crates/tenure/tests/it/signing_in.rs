//! What an administrator does for people who sign in: passes, sessions, credentials, secrets and keys.

use serde_json::Value;

use crate::node::{Node, Said};
use crate::thin::example;

const POLICY: &str = "kind: SignOnPolicy
metadata: {name: everyone}
spec:
  login: person.email
  rules: [{name: everyone, demand: any-factor}]
";
const PARTIES: &str = "kind: RelyingParty
metadata: {name: wiki}
spec:
  app: wiki
  oidc:
    redirect_uris: [https://wiki.acme.example/cb]
    client: {secret: wiki-client}
---
kind: RelyingParty
metadata: {name: badge}
spec:
  title: Badge
  groups: [engineers]
  oidc: {redirect_uris: [\"http://127.0.0.1/signed-in\"], client: public}
---
kind: Group
metadata: {name: engineers}
spec: {when: person.department == \"Engineering\"}
";
pub const ANA: &str = "ana.sommer@example.com";
const PASSWORD: &str = "four words nobody guesses";

/// A node with people, and with something to sign in to.
pub fn node() -> Node {
    let mut node = Node::init();
    node.serve();
    let tenant = node.home.path().join("tenant");
    std::fs::create_dir(&tenant).unwrap();
    for name in ["guard.yaml", "hr.yaml", "rules.yaml", "wiki.yaml"] {
        std::fs::copy(example(name), tenant.join(name)).unwrap();
    }
    std::fs::write(tenant.join("parties.yaml"), PARTIES).unwrap();
    let push = ["config", "push", tenant.to_str().unwrap()];
    let said = node.run(&push).expect(0);
    let note = "Note: nobody can sign in to `badge`, `wiki` before there is a `SignOnPolicy`";
    assert!(said.err.contains(note), "{}", said.err);
    let workers = example("workers.csv");
    let import = ["hr", "import", workers.to_str().unwrap(), "--source", "hr"];
    node.run(&import).expect(0);
    let early = node.run(&["sign-in", "pass", ANA, "--reason", "T-1"]);
    assert!(early.expect(1).err.contains("TNR-SIGN-0001"));
    std::fs::write(tenant.join("policy.yaml"), POLICY).unwrap();
    let said = node.run(&push).expect(0);
    assert!(!said.err.contains("Note"), "{}", said.err);
    node
}

/// The one row of an answer.
fn row(said: &Said) -> Value {
    let mut rows = said.rows();
    assert_eq!(rows.len(), 1, "{}", said.out);
    rows.remove(0)
}

fn text<'a>(row: &'a Value, field: &str) -> &'a str {
    row[field].as_str().unwrap_or_else(|| panic!("{row}"))
}

/// A browser: it keeps cookies, and sends forms.
pub struct Browser {
    http: reqwest::Client,
    url: String,
    cookies: Vec<(String, String)>,
}

impl Browser {
    pub fn of(node: &Node) -> Self {
        let builder = reqwest::Client::builder().no_proxy();
        let builder = builder.redirect(reqwest::redirect::Policy::none());
        Self {
            http: builder.build().unwrap(),
            url: node.url.clone(),
            cookies: Vec::new(),
        }
    }

    async fn ask(&mut self, path: &str, form: Option<&[(&str, &str)]>) -> (u16, String) {
        let url = format!("{}{path}", self.url);
        let request = match form {
            Some(form) => {
                let mut body = reqwest::Url::parse("http://x").unwrap();
                body.query_pairs_mut().extend_pairs(form);
                let request = self.http.post(url).body(body.query().unwrap().to_owned());
                request.header("content-type", "application/x-www-form-urlencoded")
            }
            None => self.http.get(url),
        };
        let cookies: Vec<_> = self
            .cookies
            .iter()
            .map(|(k, v)| format!("{k}={v}"))
            .collect();
        let answer = request.header("cookie", cookies.join("; "));
        let answer = answer.send().await.unwrap();
        for cookie in answer.headers().get_all("set-cookie") {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.retain(|(known, _)| known != name);
            self.cookies.push((name.to_owned(), value.to_owned()));
        }
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// Uses a pass, and enrols a password with it; the status of the last answer.
    pub async fn enrol(&mut self, pass: &str) -> u16 {
        let (_, page) = self.ask("/", None).await;
        let form = [("attempt", attempt(&page)), ("name", ANA), ("pass", pass)];
        let (_, page) = self.ask("/sign-in/pass", Some(&form)).await;
        if !page.contains("/sign-in/enrol") {
            return 403;
        }
        let form = [
            ("attempt", attempt(&page)),
            ("name", ANA),
            ("password", PASSWORD),
            ("again", PASSWORD),
        ];
        self.ask("/sign-in/enrol", Some(&form)).await.0
    }

    async fn sign_in(&mut self) -> u16 {
        let (_, page) = self.ask("/", None).await;
        let form = [
            ("attempt", attempt(&page)),
            ("name", ANA),
            ("password", PASSWORD),
        ];
        self.ask("/sign-in/password", Some(&form)).await.0
    }

    /// Whether its own page is shown, with the button that signs out.
    pub async fn is_signed_in(&mut self) -> bool {
        self.ask("/", None).await.1.contains("/sign-out")
    }
}

fn attempt(page: &str) -> &str {
    let (_, rest) = page.split_once("name=\"attempt\" value=\"").unwrap();
    rest.split('"').next().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_pass_lets_somebody_in_once_and_they_are_signed_out_again() {
    let node = node();
    let ask = [
        "sign-in",
        "pass",
        ANA,
        "--for",
        "90m",
        "--reason",
        "at the desk",
    ];
    let tried = node.run(&[&ask[..], &["--dry-run"]].concat()).expect(0);
    assert!(tried.out.is_empty() && tried.err.contains(ANA), "{tried:?}");
    let given = node.run(&ask).expect(0);
    let pass = row(&given);
    let secret = text(&pass, "secret").to_owned();
    assert_eq!(text(&pass, "login"), ANA);
    for told in [
        ANA,
        "shown this once",
        text(&pass, "expires"),
        text(&pass, "url"),
    ] {
        assert!(given.err.contains(told), "{told}: {}", given.err);
    }
    assert!(!given.err.contains(&secret), "the pass is data, not talk");
    let long = node.run(&["sign-in", "pass", ANA, "--for", "73h", "--reason", "T-1"]);
    assert!(long.expect(1).err.contains("TNR-SIGN-0003"));

    let mut browser = Browser::of(&node);
    assert_eq!(browser.enrol(&secret).await, 303);
    assert!(browser.is_signed_in().await);
    let mut other = Browser::of(&node);
    assert_ne!(other.enrol(&secret).await, 303, "used up");
    assert!(!other.is_signed_in().await);

    let sessions = node.run(&["sign-in", "sessions", ANA]).expect(0);
    assert_eq!(row(&sessions)["factors"], serde_json::json!(["password"]));
    let end = ["sign-in", "end", ANA, "--reason", "T-2"];
    let tried = node.run(&[&end[..], &["--dry-run"]].concat()).expect(0);
    assert!(tried.err.contains("1 session of sub_"), "{}", tried.err);
    assert!(browser.is_signed_in().await, "a dry run");
    node.run(&end).expect(0);
    assert!(!browser.is_signed_in().await);
    let none = node.run(&["sign-in", "sessions", ANA]).expect(0);
    assert!(none.rows().is_empty(), "{}", none.out);
    let ended = ["sign-in", "sessions", ANA, "--ended"];
    let ended = row(&node.run(&ended).expect(0));
    assert_eq!(
        (text(&ended, "why"), &ended["relying_parties"]),
        ("T-2", &serde_json::json!([]))
    );
    ends_a_password(&node).await;
    log_holds_none_of(&node, &[&secret, PASSWORD]);
}

/// A credential that was ended lets nobody in, and with it its owner's sessions end where that is asked.
async fn ends_a_password(node: &Node) {
    let mut browser = Browser::of(node);
    assert_eq!(browser.sign_in().await, 303);
    let listed = node.run(&["sign-in", "credentials", ANA]).expect(0);
    let kept = row(&listed);
    assert_eq!(
        (text(&kept, "kind"), text(&kept, "ended")),
        ("password", "")
    );
    assert!(!listed.out.contains("sealed"), "{}", listed.out);
    let id = text(&kept, "credential");
    let drop = ["sign-in", "drop", id, "--end-sessions", "--reason", "T-3"];
    node.run(&[&drop[..], &["--dry-run"]].concat()).expect(0);
    assert!(browser.is_signed_in().await, "a dry run");
    let said = node.run(&drop).expect(0);
    assert!(said.err.contains("1 session of sub_"), "{}", said.err);
    assert!(!browser.is_signed_in().await);
    assert_eq!(browser.sign_in().await, 200, "told that it is wrong");
    assert!(!browser.is_signed_in().await);
    let listed = node.run(&["sign-in", "credentials", ANA]).expect(0);
    assert_eq!(text(&row(&listed), "why"), "T-3");
    let again = node.run(&drop).expect(1);
    assert!(again.err.contains("TNR-APP-0001"), "{}", again.err);
}

/// L10: whoever guesses under a name keeps its owner out nowhere that they have signed in before; and the owner
/// sees what was tried.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn guessing_elsewhere_keeps_nobody_out_where_they_have_signed_in() {
    let node = node();
    let given = node.run(&["sign-in", "pass", ANA, "--reason", "T-1"]);
    let pass = row(&given.expect(0));
    let mut own = Browser::of(&node);
    assert_eq!(own.enrol(text(&pass, "secret")).await, 303);
    own.cookies.retain(|(name, _)| name != "tenure-session");
    assert!(!own.is_signed_in().await);
    let mut thief = Browser::of(&node);
    let mut last = 0;
    for _ in 0..11 {
        let (_, page) = thief.ask("/", None).await;
        let attempt = attempt(&page);
        let form = [("attempt", attempt), ("name", ANA), ("password", "a guess")];
        last = thief.ask("/sign-in/password", Some(&form)).await.0;
    }
    assert_eq!(last, 429);
    assert_eq!(Browser::of(&node).sign_in().await, 429, "an unknown device");
    assert_eq!(own.sign_in().await, 303, "a known one");
    // What it keeps signs nobody in.
    let mut copy = Browser::of(&node);
    let kept = own
        .cookies
        .iter()
        .filter(|(name, _)| name == "tenure-device");
    copy.cookies.extend(kept.cloned());
    assert_eq!(copy.cookies.len(), 1);
    assert!(!copy.is_signed_in().await);

    let (status, page) = own.ask("/recent", None).await;
    assert_eq!(status, 200);
    let count = |words: &str| page.matches(words).count();
    assert_eq!(count("wrong password, code or passkey"), 10, "{page}");
    assert_eq!(count("<strong>signed in</strong>"), 2, "{page}");
    assert!(page.contains("127.0.0.1"));
    let (_, page) = copy.ask("/recent", None).await;
    assert!(page.contains("/sign-in/password"), "nobody else's: {page}");
}

/// A list of lost passwords that is none shows when the server begins.
#[test]
fn a_server_does_not_begin_with_a_list_of_passwords_that_is_none() {
    let node = Node::init();
    let config = std::fs::read_to_string(node.config()).unwrap();
    let list = node.home.path().join("pwned.txt");
    let named = format!("{config}\n[sign_in]\nbreached_passwords = {list:?}\n");
    std::fs::write(node.config(), named).unwrap();
    let serve = ["serve", "--config", node.config().to_str().unwrap()].map(str::to_owned);
    let serve: Vec<&str> = serve.iter().map(String::as_str).collect();
    for text in [None, Some("not a list\n")] {
        if let Some(text) = text {
            std::fs::write(&list, text).unwrap();
        }
        let said = node.run(&serve).expect(1);
        assert!(said.err.contains("TNR-SIGN-0042"), "{}", said.err);
    }
}

fn log_holds_none_of(node: &Node, secrets: &[&str]) {
    let log = node.run(&["log", "--limit", "1000"]).expect(0).out;
    assert!(log.contains("pass.issued"), "{log}");
    for secret in secrets {
        assert!(!log.contains(secret), "a secret in the log: {log}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_relying_party_is_given_a_secret_that_is_shown_once() {
    let node = node();
    let listed = node.run(&["relying-party", "list"]).expect(2);
    let rows = listed.rows();
    let told = |name: &str| {
        let row = rows.iter().find(|row| row["name"] == name).unwrap();
        (
            row["kind"].clone(),
            row["secret"].clone(),
            row["who"][0].clone(),
        )
    };
    assert_eq!(
        told("wiki"),
        ("confidential".into(), "missing".into(), "app wiki".into())
    );
    assert_eq!(
        told("badge"),
        ("public".into(), "none".into(), "group engineers".into())
    );
    let by = |name: &str| {
        let row = rows.iter().find(|row| row["name"] == name).unwrap();
        row["method"].clone()
    };
    assert_eq!(
        (by("wiki"), by("badge")),
        ("client_secret_basic".into(), "none".into())
    );
    assert!(
        listed.err.contains("relying-party secret wiki"),
        "{}",
        listed.err
    );

    let ask = ["relying-party", "secret", "wiki", "--reason", "T-1"];
    let tried = node.run(&[&ask[..], &["--dry-run"]].concat()).expect(0);
    assert!(tried.out.is_empty(), "{}", tried.out);
    node.run(&["relying-party", "list"]).expect(2);
    let given = node.run(&ask).expect(0);
    let first = text(&row(&given), "secret").to_owned();
    assert!(!given.err.contains(&first) && given.err.contains("shown this once"));
    let listed = node.run(&["relying-party", "list"]).expect(0);
    assert!(!listed.out.contains(&first), "{}", listed.out);
    let public = node.run(&["relying-party", "secret", "badge", "--reason", "T-1"]);
    assert!(public.expect(1).err.contains("TNR-SIGN-0013"));

    assert_eq!(introspects(&node, &first).await, 200);
    let second = text(&row(&node.run(&ask).expect(0)), "secret").to_owned();
    assert_eq!(introspects(&node, &first).await, 401, "the one before it");
    assert_eq!(introspects(&node, &second).await, 200);
    keys_are_rolled_and_none_is_a_secret(&node);
    let log = node.run(&["log", "--limit", "1000"]).expect(0).out;
    assert!(!log.contains(&first) && !log.contains(&second));
}

/// The status that the relying party is answered with when it proves itself by this secret.
async fn introspects(node: &Node, secret: &str) -> u16 {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = http
        .post(format!("{}/oauth2/introspect", node.url))
        .basic_auth("wiki", Some(secret))
        .header("content-type", "application/x-www-form-urlencoded")
        .body("token=none");
    request.send().await.unwrap().status().as_u16()
}

fn keys_are_turned(node: &Node) {
    let turn =
        |words: &[&str]| node.run(&[&["signing-keys"], words, &["--reason", "T-6"]].concat());
    let early = turn(&["promote", "--early"]).expect(1);
    assert!(early.err.contains("TNR-SIGN-0051"), "{}", early.err);
    let staged = turn(&["stage", "--alg", "ES256"]).expect(0).rows();
    assert_eq!((staged.len(), text(&staged[0], "stage")), (1, "next"));
    let early = turn(&["promote"]).expect(1);
    assert!(early.err.contains("TNR-SIGN-0050"), "{}", early.err);
    let promoted = turn(&["promote", "--early"]).expect(0).rows();
    assert_eq!(text(&promoted[1], "kid"), text(&staged[0], "kid"));
    assert_eq!(text(&promoted[0], "stage"), "past");
    let gone = turn(&["retire", "--early"]).expect(0).rows();
    assert_eq!(text(&gone[0], "kid"), text(&promoted[0], "kid"));
}

fn keys_are_rolled_and_none_is_a_secret(node: &Node) {
    let roll = ["signing-keys", "roll", "--reason", "T-4"];
    let first = node.run(&roll).expect(0).rows();
    assert!(
        first.iter().all(|key| key["stage"] == "current"),
        "{first:?}"
    );
    let tried = node.run(&[&roll[..], &["--dry-run"]].concat()).expect(0);
    assert!(tried.err.contains("2 keys would be gone"), "{}", tried.err);
    assert_eq!(node.run(&["signing-keys", "list"]).expect(0).rows(), first);
    let second = node.run(&roll).expect(0).rows();
    assert_eq!((first.len(), second.len()), (2, 2));
    assert!(second.iter().all(|key| !first.contains(key)), "{second:?}");
    keys_are_turned(node);

    let secrets = node.run(&["secret", "list"]).expect(0).rows();
    let names: Vec<_> = secrets.iter().map(|row| text(row, "name")).collect();
    assert_eq!(names, ["wiki-client"], "no private key is among them");
    let kid = format!("signing-key/{}", text(&second[0], "kid"));
    let set = [
        "secret", "set", &kid, "--app", "wiki", "--host", "h", "--reason", "T-5",
    ];
    let refused = node.pipe(&set, "x").expect(1);
    assert!(refused.err.contains("TNR-APP-0020"), "{}", refused.err);
}

#[test]
fn an_administrator_is_let_in_again_on_the_host_for_an_hour_and_not_unheard_of() {
    let mut node = node();
    let alarm = "kind: Channel
metadata: {name: ops}
spec: {webhook: {url: \"https://pager.acme.example/in\", secret: pager}}
---
kind: Alarm
metadata: {name: glass}
spec: {about: [break-glass], channels: [ops]}
";
    let tenant = node.home.path().join("tenant");
    std::fs::write(tenant.join("alarm.yaml"), alarm).unwrap();
    node.run(&["config", "push", tenant.to_str().unwrap()])
        .expect(0);
    let words = |who: &str, reason: &[&str]| {
        let mut words = vec!["admin".to_owned(), "recover".to_owned(), who.to_owned()];
        words.extend(reason.iter().map(|&word| word.to_owned()));
        words.extend(["--config".to_owned(), node.config().display().to_string()]);
        words
    };
    let unreasoned = words(ANA, &[]);
    let asked = words(ANA, &["--reason", "nobody has a token any more"]);
    let stranger = words("nobody@example.com", &["--reason", "T-1"]);
    let run = |node: &Node, words: &[String]| {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        node.run(&words)
    };
    let running = run(&node, &asked).expect(1);
    assert!(running.err.contains("TNR-"), "{}", running.err);
    node.stop();
    run(&node, &unreasoned).expect(64);
    let missing = run(&node, &stranger).expect(1);
    assert!(missing.out.is_empty(), "{}", missing.out);
    let said = run(&node, &asked).expect(0).out;
    let shown: Vec<&str> = said.lines().filter_map(|l| l.strip_prefix("  ")).collect();
    let [pass, token] = shown[..] else {
        panic!("{said}");
    };
    node.serve();
    let status = node.run_as(token, &["status"]);
    status.expect(0);
    let listed = node.run(&["token", "list"]).expect(0).rows();
    let of = |token: &&Value| token["principal"] == ANA;
    let theirs = listed.iter().find(of).unwrap();
    assert_eq!(
        theirs["scopes"].as_array().unwrap().len(),
        model::Scope::ALL.len()
    );
    let records = node.run(&["log"]).expect(0).out;
    assert!(!records.contains(pass) && !records.contains(token));
    let issued = records.lines().find(|l| l.contains("pass.issued")).unwrap();
    assert!(issued.contains("nobody has a token any more"), "{issued}");
    let notices = node.run(&["notice", "list"]).expect(2).out;
    assert!(
        notices.contains("on the server's host has let"),
        "{notices}"
    );
}

/// Reading about somebody's sign-ins is recorded, with whom it was about and by whom.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whose_sign_ins_were_read_stands_in_the_log() {
    let node = node();
    let shown = node
        .run(&["log", "--person", ANA, "-o", "ndjson"])
        .expect(0);
    assert!(!shown.rows().is_empty());
    node.run(&["sign-in", "sessions", ANA]).expect(0);
    node.run(&["sign-in", "credentials", ANA]).expect(0);
    node.run(&["status"]).expect(0);
    let shown = node.run(&["show", "person", ANA, "-o", "json"]).expect(0);
    let person: Value = serde_json::from_str(&shown.out).unwrap();
    let log = node.run(&["log", "-o", "ndjson"]).expect(0).rows();
    let read = log.iter().filter(|row| row["body"]["about"].is_string());
    let read: Vec<(&str, &str)> = read
        .map(|row| {
            assert_eq!(row["body"]["about"], person["subject"], "{row}");
            let route = row["body"]["route"].as_str().unwrap();
            (row["principal"].as_str().unwrap(), route)
        })
        .collect();
    let want = [
        ("admin", "/api/v1/log"),
        ("admin", "/api/v1/people/{person}/sessions"),
        ("admin", "/api/v1/people/{person}/credentials"),
    ];
    assert_eq!(read, want);
}
