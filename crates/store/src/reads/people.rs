//! Reads about people.

use std::sync::Arc;

use async_trait::async_trait;
use model::{Change, Engagement, EngagementId, SubjectId, Timestamp};
use ports::store::{People, Person, Pin, StoreError, Termination, WorkerDigest, WorkerMatch};

use crate::TenureStore;
use crate::decode::{Fields, Select, limit, page, text};
use crate::remembered::remembered;
use crate::table::Cell;

type Read<T> = Result<T, StoreError>;

static ENGAGEMENT: Select = Select {
    table: "engagement",
    key: 1,
    columns: &[
        "e.engagement",
        "e.subject",
        "e.source",
        "e.key",
        "e.facts",
        "e.digest",
        "e.delivery",
        "e.change",
        "e.seq",
        "x.delivery",
        "x.seq",
        "d.next_change",
        "t.author",
        "t.at",
        "t.reason",
        "k.known",
    ],
    from: "engagement e \
           LEFT JOIN engagement_withdrawn x ON x.engagement = e.engagement \
           LEFT JOIN person_due d ON d.subject = e.subject \
           LEFT JOIN termination t ON t.subject = e.subject \
           LEFT JOIN task k ON k.subject = e.subject",
};

static SUBJECT: Select = Select {
    table: "engagement",
    key: 1,
    columns: &["DISTINCT subject"],
    from: "engagement",
};

static DIGEST: Select = Select {
    table: "engagement",
    key: 1,
    columns: &[
        "e.engagement",
        "e.subject",
        "e.key",
        "e.digest",
        "x.delivery",
    ],
    from: "engagement e \
           LEFT JOIN engagement_withdrawn x ON x.engagement = e.engagement",
};

static MATCH: Select = Select {
    table: "worker_match",
    key: 2,
    columns: &["key", "subject", "same"],
    from: "worker_match",
};

static TERMINATION: Select = Select {
    table: "termination",
    key: 1,
    columns: &["subject", "author", "at", "reason"],
    from: "termination",
};

static DUE: Select = Select {
    table: "person_due",
    key: 1,
    columns: &["d.subject"],
    // An instant that outlived its person would be due for ever.
    from: "person_due d WHERE EXISTS (SELECT 1 FROM engagement e WHERE e.subject = d.subject)",
};

static ANNOUNCED: Select = Select {
    table: "news",
    key: 2,
    columns: &["next_change", "seq", "subject"],
    from: "news",
};

