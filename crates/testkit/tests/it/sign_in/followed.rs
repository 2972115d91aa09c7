//! Metadata of service providers, read again from a server over HTTP; what follows from them, and attacks on that.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::provider::{
    asks, certificate, enveloped, is_shown, other_certificate, other_key, own_key, providers,
    signed_in, strict,
};
use app::Answer;

use super::world::{Browser, World};

const HOUR: Duration = Duration::from_secs(3_600);
const ACS: &str = "https://shop.acme.example/acs";

/// Whoever publishes metadata.
pub struct Publisher {
    port: u16,
    text: Arc<Mutex<String>>,
    asked: Arc<Mutex<usize>>,
}

impl Publisher {
    pub fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (text, asked) = (
            Arc::<Mutex<String>>::default(),
            Arc::<Mutex<usize>>::default(),
        );
        let (own, count) = (Arc::clone(&text), Arc::clone(&asked));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut request = [0; 4_096];
                let read = stream.read(&mut request).unwrap_or(0);
                let head = String::from_utf8_lossy(&request[..read]).into_owned();
                *count.lock().unwrap() += 1;
                let body = own.lock().unwrap().clone();
                let good = head.starts_with("GET /metadata HTTP/1.1\r\n")
                    && head.contains("application/samlmetadata+xml");
                let status = if good { "200 OK" } else { "400 Bad Request" };
                let length = body.len();
                let head = format!(
                    "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
                );
                let _ = stream.write_all(&[head.as_bytes(), body.as_bytes()].concat());
            }
        });
        Self { port, text, asked }
    }

    fn says(&self, text: String) {
        *self.text.lock().unwrap() = text;
    }

    /// How often it was asked since the last look.
    fn asked(&self) -> usize {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }
}

/// The base64 of a certificate in PEM.
fn bare(pem: &str) -> &str {
    pem.split(' ').nth(2).unwrap()
}

/// What a service provider says of itself, with `{}` where a signature belongs.
struct Says {
    entity: &'static str,
    until: Option<String>,
    keys: Vec<&'static str>,
    acs: &'static str,
}

