//! What is kept of people signing in.

use async_trait::async_trait;
use model::canonical::Digest;
use model::logout::Logout;
use model::sign_in::{Authorization, Credential, Session, SigningKey, Verifier};
use model::{AuthorizationId, CredentialId, PassId, Personal, SessionId, SubjectId, Timestamp};

use super::{OneTime, StoreError};

type Read<T> = Result<T, StoreError>;

/// Something that somebody signs in with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialRow {
    /// Its id.
    pub id: CredentialId,
    /// The head of the stream `credential/<id>`.
    pub head: Option<u64>,
    /// How it stands.
    pub state: Credential,
    /// What it is verified by.
    pub verifier: Personal<Verifier>,
}

/// A temporary access pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassRow {
    /// Its id.
    pub id: PassId,
    /// For whom.
    pub subject: SubjectId,
    /// The keyed digest of it.
    pub secret: Digest,
    /// Until when it counts.
    pub expires: Timestamp,
}

/// A session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// Its id.
    pub id: SessionId,
    /// The head of the stream `session/<id>`.
    pub head: Option<u64>,
    /// How it stands.
    pub state: Session,
}

/// What a relying party was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizationRow {
    /// Its id.
    pub id: AuthorizationId,
    /// The head of the stream `authorization/<id>`.
    pub head: Option<u64>,
    /// How it stands.
    pub state: Authorization,
}

/// A device that waits for somebody to type its code. Operational state, outside the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceRow {
    /// What the relying party will have been given, if somebody lets the device in.
    pub id: AuthorizationId,
    /// The keyed digest of the code.
    pub code: Digest,
    /// From when on it waits no longer.
    pub until: Timestamp,
    /// What it asks for, and from where, as text.
    pub asked: String,
}

/// The end of a session of which relying parties are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogoutRow {
    /// The session.
    pub session: SessionId,
    /// Whose it was.
    pub subject: SubjectId,
    /// The head of the stream `logout/<session>`.
    pub head: Option<u64>,
    /// How that stands; `None`: nobody has looked yet who is to be told.
    pub state: Option<Logout>,
}

/// People signing in. Each head is read in the same statement as its row: whoever decides from a row
/// can only be too old, and then the append conflicts.
#[async_trait]
pub trait SignIn: Send + Sync {
    /// Who signs in under the name of this keyed digest: nobody, one, or several by mistake; at most
    /// two are named.
    async fn subjects_with_login(&self, login: Digest) -> Read<Vec<SubjectId>>;
    /// The keyed digest of the name under which somebody signs in.
    async fn login_of(&self, subject: SubjectId) -> Read<Option<Digest>>;
    /// The credentials of a person that have not ended, by id, at most `limit`.
    async fn live_credentials(&self, subject: SubjectId, limit: u32) -> Read<Vec<CredentialRow>>;
    /// All credentials of a person, those that ended too, newest first, at most `limit`.
    async fn credentials_of(&self, subject: SubjectId, limit: u32) -> Read<Vec<CredentialRow>>;
    /// A credential, ended or not.
    async fn credential(&self, credential: CredentialId) -> Read<Option<CredentialRow>>;
    /// The credential that an authenticator names so, ended or not; one that counts before those that ended.
    async fn credential_by_handle(&self, handle: Digest) -> Read<Option<CredentialRow>>;
    /// The passes of a person that end after `now`, by id, at most `limit`. Whether one was used is
    /// not told: using it is what tells.
    async fn passes_of(&self, subject: SubjectId, now: Timestamp, limit: u32)
    -> Read<Vec<PassRow>>;
    /// The passes of everyone that end after `now`, by id, those after `after`, at most `limit`.
    async fn open_passes(
        &self,
        now: Timestamp,
        after: Option<PassId>,
        limit: u32,
    ) -> Read<Vec<PassRow>>;
    /// A session, open or not.
    async fn session(&self, session: SessionId) -> Read<Option<SessionRow>>;
    /// The sessions of a person that were not ended before their time and that end after `now`,
    /// newest first, at most `limit`.
    async fn sessions_of(
        &self,
        subject: SubjectId,
        now: Timestamp,
        limit: u32,
    ) -> Read<Vec<SessionRow>>;
    /// The sessions of everyone that were not ended before their time and that end after `now`, by id,
    /// those after `after`, at most `limit`.
    async fn open_sessions(
        &self,
        now: Timestamp,
        after: Option<SessionId>,
        limit: u32,
    ) -> Read<Vec<SessionRow>>;
    /// What a relying party was given.
    async fn authorization(&self, id: AuthorizationId) -> Read<Option<AuthorizationRow>>;
    /// The sessions of a person that were ended before their time, newest first, at most `limit`.
    async fn ended_sessions_of(&self, subject: SubjectId, limit: u32) -> Read<Vec<SessionRow>>;
    /// What was given in a session, ended or not, by id, what comes after `after`, at most `limit`.
    async fn authorizations_in(
        &self,
        session: SessionId,
        after: Option<AuthorizationId>,
        limit: u32,
    ) -> Read<Vec<AuthorizationRow>>;
    /// Ends of sessions of which somebody is to be told at or before `now`, those that have waited the
    /// longest first, at most `limit`.
    async fn logouts_due(&self, now: Timestamp, limit: u32) -> Read<Vec<LogoutRow>>;
    /// Who was told of the end of a session; `None` where nobody was to be.
    async fn logout(&self, session: SessionId) -> Read<Option<LogoutRow>>;
    /// What was given to anybody and has not ended, by id, those after `after`, at most `limit`. What ran
    /// out by itself is among it.
    async fn live_authorizations(
        &self,
        after: Option<AuthorizationId>,
        limit: u32,
    ) -> Read<Vec<AuthorizationRow>>;
    /// The signing keys that are not gone, by name.
    async fn signing_keys(&self) -> Read<Vec<SigningKey>>;
    /// Uses up what counts once and for a short time, and of which nothing else is written down: a client's
    /// proof of who it is, or of the key that it holds. Operational state, outside the log: it is forgotten
    /// some time after `until`, from when on it must count no longer by itself.
    ///
    /// `false`: it was used before. Of several who bring the same one, on any node, one is told `true`.
    async fn spend(&self, one: OneTime, until: Timestamp, now: Timestamp) -> Read<bool>;
    /// Keeps a device that waits from `now` on, and forgets those that wait no longer.
    async fn put_device(&self, row: DeviceRow, now: Timestamp) -> Read<()>;
    /// A device, until it is forgotten.
    async fn device(&self, id: AuthorizationId) -> Read<Option<DeviceRow>>;
    /// The devices that still wait under the code of this keyed digest: none, one, or several by chance; at most
    /// two are named.
    async fn devices_with_code(&self, code: Digest, now: Timestamp) -> Read<Vec<DeviceRow>>;
    /// Writes down that a device asks; `false`: it has asked since `since`, and nothing is written.
    async fn device_asks(
        &self,
        id: AuthorizationId,
        since: Timestamp,
        now: Timestamp,
    ) -> Read<bool>;
}
