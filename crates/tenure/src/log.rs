//! Logs of the server, to stderr.

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::prelude::*;

use crate::failure::Failure;

/// Starts logging as `text` or `json`, filtered by `level`: a level, or levels by module.
pub fn start(format: &str, level: &str) -> Result<(), Failure> {
    let filter: Targets = level.parse().map_err(|e| {
        Failure::new(
            "TNR-CFG-0001",
            format!("`log.level` cannot be read: {e}"),
            "write info, or for example info,server=debug",
        )
    })?;
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_writer(std::io::stderr)
        .with_ansi(crate::coloured());
    let started = match format {
        "json" => {
            let subscriber = subscriber.json().flatten_event(true).finish();
            subscriber.with(filter).try_init()
        }
        _ => subscriber.finish().with(filter).try_init(),
    };
    started.map_err(|e| Failure::new("TNR-CLI-0003", e.to_string(), "report it"))
}
