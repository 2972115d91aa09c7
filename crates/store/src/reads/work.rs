//! Reads of waves, plans and steps.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use async_trait::async_trait;
use model::plan::{About, PlanStatus, StepRef, StepStatus};
use model::{Address, Change, Key, Personal, PlanId, TargetName, Timestamp, WaveId};
use ports::store::{
    OpenLeavers, PlanRow, StepRow, StoreError, UndecidedWave, WaveDecision, WaveFilter, WaveRow,
    Work,
};

use crate::TenureStore;
use crate::decode::{Fields, Select, limit, page, text};
use crate::project::rank;
use crate::table::Cell;

type Read<T> = Result<T, StoreError>;

static WAVE: Select = Select {
    table: "wave",
    key: 1,
    columns: &[
        "w.wave",
        "w.cause",
        "w.author",
        "w.seq",
        "w.at",
        "v.verdict",
        "d.decider",
        "d.reason",
        "d.at",
        "w.steps",
        "w.removals",
    ],
    from: "wave w LEFT JOIN wave_verdict v ON v.wave = w.wave \
           LEFT JOIN wave_decision d ON d.wave = w.wave AND d.seq = \
           (SELECT max(x.seq) FROM wave_decision x WHERE x.wave = w.wave)",
};

static DECISION: Select = Select {
    table: "wave_decision",
    key: 1,
    columns: &[
        "wave", "seq", "at", "decider", "reason", "released", "plans",
    ],
    from: "wave_decision",
};

/// How many plans of a wave stand how. The grouping is at the end of the query.
static STANDING: Select = Select {
    table: "plan_state",
    key: 1,
    columns: &["p.wave", "s.status", "count(*)"],
    from: "plan p JOIN plan_state s ON s.plan = p.plan",
};

/// Plans exist for readers once their wave does. The head is read in the same statement as the
/// plan and before its steps: whoever decides from these rows can only be too old, and then the
/// append conflicts; never too new.
static PLAN: Select = Select {
    table: "plan",
    key: 1,
    columns: &[
        "p.plan", "p.wave", "p.about", "p.change", "s.status", "s.detail", "h.head", "p.body",
        "p.seq",
    ],
    from: "plan p JOIN wave w ON w.wave = p.wave JOIN plan_state s ON s.plan = p.plan \
           LEFT JOIN stream h ON h.name = 'plan/' || p.plan",
};

static OPEN_PLAN: Select = Select {
    table: PLAN.table,
    key: PLAN.key,
    columns: PLAN.columns,
    from: "plan_open o JOIN plan p ON p.plan = o.plan JOIN wave w ON w.wave = p.wave \
           JOIN plan_state s ON s.plan = p.plan \
           LEFT JOIN stream h ON h.name = 'plan/' || p.plan",
};

static PLAN_ID: Select = Select {
    table: "plan",
    key: 1,
    columns: &["plan"],
    from: "plan",
};

static RELEASED: Select = Select {
    table: "plan_open",
    key: 1,
    columns: &["o.plan"],
    from: "plan_open o",
};

static STEP: Select = Select {
    table: "step",
    key: 2,
    columns: &[
        "t.plan",
        "t.no",
        "t.target",
        "t.kind",
        "t.key",
        "t.verb",
        "t.after",
        "x.status",
        "x.changed",
        "x.at",
    ],
    from: "step t LEFT JOIN step_state x ON x.plan = t.plan AND x.no = t.no",
};

static VISIBLE_STEP: Select = Select {
    table: STEP.table,
    key: STEP.key,
    columns: STEP.columns,
    from: "step t JOIN plan p ON p.plan = t.plan JOIN wave w ON w.wave = p.wave \
           LEFT JOIN step_state x ON x.plan = t.plan AND x.no = t.no",
};

static INTENT: Select = Select {
    table: "step_state",
    key: 2,
    columns: &["plan", "no"],
    from: "step_state",
};

static UNDECIDED: Select = Select {
    table: "wave",
    key: 1,
    columns: &["w.wave", "w.cause", "v.verdict", "w.seq"],
    from: "wave w JOIN wave_verdict v ON v.wave = w.wave",
};

