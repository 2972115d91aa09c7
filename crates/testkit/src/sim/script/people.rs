//! What people do in the play: decide, undo, meddle.

use super::*;

impl Play {
    pub(super) fn observe_all(&mut self) {
        for name in targets() {
            self.observe(&name);
        }
    }

    pub(super) fn observe_some(&mut self) {
        for name in targets() {
            if self.chance.one_in(3) {
                self.observe(&name);
            }
        }
    }

    pub(super) fn open_waves(&mut self) -> Vec<(WaveId, WaveStatus)> {
        let waves = self.scene.ask(0, |node| async move {
            let filter = WaveFilter {
                open: true,
                limit: 1_000,
                ..WaveFilter::default()
            };
            Ok(node.app.store().waves(filter).await?)
        });
        let waves = waves.unwrap_or_default();
        waves.iter().rev().map(|w| (w.wave, w.status())).collect()
    }

    /// People decide about every wave that waits. What the guard holds as it begins, because of another
    /// one that began before, they look at as well.
    pub(super) fn decide(&mut self, no: usize, moody: bool) {
        for (wave, status) in self.open_waves() {
            self.decide_one(no, wave, moody);
            if status == WaveStatus::Ready {
                self.look_again(no, wave, moody);
            }
        }
    }

    fn look_again(&mut self, no: usize, wave: WaveId, moody: bool) {
        let row = self
            .scene
            .ask(no, |node| async move { node.app.wave(wave).await });
        if row.is_some_and(|row| row.status() == WaveStatus::Held) {
            self.decide_one(no, wave, moody);
        }
    }

    pub(super) fn decide_one(&mut self, no: usize, wave: WaveId, moody: bool) {
        let row = self
            .scene
            .ask(no, |node| async move { node.app.wave(wave).await });
        let Some(row) = row else { return };
        let change = row.cause.change;
        let (gone, rest) = self.waiting(wave);
        if gone.is_empty() && rest.is_empty() {
            return;
        }
        let all: Vec<_> = gone.iter().chain(&rest).copied().collect();
        let kind = change.as_str();
        self.scene
            .tell(|| format!("{wave} ({kind}) is {}", row.status().as_str()));
        match row.status() {
            WaveStatus::Ready => {
                if moody && change != Change::Leaver && self.chance.one_in(8) {
                    return;
                }
                self.scene.watch().let_go.extend(all);
                let ana = actor("ana");
                self.scene.ask(no, |node| {
                    let ana = ana.clone();
                    async move { node.app.apply(&ana, wave, "as planned").await }
                });
            }
            WaveStatus::Halted => self.answer(no, &row.author, wave, &all, false),
            WaveStatus::Held | WaveStatus::Running => {
                if change == Change::MissingRow {
                    self.answer(no, &row.author, wave, &gone, true);
                    self.answer(no, &row.author, wave, &rest, false);
                } else if change == Change::Leaver || !moody || !self.chance.one_in(12) {
                    self.answer(no, &row.author, wave, &all, true);
                } else if self.chance.one_in(2) {
                    self.answer(no, &row.author, wave, &all, false);
                }
            }
            WaveStatus::Closed => {}
        }
    }

    /// The plans of a wave that wait: those about people who have really vanished, and others.
    pub(super) fn waiting(&self, wave: WaveId) -> (Vec<model::PlanId>, Vec<model::PlanId>) {
        let watch = self.scene.watch();
        let waiting = watch
            .plans
            .iter()
            .filter(|(_, p)| p.wave == wave && p.status == PlanStatus::Waiting);
        let vanished = |about: &About| match about {
            About::Subject(subject) => watch
                .oracle
                .subjects
                .get(subject)
                .is_some_and(|key| self.hr.vanished.contains(key)),
            About::Target(_) => false,
        };
        let (gone, rest): (Vec<_>, Vec<_>) = waiting.partition(|(_, p)| vanished(&p.about));
        let ids = |plans: Vec<(&model::PlanId, _)>| plans.into_iter().map(|(id, _)| *id).collect();
        (ids(gone), ids(rest))
    }

