//! Metadata of node-saml, python3-saml and TestShib.

use protocol::saml::metadata::{Demands, Imported, MetadataError, Notice, read};
use protocol::saml::signature::{CertificateError, SignatureError};
use protocol::saml::xml::XmlError;

use crate::saml_data::{file, key};
use crate::saml_metadata::demands;
use crate::saml_party::at;

/// What becomes of a file at the beginning of a year, if it is here.
fn of(name: &str, year: &str, id: Option<&str>) -> Option<Result<Imported, MetadataError>> {
    let text = file(name)?;
    let mut demands = demands();
    demands.now = at(&format!("{year}-01-01T00:00:00Z"));
    demands.entity_id = id;
    Some(read(text.as_bytes(), &demands))
}

fn python(name: &str) -> String {
    format!("python3-saml/metadata/{name}.xml")
}

/// Each as the test suites of their projects have it, but for what is listed here.
#[test]
fn metadata_of_others_is_taken_or_refused() {
    for (name, year, want) in [
        ("metadata_settings1", "2026", Ok(1)),
        ("no_expiration_mark_metadata", "2026", Ok(1)),
        (
            "expired_metadata_settings1",
            "2026",
            Err(MetadataError::Ended),
        ),
        (
            "noentity_metadata_settings1",
            "2013",
            Err(MetadataError::NotMetadata),
        ),
        ("unparsed_metadata", "2019", Err(XmlError::Malformed.into())),
        // Refused there for the order of its elements, which means nothing; what of it is old is refused.
        ("metadata_bad_order_settings1", "2019", Ok(1)),
        (
            "metadata_bad_order_settings1",
            "2026",
            Err(MetadataError::Ended),
        ),
        ("entities_metadata", "2026", Err(MetadataError::Several)),
        // Of identity providers.
        ("idp_metadata", "2013", Err(MetadataError::NoProvider)),
        ("idp_metadata2", "2013", Err(MetadataError::NoProvider)),
        (
            "idp_metadata_multi_certs",
            "2013",
            Err(MetadataError::NoProvider),
        ),
        (
            "idp_metadata_multi_signing_certs",
            "2013",
            Err(MetadataError::NoProvider),
        ),
        (
            "idp_metadata_same_sign_and_encrypt_cert",
            "2013",
            Err(MetadataError::NoProvider),
        ),
        (
            "idp_metadata_different_sign_and_encrypt_cert",
            "2013",
            Err(MetadataError::NoProvider),
        ),
        (
            "idp_multiple_descriptors",
            "2013",
            Err(MetadataError::NoProvider),
        ),
    ] {
        let Some(answer) = of(&python(name), year, None) else {
            return;
        };
        let counted = answer.map(|all| all.provider.consumers.len());
        assert_eq!(counted, want, "{name}");
    }
}

/// What is known of them is what their projects know of them.
#[test]
fn what_metadata_of_others_says_is_read() {
    // Its keys have 1,024 bits.
    let sp1 = "https://sp1.example.com/simplesaml/module.php/saml/sp/metadata.php/default-sp";
    let Some(answer) = of(&python("entities_metadata"), "2026", Some(sp1)) else {
        return;
    };
    let taken = answer.unwrap();
    let is_weak = |one: &Notice| matches!(one, Notice::Certificate(CertificateError::Rsa(_)));
    assert!(taken.notices.iter().any(is_weak));
    assert!(taken.provider.signing_keys.is_empty());
    let shibboleth = "https://sp.testshib.org/shibboleth-sp";
    let taken = of(&python("testshib-providers"), "2026", Some(shibboleth)).unwrap();
    assert!(taken.unwrap().provider.consumers.len() > 1);
    for (name, keys) in [
        ("acme_tools_com", (1, 0)),
        ("expected metadata without key", (0, 0)),
        ("expected metadata", (0, 1)),
        ("expectedMetadataWithBothKeys", (1, 1)),
        ("expectedMetadataWithEncryptionAndTwoSigningKeys", (2, 1)),
        ("expected_metadata_metadataExtensions", (0, 1)),
    ] {
        let taken = of(&format!("node-saml/{name}.xml"), "2026", None)
            .unwrap()
            .unwrap()
            .provider;
        assert_eq!(
            (taken.signing_keys.len(), taken.encryption_keys.len()),
            keys,
            "{name}"
        );
    }
}

#[test]
fn signed_metadata_of_others_is_believed_unless_it_is_of_sha1() {
    let Some(acme) = key("node-saml/acme_tools_com.cert") else {
        return;
    };
    let keys = [acme];
    let mut demands = demands();
    demands.signed_by = Some(&keys);
    let by = |name: &str, demands: &Demands<'_>| {
        read(file(name).unwrap().as_bytes(), demands).map(|_| ())
    };
    assert_eq!(by("node-saml/signedMetadata.xml", &demands), Ok(()));
    // The second is signed in its role, by a reference to nothing.
    for (name, why) in [
        ("signed_metadata_settings1", SignatureError::Algorithm),
        ("signed_metadata_settings2", SignatureError::Unsigned),
    ] {
        let refused = by(&format!("python3-saml/metadata/{name}.xml"), &demands);
        assert_eq!(refused, Err(why.into()), "{name}");
    }
}