/// The grouping is at the end of the query.
static LEAVERS: Select = Select {
    table: "plan_open",
    key: 1,
    columns: &["o.wave", "min(w.at)", "count(*)"],
    from: "plan_open o JOIN wave w ON w.wave = o.wave",
};

/// With the sequence number under which it was proposed.
fn undecided(row: &mut Fields) -> Read<(u64, UndecidedWave)> {
    let wave = UndecidedWave {
        wave: row.parsed()?,
        cause: row.json()?,
        verdict: row.json()?,
    };
    Ok((row.number()?, wave))
}

fn leavers(row: &mut Fields) -> Read<OpenLeavers> {
    Ok(OpenLeavers {
        wave: row.parsed()?,
        at: row.instant()?,
        plans: row.number()?,
    })
}

fn wave(row: &mut Fields) -> Read<WaveRow> {
    Ok(WaveRow {
        wave: row.parsed()?,
        cause: row.json()?,
        author: row.text()?,
        seq: row.number()?,
        at: row.instant()?,
        verdict: row.opt_json()?,
        decided: row.opt_text()?.zip(row.opt_text()?),
        decided_at: row.opt_instant()?,
        steps: row.number()?,
        removals: row.number()?,
        plans: Vec::new(),
    })
}

fn decision(row: &mut Fields) -> Read<WaveDecision> {
    row.text()?;
    Ok(WaveDecision {
        seq: row.number()?,
        at: row.instant()?,
        by: row.text()?,
        reason: row.text()?,
        released: row.int()? == 1,
        plans: row.json()?,
    })
}

fn standing(row: &mut Fields) -> Read<(WaveId, PlanStatus, u64)> {
    Ok((row.parsed()?, row.word()?, row.number()?))
}

/// A plan without its steps.
fn plan(row: &mut Fields) -> Read<PlanRow> {
    // In the order of the columns.
    Ok(PlanRow {
        id: row.parsed()?,
        wave: row.parsed()?,
        about: about(row)?,
        change: row.word()?,
        status: row.word()?,
        detail: row.text()?,
        head: row.opt_number()?,
        plan: row.opt_json()?.map_or(Personal::Erased, Personal::Known),
        steps: Vec::new(),
        drafted: row.number()?,
    })
}

/// As [`About`] prints itself: an app has a prefix that no subject's id has.
fn about(row: &mut Fields) -> Read<About> {
    let text = row.text()?;
    if let Some(target) = text.strip_prefix("app/") {
        return Ok(About::Target(TargetName::from(target)));
    }
    let subject = text.parse();
    subject
        .map(About::Subject)
        .map_err(|_| row.damaged("it is neither a subject nor an app"))
}

fn step(row: &mut Fields) -> Read<(PlanId, StepRow)> {
    let plan = row.parsed()?;
    let no = row.number()?;
    let address = Address {
        target: TargetName(row.text()?),
        kind: row.parsed()?,
        key: Key(row.text()?),
    };
    let step = StepRow {
        no,
        address,
        verb: row.text()?,
        after: row.json()?,
        status: row.opt_word()?.unwrap_or(StepStatus::Pending),
        last: row.opt_json()?,
        at: row.opt_instant()?,
    };
    Ok((plan, step))
}

fn intent(row: &mut Fields) -> Read<StepRef> {
    Ok(StepRef {
        plan: row.parsed()?,
        no: row.number()?,
    })
}

/// The order in which a wave tells how its plans stand.
const STATUSES: [PlanStatus; 7] = [
    PlanStatus::Waiting,
    PlanStatus::Released,
    PlanStatus::Refused,
    PlanStatus::Applied,
    PlanStatus::Failed,
    PlanStatus::Stale,
    PlanStatus::Superseded,
];

impl TenureStore {
    /// Fills in how the plans of these waves stand.
    async fn with_standing(&self, mut waves: Vec<WaveRow>) -> Read<Vec<WaveRow>> {
        let wanted = waves.iter().map(|wave| wave.wave.to_string()).collect();
        let counts = STANDING
            .all_in(
                self.db(),
                &[],
                "p.wave",
                wanted,
                "GROUP BY p.wave, s.status",
                standing,
            )
            .await?;
        let mut plans: BTreeMap<WaveId, Vec<(PlanStatus, u64)>> = BTreeMap::new();
        for (wave, status, count) in counts {
            plans.entry(wave).or_default().push((status, count));
        }
        for wave in &mut waves {
            wave.plans = plans.remove(&wave.wave).unwrap_or_default();
            wave.plans
                .sort_by_key(|(status, _)| STATUSES.iter().position(|s| s == status));
        }
        Ok(waves)
    }

