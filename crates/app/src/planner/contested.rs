//! One account that several people match is nobody's until someone decides.

use std::collections::BTreeMap;

use lifecycle::draft::Obstacle;
use model::{Act, Kind, RemoteId, TargetName};

use super::Pass;
use super::subject::obstacle_finding;

const CODE: &str = "TNR-ADOPT-0002";

impl Pass<'_> {
    /// Leaves out the plans of all who would take over the same account, each with a finding.
    pub(super) fn drop_contested(&mut self) {
        let mut takers: BTreeMap<(TargetName, RemoteId), Vec<usize>> = BTreeMap::new();
        for (at, drafted) in self.drafted.iter().enumerate() {
            for step in &drafted.plan.steps {
                if let Act::Adopt { remote } = &step.act
                    && step.address.kind == Kind::Account
                {
                    let account = (step.address.target.clone(), remote.clone());
                    takers.entry(account).or_default().push(at);
                }
            }
        }
        let mut dropped = vec![false; self.drafted.len()];
        for ((target, _), who) in takers.iter().filter(|(_, who)| who.len() > 1) {
            for at in who {
                dropped[*at] = true;
                let plan = &self.drafted[*at].plan;
                let step = plan
                    .steps
                    .iter()
                    .find(|s| s.address.target == *target && s.address.kind == Kind::Account);
                let Some(step) = step else { continue };
                let obstacle = Obstacle {
                    code: CODE,
                    address: step.address.clone(),
                    problem: "one existing account matches several people, so it is nobody's yet"
                        .to_owned(),
                    fix: "`tenure adopt APP` names them; decide whose it is".to_owned(),
                };
                self.findings.push(obstacle_finding(&plan.about, &obstacle));
                self.obstacles.push((plan.about.clone(), obstacle));
            }
        }
        let mut at = 0;
        self.drafted.retain(|_| {
            at += 1;
            !dropped[at - 1]
        });
    }
}
