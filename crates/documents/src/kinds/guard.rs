//! `Guard`.

use model::{TargetName, Timestamp};

use crate::kinds::Directory;
use crate::report::{self, Reporter};
use crate::tenant::{Apply, Freeze, GroupRef, Guard, Limit};
use crate::wire::{self, FreezeSpec, GuardSpec, LimitSpec};
use crate::yaml::Part;

pub(crate) fn guard(
    spec: &GuardSpec,
    directory: &Directory,
    reporter: &mut Reporter<'_, '_>,
) -> Guard {
    let usual = Guard::default();
    let mut last_admin = std::collections::BTreeSet::new();
    for (index, group) in spec.last_admin.iter().enumerate() {
        let path = [
            Part::Key("spec"),
            Part::Key("last_admin"),
            Part::Index(index),
        ];
        directory.check(&group.app, Some(&group.group), &path, reporter);
        last_admin.insert(GroupRef {
            app: TargetName(group.app.clone()),
            group: group.group.clone(),
        });
    }
    let mut freezes = Vec::new();
    for (index, freeze) in spec.freeze.iter().enumerate() {
        let path = [Part::Key("spec"), Part::Key("freeze"), Part::Index(index)];
        freezes.extend(one_freeze(freeze, &path, reporter));
    }
    freezes.sort();
    Guard {
        removals: spec.removals.as_ref().map_or(usual.removals, limit),
        creations: spec.creations.as_ref().map_or(usual.creations, limit),
        deletions: spec.deletions.as_ref().map(limit),
        window_hours: spec.window_hours.unwrap_or(usual.window_hours),
        protected: spec.protected.iter().cloned().collect(),
        last_admin,
        apply: match spec.apply {
            wire::Apply::Manual => Apply::Manual,
            wire::Apply::Automatic => Apply::Automatic,
        },
        freeze: freezes,
    }
}

fn limit(spec: &LimitSpec) -> Limit {
    Limit {
        max_count: spec.max_count,
        max_share_percent: spec.max_share_percent,
    }
}

fn one_freeze(
    spec: &FreezeSpec,
    path: &[Part<'_>; 3],
    reporter: &mut Reporter<'_, '_>,
) -> Option<Freeze> {
    let mut instant = |key: &'static str, text: &str| {
        let read = text.parse::<Timestamp>().ok();
        if read.is_none() {
            let path = [path[0], path[1], path[2], Part::Key(key)];
            let problem = format!("`{text:.80}` is no instant");
            let fix = "write it as in RFC 3339: 2026-12-20T00:00:00Z";
            reporter.at(report::VALUE, &path, problem, fix);
        }
        read
    };
    let (from, to) = (instant("from", &spec.from), instant("to", &spec.to));
    let (from, to) = (from?, to?);
    if from >= to {
        reporter.at(
            report::VALUE,
            path,
            "the freeze ends before it begins",
            "swap from and to",
        );
    }
    Some(Freeze {
        from,
        to,
        reason: spec.reason.clone(),
    })
}
