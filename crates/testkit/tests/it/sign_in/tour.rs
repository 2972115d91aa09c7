//! The other service providers of a session are told of its end by the browser, one after the other; and attacks on
//! that.

use std::time::Duration;

use app::{HeldTour, LoggedOut};
use protocol::oauth::Response;
use protocol::saml::logout::LogoutRequest;
use protocol::saml::signature::VerifyingKey;
use protocol::saml::{EntityId, Location, Message, Received, Reception, ServiceProvider};

use super::provider::{encoded, providers, query, signed};
use super::slo::{SLO, Told, goes, key, leaves, read};
use super::world::{Browser, World};

const DONE: &str = "https://shop.acme.example/slo/done";
const MINUTE: Duration = Duration::from_secs(60);

/// Where a browser is sent with word of logout, and what it holds meanwhile.
pub struct Sent {
    pub to: String,
    pub id: String,
    name: String,
    sessions: Vec<String>,
    pub tour: HeldTour,
    own: bool,
}

/// What a browser brings to a service provider, once its signature is known to be ours.
#[track_caller]
pub fn sent(world: &World, key: &VerifyingKey, told: LoggedOut) -> Sent {
    let LoggedOut::Toured {
        response,
        tour,
        own,
    } = told
    else {
        panic!("nobody is sent anywhere: {told:?}");
    };
    let (to, received) = match &response {
        Response::Redirect { location } => {
            let (address, query) = location.split_once('?').unwrap();
            (address.to_owned(), Received::redirect(query.as_bytes()))
        }
        Response::FormPost { action, fields } => {
            let pairs = fields.iter();
            let pairs: Vec<String> = pairs
                .map(|(name, value)| format!("{name}={}", encoded(value)))
                .collect();
            (action.clone(), Received::post(pairs.join("&").as_bytes()))
        }
    };
    let received = received.unwrap();
    let entity = EntityId::new("https://id.acme.example/saml2/metadata").unwrap();
    let mut own_of = ServiceProvider::new(entity, Vec::new());
    own_of.signing_keys = vec![key.clone()];
    let location = Location::new(&to).unwrap();
    let at = Reception {
        location: &location,
        now: world.nodes[0].now(),
        skew: MINUTE,
        life: MINUTE,
    };
    let message = Message::read(&received).unwrap();
    let request = LogoutRequest::parse(&message, &own_of, &at).unwrap();
    let name = request.name_id.value.known().unwrap().clone();
    Sent {
        to,
        id: request.id,
        name,
        sessions: request.sessions,
        tour,
        own,
    }
}

/// An answer of a service provider to a request.
pub struct Says<'a> {
    party: &'a str,
    to: &'a str,
    status: &'a str,
}

impl Says<'_> {
    fn bare(&self, world: &World) -> String {
        let Self { party, to, status } = self;
        let now = world.nodes[0].now().to_string();
        let at = now.split('.').next().unwrap().trim_end_matches('Z');
        let xml = format!(
            "<samlp:LogoutResponse xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" Destination=\"{SLO}\" \
             ID=\"_a\" InResponseTo=\"{to}\" IssueInstant=\"{at}Z\" Version=\"2.0\"><saml:Issuer \
             xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">https://{party}.acme.example/metadata\
             </saml:Issuer><samlp:Status><samlp:StatusCode \
             Value=\"urn:oasis:names:tc:SAML:2.0:status:{status}\"></samlp:StatusCode></samlp:Status>\
             </samlp:LogoutResponse>"
        );
        query(&xml, "x").replace("SAMLRequest=", "SAMLResponse=")
    }

    pub fn signed(&self, world: &World) -> String {
        signed(&self.bare(world))
    }
}

pub async fn brings(world: &World, node: usize, query: &str, tour: Option<&HeldTour>) -> LoggedOut {
    let answer =
        world.nodes[node].saml_slo_answer(query.as_bytes(), false, tour.map(HeldTour::as_str));
    answer.await.unwrap()
}

