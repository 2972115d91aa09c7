//! Pages about stable codes, embedded.

use crate::failure::Failure;
use crate::output;

/// Code and page, sorted by code.
pub static PAGES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/codes.rs"));

/// `tenure explain CODE`.
pub fn run(code: &str) -> Result<(), Failure> {
    let wanted = code.to_ascii_uppercase();
    match PAGES.iter().find(|(code, _)| *code == wanted) {
        Some((_, page)) => output::print(page),
        None => {
            let near = crate::suggest::nearest(&wanted, PAGES.iter().map(|(code, _)| *code));
            let fix = near.map_or_else(
                || "codes look like TNR-API-0001".to_owned(),
                |near| format!("did you mean {near}?"),
            );
            Err(Failure::usage(format!("there is no code `{wanted}`"), fix))
        }
    }
}
