//! The traits through which Tenure reaches the outside: stores, targets, time, chance and keys.
//!
//! Use-cases (`app`) speak only to these. Each port has, behind the feature `conformance`, a
//! suite that every adapter must pass.

pub mod back_channel;
pub mod breached;
pub mod channel;
pub mod clock;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod handoff;
pub mod keyring;
pub mod listening;
pub mod passwords;
pub mod signer;
pub mod store;
pub mod target;
pub mod upstream;

pub use back_channel::{BackChannel, LogoutAnswer};
pub use breached::Breached;
pub use channel::{Channel, Letter, Own};
pub use clock::{Clock, Entropy};
pub use keyring::{KeyRing, KeyRingError, Sealed};
pub use listening::Listening;
pub use passwords::Passwords;
pub use signer::{HeldKey, KeyName, MadeKey, Signer, SignerError, SigningUse};
pub use store::Store;
pub use target::{Target, TargetError};
pub use upstream::{Unreachable, Upstream};