    pub(super) fn answer(
        &mut self,
        no: usize,
        author: &str,
        wave: WaveId,
        plans: &[model::PlanId],
        release: bool,
    ) {
        if plans.is_empty() {
            return;
        }
        let who = actor(if author == "bo" { "carl" } else { "bo" });
        if release {
            let mut watch = self.scene.watch();
            watch.let_go.extend(plans.iter().copied());
            watch.asked.extend(plans.iter().copied());
        }
        self.scene.ask(no, |node| {
            let (who, plans) = (who.clone(), plans.to_vec());
            async move {
                match release {
                    true => node.app.release(&who, wave, &plans, "looked at").await,
                    false => node.app.refuse(&who, wave, &plans, "looked at").await,
                }
            }
        });
    }

    /// Someone takes back a wave that was carried out and in which nobody is held yet.
    pub(super) fn undo(&mut self) {
        let now = self.scene.clock.now().as_micros();
        let found = {
            let watch = self.scene.watch();
            let mut waves: BTreeSet<WaveId> = BTreeSet::new();
            for plan in watch.plans.values().filter(|p| p.at > now - 40 * HOUR) {
                waves.insert(plan.wave);
            }
            let fits = |wave: &WaveId| {
                let mut plans = watch.plans.iter().filter(|(_, p)| p.wave == *wave);
                let few = plans.clone().count() <= 6;
                few && plans.all(|(id, p)| watch.can_be_undone(*id, p, now))
            };
            let fitting: Vec<WaveId> = waves.into_iter().filter(fits).collect();
            let at = self.chance.below(fitting.len() as u64);
            fitting.get(usize::try_from(at).unwrap_or(0)).copied()
        };
        let Some(wave) = found else { return };
        let bo = actor("bo");
        self.scene.tell(|| format!("bo undoes {wave}"));
        let done = self.scene.ask(0, |node| {
            let bo = bo.clone();
            async move { node.app.undo(&bo, wave, "a mistake", false).await }
        });
        if done.is_none() {
            return;
        }
        let mut watch = self.scene.watch();
        let people = watch.undone(wave, now);
        drop(watch);
        for key in people {
            self.undone.push((self.day + 1, key));
        }
        self.decide(0, false);
        self.scene.work(0, hours(1));
    }

    /// Somebody is terminated for cause, in the middle of whatever goes on.
    pub(super) fn terminate(&mut self) {
        let now = self.scene.clock.now().as_micros();
        let at_work = |key: &String, watch: &Watch| {
            let wish = watch.oracle.wish(key, "mail", now);
            wish.is_some_and(|(_, standing)| standing == Standing::Active)
        };
        let watch = self.scene.watch();
        let rows = self.hr.rows.iter().map(|row| row.key.clone());
        let keys: Vec<String> = rows.filter(|key| at_work(key, &watch)).collect();
        drop(watch);
        let at = self.chance.below(keys.len() as u64);
        let Some(key) = keys.get(usize::try_from(at).unwrap_or(0)).cloned() else {
            return;
        };
        if self.chance.one_in(3) {
            let calls = 1 + self.chance.below(60);
            self.scene.nodes[0].me.light(calls);
        }
        self.scene.tell(|| format!("dana terminates {key}"));
        let dana = actor("dana");
        let asked = key.clone();
        self.scene.ask(0, |node| {
            let (dana, key) = (dana.clone(), asked.clone());
            async move { node.app.terminate(&dana, &key, "for cause", false).await }
        });
        self.scene.nodes[0].me.spare();
        let now = self.scene.clock.now().as_micros();
        let stands = |watch: &Watch| {
            let person = watch.oracle.people.get(&key);
            person.is_some_and(|person| person.is_terminated(now))
        };
        if !stands(&self.scene.watch()) {
            let text = format!("{key} could not be terminated");
            self.scene.watch().violation(text);
        }
        self.terminated.push(key);
    }

    /// Somebody else takes a termination back.
    pub(super) fn lift(&mut self) {
        let at = self.chance.below(self.terminated.len() as u64);
        let at = usize::try_from(at).unwrap_or(0);
        if at >= self.terminated.len() {
            return;
        }
        let key = self.terminated.remove(at);
        self.scene
            .tell(|| format!("bo lifts the termination of {key}"));
        let bo = actor("bo");
        self.scene.ask(0, |node| {
            let (bo, key) = (bo.clone(), key.clone());
            async move { node.app.lift_termination(&bo, &key, "cleared", false).await }
        });
        self.decide(0, false);
        self.scene.work(0, hours(1));
    }

