//! The server's configuration: a TOML file, and environment variables above it.
//!
//! Every key is in one table. A key that is not in it is refused, in the file and in the
//! environment, because a misspelt key is a setting that silently is not there.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ipnet::IpNet;

use crate::failure::Failure;
use crate::suggest::nearest;

mod mutual;

pub use mutual::Mutual;

/// Every key, and what it means.
pub const KEYS: &[(&str, &str)] = &[
    ("tenant", "the tenant's name"),
    (
        "public_url",
        "where people and programs reach this server; the only source of links",
    ),
    ("listen", "addresses to listen on"),
    (
        "admin.listen",
        "addresses for administrators alone: what they use is at none of the others then",
    ),
    (
        "admin.networks",
        "networks from which administrators come; connections to `admin.listen` from elsewhere are closed",
    ),
    ("tls.certificate", "certificate chain, PEM"),
    ("tls.key", "its private key, PEM"),
    (
        "mtls.listen",
        "addresses at which clients may present certificates (mutual TLS); nowhere, if not given",
    ),
    (
        "mtls.url",
        "where clients reach those addresses; goes with `mtls.listen`",
    ),
    (
        "mtls.certificate",
        "certificate chain for those addresses, PEM; the one of `tls.certificate`, if not given",
    ),
    ("mtls.key", "its private key, PEM"),
    (
        "store.postgres",
        "a PostgreSQL URL; without it, SQLite in the data directory",
    ),
    ("keys.master", "file with the master key"),
    ("keys.older", "files with older master keys, newest first"),
    ("log.format", "text or json"),
    ("log.level", "a filter, for example info or server=debug"),
    ("limits.delivery_mib", "the largest HR file, in MiB"),
    ("limits.connections", "connections at the same time"),
    (
        "limits.calls_per_second",
        "calls of one principal per second",
    ),
    (
        "limits.calls_per_second_of_address",
        "calls of one address per second",
    ),
    (
        "sign_in.breached_passwords",
        "file with SHA-1 hashes of passwords that nobody may have, sorted",
    ),
    (
        "signer.socket",
        "where `tenure signer` listens, which holds the signing keys in place of this server",
    ),
    (
        "sign_in.address_days",
        "days for which addresses of people who sign in are kept whole; 0 for never",
    ),
    ("worker.parallel", "plans carried out at the same time"),
    (
        "worker.deadline_ms",
        "the longest one request to an app may take, in milliseconds",
    ),
    (
        "worker.lease_ms",
        "how long an app waits for a node that has died, in milliseconds",
    ),
];

/// Where a server listens that is not told where.
const HERE: (std::net::Ipv4Addr, u16) = (std::net::Ipv4Addr::LOCALHOST, 8743);

/// Variables that begin with `TENURE_` and are no keys of the configuration.
const OTHER_VARIABLES: &[&str] = &[
    "TENURE_CONFIG",
    "TENURE_CONTEXT",
    "TENURE_OUTPUT",
    "TENURE_MASTER_KEY",
    "TENURE_REQUIRE_PEERS",
    "TENURE_TOKEN",
    "TENURE_TOKEN_FILE",
    "TENURE_URL",
    "TENURE_ZONE",
];

