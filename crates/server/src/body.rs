//! Reading a body: bounded in bytes and time.

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use api::Problem;
use axum::body::{Body, Bytes, HttpBody as _};

use crate::problem;

/// The whole body.
///
/// # Errors
/// 413 when it is longer than `limit`, told before it is read where its length is declared; 408
/// when it is not complete after `within`; 400 when the connection breaks.
pub async fn read(body: Body, limit: usize, within: Duration) -> Result<Bytes, Problem> {
    if body.size_hint().lower() > limit as u64 {
        return Err(problem::too_large(limit));
    }
    match tokio::time::timeout(within, collect(body, limit)).await {
        Ok(read) => read,
        Err(_) => Err(problem::too_slow(within.as_secs())),
    }
}

async fn collect(mut body: Body, limit: usize) -> Result<Bytes, Problem> {
    let mut all = Vec::new();
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        let frame = frame.map_err(|_| problem::unreadable("the body broke off"))?;
        // Trailers say nothing that we ask for.
        let Ok(data) = frame.into_data() else {
            continue;
        };
        if all.len() + data.len() > limit {
            return Err(problem::too_large(limit));
        }
        all.extend_from_slice(&data);
    }
    Ok(all.into())
}
