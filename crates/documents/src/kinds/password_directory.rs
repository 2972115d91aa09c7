//! `PasswordDirectory`.

use crate::kinds::{self, group};
use crate::report::{self, Reporter};
use crate::tenant::{PasswordDirectory, Tenant};
use crate::wire::password_directory::{LdapSpec, LdapTls, PasswordDirectorySpec};
use crate::yaml::Part;

/// The longest name of an entry, in bytes.
const LONGEST: usize = 1_000;
/// The longest PEM, in bytes.
const LONGEST_PEM: usize = 64 << 10;

fn at<const N: usize>(keys: [&'static str; N]) -> [Part<'static>; N] {
    keys.map(Part::Key)
}

pub(crate) fn password_directory(
    name: &str,
    spec: &PasswordDirectorySpec,
    tenant: &Tenant,
    reporter: &mut Reporter<'_, '_>,
) -> PasswordDirectory {
    let ldap = &spec.ldap;
    let groups = group::named(&spec.groups, &at(["spec", "groups"]), tenant, reporter);
    let path = at(["spec", "ldap", "account", "secret"]);
    kinds::secret_name(&ldap.account.secret, &path, reporter);
    names(ldap, reporter);
    let starttls = matches!(ldap.tls, LdapTls::Starttls);
    PasswordDirectory {
        name: name.to_owned(),
        groups,
        host: ldap.host.clone(),
        port: ldap.port.unwrap_or(if starttls { 389 } else { 636 }),
        starttls,
        authorities: ldap.authorities.clone(),
        allow_private: ldap.allow_private,
        account: ldap.account.dn.clone(),
        secret: ldap.account.secret.clone(),
        base: ldap.base.clone(),
        attribute: ldap.attribute.clone(),
        object_class: ldap.object_class.clone(),
    }
}

fn names(ldap: &LdapSpec, reporter: &mut Reporter<'_, '_>) {
    let host = url::Host::parse(&ldap.host);
    if host.is_err() || ldap.host.bytes().any(|byte| byte.is_ascii_uppercase()) {
        let fix = "write the name alone, in lower case: ldap.acme.example";
        let path = at(["spec", "ldap", "host"]);
        reporter.at(report::VALUE, &path, "this is no host", fix);
    }
    for (keys, dn) in [
        (&["spec", "ldap", "base"][..], &ldap.base),
        (&["spec", "ldap", "account", "dn"][..], &ldap.account.dn),
    ] {
        let path: Vec<Part<'_>> = keys.iter().map(|key| Part::Key(key)).collect();
        let long = dn.len() > LONGEST || dn.chars().any(char::is_control);
        if dn.trim().is_empty() || long {
            let fix = "write the whole name: ou=people,dc=acme,dc=example";
            reporter.at(report::VALUE, &path, "this is no name of an entry", fix);
        }
    }
    let words = [
        ("attribute", Some(&ldap.attribute)),
        ("object_class", ldap.object_class.as_ref()),
    ];
    for (key, word) in words {
        if word.is_some_and(|word| !is_descriptor(word)) {
            let path = at(["spec", "ldap", key]);
            let fix = "write it as the directory's schema does: mail, sAMAccountName";
            reporter.at(report::VALUE, &path, "this is no name of its schema", fix);
        }
    }
    let pem = ldap.authorities.as_deref();
    if pem.is_some_and(|pem| pem.len() > LONGEST_PEM || !pem.contains("BEGIN CERTIFICATE")) {
        let path = at(["spec", "ldap", "authorities"]);
        let fix = "write the certificates in PEM, or leave it out";
        reporter.at(report::VALUE, &path, "these are no certificates", fix);
    }
}

/// RFC 4512 §1.4: a letter, and letters, digits and hyphens.
fn is_descriptor(text: &str) -> bool {
    let mut bytes = text.bytes();
    let first = bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic());
    first && text.len() <= 100 && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}
