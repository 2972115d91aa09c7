//! A node in memory on which a scenario plays, and what is new on it since the last look.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use app::Notifier;
use app::rows::{WaveFilter, WaveRow, WaveStatus};
use model::plan::PlanStatus;
use model::{FindingId, KnownTask, TargetName, TaskId, Timestamp, WaveId};
use ports::store::MAX_PAGE;
use ports::target::Operation;
use ports::{Clock, Letter};

use super::estate::Estate;
use super::names::Names;
use super::render;
use crate::{Node, SeededEntropy, SimClock};

/// How long a node works on after a verb before the scenario goes on: enough for a retry.
const WORK: Duration = Duration::from_secs(600);
/// Turns of the worker at the most, in one verb.
const TURNS: usize = 20_000;
/// Waves and findings of a scenario at the most.
const MOST: u32 = 1_000;

/// Requests by the minute in which they were sent.
type Asked = BTreeMap<Timestamp, BTreeMap<TargetName, Vec<Operation>>>;

/// A scenario under way.
pub struct Stage {
    pub(super) node: Node,
    notifier: Notifier,
    /// What channels took and is not shown yet: in which minute, on which, and what.
    letters: Vec<(Timestamp, String, Letter)>,
    pub(super) estate: Arc<Estate>,
    pub(super) names: Names,
    /// The folder of the scenario, with its folders of documents.
    pub(super) folder: PathBuf,
    /// The documents in force, by file.
    pub(super) documents: BTreeMap<String, String>,
    /// The last bytes of each HR file.
    pub(super) files: BTreeMap<String, Vec<u8>>,
    /// The zone in which times are told.
    pub(super) zone: String,
    /// Whether the clock was set.
    pub(super) begun: bool,
    waves: BTreeMap<WaveId, WaveStatus>,
    findings: BTreeSet<FindingId>,
    /// What is to be done by hand.
    pub(super) tasks: BTreeMap<TaskId, KnownTask>,
}

impl Stage {
    /// An empty node.
    ///
    /// # Errors
    /// When the store cannot be opened.
    pub fn new(folder: &Path) -> Result<Self, String> {
        let estate = Arc::new(Estate::default());
        let node = Node::open(
            None,
            Arc::new(SimClock::at(Timestamp::EPOCH)),
            Arc::new(SeededEntropy::new(1)),
            Arc::clone(&estate) as _,
            "node-1",
        )?;
        let notifier = Notifier::new(Arc::clone(&node.app), "node-1");
        Ok(Self {
            node,
            notifier,
            letters: Vec::new(),
            estate,
            names: Names::default(),
            folder: folder.to_owned(),
            documents: BTreeMap::new(),
            files: BTreeMap::new(),
            zone: "UTC".to_owned(),
            begun: false,
            waves: BTreeMap::new(),
            findings: BTreeSet::new(),
            tasks: BTreeMap::new(),
        })
    }

    /// The node works until it has nothing to do; then what is new.
    pub(super) async fn settle(&mut self) -> Result<Vec<String>, String> {
        let mut asked = Asked::new();
        let until = self.node.clock.now().plus(WORK);
        for _ in 0..TURNS {
            let next = self.turn(&mut asked, Timestamp::EPOCH).await?;
            match next {
                Some(next) if next <= until => self.node.clock.advance_to(next),
                _ => return self.news(&asked, false).await,
            }
        }
        Err(format!("still busy after {TURNS} turns"))
    }

    /// Time passes on a node that works: last days come, waits end. Then what is new, and when.
    pub(super) async fn pass_until(&mut self, until: Timestamp) -> Result<Vec<String>, String> {
        let mut asked = Asked::new();
        for _ in 0..TURNS {
            self.node.worker.tick().await.map_err(|e| e.to_string())?;
            let now = self.node.clock.now();
            let next = self.turn(&mut asked, minute(now)).await?;
            let timer = self.next_timer(now).await?;
            match [next, timer].into_iter().flatten().min() {
                Some(next) if next <= until => self.node.clock.advance_to(next),
                _ if now >= until => return self.news(&asked, true).await,
                _ => self.node.clock.advance_to(until),
            }
        }
        Err(format!("still busy after {TURNS} turns"))
    }

