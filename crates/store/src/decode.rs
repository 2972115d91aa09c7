//! From stored rows back to typed values. What does not decode is an error that names table,
//! column and key; it never repeats the value, which may be personal.

use std::fmt::Write as _;
use std::str::FromStr;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesOrdered;
use model::{Digest, Timestamp};
use ports::store::StoreError;
use serde::de::DeserializeOwned;
use serde::de::value::{Error as WordError, StrDeserializer};

use crate::db::Db;
use crate::table::{Cell, Row};

mod lists;

use lists::one_of;

type Read<T> = Result<T, StoreError>;

/// How many rows a read returns when it is asked for 0.
const DEFAULT_LIMIT: u32 = 100;

/// How many values one `IN` list holds.
pub(crate) const CHUNK: usize = 512;
/// How many lists are asked for at once: of a file of SQLite each is read and decoded on a thread of its own.
const AHEAD: usize = 2;

/// What a read selects: columns, in the order in which they are decoded, and from where.
pub(crate) struct Select {
    /// The table that errors name.
    pub(crate) table: &'static str,
    /// How many of the columns name the row.
    pub(crate) key: usize,
    /// The columns.
    pub(crate) columns: &'static [&'static str],
    /// What follows `FROM`.
    pub(crate) from: &'static str,
}

impl Select {
    /// The decoded rows; `rest` begins with `WHERE` or `ORDER`.
    pub(crate) async fn all<T>(
        &'static self,
        db: &Db,
        rest: &str,
        args: &[Cell],
        decode: fn(&mut Fields) -> Read<T>,
    ) -> Read<Vec<T>> {
        if nobody_has(args) {
            return Ok(Vec::new());
        }
        let rows = db.query(&self.sql(rest), args).await?;
        self.decoded(rows, decode)
    }

    /// As [`Select::all`], decoded where the rows are read.
    async fn some_of<T: Send + 'static>(
        &'static self,
        db: &Db,
        rest: String,
        args: Vec<Cell>,
        decode: fn(&mut Fields) -> Read<T>,
    ) -> Read<Vec<T>> {
        if nobody_has(&args) {
            return Ok(Vec::new());
        }
        let decode = move |row| decode(&mut Fields::of(self, row)?);
        db.query_each(self.sql(&rest), args, decode).await
    }

    /// The decoded rows, found by a key of which there are one or a few.
    pub(crate) async fn few<T>(
        &'static self,
        db: &Db,
        rest: &str,
        args: &[Cell],
        decode: fn(&mut Fields) -> Read<T>,
    ) -> Read<Vec<T>> {
        if nobody_has(args) {
            return Ok(Vec::new());
        }
        let rows = db.look_up(&self.sql(rest), args).await?;
        self.decoded(rows, decode)
    }

    fn sql(&self, rest: &str) -> String {
        let sql = format!(
            "SELECT {} FROM {} {rest}",
            self.columns.join(", "),
            self.from
        );
        #[cfg(test)]
        asked::note(&sql);
        sql
    }

    fn decoded<T>(
        &'static self,
        rows: Vec<Row>,
        decode: fn(&mut Fields) -> Read<T>,
    ) -> Read<Vec<T>> {
        rows.into_iter()
            .map(|row| decode(&mut Fields::of(self, row)?))
            .collect()
    }

    /// The first row, found by a key.
    pub(crate) async fn one<T>(
        &'static self,
        db: &Db,
        rest: &str,
        args: &[Cell],
        decode: fn(&mut Fields) -> Read<T>,
    ) -> Read<Option<T>> {
        Ok(self.few(db, rest, args, decode).await?.into_iter().next())
    }

    /// All rows where `column` is one of `values`, in no order; `end` follows the condition.
    /// Values that come twice count once.
    pub(crate) async fn all_in<T: Send + 'static>(
        &'static self,
        db: &Db,
        fixed: &[(&str, Cell)],
        column: &str,
        mut values: Vec<String>,
        end: &str,
        decode: fn(&mut Fields) -> Read<T>,
    ) -> Read<Vec<T>> {
        // As in `all`; one such value must not hide what the others find.
        values.retain(|value| !value.contains('\0'));
        values.sort_unstable();
        values.dedup();
        let mut found = Vec::with_capacity(values.len());
        let mut chunks = values.chunks(CHUNK);
        let mut asked = FuturesOrdered::new();
        loop {
            while asked.len() < AHEAD
                && let Some(chunk) = chunks.next()
            {
                let (rest, args) = one_of(fixed, column, chunk, end);
                asked.push_back(self.some_of(db, rest, args, decode));
            }
            match asked.next().await {
                Some(rows) => found.extend(rows?),
                None => break,
            }
        }
        Ok(found)
    }
}

