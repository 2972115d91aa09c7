//! From a step to a request: references are resolved, the fence is checked once more, the
//! request is sent.

use std::time::Duration;

use lifecycle::advance::Input;
use model::{Act, Address, Answer, Attributes, Kind, Outcome, PlanId, RemoteId, Step, Value};
use ports::target::Operation;

use super::Worker;
use super::carry::Run;
use super::lane::Lane;
use crate::AppError;

/// How long to wait for an object that another plan makes.
pub(super) const REFERENCE: Duration = Duration::from_secs(1);

/// What a step comes to.
enum Request {
    Operation(Operation),
    Member {
        group: RemoteId,
        member: RemoteId,
        add: bool,
    },
    /// Nothing to send: the answer is known.
    Known(Outcome),
    /// Something that it needs does not exist yet.
    Waits(String),
}

impl Worker {
    /// Sends a step, whose intent is durable, and gives the answer as the reducer's next input.
    pub(super) async fn send(&self, run: &Run, no: u16) -> Result<Input, AppError> {
        let step = &run.progress.plan.steps[usize::from(no)];
        let Some(lane) = self.lane(&step.address.target) else {
            return Ok(Input::Blocked(
                no,
                REFERENCE,
                "the app has no connection".to_owned(),
            ));
        };
        let first = run.progress.steps[usize::from(no)].attempt <= 1;
        let request = self.request(step, first).await?;
        let answer = match request {
            Request::Known(outcome) => outcome.into(),
            Request::Waits(detail) => return Ok(Input::Blocked(no, REFERENCE, detail)),
            request => match self.transmit(&lane, run.progress.id, request).await {
                Some(answer) => answer,
                None => {
                    let detail = "the target was closed before it was sent".to_owned();
                    return Ok(Input::Blocked(no, Duration::from_millis(100), detail));
                }
            },
        };
        lane.learn(&answer.outcome, self.app.clock.now());
        Ok(Input::Answered(no, answer))
    }

    /// `None`: the lane was closed, or its lease ran out, before the request could leave.
    async fn transmit(&self, lane: &Lane, plan: PlanId, request: Request) -> Option<Answer> {
        let (clock, deadline) = (&*self.app.clock, self.settings.deadline);
        match request {
            Request::Operation(operation) => {
                if !lane.has_room(plan, false, clock.now()) {
                    return None;
                }
                let _permit = lane.enter(Some(plan), clock.now()).await?;
                if !lane.may_send(clock.now(), deadline) {
                    return None;
                }
                Some(lane.target.apply(&operation, deadline).await)
            }
            Request::Member { group, member, add } => {
                if !lane.has_room(plan, true, clock.now()) {
                    return None;
                }
                let change = (&member, add);
                lane.members
                    .change(lane, clock, &group, change, deadline)
                    .await
            }
            Request::Known(outcome) => Some(outcome.into()),
            Request::Waits(detail) => Some(Outcome::Unknown { detail }.into()),
        }
    }

    async fn request(&self, step: &Step, first: bool) -> Result<Request, AppError> {
        let at = &step.address;
        let link = self.app.store.link(at).await?;
        let remote = link.map(|l| l.remote);
        Ok(match (&step.act, at.kind) {
            (Act::Adopt { .. }, Kind::Grant) if !self.has_ends(at).await? => {
                Request::Waits("waits for the group".to_owned())
            }
            (Act::Adopt { remote: wanted }, _) => match remote {
                Some(linked) if linked != *wanted && at.kind != Kind::Grant => {
                    Request::Known(stale("the address is linked to another object by now"))
                }
                _ => Request::Known(Outcome::Done {
                    remote: Some(wanted.clone()),
                    version: None,
                }),
            },
            (Act::Create { .. }, _) if remote.is_some() => {
                Request::Known(stale("the address is linked to an object by now"))
            }
            (Act::Create { attributes, active }, kind) => Request::Operation(Operation::Create {
                kind,
                external: self.app.external_key(at),
                active: *active,
                attributes: attributes.clone(),
            }),
            (Act::Grant | Act::Revoke, _) => self.membership(step, first).await?,
            (act, kind) => match remote {
                Some(remote) => self.change(act, kind, at, remote).await?,
                None => Request::Known(stale("the address is not linked to an object any more")),
            },
        })
    }

