//! Which requests one operation came to.
//!
//! An operation may need several: the object is read, the change is sent, the object that was in the way
//! is looked for. All of them go through [`super::ScimTarget::ask`], which notes each here for the
//! operation of its task.

use std::cell::RefCell;
use std::future::Future;

use model::Exchange;
use reqwest::{Method, Url};

tokio::task_local! {
    static EXCHANGES: RefCell<Vec<Exchange>>;
}

/// How long a path may become in the log.
const PATH: usize = 200;

/// Carries something out, and tells the requests that it came to.
pub(super) async fn noted<T>(work: impl Future<Output = T>) -> (T, Vec<Exchange>) {
    let scoped = async {
        let done = work.await;
        (done, EXCHANGES.with(RefCell::take))
    };
    EXCHANGES.scope(RefCell::default(), scoped).await
}

/// Notes a request and the status of its answer, where somebody listens.
pub(super) fn note(method: &Method, url: &Url, status: Option<u16>) {
    let exchange = || Exchange {
        method: method.as_str().to_owned(),
        path: path(url),
        status,
    };
    // Nobody does while objects are listed or read back.
    let _ = EXCHANGES.try_with(|all| all.borrow_mut().push(exchange()));
}

/// The path, and the names of the query's parameters. Their values name people.
fn path(url: &Url) -> String {
    let mut path = url.path().to_owned();
    let mut sign = '?';
    for (name, _) in url.query_pairs() {
        path.push(sign);
        path.push_str(&name);
        sign = '&';
    }
    match path.char_indices().nth(PATH) {
        Some((end, _)) => format!("{}…", &path[..end]),
        None => path,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[tokio::test]
    async fn requests_are_noted_for_the_operation_that_makes_them() {
        let one = noted(async {
            note(
                &Method::GET,
                &url("https://a.example/scim/Users/1"),
                Some(200),
            );
            tokio::task::yield_now().await;
            note(&Method::PUT, &url("https://a.example/scim/Users/1"), None);
            7
        });
        let other = noted(async {
            note(
                &Method::POST,
                &url("https://a.example/scim/Users"),
                Some(201),
            );
        });
        // What nobody asked about is noted nowhere.
        note(
            &Method::GET,
            &url("https://a.example/scim/Groups"),
            Some(200),
        );
        let ((done, one), ((), other)) = tokio::join!(one, other);
        let told = |all: Vec<Exchange>| -> Vec<_> {
            let told = all.into_iter();
            told.map(|e| (e.method, e.path, e.status)).collect()
        };
        let users = "/scim/Users/1".to_owned();
        assert_eq!(done, 7);
        assert_eq!(
            told(one),
            [
                ("GET".to_owned(), users.clone(), Some(200)),
                ("PUT".to_owned(), users, None),
            ]
        );
        let created = ("POST".to_owned(), "/scim/Users".to_owned(), Some(201));
        assert_eq!(told(other), [created]);
    }

    #[test]
    fn a_path_tells_no_value_of_its_query_and_ends_somewhere() {
        let asked = url("https://a.example/Users?filter=userName%20eq%20%22jo%22&count=2");
        assert_eq!(path(&asked), "/Users?filter&count");
        let long = url(&format!("https://a.example/{}", "é".repeat(300)));
        assert_eq!(path(&long).chars().count(), PATH + 1);
    }
}
