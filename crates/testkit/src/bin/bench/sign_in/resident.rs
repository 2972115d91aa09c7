//! How much memory the server holds.

use std::sync::Arc;
use std::time::Duration;

use model::event::SessionChanged;
use model::sign_in::{Factor, FactorUse};
use model::{Actor, Event, Session, SessionId, SubjectId, Timestamp};
use ports::Clock as _;

use ports::store::{Append, Door as _};
use store::TenureStore;

use super::company::Company;
use super::load::{get, press};
use super::{CLIENTS, TIME, login, nothing_more};
use crate::rig::{Wall, runtime};
use crate::{Failure, Figure};

/// Sessions of one append.
const CHUNK: usize = 1_000;

/// `rss_10k_people`: after 10,000 people came and some signed in.
///
/// # Errors
/// When the binary is not built, or answers otherwise.
pub fn rss_10k_people() -> Result<Vec<Figure>, Failure> {
    runtime()?.block_on(async {
        let company = Company::serve(10_000, 50, nothing_more).await?;
        worked(&company).await?;
        figure("rss_10k_people", &company, 120.0)
    })
}

/// `rss_100k_people_1m_sessions`: with 100,000 people and 1,000,000 open sessions, after some signed in.
///
/// # Errors
/// As [`rss_10k_people`].
pub fn rss_100k_people_1m_sessions() -> Result<Vec<Figure>, Failure> {
    runtime()?.block_on(async {
        let company = Company::serve(100_000, 50, async |store| sessions(store, 1_000_000).await);
        let company = company.await?;
        worked(&company).await?;
        figure("rss_100k_people_1m_sessions", &company, 512.0)
    })
}

/// Fifty people sign in, and everyone asks for keys.
async fn worked(company: &Company) -> Result<(), Failure> {
    for who in 0..50 {
        login::SignsIn::to(company, who).await?.token().await?;
    }
    press(company.address, CLIENTS, TIME, &get("/oauth2/jwks", "")).await?;
    Ok(())
}

fn figure(name: &str, company: &Company, most: f64) -> Result<Vec<Figure>, Failure> {
    Ok(vec![Figure {
        name: name.to_owned(),
        value: company.server.resident()?,
        unit: "MiB",
        bound: "required at the most".to_owned(),
        bound_value: Some(most),
    }])
}

/// So many open sessions, ten for each of a tenth of the subjects' numbers.
async fn sessions(store: &TenureStore, count: usize) -> Result<(), Failure> {
    let now = Wall.now();
    let store = Arc::new(store.clone());
    let mut waiting = tokio::task::JoinSet::new();
    for from in (0..count).step_by(CHUNK) {
        let events = (from..from + CHUNK).map(|n| session(n, now)).collect();
        let store = Arc::clone(&store);
        waiting.spawn(async move { store.append(Append::of(Actor::system(), events)).await });
        if waiting.len() > 16
            && let Some(done) = waiting.join_next().await
        {
            done??;
        }
    }
    while let Some(done) = waiting.join_next().await {
        done??;
    }
    Ok(())
}

fn session(n: usize, now: Timestamp) -> Event {
    Event::SessionChanged(SessionChanged {
        session: SessionId::from_bits(n as u128 + 1),
        state: Session {
            subject: SubjectId::from_bits((n / 10) as u128 + 1),
            factors: vec![FactorUse {
                factor: Factor::Password,
                at: now,
            }],
            began: now,
            idle_ends: now.plus(Duration::from_secs(3_600)),
            ends: now.plus(Duration::from_secs(12 * 3_600)),
            ended: None,
        },
        tell: false,
    })
}
