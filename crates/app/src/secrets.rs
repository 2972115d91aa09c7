//! Secrets: sealed in the store, bound to one app and one host.

use model::{Actor, Secret};
use ports::store::SecretRow;

use crate::{App, AppError, ErrorKind};

impl App {
    /// Sets or replaces a secret. It may be used by `app` only, and sent to `host` only (host
    /// and port, as in the app's URL or token URL).
    ///
    /// # Errors
    /// `Invalid` for an empty or oversized value.
    pub async fn set_secret(
        &self,
        _actor: &Actor,
        name: &str,
        app: &str,
        host: &str,
        value: &Secret,
    ) -> Result<(), AppError> {
        let size = value.expose().len();
        let printable = value.expose().bytes().all(|b| (0x20..0x7f).contains(&b));
        if size == 0 || size > 16 * 1024 || !printable || name.is_empty() || name.len() > 100 {
            return Err(AppError::new(
                ErrorKind::Invalid,
                "TNR-APP-0020",
                "a secret is 1 to 16,384 printable ASCII characters and has a name",
                "check for a line break at the end of the file it came from",
            ));
        }
        let sealed = self
            .keyring
            .seal(&purpose(name, app, host), value.expose().as_bytes());
        self.store
            .put_secret(SecretRow {
                name: name.to_owned(),
                app: app.to_owned(),
                host: host.to_owned(),
                sealed,
                at: self.clock.now(),
            })
            .await?;
        self.bell.notify_waiters();
        Ok(())
    }

    /// The secret that an app's document names, if it is bound to this app and to the host it
    /// would be sent to.
    pub(crate) async fn secret_for(
        &self,
        app: &documents::App,
    ) -> Result<Option<Secret>, AppError> {
        let name = app.scim.auth.secret();
        let url = match &app.scim.auth {
            documents::Auth::Bearer { .. } => &app.scim.url,
            documents::Auth::ClientCredentials { token_url, .. } => token_url,
        };
        let Some(row) = self.store.secret(name).await? else {
            return Err(AppError::new(
                ErrorKind::Missing,
                "TNR-APP-0021",
                format!(
                    "the app `{}` names the secret `{name}`, which is not set",
                    app.name
                ),
                format!(
                    "set it with `tenure secret set {name} --app {} --host …`",
                    app.name
                ),
            ));
        };
        let host = host_of(url).unwrap_or_default();
        if row.app != app.name.as_str() || row.host != host {
            return Err(AppError::new(
                ErrorKind::Denied,
                "TNR-APP-0022",
                format!(
                    "the secret `{name}` is bound to the app `{}` and the host `{}`, not to `{}` and `{host}`",
                    row.app, row.host, app.name
                ),
                "set the secret again for this app and host if that is what you mean",
            ));
        }
        let plain = self
            .keyring
            .open(&purpose(name, &row.app, &row.host), &row.sealed)
            .map_err(|error| {
                AppError::new(
                    ErrorKind::Broken,
                    "TNR-APP-0023",
                    format!("the secret `{name}` cannot be opened: {error}"),
                    "give the node the key that sealed it, or set the secret again",
                )
            })?;
        let text = String::from_utf8(plain).map_err(|_| {
            AppError::new(
                ErrorKind::Broken,
                "TNR-APP-0023",
                "the secret is not text",
                "set it again",
            )
        })?;
        Ok(Some(Secret::new(text)))
    }
}

fn purpose(name: &str, app: &str, host: &str) -> String {
    format!("secret/{name}/{app}/{host}")
}

/// Host, and the port where it is not the scheme's own.
pub(crate) fn host_of(url: &str) -> Option<String> {
    let url = url::Url::parse(url).ok()?;
    let host = url.host_str()?;
    Some(match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    })
}
