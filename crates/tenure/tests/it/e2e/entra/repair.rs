//! The repair of the published Entra inbound samples.
//!
//! The files give one worker id to different people, name managers who are in no file, have no
//! last days, and know of countries but not of zones. Everything that is put in follows from the
//! file and the row alone: the same files make the same company on every machine.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Where the samples are, or `None` with the reason printed.
pub fn samples() -> Option<PathBuf> {
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/hr/entra-inbound");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!(
        "skipped: the Entra inbound samples (AzureAD/entra-id-inbound-provisioning) are not there"
    );
    None
}

/// A file of the samples, the source it becomes, and the letter of its new worker ids.
pub const FILES: [(&str, &str, char); 3] = [
    ("employeeData.csv", "employees", 'E'),
    ("contractorData.csv", "contractors", 'C'),
    ("internData.csv", "interns", 'I'),
];

/// The zone of each city that the samples name.
const ZONES: [(&str, &str); 7] = [
    ("San Francisco", "America/Los_Angeles"),
    ("Chicago", "America/Chicago"),
    ("London", "Europe/London"),
    ("Paris", "Europe/Paris"),
    ("Frankfurt", "Europe/Berlin"),
    ("Munich", "Europe/Berlin"),
    ("Mumbai", "Asia/Kolkata"),
];

/// One row of a repaired file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worker {
    pub source: &'static str,
    pub key: String,
    pub given: String,
    pub family: String,
    pub title: String,
    pub department: String,
    /// The key of the manager, in the same file; empty for the head of a department.
    pub manager: String,
    pub starts: String,
    /// Empty for whoever works here.
    pub ends: String,
    pub zone: &'static str,
}

impl Worker {
    pub fn active(&self) -> bool {
        self.ends.is_empty()
    }

    /// Unique: no two rows of the samples have one full name.
    pub fn email(&self, tag: &str) -> String {
        format!("{}.{}@{tag}.example", self.given, self.family).to_lowercase()
    }
}

/// Everyone, in the order of the files.
pub fn company(folder: &Path) -> Vec<Worker> {
    FILES
        .iter()
        .flat_map(|(file, source, letter)| workers(&folder.join(file), source, *letter))
        .collect()
}

fn workers(path: &Path, source: &'static str, letter: char) -> Vec<Worker> {
    let zones = BTreeMap::from(ZONES);
    let mut reader = csv::Reader::from_path(path).unwrap();
    let mut workers: Vec<Worker> = Vec::new();
    // The first active worker of a department leads it.
    let mut heads: BTreeMap<String, String> = BTreeMap::new();
    for (number, row) in reader.deserialize().enumerate() {
        let row: BTreeMap<String, String> = row.unwrap();
        let key = format!("{letter}{:04}", number + 1);
        let active = row["WorkerStatus"] == "Active";
        if active {
            let department = row["Department"].clone();
            heads.entry(department).or_insert_with(|| key.clone());
        }
        workers.push(Worker {
            source,
            ends: if active {
                String::new()
            } else {
                last_day(&row["HireDate"], number)
            },
            key,
            given: row["FirstName"].clone(),
            family: row["LastName"].clone(),
            title: row["JobTitle"].clone(),
            manager: String::new(),
            department: row["Department"].clone(),
            starts: row["HireDate"].clone(),
            zone: zones[row["City"].as_str()],
        });
    }
    for worker in &mut workers {
        let head = &heads[&worker.department];
        if *head != worker.key {
            worker.manager.clone_from(head);
        }
    }
    workers
}

/// One to three years after the first day, which is before September 2022: long past.
fn last_day(first: &str, number: usize) -> String {
    let (year, rest) = first.split_once('-').unwrap();
    // 29 February has no anniversary in the years after.
    let rest = if rest == "02-29" { "02-28" } else { rest };
    format!("{}-{rest}", year.parse::<usize>().unwrap() + 1 + number % 3)
}

/// The repaired file of a source.
pub fn csv(workers: &[Worker], source: &str, tag: &str) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let header =
        "WorkerID,FirstName,LastName,Email,JobTitle,Department,ManagerID,HireDate,LastDay,Zone";
    writer.write_record(header.split(',')).unwrap();
    for worker in workers.iter().filter(|w| w.source == source) {
        let email = worker.email(tag);
        let row = [
            &worker.key,
            &worker.given,
            &worker.family,
            &email,
            &worker.title,
            &worker.department,
            &worker.manager,
            &worker.starts,
            &worker.ends,
            worker.zone,
        ];
        writer.write_record(row).unwrap();
    }
    String::from_utf8(writer.into_inner().unwrap()).unwrap()
}

#[test]
fn the_repair_makes_the_same_company_of_a_thousand_each_time() {
    let Some(folder) = samples() else { return };
    let company = company(&folder);
    assert_eq!(company.len(), 1_000);
    assert_eq!(company, self::company(&folder));
    let keys: std::collections::BTreeSet<&str> = company.iter().map(|w| w.key.as_str()).collect();
    let emails: std::collections::BTreeSet<String> = company.iter().map(|w| w.email("t")).collect();
    assert_eq!((keys.len(), emails.len()), (1_000, 1_000));
    let managed = company.iter().filter(|w| !w.manager.is_empty());
    assert!(managed.clone().all(|w| keys.contains(w.manager.as_str())));
    assert_eq!(
        managed.count(),
        1_000 - 18,
        "six departments in each of three files"
    );
    assert_eq!(company.iter().filter(|w| w.active()).count(), 496);
    assert!(
        company
            .iter()
            .all(|w| w.active() || w.ends.as_str() < "2026")
    );
}
