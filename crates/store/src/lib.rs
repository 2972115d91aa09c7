//! The store: both databases behind one write door.

pub mod project;
pub mod schema;
pub mod table;
