//! A provider: its state, and what it makes of a request.

use std::collections::VecDeque;
use std::time::Duration;

use model::Kind;
use protocol::scim::{MEDIA_TYPE, Object, SERVICE_PROVIDER_CONFIG, ScimError};
use serde_json::{Value, json};

use crate::access::{Access, Gate};
use crate::directory::{Row, Table};
use crate::temperament::{RetryForm, Temperament};

/// A request, already off the wire.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// `GET`, `POST`, …
    pub method: String,
    /// The path, percent-encoded as it came.
    pub path: String,
    /// The query, decoded.
    pub query: Vec<(String, String)>,
    /// Header name in lower case → value.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Request {
    /// The first header of this name (in lower case).
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        let found = self
            .query
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

/// How a reply reaches the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// At once.
    Now,
    /// This late.
    Late(Duration),
    /// Not at all: the connection is closed.
    Never,
}

/// What the provider answers.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// How it is delivered.
    pub delivery: Delivery,
}

impl Reply {
    pub(crate) const fn status(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
            delivery: Delivery::Now,
        }
    }

    pub(crate) fn json(status: u16, body: &Value) -> Self {
        let mut reply = Self::status(status);
        reply.headers.push(("content-type", MEDIA_TYPE.to_owned()));
        reply.body = body.to_string().into_bytes();
        reply
    }

    pub(crate) fn error(status: u16, scim_type: Option<&str>, detail: &str) -> Self {
        let error = ScimError {
            status: Some(status),
            scim_type: scim_type.map(str::to_owned),
            detail: Some(detail.to_owned()),
        };
        Self::json(status, &error.to_json())
    }
}

impl From<ScimError> for Reply {
    fn from(error: ScimError) -> Self {
        Self::json(error.status.unwrap_or(500), &error.to_json())
    }
}

/// Something that goes wrong once, on the next request (or write) that it fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The next write is done, and its answer lost.
    LoseAnswer,
    /// The next write is not done, and no answer comes.
    LoseRequest,
    /// The next write is answered with success and not done.
    Pretend,
    /// The next request is answered with 429.
    Busy {
        /// How long to ask to wait.
        seconds: u32,
        /// In which form.
        form: RetryForm,
    },
    /// The next request gets this status and body.
    Answer {
        /// The status.
        status: u16,
        /// The body.
        body: Vec<u8>,
    },
}

/// An emulated provider.
#[derive(Debug)]
pub struct Provider {
    pub(crate) temperament: Temperament,
    pub(crate) users: Table,
    pub(crate) groups: Table,
    pub(crate) clock: u64,
    gate: Gate,
    faults: VecDeque<Fault>,
    requests: u64,
    writes: u64,
}

impl Provider {
    /// An empty provider.
    #[must_use]
    pub fn new(temperament: Temperament, access: Access) -> Self {
        let exact = temperament.case_exact_names;
        Self {
            temperament,
            users: Table::new("userName", exact),
            groups: Table::new("displayName", false),
            clock: 0,
            gate: Gate::new(access),
            faults: VecDeque::new(),
            requests: 0,
            writes: 0,
        }
    }

    /// Lets something go wrong. Faults are used up in this order.
    pub fn inject(&mut self, fault: Fault) {
        self.faults.push_back(fault);
    }

    /// Takes back every OAuth token that was given out.
    pub fn revoke_tokens(&mut self) {
        self.gate.revoke();
    }

    /// How many OAuth tokens were given out.
    #[must_use]
    pub const fn tokens_issued(&self) -> u64 {
        self.gate.issued()
    }

    /// How many requests came, refused ones included.
    #[must_use]
    pub const fn requests(&self) -> u64 {
        self.requests
    }

    /// How many writes came.
    #[must_use]
    pub const fn writes(&self) -> u64 {
        self.writes
    }

    /// How the provider behaves; may be changed while it runs.
    pub const fn temperament_mut(&mut self) -> &mut Temperament {
        &mut self.temperament
    }