fn is_refused(told: &LoggedOut) -> bool {
    matches!(told, LoggedOut::Refused(_))
}

pub fn good<'a>(party: &'a str, to: &'a str) -> Says<'a> {
    let status = "Success";
    Says { party, to, status }
}

/// `shop` and `safe` were told of somebody, and `shop` signs them out: the browser is sent to `safe`.
async fn begun(world: &World, browser: &Browser) -> (VerifyingKey, Told, Sent) {
    let key = key(world).await;
    let shop = goes(world, "shop", "_1", browser).await;
    let safe = goes(world, "safe", "_2", browser).await;
    let leave = leaves("shop", "_out", &shop).signed(world);
    let sent = sent(world, &key, world.slo(0, &leave, browser).await);
    (key, safe, sent)
}

/// How a service provider stands in the ledger.
async fn ledger(world: &World, name: &str) -> &'static str {
    let sessions = world.nodes[1].sessions_told("w001", true).await.unwrap();
    let mut given = sessions[0].given.iter();
    given.find(|one| one.relying_party == name).unwrap().status
}

/// The session is over before anybody is told; the one that asked is answered last, and knows that all know.
#[tokio::test]
async fn the_other_apps_of_a_session_are_told_by_the_browser() {
    for (world, browser) in World::with_providers("any-factor").await {
        let (key, safe, sent) = begun(&world, &browser).await;
        assert!(!world.is_in(&browser).await, "whether or not it answers");
        assert!(sent.own);
        assert_eq!(sent.to, "https://safe.acme.example/slo");
        assert_eq!((sent.name, sent.sessions), (safe.name, vec![safe.index]));
        assert_eq!(ledger(&world, "safe").await, "not_told");
        // Another node takes the answer: what is known of it is in the browser.
        let answer = good("safe", &sent.id).signed(&world);
        let told = brings(&world, 1, &answer, Some(&sent.tour)).await;
        assert_eq!(read(&key, &world, &told, (DONE, "_out")), (true, false));
        assert_eq!(ledger(&world, "safe").await, "told");
        let again = brings(&world, 0, &answer, Some(&sent.tour)).await;
        assert!(is_refused(&again), "once, on every node: {again:?}");
    }
}

/// Whoever signs out at our own page tells every app; then there is a page, or where the app wanted them.
#[tokio::test]
async fn whoever_signs_out_here_tells_one_app_after_the_other() {
    for (world, browser) in World::with_providers("any-factor").await {
        let key = key(&world).await;
        goes(&world, "shop", "_1", &browser).await;
        goes(&world, "safe", "_2", &browser).await;
        let cookie = browser.session.as_deref().unwrap();
        let there = Some("https://wiki.acme.example/bye".to_owned());
        let out = world.nodes[0].signs_out(cookie, there.clone());
        let first = sent(&world, &key, out.await.unwrap());
        assert!(first.own && !world.is_in(&browser).await);
        assert_eq!(first.to, "https://safe.acme.example/slo", "by a form");
        let waits = world.nodes[1].saml_goes_on(Some(first.tour.as_str())).await;
        assert_eq!(waits.unwrap(), LoggedOut::Over(None), "it was not answered");
        let answer = good("safe", &first.id).signed(&world);
        let told = brings(&world, 1, &answer, Some(&first.tour)).await;
        let second = sent(&world, &key, told);
        assert!(!second.own);
        assert_eq!(second.to, "https://shop.acme.example/slo", "by redirect");
        let answer = good("shop", &second.id).signed(&world);
        let told = brings(&world, 0, &answer, Some(&second.tour)).await;
        assert_eq!(told, LoggedOut::Over(there));
        // Nobody is sent anywhere by a cookie of a session that is over.
        let out = world.nodes[0].signs_out(cookie, None).await.unwrap();
        assert_eq!(out, LoggedOut::Done(None));
    }
}

