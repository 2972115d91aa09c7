//! What an app's people answered: the sheet that they got, with its last columns filled in.

use std::collections::BTreeMap;

use model::handoff::{Evidence, Said};
use model::source::{CsvMapping, Encoding, Expect, Extent, Field, Shape, WorkerRow, ZoneRule};
use model::{Code, Diagnostic, RemoteId};
use ports::handoff::{Replies, Reply};

use crate::csv_source;
use model::handoff::ANSWER;

/// An answer that cannot be understood.
pub const ANSWERED: Code = Code("TNR-HANDOFF-0010");
/// The largest file, in bytes.
pub const MAX_BYTES: usize = 16 * 1024 * 1024;
/// The longest note, in characters.
const NOTE: usize = 2_000;
/// The longest word on who and when, in characters.
const SHORT: usize = 200;

/// Reads a file of answers. `place` is what people call it. A damaged file is refused whole; a row
/// that cannot be understood is told, and the others count.
#[must_use]
pub fn read(place: &str, bytes: &[u8], delimiter: char) -> Replies {
    if bytes.len() > MAX_BYTES {
        let problem = format!(
            "the file has {} bytes; {MAX_BYTES} are allowed",
            bytes.len()
        );
        let found = flaw(place, 0, "", problem, "send it in parts");
        return Replies {
            replies: Vec::new(),
            unanswered: 0,
            diagnostics: vec![found],
            refused: true,
        };
    }
    let delivery = csv_source::read(place, bytes, &mapping(delimiter));
    let mut found = Replies {
        replies: Vec::new(),
        unanswered: 0,
        diagnostics: delivery.diagnostics,
        refused: delivery.refused,
    };
    for row in &delivery.rows {
        match reply(row) {
            Ok(Some(reply)) => found.replies.push(reply),
            Ok(None) => found.unanswered += 1,
            Err((field, problem, fix)) => {
                found
                    .diagnostics
                    .push(flaw(place, row.line, field, problem, fix));
            }
        }
    }
    found
}

fn mapping(delimiter: char) -> CsvMapping {
    let field = |name: &&str| {
        let field = Field {
            column: (*name).to_owned(),
            shape: Shape::Text,
            required: false,
            self_editable: false,
        };
        ((*name).to_owned(), field)
    };
    CsvMapping {
        source: String::new(),
        delimiter,
        encoding: Encoding::Utf8,
        key: "line".to_owned(),
        attributes: ANSWER.iter().map(field).collect::<BTreeMap<_, _>>(),
        starts: None,
        ends: None,
        leave: None,
        zone: ZoneRule {
            default: Some("UTC".to_owned()),
            ..ZoneRule::default()
        },
        delivery: Extent::Changes,
        expect: Expect::default(),
    }
}

type Flaw = (&'static str, String, &'static str);

/// `None`: nothing was answered to this line yet.
fn reply(row: &WorkerRow) -> Result<Option<Reply>, Flaw> {
    let [answer, on, by, note, account] = ANSWER;
    let text = |name: &str| row.facts.text(name).unwrap_or_default();
    let fix = "write `done`, `refused` or `not possible`, or leave the row empty";
    if text(answer).is_empty() {
        let idle = |name: &&str| text(name).is_empty();
        return match [on, by, note, account].iter().all(idle) {
            true => Ok(None),
            false => Err((answer, "there are words, but no answer".to_owned(), fix)),
        };
    }
    let word = text(answer).to_lowercase();
    let said = Said::ALL.into_iter().find(|said| said.as_str() == word);
    let said = said.ok_or_else(|| (answer, "this is no answer".to_owned(), fix))?;
    for (name, longest) in [(on, SHORT), (by, SHORT), (note, NOTE)] {
        if text(name).chars().count() > longest {
            let problem = format!("this is longer than {longest} characters");
            return Err((name, problem, "say it shorter"));
        }
    }
    for name in [on, by] {
        if text(name).is_empty() {
            let problem = "an answer says when, and by whom".to_owned();
            return Err((name, problem, "fill it in"));
        }
    }
    if said != Said::Done && text(note).is_empty() {
        let problem = "nothing says why it was not done".to_owned();
        return Err((note, problem, "write a sentence"));
    }
    let remote = Some(text(account)).filter(|text| !text.is_empty());
    Ok(Some(Reply {
        at: row.line,
        line: row.key.clone(),
        said,
        remote: remote.map(RemoteId::from),
        evidence: Evidence {
            who: text(by).to_owned(),
            when: text(on).to_owned(),
            note: text(note).to_owned(),
        },
    }))
}

/// No values: they are people's.
fn flaw(place: &str, line: u64, field: &str, problem: String, fix: &str) -> Diagnostic {
    Diagnostic {
        code: ANSWERED.0.to_owned(),
        place: place.to_owned(),
        line,
        column: 0,
        field: field.to_owned(),
        problem,
        fix: fix.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "line,answer,answered on,answered by,note,new account\n";

    fn read(rows: &str) -> Replies {
        super::read("reply.csv", format!("{HEAD}{rows}").as_bytes(), ',')
    }

    #[test]
    fn an_answer_says_what_when_and_by_whom() {
        let found = read(
            "a.0,Done,2026-01-12,Pia,ok,4711\na.1,NOT POSSIBLE,Monday,Pia,no such role,\na.2,,,,,\n",
        );
        assert_eq!(found.diagnostics, []);
        assert_eq!((found.replies.len(), found.unanswered), (2, 1));
        assert_eq!(found.replies[0].said, Said::Done);
        assert_eq!(found.replies[0].remote, Some(RemoteId::from("4711")));
        assert_eq!(found.replies[1].said, Said::Impossible);
        assert_eq!(found.replies[1].evidence.note, "no such role");
    }

    #[test]
    fn what_cannot_be_understood_counts_for_nothing() {
        for (row, field) in [
            ("a.0,yes,Monday,Pia,,\n", "answer"),
            ("a.0,,Monday,Pia,,\n", "answer"),
            ("a.0,done,,Pia,,\n", "answered on"),
            ("a.0,done,Monday,,,\n", "answered by"),
            ("a.0,refused,Monday,Pia,,\n", "note"),
        ] {
            let found = read(&format!("{row}b.0,done,Monday,Pia,,\n"));
            assert_eq!(found.diagnostics.len(), 1, "{row}");
            assert_eq!(found.diagnostics[0].field, field, "{row}");
            assert!(!found.diagnostics[0].problem.contains("Pia"));
            assert_eq!((found.refused, found.replies.len()), (false, 1), "{row}");
        }
        let long = "x".repeat(NOTE + 1);
        let found = read(&format!("a.0,done,Monday,Pia,{long},\n"));
        assert_eq!(found.diagnostics[0].field, "note");
    }

    #[test]
    fn a_damaged_file_is_refused_whole() {
        for rows in [
            "a.0,done,Monday,Pia,,\na.1,done,Mon",
            "a.0,done,Monday,Pia,,\na.1,done,\"Mon",
            "a.0,done,Monday,Pia,,\na.0,refused,Monday,Pia,why,\n",
        ] {
            let found = read(rows);
            assert!(found.refused && found.replies.is_empty(), "{rows}");
            assert!(!found.diagnostics.is_empty(), "{rows}");
        }
        let big = vec![b'x'; MAX_BYTES + 1];
        assert!(super::read("reply.csv", &big, ',').refused);
    }
}
