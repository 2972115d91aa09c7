//! Clients that present certificates to the served binary (mutual TLS, RFC 8705), and others who would pass for them.

use std::path::Path;
use std::process::Command;

use reqwest::{Certificate, Client, Identity};
use serde_json::{Value, json};

use super::people::{move_in, name};
use super::visitor::{Visitor, code_of};
use crate::e2e::cluster;
use crate::e2e::http::send;
use crate::e2e::plant::Plant;

const HOST: &str = "mtls.acme.example";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const GRANT: &str = "grant_type=client_credentials";
const FORM: &str = "Content-Type: application/x-www-form-urlencoded";

/// Two authorities; what the first has issued to the server, the robot and somebody else; what it has issued to the
/// robot and has ended; what the second has issued to the robot; and two that sign themselves.
const MAKE: &str = r#"set -e; umask 077
printf 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n' >authority
printf 'basicConstraints=critical,CA:FALSE\nextendedKeyUsage=clientAuth\n' >client
printf 'basicConstraints=critical,CA:FALSE\nsubjectAltName=DNS:mtls.acme.example\n' >server
made() {
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout $1.key -out $1.csr -subj "$2" 2>/dev/null
  by="-CA $4.pem -CAkey $4.key -CAcreateserial"; test $4 != self || by="-signkey $1.key"
  openssl x509 -req -in $1.csr -extfile $3 $by -days $5 -out $1.pem 2>/dev/null
  cat $1.pem $1.key >$1.both
}
made issuer /C=DE/O=Acme/CN=Issuer authority self 2
made imposter /C=DE/O=Acme/CN=Issuer authority self 2
made server /CN=server server issuer 2
made robot /C=DE/O=Acme/CN=robot client issuer 2
made other /C=DE/O=Acme/CN=other client issuer 2
made ended /C=DE/O=Acme/CN=robot client issuer 0
made forged /C=DE/O=Acme/CN=robot client imposter 2
made own /CN=sensor client self 2
made stranger /CN=sensor client self 2
"#;

const DOCUMENTS: &str = r#"kind: RelyingParty
metadata: {name: mill}
spec:
  groups: [everyone]
  oidc:
    redirect_uris: ["https://mill.acme.example/cb"]
    client: {issued_certificate: {issued_by: [@ISSUER@], subject_dn: "CN=robot,O=Acme,C=DE"}}
    require: [certificate]
    grants: [authorization_code, client_credentials]
    scopes: [openid, "api:read"]
---
kind: RelyingParty
metadata: {name: loom}
spec:
  groups: [everyone]
  oidc:
    redirect_uris: ["https://loom.acme.example/cb"]
    client: {certificates: [@OWN@]}
    require: [certificate]
    grants: [authorization_code, client_credentials]
    scopes: [openid, "api:read"]
"#;

/// A node that asks for certificates, and files with some.
struct Rig {
    plant: Plant,
    home: tempfile::TempDir,
}

impl Rig {
    /// On each store; none where there is no `openssl`.
    fn each() -> Vec<Self> {
        let openssl = Command::new("openssl").arg("version").output();
        if openssl.is_err() {
            let required = std::env::var("TENURE_REQUIRE_PEERS").as_deref() == Ok("1");
            assert!(!required, "there is no openssl");
            eprintln!("skipped: there is no openssl to make certificates with");
            return Vec::new();
        }
        let mut rigs = vec![Self::on(None)];
        rigs.extend(cluster::shared().map(|cluster| Self::on(Some(&cluster.database()))));
        rigs
    }

