//! Listings, with a proof of completeness.
//!
//! `Full` needs all of: every page was read by this process; the total was the same on every
//! page and when asked once more at the end; as many objects came as the total says; none came
//! twice; and the first object is still the first. Index paging has no snapshot: objects that
//! are created and deleted between two pages shift the rest, which is what these checks find.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Mutex;
use std::time::Duration;

use model::{Completeness, Kind, Record};
use ports::target::{Cursor, Listed, TargetError};
use protocol::scim::json::Limits;
use protocol::scim::profile::Paging;
use protocol::scim::{ListResponse, Resource};
use reqwest::{Method, Url};
use serde::{Deserialize, Serialize};

use super::exchange::{read_failure, readable};
use super::{ScimTarget, collection};

/// Listings that are remembered at the same time; an older one ends as `Partial`.
const REMEMBERED: usize = 16;

/// The ids that running listings have seen, as hashes: 8 bytes each.
#[derive(Debug, Default)]
pub(super) struct Listings {
    inner: Mutex<Remembered>,
}

#[derive(Debug, Default)]
struct Remembered {
    next: u64,
    seen: HashMap<u64, HashSet<u64>>,
}

/// Where a listing goes on; the text of a [`Cursor`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    /// The listing, in the memory of this process.
    run: u64,
    /// `startIndex` of the next page.
    start: usize,
    /// Objects seen so far.
    seen: usize,
    /// What the pages before said.
    total: Option<usize>,
    /// Hash of the id of the very first object.
    first: Option<u64>,
    /// What already speaks against completeness.
    doubt: Option<String>,
}

fn hash(id: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    hasher.finish()
}

impl Listings {
    fn begin(&self) -> u64 {
        let Ok(mut inner) = self.inner.lock() else {
            return 0;
        };
        inner.next += 1;
        let run = inner.next;
        inner.seen.insert(run, HashSet::new());
        if inner.seen.len() > REMEMBERED
            && let Some(oldest) = inner.seen.keys().min().copied()
        {
            inner.seen.remove(&oldest);
        }
        run
    }

    /// Adds a page; how many of it were seen before. `None`: the listing is not remembered.
    fn add(&self, run: u64, resources: &[Resource]) -> Option<usize> {
        let mut inner = self.inner.lock().ok()?;
        let seen = inner.seen.get_mut(&run)?;
        Some(
            resources
                .iter()
                .filter(|resource| !seen.insert(hash(&resource.id)))
                .count(),
        )
    }

    fn end(&self, run: u64) {
        if let Ok(mut inner) = self.inner.lock() {
            inner.seen.remove(&run);
        }
    }
}

impl ScimTarget {
    pub(super) async fn first_page(&self, kind: Kind) -> Result<ListResponse, TargetError> {
        self.fetch(kind, self.page_url(kind, 1, 1), self.timeout)
            .await
    }

    fn page_url(&self, kind: Kind, start: usize, count: usize) -> Url {
        let mut url = self.url(&[collection(kind)]);
        if self.profile.paging == Paging::Index {
            url.query_pairs_mut()
                .append_pair("startIndex", &start.to_string())
                .append_pair("count", &count.to_string());
        }
        url
    }

    pub(super) async fn fetch(
        &self,
        kind: Kind,
        url: Url,
        deadline: Duration,
    ) -> Result<ListResponse, TargetError> {
        let answer = self
            .ask(Method::GET, url, None, &[], deadline)
            .await
            .map_err(read_failure)?;
        let answer = readable(answer, self)?;
        ListResponse::read(kind, &answer.body, &Limits::ANSWER)
            .map_err(|e| TargetError::Malformed(e.within(collection(kind)).to_string()))
    }

    pub(super) async fn list_page(
        &self,
        kind: Kind,
        from: Option<&Cursor>,
    ) -> Result<Listed, TargetError> {
        let (resources, next, completeness, detail) = self.walk(kind, from, self.timeout).await?;
        let records = self.to_records(kind, &resources).await?;
        Ok(Listed {
            records,
            next,
            completeness,
            detail,
        })
    }

    async fn to_records(
        &self,
        kind: Kind,
        resources: &[Resource],
    ) -> Result<Vec<Record>, TargetError> {
        let names = match kind {
            Kind::Account => None,
            Kind::Group | Kind::Grant => self.member_names(resources).await?,
        };
        resources
            .iter()
            .map(|resource| self.record_with(resource, names.as_ref()))
            .collect()
    }

