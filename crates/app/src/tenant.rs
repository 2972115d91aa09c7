//! The documents in force, compiled; and the targets that they describe.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock};

use documents::{Mode as DocMode, Reach, Tenant};
use lifecycle::beside::{Beside, Duty, Hold, PersonalGrant};
use lifecycle::guard::{Freeze, GuardPolicy, Unasked};
use lifecycle::identity::{SourceRank, Sources};
use lifecycle::{
    AppRules, BirthrightRule, Entitlement, GroupRules, Lead, ManualStep, Mode, OnLeave, RuleBook,
    UniqueName,
};
use model::{Attributes, Kind, Secret, TargetName, Timestamp, Value};
use ports::Target;
use ports::store::{DocumentsRow, ObservationRow, Stream};
use rules::Condition;

use crate::handoff::StoreRegister;
use crate::oidc::{Clients, clients_of};
use crate::{App, AppError, ErrorKind};

/// One revision of the documents, compiled.
pub struct Loaded {
    /// As stored.
    pub row: DocumentsRow,
    /// As checked.
    pub tenant: Tenant,
    /// As the engine needs them.
    pub book: RuleBook,
    /// What the guard allows unasked.
    pub policy: GuardPolicy,
    /// Whether somebody is in a group of people, by its name.
    pub members: BTreeMap<String, Condition>,
    /// The discovery document, as it is sent; written when it is first asked for.
    pub(crate) discovery: OnceLock<Arc<str>>,
    /// Its clients; made when one is first asked for.
    clients: OnceLock<Clients>,
}

impl Loaded {
    /// The clients that the documents declare, or that have registered themselves.
    pub(crate) fn clients(&self) -> &Clients {
        let parties = &self.tenant.relying_parties;
        self.clients.get_or_init(|| clients_of(parties.values()))
    }
}

/// The last compiled revision, and the head of the documents' stream before it was read; and the same with the clients
/// that have registered themselves, and the head of their stream.
#[derive(Default)]
pub(crate) struct Cache {
    declared: Mutex<Option<(Option<u64>, Arc<Loaded>)>>,
    joined: Mutex<Option<Joined>>,
}

/// Documents and registered clients, put together.
struct Joined {
    /// The documents.
    of: Arc<Loaded>,
    /// The heads of the register, and of what follows from metadata.
    heads: [Option<u64>; 2],
    loaded: Arc<Loaded>,
}

/// The stream of the documents: whoever puts some in force moves it.
pub(crate) fn stream() -> Stream {
    Stream("documents".to_owned())
}

/// How a target stands.
pub struct TargetStatus {
    /// Its name.
    pub name: TargetName,
    /// `observe`, `confirm` or `enforce`.
    pub mode: &'static str,
    /// Where it is, or who keeps it by hand.
    pub url: String,
    /// The last run over its accounts.
    pub accounts: Option<ObservationRow>,
    /// The last run over its groups.
    pub groups: Option<ObservationRow>,
    /// Why writing to it is stopped, if it is.
    pub stopped: Option<String>,
}

impl App {
    /// The documents in force, compiled once per revision; with the clients that have registered themselves, where
    /// they let them.
    ///
    /// # Errors
    /// `Missing` before the first documents; `Broken` when a stored revision no longer compiles.
    pub async fn loaded(&self) -> Result<Arc<Loaded>, AppError> {
        let declared = self.declared().await?;
        let registers = !declared.tenant.client_registrations.is_empty();
        let follows = crate::saml::follows(&declared.tenant);
        if !registers && !follows {
            return Ok(declared);
        }
        let mut heads = [None; 2];
        if registers {
            let stream = crate::oidc::registrations_stream();
            heads[0] = self.store.head_of(&stream).await?;
        }
        if follows {
            let stream = crate::saml::followed_stream();
            heads[1] = self.store.head_of(&stream).await?;
        }
        if let Ok(slot) = self.loaded.joined.lock()
            && let Some(known) = slot.as_ref()
            && known.heads == heads
            && Arc::ptr_eq(&known.of, &declared)
        {
            return Ok(Arc::clone(&known.loaded));
        }
        let mut loaded = self.joined(&declared, heads[0]).await?;
        if heads[1].is_some() {
            loaded = self.followed(&loaded).await?;
        }
        if let Ok(mut slot) = self.loaded.joined.lock() {
            *slot = Some(Joined {
                of: declared,
                heads,
                loaded: Arc::clone(&loaded),
            });
        }
        Ok(loaded)
    }

