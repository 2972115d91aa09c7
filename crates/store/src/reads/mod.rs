//! Reads of the current-state tables, written once for both databases.

mod adoption;
mod documents;
mod drills;
mod findings;
mod notices;
mod objects;
mod people;
mod secrets;
mod sign_in;
mod tasks;
mod tokens;
mod work;

#[cfg(test)]
mod tests;