    /// Fills in the steps of these plans.
    async fn with_steps(&self, mut plans: Vec<PlanRow>) -> Read<Vec<PlanRow>> {
        let wanted = plans.iter().map(|plan| plan.id.to_string()).collect();
        let order = "ORDER BY t.plan, t.no";
        let found = STEP
            .all_in(self.db(), &[], "t.plan", wanted, order, step)
            .await?;
        let mut steps: BTreeMap<PlanId, Vec<StepRow>> = BTreeMap::new();
        for (plan, step) in found {
            steps.entry(plan).or_default().push(step);
        }
        for plan in &mut plans {
            plan.steps = steps.remove(&plan.id).unwrap_or_default();
        }
        // A plan that was erased between the two queries must not look like one with nothing
        // left to do.
        let bare: Vec<_> = plans
            .iter()
            .filter(|p| p.steps.is_empty())
            .map(|p| p.id.to_string())
            .collect();
        if !bare.is_empty() {
            let there = PLAN_ID
                .all_in(self.db(), &[], "plan", bare, "", Fields::parsed)
                .await?;
            let there: BTreeSet<PlanId> = there.into_iter().collect();
            plans.retain(|plan| !plan.steps.is_empty() || there.contains(&plan.id));
        }
        Ok(plans)
    }

    async fn plans_where(&self, rest: &str, args: &[Cell]) -> Read<Vec<PlanRow>> {
        let found = PLAN.all(self.db(), rest, args, plan).await?;
        self.with_steps(found).await
    }
}

#[async_trait]
impl Work for TenureStore {
    async fn wave(&self, id: WaveId) -> Read<Option<WaveRow>> {
        let found = WAVE
            .all(self.db(), "WHERE w.wave = $1", &[text(id)], wave)
            .await?;
        Ok(self.with_standing(found).await?.into_iter().next())
    }

    async fn waves(&self, filter: WaveFilter) -> Read<Vec<WaveRow>> {
        let mut rest = String::from("WHERE 1 = 1 ");
        let mut args = vec![limit(filter.limit)];
        if filter.open {
            rest.push_str("AND EXISTS (SELECT 1 FROM plan_open o WHERE o.wave = w.wave) ");
        }
        if let Some(after) = filter.decided_after {
            args.push(Cell::Int(after.as_micros()));
            rest.push_str(
                "AND w.wave IN (SELECT x.wave FROM wave_decision x WHERE x.at > $2 \
                 UNION SELECT o.wave FROM plan_open o) ",
            );
        }
        if let Some(after) = filter.proposed_after {
            args.push(Cell::Int(i64::try_from(after).unwrap_or(i64::MAX)));
            let _ = write!(rest, "AND w.seq > ${} ", args.len());
        }
        if let Some(until) = filter.proposed_until {
            args.push(Cell::Int(i64::try_from(until).unwrap_or(i64::MAX)));
            let _ = write!(rest, "AND w.seq <= ${} ", args.len());
        }
        rest.push_str("ORDER BY w.seq DESC LIMIT $1");
        let found = WAVE.all(self.db(), &rest, &args, wave).await?;
        self.with_standing(found).await
    }

    async fn decisions_on(&self, wave: WaveId) -> Read<Vec<WaveDecision>> {
        let rest = "WHERE wave = $1 ORDER BY seq";
        DECISION.all(self.db(), rest, &[text(wave)], decision).await
    }

    async fn plan(&self, id: PlanId) -> Read<Option<PlanRow>> {
        let found = self.plans_where("WHERE p.plan = $1", &[text(id)]).await?;
        Ok(found.into_iter().next())
    }

    async fn plans_of(
        &self,
        wave: WaveId,
        after: Option<PlanId>,
        limit: u32,
    ) -> Read<Vec<PlanRow>> {
        let mut args = vec![text(wave)];
        let page = page(
            "p.plan",
            after.map(|plan| plan.to_string()),
            limit,
            &mut args,
        );
        self.plans_where(&format!("WHERE p.wave = $1 {page}"), &args)
            .await
    }