/// The configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The data directory: where the file is.
    pub directory: PathBuf,
    /// The tenant's name.
    pub tenant: String,
    /// The only source of links.
    pub public_url: String,
    /// Where to listen.
    pub listen: Vec<SocketAddr>,
    /// Where to listen for administrators; where people sign in, if nowhere.
    pub admin_listen: Vec<SocketAddr>,
    /// From where they come; from anywhere, if empty.
    pub admin_networks: Vec<IpNet>,
    /// Certificate and key.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// Where clients may present certificates.
    pub mutual: Option<Mutual>,
    /// A PostgreSQL URL; SQLite where missing.
    pub postgres: Option<String>,
    /// The master key's file.
    pub master_key: PathBuf,
    /// Older keys' files, newest first.
    pub older_keys: Vec<PathBuf>,
    /// `text` or `json`.
    pub log_format: String,
    /// A filter.
    pub log_level: String,
    /// The largest delivery, in MiB.
    pub delivery_mib: usize,
    /// Connections at the same time.
    pub connections: usize,
    /// Calls of one principal per second.
    pub calls_per_second: f64,
    /// Calls of one address per second.
    pub calls_per_second_of_address: f64,
    /// The file of passwords that nobody may have.
    pub breached_passwords: Option<PathBuf>,
    /// Where the process listens that holds the signing keys; this server does, if nowhere.
    pub signer: Option<PathBuf>,
    /// For how many days addresses of people who sign in are kept whole.
    pub address_days: u32,
    /// Plans at the same time.
    pub parallel: usize,
    /// The longest one request to an app may take.
    pub deadline: Duration,
    /// How long a lease on an app lasts without renewal; more than twice the deadline.
    pub lease: Duration,
}

fn wrong(problem: String, fix: impl Into<String>) -> Failure {
    Failure::new("TNR-CFG-0001", problem, fix)
}

impl Config {
    /// Reads the file, and the environment above it.
    pub fn load(path: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            let mut failure = Failure::file("the configuration", path, &error);
            "make one with `tenure init DIR`, or name it with --config"
                .clone_into(&mut failure.fix);
            failure
        })?;
        let variables = std::env::vars_os().filter_map(|(name, value)| {
            let name = name.into_string().ok()?;
            name.starts_with("TENURE_")
                .then_some((name, value.into_string().ok()?))
        });
        let directory = path.parent().filter(|p| !p.as_os_str().is_empty());
        Self::read(directory.unwrap_or(Path::new(".")), &text, variables)
    }

    /// A configuration as it stands in a file, whatever the environment says.
    pub fn written(directory: &Path, text: &str) -> Result<Self, Failure> {
        Self::read(directory, text, std::iter::empty())
    }

    fn read(
        directory: &Path,
        text: &str,
        variables: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, Failure> {
        let table: toml::Table = text.parse().map_err(|e: toml::de::Error| {
            wrong(
                format!("the configuration is not TOML: {}", e.message()),
                format!("{e}"),
            )
        })?;
        let mut values = BTreeMap::new();
        flatten(&table, "", &mut values);
        if let Some(unknown) = values
            .keys()
            .find(|k| !KEYS.iter().any(|(known, _)| known == k))
        {
            return Err(unknown_key(&format!("the key `{unknown}`"), unknown));
        }
        for (name, value) in variables {
            if OTHER_VARIABLES.contains(&name.as_str()) || name.starts_with("TENURE_PEER_") {
                continue;
            }
            let Some((key, _)) = KEYS.iter().find(|(key, _)| variable(key) == name) else {
                let key = name.trim_start_matches("TENURE_").to_ascii_lowercase();
                return Err(unknown_key(&format!("the variable `{name}`"), &key));
            };
            values.insert((*key).to_owned(), toml::Value::String(value));
        }
        Values(values).into_config(directory)
    }
}

/// The environment variable of a key: `tls.certificate` is `TENURE_TLS_CERTIFICATE`.
fn variable(key: &str) -> String {
    format!("TENURE_{}", key.replace('.', "_").to_ascii_uppercase())
}

fn unknown_key(what: &str, key: &str) -> Failure {
    let near = nearest(key, KEYS.iter().map(|(known, _)| *known));
    let fix = near.map_or_else(
        || {
            let known: Vec<_> = KEYS.iter().map(|(key, _)| *key).collect();
            format!("the keys are: {}", known.join(", "))
        },
        |near| {
            format!(
                "did you mean `{near}` (in the environment {})?",
                variable(near)
            )
        },
    );
    wrong(format!("{what} is not known"), fix)
}

fn flatten(table: &toml::Table, prefix: &str, into: &mut BTreeMap<String, toml::Value>) {
    for (name, value) in table {
        let key = format!("{prefix}{name}");
        match value {
            toml::Value::Table(inner) => flatten(inner, &format!("{key}."), into),
            other => {
                into.insert(key, other.clone());
            }
        }
    }
}

