//! Proof Key for Code Exchange (RFC 7636): who redeems a code is who asked for it.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};

use super::field::Field;
use super::{ErrorCode, OAuthError, Params};
use crate::jose::base64url;

const CHALLENGE: &str = "code_challenge";
/// The longest challenge is longer than any that is right, for the error to say which.
const CODE_CHALLENGE: Field = Field::visible(CHALLENGE, 128);
const METHOD: Field = Field::visible("code_challenge_method", 16);
/// How long a verifier may be, in characters (RFC 7636 §4.1).
const VERIFIER: std::ops::RangeInclusive<usize> = 43..=128;

/// Whether a client must send a challenge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PkcePolicy {
    /// It must (OAuth 2.1 §7.5.1, RFC 9700 §2.1.1). What a client has that nobody decided otherwise for.
    #[default]
    Required,
    /// It may leave it out, when it is confidential: the legacy profile, for clients that were made for
    /// OpenID Connect before PKCE. A public client must all the same.
    Optional,
}

/// What a client sends ahead: the SHA-256 of its verifier (`S256`, RFC 7636 §4.2).
#[derive(Clone, PartialEq, Eq)]
pub struct CodeChallenge(Vec<u8>);

impl CodeChallenge {
    /// Reads one: 43 characters of base64url, in the one spelling that 32 bytes have. Also for one that
    /// was kept with a code; [`Display`](fmt::Display) writes it.
    ///
    /// # Errors
    /// `invalid_request`.
    pub fn parse(text: &str) -> Result<Self, OAuthError> {
        let bytes = base64url::decode(text).filter(|bytes| bytes.len() == 32);
        let problem = "is no SHA-256 in base64url: send 43 characters (RFC 7636 4.2)";
        bytes
            .map(Self)
            .ok_or(OAuthError::invalid(CHALLENGE, problem))
    }

    /// The challenge of an authorization request (RFC 7636 §4.3). Left out, the method would be `plain`,
    /// which is refused: it hides nothing from whoever reads the request.
    ///
    /// # Errors
    /// `invalid_request`: when it is malformed, missing though it must be there, or not `S256`.
    pub(super) fn asked(params: &Params, required: bool) -> Result<Option<Self>, OAuthError> {
        let method = params.text(&METHOD)?;
        let Some(challenge) = params.text(&CODE_CHALLENGE)? else {
            return if required || method.is_some() {
                let problem = "is not there: send one with code_challenge_method S256 (RFC 7636)";
                Err(OAuthError::invalid(CHALLENGE, problem))
            } else {
                Ok(None)
            };
        };
        if method != Some("S256") {
            let problem = "is not S256: send S256, plain is not taken (RFC 7636 4.3)";
            return Err(OAuthError::invalid("code_challenge_method", problem));
        }
        Self::parse(challenge).map(Some)
    }

    /// Holds what is sent with a code to what was sent ahead of it (RFC 7636 §4.6, RFC 9700 §2.1.1). In
    /// constant time.
    ///
    /// # Errors
    /// `invalid_grant`: when the verifier is missing, malformed or another one; and when there is one
    /// though no challenge was sent, which is how a downgrade shows.
    pub fn check(challenge: Option<&Self>, verifier: Option<&str>) -> Result<(), OAuthError> {
        let refused = |problem| OAuthError::of(ErrorCode::InvalidGrant, "code_verifier", problem);
        match (challenge, verifier) {
            (None, None) => Ok(()),
            (None, Some(_)) => Err(refused(
                "is there, but the code was asked for without a challenge: begin again",
            )),
            (Some(_), None) => Err(refused("is not there: send the one of the challenge")),
            (Some(challenge), Some(verifier)) => {
                let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
                if !VERIFIER.contains(&verifier.len()) || !verifier.bytes().all(unreserved) {
                    let problem = "is malformed: send 43 to 128 unreserved characters";
                    return Err(refused(problem));
                }
                let hashed = digest(&SHA256, verifier.as_bytes());
                verify_slices_are_equal(hashed.as_ref(), &challenge.0)
                    .map_err(|_| refused("is not the one of the challenge: begin again"))
            }
        }
    }
}

impl fmt::Display for CodeChallenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base64url::encode(&self.0))
    }
}

impl fmt::Debug for CodeChallenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CodeChallenge(..)")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    /// RFC 7636, appendix B.
    #[test]
    fn the_example_of_the_rfc() {
        let challenge =
            CodeChallenge::parse("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM").unwrap();
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert_eq!(
            CodeChallenge::check(Some(&challenge), Some(verifier)),
            Ok(())
        );
        assert_eq!(CodeChallenge::check(None, None), Ok(()));
        for wrong in [
            "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXK",
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
            &verifier[..42],
            &format!("{verifier}="),
            &"a".repeat(129),
            "",
        ] {
            let code = CodeChallenge::check(Some(&challenge), Some(wrong));
            let code = code.map_err(|error| error.code());
            assert_eq!(code, Err(ErrorCode::InvalidGrant), "{wrong}");
        }
    }

    #[test]
    fn a_challenge_has_one_spelling() {
        for wrong in [
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cN",
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM=",
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-c",
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM",
            "",
        ] {
            assert!(CodeChallenge::parse(wrong).is_err(), "{wrong}");
        }
    }
}