    async fn open_plans_about(&self, about: &[About]) -> Read<Vec<PlanRow>> {
        let wanted = about.iter().map(ToString::to_string).collect();
        let mut found = OPEN_PLAN
            .all_in(self.db(), &[], "o.about", wanted, "", plan)
            .await?;
        found.sort_by_key(|plan| (plan.drafted, plan.id));
        self.with_steps(found).await
    }

    async fn open_plans(&self, after: Option<PlanId>, limit: u32) -> Read<Vec<PlanRow>> {
        // A subquery, so that the table of open plans is walked by its key whatever is joined.
        let mut args = Vec::new();
        let after = after.map(|plan| plan.to_string());
        let page = page("o.plan", after, limit, &mut args);
        let rest = format!(
            "WHERE p.plan IN (SELECT o.plan FROM plan_open o \
             WHERE EXISTS (SELECT 1 FROM wave v WHERE v.wave = o.wave) {page}) ORDER BY p.plan"
        );
        self.plans_where(&rest, &args).await
    }

    async fn plans_about(&self, about: &About, rows: u32) -> Read<Vec<PlanRow>> {
        let rest = "WHERE p.about = $1 ORDER BY p.seq DESC LIMIT $2";
        self.plans_where(rest, &[text(about), limit(rows)]).await
    }

    async fn released_plans(&self, skip: u32, rows: u32) -> Read<Vec<PlanId>> {
        // Subqueries and not joins: the queue must be walked in its own order and left after
        // `LIMIT` rows, and a planner that joins may begin elsewhere and sort.
        let rest = "WHERE (SELECT s.status FROM plan_state s WHERE s.plan = o.plan) = 'released' \
                    AND (SELECT 1 FROM wave w WHERE w.wave = o.wave) = 1 \
                    ORDER BY o.change_rank, o.seq LIMIT $1 OFFSET $2";
        let args = [limit(rows), Cell::Int(i64::from(skip))];
        RELEASED.all(self.db(), rest, &args, Fields::parsed).await
    }

    async fn open_intents(&self, rows: u32) -> Read<Vec<StepRef>> {
        let rest = "WHERE status = 'sent' ORDER BY seq LIMIT $1";
        INTENT.all(self.db(), rest, &[limit(rows)], intent).await
    }

    async fn undecided_waves(&self, rows: u32) -> Read<Vec<UndecidedWave>> {
        // From what is open to its waves: waves of old are not walked, and the few that are found
        // are sorted here.
        let rest = "WHERE w.wave IN (SELECT o.wave FROM plan_open o) AND NOT EXISTS \
                    (SELECT 1 FROM wave_decision d WHERE d.wave = w.wave) LIMIT $1";
        let args = [limit(ports::store::MAX_PAGE)];
        let mut found = UNDECIDED.all(self.db(), rest, &args, undecided).await?;
        found.sort_by_key(|(seq, _)| *seq);
        let most = match limit(rows) {
            Cell::Int(most) => usize::try_from(most).unwrap_or(0),
            _ => 0,
        };
        Ok(found.into_iter().take(most).map(|(_, row)| row).collect())
    }

    async fn open_leavers(&self, before: Timestamp, rows: u32) -> Read<Vec<OpenLeavers>> {
        // Along the index by wave and rank, so that nothing is sorted but the few waves.
        let rest = "WHERE o.change_rank <= $1 AND w.at <= $2 GROUP BY o.wave LIMIT $3";
        let args = [
            Cell::Int(rank(Change::Leaver)),
            Cell::Int(before.as_micros()),
            limit(rows),
        ];
        let mut found = LEAVERS.all(self.db(), rest, &args, leavers).await?;
        found.sort_by_key(|row| (row.at, row.wave));
        Ok(found)
    }

    async fn step(&self, wanted: StepRef) -> Read<Option<StepRow>> {
        let args = [text(wanted.plan), Cell::Int(i64::from(wanted.no))];
        let rest = "WHERE t.plan = $1 AND t.no = $2";
        let found = VISIBLE_STEP.one(self.db(), rest, &args, step).await?;
        Ok(found.map(|(_, step)| step))
    }
}
