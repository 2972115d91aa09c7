//! What this node shows to those who connect to it.

use model::Timestamp;

/// The listener of this node, as far as others must know of it.
pub trait Listening: Send + Sync {
    /// When the certificate that it shows ends; `None` where it shows none, or none that can be read.
    fn certificate_ends(&self) -> Option<Timestamp>;
}
