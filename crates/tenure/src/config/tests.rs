//! What is read, and what is refused.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;

fn read(text: &str, variables: &[(&str, &str)]) -> Result<Config, Failure> {
    let variables = variables
        .iter()
        .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
    Config::read(Path::new("/data"), text, variables)
}

#[test]
fn a_file_and_the_environment_above_it() {
    let text = "tenant = 'acme'\nlisten = ['127.0.0.1:1']\n[worker]\nparallel = 7\n";
    let config = read(text, &[]).unwrap();
    assert_eq!((config.tenant.as_str(), config.parallel), ("acme", 7));
    assert_eq!(config.lease, Duration::from_secs(60));
    assert_eq!(config.public_url, "http://127.0.0.1:1");
    assert_eq!(config.master_key, Path::new("/data/master.key"));
    let over = [
        ("TENURE_WORKER_PARALLEL", "9"),
        ("TENURE_LISTEN", "[::1]:2, 127.0.0.1:3"),
        ("TENURE_PUBLIC_URL", "https://id.acme.example/"),
        ("TENURE_TOKEN", "ignored"),
    ];
    let config = read(text, &over).unwrap();
    assert_eq!((config.parallel, config.listen.len()), (9, 2));
    assert_eq!(config.breached_passwords, None);
    let list = [("TENURE_SIGN_IN_BREACHED_PASSWORDS", "pwned.txt")];
    let path = read(text, &list).unwrap().breached_passwords.unwrap();
    assert_eq!(path, Path::new("/data/pwned.txt"));
    assert_eq!(config.public_url, "https://id.acme.example");
}

#[test]
fn administrators_have_addresses_or_no_networks() {
    let apart = "tenant='a'\n[admin]\nlisten=['[::1]:1']\nnetworks=['10.0.0.0/8', '::1/128']";
    let config = read(apart, &[]).unwrap();
    assert_eq!(
        (config.admin_listen.len(), config.admin_networks.len()),
        (1, 2)
    );
    for (admin, problem) in [
        ("listen=['here']", "`admin.listen` holds `here`"),
        ("networks=['10.0.0.0/8']", "`admin.listen` is not"),
        (
            "listen=['[::1]:1']\nnetworks=['10.1.0.0/8']",
            "`10.1.0.0/8`, which is no network",
        ),
    ] {
        let refused = read(&format!("tenant='a'\n[admin]\n{admin}"), &[]).unwrap_err();
        assert!(refused.problem.contains(problem), "{}", refused.problem);
    }
}

#[test]
fn certificates_are_asked_for_by_tls_of_our_own_alone() {
    let own = "listen=['[::1]:1']\nurl='https://mtls.acme.example/'\ncertificate='c'\nkey='k'";
    let read_of = |mtls: &str| read(&format!("tenant='a'\n[mtls]\n{mtls}"), &[]);
    let mutual = read_of(own).unwrap().mutual.unwrap();
    assert_eq!(
        (mutual.listen.len(), &*mutual.url),
        (1, "https://mtls.acme.example")
    );
    assert_eq!(mutual.tls, ("/data/c".into(), "/data/k".into()));
    let shared =
        "[tls]\ncertificate='d'\nkey='l'\n[mtls]\nlisten=['[::1]:1']\nurl='https://m.example'";
    let mutual = read(&format!("tenant='a'\n{shared}"), &[]).unwrap().mutual;
    assert_eq!(mutual.unwrap().tls, ("/data/d".into(), "/data/l".into()));
    assert_eq!(read("tenant='a'", &[]).unwrap().mutual, None);
    for (mtls, problem) in [
        (
            "listen=['[::1]:1']",
            "`mtls.listen` and `mtls.url` belong together",
        ),
        (
            "url='https://m.example'",
            "`mtls.listen` and `mtls.url` belong together",
        ),
        (
            "certificate='c'\nkey='k'",
            "`mtls.listen` and `mtls.url` belong together",
        ),
        (
            "certificate='c'",
            "`mtls.certificate` and `mtls.key` belong together",
        ),
        (
            "listen=['[::1]:1']\nurl='https://m.example'",
            "no certificate to show",
        ),
        (
            &*own.replace("https", "http"),
            "`mtls.url` is none that clients could trust",
        ),
        (
            &*own.replace("example/", "example/x"),
            "`mtls.url` must end after the host",
        ),
        (
            &*own.replace("[::1]:1", "here"),
            "`mtls.listen` holds `here`",
        ),
    ] {
        let refused = read_of(mtls).unwrap_err();
        assert!(
            refused.problem.contains(problem),
            "{mtls}: {}",
            refused.problem
        );
    }
}

#[test]
fn what_is_unknown_or_wrong_is_refused_with_its_fix() {
    for (text, variables, problem, fix) in [
        (
            "tenant='a'\npublicurl='x'",
            &[][..],
            "`publicurl`",
            "did you mean `public_url`",
        ),
        (
            "tenant='a'\n[tls]\ncert='x'",
            &[],
            "`tls.cert`",
            "`tls.certificate`",
        ),
        (
            "tenant='a'",
            &[("TENURE_LISTN", "x")],
            "`TENURE_LISTN`",
            "TENURE_LISTEN",
        ),
        ("", &[], "`tenant` is missing", ""),
        ("tenant=1", &[], "is a text, not a integer", ""),
        ("tenant='a'\nlisten=['here']", &[], "no address", ""),
        (
            "tenant='a'\n[worker]\nlease_ms=40000",
            &[],
            "not more than twice",
            "",
        ),
        (
            "tenant='a'\n[worker]\nparallel=0",
            &[],
            "out of range",
            "from 1",
        ),
        ("tenant='a'\n[tls]\nkey='x'", &[], "belong together", ""),
        ("tenant='a'\npublic_url='ftp://x'", &[], "https://", ""),
        ("tenant='a'\npublic_url='https://u@x'", &[], "user name", ""),
        (
            "tenant='a'\npublic_url='https://x/y'",
            &[],
            "end after the host",
            "",
        ),
        (
            "tenant='a'\n[log]\nformat='xml'",
            &[],
            "neither text nor json",
            "",
        ),
        ("tenant=", &[], "not TOML", ""),
    ] {
        let failure = read(text, variables).unwrap_err();
        assert!(
            failure.problem.contains(problem),
            "{text}: {}",
            failure.problem
        );
        assert!(failure.fix.contains(fix), "{text}: {}", failure.fix);
    }
}