/// Values by key. Those from the environment are texts, lists separated by commas.
struct Values(BTreeMap<String, toml::Value>);

impl Values {
    fn into_config(mut self, directory: &Path) -> Result<Config, Failure> {
        let place = |path: String| directory.join(path);
        let tls = self.pair("tls.certificate", "tls.key", directory)?;
        let mutual = self.mutual(tls.as_ref(), directory)?;
        let listen = self.addresses("listen")?;
        let listen = listen.unwrap_or_else(|| vec![HERE.into()]);
        let (admin_listen, admin_networks) = self.administration()?;
        let public_url = match self.text("public_url")? {
            Some(url) => check_url("public_url", &url)?,
            None => {
                let scheme = if tls.is_some() { "https" } else { "http" };
                listen
                    .first()
                    .map_or(String::new(), |address| format!("{scheme}://{address}"))
            }
        };
        let tenant = self.text("tenant")?.ok_or_else(|| {
            wrong(
                "`tenant` is missing".to_owned(),
                "set it as `tenure init` did",
            )
        })?;
        let log_format = self.log_format()?;
        let (deadline, lease) = self.lease()?;
        let address_days = self.address_days()?;
        Ok(Config {
            deadline,
            lease,
            directory: directory.to_owned(),
            tenant,
            public_url,
            listen,
            admin_listen,
            admin_networks,
            tls,
            mutual,
            postgres: self.text("store.postgres")?,
            master_key: place(
                self.text("keys.master")?
                    .unwrap_or_else(|| "master.key".to_owned()),
            ),
            older_keys: self
                .list("keys.older")?
                .unwrap_or_default()
                .into_iter()
                .map(place)
                .collect(),
            log_format,
            log_level: self.text("log.level")?.unwrap_or_else(|| "info".to_owned()),
            delivery_mib: self.number("limits.delivery_mib", 1, 4096)?.unwrap_or(256),
            connections: self
                .number("limits.connections", 1, 100_000)?
                .unwrap_or(1024),
            calls_per_second: self.rate("limits.calls_per_second", 50)?,
            calls_per_second_of_address: self.rate("limits.calls_per_second_of_address", 100)?,
            breached_passwords: self.text("sign_in.breached_passwords")?.map(place),
            signer: self.text("signer.socket")?.map(place),
            address_days,
            parallel: self.number("worker.parallel", 1, 1024)?.unwrap_or(32),
        })
    }

    fn log_format(&mut self) -> Result<String, Failure> {
        let format = self.text("log.format")?;
        let format = format.unwrap_or_else(|| "text".to_owned());
        match ["text", "json"].contains(&format.as_str()) {
            true => Ok(format),
            false => Err(wrong(
                "`log.format` is neither text nor json".to_owned(),
                "choose one",
            )),
        }
    }

    fn address_days(&mut self) -> Result<u32, Failure> {
        let days = self.number("sign_in.address_days", 0, 3650)?;
        Ok(days.and_then(|days| u32::try_from(days).ok()).unwrap_or(30))
    }

    /// The deadline of a request, and the lease that outlasts what a dead node may have sent.
    fn lease(&mut self) -> Result<(Duration, Duration), Failure> {
        let mut millis = |key: &str, usual: u64| {
            let millis = self.number(key, 100, 3_600_000)?;
            let millis = millis.and_then(|m| u64::try_from(m).ok());
            Ok::<_, Failure>(Duration::from_millis(millis.unwrap_or(usual)))
        };
        let deadline = millis("worker.deadline_ms", 20_000)?;
        let lease = millis("worker.lease_ms", 60_000)?;
        if lease <= deadline * 2 {
            return Err(wrong(
                "`worker.lease_ms` is not more than twice `worker.deadline_ms`".to_owned(),
                "a request must end well before another node may take its place",
            ));
        }
        Ok((deadline, lease))
    }

