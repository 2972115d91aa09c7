//! Finding people.

use model::SubjectId;
use ports::store::{Person, Stir};

use crate::terminate::TERMINATION_ENDED;
use crate::{App, AppError, ErrorKind, Known};

/// As many candidates are named when a text names several people.
const MATCHES: u32 = 20;

impl App {
    /// The one person whom `text` names: a subject id, a worker key, an email or a name.
    ///
    /// # Errors
    /// `Missing` when nobody matches, `Conflict` with the candidates when several do.
    pub async fn one_person(&self, text: &str) -> Result<Known, AppError> {
        if let Ok(subject) = text.parse::<SubjectId>() {
            let found = self.store.person(subject).await?;
            let person = found.ok_or_else(|| AppError::missing("person", text))?;
            return self.known(person).await;
        }
        let found = match self.by_key(text).await? {
            keyed if keyed.is_empty() => self.store.people_matching(text, MATCHES).await?,
            keyed => keyed,
        };
        let found = self.known_all(found).await?;
        let exact: Vec<&Known> = found.iter().filter(|p| names(p, text)).collect();
        match (exact.as_slice(), found.as_slice()) {
            ([one], _) => Ok((*one).clone()),
            ([], [one]) => Ok(one.clone()),
            ([], []) => Err(AppError::missing("person", text)),
            _ => {
                let list: Vec<String> = found
                    .iter()
                    .map(|p| {
                        let (name, key) = (p.identity.facts.display_name(), &p.identity.key);
                        format!("{name} ({key}, {})", p.person.subject)
                    })
                    .collect();
                Err(AppError::new(
                    ErrorKind::Conflict,
                    "TNR-APP-0050",
                    format!("`{text:.100}` matches several people: {}", list.join("; ")),
                    "name one of them by worker key or subject id",
                ))
            }
        }
    }

    /// Whose worker key this is, in any declared source. Looked up first: a search reads everyone, and a
    /// key that is a part of many others would not be among the first that it finds.
    async fn by_key(&self, text: &str) -> Result<Vec<Person>, AppError> {
        let mut found: Vec<Person> = Vec::new();
        for source in self.sources().await?.keys() {
            let person = self.store.person_by_key(source, text).await?;
            let new = person.filter(|p| found.iter().all(|known| known.subject != p.subject));
            found.extend(new);
        }
        Ok(found)
    }

    /// What HR, or whoever terminated them, said last of a person since the plan about them that
    /// was drafted as record `since`. Only a plan of a proposed wave counts: a draft that came to
    /// nothing has told nobody.
    pub(crate) async fn news_since(
        &self,
        subject: SubjectId,
        since: Option<u64>,
    ) -> Result<Option<Stir>, AppError> {
        let kinds = [
            "facts.accepted/1",
            "facts.accepted/2",
            "facts.withdrawn/1",
            "facts.withdrawn/2",
            "subject.terminated/1",
            TERMINATION_ENDED,
        ];
        let told = self.store.last_stir(subject, &kinds).await?;
        Ok(told.filter(|told| since.is_none_or(|since| told.seq > since)))
    }
}

fn names(known: &Known, text: &str) -> bool {
    known.person.engagements.iter().any(|e| e.key == text)
        || known
            .identity
            .facts
            .text("email")
            .is_some_and(|e| e.eq_ignore_ascii_case(text))
        || known
            .identity
            .facts
            .display_name()
            .eq_ignore_ascii_case(text)
}
