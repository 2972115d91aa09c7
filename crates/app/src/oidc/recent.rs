//! What became of somebody's sign-ins of late, for themselves: who sees one that is not theirs can say so.

use model::event::{Origin, SignInAnswer};
use model::{Event, Personal, Timestamp};

use super::authorize::{Answer, Asker};
use super::portal::Entered;
use crate::{App, AppError};

/// As many records about a person are looked through.
const LOOKED_AT: u32 = 200;
/// As many sign-ins are shown.
const SHOWN: usize = 30;

/// Something that became of a wish to sign in.
#[derive(Debug, PartialEq, Eq)]
pub struct RecentSignIn {
    /// When.
    pub at: Timestamp,
    /// To what, by its title; `None`: to Tenure's own pages, or it did not come so far.
    pub to: Option<String>,
    /// `let-in`, `more-asked`, `turned-away` or `not-proved`.
    pub outcome: &'static str,
    /// From which address; shortened once that is some days ago.
    pub network: String,
    /// With what browser, as that says.
    pub agent: String,
}

impl App {
    /// The last sign-ins of whoever is signed in, newest first; or what has to come before that.
    ///
    /// # Errors
    /// When the store does not answer, or nobody signs in here.
    pub async fn recent_sign_ins(
        &self,
        asker: Asker<'_>,
    ) -> Result<Result<Vec<RecentSignIn>, Answer>, AppError> {
        let opened = match self.entered(asker).await? {
            Entered::In(opened) => opened,
            Entered::Not(answer) => return Ok(Err(answer)),
        };
        let subject = opened.known.person.subject;
        let loaded = self.loaded().await?;
        let title = |name: &String| {
            let party = loaded.tenant.relying_parties.get(name);
            party.map(|party| party.title.clone())
        };
        let records = self.store.records_about(subject, None, LOOKED_AT).await?;
        let records = self.with_addresses(records).await?;
        let recent = records.into_iter().filter_map(|record| {
            let (outcome, to, origin) = match record.event {
                Event::SignInDecided(decided) => {
                    let outcome = match decided.answer {
                        SignInAnswer::Granted => "let-in",
                        SignInAnswer::More => "more-asked",
                        SignInAnswer::Denied => "turned-away",
                    };
                    let origin = match decided.personal {
                        Personal::Known(basis) => Some(basis.origin),
                        Personal::Erased => None,
                    };
                    (outcome, title(&decided.relying_party), origin)
                }
                Event::SignInFailed(failed) => ("not-proved", None, known(failed.personal)),
                _ => return None,
            };
            let origin = origin?;
            Some(RecentSignIn {
                at: record.at,
                to,
                outcome,
                network: origin.network,
                agent: origin.agent.unwrap_or_default(),
            })
        });
        Ok(Ok(recent.take(SHOWN).collect()))
    }
}

fn known(personal: Personal<Origin>) -> Option<Origin> {
    match personal {
        Personal::Known(origin) => Some(origin),
        Personal::Erased => None,
    }
}
