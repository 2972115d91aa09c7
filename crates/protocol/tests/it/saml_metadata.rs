//! Metadata: what is taken over of a service provider's, and what is written of ours.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use protocol::saml::encryption::{Cipher, Transport};
use protocol::saml::metadata::{
    Contact, Demands, IdentityProvider, Imported, Logo, MetadataError, Notice, read,
};
use protocol::saml::signature::{CertificateError, SignatureError, VerifyingKey, verify};
use protocol::saml::xml::{Limits, Space, Tree, XmlError};
use protocol::saml::{Binding, EntityId, MessageId, NameIdFormat, SubjectId};

use crate::saml_party::{ACS, DS, IDP_EC, IDP_RSA, SP, SP_EC, SP_RSA, SSO, at, location};

const MD: &str = "urn:oasis:names:tc:SAML:2.0:metadata";

pub fn demands() -> Demands<'static> {
    Demands {
        now: at("2026-02-03T04:06:06Z"),
        entity_id: None,
        signed_by: None,
        skew: Duration::from_secs(180),
        ends_within: None,
    }
}

fn imported(text: &str) -> Result<Imported, MetadataError> {
    read(text.as_bytes(), &demands())
}

fn key_descriptor(usage: &str, certificate: &[u8], methods: &str) -> String {
    let certificate = STANDARD.encode(certificate);
    format!(
        "<md:KeyDescriptor{usage}><ds:KeyInfo xmlns:ds=\"{DS}\"><ds:X509Data><ds:X509Certificate>\n{certificate}\n</ds:X509Certificate>\
         </ds:X509Data></ds:KeyInfo>{methods}</md:KeyDescriptor>"
    )
}

fn method(uri: &str) -> String {
    format!("<md:EncryptionMethod Algorithm=\"{uri}\"></md:EncryptionMethod>")
}

fn acs(index: &str, binding: &str, location: &str) -> String {
    format!(
        "<md:AssertionConsumerService Binding=\"{binding}\" Location=\"{location}\"{index}></md:AssertionConsumerService>"
    )
}

/// In canonical form, so that it can be signed by hand where `{}` stands.
fn entity(attributes: &str, role: &str, inner: &str) -> String {
    format!(
        "<md:EntityDescriptor xmlns:md=\"{MD}\" ID=\"_m\" entityID=\"{SP}\"{attributes}>{{}}\
         <md:SPSSODescriptor{role} protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:1.1:protocol urn:oasis:names:tc:SAML:2.0:protocol\">\
         {inner}</md:SPSSODescriptor></md:EntityDescriptor>"
    )
}

fn plain(inner: &str) -> String {
    entity("", "", inner).replace("{}", "")
}

fn usual() -> String {
    acs(" index=\"0\"", Binding::Post.uri(), ACS)
}

/// One with all that is spoken, and a little that is not.
fn rich() -> String {
    let gcm =
        method(Cipher::Aes128Gcm.uri()) + &method("http://www.w3.org/2001/04/xmlenc#aes256-cbc");
    let oaep = format!(
        "<md:EncryptionMethod Algorithm=\"{}\"><ds:DigestMethod xmlns:ds=\"{DS}\" Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"></ds:DigestMethod>\
         <xenc11:MGF xmlns:xenc11=\"http://www.w3.org/2009/xmlenc11#\" Algorithm=\"http://www.w3.org/2009/xmlenc11#mgf1sha256\"></xenc11:MGF></md:EncryptionMethod>",
        Transport::OaepSha256.uri()
    );
    let slo = "<md:SingleLogoutService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect\" Location=\"https://sp.example/slo\" ResponseLocation=\"https://sp.example/slo/done\"></md:SingleLogoutService>\
               <md:SingleLogoutService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:SOAP\" Location=\"https://sp.example/soap\"></md:SingleLogoutService>";
    let formats = format!(
        "<md:NameIDFormat>\n {} </md:NameIDFormat><md:NameIDFormat>urn:x</md:NameIDFormat>",
        NameIdFormat::Persistent.uri()
    );
    let service = "<md:AttributeConsumingService index=\"2\" isDefault=\"1\"><md:ServiceName>x</md:ServiceName>\
                   <md:RequestedAttribute Name=\"mail\" isRequired=\"true\"></md:RequestedAttribute><md:RequestedAttribute Name=\"ou\"></md:RequestedAttribute></md:AttributeConsumingService>";
    let inner = [
        key_descriptor(" use=\"signing\"", SP_EC.certificate(), ""),
        key_descriptor("", SP_RSA.certificate(), &(gcm + &oaep)),
        slo.to_owned(),
        formats,
        acs(
            " index=\"0\"",
            Binding::Post.uri(),
            "https://sp.example/other",
        ),
        acs(" index=\"1\" isDefault=\"true\"", Binding::Post.uri(), ACS),
        acs(
            " index=\"2\"",
            "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact",
            ACS,
        ),
        service.to_owned(),
    ];
    let role = " AuthnRequestsSigned=\"true\" WantAssertionsSigned=\"1\" validUntil=\"2026-05-01T00:00:00Z\"";
    entity(
        " validUntil=\"2026-06-01T00:00:00Z\"",
        role,
        &inner.concat(),
    )
    .replace("{}", "")
}

