//! "Did you mean …?"

/// The candidate that someone who wrote `word` most likely meant, if any is close: by few
/// typing errors, else one that `word` abbreviates (`dept` for `department`).
#[must_use]
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Longer words are no names of ours, and the distance is quadratic.
    if word.is_empty() || word.len() > 80 {
        return None;
    }
    let lower = word.to_lowercase();
    let allowed = (word.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .filter(|name| name.len() <= 80)
        .filter_map(|name| {
            let other = name.to_lowercase();
            let errors = distance(&lower, &other);
            if errors <= allowed {
                Some((0, errors, name))
            } else {
                abbreviates(&lower, &other).then_some((1, other.len(), name))
            }
        })
        .min()
        .map(|(_, _, name)| name)
}

fn abbreviates(short: &str, long: &str) -> bool {
    let mut rest = long.chars();
    short.chars().count() >= 2
        && short.chars().next() == long.chars().next()
        && short.chars().all(|c| rest.any(|other| other == c))
}

/// Insertions, deletions, changes and swaps of neighbours (optimal string alignment).
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let same = usize::from(a[i - 1] != b[j - 1]);
            let mut best = (rows[i - 1][j] + 1)
                .min(row[j - 1] + 1)
                .min(rows[i - 1][j - 1] + same);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_finds_what_was_meant_and_nothing_else() {
        let names = ["department", "given_name", "family_name", "email", "title"];
        for (word, meant) in [
            ("dept", Some("department")),
            ("depratment", Some("department")),
            ("Email", Some("email")),
            ("mail", Some("email")),
            ("givenname", Some("given_name")),
            ("zzz", None),
            ("", None),
        ] {
            assert_eq!(closest(word, names), meant, "{word}");
        }
    }
}
