//! Who waits for a seat, and how far they have come.

use std::collections::{BTreeMap, BTreeSet};

use lifecycle::identity::Sources;
use lifecycle::seats::{Applicant, taking};
use model::finding::Finding;
use model::plan::{About, PlanStatus};
use model::{Completeness, Kind, SubjectId, TargetName};
use ports::Store;
use ports::store::{MAX_PAGE, PlanRow};

use crate::tenant::Loaded;
use crate::{App, AppError};

/// Somebody waits for a seat.
pub(crate) const NO_SEAT: &str = "TNR-SEAT-0001";
/// Somebody waits because nobody can tell whether there is a seat.
pub(crate) const UNKNOWN: &str = "TNR-SEAT-0002";
/// An app has more usable accounts than seats.
pub(crate) const TOO_MANY: &str = "TNR-SEAT-0003";

/// People, or plans, that are read at once.
const PAGE: u32 = 500;

/// People by app.
pub(crate) type By = BTreeMap<TargetName, BTreeSet<SubjectId>>;

/// Whether a finding says that somebody waits for a seat.
pub(crate) fn is_about_a_seat(finding: &Finding) -> bool {
    matches!(finding.code.as_str(), NO_SEAT | UNKNOWN)
}

/// That somebody waits for a seat in an app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeatAwaited {
    /// The app.
    pub app: TargetName,
    /// How many seats it has.
    pub seats: u32,
    /// How many accounts may be used there; `None`: nobody can tell.
    pub used: Option<u64>,
    /// How many more are being made or enabled, or would be by plans that wait for a person.
    pub promised: u64,
    /// Their place among those who wait, from 1.
    pub place: u64,
    /// How many wait.
    pub waiting: u64,
}

impl std::fmt::Display for SeatAwaited {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (seats, promised) = (self.seats, self.promised);
        let code = match self.used {
            Some(used) => {
                write!(f, "waits for a seat: {used} of {seats} are taken")?;
                if promised > 0 {
                    write!(f, " and {promised} promised")?;
                }
                NO_SEAT
            }
            None => {
                write!(
                    f,
                    "waits for a seat: how many of {seats} are taken is not known"
                )?;
                UNKNOWN
            }
        };
        let (place, waiting) = (self.place, self.waiting);
        write!(
            f,
            "; number {place} of {waiting} by first day of work ({code})"
        )
    }
}

