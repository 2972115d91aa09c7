//! A list of passwords that others have lost, as a file: what Have I Been Pwned publishes as "Pwned Passwords".
//!
//! Each line is `HASH:COUNT`: 40 hexadecimal digits of the SHA-1 of a password, and how often it was seen. Lines
//! end with LF or CRLF and are sorted by hash. A count of 0 is padding and stands for nothing. The file has tens
//! of gigabytes, so it is never read whole: a search halves what is left of it. It is opened each time, so that
//! a new one may take its place while the node runs.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use model::Secret;
use ports::Breached;

type Hash = [u8; 20];

/// The longest line: 40 digits, a colon, a count of 20 digits, CR and LF.
const LONGEST: u64 = 63;
/// Holds the rest of one line and the whole of the next, wherever it begins.
const PIECE: u64 = 1 + 2 * LONGEST;
/// So many places are looked at when a node starts: a file in any other order shows there.
const PROBES: u64 = 64;

/// The list in a file.
pub struct BreachedFile(PathBuf);

impl BreachedFile {
    /// The list in this file, which is opened when it is asked.
    #[must_use]
    pub fn at(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// Whether the file looks like such a list: its first and its last line, and some between, in their order.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn check(&self) -> Result<(), String> {
        let mut list = List::open(&self.0)?;
        let mut seen: Option<Line> = None;
        for probe in 0..PROBES {
            let Some(line) = list.behind(list.bytes * probe / PROBES)? else {
                break;
            };
            list.in_order(seen.as_ref(), &line)?;
            seen = Some(line);
        }
        // The last line, however long the file is.
        let mut place = list.bytes.saturating_sub(LONGEST);
        while let Some(line) = list.behind(place)? {
            list.in_order(seen.as_ref(), &line)?;
            place = line.begins + 1;
            seen = Some(line);
        }
        Ok(())
    }
}

impl Breached for BreachedFile {
    fn holds(&self, password: &Secret) -> Result<bool, String> {
        let sha1 = digest(&SHA1_FOR_LEGACY_USE_ONLY, password.expose().as_bytes());
        let hash = Hash::try_from(sha1.as_ref()).map_err(|_| "no SHA-1".to_owned())?;
        List::open(&self.0)?.holds(&hash)
    }
}

/// A line, and where it begins.
struct Line {
    hash: Hash,
    count: u64,
    begins: u64,
}

/// An open list.
struct List {
    file: File,
    bytes: u64,
    place: String,
}

impl List {
    fn open(path: &Path) -> Result<Self, String> {
        let place = path.display().to_string();
        let opened = File::open(path).and_then(|file| Ok((file.metadata()?, file)));
        let (meta, file) = opened.map_err(|error| format!("`{place}` cannot be read: {error}"))?;
        if !meta.is_file() || meta.len() == 0 {
            return Err(format!("`{place}` is empty, or is no file"));
        }
        let bytes = meta.len();
        Ok(Self { file, bytes, place })
    }

    /// Looks for the first line that is not before what is wanted. What is seen on the way has to be in its
    /// order: in a list that is not sorted, nothing could be said not to be there.
    fn holds(&mut self, wanted: &Hash) -> Result<bool, String> {
        let (mut below, mut above) = (0, self.bytes);
        let (mut lower, mut upper): (Option<Line>, Option<Line>) = (None, None);
        while below < above {
            let middle = below + (above - below) / 2;
            match self.behind(middle)? {
                Some(line) if line.hash < *wanted => {
                    self.in_order(lower.as_ref(), &line)?;
                    below = line.begins + 1;
                    lower = Some(line);
                }
                found => {
                    if let (Some(line), Some(upper)) = (&found, &upper) {
                        self.in_order(Some(line), upper)?;
                    }
                    above = middle;
                    upper = found.or(upper);
                }
            }
        }
        Ok(upper.is_some_and(|line| line.hash == *wanted && line.count > 0))
    }

    /// The first line that begins at a place or after it; none behind the last.
    fn behind(&mut self, place: u64) -> Result<Option<Line>, String> {
        let from = place.saturating_sub(1);
        let mut piece = Vec::new();
        let read = self.file.seek(SeekFrom::Start(from));
        let read = read.and_then(|_| (&self.file).take(PIECE).read_to_end(&mut piece));
        read.map_err(|error| format!("`{}` cannot be read: {error}", self.place))?;
        let ends = |bytes: &[u8]| bytes.iter().position(|byte| *byte == b'\n');
        let skipped = match (place, ends(&piece)) {
            (0, _) => 0,
            (_, Some(end)) => end + 1,
            (_, None) if piece.len() as u64 > LONGEST => return Err(self.no_line(from)),
            (_, None) => return Ok(None),
        };
        let begins = from + skipped as u64;
        let rest = &piece[skipped..];
        if rest.is_empty() {
            return Ok(None);
        }
        let text = &rest[..ends(rest).unwrap_or(rest.len())];
        let (hash, count) = read_line(text).ok_or_else(|| self.no_line(begins))?;
        Ok(Some(Line {
            hash,
            count,
            begins,
        }))
    }

