//! Access tokens on their way in (RFC 6750, RFC 9449 §7.1): in the `Authorization` header, and nowhere else. A
//! query stands in logs and histories, and what stands there is not looked at (OAuth 2.1 §5.1).

use model::Secret;

use super::token::MAX_OPAQUE;
use super::{ErrorCode, OAuthError, Scopes, dpop};

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
    let body = token.iter().rposition(|byte| *byte != b'=');
    let body = token.get(..body.map_or(0, |last| last + 1));
    let body = body.unwrap_or_default();
    let fits = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(byte);
    if body.is_empty() || token.len() > MAX_OPAQUE || !body.iter().all(fits) {
        return refused("the access token cannot be read: send the scheme, a space and the token");
    }
    // It is ASCII.
    let token = String::from_utf8_lossy(token);
    Ok(Some((Secret::new(token.as_ref()), scheme)))
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
