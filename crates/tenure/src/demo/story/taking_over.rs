//! The first days: an estate is taken over, and nobody loses anything that was not decided.

use model::{Actor, TargetName};

use super::super::apps::NAMES;
use super::super::outcomes::Outcomes;
use super::super::stage::{KIM, Stage};
use super::deeds::Seen;
use crate::failure::Failure;

impl Stage {
    /// The apps are read, and people decide whose the wiki's old accounts are.
    pub(super) async fn takes_over(&mut self, outcomes: &mut Outcomes) -> Result<(), Failure> {
        let kim = Actor::named(KIM);
        for app in NAMES {
            self.app().observe(&kim, &TargetName::from(app)).await?;
        }
        let found = self.app().estate("wiki").await?;
        for (class, found) in found.counts() {
            let planted = self.estate.classes().get(class.as_str()).copied();
            let name = format!("accounts in the wiki that are {}", class.as_str());
            outcomes.same(name, planted.unwrap_or(0), found);
        }
        let rows = self.estate.decisions();
        let reason = "we asked everyone";
        let taken = self
            .app()
            .decide_estate(&kim, "wiki", &rows, reason, false)
            .await?;
        outcomes.same("decisions about accounts", rows.len(), taken.decided.len());
        Ok(())
    }

    /// From now on Tenure writes to the apps.
    pub(super) async fn goes_live(&mut self) -> Result<(), Failure> {
        if let Some(apps) = self.documents.get_mut("apps.yaml") {
            *apps = apps.replace("mode: observe", "mode: enforce");
        }
        self.apps.show_their_temper()?;
        self.push().await?;
        self.app().plan(&Actor::named(KIM), false).await?;
        Ok(())
    }

    /// Unexplained access becomes less, until there is none.
    pub(super) async fn explains(
        &mut self,
        seen: &mut Seen,
        outcomes: &mut Outcomes,
    ) -> Result<(), Failure> {
        let kim = Actor::named(KIM);
        let (before, rest) = self.estate.unexplained();
        let first = self.app().unexplained("wiki").await?;
        let suggested = first
            .of
            .iter()
            .find(|of| of.group.as_deref() == Some("Berlin Office"));
        let suggested = suggested.and_then(|of| of.suggestion.as_ref());
        let suggested = suggested.map_or("", |found| found.when.as_str());
        outcomes.same(
            "the rule for Berlin",
            "person.site == \"Berlin\"",
            suggested,
        );
        let rule = include_str!("../documents/berlin.yaml").to_owned();
        self.documents.insert("berlin.yaml".to_owned(), rule);
        self.push().await?;
        self.app().plan(&kim, false).await?;
        self.settle().await?;
        let second = self.app().unexplained("wiki").await?.rows.len();
        let rows = self.estate.access();
        let reason = "each owner was asked";
        self.app()
            .decide_estate(&kim, "wiki", &rows, reason, false)
            .await?;
        self.app().plan(&kim, false).await?;
        self.settle().await?;
        let third = self.app().unexplained("wiki").await?.rows.len();
        seen.note = format!("{}, {second}, {third}", first.rows.len());
        outcomes.same(
            "unexplained access",
            format!("{before}, {rest}, 0"),
            &seen.note,
        );
        Ok(())
    }
}