    /// One page, as the provider sends it.
    pub(super) async fn walk(
        &self,
        kind: Kind,
        from: Option<&Cursor>,
        deadline: Duration,
    ) -> Result<(Vec<Resource>, Option<Cursor>, Completeness, String), TargetError> {
        let mut place = match from {
            Some(cursor) => serde_json::from_str(&cursor.0)
                .map_err(|_| TargetError::Malformed("the cursor is not ours".to_owned()))?,
            None => Place {
                run: self.listings.begin(),
                start: 1,
                seen: 0,
                total: None,
                first: None,
                doubt: None,
            },
        };
        let asked = self.profile.page_size.max(1);
        let url = self.page_url(kind, place.start, asked);
        let page = match self.fetch(kind, url, deadline).await {
            Ok(page) => page,
            Err(error) => {
                // The caller may go on from the same cursor; only a new listing is forgotten.
                if from.is_none() {
                    self.listings.end(place.run);
                }
                return Err(error);
            }
        };
        place.take(&page, self.listings.add(place.run, &page.resources));
        let more = place.total.is_some_and(|total| place.seen < total);
        let goes_on = more && !page.resources.is_empty() && self.profile.paging == Paging::Index;
        if goes_on {
            let detail = "more pages follow".to_owned();
            return Ok((
                page.resources,
                Some(place.cursor()?),
                Completeness::Partial,
                detail,
            ));
        }
        self.listings.end(place.run);
        if from.is_some() && place.doubt.is_none() {
            place.doubt = self.still_the_same(kind, &place, deadline).await?;
        }
        let (completeness, detail) = place.verdict(self.profile.listing_cap);
        Ok((page.resources, None, completeness, detail))
    }

    /// Asks for the first object once more: the total and the first id must not have moved.
    async fn still_the_same(
        &self,
        kind: Kind,
        place: &Place,
        deadline: Duration,
    ) -> Result<Option<String>, TargetError> {
        let again = self
            .fetch(kind, self.page_url(kind, 1, 1), deadline)
            .await?;
        if again.total != place.total {
            return Ok(Some(
                "the total changed while the pages were read".to_owned(),
            ));
        }
        let first = again.resources.first().map(|resource| hash(&resource.id));
        Ok(
            (first != place.first)
                .then(|| "the order changed while the pages were read".to_owned()),
        )
    }
}

impl Place {
    fn cursor(&self) -> Result<Cursor, TargetError> {
        let text = serde_json::to_string(self);
        text.map(Cursor)
            .map_err(|e| TargetError::Malformed(e.to_string()))
    }

    fn take(&mut self, page: &ListResponse, repeated: Option<usize>) {
        let count = page.resources.len();
        if self.start == 1 {
            self.total = page.total;
            self.first = page.resources.first().map(|resource| hash(&resource.id));
        } else if page.total != self.total {
            self.doubt.get_or_insert(format!(
                "the total changed from {} to {} between pages",
                said(self.total),
                said(page.total)
            ));
        }
        match repeated {
            None => {
                let text = "the listing was begun by another process, which may have seen the same \
                            objects";
                self.doubt.get_or_insert(text.to_owned());
            }
            Some(0) => {}
            Some(repeated) => {
                self.doubt
                    .get_or_insert(format!("{repeated} objects came twice"));
            }
        }
        if page.start.is_some_and(|start| start != self.start) && count > 0 && self.start > 1 {
            let text = "the provider sent another page than the one asked for";
            self.doubt.get_or_insert(text.to_owned());
        }
        self.seen += count;
        self.start += count;
    }

    fn verdict(&self, cap: usize) -> (Completeness, String) {
        if let Some(doubt) = &self.doubt {
            return (Completeness::Partial, doubt.clone());
        }
        let Some(total) = self.total else {
            let text = "the provider does not say how many objects there are (`totalResults`)";
            return (Completeness::Unknown, text.to_owned());
        };
        if self.seen != total {
            let detail = format!("{} objects came, but the total is {total}", self.seen);
            return (Completeness::Partial, detail);
        }
        if cap > 0 && self.seen >= cap {
            let detail = format!("this provider stops at {cap} objects without saying so");
            return (Completeness::Partial, detail);
        }
        (Completeness::Full, String::new())
    }
}

fn said(total: Option<usize>) -> String {
    total.map_or_else(|| "nothing".to_owned(), |total| total.to_string())
}