/// One that says that it could not, or answers in a way that is not believed, makes it a partial logout.
#[tokio::test]
async fn an_app_that_did_not_sign_somebody_out_makes_it_partial() {
    for status in ["Responder", "unsigned"] {
        for (world, browser) in World::with_providers("any-factor").await {
            let (key, _, sent) = begun(&world, &browser).await;
            let to = sent.id.as_str();
            let answer = match status {
                "unsigned" => good("safe", to).bare(&world),
                status => Says {
                    party: "safe",
                    to,
                    status,
                }
                .signed(&world),
            };
            let told = brings(&world, 0, &answer, Some(&sent.tour)).await;
            assert_eq!(read(&key, &world, &told, (DONE, "_out")), (true, true));
            assert_eq!(ledger(&world, "safe").await, "not_told");
        }
    }
}

/// S16: what is no answer to what this browser was sent to ask sends nobody anywhere.
#[tokio::test]
async fn s16_an_answer_that_nobody_asked_for_leads_nowhere() {
    for (world, browser) in World::with_providers("any-factor").await {
        let (key, _, sent) = begun(&world, &browser).await;
        let answer = good("safe", &sent.id).signed(&world);
        let other = good("safe", "_other").signed(&world);
        let second = world.enrolled("w002", "p2@acme.example").await;
        goes(&world, "shop", "_3", &second).await;
        goes(&world, "safe", "_4", &second).await;
        let cookie = second.session.as_deref().unwrap();
        let out = world.nodes[0].signs_out(cookie, None).await.unwrap();
        let theirs = self::sent(&world, &key, out);
        let sealed = sent.tour.as_str();
        let forged = format!("{}.{}", &sealed[..40], &sealed[41..]);
        let query = answer.as_bytes();
        let told = world.nodes[0].saml_slo_answer(query, false, Some(&forged));
        assert!(is_refused(&told.await.unwrap()), "a changed cookie");
        for (what, query, tour) in [
            ("without a cookie", &answer, None),
            ("another's cookie", &answer, Some(&theirs.tour)),
            ("another request", &other, Some(&sent.tour)),
            ("nothing", &String::new(), Some(&sent.tour)),
        ] {
            let told = brings(&world, 0, query, tour).await;
            assert!(is_refused(&told), "{what}: {told:?}");
        }
        // Somebody else's word of it is no word of theirs, and it is not told a second time.
        let shops = good("shop", &sent.id).signed(&world);
        let told = brings(&world, 0, &shops, Some(&sent.tour)).await;
        assert_eq!(read(&key, &world, &told, (DONE, "_out")), (true, true));
        world.clock.advance(MINUTE * 16);
        let answer = good("safe", &theirs.id).signed(&world);
        let late = brings(&world, 0, &answer, Some(&theirs.tour)).await;
        assert!(is_refused(&late), "{late:?}");
    }
}

/// S15: where a browser is sent follows from the documents of then.
#[tokio::test]
async fn s15_nobody_is_sent_to_an_app_that_was_taken_away() {
    for (world, browser) in World::with_providers("any-factor").await {
        let key = key(&world).await;
        goes(&world, "shop", "_1", &browser).await;
        goes(&world, "safe", "_2", &browser).await;
        let cookie = browser.session.as_deref().unwrap();
        let out = world.nodes[0].signs_out(cookie, None).await.unwrap();
        let first = sent(&world, &key, out);
        let gone = providers().replace("metadata: {name: shop}", "metadata: {name: mall}");
        let gone = gone.replace("https://shop.acme.example/metadata", "https://mall.example");
        world.documents_with("any-factor", &gone).await;
        let answer = good("safe", &first.id).signed(&world);
        let told = brings(&world, 1, &answer, Some(&first.tour)).await;
        assert_eq!(told, LoggedOut::Over(None));
    }
}
