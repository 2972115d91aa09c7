//! Access tokens on their way in (RFC 6750, RFC 9449 §7.1): in the `Authorization` header, or in the form of a POST.
//! A query stands in logs and histories, and what stands there is not looked at (OAuth 2.1 §5.1).

use model::Secret;

use super::params::is_form;
use super::token::MAX_OPAQUE;
use super::{ErrorCode, OAuthError, Params, Scopes, dpop};

/// How an access token is presented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Whoever has it may use it.
    Bearer,
    /// With a proof of the key to which it is bound.
    Dpop,
}

/// The access token of a request, and how it is presented. `authorization` are all headers of that name. `None`
/// when there is no header, or one of another scheme: then nobody has tried.
///
/// # Errors
/// `invalid_request`: when there are several headers, or the token is longer than any, empty, or has other
/// characters than `b64token` (RFC 6750 §2.1).
pub fn token(authorization: &[&[u8]]) -> Result<Option<(Secret, Scheme)>, OAuthError> {
    let refused = |problem| Err(OAuthError::new(ErrorCode::InvalidRequest, problem));
    let header = match authorization {
        [] => return Ok(None),
        [header] => *header,
        _ => return refused("there are several Authorization headers: send one"),
    };
    let name = header
        .split(|byte| *byte == b' ')
        .next()
        .unwrap_or_default();
    let schemes = [
        (&b"Bearer"[..], Scheme::Bearer),
        (&b"DPoP"[..], Scheme::Dpop),
    ];
    let scheme = schemes
        .into_iter()
        .find(|(known, _)| name.eq_ignore_ascii_case(known));
    let Some((_, scheme)) = scheme else {
        return Ok(None);
    };
    let token = header.get(name.len() + 1..).unwrap_or_default();
    match b64token(token) {
        Some(token) => Ok(Some((token, scheme))),
        None => refused("the access token cannot be read: send the scheme, a space and the token"),
    }
}

/// The access token in the form of a POST (RFC 6750 §2.2), where it counts for whoever has it. `None`: the body is
/// no form, or has none. Whether the method has a body is the caller's.
///
/// # Errors
/// `invalid_request`: when the form cannot be read, the token is there twice, or is none.
pub fn token_in_form(
    content_type: Option<&[u8]>,
    body: &[u8],
) -> Result<Option<Secret>, OAuthError> {
    if !is_form(content_type) {
        return Ok(None);
    }
    let form = Params::body(content_type, body)?;
    let Some(text) = form.get("access_token")? else {
        return Ok(None);
    };
    let problem = "cannot be read: send the token as it was given";
    let wrong = OAuthError::invalid("access_token", problem);
    b64token(text.as_bytes()).ok_or(wrong).map(Some)
}

/// A token of the characters that it may have (`b64token`, RFC 6750 §2.1), and no longer than any.
fn b64token(token: &[u8]) -> Option<Secret> {
    let body = token.iter().rposition(|byte| *byte != b'=');
    let body = token.get(..body.map_or(0, |last| last + 1))?;
    let fits = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(byte);
    let sound = !body.is_empty() && token.len() <= MAX_OPAQUE && body.iter().all(fits);
    // It is ASCII.
    sound.then(|| Secret::new(String::from_utf8_lossy(token).as_ref()))
}

