//! `tenure rehearse`; docs/how-to/rehearse.md is run in `page`.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::node::Node;
use crate::thin::{apply_all, documents, example, provider, set_secret};

/// A day so many days from now, as the example's files write it.
fn day(days: u64) -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let at = since + Duration::from_secs(days * 86_400);
    let at = model::Timestamp::from_micros(i64::try_from(at.as_micros()).unwrap()).to_string();
    format!("{}.{}.{}", &at[8..10], &at[5..7], &at[..4])
}

/// The example's file, in which the head of engineering leaves, and one more is to come.
fn with_days(node: &Node) -> String {
    let text = std::fs::read_to_string(example("workers.csv")).unwrap();
    let mut text = text.replace("01.03.2019;", &format!("01.03.2019;{}", day(20)));
    let comes = "1011;Kim;Ito;kim.ito@example.com;Engineering;Engineer;1001;;Berlin";
    text.push_str(&format!("\n{comes};{};\n", day(9)));
    let file = node.home.path().join("days.csv");
    std::fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_coming_days_are_told_by_command_line() {
    let provider = provider().await;
    let mut node = Node::init();
    node.serve();
    let tenant = documents(&node, &provider);
    let none = node.run(&["rehearse"]).expect(1);
    assert!(none.err.contains("TNR-APP-0002"), "{}", none.err);
    node.run(&["config", "push", tenant.to_str().unwrap()])
        .expect(0);
    set_secret(&node, &provider);
    let file = with_days(&node);
    node.run(&["hr", "import", &file, "--source", "hr"])
        .expect(0);
    apply_all(&node, &node.run(&["plan"]).expect(2));

    // Nobody needs to do anything in the coming week.
    let quiet = node
        .run(&["rehearse", "--days", "5"])
        .expect(0)
        .rows()
        .remove(0);
    assert_eq!(quiet["days"].as_array().unwrap().len(), 0, "{quiet}");
    let told = node.run(&["rehearse", "--days", "30"]).expect(2).rows();
    let told = &told[0];
    assert_eq!(told["needs_a_person"], true);
    let days = told["days"].as_array().unwrap();
    assert_eq!((days.len(), &days[0]["joiners"]), (2, &1.into()), "{told}");
    assert_eq!(days[1]["leavers"], 1, "{told}");
    let what = &days[1]["changes"][0]["people"][0]["what"];
    assert_eq!(what[0], "wiki: disable the account", "{told}");
    let boss = &told["managers"][0];
    assert_eq!(
        (&boss["key"], &boss["reports"]),
        (&"1001".into(), &5.into())
    );

    let markdown = node.run(&["-o", "md", "rehearse"]).expect(2);
    for words in ["## Managers who leave", "Kim Ito", "## Not played"] {
        assert!(markdown.out.contains(words), "{}", markdown.out);
    }
    for days in ["0", "367", "some"] {
        node.run(&["rehearse", "--days", days])
            .expect_one_of(&[1, 64]);
    }
    let zone = node.run(&["rehearse", "--zone", "Mars/Olympus"]).expect(1);
    assert!(zone.err.contains("TNR-REHEARSE-0001"), "{}", zone.err);
    // Nothing was planned, asked or written by all that.
    node.run(&["plan"]).expect(0);
    node.stop();
}
