//! Logs of the server, to stderr.

use tracing_subscriber::EnvFilter;

use crate::failure::Failure;

/// Starts logging as `text` or `json`, filtered by `level`.
pub fn start(format: &str, level: &str) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(level).map_err(|e| {
        Failure::new(
            "TNR-CFG-0001",
            format!("`log.level` cannot be read: {e}"),
            "write info",
        )
    })?;
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(crate::coloured());
    let started = match format {
        "json" => subscriber.json().flatten_event(true).try_init(),
        _ => subscriber.try_init(),
    };
    started.map_err(|e| Failure::new("TNR-CLI-0003", e.to_string(), "report it"))
}
