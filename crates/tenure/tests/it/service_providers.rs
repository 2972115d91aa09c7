//! Apps are added from their SAML metadata: a document that people read, or nothing.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use protocol::jose::{Algorithm, SigningKey};
use protocol::saml::signature::self_signed;

use crate::node::{Node, Said};

/// A certificate, in base64 of DER. Made once: RSA keys take time.
static CERTIFICATE: LazyLock<String> = LazyLock::new(|| {
    let (key, _) = SigningKey::generate(Algorithm::Rs256).unwrap();
    let times = ["2026-01-01T00:00:00Z", "2036-01-01T00:00:00Z"].map(|at| at.parse().unwrap());
    let der = self_signed(&key, "sp.example", (times[0], times[1]), [7; 16]);
    STANDARD.encode(der.unwrap())
});

/// What every file of metadata here begins with.
const HEAD: &str = r#"<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"
 xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="https://travel.example/saml?a=&quot;b">
 <md:SPSSODescriptor AuthnRequestsSigned="true" WantAssertionsSigned="true"
  protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">"#;

fn key(usage: &str, methods: &str) -> String {
    format!(
        "<md:KeyDescriptor use=\"{usage}\"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>{}\
         </ds:X509Certificate></ds:X509Data></ds:KeyInfo>{methods}</md:KeyDescriptor>",
        *CERTIFICATE
    )
}

/// One that has everything, and something of what is not spoken.
fn rich() -> String {
    let post = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST";
    let gcm = "<md:EncryptionMethod Algorithm=\"http://www.w3.org/2009/xmlenc11#aes128-gcm\"/>";
    [
        HEAD,
        &key("signing", ""),
        &key("encryption", gcm),
        "<md:SingleLogoutService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:SOAP\" \
         Location=\"https://travel.example/soap\"/>",
        "<md:SingleLogoutService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect\" \
         Location=\"https://travel.example/slo\" ResponseLocation=\"https://travel.example/slo?done\"/>",
        "<md:NameIDFormat>urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress</md:NameIDFormat>",
        "<md:NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:transient</md:NameIDFormat>",
        &format!("<md:AssertionConsumerService index=\"1\" Binding=\"{post}\" Location=\"https://travel.example/other\"/>"),
        &format!("<md:AssertionConsumerService index=\"4\" isDefault=\"true\" Binding=\"{post}\" Location=\"https://travel.example/acs\"/>"),
        "<md:AttributeConsumingService index=\"0\"><md:ServiceName xml:lang=\"en\">Travel</md:ServiceName>\
         <md:RequestedAttribute Name=\"urn:oid:0.9.2342.19200300.100.1.3\" isRequired=\"true\"/>\
         <md:RequestedAttribute Name=\"team&#10;kind: Guard\"/></md:AttributeConsumingService>",
        "</md:SPSSODescriptor></md:EntityDescriptor>",
    ]
    .concat()
}

struct Desk {
    node: Node,
    folder: PathBuf,
}

impl Desk {
    fn new() -> Self {
        let node = Node::init();
        let folder = node.home.path().join("tenant");
        std::fs::create_dir(&folder).unwrap();
        let text = include_str!("sign_in/documents.yaml").replace("@PORT@", "8000");
        std::fs::write(folder.join("all.yaml"), text).unwrap();
        Self { node, folder }
    }

    fn add(&self, metadata: &str, more: &[&str]) -> Said {
        let file = self.node.home.path().join("sp.xml");
        std::fs::write(&file, metadata).unwrap();
        let (file, folder) = (file.to_str().unwrap(), self.folder.to_str().unwrap());
        let words = ["relying-party", "add", "--saml", file, "--into", folder];
        self.node.run(&[&words[..], more].concat())
    }

    fn files(&self) -> Vec<String> {
        let all = std::fs::read_dir(&self.folder).unwrap();
        let names = all.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name != "all.yaml").collect()
    }
}

/// The directory, as a push would read it.
fn saml(folder: &Path) -> documents::Saml {
    let files = ["all.yaml", "relying-party-travel.yaml"];
    let files = files.map(|name| (name, std::fs::read_to_string(folder.join(name)).unwrap()));
    let tenant = documents::load(&files).unwrap_or_else(|e| panic!("{e:#?}"));
    tenant.relying_parties["travel"].saml().unwrap().clone()
}

