//! What the pipeline refuses, in which order, and what it records.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::body::Body;
use model::Scope;
use server::{Limits, Rate};

use crate::double::{Double, ROUTES, from, limits, problem, request, router, send, text};

const END: &str = r#"{"reason":"T-1"}"#;

#[tokio::test]
async fn every_route_answers_only_to_its_scope() {
    let rooms = Double::new();
    let roomy = Rate {
        per_second: 1e6,
        burst: 1e6,
    };
    let router = router(
        &rooms,
        Limits {
            address: roomy,
            principal: roomy,
            failures: roomy,
            ..limits()
        },
    );
    rooms.gate.add_permits(1000);
    for route in ROUTES {
        for subset in 0u32..32 {
            let scopes = Scope::ALL
                .into_iter()
                .filter(|s| subset & (1 << *s as u32) != 0);
            let scopes: Vec<_> = scopes.map(Scope::as_str).collect();
            let token = format!(
                "tnr_ana{}",
                scopes.iter().map(|s| format!("_{s}")).collect::<String>()
            );
            let uri = route.pattern.replace("{thing}", "x");
            let body = if route.operation == "endThing" {
                END
            } else {
                ""
            };
            let mut request = request(route.method.as_str(), &uri, &token, body);
            if route.operation == "slow" {
                request
                    .headers_mut()
                    .insert("content-type", "text/csv".parse().unwrap());
            }
            let status = send(&router, request).await.status().as_u16();
            let expected = match (scopes.contains(&route.scope.as_str()), route.operation) {
                (false, _) => 403,
                (true, "broken") => 500,
                (true, _) => route.status,
            };
            assert_eq!(status, expected, "{} with {scopes:?}", route.operation);
        }
    }
    assert_eq!(
        rooms.statuses().len(),
        ROUTES.len() * 32,
        "every call is recorded"
    );
}

#[tokio::test]
async fn no_token_no_answer() {
    let rooms = Double::new();
    let router = router(&rooms, limits());
    for token in [
        "",
        "tnr_nobody",
        "tnr_expired_read",
        "other",
        "tnr_a b",
        "tnr_ä",
    ] {
        let response = send(&router, request("GET", "/v1/things/x", token, "")).await;
        assert_eq!(response.status(), 401, "{token}");
        assert!(
            response.headers()["www-authenticate"]
                .to_str()
                .unwrap()
                .starts_with("Bearer")
        );
        let problem = problem(response).await;
        assert_eq!(problem.code, "TNR-API-0001");
        assert_eq!(problem.kind, "https://tenure.example/codes/TNR-API-0001");
    }
    let mut wrong_network = request("GET", "/v1/things/x", "tnr_ana_read", "");
    from(&mut wrong_network, "192.0.2.66");
    assert_eq!(send(&router, wrong_network).await.status(), 401);
    let mut doubled = request("GET", "/v1/things/x", "tnr_ana_read", "");
    doubled
        .headers_mut()
        .append("authorization", "Bearer tnr_ana_read".parse().unwrap());
    assert_eq!(send(&router, doubled).await.status(), 401);
    let mut basic = request("GET", "/v1/things/x", "", "");
    basic
        .headers_mut()
        .insert("authorization", "Basic tnr_ana_read".parse().unwrap());
    assert_eq!(send(&router, basic).await.status(), 401);
    assert!(rooms.done.lock().unwrap().is_empty());
    let whose: Vec<_> = rooms
        .records
        .lock()
        .unwrap()
        .iter()
        .map(|(a, _)| a.principal.clone())
        .collect();
    assert_eq!(
        whose[..3],
        ["anonymous", "anonymous", "expired"],
        "known tokens are named"
    );
}

#[tokio::test]
async fn a_token_in_the_query_is_not_one() {
    let router = router(&Double::new(), limits());
    let uri = "/v1/things/x?access_token=tnr_ana_read";
    assert_eq!(
        send(&router, request("GET", uri, "", "")).await.status(),
        401
    );
}

#[tokio::test]
async fn records_hold_the_pattern_and_the_reason_and_never_the_path() {
    let rooms = Double::new();
    let router = router(&rooms, limits());
    let ok = request(
        "POST",
        "/v1/things/ana%40acme.example",
        "tnr_ana_administer",
        END,
    );
    assert_eq!(send(&router, ok).await.status(), 201);
    let records = rooms.records.lock().unwrap();
    let (actor, call) = &records[0];
    assert_eq!(actor.principal, "ana");
    assert_eq!(call.route, "/v1/things/{thing}");
    assert_eq!((call.method.as_str(), call.status), ("POST", 201));
    assert_eq!(call.reason.as_deref(), Some("T-1"));
    assert_eq!(call.remote, "192.0.2.1");
}