#[test]
fn metadata_is_taken_over_whole() {
    let Imported {
        provider,
        notices,
        cached_for: _,
    } = imported(&rich()).unwrap();
    assert_eq!(provider.entity_id.as_str(), SP);
    assert_eq!(provider.signing_keys, [SP_EC.key(), SP_RSA.key()]);
    let [encryption] = provider.encryption_keys.as_slice() else {
        panic!("{:?}", provider.encryption_keys);
    };
    assert_eq!(encryption.certificate(), SP_RSA.certificate());
    assert_eq!(
        (encryption.cipher, encryption.transport),
        (Cipher::Aes128Gcm, Transport::OaepSha256)
    );
    assert!(provider.signs_requests && provider.wants_signed_assertions);
    assert_eq!(provider.default_consumer().unwrap().location.as_str(), ACS);
    assert_eq!(provider.consumers.len(), 2);
    let logout = provider.logout().unwrap();
    assert_eq!(
        (logout.binding, logout.location.as_str()),
        (Binding::Redirect, "https://sp.example/slo")
    );
    assert_eq!(
        logout.for_responses().as_str(),
        "https://sp.example/slo/done"
    );
    assert_eq!(
        provider.back_channel_logout,
        Some(location("https://sp.example/soap"))
    );
    assert_eq!(provider.name_id_formats, [NameIdFormat::Persistent]);
    let attributes = [("mail".to_owned(), true), ("ou".to_owned(), false)];
    assert_eq!(provider.attribute_services[0].attributes, attributes);
    assert_eq!(provider.valid_until, Some(at("2026-05-01T00:00:00Z")));
    let want = [
        Notice::Binding("AssertionConsumerService", None),
        Notice::NameIdFormat,
    ];
    assert_eq!(notices, want);
}

#[test]
fn what_is_wrong_refuses_the_whole() {
    let post = Binding::Post.uri();
    for (inner, why) in [
        (String::new(), MetadataError::NoConsumer),
        (
            acs(" index=\"0\"", Binding::Redirect.uri(), ACS),
            MetadataError::NoConsumer,
        ),
        (
            acs("", post, ACS),
            MetadataError::Malformed("AssertionConsumerService"),
        ),
        (
            acs(" index=\"x\"", post, ACS),
            MetadataError::Malformed("AssertionConsumerService"),
        ),
        (
            acs(" index=\"0\" isDefault=\"yes\"", post, ACS),
            MetadataError::Malformed("isDefault"),
        ),
        (
            usual() + &usual(),
            MetadataError::SameIndex("AssertionConsumerService"),
        ),
        (
            usual() + "<md:KeyDescriptor></md:KeyDescriptor>",
            MetadataError::Malformed("KeyDescriptor"),
        ),
        (
            usual() + &key_descriptor(" use=\"both\"", SP_EC.certificate(), ""),
            MetadataError::Malformed("KeyDescriptor"),
        ),
        (
            usual() + &key_descriptor("", SP_EC.certificate(), "").repeat(33),
            MetadataError::TooMany("KeyDescriptor"),
        ),
    ] {
        assert_eq!(imported(&plain(&inner)).err(), Some(why), "{inner}");
    }
    for bad in ["javascript:alert(1)", "/acs", "https://sp.example/#x"] {
        let refused = imported(&plain(&acs(" index=\"0\"", post, bad)));
        assert!(matches!(refused, Err(MetadataError::Name(_))), "{bad}");
    }
    let many: String = (0..513)
        .map(|n| acs(&format!(" index=\"{n}\""), post, ACS))
        .collect();
    assert_eq!(
        imported(&plain(&many)).err(),
        Some(MetadataError::TooMany("AssertionConsumerService"))
    );
    let nameless = plain(&usual()).replace(SP, "");
    assert!(matches!(imported(&nameless), Err(MetadataError::Name(_))));
    let old = plain(&usual()).replace("SAML:2.0:protocol", "SAML:1.0:protocol");
    assert_eq!(imported(&old).err(), Some(MetadataError::NoProvider));
    assert_eq!(imported("<x/>").err(), Some(MetadataError::NotMetadata));
}

