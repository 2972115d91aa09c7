//! An identity provider of SAML that vouches for people.

use super::relying_party::{certificates, entity_id, page};
use crate::report::{self, Reporter};
use crate::tenant::UpstreamSaml;
use crate::wire::identity_provider::UpstreamSamlSpec;
use crate::wire::relying_party::SamlBinding;
use crate::yaml::Part;

/// The longest name of an attribute, in bytes.
const LONGEST: usize = 255;

pub(super) fn saml(spec: &UpstreamSamlSpec, reporter: &mut Reporter<'_, '_>) -> UpstreamSaml {
    let at = |key: &'static str| ["spec", "saml", key].map(Part::Key);
    entity_id(&spec.entity_id, reporter);
    if let Err((problem, fix)) = page(&spec.sso.url) {
        let path = ["spec", "saml", "sso", "url"].map(Part::Key);
        reporter.at(report::URL, &path, problem, fix);
    }
    if spec.certificates.is_empty() {
        let problem = "nothing says whose signatures count: anybody could vouch for everybody";
        let fix = "write the certificates of its metadata that are for signing";
        reporter.at(report::VALUE, &at("certificates"), problem, fix);
    }
    let is_name = |name: &String| {
        (1..=LONGEST).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_graphic())
    };
    if !spec.subject.as_ref().is_none_or(is_name) {
        let fix = "write its name as assertions have it: 1 to 255 printable characters of ASCII";
        let problem = "this is no name of an attribute";
        reporter.at(report::VALUE, &at("subject"), problem, fix);
    }
    UpstreamSaml {
        sso: spec.sso.url.clone(),
        by_post: matches!(spec.sso.binding, SamlBinding::Post),
        certificates: certificates(&spec.certificates, 0, &at("certificates"), reporter),
        subject: spec.subject.clone(),
    }
}
