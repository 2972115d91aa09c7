//! The real binary against software that is not ours: three SCIM servers, PostgreSQL, SIGKILL.
//!
//! What the apps hold is asked of the apps themselves, by a client of this module's own, and
//! compared with what follows from the HR file alone.

mod backup;
#[path = "../../../../ports/src/conformance/cluster.rs"]
#[allow(
    dead_code,
    reason = "shared with the store's suites, which use all of it"
)]
pub mod cluster;
mod company;
mod entra;
pub mod http;
mod kill;
mod nodes;
mod notices;
pub mod peer;
pub mod plant;
mod siem;
mod switch;
mod three;
mod wire;