#[test]
fn what_is_not_spoken_is_passed_over_and_said() {
    let cbc = method("http://www.w3.org/2001/04/xmlenc#aes128-cbc");
    let pkcs1 = method("http://www.w3.org/2001/04/xmlenc#rsa-1_5");
    let oaep = method(Transport::OaepSha1.uri());
    let enc = |methods: &str| key_descriptor(" use=\"encryption\"", SP_RSA.certificate(), methods);
    for (methods, taken) in [
        (String::new(), true),
        (oaep.clone(), true),
        (cbc.clone() + &method(Cipher::Aes256Gcm.uri()), true),
        (cbc.clone(), false),
        (pkcs1.clone(), false),
        (pkcs1 + &oaep, true),
        (cbc + &oaep, false),
        // Without the digest and the mask that it is spoken with.
        (method(Transport::OaepSha256.uri()), false),
    ] {
        let Imported {
            provider,
            notices,
            cached_for: _,
        } = imported(&plain(&(enc(&methods) + &usual()))).unwrap();
        assert_eq!(
            provider.encryption_keys.len(),
            usize::from(taken),
            "{methods}"
        );
        assert_eq!(
            notices.contains(&Notice::OldEncryption),
            !taken,
            "{methods}"
        );
        assert!(provider.signing_keys.is_empty());
    }
    let curve = key_descriptor(" use=\"encryption\"", SP_EC.certificate(), "");
    let nothing = key_descriptor("", b"x", "");
    let bare = format!(
        "<md:KeyDescriptor><ds:KeyInfo xmlns:ds=\"{DS}\"><ds:KeyName>x</ds:KeyName></ds:KeyInfo></md:KeyDescriptor>"
    );
    let inner = [
        curve,
        nothing,
        bare,
        acs(" index=\"0\"", Binding::Post.uri(), "http://sp.example/acs"),
    ];
    let Imported { notices, .. } = imported(&plain(&inner.concat())).unwrap();
    let want = [
        Notice::Plain("AssertionConsumerService"),
        Notice::Certificate(CertificateError::UnknownKey),
        Notice::Certificate(CertificateError::Unreadable),
        Notice::BareKey,
    ];
    assert_eq!(notices, want);
}

#[test]
fn a_lasting_name_is_wanted_by_saying_so() {
    let wish = |values: &[&str]| {
        let attribute = |value: &&str| {
            format!(
                "<saml:Attribute xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" Name=\"{}\"><saml:AttributeValue> {value} </saml:AttributeValue></saml:Attribute>",
                SubjectId::REQUIREMENT
            )
        };
        let attributes: String = values.iter().map(attribute).collect();
        let extensions = format!(
            "<md:Extensions><mdattr:EntityAttributes xmlns:mdattr=\"urn:oasis:names:tc:SAML:metadata:attribute\">{attributes}</mdattr:EntityAttributes></md:Extensions>"
        );
        let text = entity("", "", &usual()).replace("{}", &extensions);
        imported(&text).unwrap().provider.subject_id
    };
    for (values, want) in [
        (&["subject-id"][..], Some(SubjectId::General)),
        (&["pairwise-id"], Some(SubjectId::Pairwise)),
        (&["any"], Some(SubjectId::Any)),
        (&["none"], Some(SubjectId::Unwanted)),
        (&["other"], None),
        (&["any", "none"], None),
        (&[], None),
    ] {
        assert_eq!(wish(values), want, "{values:?}");
    }
}

