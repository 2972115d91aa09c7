//! What this machine can do at most: an HTTP server that does nothing, one that signs for every request,
//! and Argon2id on all cores.

use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use argon2::{Algorithm as Argon2Algorithm, Argon2, Params, Version};
use axum::Router;
use axum::routing::{get, post};
use protocol::jose::{Algorithm, SigningKey, jwt};
use serde_json::json;

use super::load::{self, Load};
use super::{CLIENTS, TIME};
use crate::rig::runtime;
use crate::{Failure, Figure};

/// The variable that has this program serve instead of measuring: `empty`, or what to sign with.
const SERVES: &str = "TENURE_BENCH_LIMIT";

/// Serves and never returns, where this process was started for that.
///
/// # Errors
/// When it cannot.
pub fn serve_if_asked() -> Result<(), Failure> {
    let Ok(what) = std::env::var(SERVES) else {
        return Ok(());
    };
    let signs = match what.as_str() {
        "empty" => None,
        name => Some(Algorithm::named(name).ok_or("no such algorithm")?),
    };
    runtime()?.block_on(serve(signs))
}

async fn serve(signs: Option<Algorithm>) -> Result<(), Failure> {
    let mut router = Router::new().route("/", get(|| async { "{}" }));
    if let Some(algorithm) = signs {
        let (key, _) = SigningKey::generate(algorithm)?;
        let key = Arc::new(key);
        router = router.route(
            "/sign",
            post(move |_: String| {
                let key = Arc::clone(&key);
                async move { signed(&key) }
            }),
        );
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    axum::serve(listener, router).await?;
    Ok(())
}

/// As large as an access token.
fn signed(key: &SigningKey) -> String {
    let claims = json!({
        "iss": "http://127.0.0.1:8743", "sub": "robot", "aud": "https://api.acme.example",
        "client_id": "robot", "iat": 1_795_422_600, "exp": 1_795_423_200,
        "jti": "tnm_AAAAAAAAAAAAAAAAAAAAAA", "scope": "api:read api:write",
    });
    let claims = claims.as_object().cloned().unwrap_or_default();
    let token = jwt::sign(key, "at+jwt", &claims).unwrap_or_default();
    format!("{{\"access_token\":\"{token}\"}}")
}

/// A process of this program that serves.
struct Serving(Child, SocketAddr);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Serving {
    fn start(what: &str) -> Result<Self, Failure> {
        use std::io::BufRead as _;
        let mut child = Command::new(std::env::current_exe()?)
            .env(SERVES, what)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let out = child.stdout.take().ok_or("no output")?;
        let mut line = String::new();
        std::io::BufReader::new(out).read_line(&mut line)?;
        let address = line.trim().parse()?;
        Ok(Self(child, address))
    }
}

async fn pressed(what: &str, request: &[u8]) -> Result<Load, Failure> {
    let serving = Serving::start(what)?;
    load::press(serving.1, CLIENTS, TIME, request).await
}

/// Requests a second of a server that does nothing.
pub async fn empty() -> Result<f64, Failure> {
    Ok(pressed("empty", &load::get("/", "")).await?.per_second)
}

/// Tokens a second of a server that does nothing but sign one for each request.
pub async fn signing(algorithm: &str) -> Result<f64, Failure> {
    let form = "grant_type=client_credentials&scope=api%3Aread+api%3Awrite";
    let request = load::post("/sign", "", form);
    Ok(pressed(algorithm, &request).await?.per_second)
}

/// Argon2id a second on all cores, with 19 MiB, two passes and one lane.
pub fn argon2id() -> Result<f64, Failure> {
    let cores = std::thread::available_parallelism()?.get();
    let begun = Instant::now();
    let threads: Vec<_> = (0..cores)
        .map(|_| {
            std::thread::spawn(move || {
                let params = Params::new(19 * 1024, 2, 1, None).ok()?;
                let argon2 = Argon2::new(Argon2Algorithm::Argon2id, Version::V0x13, params);
                let (mut out, mut done) = ([0_u8; 32], 0_u32);
                while begun.elapsed() < Duration::from_secs(5) {
                    argon2
                        .hash_password_into(
                            b"correct horse battery staple",
                            b"sixteen bytes it",
                            &mut out,
                        )
                        .ok()?;
                    done += 1;
                }
                Some(done)
            })
        })
        .collect();
    let mut done = 0;
    for thread in threads {
        done += thread.join().ok().flatten().ok_or("Argon2id failed")?;
    }
    Ok(f64::from(done) / begun.elapsed().as_secs_f64())
}

/// A limit as a figure of its own, so that it stands in the same run.
pub fn told(name: &str, value: f64, unit: &'static str) -> Figure {
    Figure {
        name: name.to_owned(),
        value,
        unit,
        bound: "what this machine does at most".to_owned(),
        bound_value: None,
    }
}
