//! What is done on the host itself: the data directory, the server, the ledger.

pub mod admin;
pub mod backup;
pub mod compose;
pub mod directory;
pub mod init;
pub mod leavers;
pub mod ledger;
pub mod master_key;
pub mod serve;
pub mod signer;
pub mod system;
pub mod targets;
pub mod tokens;
