//! A company that signs in, made in a data directory and served by the real binary.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use app::{Answer, App, Asker, SignInFrom};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use model::{Actor, Digest, Secret};
use protocol::oauth::Issuer;
use store::{LocalKeyRing, TenureStore};
use testkit::{Company as Apps, SeededEntropy};

use crate::process::{Server, init};
use crate::rig::{Wall, folder, hr_file, open_with};
use crate::{Failure, rig};

/// The password of everybody who has one.
pub const PASSWORD: &str = "correct horse battery staple";
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

const DOCUMENTS: &str = r#"kind: Group
metadata: {name: everyone}
spec: {when: "true"}
---
kind: SignOnPolicy
metadata: {name: all}
spec:
  login: person.email
  rules: [{name: all, demand: any-factor}]
---
kind: RelyingParty
metadata: {name: wiki}
spec:
  groups: [everyone]
  oidc:
    redirect_uris: ["https://wiki.acme.example/cb"]
    client: {secret: wiki-client, method: basic}
    grants: [authorization_code, refresh_token]
    claims: {email: person.email}
---
kind: RelyingParty
metadata: {name: robot-es256}
spec:
  groups: [everyone]
  oidc:
    redirect_uris: ["https://robot.acme.example/cb"]
    client: {secret: robot-es256, method: basic}
    grants: [authorization_code, client_credentials]
    scopes: [openid, "api:read", "api:write"]
    access_token: {audience: "https://api.acme.example"}
---
kind: RelyingParty
metadata: {name: robot-rs256}
spec:
  groups: [everyone]
  oidc:
    redirect_uris: ["https://robot.acme.example/cb"]
    client: {secret: robot-rs256, method: basic}
    grants: [authorization_code, client_credentials]
    scopes: [openid, "api:read", "api:write"]
    access_token: {alg: RS256, audience: "https://api.acme.example"}
"#;

/// A served company. The directory goes with it.
pub struct Company {
    pub server: Server,
    pub address: SocketAddr,
    secrets: Vec<(String, Secret)>,
    _folder: tempfile::TempDir,
}

impl Company {
    /// So many people, of whom so many have a password, and whatever else `more` writes into the store
    /// before it is served.
    pub async fn serve(
        people: usize,
        enrolled: usize,
        more: impl AsyncFnOnce(&TenureStore) -> Result<(), Failure>,
    ) -> Result<Self, Failure> {
        let folder = folder()?;
        let data = folder.path().join("data");
        let port = init(&data)?;
        open_the_gates(&data)?;
        let keyring = keyring(&data)?;
        let connect = Arc::new(Apps::with(&[]));
        let path = data.join("tenure.db");
        let (app, store) = open_with(&path, connect, Arc::new(Wall), keyring)?;
        let app = (*app)
            .clone()
            .issuing(Issuer::on_loopback(&format!("http://127.0.0.1:{port}"))?);
        let secrets = hires(&app, people).await?;
        for n in 0..enrolled {
            enrol(&app, n).await?;
        }
        more(&store).await?;
        drop((app, store));
        let (server, _) = Server::start(&data, port)?;
        Ok(Self {
            server,
            address: SocketAddr::from(([127, 0, 0, 1], port)),
            secrets,
            _folder: folder,
        })
    }

    /// The `Authorization` header of a client.
    pub fn proves(&self, client: &str) -> String {
        let secret = self.secrets.iter().find(|(name, _)| name == client);
        let secret = secret.map_or("", |(_, secret)| secret.expose());
        format!(
            "authorization: Basic {}\r\n",
            STANDARD.encode(format!("{client}:{secret}"))
        )
    }
}

/// What people type as their name.
pub fn login(n: usize) -> String {
    format!("first{n}.last{n}@acme.example")
}

/// The query of an authorization request.
pub fn request() -> String {
    let challenge = URL_SAFE_NO_PAD.encode(Digest::of(VERIFIER.as_bytes()).0);
    format!(
        "/oauth2/authorize?client_id=wiki&redirect_uri=https%3A%2F%2Fwiki.acme.example%2Fcb\
         &response_type=code&scope=openid%20email&state=s&nonce=n&code_challenge={challenge}\
         &code_challenge_method=S256"
    )
}

/// One machine calls as often as it can, which no address does out there.
fn open_the_gates(data: &Path) -> Result<(), Failure> {
    let path = data.join("tenure.toml");
    let mut text = std::fs::read_to_string(&path)?;
    text.push_str("\n[limits]\ncalls_per_second_of_address = 1000000\n");
    std::fs::write(path, text)?;
    Ok(())
}

fn keyring(data: &Path) -> Result<LocalKeyRing, Failure> {
    let text = std::fs::read_to_string(data.join("master.key"))?;
    let key: Digest = text.trim().parse().map_err(|_| "no master key")?;
    let entropy = Arc::new(SeededEntropy::new(17));
    LocalKeyRing::new(&key.0, &[], entropy).map_err(|e| e.to_string().into())
}

async fn hires(app: &App, people: usize) -> Result<Vec<(String, Secret)>, Failure> {
    let actor = Actor::named("bench");
    let documents = vec![
        ("hr.yaml".to_owned(), rig::SOURCE.to_owned()),
        ("sign-on.yaml".to_owned(), DOCUMENTS.to_owned()),
    ];
    app.accept_documents(&actor, documents, false).await?;
    let file = hr_file(people, |_| "Engineer".to_owned());
    app.deliver(&actor, "hr", "hr.csv", file.as_bytes(), false)
        .await?;
    let mut secrets = Vec::new();
    for name in ["wiki", "robot-es256", "robot-rs256"] {
        let made = app.make_client_secret(&actor, name).await?;
        secrets.push((name.to_owned(), made.secret));
    }
    Ok(secrets)
}

/// Somebody sets a password up with a pass.
async fn enrol(app: &App, n: usize) -> Result<(), Failure> {
    let (desk, life) = (Actor::named("desk"), Duration::from_secs(3_600));
    let key = format!("W{n:06}");
    let pass = app.issue_pass(&desk, &key, life, "in person").await?.secret;
    let browser = app.new_browser();
    let from = SignInFrom {
        network: [192, 0, 2, 7].into(),
        agent: None,
    };
    let asker = || Asker {
        session: None,
        browser: browser.expose(),
        from: &from,
    };
    let begun = app.begin(asker(), None);
    let asked = app
        .send_pass(attempt(&begun)?, &login(n), pass.expose(), asker())
        .await?;
    let password = Secret::new(PASSWORD);
    let twice = (&password, &password);
    app.enrol_password(attempt(&asked)?, twice, asker()).await?;
    Ok(())
}

fn attempt(answer: &Answer) -> Result<&str, Failure> {
    match answer {
        Answer::Ask { attempt, .. } => Ok(attempt),
        other => Err(format!("no page that asks: {other:?}").into()),
    }
}