    /// The documents in force by themselves.
    async fn declared(&self) -> Result<Arc<Loaded>, AppError> {
        // Asked by every request that brings a token: the documents themselves are read when they change.
        let head = self.store.head_of(&stream()).await?;
        let same = |cached: &Option<u64>, _: &Loaded| head.is_some() && *cached == head;
        if let Some(loaded) = self.cached(same) {
            return Ok(loaded);
        }
        let Some(row) = self.store.documents().await? else {
            return Err(AppError::new(
                ErrorKind::Missing,
                "TNR-APP-0002",
                "this tenant has no documents yet",
                "send some with `tenure config push DIR`",
            ));
        };
        let loaded = match self.cached(|_, known| known.row.revision == row.revision) {
            Some(loaded) => loaded,
            None => Arc::new(compile(row)?),
        };
        if let Ok(mut slot) = self.loaded.declared.lock() {
            *slot = Some((head, Arc::clone(&loaded)));
        }
        Ok(loaded)
    }

    /// The documents as this node read them last; `None` before it has.
    pub(crate) fn loaded_last(&self) -> Option<Arc<Loaded>> {
        self.cached(|_, _| true)
    }

    fn cached(&self, fits: impl Fn(&Option<u64>, &Loaded) -> bool) -> Option<Arc<Loaded>> {
        let slot = self.loaded.declared.lock().ok()?;
        let (_, loaded) = slot.as_ref().filter(|(head, loaded)| fits(head, loaded))?;
        Some(Arc::clone(loaded))
    }

    /// A connection to a target, with its secret.
    pub(crate) async fn connection(
        &self,
        loaded: &Loaded,
        name: &TargetName,
    ) -> Result<Arc<dyn Target>, AppError> {
        let app = loaded
            .tenant
            .apps
            .get(name)
            .ok_or_else(|| AppError::missing("app", name.as_str()))?;
        if let Some(handoff) = app.handoff() {
            let known = StoreRegister::new(Arc::clone(&self.store), name.clone());
            return Ok(self.paperwork()?.target(&handoff.extract, Arc::new(known)));
        }
        let secret: Option<Secret> = self.secret_for(app).await?;
        self.connect.connect(app, secret).await.map_err(|problem| {
            AppError::new(
                ErrorKind::Invalid,
                "TNR-APP-0014",
                format!("the app `{name}` cannot be connected: {problem}"),
                "mend its document and push it again",
            )
        })
    }

    /// How every target stands.
    ///
    /// # Errors
    /// When there are no documents, or the store does not answer.
    pub async fn targets(&self) -> Result<Vec<TargetStatus>, AppError> {
        let loaded = self.loaded().await?;
        let stopped = self.store.stopped().await?;
        let mut out = Vec::new();
        for (name, app) in &loaded.tenant.apps {
            out.push(TargetStatus {
                name: name.clone(),
                mode: match app.mode {
                    DocMode::Observe => "observe",
                    DocMode::Confirm => "confirm",
                    DocMode::Enforce => "enforce",
                },
                url: match &app.reach {
                    Reach::Scim(scim) => scim.url.clone(),
                    Reach::HandOff(handoff) => format!("by hand: {}", handoff.owner),
                },
                accounts: self.store.last_observation(name, Kind::Account).await?,
                groups: self.store.last_observation(name, Kind::Group).await?,
                stopped: stopped
                    .iter()
                    .find(|(at, _)| at.as_ref().is_none_or(|at| at == name))
                    .map(|(_, reason)| reason.clone()),
            });
        }
        Ok(out)
    }
}