#[test]
fn an_app_is_added_from_its_metadata_as_a_document() {
    let desk = Desk::new();
    let words = ["travel", "--group", "everyone", "--name-id", "person.email"];
    let tried = desk
        .add(&rich(), &[&words[..], &["--dry-run"]].concat())
        .expect(0);
    assert!(desk.files().is_empty(), "a dry run");
    let said = desk.add(&rich(), &words).expect(0);
    assert_eq!(desk.files(), ["relying-party-travel.yaml"]);
    let text = std::fs::read_to_string(desk.folder.join("relying-party-travel.yaml")).unwrap();
    assert_eq!(tried.out, text, "it printed what is written");
    let saml = saml(&desk.folder);
    assert_eq!(saml.entity_id, "https://travel.example/saml?a=\"b");
    let acs: Vec<_> = saml.acs.iter().map(|one| (one.index, &*one.url)).collect();
    let meant = (4, "https://travel.example/acs");
    assert_eq!(acs, [meant, (1, "https://travel.example/other")]);
    let documents::NameIdRule::Given(format, _) = saml.name_id else {
        panic!("{:?}", saml.name_id)
    };
    assert_eq!(format, documents::GivenNameId::EmailAddress);
    assert_eq!(saml.certificates, std::slice::from_ref(&*CERTIFICATE));
    assert!(saml.want_signed_requests && !saml.idp_initiated);
    let slo = saml.slo.unwrap();
    let done = Some("https://travel.example/slo?done");
    assert_eq!(
        (&*slo.url, slo.response_url.as_deref()),
        ("https://travel.example/slo", done)
    );
    assert!(!slo.by_post);
    let soap = saml.soap_logout.unwrap();
    let called = ("https://travel.example/soap", false);
    assert_eq!((&*soap.url, soap.allow_private), called);
    let encryption = saml.encryption.unwrap();
    assert_eq!(encryption.certificate, *CERTIFICATE);
    assert_eq!(encryption.cipher, documents::SamlCipher::Aes128Gcm);
    let asked = "    # \"urn:oid:0.9.2342.19200300.100.1.3\": …  (the app needs it)\n";
    assert!(text.contains(asked) && !text.contains("Guard"), "{text}");
    for told in [
        "Left out: attributes whose names have other characters",
        "tenure config push",
    ] {
        assert!(said.err.contains(told), "{}", said.err);
    }
    // What a person has changed is not replaced.
    assert!(desk.add(&rich(), &words).err.contains("TNR-"));
}

/// S19, S6: a file that is too much, or that holds what XML should not, is refused before it is understood, and
/// nothing is written.
#[test]
fn attack_s19_metadata_that_are_not_to_be_taken_write_nothing() {
    let desk = Desk::new();
    let words = ["travel", "--group", "everyone", "--name-id", "person.email"];
    let at =
        |until: &str| rich().replacen("entityID", &format!("validUntil=\"{until}\" entityID"), 1);
    let deep = "<a>".repeat(40) + &"</a>".repeat(40);
    for (what, metadata, code) in [
        ("ended", at("2026-01-01T00:00:00Z"), "TNR-SIGN-0030"),
        ("no instant", at("soon"), "TNR-SIGN-0030"),
        ("nothing", String::new(), "TNR-SIGN-0030"),
        (
            "a type",
            format!("<!DOCTYPE x [<!ENTITY a \"b\">]>{}", rich()),
            "TNR-SIGN-0030",
        ),
        (
            "deep",
            rich().replace("</md:SPSSODescriptor>", &(deep + "</md:SPSSODescriptor>")),
            "TNR-SIGN-0030",
        ),
        ("long", rich() + &" ".repeat(1 << 20), "TNR-SIGN-0030"),
        (
            "no address",
            rich().replace("HTTP-POST", "PAOS"),
            "TNR-SIGN-0030",
        ),
        (
            "an identity provider",
            rich().replace("SPSSODescriptor", "IDPSSODescriptor"),
            "TNR-SIGN-0030",
        ),
        (
            "in the clear",
            rich().replace("https://travel.example/acs", "http://travel.example/acs"),
            "TNR-SIGN-0031",
        ),
        (
            "transient alone",
            rich().replace(
                "1.1:nameid-format:emailAddress",
                "2.0:nameid-format:transient",
            ),
            "TNR-SIGN-0032",
        ),
    ] {
        let said = desk.add(&metadata, &words).expect(1);
        assert!(said.err.contains(code), "{what}: {}", said.err);
        assert!(desk.files().is_empty(), "{what}");
    }
}

