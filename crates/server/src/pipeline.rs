//! What happens to every call, in one order: address rate, token (401), scope (403), principal
//! rate (429), body (413, 408, 415), parameters and reason (400), the work, the log.
//!
//! Whether a thing exists (404) is decided last, by the work itself: who may not look is told
//! 403 whether there is something or not. A call whose work has begun is finished and recorded
//! even when the caller hangs up.
//!
//! Every answered call is recorded as `call.made/1`, denied ones included. Calls that a rate
//! limit refuses (429) are counted in the metrics and not recorded: writing a durable record for
//! each would let anyone fill the disk. Nor is a read that waited for news and shows none.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use api::Problem;
use axum::RequestExt as _;
use axum::body::{Body, Bytes};
use axum::extract::RawPathParams;
use axum::http::{HeaderMap, Request, Response, header};
use model::Actor;
use model::event::CallMade;
use serde::Deserialize;
use tokio::sync::Semaphore;

use crate::buckets::{Buckets, address_key};
use crate::gate::{Caller, Gate, NotAuthenticated};
use crate::limits::Limits;
use crate::listener::Peer;
use crate::metrics::Metrics;
use crate::route::{Call, Reply, Route, Takes};
use crate::{answer, body, json, problem, query};

/// The longest reason, in characters.
pub const REASON: usize = 500;

/// What all calls share.
pub struct Pipeline<S: 'static> {
    /// What is behind the door.
    pub rooms: Arc<S>,
    /// The routes.
    pub routes: &'static [Route<S>],
    /// The bounds.
    pub limits: Arc<Limits>,
    /// The counters.
    pub metrics: Arc<Metrics>,
    /// The only source of links. Without a slash at its end.
    pub public_url: String,
    started: Instant,
    addresses: Buckets<IpAddr>,
    principals: Buckets<String>,
    failures: Buckets<IpAddr>,
    deliveries: Arc<Semaphore>,
    requests: AtomicU64,
    boot: u64,
}

impl<S: Gate> Pipeline<S> {
    /// A pipeline for these routes. `boot` makes the ids of requests differ from those of the
    /// run before.
    #[must_use]
    pub fn new(
        rooms: Arc<S>,
        routes: &'static [Route<S>],
        limits: Arc<Limits>,
        metrics: Arc<Metrics>,
        public_url: String,
        boot: u64,
    ) -> Self {
        let now = Instant::now();
        let remembered = limits.remembered;
        Self {
            rooms,
            routes,
            metrics,
            public_url,
            started: now,
            addresses: Buckets::new(limits.address, remembered, now),
            principals: Buckets::new(limits.principal, remembered, now),
            failures: Buckets::new(limits.failures, remembered, now),
            deliveries: Arc::new(Semaphore::new(limits.deliveries_at_once)),
            requests: AtomicU64::new(0),
            boot,
            limits,
        }
    }

    /// The next request's id.
    pub fn request_id(&self) -> String {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        format!("req_{:x}_{number:x}", self.boot)
    }

    /// How long this pipeline has been working.
    #[must_use]
    pub fn uptime(&self) -> Duration {
        self.started.elapsed()
    }

    /// Takes a call from an address into account.
    ///
    /// # Errors
    /// 429.
    pub fn admit(&self, peer: Peer) -> Result<(), Problem> {
        let key = address_key(peer.address.ip());
        self.addresses
            .take(&key, Instant::now())
            .map_err(|wait| self.limited(wait))
    }

    fn limited(&self, wait: Duration) -> Problem {
        self.metrics.limited.fetch_add(1, Ordering::Relaxed);
        problem::too_many(wait)
    }

    /// Answers one call to the route with this number.
    pub async fn call(self: Arc<Self>, number: usize, request: Request<Body>) -> Response<Body> {
        let begun = Instant::now();
        let route = &self.routes[number];
        let id = self.request_id();
        let peer = request.extensions().get::<Peer>().copied();
        let outcome = match peer {
            Some(peer) => Arc::clone(&self).decide(route, peer, request).await,
            None => Err(problem::fault("the connection's address is not known")),
        };
        let mut response = match outcome {
            Ok(reply) => answer::raw(route.status, "application/json", reply.body),
            Err(problem) => {
                if problem.status >= 500 {
                    tracing::error!(
                        request.id = id,
                        route = route.operation,
                        error.code = problem.code,
                        detail = problem.detail,
                        "a call failed"
                    );
                }
                answer::problem(problem, &self.public_url, &id)
            }
        };
        let status = response.status().as_u16();
        self.metrics.answered(number, status, begun.elapsed());
        tracing::debug!(
            request.id = id,
            route = route.operation,
            status,
            "call answered"
        );
        answer::harden(&mut response, &id, peer.is_some_and(|p| p.tls));
        response
    }