/// No stored text holds a NUL (`project` refuses it), so none equals or contains such a value; PostgreSQL
/// would take the question itself for an error.
fn nobody_has(args: &[Cell]) -> bool {
    args.iter()
        .any(|arg| matches!(arg, Cell::Text(text) if text.contains('\0')))
}

/// A row while it is taken apart, column by column.
pub(crate) struct Fields {
    select: &'static Select,
    row: Row,
    next: usize,
    /// So many of the first cells stay when they are taken, so that errors can name the row.
    kept: usize,
}

impl Fields {
    fn of(select: &'static Select, row: Row) -> Read<Self> {
        if row.len() != select.columns.len() {
            return Err(StoreError::Damaged(format!(
                "{}: {} columns where {} were asked for",
                select.table,
                row.len(),
                select.columns.len()
            )));
        }
        Ok(Self {
            select,
            row,
            next: 0,
            kept: select.key,
        })
    }

    /// Goes on behind the key, for [`Fields::key_at_last`].
    pub(crate) fn behind_key(&mut self) {
        self.next = self.select.key;
    }

    /// Goes back to the key, which is given away now: of tables that are read for everybody at once, a
    /// copy of each costs as much as the rest of the row.
    pub(crate) fn key_at_last(&mut self) {
        self.next = 0;
        self.kept = 0;
    }

    /// The next cell. Those of the key stay, so that errors can name the row.
    fn take(&mut self) -> Read<Cell> {
        let at = self.next;
        self.next += 1;
        match self.row.get_mut(at) {
            Some(cell) if at < self.kept => Ok(cell.clone()),
            Some(cell) => Ok(std::mem::replace(cell, Cell::Null)),
            None => Err(self.damaged("more columns are decoded than were asked for")),
        }
    }

    /// That the column taken last is not what it should be.
    pub(crate) fn damaged(&self, why: &str) -> StoreError {
        let column = self
            .next
            .checked_sub(1)
            .and_then(|at| self.select.columns.get(at));
        let column = column.map_or("?", |name| name.rsplit('.').next().unwrap_or(name));
        let mut key = String::new();
        for cell in self.row.iter().take(self.select.key) {
            let slash = if key.is_empty() { "" } else { "/" };
            let _ = match cell {
                Cell::Text(text) => write!(key, "{slash}{text:.200}"),
                Cell::Int(number) => write!(key, "{slash}{number}"),
                Cell::Null | Cell::Blob(_) => write!(key, "{slash}?"),
            };
        }
        StoreError::Damaged(format!("{}.{column} of `{key}`: {why}", self.select.table))
    }

    pub(crate) fn opt_text(&mut self) -> Read<Option<String>> {
        match self.take()? {
            Cell::Text(text) => Ok(Some(text)),
            Cell::Null => Ok(None),
            Cell::Int(_) | Cell::Blob(_) => Err(self.damaged("it is not a text")),
        }
    }

    pub(crate) fn text(&mut self) -> Read<String> {
        self.opt_text()?
            .ok_or_else(|| self.damaged("it is missing"))
    }

    pub(crate) fn opt_int(&mut self) -> Read<Option<i64>> {
        match self.take()? {
            Cell::Int(number) => Ok(Some(number)),
            Cell::Null => Ok(None),
            Cell::Text(_) | Cell::Blob(_) => Err(self.damaged("it is not an integer")),
        }
    }

    pub(crate) fn int(&mut self) -> Read<i64> {
        self.opt_int()?.ok_or_else(|| self.damaged("it is missing"))
    }