pub(crate) fn compile(row: DocumentsRow) -> Result<Loaded, AppError> {
    let files: Vec<(String, String)> = row
        .documents
        .iter()
        .map(|d| (d.name.clone(), d.text.clone()))
        .collect();
    let tenant = documents::load(&files).map_err(|diagnostics| {
        let problem = format!(
            "revision {} of the documents no longer compiles",
            row.revision
        );
        let fix = "push documents that this version accepts";
        AppError::new(ErrorKind::Broken, "TNR-APP-0003", problem, fix).with(diagnostics)
    })?;
    Ok(compiled(row, tenant))
}

/// Checked documents as the planner takes them.
pub(crate) fn compiled(row: DocumentsRow, tenant: Tenant) -> Loaded {
    let book = rulebook(&tenant, row.revision);
    let policy = policy(&tenant);
    let members = members(&tenant);
    Loaded {
        row,
        tenant,
        book,
        policy,
        members,
        discovery: OnceLock::new(),
        clients: OnceLock::new(),
    }
}

/// Who is in which group of people, as a question that expressions can answer.
fn members(tenant: &Tenant) -> BTreeMap<String, Condition> {
    let schema = &tenant.schema;
    let asked = schema.groups.keys().filter_map(|name| {
        let member = rules::compile_condition(&format!("in_group(\"{name}\")"), schema);
        Some((name.clone(), member.ok()?))
    });
    asked.collect()
}

/// The engine's view of a tenant.
pub(crate) fn rulebook(tenant: &Tenant, revision: u64) -> RuleBook {
    let birthrights = tenant
        .rules
        .values()
        .map(|rule| BirthrightRule {
            name: rule.name.clone(),
            when: rule.when.clone(),
            grants: rule.grants.iter().map(entitlement).collect(),
            grace_days: rule.grace_days,
        })
        .collect();
    let apps = tenant
        .apps
        .iter()
        .map(|(name, app)| (name.clone(), app_rules(app)))
        .collect();
    let mut sources: Sources = tenant
        .sources
        .iter()
        .map(|(name, source)| (name.clone(), source_rank(source)))
        .collect();
    for group in tenant.listed.values() {
        for member in &group.members {
            let rank = sources.entry(member.source.clone()).or_default();
            let groups = rank.by_hand.entry(member.key.clone()).or_default();
            groups.insert(group.name.clone());
        }
    }
    let mut book = RuleBook {
        revision,
        rules: birthrights,
        apps,
        sources,
        beside: beside(tenant),
        asks_for_chain: false,
    };
    book.asks_for_chain = book.looks_at(rules::MANAGER_CHAIN);
    book
}

/// What documents say of single people, by what sources call them.
fn beside(tenant: &Tenant) -> Beside {
    let mut beside = Beside::default();
    for grant in tenant.grants.values() {
        let of = format!("grant/{}", grant.name);
        let until = grant.until;
        let duties = beside.duties.entry(grant.owner.clone()).or_default();
        duties.push(Duty {
            of,
            until,
            asks: false,
        });
        let given = beside.grants.entry(grant.person.clone()).or_default();
        given.push(PersonalGrant {
            name: grant.name.clone(),
            gives: entitlement(&grant.gives),
            owner: grant.owner.clone(),
            reason: grant.reason.clone(),
            until,
        });
    }
    for hold in tenant.holds.values() {
        let duties = beside.duties.entry(hold.owner.clone()).or_default();
        duties.push(Duty {
            of: format!("hold/{}", hold.name),
            until: hold.until,
            asks: false,
        });
        let held = beside.holds.entry(hold.person.clone()).or_default();
        held.push(Hold {
            name: hold.name.clone(),
            owner: hold.owner.clone(),
            reason: hold.reason.clone(),
            until: hold.until,
        });
    }
    for person in tenant.people.values() {
        let duties = beside.duties.entry(person.sponsor.clone()).or_default();
        duties.push(Duty {
            of: format!("person/{}", person.name),
            until: person.until,
            asks: false,
        });
    }
    for group in tenant.listed.values() {
        let duties = beside.duties.entry(group.owner.clone()).or_default();
        duties.push(Duty {
            of: format!("group/{}", group.name),
            // A list by hand stays until somebody takes it away.
            until: Timestamp::from_micros(i64::MAX),
            asks: false,
        });
        for (index, member) in group.members.iter().enumerate() {
            let listed = beside.listed.entry(member.clone()).or_default();
            listed.push((group.name.clone(), index + 1));
        }
    }
    for account in tenant.service_accounts.iter() {
        let duties = beside.duties.entry(account.owner.clone()).or_default();
        duties.push(Duty {
            of: format!("service/{}", account.name),
            until: account.expires,
            asks: true,
        });
    }
    beside
}

