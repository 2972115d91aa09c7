//! `tenure why change STEP`: a step that went well, one that was tried again, one that failed and was
//! planned again, and one that was held and released.

use emulate::{Access, Fault, Provider, Serving, Shared, Temperament, serve};
use serde_json::{Value, json};

use crate::node::{Node, Said};
use crate::thin::{TOKEN, apply_all, documents, example, set_secret, wave};

const KOFI: &str = "1011;Kofi;Mensah;kofi.mensah@example.com;Finance;Controller;1007;;Berlin;\
                    01.11.2025;\n";

/// An app with as many licences as there are people.
async fn full() -> Serving {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mood = Temperament {
        seats: 10,
        ..Temperament::default()
    };
    let provider = Provider::new(mood, Access::Bearer(TOKEN.to_owned()));
    serve(listener, Shared::new(provider)).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_step_is_told_with_its_reasons_and_everything_that_became_of_it() {
    let provider = full().await;
    let mut node = Node::init();
    let bea = node.token_on_host("bea", &["read", "approve"]);
    let blind = node.token_on_host("carl", &["plan"]);
    node.serve();
    let tenant = documents(&node, &provider);
    node.run(&["config", "push", tenant.to_str().unwrap()])
        .expect(0);
    set_secret(&node, &provider);
    let workers = std::fs::read_to_string(example("workers.csv")).unwrap();
    apply_all(&node, &import(&node, &workers));

    let made = went_well(&node);
    nobody_else_and_nothing_else(&node, &blind, &made);
    let workers = tried_again(&node, &provider, workers);
    let workers = failed_and_planned_again(&node, workers);
    held_and_released(&node, &bea, &workers);
    for_cause(&node);
    node.stop();
}

fn import(node: &Node, text: &str) -> Said {
    let file = node.home.path().join("hr.csv");
    std::fs::write(&file, text).unwrap();
    let file = file.to_str().unwrap();
    node.run(&["hr", "import", file, "--source", "hr"])
        .expect(0);
    node.run(&["plan"]).expect(2)
}

fn change(node: &Node, step: &str) -> Value {
    let said = node.run(&["why", "change", step]).expect(0);
    for secret in [TOKEN, &node.token] {
        assert!(!said.out.contains(secret), "{}", said.out);
    }
    let answer = said.rows().remove(0);
    // What is personal stands in what changes and in the facts, as in plans, and nowhere else.
    let timeline = answer["timeline"].to_string();
    for value in ["@example.com", "Mensah", "Controller", "Müller"] {
        assert!(!timeline.contains(value), "{value}: {timeline}");
    }
    answer
}

fn words(answer: &Value) -> Vec<&str> {
    let moments = answer["timeline"].as_array().unwrap().iter();
    moments
        .map(|moment| moment["what"].as_str().unwrap())
        .collect()
}

fn at<'a>(answer: &'a Value, what: &str) -> &'a Value {
    let moments = answer["timeline"].as_array().unwrap();
    let found = moments.iter().find(|moment| moment["what"] == what);
    found.unwrap_or_else(|| panic!("no {what}: {answer}"))
}

/// The first step of this verb in a wave, as it is printed.
fn step_in(node: &Node, wave: &str, verb: &str, name: &str) -> String {
    let plans = node.run(&["waves", "show", wave]).expect(0).rows();
    let plan = plans.iter().find(|plan| plan["name"] == name).unwrap();
    let steps = plan["steps"].as_array().unwrap();
    let step = steps.iter().find(|step| step["verb"] == verb).unwrap();
    format!("{}#{}", plan["plan"].as_str().unwrap(), step["no"])
}

/// Emma's account was made.
fn went_well(node: &Node) -> String {
    let why = node.run(&["why", "access", "1005", "wiki"]).expect(0);
    // The step that was read back last made the account, or gave it its manager.
    let last = why.rows()[0]["items"][0]["verified_by"].clone();
    let plan = last.as_str().unwrap().split_once('#').unwrap().0;
    let step = format!("{plan}#0");
    let answer = change(node, &step);
    assert_eq!(
        words(&answer),
        [
            "planned", "proposed", "allowed", "released", "intent", "answered", "verified"
        ]
    );
    let is = |field: &str, value: &str| assert_eq!(answer[field], value, "{answer}");
    is("step", &step);
    is("verb", "create");
    is("status", "verified");
    is("name", "Emma Müller");
    is("change", "joiner");
    is("decided", "released");
    is("decided_by", "admin");
    is("decided_because", "T-2");
    // It is looked for before it is made, and the name that it is looked for by is not told.
    let asked = json!([
        {"method": "GET", "path": "/scim/v2/Users?filter", "status": 200},
        {"method": "POST", "path": "/scim/v2/Users", "status": 201},
    ]);
    assert_eq!(at(&answer, "answered")["exchanges"], asked, "{answer}");
    is("next", "");
    let by: Vec<&Value> = answer["because"]
        .as_array()
        .unwrap()
        .iter()
        .map(|reason| &reason["by"])
        .collect();
    assert!(by.contains(&&"rule/everyone".into()), "{answer}");
    assert_eq!(answer["documents"]["revision"], 1);
    assert_eq!(answer["documents"]["author"], "admin");
    let told = &answer["told"][0];
    assert_eq!(
        (&told["by"], &told["what"], &told["change"]),
        (&"hr".into(), &"told".into(), &"joiner".into())
    );
    let changes = answer["changes"].as_array().unwrap();
    let title = changes.iter().find(|row| row["path"] == "title").unwrap();
    assert_eq!(
        (&title["before"], &title["after"]),
        (&Value::Null, &"Account Manager".into())
    );
    let intent = &at(&answer, "intent")["request"];
    let request = intent.as_str().unwrap();
    assert!(
        request.starts_with("create account: displayName,"),
        "{request}"
    );
    assert_eq!(at(&answer, "answered")["answer"], "done");
    let not_kept = answer["not_kept"].to_string();
    assert!(
        not_kept.contains("bodies of requests and answers"),
        "{not_kept}"
    );

    in_every_format(node, &step, &answer);
    step
}