#[tokio::test]
async fn what_is_not_understood_is_refused_with_its_own_status() {
    let rooms = Double::new();
    let router = router(&rooms, limits());
    let deep = format!(
        "{{\"reason\":\"x\",\"y\":{}{}}}",
        "[".repeat(33),
        "]".repeat(33)
    );
    let long = format!("{{\"reason\":\"{}\"}}", "x".repeat(1001));
    let wordy = format!("{{\"reason\":\"{}\"}}", "x".repeat(501));
    for (body, status, code) in [
        ("{", 400, "TNR-API-0008"),
        (deep.as_str(), 400, "TNR-API-0008"),
        (long.as_str(), 413, "TNR-API-0005"),
        ("{}", 400, "TNR-API-0010"),
        (r#"{"reason":" "}"#, 400, "TNR-API-0010"),
        (r#"{"reason":"a\nb"}"#, 400, "TNR-API-0010"),
        (wordy.as_str(), 400, "TNR-API-0010"),
        (r#"{"reason":"x","dryrun":true}"#, 400, "TNR-API-0008"),
        (r#"{"reason":"x","reason":"y"}"#, 400, "TNR-API-0008"),
    ] {
        let response = send(
            &router,
            request("POST", "/v1/things/x", "tnr_ana_administer", body),
        )
        .await;
        assert_eq!(response.status(), status, "{body}");
        assert_eq!(problem(response).await.code, code, "{body}");
    }
    for (uri, status) in [
        ("/v1/things/x?limit=0", 400),
        ("/v1/things/x?limit=1001", 400),
        ("/v1/things/x?limit=two", 400),
        ("/v1/things/x?limit=1&limit=2", 400),
        ("/v1/things/x?other=1", 400),
        ("/v1/things/%ff", 400),
        ("/v1/nothing", 404),
        ("/v1/things", 404),
    ] {
        let response = send(&router, request("GET", uri, "tnr_ana_read", "")).await;
        assert_eq!(response.status(), status, "{uri}");
    }
    let uri = format!("/v1/things/x?limit={}", "1".repeat(100));
    assert_eq!(
        send(&router, request("GET", &uri, "tnr_ana_read", ""))
            .await
            .status(),
        414
    );
    let wrong = send(
        &router,
        request("DELETE", "/v1/things/x", "tnr_ana_read", ""),
    )
    .await;
    assert_eq!(wrong.status(), 405);
    assert_eq!(wrong.headers()["allow"], "GET, POST");
    let mut form = request("POST", "/v1/things/x", "tnr_ana_administer", END);
    form.headers_mut()
        .insert("content-type", "text/plain".parse().unwrap());
    assert_eq!(send(&router, form).await.status(), 415);
    let body = request("GET", "/v1/things/x", "tnr_ana_read", END);
    assert_eq!(
        send(&router, body).await.status(),
        413,
        "a body where none is taken"
    );
    assert!(rooms.done.lock().unwrap().is_empty(), "none of it was done");
}

#[tokio::test]
async fn rates_hold_and_say_when_to_come_again() {
    let rooms = Double::new();
    let slow = Rate {
        per_second: 0.01,
        burst: 2.0,
    };
    let router = router(
        &rooms,
        Limits {
            principal: slow,
            failures: slow,
            ..limits()
        },
    );
    let call = |token: &str| send(&router, request("GET", "/v1/things/x", token, ""));
    for _ in 0..2 {
        assert_eq!(call("tnr_ana_read").await.status(), 200);
        assert_eq!(call("tnr_nobody").await.status(), 401);
    }
    for token in ["tnr_ana_read", "tnr_ana_read_plan", "tnr_nobody"] {
        let response = call(token).await;
        assert_eq!(
            response.status(),
            429,
            "{token}: by principal, not by token"
        );
        let seconds: u64 = response.headers()["retry-after"]
            .to_str()
            .unwrap()
            .parse()
            .unwrap();
        assert!((90..=100).contains(&seconds), "{seconds}");
    }
    assert_eq!(
        call("tnr_bo_read").await.status(),
        200,
        "others go on from the same address"
    );
    assert_eq!(
        rooms.statuses(),
        [200, 401, 200, 401, 200],
        "429 is not recorded"
    );
    let metrics = text(
        send(&router, {
            let mut request = request("GET", "/metrics", "", "");
            from(&mut request, "127.0.0.1");
            request
        })
        .await,
    )
    .await;
    assert!(
        metrics.contains("tenure_rate_limited_total 3\n"),
        "{metrics}"
    );
    assert!(metrics.contains("double 1\n"));
}

#[tokio::test]
async fn one_address_cannot_take_all() {
    let slow = Rate {
        per_second: 0.01,
        burst: 3.0,
    };
    let router = router(
        &Double::new(),
        Limits {
            address: slow,
            ..limits()
        },
    );
    for _ in 0..3 {
        assert_eq!(
            send(&router, request("GET", "/health/live", "", ""))
                .await
                .status(),
            200
        );
    }
    assert_eq!(
        send(&router, request("GET", "/health/live", "", ""))
            .await
            .status(),
        429
    );
    assert_eq!(
        send(&router, request("GET", "/v1/things/x", "", ""))
            .await
            .status(),
        429
    );
    let mut other = request("GET", "/health/live", "", "");
    from(&mut other, "192.0.2.2");
    assert_eq!(send(&router, other).await.status(), 200);
}

fn delivery(body: Body) -> axum::http::Request<Body> {
    let mut request = request("POST", "/v1/slow", "tnr_ana_plan", "").map(|_| body);
    request
        .headers_mut()
        .insert("content-type", "text/csv; charset=utf-8".parse().unwrap());
    request
}

#[tokio::test]
async fn a_call_that_began_is_finished_and_recorded_though_the_caller_hangs_up() {
    let rooms = Double::new();
    let router = router(&rooms, limits());
    let call = tokio::spawn({
        let router = router.clone();
        async move { send(&router, delivery(Body::from("a,b\n"))).await }
    });
    rooms.begun.acquire().await.unwrap().forget();
    let second = send(&router, delivery(Body::empty())).await;
    assert_eq!(
        second.status(),
        503,
        "the only seat for deliveries is taken"
    );
    rooms.records.lock().unwrap().clear();
    call.abort();
    let _ = call.await;
    rooms.gate.add_permits(1);
    tokio::time::timeout(Duration::from_secs(10), async {
        while !rooms.statuses().contains(&200) {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("the call ends and is recorded");
    assert_eq!(*rooms.done.lock().unwrap(), ["slow"]);
}

#[tokio::test]
async fn work_that_takes_too_long_is_told_as_still_working() {
    let rooms = Double::new();
    let short = Limits {
        work_timeout: Duration::from_millis(10),
        ..limits()
    };
    let router = router(&rooms, short);
    let response = send(&router, delivery(Body::empty())).await;
    assert_eq!(response.status(), 504);
    assert_eq!(problem(response).await.code, "TNR-API-0013");
}

#[tokio::test]
async fn what_cannot_be_recorded_is_not_shown_but_what_was_done_is_told() {
    let rooms = Double::new();
    let router = router(&rooms, limits());
    rooms.unrecordable.store(true, Ordering::SeqCst);
    let read = send(&router, request("GET", "/v1/things/x", "tnr_ana_read", "")).await;
    assert_eq!(read.status(), 503);
    let done = send(
        &router,
        request("POST", "/v1/things/x", "tnr_ana_administer", END),
    )
    .await;
    assert_eq!(done.status(), 201);
    let ready = send(&router, request("GET", "/health/ready", "", "")).await;
    assert_eq!(ready.status(), 503);
    assert_eq!(text(ready).await, "not ready: store\n");
    assert_eq!(
        send(&router, request("GET", "/health/live", "", ""))
            .await
            .status(),
        200
    );
}

#[tokio::test]
async fn a_read_that_shows_nothing_is_not_recorded_but_a_refused_one_is() {
    let rooms = Double::new();
    let router = router(&rooms, limits());
    for (token, status) in [("tnr_ana_read", 200), ("tnr_ana_plan", 403), ("", 401)] {
        let answer = send(&router, request("GET", "/v1/things/news", token, "")).await;
        assert_eq!(answer.status(), status);
    }
    assert_eq!(rooms.statuses(), [403, 401]);
    send(&router, request("GET", "/v1/things/x", "tnr_ana_read", "")).await;
    assert_eq!(rooms.statuses(), [403, 401, 200]);
}

#[tokio::test]
async fn metrics_are_for_this_host_and_for_readers() {
    let router = router(&Double::new(), limits());
    let status = |token: &'static str| {
        let router = router.clone();
        async move {
            send(&router, request("GET", "/metrics", token, ""))
                .await
                .status()
                .as_u16()
        }
    };
    assert_eq!(status("").await, 401);
    assert_eq!(status("tnr_ana_plan").await, 403);
    assert_eq!(status("tnr_ana_read").await, 200);
}

#[tokio::test]
async fn every_answer_is_hardened() {
    let rooms = Double::new();
    let router = router(&rooms, limits());
    for (uri, token) in [
        ("/v1/things/x", "tnr_ana_read"),
        ("/v1/things/x", ""),
        ("/nothing", ""),
        ("/health/live", ""),
        ("/codes/TNR-API-0001", ""),
        ("/api/openapi.json", ""),
    ] {
        let response = send(&router, request("GET", uri, token, "")).await;
        let headers = response.headers();
        assert_eq!(headers["cache-control"], "no-store", "{uri}");
        assert_eq!(headers["x-content-type-options"], "nosniff", "{uri}");
        assert!(
            headers["content-security-policy"]
                .to_str()
                .unwrap()
                .contains("frame-ancestors")
        );
        assert!(headers.contains_key("strict-transport-security"), "{uri}");
        assert!(
            headers["x-request-id"]
                .to_str()
                .unwrap()
                .starts_with("req_7_"),
            "{uri}"
        );
    }
    let _ = Arc::strong_count(&rooms);
}

#[tokio::test]
async fn a_panic_is_an_answer_and_is_recorded() {
    let rooms = Double::new();
    let router = router(&rooms, limits());
    let response = send(&router, request("GET", "/v1/broken", "tnr_ana_read", "")).await;
    assert_eq!(response.status(), 500);
    assert!(!problem(response).await.detail.contains("on purpose"));
    assert_eq!(rooms.statuses(), [500]);
}