    /// Whether a line may stand where it does, behind one that was seen.
    fn in_order(&self, before: Option<&Line>, line: &Line) -> Result<(), String> {
        let good = before.is_none_or(|before| {
            before.begins == line.begins || (before.begins < line.begins && before.hash < line.hash)
        });
        match good {
            true => Ok(()),
            false => Err(format!("`{}` is not sorted by hash", self.place)),
        }
    }

    fn no_line(&self, at: u64) -> String {
        let place = &self.place;
        format!("`{place}` has no line `HASH:COUNT` at byte {at}")
    }
}

fn read_line(text: &[u8]) -> Option<(Hash, u64)> {
    let text = std::str::from_utf8(text.strip_suffix(b"\r").unwrap_or(text)).ok()?;
    let (digits, count) = text.split_once(':')?;
    let plain =
        |text: &str, good: fn(&u8) -> bool| !text.is_empty() && text.as_bytes().iter().all(good);
    if digits.len() != 40
        || !plain(digits, u8::is_ascii_hexdigit)
        || !plain(count, u8::is_ascii_digit)
    {
        return None;
    }
    let mut hash = [0; 20];
    for (at, byte) in hash.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).ok()?;
    }
    Some((hash, count.parse().ok()?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    struct Written(tempfile::TempDir, BreachedFile);

    fn written(text: &str) -> Written {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pwned.txt");
        std::fs::write(&path, text).unwrap();
        let file = BreachedFile::at(&path);
        Written(dir, file)
    }

    fn line(password: &str, count: u64) -> String {
        let sha1 = digest(&SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes());
        let digits = sha1.as_ref().iter().map(|byte| format!("{byte:02X}"));
        let text: String = digits.collect();
        format!("{text}:{count}")
    }

    fn holds(list: &Written, password: &str) -> Result<bool, String> {
        list.1.holds(&Secret::new(password))
    }

    /// Every line of every small list is found, with each end of a line, and nothing else is.
    #[test]
    fn each_line_is_found_wherever_it_stands() {
        for many in [1, 2, 3, 7, 100, 1_000] {
            for end in ["\n", "\r\n"] {
                let mut lines: Vec<String> = (0..many)
                    .map(|n| line(&format!("p{n}"), 10u64.pow(n % 19) + 1))
                    .collect();
                lines.sort();
                let whole = lines.join(end);
                for text in [whole.clone(), format!("{whole}{end}"), whole.to_lowercase()] {
                    let list = written(&text);
                    list.1.check().unwrap();
                    for n in 0..many {
                        assert_eq!(holds(&list, &format!("p{n}")), Ok(true), "{n} of {many}");
                    }
                    for n in 0..50 {
                        assert_eq!(holds(&list, &format!("q{n}")), Ok(false));
                    }
                }
            }
        }
    }

    #[test]
    fn the_known_hash_of_a_known_password_is_found_and_padding_is_not() {
        let known = "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:10434004";
        assert_eq!(holds(&written(known), "password"), Ok(true));
        let padding = "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:0\r\n";
        assert_eq!(holds(&written(padding), "password"), Ok(false));
    }

    #[test]
    fn what_is_not_sorted_is_no_list() {
        let mut lines: Vec<String> = (0..1_000).map(|n| line(&format!("p{n}"), 1)).collect();
        let by_count = written(&lines.join("\n"));
        assert!(by_count.1.check().unwrap_err().contains("not sorted"));
        let refused = (0..100).filter(|n| holds(&by_count, &format!("q{n}")).is_err());
        assert_eq!(refused.count(), 100);
        lines.sort();
        lines.reverse();
        let turned = written(&lines.join("\n"));
        assert!(turned.1.check().is_err());
        assert!(holds(&turned, "anything").is_err());
    }

    #[test]
    fn what_is_no_list_is_told_and_never_taken_for_an_empty_one() {
        let good = line("p", 1);
        let odd = [
            String::new(),
            "\n".to_owned(),
            "p".to_owned(),
            good.replace(':', ";"),
            good.replace(":1", ":"),
            good.replace(":1", ":-1"),
            good.replace(":1", ":99999999999999999999999"),
            good[1..].to_owned(),
            format!("Z{}", &good[1..]),
            format!("{good}\n\n"),
            format!("{good}\n{}", "0".repeat(500)),
            "é".repeat(300),
        ];
        for text in odd {
            let list = written(&text);
            assert!(list.1.check().is_err(), "{text:?}");
        }
        let dir = tempfile::tempdir().unwrap();
        for path in [dir.path().to_owned(), dir.path().join("missing")] {
            let list = BreachedFile::at(&path);
            assert!(list.check().is_err());
            assert!(list.holds(&Secret::new("p")).is_err());
        }
    }

    /// A new list takes the place of the old one while the node runs, and nothing is remembered.
    #[test]
    fn a_list_that_goes_away_is_noticed() {
        let list = written(&line("p", 3));
        assert_eq!(holds(&list, "p"), Ok(true));
        std::fs::write(list.0.path().join("pwned.txt"), line("q", 3)).unwrap();
        assert_eq!(holds(&list, "p"), Ok(false));
        std::fs::remove_file(list.0.path().join("pwned.txt")).unwrap();
        assert!(holds(&list, "p").is_err());
    }
}
