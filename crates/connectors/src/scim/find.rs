//! Reading one object, and searching without trusting the search.

use std::time::Duration;

use model::{Completeness, Kind, Record};
use ports::target::{Match, TargetError};
use protocol::scim::json::{Limits, parse_object};
use protocol::scim::{Filter, Resource, ScimError, equal_text};
use reqwest::Method;

use super::exchange::{read_failure, readable};
use super::{ScimTarget, collection};

impl ScimTarget {
    /// One object by its id; `None` only when a SCIM error with status 404 says so.
    pub(super) async fn read_resource(
        &self,
        kind: Kind,
        id: &str,
        deadline: Duration,
    ) -> Result<Option<Resource>, TargetError> {
        let Some(resource) = self.get(kind, id, deadline).await? else {
            return Ok(None);
        };
        if resource.id != id {
            let text = format!("{}: `id`: is not the one asked for", collection(kind));
            return Err(TargetError::Malformed(text));
        }
        Ok(Some(resource))
    }

    async fn get(
        &self,
        kind: Kind,
        segment: &str,
        deadline: Duration,
    ) -> Result<Option<Resource>, TargetError> {
        if segment.is_empty() || segment == "." || segment == ".." {
            return Err(TargetError::Refused(
                "an id that cannot be part of a URL".to_owned(),
            ));
        }
        let url = self.url(&[collection(kind), segment]);
        let answer = self
            .ask(Method::GET, url, None, &[], deadline)
            .await
            .map_err(read_failure)?;
        if answer.status == 404 {
            return match ScimError::read(&answer.body) {
                Some(_) => Ok(None),
                None => Err(TargetError::Malformed(
                    "a 404 that is no SCIM error: is the base URL right?".to_owned(),
                )),
            };
        }
        let answer = readable(answer, self)?;
        let body = parse_object(&answer.body, &Limits::ANSWER);
        body.and_then(|body| Resource::read(kind, body))
            .map(Some)
            .map_err(|e| TargetError::Malformed(e.within(collection(kind)).to_string()))
    }

    pub(super) async fn find_checked(
        &self,
        kind: Kind,
        by: &Match,
        deadline: Duration,
    ) -> Result<Vec<Record>, TargetError> {
        let found = self.find_resources(kind, by, deadline).await?;
        let mut records = Vec::with_capacity(found.len());
        for resource in &found {
            records.push(self.to_record(resource).await?);
        }
        Ok(records)
    }

    /// All objects that match, each one checked. The cheapest way that the profile knows is
    /// tried first; whatever it gives away is only believed as far as it can be checked.
    pub(super) async fn find_resources(
        &self,
        kind: Kind,
        by: &Match,
        deadline: Duration,
    ) -> Result<Vec<Resource>, TargetError> {
        if matches!(by, Match::External(_)) && !self.profile.external_id {
            // Nothing there carries any key. Who concludes from this that a creation did not
            // happen may repeat it: creating recognises its own object without a key.
            return Ok(Vec::new());
        }
        if let (true, Kind::Account, Match::Name(name)) = (self.profile.name_in_path, kind, by)
            && is_plain(name)
        {
            let found = self.get(kind, name, deadline).await?;
            return Ok(found
                .into_iter()
                .filter(|r| self.is_match(kind, r, by))
                .collect());
        }
        if self.profile.filter
            && let Some(found) = self.by_filter(kind, by, deadline).await?
        {
            return Ok(found);
        }
        self.by_listing(kind, by, deadline).await
    }

    /// By filter; `None` when the answer shows that the filter was not applied, is not
    /// understood, or the rows are not all there.
    async fn by_filter(
        &self,
        kind: Kind,
        by: &Match,
        deadline: Duration,
    ) -> Result<Option<Vec<Resource>>, TargetError> {
        let filter = match by {
            Match::External(key) => Filter::eq("externalId", key),
            Match::Name(name) => Filter::eq(naming(kind), name),
        };
        let mut url = self.url(&[collection(kind)]);
        url.query_pairs_mut()
            .append_pair("filter", &filter.to_string());
        let page = match self.fetch(kind, url, deadline).await {
            Ok(page) => page,
            // 400 with invalidFilter and the like: a search that is refused is not an absence.
            Err(TargetError::Refused(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        let all_there = page.total.is_none_or(|total| total == page.resources.len());
        let all_match = page
            .resources
            .iter()
            .all(|resource| self.is_match(kind, resource, by));
        Ok((all_there && all_match).then_some(page.resources))
    }

    async fn by_listing(
        &self,
        kind: Kind,
        by: &Match,
        deadline: Duration,
    ) -> Result<Vec<Resource>, TargetError> {
        let _still = self.still.searching().await;
        let mut found = Vec::new();
        let mut cursor = None;
        loop {
            let (page, next, completeness, detail) =
                self.walk(kind, cursor.as_ref(), deadline).await?;
            found.extend(
                page.into_iter()
                    .filter(|resource| self.is_match(kind, resource, by)),
            );
            match next {
                Some(next) => cursor = Some(next),
                None if completeness == Completeness::Full => return Ok(found),
                None => {
                    let text = format!("the listing to search in is not complete: {detail}");
                    return Err(TargetError::Malformed(text));
                }
            }
        }
    }

    fn is_match(&self, kind: Kind, resource: &Resource, by: &Match) -> bool {
        match by {
            Match::External(key) => resource.external.as_deref() == Some(key),
            Match::Name(name) if self.profile.case_exact_names => resource.name == *name,
            Match::Name(name) => equal_text(naming(kind), &resource.name, name),
        }
    }

    /// The record of one object, its members named by id.
    pub(super) async fn to_record(&self, resource: &Resource) -> Result<Record, TargetError> {
        let names = self.member_names(std::slice::from_ref(resource)).await?;
        self.record_with(resource, names.as_ref())
    }
}

const fn naming(kind: Kind) -> &'static str {
    match kind {
        Kind::Account => "userName",
        Kind::Group | Kind::Grant => "displayName",
    }
}

/// Whether a name can be a path segment and nothing else.
fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && name != "."
        && name != ".."
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '@' | '+'))
}
