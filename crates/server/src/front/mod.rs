//! The front door: pages on which people sign in, and the endpoints of the OpenID provider and of the
//! identity provider of SAML.
//!
//! Beside the admin API, with which it shares the listener and the rate of each address, and nothing
//! else: what is reached here needs no API token, and gives none. Every answer is made of an answer of
//! a use-case; nothing is decided here but in which words.
//!
//! Pages work without scripts, are not framed, and load nothing from elsewhere.

mod assets;
mod cookies;
mod device;
mod factors;
mod framed;
mod held;
mod left;
mod mailed;
mod oauth;
mod pages;
mod registration;
mod reply;
mod saml;
mod show;
mod throttle;
mod visit;
mod words;

use std::sync::Arc;

use app::{App, paths};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use axum::routing::{MethodFilter, MethodRouter, get, on, post};

use crate::gate::Gate;
use crate::limits::Limits;
use crate::listener::Peer;
use crate::pipeline::Pipeline;
use crate::{answer, problem};

use throttle::Throttle;

/// What the pages and endpoints share.
pub struct Front {
    /// The use-cases.
    pub app: Arc<App>,
    /// The tenant's name.
    pub tenant: String,
    /// Whether cookies go over TLS only.
    secure: bool,
    limits: Arc<Limits>,
    guesses: Throttle,
    /// Those who ask for a way in by mail: with a budget of their own, and so many at once.
    asks: Throttle,
    asking: Arc<tokio::sync::Semaphore>,
}

impl Front {
    /// For this tenant; `public_url` is where browsers find it.
    #[must_use]
    pub fn new(app: Arc<App>, tenant: String, public_url: &str, limits: Arc<Limits>) -> Self {
        Self {
            app,
            tenant,
            secure: public_url.starts_with("https://"),
            guesses: Throttle::new(limits.remembered),
            asks: Throttle::of_asks(limits.remembered),
            asking: Arc::new(tokio::sync::Semaphore::new(mailed::AT_ONCE)),
            limits,
        }
    }
}

/// Where clients that have registered themselves ask about themselves (RFC 7592).
const REGISTERED: &str = "/oauth2/register/{client}";
/// In which ways they do.
const MANAGED: MethodFilter = MethodFilter::GET
    .or(MethodFilter::PUT)
    .or(MethodFilter::DELETE);

/// A page or endpoint: what is asked, and the answer.
type Work = fn(Arc<Front>, visit::Visit) -> reply::Answered;

/// For whom an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reader {
    /// For people: what goes wrong is told as a page.
    Person,
    /// For programs: it is told as JSON.
    Program,
}

/// The router with the front door in it.
pub(crate) fn with_front<S: Gate>(
    mut router: Router,
    pipeline: &Arc<Pipeline<S>>,
    front: &Arc<Front>,
) -> Router {
    let answers = |reader: Reader, work: Work| {
        let (pipeline, front) = (Arc::clone(pipeline), Arc::clone(front));
        move |request: Request<Body>| handled(pipeline, front, (reader, work), request)
    };
    let route = |work: Work| answers(Reader::Person, work);
    let program = |work: Work| answers(Reader::Program, work);
    let both = |work: Work| -> MethodRouter { get(route(work)).post(route(work)) };
    let routes: [(&str, MethodRouter); 34] = [
        ("/", get(route(pages::home))),
        ("/sign-in/password", post(route(pages::password))),
        ("/sign-in/pass", post(route(pages::pass))),
        ("/sign-in/lost", post(route(mailed::ask))),
        (
            paths::MAILED,
            get(route(mailed::look)).post(route(mailed::type_code)),
        ),
        ("/sign-in/passkey", post(route(pages::passkey))),
        ("/sign-in/code", post(route(pages::code))),
        ("/sign-in/no", post(route(pages::no))),
        ("/sign-in/upstream", post(route(pages::upstream))),
        ("/sign-in/from/{provider}", get(route(pages::come_back))),
        ("/sign-in/enrol", post(route(pages::enrol_password))),
        ("/sign-in/enrol/passkey", post(route(pages::enrol_passkey))),
        ("/sign-in/enrol/codes", post(route(pages::enrol_codes))),
        ("/recent", get(route(pages::recent))),
        ("/factors", get(route(factors::look))),
        ("/factors/passkey", post(route(factors::add_passkey))),
        ("/factors/codes", post(route(factors::set_codes_up))),
        ("/factors/drop", post(route(factors::drop_one))),
        ("/sign-out", post(route(pages::sign_out))),
        (paths::AUTHORIZE, both(pages::authorize)),
        (paths::LOGOUT, both(pages::logout)),
        (paths::SAML_SSO, both(saml::sso)),
        (paths::SAML_SLO, both(saml::slo)),
        (paths::SAML_START, get(route(saml::start))),
        (paths::SAML_METADATA, get(program(saml::metadata))),
        ("/saml2/from/{provider}", get(program(saml::from))),
        ("/saml2/from/{provider}/acs", post(route(saml::come_back))),
        (
            paths::DEVICE_PAGE,
            get(route(device::look)).post(route(device::type_code)),
        ),
        ("/device/answer", post(route(device::answer))),
        (paths::REGISTER, post(program(registration::register))),
        (REGISTERED, on(MANAGED, program(registration::register))),
        (paths::JWKS, get(program(oauth::jwks))),
        (
            "/.well-known/openid-configuration",
            get(program(oauth::metadata)),
        ),
        (
            "/.well-known/oauth-authorization-server",
            get(program(oauth::metadata)),
        ),
    ];
    router = with_clients(router, pipeline, front);
    for (path, methods) in routes {
        router = router.route(path, methods);
    }
    for (path, work) in ASSETS {
        router = router.route(path, get(route(work)));
    }
    router
}

