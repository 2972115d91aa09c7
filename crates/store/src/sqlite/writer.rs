//! The one writer of an SQLite file: a thread that drains the queue, batch by batch.

use std::path::PathBuf;
use std::sync::Arc;

use ports::store::{AppendError, StoreError};
use rusqlite::Connection;
use tokio::sync::mpsc;

use super::batch;
use super::cells::run;
use super::connection;
use crate::committer::{Answer, BATCH, Core, Job, Prepared};
use crate::remembered::Remembered;

/// Starts the thread. It ends when it is told to close or when all senders are gone.
pub(super) fn start(
    path: PathBuf,
    conn: Connection,
    (core, remembered): (Core, Arc<Remembered>),
    jobs: mpsc::Receiver<Job>,
) -> std::io::Result<()> {
    let writer = Writer {
        path,
        conn: Some(conn),
        core,
        remembered,
    };
    std::thread::Builder::new()
        .name("tenure-sqlite".to_owned())
        .spawn(move || writer.run(jobs))
        .map(drop)
}

/// Answers what came after the end.
fn refuse(job: Job) {
    let closed = "it is closed";
    match job {
        Job::Append { reply, .. } => {
            let _ = reply.send(Err(AppendError::Busy(closed.to_owned())));
        }
        Job::Statement { reply, .. } => {
            let _ = reply.send(Err(StoreError::Unavailable(closed.to_owned())));
        }
        Job::Close { reply } => {
            let _ = reply.send(());
        }
    }
}

struct Writer {
    path: PathBuf,
    /// `None` after a failed commit, until it could be opened again.
    conn: Option<Connection>,
    core: Core,
    remembered: Arc<Remembered>,
}

impl Writer {
    fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        let mut waiting: Option<Job> = None;
        while let Some(job) = waiting.take().or_else(|| jobs.blocking_recv()) {
            match job {
                Job::Append { append, reply } => {
                    let mut batch = vec![*append];
                    let mut replies = vec![reply];
                    while batch.len() < BATCH {
                        match jobs.try_recv() {
                            Ok(Job::Append { append, reply }) => {
                                batch.push(*append);
                                replies.push(reply);
                            }
                            Ok(other) => {
                                waiting = Some(other);
                                break;
                            }
                            Err(_) => break,
                        }
                    }
                    let answers = self.commit(&batch);
                    for (reply, answer) in replies.into_iter().zip(answers) {
                        // Whoever no longer waits does not hear of it; it is durable all the same.
                        let _ = reply.send(answer);
                    }
                }
                Job::Statement { sql, args, reply } => {
                    let answer = match self.connection() {
                        Ok(conn) => run(conn, &sql, &args),
                        Err(why) => Err(StoreError::Unavailable(why)),
                    };
                    let _ = reply.send(answer);
                }
                Job::Close { reply } => {
                    jobs.close();
                    while let Ok(job) = jobs.try_recv() {
                        refuse(job);
                    }
                    self.conn = None;
                    let _ = reply.send(());
                    return;
                }
            }
        }
    }

    fn commit(&mut self, batch: &[Prepared]) -> Vec<Answer> {
        let core = &self.core;
        let conn = match open(&mut self.conn, &self.path) {
            Ok(conn) => conn,
            Err(why) => {
                return batch
                    .iter()
                    .map(|_| Err(AppendError::Busy(why.clone())))
                    .collect();
            }
        };
        let answers = batch::commit(conn, core, &batch.iter().collect::<Vec<_>>());
        // After a failed sync nobody knows which pages the system still holds: what the file
        // says counts, read anew.
        if answers
            .iter()
            .any(|answer| matches!(answer, Err(AppendError::Broken(_))))
        {
            self.conn = None;
            self.remembered.forget();
        } else {
            self.remembered.committed(batch, &answers);
        }
        answers
    }

    fn connection(&mut self) -> Result<&mut Connection, String> {
        open(&mut self.conn, &self.path)
    }
}

fn open<'a>(
    conn: &'a mut Option<Connection>,
    path: &std::path::Path,
) -> Result<&'a mut Connection, String> {
    let opened = match conn.take() {
        Some(open) => open,
        None => connection::writer(path).map_err(|e| e.to_string())?,
    };
    Ok(conn.insert(opened))
}
