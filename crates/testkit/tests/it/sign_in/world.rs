//! A small company that signs in, on each store, with two nodes.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use app::{Answer, App, Asker, Connect, Given, Notifier, SignInFrom, TokenCall};
use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use model::{Digest, Secret, notice};
use ports::conformance::cluster;
use ports::{BackChannel, Channel, Letter, Passwords, Store, Target, Upstream};
use protocol::oauth::{Issuer, Object, Response};
use store::{PostgresOptions, StorePorts, TenureStore};
use testkit::between::Between;
use testkit::node::{actor, keyring, morning};
use testkit::{Company, Directory, Elsewhere, Node, Relying, SeededEntropy, SimClock};

pub const SIGN_ON: &str = r#"kind: Group
metadata: {name: engineers}
spec: {when: 'person.department.orValue("") == "Engineering"'}
---
kind: RelyingParty
metadata: {name: wiki}
spec:
  groups: [engineers]
  oidc:
    redirect_uris: ["https://wiki.acme.example/cb"]
    client: {secret: wiki-client, method: basic}
    grants: [authorization_code, refresh_token]
    scopes: [openid, email]
    refresh_days: 30
    claims: {email: person.email}
---
kind: RelyingParty
metadata: {name: other}
spec:
  groups: [engineers]
  oidc:
    redirect_uris: ["https://other.acme.example/cb"]
    client: {secret: other-client, method: basic}
    grants: [authorization_code, refresh_token]
    refresh_days: 30
---
kind: RelyingParty
metadata: {name: robot}
spec:
  groups: [engineers]
  oidc:
    redirect_uris: ["https://robot.acme.example/cb"]
    client: {secret: robot-client, method: basic}
    grants: [authorization_code, client_credentials]
    scopes: [openid, profile, "api:read", "api:write"]
    access_token: {audience: "https://api.acme.example"}
---
kind: RelyingParty
metadata: {name: probe}
spec:
  groups: [engineers]
  oidc:
    redirect_uris: ["https://probe.acme.example/cb"]
    client: {secret: probe-client, method: basic}
    grants: [authorization_code, client_credentials]
    scopes: [openid, "probe:read"]
    access_token: {format: opaque, minutes: 5}
"#;

/// The clients, by the numbers that tests have for them.
const CLIENTS: [&str; 4] = ["wiki", "other", "robot", "probe"];

/// What everybody is asked for.
pub fn policy(demand: &str) -> String {
    format!(
        "kind: SignOnPolicy\nmetadata: {{name: all}}\nspec:\n  login: person.email\n  rules:\n    \
         - {{name: all, demand: {demand}}}\n"
    )
}

/// The password of everybody who has one.
pub const PASSWORD: &str = "correct horse battery staple";
/// What a client proves that a code is its own with.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// Mails that were sent: to whom, and what.
pub type Post = Arc<Mutex<Vec<(Vec<String>, Letter)>>>;

/// A company with a mail server that takes everything.
struct House {
    company: Company,
    post: Post,
}

#[async_trait]
impl Connect for House {
    async fn connect(
        &self,
        app: &documents::App,
        secret: Option<Secret>,
    ) -> Result<Arc<dyn Target>, String> {
        self.company.connect(app, secret).await
    }

    fn channel(
        &self,
        channel: &documents::Channel,
        _secret: Option<Secret>,
    ) -> Result<Arc<dyn Channel>, String> {
        let to = match &channel.by {
            documents::By::Smtp(smtp) => smtp.to.clone(),
            _ => Vec::new(),
        };
        Ok(Arc::new(Mail(to, Arc::clone(&self.post))))
    }

    fn passwords(
        &self,
        directory: &documents::PasswordDirectory,
        secret: Secret,
    ) -> Result<Arc<dyn Passwords>, String> {
        self.company.passwords(directory, secret)
    }

    fn metadata(&self, allow_private: bool) -> Result<Arc<dyn Upstream>, String> {
        self.company.metadata(allow_private)
    }

    fn upstream(&self, allow_private: bool) -> Result<Arc<dyn Upstream>, String> {
        self.company.upstream(allow_private)
    }

