//! Every route of the real API against every set of scopes, and what tokens may make of
//! themselves.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use model::Scope;
use serde_json::{Value, json};
use server::{ROUTES, Takes};

use crate::node::{Node, WAIT};

type Set = Vec<&'static str>;

fn subsets() -> Vec<Set> {
    (1u32..32)
        .map(|bits| {
            let has = |s: &Scope| bits & (1 << *s as u32) != 0;
            Scope::ALL
                .into_iter()
                .filter(has)
                .map(Scope::as_str)
                .collect()
        })
        .collect()
}

struct Api {
    http: reqwest::Client,
    url: String,
}

impl Api {
    fn of(node: &Node) -> Self {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self {
            http,
            url: node.url.clone(),
        }
    }

    /// Status and stable code of the answer; the code is empty for good answers.
    async fn call(
        &self,
        method: &str,
        path: &str,
        token: &str,
        body: &Body,
    ) -> (u16, String, Value) {
        let method: reqwest::Method = method.parse().unwrap();
        let mut request = self.http.request(method, format!("{}{path}", self.url));
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        request = match body {
            Body::None => request,
            Body::Json(value) => request.json(value),
            Body::Csv => request.header("content-type", "text/csv").body("a,b\n"),
        };
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let value: Value = answer.json().await.unwrap();
        let code = if status < 400 {
            ""
        } else {
            value["code"].as_str().unwrap()
        };
        (status, code.to_owned(), value)
    }

    async fn issue(&self, token: &str, body: &Value) -> (u16, String, Value) {
        self.call("POST", "/api/v1/tokens", token, &Body::Json(body.clone()))
            .await
    }
}

enum Body {
    None,
    Json(Value),
    Csv,
}

/// A call to a route that is understood, and changes nothing that another call needs.
fn call(route: &server::Route<server::Rooms>) -> (String, Body) {
    let id = |prefix: &str| format!("{prefix}_{}", "0".repeat(26));
    let mut path = route
        .pattern
        .replace("{plan}", &id("pln"))
        .replace("{step}", "0")
        .replace("{wave}", &id("wav"))
        .replace("{token}", &id("tok"))
        .replace("{finding}", &id("fnd"))
        .replace("{notice}", &id("ntc"))
        .replace("{channel}", "nowhere")
        .replace("{task}", &id("tsk"))
        .replace("{app}", "nowhere")
        .replace("{drill}", "nowhere")
        .replace("{person}", "nobody")
        .replace("{target}", "nowhere")
        .replace("{credential}", &id("crd"))
        .replace("{reset}", &id("rst"))
        .replace("{name}", "some-secret");
    let needed: Vec<_> = route
        .query
        .iter()
        .filter(|p| p.required)
        .map(|p| match p.name {
            "taken_at" => "taken_at=2026-03-02T06:00:00Z".to_owned(),
            name => format!("{name}=x"),
        })
        .collect();
    if !needed.is_empty() {
        path = format!("{path}?{}", needed.join("&"));
    }
    (path, body(route))
}

