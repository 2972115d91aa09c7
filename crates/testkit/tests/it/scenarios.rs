//! Every scenario of `tests/scenarios`, against its accepted output.
//!
//! `TENURE_ACCEPT=1` writes what happened into the files; read the difference before you commit
//! it. `TENURE_SCENARIO=name` plays only those whose name has that in it.

use std::path::{Path, PathBuf};

use testkit::scenario::play;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios")
}

/// Name and path of each scenario in a folder, sorted.
fn scenarios(folder: &Path) -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "scn") {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            found.push((name, path));
        }
    }
    found.sort();
    found
}

#[tokio::test]
async fn every_scenario_has_its_accepted_output() {
    play_all(&folder()).await;
}

/// Companies of thousands take their time: one test for each of these, so that they run side by
/// side with everything else.
#[tokio::test]
async fn a_truncated_department_has_its_accepted_output() {
    play_all(&folder().join("large/missing")).await;
}

#[tokio::test]
async fn a_department_that_is_dismissed_by_mistake_has_its_accepted_output() {
    play_all(&folder().join("large/stated")).await;
}

async fn play_all(within: &Path) {
    let only = std::env::var("TENURE_SCENARIO").unwrap_or_default();
    let accept = std::env::var("TENURE_ACCEPT").is_ok_and(|v| v == "1");
    let mut wrong = Vec::new();
    let mut played = 0;
    for (name, path) in scenarios(within) {
        if !name.contains(&only) {
            continue;
        }
        played += 1;
        let text = std::fs::read_to_string(&path).unwrap();
        match play(&name, &text, &folder()).await {
            Ok(result) if accept => std::fs::write(&path, result.accepted).unwrap(),
            Ok(result) => wrong.extend(result.differences),
            Err(error) => wrong.push(error),
        }
    }
    assert!(played > 0 || !only.is_empty(), "there are no scenarios");
    assert!(
        wrong.is_empty(),
        "scenarios differ from what was accepted (-) in what happened (+); if that is right, \
         accept it with TENURE_ACCEPT=1:\n{}",
        wrong.join("\n")
    );
}

/// What the engine cannot do yet, or does wrongly, is written down with the output that would be
/// right, and named here at every run. One that does what it should is pending no longer.
#[tokio::test]
async fn pending_scenarios_say_what_they_wait_for() {
    for (name, path) in scenarios(&folder().join("pending")) {
        let text = std::fs::read_to_string(path).unwrap();
        let first = text.lines().next().unwrap_or("");
        let reason = first.strip_prefix("# Pending: ");
        let reason = reason.unwrap_or_else(|| panic!("{name} begins with `# Pending: REASON`"));
        println!("pending: {name}: {reason}");
        if let Ok(played) = play(&name, &text, &folder()).await {
            // What leads up to it is not accepted yet, so only what is missing counts.
            let missing = |line: &String| line.starts_with("    - ");
            assert!(
                played.differences.iter().any(missing),
                "{name} does what it should: accept the rest and move it out of `pending`"
            );
        }
    }
}

const SOUND: &str = "# Shows: one person who comes.
# Why: the runner itself must be able to fail.

at 2026-01-12T09:00 Europe/Berlin
documents company
> documents r1: 1 source, 2 apps, 3 rules

import hr.csv
    id,first,last,mail,dept,boss,start,end,zone
    w001,Ann,Archer,ann@acme.example,Sales,,2020-01-01,,
> delivery 1 is accepted: 1 row, completeness full
>   joiner 1: Ann Archer (w001)
";

#[tokio::test]
async fn a_lie_in_the_accepted_output_is_noticed_and_accepting_mends_it() {
    let sound = play("sound", SOUND, &folder()).await.unwrap();
    assert_eq!(sound.differences, Vec::<String>::new());
    assert_eq!(sound.accepted, SOUND);
    let lie = SOUND.replace("Ann Archer (w001)", "Ann Archer (w002)");
    let told = play("lie", &lie, &folder()).await.unwrap();
    assert_eq!(told.differences[0], "lie:8: import hr.csv");
    assert!(
        told.differences
            .contains(&"    -   joiner 1: Ann Archer (w002)".to_owned())
    );
    assert!(
        told.differences
            .contains(&"    +   joiner 1: Ann Archer (w001)".to_owned())
    );
    assert_eq!(told.accepted, SOUND);
    // Output that nobody has accepted yet is a difference too.
    let (silent, _) = SOUND.split_once("> delivery").unwrap();
    let silent = play("silent", silent, &folder()).await.unwrap();
    assert!(!silent.differences.is_empty());
}

#[tokio::test]
async fn a_scenario_that_shows_nothing_or_is_wrong_is_refused() {
    let (nothing, _) = SOUND.split_once("import").unwrap();
    let error = play("nothing", nothing, &folder()).await.unwrap_err();
    assert!(error.contains("shows nothing"), "{error}");
    for (from, to, says) in [
        (
            "documents company",
            "dokuments company",
            "lie:5: `dokuments company`: there is no verb",
        ),
        ("# Why: ", "# Because: ", "begins with a comment"),
        ("at 2026", "# at 2026", "begins with `at TIME ZONE`"),
    ] {
        let error = play("lie", &SOUND.replace(from, to), &folder())
            .await
            .unwrap_err();
        assert!(error.contains(says), "{error}");
    }
    let back = format!("{SOUND}\nat 2026-01-11T09:00\n");
    let error = play("back", &back, &folder()).await.unwrap_err();
    assert!(
        error.contains("does not go back; it is Mon 2026-01-12 09:00 +01:00"),
        "{error}"
    );
}
