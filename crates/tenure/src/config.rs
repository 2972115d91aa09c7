//! The server's configuration: a TOML file, and environment variables above it.
//!
//! Every key is in one table. A key that is not in it is refused, in the file and in the
//! environment, because a misspelt key is a setting that silently is not there.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::failure::Failure;
use crate::suggest::nearest;

/// Every key, and what it means.
pub const KEYS: &[(&str, &str)] = &[
    ("tenant", "the tenant's name"),
    (
        "public_url",
        "where people and programs reach this server; the only source of links",
    ),
    ("listen", "addresses to listen on"),
    ("tls.certificate", "certificate chain, PEM"),
    ("tls.key", "its private key, PEM"),
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
    /// Certificate and key.
    pub tls: Option<(PathBuf, PathBuf)>,
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
        let tls = match (self.text("tls.certificate")?, self.text("tls.key")?) {
            (Some(certificate), Some(key)) => Some((place(certificate), place(key))),
            (None, None) => None,
            _ => {
                let problem = "`tls.certificate` and `tls.key` belong together".to_owned();
                return Err(wrong(problem, "set both, or neither"));
            }
        };
        let listen = self.addresses()?;
        let public_url = match self.text("public_url")? {
            Some(url) => check_url(&url)?,
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
        let log_format = self
            .text("log.format")?
            .unwrap_or_else(|| "text".to_owned());
        if !["text", "json"].contains(&log_format.as_str()) {
            return Err(wrong(
                "`log.format` is neither text nor json".to_owned(),
                "choose one",
            ));
        }
        let (deadline, lease) = self.lease()?;
        Ok(Config {
            deadline,
            lease,
            directory: directory.to_owned(),
            tenant,
            public_url,
            listen,
            tls,
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
            parallel: self.number("worker.parallel", 1, 1024)?.unwrap_or(32),
        })
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

    fn addresses(&mut self) -> Result<Vec<SocketAddr>, Failure> {
        let listen = self.list("listen")?;
        listen
            .unwrap_or_else(|| vec!["127.0.0.1:8743".to_owned()])
            .iter()
            .map(|text| {
                text.parse().map_err(|_| {
                    let problem = format!("`listen` holds `{text:.60}`, which is no address");
                    wrong(problem, "write it as 127.0.0.1:8743 or [::]:8743")
                })
            })
            .collect()
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

fn check_url(text: &str) -> Result<String, Failure> {
    let problem = |why: &str| {
        wrong(
            format!("`public_url` {why}"),
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
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    fn read(text: &str, variables: &[(&str, &str)]) -> Result<Config, Failure> {
        let variables = variables
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
        Config::read(Path::new("/data"), text, variables)
    }

    #[test]
    fn a_file_and_the_environment_above_it() {
        let text = "tenant = 'acme'\nlisten = ['127.0.0.1:1']\n[worker]\nparallel = 7\n";
        let config = read(text, &[]).unwrap();
        assert_eq!((config.tenant.as_str(), config.parallel), ("acme", 7));
        assert_eq!(config.lease, Duration::from_secs(60));
        assert_eq!(config.public_url, "http://127.0.0.1:1");
        assert_eq!(config.master_key, Path::new("/data/master.key"));
        let over = [
            ("TENURE_WORKER_PARALLEL", "9"),
            ("TENURE_LISTEN", "[::1]:2, 127.0.0.1:3"),
            ("TENURE_PUBLIC_URL", "https://id.acme.example/"),
            ("TENURE_TOKEN", "ignored"),
        ];
        let config = read(text, &over).unwrap();
        assert_eq!((config.parallel, config.listen.len()), (9, 2));
        assert_eq!(config.breached_passwords, None);
        let list = [("TENURE_SIGN_IN_BREACHED_PASSWORDS", "pwned.txt")];
        let path = read(text, &list).unwrap().breached_passwords.unwrap();
        assert_eq!(path, Path::new("/data/pwned.txt"));
        assert_eq!(config.public_url, "https://id.acme.example");
    }

    #[test]
    fn what_is_unknown_or_wrong_is_refused_with_its_fix() {
        for (text, variables, problem, fix) in [
            (
                "tenant='a'\npublicurl='x'",
                &[][..],
                "`publicurl`",
                "did you mean `public_url`",
            ),
            (
                "tenant='a'\n[tls]\ncert='x'",
                &[],
                "`tls.cert`",
                "`tls.certificate`",
            ),
            (
                "tenant='a'",
                &[("TENURE_LISTN", "x")],
                "`TENURE_LISTN`",
                "TENURE_LISTEN",
            ),
            ("", &[], "`tenant` is missing", ""),
            ("tenant=1", &[], "is a text, not a integer", ""),
            ("tenant='a'\nlisten=['here']", &[], "no address", ""),
            (
                "tenant='a'\n[worker]\nlease_ms=40000",
                &[],
                "not more than twice",
                "",
            ),
            (
                "tenant='a'\n[worker]\nparallel=0",
                &[],
                "out of range",
                "from 1",
            ),
            ("tenant='a'\n[tls]\nkey='x'", &[], "belong together", ""),
            ("tenant='a'\npublic_url='ftp://x'", &[], "https://", ""),
            ("tenant='a'\npublic_url='https://u@x'", &[], "user name", ""),
            (
                "tenant='a'\npublic_url='https://x/y'",
                &[],
                "end after the host",
                "",
            ),
            (
                "tenant='a'\n[log]\nformat='xml'",
                &[],
                "neither text nor json",
                "",
            ),
            ("tenant=", &[], "not TOML", ""),
        ] {
            let failure = read(text, variables).unwrap_err();
            assert!(
                failure.problem.contains(problem),
                "{text}: {}",
                failure.problem
            );
            assert!(failure.fix.contains(fix), "{text}: {}", failure.fix);
        }
    }
}
