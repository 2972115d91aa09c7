//! People signing in, and attacks on that: over a whole node on SQLite, and on PostgreSQL with two. Each
//! attack is named after its row in the list of attacks on identity providers that SECURITY.md keeps.

mod addresses;
mod announced;
mod assertion;
mod break_glass;
mod by_mail;
mod claims;
mod device;
mod dpop;
mod exchange;
mod fapi;
mod keys;
mod leavers;
mod link_by_hand;
mod login;
mod logout;
mod machine;
mod moved;
mod mtls;
mod no;
mod oauth;
mod opened;
mod provider;
mod pushed;
mod registration;
mod reset;
mod rows;
mod saml;
mod saml2int;
mod saml_keys;
mod signed;
mod slo;
mod soap;
mod upstream;
mod upstream_attacks;
mod world;
