//! People planned for side by side, on as many cores as there are.
//!
//! What a planning finds about a chunk of people depends on nobody's plan: what plans contend for
//! is settled when all are known. It is put together in the order of the people, so that the end
//! is the same however many work at once.

use std::collections::VecDeque;
use std::thread::available_parallelism;

use ports::store::StoreError;
use tokio::task::JoinSet;

use super::chunks::{Chunk, Chunks};
use super::pass::Pass;
use crate::AppError;

/// The most chunks that are planned for at once: each is held in memory.
const MOST: usize = 4;

/// Plans for everyone in the chunks.
pub(super) async fn people(pass: &mut Pass, mut chunks: Chunks) -> Result<(), AppError> {
    let most = available_parallelism().map_or(1, usize::from).min(MOST);
    let mut busy: VecDeque<Lane> = VecDeque::new();
    let mut idle = Vec::new();
    while let Some(chunk) = chunks.next().await? {
        // Few people are not worth a lane, and a survey is kept by one.
        let alone = busy.is_empty() && !chunks.is_more();
        if alone || most == 1 || pass.survey.is_some() {
            pass.subjects(chunk).await?;
            continue;
        }
        if busy.len() == most
            && let Some(oldest) = busy.pop_front()
        {
            idle.push(oldest.absorbed(pass).await?);
        }
        let lane = idle.pop().unwrap_or_else(|| pass.lane());
        busy.push_back(Lane::begin(lane, chunk));
    }
    for lane in busy {
        lane.absorbed(pass).await?;
    }
    Ok(())
}

/// A chunk that is planned for. What is under way ends with its planning.
struct Lane(JoinSet<Result<Pass, AppError>>);

impl Lane {
    fn begin(mut lane: Pass, chunk: Chunk) -> Self {
        let mut work = JoinSet::new();
        work.spawn(async move {
            lane.subjects(chunk).await?;
            Ok(lane)
        });
        Self(work)
    }

    /// Waits for it and takes over what it found.
    async fn absorbed(mut self, pass: &mut Pass) -> Result<Pass, AppError> {
        let done = self.0.join_next().await.ok_or_else(interrupted)?;
        let mut lane = done.map_err(|_| interrupted())??;
        pass.absorb(&mut lane);
        Ok(lane)
    }
}

fn interrupted() -> AppError {
    StoreError::Unavailable("a planning was interrupted".to_owned()).into()
}
