//! The process that holds the signing keys (`tenure signer`), and the way to it.
//!
//! ```text
//! server ─► SignerSocket ─► (Unix socket, frames) ─► Door ─► Vault: opens, signs
//! ```
//!
//! The [`Vault`] is the port in one process; the [`Door`] lets one user's processes ask it; [`SignerSocket`] is the
//! port for whoever asks. Private keys are opened in the vault and nowhere else.

mod door;
mod frame;
mod socket;
mod vault;

pub use door::{Door, DoorError};
pub use socket::SignerSocket;
pub use vault::Vault;
