//! Which server, and with which token: contexts, kept in a private file.

use std::collections::BTreeMap;
use std::io::{IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};

use model::Secret;
use reqwest::Url;
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::host::directory;
use crate::output::Output;

/// What a client needs.
pub struct Access {
    /// The server.
    pub url: Url,
    /// The token.
    pub token: Secret,
    /// A certificate authority to trust besides the system's.
    pub ca: Option<PathBuf>,
}

#[derive(Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Contexts {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    current: Option<String>,
    #[serde(default)]
    context: BTreeMap<String, Context>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Context {
    url: String,
    token: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ca: Option<PathBuf>,
}

/// `tenure context`.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Remembers a server. The token is read from stdin, or from a file.
    Add {
        /// What to call it.
        name: String,
        /// The server's URL.
        #[arg(long)]
        url: String,
        /// A file with the token, instead of stdin.
        #[arg(long, value_name = "FILE")]
        token_file: Option<PathBuf>,
        /// A certificate authority (PEM) to trust besides the system's.
        #[arg(long, value_name = "FILE")]
        ca: Option<PathBuf>,
    },
    /// Lists the servers that are remembered.
    List,
    /// Uses this one from now on.
    Use {
        /// Which.
        name: String,
    },
    /// Forgets one.
    Remove {
        /// Which.
        name: String,
    },
}

/// Where contexts are kept.
fn path() -> Result<PathBuf, Failure> {
    let set = |name: &str| {
        std::env::var_os(name)
            .filter(|v| !v.is_empty())
            .map(PathBuf::from)
    };
    let base = set("XDG_CONFIG_HOME").or_else(|| Some(set("HOME")?.join(".config")));
    base.map(|base| base.join("tenure/contexts.toml"))
        .ok_or_else(|| Failure::usage("neither XDG_CONFIG_HOME nor HOME is set", "set one of them"))
}

fn load(path: &Path) -> Result<Contexts, Failure> {
    if !path.exists() {
        return Ok(Contexts::default());
    }
    directory::check_private("the contexts", path)?;
    let text =
        std::fs::read_to_string(path).map_err(|e| Failure::file("the contexts", path, &e))?;
    // The parser's own words may quote the line, and with it a token.
    toml::from_str(&text).map_err(|_| {
        let problem = format!("{} cannot be read", path.display());
        Failure::new(
            "TNR-CLI-0015",
            problem,
            "mend or remove it, and add the contexts again",
        )
    })
}

fn save(path: &Path, contexts: &Contexts) -> Result<(), Failure> {
    let text = toml::to_string(contexts)
        .map_err(|e| Failure::new("TNR-CLI-0003", e.to_string(), "report it"))?;
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory)
            .map_err(|e| Failure::file("the directory", directory, &e))?;
    }
    let new = path.with_extension(format!("new-{}", std::process::id()));
    directory::write_private(&new, &text)?;
    std::fs::rename(&new, path).map_err(|e| Failure::file("the contexts", path, &e))
}

/// Runs `tenure context`.
pub fn run(command: Command, output: &Output) -> Result<(), Failure> {
    let path = path()?;
    let mut contexts = load(&path)?;
    match command {
        Command::Add {
            name,
            url,
            token_file,
            ca,
        } => {
            parse_url(&url)?;
            let token = match token_file {
                Some(file) => read_token_file(&file)?,
                None => token(secret_from_stdin("the token")?.expose(), "stdin")?,
            };
            let token = token.expose().to_owned();
            let ca = ca
                .map(|ca| std::fs::canonicalize(&ca).map_err(|e| Failure::file("the CA", &ca, &e)));
            contexts.context.insert(
                name.clone(),
                Context {
                    url,
                    token,
                    ca: ca.transpose()?,
                },
            );
            contexts.current.get_or_insert(name);
            save(&path, &contexts)
        }
        Command::List => {
            let rows: Vec<_> = contexts
                .context
                .iter()
                .map(|(name, context)| {
                    let current = contexts.current.as_ref() == Some(name);
                    serde_json::json!({"name": name, "url": context.url, "current": current})
                })
                .collect();
            output.list(&rows, &["name", "url", "current"])
        }
        Command::Use { name } => {
            find(&contexts, &name)?;
            contexts.current = Some(name);
            save(&path, &contexts)
        }
        Command::Remove { name } => {
            find(&contexts, &name)?;
            contexts.context.remove(&name);
            if contexts.current.as_ref() == Some(&name) {
                contexts.current = None;
            }
            save(&path, &contexts)
        }
    }
}

