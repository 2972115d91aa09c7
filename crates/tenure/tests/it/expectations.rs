//! `tenure test DIR`: the tests of a directory, without a server or a configuration.

use std::path::Path;
use std::process::{Command, Output};

fn thin() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/thin")
}

fn test(directory: &Path, format: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tenure"))
        .args(["test", "-o", format])
        .arg(directory)
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn tests_that_pass_end_with_zero_and_those_that_fail_with_one_and_the_way_there() {
    let passed = test(&thin(), "json");
    assert_eq!(passed.status.code(), Some(0), "{}", text(&passed.stderr));
    let rows: serde_json::Value = serde_json::from_slice(&passed.stdout).unwrap();
    assert_eq!(
        (rows[0]["result"].as_str(), rows.as_array().unwrap().len()),
        (Some("passed"), 2)
    );

    let copy = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(thin()).unwrap() {
        let path = entry.unwrap().path();
        let changed = std::fs::read_to_string(&path).unwrap();
        let changed = changed.replace(r#"== "Engineering""#, r#"== "Sales""#);
        std::fs::write(copy.path().join(path.file_name().unwrap()), changed).unwrap();
    }
    let failed = test(copy.path(), "table");
    let (out, err) = (text(&failed.stdout), text(&failed.stderr));
    assert_eq!(failed.status.code(), Some(1), "{err}");
    assert!(
        err.contains("error[TNR-APP-0005]: 1 of 2 tests failed"),
        "{err}"
    );
    for line in [
        "LifecycleTest `an-engineer-comes-moves-and-goes`: tests.yaml:44:19 \
         spec.moments[1].expect.wiki.groups",
        "  expected  engineering\n  got       nothing\n",
        "  person.department = \"Engineering\"\n",
    ] {
        assert!(out.contains(line), "{line}\n{out}");
    }
    let rows: serde_json::Value =
        serde_json::from_slice(&test(copy.path(), "json").stdout).unwrap();
    let failure = &rows[1]["failures"][0];
    assert_eq!(failure["got"], "nothing");
    assert!(failure["trace"].as_array().unwrap().len() > 3, "{failure}");
}

#[test]
fn a_directory_without_tests_or_with_wrong_documents_says_so() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(
        directory.path().join("guard.yaml"),
        "kind: Guard\nmetadata: {name: g}\nspec: {}\n",
    )
    .unwrap();
    let none = test(directory.path(), "table");
    assert_eq!(none.status.code(), Some(0));
    assert!(
        text(&none.stderr).contains("There are no tests"),
        "{}",
        text(&none.stderr)
    );
    std::fs::write(directory.path().join("guard.yaml"), "kind: Gard\n").unwrap();
    let wrong = test(directory.path(), "table");
    assert_eq!(wrong.status.code(), Some(1));
    assert!(
        text(&wrong.stderr).contains("[TNR-DOC-0003]"),
        "{}",
        text(&wrong.stderr)
    );
}
