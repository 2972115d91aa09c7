//! One planning under way: what it goes by, what it remembers, and what it has found.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use lifecycle::Spans;
use lifecycle::claims::Claim;
use lifecycle::draft::Obstacle;
use model::plan::About;
use model::{Address, Assignment, PlanId, SubjectId, TargetName, WaveId};

use super::memory::Notes;
use super::settle::Sketch;
use super::{Drafted, Planning, Scope, Sight};
use crate::App;
use crate::chain::Chains;
use crate::preview::survey::Survey;
use crate::tenant::Loaded;

/// Assignments beside those that the store and the rules make, by person.
pub(super) type Extra = BTreeMap<SubjectId, Vec<Assignment>>;

/// One planning under way.
pub(super) struct Pass {
    pub(super) app: App,
    pub(super) sight: Sight,
    pub(super) loaded: Arc<Loaded>,
    /// How far from a first or last day something is due.
    pub(super) spans: Spans,
    pub(super) undo: Option<(WaveId, String)>,
    pub(super) terminating: Option<String>,
    pub(super) drafted: Vec<Drafted>,
    /// Plans of which it is not known yet whether they get what they claim.
    pub(super) sketches: Vec<Sketch>,
    /// What plans under way claim.
    pub(super) under_way: BTreeMap<Claim, SubjectId>,
    /// Accounts that plans of this planning make or take over, unless a person refuses.
    pub(super) made: BTreeSet<Address>,
    /// Accounts that plans refer to, and whether a plan under way makes them.
    pub(super) under_way_at: BTreeMap<Address, bool>,
    /// Whom it looks at; `None`: everyone.
    pub(super) only: Option<BTreeSet<SubjectId>>,
    pub(super) obstacles: Vec<(About, Obstacle)>,
    pub(super) findings: Vec<model::finding::Finding>,
    pub(super) superseded: Vec<(PlanId, Option<u64>)>,
    /// Findings whose condition is gone.
    pub(super) mended: Vec<model::Event>,
    /// What is to be done by hand, and what counts no longer.
    pub(super) tasks: Vec<model::Event>,
    /// Of whom something would be asked by hand, but for what somebody is still to decide.
    pub(super) undecided: BTreeSet<SubjectId>,
    /// Whether the guard has judged what another planning just made of the same.
    pub(super) judged: bool,
    /// People whom documents make due before the instant that is written down.
    pub(super) late: Vec<SubjectId>,
    /// The apps in which rules give a manager an account.
    pub(super) entitled: BTreeMap<SubjectId, Vec<TargetName>>,
    /// Managers by source and key; `None`: the source knows nobody of this key.
    pub(super) bosses: BTreeMap<(String, String), Option<SubjectId>>,
    /// Managers above people.
    pub(super) chains: Chains,
    /// Whom undos hold; `None`: so many that each is asked about.
    pub(super) pinned: Option<BTreeSet<SubjectId>>,
    /// What accounts would look like, where somebody asks.
    pub(super) survey: Option<Survey>,
    pub(super) notes: Notes,
    /// Whether apps are looked at, after this, for accounts of which a listing is wanted.
    pub(super) looks: bool,
    /// Whose accounts a complete listing has to show disabled before they are deleted.
    pub(super) unlisted: BTreeMap<TargetName, BTreeSet<SubjectId>>,
    /// Assignments that are not in the store yet.
    pub(super) extra: Arc<Extra>,
}

impl Pass {
    pub(super) fn of(
        app: &App,
        loaded: Arc<Loaded>,
        planning: &Planning,
        pinned: Option<BTreeSet<SubjectId>>,
        extra: Extra,
    ) -> Self {
        let only = match &planning.scope {
            Scope::Everyone => None,
            Scope::Stirred(subjects) | Scope::Subjects(subjects) => {
                Some(subjects.iter().copied().collect())
            }
        };
        Self {
            only,
            undo: planning.undo.clone(),
            terminating: planning.terminating.clone(),
            looks: planning.looks,
            judged: planning.judged,
            ..Self::empty(app, loaded, pinned, Arc::new(extra))
        }
    }

    /// Another one that goes by the same and has found nothing yet, for some of the people.
    pub(super) fn lane(&self) -> Self {
        let pinned = self.pinned.clone();
        let extra = Arc::clone(&self.extra);
        Self {
            undo: self.undo.clone(),
            terminating: self.terminating.clone(),
            looks: self.looks,
            judged: self.judged,
            ..Self::empty(&self.app, Arc::clone(&self.loaded), pinned, extra)
        }
    }

    fn empty(
        app: &App,
        loaded: Arc<Loaded>,
        pinned: Option<BTreeSet<SubjectId>>,
        extra: Arc<Extra>,
    ) -> Self {
        Self {
            app: app.clone(),
            sight: Sight::new(Arc::clone(&app.store), Arc::clone(&loaded)),
            spans: loaded.book.spans(),
            loaded,
            undo: None,
            terminating: None,
            drafted: Vec::new(),
            sketches: Vec::new(),
            under_way: BTreeMap::new(),
            made: BTreeSet::new(),
            under_way_at: BTreeMap::new(),
            only: None,
            obstacles: Vec::new(),
            findings: Vec::new(),
            superseded: Vec::new(),
            mended: Vec::new(),
            tasks: Vec::new(),
            undecided: BTreeSet::new(),
            judged: false,
            late: Vec::new(),
            entitled: BTreeMap::new(),
            bosses: BTreeMap::new(),
            chains: Chains::default(),
            pinned,
            survey: None,
            notes: Notes::default(),
            looks: false,
            unlisted: BTreeMap::new(),
            extra,
        }
    }

    /// Takes over what a lane has found about its people. What the lane remembers stays with it.
    pub(super) fn absorb(&mut self, lane: &mut Self) {
        self.drafted.append(&mut lane.drafted);
        self.sketches.append(&mut lane.sketches);
        self.obstacles.append(&mut lane.obstacles);
        self.findings.append(&mut lane.findings);
        self.superseded.append(&mut lane.superseded);
        self.tasks.append(&mut lane.tasks);
        self.undecided.append(&mut lane.undecided);
        self.late.append(&mut lane.late);
        self.under_way.extend(std::mem::take(&mut lane.under_way));
        self.made.append(&mut lane.made);
        self.notes.absorb(std::mem::take(&mut lane.notes));
        for (target, people) in std::mem::take(&mut lane.unlisted) {
            self.unlisted.entry(target).or_default().extend(people);
        }
    }
}
