//! A way in by mail as a browser and a mailbox see it.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::people::{move_in, name};
use super::visitor::{Visitor, attempt};
use crate::e2e::plant::Plant;
use crate::receiver::{MailServer, PASSWORD};

/// A channel by mail to this server, and a policy that lets people in by it.
fn documents(port: u16) -> String {
    format!(
        "kind: Channel
metadata: {{name: mail}}
spec:
  smtp:
    host: 127.0.0.1
    port: {port}
    user: tenure
    secret: mail-password
    from: tenure@acme.example
    to: [oncall@acme.example]
    allow_private: true
---
kind: Group
metadata: {{name: keepers}}
spec: {{when: 'person.family_name == \"Keeper\"'}}
---
kind: SignOnPolicy
metadata: {{name: everyone}}
spec:
  login: person.email
  administrators: [keepers]
  rules: [{{name: all, demand: any-factor}}]
  tell_people: {{channel: mail, addresses: [person.email], default_language: de}}
  recover_by_mail: {{address: person.email}}
"
    )
}

/// The page that somebody sees who asks for a code under a name, without what differs from page to page.
fn asked(plant: &Plant, visitor: &mut Visitor, name: &str) -> (u16, String) {
    let page = visitor.ask(&plant.url, "/", None).unwrap().text();
    assert!(page.contains("action=\"/sign-in/lost\""), "{page}");
    let begun = attempt(&page);
    let form = [("attempt", begun.as_str()), ("name", name)];
    let answer = visitor
        .ask(&plant.url, "/sign-in/lost", Some(&form))
        .unwrap();
    let (status, page) = (answer.status, answer.text());
    let page = match status {
        200 => page.replace(&attempt(&page), "ATTEMPT"),
        _ => page,
    };
    (status, page.replace(name, "NAME"))
}

/// The bodies of the mails that were taken.
fn bodies(mailer: &MailServer) -> Vec<String> {
    let mails = mailer.mails();
    let read = mails.iter().map(|mail| {
        let mail = mail.replace("\r\n", "\n");
        assert!(mail.contains("Content-Language: de"), "{mail}");
        let body = mail.split_once("\n\n").unwrap().1.replace('\n', "");
        String::from_utf8(STANDARD.decode(body).unwrap()).unwrap()
    });
    read.collect()
}

/// L6: whoever asks sees the same, whoever they name; only the mailbox knows. Nobody is mailed who was not known a week
/// ago, and that too nobody sees.
#[test]
fn l6_who_asks_for_a_code_by_mail_learns_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let Some(mut mailer) = MailServer::find(folder.path()) else {
        return;
    };
    mailer.start();
    let mut plant = Plant::init(None);
    plant.settings = vec![("SSL_CERT_FILE", mailer.certificate())];
    plant.serve();
    move_in(&plant, &plant.url, 2);
    let mut visitor = Visitor::default();
    let before = visitor.ask(&plant.url, "/", None).unwrap().text();
    assert!(
        !before.contains("/sign-in/lost"),
        "off where no document says so"
    );
    let path = plant.tenant().join("all.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    let (others, _) = text.split_once("kind: SignOnPolicy").unwrap();
    std::fs::write(&path, format!("{others}{}", documents(mailer.port))).unwrap();
    plant.push();
    let place = format!("127.0.0.1:{}", mailer.port);
    let bound = ["--channel", "mail", "--host", place.as_str()];
    plant.give("mail-password", &bound, PASSWORD);

    let known = asked(&plant, &mut visitor, &name(0));
    assert_eq!(known.0, 200);
    assert!(
        known.1.contains("action=\"/sign-in/mailed\""),
        "{}",
        known.1
    );
    for other in ["nobody@acme.example", "ZZZ"] {
        assert_eq!(asked(&plant, &mut visitor, other), known, "{other}");
    }
    // The budget of a name is that of whoever has it and of nobody.
    for other in [&name(0), "nobody@acme.example"] {
        let more = (0..5).map(|_| asked(&plant, &mut visitor, other).0);
        assert_eq!(
            more.collect::<Vec<_>>(),
            [200, 200, 429, 429, 429],
            "{other}"
        );
    }
    // They were not known a week ago: what the desk hears nobody else does.
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        let found = plant.run(&["findings"]).rows();
        let ours = |row: &&serde_json::Value| row["code"] == "TNR-SIGN-0026";
        if found.iter().filter(ours).count() == 1 {
            break;
        }
        assert!(Instant::now() < end, "{found:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(bodies(&mailer).len(), 0);
    the_post_works(&plant, &mailer);
    the_address_of_the_mail_opens_a_page_alone(&plant, &mut visitor);
}

/// A pass is told of, in the language of the documents.
fn the_post_works(plant: &Plant, mailer: &MailServer) {
    plant
        .run(&["sign-in", "pass", &name(1), "--reason", "T-1"])
        .expect(0);
    let end = Instant::now() + Duration::from_secs(20);
    while bodies(mailer).is_empty() {
        assert!(Instant::now() < end, "nobody was told");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(bodies(mailer)[0].contains("Zugangscode erstellt"));
}

fn the_address_of_the_mail_opens_a_page_alone(plant: &Plant, visitor: &mut Visitor) {
    let page = visitor
        .ask(&plant.url, "/sign-in/mailed", None)
        .unwrap()
        .text();
    let begun = attempt(&page);
    let form = [
        ("attempt", begun.as_str()),
        ("name", &name(0)),
        ("code", "0000-0000-0000-0000"),
    ];
    let wrong = visitor
        .ask(&plant.url, "/sign-in/mailed", Some(&form))
        .unwrap();
    assert!(
        wrong.text().contains("This code does not count"),
        "{}",
        wrong.text()
    );
}
