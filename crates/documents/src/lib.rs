//! The tenant directory: strict YAML documents, checked as a whole, as typed and compiled data.
//!
//! A document says what it is, what it is called and what it says (`kind`, `metadata`, `spec`).
//! [`load()`] reads all documents of a tenant, from as many files as one likes, and gives either a
//! [`Tenant`] in which every reference exists and every expression is compiled, or everything
//! that is wrong with them, each with file, line, column, field and what to do.
//!
//! Documents never hold secrets, only their names.

mod expected;
mod kinds;
mod load;
mod locate;
mod people;
pub mod report;
mod schema;
mod tenant;
mod wire;
mod yaml;

pub use expected::expects_deliveries;
pub use kinds::{PERSONAL_SCOPES, is_mail_address, registered};
pub use load::load;
pub use locate::{Located, locate};
pub use people::stored;
pub use report::CODES;
pub use schema::{Kind, json_schema};
pub use tenant::{
    ACTIVE, AccessToken, Account, AccountState, Acs, Alarm, App, Apply, AttributeSet, Auth,
    BreakGlass, By, CertificateSubject, Channel, ClientAuth, ClientRegistration, Counts, DRILLS,
    Drill, Encryption, Exchange, ExpectedAccess, ExpectedValue, Freeze, GivenNameId, Grant,
    GrantType, Group, GroupRef, Guard, HandOff, Hold, IdentityProvider, Joiner, KeyTransport,
    LifecycleTest, Limit, Limits, Lingering, LinkBy, ListedGroup, Logo, MANAGER, MANAGER_PATH,
    ManualStep, MappingTest, MaySignIn, MetadataAt, Mode, Moment, NameIdRule, Oidc, OidcClient,
    OidcProfile, OnLeave, PEOPLE, PasswordDirectory, PersonalGrant, Privileged, Profile, Reach,
    RecoverByMail, RedirectKind, Registered, Relaxation, RelyingParty, Require, Rule, Saml,
    SamlCipher, SamlKey, SamlMetadata, SamlProfile, SamlSigns, Schedule, Scim, ServiceAccount,
    ServiceAccounts, SessionLimits, SignInRoute, SignOn, SigningAlg, Slo, Smtp, SmtpTls,
    SoapLogout, Source, Speaks, SponsoredPerson, SubjectIdReq, SubjectIdRule, SubjectType,
    TechnicalContact, TellPeople, Tenant, TokenFormat, UniqueName, UpstreamOidc, UpstreamSaml,
    UpstreamSpeaks,
};
pub use yaml::{MAX_BYTES, MAX_DEPTH, MAX_DOCUMENTS, Part};
