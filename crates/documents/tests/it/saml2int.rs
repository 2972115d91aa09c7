//! What a service provider is held to: everything that saml2int demands, or what is told of it; and what service
//! providers are told of us.

use documents::{SamlKey, SamlProfile, SubjectIdReq, load};

use super::relying_parties::with;
use super::told;

/// One that is held to the profile.
const STRICT: &str = "
kind: RelyingParty
metadata: {name: handbook}
spec:
  groups: [engineers]
  saml:
    entity_id: https://wiki.acme.example/metadata
    profile: saml2int
    valid_until: 2027-03-01T00:00:00Z
    acs: [https://wiki.acme.example/acs]
    name_id: {format: transient}
    attributes: {'urn:oid:1': person.email}
    subject_id: {value: person.email, scope: acme.example}
    subject_id_req: subject-id
    certificates: ['-----BEGIN CERTIFICATE----- MIIBAAAA MIIB -----END CERTIFICATE-----']
    slo: {url: https://wiki.acme.example/slo}
    soap_logout: {url: https://wiki.acme.example/soap}
    signing_key: {next_for: [engineers]}
    encrypt: {certificate: '-----BEGIN CERTIFICATE----- MIIBBBBB -----END CERTIFICATE-----'}
";

const OWN: &str = "
kind: SamlMetadata
metadata: {name: acme}
spec:
  display_name: Acme
  logo: {url: https://id.acme.example/logo.png, width: 80, height: 60}
  error_url: https://help.acme.example/sign-in
  contact: {company: Acme, email: identity@acme.example}
  scopes: [acme.example]
";

fn files<'t>(party: &'t str, own: &'t str) -> Vec<(&'t str, &'t str)> {
    let mut files = with(party).to_vec();
    files.push(("own", own));
    files
}

#[test]
fn one_that_is_held_to_the_profile_relaxes_nothing() {
    let tenant = load(&files(STRICT, OWN)).unwrap_or_else(|e| panic!("{e:#?}"));
    let saml = tenant.relying_parties["handbook"].saml().unwrap();
    assert_eq!(saml.profile, SamlProfile::Saml2int);
    assert_eq!(saml.valid_until, "2027-03-01T00:00:00Z".parse().ok());
    assert_eq!(saml.subject_id.as_ref().unwrap().scope, "acme.example");
    assert_eq!(saml.subject_id_req, Some(SubjectIdReq::SubjectId));
    let canaries = ["engineers".to_owned()].into();
    assert_eq!(saml.signing_key, SamlKey::NextFor(canaries));
    let soap = saml.soap_logout.as_ref().unwrap();
    assert_eq!(
        (&*soap.url, soap.allow_private),
        ("https://wiki.acme.example/soap", false)
    );
    assert_eq!(saml.relaxations(), []);
    let own = tenant.saml_metadata.unwrap();
    assert_eq!((&*own.display_name, &*own.language), ("Acme", "en"));
    assert_eq!((own.logo.width, own.logo.height), (80, 60));
    assert!(own.scopes.contains("acme.example"));
}

/// What is replaced, by what; the field that relaxes something by it, and the clause that forbids it.
const RELAXED: [(&str, &str, &str, &str); 11] = [
    (
        "https://wiki.acme.example/metadata",
        "wiki",
        "entity_id",
        "SDP-G04",
    ),
    (
        "    valid_until: 2027-03-01T00:00:00Z\n",
        "",
        "valid_until",
        "SDP-MD03",
    ),
    (
        "{format: transient}",
        "{format: persistent}",
        "name_id",
        "SDP-IDP12",
    ),
    (
        "{format: transient}",
        "{format: emailAddress, value: person.email}",
        "name_id",
        "SDP-IDP12",
    ),
    ("'urn:oid:1'", "mail", "attributes", "SDP-IDP18"),
    ("/slo}", "/slo, binding: post}", "slo", "SDP-IDP28"),
    (
        "    encrypt",
        "    sign: assertion\n    encrypt",
        "sign",
        "SDP-IDP09",
    ),
    (
        "    encrypt: {certificate: '-----BEGIN CERTIFICATE----- MIIBBBBB -----END CERTIFICATE-----'}\n",
        "",
        "encrypt",
        "SDP-IDP11",
    ),
    (
        "    encrypt",
        "    idp_initiated: true\n    encrypt",
        "idp_initiated",
        "",
    ),
    (
        "    soap_logout: {url: https://wiki.acme.example/soap}\n",
        "",
        "soap_logout",
        "",
    ),
    (
        "    slo: {url: https://wiki.acme.example/slo}\n",
        "",
        "slo",
        "",
    ),
];

/// What is relaxed is refused under the one profile, and told under the other.
#[test]
fn what_one_profile_forbids_is_a_risk_of_the_other() {
    for (from, to, field, clause) in RELAXED {
        let strict = STRICT.replacen(from, to, 1);
        assert_ne!(strict, STRICT, "{from}");
        match load(&files(&strict, OWN)) {
            Ok(_) => assert_eq!(clause, "", "{field} is taken"),
            Err(wrong) => {
                let [one] = &wrong[..] else {
                    panic!("{wrong:#?}")
                };
                assert_eq!(one.field, format!("spec.saml.{field}"));
                assert!(one.problem.contains(&format!("({clause})")), "{one:?}");
            }
        }
        let lax = strict.replace("saml2int", "saas");
        let tenant = load(&files(&lax, OWN)).unwrap_or_else(|e| panic!("{e:#?}"));
        let saml = tenant.relying_parties["handbook"].saml().unwrap();
        let [relaxed] = saml.relaxations()[..] else {
            panic!("{field}: {:?}", saml.relaxations())
        };
        assert_eq!(
            (relaxed.field, relaxed.clause.unwrap_or_default()),
            (field, clause)
        );
    }
}

#[test]
fn what_is_wrong_with_what_it_is_held_to_is_told() {
    for (from, to, wanted) in [
        (
            "valid_until: 2027-03-01T00:00:00Z",
            "valid_until: soon",
            "9:18 spec.saml.valid_until: `soon` is no instant; write it as in RFC 3339: 2026-06-30T17:00:00Z or 2026-06-30T17:00:00+02:00 [TNR-DOC-0007]",
        ),
        (
            "value: person.email",
            "value: person.nickname.orValue(\"\")",
            "13:25 spec.saml.subject_id.value: people could call themselves like others by `person.nickname`; use what only HR sets [TNR-DOC-0012]",
        ),
        (
            "scope: acme.example",
            "scope: '@acme.example'",
            "13:46 spec.saml.subject_id.scope: this is no domain; write a domain of yours in lower case, as in `acme.example` [TNR-DOC-0007]",
        ),
        (
            "subject_id_req: subject-id",
            "subject_id_req: pairwise-id",
            "14:21 spec.saml.subject_id_req: it demands `pairwise-id`, and is given none; write `pairwise_id` with a domain of yours [TNR-DOC-0013]",
        ),
        (
            "[engineers]}",
            "[nobody]}",
            "18:30 spec.saml.signing_key.next_for[0]: there is no group of people `nobody`; known Group documents: engineers, nicknamed, on-call [TNR-DOC-0010]",
        ),
        (
            "[engineers]}",
            "[]}",
            "18:29 spec.saml.signing_key.next_for: nobody would try the next key; name a group of people who try it [TNR-DOC-0007]",
        ),
        (
            "https://wiki.acme.example/soap",
            "http://wiki.acme.example/soap",
            "17:24 spec.saml.soap_logout.url: the connection would not be encrypted; write https, or `allow_private: true` for a server of your own network [TNR-DOC-0014]",
        ),
    ] {
        let text = STRICT.replacen(from, to, 1);
        assert_ne!(text, STRICT, "{from}");
        assert_eq!(told(&files(&text, OWN)), format!("party:{wanted}"), "{to}");
    }
    assert_eq!(
        told(&with(STRICT)),
        "party:8:14 spec.saml.profile: saml2int demands that apps are told who we are (SDP-IDP33), and nothing says it; write a `SamlMetadata` document [TNR-DOC-0010]"
    );
}

#[test]
fn what_is_wrong_with_what_apps_are_told_is_told() {
    for (from, to, wanted) in [
        (
            "display_name: Acme",
            "display_name: ''",
            "5:17 spec.display_name: this is no name; write 1 to 80 characters on one line [TNR-DOC-0007]",
        ),
        (
            "  logo",
            "  language: English\n  logo",
            "6:13 spec.language: this is no language; write a tag of BCP 47, as in `en` or `de-AT` [TNR-DOC-0007]",
        ),
        (
            "https://help.acme.example/sign-in",
            "http://127.0.0.1/sign-in",
            "7:14 spec.error_url: the connection would not be encrypted; write an address that begins with https [TNR-DOC-0014]",
        ),
        (
            "identity@acme.example",
            "identity",
            "8:35 spec.contact.email: this is no address for mail; write an address as in `identity@acme.example` [TNR-DOC-0007]",
        ),
        (
            "[acme.example]",
            "[]",
            "9:11 spec.scopes: 0 domains; write 1 to 20 [TNR-DOC-0007]",
        ),
        (
            "[acme.example]",
            "['.*']",
            "9:12 spec.scopes[0]: this is no domain; write a domain of yours in lower case, as in `acme.example` [TNR-DOC-0007]",
        ),
    ] {
        let text = OWN.replacen(from, to, 1);
        assert_ne!(text, OWN, "{from}");
        assert_eq!(told(&files(STRICT, &text)), format!("own:{wanted}"), "{to}");
    }
    let second = OWN.replace("name: acme}", "name: other}");
    let mut both = files(STRICT, OWN);
    both.push(("own-2", &second));
    assert_eq!(
        told(&both),
        "own-2:3:18 metadata.name: there is already a SamlMetadata at own:2; rename or remove one of them [TNR-DOC-0009]"
    );
}
