//! Scenarios: plain text that people read, played on a whole node in memory, with the output that
//! someone has accepted. How to write one stands in `STYLE.md`.
//!
//! One scenario is one file. It begins with what it shows and why that matters, sets a clock, and
//! then does one thing after the other; under each stands what came of it. The names of people
//! and waves stand for their ids, and what happens in an order of chance is sorted, so that an
//! output changes only when the behaviour does.

mod by_hand;
mod coming;
mod decide;
mod diff;
mod drills;
mod estate;
mod file;
mod lines;
mod morning;
mod names;
mod notices;
mod order;
mod render;
mod script;
mod show;
mod stage;
mod trouble;
mod verbs;

use std::path::Path;

use script::Script;
use stage::Stage;

/// Verbs that set a scene and prove nothing.
const SCENE: [&str; 7] = [
    "documents",
    "preload",
    "faults",
    "by-hand",
    "refuses",
    "accepts",
    "channel",
];

/// What became of a scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Played {
    /// Where it differs from what was accepted: lines for people. Empty: nowhere.
    pub differences: Vec<String>,
    /// The file as it would be if everything that happened were accepted.
    pub accepted: String,
}

/// Plays a scenario. `name` is what it is called in messages; `folder` holds the folders of
/// documents that it names.
///
/// # Errors
/// A text for people, with name and line, when the scenario itself is wrong or shows nothing.
pub async fn play(name: &str, text: &str, folder: &Path) -> Result<Played, String> {
    let script = Script::parse(text).map_err(|e| format!("{name}:{e}"))?;
    let mut stage = Stage::new(folder)?;
    let mut outputs = Vec::new();
    let mut differences = Vec::new();
    let mut proves = false;
    for deed in script.deeds() {
        let at = |e| format!("{name}:{}: `{}`: {e}", deed.line, deed.verb);
        let seen = stage.deed(deed).await.map_err(at)?;
        let verb = deed.verb.split_whitespace().next().unwrap_or("");
        // That nothing happens while time passes is worth telling, but not a whole scenario.
        let idle = SCENE.contains(&verb) || seen == ["nothing happens"];
        proves |= !idle && !seen.is_empty();
        if let Some(lines) = diff::diff(&deed.accepted, &seen) {
            differences.push(format!("{name}:{}: {}", deed.line, deed.verb));
            differences.extend(lines.into_iter().map(|line| format!("    {line}")));
        }
        outputs.push(seen);
    }
    if !proves {
        return Err(format!(
            "{name}: nothing in it has an output, so it shows nothing"
        ));
    }
    Ok(Played {
        differences,
        accepted: script.with_outputs(&outputs),
    })
}