fn entitlement(grant: &documents::Grant) -> Entitlement {
    Entitlement {
        target: grant.app.clone(),
        group: grant.group.clone(),
    }
}

fn source_rank(source: &documents::Source) -> SourceRank {
    SourceRank {
        order: source.precedence,
        engages: source.engages,
        attributes: source.attribute_precedence.clone(),
        by_hand: BTreeMap::new(),
    }
}

fn app_rules(app: &documents::App) -> AppRules {
    let groups: BTreeMap<String, GroupRules> = app
        .groups
        .iter()
        .map(|(name, group)| {
            let display = ("displayName".to_owned(), Value::Text(group.display.clone()));
            (
                name.clone(),
                GroupRules {
                    attributes: Attributes::from([display]),
                },
            )
        })
        .collect();
    AppRules {
        mode: match app.mode {
            DocMode::Observe => Mode::Observe,
            DocMode::Confirm => Mode::Confirm,
            DocMode::Enforce => Mode::Enforce,
        },
        matching: app.account.matching.clone(),
        attributes: app.account.attributes.clone(),
        clears: app.account.clears.clone(),
        unique: app.account.unique.as_ref().map(|unique| UniqueName {
            forms: unique.forms.clone(),
            number: unique.number,
            reserved: unique.reserved.clone(),
            quarantine_days: unique.quarantine_days,
        }),
        manager: app
            .account
            .manager
            .clone()
            .map(|mapping| (documents::MANAGER_PATH.to_owned(), mapping)),
        groups,
        joiner: app.joiner.map(|joiner| Lead {
            days: joiner.days_before,
            active: joiner.active,
        }),
        leave: match app.leave {
            documents::OnLeave::Keep => OnLeave::Keep,
            documents::OnLeave::Disable => OnLeave::Disable,
        },
        delete_after_days: app.delete_after_days,
        manual: app.manual.iter().map(manual_step).collect(),
        seats: app.seats,
    }
}

fn manual_step(step: &documents::ManualStep) -> ManualStep {
    ManualStep {
        name: step.name.clone(),
        owner: step.owner.clone(),
        text: step.text.clone(),
        due_days: step.due_days,
        before_delete: step.before_delete,
    }
}

fn policy(tenant: &Tenant) -> GuardPolicy {
    let guard = &tenant.guard;
    GuardPolicy {
        removals_max: guard.removals.max_count,
        removals_percent: u64::from(guard.removals.max_share_percent),
        creations_max: guard.creations.max_count,
        creations_percent: u64::from(guard.creations.max_share_percent),
        deletions: guard.deletions.map(|limit| Unasked {
            max: limit.max_count,
            percent: u64::from(limit.max_share_percent),
        }),
        window_hours: u64::from(guard.window_hours),
        freezes: guard
            .freeze
            .iter()
            .map(|f| Freeze {
                from: f.from,
                to: f.to,
                reason: f.reason.clone(),
            })
            .collect(),
    }
}
