//! Addresses of relying parties. They are compared as they are written (RFC 9700 §2.1), so one that two
//! readers could understand differently is refused, and nothing is mended.

use url::{Host, Url};

/// What is wrong, and what to do.
pub(crate) type Wrong = (String, &'static str);

/// The longest address, in bytes.
const MAX_ADDRESS: usize = 2_000;
const WEB: &str = "write https://host/path, with the host in lower case";

/// An address to which browsers bring an answer.
pub(super) fn redirect(text: &str) -> Result<(), Wrong> {
    let url = sound(text)?;
    match url.scheme() {
        "https" | "http" => web(text, &url),
        scheme if scheme.contains('.') => {
            let path = text.strip_prefix(scheme);
            match path.and_then(|rest| rest.strip_prefix(":/")) {
                Some(_) => Ok(()),
                // A host and a port without a scheme look like a scheme with a dot.
                None => Err(("this is no address".to_owned(), WEB)),
            }
        }
        scheme => Err((
            format!("the scheme `{scheme:.40}` belongs to nobody"),
            "write https://host/path; for an app on people's devices a scheme that is a domain of \
             yours turned round, com.example.app:/path (RFC 8252 §7.1)",
        )),
    }
}

/// An address that people open.
pub(crate) fn page(text: &str) -> Result<(), Wrong> {
    let url = sound(text)?;
    match url.scheme() {
        "https" | "http" => web(text, &url),
        _ => Err(("this is no web address".to_owned(), WEB)),
    }
}

/// An absolute URI without a fragment (RFC 8707 §2), whatever its scheme.
pub(super) fn audience(text: &str) -> Result<(), Wrong> {
    sound(text).map(|_| ())
}

/// What holds for every address.
pub(in crate::kinds) fn sound(text: &str) -> Result<Url, Wrong> {
    let possible = |b: u8| b.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&b);
    if text.is_empty() || text.len() > MAX_ADDRESS || !text.bytes().all(possible) {
        return Err((
            "this is no address".to_owned(),
            "write it in ASCII, at most 2000 characters: hosts in punycode, what else is not a \
             letter or digit percent-encoded (RFC 3986 §2)",
        ));
    }
    if text.contains('*') {
        return Err((
            "an address is compared as a whole: `*` stands for nothing".to_owned(),
            "write each address by itself",
        ));
    }
    if text.contains('#') {
        return Err(("an address here has no fragment".to_owned(), "remove it"));
    }
    if authority(text).contains('@') {
        return Err((
            "a name or password may not stand in an address".to_owned(),
            "remove what stands before `@`",
        ));
    }
    Url::parse(text).map_err(|error| (format!("this is no address: {error}"), WEB))
}

/// `https`, or `http` that never leaves the device (RFC 8252 §7.3); the host as browsers spell it.
fn web(text: &str, url: &Url) -> Result<(), Wrong> {
    let spelt = format!("{}://{}", url.scheme(), url.host_str().unwrap_or_default());
    let rest = text.strip_prefix(spelt.as_str());
    let whole = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/', '?']));
    if !whole {
        return Err(("browsers would read another address here".to_owned(), WEB));
    }
    let here = match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(_)) | None => false,
    };
    if url.scheme() == "http" && !here {
        return Err((
            "the connection would not be encrypted".to_owned(),
            "write https; for an app on people's devices http://127.0.0.1 or http://[::1] \
             (`localhost` may lead elsewhere, RFC 8252 §8.3)",
        ));
    }
    Ok(())
}

/// What stands between `//` and the path.
fn authority(text: &str) -> &str {
    let rest = text.split_once(':').map_or(text, |(_, rest)| rest);
    let rest = rest.trim_start_matches('/');
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn addresses_that_everybody_reads_alike() {
        for text in [
            "https://wiki.acme.example/cb",
            "https://wiki.acme.example",
            "https://wiki.acme.example:8443/cb?tenant=1&to=a@b",
            "https://192.0.2.7/cb",
            "https://[2001:db8::7]/cb",
            "https://xn--bcher-kva.example/cb",
            "http://127.0.0.1/cb",
            "http://127.0.0.1:53123/cb",
            "http://[::1]:8000/cb",
            "com.example.app:/cb",
            "com.example.app://signed-in",
        ] {
            assert_eq!(redirect(text), Ok(()), "{text}");
        }
        for text in ["https://api.acme.example", "urn:acme:api", "api://acme"] {
            assert_eq!(audience(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn addresses_that_are_refused() {
        for (text, part) in [
            ("", "no address"),
            ("wiki.acme.example/cb", "no address: relative"),
            ("/cb", "no address: relative"),
            ("wiki.acme.example:443/cb", "no address"),
            ("https:wiki.acme.example/cb", "read another address"),
            ("https:///wiki.acme.example/cb", "read another address"),
            ("https://WIKI.acme.example/cb", "read another address"),
            ("HTTPS://wiki.acme.example/cb", "read another address"),
            ("https://w%69ki.acme.example/cb", "read another address"),
            ("https://3232235777/cb", "read another address"),
            ("https://", "no address: empty host"),
            ("https://b\u{fc}cher.example/cb", "no address"),
            ("https://evil.example\\.acme.example/cb", "no address"),
            (" https://wiki.acme.example/cb", "no address"),
            ("https://wiki.acme.example/\tcb", "no address"),
            ("https://*.acme.example/cb", "`*` stands for nothing"),
            ("https://wiki.acme.example/*", "`*` stands for nothing"),
            ("https://wiki.acme.example/cb#", "no fragment"),
            ("https://wiki.acme.example/cb#a", "no fragment"),
            ("https://wiki@evil.example/cb", "name or password"),
            ("https://@evil.example/cb", "name or password"),
            ("https:wiki@evil.example/cb", "name or password"),
            ("com.example.app://a:b@c/cb", "name or password"),
            ("http://wiki.acme.example/cb", "not be encrypted"),
            ("http://localhost/cb", "not be encrypted"),
            ("http://127.0.0.1.evil.example/cb", "not be encrypted"),
            ("http://192.168.1.1/cb", "not be encrypted"),
            ("http://127.1/cb", "read another address"),
            ("http://2130706433/cb", "read another address"),
            ("http://[::ffff:127.0.0.1]/cb", "read another address"),
            ("http://[::ffff:7f00:1]/cb", "not be encrypted"),
            ("com.example.app:cb", "no address"),
            ("Com.example.app:/cb", "no address"),
            ("app:/cb", "`app` belongs to nobody"),
            ("javascript:alert(1)", "`javascript` belongs to nobody"),
            ("data:text/html,x", "`data` belongs to nobody"),
            ("ftp://wiki.acme.example/cb", "`ftp` belongs to nobody"),
        ] {
            let (problem, fix) = redirect(text).unwrap_err();
            assert!(problem.contains(part), "{text}: {problem}");
            assert!(!fix.is_empty(), "{text}");
        }
        assert!(redirect(&format!("https://a.example/{}", "a".repeat(2_000))).is_err());
        assert!(page("com.example.app:/cb").is_err());
        assert!(audience("api").is_err());
    }
}
