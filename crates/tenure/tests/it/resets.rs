//! Resets of privileged people by the command line, and what one person alone is refused.

use crate::node::{Node, Said};
use crate::signing_in::{ANA, Browser, node};

const POLICY: &str = "kind: SignOnPolicy
metadata: {name: everyone}
spec:
  login: person.email
  privileged: [engineers]
  rules: [{name: everyone, demand: any-factor}]
";
const DAVID: &str = "david.okafor@example.com";

fn field(said: &Said, name: &str) -> String {
    let rows = said.rows();
    assert_eq!(rows.len(), 1, "{}", said.out);
    rows[0][name].as_str().unwrap().to_owned()
}

fn refused(node: &Node, token: &str, words: &[&str], code: &str) {
    let words = [words, &["--reason", "T-1"]].concat();
    let said = node.run_as(token, &words).expect(1);
    assert!(said.err.contains(code), "{code}: {}", said.err);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_reset_of_an_administrator_takes_two_others_by_the_command_line() {
    let mut node = node();
    let tenant = node.home.path().join("tenant");
    node.stop();
    let both = ["administer", "approve", "read"];
    let emma = node.token_on_host("emma.mueller@example.com", &both);
    let again = node.token_on_host("1005", &both);
    let alone = node.token_on_host(DAVID, &["administer"]);
    let david = node.token_on_host(DAVID, &both);
    let ana = node.token_on_host(ANA, &both);
    node.serve();
    // Their first pass is one person's.
    let first = node
        .run(&["sign-in", "pass", ANA, "--reason", "T-1"])
        .expect(0);
    let mut browser = Browser::of(&node);
    assert_eq!(browser.enrol(&field(&first, "secret")).await, 303);
    std::fs::write(tenant.join("policy.yaml"), POLICY).unwrap();
    node.run(&["config", "push", tenant.to_str().unwrap()])
        .expect(0);

    let credentials = node.run(&["sign-in", "credentials", ANA]).expect(0);
    let password = field(&credentials, "credential");
    refused(&node, &emma, &["sign-in", "pass", ANA], "TNR-SIGN-0027");
    refused(
        &node,
        &emma,
        &["sign-in", "drop", &password],
        "TNR-SIGN-0027",
    );
    let ask = ["sign-in", "reset", ANA, "--drop", &password];
    refused(&node, &alone, &ask, "TNR-SIGN-0028");
    refused(&node, &ana, &ask, "TNR-SIGN-0028");
    let ask = [&ask[..], &["--reason", "lost in the lake"]].concat();
    let tried = node
        .run_as(&emma, &[&ask[..], &["--dry-run"]].concat())
        .expect(0);
    assert!(
        tried.out.is_empty() && tried.err.contains("would be asked for"),
        "{tried:?}"
    );
    let asked = node.run_as(&emma, &ask).expect(0);
    let (reset, one) = (field(&asked, "reset"), field(&asked, "half"));
    assert!(browser.is_signed_in().await, "nothing has happened");

    let agree = ["sign-in", "agree", ANA, &reset];
    for (token, who) in [
        (&emma, "the same"),
        (&again, "by another token"),
        (&ana, "themself"),
    ] {
        let said = node
            .run_as(token, &[&agree[..], &["--reason", "T-1"]].concat())
            .expect(1);
        assert!(said.err.contains("TNR-SIGN-0028"), "{who}: {}", said.err);
    }
    let agree = [&agree[..], &["--reason", "saw her passport"]].concat();
    let done = node.run_as(&david, &agree).expect(0);
    let two = field(&done, "half");
    assert!(
        done.err.contains("1 of their credentials are ended"),
        "{}",
        done.err
    );
    assert!(!browser.is_signed_in().await);
    let late = node.run_as(&david, &agree).expect(1);
    assert!(late.err.contains("TNR-SIGN-0029"), "{}", late.err);

    two_halves_open_an_enrolment(&node, (&one, &two)).await;
}

async fn two_halves_open_an_enrolment(node: &Node, (one, two): (&str, &str)) {
    let mut new = Browser::of(node);
    assert_ne!(new.enrol(two).await, 303, "half opens nothing");
    assert_eq!(new.enrol(&format!("{one}-{two}")).await, 303);
    let resets = node.run(&["sign-in", "resets", ANA]).expect(0);
    assert_eq!(field(&resets, "reason"), "saw her passport");
    let log = node.run(&["log", "--limit", "1000"]).expect(0).out;
    for said in ["reset.changed", "lost in the lake", "saw her passport"] {
        assert!(log.contains(said), "{said}");
    }
    assert!(
        !log.contains(one) && !log.contains(two),
        "half a pass in the log"
    );
}
