//! Signing in, through the real binary over loopback, beside what the machine can do at most.
//!
//! Load tool: `load` (16 clients that keep their connections, on the same two cores). Persistence: an
//! SQLite file on the disk of the checkout; everything is durable before it is answered.

mod company;
mod limits;
mod load;
mod login;
mod resident;

use std::time::Duration;

use company::Company;
use load::{Load, get, post};

pub use limits::serve_if_asked;
pub use login::login_password;
pub use resident::{rss_10k_people, rss_100k_people_1m_sessions};

use crate::rig::runtime;
use crate::{Failure, Figure};

const CLIENTS: usize = 16;
const TIME: Duration = Duration::from_secs(8);
/// Before anything is measured, so that keys are made and statements prepared.
const WARM: Duration = Duration::from_secs(1);

async fn nothing_more(_: &store::TenureStore) -> Result<(), Failure> {
    Ok(())
}

/// Presses on one endpoint, warm; and the processor time of the server for each request, in ms.
async fn pressed(company: &Company, request: &[u8]) -> Result<(Load, f64), Failure> {
    load::press(company.address, CLIENTS, WARM, request).await?;
    let before = company.server.processor_time()?;
    let load = load::press(company.address, CLIENTS, TIME, request).await?;
    let used = company.server.processor_time()?.saturating_sub(before);
    let each = used.as_secs_f64() * 1e3 / load.rounds.max(1) as f64;
    Ok((load, each))
}

fn rate(name: &str, load: &Load, bound: &str, bound_value: f64) -> Figure {
    Figure {
        name: name.to_owned(),
        value: load.per_second,
        unit: "requests/s",
        bound: format!(
            "{bound}; p50 {:.1} ms, p99 {:.1} ms",
            load.quantile_ms(0.5),
            load.quantile_ms(0.99)
        ),
        bound_value: Some(bound_value),
    }
}

/// `token_cc_es256`: tokens a second for a client itself, each in the log before it is answered.
///
/// # Errors
/// When the binary is not built, or answers otherwise.
pub fn token_cc_es256() -> Result<Vec<Figure>, Failure> {
    token_cc("ES256", "robot-es256", 0.5)
}

/// `token_cc_rs256`: the same, signed by RSA.
///
/// # Errors
/// As [`token_cc_es256`].
pub fn token_cc_rs256() -> Result<Vec<Figure>, Failure> {
    token_cc("RS256", "robot-rs256", 0.8)
}

fn token_cc(algorithm: &str, client: &str, share: f64) -> Result<Vec<Figure>, Failure> {
    runtime()?.block_on(async {
        let limit = limits::signing(algorithm).await?;
        let company = Company::serve(100, 0, nothing_more).await?;
        let form = "grant_type=client_credentials";
        let request = post("/oauth2/token", &company.proves(client), form);
        let (load, each) = pressed(&company, &request).await?;
        let name = format!("token_cc_{}", algorithm.to_lowercase());
        let bound = format!(
            "{:.0} % of a server that does nothing but sign; {each:.3} ms of processor each",
            share * 100.0
        );
        Ok(vec![
            rate(&name, &load, &bound, limit * share),
            limits::told(
                &format!("limit_signing_{}", algorithm.to_lowercase()),
                limit,
                "requests/s",
            ),
        ])
    })
}

/// `discovery` and `jwks`: milliseconds of processor for each request.
///
/// # Errors
/// As [`token_cc_es256`].
pub fn discovery() -> Result<Vec<Figure>, Failure> {
    runtime()?.block_on(async {
        let company = Company::serve(100, 0, nothing_more).await?;
        let mut figures = Vec::new();
        for (name, path) in [
            ("discovery", "/.well-known/openid-configuration"),
            ("jwks", "/oauth2/jwks"),
        ] {
            let (load, each) = pressed(&company, &get(path, "")).await?;
            figures.push(Figure {
                name: name.to_owned(),
                value: each,
                unit: "ms",
                bound: format!("of processor each; {:.0} requests/s", load.per_second),
                bound_value: Some(0.015),
            });
        }
        Ok(figures)
    })
}

/// `introspect` and `userinfo`: requests a second about one live access token.
///
/// # Errors
/// As [`token_cc_es256`].
pub fn introspect() -> Result<Vec<Figure>, Failure> {
    runtime()?.block_on(async {
        let limit = limits::empty().await?;
        let company = Company::serve(100, 1, nothing_more).await?;
        let mut signs_in = login::SignsIn::to(&company, 0).await?;
        let token = signs_in.token().await?;
        let bearer = format!("authorization: Bearer {token}\r\n");
        let asked = format!("token={token}");
        let mut figures = Vec::new();
        for (name, request) in [
            (
                "introspect",
                post("/oauth2/introspect", &company.proves("wiki"), &asked),
            ),
            ("userinfo", get("/oauth2/userinfo", &bearer)),
        ] {
            let (load, each) = pressed(&company, &request).await?;
            let bound = format!("25 % of an empty server; {each:.3} ms of processor each");
            figures.push(rate(name, &load, &bound, limit * 0.25));
        }
        figures.push(limits::told("limit_empty", limit, "requests/s"));
        Ok(figures)
    })
}