fn in_every_format(node: &Node, step: &str, answer: &Value) {
    let table = node
        .run(&["-o", "table", "why", "change", step])
        .expect(0)
        .out;
    let begins = format!("Emma Müller (1005, {})", answer["about"].as_str().unwrap());
    assert!(table.starts_with(&begins), "{table}");
    for title in [
        "Changes\n",
        "Why\n",
        "Timeline\n",
        "Not in the log: the bodies of",
    ] {
        assert!(table.contains(title), "{title}: {table}");
    }
    let markdown = node.run(&["-o", "md", "why", "change", step]).expect(0);
    assert!(markdown.out.contains("## Timeline"), "{}", markdown.out);
    let json = node.run(&["-o", "json", "why", "change", step]).expect(0);
    assert_eq!(serde_json::from_str::<Value>(&json.out).unwrap(), *answer);
    let yaml = node.run(&["-o", "yaml", "why", "change", step]).expect(0);
    assert!(yaml.out.contains("status: verified"), "{}", yaml.out);
    node.run(&["-o", "csv", "why", "change", step]).expect(64);
}

/// Steps that there are not, words that name none, and callers who may not read.
fn nobody_else_and_nothing_else(node: &Node, blind: &str, made: &str) {
    let plan = made.split_once('#').unwrap().0;
    let none = format!("{}#0", model::PlanId::from_bits(7));
    for step in [format!("{plan}#77"), none] {
        let said = node.run(&["why", "change", &step]).expect(1);
        assert!(said.err.contains("error[TNR-APP-0001]"), "{}", said.err);
        assert!(said.err.contains(&step), "{}", said.err);
    }
    for step in [plan, "wiki", ""] {
        let said = node.run(&["why", "change", step]).expect(64);
        assert!(said.err.contains("as `tenure waves show`"), "{}", said.err);
    }
    let said = node.run_as(blind, &["why", "change", made]).expect(1);
    assert!(said.err.contains("TNR-API-0002"), "{}", said.err);
    // As the files of apps spell it that only their own people can reach.
    let line = made.replace('#', ".");
    let same = node.run(&["why", "change", &line]).expect(0);
    assert_eq!(same.rows()[0]["step"], made);
}

/// Emma leaves, and the request is lost on its way.
fn tried_again(node: &Node, provider: &Serving, workers: String) -> String {
    provider.provider.lock().inject(Fault::LoseRequest);
    let emma = workers.lines().find(|line| line.starts_with("1005;"));
    let emma = emma.unwrap();
    let workers = workers.replace(emma, &format!("{emma}01.10.2025"));
    let planned = import(node, &workers);
    apply_all(node, &planned);
    let step = step_in(node, &wave(&planned, "leaver"), "disable", "Emma Müller");
    let answer = change(node, &step);
    assert_eq!(
        words(&answer)[4..],
        [
            "intent", "answered", "waits", "intent", "answered", "verified"
        ],
        "{answer}"
    );
    assert_eq!(answer["attempts"], 2);
    let waits = at(&answer, "waits");
    assert_eq!(waits["class"], "no-answer");
    assert!(waits["said"].as_str().unwrap().starts_with("not done: "));
    assert_ne!(waits["next_at"], "");
    assert_eq!(
        answer["changes"],
        serde_json::json!([{"path": "active", "before": true, "after": false}])
    );
    assert_eq!(answer["told"][0]["change"], "leaver");
    assert_eq!(answer["because"][0]["by"], "lifecycle/leaver");
    workers
}

