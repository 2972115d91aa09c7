//! Relying parties that are not ours, as processes.

use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::tenant::{Tenant, beside};
use crate::node::WAIT;

/// Where Debian has Apache's modules.
const MODULES: &str = "/usr/lib/apache2/modules";

/// A relying party that runs until it is dropped.
pub struct Party {
    child: Child,
    _home: tempfile::TempDir,
}

impl Party {
    /// openid-client of npm, which lies in this folder.
    pub fn openid_client(tenant: &Tenant, folder: &str) -> Self {
        let mut command = Command::new("node");
        command
            .arg(beside("with_openid_client.mjs"))
            .env("OPENID_CLIENT", folder)
            .envs(&tenant.env);
        Self::started(command, tenant.port, tempfile::tempdir().unwrap())
    }

    /// Apache with mod_auth_openidc.
    pub fn apache(tenant: &Tenant, program: &str) -> Self {
        let config = include_str!("apache.conf")
            .replace("@BASE@", &tenant.env["BASE"])
            .replace("@SECRET@", &tenant.env["APACHE_SECRET"]);
        Self::httpd(tenant, program, &config, &[])
    }

    /// Apache with mod_auth_mellon, by the key that was made for service providers.
    pub fn mellon(tenant: &Tenant, program: &str) -> Self {
        let sp = Path::new(&tenant.env["SP_HOME"]);
        let files = ["sp.key", "sp.crt", "idp.xml", "idp.crt"];
        let files = files.map(|name| sp.join(name));
        Self::httpd(tenant, program, include_str!("mellon.conf"), &files)
    }

    /// Apache with this configuration, in which a page is guarded, and with copies of these files.
    fn httpd(tenant: &Tenant, program: &str, config: &str, files: &[PathBuf]) -> Self {
        let home = tempfile::tempdir().unwrap();
        let page = home.path().join("www/secure");
        std::fs::create_dir_all(&page).unwrap();
        std::fs::write(page.join("index.html"), "signed in\n").unwrap();
        for file in files {
            std::fs::copy(file, home.path().join(file.file_name().unwrap())).unwrap();
        }
        // Its workers are not root, where it is started by root.
        open_to_all(home.path());
        let config = config
            .replace("@HOME@", home.path().to_str().unwrap())
            .replace("@MODULES@", MODULES)
            .replace("@PORT@", &tenant.port.to_string());
        let file = home.path().join("httpd.conf");
        std::fs::write(&file, config).unwrap();
        let mut command = Command::new(program);
        command.arg("-f").arg(file).arg("-DFOREGROUND");
        Self::started(command, tenant.port, home)
    }

    fn started(mut command: Command, port: u16, home: tempfile::TempDir) -> Self {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn();
        let mut party = Self {
            child: child.unwrap(),
            _home: home,
        };
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let ended = party.child.try_wait().unwrap();
            assert!(ended.is_none(), "the relying party ended: {ended:?}");
            assert!(began.elapsed() < WAIT, "the relying party does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        party
    }
}

impl Drop for Party {
    fn drop(&mut self) {
        // Apache passes a request to stop on to its workers.
        let id = self.child.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &id]).status();
        let _ = self.child.wait();
    }
}

fn open_to_all(folder: &Path) {
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(folder, mode).unwrap();
}
