//! What people see of it.

use super::Apart;

/// The start of a sign-in, whoever asks.
const ASKS: &str = "/oauth2/authorize?client_id=wiki&response_type=code";

/// Nobody is led through a sign-in at whose end nothing could be signed; and nobody has to begin anything anew.
#[test]
fn nobody_begins_to_sign_in_while_the_signer_is_away() {
    let mut apart = Apart::new();
    apart.node.serve();
    for path in [ASKS, "/saml2/metadata", "/oauth2/jwks"] {
        let answer = apart.get(path);
        assert_eq!(answer.status, 503, "{path}: {}", answer.text());
    }
    let page = apart.get(ASKS);
    assert!(page.text().contains("TNR-SIGNER-0001"), "{}", page.text());
    let rolled = apart.node.run(&["signing-keys", "roll", "--reason", "T-1"]);
    assert!(rolled.expect(1).err.contains("TNR-SIGNER-0001"));
    // What needs no signature goes on.
    apart.node.run(&["status"]).expect(0);

    apart.sign();
    assert_eq!(apart.published().len(), 2);
    // There is no such client, which is told now.
    assert_ne!(apart.get(ASKS).status, 503);
    let metadata = apart.get("/saml2/metadata");
    assert_eq!(metadata.status, 200, "{}", metadata.text());

    apart.kill_signer();
    assert_eq!(apart.get(ASKS).status, 503);
    assert_eq!(
        apart.get("/saml2/metadata").status,
        503,
        "it is signed anew"
    );
    apart.sign();
    assert_ne!(apart.get(ASKS).status, 503);
    let again = apart.get("/saml2/metadata");
    assert_eq!(again.status, 200, "the keys are shown to it again");
    let certificate = |text: &str| {
        let from = text.split("X509Certificate>").nth(1).unwrap();
        from.split('<').next().unwrap().to_owned()
    };
    assert_eq!(certificate(&metadata.text()), certificate(&again.text()));
    apart.node.stop();
}

/// One command takes every key out of use and has new ones made; keys also turn by stages.
#[test]
fn keys_are_rolled_and_turned_in_the_other_process() {
    let mut apart = Apart::new();
    apart.sign();
    apart.node.serve();
    let first = apart.published();
    let before = apart.listed();
    let names: Vec<&str> = before.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["ES256", "RS256", "rsa-sha256"]);
    let saml = &before[2].1;
    assert!(
        !first.contains(saml),
        "no token is believed that SAML's key has signed"
    );

    let roll = [
        "signing-keys",
        "roll",
        "--reason",
        "the host was broken into",
    ];
    apart.node.run(&roll).expect(0);
    let (second, after) = (apart.published(), apart.listed());
    assert_eq!(after.len(), 3);
    assert!(before.iter().all(|one| !after.contains(one)), "{after:?}");
    assert!(first.iter().all(|kid| !second.contains(kid)));
    let held = apart.node.run(&[
        "signer",
        "keys",
        "--socket",
        apart.socket().to_str().unwrap(),
    ]);
    let held = held.expect(0).out;
    for (_, kid) in &before {
        assert!(!held.contains(kid.as_str()), "it was forgotten: {held}");
    }
    assert_eq!(
        held.lines()
            .filter(|line| line.starts_with("saml\t"))
            .count(),
        1,
        "{held}"
    );

    for turn in [
        &["signing-keys", "stage", "--reason", "T-2"][..],
        &["signing-keys", "promote", "--early", "--reason", "T-2"],
        &["signing-keys", "retire", "--early", "--reason", "T-2"],
    ] {
        apart.node.run(turn).expect(0);
        assert_eq!(apart.get("/saml2/metadata").status, 200);
    }
    let turned = apart.listed();
    assert_eq!(turned.len(), 3, "{turned:?}");
    assert!(after.iter().all(|one| !turned.contains(one)), "{turned:?}");
    apart.node.stop();
}

/// A signer with another key file has not made these keys, and says so.
#[test]
fn another_signer_does_not_sign_with_the_keys_of_this_one() {
    let mut apart = Apart::new();
    apart.sign();
    apart.node.serve();
    assert_eq!(apart.published().len(), 2);
    apart.node.stop();
    apart.kill_signer();
    let key = apart.node.home.path().join("keys/signer.key");
    std::fs::write(&key, format!("{}\n", "ab".repeat(32))).unwrap();
    apart.sign();
    apart.node.serve();
    assert_eq!(apart.get("/oauth2/jwks").status, 500);
    let roll = ["signing-keys", "roll", "--reason", "the key file was lost"];
    apart.node.run(&roll).expect(0);
    assert_eq!(apart.published().len(), 2);
    apart.node.stop();
}
