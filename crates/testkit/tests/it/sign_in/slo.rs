//! Service providers of SAML sign people out, and attacks on that.

use std::sync::Arc;
use std::time::Duration;

use app::{LoggedOut, Teller};
use protocol::oauth::Response;
use protocol::saml::logout::LogoutOutcome;
use protocol::saml::signature::VerifyingKey;
use protocol::saml::{EntityId, Location, Message, Received, Reception, ServiceProvider};

use super::provider::{SSO, asks, encoded, opened, posted, providers, query, response, signed};
use super::world::{Browser, World, redeems};

pub const SLO: &str = "https://id.acme.example/saml2/slo";
const DONE: &str = "https://shop.acme.example/slo/done";
const EMAIL: &str = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";

/// Word of logout, as a service provider writes it.
#[derive(Clone)]
pub struct Leave {
    party: &'static str,
    id: String,
    kind: &'static str,
    pub name: String,
    /// What stands within `NameID`, with a space before it.
    pub format: String,
    sessions: Vec<String>,
    destination: String,
    /// Seconds after now at which it says that it was made.
    made: i64,
    /// Seconds after now at which it is over.
    over: i64,
}

/// Word of logout of `party`, which was told this.
pub fn leaves(party: &'static str, id: &str, told: &Told) -> Leave {
    Leave {
        party,
        id: id.to_owned(),
        kind: "LogoutRequest",
        name: told.name.clone(),
        format: format!(" Format=\"{EMAIL}\""),
        sessions: vec![told.index.clone()],
        destination: SLO.to_owned(),
        made: 0,
        over: 60,
    }
}

impl Leave {
    /// In canonical form from the beginning, with `{}` where its signature belongs.
    pub fn xml(&self, world: &World) -> String {
        let at = |seconds: i64| {
            let now = world.nodes[0].now();
            let span = Duration::from_secs(seconds.unsigned_abs());
            let at = if seconds < 0 {
                now.minus(span)
            } else {
                now.plus(span)
            };
            let at = at.to_string();
            at.split('.')
                .next()
                .unwrap()
                .trim_end_matches('Z')
                .to_owned()
                + "Z"
        };
        let Self {
            party,
            id,
            kind,
            name,
            format,
            destination,
            ..
        } = self;
        let (made, over) = (at(self.made), at(self.over));
        let sessions = self.sessions.iter();
        let sessions: String = sessions
            .map(|index| format!("<samlp:SessionIndex>{index}</samlp:SessionIndex>"))
            .collect();
        let saml = "urn:oasis:names:tc:SAML:2.0:assertion";
        format!(
            "<samlp:{kind} xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" \
             Destination=\"{destination}\" ID=\"{id}\" IssueInstant=\"{made}\" NotOnOrAfter=\"{over}\" \
             Version=\"2.0\"><saml:Issuer xmlns:saml=\"{saml}\">https://{party}.acme.example/metadata\
             </saml:Issuer>{{}}<saml:NameID xmlns:saml=\"{saml}\"{format}>{name}</saml:NameID>{sessions}\
             </samlp:{kind}>"
        )
    }

    pub fn signed(&self, world: &World) -> String {
        signed(&query(&self.xml(world), "back"))
    }

    /// The same but for something, signed.
    fn but(&self, world: &World, change: &dyn Fn(&mut Self)) -> String {
        let mut leave = self.clone();
        change(&mut leave);
        leave.signed(world)
    }
}

/// A query without its signature.
fn covered_by(query: &str) -> &str {
    query.split("&Signature=").next().unwrap()
}

/// What a service provider was told.
#[derive(Debug)]
pub struct Told {
    pub name: String,
    pub index: String,
}

/// Somebody goes to a service provider.
pub async fn goes(world: &World, party: &'static str, id: &str, browser: &Browser) -> Told {
    let ask = asks(party, id);
    let query = match party {
        "shop" => ask.signed(world),
        _ => ask.query(world),
    };
    let (xml, _) = response(&world.sso(0, &query, browser).await).unwrap();
    let xml = match party {
        "safe" | "strict" => opened(&xml),
        _ => xml,
    };
    let (_, rest) = xml.split_once("<saml:NameID").unwrap();
    let (name, _) = rest.split_once("</saml:NameID>").unwrap();
    let (_, index) = xml.split_once("SessionIndex=\"").unwrap();
    Told {
        name: name.split_once('>').unwrap().1.to_owned(),
        index: index.split('"').next().unwrap().to_owned(),
    }
}

