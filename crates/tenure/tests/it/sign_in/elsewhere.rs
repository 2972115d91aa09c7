//! People prove who they are at another identity provider: another node of ours, and one that is not ours.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use super::tenant::{beside, free_port, peers};
use super::visitor::{Party, Visitor, attempt, between, code_of, request, token_of};
use crate::e2e::http::{Answer, send};
use crate::node::{Node, WAIT};

const SOURCE: &str = r#"kind: Source
metadata: {name: hr}
spec:
  format: csv
  key: id
  attributes:
    given_name: {column: given, required: true}
    family_name: {column: family, required: true}
    email: {column: email, required: true}
    number: {column: number, required: true}
  starts: {column: starts, format: iso}
  ends: {column: ends, format: iso}
  zone: {default: Europe/Berlin}
  delivery: full
---
kind: Group
metadata: {name: everyone}
spec: {when: 'person.email != ""'}
"#;

/// The policy, with routes.
fn policy(routes: &str) -> String {
    format!(
        "---
kind: SignOnPolicy
metadata: {{name: all}}
spec:
  login: person.email
  rules: [{{name: all, demand: any-factor}}]
  routes: [{routes}]
"
    )
}

const WIKI: &str = r#"---
kind: RelyingParty
metadata: {name: wiki}
spec:
  groups: [everyone]
  oidc:
    redirect_uris: ["https://wiki.acme.example/cb"]
    client: {secret: wiki-client, method: post}
"#;

/// What the other node is told of us.
fn us(base: &str) -> String {
    format!(
        r#"---
kind: RelyingParty
metadata: {{name: tenure}}
spec:
  groups: [everyone]
  oidc:
    redirect_uris: ["{base}/sign-in/from/hq"]
    client: {{secret: tenure-client, method: basic}}
    scopes: [openid, email]
    id_token_alg: RS256
    claims: {{employee_id: person.number, email: person.email}}
"#
    )
}

/// What we are told of another provider.
fn provider(issuer: &str, client: &str, link: &str) -> String {
    format!(
        r#"---
kind: IdentityProvider
metadata: {{name: hq}}
spec:
  title: Headquarters
  oidc:
    issuer: {issuer}
    client_id: {client}
    client: {{secret: hq-client}}
    scopes: [email]
    allow_private: true
  link: {link}
  counts: [{{amr: [pwd], as: password}}]
"#
    )
}

/// A node under an address of its own.
struct House {
    node: Node,
    base: String,
}

impl House {
    fn new() -> Self {
        let port = free_port();
        let mut node = Node::init_at(&format!("127.0.0.1:{port}"));
        let base = format!("http://127.0.0.1:{port}");
        let mut config = std::fs::read_to_string(node.config()).unwrap();
        config.push_str(&format!("public_url = \"{base}\"\n"));
        std::fs::write(node.config(), config).unwrap();
        node.serve();
        Self { node, base }
    }

    fn path(&self, name: &str) -> String {
        self.node.home.path().join(name).display().to_string()
    }

    fn pushes(&self, documents: &[&str]) {
        let home = self.path("documents");
        std::fs::create_dir_all(&home).unwrap();
        std::fs::write(Path::new(&home).join("all.yaml"), documents.concat()).unwrap();
        self.node
            .run(&["config", "push", &home, "--reason", "T-1"])
            .expect(0);
    }

    fn hears(&self, rows: &str) {
        let file = self.path("people.csv");
        let head = "id,given,family,email,number,starts,ends\n";
        std::fs::write(&file, format!("{head}{rows}")).unwrap();
        self.node
            .run(&["hr", "import", &file, "--source", "hr"])
            .expect(0);
    }

    fn secret(&self, words: &[&str]) -> String {
        let made = self.node.run(&[words, &["--reason", "T-2"]].concat());
        let rows = made.expect(0).rows();
        rows[0]["secret"].as_str().unwrap().to_owned()
    }

    /// The secret by which it proves who it is to the other one.
    fn keeps(&self, secret: &str, host: &str) {
        let words = ["secret", "set", "hq-client", "--identity-provider", "hq"];
        let words = [&words[..], &["--host", host, "--reason", "T-3"]].concat();
        self.node.pipe(&words, secret).expect(0);
    }

    /// Somebody goes from a page of ours to the other one: where to.
    fn sends(&self, browser: &mut Visitor, path: &str) -> String {
        let page = browser.ask(&self.base, path, None).unwrap().text();
        assert!(page.contains("Go on with Headquarters"), "{page}");
        let begun = attempt(&page);
        let form = [("attempt", begun.as_str()), ("provider", "hq")];
        let answer = browser.ask(&self.base, "/sign-in/upstream", Some(&form));
        gone(&answer.unwrap())
    }
}

