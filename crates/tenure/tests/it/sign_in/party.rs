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
    children: Vec<Child>,
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
        let config = include_str!("apache.conf").replace("@SECRET@", &tenant.env["APACHE_SECRET"]);
        Self::httpd(tenant, program, &config, &[])
    }

    /// Apache with mod_auth_mellon, by the key that was made for service providers.
    pub fn mellon(tenant: &Tenant, program: &str) -> Self {
        let sp = Path::new(&tenant.env["SP_HOME"]);
        let files = ["sp.key", "sp.crt", "idp.xml", "idp.crt"];
        let files = files.map(|name| sp.join(name));
        Self::httpd(tenant, program, include_str!("mellon.conf"), &files)
    }

    /// Shibboleth: its daemon, and Apache with its module.
    pub fn shibboleth(tenant: &Tenant, apache: &str, daemon: &str) -> Self {
        let sp = Path::new(&tenant.env["SP_HOME"]);
        let files = ["sp.key", "sp.crt", "idp.xml", "idp.crt"].map(|name| sp.join(name));
        let home = web(tenant, include_str!("shibboleth/httpd.conf"), &files);
        let logger = include_str!("shibboleth/shibd.logger");
        for (name, text) in [
            (
                "shibboleth2.xml",
                include_str!("shibboleth/shibboleth2.xml"),
            ),
            (
                "security-policy.xml",
                include_str!("shibboleth/security-policy.xml"),
            ),
            (
                "attribute-map.xml",
                include_str!("shibboleth/attribute-map.xml"),
            ),
            (
                "attribute-policy.xml",
                include_str!("shibboleth/attribute-policy.xml"),
            ),
            ("shibd.logger", logger),
            ("native.logger", logger),
        ] {
            write(tenant, home.path(), name, text);
        }
        let socket = home.path().join("shibd.sock");
        let mut command = Command::new(daemon);
        command
            .args(["-F", "-f", "-c"])
            .arg(home.path().join("shibboleth2.xml"));
        command.arg("-p").arg(home.path().join("shibd.pid"));
        let shibd = quietly(command);
        let began = Instant::now();
        while !socket.exists() {
            assert!(
                began.elapsed() < WAIT,
                "the daemon of Shibboleth does not listen"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        let all = std::os::unix::fs::PermissionsExt::from_mode(0o777);
        std::fs::set_permissions(&socket, all).unwrap();
        let mut command = Command::new(apache);
        command
            .arg("-f")
            .arg(home.path().join("httpd.conf"))
            .arg("-DFOREGROUND");
        let mut party = Self::started(command, tenant.port, home);
        party.children.push(shibd);
        party
    }

    /// SimpleSAMLphp, by the web server that is in this PHP.
    pub fn simplesamlphp(tenant: &Tenant, php: &str) -> Self {
        let sp = Path::new(&tenant.env["SP_HOME"]);
        let home = tempfile::tempdir().unwrap();
        for folder in ["tmp", "metadata"] {
            std::fs::create_dir(home.path().join(folder)).unwrap();
        }
        for name in ["sp.key", "sp.crt", "idp.xml", "idp.crt"] {
            std::fs::copy(sp.join(name), home.path().join(name)).unwrap();
        }
        for (name, text) in [
            ("config.php", include_str!("simplesamlphp/config.php")),
            (
                "authsources.php",
                include_str!("simplesamlphp/authsources.php"),
            ),
            (
                "metadata/saml20-idp-remote.php",
                include_str!("simplesamlphp/saml20-idp-remote.php"),
            ),
            ("router.php", include_str!("simplesamlphp/router.php")),
        ] {
            write(tenant, home.path(), name, text);
        }
        let mut command = Command::new(php);
        command
            .arg("-S")
            .arg(format!("127.0.0.1:{}", tenant.port))
            .args(["-t", "/usr/share/simplesamlphp/www"])
            .arg(home.path().join("router.php"))
            .env("SIMPLESAMLPHP_CONFIG_DIR", home.path())
            .stderr(Stdio::null());
        Self::started(command, tenant.port, home)
    }

    /// node-saml of npm, which lies in this folder.
    pub fn node_saml(tenant: &Tenant, folder: &str) -> Self {
        let mut command = Command::new("node");
        command
            .arg(beside("with_node_saml.mjs"))
            .env("NODE_SAML", folder)
            .envs(&tenant.env);
        Self::started(command, tenant.port, tempfile::tempdir().unwrap())
    }

    /// Apache with this configuration, in which a page is guarded, and with copies of these files.
    fn httpd(tenant: &Tenant, program: &str, config: &str, files: &[PathBuf]) -> Self {
        let home = web(tenant, config, files);
        let mut command = Command::new(program);
        command
            .arg("-f")
            .arg(home.path().join("httpd.conf"))
            .arg("-DFOREGROUND");
        Self::started(command, tenant.port, home)
    }

    fn started(command: Command, port: u16, home: tempfile::TempDir) -> Self {
        let mut party = Self {
            children: vec![quietly(command)],
            _home: home,
        };
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let ended = party.children[0].try_wait().unwrap();
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
        for child in &mut self.children {
            let id = child.id().to_string();
            let _ = Command::new("kill").args(["-TERM", &id]).status();
            let _ = child.wait();
        }
    }
}

fn quietly(mut command: Command) -> Child {
    let command = command.stdin(Stdio::null()).stdout(Stdio::null());
    command.spawn().unwrap()
}

/// A folder for Apache with this configuration, in which a page is guarded, and with copies of these files.
fn web(tenant: &Tenant, config: &str, files: &[PathBuf]) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    let page = home.path().join("www/secure");
    std::fs::create_dir_all(&page).unwrap();
    std::fs::write(page.join("index.html"), "signed in\n").unwrap();
    for file in files {
        std::fs::copy(file, home.path().join(file.file_name().unwrap())).unwrap();
    }
    // Its workers are not root, where it is started by root.
    open_to_all(home.path());
    write(tenant, home.path(), "httpd.conf", config);
    home
}

/// Writes a file of a peer, with what only this run knows.
fn write(tenant: &Tenant, home: &Path, name: &str, text: &str) {
    let text = text
        .replace("@HOME@", home.to_str().unwrap())
        .replace("@MODULES@", MODULES)
        .replace("@BASE@", &tenant.env["BASE"])
        .replace("@PORT@", &tenant.port.to_string());
    std::fs::write(home.join(name), text).unwrap();
}

fn open_to_all(folder: &Path) {
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(folder, mode).unwrap();
}
