//! Where in the log the sink stands.

use super::cursor::Cursor;
use super::{Events, Failure};

/// After a record: its number, and its hash where it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// 0 is before all.
    pub after: u64,
    /// Tells whether the log is still the one that was followed.
    pub hash: Option<String>,
}

/// Where to begin: after what the sink has, as its own last line and the cursor say. The line is
/// written first, so that it is ahead when the follower died between the two; the cursor is ahead
/// when the file was put away, or when nothing in between was asked for.
pub fn begin(
    asked: &Events,
    cursor: Option<&Cursor>,
    line: Option<Place>,
) -> Result<Place, Failure> {
    let saved = match cursor {
        Some(cursor) => cursor.load()?,
        None => None,
    };
    let known = [line, saved].into_iter().flatten().max_by_key(|p| p.after);
    match (known, asked.after) {
        (Some(known), Some(after)) if known.after != after => Err(Failure::usage(
            format!("the sink has everything up to record {}", known.after),
            "leave --after out; to begin anew, name another file or cursor",
        )),
        (Some(known), _) => Ok(known),
        (None, after) => Ok(Place {
            after: after.unwrap_or(0),
            hash: None,
        }),
    }
}