/// Where an answer sends a browser.
#[track_caller]
fn gone(answer: &Answer) -> String {
    let location = answer.headers("location").next();
    let location = location.unwrap_or_else(|| panic!("{}: {}", answer.status, answer.text()));
    location.to_owned()
}

/// What stands behind the origin of an address.
fn behind<'u>(url: &'u str, base: &str) -> &'u str {
    let path = url.strip_prefix(base);
    path.unwrap_or_else(|| panic!("{url} is not behind {base}"))
}

/// What the wiki is told of whoever a code is about.
fn sub(at: &str, wiki: &Party, code: &str) -> String {
    let given = wiki.redeems(at, code).unwrap();
    let bearer = format!("Authorization: Bearer {}", token_of(&given, "access_token"));
    let told = send("GET", &format!("{at}/oauth2/userinfo"), &[&bearer], b"");
    told.unwrap().json()["sub"].as_str().unwrap().to_owned()
}

const EVERYBODY: &str = "{identity_provider: hq}";
const PILOT: &str = "{people: ['2']}, {identity_provider: hq}";

#[test]
fn people_move_between_another_node_and_here_and_the_wiki_sees_the_same_person() {
    let (there, here) = (House::new(), House::new());
    there.pushes(&[SOURCE, &us(&here.base), &policy("")]);
    there.hears("a,Ana,Ng,ana@acme.example,1,2020-01-01,\nb,Bo,Li,bo@acme.example,2,2020-01-01,\n");
    let secret = there.secret(&["relying-party", "secret", "tenure"]);
    let link = "{claim: employee_id, source: hr}";
    let hq = provider(&there.base, "tenure", link);
    here.pushes(&[SOURCE, WIKI, &hq, &policy(EVERYBODY)]);
    here.hears("1,Ana,Ng,ana@acme.example,1,2020-01-01,\n2,Bo,Li,bo@acme.example,2,2020-01-01,\n");
    here.keeps(&secret, there.base.strip_prefix("http://").unwrap());
    let wiki = Party {
        client: "wiki",
        secret: here.secret(&["relying-party", "secret", "wiki"]),
    };

    // Bo is signed in there, and comes by way of us to the wiki.
    let mut bo_there = Visitor::default();
    let pass = there.secret(&["sign-in", "pass", "bo@acme.example"]);
    bo_there.enrols(&there.base, "bo@acme.example", &pass);
    let mut bo = Visitor::default();
    let location = here.sends(&mut bo, &request("wiki"));
    let answer = bo_there.ask(&there.base, behind(&location, &there.base), None);
    let back = gone(&answer.unwrap());
    let answer = bo.ask(&here.base, behind(&back, &here.base), None).unwrap();
    let code = code_of(&answer).unwrap_or_else(|| panic!("{}", answer.text()));
    let elsewhere = sub(&here.base, &wiki, &code);
    let again = bo.ask(&here.base, behind(&back, &here.base), None).unwrap();
    assert_eq!(again.status, 200, "it counts once");
    assert!(
        again.text().contains("began in another browser"),
        "{}",
        again.text()
    );
    let told = here
        .node
        .run(&["sign-in", "credentials", "2"])
        .expect(0)
        .rows();
    assert_eq!(told[0]["kind"], "upstream", "{told:?}");

    // Bo is moved here, makes a password, and is the same person to the wiki.
    here.pushes(&[SOURCE, WIKI, &hq, &policy(PILOT)]);
    let pass = here.secret(&["sign-in", "pass", "2"]);
    Visitor::default().enrols(&here.base, "bo@acme.example", &pass);
    let mut bo = Visitor::default();
    let answer = bo
        .types(&here.base, Some("wiki"), "bo@acme.example")
        .unwrap();
    let code = code_of(&answer).unwrap_or_else(|| panic!("{}", answer.text()));
    assert_eq!(sub(&here.base, &wiki, &code), elsewhere);

    // And back, by the password no more.
    here.pushes(&[SOURCE, WIKI, &hq, &policy(EVERYBODY)]);
    let mut bo = Visitor::default();
    let answer = bo
        .types(&here.base, Some("wiki"), "bo@acme.example")
        .unwrap();
    let location = gone(&answer);
    assert!(location.starts_with(&there.base), "{location}");
    let answer = bo_there.ask(&there.base, behind(&location, &there.base), None);
    let back = gone(&answer.unwrap());
    let answer = bo.ask(&here.base, behind(&back, &here.base), None).unwrap();
    let code = code_of(&answer).unwrap_or_else(|| panic!("{}", answer.text()));
    assert_eq!(sub(&here.base, &wiki, &code), elsewhere);

    goes_back(&here, &there);
}

