//! Leavers, as records show them: what the records about somebody tell ([`trace()`]), a file with them that
//! is signed ([`Writer`]), and its verification ([`verify()`]).

mod bundle;
mod judge;
mod statement;
mod trace;
mod verify;

pub use bundle::Writer;
pub use judge::Stated;
pub use statement::{
    Account, AccountState, Began, Decided, FORMAT, Head, Leaver, LeftBy, Released, Remaining, Who,
};
pub use trace::{Draft, Mark, Shut, Told, Traced, trace};
pub use verify::{MAX_BYTES, NotShown, Report, verify, verify_within};
