//! Running cargo and other programs from the root of the workspace.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The root of the workspace.
pub fn root() -> Result<PathBuf, String> {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .map(Path::to_path_buf)
        .ok_or_else(|| "xtask has no workspace".to_owned())
}

/// The cargo that runs us, with these words, in the root.
pub fn cargo(words: &[&str]) -> Result<Command, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(root()?).args(words);
    Ok(command)
}

/// Says what is run and runs it to its end; its output goes to ours.
pub fn see(mut command: Command) -> Result<(), String> {
    let shown = shown(&command);
    eprintln!("$ {shown}");
    let status = command
        .status()
        .map_err(|e| format!("{shown}: cannot be run: {e}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{shown}: {status}"))
    }
}

/// Runs a program and gives what it prints.
pub fn output(mut command: Command) -> Result<String, String> {
    let shown = shown(&command);
    let out = command
        .output()
        .map_err(|e| format!("{shown}: cannot be run: {e}"))?;
    if out.status.success() {
        String::from_utf8(out.stdout).map_err(|_| format!("{shown}: prints what is not UTF-8"))
    } else {
        let said = String::from_utf8_lossy(&out.stderr);
        Err(format!("{shown}: {}: {}", out.status, said.trim()))
    }
}

/// A command as a person would type it, without the path of the program.
pub fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(command.get_program());
    let words = std::iter::once(name).chain(command.get_args());
    words
        .map(|word| word.to_string_lossy().into_owned())
        .collect::<Vec<_>>()
        .join(" ")
}

/// What `cargo metadata` says with these words.
pub fn metadata(words: &[&str]) -> Result<Value, String> {
    let mut command = cargo(&["metadata", "--format-version", "1"])?;
    command.args(words);
    let text = output(command)?;
    serde_json::from_str(&text).map_err(|e| format!("cargo metadata: {e}"))
}

/// Files of the project: tracked ones and new ones that are not ignored, sorted.
pub fn files() -> Result<Vec<String>, String> {
    let mut command = Command::new("git");
    command.current_dir(root()?).args([
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ]);
    let text = output(command)?;
    let root = root()?;
    let mut files: Vec<String> = text
        .split('\0')
        // A file that is deleted but not committed yet is still in the index.
        .filter(|file| !file.is_empty() && root.join(file).is_file())
        .map(str::to_owned)
        .collect();
    files.sort();
    files.dedup();
    Ok(files)
}

/// One of testkit's binaries, built under this profile, with the rest of the words.
pub fn testkit(binary: &str, profile: &str, words: &[&str]) -> Result<(), String> {
    let mut command = cargo(&[
        "run",
        "--quiet",
        "--profile",
        profile,
        "--package",
        "testkit",
    ])?;
    command.args(["--bin", binary, "--"]).args(words);
    if let Some(path) = crate::postgres::path() {
        command.env("PATH", path);
    }
    see(command)
}

/// Runs the benches, with the binary that two of them start.
pub fn bench(words: &[&str]) -> Result<(), String> {
    see(cargo(&[
        "build",
        "--quiet",
        "--release",
        "--package",
        "tenure",
    ])?)?;
    testkit("bench", "release", words)
}

/// Asks the real binary what the modules of the OpenID Foundation's conformance suite ask a provider.
pub fn conformance(words: &[&str]) -> Result<(), String> {
    see(cargo(&["build", "--quiet", "--package", "tenure"])?)?;
    testkit("conformance", "dev", words)
}

/// Writes `docs/openapi.json` from the binary; with `check`, only compares.
pub fn openapi(check: bool) -> Result<(), String> {
    let command = cargo(&["run", "--quiet", "--package", "tenure", "--", "openapi"])?;
    let text = output(command)?;
    serde_json::from_str::<Value>(&text).map_err(|e| format!("tenure openapi: {e}"))?;
    let path = root()?.join("docs/openapi.json");
    let old = std::fs::read_to_string(&path).unwrap_or_default();
    if old == text {
        println!("docs/openapi.json is current");
        return Ok(());
    }
    if check {
        return Err("docs/openapi.json is not what the binary serves: \
                    run `cargo xtask openapi` and commit it"
            .to_owned());
    }
    std::fs::write(&path, text).map_err(|e| format!("docs/openapi.json: {e}"))?;
    println!("docs/openapi.json is written");
    Ok(())
}
