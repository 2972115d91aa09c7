//! What of the metadata of a service provider is not in its document, or is there and will not do.

use protocol::saml::metadata::{Imported, Notice};

use super::Add;
use super::document::{called, is_attribute, signs};

/// One line for each.
pub(super) fn left_out(imported: &Imported, asked: &Add) -> Vec<String> {
    let provider = &imported.provider;
    let mut lines: Vec<String> = imported.notices.iter().map(told).collect();
    let other_keys = provider.encryption_keys.len().saturating_sub(1);
    if other_keys > 0 {
        lines.push(format!(
            "{other_keys} more certificates to encrypt for: one is encrypted for"
        ));
    }
    if provider.back_channel_logout.is_some() && called(provider, asked).is_none() {
        lines.push(
            "where it would be called to sign somebody out (SOAP): that address is not encrypted; within your \
             network `--allow-private` takes it"
                .to_owned(),
        );
    }
    if !provider.logouts.is_empty() && !signs(provider) {
        lines.push("where it takes word of logout, because it has no key to sign with".to_owned());
    }
    let mut asked = provider.attribute_services.iter();
    if asked.any(|set| set.attributes.iter().any(|(name, _)| !is_attribute(name))) {
        lines.push("attributes whose names have other characters than printable ASCII".to_owned());
    }
    lines
}

fn told(notice: &Notice) -> String {
    match notice {
        Notice::Certificate(why) => format!("a certificate: {why}"),
        Notice::BareKey => "a key that is in no certificate".to_owned(),
        Notice::OldEncryption => {
            "a certificate to encrypt for, because the app opens only CBC or PKCS #1 \
                                  v1.5: it is sent assertions in the clear"
                .to_owned()
        }
        Notice::Binding(service, _) => format!("a `{service}` of a binding that is not used there"),
        Notice::NameIdFormat => "a kind of names that is not given".to_owned(),
        Notice::Plain(service) => {
            format!("nothing, but a `{service}` is at an address that is not encrypted on its way")
        }
    }
}