    /// All users or groups as they are shown, in order of creation.
    #[must_use]
    pub fn objects(&self, kind: Kind) -> Vec<Object> {
        self.table(kind)
            .rows()
            .map(|row| self.show(kind, row))
            .collect()
    }

    /// Changes an object behind the client's back, as an administrator would.
    pub fn meddle(&mut self, kind: Kind, id: &str, change: impl FnOnce(&mut Object)) {
        if let Some(mut body) = self.table(kind).get(id).map(|row| row.body.clone()) {
            change(&mut body);
            let version = self.tick();
            self.table_mut(kind).replace(id, body, version);
        }
    }

    /// Answers one request.
    pub fn handle(&mut self, request: &Request) -> Reply {
        self.requests += 1;
        if request.path == "/oauth/token" {
            return self.gate.token(request);
        }
        let write = request.method != "GET";
        if write {
            self.writes += 1;
        }
        if !self.gate.lets_in(request) {
            return Reply::error(401, None, "the token is not valid");
        }
        if let Some(reply) = self.throttled() {
            return reply;
        }
        let fault = self.next_fault(write);
        let mut reply = match &fault {
            Some(Fault::Busy { seconds, form }) => return busy(*seconds, *form),
            Some(Fault::Answer { status, body }) => {
                return Reply {
                    body: body.clone(),
                    ..Reply::status(*status)
                };
            }
            Some(Fault::LoseRequest) => Reply::status(500),
            Some(Fault::Pretend) => self.pretend(request),
            Some(Fault::LoseAnswer) | None => self.route(request),
        };
        if matches!(fault, Some(Fault::LoseAnswer | Fault::LoseRequest)) {
            reply.delivery = Delivery::Never;
        } else if self.temperament.slow_ms > 0 {
            reply.delivery = Delivery::Late(Duration::from_millis(self.temperament.slow_ms));
        }
        reply
    }

    fn throttled(&self) -> Option<Reply> {
        let throttle = self.temperament.throttle?;
        let hit = throttle.every > 0 && self.requests.is_multiple_of(throttle.every);
        hit.then(|| busy(throttle.seconds, throttle.form))
    }

    fn next_fault(&mut self, write: bool) -> Option<Fault> {
        let fits = |fault: &Fault| {
            write
                || !matches!(
                    fault,
                    Fault::LoseAnswer | Fault::LoseRequest | Fault::Pretend
                )
        };
        if self.faults.front().is_some_and(fits) {
            return self.faults.pop_front();
        }
        let turn = |every: u64| write && every > 0 && self.writes.is_multiple_of(every);
        if turn(self.temperament.pretends_every) {
            return Some(Fault::Pretend);
        }
        turn(self.temperament.loses_answer_every).then_some(Fault::LoseAnswer)
    }

    /// The answer of a write on a copy that is thrown away.
    fn pretend(&mut self, request: &Request) -> Reply {
        let kinds = [Kind::Account, Kind::Group];
        let before: Vec<Vec<Row>> = kinds
            .map(|kind| self.table(kind).rows().cloned().collect())
            .to_vec();
        let reply = self.route(request);
        let exact = self.temperament.case_exact_names;
        self.users = Table::new("userName", exact);
        self.groups = Table::new("displayName", false);
        for (kind, rows) in kinds.into_iter().zip(before) {
            for (no, row) in rows.into_iter().enumerate() {
                self.table_mut(kind).insert(no as u64, row);
            }
        }
        reply
    }

