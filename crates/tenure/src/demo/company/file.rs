//! The HR export, and what goes wrong with it.

use model::time::Date;

use super::hr::{Feed, Hr};
use super::{Worker, cast};

const HEADER: &str = "Personnel No;Person ID;First Name;Last Name;Name in Latin;E-Mail;Department;\
                      Manager No;Site;Contract;Start Date;End Date;Leave From;Leave To";

/// The file's bytes.
pub fn file(hr: &Hr, feed: Feed) -> Vec<u8> {
    let lost = hr.page(feed);
    let mut text = match feed {
        Feed::OtherHeader => HEADER.replace("Department", "Dept"),
        _ => HEADER.to_owned(),
    };
    text.push('\n');
    let rows = match feed {
        Feed::Half => hr.workers.len() / 2,
        _ => hr.workers.len(),
    };
    for worker in hr.workers.iter().take(rows) {
        let lost = lost.iter().any(|one| one.key == worker.key);
        if lost || hr.removed.contains(&worker.key) {
            continue;
        }
        let mut line = row(worker);
        if feed == Feed::ImpossibleDay && worker.key == cast::UNREADABLE {
            line = line.replacen(&date(worker.starts), "31.02.2026", 1);
        }
        text.push_str(&line);
        if feed == Feed::OneNumberTwice && worker.key == cast::UNREADABLE {
            let other = hr.workers.last().unwrap_or(worker);
            text.push_str(&row(other).replacen(&other.key, &worker.key, 1));
        }
    }
    match feed {
        Feed::CutOff => cut(text).into_bytes(),
        Feed::OtherEncoding => text.chars().map(windows_1252).collect(),
        _ => text.into_bytes(),
    }
}

fn row(worker: &Worker) -> String {
    let day = |date: Option<Date>| date.map_or_else(String::new, self::date);
    let leave = worker.leave;
    format!(
        "{};{};{};{};{};{};{};{};{};{};{};{};{};{}\n",
        worker.key,
        worker.person,
        worker.given,
        worker.family,
        worker.latin,
        worker.email,
        worker.department,
        worker.manager,
        worker.site.name,
        worker.contract,
        date(worker.starts),
        day(worker.ends),
        day(leave.map(|(from, _)| from)),
        day(leave.map(|(_, to)| to)),
    )
}

fn date(date: Date) -> String {
    format!("{:02}.{:02}.{}", date.day(), date.month(), date.year())
}

/// The file up to the third field of a row in its middle.
fn cut(mut text: String) -> String {
    let rows: Vec<usize> = text.match_indices('\n').map(|(at, _)| at + 1).collect();
    let from = rows.get(rows.len() * 6 / 10).copied().unwrap_or(0);
    let fields = text[from..].match_indices(';').nth(2);
    let end = fields.map_or(from, |(at, _)| from + at + 1);
    text.truncate(end);
    text
}

/// Latin letters with marks are one byte each; what has none is a question mark.
fn windows_1252(letter: char) -> u8 {
    u8::try_from(u32::from(letter)).unwrap_or(b'?')
}
