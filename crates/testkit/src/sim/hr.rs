//! The company's HR department: people come, move, go and come back, and its files are good,
//! bad or not there.

use std::collections::BTreeSet;

use crate::time::SeededEntropy;

use super::company::{DEPARTMENTS, ZONES};

/// 23 November 2026, as days since 1970: the day 0 of every run.
const DAY_ZERO: i64 = 20_780;
/// Microseconds of a day.
pub const DAY: i64 = 86_400_000_000;
const HOUR: i64 = 3_600_000_000;

/// The instant at which a day of the simulation begins in Greenwich.
#[must_use]
pub fn midnight(day: i64) -> i64 {
    (DAY_ZERO + day) * DAY
}

/// One line of an HR file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The worker's key.
    pub key: String,
    /// Given name.
    pub first: String,
    /// Family name.
    pub last: String,
    /// Email; names the accounts.
    pub mail: String,
    /// Department.
    pub department: &'static str,
    /// Whether they lead.
    pub lead: bool,
    /// The key of their manager; empty for none.
    pub boss: String,
    /// The first day of work, from day 0 of the run.
    pub start: i64,
    /// The last day of work.
    pub end: Option<i64>,
    /// Where they work: an index of [`ZONES`].
    pub zone: usize,
}

impl Row {
    fn offset(&self) -> i64 {
        ZONES[self.zone].1 * HOUR
    }

    /// The instant of the first day's beginning, where they work.
    #[must_use]
    pub fn starts(&self) -> i64 {
        midnight(self.start) - self.offset()
    }

    /// Five in the afternoon of the last day, where they work.
    #[must_use]
    pub fn ends(&self) -> Option<i64> {
        self.end
            .map(|end| midnight(end) + 17 * HOUR - self.offset())
    }

    fn line(&self) -> String {
        let level = if self.lead { "lead" } else { "" };
        let end = self.end.map(date).unwrap_or_default();
        format!(
            "{},{},{},{},{},{level},{},{},{end},{}\n",
            self.key,
            self.first,
            self.last,
            self.mail,
            self.department,
            self.boss,
            date(self.start),
            ZONES[self.zone].0,
        )
    }
}

const HEAD: &str = "id,first,last,mail,dept,level,boss,start,end,zone\n";

/// A file and, for the oracle, what a careful reader makes of it.
#[derive(Debug, Clone)]
pub struct File {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What kind of file it is.
    pub kind: &'static str,
    /// The whole file is damaged: nothing of it counts.
    pub refused: bool,
    /// The rows that can be read.
    pub rows: Vec<Row>,
    /// Workers whose row is there but cannot be read.
    pub unreadable: BTreeSet<String>,
    /// Whether who is missing in it has left.
    pub complete: bool,
}

/// The HR department.
pub struct Hr {
    /// The truth: who is on the books. Leavers stay on them for a while.
    pub rows: Vec<Row>,
    /// Who has left without a word: no file has them any more.
    pub vanished: BTreeSet<String>,
    chance: SeededEntropy,
    next: usize,
    last: Option<File>,
}

impl Hr {
    /// A department of `people` workers.
    #[must_use]
    pub fn new(seed: u64, people: usize) -> Self {
        let mut hr = Self {
            rows: Vec::new(),
            vanished: BTreeSet::new(),
            chance: SeededEntropy::new(seed ^ 0x4852),
            next: 1,
            last: None,
        };
        for _ in 0..people {
            let start = -100 - hr.days(900);
            hr.hire(start);
        }
        hr
    }

    fn days(&self, below: u64) -> i64 {
        self.chance.below(below).cast_signed()
    }

    fn pick(&self, from: &[usize]) -> Option<usize> {
        let n = self.chance.below(from.len() as u64);
        from.get(usize::try_from(n).unwrap_or(0)).copied()
    }

