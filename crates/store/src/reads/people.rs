//! Reads about people.

use async_trait::async_trait;
use model::{Change, SubjectId, Timestamp};
use ports::store::{People, Person, Pin, StoreError};

use crate::TenureStore;
use crate::decode::{Fields, Select, limit, page, text};
use crate::table::Cell;

type Read<T> = Result<T, StoreError>;

static PERSON: Select = Select {
    table: "person",
    key: 1,
    columns: &[
        "p.subject",
        "p.source",
        "p.key",
        "p.facts",
        "p.digest",
        "p.delivery",
        "p.change",
        "x.delivery",
        "d.next_change",
    ],
    from: "person p \
           LEFT JOIN person_withdrawn x ON x.subject = p.subject AND x.source = p.source \
           LEFT JOIN person_due d ON d.subject = p.subject",
};

static DUE: Select = Select {
    table: "person_due",
    key: 1,
    columns: &["d.subject"],
    // An instant that outlived its person would be due for ever.
    from: "person_due d JOIN person p ON p.subject = d.subject",
};

static PIN: Select = Select {
    table: "pin",
    key: 2,
    columns: &["subject", "wave", "until", "assignments"],
    from: "pin",
};

static PINNED: Select = Select {
    table: "pin",
    key: 1,
    columns: &["DISTINCT subject"],
    from: "pin",
};

fn person(row: &mut Fields) -> Read<Person> {
    let mut person = Person {
        subject: row.parsed()?,
        source: row.text()?,
        key: row.text()?,
        facts: row.json()?,
        digest: row.digest()?,
        delivery: row.parsed()?,
        change: row.word()?,
        withdrawn: false,
        next_change: None,
    };
    if let Some(missing_from) = row.opt_parsed()? {
        person.withdrawn = true;
        person.delivery = missing_from;
        person.change = Change::MissingRow;
    }
    person.next_change = row.opt_instant()?;
    Ok(person)
}

fn pin(row: &mut Fields) -> Read<Pin> {
    row.parsed::<SubjectId>()?;
    Ok(Pin {
        wave: row.parsed()?,
        until: row.instant()?,
        assignments: row.json()?,
    })
}

#[async_trait]
impl People for TenureStore {
    async fn person(&self, subject: SubjectId) -> Read<Option<Person>> {
        PERSON
            .one(self.db(), "WHERE p.subject = $1", &[text(subject)], person)
            .await
    }

    async fn people(&self, subjects: &[SubjectId]) -> Read<Vec<Person>> {
        let wanted = subjects.iter().map(ToString::to_string).collect();
        let mut found = PERSON
            .all_in(self.db(), &[], "p.subject", wanted, "", person)
            .await?;
        found.sort_by_key(|person| person.subject);
        Ok(found)
    }

    async fn person_by_key(&self, source: &str, key: &str) -> Read<Option<Person>> {
        let args = [text(source), text(key)];
        PERSON
            .one(
                self.db(),
                "WHERE p.source = $1 AND p.key = $2",
                &args,
                person,
            )
            .await
    }

    async fn people_page(
        &self,
        source: Option<&str>,
        after: Option<SubjectId>,
        limit: u32,
    ) -> Read<Vec<Person>> {
        let mut args = Vec::new();
        let filter = match source {
            Some(source) => {
                args.push(text(source));
                "WHERE p.source = $1 "
            }
            None => "WHERE 1 = 1 ",
        };
        let page = page("p.subject", after.map(|s| s.to_string()), limit, &mut args);
        PERSON
            .all(self.db(), &format!("{filter}{page}"), &args, person)
            .await
    }

    async fn people_matching(&self, wanted: &str, rows: u32) -> Read<Vec<Person>> {
        let args = [
            Cell::Text(containing(&wanted.to_ascii_lowercase())),
            limit(rows),
        ];
        let rest = r"WHERE p.search LIKE $1 ESCAPE '\' ORDER BY p.subject LIMIT $2";
        PERSON.all(self.db(), rest, &args, person).await
    }

    async fn people_due(&self, now: Timestamp, rows: u32) -> Read<Vec<SubjectId>> {
        let args = [Cell::Int(now.as_micros()), limit(rows)];
        let rest = "WHERE d.next_change <= $1 ORDER BY d.next_change, d.subject LIMIT $2";
        DUE.all(self.db(), rest, &args, Fields::parsed).await
    }

    async fn pins(&self, subject: SubjectId) -> Read<Vec<Pin>> {
        PIN.all(
            self.db(),
            "WHERE subject = $1 ORDER BY wave",
            &[text(subject)],
            pin,
        )
        .await
    }

    async fn pinned(&self, after: Option<SubjectId>, limit: u32) -> Read<Vec<SubjectId>> {
        let mut args = Vec::new();
        let page = page("subject", after.map(|s| s.to_string()), limit, &mut args);
        PINNED
            .all(
                self.db(),
                &format!("WHERE 1 = 1 {page}"),
                &args,
                Fields::parsed,
            )
            .await
    }
}

/// The `LIKE` pattern of every text that contains this one, with `\` as the escape.
fn containing(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}
