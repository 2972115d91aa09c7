//! The certificates by which clients prove who they are (RFC 8705).

use std::collections::BTreeSet;

use documents::{CertificateSubject, OidcClient, OidcProfile, Require, load};

use super::relying_parties::with;
use super::told;

/// What begins as a certificate does, and goes on as one.
fn pem(last: char) -> String {
    let body = format!("MIIB{}", last.to_string().repeat(60));
    format!("\"-----BEGIN CERTIFICATE-----\\n{body}\\n-----END CERTIFICATE-----\\n\"")
}

fn party(name: &str, client: &str, more: &str) -> String {
    format!(
        "
kind: RelyingParty
metadata: {{name: {name}}}
spec:
  groups: [engineers]
  oidc:
    redirect_uris: [https://{name}.acme.example/cb]
    client: {client}
    grants: [authorization_code, client_credentials]
{more}"
    )
}

fn issued(subject: &str) -> String {
    format!(
        "{{issued_certificate: {{issued_by: [{}]{subject}}}}}",
        pem('A')
    )
}

#[test]
fn a_client_has_a_certificate_that_somebody_issues_or_its_own() {
    let base64 = |last: char| format!("MIIB{}", last.to_string().repeat(60));
    let value = |text: &str| text.to_owned();
    for (key, subject) in [
        (
            "subject_dn: 'CN=robot,O=Acme'",
            CertificateSubject::Dn(value("CN=robot,O=Acme")),
        ),
        (
            "san_dns: a.example",
            CertificateSubject::Dns(value("a.example")),
        ),
        ("san_uri: 'urn:a'", CertificateSubject::Uri(value("urn:a"))),
        (
            "san_ip: 192.0.2.7",
            CertificateSubject::Ip(value("192.0.2.7")),
        ),
        (
            "san_email: a@b.example",
            CertificateSubject::Email(value("a@b.example")),
        ),
    ] {
        let text = party("mill", &issued(&format!(", {key}")), "");
        let tenant = load(&with(&text)).unwrap_or_else(|e| panic!("{e:#?}"));
        let client = &tenant.relying_parties["mill"].oidc().unwrap().client;
        let issued_by = vec![base64('A')];
        assert_eq!(*client, OidcClient::Issued { issued_by, subject });
        assert_eq!(client.secret(), None);
    }
    let own = format!("{{certificates: [{}, {}]}}", pem('A'), pem('B'));
    let tenant = load(&with(&party("loom", &own, ""))).unwrap_or_else(|e| panic!("{e:#?}"));
    let client = &tenant.relying_parties["loom"].oidc().unwrap().client;
    let certificates = vec![base64('A'), base64('B')];
    assert_eq!(*client, OidcClient::Certificates { certificates });
}

#[test]
fn what_is_wrong_with_a_certificate_is_told_with_its_place() {
    let issued_by =
        |list: &str| format!("{{issued_certificate: {{issued_by: {list}, san_ip: \"::1\"}}}}");
    let own = |list: &str| format!("{{certificates: {list}}}");
    let twice = format!("[{}, {}]", pem('A'), pem('A'));
    let private = pem('A').replace("CERTIFICATE", "PRIVATE KEY");
    for (client, wanted) in [
        (issued(""), "issued_certificate: 0 names say to whom"),
        (
            issued(", san_dns: a, san_uri: 'urn:a'"),
            "issued_certificate: 2 names say to whom",
        ),
        (
            issued(", san_dns: ''"),
            "issued_certificate.san_dns: this is no name",
        ),
        (
            issued(", san_cn: a"),
            "issued_certificate.san_cn: unknown field",
        ),
        (
            issued_by("[]"),
            "issued_certificate.issued_by: 0 certificates; write 1 to 10",
        ),
        (
            issued_by("[hunter2]"),
            "issued_certificate.issued_by[0]: this is no certificate in PEM",
        ),
        (own("[]"), "certificates: 0 certificates; write 1 to 10"),
        (
            own(&twice),
            "certificates[1]: this certificate stands here twice",
        ),
        (
            own(&format!("[{private}]")),
            "certificates[0]: this is a private key",
        ),
    ] {
        let found = told(&with(&party("mill", &client, "")));
        let wanted = format!("spec.oidc.client.{wanted}");
        assert!(found.contains(&wanted), "{client}: {found}");
        assert!(!found.contains("hunter2"), "{found}");
    }
}

#[test]
fn no_two_relying_parties_pass_for_each_other_by_a_certificate() {
    let own = |last: &[char]| {
        let all: Vec<_> = last.iter().map(|last| pem(*last)).collect();
        format!("{{certificates: [{}]}}", all.join(", "))
    };
    let robot = issued(", san_dns: robot.acme.example");
    for (one, other, wanted) in [
        (
            own(&['A']),
            own(&['B', 'A']),
            "certificates[1]: the RelyingParty `loom` has the same certificate",
        ),
        (
            robot.clone(),
            robot.clone(),
            "issued_certificate: the RelyingParty `loom` has the same",
        ),
    ] {
        let (first, second) = (party("loom", &one, ""), party("mill", &other, ""));
        let mut files = with(&first).to_vec();
        files.push(("party-2", &second));
        let found = told(&files);
        assert!(
            found.contains(&format!("spec.oidc.client.{wanted}")),
            "{found}"
        );
    }
    // Somebody else's word, or another name, is another certificate.
    for other in [
        robot.replace(&pem('A'), &pem('B')),
        issued(", san_dns: other.acme.example"),
        issued(", san_uri: robot.acme.example"),
    ] {
        let (first, second) = (party("loom", &robot, ""), party("mill", &other, ""));
        let mut files = with(&first).to_vec();
        files.push(("party-2", &second));
        assert!(load(&files).is_ok(), "{other}");
    }
}

#[test]
fn a_token_is_bound_in_one_way() {
    let own = format!("{{certificates: [{}]}}", pem('A'));
    let text = |more: &str| party("loom", &own, more);
    for both in ["dpop, certificate", "certificate, dpop"] {
        let found = told(&with(&text(&format!("    require: [{both}]\n"))));
        let wanted =
            "spec.oidc.require[1]: a token is bound to a key or to a certificate, not both";
        assert!(found.contains(wanted), "{found}");
    }
    let found = told(&with(&text("    require: [signed]\n")));
    assert!(
        found.contains("spec.oidc.require[0]: a client without keys signs nothing"),
        "{found}"
    );
    let require = |more: &str| {
        let tenant = load(&with(&text(more))).unwrap_or_else(|e| panic!("{e:#?}"));
        let oidc = tenant.relying_parties["loom"].oidc().unwrap().clone();
        assert_eq!(oidc.profile, Some(OidcProfile::Fapi2));
        oidc.require
    };
    let certificate = require("    profile: fapi2\n    require: [certificate]\n");
    assert_eq!(
        certificate,
        BTreeSet::from([Require::Pushed, Require::Certificate])
    );
    let proofs = require("    profile: fapi2\n");
    assert_eq!(proofs, BTreeSet::from([Require::Pushed, Require::Dpop]));
}
