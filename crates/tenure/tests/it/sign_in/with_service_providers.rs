//! Service providers of others that are processes of their own, each in its strictest settings: a login, what it
//! refuses, and a logout. Each is added from the metadata that it writes itself.

use super::party::Party;
use super::tenant::{Tenant, fetched, peers};

/// What is written into the document of each: the one attribute that it looks at.
const MAIL: (&str, &str) = (
    "    want_signed",
    "    attributes: {mail: person.email}\n    want_signed",
);

#[track_caller]
fn says(document: &str, lines: &[&str]) {
    for line in lines {
        assert!(document.contains(line), "{line}: {document}");
    }
}

/// What stands in the ledger of a session that was ended at a service provider.
#[track_caller]
fn ended_at(tenant: &Tenant, name: &str) {
    ended(tenant, &format!("signed out at {name}"), name);
}

/// That the last session of somebody ended so, and a service provider knows.
#[track_caller]
fn ended(tenant: &Tenant, why: &str, name: &str) {
    let ask = ["sign-in", "sessions", "ana@acme.example", "--ended"];
    let sessions = tenant.node.run(&ask).expect(0).rows();
    assert_eq!(sessions[0]["why"], why, "{sessions:?}");
    let given = sessions[0]["relying_parties"].as_array().unwrap();
    let own = given.iter().find(|one| one["relying_party"] == name);
    let own = own.unwrap();
    assert_eq!(own["status"], "told", "{given:?}");
    assert_eq!(own["exposed_until"], "", "{given:?}");
}

/// Shibboleth is held to saml2int, and holds us to as much: it takes metadata that end and are signed by a key that is
/// known, demands both signatures, and opens what is encrypted for it. Of an attribute with a scope it takes only those
/// that our metadata have. What it says of itself is fetched from it, and believed by its signature. It is called when
/// somebody signs out here.
#[test]
fn shibboleth_signs_people_in_strictly() {
    let names = [
        "TENURE_PEER_SIGN_IN",
        "TENURE_PEER_APACHE",
        "TENURE_PEER_SHIBD",
    ];
    let Some([python, apache, shibd]) = peers(names) else {
        return;
    };
    let mut tenant = Tenant::new();
    tenant.pass("ANA");
    tenant.providers(&python);
    tenant.introduced();
    tenant.own_metadata();
    let _party = Party::shibboleth(&tenant, &apache, &shibd);
    let url = format!("http://127.0.0.1:{}/Shibboleth.sso/Metadata", tenant.port);
    let [own, other] =
        ["sp.crt", "idp.crt"].map(|name| format!("{}/{name}", tenant.env["SP_HOME"]));
    let strict = ["--profile", "saml2int", "--signed-by"];
    for (words, code) in [
        (&[&strict[..], &[&own]].concat()[..], "TNR-SIGN-0033"),
        (
            &[&strict[..], &[&other, "--allow-private"]].concat(),
            "TNR-SIGN-0030",
        ),
    ] {
        let said = tenant.add("shibboleth", &url, words).expect(1);
        assert!(said.err.contains(code), "{}", said.err);
    }
    let words = [&strict[..], &[&own, "--allow-private"]].concat();
    tenant.add("shibboleth", &url, &words).expect(0);
    let more = "    attributes: {'urn:oid:0.9.2342.19200300.100.1.3': person.email}\n    \
                pairwise_id: acme.example\n    want_signed";
    let document = tenant.added("shibboleth", &[("    want_signed", more)]);
    says(
        &document,
        &[
            "    profile: saml2int\n    valid_until: ",
            "    name_id: {format: transient}\n",
            "want_signed_requests: true",
            "    encrypt:\n      certificate: |-\n",
            "    slo: {binding: redirect, url: ",
            "/Shibboleth.sso/SLO/SOAP\", allow_private: true}",
        ],
    );
    tenant.tell("START", format!("http://127.0.0.1:{}/secure/", tenant.port));
    let expected = [
        "sent to us: Sign in",
        "a response that was changed: refused True",
        "to whom nothing was asked for: refused True",
        "back there: True 200 signed in",
        "as: ana@acme.example, acme.example",
        "it goes on by itself: True 200",
        "the same response again: refused True",
        "logout: back where it began True",
        "then: Sign in",
        "in again: True 200",
        "out there: Sign in, within two seconds: True",
    ];
    tenant.plays(&python, "with_shibboleth.py", &expected);
    ended(&tenant, "signed out", "shibboleth");
}

