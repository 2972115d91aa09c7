//! What the server accepts from outside. Everything has a bound; what exceeds it is refused,
//! never cut.

use std::time::Duration;

/// A refill rate and how much may be saved up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// Tokens per second.
    pub per_second: f64,
    /// Tokens in a full bucket.
    pub burst: f64,
}

/// All bounds of one server.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// Bytes of a JSON body.
    pub body: usize,
    /// Bytes of the JSON body that holds a whole tenant directory.
    pub documents: usize,
    /// Bytes of an HR delivery. It is held in memory while it is read.
    pub delivery: usize,
    /// HR deliveries read at the same time.
    pub deliveries_at_once: usize,
    /// Bytes of a request's head, and of a header list in HTTP/2.
    pub head: usize,
    /// Header fields of a request.
    pub headers: usize,
    /// Nesting of a JSON body.
    pub json_depth: usize,
    /// Bytes of a query string.
    pub query: usize,
    /// Connections at the same time.
    pub connections: usize,
    /// Connections from one address at the same time.
    pub connections_per_address: usize,
    /// Streams of one HTTP/2 connection at the same time.
    pub streams: u32,
    /// For the TLS handshake, and for a request's head.
    pub head_timeout: Duration,
    /// For a JSON body.
    pub body_timeout: Duration,
    /// For the body of a delivery.
    pub delivery_timeout: Duration,
    /// For the work of an ordinary call. The work goes on; only the answer is given up.
    pub work_timeout: Duration,
    /// For the work of calls over the whole workforce (deliver, observe, plan, undo).
    pub long_work_timeout: Duration,
    /// For everything in flight when the server stops.
    pub stop_timeout: Duration,
    /// Calls of one address.
    pub address: Rate,
    /// Calls of one principal, through all of its tokens.
    pub principal: Rate,
    /// Failed authentications of one address that are answered and logged one by one.
    pub failures: Rate,
    /// Addresses and principals that are remembered, each.
    pub remembered: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 1 << 20,
            documents: 16 << 20,
            delivery: 256 << 20,
            deliveries_at_once: 2,
            head: 16 << 10,
            headers: 64,
            json_depth: 32,
            query: 4 << 10,
            connections: 1024,
            connections_per_address: 256,
            streams: 64,
            head_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(30),
            delivery_timeout: Duration::from_secs(600),
            work_timeout: Duration::from_secs(60),
            long_work_timeout: Duration::from_secs(900),
            stop_timeout: Duration::from_secs(30),
            address: Rate {
                per_second: 100.0,
                burst: 400.0,
            },
            principal: Rate {
                per_second: 50.0,
                burst: 200.0,
            },
            failures: Rate {
                per_second: 0.2,
                burst: 20.0,
            },
            remembered: 10_000,
        }
    }
}
