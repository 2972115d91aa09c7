//! Apps that nobody but their own people can reach: the verbs by which those are played.

use std::collections::BTreeMap;

use app::{AppError, OpenLine};
use model::{TargetName, Timestamp};

use super::order::Order;
use super::render;
use super::stage::Stage;
use super::verbs::{Output, actor};

/// Who brings what an app's people answered, if nobody is named.
const BEARER: &str = "it-desk";

/// What lines are called in outputs, in the order in which they were first seen: `L1`.
#[derive(Default)]
pub struct Lines(BTreeMap<String, String>);

impl Lines {
    fn name(&mut self, line: &str) -> String {
        let next = format!("L{}", self.0.len() + 1);
        self.0.entry(line.to_owned()).or_insert(next).clone()
    }

    /// A text with the names of lines in place of their ids.
    fn named(&self, text: &str) -> String {
        let names = self.0.iter();
        names.fold(text.to_owned(), |text, (line, name)| {
            text.replace(line, name)
        })
    }

    /// A file with the ids of lines in place of their names, which stand first in a row.
    fn written(&self, body: &[String]) -> String {
        let id = |name: &str| {
            self.0
                .iter()
                .find(|(_, known)| *known == name)
                .map(|(id, _)| id)
        };
        let row = |row: &String| match row.split_once(',') {
            Some((first, rest)) => match id(first) {
                Some(line) => format!("{line},{rest}"),
                None => row.clone(),
            },
            None => row.clone(),
        };
        body.iter().map(|text| row(text) + "\n").collect()
    }
}

impl Stage {
    async fn open(&mut self, app: &str) -> Result<Result<Vec<OpenLine>, AppError>, String> {
        let found = self.node.app.open_lines(&TargetName::from(app)).await;
        // Ids are of chance: lines of one due instant are told in the order of what they say.
        let found = found.map(|mut lines| {
            lines.sort_by_key(|open| {
                let who = open.subject.map(|subject| self.names.person(subject));
                (open.line.due, who, open.line.task)
            });
            lines
        });
        for open in found.iter().flatten() {
            self.lines.name(&open.line.id);
        }
        Ok(found)
    }

    /// `lines APP`: what its people are asked to do and have not answered.
    pub(super) async fn open_lines(&mut self, order: &Order) -> Output {
        let [app] = order.exactly(["APP"])?;
        let found = match self.open(app).await? {
            Ok(found) => found,
            Err(error) => return self.refused(&error),
        };
        let mut told = Vec::new();
        for open in found {
            let line = &open.line;
            let who = open.subject.map(|subject| self.names.person(subject));
            let mut text = format!(
                "{} {}: {} ({})",
                self.lines.name(&line.id),
                line.task,
                who.unwrap_or_default(),
                line.why
            );
            if !line.account.is_empty() {
                text = format!("{text}, account {}", line.account);
            }
            for (path, value) in &line.set {
                text = format!("{text}, {path}={value}");
            }
            let late = if open.overdue { ", overdue" } else { "" };
            told.push(format!(
                "{text}, until {}{late}",
                self.clock_on_the_wall(line.due)
            ));
        }
        if told.is_empty() {
            told.push(format!("nobody is asked to do anything in {app}"));
        }
        Ok(told)
    }

    /// `sheet APP`: the file for its people.
    pub(super) async fn sheet(&mut self, order: &Order) -> Output {
        let [app] = order.exactly(["APP"])?;
        if let Err(error) = self.open(app).await? {
            return self.refused(&error);
        }
        let sheet = self.node.app.sheet(&TargetName::from(app)).await;
        let (bytes, _) = match sheet {
            Ok(sheet) => sheet,
            Err(error) => return self.refused(&error),
        };
        let text = String::from_utf8(bytes).map_err(|e| e.to_string())?;
        let text = self.lines.named(text.trim_start_matches('\u{feff}'));
        let mut rows: Vec<String> = text.lines().map(str::to_owned).collect();
        // The header stays first.
        if let Some(rest) = rows.get_mut(1..) {
            rest.sort();
        }
        Ok(rows)
    }

    /// `confirm APP [cut]`, and what its people answered; lines by name.
    pub(super) async fn confirm(&mut self, mut order: Order, body: &[String]) -> Output {
        let cut = order.flag("cut");
        let [app] = order.exactly(["APP"])?;
        let mut text = self.lines.written(body);
        if cut {
            text.pop();
        }
        let who = actor(&order, BEARER);
        let reason = order.because.clone().unwrap_or_else(|| "reply".to_owned());
        let report = self
            .node
            .app
            .take_answers(
                &who,
                &TargetName::from(app),
                ("reply.csv", text.as_bytes()),
                &reason,
                false,
            )
            .await;
        let report = match report {
            Ok(report) => report,
            Err(error) => return self.refused(&error),
        };
        let mut told = Vec::new();
        if report.refused {
            told.push("the file is refused whole".to_owned());
        }
        for row in &report.rows {
            let line = self.lines.name(&row.line);
            told.push(format!("{line}: {}, {}", row.said, row.taken.as_str()));
        }
        if report.unanswered > 0 {
            told.push(format!("{} not answered", report.unanswered));
        }
        let found = render::diagnostics(&report.diagnostics, &self.names);
        told.extend(found.iter().map(|line| self.lines.named(line)));
        told.extend(self.settle().await?);
        Ok(told)
    }

    /// `extract APP of TIME`, and the list of its accounts; TIME on the wall of the last zone.
    pub(super) async fn extract(&mut self, mut order: Order, body: &[String]) -> Output {
        let of = order.option("of")?.ok_or("write `extract APP of TIME`")?;
        let [app] = order.exactly(["APP"])?;
        let civil = of.parse().map_err(|e| format!("`{of}`: {e}"))?;
        let taken = Timestamp::in_zone(civil, &self.zone)?;
        let mut text = body.join("\n");
        text.push('\n');
        let who = actor(&order, BEARER);
        let report = self
            .node
            .app
            .take_extract(
                &who,
                &TargetName::from(app),
                ("extract.csv", text.as_bytes()),
                taken,
                false,
            )
            .await;
        let report = match report {
            Ok(report) => report,
            Err(error) => return self.refused(&error),
        };
        let mut told = Vec::new();
        match &report.run {
            Some(run) => told.push(format!(
                "{app}: read {}, changed {}, gone {}, {}, read back {}",
                run.read,
                run.changed,
                run.vanished,
                format!("{:?}", run.completeness).to_lowercase(),
                report.verified
            )),
            None => told.push("the file is refused whole".to_owned()),
        }
        told.extend(render::diagnostics(&report.diagnostics, &self.names));
        told.extend(self.settle().await?);
        Ok(told)
    }
}
