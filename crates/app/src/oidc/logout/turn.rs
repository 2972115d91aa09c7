//! When a relying party is told, and told again: pure.

use std::time::Duration;

use model::event::LogoutTold;
use model::{Actor, Event, Farewell, FarewellStatus, Logout, Timestamp};
use ports::LogoutAnswer;
use ports::store::{Append, LogoutRow, Stream};

/// After so many requests a relying party is given up: about an hour after the first.
pub(super) const ATTEMPTS: u32 = 8;
/// How long is waited after each of them but the last, in seconds.
const PAUSES: [u64; 7] = [5, 20, 60, 180, 480, 1_080, 1_800];
/// Nobody has us wait longer.
const LONGEST: Duration = Duration::from_secs(1_800);
/// A request whose outcome is not known after so long was left by a node that died: longer than one may
/// take, with what it takes to write down how it ended.
pub(super) const STALE: Duration = Duration::from_secs(20);

/// A relying party that is to be told.
pub(super) fn waits(relying_party: String, client: String, now: Timestamp) -> Farewell {
    Farewell {
        relying_party,
        client,
        status: FarewellStatus::Waiting,
        attempts: 0,
        unsure: false,
        at: now,
        next: Some(now),
        detail: String::new(),
    }
}

/// Begins a request to each who is due; which those are.
pub(super) fn begin(state: &Logout, now: Timestamp) -> (Logout, Vec<usize>) {
    let (mut state, mut begun) = (state.clone(), Vec::new());
    let due = |party: &Farewell| party.next.is_some_and(|next| next <= now);
    for (place, party) in state.parties.iter_mut().enumerate() {
        if !due(party) {
            continue;
        }
        party.at = now;
        if party.status == FarewellStatus::Sending {
            party.unsure = true;
            "whoever sent it was interrupted".clone_into(&mut party.detail);
        }
        if party.attempts >= ATTEMPTS {
            (party.status, party.next) = (FarewellStatus::GivenUp, None);
            continue;
        }
        party.status = FarewellStatus::Sending;
        party.attempts += 1;
        party.next = Some(now.plus(STALE));
        begun.push(place);
    }
    (state, begun)
}

/// How a request ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Came {
    /// There was one.
    Answer(LogoutAnswer),
    /// There was none: its document no longer says where it is told.
    Gone,
}

/// How it stands with a relying party after its request ended so.
pub(super) fn answered(party: &Farewell, came: &Came, now: Timestamp) -> Farewell {
    let mut party = party.clone();
    let (status, detail, wait) = match came {
        Came::Gone => {
            let detail = "its document no longer says where it is told";
            (FarewellStatus::Dropped, detail.to_owned(), None)
        }
        Came::Answer(LogoutAnswer::Taken) => (FarewellStatus::Told, String::new(), None),
        Came::Answer(LogoutAnswer::Refused) => {
            let detail = match party.unsure {
                true => "answered 400, and may have taken an earlier request",
                false => "answered 400",
            };
            (FarewellStatus::Refused, detail.to_owned(), None)
        }
        Came::Answer(LogoutAnswer::Failed { detail, wait }) => {
            (FarewellStatus::Waiting, detail.clone(), *wait)
        }
        Came::Answer(LogoutAnswer::Lost { detail }) => {
            party.unsure = true;
            (FarewellStatus::Waiting, detail.clone(), None)
        }
    };
    (party.status, party.detail, party.at, party.next) = (status, detail, now, None);
    if status == FarewellStatus::Waiting {
        match pause(party.attempts) {
            Some(pause) => {
                let asked = wait.unwrap_or_default().min(LONGEST);
                party.next = Some(now.plus(pause.max(asked)));
            }
            None => party.status = FarewellStatus::GivenUp,
        }
    }
    party
}

/// How long is waited after that many requests; `None` after the last.
fn pause(attempts: u32) -> Option<Duration> {
    let place = usize::try_from(attempts.checked_sub(1)?).ok()?;
    PAUSES
        .get(place)
        .map(|seconds| Duration::from_secs(*seconds))
}