/// An app whose metadata end, and that demands a lasting name, is held to everything; and its document says so.
#[test]
fn an_app_is_added_under_saml2int() {
    let desk = Desk::new();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let until = now.unwrap().as_secs() + 30 * 24 * 3_600;
    let until = model::Timestamp::from_micros(i64::try_from(until).unwrap() * 1_000_000);
    let demands = "<md:Extensions><mdattr:EntityAttributes \
         xmlns:mdattr=\"urn:oasis:names:tc:SAML:metadata:attribute\"><saml:Attribute \
         xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" \
         Name=\"urn:oasis:names:tc:SAML:profiles:subject-id:req\" \
         NameFormat=\"urn:oasis:names:tc:SAML:2.0:attrname-format:uri\"><saml:AttributeValue>pairwise-id\
         </saml:AttributeValue></saml:Attribute></mdattr:EntityAttributes></md:Extensions><md:SPSSODescriptor";
    let whole = rich().replacen("<md:SPSSODescriptor", demands, 1);
    let ends = whole.replacen("entityID", &format!("validUntil=\"{until}\" entityID"), 1);
    let words = ["travel", "--group", "everyone", "--profile", "saml2int"];
    let scoped = [&words[..], &["--scope", "acme.example"]].concat();
    let introduced = desk.folder.join("saml-metadata.yaml");
    for (what, metadata, words, code) in [
        (
            "nothing says who we are",
            &ends,
            &scoped[..],
            "TNR-SIGN-0031",
        ),
        ("without an end", &whole, &scoped, "TNR-SIGN-0030"),
        ("no domain", &ends, &words, "TNR-SIGN-0032"),
    ] {
        let said = desk.add(metadata, words).expect(1);
        assert!(said.err.contains(code), "{what}: {}", said.err);
        assert!(desk.files().is_empty(), "{what}");
    }
    std::fs::write(&introduced, include_str!("sign_in/saml_metadata.yaml")).unwrap();
    desk.add(&ends, &scoped).expect(0);
    let files = [
        "all.yaml",
        "relying-party-travel.yaml",
        "saml-metadata.yaml",
    ];
    let files = files.map(|name| {
        let text = std::fs::read_to_string(desk.folder.join(name)).unwrap();
        (name, text)
    });
    let tenant = documents::load(&files).unwrap();
    let saml = tenant.relying_parties["travel"].saml().unwrap();
    assert_eq!(saml.profile, documents::SamlProfile::Saml2int);
    assert_eq!(saml.valid_until, Some(until));
    assert!(matches!(saml.name_id, documents::NameIdRule::Transient));
    assert_eq!(saml.pairwise_id.as_deref(), Some("acme.example"));
    assert_eq!(
        saml.subject_id_req,
        Some(documents::SubjectIdReq::PairwiseId)
    );
    assert!(
        saml.relaxations()
            .iter()
            .all(|relaxed| relaxed.clause.is_none())
    );
}

#[test]
fn what_is_said_beside_the_metadata_is_read_as_a_push_would() {
    let desk = Desk::new();
    for (words, code) in [
        (
            &["travel", "--group", "nobody", "--name-id", "person.email"][..],
            "TNR-SIGN-0031",
        ),
        (
            &["travel", "--app", "nothing", "--name-id", "person.email"],
            "TNR-SIGN-0031",
        ),
        (
            &["travel", "--group", "everyone", "--name-id", "person.emial"],
            "TNR-SIGN-0031",
        ),
        (
            &[
                "../travel",
                "--group",
                "everyone",
                "--name-id",
                "person.email",
            ],
            "TNR-SIGN-0031",
        ),
        (
            &["wiki", "--group", "everyone", "--name-id", "person.email"],
            "TNR-SIGN-0031",
        ),
        (
            &["travel", "--group", "everyone", "--entity-id", "urn:x"],
            "TNR-SIGN-0030",
        ),
    ] {
        let said = desk.add(&rich(), words).expect(1);
        assert!(said.err.contains(code), "{words:?}: {}", said.err);
        assert!(desk.files().is_empty(), "{words:?}");
    }
    let alone = rich().replace(
        "2.0:nameid-format:transient",
        "1.1:nameid-format:unspecified",
    );
    let said = desk
        .add(&alone, &["travel", "--group", "everyone"])
        .expect(1);
    assert!(said.err.contains("TNR-SIGN-0032"), "{}", said.err);
    // Nobody may sign in of whom nothing is said.
    desk.add(&rich(), &["travel"]).expect(64);
}