/// The router with the endpoints in it at which clients prove who they are, or what they hold.
pub(crate) fn with_clients<S: Gate>(
    router: Router,
    pipeline: &Arc<Pipeline<S>>,
    front: &Arc<Front>,
) -> Router {
    let program = |work: Work| {
        let (pipeline, front) = (Arc::clone(pipeline), Arc::clone(front));
        move |request: Request<Body>| handled(pipeline, front, (Reader::Program, work), request)
    };
    router
        .route(paths::DEVICE, post(program(oauth::device)))
        .route(paths::PUSHED, post(program(oauth::push)))
        .route(paths::TOKEN, post(program(oauth::token)))
        .route(paths::REVOKE, post(program(oauth::revoke)))
        .route(paths::INTROSPECT, post(program(oauth::introspect)))
        .route(
            paths::USERINFO,
            get(program(oauth::userinfo)).post(program(oauth::userinfo)),
        )
}

/// What is the same for everybody.
const ASSETS: [(&str, Work); 5] = [
    ("/assets/pages.css", assets::css),
    ("/assets/passkey.js", assets::passkey),
    ("/assets/submit.js", assets::submit),
    ("/robots.txt", assets::robots),
    ("/favicon.ico", assets::icon),
];

/// One request: the rate of its address, its body, its work, and the headers of its answer.
async fn handled<S: Gate>(
    pipeline: Arc<Pipeline<S>>,
    front: Arc<Front>,
    (reader, work): (Reader, Work),
    request: Request<Body>,
) -> Response<Body> {
    let id = pipeline.request_id();
    let peer = request.extensions().get::<Peer>().copied();
    let begun = std::time::Instant::now();
    let admitted = match peer {
        Some(peer) => pipeline.admit(peer).map(|()| peer),
        None => Err(problem::fault("the connection's address is not known")),
    };
    let visited = match admitted {
        Ok(peer) => visit::Visit::of(request, peer, &front.limits).await,
        Err(problem) => Err(problem),
    };
    let mut response = match visited {
        Ok(visit) => {
            let words = visit.words;
            match work(Arc::clone(&front), visit).await {
                Ok(response) => response,
                Err(error) if reader == Reader::Program => reply::unavailable(&error, &id),
                Err(error) => reply::failed(&front, words, &error, &id),
            }
        }
        Err(problem) => answer::problem(problem, &pipeline.public_url, &id),
    };
    let status = response.status().as_u16();
    pipeline
        .metrics
        .answered(usize::MAX, status, begun.elapsed());
    reply::harden(&mut response, &id, peer.is_some_and(|peer| peer.tls));
    response
}
