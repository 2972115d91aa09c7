//! Whether break-glass accounts would open anything on the day on which they are needed.

use std::time::Duration;

use model::sign_in::FactorUse;
use model::{Notice, Occasion, SubjectId, Timestamp, WorkerRef};

use super::report::Silence;
use super::silent::row;
use crate::sign_in::{Bar, proved};
use crate::tenant::Loaded;
use crate::{App, AppError};

/// As many accounts there are to be, so that one may fail.
const NEEDED: usize = 2;
/// As many sessions of an account are looked at.
const LOOKED_AT: u32 = 20;

/// One account, as far as it can be used.
#[derive(Debug)]
struct Account {
    who: WorkerRef,
    /// Why it opens nothing, if it does not.
    shut: Option<String>,
    /// When it was signed in with last so that somebody said that they had heard of it.
    tested: Option<Timestamp>,
}

impl App {
    /// What is to be said of break-glass accounts; nothing where nobody signs in.
    pub(super) async fn break_glass_told(
        &self,
        loaded: &Loaded,
        now: Timestamp,
    ) -> Result<Vec<Silence>, AppError> {
        let Some(sign_on) = &loaded.tenant.sign_on else {
            return Ok(Vec::new());
        };
        let Some(glass) = &sign_on.break_glass else {
            return Ok(told(&[], 0, now));
        };
        let mut accounts = Vec::new();
        for who in &glass.people {
            let person = self.store.person_by_key(&who.source, &who.key).await?;
            let Some(person) = person else {
                accounts.push(Account {
                    who: who.clone(),
                    shut: Some(Bar::Unknown.as_str().to_owned()),
                    tested: None,
                });
                continue;
            };
            let subject = person.subject;
            let bar = self.bar_of(&self.known(person).await?).await?;
            let theirs = self.credentials(subject).await?;
            let could = theirs.iter().map(|row| FactorUse {
                factor: row.state.factor,
                at: now,
            });
            let enough = proved(&could.collect::<Vec<_>>(), now) >= Some(glass.strength);
            let lacks = || "what they could sign in with is not enough".to_owned();
            let barred = bar.map(|bar| bar.as_str().to_owned());
            accounts.push(Account {
                who: who.clone(),
                shut: barred.or_else(|| (!enough).then(lacks)),
                tested: self.tested(subject).await?,
            });
        }
        Ok(told(&accounts, glass.test_within_days, now))
    }

    /// When somebody last began a session of which somebody said that they had heard.
    async fn tested(&self, subject: SubjectId) -> Result<Option<Timestamp>, AppError> {
        let begun = Timestamp::EPOCH;
        let mut rows = self.store.sessions_of(subject, begun, LOOKED_AT).await?;
        rows.extend(self.store.ended_sessions_of(subject, LOOKED_AT).await?);
        rows.sort_by_key(|row| std::cmp::Reverse(row.state.began));
        for row in rows {
            let id = Notice::id_of(Occasion::BreakGlass, &row.id.to_string());
            let notice = self.store.notice(id).await?;
            if notice.is_some_and(|notice| notice.state.acknowledged.is_some()) {
                return Ok(Some(row.state.began));
            }
        }
        Ok(None)
    }
}

fn told(accounts: &[Account], days: u16, now: Timestamp) -> Vec<Silence> {
    let mut rows = Vec::new();
    let usable = accounts.iter().filter(|one| one.shut.is_none()).count();
    if usable < NEEDED {
        let have = match usable {
            0 => "no break-glass account can be used".to_owned(),
            _ => "only 1 break-glass account can be used, and it may fail".to_owned(),
        };
        rows.push(Silence {
            count: usable as u64,
            problem: format!("{have}: a mistake in the sign-on policy would keep everybody out"),
            fix: format!(
                "name {NEEDED} people in `break_glass` of the SignOnPolicy, and give each a passkey"
            ),
            ..row("break-glass", "")
        });
    }
    let within = Duration::from_secs(u64::from(days) * 86_400);
    for account in accounts {
        let what = format!("{}/{}", account.who.source, account.who.key);
        let problem = match (&account.shut, account.tested) {
            (Some(why), _) => format!("nobody gets in with the break-glass account {what}: {why}"),
            (None, None) => format!("the break-glass account {what} was never tried"),
            (None, Some(at)) if now.since(at) > within => {
                format!("the break-glass account {what} was not tried for {days} days")
            }
            (None, Some(_)) => continue,
        };
        let fix = match account.shut {
            Some(_) => {
                "name somebody else, or `tenure sign-in pass`, with which they add a passkey"
            }
            None => "sign in with it, and acknowledge the notice of that with `tenure notice ack`",
        };
        rows.push(Silence {
            since: account.tested,
            problem,
            fix: fix.to_owned(),
            ..row("break-glass", &what)
        });
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(days: u64) -> Timestamp {
        Timestamp::EPOCH.plus(Duration::from_secs(days * 86_400))
    }

    fn account(key: &str, shut: Option<&str>, tested: Option<u64>) -> Account {
        Account {
            who: WorkerRef {
                source: "hr".to_owned(),
                key: key.to_owned(),
            },
            shut: shut.map(str::to_owned),
            tested: tested.map(at),
        }
    }

    fn problems(accounts: &[Account]) -> Vec<(String, Option<Timestamp>)> {
        let rows = told(accounts, 90, at(100)).into_iter();
        rows.map(|row| (row.what, row.since)).collect()
    }

    #[test]
    fn two_that_were_tried_within_their_days_are_silent() {
        let two = [account("a", None, Some(10)), account("b", None, Some(99))];
        assert!(problems(&two).is_empty());
    }

    #[test]
    fn fewer_than_two_and_what_was_not_tried_is_told() {
        let few = String::new();
        assert_eq!(problems(&[]), [(few.clone(), None)]);
        let one = [account("a", None, Some(99))];
        assert_eq!(problems(&one), [(few.clone(), None)]);
        let never = [account("a", None, None), account("b", None, Some(9))];
        assert_eq!(
            problems(&never),
            [("hr/a".to_owned(), None), ("hr/b".to_owned(), Some(at(9)))]
        );
        // Whoever has left is no account that counts.
        let left = [
            account("a", Some("their work has ended"), Some(99)),
            account("b", None, Some(99)),
        ];
        assert_eq!(
            problems(&left),
            [(few, None), ("hr/a".to_owned(), Some(at(99)))]
        );
    }
}
