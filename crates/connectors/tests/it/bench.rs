//! A SCIM target against an emulated provider, as the conformance suite wants it.

use std::time::Duration;

use connectors::ScimTarget;
use emulate::{Access, Fault, Provider, RetryForm, Serving, Shared, Temperament, serve};
use model::{Attributes, Completeness, Kind, RemoteId, Secret, Value};
use ports::Target;
use ports::conformance::target::Bench;
use protocol::scim::{ENTERPRISE, ScimProfile, ScimSettings};

pub const SECRET: &str = "s3cret-token-of-the-test";

/// Serves a provider of this temperament on a free port.
pub async fn provider(temperament: Temperament) -> Serving {
    let provider = Provider::new(temperament, Access::Bearer(SECRET.to_owned()));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    serve(listener, Shared::new(provider)).unwrap()
}

pub fn settings(base_url: String, profile: ScimProfile) -> ScimSettings {
    ScimSettings {
        profile,
        allow_private: true,
        ..ScimSettings::bearer(base_url)
    }
}

pub fn target(serving: &Serving, profile: ScimProfile) -> ScimTarget {
    let settings = settings(serving.base_url(), profile);
    ScimTarget::new(&settings, Secret::new(SECRET)).unwrap()
}

/// Attributes of a made-up person, in every form of path.
pub fn person(number: usize, profile: &ScimProfile) -> Attributes {
    let mut out = Attributes::new();
    let mut put = |path: &str, text: String| {
        if !profile.lacking(path) {
            out.insert(path.to_owned(), Value::Text(text));
        }
    };
    put("userName", format!("person{number}"));
    put("displayName", format!("Añá \"{number}\" O'Neill"));
    put("title", format!("Job {number}"));
    put("name.givenName", format!("Añá{number}"));
    put("name.familyName", "O'Neill".to_owned());
    put(
        "emails[type eq \"work\"].value",
        format!("person{number}@acme.com"),
    );
    put(
        "phoneNumbers[type eq \"work\"].value",
        format!("+49 30 {number}"),
    );
    put(
        &format!("{ENTERPRISE}:department"),
        format!("Dept {number}"),
    );
    put(
        &format!("{ENTERPRISE}:employeeNumber"),
        format!("E{number}"),
    );
    put(&format!("{ENTERPRISE}:manager"), format!("boss-{number}"));
    out
}

pub struct Emulated {
    pub serving: Serving,
    pub target: ScimTarget,
    pub best: Completeness,
}

impl Emulated {
    pub async fn new(temperament: Temperament, profile: ScimProfile) -> Self {
        let serving = provider(temperament).await;
        let target = target(&serving, profile);
        Self {
            serving,
            target,
            best: Completeness::Full,
        }
    }
}

impl Bench for Emulated {
    fn target(&self) -> &dyn Target {
        &self.target
    }

    fn account(&self, number: usize) -> Attributes {
        person(number, self.target.profile())
    }

    fn group(&self, number: usize) -> Attributes {
        Attributes::from([(
            "displayName".to_owned(),
            Value::Text(format!("Group {number}")),
        )])
    }

    fn naming(&self, kind: Kind) -> &str {
        if kind == Kind::Account {
            "userName"
        } else {
            "displayName"
        }
    }

    fn changeable(&self) -> &str {
        "title"
    }

    fn secret(&self) -> &str {
        SECRET
    }

    fn stores_external(&self) -> bool {
        self.target.profile().external_id
    }

    fn best_listing(&self) -> Completeness {
        self.best
    }

    fn lose_next_answer(&self) {
        self.serving.provider.lock().inject(Fault::LoseAnswer);
    }

    fn be_busy_once(&self, wait: Duration, as_date: bool) -> bool {
        let form = if as_date {
            RetryForm::Date
        } else {
            RetryForm::Seconds
        };
        let seconds = u32::try_from(wait.as_secs()).unwrap();
        self.serving
            .provider
            .lock()
            .inject(Fault::Busy { seconds, form });
        true
    }

    fn meddle(&self, kind: Kind, remote: &RemoteId) -> bool {
        self.serving
            .provider
            .lock()
            .meddle(kind, remote.as_str(), |body| {
                body.insert("title".to_owned(), "changed by an administrator".into());
            });
        true
    }
}
