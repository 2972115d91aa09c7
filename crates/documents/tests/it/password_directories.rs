//! A directory of passwords: how it is read, and what is said of it when it is wrong.

use documents::load;

use super::sign_on::GROUPS;
use super::{APP, SOURCE, told};

const DIRECTORY: &str = "
kind: PasswordDirectory
metadata: {name: ad}
spec:
  groups: [engineers]
  ldap:
    host: ad.acme.example
    tls: starttls
    account: {dn: 'cn=tenure,dc=acme,dc=example', secret: ad-account}
    base: ou=people,dc=acme,dc=example
    attribute: sAMAccountName
    object_class: user
";

fn with(directory: &str) -> [(&str, &str); 4] {
    [
        ("hr", SOURCE),
        ("app", APP),
        ("groups", GROUPS),
        ("directory", directory),
    ]
}

#[test]
fn a_directory_is_read() {
    let tenant = load(&with(DIRECTORY)).unwrap_or_else(|e| panic!("{e:#?}"));
    let directory = tenant.password_directory.unwrap();
    assert_eq!(directory.place(), "ad.acme.example:389");
    assert!(directory.starttls && !directory.allow_private);
    assert!(directory.groups.contains("engineers"));
    let plain = DIRECTORY.replace("    tls: starttls\n", "");
    let tenant = load(&with(&plain)).unwrap_or_else(|e| panic!("{e:#?}"));
    let directory = tenant.password_directory.unwrap();
    assert_eq!((directory.port, directory.starttls), (636, false));
    assert!(load(&with(GROUPS)).is_err(), "groups stand there twice");
}

#[test]
fn mistakes_in_a_directory_are_told() {
    for (from, to, part) in [
        (
            "host: ad.acme.example",
            "host: 'ldaps://ad.acme.example'",
            "no host",
        ),
        ("host: ad.acme.example", "host: AD.acme.example", "no host"),
        ("tls: starttls", "tls: none", "not possible here"),
        ("tls: starttls", "port: 0", "out of range"),
        (
            "dn: 'cn=tenure,dc=acme,dc=example'",
            "dn: ''",
            "no name of an entry",
        ),
        (
            "base: ou=people,dc=acme,dc=example",
            "base: ' '",
            "no name of an entry",
        ),
        (
            "secret: ad-account",
            "secret: Hunter2!",
            "no name of a secret",
        ),
        (
            "attribute: sAMAccountName",
            "attribute: 'mail)(uid=*'",
            "no name of its schema",
        ),
        (
            "object_class: user",
            "object_class: '*'",
            "no name of its schema",
        ),
        ("tls: starttls", "authorities: none", "no certificates"),
        (
            "groups: [engineers]",
            "groups: [engineer]",
            "no group of people",
        ),
    ] {
        assert!(DIRECTORY.contains(from), "{from}");
        let said = told(&with(&DIRECTORY.replacen(from, to, 1)));
        assert!(said.contains(part), "{to}: {said}");
        assert!(!said.contains("Hunter2!"), "{said}");
    }
    let two = format!(
        "{DIRECTORY}---{}",
        DIRECTORY.replace("name: ad", "name: other")
    );
    let said = told(&with(&two));
    assert!(said.contains("PasswordDirectory"), "one at most: {said}");
}
