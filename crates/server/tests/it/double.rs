//! A small table of routes with a gate that knows some tokens and keeps its records in memory.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use api::{Done, Problem, RevokeToken, schema_of};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use model::event::CallMade;
use model::{Actor, Scope};
use server::{
    Call, Caller, Gate, Limits, Method, Metrics, NotAuthenticated, Parameter, Peer, Pipeline,
    Reply, Route, Takes,
};
use tower::ServiceExt as _;

pub struct Double {
    pub records: Mutex<Vec<(Actor, CallMade)>>,
    pub unrecordable: AtomicBool,
    pub done: Mutex<Vec<String>>,
    /// Calls to `/v1/slow` wait for a permit.
    pub gate: tokio::sync::Semaphore,
    /// Gains a permit whenever a call to `/v1/slow` has begun.
    pub begun: tokio::sync::Semaphore,
}

impl Double {
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            records: Mutex::default(),
            unrecordable: AtomicBool::new(false),
            done: Mutex::default(),
            gate: tokio::sync::Semaphore::new(0),
            begun: tokio::sync::Semaphore::new(0),
        })
    }
    pub fn statuses(&self) -> Vec<u16> {
        self.records
            .lock()
            .unwrap()
            .iter()
            .map(|(_, call)| call.status)
            .collect()
    }
}

/// `tnr_ana_read_plan` is a token of ana with the scopes read and plan.
#[async_trait::async_trait]
impl Gate for Double {
    async fn authenticate(&self, token: &str, remote: IpAddr) -> Result<Caller, NotAuthenticated> {
        let mut words = token.strip_prefix("tnr_").unwrap().split('_');
        let actor = Actor::named(words.next().unwrap());
        if actor.principal == "expired" || remote.to_string() == "192.0.2.66" {
            return Err(NotAuthenticated::Refused { whose: Some(actor) });
        }
        if actor.principal == "nobody" {
            return Err(NotAuthenticated::Refused { whose: None });
        }
        let scopes = words.map(|w| w.parse().unwrap()).collect();
        Ok(Caller { actor, scopes })
    }
    async fn record(&self, actor: &Actor, call: CallMade) -> Result<(), Problem> {
        if self.unrecordable.load(Ordering::SeqCst) {
            return Err(server::problem::busy("the log is away", 1));
        }
        self.records.lock().unwrap().push((actor.clone(), call));
        Ok(())
    }
    async fn unready(&self) -> Vec<&'static str> {
        if self.unrecordable.load(Ordering::SeqCst) {
            vec!["store"]
        } else {
            vec![]
        }
    }
    fn metrics(&self) -> String {
        "double 1\n".to_owned()
    }
}

fn done(rooms: &Double, what: String) -> Result<Reply, Problem> {
    rooms.done.lock().unwrap().push(what.clone());
    Reply::json(&Done {
        done: what,
        dry_run: false,
    })
}

pub static ROUTES: &[Route<Double>] = &[
    Route {
        method: Method::Get,
        pattern: "/v1/things/{thing}",
        operation: "getThing",
        summary: "Shows a thing.",
        scope: Scope::Read,
        reason: false,
        long: false,
        query: &[Parameter {
            name: "limit",
            required: false,
            about: "How many.",
        }],
        takes: Takes::Nothing,
        status: 200,
        answer: schema_of::<Done>,
        handler: |rooms, call| {
            Box::pin(async move {
                let what = format!("{} {}", call.text("thing")?, call.limit()?);
                let reply = done(&rooms, what)?;
                Ok(match call.text("thing")? {
                    "news" => reply.without_news(),
                    _ => reply,
                })
            })
        },
    },
    Route {
        method: Method::Post,
        pattern: "/v1/things/{thing}",
        operation: "endThing",
        summary: "Ends a thing.",
        scope: Scope::Administer,
        reason: true,
        long: false,
        query: &[],
        takes: Takes::Json(schema_of::<RevokeToken>),
        status: 201,
        answer: schema_of::<Done>,
        handler: |rooms, call: Call| {
            Box::pin(async move { done(&rooms, call.json::<RevokeToken>()?.reason) })
        },
    },
    Route {
        method: Method::Post,
        pattern: "/v1/slow",
        operation: "slow",
        summary: "Waits.",
        scope: Scope::Plan,
        reason: false,
        long: false,
        query: &[],
        takes: Takes::Delivery,
        status: 200,
        answer: schema_of::<Done>,
        handler: |rooms, _| {
            Box::pin(async move {
                rooms.begun.add_permits(1);
                rooms.gate.acquire().await.unwrap().forget();
                done(&rooms, "slow".to_owned())
            })
        },
    },
    Route {
        method: Method::Get,
        pattern: "/v1/broken",
        operation: "broken",
        summary: "Panics.",
        scope: Scope::Read,
        reason: false,
        long: false,
        query: &[],
        takes: Takes::Nothing,
        status: 200,
        answer: schema_of::<Done>,
        handler: |_, _| Box::pin(async move { panic!("on purpose") }),
    },
];

pub fn limits() -> Limits {
    Limits {
        body: 1000,
        delivery: 2000,
        deliveries_at_once: 1,
        query: 60,
        ..Limits::default()
    }
}

pub fn router(rooms: &Arc<Double>, limits: Limits) -> Router {
    let metrics = Metrics::new(ROUTES.iter().map(|r| (r.method.as_str(), r.pattern)));
    let pipeline = Pipeline::new(
        Arc::clone(rooms),
        ROUTES,
        Arc::new(limits),
        Arc::new(metrics),
        "https://tenure.example".to_owned(),
        7,
    );
    server::router(
        Arc::new(pipeline),
        &[("TNR-API-0001", "# TNR-API-0001\n")],
        &server::Behind::Administration,
    )
}

/// A request as the listener hands it on.
pub fn request(method: &str, uri: &str, token: &str, body: &str) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(uri);
    if !token.is_empty() {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    if !body.is_empty() {
        request = request.header("content-type", "application/json");
    }
    let mut request = request.body(Body::from(body.to_owned())).unwrap();
    from(&mut request, "192.0.2.1");
    request
}

pub fn from(request: &mut Request<Body>, address: &str) {
    let address = SocketAddr::new(address.parse().unwrap(), 4000);
    request.extensions_mut().insert(Peer { address, tls: true });
}

pub async fn send(router: &Router, request: Request<Body>) -> Response<Body> {
    router.clone().oneshot(request).await.unwrap()
}

pub async fn text(response: Response<Body>) -> String {
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 20)
        .await
        .unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

pub async fn problem(response: Response<Body>) -> Problem {
    assert_eq!(
        response.headers()["content-type"],
        "application/problem+json"
    );
    serde_json::from_str(&text(response).await).unwrap()
}