    /// Whether the group and the account of a grant are linked.
    async fn has_ends(&self, grant: &Address) -> Result<bool, AppError> {
        let name = grant.key.granted_group().unwrap_or_default();
        let mut ends = vec![Address::group(&grant.target, name)];
        ends.extend(
            grant
                .key
                .subject()
                .map(|s| Address::account(&grant.target, s)),
        );
        Ok(self.app.store.links(&ends).await?.len() == 2)
    }

    async fn change(
        &self,
        act: &Act,
        kind: Kind,
        at: &Address,
        remote: RemoteId,
    ) -> Result<Request, AppError> {
        let operation = match act {
            Act::Update { set, unset } => {
                let set = match self.resolved(at, set).await? {
                    Ok(set) => set,
                    Err(detail) => return Ok(Request::Waits(detail)),
                };
                let shadow = self.app.store.shadow(&at.target, kind, &remote).await?;
                let expect = shadow.and_then(|s| s.record.version);
                Operation::Update {
                    kind,
                    remote,
                    set,
                    unset: unset.clone(),
                    expect,
                }
            }
            Act::Enable => Operation::SetActive {
                remote,
                active: true,
            },
            Act::Disable => Operation::SetActive {
                remote,
                active: false,
            },
            Act::Delete => Operation::Delete { kind, remote },
            Act::Adopt { .. } | Act::Create { .. } | Act::Grant | Act::Revoke => {
                return Ok(Request::Known(stale("the step does not fit its address")));
            }
        };
        Ok(Request::Operation(operation))
    }

    /// A membership that was last seen to be as wanted is not sent: some targets list whoever is
    /// added twice twice. It is read back all the same, and sent when that says otherwise.
    async fn membership(&self, step: &Step, first: bool) -> Result<Request, AppError> {
        let at = &step.address;
        let add = step.act == Act::Grant;
        let name = at.key.granted_group().unwrap_or_default();
        let group = self
            .app
            .store
            .link(&Address::group(&at.target, name))
            .await?;
        let Some(group) = group else {
            // Nobody is a member of what is not there.
            if !add {
                return Ok(Request::Known(Outcome::AlreadyDone { remote: None }));
            }
            return Ok(Request::Waits(format!("waits for the group `{name}`")));
        };
        let account = match at.key.subject() {
            Some(subject) => {
                self.app
                    .store
                    .link(&Address::account(&at.target, subject))
                    .await?
            }
            None => None,
        };
        if let Some(account) = &account
            && first
            && add
        {
            let seen = self.app.store.member_of(&at.target, &account.remote);
            if seen.await?.contains(&group.remote) {
                return Ok(Request::Known(Outcome::AlreadyDone { remote: None }));
            }
        }
        Ok(match account {
            Some(account) => Request::Member {
                group: group.remote,
                member: account.remote,
                add,
            },
            // Without an account there is nothing to take out of the group.
            None if !add => Request::Known(Outcome::AlreadyDone { remote: None }),
            None => Request::Waits("waits for the account".to_owned()),
        })
    }

    /// References replaced by the ids that the target gave; an error says what is not there yet.
    pub(super) async fn resolved(
        &self,
        at: &Address,
        attributes: &Attributes,
    ) -> Result<Result<Attributes, String>, AppError> {
        let mut out = Attributes::new();
        for (path, value) in attributes {
            let value = match value {
                Value::Subject { subject } => {
                    let other = Address::account(&at.target, *subject);
                    match self.app.store.link(&other).await? {
                        Some(link) => Value::Text(link.remote.0),
                        None => return Ok(Err(format!("waits for the account of {subject}"))),
                    }
                }
                plain => plain.clone(),
            };
            out.insert(path.clone(), value);
        }
        Ok(Ok(out))
    }
}

fn stale(detail: &str) -> Outcome {
    Outcome::Stale {
        detail: detail.to_owned(),
    }
}
