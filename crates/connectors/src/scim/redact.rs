//! What a provider says may repeat what we sent it. Texts that leave the connector are cut,
//! cleaned of control characters, and stripped of secrets and personal values.

/// Longest text of a provider that is passed on, in characters.
const LONGEST: usize = 200;

/// The text without the secrets and without the values; short. Values of fewer than three
/// characters are left: they identify nobody, and stripping them would garble every text.
pub(super) fn clean(text: &str, secrets: &[&str], values: &[&str]) -> String {
    let mut out: String = text
        .chars()
        .take(4000)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    for hidden in secrets.iter().filter(|secret| !secret.is_empty()) {
        out = out.replace(hidden, "(secret)");
    }
    let mut values: Vec<&&str> = values
        .iter()
        .filter(|value| value.chars().count() > 2)
        .collect();
    values.sort_by_key(|value| std::cmp::Reverse(value.len()));
    for value in values {
        out = out.replace(*value, "(value)");
    }
    // Names of people the provider knows and we did not send: anything that looks like mail.
    let words: Vec<&str> = out
        .split(' ')
        .map(|word| if word.contains('@') { "(value)" } else { word })
        .collect();
    words
        .join(" ")
        .chars()
        .take(LONGEST)
        .collect::<String>()
        .trim()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn secrets_and_values_do_not_pass() {
        let text = "token t0k\nuser Ana Silva (ana.silva@acme.com) exists, see bob@acme.com";
        let cleaned = clean(text, &["t0k"], &["Ana Silva", "ana.silva@acme.com", "a"]);
        assert_eq!(
            cleaned,
            "token (secret) user (value) ((value)) exists, see (value)"
        );
        assert_eq!(clean(&"x".repeat(9999), &[], &[]).len(), 200);
    }
}