    /// A number that is not negative and fits.
    pub(crate) fn number<T: TryFrom<i64>>(&mut self) -> Read<T> {
        let number = self.int()?;
        T::try_from(number).map_err(|_| self.damaged("the number is out of range"))
    }

    pub(crate) fn opt_number<T: TryFrom<i64>>(&mut self) -> Read<Option<T>> {
        let number = self.opt_int()?.map(T::try_from).transpose();
        number.map_err(|_| self.damaged("the number is out of range"))
    }

    pub(crate) fn opt_instant(&mut self) -> Read<Option<Timestamp>> {
        Ok(self.opt_int()?.map(Timestamp::from_micros))
    }

    pub(crate) fn instant(&mut self) -> Read<Timestamp> {
        self.int().map(Timestamp::from_micros)
    }

    pub(crate) fn bytes(&mut self) -> Read<Vec<u8>> {
        match self.take()? {
            Cell::Blob(bytes) => Ok(bytes),
            Cell::Null | Cell::Int(_) | Cell::Text(_) => Err(self.damaged("it is not bytes")),
        }
    }

    pub(crate) fn digest(&mut self) -> Read<Digest> {
        let bytes = self.bytes()?;
        <[u8; 32]>::try_from(bytes)
            .map(Digest)
            .map_err(|_| self.damaged("it is not 32 bytes"))
    }

    /// An id or a kind.
    pub(crate) fn parsed<T: FromStr>(&mut self) -> Read<T> {
        let text = self.text()?;
        text.parse()
            .map_err(|_| self.damaged("the text does not parse"))
    }

    pub(crate) fn opt_parsed<T: FromStr>(&mut self) -> Read<Option<T>> {
        let parsed = self.opt_text()?.map(|text| text.parse()).transpose();
        parsed.map_err(|_| self.damaged("the text does not parse"))
    }

    /// One of the words of an enumeration.
    pub(crate) fn opt_word<T: DeserializeOwned>(&mut self) -> Read<Option<T>> {
        let Some(text) = self.opt_text()? else {
            return Ok(None);
        };
        word(&text)
            .map(Some)
            .ok_or_else(|| self.damaged("the word is not known"))
    }

    pub(crate) fn word<T: DeserializeOwned>(&mut self) -> Read<T> {
        self.opt_word()?
            .ok_or_else(|| self.damaged("it is missing"))
    }

    pub(crate) fn opt_json<T: DeserializeOwned>(&mut self) -> Read<Option<T>> {
        let Some(text) = self.opt_text()? else {
            return Ok(None);
        };
        // The error's own words would repeat the value.
        serde_json::from_str(&text).map(Some).map_err(|e| {
            self.damaged(&format!(
                "the JSON does not fit at byte {} ({:?})",
                e.column(),
                e.classify()
            ))
        })
    }

    pub(crate) fn json<T: DeserializeOwned>(&mut self) -> Read<T> {
        self.opt_json()?
            .ok_or_else(|| self.damaged("it is missing"))
    }
}

/// The value that serialises as this word.
pub(crate) fn word<T: DeserializeOwned>(text: &str) -> Option<T> {
    T::deserialize(StrDeserializer::<WordError>::new(text)).ok()
}

/// How many rows to read: what was asked for, within the bounds of one page.
pub(crate) fn limit(asked: u32) -> Cell {
    let rows = if asked == 0 {
        DEFAULT_LIMIT
    } else {
        asked.min(ports::store::MAX_PAGE)
    };
    Cell::Int(i64::from(rows))
}

/// Goes on after `after` in the order of `column`: the end of a `WHERE` clause, and its
/// arguments at the end of `args`.
pub(crate) fn page(column: &str, after: Option<String>, rows: u32, args: &mut Vec<Cell>) -> String {
    let mut rest = String::new();
    if let Some(after) = after {
        args.push(Cell::Text(after));
        let _ = write!(rest, "AND {column} > ${} ", args.len());
    }
    args.push(limit(rows));
    let _ = write!(rest, "ORDER BY {column} LIMIT ${}", args.len());
    rest
}

pub(crate) fn text(value: impl ToString) -> Cell {
    Cell::Text(value.to_string())
}

