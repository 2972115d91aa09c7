//! What is so now that people may have to be told of. Only what an `Alarm` asks for is looked at.

use std::time::Duration;

use lifecycle::guard::PROTECTED;
use lifecycle::notices::Occurrence;
use model::{Occasion, Timestamp, Verdict};
use ports::store::MAX_PAGE;

use super::document;
use super::standing::last_heard;
use crate::expiries::{Expiry, What};
use crate::tenant::Loaded;
use crate::{App, AppError};

/// The longest text of a notice, in characters.
const MAX_TEXT: usize = 500;

type Found = (Vec<Occurrence>, Option<Timestamp>);

impl App {
    /// What is so, and when time alone makes something so next, as far as that is known.
    pub(super) async fn occurrences(
        &self,
        loaded: &Loaded,
        now: Timestamp,
    ) -> Result<Found, AppError> {
        let mut found = Vec::new();
        let mut next = Vec::new();
        if document(loaded, Occasion::HeldWave).is_some() {
            found.extend(self.held_waves().await?);
        }
        if let Some(alarm) = document(loaded, Occasion::LateLeaver) {
            let (late, then) = self.late_leavers(alarm.late_after_minutes, now).await?;
            found.extend(late);
            next.extend(then);
        }
        if document(loaded, Occasion::StaleSource).is_some() {
            let (stale, then) = self.stale_sources(loaded, now).await?;
            found.extend(stale);
            next.extend(then);
        }
        if let Some(alarm) = document(loaded, Occasion::ExpiringCredential) {
            found.extend(
                self.ending_credentials(loaded, alarm.days_before, now)
                    .await?,
            );
        }
        if document(loaded, Occasion::FailedDrill).is_some() {
            found.extend(self.failed_drills().await?);
        }
        Ok((found, next.into_iter().min()))
    }

    /// The last run of each drill, if it did not pass. That one did not begin is told by the digest.
    async fn failed_drills(&self) -> Result<Vec<Occurrence>, AppError> {
        let failed = self.drills().await?.into_iter().filter_map(|status| {
            let trouble = status.trouble?;
            let number = trouble.run?;
            Some(Occurrence {
                occasion: Occasion::FailedDrill,
                about: format!("{} {number}", status.drill.name),
                text: trouble.problem,
                advice: trouble.fix,
            })
        });
        Ok(failed.collect())
    }

    async fn held_waves(&self) -> Result<Vec<Occurrence>, AppError> {
        let waves = self.store.undecided_waves(MAX_PAGE).await?;
        let held = waves.into_iter().filter_map(|row| {
            let wave = row.wave;
            let (how, then) = match &row.verdict {
                Verdict::Allow { .. } => return None,
                Verdict::Ask { .. } => ("held", "`tenure approve` or `tenure refuse`"),
                Verdict::Halt { .. } => ("halted", "`tenure refuse`"),
            };
            Some(Occurrence {
                occasion: Occasion::HeldWave,
                about: wave.to_string(),
                text: format!(
                    "a wave of the change `{}` is {how}: {}",
                    row.cause.change.as_str(),
                    reasons(row.verdict.because())
                ),
                advice: format!("look at it with `tenure waves show {wave}`, then {then} it"),
            })
        });
        Ok(held.collect())
    }

    async fn late_leavers(&self, minutes: u32, now: Timestamp) -> Result<Found, AppError> {
        let allowed = Duration::from_secs(u64::from(minutes) * 60);
        let mut rows = Vec::new();
        for row in self.store.open_leavers(now, MAX_PAGE).await? {
            // Whoever is made up for a drill has left nothing: its run says that it failed.
            let wave = self.store.wave(row.wave).await?;
            let drill = match &wave {
                Some(wave) => self.is_of_drill(&wave.cause).await?,
                None => false,
            };
            if !drill {
                rows.push(row);
            }
        }
        let late_at = |at: Timestamp| at.plus(allowed);
        let next = rows
            .iter()
            .map(|row| late_at(row.at))
            .filter(|at| *at > now);
        let next = next.min();
        let late = rows.iter().filter(|row| late_at(row.at) <= now);
        let late = late.map(|row| Occurrence {
            occasion: Occasion::LateLeaver,
            about: row.wave.to_string(),
            text: format!(
                "of people who have left, {} may still have access: plans made at {} are not \
                 carried out and verified after {minutes} minutes",
                row.plans, row.at
            ),
            advice: format!(
                "see what they wait for with `tenure waves show {}`",
                row.wave
            ),
        });
        Ok((late.collect(), next))
    }

    async fn stale_sources(&self, loaded: &Loaded, now: Timestamp) -> Result<Found, AppError> {
        let mut stale = Vec::new();
        let mut next = Vec::new();
        for (name, source) in &loaded.tenant.sources {
            let Some(hours) = source.expect_every_hours else {
                continue;
            };
            let heard = self.store.last_heard(name).await?;
            let since = match heard {
                Some((_, at)) => at,
                None => self.expected_since(name, &loaded.row).await?,
            };
            let due = since.plus(Duration::from_secs(u64::from(hours) * 3_600));
            if due > now {
                next.push(due);
                continue;
            }
            // By the instant, not by the file: the same file may come after each silence.
            let last = last_heard(heard);
            stale.push(Occurrence {
                occasion: Occasion::StaleSource,
                about: format!("{name} {last}"),
                text: format!(
                    "the source `{name}` has delivered no sound file within {hours} hours, since \
                     {since}"
                ),
                advice: "look at its export, and at `tenure deliveries`".to_owned(),
            });
        }
        Ok((stale, next.into_iter().min()))
    }

