//! Lists the pages of docs/codes, so that they are embedded and none can be forgotten, and asks the
//! linker for a small binary where it can make one.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    link_small();
    list_codes()
}

/// Functions that came out alike are kept once, and relocations are packed: 5 % of the binary.
///
/// Asked for only where the toolchain brings the linker that knows both (LLD, since Rust 1.90 on this one
/// target): another linker would refuse to link at all.
fn link_small() {
    let target = env::var("TARGET").unwrap_or_default();
    let release = env::var("PROFILE").is_ok_and(|profile| profile == "release");
    if !release || target != "x86_64-unknown-linux-gnu" {
        return;
    }
    let brought = sysroot().is_some_and(|root| {
        root.join("lib/rustlib")
            .join(&target)
            .join("bin/gcc-ld/ld.lld")
            .exists()
    });
    if brought {
        println!("cargo::rustc-link-arg-bins=-Wl,--icf=all");
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

fn sysroot() -> Option<PathBuf> {
    let asked = Command::new(env::var_os("RUSTC")?)
        .args(["--print", "sysroot"])
        .output()
        .ok()?;
    Some(PathBuf::from(
        String::from_utf8(asked.stdout).ok()?.trim_end(),
    ))
}

fn list_codes() -> io::Result<()> {
    let here = env::var_os("CARGO_MANIFEST_DIR").ok_or_else(|| missing("CARGO_MANIFEST_DIR"))?;
    let pages = Path::new(&here).join("../../docs/codes").canonicalize()?;
    println!("cargo::rerun-if-changed={}", pages.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(&pages)? {
        let path = entry?.path();
        let code = path.file_stem().and_then(|s| s.to_str()).map(str::to_owned);
        if let (Some("md"), Some(code)) = (path.extension().and_then(|e| e.to_str()), code)
            && (code == "SCIM" || ["TNR-", "HANDOFF-"].iter().any(|own| code.starts_with(own)))
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
