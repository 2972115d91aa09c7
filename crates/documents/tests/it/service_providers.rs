//! Relying parties as service providers of SAML: how they are read, and what is said of those that are wrong.

use documents::{GivenNameId, KeyTransport, NameIdRule, SamlCipher, SamlSigns, load};

use super::relying_parties::with;
use super::told;

/// One that says everything. Documents know of certificates how they look; whether one is any is found by
/// whoever takes it.
const PARTY: &str = "
kind: RelyingParty
metadata: {name: handbook}
spec:
  groups: [engineers]
  saml:
    entity_id: https://wiki.acme.example/metadata
    acs: [https://wiki.acme.example/acs, {url: 'http://127.0.0.1:8000/acs', index: 7}]
    name_id: {format: emailAddress, value: person.email}
    attributes: {mail: person.email, 'urn:oid:1': person.grade}
    certificates: ['-----BEGIN CERTIFICATE----- MIIBAAAA MIIB -----END CERTIFICATE-----']
    want_signed_requests: true
    sign: assertion
    idp_initiated: true
    slo: {url: https://wiki.acme.example/slo, response_url: https://wiki.acme.example/slo/done, binding: post}
    encrypt: {certificate: '-----BEGIN CERTIFICATE----- MIIBBBBB -----END CERTIFICATE-----', cipher: aes128-gcm, key_transport: rsa-oaep-sha256}
    pairwise_id: acme.example
";

/// One that says only what it must.
const LEAST: &str = "
kind: RelyingParty
metadata: {name: chat}
spec:
  groups: [engineers]
  saml: {entity_id: 'urn:chat', acs: [https://chat.acme.example/acs]}
";

#[test]
fn a_service_provider_says_where_it_is_answered_and_what_it_is_told() {
    let tenant = load(&with(PARTY)).unwrap_or_else(|e| panic!("{e:#?}"));
    let party = &tenant.relying_parties["handbook"];
    assert!(party.oidc().is_none());
    let saml = party.saml().unwrap();
    assert_eq!(saml.entity_id, "https://wiki.acme.example/metadata");
    let acs: Vec<_> = saml.acs.iter().map(|one| (one.index, &*one.url)).collect();
    let own = [
        (0, "https://wiki.acme.example/acs"),
        (7, "http://127.0.0.1:8000/acs"),
    ];
    assert_eq!(acs, own);
    let NameIdRule::Given(GivenNameId::EmailAddress, name) = &saml.name_id else {
        panic!("{:?}", saml.name_id)
    };
    assert_eq!(name.attributes(), ["email"]);
    assert_eq!(saml.attributes.len(), 2);
    assert_eq!(saml.certificates, ["MIIBAAAAMIIB"]);
    assert!(saml.want_signed_requests && saml.idp_initiated);
    assert_eq!(saml.sign, SamlSigns::Assertion);
    let slo = saml.slo.as_ref().unwrap();
    assert_eq!(slo.url, "https://wiki.acme.example/slo");
    let done = Some("https://wiki.acme.example/slo/done");
    assert_eq!((slo.response_url.as_deref(), slo.by_post), (done, true));
    let encryption = saml.encryption.as_ref().unwrap();
    assert_eq!(encryption.certificate, "MIIBBBBB");
    assert_eq!(encryption.cipher, SamlCipher::Aes128Gcm);
    assert_eq!(encryption.key_transport, KeyTransport::OaepSha256);
    assert_eq!(saml.pairwise_id.as_deref(), Some("acme.example"));
}

#[test]
fn what_is_not_said_of_a_service_provider_is_the_safe_one() {
    let tenant = load(&with(LEAST)).unwrap_or_else(|e| panic!("{e:#?}"));
    let saml = tenant.relying_parties["chat"].saml().unwrap();
    assert!(matches!(saml.name_id, NameIdRule::Pairwise));
    assert_eq!(saml.sign, SamlSigns::Both);
    assert!(!saml.want_signed_requests && !saml.idp_initiated);
    assert!(saml.certificates.is_empty() && saml.attributes.is_empty());
    assert_eq!((&saml.encryption, &saml.slo), (&None, &None));
    let pem = "'-----BEGIN CERTIFICATE----- MIIBBBBB -----END CERTIFICATE-----'";
    let sealed = LEAST.replace(
        "entity_id",
        &format!("encrypt: {{certificate: {pem}}}, entity_id"),
    );
    let tenant = load(&with(&sealed)).unwrap();
    let encryption = tenant.relying_parties["chat"].saml().unwrap();
    let encryption = encryption.encryption.as_ref().unwrap();
    let usual = (SamlCipher::Aes256Gcm, KeyTransport::OaepSha1);
    assert_eq!((encryption.cipher, encryption.key_transport), usual);
    let transient = LEAST.replace("entity_id", "name_id: {format: transient}, entity_id");
    let tenant = load(&with(&transient)).unwrap();
    let saml = tenant.relying_parties["chat"].saml().unwrap();
    assert!(matches!(saml.name_id, NameIdRule::Transient));
}

/// What is replaced, by what, and what is said of it.
const MISTAKES: &[(&str, &str, &str)] = &[
    (
        "  saml:",
        "  oidc: {redirect_uris: [https://a.example/], client: public}\n  saml:",
        "8:5 spec.saml: people are signed in to it by OpenID Connect or by SAML, not both; remove one of them, or write two documents [TNR-DOC-0013]",
    ),
    (
        "  saml:",
        "  smal:",
        "6:3 spec.smal: unknown field `smal`; did you mean `saml`? [TNR-DOC-0004]",
    ),
    (
        "https://wiki.acme.example/metadata",
        "the handbook",
        "7:16 spec.saml.entity_id: this is no entity id; copy `entityID` from its metadata: at most 1024 bytes without white space [TNR-DOC-0007]",
    ),
    (
        "[https://wiki.acme.example/acs, {url: 'http://127.0.0.1:8000/acs', index: 7}]",
        "[]",
        "8:10 spec.saml.acs: 0 addresses; write 1 to 50 [TNR-DOC-0007]",
    ),
    (
        "https://wiki.acme.example/acs",
        "http://wiki.acme.example/acs",
        "8:11 spec.saml.acs[0]: the connection would not be encrypted; write https; for an app on people's devices http://127.0.0.1 or http://[::1] (`localhost` may lead elsewhere, RFC 8252 §8.3) [TNR-DOC-0014]",
    ),
    (
        "https://wiki.acme.example/acs",
        "'javascript:alert(1)'",
        "8:11 spec.saml.acs[0]: this is no web address; write https://host/path, with the host in lower case [TNR-DOC-0014]",
    ),
    (
        "https://wiki.acme.example/acs",
        "'https://*.acme.example/acs'",
        "8:11 spec.saml.acs[0]: an address is compared as a whole: `*` stands for nothing; write each address by itself [TNR-DOC-0014]",
    ),
    (
        "'http://127.0.0.1:8000/acs'",
        "https://wiki.acme.example/acs",
        "8:48 spec.saml.acs[1].url: this address stands here twice; remove one of them [TNR-DOC-0009]",
    ),
    (
        "index: 7",
        "index: 0",
        "8:42 spec.saml.acs[1]: two addresses have the number 0; write each as `{url: …, index: …}`, with the numbers of its metadata [TNR-DOC-0009]",
    ),
    (
        "emailAddress, value: person.email",
        "emailAddress",
        "9:14 spec.saml.name_id: nothing gives the name; write the expression as `value`, as in `value: person.email` [TNR-DOC-0005]",
    ),
    (
        "emailAddress, value",
        "transient, value",
        "9:41 spec.saml.name_id.value: a transient name is another one each time, and nothing gives it; remove it [TNR-DOC-0007]",
    ),
    (
        "value: person.email",
        "value: person.grade",
        "9:44 spec.saml.name_id.value: a name is text, but this is int;  [TNR-DOC-0006]",
    ),
    (
        "value: person.email",
        "value: person.nickname.orValue(\"\")",
        "9:44 spec.saml.name_id.value: people could call themselves like others by `person.nickname`; use what only HR sets [TNR-DOC-0012]",
    ),
    (
        "emailAddress",
        "email",
        "9:23 spec.saml.name_id.format: `email` is not possible here; did you mean `emailAddress`? [TNR-DOC-0007]",
    ),
    (
        "{mail: person.email",
        "{mail: person.emial",
        "10:24 spec.saml.attributes.mail: in `person.emial`: no attribute `emial`; did you mean `email`? [TNR-DOC-0011]",
    ),
    (
        "{mail:",
        "{the mail:",
        "10:28 spec.saml.attributes.\"the mail\": this is no name of an attribute; write 1 to 200 ASCII characters without spaces [TNR-DOC-0007]",
    ),
    (
        "-----BEGIN CERTIFICATE-----",
        "-----BEGIN PRIVATE KEY-----",
        "11:20 spec.saml.certificates[0]: this is a private key, which nobody else may have: make a new one; write one certificate from BEGIN CERTIFICATE to END CERTIFICATE, and nothing else [TNR-DOC-0007]",
    ),
    (
        "-----BEGIN CERTIFICATE-----",
        "",
        "11:20 spec.saml.certificates[0]: this is no certificate in PEM; write one certificate from BEGIN CERTIFICATE to END CERTIFICATE, and nothing else [TNR-DOC-0007]",
    ),
    (
        "MIIBAAAA MIIB",
        "MIIBAAAA MII",
        "11:20 spec.saml.certificates[0]: what stands in this PEM is no certificate; write one certificate from BEGIN CERTIFICATE to END CERTIFICATE, and nothing else [TNR-DOC-0007]",
    ),
    (
        "MIIBAAAA MIIB",
        "MIIB-----END CERTIFICATE----- -----BEGIN CERTIFICATE-----",
        "11:20 spec.saml.certificates[0]: there is more than one certificate in PEM here; write one certificate from BEGIN CERTIFICATE to END CERTIFICATE, and nothing else [TNR-DOC-0007]",
    ),
    (
        "certificates: ['-----BEGIN CERTIFICATE----- MIIBAAAA MIIB -----END CERTIFICATE-----']",
        "certificates: []",
        "12:27 spec.saml.want_signed_requests: nothing says whose signatures count; write its `certificates`, or remove this [TNR-DOC-0007]\n\
         party:15:10 spec.saml.slo: nothing says whose signatures count; write its `certificates`, or remove this [TNR-DOC-0007]",
    ),
    (
        "https://wiki.acme.example/slo,",
        "http://wiki.acme.example/slo,",
        "15:16 spec.saml.slo.url: the connection would not be encrypted; write https; for an app on people's devices http://127.0.0.1 or http://[::1] (`localhost` may lead elsewhere, RFC 8252 §8.3) [TNR-DOC-0014]",
    ),
    (
        "https://wiki.acme.example/slo/done",
        "'javascript:alert(1)'",
        "15:61 spec.saml.slo.response_url: this is no web address; write https://host/path, with the host in lower case [TNR-DOC-0014]",
    ),
    (
        "sign: assertion",
        "sign: nothing",
        "13:11 spec.saml.sign: `nothing` is not possible here; write one of: both response assertion [TNR-DOC-0007]",
    ),
    (
        "pairwise_id: acme.example",
        "pairwise_id: '@acme.example'",
        "17:18 spec.saml.pairwise_id: this is no domain; write a domain of yours in lower case, as in `acme.example` [TNR-DOC-0007]",
    ),
    (
        "{mail: person.email",
        "{'urn:oasis:names:tc:SAML:attribute:pairwise-id': person.email",
        "17:18 spec.saml.pairwise_id: an attribute of the same name is among `attributes`; remove one of them [TNR-DOC-0013]",
    ),
    (
        "aes128-gcm",
        "aes128-cbc",
        "16:102 spec.saml.encrypt.cipher: `aes128-cbc` is not possible here; did you mean `aes128-gcm`? [TNR-DOC-0007]",
    ),
    (
        "rsa-oaep-sha256",
        "rsa-1_5",
        "16:129 spec.saml.encrypt.key_transport: `rsa-1_5` is not possible here; write one of: rsa-oaep-mgf1p rsa-oaep-sha256 [TNR-DOC-0007]",
    ),
    (
        "MIIBBBBB",
        "MIIBBBBB PRIVATE KEY",
        "16:28 spec.saml.encrypt.certificate: this is a private key, which nobody else may have: make a new one; write one certificate from BEGIN CERTIFICATE to END CERTIFICATE, and nothing else [TNR-DOC-0007]",
    ),
    (
        "certificate: '-----BEGIN CERTIFICATE----- MIIBBBBB -----END CERTIFICATE-----', cipher",
        "cipher",
        "16:14 spec.saml.encrypt: `certificate` is missing; The certificate in PEM, with a key for RSA: who has its private key reads the assertion, and nobody else. [TNR-DOC-0005]",
    ),
];

#[test]
fn what_is_wrong_with_a_service_provider_is_told_where_it_stands() {
    for (from, to, wanted) in MISTAKES {
        let text = PARTY.replacen(from, to, 1);
        assert_ne!(text, PARTY, "{from}");
        assert_eq!(told(&with(&text)), format!("party:{wanted}"), "{to}");
    }
}

#[test]
fn service_providers_are_told_apart() {
    let second = LEAST.replace("name: chat", "name: talk");
    let mut files = with(LEAST).to_vec();
    files.push(("party-2", &second));
    assert_eq!(
        told(&files),
        "party-2:6:21 spec.saml.entity_id: the RelyingParty `chat` has the entity_id `urn:chat` too; \
         give each an `entity_id` of its own [TNR-DOC-0009]"
    );
}

#[test]
fn sets_of_attributes_have_numbers_and_what_the_document_gives() {
    let sets = "    attribute_sets: [{index: 3, attributes: [mail]}, {index: 4, attributes: [mail, 'urn:oid:1']}]\n";
    let party = format!("{PARTY}{sets}");
    let tenant = load(&with(&party)).unwrap_or_else(|e| panic!("{e:#?}"));
    let saml = tenant.relying_parties["handbook"].saml().unwrap();
    let sets = saml.attribute_sets.iter();
    let sets: Vec<_> = sets.map(|set| (set.index, set.attributes.len())).collect();
    assert_eq!(sets, [(3, 1), (4, 2)]);
    for (from, to, wanted) in [
        (
            "index: 4",
            "index: 3",
            "18:54 spec.saml.attribute_sets[1]: two sets have the number 3; give each the number of its metadata [TNR-DOC-0009]",
        ),
        (
            "attributes: [mail]}",
            "attributes: []}",
            "18:45 spec.saml.attribute_sets[0].attributes: there is nothing in this set; name attributes of this document, or remove the set [TNR-DOC-0007]",
        ),
        (
            "attributes: [mail]}",
            "attributes: [male]}",
            "18:46 spec.saml.attribute_sets[0].attributes[0]: `male` is none of the `attributes`; write what gives it there, or correct the name [TNR-DOC-0010]",
        ),
    ] {
        let text = party.replacen(from, to, 1);
        assert_ne!(text, party, "{from}");
        assert_eq!(told(&with(&text)), format!("party:{wanted}"), "{to}");
    }
}