    /// The day ends: what can be done is done, and what should be is compared with what is.
    pub(super) fn evening(&mut self, weather: &Weather) {
        self.excuses.targets.clear();
        if let Weather::Down(name) = weather {
            self.excuses.targets.insert(name.clone());
        }
        // The leavers of the day are out by now, whatever the weather.
        self.plan();
        // What was found stale on the way was planned again, and waits again.
        for _ in 0..2 {
            self.decide(0, true);
            self.scene.work(0, Duration::from_secs(1_200));
        }
        judge::judge(&self.scene, Rigour::Leavers, &self.excuses);
        if self.day % 5 == 4 {
            // Two rounds in which something may be put off, one that carries it out, one that plans again
            // what went stale because it waited for that, and one that sees rest.
            self.calm(5, true);
        }
        judge::foreign(&self.scene, &self.planted);
    }

    /// Nothing goes wrong for a while, and everything comes to rest.
    pub(super) fn calm(&mut self, rounds: u32, moody: bool) {
        trouble::clear(&self.scene);
        self.excuses.targets.clear();
        let mut rest = false;
        for round in 0..rounds {
            self.observe_all();
            self.scene.work(0, hours(1));
            let now = self.scene.clock.now().as_micros();
            self.scene.watch().oracle.arrived(now);
            let waves = self.plan();
            let before = self.scene.watch().changes;
            // Whoever has put a wave off does not put it off for ever.
            self.decide(0, moody && round < 2);
            self.scene.work(0, hours(1));
            rest = waves == 0 && before == self.scene.watch().changes;
            if rest {
                break;
            }
        }
        if !rest {
            self.scene
                .watch()
                .violation("planning after planning finds something to do".to_owned());
        }
        judge::judge(&self.scene, Rigour::All, &self.excuses);
    }

    /// The last file is true, undos run out, and everything has to be right.
    pub(super) fn end(&mut self) {
        self.day = self.settings.days + 8;
        self.until(8);
        self.scene.tell(|| "==== the end".to_owned());
        let file = self.hr.sound();
        trouble::clear(&self.scene);
        self.deliver(&file);
        self.calm(6, false);
        judge::foreign(&self.scene, &self.planted);
        self.ledger();
    }

    /// Nothing that was acknowledged is lost, and the log is what it was.
    pub(super) fn ledger(&mut self) {
        let node = self.scene.nodes[0].clone();
        let store = self.scene.store.clone();
        let (last, committed, deep) = {
            let watch = self.scene.watch();
            (watch.last, watch.committed, self.deep)
        };
        let checked = crate::sim::pulse::drive(&node.me, async move {
            let (head, _) = store.head().await?;
            let mut wrong = Vec::new();
            if head != last || committed != head {
                wrong.push(format!(
                    "{committed} events up to {last} were acknowledged; the log ends at {head}"
                ));
            }
            if deep {
                let report = store.verify("", Vec::new()).await?;
                if !report.is_sound() || report.records != head {
                    wrong.push(format!("the log does not verify: {:?}", report.problems));
                }
                wrong.extend(store.rebuild_differences().await?);
            }
            Ok::<_, ports::store::StoreError>(wrong)
        });
        let mut watch = self.scene.watch();
        match checked {
            Ok(Ok(wrong)) => wrong.into_iter().for_each(|w| watch.violation(w)),
            Ok(Err(error)) => watch.violation(format!("the log cannot be read: {error}")),
            Err(fate) => watch.violation(format!("the log cannot be read: {fate:?}")),
        }
    }

    pub(super) fn report(&self, seed: u64) -> Report {
        let store = self.scene.store.clone();
        let me = &self.scene.nodes[0].me;
        let head = crate::sim::pulse::drive(me, async move { store.head().await });
        let watch = self.scene.watch();
        Report {
            seed,
            journal: match head {
                Ok(Ok((seq, hash))) => format!("{seq}/{hash}"),
                _ => "unknown".to_owned(),
            },
            events: watch.committed,
            changes: watch.changes,
            requests: self.scene.targets.values().map(|t| t.requests()).sum(),
            deaths: self.scene.deaths,
            violations: watch.violations.clone(),
        }
    }
}
