//! What an app lets live on when an account is disabled.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::kinds::{self, NAME_FIX};
use crate::report::{self, Reporter};
use crate::tenant::{Lingering, ManualStep};
use crate::wire::{LeaverSpec, LingerSpec};
use crate::yaml::Part;

/// Things of one app.
const MOST: usize = 20;
/// Ten years: whatever lives longer has no end that anybody waits for.
const LONGEST_DAYS: u64 = 3_650;

const FIX: &str = "write how long it lives (12h, 30d), deletion, unknown, or {step: NAME}";

pub(crate) fn lingering(
    spec: &LeaverSpec,
    manual: &[ManualStep],
    reporter: &mut Reporter<'_, '_>,
) -> BTreeMap<String, Lingering> {
    let map = [Part::Key("spec"), Part::Key("leaver"), Part::Key("lingers")];
    if spec.lingers.len() > MOST {
        let problem = format!("an app names {MOST} things at most");
        reporter.at(report::VALUE, &map, problem, "put some of them together");
    }
    let mut lingers = BTreeMap::new();
    for (name, until) in &spec.lingers {
        let path = [map[0], map[1], map[2], Part::Key(name)];
        if let Some(problem) = kinds::bad_name(name) {
            reporter.at(report::NAME, &path, problem, NAME_FIX);
        }
        let read = match until {
            LingerSpec::Until(text) => lifetime(text).ok_or_else(|| {
                (
                    report::VALUE,
                    format!("`{text:.40}` says not until when it lives"),
                    FIX,
                )
            }),
            LingerSpec::Step(step) if manual.iter().any(|m| m.name == step.step) => {
                Ok(Lingering::Step(step.step.clone()))
            }
            LingerSpec::Step(step) => Err((
                report::REFERENCE,
                format!("the app has no manual step `{:.80}`", step.step),
                "name one of `leaver.manual`",
            )),
        };
        match read {
            Ok(read) => drop(lingers.insert(name.clone(), read)),
            Err((code, problem, fix)) => reporter.at(code, &path, problem, fix),
        }
    }
    lingers
}

fn lifetime(text: &str) -> Option<Lingering> {
    match text {
        "deletion" => return Some(Lingering::Deletion),
        "unknown" => return Some(Lingering::Unknown),
        _ => {}
    }
    let seconds = [("m", 60), ("h", 3_600), ("d", 86_400)];
    let (digits, unit) = seconds
        .iter()
        .find_map(|(letter, unit)| Some((text.strip_suffix(letter)?, *unit)))?;
    let plain = digits.len() <= 7 && digits.bytes().all(|b| b.is_ascii_digit());
    let count = digits
        .parse::<u64>()
        .ok()
        .filter(|count| plain && *count > 0)?;
    let lives = count * unit;
    (lives <= LONGEST_DAYS * 86_400).then(|| Lingering::For(Duration::from_secs(lives)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lifetime_is_read_and_nothing_else_is() {
        let lives = |seconds| Some(Lingering::For(Duration::from_secs(seconds)));
        assert_eq!(lifetime("90m"), lives(5_400));
        assert_eq!(lifetime("12h"), lives(43_200));
        assert_eq!(lifetime("3650d"), lives(315_360_000));
        assert_eq!(lifetime("deletion"), Some(Lingering::Deletion));
        assert_eq!(lifetime("unknown"), Some(Lingering::Unknown));
        for text in [
            "",
            "h",
            "0h",
            "+1h",
            "3651d",
            "12",
            "1 h",
            "12H",
            "99999999h",
            "never",
        ] {
            assert_eq!(lifetime(text), None, "{text}");
        }
    }
}
