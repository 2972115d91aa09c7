//! Adapters for what documents describe: SCIM targets, CSV sources, channels and relying parties.

use std::sync::Arc;

use app::{Connect, ReadSource};
use connectors::channel::{Encryption, Login, Mailbox, Slack, Smtp, Webhook};
use connectors::handoff::Paper;
use connectors::ldap;
use connectors::upstream::HttpUpstream;
use connectors::{BackChannelLogout, ScimTarget};
use documents::{Auth, By, ClientAuth, SmtpTls};
use model::Secret;
use model::source::{CsvMapping, Delivery};
use ports::handoff::Paperwork;
use ports::{BackChannel, Channel, Passwords, Target, Upstream};
use protocol::scim::profile::{
    ClientSecretStyle, DeleteStyle, ScimAuth, ScimProfile, ScimSettings,
};
use serde_json::{Value, json};

/// Connects to the targets of `App` documents.
pub struct Targets;

#[async_trait::async_trait]
impl Connect for Targets {
    fn check(&self, app: &documents::App) -> Result<(), String> {
        let Some(scim) = app.scim() else {
            return Ok(());
        };
        let settings = settings(app, scim)?;
        let never = settings.profile.delete == DeleteStyle::Deactivates;
        if never && app.delete_after_days.is_some() {
            let problem = "by its profile this app never deletes users, it only disables them; \
                           remove `leaver.delete_after_days`";
            return Err(problem.to_owned());
        }
        Ok(())
    }

    async fn connect(
        &self,
        app: &documents::App,
        secret: Option<Secret>,
    ) -> Result<Arc<dyn Target>, String> {
        let scim = app.scim().ok_or("it is not reached by SCIM")?;
        let settings = settings(app, scim)?;
        let secret = secret.ok_or("its secret is not set")?;
        let target = ScimTarget::new(&settings, secret).map_err(|e| e.to_string())?;
        Ok(Arc::new(target))
    }

    fn channel(
        &self,
        channel: &documents::Channel,
        secret: Option<Secret>,
    ) -> Result<Arc<dyn Channel>, String> {
        let private = channel.allow_private;
        let unset = || "its secret is not set".to_owned();
        Ok(match &channel.by {
            By::Smtp(smtp) => Arc::new(mail(smtp, secret, private)?),
            By::Webhook { url, .. } => {
                Arc::new(Webhook::new(url, &secret.ok_or_else(unset)?, private)?)
            }
            By::Slack { host, .. } => {
                Arc::new(Slack::new(&secret.ok_or_else(unset)?, host, private)?)
            }
        })
    }

    fn back_channel(&self, allow_private: bool) -> Result<Arc<dyn BackChannel>, String> {
        Ok(Arc::new(BackChannelLogout::new(allow_private)?))
    }

    fn upstream(&self, allow_private: bool) -> Result<Arc<dyn Upstream>, String> {
        Ok(Arc::new(HttpUpstream::new(allow_private)?))
    }

    fn metadata(&self, allow_private: bool) -> Result<Arc<dyn Upstream>, String> {
        Ok(Arc::new(HttpUpstream::metadata(allow_private)?))
    }

    fn passwords(
        &self,
        directory: &documents::PasswordDirectory,
        secret: Secret,
    ) -> Result<Arc<dyn Passwords>, String> {
        let settings = ldap::Settings {
            host: directory.host.clone(),
            port: directory.port,
            tls: match directory.starttls {
                true => ldap::Tls::StartTls,
                false => ldap::Tls::Ldaps,
            },
            authorities: directory.authorities.clone(),
            allow_private: directory.allow_private,
            account: (directory.account.clone(), secret),
            base: directory.base.clone(),
            attribute: directory.attribute.clone(),
            object_class: directory.object_class.clone(),
        };
        Ok(Arc::new(ldap::Ldap::new(settings)?))
    }

    fn paperwork(&self) -> Option<Arc<dyn Paperwork>> {
        Some(Arc::new(Paper))
    }
}

fn mail(smtp: &documents::Smtp, secret: Option<Secret>, private: bool) -> Result<Smtp, String> {
    let encryption = match smtp.tls {
        SmtpTls::Starttls => Encryption::Starttls,
        SmtpTls::Implicit => Encryption::Implicit,
        SmtpTls::None => Encryption::None,
    };
    let login = match &smtp.login {
        None => None,
        Some((user, _)) => Some(Login {
            user: user.clone(),
            password: secret.ok_or("its secret is not set")?,
        }),
    };
    let mailbox = Mailbox {
        from: smtp.from.clone(),
        to: smtp.to.clone(),
    };
    Smtp::new(&smtp.host, smtp.port, encryption, mailbox, login, private)
}

