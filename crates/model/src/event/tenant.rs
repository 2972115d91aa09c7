//! Events about the tenant: documents, deliveries, tokens, calls, switches.

use serde::{Deserialize, Serialize};

use crate::actor::Scope;
use crate::address::TargetName;
use crate::canonical::Digest;
use crate::diagnostic::Diagnostic;
use crate::finding::Finding;
use crate::id::{DeliveryId, FindingId, SubjectId, TokenId};
use crate::observation::Completeness;
use crate::time::Timestamp;

/// The first event of every log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantStarted {
    /// The tenant's name.
    pub tenant: String,
    /// The public key (Ed25519, base64) that signs its checkpoints.
    pub checkpoint_key: String,
}

/// One document as it was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// `Source`, `App`, `BirthrightRule`, `Guard`.
    pub kind: String,
    /// `metadata.name`.
    pub name: String,
    /// The text, as written.
    pub text: String,
}

/// A new revision of the tenant's documents. Documents are replaced whole, never merged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentsAccepted {
    /// The revision, from 1.
    pub revision: u64,
    /// The principal who sent them.
    pub author: String,
    /// All documents of this revision, sorted by kind and name.
    pub documents: Vec<Document>,
}

/// An HR delivery was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryReceived {
    /// The delivery.
    pub delivery: DeliveryId,
    /// Its source.
    pub source: String,
    /// The principal who delivered it.
    pub author: String,
    /// The hash of its bytes.
    pub digest: Digest,
    /// Whether its absences may be believed.
    pub completeness: Completeness,
    /// True when the whole file was refused and no row counted.
    pub refused: bool,
    /// Rows read.
    pub rows: u64,
    /// Rows with new or changed facts.
    pub changed: u64,
    /// Workers of this source who are missing from it.
    pub missing: u64,
    /// What is wrong with it; at most 1,000, without personal values.
    pub diagnostics: Vec<Diagnostic>,
}

/// A source delivered what it had delivered before: no news, but it is alive. Told of sources that
/// say how often they deliver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceHeard {
    /// The source.
    pub source: String,
    /// The delivery, as it was told when it came first.
    pub delivery: DeliveryId,
}

/// Someone has to look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingOpened {
    /// The finding.
    pub id: FindingId,
    /// What it says.
    pub finding: Finding,
}

/// A finding is no longer open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingClosed {
    /// The finding.
    pub id: FindingId,
    /// Why: the condition is gone, or what a person said.
    pub reason: String,
}

/// An API token was made. Its secret was shown once and is not stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenIssued {
    /// The token.
    pub token: TokenId,
    /// The person or workload it speaks for.
    pub principal: String,
    /// The hash of the secret (SHA-256 of 32 random bytes, so no salt is needed).
    pub secret: Digest,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// When it ends.
    pub expires: Timestamp,
    /// The networks (CIDR) it may be used from; empty for any.
    pub networks: Vec<String>,
}

/// An API token was ended before its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRevoked {
    /// The token.
    pub token: TokenId,
    /// Why.
    pub reason: String,
}

/// A call to the API was answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallMade {
    /// HTTP method.
    pub method: String,
    /// The route's pattern, never the filled path: paths may name people.
    pub route: String,
    /// HTTP status.
    pub status: u16,
    /// From where.
    pub remote: String,
    /// Whose sign-ins, sessions or records it told, where it told of one person.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub about: Option<SubjectId>,
    /// The reason given with the call, where one was.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
}

/// The kill switch: nothing is sent to this target, or to any.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WritingStopped {
    /// The target; `None` for all.
    pub target: Option<TargetName>,
    /// Why.
    pub reason: String,
}

/// The kill switch was lifted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WritingResumed {
    /// The target; `None` for all.
    pub target: Option<TargetName>,
    /// Why.
    pub reason: String,
}

/// The store was restored from a backup. Open intents are void: their steps are read back
/// before anything is sent again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreRestored {
    /// The head of the log in the backup.
    pub backup_seq: u64,
    /// When the backup was taken.
    pub backup_at: Timestamp,
}
