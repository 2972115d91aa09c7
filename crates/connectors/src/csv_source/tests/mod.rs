#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;

use model::source::{
    CsvMapping, DateFormat, DayField, Delivery, Encoding, EndField, Expect, Extent, Field,
    LeaveField, Shape, Trailer, ZoneBy, ZoneRule, parse_time,
};
use model::{Completeness, Timestamp, Value};

use super::{MAX_FIELD, codes, read};

mod laws;

fn mapping() -> CsvMapping {
    let field = |column: &str, shape: Shape, required: bool| Field {
        column: column.to_owned(),
        shape,
        required,
        self_editable: false,
    };
    let attributes = [
        ("name", field("Name", Shape::Text, true)),
        ("grade", field("Grade", Shape::Int, false)),
        ("remote", field("Remote", Shape::Bool, false)),
        ("skills", field("Skills", Shape::List('/'), false)),
        ("born", field("Born", Shape::Date(DateFormat::Iso), false)),
    ];
    CsvMapping {
        source: "hr".to_owned(),
        delimiter: ',',
        encoding: Encoding::Utf8,
        key: "ID".to_owned(),
        attributes: attributes
            .map(|(name, field)| (name.to_owned(), field))
            .into(),
        starts: Some(DayField {
            column: "From".to_owned(),
            format: DateFormat::DayDots,
        }),
        ends: Some(EndField {
            column: "To".to_owned(),
            format: DateFormat::DayDots,
            at: parse_time("17:00"),
        }),
        leave: None,
        zone: ZoneRule {
            column: Some("Zone".to_owned()),
            by: Some(ZoneBy {
                column: "Site".to_owned(),
                map: BTreeMap::from([("Mel".to_owned(), "Australia/Melbourne".to_owned())]),
            }),
            default: Some("Europe/Berlin".to_owned()),
        },
        delivery: Extent::Full,
        expect: Expect::default(),
    }
}

const HEADER: &str = "ID,Name,Grade,Remote,Skills,Born,From,To,Zone,Site\n";

fn reading(rows: &str) -> Delivery {
    read("hr.csv", format!("{HEADER}{rows}").as_bytes(), &mapping())
}

fn code_of(delivery: &Delivery) -> &str {
    delivery.diagnostics.first().map_or("", |d| d.code.as_str())
}

#[test]
fn a_sound_row_becomes_facts() {
    let delivery =
        reading("7, Ana \"A\" Sommer ,5,Yes,a/ b//c,1990-02-28,1.2.2020,31.01.2026,,Mel\r\n");
    assert!(
        delivery.diagnostics.is_empty() && !delivery.refused,
        "{delivery:?}"
    );
    assert_eq!(
        (delivery.completeness, delivery.read),
        (Completeness::Full, 1)
    );
    let row = &delivery.rows[0];
    assert_eq!((row.line, row.key.as_str()), (2, "7"));
    assert_eq!(row.facts.attributes["name"], "Ana \"A\" Sommer".into());
    assert_eq!(row.facts.attributes["grade"], Value::Int(5));
    assert_eq!(row.facts.attributes["remote"], Value::Bool(true));
    let skills = ["a", "b", "c"].map(str::to_owned).to_vec();
    assert_eq!(row.facts.attributes["skills"], Value::List(skills));
    assert_eq!(row.facts.attributes["born"], "1990-02-28".into());
    assert_eq!(row.facts.starts.unwrap().to_string(), "2020-02-01T00:00:00");
    let ends = Timestamp::in_zone(row.facts.ends.unwrap(), &row.facts.zone).unwrap();
    assert_eq!(
        ends.to_string(),
        "2026-01-31T06:00:00Z",
        "17:00 in Melbourne"
    );
}

