//! "Did you mean …?"

/// The known name that is nearest to what was written, if one is near.
pub fn nearest<'a>(written: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let known: Vec<&str> = known.collect();
    // Words are cut short more often than they are misspelt.
    if written.len() > 2
        && let Some(whole) = known.iter().find(|name| name.starts_with(written))
    {
        return Some(whole);
    }
    let far = written.chars().count() / 3 + 1;
    known
        .into_iter()
        .map(|name| (distance(written, name), name))
        .filter(|(distance, _)| *distance <= far)
        .min()
        .map(|(_, name)| name)
}

/// Levenshtein's distance, in characters.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut before: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut now = vec![i + 1];
        for (j, to) in b.iter().enumerate() {
            let change = before[j] + usize::from(from != *to);
            now.push(change.min(before[j + 1] + 1).min(now[j] + 1));
        }
        before = now;
    }
    before.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        let known = ["public_url", "listen", "tls.certificate"];
        assert_eq!(nearest("publicurl", known.into_iter()), Some("public_url"));
        assert_eq!(nearest("lisen", known.into_iter()), Some("listen"));
        assert_eq!(
            nearest("tls.cert", known.into_iter()),
            Some("tls.certificate")
        );
        assert_eq!(nearest("password", known.into_iter()), None);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
