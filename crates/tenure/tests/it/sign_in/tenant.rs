//! A tenant in which people may sign in, and scripts that do.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use protocol::jose::{Algorithm, SigningKey};

use crate::e2e::cluster::REQUIRE;
use crate::e2e::peer::told;
use crate::node::{Node, Said};

/// As long as a script may take.
const PATIENCE: Duration = Duration::from_secs(180);

const PEOPLE: &str = "id,given,family,email,starts,ends\n\
    1,Ana,Ng,ana@acme.example,2020-01-01,\n\
    2,Bo,Li,bo@acme.example,2020-01-01,\n";

/// A port that nobody listens on right now.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// What these variables say; nothing where one is missing, unless it must be there.
pub fn peers<const N: usize>(names: [&str; N]) -> Option<[String; N]> {
    for name in names {
        if told(name).is_none() {
            let why = format!("{name} is not set: start the peers with `cargo xtask peers start`");
            assert!(std::env::var(REQUIRE).as_deref() != Ok("1"), "{why}");
            eprintln!("skipped: {why}");
            return None;
        }
    }
    Some(names.map(|name| told(name).unwrap()))
}

/// A node that browsers reach, and what its scripts are told.
pub struct Tenant {
    pub node: Node,
    /// Where relying parties listen.
    pub port: u16,
    pub env: BTreeMap<String, String>,
}

impl Tenant {
    /// Two people, and what they sign in to.
    pub fn new() -> Self {
        let own = free_port();
        let mut node = Node::init_at(&format!("127.0.0.1:{own}"));
        // Passkeys belong to a domain, so it is no address.
        let base = format!("http://localhost:{own}");
        let mut config = std::fs::read_to_string(node.config()).unwrap();
        config.push_str(&format!("public_url = \"{base}\"\n"));
        std::fs::write(node.config(), config).unwrap();
        node.serve();
        let port = free_port();
        let home = node.home.path().join("documents");
        std::fs::create_dir(&home).unwrap();
        let documents = include_str!("documents.yaml").replace("@PORT@", &port.to_string());
        std::fs::write(home.join("all.yaml"), documents).unwrap();
        let people = node.home.path().join("people.csv");
        std::fs::write(&people, PEOPLE).unwrap();
        node.run(&["config", "push", home.to_str().unwrap(), "--reason", "T-1"])
            .expect(0);
        node.run(&["hr", "import", people.to_str().unwrap(), "--source", "hr"])
            .expect(0);
        let env = [
            ("BASE", base),
            ("PORT", port.to_string()),
            ("CALLBACK", format!("http://127.0.0.1:{port}/cb")),
            ("BYE", format!("http://127.0.0.1:{port}/bye")),
        ];
        let env = env.map(|(name, value)| (name.to_owned(), value)).into();
        Self { node, port, env }
    }

    /// Makes a pass for somebody, and tells scripts of it.
    pub fn pass(&mut self, name: &str) {
        let person = format!("{}@acme.example", name.to_lowercase());
        let made = self
            .node
            .run(&["sign-in", "pass", &person, "--for", "1h", "--reason", "T-2"])
            .expect(0);
        self.tell(&format!("{name}_PASS"), secret(&made.rows()));
    }

    /// Makes a relying party's secret, and tells scripts of it.
    pub fn secret(&mut self, name: &str) -> String {
        let made = self
            .node
            .run(&["relying-party", "secret", name, "--reason", "T-3"]);
        let secret = secret(&made.expect(0).rows());
        self.tell(&format!("{}_SECRET", name.to_uppercase()), secret.clone());
        secret
    }

    /// Declares service providers of SAML with a key that is made for them, and tells scripts of it.
    pub fn providers(&mut self, python: &str) {
        let home = self.node.home.path().join("sp");
        std::fs::create_dir(&home).unwrap();
        let mut command = Command::new(python);
        command.arg("-B").arg(beside("make_sp.py")).arg(&home);
        assert!(run(command).1, "no key was made");
        let certificate = std::fs::read_to_string(home.join("sp.crt")).unwrap();
        let text = include_str!("saml.yaml")
            .replace("@PORT@", &self.port.to_string())
            .replace("@CERTIFICATE@", &certificate.replace('\n', " "));
        let documents = self.node.home.path().join("documents");
        std::fs::write(documents.join("saml.yaml"), text).unwrap();
        let folder = documents.to_str().unwrap();
        self.node
            .run(&["config", "push", folder, "--reason", "T-4"])
            .expect(0);
        self.tell("SP_HOME", home.display().to_string());
    }

    /// Declares clients of which one has a key, and tells scripts of that.
    pub fn forge(&mut self) {
        self.keyed("FORGE", include_str!("forge.yaml"));
    }

    /// Declares the client that idpyoidc is.
    pub fn pythons(&mut self) {
        self.keyed("IDPY", include_str!("idpy.yaml"));
    }

