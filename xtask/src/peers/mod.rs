//! Real software to test against: installed once into `target/peers`, and told to tests through
//! `target/peers/env`. SCIM servers are started on free ports of 127.0.0.1; tests start the rest.
//!
//! | Variable | What it holds |
//! |---|---|
//! | `TENURE_PEER_SCIM2`, `TENURE_PEER_SCIMMY`, `TENURE_PEER_CANAILLE` | base URL |
//! | `TENURE_PEER_SCIM2_TOKEN`, `TENURE_PEER_SCIMMY_TOKEN` | bearer token |
//! | `TENURE_PEER_SMTP` | a Python that has the mail server aiosmtpd; tests start it |
//! | `TENURE_PEER_RSYSLOG` | the program of rsyslog, with TLS and RELP; tests start it |
//! | `TENURE_PEER_SIGN_IN` | a Python that has the relying party authlib, and drives pages and a browser |
//! | `TENURE_PEER_CHROMIUM` | the program of Chromium; tests start it |
//! | `TENURE_PEER_APACHE` | the program of Apache, with mod_auth_openidc, mod_auth_mellon and mod_shib; tests start it |
//! | `TENURE_PEER_SHIBD` | the daemon of mod_shib; tests start it |
//! | `TENURE_PEER_SIMPLESAMLPHP` | the PHP that runs the service provider SimpleSAMLphp; tests start it |
//! | `TENURE_PEER_NODE_SAML` | a folder with the service provider node-saml of npm; tests start it |
//! | `TENURE_PEER_OPENID_CLIENT` | a folder with the relying party openid-client of npm; tests start it |
//! | `TENURE_PEER_OIDC_PROVIDER` | a folder with the provider oidc-provider of npm; tests start it |
//! | `TENURE_PEER_SLAPD` | the program of OpenLDAP; tests start it |
//! | `TENURE_PEER_CANAILLE_TOKEN_URL`, `…_CLIENT`, `…_SECRET` | OAuth client credentials |
//!
//! The credentials protect nothing: they are the same on every machine.

mod install;
mod process;
mod sign_in;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const TOKEN: &str = "peer-token-for-tests";
const CLIENT: &str = "tenure-tests";
const CLIENT_SECRET: &str = "peer-client-secret-for-tests";

/// A server that answers.
#[derive(Debug, Clone)]
pub struct Peer {
    /// `scim2`, `canaille` or `scimmy`.
    pub name: &'static str,
    /// Where it listens on 127.0.0.1.
    pub port: u16,
    /// What tests are told: variable → value.
    pub env: Vec<(String, String)>,
}

/// What runs, and what tests are told.
#[derive(Debug, Clone)]
pub struct Started {
    /// The servers.
    pub peers: Vec<Peer>,
    /// Variable → value, also of what tests start themselves.
    pub env: Vec<(String, String)>,
}

/// Installs what is missing, starts what does not run, waits until everything answers, and
/// writes `target/peers/env`.
///
/// # Errors
/// A text that says which step failed and what its program said.
pub fn start() -> Result<Started, String> {
    let home = home()?;
    fs::create_dir_all(home.join("run")).map_err(|e| format!("{}: {e}", home.display()))?;
    let peers = vec![scim2(&home)?, scimmy(&home)?, canaille(&home)?];
    for peer in &peers {
        process::wait(&home, peer.name, peer.port)?;
    }
    // Tests start and stop it themselves: what a mail server does not take is what they are about.
    let mail = install::python(&home, "smtp", &["aiosmtpd==1.4.6"])?;
    install::need("openssl", &["openssl"])?;
    let mail = mail.join("python").display().to_string();
    // So it is with the receiver of syslog, which is killed while it receives.
    let syslog = install::rsyslog()?;
    let mut env = vec![
        ("TENURE_PEER_SMTP".to_owned(), mail),
        (
            "TENURE_PEER_RSYSLOG".to_owned(),
            syslog.display().to_string(),
        ),
    ];
    env.extend(sign_in::parts(&home)?);
    env.extend(peers.iter().flat_map(|peer| peer.env.clone()));
    let lines = env.iter().map(|(name, value)| format!("{name}={value}\n"));
    write(&home.join("env"), &lines.collect::<String>())?;
    for peer in &peers {
        println!("{} answers at 127.0.0.1:{}", peer.name, peer.port);
    }
    Ok(Started { peers, env })
}

/// Stops what [`start`] started.
///
/// # Errors
/// When a process does not end.
pub fn stop() -> Result<(), String> {
    let home = home()?;
    for name in ["scim2", "scimmy", "canaille"] {
        if process::stop(&home, name)? {
            println!("{name} stopped");
        }
    }
    match fs::remove_file(home.join("env")) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(e.to_string()),
        _ => Ok(()),
    }
}

/// `target/peers` of this workspace.
fn home() -> Result<PathBuf, String> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    let workspace = workspace.ok_or("xtask has no workspace")?;
    Ok(workspace.join("target/peers"))
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|e| format!("{}: {e}", path.display()))
}