impl World {
    pub async fn slo(&self, node: usize, query: &str, browser: &Browser) -> LoggedOut {
        let told = self.nodes[node].saml_slo(query.as_bytes(), false, browser.asker());
        told.await.unwrap()
    }

    pub async fn is_in(&self, browser: &Browser) -> bool {
        let cookie = browser.session.as_deref().unwrap();
        self.nodes[1].session_of(cookie).await.unwrap().is_some()
    }
}

/// What the service provider is told, once it has verified it: whether it went well, and whether in part.
#[track_caller]
pub fn read(
    key: &VerifyingKey,
    world: &World,
    told: &LoggedOut,
    (to, id): (&str, &str),
) -> (bool, bool) {
    let LoggedOut::Answered(response, _) = told else {
        panic!("no answer: {told:?}");
    };
    let received = match response {
        Response::Redirect { location } => {
            let (address, query) = location.split_once('?').unwrap();
            assert_eq!(address, to);
            assert!(query.contains("&RelayState=back&"), "{query}");
            Received::redirect(query.as_bytes())
        }
        Response::FormPost { action, fields } => {
            assert_eq!(action, to);
            let pairs = fields.iter();
            let pairs: Vec<String> = pairs
                .map(|(name, value)| format!("{name}={}", encoded(value)))
                .collect();
            Received::post(pairs.join("&").as_bytes())
        }
    };
    let received = received.unwrap();
    let entity = EntityId::new("https://id.acme.example/saml2/metadata").unwrap();
    let mut own = ServiceProvider::new(entity, Vec::new());
    own.signing_keys = vec![key.clone()];
    let location = Location::new(to).unwrap();
    let at = Reception {
        location: &location,
        now: world.nodes[0].now(),
        skew: Duration::from_secs(60),
        life: Duration::from_secs(60),
    };
    let message = Message::read(&received).unwrap();
    let outcome = LogoutOutcome::parse(&message, &own, &at, id).unwrap();
    (outcome.has_ended, outcome.is_partial)
}

pub async fn key(world: &World) -> VerifyingKey {
    let metadata = world.nodes[0].saml_metadata().await.unwrap();
    assert!(metadata.contains(&format!("SingleLogoutService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect\" Location=\"{SLO}\"")), "{metadata}");
    let (_, rest) = metadata.split_once("<ds:X509Certificate>").unwrap();
    VerifyingKey::from_base64(rest.split('<').next().unwrap()).unwrap()
}

/// The session ends on every node, those who can be told are, and the service provider that asked is answered where
/// its document says, and signed.
#[tokio::test]
async fn a_service_provider_signs_somebody_out_everywhere() {
    for (world, mut browser) in World::with_providers("any-factor").await {
        let wiki = "redirect_uris: [\"https://wiki.acme.example/cb\"]";
        let out = format!("{wiki}\n    backchannel_logout_uri: https://wiki.acme.example/out");
        world
            .documents_with("any-factor", &providers().replace(wiki, &out))
            .await;
        let key = key(&world).await;
        let code = world.code("wiki", &mut browser).await;
        world.token(0, 0, &redeems(&code)).await.unwrap();
        let told = goes(&world, "shop", "_in", &browser).await;
        let other = world.enrolled("w002", "p2@acme.example").await;
        goes(&world, "shop", "_in2", &other).await;

        let answer = world
            .slo(1, &leaves("shop", "_out", &told).signed(&world), &browser)
            .await;
        assert_eq!(read(&key, &world, &answer, (DONE, "_out")), (true, false));
        assert!(
            matches!(answer, LoggedOut::Answered(_, true)),
            "its cookie is taken away"
        );
        assert!(!world.is_in(&browser).await);
        assert!(world.is_in(&other).await, "somebody else's goes on");
        Teller::new(Arc::new(world.nodes[0].clone()))
            .pass()
            .await
            .unwrap();
        let heard = world.relying.heard();
        assert_eq!(heard.len(), 1);
        assert_eq!(heard[0].uri, "https://wiki.acme.example/out");

        let sessions = world.nodes[1].sessions_told("w001", true).await.unwrap();
        let ended = sessions[0].row.state.ended.as_ref().unwrap();
        assert_eq!(ended.reason, "signed out at shop");
        let shop = sessions[0]
            .given
            .iter()
            .find(|given| given.relying_party == "shop");
        let shop = shop.unwrap();
        assert_eq!((shop.status, shop.at), ("told", Some(ended.at)));
        assert_eq!(shop.exposed_until, None, "it has ended its own");
        // It says so once more, about what has ended: that is so.
        let answer = world
            .slo(0, &leaves("shop", "_again", &told).signed(&world), &browser)
            .await;
        assert_eq!(read(&key, &world, &answer, (DONE, "_again")), (true, false));
        assert!(matches!(answer, LoggedOut::Answered(_, false)));
    }
}