/// The statements that this thread has asked, for the tests of how they are carried out.
#[cfg(test)]
pub(crate) mod asked {
    use std::cell::RefCell;
    use std::collections::BTreeSet;

    thread_local! {
        static ASKED: RefCell<BTreeSet<String>> = const { RefCell::new(BTreeSet::new()) };
    }

    pub(crate) fn note(sql: &str) {
        ASKED.with_borrow_mut(|asked| asked.insert(sql.to_owned()));
    }

    pub(crate) fn take() -> BTreeSet<String> {
        ASKED.take()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use model::plan::PlanStatus;
    use model::{Change, SubjectId};

    use super::*;

    static SELECT: Select = Select {
        table: "person",
        key: 2,
        columns: &["p.subject", "p.no", "p.facts"],
        from: "person p",
    };

    fn fields(third: Cell) -> Fields {
        let row = vec![Cell::Text("sub_1".to_owned()), Cell::Int(7), third];
        let mut fields = Fields::of(&SELECT, row).unwrap();
        fields.text().unwrap();
        fields.int().unwrap();
        fields
    }

    fn text_cell(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }

    #[test]
    fn damage_names_table_column_and_key_and_never_the_value() {
        let told = |error: StoreError| {
            let told = error.to_string();
            assert!(told.contains("person.facts of `sub_1/7`"), "{told}");
            assert!(!told.contains("Zerlina"), "{told}");
        };
        let zerlina = || fields(text_cell("\"Zerlina\""));
        told(zerlina().int().unwrap_err());
        told(zerlina().number::<u64>().unwrap_err());
        told(zerlina().instant().unwrap_err());
        told(zerlina().bytes().unwrap_err());
        told(zerlina().digest().unwrap_err());
        told(zerlina().parsed::<SubjectId>().unwrap_err());
        told(zerlina().opt_parsed::<SubjectId>().unwrap_err());
        told(zerlina().word::<Change>().unwrap_err());
        told(zerlina().json::<Vec<u8>>().unwrap_err());
        told(zerlina().opt_json::<u64>().unwrap_err());
        told(fields(Cell::Int(-1)).number::<u64>().unwrap_err());
        told(fields(Cell::Int(70_000)).number::<u16>().unwrap_err());
        told(fields(Cell::Int(1)).text().unwrap_err());
        told(fields(Cell::Blob(vec![1; 31])).digest().unwrap_err());
    }

    #[test]
    fn what_is_missing_is_an_error_only_where_it_must_be_there() {
        let missing = || fields(Cell::Null);
        assert_eq!(missing().opt_text(), Ok(None));
        assert_eq!(missing().opt_int(), Ok(None));
        assert_eq!(missing().opt_number::<u64>(), Ok(None));
        assert_eq!(missing().opt_instant(), Ok(None));
        assert_eq!(missing().opt_parsed::<SubjectId>(), Ok(None));
        assert_eq!(missing().opt_word::<Change>(), Ok(None));
        assert_eq!(missing().opt_json::<u64>(), Ok(None));
        for error in [
            missing().text().unwrap_err(),
            missing().int().unwrap_err(),
            missing().bytes().unwrap_err(),
            missing().word::<Change>().unwrap_err(),
            missing().json::<u64>().unwrap_err(),
        ] {
            assert!(matches!(error, StoreError::Damaged(_)));
        }
    }

    #[test]
    fn a_row_of_another_width_is_damage() {
        assert!(Fields::of(&SELECT, vec![Cell::Null]).is_err());
        let mut all_taken = fields(Cell::Null);
        all_taken.opt_text().unwrap();
        assert!(all_taken.opt_text().is_err());
    }

    #[test]
    fn words_are_those_of_the_model() {
        assert_eq!(word::<Change>("missing_row"), Some(Change::MissingRow));
        assert_eq!(
            word::<PlanStatus>("superseded"),
            Some(PlanStatus::Superseded)
        );
        assert_eq!(word::<PlanStatus>("Waiting"), None);
    }

    #[test]
    fn limits_are_bounded() {
        assert_eq!(limit(0), Cell::Int(100));
        assert_eq!(limit(7), Cell::Int(7));
        assert_eq!(limit(u32::MAX), Cell::Int(10_000));
    }
}
