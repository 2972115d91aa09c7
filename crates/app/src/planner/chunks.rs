//! The people of a planning, in chunks, with what is known of them. While a chunk is planned for,
//! the next one is read.

use std::sync::Arc;

use model::SubjectId;
use model::plan::About;
use ports::Store;
use ports::store::{Person, PlanRow, StoreError};
use tokio::task::JoinSet;

use super::Scope;
use super::ahead::Ahead;
use crate::AppError;

/// People per chunk.
pub(super) const PAGE: u32 = 500;

/// Some people.
pub(super) struct Chunk {
    pub people: Vec<Person>,
    /// The plans about them that are not over.
    pub open: Vec<PlanRow>,
    pub ahead: Ahead,
}

/// Reads one chunk after the other.
pub(super) struct Chunks {
    store: Arc<dyn Store>,
    /// Who is left; `None` while the next chunk is read, and when nobody is.
    rest: Option<Rest>,
    /// The next chunk, and who is left after it. What is under way ends with its planning.
    coming: JoinSet<Result<(Chunk, Option<Rest>), AppError>>,
}

/// Who is left.
enum Rest {
    /// Everyone after this one.
    After(Option<SubjectId>),
    Listed(Vec<SubjectId>),
}

impl Chunks {
    pub(super) fn of(store: Arc<dyn Store>, scope: Scope) -> Self {
        let rest = match scope {
            Scope::Everyone => Rest::After(None),
            Scope::Stirred(subjects) | Scope::Subjects(subjects) => Rest::Listed(subjects),
        };
        Self {
            store,
            rest: Some(rest),
            coming: JoinSet::new(),
        }
    }

    /// Whether there is another chunk after the last one that was given.
    pub(super) fn is_more(&self) -> bool {
        self.rest.is_some() || !self.coming.is_empty()
    }

    pub(super) async fn next(&mut self) -> Result<Option<Chunk>, AppError> {
        let (chunk, rest) = match (self.coming.join_next().await, self.rest.take()) {
            (Some(read), _) => read.map_err(|_| interrupted())??,
            (None, Some(rest)) => read(&*self.store, rest).await?,
            (None, None) => return Ok(None),
        };
        if let Some(rest) = rest {
            let store = Arc::clone(&self.store);
            self.coming.spawn(async move { read(&*store, rest).await });
        }
        Ok(Some(chunk))
    }
}

async fn read(store: &dyn Store, rest: Rest) -> Result<(Chunk, Option<Rest>), AppError> {
    let page = PAGE as usize;
    let (people, rest) = match rest {
        Rest::After(last) => {
            let people = store.people_page(None, last, PAGE).await?;
            let more = people.len() == page;
            let last = people.last().map(|person| person.subject);
            (people, more.then_some(Rest::After(last)))
        }
        Rest::Listed(mut subjects) => {
            let more = subjects.split_off(subjects.len().min(page));
            let people = store.people(&subjects).await?;
            (people, (!more.is_empty()).then_some(Rest::Listed(more)))
        }
    };
    let subjects: Vec<SubjectId> = people.iter().map(|person| person.subject).collect();
    let abouts: Vec<About> = subjects.iter().map(|s| About::Subject(*s)).collect();
    // Plans under way are asked for first: where one of them ends between the two looks, what it
    // did is left to the next planning, and never taken for undone.
    let open = store.open_plans_about(&abouts).await?;
    let ahead = Ahead::of(store, &subjects).await?;
    let chunk = Chunk {
        people,
        open,
        ahead,
    };
    Ok((chunk, rest))
}

fn interrupted() -> AppError {
    StoreError::Unavailable("a read was interrupted".to_owned()).into()
}