    async fn decide(
        self: Arc<Self>,
        route: &'static Route<S>,
        peer: Peer,
        request: Request<Body>,
    ) -> Result<Reply, Problem> {
        self.admit(peer)?;
        let caller = match self.identify(request.headers(), peer).await {
            Ok(caller) => caller,
            Err((problem, None)) => return Err(problem),
            Err((problem, Some(actor))) => {
                self.record(route, &actor, peer, Err(&problem), None)
                    .await?;
                return Err(problem);
            }
        };
        let actor = caller.actor.clone();
        let allowed = self.allow(route, &caller);
        let prepared = match allowed {
            Ok(()) => {
                let wait = self.principals.take(&actor.principal, Instant::now());
                wait.map_err(|wait| self.limited(wait))?;
                self.prepare(route, caller, request).await
            }
            Err(problem) => Err(problem),
        };
        let (call, reason, seat) = match prepared {
            Ok(prepared) => prepared,
            Err(problem) => {
                self.record(route, &actor, peer, Err(&problem), None)
                    .await?;
                return Err(problem);
            }
        };
        self.work(route, actor, peer, call, reason, seat).await
    }

    /// Who calls; or the problem, with the actor to record it for unless it is not recorded.
    async fn identify(
        &self,
        headers: &HeaderMap,
        peer: Peer,
    ) -> Result<Caller, (Problem, Option<Actor>)> {
        let remote = peer.address.ip().to_canonical();
        let whose = match bearer(headers) {
            None => None,
            Some(token) => match self.rooms.authenticate(token, remote).await {
                Ok(caller) => return Ok(caller),
                Err(NotAuthenticated::Unavailable(problem)) => return Err((problem, None)),
                Err(NotAuthenticated::Refused { whose }) => whose,
            },
        };
        self.metrics.unauthenticated.fetch_add(1, Ordering::Relaxed);
        // Failures have a small bucket of their own, so that neither the log nor the database
        // can be flooded by guessing, and a good token from the same address is not slowed down.
        match self.failures.take(&address_key(remote), Instant::now()) {
            Ok(()) => {
                let whose = whose.unwrap_or_else(|| Actor::named("anonymous"));
                Err((problem::unauthenticated(), Some(whose)))
            }
            Err(wait) => Err((self.limited(wait), None)),
        }
    }

    fn allow(&self, route: &Route<S>, caller: &Caller) -> Result<(), Problem> {
        if caller.scopes.contains(&route.scope) {
            return Ok(());
        }
        Err(problem::scope_missing(route.scope))
    }

    async fn prepare(
        &self,
        route: &Route<S>,
        caller: Caller,
        mut request: Request<Body>,
    ) -> Result<
        (
            Call,
            Option<String>,
            Option<tokio::sync::OwnedSemaphorePermit>,
        ),
        Problem,
    > {
        let limits = &self.limits;
        let text = request.uri().query().unwrap_or("");
        if text.len() > limits.query {
            return Err(problem::query_too_long(limits.query));
        }
        let known: Vec<_> = route.query.iter().map(|p| p.name).collect();
        let query = query::parse(text, &known).map_err(|e| problem::parameter(&e))?;
        if let Some(missing) = route
            .query
            .iter()
            .find(|p| p.required && !query.contains_key(p.name))
        {
            return Err(problem::parameter(&format!(
                "`{}` is missing",
                missing.name
            )));
        }
        let path = request
            .extract_parts::<RawPathParams>()
            .await
            .map_err(|_| problem::parameter("the path is not percent-encoded UTF-8"))?
            .iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect::<BTreeMap<_, _>>();
        let (body, seat) = self.take_body(route, request).await?;
        let reason = reason(route, &query, &body, limits.json_depth)?;
        let call = Call {
            caller,
            path,
            query,
            body,
            json_depth: limits.json_depth,
        };
        Ok((call, reason, seat))
    }

    async fn take_body(
        &self,
        route: &Route<S>,
        request: Request<Body>,
    ) -> Result<(Bytes, Option<tokio::sync::OwnedSemaphorePermit>), Problem> {
        let limits = &self.limits;
        match route.takes {
            Takes::Nothing => {
                let body = body::read(request.into_body(), 0, limits.body_timeout).await;
                body.map(|body| (body, None))
            }
            Takes::Json(_) | Takes::Documents(_) => {
                if media(request.headers()) != Some("application/json") {
                    return Err(problem::media_type("application/json"));
                }
                let limit = match route.takes {
                    Takes::Documents(_) => limits.documents,
                    _ => limits.body,
                };
                let body = body::read(request.into_body(), limit, limits.body_timeout);
                Ok((body.await?, None))
            }
            Takes::Delivery => {
                if media(request.headers()) != Some("text/csv") {
                    return Err(problem::media_type("text/csv"));
                }
                // Held until the work is done: a delivery lives in memory.
                let seat = Arc::clone(&self.deliveries)
                    .try_acquire_owned()
                    .map_err(|_| problem::busy("other deliveries are being read", 5))?;
                let within = limits.delivery_timeout;
                let body = body::read(request.into_body(), limits.delivery, within).await?;
                Ok((body, Some(seat)))
            }
        }
    }

