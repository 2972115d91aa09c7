//! Verbs of the morning.

use app::{Count, Digest, LatePerson, LeaverRecord, Silence, Window};
use model::Timestamp;

use super::order::Order;
use super::render;
use super::stage::Stage;
use super::verbs::{Output, actor};

impl Stage {
    /// `digest SINCE`, perhaps `until INSTANT`: what the node tells of a time, in the zone of the
    /// scenario.
    pub(super) async fn digest(&self, mut order: Order) -> Output {
        let until = order.option("until")?;
        let [since] = order.exactly(["SINCE"])?;
        let window = match self.window(since, until.as_deref()) {
            Ok(window) => window,
            Err(error) => return self.refused(&error),
        };
        match self.node.app.digest(window).await {
            Ok(digest) => Ok(self.tell(&digest)),
            Err(error) => self.refused(&error),
        }
    }

    /// `retry GROUP since SINCE`: plans again for the people of a group of failures, and lets the
    /// node work.
    pub(super) async fn retry(&mut self, mut order: Order) -> Output {
        let since = order
            .option("since")?
            .unwrap_or_else(|| "yesterday".to_owned());
        let who = actor(&order, "ana");
        let [group] = order.exactly(["GROUP"])?;
        let window = match self.window(&since, None) {
            Ok(window) => window,
            Err(error) => return self.refused(&error),
        };
        match self.node.app.retry(&who, group, window, false).await {
            Ok(waves) if waves.is_empty() => Ok(vec!["nothing new to do".to_owned()]),
            Ok(_) => self.settle().await,
            Err(error) => self.refused(&error),
        }
    }

    /// `leavers SINCE`, perhaps `until INSTANT`: the ledger of leavers, in the zone of the scenario.
    pub(super) async fn leavers(&self, mut order: Order) -> Output {
        let until = order.option("until")?;
        let [since] = order.exactly(["SINCE"])?;
        let window = match self.window(since, until.as_deref()) {
            Ok(window) => window,
            Err(error) => return self.refused(&error),
        };
        let ledger = match self.node.app.leavers(window).await {
            Ok(ledger) => ledger,
            Err(error) => return self.refused(&error),
        };
        let mut lines: Vec<String> = ledger.leavers.iter().flat_map(|l| self.leaver(l)).collect();
        let done = ledger.times.map(|times| {
            let [half, most] = [times.p50, times.longest].map(|took| took.as_secs());
            let seen = match times.at_most {
                0 => String::new(),
                n => format!(" ({n} of them at most)"),
            };
            format!(
                "{} done{seen}, half within {half} s, all within {most} s",
                times.done
            )
        });
        lines.push(done.unwrap_or_else(|| "nobody is done".to_owned()));
        let unread = ledger.unread.iter();
        lines.extend(unread.map(|unread| format!("not readable: {}: {}", unread.app, unread.why)));
        Ok(lines)
    }

    fn leaver(&self, row: &LeaverRecord) -> Vec<String> {
        let local = row.at.on_the_wall(&row.zone);
        let local = local.map_or_else(|e| e, |wall| format!("{wall} {}", row.zone));
        let done = row.done_at.map_or_else(
            || format!("exposed, due {}", self.wall(row.due)),
            |at| {
                let most = if row.at_most { "at most " } else { "" };
                format!("done after {most}{} s", at.since(row.start).as_secs())
            },
        );
        let kind = row.awaited.as_str();
        let mut lines = vec![format!(
            "{kind} {} ({}): {local}: {done}",
            row.name, row.key
        )];
        if let Some(decision) = &row.decision {
            let wave = self.names.scrub(&decision.wave.to_string());
            let released = decision.released.as_ref().map_or_else(
                || "nobody released it".to_owned(),
                |(by, mark)| format!("released by {by} at {}", self.wall(mark.at)),
            );
            lines.push(format!("  wave {wave}, {released}"));
        }
        for account in &row.accounts {
            let mut line = format!("  {}: {}", account.app, account.state.as_str());
            let verified = if account.is_at_most() {
                "seen"
            } else {
                "verified"
            };
            let times = [("sent", account.sent), (verified, account.verified)];
            for (what, mark) in times {
                if let Some(mark) = mark {
                    line = format!("{line}, {what} at {}", self.wall(mark.at));
                }
            }
            lines.push(line);
        }
        lines.extend(row.remains.iter().map(|rest| {
            let until = rest
                .until
                .map_or_else(|| "nobody knows".to_owned(), |at| self.wall(at));
            let (app, kind, what) = (&rest.app, rest.kind.as_str(), &rest.what);
            let why = self.names.scrub(&rest.why);
            format!("  remains: {app} {kind} {what} until {until}: {why}")
        }));
        lines
    }

