//! Laws of reading, and the `csv` crate as oracle.

use proptest::prelude::*;

use super::super::record::{Record, Records};
use super::super::{codes, read};
use super::{HEADER, code_of, mapping, reading};

fn records(text: &str) -> Vec<Vec<String>> {
    let mut records = Records::new(text, ',');
    let (mut record, mut all) = (Record::default(), Vec::new());
    while records.next(&mut record).unwrap() {
        all.push(
            record
                .fields
                .iter()
                .map(|field| field.text.clone().into_owned())
                .collect(),
        );
    }
    all
}

proptest! {
    /// On well-formed files the `csv` crate is the oracle, and positions point at the value.
    #[test]
    fn well_formed_files_are_cut_as_the_csv_crate_cuts_them(
        rows in prop::collection::vec(prop::collection::vec("[a\"é ,;\n\r]{0,6}", 2..4), 0..6),
        windows in any::<bool>(),
    ) {
        let end = if windows { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
        let mut writer = csv::WriterBuilder::new().flexible(true).terminator(end).from_writer(Vec::new());
        rows.iter().for_each(|row| writer.write_record(row).unwrap());
        let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
        let mut reader =
            csv::ReaderBuilder::new().flexible(true).has_headers(false).from_reader(text.as_bytes());
        let oracle: Vec<Vec<String>> = reader
            .records()
            .map(|record| record.unwrap().iter().map(str::to_owned).collect())
            .collect();
        prop_assert_eq!(records(&text), oracle);

        let mut parser = Records::new(&text, ',');
        let mut record = Record::default();
        while parser.next(&mut record).unwrap() {
            for field in &record.fields {
                let line = text.split('\n').nth(field.spot.line as usize - 1).unwrap();
                let rest = &line[field.spot.column as usize - 1..];
                let first: String = field.text.chars().take_while(|c| !"\"\n\r".contains(*c)).collect();
                prop_assert!(rest.trim_start_matches('"').starts_with(&first));
            }
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let file = [HEADER.as_bytes(), &bytes].concat();
        let delivery = read("x", &file, &mapping());
        prop_assert_eq!(delivery.read as usize >= delivery.rows.len(), true);
        prop_assert!(!delivery.refused || !delivery.diagnostics.is_empty());
        prop_assert_eq!(delivery.values.len(), delivery.diagnostics.len());
    }

    /// Every row is either read or told; none is lost in silence.
    #[test]
    fn no_row_is_lost(rows in prop::collection::vec("[0-9]{1,3},[A-Za-z ]{0,4},[0-9x]{0,2},,,,,,,", 0..20)) {
        let delivery = reading(&(rows.join("\n") + "\n"));
        if delivery.refused {
            prop_assert_eq!(code_of(&delivery), codes::KEY_DOUBLE.0);
        } else {
            prop_assert_eq!(delivery.rows.len() + delivery.unreadable.len(), rows.len());
            prop_assert_eq!(delivery.unreadable.is_empty(), delivery.diagnostics.is_empty());
        }
    }
}