/// There is no licence for Kofi until somebody else has left. Emma's was taken by Kwame.
fn failed_and_planned_again(node: &Node, workers: String) -> String {
    let kwame = KOFI
        .replace("1011;Kofi", "1012;Kwame")
        .replace("kofi", "kwame");
    let workers = workers + &kwame;
    apply_all(node, &import(node, &workers));
    let bo = workers.lines().find(|line| line.starts_with("1002;"));
    let bo = bo.unwrap();
    let workers = workers.replace(bo, &format!("{bo}01.10.2025")) + KOFI;
    let planned = import(node, &workers);
    let joiner = wave(&planned, "joiner");
    node.run(&["apply", &joiner, "--reason", "T-3"]).expect(3);
    let digest = node.run(&["digest", "--since", "1h"]).expect(2).rows();
    let step = digest[0]["failures"][0]["step"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(step, step_in(node, &joiner, "create", "Kofi Mensah"));
    let shown = node
        .run(&["-o", "table", "waves", "show", &joiner])
        .expect(0);
    let see = format!("see `tenure why change {step}`");
    assert!(shown.out.contains(&see), "{}", shown.out);

    let answer = change(node, &step);
    let failed = at(&answer, "failed");
    assert_eq!(
        (&failed["answer"], &failed["class"]),
        (&"refused".into(), &"SCIM-400".into())
    );
    assert_eq!(failed["said"], "HTTP 400: no licence is left");
    assert_eq!(answer["status"], "failed");
    let next = answer["next"].as_str().unwrap();
    assert!(
        next.ends_with("then `tenure retry wiki/SCIM-400`"),
        "{next}"
    );

    // Bo leaves, so there is a licence.
    let leaver = wave(&planned, "leaver");
    node.run(&["apply", &leaver, "--reason", "T-3"]).expect(0);
    let retry = ["retry", "wiki/SCIM-400"];
    let would = node.run(&[&retry[..], &["--dry-run"]].concat()).expect(2);
    assert_eq!(would.rows().len(), 1, "{}", would.out);
    apply_all(node, &node.run(&retry).expect(2));
    let answer = change(node, &step);
    let again = at(&answer, "planned_next")["step"].as_str().unwrap();
    assert_eq!(
        answer["next"],
        format!("it was planned again: `tenure why change {again}`")
    );
    assert_eq!(change(node, again)["status"], "verified");
    workers
}

/// Three rows are missing, which the guard holds; somebody else releases one of them.
fn held_and_released(node: &Node, bea: &str, workers: &str) {
    let here = |line: &&str| {
        !["1003;", "1004;", "1006;"]
            .iter()
            .any(|k| line.starts_with(k))
    };
    let less: Vec<&str> = workers.lines().filter(here).collect();
    let planned = import(node, &(less.join("\n") + "\n"));
    let missing = wave(&planned, "missing_row");
    let step = step_in(node, &missing, "disable", "David Okafor");
    let answer = change(node, &step);
    assert_eq!(answer["status"], "waiting");
    assert_eq!(words(&answer), ["planned", "proposed", "held"]);
    assert_eq!(answer["told"][0]["what"], "missing");
    let plan = step.split_once('#').unwrap().0;
    let decide = format!(
        "someone other than admin decides: `tenure approve {missing} --plan {plan} --reason WHY`, or \
         `tenure refuse`"
    );
    assert_eq!(answer["next"], decide);
    assert_eq!(answer["not_kept"], serde_json::json!([]));

    let words_of = [
        "approve",
        &missing,
        "--plan",
        plan,
        "--reason",
        "HR confirms",
    ];
    node.run_as(bea, &words_of).expect(0);
    let answer = change(node, &step);
    assert_eq!(
        words(&answer)[2..],
        ["held", "released", "intent", "answered", "verified"]
    );
    let released = at(&answer, "released");
    assert_eq!(
        (&released["by"], &released["said"]),
        (&"bea".into(), &"HR confirms".into())
    );
    assert!(
        at(&answer, "held")["said"]
            .as_str()
            .unwrap()
            .contains("people lose access")
    );
    // The others were not released with it.
    let other = change(node, &step_in(node, &missing, "disable", "Farid Haddad"));
    assert_eq!(
        (&other["status"], &other["decided"]),
        (&"waiting".into(), &"".into())
    );
    node.run(&["refuse", &missing, "--reason", "HR forgot two"])
        .expect(0);
    let other = change(node, other["step"].as_str().unwrap());
    assert_eq!(
        (&other["status"], &other["decided"]),
        (&"refused".into(), &"refused".into())
    );
    // Ana's file has their rows again.
    import_quietly(node, workers);
}

fn import_quietly(node: &Node, text: &str) {
    let file = node.home.path().join("again.csv");
    std::fs::write(&file, text).unwrap();
    let file = file.to_str().unwrap();
    node.run(&["hr", "import", file, "--source", "hr"])
        .expect(0);
}

/// Why somebody was terminated is told of them alone; and a dry run ends with 2 where something would
/// be done.
fn for_cause(node: &Node) {
    let now = ["leaver", "now", "1009", "--reason", "case 17"];
    node.run(&[&now[..], &["--dry-run"]].concat()).expect(2);
    let done = node.run(&now).expect(0);
    let row = done.rows().remove(0);
    let step = format!("{}#0", row["names"][0]["plan"].as_str().unwrap());
    let said = node.run(&["why", "change", &step]).expect(0);
    assert!(!said.out.contains("case 17"), "{}", said.out);
    let answer = said.rows().remove(0);
    let last = answer["told"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(
        (&last["what"], &last["by"]),
        (&"terminated".into(), &"admin".into())
    );
    assert_eq!(answer["change"], "termination");
}
