//! Installing packages where we may: on Debian and its kin, as root.

use std::path::Path;
use std::process::Command;

use crate::door;

/// Whether packages can be installed here.
pub fn can_install() -> bool {
    let root = Command::new("id").arg("-u").output();
    root.is_ok_and(|out| out.stdout == b"0\n") && Path::new("/usr/bin/apt-get").exists()
}

/// Installs packages of Debian.
///
/// # Errors
/// What is needed, where we may not install; what apt said, where it failed.
pub fn install(packages: &[&str]) -> Result<(), String> {
    let names = packages.join(" ");
    if !can_install() {
        return Err(format!("please install {names} and try again"));
    }
    println!("installing {names}");
    let mut update = Command::new("apt-get");
    update.args(["update", "-qq"]);
    door::output(update)?;
    let mut install = Command::new("apt-get");
    install
        .env("DEBIAN_FRONTEND", "noninteractive")
        .args(["install", "-y", "-qq", "--no-install-recommends"])
        .args(packages);
    door::output(install).map(|_| ())
}