fn find<'a>(contexts: &'a Contexts, name: &str) -> Result<&'a Context, Failure> {
    contexts.context.get(name).ok_or_else(|| {
        let known: Vec<_> = contexts.context.keys().map(String::as_str).collect();
        let fix = crate::suggest::nearest(name, known.iter().copied()).map_or_else(
            || format!("the contexts are: {}", known.join(", ")),
            |near| format!("did you mean `{near}`?"),
        );
        Failure::usage(format!("there is no context `{name}`"), fix)
    })
}

/// The server and token to use: those of the environment, else of the context named, else of the
/// current one.
pub fn access(named: Option<&str>) -> Result<Access, Failure> {
    let variable = |name: &str| std::env::var(name).ok().filter(|v| !v.is_empty());
    if let (None, Some(url)) = (named, variable("TENURE_URL")) {
        let token = match (variable("TENURE_TOKEN"), variable("TENURE_TOKEN_FILE")) {
            (Some(token), _) => Secret::new(token),
            (None, Some(file)) => read_token_file(Path::new(&file))?,
            (None, None) => {
                return Err(Failure::usage(
                    "TENURE_URL is set, but no token",
                    "set TENURE_TOKEN_FILE or TENURE_TOKEN",
                ));
            }
        };
        return Ok(Access {
            url: parse_url(&url)?,
            token,
            ca: None,
        });
    }
    let contexts = load(&path()?)?;
    let name = named.map(str::to_owned).or_else(|| contexts.current.clone()).ok_or_else(|| {
        Failure::usage(
            "there is no context",
            "add one with `tenure context add NAME --url URL`, or set TENURE_URL and TENURE_TOKEN_FILE",
        )
    })?;
    let context = find(&contexts, &name)?;
    Ok(Access {
        url: parse_url(&context.url)?,
        token: Secret::new(context.token.clone()),
        ca: context.ca.clone(),
    })
}

fn parse_url(text: &str) -> Result<Url, Failure> {
    let url = Url::parse(text)
        .map_err(|e| Failure::usage(format!("`{text}` is not a URL: {e}"), "write https://…"))?;
    let bare = url.username().is_empty() && url.password().is_none();
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() || !bare {
        return Err(Failure::usage(
            format!("`{text}` is no server's URL"),
            "write https://…",
        ));
    }
    Ok(url)
}

fn read_token_file(path: &Path) -> Result<Secret, Failure> {
    directory::check_private("the token", path)?;
    let text = std::fs::read_to_string(path).map_err(|e| Failure::file("the token", path, &e))?;
    token(text.trim(), &path.display().to_string())
}

/// A token as it is printed when it is made. Anything else, an empty file for example, is refused
/// here, where it is known what went wrong; a server could only say that it knows no such token.
fn token(text: &str, place: &str) -> Result<Secret, Failure> {
    let word = text.strip_prefix("tnr_").is_some_and(|rest| {
        !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    });
    if !word {
        return Err(Failure::usage(
            format!("{place} holds no token"),
            "a token begins with `tnr_`; write it alone, as it was shown when it was made",
        ));
    }
    Ok(Secret::new(text))
}

/// A secret from stdin, without the line break at its end. Never asked for on a terminal, where
/// it would be shown.
pub fn secret_from_stdin(what: &str) -> Result<Secret, Failure> {
    if std::io::stdin().is_terminal() {
        return Err(Failure::usage(
            format!("{what} is read from stdin, which is a terminal"),
            "pipe it in, for example `… < FILE`",
        ));
    }
    let mut text = String::new();
    std::io::stdin()
        .take(64 << 10)
        .read_to_string(&mut text)
        .map_err(|e| Failure::file("stdin", Path::new("-"), &e))?;
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() {
        return Err(Failure::usage(
            format!("{what} is empty"),
            "pipe it in on stdin",
        ));
    }
    Ok(Secret::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_token_is_taken_for_one() {
        assert!(token("tnr_76d2a51d", "kim.token").is_ok());
        for text in [
            "",
            "tnr_",
            "{\"secret\":\"tnr_76d2a51d\"}",
            "tnr_a\ntnr_b",
            "a",
        ] {
            let refused = token(text, "kim.token").err();
            let told = refused.map_or(String::new(), |failure| failure.problem);
            assert_eq!(told, "kim.token holds no token", "{text}");
        }
    }
}
