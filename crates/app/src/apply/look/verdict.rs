//! What a look says of a step.

use std::time::Duration;

use lifecycle::advance::ReadBack;
use model::{Attributes, Record};
use ports::TargetError;

use super::AGAIN;
use crate::apply::lane::Lane;

/// Compares what was set with what is there; names the paths that differ, never the values.
pub(super) fn compare(
    lane: &Lane,
    record: &Record,
    set: &Attributes,
    unset: &[String],
) -> ReadBack {
    let hidden = &lane.target.capabilities().write_only;
    let mut differs: Vec<&str> = set
        .iter()
        .filter(|(path, value)| record.attributes.get(*path) != Some(value))
        .map(|(path, _)| path.as_str())
        .chain(
            unset
                .iter()
                .filter(|p| record.attributes.contains_key(*p))
                .map(String::as_str),
        )
        .filter(|path| !hidden.iter().any(|h| h == path))
        .collect();
    differs.sort_unstable();
    equal_if(differs.is_empty(), &differs.join(", "))
}

pub(super) fn equal_if(equal: bool, differs: &str) -> ReadBack {
    if equal {
        ReadBack::Equal
    } else {
        different(differs)
    }
}

pub(in crate::apply) fn different(detail: &str) -> ReadBack {
    ReadBack::Different {
        detail: detail.to_owned(),
    }
}

pub(super) fn gone(what: &str) -> ReadBack {
    ReadBack::Gone {
        detail: format!("{what} is gone"),
    }
}

pub(super) fn unreadable(wait: Duration, detail: &str) -> ReadBack {
    ReadBack::Unreadable {
        wait,
        detail: detail.to_owned(),
    }
}

pub(super) fn wait(error: &TargetError) -> ReadBack {
    match error {
        TargetError::Busy { wait, .. } => ReadBack::Away { wait: *wait },
        TargetError::Unreachable(_) | TargetError::Denied(_) => ReadBack::Away { wait: AGAIN },
        TargetError::Malformed(_) | TargetError::Refused(_) => {
            unreadable(AGAIN, &error.to_string())
        }
    }
}
