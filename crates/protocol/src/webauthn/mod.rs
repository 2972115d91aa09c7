//! WebAuthn Level 3, the side of the relying party: passkeys and security keys.
//!
//! This is the one place that reads what an authenticator says. It is for the identity provider's sign-in
//! and enrolment.
//!
//! ```text
//! CreationOptions ─► browser ─► register::verify ─► Registered ─► (kept)
//! RequestOptions ──► browser ─► Assertion::read ─► (looked up) ─► Assertion::verify ─► Authenticated
//! ```
//!
//! What it holds to:
//!
//! - **Every step of §7.1 and §7.2 happens here, on the server, or is named as the caller's.** The caller's are:
//!   that a challenge is used once and in time ([`Challenge`]), that an id is not yet registered, whose account
//!   it is, and keeping the counter.
//! - **Texts are compared, not understood.** An origin is one of a list, as it is written; no suffix of a name
//!   is looked at when an answer comes. The relying party is checked when it is put together
//!   ([`RelyingParty`]).
//! - **A key has one algorithm**, the one in its COSE key, with the type and curve of that algorithm, and without
//!   other parameters. A statement that says another one is refused.
//! - **A value has one reading.** Base64url without padding or loose bits, JSON and CBOR without members that are
//!   there twice, nothing behind what was read.
//! - **Bounds first.** Everything has a limit in bytes, depth and number.
//!
//! What it does not do: trust anchors of attestation ([`AttestationPolicy`]), the formats `tpm`, `android-key`
//! and `apple`, extensions, frames of other sites, and credentials that a browser makes by itself.

mod attestation;
mod auth_data;
mod cbor;
mod certificate;
mod challenge;
mod client_data;
mod cose;
mod options;
mod party;
mod refused;
mod response;
#[cfg(test)]
mod vectors;

pub mod authenticate;
pub mod register;

pub use attestation::{Attestation, AttestationPolicy, StatementFault};
pub use auth_data::{Aaguid, DataFault};
pub use authenticate::{Assertion, Authenticated, Stored};
pub use cbor::CborFault;
pub use challenge::{Challenge, UserHandle};
pub use cose::{Algorithm, CoseFault};
pub use options::{CreationOptions, Descriptor, RequestOptions, Transport, UserVerification};
pub use party::{PartyError, RelyingParty};
pub use refused::Refused;
pub use register::Registered;
pub use response::MAX_RESPONSE;

/// The longest id of a credential, in bytes (WebAuthn L3 §4, §7.1 step 25).
pub const MAX_CREDENTIAL_ID: usize = 1023;
