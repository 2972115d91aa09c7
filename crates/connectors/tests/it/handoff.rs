//! An app whose hands are people's: everything goes through the files, both ways.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use connectors::HandOff;
use connectors::handoff::{Extract, reply, sheet};
use model::handoff::Said;
use model::source::{CsvMapping, Encoding, Expect, Extent, Field, Shape, Trailer, ZoneRule};
use model::{Attributes, Completeness, Kind, Outcome, Record, RemoteId, Timestamp, Value};
use ports::conformance::target::{self, Bench};
use ports::handoff::{Known, Line, Register};
use ports::target::Operation;
use ports::{Target, TargetError};

const COLUMNS: [(&str, &str); 3] = [("userName", "Login"), ("title", "Job"), ("phone", "Phone")];

fn mapping() -> CsvMapping {
    let field = |column: &str, shape, required| Field {
        column: column.to_owned(),
        shape,
        required,
        self_editable: false,
    };
    let mut attributes: BTreeMap<String, Field> = COLUMNS
        .iter()
        .map(|(path, column)| ((*path).to_owned(), field(column, Shape::Text, false)))
        .collect();
    attributes.insert("roles".to_owned(), field("Roles", Shape::List('|'), false));
    attributes.insert("active".to_owned(), field("State", Shape::Text, true));
    CsvMapping {
        source: String::new(),
        delimiter: ';',
        encoding: Encoding::Utf8,
        key: "Account".to_owned(),
        attributes,
        starts: None,
        ends: None,
        leave: None,
        zone: ZoneRule {
            default: Some("UTC".to_owned()),
            ..ZoneRule::default()
        },
        delivery: Extent::Full,
        expect: Expect {
            trailer: Some(Trailer {
                mark: "END".to_owned(),
                count_field: 2,
            }),
            ..Expect::default()
        },
    }
}

fn words(text: &[&str]) -> BTreeSet<String> {
    text.iter().map(|word| (*word).to_owned()).collect()
}

fn extract(text: &str) -> Extract {
    let words = (&words(&["on"]), &words(&["off", "locked"]));
    Extract::read("extract.csv", text.as_bytes(), &mapping(), words)
}

/// The last list that the plant's people sent.
struct Last(Mutex<Extract>);

impl Last {
    fn now(&self) -> Extract {
        self.0.lock().unwrap().clone()
    }
}

#[async_trait]
impl Register for Last {
    async fn accounts(&self) -> Result<Known, TargetError> {
        self.now().accounts().await
    }

    async fn account(&self, remote: &RemoteId) -> Result<Option<Record>, TargetError> {
        self.now().account(remote).await
    }

    async fn named(&self, name: &str) -> Result<Vec<Record>, TargetError> {
        self.now().named(name).await
    }
}

/// One account in the plant, by the plant's own columns.
type Row = BTreeMap<String, String>;

/// The plant and its administrator, who knows files and nothing of Tenure.
struct Plant {
    target: HandOff,
    last: Arc<Last>,
    accounts: Mutex<BTreeMap<String, Row>>,
}

impl Plant {
    fn new() -> Self {
        let last = Arc::new(Last(Mutex::new(extract(
            "Account;Login;Job;Phone;Roles;State\nEND;0\n",
        ))));
        Self {
            target: HandOff::new(mapping(), Arc::clone(&last) as Arc<dyn Register>),
            last,
            accounts: Mutex::default(),
        }
    }

    /// Does each line of a sheet and writes what became of it beside it.
    fn administrate(&self, sheet: &[u8]) -> String {
        let mut accounts = self.accounts.lock().unwrap();
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(b';')
            .from_reader(sheet.strip_prefix(b"\xef\xbb\xbf").unwrap());
        let header = reader.headers().unwrap().clone();
        let mut written = csv::WriterBuilder::new()
            .delimiter(b';')
            .from_writer(Vec::new());
        written.write_record(&header).unwrap();
        for record in reader.records().map(Result::unwrap) {
            let mut row: BTreeMap<&str, String> = header
                .iter()
                .zip(record.iter().map(str::to_owned))
                .collect();
            // A spreadsheet shows no apostrophe that stands before what would be a formula.
            let shown = |text: &str| text.strip_prefix('\'').unwrap_or(text).to_owned();
            let columns = COLUMNS.iter().chain([&("roles", "Roles")]);
            let values = columns.filter_map(|(path, column)| {
                let value = row.get(path).filter(|value| !value.is_empty())?;
                Some(((*column).to_owned(), shown(value)))
            });
            let mut values: Row = values.collect();
            let task = row["task"].clone();
            let mut made = String::new();
            match task.as_str() {
                "create" | "create disabled" => {
                    let state = if task == "create" { "on" } else { "locked" };
                    values.insert("State".to_owned(), state.to_owned());
                    made = format!("{}", 4_711 + accounts.len());
                    accounts.insert(made.clone(), values);
                }
                "change" => {
                    let account = accounts.get_mut(&row["account"]).unwrap();
                    account.extend(values);
                    for path in row["clear"].split(", ").filter(|path| !path.is_empty()) {
                        let (_, column) = COLUMNS.iter().find(|(name, _)| *name == path).unwrap();
                        account.remove(*column);
                    }
                }
                "enable" | "disable" => {
                    let state = if task == "enable" { "on" } else { "off" };
                    let account = accounts.get_mut(&row["account"]).unwrap();
                    account.insert("State".to_owned(), state.to_owned());
                }
                "delete" => {
                    accounts.remove(&row["account"]).unwrap();
                }
                other => panic!("nobody knows what to do: {other}"),
            }
            for (column, value) in [
                ("answer", "Done"),
                ("answered on", "12.01.2026"),
                ("answered by", "Pia"),
                ("new account", &made),
            ] {
                row.insert(column, value.to_owned());
            }
            written
                .write_record(header.iter().map(|name| &row[name]))
                .unwrap();
        }
        String::from_utf8(written.into_inner().unwrap()).unwrap()
    }

