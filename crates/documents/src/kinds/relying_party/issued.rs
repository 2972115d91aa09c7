//! Certificates by which clients prove who they are (mutual TLS, RFC 8705 §2).

use super::oidc::at;
use super::pem;
use crate::report::{self, Reporter};
use crate::tenant::{CertificateSubject, OidcClient};
use crate::wire::relying_party::{CertificatesClientSpec, IssuedSpec};
use crate::yaml::Part;

/// The longest name, in bytes.
const LONGEST: usize = 2_000;

fn place(keys: &[&'static str]) -> Vec<Part<'static>> {
    let keys = keys.iter().copied().map(Part::Key);
    at("client").into_iter().chain(keys).collect()
}

/// One that somebody issues. What its name is held to is found by whoever compares it.
pub(super) fn issued(spec: &IssuedSpec, reporter: &mut Reporter<'_, '_>) -> OidcClient {
    let list = place(&["issued_certificate", "issued_by"]);
    let issued_by = pem::certificates(&spec.issued_by, 1, &list, reporter);
    let names = [
        ("subject_dn", &spec.subject_dn),
        ("san_dns", &spec.san_dns),
        ("san_uri", &spec.san_uri),
        ("san_ip", &spec.san_ip),
        ("san_email", &spec.san_email),
    ];
    let given = names.iter().filter_map(|(key, name)| {
        let name = name.as_deref()?;
        Some((*key, name.to_owned()))
    });
    let given: Vec<(&'static str, String)> = given.collect();
    for (key, name) in &given {
        if name.is_empty() || name.len() > LONGEST {
            let path = place(&["issued_certificate", key]);
            let fix = format!("write 1 to {LONGEST} bytes, as the certificate has it");
            reporter.at(report::VALUE, &path, "this is no name", fix);
        }
    }
    if given.len() != 1 {
        let problem = format!(
            "{} names say to whom the certificate is issued",
            given.len()
        );
        let fix = "write exactly one of subject_dn, san_dns, san_uri, san_ip and san_email";
        reporter.at(report::VALUE, &place(&["issued_certificate"]), problem, fix);
    }
    let subject = match given.into_iter().next() {
        Some(("san_dns", name)) => CertificateSubject::Dns(name),
        Some(("san_uri", name)) => CertificateSubject::Uri(name),
        Some(("san_ip", name)) => CertificateSubject::Ip(name),
        Some(("san_email", name)) => CertificateSubject::Email(name),
        Some((_, name)) => CertificateSubject::Dn(name),
        None => CertificateSubject::Dn(String::new()),
    };
    OidcClient::Issued { issued_by, subject }
}

/// Those that the client has made itself.
pub(super) fn own(spec: &CertificatesClientSpec, reporter: &mut Reporter<'_, '_>) -> OidcClient {
    let list = place(&["certificates"]);
    OidcClient::Certificates {
        certificates: pem::certificates(&spec.certificates, 1, &list, reporter),
    }
}