/// One command has everybody sign in here, whatever the documents route, and another takes it back.
fn goes_back(here: &House, there: &House) {
    here.node
        .run(&["sign-in", "here", "hq", "--reason", "hq is down"])
        .expect(0);
    let mut bo = Visitor::default();
    let answer = bo
        .types(&here.base, Some("wiki"), "bo@acme.example")
        .unwrap();
    assert!(code_of(&answer).is_some(), "{}", answer.text());
    here.node
        .run(&["sign-in", "there", "hq", "--reason", "hq is up"])
        .expect(0);
    let mut bo = Visitor::default();
    let answer = bo
        .types(&here.base, Some("wiki"), "bo@acme.example")
        .unwrap();
    assert!(gone(&answer).starts_with(&there.base));
    let wrong = here.node.run(&["sign-in", "here", "hx", "--reason", "x"]);
    assert_ne!(wrong.code, 0, "a name that is misspelt stops nothing");
}

/// oidc-provider of npm, as a process.
struct Op(Child);

impl Op {
    fn start(folder: &str, port: u16, back: &str) -> Self {
        let child = Command::new("node")
            .arg(beside("oidc_provider.mjs"))
            .env("OIDC_PROVIDER", folder)
            .env("PORT", port.to_string())
            .env("BACK", back)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let op = Self(child);
        let began = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(began.elapsed() < WAIT, "the provider does not listen");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        op
    }
}

impl Drop for Op {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn oidc_provider_vouches_for_people_whose_mail_addresses_it_gives_out() {
    let Some([folder]) = peers(["TENURE_PEER_OIDC_PROVIDER"]) else {
        return;
    };
    let here = House::new();
    let port = free_port();
    let issuer = format!("http://127.0.0.1:{port}");
    let _op = Op::start(&folder, port, &format!("{}/sign-in/from/hq", here.base));
    let link = "{claim: email, email_domains: [acme.example]}";
    let hq = provider(&issuer, "tenure", link);
    here.pushes(&[SOURCE, WIKI, &hq, &policy(EVERYBODY)]);
    here.hears("1,Ana,Ng,ana@acme.example,1,2020-01-01,\n2,Bo,Li,bo@other.example,2,2020-01-01,\n");
    here.keeps(
        "tenure-secret-0123456789abcdef",
        &format!("127.0.0.1:{port}"),
    );
    for (name, domain, gets_in) in [("ana", "acme", true), ("bo", "other", false)] {
        let mut browser = Visitor::default();
        let location = here.sends(&mut browser, &request("wiki"));
        let back = signs_in(
            &issuer,
            &location,
            &here.base,
            &format!("{name}@{domain}.example"),
        );
        let answer = browser
            .ask(&here.base, behind(&back, &here.base), None)
            .unwrap();
        let text = answer.text();
        match gets_in {
            true => assert!(code_of(&answer).is_some(), "{text}"),
            false => assert!(
                answer.status == 403 && text.contains("TNR-SIGN-0044"),
                "{text}"
            ),
        }
    }
}

/// Somebody signs in by the pages of oidc-provider's development; where the browser is sent back to.
fn signs_in(issuer: &str, location: &str, home: &str, name: &str) -> String {
    let mut browser = Visitor::default();
    let mut url = location.to_owned();
    for _ in 0..12 {
        if url.starts_with(home) {
            return url;
        }
        let answer = browser.ask(issuer, behind(&url, issuer), None).unwrap();
        let answer = match answer.status {
            200 => {
                let page = answer.text();
                let action = between(&page, "action=\"", "\"").unwrap();
                let prompt = between(&page, "name=\"prompt\" value=\"", "\"").unwrap();
                let form = [
                    ("prompt", prompt.as_str()),
                    ("login", name),
                    ("password", "x"),
                ];
                let path = action.strip_prefix(issuer).unwrap_or(&action).to_owned();
                browser.ask(issuer, &path, Some(&form)).unwrap()
            }
            _ => answer,
        };
        let next = gone(&answer);
        url = match next.starts_with('/') {
            true => format!("{issuer}{next}"),
            false => next,
        };
    }
    panic!("no way back from {url}")
}
