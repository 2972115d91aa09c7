//! Certificates of clients, as mutual TLS presents them (RFC 8705).
//!
//! Fixtures, made with `openssl ca`, all with keys on P-256 that nobody kept: `issuer` and `imposter` are two authorities
//! of one name, `between` one under `issuer`. `robot` is issued by `issuer` to `CN=robot,O=Acme,C=DE` for 2026; `deep`,
//! `forged` and `under` say the same and are issued by `between`, `imposter` and `robot`; `unsaid` and `server` say
//! nothing of what they are for, and that they are for servers. `other` is somebody else's. `own` and `stranger` sign
//! themselves, with one name.

use model::Timestamp;
use protocol::oauth::Bound;
use protocol::oauth::mtls::{self, Anchors, CertificateFault, Subject, issued, registered};

macro_rules! fixture {
    ($name:literal) => {
        include_bytes!(concat!("../fixtures/mtls/", $name, ".der")).as_slice()
    };
}

const ISSUER: &[u8] = fixture!("issuer");
const IMPOSTER: &[u8] = fixture!("imposter");
const BETWEEN: &[u8] = fixture!("between");
const ROBOT: &[u8] = fixture!("robot");
const DEEP: &[u8] = fixture!("deep");
const FORGED: &[u8] = fixture!("forged");
const OTHER: &[u8] = fixture!("other");
const UNSAID: &[u8] = fixture!("unsaid");
const SERVER: &[u8] = fixture!("server");
const UNDER: &[u8] = fixture!("under");
const OWN: &[u8] = fixture!("own");
const STRANGER: &[u8] = fixture!("stranger");

const NAME: &str = "CN=robot,O=Acme,C=DE";

/// 2026-12-01T00:00:00Z, or as many days from then.
fn day(days: i64) -> Timestamp {
    Timestamp::from_micros((1_796_083_200 + days * 86_400) * 1_000_000)
}

fn chain(of: &[&[u8]]) -> Vec<Vec<u8>> {
    of.iter().map(|der| der.to_vec()).collect()
}

fn judged(
    of: &[&[u8]],
    anchor: &[u8],
    subject: &Subject,
    days: i64,
) -> Result<(), CertificateFault> {
    let anchors = Anchors::read([anchor]).unwrap();
    issued(&chain(of), &anchors, subject, day(days))
}

#[test]
fn a_certificate_that_was_issued_to_the_client_counts() {
    let robot = Subject::dn(NAME).unwrap();
    assert_eq!(judged(&[ROBOT], ISSUER, &robot, 0), Ok(()));
    assert_eq!(judged(&[DEEP, BETWEEN], ISSUER, &robot, 0), Ok(()));
    assert_eq!(
        judged(&[DEEP], BETWEEN, &robot, 0),
        Ok(()),
        "an anchor need not be a root"
    );
    assert_eq!(judged(&[ROBOT, BETWEEN, ISSUER], ISSUER, &robot, 0), Ok(()));
    for subject in [
        Subject::dns("robot.acme.example"),
        Subject::dns("ROBOT.acme.example"),
        Subject::uri("urn:acme:robot"),
        Subject::ip("192.0.2.7"),
        Subject::ip("2001:db8:0::7"),
        Subject::email("robot@acme.example"),
    ] {
        let subject = subject.unwrap();
        assert_eq!(judged(&[ROBOT], ISSUER, &subject, 0), Ok(()), "{subject:?}");
    }
}

/// Whoever has issued it, whatever it says and whenever it is shown: one of them is not enough.
#[test]
fn a_certificate_that_nobody_trusted_has_issued_for_clients_counts_for_nothing() {
    let robot = Subject::dn(NAME).unwrap();
    let untrusted = Err(CertificateFault::Untrusted);
    for (of, why) in [
        (&[FORGED][..], "an authority of the same name"),
        (&[FORGED, IMPOSTER], "which comes along"),
        (&[DEEP], "without the one between"),
        (&[UNDER, ROBOT], "somebody who is no authority"),
        (&[OWN], "nobody"),
        (&[UNSAID], "for nothing in particular"),
        (&[SERVER], "for servers"),
        (&[ISSUER], "the authority itself"),
        (&[IMPOSTER], "the other one"),
    ] {
        assert_eq!(judged(of, ISSUER, &robot, 0), untrusted, "{why}");
    }
    for days in [-336, 32, 4_000] {
        let judged = judged(&[ROBOT], ISSUER, &robot, days);
        assert_eq!(judged, Err(CertificateFault::Time), "{days}");
    }
    assert_eq!(
        judged(&[], ISSUER, &robot, 0),
        Err(CertificateFault::Absent)
    );
    let long = [&[ROBOT][..], &[BETWEEN; mtls::MOST]].concat();
    assert_eq!(
        judged(&long, ISSUER, &robot, 0),
        Err(CertificateFault::Absent)
    );
    let nobody = Anchors::read([]).unwrap();
    assert_eq!(issued(&chain(&[ROBOT]), &nobody, &robot, day(0)), untrusted);
}

