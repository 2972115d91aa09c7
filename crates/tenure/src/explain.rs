//! Pages about stable codes, embedded.

use crate::failure::Failure;
use crate::output;

/// Code and page, sorted by code.
pub static PAGES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/codes.rs"));

/// The page about a code. What an app answered to a step has one for all of them: its codes are made
/// of status and type (`SCIM-400-invalidValue`).
#[must_use]
pub fn page(code: &str) -> Option<&'static str> {
    let wanted = code.to_ascii_uppercase();
    let family = wanted.split('-').next().unwrap_or_default();
    let of = |wanted: &str| PAGES.iter().find(|(code, _)| *code == wanted);
    of(&wanted).or_else(|| of(family)).map(|(_, page)| *page)
}

/// `tenure explain CODE`.
pub fn run(code: &str) -> Result<(), Failure> {
    let wanted = code.to_ascii_uppercase();
    match page(&wanted) {
        Some(page) => output::print(page),
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