/// Whoever was given something in the session and is not told of its end is not passed over.
#[tokio::test]
async fn a_logout_of_which_somebody_cannot_be_told_is_a_partial_one() {
    for (world, browser) in World::with_providers("any-factor").await {
        let key = key(&world).await;
        let desk = goes(&world, "desk", "_1", &browser).await;
        let safe = goes(&world, "safe", "_2", &browser).await;
        assert_ne!(desk.name, safe.name);
        let leave = leaves("safe", "_out", &safe);
        let body = posted(&leave.xml(&world), "_out", "back");
        let answer = world.nodes[0].saml_slo(body.as_bytes(), true, browser.asker());
        let to = ("https://safe.acme.example/slo", "_out");
        assert_eq!(read(&key, &world, &answer.await.unwrap(), to), (true, true));
        assert!(!world.is_in(&browser).await);
    }
}

/// S16: nothing ends by a request that is not signed by the one who was told, about what it was told.
#[tokio::test]
async fn s16_a_logout_request_that_is_not_good_ends_nothing() {
    for (world, browser) in World::with_providers("any-factor").await {
        let told = goes(&world, "shop", "_in", &browser).await;
        let good = leaves("shop", "_out", &told);
        let with = |change: &dyn Fn(&mut Leave)| good.but(&world, change);
        let bare = query(&good.xml(&world), "back");
        let whole = good.signed(&world);
        let covered = covered_by(&whole);
        let value = whole.rsplit("&Signature=").next().unwrap();
        let sso = asks("shop", "_other").signed(&world);
        for (what, query) in [
            ("unsigned", bare.clone()),
            ("half", covered.to_owned()),
            (
                "other state",
                whole.replace("RelayState=back", "RelayState=evil"),
            ),
            (
                "another's signature",
                format!(
                    "{}&Signature={value}",
                    covered_by(&with(&|l| l.id = "_x".to_owned()))
                ),
            ),
            ("of one without a key", with(&|l| l.party = "desk")),
            ("of nobody", with(&|l| l.party = "nobody")),
            ("to sign in", sso),
            (
                "to another place",
                with(&|l| l.destination = SSO.to_owned()),
            ),
            ("to no place", with(&|l| l.destination = String::new())),
            ("too old", with(&|l| l.made = -600)),
            ("of tomorrow", with(&|l| l.made = 600)),
            ("over", with(&|l| l.over = -200)),
            ("a response", with(&|l| l.kind = "LogoutResponse")),
            ("too long", format!("{whole}&x={}", "x".repeat(16 << 10))),
        ] {
            let answer = world.slo(0, &query, &browser).await;
            assert!(
                matches!(answer, LoggedOut::Refused(_)),
                "{what}: {answer:?}"
            );
            assert!(world.is_in(&browser).await, "{what}");
        }
    }
}

/// S16: nothing ends by a request that is signed, and about what its sender was not told: it is told so.
#[tokio::test]
async fn s16_a_logout_request_about_what_was_not_told_ends_nothing() {
    for (world, browser) in World::with_providers("any-factor").await {
        let told = goes(&world, "shop", "_in", &browser).await;
        let desk = goes(&world, "desk", "_in", &browser).await;
        let key = key(&world).await;
        let good = leaves("shop", "_out", &told);
        let about = |change: &dyn Fn(&mut Leave)| good.but(&world, change);
        for (what, query) in [
            (
                "another name",
                about(&|l| l.name = "p2@acme.example".to_owned()),
            ),
            (
                "another kind of name",
                about(&|l| {
                    l.format = " Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:persistent\""
                        .to_owned()
                }),
            ),
            (
                "of another's",
                about(&|l| l.format = format!(" Format=\"{EMAIL}\" SPNameQualifier=\"urn:x\"")),
            ),
            (
                "another's session",
                about(&|l| l.sessions = vec![desk.index.clone()]),
            ),
            (
                "another's session by its name",
                about(&|l| {
                    l.sessions = vec![desk.index.clone()];
                    l.name.clone_from(&desk.name);
                }),
            ),
            (
                "a guess",
                about(&|l| l.sessions = vec![told.index.replace('-', "_")]),
            ),
            (
                "a cookie",
                about(&|l| l.sessions = vec![browser.session.clone().unwrap()]),
            ),
        ] {
            let answer = world.slo(0, &query, &browser).await;
            let outcome = read(&key, &world, &answer, (DONE, "_out"));
            assert_eq!(outcome, (false, false), "{what}");
            assert!(world.is_in(&browser).await, "{what}");
        }
    }
}

