//! TLS to PostgreSQL: verified, or refused.

use std::sync::Arc;

use ports::conformance::cluster::{Cluster, REQUIRE};
use ports::conformance::doubles::ManualClock;
use ports::conformance::samples;
use ports::store::Log as _;
use store::{OpenError, PostgresOptions, TenureStore};

use crate::harness::{Stores, ports};

/// A certificate for `localhost` that signs itself, as the server's own `openssl` makes it.
const MAKE: &str = "umask 077; printf '[req]\\ndistinguished_name=dn\\nx509_extensions=ext\\n\
prompt=no\\n[dn]\\nCN=localhost\\n[ext]\\nbasicConstraints=critical,CA:FALSE\\n\
subjectAltName=DNS:localhost\\n' >req.conf && openssl req -x509 -newkey ec \
-pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -config req.conf -keyout server.key \
-out server.crt 2>/dev/null";

async fn open(url: &str) -> Result<TenureStore, OpenError> {
    let clock = Arc::new(ManualClock::at(samples::at(0)));
    TenureStore::open_postgres(url, PostgresOptions::default(), ports(clock, 1)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn certificates_are_verified() {
    if Stores::postgres().is_none() {
        return;
    }
    if std::process::Command::new("openssl")
        .arg("version")
        .output()
        .is_err()
    {
        assert!(
            std::env::var(REQUIRE).as_deref() != Ok("1"),
            "there is no openssl"
        );
        eprintln!("skipped: there is no openssl to make a certificate with");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let cluster = Cluster::start(dir.path()).unwrap();
    let make = MAKE.replace('\'', "''");
    cluster.sql("postgres", &format!("COPY (SELECT 1) TO PROGRAM '{make}'"));
    cluster.sql("postgres", "ALTER SYSTEM SET ssl = on");
    cluster.crash_and_restart();
    let root = dir.path().join("root.crt");
    std::fs::write(
        &root,
        cluster.sql("postgres", "SELECT pg_read_file('server.crt')"),
    )
    .unwrap();
    let plain = cluster.database();
    let url = |host: &str, tls: &str| {
        plain
            .replace("127.0.0.1", host)
            .replace("sslmode=disable", tls)
    };
    let trusted = format!("sslmode=verify-full&sslrootcert={}", root.display());
    let store = open(&url("localhost", &trusted)).await.unwrap();
    assert_eq!(store.head().await.unwrap().0, 0);
    let encrypted = "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
                     WHERE application_name = 'tenure'";
    assert_eq!(cluster.sql("postgres", encrypted), "t");
    for (host, tls) in [
        // Another name than the certificate's.
        ("127.0.0.1", trusted.as_str()),
        // An issuer whom the system does not trust; `require` is no weaker than `verify-full`.
        ("localhost", "sslmode=verify-full"),
        ("localhost", "sslmode=require"),
    ] {
        let refused = open(&url(host, tls)).await.err();
        assert!(
            matches!(refused, Some(OpenError::Unavailable(_))),
            "{host} {tls}: {refused:?}"
        );
    }
    let missing = open(&url(
        "localhost",
        "sslmode=require&sslrootcert=/no/such/file",
    ))
    .await;
    assert!(matches!(missing, Err(OpenError::Address(_))));
}
