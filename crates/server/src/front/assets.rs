//! What pages are made of beside their text. It is part of the program: nothing is read from disk.

use std::sync::Arc;

use super::Front;
use super::reply::{Answered, file};
use super::visit::Visit;

pub(super) fn css(_: Arc<Front>, _: Visit) -> Answered {
    file(
        "text/css; charset=utf-8",
        include_str!("../../assets/pages.css"),
    )
}

pub(super) fn passkey(_: Arc<Front>, _: Visit) -> Answered {
    file(
        "text/javascript; charset=utf-8",
        include_str!("../../assets/passkey.js"),
    )
}

pub(super) fn submit(_: Arc<Front>, _: Visit) -> Answered {
    file(
        "text/javascript; charset=utf-8",
        include_str!("../../assets/submit.js"),
    )
}

/// Nothing of this is for search engines.
pub(super) fn robots(_: Arc<Front>, _: Visit) -> Answered {
    file("text/plain", "User-agent: *\nDisallow: /\n")
}

pub(super) fn icon(_: Arc<Front>, _: Visit) -> Answered {
    file("image/svg+xml", include_str!("../../assets/icon.svg"))
}
