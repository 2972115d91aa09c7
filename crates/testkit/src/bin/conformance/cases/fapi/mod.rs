//! The modules of `fapi2-security-profile-final-test-plan` and `fapi2-message-signing-final-test-plan`, of a client with keys (`private_key_jwt`) whose tokens are
//! bound to another (DPoP), which asks with OpenID Connect. In the second one it signs its requests.

mod assertions;
mod codes;
mod happy;
mod objects;
mod proofs;
mod requests;

use super::Module;
use crate::stage::Stage;
use crate::verdict::{Outcome, Verdict};

/// What is not a part of this variant of the plan.
fn of_another_variant(_: &Stage<'_>) -> Verdict {
    Ok(Outcome::Skipped(
        "it is of another variant of the plan".to_owned(),
    ))
}

macro_rules! modules {
    ($($name:literal => $case:expr,)*) => {
        &[$((concat!("fapi2-security-profile-final-", $name), $case)),*]
    };
}

macro_rules! security {
    ($($more:tt)*) => {
        modules! {
            "discovery-end-point-verification" => happy::discovery,
            "happy-flow" => happy::flow,
            "user-rejects-authentication" => happy::rejected,
            "ensure-authorization-request-without-state-success" => happy::without_state,
            "ensure-authorization-request-without-nonce-success" => happy::without_nonce,
            "ensure-authorization-request-with-64-char-nonce-success" => happy::nonce_of_64,
            "ensure-other-scope-order-succeeds" => happy::other_order,
            "test-claims-parameter-identity-claims" => happy::claims,
            "access-token-type-header-case-sensitivity" => happy::scheme_in_any_case,
            "check-dpop-proof-nbf-exp" => proofs::with_nbf_and_exp,
            "ensure-dpopproof-with-iat-10seconds-before-succeeds" => proofs::ten_seconds_before,
            "ensure-dpopproof-with-iat-10seconds-after-succeeds" => proofs::ten_seconds_after,
            "ensure-mismatched-dpop-jkt-fails" => proofs::other_jkt_than_proof,
            "ensure-token-endpoint-fails-with-mismatched-dpop-proof-jkt" => proofs::other_key_than_pushed,
            "ensure-token-endpoint-fails-with-mismatched-dpop-jkt" => proofs::other_key_than_named,
            "ensure-dpopproof-at-par-endpoint-binding-success" => proofs::bound_when_pushed,
            "ensure-dpop-auth-code-binding-success" => proofs::bound_by_name,
            "ensure-different-nonce-inside-and-outside-request-object" => happy::nonce_beside,
            "ensure-different-state-inside-and-outside-request-object" => happy::state_beside,
            "ensure-authorization-request-with-long-nonce" => happy::long_nonce,
            "ensure-authorization-request-with-long-state" => happy::long_state,
            "state-only-outside-request-object-not-used" => happy::state_outside_alone,
            "ensure-request-object-without-redirect-uri-fails" => requests::without_redirect_uri,
            "ensure-registered-redirect-uri" => requests::other_redirect_uri,
            "plain-fapi-tolerate-unregistered-redirect-uri" => requests::tolerates_redirect_uri,
            "ensure-unsigned-authorization-request-without-using-par-fails" => requests::not_pushed,
            "ensure-redirect-uri-in-authorization-request" => requests::without_redirect_uri,
            "ensure-response-type-code-idtoken-fails" => requests::code_id_token,
            "australia-connectid-ensure-invalid-purpose-fails" => of_another_variant,
            "ensure-response-type-token-fails" => requests::token,
            "ensure-client-id-in-token-endpoint" => assertions::other_client_id,
            "ensure-holder-of-key-required" => proofs::no_proof,
            "ensure-authorization-code-is-bound-to-client" => codes::of_another_client,
            "attempt-reuse-authorization-code-after-one-second" => codes::reused,
            "ensure-token-endpoint-fails-with-expired-auth-code" => codes::expired,
            "ensure-signed-client-assertion-with-RS256-fails" => assertions::rs256,
            "ensure-client-assertion-in-token-endpoint" => assertions::none,
            "ensure-client-assertion-with-exp-is-5-minutes-in-past-fails" => assertions::ended,
            "ensure-client-assertion-with-wrong-aud-fails" => assertions::for_another,
            "ensure-client-assertion-with-no-sub-fails" => assertions::about_nobody,
            "dpop-negative-tests" => proofs::wrong_ones,
            "refresh-token" => codes::refresh,
            "ensure-server-handles-non-matching-intent-id" => of_another_variant,
            "test-essential-acr-sca-claim" => of_another_variant,
            "brazil-ensure-bad-payment-signature-fails" => of_another_variant,
            "australia-connectid-test-claims-parameter-idtoken-identity-claims" => of_another_variant,
            "par-ensure-reused-request-uri-prior-to-auth-completion-succeeds" => requests::twice_before,
            "par-attempt-reuse-request_uri" => requests::twice,
            "par-attempt-to-use-expired-request_uri" => requests::expired,
            "par-ensure-jwt-client-assertions-nbf-8-seconds-in-the-future-is-accepted" => assertions::soon,
            "par-ensure-jwt-client-assertions-nbf-over-60-seconds-in-the-future-fails" => assertions::later,
            "par-attempt-to-use-request_uri-for-different-client" => requests::of_another_client,
            "par-authorization-request-containing-request_uri-form-param" => requests::names_another,
            "par-attempt-invalid-http-method" => requests::other_method,
            "par-ensure-pkce-required" => requests::no_challenge,
            "ensure-pkce-code-verifier-required" => codes::no_verifier,
            "incorrect-pkce-code-verifier-rejected" => codes::other_verifier,
            "par-plain-pkce-rejected" => requests::plain_challenge,
            "par-without-duplicate-parameters" => requests::nothing_twice,
            "par-test-array-as-audience-fails" => assertions::for_a_list,
            "par-test-par-endpoint-url-as-audience-fails" => assertions::for_the_endpoint,
            "par-test-token-endpoint-url-as-audience-fails" => assertions::for_the_token_endpoint,
            $($more)*
        }
    };
}

