//! Apps that were there before: whose their accounts are, and decisions about them.

use std::sync::Arc;

use api::{
    ClassCount, DecideEstate, DecideEstateAnswer, DecidedEstate, DriftAnswer, DriftCount, DriftRow,
    EstateAnswer, EstateRow, Problem, UnexplainedAnswer, UnexplainedGroup, UnexplainedRow,
};
use app::{DecisionRow, EstateAccount, State, Who};
use model::event::Holder;

use super::{Rooms, fail};
use crate::route::{Call, Reply};

pub async fn show(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let estate = rooms.app.estate(call.text("target")?).await.map_err(fail)?;
    let counts = estate.counts().into_iter().map(|(class, n)| ClassCount {
        class: class.as_str().to_owned(),
        accounts: n as u64,
    });
    Reply::json(&EstateAnswer {
        target: estate.target.to_string(),
        counts: counts.collect(),
        accounts: estate.accounts.iter().map(row).collect(),
    })
}

fn row(account: &EstateAccount) -> EstateRow {
    let decided = account.decided.as_ref();
    let (decision, owner) = match decided.map(|d| &d.holder) {
        Some(Holder::Person { subject }) => {
            let key = account.people.first().map(|who| who.key.clone());
            let key = key.unwrap_or_else(|| subject.to_string());
            (format!("adopt {key}"), String::new())
        }
        Some(Holder::Orphan) => ("orphan".to_owned(), String::new()),
        Some(Holder::Shared) => ("shared".to_owned(), String::new()),
        Some(Holder::Service { owner }) => ("service".to_owned(), owner.clone()),
        Some(Holder::Privileged) => ("privileged".to_owned(), String::new()),
        Some(Holder::Ignored) => ("ignore".to_owned(), String::new()),
        Some(Holder::Undecided) | None => Default::default(),
    };
    EstateRow {
        account: account.remote.to_string(),
        name: account.name.clone(),
        active: account.active,
        class: account.class.as_str().to_owned(),
        people: account.people.iter().map(named).collect(),
        rivals: account.rivals.iter().map(ToString::to_string).collect(),
        decision,
        owner,
        reason: decided.map(|d| d.reason.clone()).unwrap_or_default(),
        by: decided.map(|d| d.by.clone()).unwrap_or_default(),
    }
}

fn named(who: &Who) -> String {
    format!("{} {}", who.key, who.name).trim_end().to_owned()
}

pub async fn decide(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let asked: DecideEstate = call.json()?;
    let rows: Vec<DecisionRow> = asked
        .rows
        .into_iter()
        .map(|row| DecisionRow {
            line: row.line,
            account: row.account,
            group: row.group,
            decision: row.decision,
            owner: row.owner,
            until: row.until,
            reason: row.reason,
        })
        .collect();
    let (app, target) = (&rooms.app, call.text("target")?);
    let report = app
        .decide_estate(call.actor(), target, &rows, &asked.reason, asked.dry_run)
        .await
        .map_err(fail)?;
    let decided = report.decided.into_iter().map(|row| DecidedEstate {
        line: row.line,
        account: row.account,
        group: row.group,
        decision: row.decision,
    });
    Reply::json(&DecideEstateAnswer {
        decided: decided.collect(),
        unchanged: report.unchanged,
        open: report.open,
        diagnostics: report.diagnostics.into_iter().map(Into::into).collect(),
        dry_run: asked.dry_run,
    })
}

pub async fn unexplained(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let target = call.text("target")?;
    let found = rooms.app.unexplained(target).await.map_err(fail)?;
    let groups = found.of.into_iter().map(|of| UnexplainedGroup {
        group: of.group.unwrap_or_default(),
        declared: of.declared,
        unexplained: of.unexplained as u64,
        explains: of.suggestion.as_ref().map_or(0, |s| s.explains as u64),
        more: of.suggestion.as_ref().map_or(0, |s| s.more as u64),
        when: of.suggestion.map(|s| s.when).unwrap_or_default(),
    });
    let items = found.rows.into_iter().map(|row| {
        let (person, person_name) = row
            .person
            .map(|who| (who.key, who.name))
            .unwrap_or_default();
        UnexplainedRow {
            account: row.remote.to_string(),
            name: row.name,
            group: row.group.unwrap_or_default(),
            class: row.class.as_str().to_owned(),
            person,
            person_name,
            why: row.why.to_owned(),
            decision: String::new(),
            owner: String::new(),
            until: String::new(),
            reason: String::new(),
        }
    });
    Reply::json(&UnexplainedAnswer {
        target: target.to_owned(),
        groups: groups.collect(),
        items: items.collect(),
    })
}

pub async fn drift(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let target = call.text("target")?;
    let found = rooms.app.drift(target).await.map_err(fail)?;
    let counts = State::ALL.map(|state| DriftCount {
        state: state.as_str().to_owned(),
        addresses: found.iter().filter(|s| s.state == state).count() as u64,
    });
    let items = found.into_iter().map(|stands| DriftRow {
        state: stands.state.as_str().to_owned(),
        kind: stands.kind.as_str().to_owned(),
        address: stands.address,
        name: stands.name,
        detail: stands.detail,
    });
    Reply::json(&DriftAnswer {
        target: target.to_owned(),
        counts: counts.to_vec(),
        items: items.collect(),
    })
}
