//! What a delivery says, written down while the rest of it is still compared.

use std::sync::Arc;

use model::{Actor, Event};
use ports::Store;
use ports::store::{Append, AppendError, Committed, StoreError, Stream};
use tokio::task::JoinSet;

use crate::AppError;

/// Events per append: small enough to be one quick transaction.
const CHUNK: usize = 2_000;

/// Appends the events of one stream in order, one append at a time. Dropped halfway, what is
/// written stays, and the same delivery sent again goes on from there.
pub(crate) struct Outbox {
    store: Arc<dyn Store>,
    actor: Actor,
    stream: Stream,
    /// Where the stream ends, as far as is known.
    head: Option<u64>,
    /// The one append whose answer is not there yet.
    under_way: JoinSet<Result<Committed, AppendError>>,
}

impl Outbox {
    /// What `actor` is to add to a stream that ends at `head`.
    pub(crate) fn new(
        store: Arc<dyn Store>,
        actor: Actor,
        stream: Stream,
        head: Option<u64>,
    ) -> Self {
        Self {
            store,
            actor,
            stream,
            head,
            under_way: JoinSet::new(),
        }
    }

    /// Takes the events that fill an append, as soon as there are so many.
    pub(crate) async fn take_full(&mut self, events: &mut Vec<Event>) -> Result<(), AppError> {
        while events.len() >= CHUNK {
            let rest = events.split_off(CHUNK);
            let full = std::mem::replace(events, rest);
            self.post(full).await?;
        }
        Ok(())
    }

    /// Writes the rest, and answers when everything is durable.
    pub(crate) async fn close(mut self, mut events: Vec<Event>) -> Result<(), AppError> {
        self.take_full(&mut events).await?;
        self.written().await?;
        if !events.is_empty() {
            self.store.append(self.next(events)).await?;
        }
        Ok(())
    }

    /// Begins an append once the one before it is durable.
    async fn post(&mut self, events: Vec<Event>) -> Result<(), AppError> {
        self.written().await?;
        let append = self.next(events);
        let store = Arc::clone(&self.store);
        self.under_way
            .spawn(async move { store.append(append).await });
        Ok(())
    }

    fn next(&self, events: Vec<Event>) -> Append {
        Append::of(self.actor.clone(), events).on(self.stream.clone(), self.head)
    }

    async fn written(&mut self) -> Result<(), AppError> {
        while let Some(answer) = self.under_way.join_next().await {
            let answer = answer.map_err(|_| interrupted())?;
            self.head = Some(answer?.last);
        }
        Ok(())
    }
}

fn interrupted() -> AppError {
    StoreError::Unavailable("an append was interrupted".to_owned()).into()
}