    fn back_channel(&self, allow_private: bool) -> Result<Arc<dyn BackChannel>, String> {
        self.company.back_channel(allow_private)
    }
}

struct Mail(Vec<String>, Post);

#[async_trait]
impl Channel for Mail {
    async fn tell(&self, letter: &Letter, _deadline: Duration) -> notice::Answer {
        let sent = (self.0.clone(), letter.clone());
        self.1.lock().unwrap().push(sent);
        let detail = String::new();
        notice::Answer::Delivered { detail }
    }
}

/// Two nodes on one store.
pub struct World {
    pub nodes: [App; 2],
    pub clock: Arc<SimClock>,
    pub store: Arc<dyn Store>,
    /// Who is told of the end of sessions, by both nodes.
    pub relying: Arc<Relying>,
    /// Who knows passwords that have not been moved here yet.
    pub directory: Arc<Directory>,
    /// Who vouches for people, to both nodes.
    pub elsewhere: Arc<Elsewhere>,
    /// Mails that either node sent.
    pub post: Post,
    /// The secrets of the clients, in the order of [`CLIENTS`].
    secrets: Vec<Secret>,
    /// The company's HR file.
    pub rows: Vec<String>,
}

/// A browser.
#[derive(Clone)]
pub struct Browser {
    pub session: Option<String>,
    pub held: Secret,
    pub from: SignInFrom,
}

impl Browser {
    pub fn asker(&self) -> Asker<'_> {
        Asker {
            session: self.session.as_deref(),
            browser: self.held.expose(),
            from: &self.from,
        }
    }

    /// Keeps what an answer sets.
    pub fn keep(&mut self, answer: &Answer) {
        if let Answer::Send { signed_in, .. }
        | Answer::Device { signed_in, .. }
        | Answer::Home { signed_in } = answer
            && let Some(signed_in) = signed_in
        {
            self.session = Some(signed_in.cookie.expose().to_owned());
        }
    }
}

fn node(store: Arc<dyn Store>, clock: &Arc<SimClock>, salt: u64, house: House) -> App {
    let node = Node::over(
        store,
        Arc::clone(clock),
        Arc::new(SeededEntropy::new(salt)),
        Arc::new(keyring().unwrap()),
        Arc::new(house),
        "node",
    );
    let issuer = Issuer::new("https://id.acme.example").unwrap();
    (*node.app).clone().issuing(issuer)
}

impl World {
    /// One on each store that is there.
    pub async fn each(demand: &str) -> Vec<Self> {
        let mut worlds = vec![Self::on(None, demand).await];
        if let Some(cluster) = cluster::shared() {
            worlds.push(Self::on(Some(&cluster.database()), demand).await);
        }
        worlds
    }

    async fn on(postgres: Option<&str>, demand: &str) -> Self {
        let clock = Arc::new(SimClock::at(morning()));
        let stores = match postgres {
            None => {
                let one: Arc<dyn Store> =
                    Arc::new(TenureStore::open_inline(None, ports(&clock, 1)).unwrap());
                [Arc::clone(&one), one]
            }
            Some(url) => [open(url, &clock, 1).await, open(url, &clock, 2).await],
        };
        let first = Arc::clone(&stores[0]);
        let company = Company::with(&[]);
        let relying = Arc::clone(&company.relying);
        let elsewhere = Arc::clone(&company.elsewhere);
        let directory = Arc::clone(&company.directory);
        let post = Post::default();
        let mut salt = 10;
        let nodes = stores.map(|store| {
            salt += 1;
            let house = House {
                company: company.clone(),
                post: Arc::clone(&post),
            };
            node(store, &clock, salt, house)
        });
        let mut world = Self {
            nodes,
            clock,
            store: first,
            relying,
            directory,
            elsewhere,
            post,
            secrets: Vec::new(),
            rows: crate::company::workers(4),
        };
        world.documents(demand).await;
        world.hears().await;
        for name in CLIENTS {
            let admin = actor("admin");
            let made = world.nodes[0].make_client_secret(&admin, name).await;
            world.secrets.push(made.unwrap().secret);
        }
        world
    }

