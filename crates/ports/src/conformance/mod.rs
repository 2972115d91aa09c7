//! What every adapter of a port must do, as suites that its tests run.

pub mod reads;
pub mod samples;
