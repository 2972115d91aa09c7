//! Resource indicators (RFC 8707): for whom an access token is to be.

use std::fmt;

use url::Url;

use super::{ErrorCode, OAuthError, Params};

/// The most resources of one request.
pub const MAX_RESOURCES: usize = 8;
/// The longest one, in bytes.
const LONGEST: usize = 512;

/// An absolute URI without a fragment (RFC 8707 §2). It is compared to the letter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Resource(String);

impl Resource {
    /// Reads one.
    ///
    /// # Errors
    /// `invalid_target`: when it is no absolute URI, has a fragment or a user, or is longer than any.
    pub fn new(text: &str) -> Result<Self, OAuthError> {
        let refused = |problem| {
            Err(OAuthError::of(
                ErrorCode::InvalidTarget,
                "resource",
                problem,
            ))
        };
        if text.len() > LONGEST {
            return refused("is longer than is taken: send less");
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) || text.contains('#') {
            return refused("is no URI without a fragment (RFC 8707 2): take the fragment out");
        }
        match Url::parse(text) {
            Ok(url) if url.username().is_empty() && url.password().is_none() => {
                Ok(Self(text.to_owned()))
            }
            _ => refused("is no absolute URI (RFC 8707 2): send one with its scheme"),
        }
    }

    /// Those of a request, in its order. None is the parameter not being there.
    pub(super) fn asked(params: &Params) -> Result<Vec<Self>, OAuthError> {
        let mut resources = Vec::new();
        for text in params.all("resource") {
            let resource = Self::new(text)?;
            if resources.len() >= MAX_RESOURCES {
                let problem = "is there more often than is taken: ask for fewer at once";
                return Err(OAuthError::of(
                    ErrorCode::InvalidTarget,
                    "resource",
                    problem,
                ));
            }
            if !resources.contains(&resource) {
                resources.push(resource);
            }
        }
        Ok(resources)
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_is_an_absolute_uri_without_fragment() {
        for right in [
            "https://api.example",
            "https://a.example/b?c",
            "urn:example:x",
        ] {
            assert!(Resource::new(right).is_ok(), "{right}");
        }
        let long = format!("https://a.example/{}", "x".repeat(LONGEST));
        for wrong in [
            "api.example",
            "/a",
            "",
            "https://a.example/#b",
            "https://a.example#",
            "https://u@a.example",
            "https://a.example/ b",
            &long,
        ] {
            let code = Resource::new(wrong).map_err(|error| error.code());
            assert_eq!(code, Err(ErrorCode::InvalidTarget), "{wrong}");
        }
    }
}