    /// Another node, on this way to the store.
    pub fn node_through(&self, way: Between) -> App {
        let house = House {
            company: Company::with(&[]),
            post: Post::default(),
        };
        node(Arc::new(way), &self.clock, 20, house)
    }

    /// Puts documents in force that demand so much.
    pub async fn documents(&self, demand: &str) {
        self.documents_with(demand, SIGN_ON).await;
    }

    /// Puts documents in force that demand so much, with other relying parties.
    pub async fn documents_with(&self, demand: &str, parties: &str) {
        self.policy_is(&policy(demand), parties).await;
    }

    /// Puts documents in force with this policy and these relying parties.
    pub async fn policy_is(&self, policy: &str, parties: &str) {
        let source = crate::company::documents("").swap_remove(0);
        let files = vec![
            source,
            ("sign-on.yaml".to_owned(), parties.to_owned()),
            ("policy.yaml".to_owned(), policy.to_owned()),
        ];
        let admin = actor("admin");
        let accepted = self.nodes[0].accept_documents(&admin, files, false);
        accepted.await.unwrap();
    }

    /// HR delivers the company's file.
    pub async fn hears(&self) {
        let file = crate::company::csv(&self.rows);
        let admin = actor("admin");
        let delivered = self.nodes[0].deliver(&admin, "hr", "hr.csv", &file, false);
        delivered.await.unwrap();
    }

    /// Both nodes tell people what there is to tell, at once and again.
    pub async fn told(&self) -> Vec<(Vec<String>, Letter)> {
        let nodes = [(&self.nodes[0], "one"), (&self.nodes[1], "other")];
        let [one, other] = nodes.map(|(node, name)| Notifier::new(Arc::new(node.clone()), name));
        for _ in 0..3 {
            let (one, other) = tokio::join!(one.pass(), other.pass());
            one.unwrap();
            other.unwrap();
        }
        std::mem::take(&mut *self.post.lock().unwrap())
    }

    pub fn browser(&self) -> Browser {
        Browser {
            session: None,
            held: self.nodes[0].new_browser(),
            from: SignInFrom {
                network: "192.0.2.7".parse().unwrap(),
                agent: Some("a browser".to_owned()),
            },
        }
    }

    /// A pass for a person.
    pub async fn pass(&self, person: &str) -> Secret {
        let life = Duration::from_secs(3_600);
        let desk = actor("desk");
        let issued = self.nodes[0].issue_pass(&desk, person, life, "in person");
        issued.await.unwrap().secret
    }

    /// Somebody enrols a password with a pass, and is signed in.
    pub async fn enrolled(&self, person: &str, name: &str) -> Browser {
        let pass = self.pass(person).await;
        let mut browser = self.browser();
        let app = &self.nodes[0];
        let begun = app.begin(browser.asker(), None);
        let answer = app.send_pass(attempt(&begun), name, pass.expose(), browser.asker());
        let answer = answer.await.unwrap();
        let password = Secret::new(PASSWORD);
        let twice = (&password, &password);
        let answer = app.enrol_password(attempt(&answer), twice, browser.asker());
        let answer = answer.await.unwrap();
        browser.keep(&answer);
        browser
    }

    /// A code for `client` of somebody who is signed in.
    pub async fn code(&self, client: &str, browser: &mut Browser) -> String {
        let query = request(client);
        let answer = self.nodes[0].authorize(query.as_bytes(), browser.asker());
        let answer = answer.await.unwrap();
        browser.keep(&answer);
        code_of(&answer).unwrap_or_else(|| panic!("no code: {answer:?}"))
    }

    /// A call to the token endpoint of a node by a client (0: wiki, 1: other, 2: robot, 3: probe).
    pub async fn token(&self, node: usize, client: usize, body: &str) -> Result<Object, String> {
        let header = self.proves(client);
        let headers = [header.as_bytes()];
        let given = self.nodes[node].token(call(&headers, body));
        said(given.await.unwrap())
    }

