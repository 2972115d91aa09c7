//! Whatever goes in through the door comes out of the reads, once proposed and until erased.
//!
//! Each suite takes a new, empty store. They append through [`Door::append`](crate::store::Door)
//! only, so they hold for every database and every way of deriving its tables.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod adoption;
mod drills;
mod erasure;
mod links;
mod news;
mod notices;
mod objects;
mod people;
mod progress;
mod sign_in;
mod tasks;
mod tenant;
mod work;

use model::{Actor, Event};

pub use adoption::decisions;
pub use drills::drills;
pub use erasure::erasure;
pub use links::{links, links_back};
pub use news::{announced, news};
pub use notices::{heard, late, notices, undecided};
pub use objects::{lost_names, memberships, runs, shadows};
pub use people::{due, engaged_twice, found, pins, stated, terminations, told_of_old, workers};
pub use progress::{decided_by_rows, order, steps, verdicts};
pub use sign_in::{
    authorizations, credentials, devices, logins, logouts, passes, sessions, signing_keys, spent,
};
pub use tasks::tasks;
pub use tenant::{deliveries, documents, findings, secrets, stops, tokens};
pub use work::{draft, pages};

use crate::store::{Append, Committed, Store};

/// Appends events without conditions.
async fn tell(store: &dyn Store, events: Vec<Event>) -> Committed {
    let append = Append::of(Actor::named("suite"), events);
    store.append(append).await.expect("the append is accepted")
}

/// The name of a suite and the suite itself, for harnesses that run them all.
#[macro_export]
macro_rules! read_suites {
    ($with:ident) => {
        $with! {
            stated, engaged_twice, told_of_old, terminations, workers, found, due, news, announced, pins, shadows, lost_names, runs, memberships, links, links_back, documents,
            deliveries, stops, findings, tokens, secrets, draft, pages, verdicts, decided_by_rows, steps, order,
            decisions, tasks, erasure, notices, undecided, late, heard, drills, logins,
            credentials, passes, sessions, logouts, authorizations, signing_keys, spent,
            devices
        }
    };
}