#[test]
fn a_leave_has_whole_days_and_may_have_no_end_yet() {
    let day = |column: &str| DayField {
        column: column.to_owned(),
        format: DateFormat::DayDots,
    };
    let mut mapping = mapping();
    mapping.leave = Some(LeaveField {
        from: day("Away"),
        to: day("Back"),
    });
    let header = HEADER.replace('\n', ",Away,Back\n");
    let reading = |away: &str, back: &str| {
        let rows = format!("{header}7,Ana,,,,,,,,,{away},{back}\n");
        read("hr.csv", rows.as_bytes(), &mapping)
    };
    let leave = |away, back| {
        let delivery = reading(away, back);
        assert!(delivery.diagnostics.is_empty(), "{delivery:?}");
        let leave = delivery.rows[0].facts.leave?;
        Some((leave.from.to_string(), leave.to.map(|to| to.to_string())))
    };
    let from = "2026-02-01T00:00:00".to_owned();
    let to = Some("2026-08-01T00:00:00".to_owned());
    assert_eq!(leave("", ""), None);
    assert_eq!(leave("1.2.2026", "31.7.2026"), Some((from.clone(), to)));
    assert_eq!(leave("1.2.2026", ""), Some((from.clone(), None)));
    assert_eq!(leave("1.2.2026", "31.12.9999"), Some((from.clone(), None)));
    let one_day = Some("2026-02-02T00:00:00".to_owned());
    assert_eq!(leave("1.2.2026", "1.2.2026"), Some((from, one_day)));

    for (away, back, said) in [
        (
            "1.2.2026",
            "31.1.2026",
            "2:24 Back: a leave ends before it begins",
        ),
        (
            "",
            "31.1.2026",
            "2:16 Back: a leave has a last day and no first",
        ),
        (
            "30.2.2026",
            "31.3.2026",
            "2:15 Away: `30.2.2026` is no date",
        ),
    ] {
        let delivery = reading(away, back);
        assert!(delivery.rows.is_empty(), "{away} {back}");
        let [one] = delivery.diagnostics.as_slice() else {
            panic!("{:#?}", delivery.diagnostics)
        };
        let told = one.to_string();
        assert!(told.contains(said), "{told}\nnot: {said}");
    }
}

#[test]
fn empty_values_were_not_stated_and_no_end_is_no_end() {
    let delivery = reading("7,Ana,,,,,,31.12.9999,,\n8,Bo,,,/,,,,Asia/Kathmandu,Mel\n");
    assert!(delivery.diagnostics.is_empty(), "{delivery:?}");
    let [ana, bo] = delivery.rows.as_slice() else {
        panic!()
    };
    assert_eq!(ana.facts.attributes.len(), 1);
    assert_eq!((ana.facts.starts, ana.facts.ends), (None, None));
    assert_eq!(
        (ana.facts.zone.as_str(), bo.facts.zone.as_str()),
        ("Europe/Berlin", "Asia/Kathmandu")
    );
}

#[test]
fn without_a_time_work_ends_at_the_midnight_after() {
    let mut mapping = mapping();
    mapping.ends.as_mut().unwrap().at = None;
    let file = format!("{HEADER}7,Ana,,,,,,31.01.2026,,\n");
    let delivery = read("hr.csv", file.as_bytes(), &mapping);
    assert_eq!(
        delivery.rows[0].facts.ends.unwrap().to_string(),
        "2026-02-01T00:00:00"
    );
}

