//! The apps: SCIM servers on this host, each with a temper of its own.

use std::sync::Arc;

use emulate::{Access, Provider, Request, RetryForm, Serving, Shared, Temperament, Throttle};
use model::{Kind, Secret};
use ports::Clock;
use protocol::scim::Object;
use serde_json::{Value, json};

use super::broken;
use super::clock::StoryClock;
use crate::failure::Failure;

/// Their names, as documents call them.
pub const NAMES: [&str; 4] = ["wiki", "chat", "code", "crm"];
/// The enterprise extension.
pub const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// One app, served.
pub struct Double {
    /// Its name.
    pub name: &'static str,
    /// The app itself, to look at and to meddle with.
    pub provider: Shared,
    token: String,
    serving: Serving,
}

/// All of them.
pub struct Apps(Vec<Double>);

impl Apps {
    /// Serves them, on ports that are free, for whoever has the token of each.
    pub async fn open(token: &str, clock: &Arc<StoryClock>) -> Result<Self, Failure> {
        let mut apps = Vec::new();
        for name in NAMES {
            let token = format!("{name}-{token}");
            let access = Access::Bearer(token.clone());
            let provider = Shared::new(Provider::new(Temperament::named(name), access));
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
            let listener = listener.map_err(|e| broken(e.to_string()))?;
            let clock = Arc::clone(clock);
            let shows = Arc::new(move || clock.now());
            let serving = emulate::serve_by(listener, provider.clone(), shows);
            let serving = serving.map_err(|e| broken(e.to_string()))?;
            apps.push(Double {
                name,
                provider,
                token,
                serving,
            });
        }
        Ok(Self(apps))
    }

    /// One of them.
    pub fn get(&self, name: &str) -> Result<&Double, Failure> {
        let found = self.0.iter().find(|app| app.name == name);
        found.ok_or_else(|| broken(format!("the story has no app `{name}`")))
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Double> {
        self.0.iter()
    }

    /// From now on they behave as such apps do.
    pub fn show_their_temper(&self) -> Result<(), Failure> {
        let form = RetryForm::Seconds;
        self.mood("wiki", |mood| mood.pretends_every = 40)?;
        self.mood("chat", |mood| {
            mood.throttle = Some(Throttle {
                every: 25,
                seconds: 5,
                form,
            });
        })?;
        self.mood("code", |mood| mood.ignores_filter = true)?;
        self.mood("crm", |mood| mood.loses_answer_every = 15)
    }

    /// The storm is over. What an app is, it stays.
    pub fn calm_down(&self) -> Result<(), Failure> {
        self.mood("wiki", |mood| mood.pretends_every = 0)?;
        self.mood("chat", |mood| mood.throttle = None)?;
        self.mood("crm", |mood| mood.loses_answer_every = 0)
    }

    /// How many of its accounts may be used: 0 for as many as one likes.
    pub fn seats(&self, name: &str, seats: usize) -> Result<(), Failure> {
        self.mood(name, |mood| mood.seats = seats)
    }

    fn mood(&self, name: &str, change: impl FnOnce(&mut Temperament)) -> Result<(), Failure> {
        change(self.get(name)?.provider.lock().temperament_mut());
        Ok(())
    }
}

impl Double {
    /// Where it is.
    pub fn url(&self) -> String {
        self.serving.base_url()
    }

    /// Its host and port.
    pub fn host(&self) -> String {
        self.serving.address.to_string()
    }

    /// What lets in.
    pub fn secret(&self) -> Secret {
        Secret::new(self.token.clone())
    }

    /// Everything of a kind that it holds.
    pub fn objects(&self, kind: Kind) -> Vec<Object> {
        self.provider.lock().objects(kind)
    }

    /// The account of this name; `None` where there is none, or where there are several.
    pub fn account(&self, name: &str) -> Option<Object> {
        let mut found = self.objects(Kind::Account);
        found.retain(|user| {
            text(user, "userName").is_some_and(|own| own.eq_ignore_ascii_case(name))
        });
        match found.len() {
            1 => found.pop(),
            _ => None,
        }
    }

    /// Makes something there, as its administrators did before Tenure came. Gives its id.
    pub fn plant(&self, kind: Kind, object: &Value) -> Result<String, Failure> {
        let collection = match kind {
            Kind::Account => "Users",
            Kind::Group | Kind::Grant => "Groups",
        };
        let reply = self.provider.lock().handle(&Request {
            method: "POST".to_owned(),
            path: format!("{}/{collection}", emulate::BASE),
            headers: vec![("authorization".to_owned(), format!("Bearer {}", self.token))],
            body: object.to_string().into_bytes(),
            ..Request::default()
        });
        let made: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
        match (reply.status, made["id"].as_str()) {
            (201, Some(id)) => Ok(id.to_owned()),
            (status, _) => Err(broken(format!("{} says {status} to an account", self.name))),
        }
    }

    /// Puts an account into a group by hand.
    pub fn join_by_hand(&self, group: &str, name: &str) -> Result<(), Failure> {
        let groups = self.objects(Kind::Group);
        let group = groups
            .iter()
            .find(|one| text(one, "displayName") == Some(group));
        let group = group.and_then(|one| text(one, "id"));
        let account = self.account(name);
        let account = account.as_ref().and_then(|user| text(user, "id"));
        let (Some(group), Some(account)) = (group, account) else {
            return Err(broken(format!(
                "{} has no account {name} to meddle with",
                self.name
            )));
        };
        self.provider.lock().meddle(Kind::Group, group, |one| {
            if let Some(Value::Array(members)) = one.get_mut("members") {
                members.push(json!({"value": account}));
            }
        });
        Ok(())
    }
}

/// A text of an object.
pub fn text<'a>(object: &'a Object, name: &str) -> Option<&'a str> {
    object.get(name).and_then(Value::as_str)
}

/// Whether an account may be used.
pub fn is_active(user: &Object) -> bool {
    user.get("active") != Some(&Value::Bool(false))
}
