//! What happens in a run, day by day.

mod people;

use std::collections::BTreeSet;
use std::time::Duration;

use app::rows::{WaveFilter, WaveStatus};
use model::plan::{About, PlanStatus};
use model::{Actor, Change, Completeness, Secret, TargetName, Timestamp, WaveId};
use ports::Clock as _;
use ports::store::Log as _;

use super::hr::{File, Hr, midnight};
use super::judge::{self, Excuses, Rigour};
use super::oracle::{Standing, targets};
use super::scene::Scene;
use super::trouble::{self, Planted, Weather};
use super::watch::Watch;
use super::{Report, Settings, company};
use crate::node::actor;
use crate::time::SeededEntropy;

const HOUR: i64 = 3_600_000_000;

fn hours(n: u64) -> Duration {
    Duration::from_secs(n * 3_600)
}

/// Plays one run.
#[must_use]
pub fn play(seed: u64, settings: Settings) -> Report {
    let scene = match Scene::new(seed, &company::TARGETS, settings.trace) {
        Ok(scene) => scene,
        Err(problem) => return unplayed(seed, problem),
    };
    let mut play = Play {
        deep: settings.deep || seed.is_multiple_of(10),
        hr: Hr::new(seed, settings.people),
        chance: SeededEntropy::new(seed ^ 0x5c_4197),
        excuses: Excuses::default(),
        planted: Planted::new(),
        undone: Vec::new(),
        terminated: Vec::new(),
        day: 0,
        settings,
        scene,
    };
    play.prepare();
    for day in 0..settings.days {
        play.day = day;
        play.live();
        if !play.scene.watch().violations.is_empty() {
            break;
        }
    }
    if play.scene.watch().violations.is_empty() {
        play.end();
    }
    play.report(seed)
}

fn unplayed(seed: u64, problem: String) -> Report {
    Report {
        seed,
        journal: String::new(),
        events: 0,
        changes: 0,
        requests: 0,
        deaths: 0,
        violations: vec![problem],
    }
}

struct Play {
    scene: Scene,
    /// Whether the whole log is verified at the end.
    deep: bool,
    hr: Hr,
    chance: SeededEntropy,
    settings: Settings,
    excuses: Excuses,
    planted: Planted,
    /// Leavers whose leaving was undone, and when: some of them get another last day.
    undone: Vec<(i64, String)>,
    /// People who were terminated for cause; HR may have confirmed it since.
    terminated: Vec<String>,
    day: i64,
}

impl Play {
    fn prepare(&mut self) {
        let ana = actor("ana");
        self.scene.ask(0, |node| {
            let ana = ana.clone();
            async move {
                let files = company::documents();
                node.app.accept_documents(&ana, files, false).await?;
                let token = Secret::new("s3cret");
                let host = "127.0.0.1:1";
                for target in company::TARGETS {
                    let name = format!("{target}-token");
                    node.app
                        .set_secret(&ana, &name, target, host, &token)
                        .await?;
                }
                Ok(())
            }
        });
        let rows = self.hr.rows.clone();
        self.planted = trouble::before_tenure(&self.scene, &self.chance, &rows);
    }

    /// Lets time pass until this hour of today, and whoever's last day is over by then be over.
    fn until(&mut self, hour: i64) {
        let at = midnight(self.day) + hour * HOUR;
        self.scene.clock.advance_to(Timestamp::from_micros(at));
        let now = self.scene.clock.now().as_micros();
        self.scene.watch().oracle.arrived(now);
    }

    fn live(&mut self) {
        let weather = if self.day == 0 && self.chance.one_in(2) {
            Weather::Fair
        } else {
            Weather::of(&self.chance, &targets())
        };
        let day = self.day;
        self.scene.tell(|| format!("==== day {day}: {weather:?}"));
        self.until(7);
        weather.come(&self.scene);
        self.hr.live(self.day);
        self.second_thoughts();
        for _ in 0..self.chance.below(4) {
            self.tamper(None);
        }
        self.until(8);
        let file = self.hr.file();
        self.deliver(&file);
        self.morning(&weather);
        self.until(13);
        if self.chance.one_in(4) {
            let file = match self.chance.below(3) {
                0 => file,
                _ => self.hr.sound(),
            };
            self.deliver(&file);
        }
        self.observe_some();
        if self.chance.one_in(3) {
            self.terminate();
        }
        self.plan();
        self.decide(0, true);
        self.scene.work(0, hours(2));
        if self.chance.one_in(5) {
            self.undo();
        }
        if self.chance.one_in(4) {
            self.lift();
        }
        self.until(23);
        self.evening(&weather);
    }

    /// The part of the day in which the weather matters most.
    fn morning(&mut self, weather: &Weather) {
        match weather {
            Weather::Stopped => self.stopped(),
            Weather::TwoNodes => self.two_nodes(),
            Weather::Lag => self.lag(),
            Weather::Deaths => {
                for _ in 0..4 {
                    let calls = 1 + self.chance.below(900);
                    self.scene.nodes[0].me.light(calls);
                    self.plan();
                    self.decide(0, true);
                    self.scene.work(0, hours(1));
                }
                self.scene.nodes[0].me.spare();
            }
            _ => {
                self.plan();
                self.decide(0, true);
                self.scene.work(0, hours(2));
            }
        }
    }