/// A bad row is told with its place, and the others count.
#[test]
fn a_bad_row_is_unreadable_and_the_others_count() {
    for (row, code, place, field) in [
        ("7,,,,,,,,,", codes::REQUIRED, (3, 3), "Name"),
        ("7,A,x5,,,,,,,", codes::TYPE, (3, 5), "Grade"),
        (
            "7,A,99999999999999999999,,,,,,,",
            codes::TYPE,
            (3, 5),
            "Grade",
        ),
        ("7,A,,perhaps,,,,,,", codes::TYPE, (3, 6), "Remote"),
        ("7,A,,,,1990-02-30,,,,", codes::DATE, (3, 8), "Born"),
        ("7,A,,,,,2020-01-01,,,", codes::DATE, (3, 9), "From"),
        ("7,A,,,,,2.1.2020,1.1.2020,,", codes::ORDER, (3, 18), "To"),
        ("7,A,,,,,,,Mars/Olympus,", codes::ZONE, (3, 11), "Zone"),
        ("7,\"A\u{1}B\",,,,,,,,", codes::CONTROL, (3, 3), "Name"),
        ("7,\"A\nB\",,,,,,,,", codes::CONTROL, (3, 3), "Name"),
    ] {
        let delivery = reading(&format!("1,One,,,,,,,,\n{row}\n9,Nine,,,,,,,,\n"));
        let first = delivery
            .diagnostics
            .first()
            .unwrap_or_else(|| panic!("{row}: {delivery:?}"));
        assert_eq!(first.code, code.0, "{row}: {first}");
        assert_eq!(
            ((first.line, first.column), first.field.as_str()),
            (place, field),
            "{row}"
        );
        assert!(!first.fix.is_empty() && first.place == "hr.csv");
        let keys: Vec<&str> = delivery.rows.iter().map(|row| row.key.as_str()).collect();
        assert_eq!(keys, ["1", "9"], "{row}");
        assert_eq!(delivery.unreadable[0].key.as_deref(), Some("7"));
        assert_eq!((delivery.read, delivery.refused), (3, false));
        assert_eq!(
            delivery.completeness,
            Completeness::Full,
            "the key is there: nobody is absent"
        );
    }
}

#[test]
fn a_row_that_may_hide_another_makes_absences_prove_nothing() {
    for (row, code, key) in [
        ("7,A,,,,,,,", codes::FIELD_COUNT, Some("7")),
        ("7,A,,,,,,,,,", codes::FIELD_COUNT, Some("7")),
        ("7,\"A\"B\",,,,,,,,", codes::QUOTES, Some("7")),
        (",A,,,,,,,,", codes::KEY, None),
        ("\"7\n8\",A,,,,,,,,", codes::KEY, None),
    ] {
        let delivery = reading(&format!("1,One,,,,,,,,\n{row}\n9,Nine,,,,,,,,\n"));
        assert_eq!(code_of(&delivery), code.0, "{row}: {delivery:?}");
        assert_eq!(
            (delivery.rows.len(), delivery.unreadable.len()),
            (2, 1),
            "{row}"
        );
        assert_eq!(delivery.unreadable[0].key.as_deref(), key);
        assert_eq!(delivery.completeness, Completeness::Partial, "{row}");
    }
}

#[test]
fn everything_wrong_with_a_row_is_told() {
    let delivery = reading("7,,x,y,,1.1.1990,z,,Nowhere,\n");
    let found: Vec<&str> = delivery
        .diagnostics
        .iter()
        .map(|d| d.field.as_str())
        .collect();
    assert_eq!(found, ["Born", "Grade", "Name", "Remote", "From", "Zone"]);
}

#[test]
fn damage_refuses_the_whole_file() {
    let long = format!("7,\"{}\",,,,,,,,\n", "x".repeat(MAX_FIELD + 1));
    let quotes = format!("7,\"{}\",,,,,,,,\n", "\"\"".repeat(MAX_FIELD + 1));
    for (rows, code) in [
        ("7,A,,,,,,,,\n7,B,,,,,,,,\n", codes::KEY_DOUBLE),
        ("7,A,,,,,,,,\n8,B,,,", codes::TRUNCATED),
        (
            "7,A,,,,,,,,\n8,\"B,,,,,,,,\n9,C,,,,,,,,\n",
            codes::TRUNCATED,
        ),
        ("7,A\0,,,,,,,,\n", codes::NUL),
        (&long, codes::FIELD_TOO_LONG),
        (&quotes, codes::FIELD_TOO_LONG),
    ] {
        let delivery = reading(rows);
        assert!(delivery.refused && delivery.rows.is_empty(), "{rows:.40}");
        assert_eq!(code_of(&delivery), code.0, "{rows:.40}");
        assert_eq!(delivery.completeness, Completeness::Partial);
    }
}

#[test]
fn a_whole_last_line_needs_no_line_end() {
    let delivery = reading("7,A,,,,,,,,\n8,B,,,,,,,,");
    assert!(
        !delivery.refused && delivery.rows.len() == 2,
        "{delivery:?}"
    );
}