    /// Where administrators come to, and from where. Networks alone would keep nobody out.
    fn administration(&mut self) -> Result<(Vec<SocketAddr>, Vec<IpNet>), Failure> {
        let listen = self.addresses("admin.listen")?.unwrap_or_default();
        let networks = self.list("admin.networks")?.unwrap_or_default();
        if listen.is_empty() && !networks.is_empty() {
            let problem = "`admin.networks` is set and `admin.listen` is not".to_owned();
            let fix =
                "set an address for administrators too: only connections to it are told apart";
            return Err(wrong(problem, fix));
        }
        let network = |text: &String| {
            let network = text.parse::<IpNet>().ok();
            let network = network.filter(|network| network.trunc() == *network);
            network.ok_or_else(|| {
                let problem = format!("`admin.networks` holds `{text:.60}`, which is no network");
                wrong(
                    problem,
                    "write it as 10.0.0.0/8, with nothing behind its prefix",
                )
            })
        };
        let networks = networks.iter().map(network).collect::<Result<_, _>>()?;
        Ok((listen, networks))
    }

    fn addresses(&mut self, key: &str) -> Result<Option<Vec<SocketAddr>>, Failure> {
        let Some(listen) = self.list(key)? else {
            return Ok(None);
        };
        let address = |text: &String| {
            text.parse().map_err(|_| {
                let problem = format!("`{key}` holds `{text:.60}`, which is no address");
                wrong(problem, "write it as 127.0.0.1:8743 or [::]:8743")
            })
        };
        listen
            .iter()
            .map(address)
            .collect::<Result<_, _>>()
            .map(Some)
    }

    fn text(&mut self, key: &str) -> Result<Option<String>, Failure> {
        match self.0.remove(key) {
            None => Ok(None),
            Some(toml::Value::String(text)) if text.is_empty() => Ok(None),
            Some(toml::Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(mistyped(key, "a text", &other)),
        }
    }

    fn list(&mut self, key: &str) -> Result<Option<Vec<String>>, Failure> {
        match self.0.remove(key) {
            None => Ok(None),
            Some(toml::Value::String(text)) => Ok(Some(
                text.split(',').map(|part| part.trim().to_owned()).collect(),
            )),
            Some(toml::Value::Array(items)) => items
                .into_iter()
                .map(|item| match item {
                    toml::Value::String(text) => Ok(text),
                    other => Err(mistyped(key, "a list of texts", &other)),
                })
                .collect::<Result<_, _>>()
                .map(Some),
            Some(other) => Err(mistyped(key, "a list of texts", &other)),
        }
    }

    fn number(&mut self, key: &str, least: usize, most: usize) -> Result<Option<usize>, Failure> {
        let number = match self.0.remove(key) {
            None => return Ok(None),
            Some(toml::Value::Integer(number)) => usize::try_from(number).ok(),
            Some(toml::Value::String(text)) => text.parse().ok(),
            Some(other) => return Err(mistyped(key, "a number", &other)),
        };
        match number {
            Some(number) if (least..=most).contains(&number) => Ok(Some(number)),
            _ => Err(wrong(
                format!("`{key}` is out of range"),
                format!("it is from {least} to {most}"),
            )),
        }
    }

    fn rate(&mut self, key: &str, usual: u32) -> Result<f64, Failure> {
        let rate = self.number(key, 1, 1_000_000)?;
        Ok(rate
            .and_then(|r| u32::try_from(r).ok())
            .unwrap_or(usual)
            .into())
    }
}

fn mistyped(key: &str, wanted: &str, found: &toml::Value) -> Failure {
    wrong(
        format!("`{key}` is {wanted}, not a {}", found.type_str()),
        "mend it",
    )
}

fn check_url(key: &str, text: &str) -> Result<String, Failure> {
    let problem = |why: &str| {
        wrong(
            format!("`{key}` {why}"),
            "write it as https://id.acme.example",
        )
    };
    let url = url::Url::parse(text).map_err(|e| problem(&format!("is not a URL: {e}")))?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(problem(
            "must begin with https:// (or http:// on loopback) and name a host",
        ));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(problem("must not hold a user name"));
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err(problem("must end after the host and port"));
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests;
