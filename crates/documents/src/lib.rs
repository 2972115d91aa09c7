//! The tenant directory: strict YAML documents, checked as a whole, as typed and compiled data.
//!
//! A document says what it is, what it is called and what it says (`kind`, `metadata`, `spec`).
//! [`load()`] reads all documents of a tenant, from as many files as one likes, and gives either a
//! [`Tenant`] in which every reference exists and every expression is compiled, or everything
//! that is wrong with them, each with file, line, column, field and what to do.
//!
//! Documents never hold secrets, only their names.

mod kinds;
mod load;
mod locate;
mod people;
pub mod report;
mod schema;
mod tenant;
mod wire;
mod yaml;

pub use load::load;
pub use locate::{Located, locate};
pub use people::stored;
pub use report::CODES;
pub use schema::{Kind, json_schema};
pub use tenant::{
    Account, AccountState, Alarm, App, Apply, Auth, By, Channel, ClientAuth, ExpectedAccess,
    ExpectedValue, Freeze, Grant, Group, GroupRef, Guard, Hold, Joiner, LifecycleTest, Limit,
    Limits, Lingering, ListedGroup, MANAGER, MANAGER_PATH, ManualStep, MappingTest, Mode, Moment,
    OnLeave, PEOPLE, PersonalGrant, Privileged, Profile, Rule, Scim, ServiceAccount,
    ServiceAccounts, Smtp, SmtpTls, Source, SponsoredPerson, Tenant, UniqueName,
};
pub use yaml::{MAX_BYTES, MAX_DEPTH, MAX_DOCUMENTS, Part};
