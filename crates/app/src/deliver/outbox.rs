//! What a delivery says, written down while the rest of it is still compared.

use std::sync::Arc;

use model::{Actor, Event};
use ports::Store;
use ports::store::{Append, AppendError, StoreError, Stream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::AppError;

/// Events per append: small enough to be one quick transaction.
const CHUNK: usize = 2_000;
/// Appends under way: one is written, and one made ready to be.
const UNDER_WAY: usize = 2;

/// Appends the events of one stream in order. Dropped halfway, what is written stays, and the same
/// delivery sent again goes on from there.
pub(crate) struct Outbox {
    store: Arc<dyn Store>,
    actor: Actor,
    stream: Stream,
    /// Tells where the stream ends once the last append that was begun is durable.
    before: oneshot::Receiver<Option<u64>>,
    /// How many were begun.
    begun: usize,
    /// Those whose answers are not there yet, each with how many were begun before it.
    under_way: JoinSet<(usize, Result<(), AppendError>)>,
}

impl Outbox {
    /// What `actor` is to add to a stream that ends at `head`.
    pub(crate) fn new(
        store: Arc<dyn Store>,
        actor: Actor,
        stream: Stream,
        head: Option<u64>,
    ) -> Self {
        let (tell, before) = oneshot::channel();
        // It is heard: the other end is kept.
        let _ = tell.send(head);
        Self {
            store,
            actor,
            stream,
            before,
            begun: 0,
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
        self.written(0).await?;
        if events.is_empty() {
            return Ok(());
        }
        // Nothing is compared meanwhile: no task is needed for it.
        let head = self.before.await.map_err(|_| interrupted())?;
        let append = Append::of(self.actor, events).on(self.stream, head);
        self.store.append(append).await?;
        Ok(())
    }

    /// Begins an append: it is made ready at once, and written when the one before it is durable.
    async fn post(&mut self, events: Vec<Event>) -> Result<(), AppError> {
        self.written(UNDER_WAY - 1).await?;
        let append = Append::of(self.actor.clone(), events);
        let (tell, told) = oneshot::channel();
        let before = std::mem::replace(&mut self.before, told);
        let (store, stream) = (Arc::clone(&self.store), self.stream.clone());
        let no = self.begun;
        self.begun += 1;
        self.under_way.spawn(async move {
            let before = Box::pin(async move { before.await.ok() });
            let answer = store.append_after(append, stream, before).await;
            let written = answer.map(|committed| {
                // Nobody listens behind the last one.
                let _ = tell.send(Some(committed.last));
            });
            (no, written)
        });
        Ok(())
    }

    /// Waits until no more than `left` appends have no answer. The first that failed says why; those
    /// behind it say only that.
    async fn written(&mut self, left: usize) -> Result<(), AppError> {
        let mut failed: Option<(usize, AppendError)> = None;
        while self.under_way.len() > left || failed.is_some() {
            let Some(answer) = self.under_way.join_next().await else {
                break;
            };
            let (no, answer) = answer.map_err(|_| interrupted())?;
            if let Err(error) = answer
                && failed.as_ref().is_none_or(|(first, _)| no < *first)
            {
                failed = Some((no, error));
            }
        }
        failed.map_or(Ok(()), |(_, error)| Err(error.into()))
    }
}

fn interrupted() -> AppError {
    StoreError::Unavailable("an append was interrupted".to_owned()).into()
}
