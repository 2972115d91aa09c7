//! People who sign in with passwords, through the whole code flow.

use std::net::SocketAddr;

use async_trait::async_trait;

use super::company::{Company, PASSWORD, VERIFIER, login, request};
use super::load::{self, Answer, Client, Wire, get, post};
use super::{CLIENTS, TIME, limits, nothing_more};
use crate::rig::runtime;
use crate::{Failure, Figure};

/// People who have a password: more than sign in at once, so that nobody waits for another's session.
const ENROLLED: usize = 200;

/// `login_password`: sign-ins a second, each with a fresh browser: the page, the password, the code and
/// its tokens; `login_password_p99`; and under four times as many clients, how long others wait for what
/// hashes nothing (`login_overload_jwks_p99`).
///
/// # Errors
/// When the binary is not built, or answers otherwise.
pub fn login_password() -> Result<Vec<Figure>, Failure> {
    let limit = limits::argon2id()?;
    runtime()?.block_on(async {
        let company = Company::serve(10_000, ENROLLED, nothing_more).await?;
        sign_ins(&company, CLIENTS, super::WARM).await?;
        let alone = load::press(company.address, 1, super::WARM, &get("/oauth2/jwks", "")).await?;
        let logins = sign_ins(&company, CLIENTS, TIME).await?;
        let flood = sign_ins(&company, 4 * CLIENTS, TIME);
        let jwks = get("/oauth2/jwks", "");
        let others = load::press(company.address, 1, TIME, &jwks);
        let (flood, others) = tokio::join!(flood, others);
        let (flood, others) = (flood?, others?);
        let figure = |name: &str, value, unit, bound: String, bound_value| Figure {
            name: name.to_owned(),
            value,
            unit,
            bound,
            bound_value,
        };
        Ok(vec![
            figure(
                "login_password",
                logins.per_second,
                "sign-ins/s",
                "87 % of Argon2id on all cores, at 16 clients".to_owned(),
                Some(limit * 0.87),
            ),
            figure(
                "login_password_p99",
                logins.quantile_ms(0.99),
                "ms",
                "required at 16 clients".to_owned(),
                Some(200.0),
            ),
            figure(
                "login_overload",
                flood.per_second,
                "sign-ins/s",
                "64 clients; whoever finds no seat comes again".to_owned(),
                None,
            ),
            figure(
                "login_overload_jwks_p99",
                others.quantile_ms(0.99),
                "ms",
                format!("others meanwhile; alone {:.2} ms", alone.quantile_ms(0.99)),
                None,
            ),
            limits::told("limit_argon2id", limit, "hashes/s"),
        ])
    })
}

async fn sign_ins(
    company: &Company,
    clients: usize,
    time: std::time::Duration,
) -> Result<load::Load, Failure> {
    let mut all: Vec<Box<dyn Client>> = Vec::new();
    for n in 0..clients {
        all.push(Box::new(SignsIn::to(company, n % ENROLLED).await?));
    }
    load::rounds(all, time).await
}

/// One person after another, each with a fresh browser elsewhere, and the app that they come to.
pub struct SignsIn {
    address: SocketAddr,
    /// The app's connection.
    wire: Wire,
    proves: String,
    who: usize,
}

impl SignsIn {
    pub async fn to(company: &Company, who: usize) -> Result<Self, Failure> {
        Ok(Self {
            address: company.address,
            wire: Wire::to(company.address).await?,
            proves: company.proves("wiki"),
            who,
        })
    }

    /// Signs in; the access token.
    pub async fn token(&mut self) -> Result<String, Failure> {
        let mut visit = Wire::from_another(self.address).await?;
        let page = asked(&mut visit, &get(&request(), ""), 200).await?;
        let browser = cookie(&page, "tenure-browser")?;
        let attempt = between(&page.body, "name=\"attempt\" value=\"", "\"")?.to_owned();
        let form = format!(
            "attempt={}&name={}&password={}",
            escaped(&attempt),
            escaped(&login(self.who)),
            escaped(PASSWORD)
        );
        let headers = format!("cookie: {browser}\r\norigin: null\r\n");
        let sent = post("/sign-in/password", &headers, &form);
        let answer = loop {
            let answer = visit.ask(&sent).await?;
            match answer.status {
                303 => break answer,
                // There was no seat: as a person does, a moment later.
                200 | 503 if answer.body.contains("name=\"attempt\"") => {
                    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
                }
                status => return Err(format!("status {status}: {}", answer.body).into()),
            }
        };
        let location = answer.headers("location").next().unwrap_or_default();
        let code = between(location, "code=", "&")?;
        let form = format!("grant_type=authorization_code&code={code}&code_verifier={VERIFIER}");
        let tokens = post("/oauth2/token", &self.proves, &form);
        let tokens = asked(&mut self.wire, &tokens, 200).await?;
        if !tokens.body.contains("\"id_token\"") {
            return Err("there is no ID token".into());
        }
        Ok(between(&tokens.body, "\"access_token\":\"", "\"")?.to_owned())
    }
}

async fn asked(wire: &mut Wire, request: &[u8], status: u16) -> Result<Answer, Failure> {
    let answer = wire.ask(request).await?;
    match answer.status == status {
        true => Ok(answer),
        false => Err(format!("status {}: {}", answer.status, answer.body).into()),
    }
}

#[async_trait]
impl Client for SignsIn {
    async fn round(&mut self) -> Result<(), Failure> {
        self.token().await?;
        self.who = (self.who + CLIENTS) % ENROLLED;
        Ok(())
    }
}

/// `name=value` of a cookie that an answer sets.
fn cookie(answer: &Answer, name: &str) -> Result<String, Failure> {
    let mut set = answer.headers("set-cookie");
    let found = set.find_map(|text| {
        let pair = text.split(';').next()?;
        pair.starts_with(name).then(|| pair.to_owned())
    });
    found.ok_or_else(|| format!("no cookie {name}").into())
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Result<&'a str, Failure> {
    let found = text
        .split_once(before)
        .map(|(_, rest)| rest.split_once(after).map_or(rest, |(found, _)| found));
    found.ok_or_else(|| format!("there is no {before}").into())
}

fn escaped(text: &str) -> String {
    let one = |byte: u8| match byte.is_ascii_alphanumeric() {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    text.bytes().map(one).collect()
}