/// SimpleSAMLphp demands that everything is signed and encrypted, and believes our metadata by the key that they are
/// known to be of. Whether it has asked for a response it does not look at.
#[test]
fn simplesamlphp_signs_people_in_strictly() {
    let names = ["TENURE_PEER_SIGN_IN", "TENURE_PEER_SIMPLESAMLPHP"];
    let Some([python, php]) = peers(names) else {
        return;
    };
    let mut tenant = Tenant::new();
    tenant.pass("ANA");
    tenant.providers(&python);
    tenant.own_metadata();
    let _party = Party::simplesamlphp(&tenant, &php);
    let path = "/module.php/saml/sp/metadata.php/default-sp";
    let document = tenant.adds("simplesamlphp", path, &[MAIL]);
    says(
        &document,
        &[
            "want_signed_requests: true",
            "    encrypt:\n      certificate: |-\n",
            "    slo: {binding: redirect, url: ",
            "    name_id: {format: transient}\n",
        ],
    );
    tenant.tell("START", format!("http://127.0.0.1:{}/secure/", tenant.port));
    let expected = [
        "sent to us: Sign in",
        "an assertion that was changed: Failed to decrypt XML element.",
        "back there: True 200 signed in",
        "as: ana@acme.example",
        "it goes on by itself: True 200",
        "in the clear: Received unencrypted assertion, but encryption was enabled.",
        "logout: back where it began True",
        "then: Sign in",
    ];
    tenant.plays(&python, "with_simplesamlphp.py", &expected);
    ended_at(&tenant, "simplesamlphp");
}

/// node-saml demands both signatures and an answer to its own request; a second one also takes what is started here,
/// as its document allows.
#[test]
fn node_saml_signs_people_in_strictly() {
    let names = ["TENURE_PEER_SIGN_IN", "TENURE_PEER_NODE_SAML"];
    let Some([python, folder]) = peers(names) else {
        return;
    };
    let mut tenant = Tenant::new();
    tenant.pass("ANA");
    tenant.providers(&python);
    tenant.own_metadata();
    let _party = Party::node_saml(&tenant, &folder);
    // It lists the one binding by which it looks for no request that it has sent, and then refuses every answer.
    let by_redirect = ("slo: {binding: post,", "slo: {binding: redirect,");
    let document = tenant.adds("node-saml", "/metadata", &[MAIL, by_redirect]);
    says(
        &document,
        &[
            "want_signed_requests: true",
            "    encrypt:\n      certificate: |-\n",
            "    name_id: {format: persistent}\n",
        ],
    );
    let started = (
        "    want_signed",
        "    idp_initiated: true\n    want_signed",
    );
    tenant.adds("node-saml-open", "/open/metadata", &[MAIL, started]);
    tenant.tell("START", format!("http://127.0.0.1:{}/secure/", tenant.port));
    let expected = [
        "sent to us: Sign in",
        "a response that was changed: 403 Invalid document signature",
        "the good one after it: 403 InResponseTo is not valid",
        "back there: True 200 signed in as ana@acme.example",
        "the same response again: 403 InResponseTo is not valid",
        "started here: 400 This link does not work",
        "started here, where that is allowed: 200 ana@acme.example, in response to undefined",
        "brought to the other: 403 InResponseTo is missing from response",
        "logout: 200 logged out: true",
        "then: Sign in",
    ];
    tenant.plays(&python, "with_node_saml.py", &expected);
    ended_at(&tenant, "node-saml");
}

/// What a document relaxes is told on the command line, and so is what is known of who holds the next key.
#[test]
fn risks_and_who_holds_the_next_key_are_told() {
    let Some([python]) = peers(["TENURE_PEER_SIGN_IN"]) else {
        return;
    };
    let mut tenant = Tenant::new();
    tenant.providers(&python);
    let risks = tenant.node.run(&["relying-party", "risks"]);
    let risks = risks.expect(2).rows();
    let own = risks
        .iter()
        .filter(|row| row["relying_party"] == "sealed-pysaml2");
    let fields: Vec<&str> = own.map(|row| row["field"].as_str().unwrap()).collect();
    let relaxed = ["valid_until", "name_id", "attributes", "soap_logout", "slo"];
    assert_eq!(fields, relaxed.map(|field| format!("spec.saml.{field}")));

    let adoption = |code| {
        let rows = tenant.node.run(&["signing-keys", "adoption"]).expect(code);
        let rows = rows.rows().into_iter().map(|row| {
            let [name, evidence] = ["relying_party", "evidence"].map(|of| row[of].clone());
            format!("{} {}", name.as_str().unwrap(), evidence.as_str().unwrap())
        });
        rows.collect::<Vec<String>>()
    };
    assert!(adoption(0).is_empty(), "none is staged");
    let stage = ["signing-keys", "stage", "--alg", "RS256", "--reason", "T-7"];
    tenant.node.run(&stage).expect(0);
    let base = &tenant.env["BASE"];
    let own = fetched(&format!("{base}/saml2/metadata?app=pysaml2"));
    assert!(own.contains("IDPSSODescriptor"), "{own}");
    assert_eq!(fetched(&format!("{base}/saml2/metadata?app=nobody")), "");
    let taken = ["signing-keys", "taken", "python3-saml", "--how"];
    let why = ["confirmed", "--reason", "Ana got in"];
    tenant.node.run(&[&taken[..], &why].concat()).expect(0);
    let known = adoption(2);
    for told in [
        "pysaml2 fetched",
        "python3-saml confirmed",
        "sealed-pysaml2 nothing",
    ] {
        assert!(known.iter().any(|row| row == told), "{told}: {known:?}");
    }
}