static NEWS: Select = Select {
    table: "news",
    key: 1,
    columns: &["seq", "subject"],
    from: "news",
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

/// A person of one engagement and one task at most, and the record that last told of it.
fn engaged(row: &mut Fields) -> Read<(u64, Person)> {
    let id = row.parsed()?;
    let subject = row.parsed()?;
    let mut engagement = Engagement {
        id,
        source: row.text()?,
        key: row.text()?,
        facts: Arc::new(row.json()?),
        digest: row.digest()?,
        delivery: row.parsed()?,
        change: row.word()?,
        withdrawn: false,
    };
    let mut told: u64 = row.number()?;
    if let Some(missing_from) = row.opt_parsed()? {
        engagement.withdrawn = true;
        engagement.delivery = missing_from;
        engagement.change = Change::MissingRow;
        told = row.number()?;
    } else {
        row.opt_int()?;
    }
    let next_change = row.opt_instant()?;
    let termination = match (row.opt_text()?, row.opt_instant()?, row.opt_text()?) {
        (Some(by), Some(at), Some(reason)) => Some(Termination { by, at, reason }),
        _ => None,
    };
    let person = Person {
        subject,
        engagements: vec![engagement],
        news: id,
        next_change,
        termination,
        tasks: row.opt_json()?.into_iter().collect(),
    };
    Ok((told, person))
}

/// Puts the engagements and tasks of each person together, by source and key and by id; people by
/// subject. Each engagement was read once with each task.
fn people(mut found: Vec<(u64, Person)>) -> Vec<Person> {
    found.sort_by_key(|(_, person)| person.subject);
    found.dedup_by(|(next_told, next), (told, one)| {
        let same = next.subject == one.subject;
        if same {
            one.engagements.append(&mut next.engagements);
            one.tasks.append(&mut next.tasks);
            if next_told > told {
                *told = *next_told;
                one.news = next.news;
            }
        }
        same
    });
    let mut people: Vec<Person> = found.into_iter().map(|(_, person)| person).collect();
    for person in people.iter_mut().filter(|p| p.engagements.len() > 1) {
        let by_key = |a: &Engagement, b: &Engagement| {
            (&a.source, &a.key, a.id).cmp(&(&b.source, &b.key, b.id))
        };
        person.engagements.sort_by(by_key);
        person.engagements.dedup_by_key(|engagement| engagement.id);
        person.tasks.sort_by_key(|known| known.task.id);
        person.tasks.dedup_by_key(|known| known.task.id);
    }
    people
}

fn worker_digest(row: &mut Fields) -> Read<WorkerDigest> {
    Ok(WorkerDigest {
        engagement: row.parsed()?,
        subject: row.parsed()?,
        key: row.text()?,
        digest: row.digest()?,
        withdrawn: row.opt_text()?.is_some(),
    })
}

fn worker_match(row: &mut Fields) -> Read<WorkerMatch> {
    Ok(WorkerMatch {
        key: row.text()?,
        subject: row.parsed()?,
        same: row.int()? == 1,
    })
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
        let args = [text(subject)];
        let row = async {
            let found = ENGAGEMENT.few(self.db(), "WHERE e.subject = $1", &args, engaged);
            Ok(people(found.await?).pop())
        };
        remembered(self.shelf(|all| &all.people), subject, row).await
    }

    async fn people(&self, subjects: &[SubjectId]) -> Read<Vec<Person>> {
        let wanted = subjects.iter().map(ToString::to_string).collect();
        let found = ENGAGEMENT
            .all_in(self.db(), &[], "e.subject", wanted, "", engaged)
            .await?;
        Ok(people(found))
    }

    async fn person_by_key(&self, source: &str, key: &str) -> Read<Option<Person>> {
        let args = [text(source), text(key)];
        let of_key = "WHERE e.subject IN \
                      (SELECT k.subject FROM engagement k WHERE k.source = $1 AND k.key = $2)";
        let found = ENGAGEMENT.all(self.db(), of_key, &args, engaged).await?;
        Ok(people(found).pop())
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
                "WHERE source = $1 "
            }
            None => "WHERE 1 = 1 ",
        };
        let page = page("subject", after.map(|s| s.to_string()), limit, &mut args);
        let of_page =
            format!("WHERE e.subject IN (SELECT DISTINCT subject FROM engagement {filter}{page})");
        let found = ENGAGEMENT.all(self.db(), &of_page, &args, engaged).await?;
        Ok(people(found))
    }

    async fn worker_digests(
        &self,
        source: &str,
        after: Option<EngagementId>,
        limit: u32,
    ) -> Read<Vec<WorkerDigest>> {
        let mut args = vec![text(source)];
        let after = after.map(|e| e.to_string());
        let page = page("e.engagement", after, limit, &mut args);
        let rest = format!("WHERE e.source = $1 {page}");
        DIGEST.all(self.db(), &rest, &args, worker_digest).await
    }

    async fn worker_digests_of(&self, source: &str, keys: &[&str]) -> Read<Vec<WorkerDigest>> {
        let fixed = [("e.source", text(source))];
        let wanted = keys.iter().map(|key| (*key).to_owned()).collect();
        DIGEST
            .all_in(self.db(), &fixed, "e.key", wanted, "", worker_digest)
            .await
    }

    async fn worker_matches(&self, source: &str) -> Read<Vec<WorkerMatch>> {
        let rest = "WHERE source = $1 ORDER BY key, subject";
        MATCH
            .all(self.db(), rest, &[text(source)], worker_match)
            .await
    }

    async fn people_matching(&self, wanted: &str, rows: u32) -> Read<Vec<Person>> {
        let args = [
            Cell::Text(containing(&wanted.to_ascii_lowercase())),
            limit(rows),
        ];
        let rest = r"WHERE search LIKE $1 ESCAPE '\' ORDER BY subject LIMIT $2";
        let subjects = SUBJECT.all(self.db(), rest, &args, Fields::parsed).await?;
        self.people(&subjects).await
    }

    async fn termination(&self, subject: SubjectId) -> Read<Option<Termination>> {
        let termination = |row: &mut Fields| {
            row.parsed::<SubjectId>()?;
            Ok(Termination {
                by: row.text()?,
                at: row.instant()?,
                reason: row.text()?,
            })
        };
        let args = [text(subject)];
        TERMINATION
            .one(self.db(), "WHERE subject = $1", &args, termination)
            .await
    }

    async fn people_due(&self, now: Timestamp, rows: u32) -> Read<Vec<SubjectId>> {
        let args = [Cell::Int(now.as_micros()), limit(rows)];
        let rest = "AND d.next_change <= $1 ORDER BY d.next_change, d.subject LIMIT $2";
        DUE.all(self.db(), rest, &args, Fields::parsed).await
    }

    async fn news(&self, after: u64, until: u64, rows: u32) -> Read<Vec<(u64, SubjectId)>> {
        let number = |seq: u64| Cell::Int(i64::try_from(seq).unwrap_or(i64::MAX));
        let args = [number(after), number(until), limit(rows)];
        let rest = "WHERE seq > $1 AND seq <= $2 ORDER BY seq LIMIT $3";
        NEWS.all(self.db(), rest, &args, |row| {
            Ok((row.number()?, row.parsed()?))
        })
        .await
    }

    async fn announced(
        &self,
        from: Timestamp,
        to: Timestamp,
        after: Option<(Timestamp, u64)>,
        rows: u32,
    ) -> Read<Vec<(Timestamp, u64, SubjectId)>> {
        let (at, seq) = after.unwrap_or((from, 0));
        let args = [
            Cell::Int(at.max(from).as_micros()),
            Cell::Int(i64::try_from(seq).unwrap_or(i64::MAX)),
            Cell::Int(to.as_micros()),
            limit(rows),
        ];
        let rest = "WHERE (next_change, seq) > ($1, $2) AND next_change < $3 \
                    ORDER BY next_change, seq LIMIT $4";
        ANNOUNCED
            .all(self.db(), rest, &args, |row| {
                Ok((row.instant()?, row.number()?, row.parsed()?))
            })
            .await
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