    /// What a client is told of a token.
    pub async fn introspected(&self, client: usize, token: &str) -> Object {
        let (header, body) = (self.proves(client), format!("token={token}"));
        let headers = [header.as_bytes()];
        let given = self.nodes[1].introspect(call(&headers, &body));
        said(given.await.unwrap()).unwrap()
    }

    /// A client ends a token.
    pub async fn revokes(&self, client: usize, token: &str) -> Result<Object, String> {
        let (header, body) = (self.proves(client), format!("token={token}"));
        let headers = [header.as_bytes()];
        let given = self.nodes[1].revoke(call(&headers, &body));
        said(given.await.unwrap())
    }

    /// The header by which a client proves who it is.
    pub fn proves(&self, client: usize) -> String {
        let secret = self.secrets[client].expose();
        let pair = format!("{}:{secret}", CLIENTS[client]);
        format!("Basic {}", STANDARD.encode(pair))
    }

    /// Whether an access token counts at a node.
    pub async fn counts(&self, node: usize, token: &str) -> bool {
        let header = format!("Bearer {token}");
        let call = app::UserCall {
            method: "GET",
            authorization: &[header.as_bytes()],
            proofs: &[],
            content_type: None,
            body: &[],
            door: app::Door::Open,
        };
        let told = self.nodes[node].userinfo(call).await;
        matches!(told.unwrap(), app::UserTold::Claims(_))
    }
}

/// A call as an endpoint for clients takes it.
pub fn call<'a>(authorization: &'a [&'a [u8]], body: &'a str) -> TokenCall<'a> {
    TokenCall {
        authorization,
        proofs: &[],
        content_type: Some(b"application/x-www-form-urlencoded"),
        body: body.as_bytes(),
        door: app::Door::Open,
    }
}

fn said(given: Given) -> Result<Object, String> {
    match given {
        Given::Body(body) => Ok(body),
        Given::Refused(refusal) => Err(refusal.error.code().name().to_owned()),
    }
}

/// The query of an authorization request.
pub fn request(client: &str) -> String {
    let challenge = URL_SAFE_NO_PAD.encode(Digest::of(VERIFIER.as_bytes()).0);
    format!(
        "client_id={client}&redirect_uri=https%3A%2F%2F{client}.acme.example%2Fcb&response_type=code\
         &scope=openid%20email&state=s&nonce=n&code_challenge={challenge}&code_challenge_method=S256"
    )
}

/// The body of a token request with a code.
pub fn redeems(code: &str) -> String {
    format!("grant_type=authorization_code&code={code}&code_verifier={VERIFIER}")
}

/// The body of a token request with a refresh token.
pub fn refreshes(token: &str) -> String {
    format!("grant_type=refresh_token&refresh_token={token}")
}

/// What a page holds.
#[track_caller]
pub fn attempt(answer: &Answer) -> &str {
    match answer {
        Answer::Ask { attempt, .. } => attempt,
        other => panic!("no page that asks: {other:?}"),
    }
}

/// The code that an answer brings to the client.
pub fn code_of(answer: &Answer) -> Option<String> {
    let Answer::Send {
        response: Response::Redirect { location },
        ..
    } = answer
    else {
        return None;
    };
    let (_, rest) = location.split_once("?code=")?;
    Some(rest.split('&').next().unwrap().to_owned())
}

/// The error that an answer brings to the client.
pub fn error_of(answer: &Answer) -> Option<String> {
    let Answer::Send {
        response: Response::Redirect { location },
        ..
    } = answer
    else {
        return None;
    };
    let (_, rest) = location.split_once("?error=")?;
    Some(rest.split('&').next().unwrap().to_owned())
}

fn ports(clock: &Arc<SimClock>, salt: u64) -> StorePorts {
    StorePorts {
        clock: Arc::clone(clock) as _,
        entropy: Arc::new(SeededEntropy::new(salt)) as _,
        keyring: Arc::new(keyring().unwrap()) as _,
    }
}

async fn open(url: &str, clock: &Arc<SimClock>, salt: u64) -> Arc<dyn Store> {
    let opened = TenureStore::open_postgres(url, PostgresOptions::default(), ports(clock, salt));
    Arc::new(opened.await.unwrap())
}
