//! The Debian package: the binary, its unit, its completions and its bill of materials. Made with Debian's own
//! tools, on Debian.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use super::sbom;
use crate::door;

/// Who may read what is put in the package; and, for programs, run it.
const FILE: u32 = 0o644;
const PROGRAM: u32 = 0o755;

/// What happens on the machine after the files are there.
const POSTINST: &str = "#!/bin/sh
set -e
if command -v systemd-sysusers > /dev/null; then
    systemd-sysusers tenure.conf
    # `tenure init` writes there before the unit has ever begun.
    install -d -o tenure -g tenure -m 0700 /var/lib/tenure
    install -d -o tenure-signer -g tenure -m 0700 /var/lib/tenure-signer
fi
if [ -d /run/systemd/system ]; then
    systemctl daemon-reload
    # A server that runs goes on with the new binary; one that does not is not begun.
    systemctl try-restart tenure-signer.service tenure.service
fi
";
/// What happens before they are taken away.
const PRERM: &str = "#!/bin/sh
set -e
if [ \"$1\" = remove ] && [ -d /run/systemd/system ]; then
    systemctl stop tenure.service tenure-signer.service
fi
";

/// Builds the binary and writes `target/package/tenure_VERSION_ARCH.deb`. Times in it are the commit's.
///
/// # Errors
/// When something cannot be built or written, or Debian's tools are not there.
pub fn run() -> Result<(), String> {
    door::see(door::cargo(&[
        "build",
        "--release",
        "--locked",
        "--package=tenure",
    ])?)?;
    let root = door::root()?;
    let (binary, out) = (
        root.join("target/release/tenure"),
        root.join("target/package"),
    );
    let version = version(&binary)?;
    let architecture = said("dpkg", &["--print-architecture"])?;
    let tree = out.join("deb");
    if tree.exists() {
        std::fs::remove_dir_all(&tree).map_err(|e| format!("target/package/deb: {e}"))?;
    }
    let put = |to: &str, text: &[u8], mode: u32| put(&tree.join(to), text, mode);
    let read = |from: &str| std::fs::read(root.join(from)).map_err(|e| format!("{from}: {e}"));
    put("usr/bin/tenure", &read("target/release/tenure")?, PROGRAM)?;
    for (from, to) in [
        (
            "packaging/tenure.service",
            "usr/lib/systemd/system/tenure.service",
        ),
        (
            "packaging/tenure-signer.service",
            "usr/lib/systemd/system/tenure-signer.service",
        ),
        (
            "packaging/tenure.sysusers",
            "usr/lib/sysusers.d/tenure.conf",
        ),
        ("README.md", "usr/share/doc/tenure/README.md"),
        ("CHANGELOG.md", "usr/share/doc/tenure/CHANGELOG.md"),
        ("LICENSE", "usr/share/doc/tenure/copyright"),
    ] {
        put(to, &read(from)?, FILE)?;
    }
    let bill = sbom::written()?;
    put(
        "usr/share/doc/tenure/tenure.cdx.json",
        bill.as_bytes(),
        FILE,
    )?;
    for (shell, to) in [
        ("bash", "usr/share/bash-completion/completions/tenure"),
        ("zsh", "usr/share/zsh/vendor-completions/_tenure"),
        ("fish", "usr/share/fish/vendor_completions.d/tenure.fish"),
    ] {
        let mut command = Command::new(&binary);
        command.args(["completions", shell]);
        put(to, door::output(command)?.as_bytes(), FILE)?;
    }
    let control = control(&version, &architecture, &libc()?);
    put("DEBIAN/control", control.as_bytes(), FILE)?;
    put("DEBIAN/postinst", POSTINST.as_bytes(), PROGRAM)?;
    put("DEBIAN/prerm", PRERM.as_bytes(), PROGRAM)?;
    let name = format!("tenure_{version}_{architecture}.deb");
    let mut command = Command::new("dpkg-deb");
    command
        .current_dir(&out)
        .env("SOURCE_DATE_EPOCH", committed()?)
        .args(["--root-owner-group", "--build", "deb", &name]);
    door::see(command)?;
    println!("target/package/{name} is written");
    Ok(())
}

fn control(version: &str, architecture: &str, libc: &str) -> String {
    format!(
        "Package: tenure\n\
         Version: {version}\n\
         Architecture: {architecture}\n\
         Maintainer: The Tenure authors\n\
         Section: admin\n\
         Priority: optional\n\
         Depends: libc6 (>= {libc}), libgcc-s1, ca-certificates\n\
         Description: workforce identity\n \
         HR says who works here; rules say what they get; Tenure makes every app agree,\n \
         signs people in, explains every decision and proves it.\n"
    )
}

fn version(binary: &Path) -> Result<String, String> {
    let mut command = Command::new(binary);
    command.arg("--version");
    let said = door::output(command)?;
    let version = said.split_whitespace().nth(1);
    version
        .map(str::to_owned)
        .ok_or_else(|| format!("tenure --version: {said}"))
}

/// The C library that it was linked with: an older one may lack what it calls.
fn libc() -> Result<String, String> {
    let full = said("dpkg-query", &["-W", "-f=${Version}", "libc6"])?;
    Ok(full.split('-').next().unwrap_or(&full).to_owned())
}

/// When the commit was made, in seconds since 1970.
fn committed() -> Result<String, String> {
    let mut command = Command::new("git");
    command
        .current_dir(door::root()?)
        .args(["log", "-1", "--format=%ct"]);
    Ok(door::output(command)?.trim().to_owned())
}

fn said(program: &str, words: &[&str]) -> Result<String, String> {
    let mut command = Command::new(program);
    command.args(words);
    Ok(door::output(command)?.trim().to_owned())
}

fn put(to: &Path, text: &[u8], mode: u32) -> Result<(), String> {
    let wrong = |e: std::io::Error| format!("{}: {e}", to.display());
    if let Some(parent) = to.parent() {
        std::fs::create_dir_all(parent).map_err(wrong)?;
    }
    std::fs::write(to, text).map_err(wrong)?;
    std::fs::set_permissions(to, std::fs::Permissions::from_mode(mode)).map_err(wrong)
}