/// Of the security profile.
pub const MODULES: &[Module] = security!();

/// Of message signing: the same, and what is about signed requests.
pub const SIGNED: &[Module] = security! {
    "ensure-request-object-with-multiple-aud-succeeds" => objects::for_several,
    "ensure-request-object-without-exp-fails" => objects::without_end,
    "ensure-request-object-without-nbf-fails" => objects::without_beginning,
    "ensure-expired-request-object-fails" => objects::ended,
    "ensure-request-object-with-bad-aud-fails" => objects::for_another,
    "ensure-request-object-with-exp-over-60-fails" => objects::too_long,
    "australia-connectid-ensure-request-object-with-exp-over-10-fails" => of_another_variant,
    "ensure-request-object-with-nbf-over-60-fails" => objects::too_old,
    "australia-connectid-ensure-request-object-with-nbf-over-15-fails" => of_another_variant,
    "ensure-request-object-with-nbf-8-seconds-in-the-future-is-accepted" => objects::soon,
    "ensure-signed-request-object-with-RS256-fails" => objects::rs256,
    "ensure-request-object-signature-algorithm-is-not-none" => objects::unsigned,
    "ensure-request-object-with-invalid-signature-fails" => objects::changed,
    "ensure-matching-key-in-authorization-request" => objects::of_another_key,
    "ensure-unsigned-request-at-par-endpoint-fails" => objects::none,
    "par-authorization-request-containing-request_uri" => objects::names_another,
};

/// Those that wait for a minute.
pub const SLOW: [&str; 2] = [
    "fapi2-security-profile-final-ensure-token-endpoint-fails-with-expired-auth-code",
    "fapi2-security-profile-final-par-attempt-to-use-expired-request_uri",
];