    fn window(&self, since: &str, until: Option<&str>) -> Result<Window, app::AppError> {
        Window::read(since, until, &self.zone, self.node.app.now())
    }

    fn tell(&self, digest: &Digest) -> Vec<String> {
        let mut lines: Vec<String> = digest.counts.iter().map(count).collect();
        lines.extend(digest.people.iter().flat_map(|row| self.late(row)));
        for group in &digest.failures {
            let names: Vec<String> = group.people.iter().map(|(_, name)| name.clone()).collect();
            lines.push(format!(
                "failed {} ({}) since {}: {}",
                group.group,
                group.verbs.join(", "),
                self.wall(group.first_seen),
                render::list(&names)
            ));
            lines.push(format!("  {}", self.names.scrub(&group.problem)));
            lines.push(format!("  fix: {}", group.fix));
        }
        for wave in &digest.waves {
            let (status, at) = (wave.status.as_str(), self.wall(wave.at));
            let what = self.names.scrub(&format!("{}: {}", wave.wave, wave.cause));
            let plans = render::count(wave.plans, "plan", "plans");
            lines.push(format!("{status} since {at}: {what}, {plans}"));
            lines.extend(
                wave.because
                    .iter()
                    .map(|b| format!("  because {}", self.names.scrub(b))),
            );
            lines.push(format!("  fix: {}", self.names.scrub(&wave.fix)));
        }
        for found in &digest.findings {
            let problem = self.names.scrub(&found.problem);
            let (code, count, at) = (&found.code, found.count, self.wall(found.oldest));
            lines.push(format!("finding {code} × {count} since {at}: {problem}"));
            lines.push(format!("  fix: {}", found.fix));
        }
        lines.extend(digest.silent.iter().flat_map(|row| self.silence(row)));
        lines.push(
            match digest.needs_a_person() {
                true => "a person has something to do",
                false => "everything is as it should be",
            }
            .to_owned(),
        );
        lines
    }

    fn late(&self, row: &LatePerson) -> Vec<String> {
        let state = row.done_at.map_or_else(
            || "late".to_owned(),
            |at| format!("done late at {}", self.wall(at)),
        );
        let local = row.at.on_the_wall(&row.zone);
        let local = local.map_or_else(|e| e, |wall| format!("{wall} {}", row.zone));
        let mut lines = vec![format!(
            "{state}: {} {} ({}), {local}, due {}",
            row.awaited.as_str(),
            row.name,
            row.key,
            self.wall(row.due)
        )];
        if !row.why.is_empty() {
            lines.push(format!("  {}", self.names.scrub(&row.why)));
        }
        if !row.exposed.is_empty() {
            let apps: Vec<&str> = row.exposed.iter().map(|app| app.as_str()).collect();
            lines.push(format!("  may still use {}", apps.join(", ")));
        }
        lines
    }

    fn silence(&self, row: &Silence) -> Vec<String> {
        let since = row
            .since
            .map_or_else(String::new, |at| format!(" since {}", self.wall(at)));
        let who = match row.people.as_slice() {
            [] => String::new(),
            people => format!(": {}", render::list(people)),
        };
        let problem = self.names.scrub(&row.problem);
        vec![
            format!("silent {}{since}: {problem}{who}", row.kind),
            format!("  fix: {}", row.fix),
        ]
    }

    fn wall(&self, at: Timestamp) -> String {
        self.clock_on_the_wall(at)
    }
}

fn count(count: &Count) -> String {
    let mut parts = vec![format!("{} done", count.done)];
    let mut add = |n: u64, what: &str| {
        if n > 0 {
            parts.push(format!("{n} {what}"));
        }
    };
    add(count.done_late, "of them late");
    add(count.open, "in time still");
    add(count.late, "late");
    add(count.refused, "refused");
    let kind = count.awaited.as_str();
    format!("{kind}: {} expected, {}", count.expected, parts.join(", "))
}
