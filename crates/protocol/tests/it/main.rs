//! Laws and parsers of the protocols.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod jose_claims;
mod jose_keys;
mod jose_laws;
mod jose_parsers;
mod jose_sets;
mod jose_vectors;
mod oauth_attacks;
mod oauth_client;
mod oauth_laws;
mod oauth_metadata;
mod oauth_parsers;
mod oauth_registration;
mod oauth_tokens;
mod saml_attacks;
mod saml_data;
mod saml_forgeries;
mod saml_party;
mod saml_requests;
mod saml_responses;
mod saml_signatures;
mod scim_attributes;
mod scim_laws;
mod scim_parsers;
mod scim_samples;
mod siem;
mod webauthn_asserts;
mod webauthn_attests;
mod webauthn_authenticator;
mod webauthn_keys;
mod webauthn_options;
mod webauthn_parsers;
mod webauthn_registers;
mod webauthn_vectors;