#[test]
fn metadata_has_an_end() {
    let until = |at: &str| entity(&format!(" validUntil=\"{at}\""), "", &usual()).replace("{}", "");
    // Now is 04:06:06, and clocks may differ by 180 s.
    assert!(imported(&until("2026-02-03T04:03:07Z")).is_ok());
    let ended = imported(&until("2026-02-03T04:03:06Z")).err();
    assert_eq!(ended, Some(MetadataError::Ended));
    let malformed = imported(&until("2037-01-01")).err();
    assert_eq!(malformed, Some(MetadataError::Malformed("validUntil")));
    let mut strict = demands();
    strict.ends_within = Some(Duration::from_secs(14 * 86_400));
    let endless = plain(&usual());
    let strictly = |text: &str| read(text.as_bytes(), &strict).err();
    assert_eq!(strictly(&endless), Some(MetadataError::Endless));
    assert_eq!(strictly(&until("2026-02-17T04:09:06Z")), None);
    assert_eq!(
        strictly(&until("2026-02-17T04:09:07Z")),
        Some(MetadataError::Far)
    );
    let within = until("2026-02-10T00:00:00Z");
    let around =
        format!("<md:EntitiesDescriptor xmlns:md=\"{MD}\">{within}</md:EntitiesDescriptor>");
    assert_eq!(strictly(&around), Some(MetadataError::Endless));
    // The end of a set is the end of each in it.
    let set = format!(
        "<md:EntitiesDescriptor xmlns:md=\"{MD}\" validUntil=\"2026-01-01T00:00:00Z\">{endless}</md:EntitiesDescriptor>"
    );
    assert_eq!(imported(&set).err(), Some(MetadataError::Ended));
}

#[test]
fn attack_s19_metadata_has_bounds() {
    let big = vec![b' '; (1 << 20) + 1];
    assert_eq!(
        read(&big, &demands()).err(),
        Some(XmlError::TooLong(big.len()).into())
    );
    let wide = plain(&"<md:Extensions></md:Extensions>".repeat(8_192));
    assert_eq!(
        imported(&wide).err(),
        Some(XmlError::TooMany("elements").into())
    );
    let doctype = format!("<!DOCTYPE x>{}", plain(&usual()));
    assert_eq!(imported(&doctype).err(), Some(XmlError::Doctype.into()));
}

#[test]
fn metadata_is_signed_by_whom_it_must_be() {
    let text = SP_RSA.signed("_m", &entity("", "", &usual()));
    let by = |keys: &[VerifyingKey], text: &str| {
        let mut demands = demands();
        demands.signed_by = Some(keys);
        read(text.as_bytes(), &demands).map(|_| ())
    };
    let wrong = |why: SignatureError| Err(MetadataError::Signature(why));
    assert_eq!(by(&[SP_RSA.key()], &text), Ok(()));
    assert_eq!(by(&[IDP_EC.key(), SP_RSA.key()], &text), Ok(()));
    assert_eq!(by(&[SP_EC.key()], &text), wrong(SignatureError::Wrong));
    assert_eq!(by(&[], &text), wrong(SignatureError::NoKey));
    let changed = text.replace(ACS, "https://evil.example/acs");
    assert_eq!(
        by(&[SP_RSA.key()], &changed),
        wrong(SignatureError::Changed)
    );
    assert_eq!(
        by(&[SP_RSA.key()], &plain(&usual())),
        wrong(SignatureError::Unsigned)
    );
    // One that is signed beside one that is not: what is chosen has to be the signed one.
    let forged = plain(&usual())
        .replace(" ID=\"_m\"", "")
        .replace(SP, "https://evil.example");
    let set =
        format!("<md:EntitiesDescriptor xmlns:md=\"{MD}\">{forged}{text}</md:EntitiesDescriptor>");
    let keys = [SP_RSA.key()];
    let mut demands = demands();
    demands.signed_by = Some(&keys);
    demands.entity_id = Some("https://evil.example");
    assert_eq!(
        read(set.as_bytes(), &demands).map(|_| ()),
        wrong(SignatureError::Unsigned)
    );
    demands.entity_id = Some(SP);
    assert!(read(set.as_bytes(), &demands).is_ok());
    // Or all of them together.
    let inner = format!("{forged}{}", plain(&usual())).replace(&format!(" xmlns:md=\"{MD}\""), "");
    let whole = format!(
        "<md:EntitiesDescriptor xmlns:md=\"{MD}\" ID=\"_s\">{{}}{inner}</md:EntitiesDescriptor>"
    );
    let set = SP_RSA.signed("_s", &whole);
    assert!(read(set.as_bytes(), &demands).is_ok());
    let changed = set.replace(ACS, "https://evil.example/acs");
    let refused = read(changed.as_bytes(), &demands).map(|_| ());
    assert_eq!(refused, wrong(SignatureError::Changed));
}

