//! What a service provider of SAML is held to beyond its own shape: a profile, and what its metadata demand.

use super::SPEC;
use super::saml::{PAIRWISE, SAML, SUBJECT};
use crate::report::{self, Reporter};
use crate::tenant::{Saml, SamlProfile, SubjectIdReq, Tenant};
use crate::yaml::Part;

/// Everything that a document relaxes where its profile leaves nothing open.
pub(super) fn profile(saml: &Saml, tenant: &Tenant, reporter: &mut Reporter<'_, '_>) {
    if saml.profile != SamlProfile::Saml2int {
        return;
    }
    for relaxed in saml.relaxations() {
        let Some(clause) = relaxed.clause else {
            continue;
        };
        let path = [SPEC, SAML, Part::Key(relaxed.field)];
        let problem = format!("saml2int forbids it ({clause}): {}", relaxed.risk);
        reporter.at(report::VALUE, &path, problem, relaxed.fix);
    }
    if tenant.saml_metadata.is_none() {
        let path = [SPEC, SAML, Part::Key("profile")];
        let problem =
            "saml2int demands that apps are told who we are (SDP-IDP33), and nothing says it";
        let fix = "write a `SamlMetadata` document";
        reporter.at(report::REFERENCE, &path, problem, fix);
    }
}

/// Whether it is given the lasting name that its metadata demand (Subject Identifier Attributes §4; saml2int
/// SDP-IDP15).
pub(super) fn subject_id(saml: &Saml, reporter: &mut Reporter<'_, '_>) {
    let general = saml.subject_id.is_some() || saml.attributes.contains_key(SUBJECT);
    let pairwise = saml.pairwise_id.is_some() || saml.attributes.contains_key(PAIRWISE);
    let Some(demanded) = saml.subject_id_req else {
        return;
    };
    let wrong = match demanded {
        SubjectIdReq::SubjectId if !general => Some((
            "it demands `subject-id`, and is given none",
            "write `subject_id: {value: …, scope: …}`",
        )),
        SubjectIdReq::PairwiseId if !pairwise => Some((
            "it demands `pairwise-id`, and is given none",
            "write `pairwise_id` with a domain of yours",
        )),
        SubjectIdReq::Any if !general && !pairwise => Some((
            "it demands `subject-id` or `pairwise-id`, and is given none",
            "write `pairwise_id` with a domain of yours",
        )),
        SubjectIdReq::Unwanted if general || pairwise => Some((
            "it demands to be given no lasting name, and is given one",
            "remove `subject_id` and `pairwise_id`",
        )),
        _ => None,
    };
    if let Some((problem, fix)) = wrong {
        let path = [SPEC, SAML, Part::Key("subject_id_req")];
        reporter.at(report::CONFLICT, &path, problem, fix);
    }
}
