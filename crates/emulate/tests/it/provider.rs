//! What the provider answers, request by request, without a socket.

use emulate::{
    Access, Delivery, Fault, MemberRemovalByFilter, Provider, Reply, Request, Temperament,
};
use model::Kind;
use serde_json::{Value, json};

fn open(temperament: Temperament) -> Provider {
    Provider::new(temperament, Access::Open)
}

fn send(provider: &mut Provider, method: &str, path: &str, body: Value) -> (u16, Value) {
    let reply = raw(provider, method, path, body);
    (
        reply.status,
        serde_json::from_slice(&reply.body).unwrap_or(Value::Null),
    )
}

fn raw(provider: &mut Provider, method: &str, path: &str, body: Value) -> Reply {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let request = Request {
        method: method.to_owned(),
        path: format!("/scim/v2{path}"),
        query: pairs.map(|(k, v)| (k.to_owned(), v.to_owned())).collect(),
        headers: Vec::new(),
        body: if body.is_null() {
            Vec::new()
        } else {
            body.to_string().into_bytes()
        },
    };
    provider.handle(&request)
}

fn user(provider: &mut Provider, name: &str) -> String {
    let (status, body) = send(
        provider,
        "POST",
        "/Users",
        json!({"userName": name, "externalId": name}),
    );
    assert_eq!(status, 201);
    body["id"].as_str().unwrap().to_owned()
}

#[test]
fn what_is_made_is_found_changed_and_gone() {
    let mut provider = open(Temperament::default());
    let id = user(&mut provider, "ana");
    let path = format!("/Users/{id}");
    let (_, found) = send(
        &mut provider,
        "GET",
        "/Users?filter=userName eq \"ANA\"",
        Value::Null,
    );
    assert_eq!(found["totalResults"], 1);
    let patch = json!({"Operations": [{"op": "replace", "path": "title", "value": "x"}]});
    assert_eq!(send(&mut provider, "PATCH", &path, patch.clone()).0, 204);
    let (_, now) = send(&mut provider, "GET", &path, Value::Null);
    assert_eq!(
        (&now["title"], &now["userName"]),
        (&json!("x"), &json!("ana"))
    );
    let version = now["meta"]["version"].clone();
    assert_eq!(send(&mut provider, "PATCH", &path, patch).0, 204);
    let (_, same) = send(&mut provider, "GET", &path, Value::Null);
    assert_eq!(same["meta"]["version"], version, "no change, no version");
    assert_eq!(send(&mut provider, "DELETE", &path, Value::Null).0, 204);
    assert_eq!(send(&mut provider, "GET", &path, Value::Null).0, 404);
    assert_eq!(send(&mut provider, "DELETE", &path, Value::Null).0, 404);
}

#[test]
fn whoever_is_active_takes_a_seat_and_gives_it_back() {
    let mut provider = open(Temperament {
        seats: 1,
        ..Temperament::default()
    });
    let ana = user(&mut provider, "ana");
    let bo = json!({"userName": "bo"});
    let (status, body) = send(&mut provider, "POST", "/Users", bo.clone());
    assert_eq!(
        (status, &body["detail"]),
        (400, &json!("no licence is left"))
    );
    let idle = json!({"userName": "cy", "active": false});
    assert_eq!(send(&mut provider, "POST", "/Users", idle).0, 201);
    let set = |name: &str, value: Value| json!({"Operations": [{"op": "replace", "path": name, "value": value}]});
    let path = format!("/Users/{ana}");
    assert_eq!(
        send(&mut provider, "PATCH", &path, set("title", json!("x"))).0,
        204
    );
    assert_eq!(
        send(&mut provider, "PATCH", &path, set("active", json!(false))).0,
        204
    );
    assert_eq!(send(&mut provider, "POST", "/Users", bo).0, 201);
    assert_eq!(
        send(&mut provider, "PATCH", &path, set("active", json!(true))).0,
        400
    );
}