impl Says {
    fn of(keys: &[&'static str]) -> Self {
        Self {
            entity: "https://shop.acme.example/metadata",
            until: None,
            keys: keys.to_vec(),
            acs: ACS,
        }
    }

    fn xml(&self) -> String {
        let Self {
            entity, until, acs, ..
        } = self;
        let keys = self.keys.iter().map(|pem| {
            let der = bare(pem);
            format!(
                "<md:KeyDescriptor><ds:KeyInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><ds:X509Data>\
                 <ds:X509Certificate>{der}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
            )
        });
        let keys: String = keys.collect();
        let until = until.as_ref();
        let until = until.map(|until| format!(" validUntil=\"{until}\""));
        let at = entity.trim_end_matches("/metadata");
        let binding = "urn:oasis:names:tc:SAML:2.0:bindings";
        format!(
            "<md:EntityDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" ID=\"_m\" \
             cacheDuration=\"PT6H\" entityID=\"{entity}\"{}>{{}}<md:SPSSODescriptor \
             protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\">{keys}\
             <md:SingleLogoutService Binding=\"{binding}:HTTP-Redirect\" Location=\"{at}/slo\">\
             </md:SingleLogoutService><md:AssertionConsumerService Binding=\"{binding}:HTTP-POST\" \
             Location=\"{acs}\" index=\"0\"></md:AssertionConsumerService><md:AssertionConsumerService \
             Binding=\"{binding}:HTTP-POST\" Location=\"{at}/other\" index=\"7\">\
             </md:AssertionConsumerService></md:SPSSODescriptor></md:EntityDescriptor>",
            until.unwrap_or_default()
        )
    }

    fn signed(&self) -> String {
        enveloped(&self.xml(), "_m", own_key())
    }
}

/// Where metadata stand, as a document says it.
fn stand(publisher: &Publisher, signer: Option<&str>) -> String {
    let port = publisher.port;
    let signer = signer.map(|pem| format!(", signed_by: '{pem}'"));
    let signer = signer.unwrap_or_default();
    format!(
        "    metadata: {{url: 'http://127.0.0.1:{port}/metadata', allow_private: true{signer}}}\n"
    )
}

/// Nodes on each store where `shop` is said to sign with somebody else's key, and its metadata stand there.
async fn worlds(signer: Option<&str>) -> Vec<(World, Browser, Publisher)> {
    let mut all = Vec::new();
    for (world, browser) in World::with_providers("any-factor").await {
        let publisher = Publisher::new();
        let own = format!("certificates: ['{}']\n    want", certificate());
        let other = format!("certificates: ['{}']\n    want", other_certificate());
        let shop = "entity_id: https://shop.acme.example/metadata\n";
        let stands = format!("{shop}{}", stand(&publisher, signer));
        let documents = providers().replacen(&own, &other, 1);
        let documents = documents.replacen(shop, &stands, 1);
        assert!(documents.contains(&other) && documents.contains(&stands));
        world.documents_with("any-factor", &documents).await;
        all.push((world, browser, publisher));
    }
    all
}

/// Both nodes look, at once, a while later.
async fn later(world: &World, hours: u32) {
    world.clock.advance(HOUR * hours);
    let (one, other) = tokio::join!(
        world.nodes[0].read_metadata(),
        world.nodes[1].read_metadata()
    );
    one.unwrap();
    other.unwrap();
}

/// Whether a request counts that `shop` has signed with the key of all of them.
async fn counts(world: &World, id: &str, browser: &Browser) -> bool {
    let query = asks("shop", id).signed(world);
    let answer = world.sso(1, &query, browser).await;
    match answer {
        // Whoever was signed in is no longer; the request counts.
        Answer::Ask { .. } => true,
        answer if is_shown(&answer) => false,
        answer => !signed_in(&answer).is_empty(),
    }
}

/// The codes of what is open of metadata, and why.
async fn open(world: &World) -> Vec<(String, String)> {
    let open = world.store.open_findings(100).await.unwrap();
    let all = open.into_iter().map(|row| row.opened.finding);
    let of_metadata = all.filter(|finding| finding.code.starts_with("TNR-SIGN-006"));
    of_metadata.map(|one| (one.code, one.problem)).collect()
}

#[track_caller]
fn told(open: &[(String, String)], code: &str, why: &str) {
    let [(is, problem)] = open else {
        panic!("{open:?}")
    };
    assert_eq!(is, code, "{problem}");
    assert!(problem.contains(why), "{problem}");
}

/// Certificates come and go as the metadata say, on every node, without a person; each turn is one node's.
#[tokio::test]
async fn sdp_md01_certificates_follow_metadata_that_are_signed() {
    for (world, browser, publisher) in worlds(Some(certificate())).await {
        assert!(!counts(&world, "_0", &browser).await, "another's key");
        publisher.says(Says::of(&[other_certificate(), certificate()]).signed());
        later(&world, 0).await;
        assert_eq!(publisher.asked(), 1, "by one of two nodes");
        assert!(counts(&world, "_1", &browser).await);
        assert_eq!(open(&world).await, []);
        later(&world, 0).await;
        assert_eq!(publisher.asked(), 0, "its turn is over");

        publisher.says(Says::of(&[other_certificate()]).signed());
        later(&world, 6).await;
        assert_eq!(publisher.asked(), 1);
        assert!(!counts(&world, "_2", &browser).await, "it was taken out");
        let head = world.store.head().await.unwrap().0;
        later(&world, 6).await;
        assert_eq!(publisher.asked(), 1);
        let after = world.store.head().await.unwrap().0;
        assert_eq!(head, after, "what is the same is not written");

        // Whoever takes `metadata` out of the document is back at what it says itself.
        world.documents_with("any-factor", &providers()).await;
        assert!(counts(&world, "_3", &browser).await);
    }
}

/// What nobody believes changes nothing, and is told until it is good again.
#[tokio::test]
async fn attack_metadata_that_are_not_to_be_believed_change_nothing() {
    for (world, browser, publisher) in worlds(Some(certificate())).await {
        let good = Says::of(&[certificate()]);
        let with = |change: &dyn Fn(&mut Says)| {
            let mut says = Says::of(&[certificate()]);
            change(&mut says);
            says.signed()
        };
        let signed = good.signed();
        // The signed one stands within another, which says what an attacker likes.
        let wrapped = Says::of(&[certificate()])
            .xml()
            .replace("{}", &signed.replace("ID=\"_m\"", "ID=\"_n\""));
        for (what, text, why) in [
            ("not signed", good.xml().replace("{}", ""), "not believed"),
            (
                "by another",
                enveloped(&good.xml(), "_m", other_key()),
                "not believed",
            ),
            (
                "changed",
                signed.replace(ACS, "https://evil.example/acs"),
                "not believed",
            ),
            ("wrapped", wrapped, "not believed"),
            (
                "of another",
                with(&|says| says.entity = "https://desk.acme.example/metadata"),
                "not of that entity id",
            ),
            (
                "ended",
                with(&|says| says.until = Some("2026-01-01T00:00:00Z".to_owned())),
                "has ended",
            ),
            ("no XML", "<!DOCTYPE a><a/>".to_owned(), "were not read"),
            ("too long", " ".repeat((1 << 20) + 1), "were not read"),
        ] {
            publisher.says(text);
            later(&world, 6).await;
            assert_eq!(publisher.asked(), 1, "{what}");
            assert!(
                !counts(&world, &format!("_{}", what.len()), &browser).await,
                "{what}"
            );
            told(&open(&world).await, "TNR-SIGN-0060", why);
        }
        publisher.says(signed);
        later(&world, 1).await;
        assert!(counts(&world, "_good", &browser).await);
        assert_eq!(open(&world).await, []);
    }
}

/// Where answers go is a person's to say, whoever signs.
#[tokio::test]
async fn attack_an_address_never_follows_metadata() {
    for (world, browser, publisher) in worlds(Some(certificate())).await {
        let mut says = Says::of(&[certificate()]);
        says.acs = "https://shop.acme.example/new";
        publisher.says(says.signed());
        later(&world, 0).await;
        told(
            &open(&world).await,
            "TNR-SIGN-0061",
            "an address for responses",
        );
        let mut ask = asks("shop", "_new");
        ask.acs = says.acs.to_owned();
        let answer = world.sso(0, &ask.signed(&world), &browser).await;
        assert!(is_shown(&answer), "{answer:?}");
        assert!(counts(&world, "_old", &browser).await, "its key counts");
        publisher.says(Says::of(&[certificate()]).signed());
        later(&world, 6).await;
        assert_eq!(open(&world).await, []);
    }
}

/// Where nobody is named who signs, everything is a person's to say.
#[tokio::test]
async fn attack_metadata_of_no_named_signer_change_nothing() {
    for (world, browser, publisher) in worlds(None).await {
        publisher.says(Says::of(&[certificate()]).signed());
        later(&world, 0).await;
        assert!(!counts(&world, "_1", &browser).await);
        told(&open(&world).await, "TNR-SIGN-0061", "other certificates");
        publisher.says(Says::of(&[other_certificate()]).xml().replace("{}", ""));
        later(&world, 6).await;
        assert_eq!(open(&world).await, [], "it is as the document says");
    }
}

/// An address inside is not gone to where the document does not allow it.
#[tokio::test]
async fn attack_metadata_are_not_fetched_from_inside_unless_it_is_allowed() {
    for (world, _, publisher) in worlds(Some(certificate())).await {
        let port = publisher.port;
        let shop = "entity_id: https://shop.acme.example/metadata\n";
        for host in ["127.0.0.1", "169.254.169.254"] {
            let at = format!("{shop}    metadata: {{url: 'https://{host}:{port}/metadata'}}\n");
            let documents = providers().replacen(shop, &at, 1);
            world.documents_with("any-factor", &documents).await;
            later(&world, 6).await;
            assert_eq!(publisher.asked(), 0, "{host}");
            told(&open(&world).await, "TNR-SIGN-0060", "were not read");
        }
    }
}

/// Under saml2int they say until when they count, and from then on nobody is signed in, whether or not they are read.
#[tokio::test]
async fn sdp_md03_the_end_follows_metadata_and_is_held_to() {
    for (world, browser, publisher) in worlds(Some(certificate())).await {
        let entity = "entity_id: https://strict.acme.example/metadata\n";
        let stands = format!("{entity}{}", stand(&publisher, Some(certificate())));
        let documents = format!(
            "{}---\n{}",
            providers(),
            strict().replacen(entity, &stands, 1)
        );
        world.documents_with("any-factor", &documents).await;
        let mut says = Says::of(&[certificate()]);
        says.entity = "https://strict.acme.example/metadata";
        says.acs = "https://strict.acme.example/acs";
        publisher.says(says.signed());
        later(&world, 0).await;
        told(&open(&world).await, "TNR-SIGN-0060", "no validUntil");
        let until = world.nodes[0].now().plus(HOUR * 48).to_string();
        let until = until.split('.').next().unwrap().trim_end_matches('Z');
        says.until = Some(format!("{until}Z"));
        publisher.says(says.signed());
        later(&world, 1).await;
        assert_eq!(open(&world).await, []);
        let asked = asks("strict", "_1").signed(&world);
        assert!(!is_shown(&world.sso(0, &asked, &browser).await));
        publisher.says(String::new());
        world.clock.advance(HOUR * 48);
        let browser = world.enrolled("w002", "p2@acme.example").await;
        let asked = asks("strict", "_2").signed(&world);
        let answer = world.sso(1, &asked, &browser).await;
        assert!(is_shown(&answer), "it has ended");
    }
}
