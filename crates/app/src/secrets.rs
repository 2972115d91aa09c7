//! Secrets: sealed in the store, bound to one app and one host.

use model::{Actor, Secret, Timestamp};
use ports::store::{SecretName, SecretRow};

use crate::oidc::is_private_key;
use crate::sign_in::is_address_key;
use crate::{App, AppError, ErrorKind};

/// A secret as it is set.
#[derive(Debug, Clone, Copy)]
pub struct GivenSecret<'a> {
    /// Its name, as documents refer to it.
    pub name: &'a str,
    /// The app it may be used for, or `channel/` and a channel, or `identity-provider/` and one of these.
    pub app: &'a str,
    /// The host, with port where it is not the usual one, that it may be sent to.
    pub host: &'a str,
    /// The value.
    pub value: &'a Secret,
    /// When it ends, where that is known.
    pub expires: Option<Timestamp>,
}

impl App {
    /// Sets or replaces a secret. It may be used by `app` only, and sent to `host` only (host
    /// and port, as in the app's URL or token URL).
    ///
    /// # Errors
    /// `Invalid` for an empty or oversized value.
    pub async fn set_secret(
        &self,
        actor: &Actor,
        name: &str,
        app: &str,
        host: &str,
        value: &Secret,
    ) -> Result<(), AppError> {
        let given = GivenSecret {
            name,
            app,
            host,
            value,
            expires: None,
        };
        self.keep_secret(actor, given).await
    }

    /// The same, of which it may be known when it ends: people are told of it before.
    ///
    /// # Errors
    /// Also `Invalid` for one that has ended.
    pub async fn keep_secret(
        &self,
        _actor: &Actor,
        given: GivenSecret<'_>,
    ) -> Result<(), AppError> {
        let now = self.check_secret(given)?;
        let GivenSecret {
            name,
            app,
            host,
            value,
            expires,
        } = given;
        let sealed = self
            .keyring
            .seal(&purpose(name, app, host), value.expose().as_bytes());
        self.store
            .put_secret(SecretRow {
                name: name.to_owned(),
                app: app.to_owned(),
                host: host.to_owned(),
                sealed,
                at: now,
                expires,
            })
            .await?;
        self.bell.notify_waiters();
        Ok(())
    }

    /// Whether a secret could be set now; and that now.
    ///
    /// # Errors
    /// As [`App::keep_secret`].
    pub fn check_secret(&self, given: GivenSecret<'_>) -> Result<Timestamp, AppError> {
        let GivenSecret {
            name,
            value,
            expires,
            ..
        } = given;
        if is_ours(name) {
            return Err(AppError::new(
                ErrorKind::Invalid,
                "TNR-APP-0020",
                "names that begin with `signing-key/` or `address-key/` are those of Tenure's own keys",
                "choose another name; new keys are made with `tenure signing-keys roll`",
            ));
        }
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
        let now = self.clock.now();
        if let Some(expires) = expires.filter(|at| *at <= now) {
            return Err(AppError::new(
                ErrorKind::Invalid,
                "TNR-APP-0024",
                format!("the secret ended at {expires}"),
                "set one that still holds, or leave its end out",
            ));
        }
        Ok(now)
    }

    /// The names of the secrets that people set or asked for, and what they are bound to. The private
    /// halves of signing keys are kept as secrets too; nobody but Tenure has any business with those.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn secret_names(&self) -> Result<Vec<SecretName>, AppError> {
        let mut names = self.store.secret_names().await?;
        names.retain(|row| !is_ours(&row.name));
        Ok(names)
    }

    /// The secret that an app's document names, if it is bound to this app and to the host it
    /// would be sent to.
    pub(crate) async fn secret_for(
        &self,
        app: &documents::App,
    ) -> Result<Option<Secret>, AppError> {
        let Some(scim) = app.scim() else {
            return Ok(None);
        };
        let name = scim.auth.secret();
        let url = match &scim.auth {
            documents::Auth::Bearer { .. } => &scim.url,
            documents::Auth::ClientCredentials { token_url, .. } => token_url,
        };
        let user = User {
            kind: "app",
            name: app.name.as_str(),
            bound: app.name.as_str().to_owned(),
            host: host_of(url).unwrap_or_default(),
        };
        self.secret_of(name, &user).await.map(Some)
    }

    /// The secret that a channel's document names, if it names one, and if it is bound to this
    /// channel and to its host.
    pub(crate) async fn channel_secret(
        &self,
        channel: &documents::Channel,
    ) -> Result<Option<Secret>, AppError> {
        let Some(name) = channel.secret() else {
            return Ok(None);
        };
        let host = match &channel.by {
            documents::By::Smtp(smtp) => smtp.place(),
            documents::By::Webhook { url, .. } => host_of(url).unwrap_or_default(),
            documents::By::Slack { host, .. } => host.clone(),
        };
        let user = User {
            kind: "channel",
            name: &channel.name,
            bound: format!("{CHANNEL}{}", channel.name),
            host,
        };
        self.secret_of(name, &user).await.map(Some)
    }

    /// The secret by which we prove who we are to an identity provider, if it is bound to it and to the host of
    /// its token endpoint.
    pub(crate) async fn upstream_secret(
        &self,
        provider: &str,
        secret: &str,
        token_endpoint: &str,
    ) -> Result<Secret, AppError> {
        let user = User {
            kind: "identity-provider",
            name: provider,
            bound: format!("{IDENTITY_PROVIDER}{provider}"),
            host: host_of(token_endpoint).unwrap_or_default(),
        };
        self.secret_of(secret, &user).await
    }

    /// The password of the account by which a directory is searched, if it is bound to that directory and its host.
    pub(crate) async fn directory_secret(
        &self,
        directory: &documents::PasswordDirectory,
    ) -> Result<Secret, AppError> {
        let user = User {
            kind: "password-directory",
            name: &directory.name,
            bound: format!("password-directory/{}", directory.name),
            host: directory.place(),
        };
        self.secret_of(&directory.secret, &user).await
    }

    async fn secret_of(&self, name: &str, user: &User<'_>) -> Result<Secret, AppError> {
        let (kind, of, host) = (user.kind, user.name, &user.host);
        let Some(row) = self.store.secret(name).await? else {
            return Err(AppError::new(
                ErrorKind::Missing,
                "TNR-APP-0021",
                format!("the {kind} `{of}` names the secret `{name}`, which is not set"),
                format!("set it with `tenure secret set {name} --{kind} {of} --host {host}`"),
            ));
        };
        if row.app != user.bound || row.host != *host {
            let (kind_of, name_of) = match row.app.split_once('/') {
                Some(bound) => bound,
                None => ("app", row.app.as_str()),
            };
            return Err(AppError::new(
                ErrorKind::Denied,
                "TNR-APP-0022",
                format!(
                    "the secret `{name}` is bound to the {kind_of} `{name_of}` and the host `{}`, \
                     not to the {kind} `{of}` and `{host}`",
                    row.host
                ),
                format!("set the secret again for this {kind} and host if that is what you mean"),
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
        Ok(Secret::new(text))
    }
}

/// What stands before the name of a channel where a secret is bound to one: no app's name holds a
/// slash.
const CHANNEL: &str = "channel/";
/// The same for an identity provider.
pub const IDENTITY_PROVIDER: &str = "identity-provider/";

/// Who uses a secret, and where it is sent.
struct User<'a> {
    kind: &'static str,
    name: &'a str,
    /// As the secret's row spells it.
    bound: String,
    host: String,
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

/// Whether a secret of this name is a key that Tenure makes for itself.
fn is_ours(name: &str) -> bool {
    is_private_key(name) || is_address_key(name)
}
