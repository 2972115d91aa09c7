//! `cargo xtask deb` and `cargo xtask sbom`: what is handed to whoever runs it.

mod deb;
mod sbom;

pub use deb::run as deb;

use crate::door;

/// Writes `target/package/tenure.cdx.json`: what the binary is made of.
///
/// # Errors
/// When cargo does not answer, or the file cannot be written.
pub fn sbom() -> Result<(), String> {
    let text = sbom::written()?;
    let directory = door::root()?.join("target/package");
    std::fs::create_dir_all(&directory).map_err(|e| format!("target/package: {e}"))?;
    let name = "tenure.cdx.json";
    std::fs::write(directory.join(name), text).map_err(|e| format!("{name}: {e}"))?;
    println!("target/package/{name} is written");
    Ok(())
}
