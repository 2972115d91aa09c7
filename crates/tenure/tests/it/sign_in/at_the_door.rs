//! Attacks on the pages and endpoints as they are served, named after their rows in the list of attacks.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use super::people::{move_in, name};
use super::visitor::{PASSWORD, Party, Visitor, attempt, code_of, request, token_of};
use crate::e2e::http::send;
use crate::e2e::plant::Plant;

/// What browsers call it: what stands before it ends TLS.
const ORIGIN: &str = "https://id.acme.example";
/// Whatever a program or a browser may ask for without a token.
const PLACES: [&str; 10] = [
    "/",
    "/factors",
    "/oauth2/authorize",
    "/oauth2/logout",
    "/oauth2/token",
    "/oauth2/userinfo",
    "/oauth2/jwks",
    "/.well-known/openid-configuration",
    "/saml2/metadata",
    "/assets/pages.css",
];

/// A node with somebody who has a password.
fn door() -> (Plant, Party) {
    let mut plant = Plant::init(None);
    plant.settings = vec![("TENURE_PUBLIC_URL", ORIGIN.to_owned())];
    plant.serve();
    let party = move_in(&plant, &plant.url, 1);
    (plant, party)
}

/// A whole answer, head and all, to a request with these lines in its head.
fn raw(at: &str, line: &str, head: &[&str]) -> String {
    let mut stream = TcpStream::connect(at.trim_start_matches("http://")).unwrap();
    let head = head.join("\r\n");
    let request = format!("{line} HTTP/1.1\r\n{head}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// L7: whatever a request says of the host that it is for, no link, cookie or document speaks of it.
#[test]
fn l7_links_are_of_the_configured_origin_alone() {
    let (plant, _) = door();
    let evil = "evil.example";
    let lines = [
        format!("Host: {evil}"),
        format!("Host: id.acme.example\r\nX-Forwarded-Host: {evil}"),
        format!("Host: id.acme.example\r\nForwarded: host={evil};proto=http"),
        format!("Host: id.acme.example\r\nX-Original-Host: {evil}\r\nX-Forwarded-Server: {evil}"),
        format!(
            "Host: id.acme.example\r\nX-Original-URL: https://{evil}/\r\nX-Rewrite-URL: /{evil}"
        ),
    ];
    let places = PLACES.into_iter().map(str::to_owned);
    for place in places.chain([request("wiki"), "/sign-in/password".to_owned()]) {
        for head in &lines {
            let answer = raw(&plant.url, &format!("GET {place}"), &[head]);
            assert!(answer.starts_with("HTTP/1.1 "), "{place}: {answer}");
            assert!(!answer.contains(evil), "{place}, {head}: {answer}");
        }
    }
    let told = raw(
        &plant.url,
        "GET /.well-known/openid-configuration",
        &[&lines[1]],
    );
    assert!(told.contains(&format!("\"issuer\":\"{ORIGIN}\"")), "{told}");
    assert!(!told.contains("http://"), "{told}");
}

/// O11, L2: guesses at passwords, passes and codes are one budget of the address that really connects, and no
/// header makes it another.
#[test]
fn o11_every_way_to_guess_shares_one_budget_and_no_header_widens_it() {
    let (plant, _) = door();
    let mut visitor = Visitor::default();
    let page = visitor.ask(&plant.url, "/", None).unwrap().text();
    let guess = |n: usize, path: &str| {
        let form = format!(
            "attempt={}&name=x{n}%40acme.example&pass=AAAAA-AAAAA&password=x&code=000000",
            attempt(&page)
        );
        let from = format!("X-Forwarded-For: 198.51.100.{}", n % 250);
        let real = format!("X-Real-IP: 203.0.113.{}", n % 250);
        let media = "Content-Type: application/x-www-form-urlencoded";
        let head = [visitor.cookie(), from, real, media.to_owned()];
        let head: Vec<&str> = head.iter().map(String::as_str).collect();
        let url = format!("{}{path}", plant.url);
        send("POST", &url, &head, form.as_bytes()).unwrap().status
    };
    let taken = (0..80)
        .take_while(|n| guess(*n, "/sign-in/pass") != 429)
        .count();
    assert!((60..75).contains(&taken), "{taken} guesses of one address");
    for path in ["/sign-in/pass", "/sign-in/password"] {
        assert_eq!(guess(90, path), 429, "{path}");
    }
}

/// O12, O24: no other origin reads an answer or frames a page, and nothing that was typed is sent on.
#[test]
fn o24_no_other_origin_reads_or_frames_anything_and_nothing_typed_is_sent_on() {
    let (plant, _) = door();
    let head = [
        "Host: id.acme.example",
        "Origin: https://evil.example",
        "Access-Control-Request-Method: POST",
        "Access-Control-Request-Headers: authorization",
    ];
    for place in PLACES
        .into_iter()
        .chain(["/api/v1/people", "/sign-in/password"])
    {
        for method in ["OPTIONS", "GET"] {
            let answer = raw(&plant.url, &format!("{method} {place}"), &head);
            let (head, _) = answer.split_once("\r\n\r\n").unwrap();
            let head = head.to_ascii_lowercase();
            assert!(
                !head.contains("access-control-"),
                "{method} {place}: {head}"
            );
            // A method that there is not is answered with nothing that could be framed.
            let empty = head.starts_with("http/1.1 405") && head.contains("content-length: 0");
            let unframed = head.contains("content-security-policy:")
                && head.contains("frame-ancestors 'none'");
            assert!(empty || unframed, "{method} {place}: {head}");
        }
    }
    let mut visitor = Visitor::default();
    let answer = visitor.types(&plant.url, Some("wiki"), &name(0)).unwrap();
    assert_eq!(answer.status, 303, "a browser sends nothing on after that");
    let location = answer.headers("location").next().unwrap().to_owned();
    assert!(
        !location.contains("password") && !location.contains("correct"),
        "{location}"
    );
    assert!(code_of(&answer).is_some());
}

/// O25: an access token counts in its header and in a form (RFC 6750 §2.2), and never in a query.
#[test]
fn o25_a_bearer_in_a_query_is_none() {
    let (plant, party) = door();
    let mut visitor = Visitor::default();
    let answer = visitor.types(&plant.url, Some("wiki"), &name(0)).unwrap();
    let given = party
        .redeems(&plant.url, &code_of(&answer).unwrap())
        .unwrap();
    let token = token_of(&given, "access_token");
    let place = format!("{}/oauth2/userinfo", plant.url);
    let media = "Content-Type: application/x-www-form-urlencoded";
    let form = format!("access_token={token}");
    let status = |method, url: &str, head: &[&str], body: &str| {
        send(method, url, head, body.as_bytes()).unwrap().status
    };
    assert_eq!(status("GET", &format!("{place}?{form}"), &[], ""), 401);
    assert_eq!(status("POST", &format!("{place}?{form}"), &[], ""), 401);
    assert_eq!(
        status("POST", &format!("{place}?{form}"), &[media], ""),
        401
    );
    assert_eq!(status("POST", &place, &[], &form), 401);
    assert_eq!(status("POST", &place, &[media], &form), 200);
    let bearer = format!("Authorization: Bearer {token}");
    assert_eq!(status("GET", &place, &[&bearer], ""), 200);
}

/// O18, L12: nothing that was sent, and nothing that a document or HR says, becomes a part of a page.
#[test]
fn o18_nothing_that_was_sent_becomes_part_of_a_page() {
    const SCRIPT: &str = "%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E";
    let (plant, _) = door();
    let plain = |page: &str, what: &str| {
        for tag in ["<script>", "<img", "alert(1)</", "alert(1)>"] {
            assert!(!page.contains(tag), "{what}: {page}");
        }
    };
    let asked = request("wiki");
    for (what, path) in [
        ("a hint", format!("{asked}&login_hint={SCRIPT}")),
        (
            "a client",
            asked.replace("client_id=wiki", &format!("client_id={SCRIPT}")),
        ),
        ("an address", asked.replace("wiki.acme.example", SCRIPT)),
        ("another name", format!("{asked}&{SCRIPT}={SCRIPT}")),
        (
            "a wish to sign out",
            format!("/oauth2/logout?state={SCRIPT}&post_logout_redirect_uri={SCRIPT}"),
        ),
        ("a page that there is not", format!("/{SCRIPT}")),
        ("the title of an app", request("vault")),
    ] {
        let answer = Visitor::default().ask(&plant.url, &path, None).unwrap();
        plain(&answer.text(), what);
    }
    let mut visitor = Visitor::default();
    let page = visitor.ask(&plant.url, "/", None).unwrap().text();
    let begun = attempt(&page);
    let typed = [
        ("attempt", begun.as_str()),
        ("name", "\"><script>alert(1)</script>"),
        ("password", PASSWORD),
    ];
    let answer = visitor
        .ask(&plant.url, "/sign-in/password", Some(&typed))
        .unwrap();
    plain(&answer.text(), "a name");
    let answer = visitor.types(&plant.url, None, &name(0)).unwrap();
    assert_eq!(answer.status, 303);
    plain(
        &visitor.ask(&plant.url, "/", None).unwrap().text(),
        "their own page",
    );
    // The page that posts an answer holds what the client sent as its state.
    let path =
        format!("{asked}&response_mode=form_post").replace("state=s", &format!("state={SCRIPT}"));
    let answer = visitor.ask(&plant.url, &path, None).unwrap();
    assert!(
        answer.text().contains("name=\"state\""),
        "{}",
        answer.text()
    );
    plain(&answer.text(), "a state");
}

/// L15: what is asked for gives metrics no name and no label.
#[test]
fn l15_what_is_asked_for_makes_no_metric() {
    let (plant, _) = door();
    let series = || -> BTreeSet<String> {
        let bearer = format!("Authorization: Bearer {}", plant.token);
        let answer = send("GET", &format!("{}/metrics", plant.url), &[&bearer], b"").unwrap();
        assert_eq!(answer.status, 200);
        let text = answer.text();
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        lines
            .filter_map(|line| Some(line.rsplit_once(' ')?.0.to_owned()))
            .collect()
    };
    let ask = |n: usize| {
        for path in [
            format!("/nothing/{n}"),
            format!("/?x{n}=1"),
            format!("/api/v1/people/p{n}"),
        ] {
            for method in ["GET", "POST", "BREW"] {
                let _ = send(method, &format!("{}{path}", plant.url), &[], b"");
            }
        }
        let _ = send(
            "GET",
            &format!("{}{}", plant.url, request(&format!("c{n}"))),
            &[],
            b"",
        );
    };
    // Each kind of answer comes once before, being told to come later among them.
    (0..30).for_each(ask);
    let before = series();
    (30..60).for_each(ask);
    assert_eq!(series(), before);
}
