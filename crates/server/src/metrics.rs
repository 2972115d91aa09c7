//! Metrics in the Prometheus text format. Every label value comes from a fixed set: route
//! patterns, methods and status classes. Nothing from a request becomes a label.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

/// Upper bounds of the duration buckets, in seconds.
const BOUNDS: [f64; 9] = [0.001, 0.005, 0.025, 0.1, 0.25, 1.0, 5.0, 30.0, 120.0];
const CLASSES: [&str; 4] = ["2xx", "3xx", "4xx", "5xx"];

/// The counters of one route.
struct OfRoute {
    method: &'static str,
    pattern: &'static str,
    answers: [AtomicU64; 4],
    buckets: [AtomicU64; BOUNDS.len() + 1],
    micros: AtomicU64,
}

/// All counters of a server.
pub struct Metrics {
    routes: Vec<OfRoute>,
    /// Connections that are open.
    pub connections: AtomicI64,
    /// Connections that were refused because there were too many.
    pub refused_connections: AtomicU64,
    /// Calls that were refused because of a rate.
    pub limited: AtomicU64,
    /// Failed authentications.
    pub unauthenticated: AtomicU64,
    /// TLS handshakes that failed.
    pub bad_handshakes: AtomicU64,
}

impl Metrics {
    /// Counters for these routes, each with method and pattern. The last one counts requests
    /// that match none.
    #[must_use]
    pub fn new(routes: impl Iterator<Item = (&'static str, &'static str)>) -> Self {
        let none = std::iter::once(("", "none"));
        let routes = routes.chain(none).map(|(method, pattern)| OfRoute {
            method,
            pattern,
            answers: Default::default(),
            buckets: Default::default(),
            micros: AtomicU64::new(0),
        });
        Self {
            routes: routes.collect(),
            connections: AtomicI64::new(0),
            refused_connections: AtomicU64::new(0),
            limited: AtomicU64::new(0),
            unauthenticated: AtomicU64::new(0),
            bad_handshakes: AtomicU64::new(0),
        }
    }

    /// Counts one answer. `route` is its place in the list given to [`Metrics::new`]; anything
    /// beyond counts as no route.
    pub fn answered(&self, route: usize, status: u16, took: Duration) {
        let Some(of) = self.routes.get(route.min(self.routes.len() - 1)) else {
            return;
        };
        let class = usize::from((status / 100).clamp(2, 5) - 2);
        of.answers[class].fetch_add(1, Ordering::Relaxed);
        let seconds = took.as_secs_f64();
        let bucket = BOUNDS
            .iter()
            .position(|b| seconds <= *b)
            .unwrap_or(BOUNDS.len());
        of.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        of.micros.fetch_add(micros, Ordering::Relaxed);
    }

    /// The text, with `more` lines that the caller has ready.
    #[must_use]
    pub fn text(&self, more: &str) -> String {
        let mut out = String::with_capacity(8 << 10);
        out.push_str("# TYPE tenure_http_answers_total counter\n");
        for of in &self.routes {
            for (class, count) in CLASSES.iter().zip(&of.answers) {
                let count = count.load(Ordering::Relaxed);
                if count > 0 {
                    let _ = writeln!(
                        out,
                        "tenure_http_answers_total{{method=\"{}\",route=\"{}\",status=\"{class}\"}} {count}",
                        of.method, of.pattern
                    );
                }
            }
        }
        out.push_str("# TYPE tenure_http_seconds histogram\n");
        for of in &self.routes {
            of.write_histogram(&mut out);
        }
        let connections = self.connections.load(Ordering::Relaxed);
        let _ = writeln!(
            out,
            "# TYPE tenure_connections gauge\ntenure_connections {connections}"
        );
        for (name, counter) in [
            ("refused_connections", &self.refused_connections),
            ("rate_limited", &self.limited),
            ("unauthenticated", &self.unauthenticated),
            ("bad_handshakes", &self.bad_handshakes),
        ] {
            let count = counter.load(Ordering::Relaxed);
            let _ = writeln!(
                out,
                "# TYPE tenure_{name}_total counter\ntenure_{name}_total {count}"
            );
        }
        out.push_str(more);
        out
    }
}

impl OfRoute {
    fn write_histogram(&self, out: &mut String) {
        let counts = self.buckets.each_ref().map(|b| b.load(Ordering::Relaxed));
        let all: u64 = counts.iter().sum();
        if all == 0 {
            return;
        }
        let labels = format!("method=\"{}\",route=\"{}\"", self.method, self.pattern);
        let mut below = 0;
        for (bound, count) in BOUNDS.iter().zip(counts) {
            below += count;
            let _ = writeln!(
                out,
                "tenure_http_seconds_bucket{{{labels},le=\"{bound}\"}} {below}"
            );
        }
        let seconds = Duration::from_micros(self.micros.load(Ordering::Relaxed)).as_secs_f64();
        let _ = writeln!(
            out,
            "tenure_http_seconds_bucket{{{labels},le=\"+Inf\"}} {all}\n\
             tenure_http_seconds_sum{{{labels}}} {seconds}\n\
             tenure_http_seconds_count{{{labels}}} {all}"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_counted_by_route_and_class() {
        let metrics = Metrics::new([("GET", "/a"), ("POST", "/b/{id}")].into_iter());
        metrics.answered(1, 200, Duration::from_millis(3));
        metrics.answered(1, 503, Duration::from_secs(500));
        metrics.answered(99, 404, Duration::ZERO);
        let text = metrics.text("tenure_up 1\n");
        for line in [
            r#"tenure_http_answers_total{method="POST",route="/b/{id}",status="2xx"} 1"#,
            r#"tenure_http_answers_total{method="POST",route="/b/{id}",status="5xx"} 1"#,
            r#"tenure_http_answers_total{method="",route="none",status="4xx"} 1"#,
            r#"tenure_http_seconds_bucket{method="POST",route="/b/{id}",le="0.005"} 1"#,
            r#"tenure_http_seconds_bucket{method="POST",route="/b/{id}",le="120"} 1"#,
            r#"tenure_http_seconds_bucket{method="POST",route="/b/{id}",le="+Inf"} 2"#,
            "tenure_up 1",
        ] {
            assert!(text.lines().any(|l| l == line), "{line}\n{text}");
        }
    }
}
