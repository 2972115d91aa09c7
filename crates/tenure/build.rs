//! Lists the pages of docs/codes, so that they are embedded and none can be forgotten.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let here = env::var_os("CARGO_MANIFEST_DIR").ok_or_else(|| missing("CARGO_MANIFEST_DIR"))?;
    let pages = Path::new(&here).join("../../docs/codes").canonicalize()?;
    println!("cargo::rerun-if-changed={}", pages.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(&pages)? {
        let path = entry?.path();
        let code = path.file_stem().and_then(|s| s.to_str()).map(str::to_owned);
        if let (Some("md"), Some(code)) = (path.extension().and_then(|e| e.to_str()), code)
            && code.starts_with("TNR-")
        {
            names.push((code, path));
        }
    }
    names.sort();
    let mut text = String::from("&[\n");
    for (code, path) in names {
        let _ = writeln!(text, "    ({code:?}, include_str!({path:?})),");
    }
    text.push_str("]\n");
    let out = env::var_os("OUT_DIR").ok_or_else(|| missing("OUT_DIR"))?;
    fs::write(Path::new(&out).join("codes.rs"), text)
}

fn missing(variable: &str) -> io::Error {
    io::Error::other(format!("{variable} is not set"))
}