#[test]
fn of_a_set_one_is_chosen() {
    let one = plain(&usual()).replace(" ID=\"_m\"", "");
    let other = one.replace(SP, "https://other.example");
    let idp = "<md:EntityDescriptor entityID=\"https://idp.example\"><md:IDPSSODescriptor></md:IDPSSODescriptor></md:EntityDescriptor>";
    let set = |inner: &str| {
        format!("<md:EntitiesDescriptor xmlns:md=\"{MD}\">{inner}</md:EntitiesDescriptor>")
    };
    let of = |inner: &str, id| {
        let mut demands = demands();
        demands.entity_id = id;
        read(set(inner).as_bytes(), &demands).map(|all| all.provider.entity_id.as_str().to_owned())
    };
    let nested = set(&format!("{idp}{one}"));
    assert_eq!(of(&nested, None), Ok(SP.to_owned()));
    let both = format!("{one}{other}");
    assert_eq!(of(&both, None), Err(MetadataError::Several));
    assert_eq!(
        of(&both, Some("https://other.example")),
        Ok("https://other.example".to_owned())
    );
    assert_eq!(
        of(&both, Some("https://third.example")),
        Err(MetadataError::NotFound)
    );
    assert_eq!(of(&one.repeat(2), Some(SP)), Err(MetadataError::NotFound));
    assert_eq!(of(idp, None), Err(MetadataError::NoProvider));
    assert_eq!(of("", None), Err(MetadataError::NoProvider));
}

#[test]
fn our_own_is_what_others_read() {
    let entity_id = EntityId::new("https://id.example/saml").unwrap();
    let id = MessageId::from_chance([3; 20]);
    let (first, second) = (IDP_RSA.key(), IDP_EC.key());
    let both = [
        (Binding::Redirect, location(SSO)),
        (Binding::Post, location(SSO)),
    ];
    let help = location("https://id.example/help?a=1&b=2");
    let written = IdentityProvider {
        entity_id: &entity_id,
        id: &id,
        valid_until: at("2026-03-03T00:00:00.9Z"),
        keys: &[&first, &second],
        sign_in: &both,
        logout: &both[..1],
        name_id_formats: &[NameIdFormat::Persistent, NameIdFormat::EmailAddress],
        wants_signed_requests: false,
        error_url: Some(&help),
        display_name: Some(("en", "Acme")),
        logo: Some(Logo {
            url: "https://id.example/logo.svg",
            width: 80,
            height: 60,
        }),
        scopes: &["acme.example"],
        contact: Some(Contact {
            company: "Acme <& Co>",
            email: "it@acme.example",
        }),
    };
    let text = written.write(Some(&IDP_RSA.credential())).unwrap();
    let tree = Tree::read(&text, &Limits::METADATA).unwrap();
    let root = tree.root();
    assert!(verify(root, std::slice::from_ref(&first)).is_ok());
    assert!(root.is(Space::Metadata, "EntityDescriptor"));
    assert_eq!(root.attribute("validUntil"), Some("2026-03-03T00:00:00Z"));
    let order = |element: protocol::saml::xml::Element<'_>| -> Vec<String> {
        element
            .children()
            .map(|child| child.local().to_owned())
            .collect()
    };
    assert_eq!(
        order(root),
        ["Signature", "IDPSSODescriptor", "ContactPerson"]
    );
    let role = root
        .one(Space::Metadata, "IDPSSODescriptor")
        .unwrap()
        .unwrap();
    let want = [
        "Extensions",
        "KeyDescriptor",
        "KeyDescriptor",
        "SingleLogoutService",
        "NameIDFormat",
        "NameIDFormat",
        "SingleSignOnService",
        "SingleSignOnService",
    ];
    assert_eq!(order(role), want);
    assert_eq!(role.attribute("errorURL"), Some(help.as_str()));
    assert_eq!(imported(&text).err(), Some(MetadataError::NoProvider));
    let bare = written.write(None).unwrap();
    assert!(!bare.contains("Signature"));
    let extensions = "<md:Extensions><shibmd:Scope regexp=\"false\">acme.example</shibmd:Scope>\
                      <mdui:UIInfo><mdui:DisplayName xml:lang=\"en\">Acme</mdui:DisplayName>\
                      <mdui:Logo height=\"60\" width=\"80\">https://id.example/logo.svg</mdui:Logo></mdui:UIInfo></md:Extensions>";
    assert!(bare.contains(extensions), "{bare}");
}
