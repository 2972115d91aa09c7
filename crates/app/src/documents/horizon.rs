//! How far ahead what documents give one person may end.

use std::time::Duration;

use documents::{Kind, Part, Tenant, locate};
use model::{Diagnostic, Timestamp};

use super::wrong;
use crate::AppError;

/// Two years: whatever is said of one person or account is looked at again within them.
const MOST: Duration = Duration::from_secs(2 * 366 * 24 * 60 * 60);

/// Refuses what would run out too far ahead. Judged when documents are sent, not when they are
/// read: what is in force only comes nearer.
///
/// # Errors
/// `Invalid` with a diagnostic for each place.
pub(super) fn refuse_beyond(
    tenant: &Tenant,
    files: &[(String, String)],
    now: Timestamp,
) -> Result<(), AppError> {
    let last = now.plus(MOST);
    let grants = tenant.grants.values();
    let grants = grants.map(|g| (Kind::Grant, g.name.as_str(), "until", g.until));
    let holds = tenant.holds.values();
    let holds = holds.map(|h| (Kind::Hold, h.name.as_str(), "until", h.until));
    let services = tenant.service_accounts.iter();
    let services = services.map(|s| (Kind::ServiceAccount, s.name.as_str(), "expires", s.expires));
    let people = tenant.people.values();
    let people = people.map(|p| (Kind::Person, p.name.as_str(), "ends", p.until));
    let beyond = grants
        .chain(holds)
        .chain(services)
        .chain(people)
        .filter(|(_, _, _, end)| *end > last);
    let found: Vec<Diagnostic> = beyond
        .map(|(kind, name, field, _)| too_far((kind, name), field, last, files))
        .collect();
    if found.is_empty() {
        return Ok(());
    }
    Err(wrong(found))
}

fn too_far(
    (kind, name): (Kind, &str),
    field: &'static str,
    last: Timestamp,
    files: &[(String, String)],
) -> Diagnostic {
    let path = [Part::Key("spec"), Part::Key(field)];
    let place = locate(files, (kind, name), &path);
    Diagnostic {
        code: documents::report::VALUE.0.to_owned(),
        place: place.as_ref().map_or_else(String::new, |p| p.file.clone()),
        line: place.as_ref().map_or(0, |p| p.line),
        column: place.as_ref().map_or(0, |p| p.column),
        field: place.map_or_else(|| format!("spec.{field}"), |p| p.field),
        problem: "this is more than two years ahead".to_owned(),
        fix: format!("write an instant up to {last}; it can be prolonged when it comes near"),
    }
}
