//! The write door, on the caller's side: prepare, queue, wait for the answer.

use async_trait::async_trait;
use model::Event;
use ports::store::{Append, AppendError, Committed, Door, Expect, HeadToCome, StoreError, Stream};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};

use crate::TenureStore;
use crate::committer::{Job, Prepared, prepare};
use crate::rows;
use crate::sqlite::Inline;
use crate::table::Cell;

/// How an append reaches the committer.
#[derive(Clone)]
pub(crate) enum Way {
    /// Through a queue, to a thread or task of its own.
    Queue(mpsc::Sender<Job>),
    /// Right here.
    Inline(Inline),
}

impl Way {
    pub(crate) async fn close(&self) {
        if let Self::Queue(queue) = self {
            let (reply, closed) = oneshot::channel();
            if queue.send(Job::Close { reply }).await.is_ok() {
                // An error means that it was closed before: all the same.
                let _ = closed.await;
            }
        }
    }
}

#[async_trait]
impl Door for TenureStore {
    async fn append(&self, append: Append) -> Result<Committed, AppendError> {
        self.commit(prepare(append)?).await
    }

    async fn append_after(
        &self,
        append: Append,
        stream: Stream,
        head: HeadToCome,
    ) -> Result<Committed, AppendError> {
        let mut prepared = prepare(append.on(stream.clone(), None))?;
        let head = head.await.ok_or_else(AppendError::nothing_before)?;
        let expected = prepared.append.expect.last_mut();
        *expected.ok_or_else(AppendError::nothing_before)? = Expect::Head(stream, head);
        self.commit(prepared).await
    }

    async fn head_of(&self, stream: &Stream) -> Result<Option<u64>, StoreError> {
        let Some(remembered) = &self.remembered else {
            return self.read_head(stream).await;
        };
        match remembered.heads.get(&stream.0) {
            Ok(head) => Ok(head),
            Err(mark) => {
                let head = self.read_head(stream).await?;
                remembered.heads.learn(stream.0.clone(), head, mark);
                Ok(head)
            }
        }
    }
}

impl TenureStore {
    async fn read_head(&self, stream: &Stream) -> Result<Option<u64>, StoreError> {
        let sql = "SELECT head FROM stream WHERE name = $1";
        let name = [Cell::Text(stream.0.clone())];
        let found = self.db().look_up(sql, &name).await?;
        let head = found.first().map(|row| rows::count(row, 0, "stream.head"));
        head.transpose()
    }

    /// Queues an append and waits for its answer.
    async fn commit(&self, prepared: Prepared) -> Result<Committed, AppendError> {
        let erased: Vec<_> = prepared
            .append
            .events
            .iter()
            .filter_map(|event| match event {
                Event::SubjectErased(erased) => Some(erased.subject),
                _ => None,
            })
            .collect();
        let answer = match &self.way {
            Way::Inline(inline) => inline.append(&prepared),
            Way::Queue(queue) => {
                let (reply, answer) = oneshot::channel();
                let job = Job::Append {
                    append: Box::new(prepared),
                    reply,
                };
                queue.try_send(job).map_err(|error| match error {
                    TrySendError::Full(_) => {
                        AppendError::Busy("too many appends are waiting; try again".to_owned())
                    }
                    TrySendError::Closed(_) => AppendError::Busy("it is closed".to_owned()),
                })?;
                answer.await.unwrap_or_else(|_| {
                    Err(AppendError::Broken(
                        "it ended before the append was answered".to_owned(),
                    ))
                })
            }
        };
        for subject in erased {
            self.sealer().forget_all_of(&subject.to_string());
        }
        answer
    }
}
