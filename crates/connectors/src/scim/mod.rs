//! SCIM 2.0 targets (RFC 7643, RFC 7644), driven by a [`ScimProfile`].
//!
//! | File | What it does |
//! |---|---|
//! | `exchange` | sends one request, with the credential, and says what its answer means |
//! | `body` | what is sent: objects and PATCH messages in the provider's dialect |
//! | `list` | listings with a proof of completeness |
//! | `find` | reading one object, and searching without trusting the search |
//! | `create` | creating, so that sending it again creates nothing |
//! | `write` | update, enable, disable, delete |
//! | `members` | group membership, in both directions |
//! | `told` | which requests one operation came to |

mod body;
mod create;
mod exchange;
mod find;
mod list;
mod members;
mod redact;
mod still;
mod told;
mod write;

use std::time::Duration;

use async_trait::async_trait;
use model::{Answer, Kind, Outcome, Record, RemoteId, Secret};
use ports::Target;
use ports::target::{Capabilities, Cursor, Heard, Listed, Match, Operation, Probe, TargetError};
use protocol::scim::json::Limits;
use protocol::scim::profile::{DeleteStyle, PatchStyle};
use protocol::scim::{ScimProfile, ScimSettings, ServiceProviderConfig};
use reqwest::{Method, Url};

use crate::http::oauth::Authorizer;
use crate::http::{Client, ClientError};

/// A SCIM service provider.
#[derive(Debug)]
pub struct ScimTarget {
    client: Client,
    authorizer: Authorizer,
    base: Url,
    profile: ScimProfile,
    capabilities: Capabilities,
    timeout: Duration,
    listings: list::Listings,
    still: still::Still,
}

impl ScimTarget {
    /// From settings and the secret that belongs to them (token or client secret). Sends
    /// nothing.
    ///
    /// # Errors
    /// When a URL is not allowed, or TLS cannot be set up.
    pub fn new(settings: &ScimSettings, secret: Secret) -> Result<Self, ClientError> {
        let client = Client::new(settings.allow_private, Limits::ANSWER.bytes)?;
        let mut base = client.check_url(&settings.base_url)?;
        if base.query().is_some() {
            return Err(ClientError::Url("a base URL with a query".to_owned()));
        }
        if let Ok(mut segments) = base.path_segments_mut() {
            segments.pop_if_empty();
        }
        let authorizer = Authorizer::new(&settings.auth, secret, &client)?;
        let profile = settings.profile.clone();
        Ok(Self {
            client,
            authorizer,
            base,
            capabilities: capabilities(&profile),
            profile,
            timeout: Duration::from_millis(settings.timeout_ms),
            listings: list::Listings::default(),
            still: still::Still::default(),
        })
    }

    /// The profile with everything switched off that the provider itself says it cannot do.
    /// Nothing is switched on: what a provider claims is not what it does.
    ///
    /// # Errors
    /// When `ServiceProviderConfig` cannot be read.
    pub async fn refined_profile(&self) -> Result<ScimProfile, TargetError> {
        let said = self.config().await?;
        let mut profile = self.profile.clone();
        if !said.patch {
            profile.patch = PatchStyle::Put;
        }
        profile.filter &= said.filter;
        profile.versions &= said.etag;
        if let Some(most) = said.max_results {
            profile.page_size = profile.page_size.min(most);
        }
        Ok(profile)
    }

    /// The profile in use.
    #[must_use]
    pub const fn profile(&self) -> &ScimProfile {
        &self.profile
    }

    async fn config(&self) -> Result<ServiceProviderConfig, TargetError> {
        let url = self.url(&["ServiceProviderConfig"]);
        let answer = self.ask(Method::GET, url, None, &[], self.timeout).await;
        let answer = exchange::readable(answer.map_err(exchange::read_failure)?, self)?;
        ServiceProviderConfig::read(&answer.body, &Limits::ANSWER)
            .map_err(|e| TargetError::Malformed(e.within("ServiceProviderConfig").to_string()))
    }

    fn url(&self, segments: &[&str]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.extend(segments);
        }
        url
    }
}

const fn collection(kind: Kind) -> &'static str {
    match kind {
        Kind::Account => "Users",
        Kind::Group | Kind::Grant => "Groups",
    }
}

fn capabilities(profile: &ScimProfile) -> Capabilities {
    Capabilities {
        kinds: vec![Kind::Account, Kind::Group],
        filter: profile.filter,
        patch: profile.patch != PatchStyle::Put,
        versions: profile.versions,
        delete: profile.delete == DeleteStyle::Gone,
        members_per_request: profile.members_per_request,
        settle: Duration::from_millis(profile.settle_ms),
        requests_per_second: profile.requests_per_second,
        concurrency: profile.concurrency,
        write_only: profile.write_only.clone(),
    }
}

#[async_trait]
impl Target for ScimTarget {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn heard(&self) -> Heard {
        self.client.heard()
    }

    async fn probe(&self) -> Result<Probe, TargetError> {
        let said = self.config().await?;
        let mut differs = Vec::new();
        let mut note = |differs_here: bool, text: &str| {
            if differs_here {
                differs.push(text.to_owned());
            }
        };
        let profile = &self.profile;
        note(
            profile.patch != PatchStyle::Put && !said.patch,
            "PATCH is said to be unsupported",
        );
        note(
            profile.filter && !said.filter,
            "filters are said to be unsupported",
        );
        note(
            profile.versions && !said.etag,
            "versions (ETags) are said to be unsupported",
        );
        note(
            said.max_results
                .is_some_and(|most| most < profile.page_size),
            "pages are said to be smaller than the profile asks for",
        );
        // A credential may read the configuration and nothing else: ask for what is needed.
        self.first_page(Kind::Account).await?;
        Ok(Probe {
            name: format!("SCIM 2.0, profile {}", profile.name),
            differs,
        })
    }

    async fn list(&self, kind: Kind, from: Option<&Cursor>) -> Result<Listed, TargetError> {
        self.list_page(kind, from).await
    }

    async fn read(&self, kind: Kind, remote: &RemoteId) -> Result<Option<Record>, TargetError> {
        match self
            .read_resource(kind, remote.as_str(), self.timeout)
            .await?
        {
            Some(resource) => Ok(Some(self.to_record(&resource).await?)),
            None => Ok(None),
        }
    }

    async fn find(&self, kind: Kind, by: &Match) -> Result<Vec<Record>, TargetError> {
        self.find_checked(kind, by, self.timeout).await
    }

    async fn apply(&self, operation: &Operation, deadline: Duration) -> Answer {
        let until = tokio::time::Instant::now() + deadline;
        let (outcome, exchanges) = told::noted(self.carry_out(operation, until)).await;
        tracing::debug!(target.operation = name_of(operation), outcome = ?kind_of(&outcome));
        Answer { outcome, exchanges }
    }
}

const fn name_of(operation: &Operation) -> &'static str {
    match operation {
        Operation::Create { .. } => "create",
        Operation::Update { .. } => "update",
        Operation::SetActive { .. } => "set_active",
        Operation::Delete { .. } => "delete",
        Operation::Members { .. } => "members",
    }
}

const fn kind_of(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Done { .. } => "done",
        Outcome::AlreadyDone { .. } => "already_done",
        Outcome::Stale { .. } => "stale",
        Outcome::Refused { .. } => "refused",
        Outcome::Later { .. } => "later",
        Outcome::Handed => "handed",
        Outcome::Confirmed { .. } => "confirmed",
        Outcome::Unknown { .. } => "unknown",
    }
}