fn settings(app: &documents::App, scim: &documents::Scim) -> Result<ScimSettings, String> {
    let auth = match &scim.auth {
        Auth::Bearer { .. } => ScimAuth::Bearer,
        Auth::ClientCredentials {
            token_url,
            client_id,
            scope,
            method,
            ..
        } => ScimAuth::ClientCredentials {
            token_url: token_url.clone(),
            client_id: client_id.clone(),
            scope: scope.clone(),
            style: match method {
                ClientAuth::Basic => ClientSecretStyle::Basic,
                ClientAuth::Post => ClientSecretStyle::Post,
            },
        },
    };
    let mut settings = ScimSettings::bearer(scim.url.clone());
    settings.auth = auth;
    settings.allow_private = scim.allow_private;
    settings.profile = profile(app, &scim.profile)?;
    Ok(settings)
}

/// The preset with its overrides; unknown keys are refused.
fn profile(app: &documents::App, wanted: &documents::Profile) -> Result<ScimProfile, String> {
    let preset = ScimProfile::preset(&wanted.preset)
        .ok_or_else(|| format!("there is no profile `{:.60}`", wanted.preset))?;
    let mut value = serde_json::to_value(preset).map_err(|e| e.to_string())?;
    let mut set = |name: &str, new: Value| -> Result<(), String> {
        let Some(slot) = value.get_mut(name) else {
            return Err(format!("a profile has no `{name:.60}`"));
        };
        *slot = new;
        Ok(())
    };
    for (name, new) in &wanted.overrides {
        set(name, new.clone())?;
    }
    if let Some(rate) = app.limits.requests_per_second {
        set("requests_per_second", json!(rate))?;
    }
    if let Some(concurrency) = app.limits.concurrency {
        set("concurrency", json!(concurrency))?;
    }
    serde_json::from_value(value).map_err(|e| format!("its profile cannot be read: {e}"))
}

/// Reads CSV sources.
pub struct CsvSources;

impl ReadSource for CsvSources {
    fn read(&self, mapping: &CsvMapping, place: &str, bytes: &[u8]) -> Delivery {
        connectors::csv_source::read(place, bytes, mapping)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    const HR: &str = "kind: Source
metadata: {name: hr}
spec:
  format: csv
  key: id
  attributes: {email: {column: mail, required: true}}
  zone: {default: Europe/Berlin}
  delivery: full
";

    fn checked(profile: &str) -> Result<(), String> {
        checked_with(profile, "observe")
    }

    fn checked_with(profile: &str, mode: &str) -> Result<(), String> {
        let app = format!(
            "kind: App
metadata: {{name: wiki}}
spec:
  scim:
    url: https://wiki.example/scim/v2
    auth: {{bearer: {{secret: wiki-token}}}}
    profile: {profile}
  mode: {mode}
  account:
    match: [userName]
    attributes: {{userName: person.email}}
"
        );
        let tenant = documents::load(&[("hr.yaml", HR), ("wiki.yaml", &app)]).unwrap();
        Targets.check(&tenant.apps[&"wiki".into()])
    }

    #[test]
    fn what_never_deletes_users_is_asked_for_no_deletion() {
        let deletes = "observe\n  leaver: {delete_after_days: 90}";
        let never = "{overrides: {delete: deactivates}}";
        assert_eq!(checked_with("rfc", deletes), Ok(()));
        assert_eq!(checked_with(never, "observe"), Ok(()));
        let refused = checked_with(never, deletes).unwrap_err();
        assert!(
            refused.contains("remove `leaver.delete_after_days`"),
            "{refused}"
        );
    }

    #[test]
    fn a_profile_that_nobody_knows_is_refused_before_it_is_accepted() {
        assert_eq!(checked("rfc"), Ok(()));
        assert_eq!(checked("{overrides: {page_size: 50}}"), Ok(()));
        for (profile, said) in [
            ("okat", "there is no profile `okat`"),
            ("{overrides: {page_sise: 50}}", "no `page_sise`"),
            ("{overrides: {page_size: many}}", "cannot be read"),
        ] {
            let refused = checked(profile).unwrap_err();
            assert!(refused.contains(said), "{profile}: {refused}");
        }
    }
}
