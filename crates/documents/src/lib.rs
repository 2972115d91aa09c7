//! The tenant directory: strict YAML documents, checked as a whole, as typed and compiled data.

mod tenant;

pub use tenant::{
    Account, App, Apply, Auth, ClientAuth, Freeze, Grant, Group, GroupRef, Guard, Leaver, Limit,
    Limits, MANAGER_PATH, Mode, Profile, Rule, Scim, Source, Tenant,
};