#[test]
fn duplicates_are_named_with_their_lines_after_one_sentence_without_names() {
    let delivery = reading("7,A,,,,,,,,\n8,B,,,,,,,,\n 7 ,C,,,,,,,,\n8,,,,,,,,,\n9,D,,,,,,,,\n");
    let told: Vec<&str> = delivery
        .diagnostics
        .iter()
        .map(|d| d.problem.as_str())
        .collect();
    assert_eq!(
        told,
        [
            "2 keys stand in more than one row",
            "`7` stands in lines 2, 4",
            "`8` stands in lines 3, 5",
            "a required value is missing",
        ]
    );
    let stored = delivery.stored_diagnostics();
    assert_eq!(stored[1].problem, "`…` stands in lines 2, 4");
    assert_eq!(stored[1].line, 2);
}

#[test]
fn many_bad_rows_never_hide_why_a_file_is_refused() {
    let mut rows = "x,,,,,,,,,\n".repeat(3_000);
    rows.push_str("1,A,,,");
    let delivery = reading(&rows);
    assert_eq!(code_of(&delivery), codes::TRUNCATED.0);
    assert_eq!(delivery.diagnostics.len(), Delivery::MOST_DIAGNOSTICS);
    assert_eq!(delivery.values.len(), delivery.diagnostics.len());
    assert_eq!(delivery.diagnostics_left_off, 2_001);
}

#[test]
fn headers_are_checked() {
    let with = |header: &str, mapping: &CsvMapping| {
        let delivery = read(
            "hr.csv",
            format!("{header}7,A,,,,,,,,\n").as_bytes(),
            mapping,
        );
        assert!(delivery.refused, "{header}");
        delivery.diagnostics[0].clone()
    };
    let plain = mapping();
    let missing = with(
        "ID,name,Grade,Remote,Skills,Born,From,To,Zone,Site\n",
        &plain,
    );
    assert_eq!(missing.code, codes::COLUMN_MISSING.0);
    assert_eq!(missing.fix, "there is `name`; write it so in the mapping");
    let double = with(
        "ID,Name,Grade,Remote,Skills,Born,From,To,Zone,Site,Name\n",
        &plain,
    );
    assert_eq!(
        (double.code.as_str(), double.column),
        (codes::COLUMN_DOUBLE.0, 52)
    );
    let delimiter = with(&HEADER.replace(',', ";"), &plain);
    assert!(
        delimiter.fix.contains("delimiter seems to be ';'"),
        "{delimiter}"
    );
    let mut strict = mapping();
    strict.expect.header = Some(HEADER.trim().split(',').map(str::to_owned).collect());
    assert!(!read("hr", format!("{HEADER}7,A,,,,,,,,\n").as_bytes(), &strict).refused);
    let changed = with(&HEADER.replace("Site", "Site,Extra"), &strict);
    assert_eq!(changed.code, codes::HEADER_CHANGED.0);
    assert!(changed.problem.contains("new column `Extra`"), "{changed}");
    assert_eq!(code_of(&read("hr", b"", &plain)), codes::EMPTY.0);
    assert_eq!(code_of(&read("hr", b"\n\r\n", &plain)), codes::EMPTY.0);
}

#[test]
fn counts_are_checked() {
    let mut counted = mapping();
    counted.expect.trailer = Some(Trailer {
        mark: "END".to_owned(),
        count_field: 3,
    });
    let with = |rows: &str, mapping: &CsvMapping| {
        read("hr", format!("{HEADER}{rows}").as_bytes(), mapping)
    };
    let two = "7,A,,,,,,,,\n8,B,,,,,,,,\n";
    assert_eq!(with(&format!("{two}END,x,2"), &counted).read, 2);
    for end in ["", "END,x,3", "END,x", "END,x,two", "END"] {
        let delivery = with(&format!("{two}{end}"), &counted);
        assert_eq!(
            (delivery.refused, code_of(&delivery)),
            (true, codes::TRAILER.0),
            "{end}"
        );
    }
    assert_eq!(
        code_of(&with("", &counted)),
        codes::TRAILER.0,
        "no row and no trailer"
    );
    let mut bounded = mapping();
    (bounded.expect.min_rows, bounded.expect.max_rows) = (Some(2), Some(2));
    assert!(!with(two, &bounded).refused);
    assert_eq!(
        code_of(&with("7,A,,,,,,,,\n", &bounded)),
        codes::HEADCOUNT.0
    );
    let three = format!("{two}9,C,,,,,,,,\n");
    assert_eq!(code_of(&with(&three, &bounded)), codes::HEADCOUNT.0);
}

