//! What plans leave behind when they are carried out and nothing goes wrong: what the worker would
//! write down once it has read everything back as wanted.

use lifecycle::claims::USER_NAME;
use lifecycle::draft::Seen;
use model::{
    Act, Address, Attributes, Event, Kind, Ownership, Plan, Record, RemoteId, Shadow, Step, Value,
};
use ports::store::{Link, LostName, Objects};

use super::foreseen::Foreseen;
use super::moved::ObjectAt;
use crate::names::are_given_once;
use crate::planner::Sight;
use crate::tenant::Loaded;
use crate::{App, AppError};

/// Why an address and an object belong together that the rehearsal linked.
const BECAUSE: &str = "a rehearsal foresees it";

/// Carries plans out in the store as it will be.
pub(super) struct Hands<'a> {
    /// Over the store as it will be.
    pub app: &'a App,
    pub world: &'a Foreseen,
    pub loaded: &'a std::sync::Arc<Loaded>,
}

impl Hands<'_> {
    /// Carries these plans out together: what is made first, since others refer to it.
    pub async fn carry_out(&self, plans: &[&Plan]) -> Result<(), AppError> {
        for first in [true, false] {
            for step in plans.iter().flat_map(|plan| &plan.steps) {
                if makes(step) == first {
                    self.step(step).await?;
                }
            }
        }
        Ok(())
    }

    async fn step(&self, step: &Step) -> Result<(), AppError> {
        let at = &step.address;
        match (&step.act, at.kind) {
            (Act::Grant, _) => self.join(at, Ownership::Managed).await,
            (Act::Adopt { .. }, Kind::Grant) => self.join(at, Ownership::Adopted).await,
            (Act::Revoke, _) => self.part(at).await,
            (Act::Adopt { remote }, _) => self.link(at, remote, Ownership::Adopted).await,
            (Act::Create { attributes, active }, _) => {
                self.make(at, attributes, *active).await?;
                Ok(())
            }
            (Act::Delete, _) => self.delete(at).await,
            (Act::Update { .. } | Act::Enable | Act::Disable, _) => {
                self.change(at, &step.act).await
            }
        }
    }

    async fn link(&self, at: &Address, to: &RemoteId, whose: Ownership) -> Result<(), AppError> {
        let before = self.world.link(at).await?;
        let link = Link {
            address: at.clone(),
            remote: to.clone(),
            ownership: whose,
            because: BECAUSE.to_owned(),
        };
        self.world.moved().set_link(link, before.as_ref());
        Ok(())
    }

    async fn make(
        &self,
        at: &Address,
        attributes: &Attributes,
        active: bool,
    ) -> Result<RemoteId, AppError> {
        let remote = RemoteId(format!("rehearsed-{}", self.world.moved().next_seq()));
        let record = Record {
            kind: at.kind,
            remote: remote.clone(),
            external: None,
            name: name(at.kind, attributes),
            active,
            attributes: attributes.clone(),
            members: None,
            version: None,
        };
        let shadow = Shadow {
            record,
            seen_at: self.app.clock.now(),
        };
        let object = object(at, &remote);
        self.world.moved().set_object(object, Some(shadow));
        self.link(at, &remote, Ownership::Managed).await?;
        Ok(remote)
    }

    async fn change(&self, at: &Address, act: &Act) -> Result<(), AppError> {
        let Some((link, mut shadow)) = self.seen(at).await? else {
            return Ok(());
        };
        let before = shadow.record.clone();
        let record = &mut shadow.record;
        match act {
            Act::Enable => record.active = true,
            Act::Disable => record.active = false,
            Act::Update { set, unset } => {
                for (path, value) in set {
                    // What refers to an account that is still not there waits for it, and is
                    // planned again.
                    if let Some(value) = self.resolved(at, value).await? {
                        record.attributes.insert(path.clone(), value);
                    }
                }
                for path in unset {
                    record.attributes.remove(path);
                }
                if set.contains_key(name_path(at.kind)) {
                    record.name = name(at.kind, &record.attributes);
                }
            }
            _ => {}
        }
        shadow.seen_at = self.app.clock.now();
        self.lose_name(at, &before, Some(&shadow.record));
        let object = object(at, &link.remote);
        self.world.moved().set_object(object, Some(shadow));
        Ok(())
    }

    /// What an address is linked to, as it was seen last.
    async fn seen(&self, at: &Address) -> Result<Option<(Link, Shadow)>, AppError> {
        let Some(link) = self.world.link(at).await? else {
            return Ok(None);
        };
        let shadow = self.world.shadow(&at.target, at.kind, &link.remote).await?;
        Ok(shadow.map(|shadow| (link, shadow)))
    }

    async fn resolved(&self, at: &Address, value: &Value) -> Result<Option<Value>, AppError> {
        let Value::Subject { subject } = value else {
            return Ok(Some(value.clone()));
        };
        let other = Address::account(&at.target, *subject);
        let link = self.world.link(&other).await?;
        Ok(link.map(|link| Value::Text(link.remote.0)))
    }

    /// An account goes, and its memberships with it.
    async fn delete(&self, at: &Address) -> Result<(), AppError> {
        let Some((link, shadow)) = self.seen(at).await? else {
            return Ok(());
        };
        self.lose_name(at, &shadow.record, None);
        let theirs = match at.key.subject() {
            Some(subject) => self.world.links_of(subject).await?,
            None => Vec::new(),
        };
        let mut moved = self.world.moved();
        let here =
            |grant: &Link| grant.address.kind == Kind::Grant && grant.address.target == at.target;
        for grant in theirs.iter().filter(|grant| here(grant)) {
            moved.set_member(&at.target, &grant.remote, &link.remote, false);
            moved.unlink(grant);
        }
        moved.set_object(object(at, &link.remote), None);
        moved.unlink(&link);
        Ok(())
    }

    async fn join(&self, at: &Address, whose: Ownership) -> Result<(), AppError> {
        let Some(account) = self.account(at).await? else {
            return Ok(());
        };
        let group = self.group(at).await?;
        self.world
            .moved()
            .set_member(&at.target, &group, &account, true);
        self.link(at, &group, whose).await
    }

    async fn part(&self, at: &Address) -> Result<(), AppError> {
        let name = at.key.granted_group().unwrap_or_default();
        let group = self.world.link(&Address::group(&at.target, name)).await?;
        if let (Some(group), Some(account)) = (group, self.account(at).await?) {
            let mut moved = self.world.moved();
            moved.set_member(&at.target, &group.remote, &account, false);
        }
        if let Some(link) = self.world.link(at).await? {
            self.world.moved().unlink(&link);
        }
        Ok(())
    }

    /// The account whose membership a grant is.
    async fn account(&self, grant: &Address) -> Result<Option<RemoteId>, AppError> {
        let Some(subject) = grant.key.subject() else {
            return Ok(None);
        };
        let account = Address::account(&grant.target, subject);
        let link = self.world.link(&account).await?;
        Ok(link.map(|link| link.remote))
    }

    /// The group of a grant. One that is declared and not there yet is taken over or made: that is
    /// the plan for the app's groups, which every planning of everyone makes.
    async fn group(&self, grant: &Address) -> Result<RemoteId, AppError> {
        let name = grant.key.granted_group().unwrap_or_default();
        let at = Address::group(&grant.target, name);
        if let Some(link) = self.world.link(&at).await? {
            return Ok(link.remote);
        }
        let app = self.loaded.book.apps.get(&grant.target);
        let declared = app.and_then(|app| app.groups.get(name));
        let attributes = declared.map(|group| group.attributes.clone());
        let attributes = attributes.unwrap_or_default();
        let store = std::sync::Arc::clone(&self.app.store);
        let mut sight = Sight::new(store, std::sync::Arc::clone(self.loaded));
        if let Seen::Candidates(found) = sight.of_group(&at, &attributes).await?
            && let [one] = found.as_slice()
        {
            self.link(&at, &one.remote, Ownership::Adopted).await?;
            return Ok(one.remote.clone());
        }
        self.make(&at, &attributes, true).await
    }

    /// Where names are given once, the one that an account no longer has.
    fn lose_name(&self, at: &Address, before: &Record, now: Option<&Record>) {
        if !are_given_once(&self.loaded.book, &at.target) {
            return;
        }
        let subject = at.key.subject();
        let lost = self.app.lost_name(&at.target, Some(before), now, subject);
        if let Some(Event::NameLost(lost)) = lost {
            let since = LostName {
                at: self.app.clock.now(),
                of: lost.subject,
            };
            let mut moved = self.world.moved();
            moved.set_lost(lost.target, lost.name, since);
        }
    }
}

/// Whether a step makes or takes over something that others refer to.
fn makes(step: &Step) -> bool {
    let made = matches!(step.act, Act::Create { .. } | Act::Adopt { .. });
    made && step.address.kind != Kind::Grant
}

fn object(at: &Address, remote: &RemoteId) -> ObjectAt {
    (at.target.clone(), at.kind, remote.clone())
}

/// The attribute by which people know an object.
fn name_path(kind: Kind) -> &'static str {
    match kind {
        Kind::Account => USER_NAME,
        Kind::Group | Kind::Grant => "displayName",
    }
}

fn name(kind: Kind, attributes: &Attributes) -> String {
    let name = attributes.get(name_path(kind)).and_then(Value::as_text);
    name.unwrap_or_default().to_owned()
}
