//! The problems that the server itself finds, each with its status and code, in one place.

use api::Problem;
use model::Scope;

/// 401, whatever is wrong with the token.
#[must_use]
pub fn unauthenticated() -> Problem {
    Problem::new(
        401,
        "TNR-API-0001",
        "not authenticated",
        "the call carries no token that is valid here and now",
    )
    .fix(
        "send `Authorization: Bearer tnr_…` with a token that is neither expired nor revoked, \
          from a network that it is bound to",
    )
}

/// 403: the token may not do this.
#[must_use]
pub fn scope_missing(scope: Scope) -> Problem {
    let scope = scope.as_str();
    Problem::new(
        403,
        "TNR-API-0002",
        "not allowed",
        format!("this call needs the scope `{scope}`, which the token does not carry"),
    )
    .fix(format!("use a token with the scope `{scope}`"))
}

/// 404: no such route.
#[must_use]
pub fn no_route() -> Problem {
    Problem::new(
        404,
        "TNR-API-0003",
        "no such route",
        "there is nothing at this path",
    )
    .fix("the routes are listed at /api/openapi.json")
}

/// 405: the route has other methods.
#[must_use]
pub fn no_method(allowed: &str) -> Problem {
    Problem::new(
        405,
        "TNR-API-0004",
        "no such method",
        format!("this path is called with {allowed}"),
    )
    .fix("the routes are listed at /api/openapi.json")
}

/// 413: the body is longer than allowed.
#[must_use]
pub fn too_large(limit: usize) -> Problem {
    Problem::new(
        413,
        "TNR-API-0005",
        "body too large",
        format!("the body is longer than the {limit} bytes that this route takes"),
    )
    .fix("send less, or have the limit raised in the server's configuration")
}

/// 408: the body did not come in time.
#[must_use]
pub fn too_slow(seconds: u64) -> Problem {
    Problem::new(
        408,
        "TNR-API-0006",
        "request too slow",
        format!("the body was not complete after {seconds} seconds; nothing was done"),
    )
    .fix("send it again over a faster connection")
    .after(1)
}

/// 429: too many calls.
#[must_use]
pub fn too_many(wait: std::time::Duration) -> Problem {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    Problem::new(
        429,
        "TNR-API-0007",
        "too many calls",
        format!("this caller has used up its calls for now; nothing was done. Wait {seconds} s"),
    )
    .fix("wait as long as `Retry-After` says")
    .after(seconds.max(1))
}

/// 400: the body is not what the route takes.
#[must_use]
pub fn unreadable(why: &str) -> Problem {
    Problem::new(400, "TNR-API-0008", "unreadable body", why)
        .fix("the shape is described at /api/openapi.json")
}

/// 400: a parameter of path or query is not what the route takes.
#[must_use]
pub fn parameter(why: &str) -> Problem {
    Problem::new(400, "TNR-API-0009", "wrong parameter", why)
        .fix("the parameters are described at /api/openapi.json")
}

/// 400: a reason must be given.
#[must_use]
pub fn reason_missing() -> Problem {
    Problem::new(
        400,
        "TNR-API-0010",
        "reason missing",
        "this call must say why it is made; the reason is kept in the log",
    )
    .fix("give a `reason` of 1 to 500 characters, for example a ticket number")
}

/// 415: another media type.
#[must_use]
pub fn media_type(takes: &str) -> Problem {
    Problem::new(
        415,
        "TNR-API-0011",
        "wrong media type",
        format!("this route takes {takes}"),
    )
    .fix(format!("send `Content-Type: {takes}`"))
}

/// 503: full for now; nothing was done.
#[must_use]
pub fn busy(what: &str, seconds: u64) -> Problem {
    Problem::new(
        503,
        "TNR-API-0012",
        "busy",
        format!("{what}; nothing was done"),
    )
    .fix("try again after the time that `Retry-After` says")
    .after(seconds)
}

/// 504: it takes longer than the caller is made to wait. It goes on.
#[must_use]
pub fn still_working(seconds: u64) -> Problem {
    Problem::new(
        504,
        "TNR-API-0013",
        "still working",
        format!("the work was not done after {seconds} seconds and goes on; its end is not known"),
    )
    .fix("look at the state before calling again")
}

/// 500: a fault of ours.
#[must_use]
pub fn fault(why: &str) -> Problem {
    Problem::new(500, "TNR-API-0014", "fault", why)
        .fix("report it with the request's id and the server's log")
}

/// 414 and the like: the query is too long.
#[must_use]
pub fn query_too_long(limit: usize) -> Problem {
    Problem::new(
        414,
        "TNR-API-0015",
        "query too long",
        format!("the query is longer than {limit} bytes"),
    )
    .fix("the parameters are described at /api/openapi.json")
}
