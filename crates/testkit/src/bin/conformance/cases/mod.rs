//! The modules, under the names that they have in the suite (conformance-suite of the OpenID Foundation,
//! commit 12f2a4d). What each sends and demands is told there; it is written anew here.

mod answers;
mod back_channel;
mod claims;
mod codes;
mod discovery;
mod dynamic;
pub mod fapi;
mod front_channel;
mod logout;
mod objects;
mod prompts;

use crate::stage::Stage;
use crate::verdict::Verdict;

/// What a module does.
pub type Case = fn(&Stage<'_>) -> Verdict;

/// A module: its name, and what it does.
pub type Module = (&'static str, Case);

/// Of `oidcc-config-certification-test-plan`.
pub const CONFIG: &[Module] = &[("oidcc-discovery-endpoint-verification", discovery::provider)];

/// Of `oidcc-basic-certification-test-plan`, and with answers by form of
/// `oidcc-formpost-basic-certification-test-plan`.
pub const BASIC: &[Module] = &[
    ("oidcc-server", answers::server),
    (
        "oidcc-response-type-missing",
        answers::response_type_missing,
    ),
    ("oidcc-idtoken-signature", answers::idtoken_signature),
    ("oidcc-idtoken-unsigned", answers::idtoken_unsigned),
    ("oidcc-userinfo-get", claims::userinfo_get),
    ("oidcc-userinfo-post-header", claims::userinfo_post_header),
    ("oidcc-userinfo-post-body", claims::userinfo_post_body),
    (
        "oidcc-ensure-request-without-nonce-succeeds-for-code-flow",
        answers::without_nonce,
    ),
    ("oidcc-scope-profile", claims::scope_profile),
    ("oidcc-scope-email", claims::scope_email),
    ("oidcc-scope-address", claims::scope_address),
    ("oidcc-scope-phone", claims::scope_phone),
    ("oidcc-scope-all", claims::scope_all),
    ("oidcc-alternate-happy-flow", claims::alternate_happy_flow),
    ("oidcc-display-page", |stage| {
        answers::asking(stage, "display", "page")
    }),
    ("oidcc-display-popup", |stage| {
        answers::asking(stage, "display", "popup")
    }),
    ("oidcc-prompt-login", prompts::login),
    (
        "oidcc-prompt-none-not-logged-in",
        prompts::none_not_logged_in,
    ),
    ("oidcc-prompt-none-logged-in", prompts::none_logged_in),
    ("oidcc-max-age-1", prompts::max_age_1),
    ("oidcc-max-age-10000", prompts::max_age_10000),
    (
        "oidcc-ensure-request-with-unknown-parameter-succeeds",
        |stage| answers::asking(stage, "extra", "foobar"),
    ),
    ("oidcc-id-token-hint", prompts::id_token_hint),
    ("oidcc-login-hint", |stage| {
        answers::asking(stage, "login_hint", "buffy@id.acme.example")
    }),
    ("oidcc-ui-locales", |stage| {
        answers::asking(stage, "ui_locales", "se")
    }),
    ("oidcc-claims-locales", |stage| {
        answers::asking(stage, "claims_locales", "se")
    }),
    (
        "oidcc-ensure-request-with-acr-values-succeeds",
        answers::acr_values,
    ),
    ("oidcc-codereuse", codes::reuse),
    ("oidcc-codereuse-30seconds", codes::reuse_after_30_seconds),
    (
        "oidcc-ensure-registered-redirect-uri",
        codes::registered_redirect_uri,
    ),
    ("oidcc-ensure-post-request-succeeds", answers::by_post),
    (
        "oidcc-server-client-secret-post",
        answers::client_secret_post,
    ),
    (
        "oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported",
        objects::request_uri,
    ),
    (
        "oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported",
        objects::request,
    ),
    ("oidcc-claims-essential", claims::essential),
    (
        "oidcc-ensure-request-object-with-redirect-uri",
        objects::redirect_uri,
    ),
    ("oidcc-refresh-token", codes::refresh_token),
    (
        "oidcc-ensure-request-with-valid-pkce-succeeds",
        answers::pkce,
    ),
];

/// Of `oidcc-dynamic-certification-test-plan`.
pub const DYNAMIC: &[Module] = &[
    ("oidcc-idtoken-rs256", dynamic::idtoken_rs256),
    ("oidcc-idtoken-unsigned", dynamic::idtoken_unsigned),
    ("oidcc-userinfo-rs256", dynamic::userinfo_rs256),
    (
        "oidcc-ensure-redirect-uri-in-authorization-request",
        dynamic::without_redirect_uri,
    ),
    ("oidcc-redirect-uri-query-OK", dynamic::query_ok),
    ("oidcc-redirect-uri-query-mismatch", dynamic::query_mismatch),
    ("oidcc-redirect-uri-query-added", dynamic::query_added),
    ("oidcc-redirect-uri-regfrag", dynamic::fragment),
    ("oidcc-discovery-endpoint-verification", dynamic::discovery),
    ("oidcc-server", dynamic::server),
    ("oidcc-registration-logo-uri", |stage| {
        dynamic::page_of_its_own(stage, "logo_uri")
    }),
    ("oidcc-registration-policy-uri", |stage| {
        dynamic::page_of_its_own(stage, "policy_uri")
    }),
    ("oidcc-registration-tos-uri", |stage| {
        dynamic::page_of_its_own(stage, "tos_uri")
    }),
    ("oidcc-registration-jwks-uri", dynamic::jwks_uri),
    ("oidcc-registration-sector-uri", dynamic::sector_uri),
    ("oidcc-registration-sector-bad", dynamic::sector_bad),
    ("oidcc-server-rotate-keys", dynamic::rotates_keys),
    (
        "oidcc-refresh-token-rp-key-rotation",
        dynamic::rotates_its_keys,
    ),
    ("oidcc-request-uri-unsigned", dynamic::by_reference),
    ("oidcc-request-uri-signed-rs256", dynamic::by_reference),
    (
        "oidcc-ensure-request-object-with-redirect-uri",
        objects::redirect_uri,
    ),
    ("oidcc-refresh-token", dynamic::refresh_token),
    (
        "oidcc-ensure-client-assertion-with-iss-aud-succeeds",
        dynamic::client_assertion,
    ),
];

/// Of `oidcc-rp-initiated-logout-certification-test-plan`.
pub const LOGOUT: &[Module] = &[
    (
        "oidcc-rp-initiated-logout-discovery-endpoint-verification",
        discovery::logout,
    ),
    ("oidcc-rp-initiated-logout", logout::whole),
    (
        "oidcc-rp-initiated-logout-bad-post-logout-redirect-uri",
        logout::bad_redirect_uri,
    ),
    (
        "oidcc-rp-initiated-logout-modified-id-token-hint",
        logout::modified_hint,
    ),
    (
        "oidcc-rp-initiated-logout-no-id-token-hint",
        logout::no_hint,
    ),
    ("oidcc-rp-initiated-logout-no-params", logout::no_params),
    (
        "oidcc-rp-initiated-logout-no-post-logout-redirect-uri",
        logout::no_redirect_uri,
    ),
    ("oidcc-rp-initiated-logout-no-state", logout::no_state),
    ("oidcc-rp-initiated-logout-only-state", logout::only_state),
    (
        "oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri",
        logout::query_added,
    ),
    (
        "oidcc-rp-initiated-logout-bad-id-token-hint",
        logout::bad_hint,
    ),
];

/// Of `oidcc-backchannel-rp-initiated-logout-certification-test-plan`.
pub const BACK_CHANNEL: &[Module] = &[
    (
        "oidcc-backchannel-logout-discovery-endpoint-verification",
        discovery::back_channel,
    ),
    ("oidcc-backchannel-rp-initiated-logout", back_channel::told),
];

/// Of `oidcc-frontchannel-rp-initiated-logout-certification-test-plan`.
pub const FRONT_CHANNEL: &[Module] = &[
    (
        "oidcc-frontchannel-logout-discovery-endpoint-verification",
        discovery::front_channel,
    ),
    (
        "oidcc-frontchannel-rp-initiated-logout",
        front_channel::framed,
    ),
];

/// Of `oidcc-3rdparty-init-login-certification-test-plan`. What a client registers there stands in a document here.
pub const INITIATED: &[Module] = &[
    ("oidcc-3rd_party-init-login", front_channel::initiated),
    (
        "oidcc-3rd_party-init-login-nohttps",
        front_channel::initiated_by_http,
    ),
];

/// Modules that wait for half a minute, or a whole one.
pub const SLOW: &[&str] = &["oidcc-codereuse-30seconds", fapi::SLOW[0], fapi::SLOW[1]];
