//! Listings and searches.

use model::Kind;
use protocol::scim::{Compare, Filter, LIST_RESPONSE, Literal, Object, matches};
use serde_json::{Value, json};

use crate::directory::{Row, Table};
use crate::provider::{Provider, Reply, Request};

impl Provider {
    pub(crate) fn list(&self, kind: Kind, request: &Request) -> Reply {
        let mood = &self.temperament;
        let asked =
            request.parameter("startIndex").is_some() || request.parameter("count").is_some();
        if mood.fails_on_paging && asked {
            return Reply::status(500);
        }
        let filter = match request.parameter("filter") {
            Some(_) if mood.refuses_filter => {
                return Reply::error(400, Some("invalidFilter"), "filters are not supported");
            }
            Some(text) if !mood.ignores_filter => match text.parse::<Filter>() {
                Ok(filter) => Some(filter),
                Err(error) => {
                    return Reply::error(400, Some("invalidFilter"), &error.to_string());
                }
            },
            _ => None,
        };
        let found = self.search(kind, filter.as_ref());
        self.page(kind, &found, request)
    }

    fn page(&self, kind: Kind, found: &[&Row], request: &Request) -> Reply {
        let mood = &self.temperament;
        let number = |name: &str| request.parameter(name).and_then(|text| text.parse().ok());
        let mut start = number("startIndex").unwrap_or(1_usize).max(1);
        let mut count = number("count").unwrap_or(usize::MAX);
        if mood.ignores_paging || mood.repeats_first_page {
            start = 1;
        }
        if mood.ignores_paging {
            count = usize::MAX;
        }
        if mood.max_page > 0 {
            count = count.min(mood.max_page);
        }
        let mut end = found.len();
        if mood.cut_off && mood.max_page > 0 {
            end = end.min(mood.max_page);
        }
        let mut total = end;
        if mood.truncates_at > 0 {
            end = end.min(mood.truncates_at);
        }
        total = total.saturating_add_signed(isize::try_from(mood.total_lies_by).unwrap_or(0));
        let rows = found.iter().take(end).skip(start - 1).take(count);
        let resources: Vec<Value> = rows
            .map(|row| Value::Object(self.show(kind, row)))
            .collect();
        let mut body = json!({
            "schemas": [LIST_RESPONSE],
            "startIndex": start,
            "itemsPerPage": resources.len(),
            "Resources": resources,
        });
        if !mood.omits_total {
            body["totalResults"] = total.into();
        }
        Reply::json(200, &body)
    }

    fn search(&self, kind: Kind, filter: Option<&Filter>) -> Vec<&Row> {
        let table = self.table(kind);
        let Some(filter) = filter else {
            return table.rows().collect();
        };
        let found = match indexed(table, filter) {
            Some(rows) => rows,
            None => table
                .rows()
                .filter(|row| matches(filter, &self.show(kind, row)))
                .collect(),
        };
        let hides = self.temperament.hides_inactive;
        let inactive = |row: &Row| row.body.get("active") == Some(&Value::Bool(false));
        found
            .into_iter()
            .filter(|row| !(hides && inactive(row)))
            .collect()
    }

    pub(crate) fn show(&self, kind: Kind, row: &Row) -> Object {
        let mood = &self.temperament;
        let name = if kind == Kind::Account {
            "User"
        } else {
            "Group"
        };
        let mut body = row.show(name, mood.versions);
        if mood.active_as_text
            && let Some(Value::Bool(active)) = body.get("active")
        {
            let text = if *active { "True" } else { "False" };
            body.insert("active".to_owned(), text.into());
        }
        if mood.hides_members {
            body.remove("members");
        }
        if mood.members_by_name
            && let Some(Value::Array(members)) = body.get_mut("members")
        {
            for member in members.iter_mut().filter_map(Value::as_object_mut) {
                let user = member.get("value").and_then(Value::as_str);
                let user = user.and_then(|id| self.users.get(id));
                if let Some(name) = user.and_then(|user| user.body.get("userName")) {
                    member.insert("value".to_owned(), name.clone());
                }
            }
        }
        body
    }
}

/// The rows of a plain equality on an indexed attribute.
fn indexed<'a>(table: &'a Table, filter: &Filter) -> Option<Vec<&'a Row>> {
    let Filter::Compare(path, Compare::Eq, Literal::Text(text)) = filter else {
        return None;
    };
    if path.schema.is_some() || path.sub.is_some() {
        return None;
    }
    let is = |name: &str| path.name.eq_ignore_ascii_case(name);
    if is(table.naming()) {
        Some(table.named(text))
    } else if is("externalId") {
        Some(table.external(text))
    } else if is("id") {
        Some(table.get(text).into_iter().collect())
    } else {
        None
    }
}