fn variables(name: &str, pairs: &[(&str, String)]) -> Vec<(String, String)> {
    let prefix = format!("TENURE_PEER_{}", name.to_uppercase());
    pairs
        .iter()
        .map(|(suffix, value)| (format!("{prefix}{suffix}"), value.clone()))
        .collect()
}

fn scim2(home: &Path) -> Result<Peer, String> {
    let bin = install::python(home, "scim2", &["scim2-server==0.8.3"])?;
    let port = process::running(home, "scim2").map_or_else(process::free_port, Ok)?;
    process::ensure(home, "scim2", port, || {
        let mut command = Command::new(bin.join("scim2-server"));
        command.args(["--hostname", "127.0.0.1", "--port", &port.to_string()]);
        command.args(["--bearer-token", TOKEN]);
        Ok(command)
    })?;
    let base = format!("http://127.0.0.1:{port}/v2");
    let env = variables("scim2", &[("", base), ("_TOKEN", TOKEN.to_owned())]);
    Ok(Peer {
        name: "scim2",
        port,
        env,
    })
}

fn scimmy(home: &Path) -> Result<Peer, String> {
    let packages = ["scimmy@1.3.5", "scimmy-routers@1.3.2", "express@4.21.2"];
    let folder = install::node(home, "scimmy", &packages)?;
    write(&folder.join("app.mjs"), include_str!("scimmy.mjs"))?;
    let port = process::running(home, "scimmy").map_or_else(process::free_port, Ok)?;
    process::ensure(home, "scimmy", port, || {
        let mut command = Command::new("node");
        command
            .current_dir(&folder)
            .args(["app.mjs", &port.to_string(), TOKEN]);
        Ok(command)
    })?;
    let base = format!("http://127.0.0.1:{port}/scim/v2");
    let env = variables("scimmy", &[("", base), ("_TOKEN", TOKEN.to_owned())]);
    Ok(Peer {
        name: "scimmy",
        port,
        env,
    })
}

fn canaille(home: &Path) -> Result<Peer, String> {
    // Newer scim2-models make this version answer 500 to every SCIM request.
    let packages = [
        "canaille[front,oidc,scim,server,sqlite]==0.3.6",
        "scim2-models==0.6.12",
        "scim2-client==0.7.5",
    ];
    let bin = install::python(home, "canaille", &packages)?;
    let port = process::running(home, "canaille").map_or_else(process::free_port, Ok)?;
    process::ensure(home, "canaille", port, || {
        prepare_canaille(home, &bin, port)
    })?;
    let origin = format!("http://127.0.0.1:{port}");
    let env = variables(
        "canaille",
        &[
            ("", format!("{origin}/scim/v2")),
            ("_TOKEN_URL", format!("{origin}/oauth/token")),
            ("_CLIENT", CLIENT.to_owned()),
            ("_SECRET", CLIENT_SECRET.to_owned()),
        ],
    );
    Ok(Peer {
        name: "canaille",
        port,
        env,
    })
}

/// A fresh database and one OAuth client; its own address has to be in its configuration.
fn prepare_canaille(home: &Path, bin: &Path, port: u16) -> Result<Command, String> {
    let program = bin.join("canaille");
    let database = home.join("run/canaille.sqlite");
    if database.exists() {
        fs::remove_file(&database).map_err(|e| format!("{}: {e}", database.display()))?;
    }
    let config = home.join("run/canaille-peer.toml");
    let text = include_str!("canaille.toml")
        .replace("@PORT@", &port.to_string())
        .replace("@DATABASE@", &database.display().to_string());
    // An empty list of keys is refused, so the key is made without a configuration: canaille
    // would find one called `canaille.toml` by itself.
    let mut key = Command::new(&program);
    key.args(["jwk", "create", "rsa"])
        .current_dir(home.join("run"))
        .env_remove("CANAILLE_CONFIG");
    let key = toml_table(&process::output(key, "canaille jwk")?)?;
    write(&config, &text.replace("@KEY@", &key))?;
    let run = |args: &[&str]| {
        let mut command = Command::new(&program);
        command.env("CANAILLE_CONFIG", &config).args(args);
        process::output(command, "canaille")
    };
    run(&["install"])?;
    let client = [
        "create",
        "client",
        "--client-id",
        CLIENT,
        "--client-secret",
        CLIENT_SECRET,
        "--redirect-uris",
        "http://127.0.0.1:9/callback",
        "--grant-types",
        "client_credentials",
        "--token-endpoint-auth-method",
        "client_secret_basic",
        "--client-name",
        CLIENT,
        "--scope",
        "openid",
    ];
    run(&client)?;
    let mut command = Command::new(&program);
    command.env("CANAILLE_CONFIG", &config);
    command.args(["run", "--bind", &format!("127.0.0.1:{port}")]);
    Ok(command)
}

/// A flat JSON object of texts as an inline table of TOML.
fn toml_table(json: &str) -> Result<String, String> {
    let start = json.find('{').ok_or("canaille printed no key")?;
    let key: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(json[start..].trim()).map_err(|e| format!("canaille's key: {e}"))?;
    let fields: Vec<String> = key
        .iter()
        .map(|(name, value)| format!("{name} = {value}"))
        .collect();
    Ok(format!("{{ {} }}", fields.join(", ")))
}