/// A body that it understands.
fn body(route: &server::Route<server::Rooms>) -> Body {
    match route.takes {
        Takes::Nothing => Body::None,
        Takes::Delivery => Body::Csv,
        Takes::Json(_) | Takes::Documents(_) => Body::Json(match route.operation {
            "putDocuments" => json!({"files": [], "dry_run": true}),
            "previewLifecycle" => json!({"files": []}),
            "observe" => json!({"target": "nowhere"}),
            "plan" => json!({"dry_run": true}),
            "retryFailures" => json!({"group": "nowhere/SCIM-400", "dry_run": true}),
            "terminatePerson" | "liftTermination" => {
                json!({"person": "nobody", "reason": "r", "dry_run": true})
            }
            "matchWorker" => json!({
                "source": "hr", "key": "k", "person": "nobody", "same": true, "reason": "r",
                "dry_run": true,
            }),
            "erasePerson" => json!({"person": "nobody", "reason": "r", "dry_run": true}),
            "putSecret" => {
                json!({"app": "a", "host": "h", "value": "v", "reason": "r", "dry_run": true})
            }
            "endSessions" | "endCredential" | "rollSigningKeys" | "makeClientSecret" => {
                json!({"reason": "r", "dry_run": true})
            }
            "makeInitialAccess" => json!({"uses": 1, "hours": 1, "reason": "r", "dry_run": true}),
            "takeSigningKey" => {
                json!({"relying_party": "x", "how": "declared", "reason": "r", "dry_run": true})
            }
            "turnSigningKeys" => json!({"turn": "stage", "reason": "r", "dry_run": true}),
            "askReset" => json!({"minutes": 5, "reason": "r", "dry_run": true}),
            "agreeReset" => json!({"reason": "r", "dry_run": true}),
            "linkPerson" => {
                json!({"identity_provider": "x", "sub": "x", "reason": "r", "dry_run": true})
            }
            "unlinkPerson" => {
                json!({"identity_provider": "x", "reason": "r", "dry_run": true})
            }
            "issuePass" => json!({"minutes": 5, "reason": "r", "dry_run": true}),
            "finishTask" => json!({"evidence": "e", "reason": "r", "dry_run": true}),
            "issueToken" => json!({
                "principal": "x", "scopes": ["read"], "expires": "2020-01-01T00:00:00Z",
                "reason": "r",
            }),
            _ => json!({"reason": "r"}),
        }),
    }
}

#[tokio::test]
async fn every_route_answers_to_its_scope_alone() {
    let mut node = Node::init();
    let tokens: Vec<(Set, String)> = subsets()
        .into_iter()
        .map(|set| {
            let token = node.token_on_host("carl", &set);
            (set, token)
        })
        .collect();
    node.serve();
    let api = Api::of(&node);
    for route in ROUTES {
        let (path, body) = call(route);
        let method = route.method.as_str();
        // After a while the failures of one address are only counted (429): not let in either.
        let (status, code, _) = api.call(method, &path, "", &body).await;
        let refused = [(401, "TNR-API-0001"), (429, "TNR-API-0007")];
        assert!(
            refused.contains(&(status, &code)),
            "{}: {status} {code}",
            route.operation
        );
        for (set, token) in &tokens {
            let (status, code, _) = api.call(method, &path, token, &body).await;
            let denied = code == "TNR-API-0002";
            let has = set.contains(&route.scope.as_str());
            assert_eq!(
                denied, !has,
                "{} with {set:?}: {status} {code}",
                route.operation
            );
            assert_ne!(status, 401, "{} with {set:?}", route.operation);
            // What is understood is answered; nothing breaks.
            assert!(
                status < 500,
                "{} with {set:?}: {status} {code}",
                route.operation
            );
            assert!(
                !has || !["TNR-API-0008", "TNR-API-0009"].contains(&code.as_str())
                    || route.operation == "issueToken",
                "{}: the call of this test is not understood: {status} {code}",
                route.operation
            );
        }
    }
}

fn in_days(days: u64) -> String {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    let micros = i64::try_from((since + Duration::from_secs(days * 86_400)).as_micros()).unwrap();
    model::Timestamp::from_micros(micros).to_string()
}

