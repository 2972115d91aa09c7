//! People signing in, and attacks on that: over a whole node on SQLite, and on PostgreSQL with two. Each
//! attack is named after its row in the list of attacks on identity providers that SECURITY.md keeps.

mod leavers;
mod login;
mod logout;
mod machine;
mod oauth;
mod provider;
mod rows;
mod saml;
mod world;