    /// Declares a client with a key that is made for it, and tells scripts of it: PKCS #8 in base64, and its name.
    fn keyed(&mut self, name: &str, text: &str) {
        let (key, private) = SigningKey::generate(Algorithm::Es256).unwrap();
        let jwk = serde_json::Value::Object(key.public().to_jwk());
        let text = text
            .replace("@PORT@", &self.port.to_string())
            .replace("@KEY@", &jwk.to_string());
        let documents = self.node.home.path().join("documents");
        std::fs::write(documents.join(format!("{name}.yaml")), text).unwrap();
        let folder = documents.to_str().unwrap();
        self.node
            .run(&["config", "push", folder, "--reason", "T-5"])
            .expect(0);
        let kid = jwk["kid"].as_str().unwrap_or_default().to_owned();
        self.tell(&format!("{name}_KEY"), STANDARD.encode(private.expose()));
        self.tell(&format!("{name}_KID"), kid);
    }

    /// Says who we are to service providers.
    pub fn introduced(&self) {
        let documents = self.node.home.path().join("documents");
        let text = include_str!("saml_metadata.yaml");
        std::fs::write(documents.join("saml-metadata.yaml"), text).unwrap();
        let folder = documents.to_str().unwrap();
        self.node
            .run(&["config", "push", folder, "--reason", "T-6"])
            .expect(0);
    }

    /// Lays our metadata, and the certificate in them, beside the key of service providers.
    pub fn own_metadata(&self) {
        let text = fetched(&format!("{}/saml2/metadata", self.env["BASE"]));
        let (_, rest) = text.split_once("<ds:X509Certificate>").unwrap();
        let (base64, _) = rest.split_once('<').unwrap();
        let lines: Vec<&str> = base64.as_bytes().chunks(64).map(ascii).collect();
        let pem = lines.join("\n");
        let home = PathBuf::from(&self.env["SP_HOME"]);
        let pem = format!("-----BEGIN CERTIFICATE-----\n{pem}\n-----END CERTIFICATE-----\n");
        std::fs::write(home.join("idp.crt"), pem).unwrap();
        std::fs::write(home.join("idp.xml"), text).unwrap();
    }

    /// Adds a relying party from the metadata that it serves itself, with what else its document is to say; the
    /// document.
    pub fn adds(&self, name: &str, path: &str, more: &[(&str, &str)]) -> String {
        let file = self.node.home.path().join("theirs.xml");
        let url = format!("http://127.0.0.1:{}{path}", self.port);
        std::fs::write(&file, fetched(&url)).unwrap();
        self.add(name, file.to_str().unwrap(), &[]).expect(0);
        self.added(name, more)
    }

    /// Adds a relying party from a file or an address.
    pub fn add(&self, name: &str, origin: &str, words: &[&str]) -> Said {
        let documents = self.node.home.path().join("documents");
        let folder = documents.to_str().unwrap();
        let add = ["relying-party", "add", name, "--saml", origin, "--into"];
        let to = [folder, "--group", "everyone"];
        self.node.run(&[&add[..], &to, words].concat())
    }

    /// Writes what else the document of one that was added is to say, and pushes it; the document.
    pub fn added(&self, name: &str, more: &[(&str, &str)]) -> String {
        let documents = self.node.home.path().join("documents");
        let folder = documents.to_str().unwrap();
        let written = documents.join(format!("relying-party-{name}.yaml"));
        let mut text = std::fs::read_to_string(&written).unwrap();
        for (from, to) in more {
            assert!(text.contains(from), "{text}");
            text = text.replace(from, to);
        }
        std::fs::write(&written, &text).unwrap();
        self.node
            .run(&["config", "push", folder, "--reason", "T-5"])
            .expect(0);
        text
    }

    pub fn tell(&mut self, name: &str, value: String) {
        self.env.insert(name.to_owned(), value);
    }

    /// Runs a script that lies beside this file, and compares what it says with this.
    #[track_caller]
    pub fn plays(&self, python: &str, script: &str, expected: &[&str]) {
        let mut command = Command::new(python);
        // Nothing is written into the folder of the scripts.
        command.arg("-B").arg(beside(script)).envs(&self.env);
        let (said, ended) = run(command);
        let lines: Vec<&str> = said.lines().collect();
        assert!(ended, "{script} failed after saying:\n{said}");
        assert_eq!(lines, expected, "{script} said:\n{said}");
    }
}

/// A file that lies beside this one.
pub fn beside(name: &str) -> PathBuf {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/sign_in");
    PathBuf::from(folder).join(name)
}

/// What stands at an address.
pub fn fetched(url: &str) -> String {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let text = runtime.block_on(async { http.get(url).send().await.unwrap().text().await });
    text.unwrap()
}

fn ascii(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

fn secret(rows: &[serde_json::Value]) -> String {
    rows[0]["secret"].as_str().unwrap().to_owned()
}

/// What a program says, and whether it ended well and in time.
fn run(mut command: Command) -> (String, bool) {
    let file = tempfile::NamedTempFile::new().unwrap();
    command
        .stdin(Stdio::null())
        .stdout(file.reopen().unwrap())
        .stderr(Stdio::inherit());
    let mut child = command.spawn().unwrap();
    let began = Instant::now();
    let mut ended = child.try_wait().unwrap();
    while ended.is_none() && began.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(20));
        ended = child.try_wait().unwrap();
    }
    if ended.is_none() {
        let _ = child.kill();
        let _ = child.wait();
    }
    let said = std::fs::read_to_string(file.path()).unwrap();
    (said, ended.is_some_and(|status| status.success()))
}