#[test]
fn encodings_are_read_as_declared_and_never_guessed() {
    let marked = format!("\u{feff}{HEADER}7,Zoë,,,,,,,,\n");
    assert_eq!(
        read("hr", marked.as_bytes(), &mapping()).rows[0]
            .facts
            .text("name"),
        Some("Zoë")
    );
    let mut ansi = mapping();
    ansi.encoding = Encoding::Windows1252;
    let bytes = |name: &[u8]| [HEADER.as_bytes(), b"7,", name, b",,,,,,,,\n"].concat();
    let delivery = read("hr", &bytes(b"Zo\xeb \x8aafran \x80"), &ansi);
    assert_eq!(delivery.rows[0].facts.text("name"), Some("Zoë Šafran €"));
    // Sound UTF-8 by accident, but no letters of any name: it is what it says it is.
    let delivery = read("hr", &bytes(b"Gro\xdf\x96Gerau"), &ansi);
    assert_eq!(delivery.rows[0].facts.text("name"), Some("Groß–Gerau"));
    for (file, mapping) in [
        (bytes(b"Zo\xeb"), mapping()),
        (bytes(b"Zo\x81"), ansi.clone()),
        (bytes("Zoë O’Brien".as_bytes()), ansi.clone()),
        (marked.into_bytes(), ansi),
        (b"\xff\xfeI\0D\0".to_vec(), mapping()),
        (bytes(b"\xed\xa0\x80"), mapping()),
    ] {
        let delivery = read("hr", &file, &mapping);
        assert_eq!(
            (delivery.refused, code_of(&delivery)),
            (true, codes::ENCODING.0)
        );
    }
    assert_eq!(
        read("hr", &bytes(b"Zo\xeb"), &self::mapping()).diagnostics[0].line,
        2
    );
}

#[test]
fn changes_never_prove_absence() {
    let mut changes = mapping();
    changes.delivery = Extent::Changes;
    let delivery = read("hr", format!("{HEADER}7,A,,,,,,,,\n").as_bytes(), &changes);
    assert_eq!(delivery.completeness, Completeness::Unknown);
}

#[test]
fn every_code_is_explained_once() {
    let codes: std::collections::BTreeSet<_> =
        codes::CODES.iter().map(|(code, _)| code.0).collect();
    assert_eq!(codes.len(), codes::CODES.len());
}

#[test]
fn the_thin_example_reads() {
    let bytes = include_bytes!("../../../../../examples/thin/workers.csv");
    let mut mapping = mapping();
    mapping.delimiter = ';';
    mapping.key = "Personnel No".to_owned();
    mapping.attributes.retain(|name, _| name == "name");
    mapping.attributes.get_mut("name").unwrap().column = "Last Name".to_owned();
    mapping.starts.as_mut().unwrap().column = "Start Date".to_owned();
    mapping.ends.as_mut().unwrap().column = "End Date".to_owned();
    mapping.zone.column = None;
    mapping.zone.by.as_mut().unwrap().column = "Site".to_owned();
    let delivery = read("workers.csv", bytes, &mapping);
    assert!(
        delivery.diagnostics.is_empty(),
        "{:?}",
        delivery.diagnostics
    );
    assert_eq!(delivery.rows.len(), 10);
    assert_eq!(delivery.rows[6].facts.text("name"), Some("O'Neill; PhD"));
}
