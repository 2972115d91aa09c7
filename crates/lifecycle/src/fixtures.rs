//! Small things that tests of several stages need.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use model::{Address, Assignment, Facts, Rank, Reason, SubjectId, TargetName, Timestamp, Want};

pub(crate) fn instant(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn subject() -> SubjectId {
    SubjectId::from_bits(7)
}

pub(crate) fn target() -> TargetName {
    TargetName::from("chat")
}

pub(crate) fn address() -> Address {
    Address::account(&target(), subject())
}

pub(crate) fn reason(by: &str) -> Reason {
    Reason {
        by: by.to_owned(),
        text: format!("{by} says so"),
        facts: Vec::new(),
    }
}

pub(crate) fn wish(rank: Rank, by: &str, want: Want) -> Assignment {
    Assignment {
        subject: Some(subject()),
        about: address(),
        want,
        because: reason(by),
        rank,
        until: None,
    }
}

pub(crate) fn facts(attributes: &[(&str, &str)]) -> Facts {
    Facts {
        attributes: attributes
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).into()))
            .collect(),
        starts: None,
        ends: None,
        zone: "Europe/Berlin".to_owned(),
        leave: None,
    }
}
