//! Where the metadata of a service provider of SAML stand.

use super::address;
use super::pem::{ONE, certificate as pem};
use super::saml::at;
use crate::kinds::app::check_url;
use crate::report::{self, Reporter};
use crate::tenant::MetadataAt;
use crate::wire::relying_party::MetadataSpec;
use crate::yaml::Part;

pub(super) fn metadata(spec: &MetadataSpec, reporter: &mut Reporter<'_, '_>) -> MetadataAt {
    let own = |key: &'static str| [&at("metadata")[..], &[Part::Key(key)]].concat();
    match address::sound(&spec.url) {
        Ok(_) => {
            let bare = spec.url.split('?').next().unwrap_or(&spec.url);
            check_url(bare, spec.allow_private, &own("url"), reporter);
        }
        Err((problem, fix)) => reporter.at(report::URL, &own("url"), problem, fix),
    }
    let signed_by = spec.signed_by.as_ref().map(|text| {
        pem(text).unwrap_or_else(|problem| {
            reporter.at(report::VALUE, &own("signed_by"), problem, ONE);
            String::new()
        })
    });
    MetadataAt {
        url: spec.url.clone(),
        signed_by,
        allow_private: spec.allow_private,
    }
}