    fn route(&mut self, request: &Request) -> Reply {
        let Some(rest) = request.path.strip_prefix(crate::BASE) else {
            return Reply::status(404);
        };
        let mut parts = rest.split('/').filter(|part| !part.is_empty());
        let (collection, id, more) = (parts.next(), parts.next(), parts.next());
        let kind = match collection {
            Some("ServiceProviderConfig") if request.method == "GET" => return self.config(),
            Some("Users") => Kind::Account,
            Some("Groups") => Kind::Group,
            _ => return self.missing(),
        };
        let id = id.map(decode);
        match (request.method.as_str(), id.as_deref(), more) {
            ("GET", None, None) => self.list(kind, request),
            ("POST", None, None) => self.create(kind, request),
            ("GET", Some(id), None) => match self.lookup(kind, id) {
                Some(row) => self.object_reply(200, kind, &row.clone()),
                None => self.missing(),
            },
            ("PUT", Some(id), None) => self.put(kind, id, request),
            ("PATCH", Some(_), None) if !self.temperament.patch => {
                Reply::error(501, None, "PATCH is not supported")
            }
            ("PATCH", Some(id), None) => self.patch(kind, id, request),
            ("DELETE", Some(id), None) => self.delete(kind, id),
            (_, _, None) => Reply::error(405, None, "the method is not allowed here"),
            _ => self.missing(),
        }
    }

    fn config(&self) -> Reply {
        let filter = !self.temperament.ignores_filter && !self.temperament.refuses_filter;
        let most = if self.temperament.max_page == 0 {
            1000
        } else {
            self.temperament.max_page
        };
        Reply::json(
            200,
            &json!({
                "schemas": [SERVICE_PROVIDER_CONFIG],
                "patch": { "supported": self.temperament.patch },
                "bulk": { "supported": false, "maxOperations": 0, "maxPayloadSize": 0 },
                "filter": { "supported": filter, "maxResults": most },
                "changePassword": { "supported": false },
                "sort": { "supported": false },
                "etag": { "supported": self.temperament.versions },
                "authenticationSchemes": [],
            }),
        )
    }

    /// Some providers find users under their names, too.
    pub(crate) fn lookup(&self, kind: Kind, id: &str) -> Option<&Row> {
        let table = self.table(kind);
        table.get(id).or_else(|| {
            let named = self.temperament.members_by_name.then(|| table.named(id));
            named.and_then(|rows| rows.first().copied())
        })
    }

    pub(crate) fn missing(&self) -> Reply {
        if self.temperament.html_errors {
            let mut reply = Reply::status(404);
            reply.headers.push(("content-type", "text/html".to_owned()));
            reply.body = b"<html><body>Not here</body></html>".to_vec();
            return reply;
        }
        Reply::error(404, None, "there is no such object")
    }

    pub(crate) const fn table(&self, kind: Kind) -> &Table {
        match kind {
            Kind::Account => &self.users,
            Kind::Group | Kind::Grant => &self.groups,
        }
    }

    pub(crate) const fn table_mut(&mut self, kind: Kind) -> &mut Table {
        match kind {
            Kind::Account => &mut self.users,
            Kind::Group | Kind::Grant => &mut self.groups,
        }
    }

    pub(crate) const fn tick(&mut self) -> u64 {
        self.clock += 1;
        self.clock
    }
}

fn busy(seconds: u32, form: RetryForm) -> Reply {
    // The provider has no clock: its own `Date` makes the date form mean the same.
    const DATE: &str = "Sun, 06 Nov 1994 08:00:00 GMT";
    let mut reply = Reply::error(429, None, "too many requests");
    match form {
        RetryForm::Missing => {}
        RetryForm::Seconds => reply.headers.push(("retry-after", seconds.to_string())),
        RetryForm::Date => {
            let (minutes, rest) = (seconds / 60 % 60, seconds % 60);
            let then = format!("Sun, 06 Nov 1994 08:{minutes:02}:{rest:02} GMT");
            reply.headers.push(("date", DATE.to_owned()));
            reply.headers.push(("retry-after", then));
        }
    }
    reply
}

fn decode(segment: &str) -> String {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.bytes();
    while let Some(byte) = rest.next() {
        let coded = (byte == b'%')
            .then(|| {
                let pair = [rest.clone().next()?, rest.clone().nth(1)?];
                u8::from_str_radix(std::str::from_utf8(&pair).ok()?, 16).ok()
            })
            .flatten();
        match coded {
            Some(value) => {
                bytes.push(value);
                rest.nth(1);
            }
            None => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
