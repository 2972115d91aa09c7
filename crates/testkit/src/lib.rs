//! What tests and the simulation are made of: a clock that stands still, chance from a seed, a
//! target and relying parties in memory with faults on order, and a whole node over an inline store.

pub mod between;
pub mod directory;
pub mod elsewhere;
pub mod memory;
pub mod node;
pub mod relying;
pub mod scenario;
pub mod sim;
pub mod time;

pub use directory::Directory;
pub use elsewhere::Elsewhere;
pub use memory::{Fault, Memory};
pub use node::{Company, Node};
pub use relying::Relying;
pub use time::{SeededEntropy, SimClock};