    /// Someone stops writing, everything goes on but nothing may be sent, and then it goes on.
    fn stopped(&mut self) {
        let carl = actor("carl");
        let all = targets();
        let target = match self.chance.below(3) {
            0 => Some(all[usize::try_from(self.chance.below(6)).unwrap_or(0)].clone()),
            _ => None,
        };
        self.scene.ask(0, |node| {
            let (carl, target) = (carl.clone(), target.clone());
            async move { node.app.stop_writing(&carl, target, "a look first").await }
        });
        self.plan();
        self.decide(0, false);
        self.scene.work(0, Duration::from_secs(5));
        // The world moves under plans that were let go and could not begin.
        for key in self.people_under_way().into_iter().take(3) {
            self.tamper(Some(&key));
        }
        self.observe_all();
        self.plan();
        self.scene.work(0, Duration::from_secs(5));
        self.scene.ask(0, |node| {
            let (carl, target) = (carl.clone(), target.clone());
            async move { node.app.resume_writing(&carl, target, "looked").await }
        });
        self.scene.work(0, hours(2));
    }

    fn people_under_way(&self) -> Vec<String> {
        let watch = self.scene.watch();
        let plans = watch.plans.values();
        let under_way = plans.filter(|p| p.status == PlanStatus::Released);
        let subjects = under_way.filter_map(|p| match p.about {
            About::Subject(subject) => Some(subject),
            About::Target(_) => None,
        });
        subjects
            .filter_map(|s| watch.oracle.subjects.get(&s).cloned())
            .collect()
    }

    fn two_nodes(&mut self) {
        if self.scene.nodes.len() == 1 {
            self.scene.join();
        }
        let deaths = self.chance.one_in(3);
        for no in 0..2 {
            let skew = self.chance.below(10_000_000).cast_signed() - 5_000_000;
            self.scene.revive(no);
            let me = &self.scene.nodes[no].me;
            me.skew(skew);
            me.give_way(3);
            if deaths {
                me.light(self.chance.below(1_200));
            }
        }
        self.plan();
        self.decide(0, true);
        self.scene.work_together(hours(2));
        for no in 0..2 {
            self.scene.revive(no);
            let me = &self.scene.nodes[no].me;
            me.spare();
            me.skew(0);
            me.give_way(0);
        }
    }

    /// Node 1 lives minutes in the past and does not know that others took its place.
    fn lag(&mut self) {
        if self.scene.nodes.len() == 1 {
            self.scene.join();
        }
        let behind = 90 + self.chance.below(300).cast_signed();
        self.scene.nodes[1].me.skew(-behind * 1_000_000);
        self.plan();
        let waves = self.open_waves();
        for (i, (wave, _)) in waves.into_iter().enumerate() {
            self.decide_one(0, wave, true);
            let no = (i + 1) % 2;
            self.scene
                .ask(no, |node| async move { node.worker.pass().await });
            self.scene
                .ask(1 - no, |node| async move { node.worker.pass().await });
        }
        self.scene.nodes[1].me.skew(0);
        self.scene.work(0, hours(2));
    }

    fn tamper(&mut self, only: Option<&str>) {
        let (planted, excuses) = (&mut self.planted, &mut self.excuses);
        trouble::tamper(&self.scene, &self.chance, planted, excuses, only);
    }

    /// Some leavers whose leaving was undone are given another last day: news of leaving.
    fn second_thoughts(&mut self) {
        let day = self.day;
        let due: Vec<(i64, String)> = self
            .undone
            .iter()
            .filter(|(d, _)| *d < day)
            .cloned()
            .collect();
        self.undone.retain(|(d, _)| *d >= day);
        for (_, key) in due {
            if self.chance.one_in(2) {
                let back = 1 + self.chance.below(4).cast_signed();
                self.hr.nudge_end(&key, day - back);
            }
        }
    }

    fn deliver(&mut self, file: &File) {
        let ana = actor("ana");
        let begun = self.scene.clock.now().as_micros();
        self.scene
            .tell(|| format!("HR sends a file: {} ({} rows)", file.kind, file.rows.len()));
        let report = self.scene.ask(0, |node| {
            let (ana, bytes) = (ana.clone(), file.bytes.clone());
            async move { node.app.deliver(&ana, "hr", "hr.csv", &bytes, false).await }
        });
        let Some(report) = report else {
            let kind = file.kind;
            let text = format!("a file ({kind}) could not be delivered");
            self.scene.watch().violation(text);
            return;
        };
        let mut watch = self.scene.watch();
        if report.refused != file.refused {
            let text = format!("a file ({}) was refused: {}", file.kind, report.refused);
            watch.violation(text);
        }
        watch.oracle.delivered(file, begun);
    }

    fn plan(&mut self) -> usize {
        let ana = actor("ana");
        self.scene
            .ask(0, |node| async move { node.worker.tick().await });
        let waves = self.scene.ask(0, |node| {
            let ana = ana.clone();
            async move { node.app.plan(&ana, false).await }
        });
        let waves = waves.unwrap_or_default();
        for wave in &waves {
            self.scene.tell(|| {
                let (change, verdict) = (wave.cause.change.as_str(), wave.verdict.as_str());
                format!("planned {change} {verdict} {}", wave.plans.len())
            });
        }
        waves.len()
    }

    fn observe(&mut self, name: &TargetName) -> bool {
        self.scene.watch().lied.remove(name);
        let system = Actor::system();
        let runs = self.scene.ask(0, |node| {
            let (system, name) = (system.clone(), name.clone());
            async move { node.app.observe(&system, &name).await }
        });
        let whole = runs.is_some_and(|runs| {
            runs.len() == 2 && runs.iter().all(|r| r.completeness == Completeness::Full)
        });
        let truly = whole && !self.scene.watch().lied.contains(name);
        if truly {
            self.excuses.tampered.retain(|(t, _)| t != name);
        }
        truly
    }
}
