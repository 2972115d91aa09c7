//! The target whose hands are people's.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use model::source::CsvMapping;
use model::{Answer, Attributes, Kind, Outcome, Record, RemoteId};
use ports::handoff::Register;
use ports::target::{Capabilities, Cursor, Listed, Match, Operation, Probe};
use ports::{Target, TargetError};

use super::sheet;

/// A value that no sheet can carry to people and back.
const VALUE: &str = "HANDOFF-VALUE";
/// Something that nobody is asked to do by hand.
const UNASKED: &str = "HANDOFF-UNASKED";
/// An account of this name is known.
const NAME_TAKEN: &str = "HANDOFF-NAME";

/// An app that is reached through its own people. It sends nothing: what is asked of it is handed
/// over, and stays open until they answer or a list of theirs shows it.
pub struct HandOff {
    extract: CsvMapping,
    register: Arc<dyn Register>,
    capabilities: Capabilities,
}

impl HandOff {
    /// `extract` says how its accounts are listed: what it cannot show is not asked for.
    #[must_use]
    pub fn new(extract: CsvMapping, register: Arc<dyn Register>) -> Self {
        Self {
            extract,
            register,
            capabilities: Capabilities {
                kinds: vec![Kind::Account],
                filter: true,
                patch: true,
                versions: false,
                delete: true,
                members_per_request: 0,
                settle: Duration::ZERO,
                requests_per_second: None,
                concurrency: 100,
                write_only: Vec::new(),
            },
        }
    }

    fn carries(&self, attributes: &Attributes) -> Result<(), Outcome> {
        for (path, value) in attributes {
            sheet::carries(&self.extract, path, value)
                .map_err(|problem| refused(VALUE, problem))?;
        }
        Ok(())
    }

    /// The account, if it is known; else how the operation ends.
    async fn known(&self, remote: &RemoteId) -> Result<Record, Outcome> {
        match self.register.account(remote).await {
            Ok(Some(record)) => Ok(record),
            Ok(None) => Err(Outcome::Stale {
                detail: "the account is not there any more".to_owned(),
            }),
            Err(error) => Err(Outcome::Later {
                wait_ms: 60_000,
                detail: error.to_string(),
                whole_target: false,
            }),
        }
    }

    async fn hand(&self, operation: &Operation) -> Result<(), Outcome> {
        match operation {
            Operation::Create {
                kind: Kind::Account,
                attributes,
                ..
            } => {
                self.carries(attributes)?;
                let name = attributes.get(sheet::NAME).and_then(model::Value::as_text);
                let found = self.register.named(name.unwrap_or_default()).await;
                match found.as_deref() {
                    Ok([]) => Ok(()),
                    Ok(_) => Err(refused(NAME_TAKEN, "an account of this name is there")),
                    Err(error) => Err(Outcome::Later {
                        wait_ms: 60_000,
                        detail: error.to_string(),
                        whole_target: false,
                    }),
                }
            }
            Operation::Update {
                kind: Kind::Account,
                remote,
                set,
                ..
            } => {
                self.carries(set)?;
                self.known(remote).await.map(drop)
            }
            Operation::SetActive { remote, .. } => self.known(remote).await.map(drop),
            Operation::Delete {
                kind: Kind::Account,
                remote,
            } => match self.known(remote).await {
                Err(Outcome::Stale { .. }) => Err(Outcome::AlreadyDone { remote: None }),
                known => known.map(drop),
            },
            Operation::Create { .. }
            | Operation::Update { .. }
            | Operation::Delete { .. }
            | Operation::Members { .. } => Err(refused(
                UNASKED,
                "only accounts are kept by hand, no groups and members",
            )),
        }
    }
}

fn refused(code: &str, detail: impl Into<String>) -> Outcome {
    Outcome::Refused {
        code: code.to_owned(),
        detail: detail.into(),
    }
}

#[async_trait]
impl Target for HandOff {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    async fn probe(&self) -> Result<Probe, TargetError> {
        Ok(Probe {
            name: "by hand".to_owned(),
            differs: Vec::new(),
        })
    }

    async fn list(&self, kind: Kind, _from: Option<&Cursor>) -> Result<Listed, TargetError> {
        if kind != Kind::Account {
            return Err(TargetError::Refused("it has only accounts".to_owned()));
        }
        let known = self.register.accounts().await?;
        Ok(Listed {
            records: known.records,
            next: None,
            completeness: known.completeness,
            detail: known.detail,
        })
    }

    async fn read(&self, kind: Kind, remote: &RemoteId) -> Result<Option<Record>, TargetError> {
        match kind {
            Kind::Account => self.register.account(remote).await,
            Kind::Group | Kind::Grant => Ok(None),
        }
    }

    async fn find(&self, kind: Kind, by: &Match) -> Result<Vec<Record>, TargetError> {
        match (kind, by) {
            (Kind::Account, Match::Name(name)) => self.register.named(name).await,
            // Nobody is asked to keep a key of ours.
            _ => Ok(Vec::new()),
        }
    }

    /// Nothing is sent, so the deadline bounds nothing.
    async fn apply(&self, operation: &Operation, _deadline: Duration) -> Answer {
        let outcome = match self.hand(operation).await {
            Ok(()) => Outcome::Handed,
            Err(known) => known,
        };
        outcome.into()
    }
}