    /// One turn of the worker. What it asked of the apps is kept under `at`.
    async fn turn(
        &mut self,
        asked: &mut Asked,
        at: Timestamp,
    ) -> Result<Option<Timestamp>, String> {
        let pass = self.node.worker.pass().await.map_err(|e| e.to_string())?;
        for (app, operations) in self.estate.asked() {
            let mine = asked.entry(at).or_default().entry(app).or_default();
            mine.extend(operations);
        }
        let told = self.notifier.pass().await.map_err(|e| e.to_string())?;
        let letters = self.estate.letters().into_iter();
        self.letters
            .extend(letters.map(|(channel, letter)| (at, channel, letter)));
        Ok(pass.next.into_iter().chain(told).min())
    }

    async fn next_timer(&self, now: Timestamp) -> Result<Option<Timestamp>, String> {
        let mut next: Option<Timestamp> = None;
        let mut after = None;
        loop {
            let store = self.node.app.store();
            let page = store.people_page(None, after, MAX_PAGE).await;
            let page = page.map_err(|e| e.to_string())?;
            let due = page
                .iter()
                .filter_map(|p| p.next_change)
                .filter(|at| *at > now);
            next = next.into_iter().chain(due).min();
            if page.len() < MAX_PAGE as usize {
                return Ok(next);
            }
            after = page.last().map(|p| p.subject);
        }
    }

    /// What is new since the last time: waves, requests, how waves ended, findings.
    async fn news(&mut self, asked: &Asked, told: bool) -> Result<Vec<String>, String> {
        self.learn_people().await?;
        self.names.learn(&self.estate);
        let filter = WaveFilter {
            open: false,
            decided_after: None,
            proposed_after: None,
            proposed_until: None,
            limit: MOST,
        };
        let store = self.node.app.store();
        let mut rows = store.waves(filter).await.map_err(|e| e.to_string())?;
        rows.sort_by(|a, b| {
            (a.at, a.cause.change, &a.cause).cmp(&(b.at, b.cause.change, &b.cause))
        });
        let mut lines: BTreeMap<Timestamp, Vec<String>> = BTreeMap::new();
        for row in &rows {
            if !self.names.waves.contains_key(&row.wave) {
                let at = if told {
                    minute(row.at)
                } else {
                    Timestamp::EPOCH
                };
                let wave = self.new_wave(row).await?;
                lines.entry(at).or_default().extend(wave);
            }
        }
        for (at, apps) in asked {
            let requests = apps
                .iter()
                .flat_map(|(app, ops)| render::requests(app, ops, &self.names));
            lines.entry(*at).or_default().extend(requests);
        }
        for (at, channel, letter) in std::mem::take(&mut self.letters) {
            let text = self.names.scrub(&letter.text);
            let lines = lines.entry(at).or_default();
            lines.push(format!("{channel} is told: {text}"));
            let because = letter.escalated.iter();
            lines.extend(because.map(|because| format!("  passed on: {because}")));
        }
        let mut out = Vec::new();
        for (at, lines) in lines {
            if told {
                out.push(format!("{}:", self.clock_on_the_wall(at)));
                out.extend(lines.into_iter().map(|line| format!("  {line}")));
            } else {
                out.extend(lines);
            }
        }
        out.extend(rows.iter().filter_map(|row| self.ended(row)));
        out.extend(self.new_tasks().await?);
        out.extend(self.new_findings().await?);
        Ok(out)
    }

    async fn learn_people(&mut self) -> Result<(), String> {
        let mut after = None;
        loop {
            let store = self.node.app.store();
            let page = store.people_page(None, after, MAX_PAGE).await;
            let page = page.map_err(|e| e.to_string())?;
            let last = page.len() < MAX_PAGE as usize;
            after = page.last().map(|p| p.subject);
            let known = self.node.app.known_all(page).await;
            for known in known.map_err(|e| e.to_string())? {
                let who = &known.identity;
                let name = format!("{} ({})", who.facts.display_name(), who.key);
                self.names.people.insert(known.person.subject, name);
            }
            if last {
                return Ok(());
            }
        }
    }

