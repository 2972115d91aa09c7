//! The made-up person of a drill: what is told of them, and where they are no worker.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use documents::{DRILLS, Drill, Mode};
use lifecycle::assign::{Worker, wishes};
use lifecycle::identity::identity;
use model::time::DateTime;
use model::{
    Address, Cause, Change, DeliveryId, Digest, Engagement, EngagementId, Facts, Input, Kind,
    SubjectId, TargetName, Timestamp, Want,
};
use ports::store::{MAX_PAGE, Person};

use crate::tenant::Loaded;
use crate::{App, AppError, ErrorKind};

/// Whether somebody is made up for a drill. Nobody else is told of by its source.
pub(crate) fn is_persona(person: &Person) -> bool {
    person.engagements.iter().any(|e| e.source == DRILLS)
}

/// As they join.
pub(super) fn joined(drill: &Drill, now: Timestamp) -> Result<Facts, AppError> {
    Ok(Facts {
        attributes: drill.joins.clone(),
        starts: Some(second(now, &drill.zone)?),
        leave: None,
        ends: None,
        zone: drill.zone.clone(),
    })
}

/// As they have moved.
pub(super) fn moved(before: &Facts, drill: &Drill) -> Facts {
    let mut facts = before.clone();
    facts.attributes.extend(drill.moves.clone());
    facts
}

/// As they have left.
pub(super) fn left(before: &Facts, now: Timestamp) -> Result<Facts, AppError> {
    let mut facts = before.clone();
    facts.ends = Some(second(now, &facts.zone)?);
    Ok(facts)
}

/// The second that the wall shows: it has begun.
fn second(now: Timestamp, zone: &str) -> Result<DateTime, AppError> {
    let wall = now.on_the_wall(zone).map_err(|problem| {
        AppError::new(
            ErrorKind::Invalid,
            "TNR-DRILL-0004",
            format!("it is not known what time it is in `{zone}`: {problem}"),
            "name another zone in the drill's document",
        )
    })?;
    Ok(wall.date().at(wall.hour(), wall.minute(), wall.second(), 0))
}

/// The apps that have to follow in any phase: those that the document names, or those that the rules
/// give them as they join or move.
///
/// # Errors
/// `Invalid` where there is none, or the document names one that no rule gives them.
pub(super) fn apps(
    drill: &Drill,
    loaded: &Loaded,
    facts: &Facts,
    now: Timestamp,
) -> Result<Vec<TargetName>, AppError> {
    let name = &drill.name;
    let mut ever = given(loaded, name, facts, now);
    ever.extend(given(loaded, name, &moved(facts, drill), now));
    let not_given = drill.apps.iter().find(|app| !ever.contains(*app));
    let problem = match (not_given, ever.is_empty()) {
        (Some(app), _) => format!("no rule gives {app} to whoever is made up for `{name}`"),
        (None, true) => format!("no rule gives any app to whoever is made up for `{name}`"),
        (None, false) => {
            let named = (!drill.apps.is_empty()).then(|| drill.apps.clone());
            return Ok(named.unwrap_or(ever).into_iter().collect());
        }
    };
    Err(AppError::new(
        ErrorKind::Invalid,
        "TNR-DRILL-0003",
        problem,
        "write attributes in `joins` or `moves` for which a rule gives an app that Tenure writes to",
    ))
}

/// The apps that the rules give to a person with these facts, of those that Tenure writes to and reads
/// by itself.
pub(super) fn given(
    loaded: &Loaded,
    key: &str,
    facts: &Facts,
    now: Timestamp,
) -> BTreeSet<TargetName> {
    let told = Engagement {
        id: EngagementId::from_bits(0),
        source: DRILLS.to_owned(),
        key: key.to_owned(),
        facts: Arc::new(facts.clone()),
        digest: Digest::default(),
        withdrawn: false,
        delivery: DeliveryId::from_bits(0),
        change: Change::Joiner,
    };
    let Some(identity) = identity(&[told], &loaded.book.sources, now) else {
        return BTreeSet::new();
    };
    let worker = Worker::new(SubjectId::from_bits(0), &identity, None);
    let (wanted, _) = wishes(worker, &loaded.book, &BTreeMap::new(), now);
    let wanted = wanted.into_iter().filter(|wish| {
        wish.about.kind == Kind::Account && matches!(wish.want, Want::Present { .. })
    });
    let follows = |name: &TargetName| {
        let app = loaded.tenant.apps.get(name);
        app.is_some_and(|app| app.handoff().is_none() && app.mode != Mode::Observe)
    };
    wanted
        .map(|wish| wish.about.target)
        .filter(follows)
        .collect()
}

impl App {
    /// Everyone who was ever made up for a drill.
    async fn personas(&self) -> Result<Vec<SubjectId>, AppError> {
        let told = self.store.worker_digests(DRILLS, None, MAX_PAGE).await?;
        Ok(told.into_iter().map(|worker| worker.subject).collect())
    }

    /// How many accounts of a target belong to people who are made up: shares are of the others.
    pub(crate) async fn made_up(&self, target: &TargetName) -> Result<u64, AppError> {
        let addresses: Vec<Address> = self
            .personas()
            .await?
            .into_iter()
            .map(|subject| Address::account(target, subject))
            .collect();
        if addresses.is_empty() {
            return Ok(0);
        }
        Ok(self.store.links(&addresses).await?.len() as u64)
    }

    /// Whether a drill is the cause of a wave.
    pub(crate) async fn is_of_drill(&self, cause: &Cause) -> Result<bool, AppError> {
        let Input::Delivery(id) = &cause.input else {
            return Ok(false);
        };
        let row = self.store.delivery(*id).await?;
        Ok(row.is_some_and(|row| row.delivery.source == DRILLS))
    }
}
