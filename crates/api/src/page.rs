//! Listings by cursor.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One page of a listing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Pass this as `after` to go on. Missing on the last page. Opaque.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// The page of `limit` rows cut from `limit + 1` that were read: what is there beyond the
    /// limit tells that there is a next page, and `cursor` names the last row that is shown.
    #[must_use]
    pub fn cut(mut items: Vec<T>, limit: usize, cursor: impl Fn(&T) -> String) -> Self {
        let next = if items.len() > limit {
            items.truncate(limit);
            items.last().map(cursor)
        } else {
            None
        };
        Self { items, next }
    }

    /// A listing that has no further page.
    #[must_use]
    pub fn whole(items: Vec<T>) -> Self {
        Self { items, next: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_there_exactly_when_more_rows_are() {
        let cut = |n: u32| Page::cut((1..=n).collect(), 3, ToString::to_string);
        assert_eq!(
            cut(3),
            Page {
                items: vec![1, 2, 3],
                next: None
            }
        );
        assert_eq!(
            cut(4),
            Page {
                items: vec![1, 2, 3],
                next: Some("3".to_owned())
            }
        );
        assert_eq!(
            cut(0),
            Page {
                items: vec![],
                next: None
            }
        );
    }
}