    async fn new_wave(&mut self, row: &WaveRow) -> Result<Vec<String>, String> {
        let kind = row.cause.change.as_str();
        let alike = |name: &&String| name.as_str() == kind || name.starts_with(&format!("{kind}-"));
        let name = match self.names.waves.values().filter(alike).count() {
            0 => kind.to_owned(),
            n => format!("{kind}-{}", n + 1),
        };
        self.names.waves.insert(row.wave, name.clone());
        let plans = self.node.app.all_plans_of(row.wave).await;
        let plans = plans.map_err(|e| e.to_string())?;
        let verdict = row.verdict.as_ref();
        let mut lines = vec![format!(
            "wave {name}: {}, {} ({}, by {})",
            verdict.map_or("not judged", |v| v.as_str()),
            render::count(plans.len() as u64, "plan", "plans"),
            render::cause(&row.cause, &self.names),
            row.author,
        )];
        if verdict.is_some_and(|v| v.as_str() != "allow") {
            let because = verdict.iter().flat_map(|v| v.because());
            lines.extend(because.map(|text| format!("  because {}", self.names.scrub(text))));
        }
        let plans: Vec<_> = plans
            .into_iter()
            .filter_map(|p| p.plan.into_known())
            .collect();
        let plans = render::plans(&plans, &self.names);
        lines.extend(plans.into_iter().map(|line| format!("  {line}")));
        self.waves.insert(row.wave, WaveStatus::Ready);
        Ok(lines)
    }

    /// How a wave ended, once it has.
    fn ended(&mut self, row: &WaveRow) -> Option<String> {
        let before = self.waves.insert(row.wave, row.status());
        if row.status() != WaveStatus::Closed || before == Some(WaveStatus::Closed) {
            return None;
        }
        const ENDS: [PlanStatus; 5] = [
            PlanStatus::Applied,
            PlanStatus::Failed,
            PlanStatus::Stale,
            PlanStatus::Refused,
            PlanStatus::Superseded,
        ];
        let ends = ENDS.iter().filter(|status| row.count(**status) > 0);
        let ends = ends.map(|s| format!("{} {}", render::thousands(row.count(*s)), s.as_str()));
        let ends: Vec<String> = ends.collect();
        Some(format!(
            "{} is done: {}",
            self.names.waves[&row.wave],
            ends.join(", ")
        ))
    }

    async fn new_findings(&mut self) -> Result<Vec<String>, String> {
        let open = self.node.app.store().open_findings(MOST).await;
        let mut found: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
        for row in open.map_err(|e| e.to_string())? {
            if self.findings.insert(row.opened.id) {
                let finding = row.opened.finding;
                let problem = self.names.scrub(&finding.problem);
                let what = (format!("{}: {problem}", finding.code), finding.fix);
                let who = finding.subject.map(|s| self.names.person(s));
                found.entry(what).or_default().extend(who);
            }
        }
        let mut lines = Vec::new();
        for ((what, fix), mut who) in found {
            who.sort();
            let who = if who.is_empty() {
                String::new()
            } else {
                format!(" ({})", render::list(&who))
            };
            lines.push(format!("finding {what}{who}"));
            lines.push(format!("  fix: {fix}"));
        }
        Ok(lines)
    }

    /// `Thu 2026-04-02 17:00 +11:00`, in the zone of the scenario.
    pub(super) fn clock_on_the_wall(&self, at: Timestamp) -> String {
        let zoned = jiff::Timestamp::from_microsecond(at.as_micros())
            .and_then(|instant| instant.in_tz(&self.zone));
        match zoned {
            Ok(zoned) => zoned.strftime("%a %F %H:%M %:z").to_string(),
            Err(error) => error.to_string(),
        }
    }
}

fn minute(at: Timestamp) -> Timestamp {
    const MINUTE: i64 = 60_000_000;
    Timestamp::from_micros(at.as_micros().div_euclid(MINUTE) * MINUTE)
}