    /// What was made for no longer than the time of the notice is not told of: whoever made it knows.
    async fn ending_credentials(
        &self,
        loaded: &Loaded,
        days: u32,
        now: Timestamp,
    ) -> Result<Vec<Occurrence>, AppError> {
        let before = Duration::from_secs(u64::from(days) * 86_400);
        let rows = self.expiries(loaded, now, before).await?;
        let long = rows.into_iter().filter(|row| {
            let made_for = row.since.map(|since| row.ends.since(since));
            made_for.is_none_or(|long| long > before)
        });
        Ok(long.map(|row| ending(&row, now)).collect())
    }
}

/// A notice of what ends. A token is named by its id, not by whose it is.
fn ending(row: &Expiry, now: Timestamp) -> Occurrence {
    let (about, text, advice) = match row.what {
        What::Token => (
            row.id.clone(),
            format!("the token {} ends at {}", row.id, row.ends),
            "`tenure token list` says whose it is; make another one with `tenure token create`"
                .to_owned(),
        ),
        // By its end too: what is renewed is another one.
        What::Secret => (
            format!("secret {} {}", row.id, row.ends),
            row.problem(now),
            row.fix(),
        ),
        What::AppCertificate | What::OwnCertificate => (
            format!("certificate {} {}", row.id, row.ends),
            row.problem(now),
            row.fix(),
        ),
        // And by how near it is: what was told ninety days before is told again.
        What::PartyCertificate | What::PartyMetadata => {
            let (of, id, ends) = (&row.of, &row.id, row.ends);
            let days = row.stage(now).unwrap_or_default();
            (
                format!("relying party {of} {id} {ends} in {days}"),
                row.problem(now),
                row.fix(),
            )
        }
    };
    Occurrence {
        occasion: Occasion::ExpiringCredential,
        about,
        text,
        advice,
    }
}

/// The guard's reasons in one line, without anybody's key: a notice goes to systems that erase
/// nobody. A reason that has no room is counted, not told.
fn reasons(because: &[String]) -> String {
    let mut text = String::new();
    let mut more = 0;
    for reason in because {
        let reason = if reason.starts_with(PROTECTED) {
            PROTECTED
        } else {
            reason.as_str()
        };
        if text.chars().count() + reason.chars().count() > MAX_TEXT {
            more += 1;
            continue;
        }
        if !text.is_empty() {
            text.push_str("; ");
        }
        text.extend(reason.chars().map(|c| if c.is_control() { ' ' } else { c }));
    }
    let what = if more == 1 { "reason" } else { "reasons" };
    match (more, text.is_empty()) {
        (0, _) => text,
        (_, true) => format!("{more} {what} too long for a notice"),
        (_, false) => format!("{text}; {more} more {what}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is renewed is another thing to be told of, and a token is told of without its principal.
    #[test]
    fn what_ends_is_told_by_what_it_is_and_when_it_ends() {
        let now = Timestamp::EPOCH;
        let row = |what, days: u64| Expiry {
            what,
            id: "chat".to_owned(),
            of: "somebody".to_owned(),
            ends: now.plus(Duration::from_secs(days * 86_400)),
            since: None,
            host: None,
        };
        let about = |what, days| ending(&row(what, days), now).about;
        for what in [What::Secret, What::AppCertificate, What::OwnCertificate] {
            assert_eq!(about(what, 3), about(what, 3));
            assert_ne!(about(what, 3), about(what, 4), "{what:?}");
        }
        assert_ne!(about(What::Secret, 3), about(What::AppCertificate, 3));
        for what in [What::PartyCertificate, What::PartyMetadata] {
            let row = row(what, 60);
            let in_a_month = now.plus(Duration::from_secs(30 * 86_400));
            assert_ne!(ending(&row, now).about, ending(&row, in_a_month).about);
        }
        let token = ending(&row(What::Token, 3), now);
        assert_eq!(token.about, "chat");
        assert!(!token.text.contains("somebody"), "{}", token.text);
    }

    #[test]
    fn reasons_are_one_line_without_keys() {
        let because = [
            "4000 people lose access".to_owned(),
            format!("{PROTECTED}: w001, w002"),
            "change freeze until then: holidays\nand more".to_owned(),
        ];
        assert_eq!(
            reasons(&because),
            "4000 people lose access; protected people lose access; change freeze until then: \
             holidays and more"
        );
        let many: Vec<String> = (0..100).map(|n| format!("reason number {n}")).collect();
        let text = reasons(&many);
        assert!(
            text.ends_with(" more reasons") && text.len() < 600,
            "{text}"
        );
    }

    #[test]
    fn a_reason_that_is_too_long_does_not_hide_the_others() {
        let because = ["x".repeat(501), "4000 people lose access".to_owned()];
        assert_eq!(reasons(&because), "4000 people lose access; 1 more reason");
        let alone = reasons(&because[..1]);
        assert_eq!(alone, "1 reason too long for a notice");
    }
}