#[test]
fn broken_requests_are_refused_and_change_nothing() {
    let mut provider = open(Temperament::default());
    let id = user(&mut provider, "ana");
    let before = provider.objects(Kind::Account);
    for (method, path, body, status) in [
        ("POST", "/Users".to_owned(), json!([]), 400),
        (
            "POST",
            "/Users".to_owned(),
            json!({"displayName": "no name"}),
            400,
        ),
        ("POST", "/Users".to_owned(), json!({"userName": 7}), 400),
        ("POST", "/Users".to_owned(), json!({"userName": "Ana"}), 409),
        (
            "PATCH",
            format!("/Users/{id}"),
            json!({"Operations": []}),
            400,
        ),
        (
            "PATCH",
            format!("/Users/{id}"),
            json!({"Operations": [{"op": "remove", "path": "userName"}]}),
            400,
        ),
        (
            "PUT",
            "/Users/nobody".to_owned(),
            json!({"userName": "x"}),
            404,
        ),
        ("POST", format!("/Users/{id}"), json!({}), 405),
        ("GET", "/Nothing".to_owned(), Value::Null, 404),
        (
            "GET",
            "/Users?filter=userName eq".to_owned(),
            Value::Null,
            400,
        ),
    ] {
        assert_eq!(
            send(&mut provider, method, &path, body).0,
            status,
            "{method} {path}"
        );
    }
    assert_eq!(provider.objects(Kind::Account), before);
}

#[test]
fn faults_do_what_they_are_called() {
    let mut provider = open(Temperament::default());
    provider.inject(Fault::Pretend);
    user(&mut provider, "ghost");
    assert!(provider.objects(Kind::Account).is_empty());
    provider.inject(Fault::LoseAnswer);
    let reply = raw(&mut provider, "POST", "/Users", json!({"userName": "a"}));
    assert_eq!(reply.delivery, Delivery::Never);
    assert_eq!(provider.objects(Kind::Account).len(), 1, "it was done");
    provider.inject(Fault::LoseRequest);
    let reply = raw(&mut provider, "POST", "/Users", json!({"userName": "b"}));
    assert_eq!(reply.delivery, Delivery::Never);
    assert_eq!(provider.objects(Kind::Account).len(), 1, "it was not done");
    provider.inject(Fault::LoseAnswer);
    assert_eq!(
        send(&mut provider, "GET", "/Users", Value::Null).0,
        200,
        "waits for a write"
    );
}

#[test]
fn deleting_a_user_takes_it_out_of_groups() {
    let mut provider = open(Temperament::default());
    let (ana, bob) = (user(&mut provider, "ana"), user(&mut provider, "bob"));
    let members = json!([{"value": ana}, {"value": bob}, {"value": "nobody"}]);
    let body = json!({"displayName": "g", "members": members});
    let (_, group) = send(&mut provider, "POST", "/Groups", body);
    assert_eq!(group["members"], json!([{"value": ana}, {"value": bob}]));
    send(
        &mut provider,
        "DELETE",
        &format!("/Users/{ana}"),
        Value::Null,
    );
    let path = format!("/Groups/{}", group["id"].as_str().unwrap());
    let (_, group) = send(&mut provider, "GET", &path, Value::Null);
    assert_eq!(group["members"], json!([{"value": bob}]));
}

#[test]
fn temperaments_are_data() {
    for temperament in [
        Temperament::default(),
        Temperament::aws(),
        Temperament::github(),
        Temperament::entra(),
        Temperament::put_only(),
        Temperament::canaille(),
    ] {
        let text = serde_json::to_string(&temperament).unwrap();
        assert_eq!(
            serde_json::from_str::<Temperament>(&text).unwrap(),
            temperament
        );
    }
    assert!(serde_json::from_str::<Temperament>(r#"{"typo": true}"#).is_err());
    let short: Temperament = serde_json::from_str(r#"{"remove_by_filter": "ignored"}"#).unwrap();
    assert_eq!(short.remove_by_filter, MemberRemovalByFilter::Ignored);
}
