//! What the benches of whole use-cases share: an app over an SQLite file as it is served, and an
//! HR file of a large company.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use app::{App, Connect, Parts};
use model::Timestamp;
use ports::{Clock, Entropy};
use store::{LocalKeyRing, StorePorts, TenureStore};
use testkit::node::{Csv, keyring};
use tokio::runtime::Runtime;

use crate::Failure;

/// The clock on the wall.
pub struct Wall;

impl Clock for Wall {
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let micros = since.map_or(0, |d| i64::try_from(d.as_micros()).unwrap_or(i64::MAX));
        Timestamp::from_micros(micros)
    }
}

/// A runtime with as many threads as the figures allow: two.
pub fn runtime() -> Result<Runtime, Failure> {
    let made = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    Ok(made?)
}

/// A directory on the disk of the checkout, not in memory.
pub fn folder() -> Result<tempfile::TempDir, Failure> {
    let made = tempfile::Builder::new()
        .prefix("tenure-bench")
        .tempdir_in(".");
    Ok(made?)
}

/// An app over the SQLite file at `path`, opened as a server opens it, and its store.
pub fn open(path: &Path, connect: Arc<dyn Connect>) -> Result<(Arc<App>, TenureStore), Failure> {
    open_at(path, connect, Arc::new(Wall))
}

/// As [`open`], with a clock of one's own.
pub fn open_at(
    path: &Path,
    connect: Arc<dyn Connect>,
    clock: Arc<dyn Clock>,
) -> Result<(Arc<App>, TenureStore), Failure> {
    open_with(path, connect, clock, keyring()?)
}

/// As [`open_at`], with the keys of a data directory.
pub fn open_with(
    path: &Path,
    connect: Arc<dyn Connect>,
    clock: Arc<dyn Clock>,
    keyring: LocalKeyRing,
) -> Result<(Arc<App>, TenureStore), Failure> {
    let entropy: Arc<dyn Entropy> = Arc::new(testkit::SeededEntropy::new(3));
    let keyring = Arc::new(keyring);
    let ports = StorePorts {
        clock: Arc::clone(&clock),
        entropy: Arc::clone(&entropy),
        keyring: Arc::clone(&keyring) as _,
    };
    let store = TenureStore::open_sqlite(path, ports)?;
    let app = Arc::new(App::new(Parts {
        store: Arc::new(store.clone()),
        clock,
        entropy,
        keyring,
        connect,
        source: Arc::new(Csv),
    }));
    Ok((app, store))
}

/// The processor time that this process has used, in user mode, all threads together: it says
/// more than the wall where others use the machine too.
pub fn user_time() -> Result<Duration, Failure> {
    // Fields 14 of `proc_pid_stat(5)`, counted after the name, in hundredths of a second.
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let after = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: u64 = after.split_whitespace().nth(11).unwrap_or("0").parse()?;
    Ok(Duration::from_millis(ticks * 10))
}

/// The HR source of [`hr_file`].
pub const SOURCE: &str = "kind: Source
metadata: {name: hr}
spec:
  format: csv
  key: worker_id
  attributes:
    given_name: {column: first_name}
    family_name: {column: last_name}
    email: {column: email}
    title: {column: title}
    department: {column: department}
    division: {column: division}
    cost_center: {column: cost_center}
    employee_type: {column: type}
    location: {column: location}
    phone: {column: phone}
  starts: {column: hired, format: iso}
  ends: {column: last_day, format: iso}
  zone:
    by: {column: location, map: {Berlin: Europe/Berlin, Melbourne: Australia/Melbourne, Boston: America/New_York}}
    default: UTC
  delivery: full
";

/// The first line of an HR file.
pub const HEAD: &str = "worker_id,first_name,last_name,email,title,department,division,cost_center,type,\
     location,phone,hired,last_day\n";

/// Everyone of a company as its HR system exports them; `title` says what each is called, so that
/// a second file can differ from the first.
pub fn hr_file(people: usize, title: impl Fn(usize) -> String) -> String {
    let mut rows = String::with_capacity(people * 180);
    rows.push_str(HEAD);
    for i in 0..people {
        rows.push_str(&hr_row(i, &title(i), ""));
    }
    rows
}

/// One line of it. `last_day` may be empty.
pub fn hr_row(i: usize, title: &str, last_day: &str) -> String {
    let place = ["Berlin", "Melbourne", "Boston", "Lisbon"][i % 4];
    let kind = if i % 10 == 7 {
        "contractor"
    } else {
        "employee"
    };
    let ends = match (last_day, kind) {
        ("", "contractor") => "2031-12-31",
        (day, _) => day,
    };
    format!(
        "W{i:06},First{i},Last{i},first{i}.last{i}@acme.example,{title},dep{:02},div{},CC{:03},\
         {kind},{place},+49 30 {i:07},20{:02}-0{}-1{},{ends}\n",
        i % 50,
        i % 7,
        i % 200,
        10 + i % 14,
        1 + i % 9,
        i % 9,
    )
}