    fn on(postgres: Option<&str>) -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut making = Command::new("sh");
        making.args(["-c", MAKE]).current_dir(home.path());
        let made = making.status().unwrap();
        assert!(made.success(), "certificates are made");
        let mut plant = Plant::init(postgres);
        let file = |name: &str| home.path().join(name).to_str().unwrap().to_owned();
        plant.settings = vec![
            ("TENURE_MTLS_LISTEN", "127.0.0.1:0".to_owned()),
            ("TENURE_MTLS_URL", format!("https://{HOST}")),
            ("TENURE_MTLS_CERTIFICATE", file("server.pem")),
            ("TENURE_MTLS_KEY", file("server.key")),
        ];
        plant.serve();
        let url = plant.url.clone();
        move_in(&plant, &url, 1);
        let pem = |name: &str| json!(read(home.path(), name)).to_string();
        let documents = DOCUMENTS
            .replace("@ISSUER@", &pem("issuer.pem"))
            .replace("@OWN@", &pem("own.pem"));
        std::fs::write(plant.tenant().join("clients.yaml"), documents).unwrap();
        plant.push();
        Self { plant, home }
    }

    /// Where certificates are asked for.
    fn at(&self, path: &str) -> String {
        let url = self.plant.mutual.as_deref().unwrap();
        format!("https://{HOST}:{}{path}", url.rsplit(':').next().unwrap())
    }

    /// A program that presents this certificate, or none.
    fn client(&self, with: Option<&str>) -> Client {
        let trusted = Certificate::from_pem(read(self.home.path(), "issuer.pem").as_bytes());
        let mut builder = Client::builder()
            .tls_certs_only([trusted.unwrap()])
            .resolve(HOST, "127.0.0.1:0".parse().unwrap());
        if let Some(name) = with {
            let both = read(self.home.path(), &format!("{name}.both"));
            builder = builder.identity(Identity::from_pem(both.as_bytes()).unwrap());
        }
        builder.build().unwrap()
    }

    async fn posts(&self, with: Option<&str>, path: &str, body: &str) -> (u16, Value) {
        let request = self.client(with).post(self.at(path));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let answer = request.body(body.to_owned()).send().await.unwrap();
        let status = answer.status().as_u16();
        (
            status,
            serde_json::from_str(&answer.text().await.unwrap()).unwrap(),
        )
    }

    async fn token(&self, with: Option<&str>, client: &str, body: &str) -> (u16, Value) {
        let body = format!("{body}&client_id={client}");
        self.posts(with, "/oauth2/token", &body).await
    }

    /// How whoever brings a token with this certificate is answered.
    async fn userinfo(&self, with: Option<&str>, token: &str) -> (u16, String) {
        let request = self.client(with).get(self.at("/oauth2/userinfo"));
        let answer = request.bearer_auth(token).send().await.unwrap();
        let challenge = answer.headers().get("www-authenticate");
        let challenge = challenge.map(|value| value.to_str().unwrap().to_owned());
        (answer.status().as_u16(), challenge.unwrap_or_default())
    }
}

fn read(directory: &Path, name: &str) -> String {
    std::fs::read_to_string(directory.join(name)).unwrap()
}