/// The header `WWW-Authenticate` of a refusal (RFC 6750 §3, RFC 9449 §7.1). Without an error, when nobody has
/// tried, it says only what is asked for. `needed` are the scopes that would be enough.
#[must_use]
pub fn challenge(scheme: Scheme, error: Option<&OAuthError>, needed: Option<&Scopes>) -> String {
    let mut parts = Vec::new();
    if let Some(error) = error {
        parts.push(format!("error=\"{}\"", error.code()));
        parts.push(format!("error_description=\"{}\"", error.description()));
    }
    if let Some(needed) = needed.filter(|needed| !needed.is_empty()) {
        parts.push(format!("scope=\"{needed}\""));
    }
    let names = dpop::ALGORITHMS.map(crate::jose::Algorithm::name);
    let first = match scheme {
        Scheme::Bearer => "Bearer realm=\"api\"".to_owned(),
        Scheme::Dpop => format!("DPoP algs=\"{}\"", names.join(" ")),
    };
    let parts = std::iter::once(first).chain(parts);
    parts.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    fn read(header: &str) -> Result<Option<String>, ErrorCode> {
        let token = token(&[header.as_bytes()]).map_err(|error| error.code())?;
        Ok(token.map(|(token, _)| token.expose().to_owned()))
    }

    fn scheme(header: &str) -> Scheme {
        token(&[header.as_bytes()]).unwrap().unwrap().1
    }

    #[test]
    fn a_token_stands_behind_its_scheme() {
        for right in [
            "Bearer aZ0-._~+/==",
            "bearer aZ0-._~+/==",
            "BEARER aZ0-._~+/==",
        ] {
            assert_eq!(read(right), Ok(Some("aZ0-._~+/==".to_owned())));
        }
        assert!(matches!(token(&[]), Ok(None)));
        for other in ["Basic YTpi", "Bearerx a", "", " Bearer a", "DPoPx a"] {
            assert_eq!(read(other), Ok(None), "{other:?}");
        }
        assert_eq!(read("DPoP aZ0-._~+/=="), Ok(Some("aZ0-._~+/==".to_owned())));
        assert_eq!(scheme("dpop a"), Scheme::Dpop);
        assert_eq!(scheme("bearer a"), Scheme::Bearer);
        let long = format!("Bearer {}", "a".repeat(MAX_OPAQUE + 1));
        for wrong in [
            "Bearer",
            "Bearer ",
            "Bearer  a",
            "Bearer a b",
            "Bearer a,b",
            "Bearer =",
            "Bearer a=b",
            "Bearer é",
            "DPoP",
            "DPoP a b",
            "Bearer a\n",
            &long,
        ] {
            assert_eq!(read(wrong), Err(ErrorCode::InvalidRequest), "{wrong:?}");
        }
        assert!(token(&[b"Bearer a", b"Bearer a"]).is_err());
    }

    #[test]
    fn a_form_has_a_token_where_it_is_one() {
        let form: Option<&[u8]> = Some(b"application/x-www-form-urlencoded; charset=utf-8");
        let read = |body: &str| {
            let token = token_in_form(form, body.as_bytes()).map_err(|error| error.code())?;
            Ok(token.map(|token| token.expose().to_owned()))
        };
        assert_eq!(
            read("a=1&access_token=aZ0-._~%2B/%3D"),
            Ok(Some("aZ0-._~+/=".to_owned()))
        );
        for none in ["", "a=1", "access_token=", "access_token"] {
            assert_eq!(read(none), Ok(None), "{none}");
        }
        for wrong in [
            "access_token=a&access_token=a",
            "access_token=a+b",
            "access_token=%3D",
            "access_token=%zz",
        ] {
            assert_eq!(read(wrong), Err(ErrorCode::InvalidRequest), "{wrong}");
        }
        assert!(matches!(token_in_form(None, b"access_token=a"), Ok(None)));
        assert!(matches!(
            token_in_form(Some(b"text/plain"), b"access_token=a"),
            Ok(None)
        ));
    }

    #[test]
    fn a_refusal_says_what_would_be_enough() {
        assert_eq!(
            challenge(Scheme::Bearer, None, None),
            "Bearer realm=\"api\""
        );
        let algorithms = "DPoP algs=\"ES256 ES384 EdDSA RS256 PS256\"";
        assert_eq!(challenge(Scheme::Dpop, None, None), algorithms);
        let error = OAuthError::new(ErrorCode::InsufficientScope, "too little");
        let needed = Scopes::parse("b a").unwrap();
        let want = "Bearer realm=\"api\", error=\"insufficient_scope\", error_description=\"too little\", scope=\"a b\"";
        assert_eq!(challenge(Scheme::Bearer, Some(&error), Some(&needed)), want);
    }
}
