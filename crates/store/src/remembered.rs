//! What every request that brings a token asks for: where streams end, and a few rows by their keys.

use std::collections::HashMap;
use std::hash::Hash;

use model::{AuthorizationId, Event, SessionId, SubjectId};
use ports::store::{AuthorizationRow, Person, SecretRow, SessionRow};

use crate::committer::{Answer, Prepared};
use crate::shelf::{Mark, Shelf};

/// What is remembered of an SQLite file.
#[derive(Default)]
pub(crate) struct Remembered {
    /// Where streams end.
    pub(crate) heads: Shelf<String, Option<u64>>,
    pub(crate) sessions: Shelf<SessionId, SessionRow>,
    pub(crate) authorizations: Shelf<AuthorizationId, AuthorizationRow>,
    pub(crate) people: Shelf<SubjectId, Person>,
    /// Sealed, as they are kept.
    pub(crate) secrets: Shelf<String, SecretRow>,
}

impl Remembered {
    /// The writer has committed a batch.
    pub(crate) fn committed(&self, batch: &[Prepared], answers: &[Answer]) {
        let done = batch.iter().zip(answers);
        let done = done.filter_map(|(one, answer)| Some((one, answer.as_ref().ok()?.last)));
        let done: Vec<(&Prepared, u64)> = done.collect();
        self.heads.written(|heads| {
            for (one, head) in &done {
                for stream in &one.append.bump {
                    if let Some(known) = heads.get_mut(&stream.0) {
                        *known = Some(*head);
                    }
                }
            }
        });
        let events = || done.iter().flat_map(|(one, _)| &one.append.events);
        // A row tells where its stream ends, too.
        let bumped = |prefix: &'static str| {
            let streams = done.iter().flat_map(|(one, _)| &one.append.bump);
            streams.filter_map(move |stream| stream.0.strip_prefix(prefix))
        };
        self.sessions.written(|rows| {
            take(rows, bumped("session/").filter_map(|id| id.parse().ok()));
            take(rows, events().filter_map(session));
        });
        self.authorizations.written(|rows| {
            take(
                rows,
                bumped("authorization/").filter_map(|id| id.parse().ok()),
            );
            take(rows, events().filter_map(authorization));
        });
        if !events().all(is_of_sign_in) {
            self.forget_rows();
        }
    }

    /// Nobody knows what a commit that failed has left behind.
    pub(crate) fn forget(&self) {
        self.heads.forget();
        self.forget_rows();
        self.secrets.forget();
    }

    fn forget_rows(&self) {
        self.sessions.forget();
        self.authorizations.forget();
        self.people.forget();
    }
}

fn take<K: Hash + Eq, V>(rows: &mut HashMap<K, V>, keys: impl Iterator<Item = K>) {
    for key in keys {
        rows.remove(&key);
    }
}

const fn session(event: &Event) -> Option<SessionId> {
    match event {
        Event::SessionChanged(e) => Some(e.session),
        _ => None,
    }
}

const fn authorization(event: &Event) -> Option<AuthorizationId> {
    match event {
        Event::AuthorizationChanged(e) => Some(e.authorization),
        _ => None,
    }
}

/// Whether an event is of those that come with each sign-in: none of them says who somebody is, or takes more rows
/// away than its own. After every other one all rows are read anew.
const fn is_of_sign_in(event: &Event) -> bool {
    matches!(
        event,
        Event::SessionChanged(_)
            | Event::AuthorizationChanged(_)
            | Event::CredentialChanged(_)
            | Event::LogoutTold(_)
            | Event::PassIssued(_)
            | Event::SignInFailed(_)
            | Event::SignInDecided(_)
            | Event::ClientGranted(_)
    )
}

/// A row that is remembered, or is read now; one that is not there is asked for each time.
pub(crate) async fn remembered<K, V, E>(
    shelf: Option<&Shelf<K, V>>,
    key: K,
    read: impl Future<Output = Result<Option<V>, E>>,
) -> Result<Option<V>, E>
where
    K: Hash + Eq,
    V: Clone,
{
    let Some(shelf) = shelf else {
        return read.await;
    };
    let mark: Mark = match shelf.get(&key) {
        Ok(row) => return Ok(Some(row)),
        Err(mark) => mark,
    };
    let row = read.await?;
    if let Some(row) = &row {
        shelf.learn(key, row.clone(), mark);
    }
    Ok(row)
}