/// The append that tells how it stands.
pub(super) fn told(row: &LogoutRow, state: &Logout, more: Vec<Event>) -> Append {
    let mut events = vec![Event::LogoutTold(LogoutTold {
        session: row.session,
        state: state.clone(),
    })];
    events.extend(more);
    Append::of(Actor::system(), events).on(Stream::new("logout", row.session), row.head)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use model::SubjectId;

    use super::*;

    fn at(second: u64) -> Timestamp {
        Timestamp::EPOCH.plus(Duration::from_secs(second))
    }

    fn one() -> Logout {
        Logout {
            subject: SubjectId::from_bits(1),
            ended: at(0),
            parties: vec![waits("wiki".to_owned(), "wiki".to_owned(), at(0))],
        }
    }

    fn failed(wait: Option<u64>) -> Came {
        Came::Answer(LogoutAnswer::Failed {
            detail: "answered 503".to_owned(),
            wait: wait.map(Duration::from_secs),
        })
    }

    #[test]
    fn who_never_takes_it_is_given_up_after_about_an_hour() {
        let (mut state, mut now, mut requests) = (one(), at(0), 0);
        while let Some(next) = state.due() {
            now = next;
            let (begun, places) = begin(&state, now);
            assert_eq!(places, [0]);
            requests += 1;
            state = begun;
            state.parties[0] = answered(&state.parties[0], &failed(None), now);
        }
        let party = &state.parties[0];
        assert_eq!(party.status, FarewellStatus::GivenUp);
        assert_eq!((requests, party.attempts), (ATTEMPTS, ATTEMPTS));
        assert!(
            (3_500..3_700).contains(&now.since(at(0)).as_secs()),
            "{now}"
        );
        assert!(!party.unsure, "it certainly did nothing");
    }

    #[test]
    fn a_request_under_way_is_left_alone_until_nobody_can_be_at_it() {
        let (state, _) = begin(&one(), at(0));
        let (same, begun) = begin(&state, at(19));
        assert_eq!((&same, begun.len()), (&state, 0));
        let (again, begun) = begin(&state, at(20));
        assert_eq!(begun, [0]);
        let party = &again.parties[0];
        assert!(party.unsure && party.attempts == 2, "{party:?}");
        let mut last = again;
        last.parties[0].attempts = ATTEMPTS;
        let (over, begun) = begin(&last, at(60));
        assert_eq!(over.parties[0].status, FarewellStatus::GivenUp);
        assert_eq!((over.due(), begun.len()), (None, 0));
    }

    #[test]
    fn who_asks_to_wait_is_left_alone_so_long_and_no_longer_than_half_an_hour() {
        let (state, _) = begin(&one(), at(0));
        let next = |wait| answered(&state.parties[0], &failed(wait), at(1)).next;
        assert_eq!(next(None), Some(at(6)));
        assert_eq!(next(Some(1)), Some(at(6)), "never sooner than we would");
        assert_eq!(next(Some(90)), Some(at(91)));
        assert_eq!(next(Some(1_000_000)), Some(at(1_801)));
    }

    #[test]
    fn what_is_known_of_it_is_said() {
        let (state, _) = begin(&one(), at(0));
        let party = &state.parties[0];
        let told = answered(party, &Came::Answer(LogoutAnswer::Taken), at(1));
        assert_eq!((told.status, told.next), (FarewellStatus::Told, None));
        let lost = LogoutAnswer::Lost {
            detail: "nothing within 5000 ms".to_owned(),
        };
        let lost = answered(party, &Came::Answer(lost), at(1));
        assert!(lost.unsure && lost.status == FarewellStatus::Waiting);
        let refused = answered(&lost, &Came::Answer(LogoutAnswer::Refused), at(2));
        assert_eq!(refused.status, FarewellStatus::Refused);
        assert!(refused.detail.contains("earlier"), "{}", refused.detail);
        let gone = answered(party, &Came::Gone, at(1));
        assert_eq!((gone.status, gone.next), (FarewellStatus::Dropped, None));
    }
}
