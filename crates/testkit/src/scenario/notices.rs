//! Verbs about what people are told of.

use app::rows::NoticeRow;

use super::order::Order;
use super::stage::Stage;
use super::verbs::{Output, actor};

/// Who has something, if nobody is named.
const ON_CALL: &str = "bo";
/// Notices of a scenario at the most.
const MOST: u32 = 1_000;

impl Stage {
    /// `notices`: what people are told of and is not over.
    pub(super) async fn notices(&self) -> Output {
        let rows = self.open_notices().await?;
        let mut lines: Vec<String> = rows.iter().map(|row| self.notice_line(row)).collect();
        lines.sort();
        if lines.is_empty() {
            lines.push("nobody is told of anything".to_owned());
        }
        Ok(lines)
    }

    fn notice_line(&self, row: &NoticeRow) -> String {
        let state = &row.state;
        let told = state.messages.iter().map(|message| {
            let attempts = match message.attempts {
                0 | 1 => String::new(),
                many => format!(" in {many} attempts"),
            };
            let (channel, status) = (&message.channel, message.status.as_str());
            format!("{channel} {}{attempts}", status.replace('_', " "))
        });
        let told = told.collect::<Vec<_>>().join(", ");
        let how = match (&state.acknowledged, &state.escalated) {
            (Some(known), _) => format!("{} has it: {}", known.by, known.reason),
            (None, Some(passed_on)) => format!("passed on, {}", passed_on.because),
            (None, None) => "nobody has it".to_owned(),
        };
        let (occasion, about) = (state.occasion.as_str(), self.names.scrub(&state.about));
        format!("{occasion} {about}: {told}; {how}")
    }

    async fn open_notices(&self) -> Result<Vec<NoticeRow>, String> {
        let rows = self.node.app.store().open_notices(MOST).await;
        rows.map_err(|e| e.to_string())
    }

    /// `acknowledge OCCASION ABOUT because …`.
    pub(super) async fn acknowledge(&mut self, order: &Order) -> Output {
        let [occasion, about] = order.exactly(["OCCASION", "ABOUT"])?;
        let rows = self.open_notices().await?;
        let found = rows.iter().find(|row| {
            row.state.occasion.as_str() == occasion && self.names.scrub(&row.state.about) == about
        });
        let id = found.map(|row| row.id);
        let id = id.ok_or_else(|| format!("nobody is told of {occasion} {about}"))?;
        let reason = order.because.clone().unwrap_or_default();
        let who = actor(order, ON_CALL);
        let done = self.node.app.acknowledge(&who, id, &reason, false).await;
        match done {
            Ok(row) => {
                let mut lines = vec![self.notice_line(&row)];
                lines.extend(self.settle().await?);
                Ok(lines)
            }
            Err(error) => self.refused(&error),
        }
    }

    /// `channel NAME down` and `channel NAME up`.
    pub(super) fn channel(&mut self, order: &Order) -> Output {
        let [name, how] = order.exactly(["NAME", "HOW"])?;
        match how {
            "up" => self.estate.set_channel(name, true),
            "down" => self.estate.set_channel(name, false),
            _ => return Err("a channel is `up` or `down`".to_owned()),
        }
        Ok(Vec::new())
    }
}
