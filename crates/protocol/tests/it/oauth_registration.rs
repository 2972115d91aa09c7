//! What may be registered as a redirect URI, and what is refused (attack O1).

use protocol::oauth::{ApplicationType, MAX_REDIRECT, RedirectError, RegisteredRedirect};

#[test]
fn what_may_be_registered() {
    for (uri, web) in [
        ("https://a.example", true),
        ("https://a.example/", true),
        ("https://a.example:8443/cb?tenant=1&x", true),
        ("https://xn--bcher-kva.example/cb", true),
        ("http://127.0.0.1/cb", true),
        ("http://[::1]:8080/cb", true),
        ("http://localhost:3000/cb", true),
        ("com.example.app:/cb", false),
        ("com.example.app://cb", false),
    ] {
        let native = RegisteredRedirect::new(uri, ApplicationType::Native);
        assert_eq!(native.unwrap().as_str(), uri);
        let registered = RegisteredRedirect::new(uri, ApplicationType::Web);
        assert_eq!(registered.is_ok(), web, "{uri}");
    }
}

#[test]
fn what_may_not() {
    let long = format!("https://a.example/{}", "x".repeat(MAX_REDIRECT));
    for (uri, why) in [
        ("", RedirectError::Length),
        (&long, RedirectError::Length),
        ("/cb", RedirectError::Form),
        ("a.example/cb", RedirectError::Form),
        ("https://", RedirectError::Form),
        ("https://A.example/cb", RedirectError::Form),
        ("HTTPS://a.example/cb", RedirectError::Form),
        ("https://a.example:443/cb", RedirectError::Form),
        ("https://a.example/x/../cb", RedirectError::Form),
        ("https://a.example/x/%2e%2e/cb", RedirectError::Form),
        ("https:\\\\a.example/cb", RedirectError::Form),
        ("https:///a.example/cb", RedirectError::Form),
        ("https://a.example/ cb", RedirectError::Form),
        ("https://a.example/cb\n", RedirectError::Form),
        ("https://bücher.example/", RedirectError::Form),
        ("http://127.1/cb", RedirectError::Form),
        ("http://0x7f000001/cb", RedirectError::Form),
        ("http://[0:0:0:0:0:0:0:1]/cb", RedirectError::Form),
        ("https://a.example/#x", RedirectError::Fragment),
        ("https://a.example/cb#", RedirectError::Fragment),
        ("https://u@a.example/cb", RedirectError::Userinfo),
        ("https://u:p@a.example/cb", RedirectError::Userinfo),
        ("https://@a.example/cb", RedirectError::Userinfo),
        ("https://*.a.example/cb", RedirectError::Wildcard),
        ("https://a.example/*", RedirectError::Wildcard),
        ("http://a.example/cb", RedirectError::Scheme),
        ("http://localhost.a.example/cb", RedirectError::Scheme),
        ("http://127.0.0.1.a.example/cb", RedirectError::Scheme),
        ("http://127.0.0.2/cb", RedirectError::Scheme),
        ("http://10.0.0.1/cb", RedirectError::Scheme),
        ("javascript:alert(1)", RedirectError::Scheme),
        ("data:text/html,x", RedirectError::Scheme),
        ("file:///cb", RedirectError::Scheme),
        ("app:/cb", RedirectError::Scheme),
        ("https://a.example/cb?code=1", RedirectError::Reserved),
        ("https://a.example/cb?x&%73tate=1", RedirectError::Reserved),
    ] {
        let refused = RegisteredRedirect::new(uri, ApplicationType::Native);
        assert_eq!(refused, Err(why), "{uri}");
    }
}