impl App {
    /// For which seats a person was found to wait, by app.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn seats_awaited(&self, subject: SubjectId) -> Result<Vec<SeatAwaited>, AppError> {
        let loaded = match self.loaded().await {
            Err(error) if error.kind() == crate::ErrorKind::Missing => return Ok(Vec::new()),
            loaded => loaded?,
        };
        let mut found = Vec::new();
        if loaded.book.has_seats() {
            let waiting = waiting_people(&*self.store).await?;
            for (app, people) in waiting
                .iter()
                .filter(|(_, people)| people.contains(&subject))
            {
                found.extend(self.seat_awaited(&loaded, app, people, subject).await?);
            }
        }
        Ok(found)
    }

    /// How many people were found to wait for a seat, by app.
    ///
    /// # Errors
    /// When there are no documents, or the store does not answer.
    pub async fn waiting_for_seats(&self) -> Result<BTreeMap<TargetName, u64>, AppError> {
        if !self.loaded().await?.book.has_seats() {
            return Ok(BTreeMap::new());
        }
        let waiting = waiting_people(&*self.store).await?.into_iter();
        Ok(waiting
            .map(|(app, people)| (app, people.len() as u64))
            .collect())
    }

    async fn seat_awaited(
        &self,
        loaded: &Loaded,
        app: &TargetName,
        people: &BTreeSet<SubjectId>,
        subject: SubjectId,
    ) -> Result<Option<SeatAwaited>, AppError> {
        let seats = loaded.book.apps.get(app).and_then(|rules| rules.seats);
        let Some(seats) = seats else { return Ok(None) };
        let mut line = self.line_up(people, &loaded.book.sources).await?;
        line.sort();
        let place = line.iter().position(|a| a.subject == subject);
        let Some(place) = place else { return Ok(None) };
        let promised = promised(&*self.store, |_| false).await?;
        Ok(Some(SeatAwaited {
            app: app.clone(),
            seats,
            used: self.seats_used(app).await?,
            promised: promised.get(app).map_or(0, BTreeSet::len) as u64,
            place: place as u64 + 1,
            waiting: line.len() as u64,
        }))
    }

    /// How many accounts of an app may be used; `None`: its last listing was not complete.
    async fn seats_used(&self, app: &TargetName) -> Result<Option<u64>, AppError> {
        let run = self.store.last_observation(app, Kind::Account).await?;
        match run.is_some_and(|row| row.run.completeness == Completeness::Full) {
            true => Ok(Some(self.store.usable(app).await?)),
            false => Ok(None),
        }
    }

    /// Those who wait for a seat in apps that have a free one.
    pub(crate) async fn could_be_seated(
        &self,
        loaded: &Loaded,
    ) -> Result<Vec<SubjectId>, AppError> {
        let waiting = waiting_people(&*self.store).await?;
        if waiting.is_empty() {
            return Ok(Vec::new());
        }
        let promised = promised(&*self.store, |_| false).await?;
        let mut people = BTreeSet::new();
        for (app, waiting) in waiting {
            let seats = loaded.book.apps.get(&app).and_then(|rules| rules.seats);
            let promised = promised.get(&app).map_or(0, BTreeSet::len) as u64;
            let free = match (seats, self.seats_used(&app).await?) {
                // It has as many as are wanted by now.
                (None, _) => true,
                (Some(seats), Some(used)) => used.saturating_add(promised) < u64::from(seats),
                (Some(_), None) => false,
            };
            if free {
                people.extend(waiting);
            }
        }
        Ok(people.into_iter().collect())
    }

    /// These people as they stand in line, in no order.
    pub(crate) async fn line_up(
        &self,
        subjects: &BTreeSet<SubjectId>,
        sources: &Sources,
    ) -> Result<Vec<Applicant>, AppError> {
        let subjects: Vec<SubjectId> = subjects.iter().copied().collect();
        let mut line = Vec::with_capacity(subjects.len());
        for chunk in subjects.chunks(PAGE as usize) {
            for person in self.store.people(chunk).await? {
                line.push(Applicant {
                    newcomer: true,
                    starts: self.identity(&person, sources)?.facts.starts,
                    subject: person.subject,
                });
            }
        }
        Ok(line)
    }
}

/// The apps in which what is left of a plan takes a seat; none of somebody who was erased.
pub(crate) fn promised_by(row: &PlanRow) -> impl Iterator<Item = &TargetName> {
    let steps = row.plan.known().into_iter().flat_map(taking);
    let open = steps.filter(|step| {
        let stands = row.steps.iter().find(|s| s.no == step.no);
        stands.is_none_or(|s| !s.status.is_final())
    });
    open.map(|step| &step.address.target)
}

/// Who is promised a seat by plans under way, and by waiting ones; but by those only where their
/// people are not looked at anew.
pub(crate) async fn promised(
    store: &dyn Store,
    looked_at: impl Fn(&SubjectId) -> bool,
) -> Result<By, AppError> {
    let mut promised = By::new();
    let mut after = None;
    loop {
        let page = store.open_plans(after, PAGE).await?;
        after = page.last().map(|plan| plan.id);
        for row in &page {
            let About::Subject(subject) = row.about else {
                continue;
            };
            if row.status != PlanStatus::Released && looked_at(&subject) {
                continue;
            }
            for target in promised_by(row) {
                promised.entry(target.clone()).or_default().insert(subject);
            }
        }
        if page.len() < PAGE as usize {
            return Ok(promised);
        }
    }
}

/// Those who were found to wait for a seat, by app.
pub(crate) async fn waiting_people(store: &dyn Store) -> Result<By, AppError> {
    let mut waiting = By::new();
    for row in store.open_findings(MAX_PAGE).await? {
        let finding = row.opened.finding;
        if let (true, Some(subject), Some(at)) =
            (is_about_a_seat(&finding), finding.subject, finding.address)
        {
            waiting.entry(at.target).or_default().insert(subject);
        }
    }
    Ok(waiting)
}
