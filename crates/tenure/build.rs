//! Lists the pages of docs/codes, so that they are embedded and none can be forgotten.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let pages = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/codes");
    println!("cargo::rerun-if-changed={}", pages.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(&pages)? {
        let path = entry?.path();
        let code = path.file_stem().and_then(|s| s.to_str()).map(str::to_owned);
        if let (Some("md"), Some(code)) = (path.extension().and_then(|e| e.to_str()), code)
            && code.starts_with("TNR-")
        {
            names.push((code, path.canonicalize()?));
        }
    }
    names.sort();
    let mut text = String::from("&[\n");
    for (code, path) in names {
        let _ = writeln!(text, "    ({code:?}, include_str!({path:?})),");
    }
    text.push_str("]\n");
    let out = env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("OUT_DIR is not set"))?;
    fs::write(Path::new(&out).join("codes.rs"), text)
}