#[tokio::test]
async fn tokens_that_are_not_good_here_and_now_are_none() {
    let mut node = Node::init();
    let config = node.config();
    let far = node.run(&[
        "token",
        "create",
        "--on-host",
        "--principal",
        "far",
        "--scope",
        "read",
        "--network",
        "203.0.113.0/24",
        "--config",
        config.to_str().unwrap(),
    ]);
    let far = far.expect(0).out.trim().to_owned();
    node.serve();
    let api = Api::of(&node);
    let status = |token: String| {
        let api = &api;
        async move {
            api.call("GET", "/api/v1/status", &token, &Body::None)
                .await
                .0
        }
    };
    assert_eq!(status(far).await, 401, "another network");
    assert_eq!(
        status(format!("tnr_{}", "0".repeat(64))).await,
        401,
        "unknown"
    );
    assert_eq!(status(node.token.clone()).await, 200);

    let mut body =
        json!({"principal": "x", "scopes": ["read"], "reason": "r", "expires": in_days(1)});
    let (_, _, issued) = api.issue(&node.token, &body).await;
    let (token, secret) = (
        issued["token"].as_str().unwrap(),
        issued["secret"].as_str().unwrap(),
    );
    assert_eq!(status(secret.to_owned()).await, 200);
    let path = format!("/api/v1/tokens/{token}/revoke");
    api.call(
        "POST",
        &path,
        &node.token,
        &Body::Json(json!({"reason": "r"})),
    )
    .await;
    assert_eq!(status(secret.to_owned()).await, 401, "revoked, at once");

    let soon = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        + Duration::from_secs(2);
    let soon = i64::try_from(soon.as_micros()).unwrap();
    body["expires"] = json!(model::Timestamp::from_micros(soon).to_string());
    let (_, _, issued) = api.issue(&node.token, &body).await;
    let secret = issued["secret"].as_str().unwrap();
    assert_eq!(status(secret.to_owned()).await, 200);
    let begun = Instant::now();
    while status(secret.to_owned()).await == 200 {
        assert!(begun.elapsed() < WAIT, "an expired token is still good");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// No sequence of calls yields a token that may do more than the one it began with: each token
/// that is made is tried as the maker of every other, until nothing new comes.
#[tokio::test]
async fn no_sequence_of_calls_gives_a_token_more_than_it_had() {
    let mut node = Node::init();
    let first: Set = vec!["read", "approve", "administer"];
    let tomorrow = in_days(1);
    let begin = node.token_on_host("dora", &first);
    node.serve();
    let api = Api::of(&node);
    let mut made: BTreeMap<Set, String> = BTreeMap::from([(first.clone(), begin)]);
    let mut left = vec![first.clone()];
    while let Some(maker) = left.pop() {
        let token = made[&maker].clone();
        for wanted in subsets() {
            for principal in ["dora", "erik"] {
                let body = json!({
                    "principal": principal, "scopes": wanted, "reason": "r", "expires": tomorrow,
                });
                let (status, code, issued) = api.issue(&token, &body).await;
                let within = wanted.iter().all(|s| maker.contains(s));
                let decides = wanted.contains(&"plan") || wanted.contains(&"approve");
                let may =
                    maker.contains(&"administer") && within && (principal == "dora" || !decides);
                assert_eq!(
                    status == 201,
                    may,
                    "{maker:?} → {wanted:?} for {principal}: {code}"
                );
                if status == 201 && !made.contains_key(&wanted) {
                    assert!(wanted.iter().all(|s| first.contains(s)));
                    made.insert(
                        wanted.clone(),
                        issued["secret"].as_str().unwrap().to_owned(),
                    );
                    left.push(wanted.clone());
                }
            }
        }
    }
    assert_eq!(
        made.len(),
        7,
        "every part of the first token, and nothing else"
    );
    let dora = &made[&first];
    let mut longer = json!({"principal": "dora", "scopes": ["read"], "reason": "r"});
    longer["expires"] = json!(in_days(200));
    assert_eq!(
        api.issue(dora, &longer).await.1,
        "TNR-API-0017",
        "not longer"
    );
    longer["expires"] = json!(in_days(1));
    longer["networks"] = json!(["127.0.0.0/8"]);
    let mut bound = longer.clone();
    bound["scopes"] = json!(["read", "administer"]);
    let (_, _, issued) = api.issue(dora, &bound).await;
    let bound = issued["secret"].as_str().unwrap();
    for (networks, good) in [
        (json!([]), false),
        (json!(["0.0.0.0/0"]), false),
        (json!(["127.0.0.0/8", "10.0.0.0/8"]), false),
        (json!(["127.0.0.1/32"]), true),
    ] {
        longer["networks"] = networks;
        let (status, code, _) = api.issue(bound, &longer).await;
        assert_eq!(status == 201, good, "{longer}: {code}");
        assert!(good || code == "TNR-API-0018", "{code}");
    }
}
