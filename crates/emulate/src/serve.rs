//! A provider behind a TCP listener.

use std::convert::Infallible;
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::{Body, to_bytes};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use jiff::fmt::rfc2822::DateTimePrinter;
use model::Timestamp;
use tokio::net::TcpListener;

use crate::provider::{Delivery, Provider, Reply, Request};

/// Largest request that is read.
const LARGEST: usize = 16 << 20;

/// A provider that a listener and a test share.
#[derive(Debug, Clone)]
pub struct Shared(Arc<Mutex<Provider>>);

impl Shared {
    /// Shares a provider.
    #[must_use]
    pub fn new(provider: Provider) -> Self {
        Self(Arc::new(Mutex::new(provider)))
    }

    /// The provider itself, while no request is being answered.
    pub fn lock(&self) -> MutexGuard<'_, Provider> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the clock of a provider shows when it answers.
pub type Shows = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// A provider that is being served; it stops when this is dropped.
#[derive(Debug)]
pub struct Serving {
    /// Where it listens.
    pub address: SocketAddr,
    /// The provider.
    pub provider: Shared,
    task: tokio::task::JoinHandle<()>,
}

impl Serving {
    /// The base URL for clients.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}{}", self.address, crate::BASE)
    }

    /// The OAuth token endpoint.
    #[must_use]
    pub fn token_url(&self) -> String {
        format!("http://{}/oauth/token", self.address)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Serves a provider on a listener, from now on, by the clock of this machine.
///
/// # Errors
/// When the listener has no address.
pub fn serve(listener: TcpListener, provider: Shared) -> std::io::Result<Serving> {
    serve_with(listener, provider, None)
}

/// Serves a provider whose answers carry the `Date` (RFC 9110 §6.6.1) of a clock of its own.
///
/// # Errors
/// When the listener has no address.
pub fn serve_by(listener: TcpListener, provider: Shared, shows: Shows) -> std::io::Result<Serving> {
    serve_with(listener, provider, Some(shows))
}

fn serve_with(
    listener: TcpListener,
    provider: Shared,
    shows: Option<Shows>,
) -> std::io::Result<Serving> {
    let address = listener.local_addr()?;
    let shared = provider.clone();
    let task = tokio::spawn(async move {
        // A connection belongs to the listener: it ends with it.
        let mut connections = tokio::task::JoinSet::new();
        loop {
            tokio::select! {
                accepted = listener.accept() => {
                    let Ok((stream, _)) = accepted else { continue };
                    let _ = stream.set_nodelay(true);
                    let (provider, shows) = (provider.clone(), shows.clone());
                    connections.spawn(async move {
                        let service = service_fn(move |request| {
                            answer(provider.clone(), shows.clone(), request)
                        });
                        // An error here is a connection closed on purpose or by the client.
                        let _ = hyper::server::conn::http1::Builder::new()
                            .serve_connection(TokioIo::new(stream), service)
                            .await;
                    });
                }
                Some(_) = connections.join_next() => {}
            }
        }
    });
    Ok(Serving {
        address,
        provider: shared,
        task,
    })
}

/// The connection is closed without an answer.
#[derive(Debug)]
struct Dropped;

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("dropped on purpose")
    }
}

impl std::error::Error for Dropped {}

impl From<Infallible> for Dropped {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

async fn answer(
    provider: Shared,
    shows: Option<Shows>,
    request: hyper::Request<Incoming>,
) -> Result<hyper::Response<Body>, Dropped> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(Body::new(body), LARGEST)
        .await
        .map_err(|_| Dropped)?;
    let query = parts.uri.query().unwrap_or_default();
    let headers = parts.headers.iter().filter_map(|(name, value)| {
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    });
    let request = Request {
        method: parts.method.as_str().to_owned(),
        path: parts.uri.path().to_owned(),
        query: url::form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect(),
        headers: headers.collect(),
        body: body.to_vec(),
    };
    let mut reply = provider.lock().handle(&request);
    let dated = reply.headers.iter().any(|(name, _)| *name == "date");
    if let Some(date) = shows.filter(|_| !dated).and_then(|shows| dated_at(shows())) {
        reply.headers.push(("date", date));
    }
    match reply.delivery {
        Delivery::Now => {}
        Delivery::Late(by) => tokio::time::sleep(by).await,
        Delivery::Never => return Err(Dropped),
    }
    respond(reply)
}

fn dated_at(shown: Timestamp) -> Option<String> {
    let at = jiff::Timestamp::from_microsecond(shown.as_micros()).ok()?;
    DateTimePrinter::new().timestamp_to_rfc9110_string(&at).ok()
}

fn respond(reply: Reply) -> Result<hyper::Response<Body>, Dropped> {
    let mut response = hyper::Response::builder().status(reply.status);
    for (name, value) in &reply.headers {
        response = response.header(*name, value);
    }
    response.body(Body::from(reply.body)).map_err(|_| Dropped)
}