/// The thumbprint of a certificate, as `openssl` has it.
fn thumbprint(rig: &Rig, name: &str) -> String {
    use base64::Engine as _;
    let words = ["x509", "-noout", "-fingerprint", "-sha256", "-in"];
    let mut asking = Command::new("openssl");
    asking.args(words).arg(format!("{name}.pem"));
    let told = asking.current_dir(rig.home.path()).output().unwrap();
    let told = String::from_utf8(told.stdout).unwrap();
    let hex = told.trim().rsplit('=').next().unwrap().split(':');
    let bytes: Vec<u8> = hex
        .map(|two| u8::from_str_radix(two, 16).unwrap())
        .collect();
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

#[tokio::test]
async fn a_client_with_a_certificate_gets_tokens_that_are_bound_to_it() {
    for rig in Rig::each() {
        for (client, with) in [("mill", "robot"), ("loom", "own")] {
            let (status, given) = rig.token(Some(with), client, GRANT).await;
            assert_eq!(status, 200, "{given}");
            let token = given["access_token"].as_str().unwrap();
            let body = format!("token={token}&client_id={client}");
            let (_, told) = rig.posts(Some(with), "/oauth2/introspect", &body).await;
            assert_eq!(told["active"], true);
            assert_eq!(told["cnf"], json!({"x5t#S256": thumbprint(&rig, with)}));
        }
        let mut visitor = Visitor::default();
        let answer = visitor
            .types(&rig.plant.url, Some("loom"), &name(0))
            .unwrap();
        let code = code_of(&answer).unwrap_or_else(|| panic!("{}", answer.text()));
        let body = format!("grant_type=authorization_code&code={code}&code_verifier={VERIFIER}");
        let (status, given) = rig.token(Some("own"), "loom", &body).await;
        assert_eq!(status, 200, "{given}");
        let token = given["access_token"].as_str().unwrap();
        assert_eq!(rig.userinfo(Some("own"), token).await.0, 200);
        for with in [None, Some("stranger"), Some("robot")] {
            let (status, challenge) = rig.userinfo(with, token).await;
            assert_eq!(status, 401, "{with:?}");
            assert!(challenge.contains("error=\"invalid_token\""), "{challenge}");
        }
        // At the listener where nobody is asked for a certificate, whatever a header says.
        let bearer = format!("Authorization: Bearer {token}");
        for header in headers(&rig, "own") {
            let url = format!("{}/oauth2/userinfo", rig.plant.url);
            let answer = send("GET", &url, &[&bearer, &header], b"").unwrap();
            assert_eq!(answer.status, 401, "{header:.40}");
        }
    }
}

/// Certificates as proxies write them into headers: in PEM and as proxies of several makes have it.
fn headers(rig: &Rig, name: &str) -> Vec<String> {
    let pem = read(rig.home.path(), &format!("{name}.pem"));
    let bare: String = pem
        .lines()
        .filter(|line| !line.starts_with("---"))
        .collect();
    let encoded: String = pem
        .replace('\n', "%0A")
        .replace(' ', "%20")
        .replace('+', "%2B");
    vec![
        format!("X-Client-Cert: {encoded}"),
        format!("ssl-client-cert: {encoded}"),
        format!("X-SSL-Client-Cert: {bare}"),
        "X-SSL-Client-Verify: SUCCESS".to_owned(),
        format!("X-Forwarded-Client-Cert: Cert=\"{encoded}\";Subject=\"CN=robot,O=Acme,C=DE\""),
        format!("Client-Cert: :{bare}:"),
    ]
}

#[tokio::test]
async fn a_certificate_that_is_not_the_clients_own_proves_nothing() {
    for rig in Rig::each() {
        for (client, right) in [("mill", "robot"), ("loom", "own")] {
            for wrong in [
                "other", "ended", "forged", "stranger", "robot", "own", "server",
            ] {
                if wrong != right {
                    let (status, told) = rig.token(Some(wrong), client, GRANT).await;
                    let told = (status, told["error"].as_str());
                    assert_eq!(told, (401, Some("invalid_client")), "{client}: {wrong}");
                }
            }
            let (status, told) = rig.token(None, client, GRANT).await;
            assert_eq!((status, &told["error"]), (401, &json!("invalid_client")));
            // What a proxy would say of it is not believed, at either listener.
            let body = format!("{GRANT}&client_id={client}");
            for header in headers(&rig, right) {
                let url = format!("{}/oauth2/token", rig.plant.url);
                let answer = send("POST", &url, &[FORM, &header], body.as_bytes()).unwrap();
                assert_eq!(answer.status, 401, "{header:.40}");
                assert_eq!(answer.json()["error"], "invalid_client");
                let (name, value) = header.split_once(": ").unwrap();
                let request = rig.client(None).post(rig.at("/oauth2/token"));
                let request = request.header("content-type", "application/x-www-form-urlencoded");
                let request = request.header(name, value).body(body.clone());
                let answer = request.send().await.unwrap();
                assert_eq!(answer.status(), 401, "{header:.40}");
            }
        }
    }
}

/// The endpoints at which a certificate says something, and nothing else: no page, no key, no word of the admin API.
#[tokio::test]
async fn where_certificates_are_asked_for_there_is_nothing_else() {
    for rig in Rig::each() {
        let url = format!("{}/.well-known/openid-configuration", rig.plant.url);
        let told = send("GET", &url, &[], b"").unwrap().json();
        assert_eq!(told["tls_client_certificate_bound_access_tokens"], true);
        let aliases = told["mtls_endpoint_aliases"].as_object().unwrap();
        assert_eq!(
            aliases["token_endpoint"],
            format!("https://{HOST}/oauth2/token")
        );
        let client = rig.client(Some("own"));
        for url in aliases.values() {
            let path = url
                .as_str()
                .unwrap()
                .strip_prefix(&format!("https://{HOST}"))
                .unwrap();
            let answer = client.delete(rig.at(path)).send().await.unwrap();
            assert_eq!(answer.status(), 405, "{path} is there");
        }
        for path in [
            "/",
            "/oauth2/authorize",
            "/oauth2/jwks",
            "/oauth2/register",
            "/oauth2/logout",
            "/.well-known/openid-configuration",
            "/api/v1/people",
            "/metrics",
            "/health/live",
        ] {
            let answer = client.get(rig.at(path)).send().await.unwrap();
            assert_eq!(answer.status(), 404, "{path}");
        }
        // Whoever speaks without TLS is not answered.
        let plain = rig
            .at("/oauth2/token")
            .replace("https://mtls.acme.example", "http://127.0.0.1");
        assert!(send("POST", &plain, &[FORM], GRANT.as_bytes()).is_err());
    }
}