#[test]
fn a_certificate_of_somebody_else_counts_for_nothing() {
    let foreign = Err(CertificateFault::Subject);
    assert_eq!(
        judged(&[OTHER], ISSUER, &Subject::dn(NAME).unwrap(), 0),
        foreign
    );
    for subject in [
        Subject::dn("CN=robot"),
        Subject::dn("CN=Robot,O=Acme,C=DE"),
        Subject::dn("C=DE,O=Acme,CN=robot"),
        Subject::dn("CN=robot,OU=x,O=Acme,C=DE"),
        // A name in one place is none in another.
        Subject::dns("robot"),
        Subject::uri("dns:robot.acme.example"),
        Subject::uri("urn:acme:ROBOT"),
        Subject::dns("acme.example"),
        Subject::ip("192.0.2.8"),
        Subject::ip("::ffff:192.0.2.7"),
        Subject::email("Robot@acme.example"),
    ] {
        let subject = subject.unwrap();
        assert_eq!(
            judged(&[ROBOT], ISSUER, &subject, 0),
            foreign,
            "{subject:?}"
        );
    }
    let dns = Subject::dns("robot.acme.example").unwrap();
    let own = Anchors::read([OWN]).unwrap();
    let alone = issued(&chain(&[OWN]), &own, &dns, day(0));
    assert!(
        alone.is_err(),
        "{alone:?}: it has no such name, and is no authority"
    );
}

/// RFC 8705 §2.2: the certificate that is registered, and not another one with its name.
#[test]
fn a_certificate_of_its_own_is_the_one_that_is_registered() {
    let judged = |of: &[&[u8]], days| registered(&chain(of), [OWN, DEEP], day(days));
    assert_eq!(judged(&[OWN], 0), Ok(()));
    assert_eq!(
        judged(&[DEEP], 0),
        Ok(()),
        "who has issued it is nobody's matter"
    );
    assert_eq!(judged(&[STRANGER], 0), Err(CertificateFault::Unknown));
    assert_eq!(
        judged(&[STRANGER, OWN], 0),
        Err(CertificateFault::Unknown),
        "whoever sends it along has not proved its key"
    );
    for days in [-336, 32] {
        assert_eq!(judged(&[OWN], days), Err(CertificateFault::Time), "{days}");
    }
    let behind = [OWN, &[0]].concat();
    assert_eq!(judged(&[&behind], 0), Err(CertificateFault::Unknown));
}

#[test]
fn whatever_is_cut_off_is_no_certificate() {
    let robot = Subject::dn(NAME).unwrap();
    let anchors = Anchors::read([ISSUER]).unwrap();
    for cut in 0..ROBOT.len() {
        let chain = vec![ROBOT[..cut].to_vec()];
        let judged = issued(&chain, &anchors, &robot, day(0));
        assert_eq!(judged, Err(CertificateFault::Unreadable), "{cut} bytes");
        assert!(mtls::presentable(&ROBOT[..cut]).is_err(), "{cut} bytes");
        assert!(Anchors::read([&ISSUER[..cut.min(ISSUER.len() - 1)]]).is_err());
    }
    assert_eq!(mtls::presentable(ROBOT), Ok(()));
}

/// Of whoever changes a byte of a certificate nothing is believed.
#[test]
fn whatever_is_changed_is_not_what_was_issued() {
    let robot = Subject::dn(NAME).unwrap();
    let anchors = Anchors::read([ISSUER]).unwrap();
    for at in 0..ROBOT.len() {
        let mut changed = ROBOT.to_vec();
        changed[at] ^= 1;
        assert!(
            issued(&[changed.clone()], &anchors, &robot, day(0)).is_err(),
            "{at}"
        );
        assert!(registered(&[changed], [ROBOT], day(0)).is_err(), "{at}");
    }
}

#[test]
fn a_token_is_for_the_first_certificate_of_a_chain() {
    let bound = mtls::bound(&chain(&[DEEP, BETWEEN]));
    assert_eq!(bound, Some(Bound::Certificate(mtls::thumbprint(DEEP))));
    assert_ne!(mtls::thumbprint(OWN), mtls::thumbprint(STRANGER));
}