    async fn work(
        self: Arc<Self>,
        route: &'static Route<S>,
        actor: Actor,
        peer: Peer,
        call: Call,
        reason: Option<String>,
        seat: Option<tokio::sync::OwnedSemaphorePermit>,
    ) -> Result<Reply, Problem> {
        let limits = &self.limits;
        let within = if route.long {
            limits.long_work_timeout
        } else {
            limits.work_timeout
        };
        let pipeline = Arc::clone(&self);
        let task = tokio::spawn(async move {
            // A task of its own, so that a panic is an answer (500) that is recorded too.
            let done = tokio::spawn((route.handler)(Arc::clone(&pipeline.rooms), call)).await;
            let done = done.unwrap_or_else(|_| Err(problem::fault("the call broke off")));
            drop(seat);
            let read = route.method == crate::route::Method::Get;
            if read && done.as_ref().is_ok_and(|reply| !reply.shows) {
                return done;
            }
            let recorded = pipeline
                .record(route, &actor, peer, done.as_ref(), reason)
                .await;
            match (done, recorded) {
                (done, Ok(())) => done,
                // What was read without a record is not shown. What was changed has its own
                // records; its answer must not be lost.
                (Ok(_), Err(unrecorded)) if read => Err(unrecorded),
                (done, Err(unrecorded)) => {
                    tracing::error!(
                        route = route.operation,
                        detail = unrecorded.detail,
                        "a call could not be recorded"
                    );
                    done
                }
            }
        });
        match tokio::time::timeout(within, task).await {
            Ok(Ok(done)) => done,
            Ok(Err(_)) => Err(problem::fault("the call broke off")),
            Err(_) => Err(problem::still_working(within.as_secs())),
        }
    }

    async fn record(
        &self,
        route: &Route<S>,
        actor: &Actor,
        peer: Peer,
        done: Result<&Reply, &Problem>,
        reason: Option<String>,
    ) -> Result<(), Problem> {
        let call = CallMade {
            method: route.method.as_str().to_owned(),
            route: route.pattern.to_owned(),
            status: done.map_or_else(|problem| problem.status, |_| route.status),
            about: done.ok().and_then(|reply| reply.about),
            remote: peer.address.ip().to_canonical().to_string(),
            reason,
        };
        self.rooms.record(actor, call).await
    }

    /// Whether someone at `peer` may see the metrics: on this host, or with the scope `read`.
    ///
    /// # Errors
    /// 401, 403 or 429.
    pub async fn may_see_metrics(&self, headers: &HeaderMap, peer: Peer) -> Result<(), Problem> {
        if peer.address.ip().to_canonical().is_loopback() {
            return Ok(());
        }
        let caller = self
            .identify(headers, peer)
            .await
            .map_err(|(problem, _)| problem)?;
        if caller.scopes.contains(&model::Scope::Read) {
            return Ok(());
        }
        Err(problem::scope_missing(model::Scope::Read))
    }
}

/// The token of `Authorization: Bearer …` (RFC 6750 §2.1), the only way in which one is taken.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return None;
    };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    let fits = scheme.eq_ignore_ascii_case("bearer")
        && token.starts_with("tnr_")
        && token.len() <= 200
        && token
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    fits.then_some(token)
}

fn media(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    Some(text.split(';').next()?.trim())
}

/// The reason given with a call, checked: 1 to 500 characters, none of them a control.
fn reason<S>(
    route: &Route<S>,
    query: &BTreeMap<String, String>,
    body: &[u8],
    depth: usize,
) -> Result<Option<String>, Problem> {
    #[derive(Deserialize)]
    struct Given {
        #[serde(default)]
        reason: Option<String>,
    }
    let given = match route.takes {
        Takes::Json(_) | Takes::Documents(_) => {
            let given: Given =
                json::parse(body, depth).map_err(|e| problem::unreadable(&e.to_string()))?;
            given.reason
        }
        Takes::Nothing | Takes::Delivery => query.get("reason").cloned(),
    };
    let good = given.as_deref().is_none_or(|text| {
        !text.trim().is_empty()
            && text.chars().count() <= REASON
            && !text.chars().any(char::is_control)
    });
    if !good || (route.reason && given.is_none()) {
        return Err(problem::reason_missing());
    }
    Ok(given)
}