    fn department(&self) -> &'static str {
        DEPARTMENTS[usize::try_from(self.chance.below(6)).unwrap_or(0)]
    }

    fn hire(&mut self, start: i64) {
        let n = self.next;
        self.next += 1;
        let boss = match n {
            1 => String::new(),
            _ => {
                let boss = self.chance.below((n as u64).min(15)).max(1);
                format!("w{boss:04}")
            }
        };
        let row = Row {
            key: format!("w{n:04}"),
            first: format!("First{n}"),
            last: format!("Last{n}"),
            mail: format!("p{n}@acme.example"),
            department: self.department(),
            lead: self.chance.one_in(10),
            boss,
            start,
            end: None,
            zone: usize::try_from(self.chance.below(4)).unwrap_or(0),
        };
        self.rows.push(row);
    }

    /// Workers without an end, by index.
    fn staying(&self) -> Vec<usize> {
        (0..self.rows.len())
            .filter(|i| self.rows[*i].end.is_none())
            .collect()
    }

    /// One day's worth of life.
    pub fn live(&mut self, day: i64) {
        for _ in 0..self.chance.below(4) {
            let start = day - 2 + self.days(7);
            self.hire(start);
        }
        for _ in 0..self.chance.below(4) {
            if let Some(i) = self.pick(&self.staying()) {
                self.rows[i].department = self.department();
            }
        }
        if self.chance.one_in(3)
            && let Some(i) = self.pick(&self.staying())
        {
            self.rows[i].lead = !self.rows[i].lead;
        }
        if self.chance.one_in(3)
            && let Some(i) = self.pick(&self.staying())
        {
            let last = format!("Wed{}x{day}", self.rows[i].key);
            self.rows[i].mail = format!("{}@acme.example", last.to_lowercase());
            self.rows[i].last = last;
        }
        for _ in 0..self.chance.below(4) {
            if let Some(i) = self.pick(&self.staying()) {
                self.rows[i].end = Some((day - 2 + self.days(7)).max(self.rows[i].start));
            }
        }
        if self.chance.one_in(6)
            && let Some(i) = self.pick(&self.staying())
        {
            let gone = self.rows.remove(i);
            self.vanished.insert(gone.key);
        }
        self.come_back(day);
        self.rows
            .retain(|row| row.end.is_none_or(|end| end > day - 9));
    }

    /// Ends are taken back, moved, or followed by a new beginning.
    fn come_back(&mut self, day: i64) {
        let leaving: Vec<usize> = (0..self.rows.len())
            .filter(|i| self.rows[*i].end.is_some())
            .collect();
        if self.chance.one_in(3)
            && let Some(i) = self.pick(&leaving)
        {
            self.rows[i].end = None;
        }
        if self.chance.one_in(3)
            && let Some(i) = self.pick(&leaving)
            && let Some(end) = self.rows[i].end
        {
            self.rows[i].end = Some((end - 1 + self.days(4)).max(self.rows[i].start));
        }
        if self.chance.one_in(5)
            && let Some(i) = self.pick(&leaving)
            && self.rows[i].end.is_some_and(|end| end < day - 2)
        {
            self.rows[i].start = day;
            self.rows[i].end = None;
            self.rows[i].department = self.department();
        }
    }

    /// Makes a worker's end come one day later or earlier: news of leaving.
    pub fn nudge_end(&mut self, key: &str, to: i64) {
        if let Some(row) = self.rows.iter_mut().find(|r| r.key == key) {
            row.end = Some(to.max(row.start));
        }
    }

    /// A file that is as it should be.
    #[must_use]
    pub fn sound(&mut self) -> File {
        let file = sound(&self.rows);
        self.last = Some(file.clone());
        file
    }

    /// A file as HR departments send them.
    #[must_use]
    pub fn file(&mut self) -> File {
        let kind = self.chance.below(24);
        let file = match kind {
            0 => self.cut(),
            1 => damaged("empty", Vec::new()),
            2 => self.without(40),
            3 | 4 => self.without(3),
            5 => self.header_only(),
            6 | 7 => self.bad_rows(),
            8 => self.twice_the_same_key(),
            9 => self.swallowed(),
            11 => damaged("not text", {
                let mut bytes = sound(&self.rows).bytes;
                let at = bytes.len() / 2;
                bytes[at] = 0xff;
                bytes
            }),
            10 => match &self.last {
                Some(last) => File {
                    kind: "the last one again",
                    ..last.clone()
                },
                None => sound(&self.rows),
            },
            12 | 13 => self.without_department(),
            _ => sound(&self.rows),
        };
        if !file.refused {
            self.last = Some(file.clone());
        }
        file
    }

    /// Ends in the middle of a line.
    fn cut(&self) -> File {
        let whole = sound(&self.rows).bytes;
        let text = String::from_utf8_lossy(&whole).into_owned();
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let keep = usize::try_from(self.chance.below(lines.len() as u64)).unwrap_or(0);
        let mut bytes: Vec<u8> = lines[..keep.max(1)].concat().into_bytes();
        bytes.extend_from_slice(b"w0001,Fir");
        damaged("cut off", bytes)
    }

    /// Some rows are not in it.
    fn without(&self, most: u64) -> File {
        let mut rows = self.rows.clone();
        for _ in 0..=self.chance.below(most) {
            if rows.len() > 1 {
                let at = self.chance.below(rows.len() as u64);
                rows.remove(usize::try_from(at).unwrap_or(0));
            }
        }
        File {
            kind: "rows are missing",
            ..sound(&rows)
        }
    }

    /// A whole department is not in it: except in Finance, whose leavers are asked about one by
    /// one anyway, only their number stands between its people and the door.
    fn without_department(&self) -> File {
        let department = self.department();
        let kept = |row: &&Row| row.department != department;
        let rows: Vec<Row> = self.rows.iter().filter(kept).cloned().collect();
        File {
            kind: "a department is missing",
            ..sound(&rows)
        }
    }

    fn header_only(&self) -> File {
        File {
            kind: "no rows",
            ..sound(&[])
        }
    }

    fn bad_rows(&self) -> File {
        let mut file = sound(&self.rows);
        let mut text = HEAD.to_owned();
        file.rows.clear();
        let odd = 1 + self.chance.below(60);
        for row in &self.rows {
            if self.chance.one_in(odd) && file.unreadable.len() < 5 {
                let line = match self.chance.below(2) {
                    0 => row.line().replacen(&date(row.start), "2026-13-45", 1),
                    _ => row.line().replacen(&format!(",{},", row.mail), ",,", 1),
                };
                text.push_str(&line);
                file.unreadable.insert(row.key.clone());
            } else {
                text.push_str(&row.line());
                file.rows.push(row.clone());
            }
        }
        file.bytes = text.into_bytes();
        file.kind = "unreadable rows";
        file
    }

    /// One worker is in it twice, so nobody knows which row is true.
    fn twice_the_same_key(&self) -> File {
        let mut bytes = sound(&self.rows).bytes;
        if let Some(row) = self.rows.first() {
            bytes.extend_from_slice(row.line().as_bytes());
        }
        damaged("one key twice", bytes)
    }

    /// A line has a value too many, so it may have swallowed another: who is missing proves
    /// nothing.
    fn swallowed(&self) -> File {
        let mut file = self.without(6);
        if file.rows.is_empty() {
            return file;
        }
        let row = file.rows.remove(0);
        let mut text = HEAD.to_owned();
        text.push_str(&row.line().replacen(',', ",,", 1));
        for row in &file.rows {
            text.push_str(&row.line());
        }
        file.bytes = text.into_bytes();
        file.unreadable.insert(row.key);
        file.complete = false;
        file.kind = "a line that swallowed another";
        file
    }
}

fn sound(rows: &[Row]) -> File {
    let mut text = HEAD.to_owned();
    for row in rows {
        text.push_str(&row.line());
    }
    File {
        bytes: text.into_bytes(),
        kind: "sound",
        refused: false,
        rows: rows.to_vec(),
        unreadable: BTreeSet::new(),
        complete: true,
    }
}

fn damaged(kind: &'static str, bytes: Vec<u8>) -> File {
    File {
        bytes,
        kind,
        refused: true,
        rows: Vec::new(),
        unreadable: BTreeSet::new(),
        complete: false,
    }
}

/// A day of the run as `YYYY-MM-DD` (days to civil, after Howard Hinnant's algorithm).
fn date(day: i64) -> String {
    let z = day + DAY_ZERO + 719_468;
    let era = z.div_euclid(146_097);
    let of_era = z.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_dates() {
        assert_eq!(date(0), "2026-11-23");
        assert_eq!(date(39), "2027-01-01");
        assert_eq!(date(-328), "2025-12-30");
        assert_eq!(
            midnight(0),
            crate::node::morning().as_micros() - 8 * HOUR - HOUR / 2
        );
    }
}
