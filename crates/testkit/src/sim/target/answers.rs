//! What a target answers, and what nobody knows when it did not.

use std::time::Duration;

use model::{Outcome, RemoteId};
use ports::target::Operation;

/// What nobody knows after a request whose answer never came.
pub fn doubts_of(operation: &Operation) -> Vec<String> {
    match operation {
        Operation::Create { kind, external, .. } => {
            vec![format!("create {} {external}", kind.as_str())]
        }
        Operation::Update { remote, .. } => vec![format!("update {remote}")],
        Operation::SetActive { remote, active } => vec![format!("active={active} {remote}")],
        Operation::Delete { remote, .. } => vec![format!("delete {remote}")],
        Operation::Members { group, add, remove } => add
            .iter()
            .map(|m| format!("join {group} {m}"))
            .chain(remove.iter().map(|m| format!("leave {group} {m}")))
            .collect(),
    }
}

pub fn done(remote: &RemoteId) -> Outcome {
    Outcome::Done {
        remote: Some(remote.clone()),
        version: None,
    }
}

pub fn gone() -> Outcome {
    Outcome::Stale {
        detail: "there is no such object".to_owned(),
    }
}

pub fn unknown(detail: &str) -> Outcome {
    Outcome::Unknown {
        detail: detail.to_owned(),
    }
}

pub fn later(wait: Duration) -> Outcome {
    Outcome::Later {
        wait_ms: u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
        detail: "too many requests".to_owned(),
        whole_target: true,
    }
}