/// S15: the document is looked at again when word of logout comes; and that is none to sign in.
#[tokio::test]
async fn s15_an_app_that_was_taken_away_signs_nobody_out() {
    for (world, browser) in World::with_providers("any-factor").await {
        let told = goes(&world, "shop", "_in", &browser).await;
        let whole = leaves("shop", "_out", &told).signed(&world);
        world
            .documents_with("any-factor", super::world::SIGN_ON)
            .await;
        assert!(matches!(
            world.slo(0, &whole, &browser).await,
            LoggedOut::Refused(_)
        ));
        world.documents_with("any-factor", &providers()).await;
        assert!(world.is_in(&browser).await);
        let sent = world.nodes[0].saml_sso(whole.as_bytes(), false, browser.asker());
        assert!(
            super::provider::is_shown(&sent.await.unwrap()),
            "it is none to sign in"
        );
        assert!(matches!(
            world.slo(0, &whole, &browser).await,
            LoggedOut::Answered(..)
        ));
        assert!(!world.is_in(&browser).await);
    }
}

/// S9: word of logout counts once, on every node: whoever brings it again ends no session that began since.
#[tokio::test]
async fn s9_a_logout_request_counts_once_on_every_node() {
    for (world, browser) in World::with_providers("any-factor").await {
        let told = goes(&world, "shop", "_1", &browser).await;
        let mut all = leaves("shop", "_out", &told);
        all.sessions.clear();
        let second = world.enrolled("w001", "p1@acme.example").await;
        goes(&world, "shop", "_2", &second).await;
        let query = all.signed(&world);
        assert!(matches!(
            world.slo(0, &query, &browser).await,
            LoggedOut::Answered(..)
        ));
        assert!(
            !world.is_in(&browser).await && !world.is_in(&second).await,
            "all of them"
        );
        let third = world.enrolled("w001", "p1@acme.example").await;
        goes(&world, "shop", "_3", &third).await;
        for node in [0, 1] {
            let again = world.slo(node, &query, &third).await;
            assert!(matches!(again, LoggedOut::Refused(_)), "{again:?}");
        }
        assert!(world.is_in(&third).await);
        // Whoever names no session is believed of the one who is signed in here, and of nobody else.
        let stranger = world.browser();
        all.id = "_out2".to_owned();
        let key = key(&world).await;
        let answer = world.slo(0, &all.signed(&world), &stranger).await;
        assert_eq!(read(&key, &world, &answer, (DONE, "_out2")), (false, false));
        let bo = world.enrolled("w002", "p2@acme.example").await;
        goes(&world, "shop", "_4", &bo).await;
        let answer = world.slo(0, &all.signed(&world), &bo).await;
        assert_eq!(read(&key, &world, &answer, (DONE, "_out2")), (false, false));
        assert!(world.is_in(&third).await && world.is_in(&bo).await);
    }
}

/// A name that counts for one sign-in alone is known again when that ends.
#[tokio::test]
async fn the_name_that_was_told_is_the_one_that_counts() {
    for (world, browser) in World::with_providers("any-factor").await {
        let email = "name_id: {format: emailAddress, value: person.email}";
        let transient = providers().replace(email, "name_id: {format: transient}");
        world.documents_with("any-factor", &transient).await;
        let first = goes(&world, "shop", "_1", &browser).await;
        let second = goes(&world, "shop", "_2", &browser).await;
        assert_ne!(first.name, second.name);
        let key = key(&world).await;
        let mut leave = leaves("shop", "_out", &second);
        leave.name.clone_from(&first.name);
        leave.format = String::new();
        let answer = world.slo(0, &leave.signed(&world), &browser).await;
        assert_eq!(read(&key, &world, &answer, (DONE, "_out")), (false, false));
        leave.name.clone_from(&second.name);
        let answer = world.slo(0, &leave.signed(&world), &browser).await;
        assert_eq!(read(&key, &world, &answer, (DONE, "_out")), (true, false));
        assert!(!world.is_in(&browser).await);
    }
}