    /// What the plant exports.
    fn export(&self) -> String {
        let accounts = self.accounts.lock().unwrap();
        let columns = ["Login", "Job", "Phone", "Roles", "State"];
        let mut text = format!("Account;{}\n", columns.join(";"));
        for (key, row) in accounts.iter() {
            text.push_str(key);
            for column in columns {
                let value = row.get(column).map_or("", String::as_str);
                text.push_str(&format!(";\"{}\"", value.replace('"', "\"\"")));
            }
            text.push('\n');
        }
        text + &format!("END;{}\n", accounts.len())
    }
}

fn line(operation: &Operation) -> Line {
    let mut line = Line {
        id: "pln_00000000000000000000000001.0".to_owned(),
        due: Timestamp::EPOCH,
        task: "",
        account: String::new(),
        name: String::new(),
        why: "mover".to_owned(),
        set: Attributes::new(),
        clear: Vec::new(),
    };
    match operation {
        Operation::Create {
            active, attributes, ..
        } => {
            line.task = if *active { "create" } else { "create disabled" };
            line.set = attributes.clone();
        }
        Operation::Update {
            remote, set, unset, ..
        } => {
            line.task = "change";
            line.account = remote.to_string();
            (line.set, line.clear) = (set.clone(), unset.clone());
        }
        Operation::SetActive { remote, active } => {
            line.task = if *active { "enable" } else { "disable" };
            line.account = remote.to_string();
        }
        Operation::Delete { remote, .. } => {
            line.task = "delete";
            line.account = remote.to_string();
        }
        Operation::Members { .. } => panic!("nobody is asked for members"),
    }
    line
}

impl Bench for Plant {
    fn target(&self) -> &dyn Target {
        &self.target
    }

    fn account(&self, number: usize) -> Attributes {
        let text = |path: &str, value: String| (path.to_owned(), Value::Text(value));
        let roles = vec![format!("role {number}"), "=all".to_owned()];
        Attributes::from([
            text("userName", format!("person{number}")),
            text("title", format!("=Añá; \"{number}\"")),
            text("phone", format!("+49 30 {number}")),
            ("roles".to_owned(), Value::List(roles)),
        ])
    }

    fn group(&self, number: usize) -> Attributes {
        Attributes::from([(
            "displayName".to_owned(),
            Value::Text(format!("Group {number}")),
        )])
    }

    fn naming(&self, _kind: Kind) -> &str {
        "userName"
    }

    fn changeable(&self) -> &str {
        "title"
    }

    fn secret(&self) -> &str {
        "there is no secret"
    }

    fn stores_external(&self) -> bool {
        false
    }

    fn by_hand(&self, operation: &Operation) -> Outcome {
        let sheet = sheet::write(&[line(operation)], &mapping());
        let replies = reply::read("reply.csv", self.administrate(&sheet).as_bytes(), ';');
        assert_eq!(
            (replies.refused, &replies.diagnostics),
            (false, &Vec::new())
        );
        let [answer] = replies.replies.as_slice() else {
            panic!("{replies:?}")
        };
        assert_eq!(answer.said, Said::Done);
        *self.last.0.lock().unwrap() = extract(&self.export());
        Outcome::Done {
            remote: answer.remote.clone(),
            version: None,
        }
    }
}

#[tokio::test]
async fn people_and_their_files_are_a_target_like_any_other() {
    let plant = Plant::new();
    target::all(&plant, 1_000).await;
    target::all(&plant, 2_000).await;
}

#[tokio::test]
async fn what_a_list_cannot_tell_is_never_absent() {
    let whole =
        "Account;Login;Job;Phone;Roles;State\n1;ann;;;;on\n2;bob;;;;asleep\n3;cid;;;;off\nEND;3\n";
    let found = extract(whole);
    assert!(!found.refused);
    assert_eq!(
        found.diagnostics.len(),
        1,
        "nobody knows what `asleep` means"
    );
    assert!(!found.diagnostics[0].problem.contains("bob"));
    let account = |key: &str| {
        let (found, key) = (found.clone(), RemoteId::from(key));
        async move { found.account(&key).await }
    };
    assert!(account("1").await.unwrap().unwrap().active);
    assert!(!account("3").await.unwrap().unwrap().active);
    assert!(matches!(account("2").await, Err(TargetError::Malformed(_))));
    assert_eq!(account("4").await, Ok(None), "the list is complete");
    assert_eq!(
        found.accounts().await.unwrap().completeness,
        Completeness::Full
    );

    for damaged in [
        whole.replace("END;3\n", ""),
        whole.replace("END;3", "END;4"),
        whole.replace("3;cid", "1;cid"),
        whole[..whole.len() - 20].to_owned(),
    ] {
        let found = extract(&damaged);
        assert!(found.refused, "{damaged}");
        let gone = found.account(&RemoteId::from("4")).await;
        assert!(gone.is_err(), "a damaged list proves nothing: {damaged}");
    }
    let unsure = extract("Account;Login;Job;Phone;Roles;State\n1;ann;;;;on\n;bob;;;;on\nEND;2\n");
    assert_eq!(
        unsure.accounts().await.unwrap().completeness,
        Completeness::Partial
    );
    assert!(unsure.account(&RemoteId::from("4")).await.is_err());
}
