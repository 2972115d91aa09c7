//! This node's committer on PostgreSQL: a task that drains the queue, batch by batch.

use ports::store::{AppendError, StoreError};
use tokio::sync::{mpsc, oneshot};

use super::batch;
use super::connect::{Address, Connection};
use super::describe;
use crate::committer::{Answer, BATCH, Core, Job, Prepared};

/// How long another node may hold the head lock, and how long a session of ours may sit in a
/// transaction when this process is stopped: both end with nothing written.
const SESSION: &str = "SET lock_timeout = '10s'; SET idle_in_transaction_session_timeout = '30s'";

/// Runs until it is told to close or all senders are gone.
pub(super) async fn run(
    address: Address,
    first: Connection,
    core: Core,
    mut jobs: mpsc::Receiver<Job>,
) {
    let mut writer = Writer {
        address,
        connection: None,
        core,
    };
    if first.client.batch_execute(SESSION).await.is_ok() {
        writer.connection = Some(first);
    }
    let mut waiting = Vec::with_capacity(BATCH);
    while jobs.recv_many(&mut waiting, BATCH).await > 0 {
        let mut batch: Vec<Prepared> = Vec::new();
        let mut replies = Vec::new();
        let mut closing = None;
        for job in waiting.drain(..) {
            match job {
                Job::Append { reply, .. } if closing.is_some() => refuse(reply),
                Job::Append { append, reply } => {
                    batch.push(*append);
                    replies.push(reply);
                }
                // Nobody sends these here: reads have connections of their own.
                Job::Statement { reply, .. } => {
                    let _ = reply.send(Err(StoreError::Unavailable("not here".to_owned())));
                }
                Job::Close { reply } => closing = Some(reply),
            }
        }
        if !batch.is_empty() {
            let answers = writer.commit(&batch).await;
            for (reply, answer) in replies.into_iter().zip(answers) {
                // Whoever no longer waits does not hear of it; it is durable all the same.
                let _ = reply.send(answer);
            }
        }
        if let Some(reply) = closing {
            jobs.close();
            while let Ok(job) = jobs.try_recv() {
                if let Job::Append { reply, .. } = job {
                    refuse(reply);
                }
            }
            drop(writer);
            let _ = reply.send(());
            return;
        }
    }
}

fn refuse(reply: oneshot::Sender<Answer>) {
    let _ = reply.send(Err(AppendError::Busy("it is closed".to_owned())));
}

struct Writer {
    address: Address,
    connection: Option<Connection>,
    core: Core,
}

impl Writer {
    async fn commit(&mut self, batch: &[Prepared]) -> Vec<Answer> {
        let batch: Vec<&Prepared> = batch.iter().collect();
        match self.attempt(&batch).await {
            Ok(answers) => answers,
            // The database refused one of them: each is tried alone, so that only that fails.
            Err(batch::Failure::Refused(_)) if batch.len() > 1 => {
                let mut answers = Vec::with_capacity(batch.len());
                for one in batch {
                    answers.push(match self.attempt(&[one]).await {
                        Ok(mut own) => own.pop().unwrap_or_else(|| Err(lost())),
                        Err(failure) => Err(AppendError::Busy(failure.why())),
                    });
                }
                answers
            }
            Err(failure) => {
                let busy = AppendError::Busy(failure.why());
                batch.iter().map(|_| Err(busy.clone())).collect()
            }
        }
    }

    async fn attempt(&mut self, batch: &[&Prepared]) -> Result<Vec<Answer>, batch::Failure> {
        let connection = match self.connection.take() {
            Some(open) if !open.client.is_closed() => open,
            _ => self.connect().await?,
        };
        let outcome = batch::attempt(&connection, &self.core, batch).await;
        let usable = match &outcome {
            Ok(answers) => !answers
                .iter()
                .any(|a| matches!(a, Err(AppendError::Broken(_)))),
            // Rolled back here, so that the session can go on.
            Err(_) => connection.client.batch_execute("ROLLBACK").await.is_ok(),
        };
        if usable {
            self.connection = Some(connection);
        }
        outcome
    }

    async fn connect(&self) -> Result<Connection, batch::Failure> {
        let connection = self
            .address
            .connect()
            .await
            .map_err(|e| batch::Failure::Before(e.to_string()))?;
        match connection.client.batch_execute(SESSION).await {
            Ok(()) => Ok(connection),
            Err(error) => Err(batch::Failure::Before(describe(&error))),
        }
    }
}

fn lost() -> AppendError {
    AppendError::Broken("the append has no answer".to_owned())
}
