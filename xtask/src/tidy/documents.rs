//! Rules about documents: links lead somewhere, decisions are numbered.

use super::House;

/// Where the list of attacks on identity providers stands.
const ATTACKS: &str = "docs/attacks.md";
/// Its rows: by their letter, and how many there are.
const ROWS: [(char, usize); 5] = [('S', 20), ('O', 26), ('L', 15), ('A', 10), ('P', 8)];
/// Where the clauses of saml2int for identity providers stand, and how many there are.
const SAML2INT: (&str, usize) = ("docs/saml2int.md", 33);

/// Everything that is wrong.
pub fn check(house: &House) -> Vec<String> {
    let mut wrong = decisions(house);
    for page in ["SECURITY.md", ATTACKS, SAML2INT.0] {
        wrong.extend(defences(house, page));
    }
    let attacks = ROWS.into_iter();
    let attacks =
        attacks.flat_map(|(letter, most)| (1..=most).map(move |n| format!("{letter}{n}")));
    wrong.extend(rows(house, ATTACKS, attacks));
    let clauses = (1..=SAML2INT.1).map(|n| format!("SDP-IDP{n:02}"));
    wrong.extend(rows(house, SAML2INT.0, clauses));
    for (path, text) in house.ending(".md") {
        for (line, link) in links(text) {
            if let Some(problem) = follow(house, path, text, &link) {
                wrong.push(format!("{path}:{line}: {problem}"));
            }
        }
    }
    wrong
}

/// ADRs are `NNNN-words.md`, from 0001 without a gap, and carry their number in the title.
fn decisions(house: &House) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut next = 1u32;
    for (path, text) in house.ending(".md") {
        let Some(name) = path.strip_prefix("docs/adr/") else {
            continue;
        };
        if name == "README.md" {
            continue;
        }
        let number = name.split('-').next().unwrap_or_default();
        if number != format!("{next:04}") {
            wrong.push(format!(
                "{path}: the next decision has the number {next:04}"
            ));
        }
        if !text.starts_with(&format!("# {number} ")) {
            wrong.push(format!(
                "{path}: its title does not begin with `# {number} `"
            ));
        }
        if !text.contains("\nStatus: ") {
            wrong.push(format!("{path}: has no line `Status: …`"));
        }
        next += 1;
    }
    wrong
}

/// Every row of a list is there once, with a test or the reason why there is none.
fn rows(house: &House, page: &str, names: impl Iterator<Item = String>) -> Vec<String> {
    let mut wrong = Vec::new();
    let names: Vec<String> = names.collect();
    for (path, text) in house.ending(page) {
        for name in &names {
            let begins = format!("| {name} |");
            let found: Vec<&str> = text
                .lines()
                .filter(|line| line.starts_with(&begins))
                .collect();
            let told = |line: &&str| {
                line.split('|')
                    .nth(3)
                    .is_some_and(|last| !last.trim().is_empty())
            };
            if found.len() != 1 || !found.iter().all(told) {
                wrong.push(format!(
                    "{path}: {name} is not there once, with what there is of it"
                ));
            }
        }
    }
    wrong
}

/// Every test that a page names exists: a defence whose test was renamed or removed shows.
fn defences(house: &House, page: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    for (path, text) in house.ending(page) {
        for (number, line) in text.lines().enumerate() {
            let Some(tests) = line.trim_end_matches([' ', '|']).rsplit('|').next() else {
                continue;
            };
            if !line.starts_with('|') {
                continue;
            }
            for name in tests.split('`').skip(1).step_by(2) {
                let name = name.rsplit(' ').next().unwrap_or(name);
                let declared = format!("fn {name}(");
                let exists = house
                    .ending(".rs")
                    .any(|(_, code)| code.contains(&declared));
                if !exists {
                    let at = format!("{path}:{}", number + 1);
                    wrong.push(format!("{at}: there is no test `{name}`"));
                }
            }
        }
    }
    wrong
}

/// Lines with the targets of `[words](target)` outside code, and their line numbers from 1.
fn links(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (number, line) in prose(text) {
        let mut rest = line.as_str();
        while let Some(at) = rest.find("](") {
            rest = &rest[at + 2..];
            let Some(end) = rest.find(')') else { break };
            found.push((number, rest[..end].to_owned()));
            rest = &rest[end..];
        }
    }
    found
}

/// Lines outside fenced code, without their inline code, numbered from 1.
fn prose(text: &str) -> Vec<(usize, String)> {
    let mut fenced = false;
    let mut lines = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            let outside: String = line.split('`').step_by(2).collect();
            lines.push((number + 1, outside));
        }
    }
    lines
}

fn follow(house: &House, path: &str, text: &str, link: &str) -> Option<String> {
    if ["https://", "http://", "mailto:"]
        .iter()
        .any(|s| link.starts_with(s))
    {
        return None;
    }
    let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
    let target = if file.is_empty() {
        path.to_owned()
    } else {
        join(path, file)
    };
    let root = crate::door::root().ok()?;
    if !house.files.iter().any(|(known, _)| *known == target) && !root.join(&target).exists() {
        return Some(format!("the link `{link}` leads nowhere"));
    }
    if anchor.is_empty() {
        return None;
    }
    let page = if target == path {
        Some(text)
    } else {
        house.ending(&target).next().map(|(_, page)| page)
    };
    let known = page.is_some_and(|page| anchors(page).iter().any(|known| known == anchor));
    (!known).then(|| format!("the link `{link}` names no heading"))
}

/// A link's path from the root of the project.
fn join(path: &str, link: &str) -> String {
    let mut parts: Vec<&str> = path.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// The anchors of a page's headings: lower case, words joined with `-`, punctuation dropped.
fn anchors(text: &str) -> Vec<String> {
    let mut fenced = false;
    let mut found = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced && line.starts_with('#') {
            let heading = line.trim_start_matches('#').trim().to_lowercase();
            let kept = heading
                .chars()
                .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
            found.push(kept.map(|c| if c == ' ' { '-' } else { c }).collect());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(files: &[(&str, &str)]) -> Vec<String> {
        let files = files.iter();
        let files = files.map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
        check(&House {
            files: files.collect(),
        })
    }

    #[test]
    fn links_lead_somewhere() {
        let page = ("docs/a.md", "# One thing, again\n");
        assert!(wrong(&[page, ("docs/b.md", "see [a](a.md#one-thing-again)")]).is_empty());
        assert!(wrong(&[page, ("b.md", "see [a](docs/a.md)")]).is_empty());
        assert!(wrong(&[page, ("docs/c/b.md", "see [a](../a.md)")]).is_empty());
        assert_eq!(wrong(&[page, ("b.md", "see [a](a.md)")]).len(), 1);
        assert_eq!(wrong(&[page, ("b.md", "see [a](docs/a.md#two)")]).len(), 1);
        assert!(wrong(&[("b.md", "```\n[a](nowhere.md)\n```\n`[a](nowhere.md)`")]).is_empty());
        assert!(wrong(&[("b.md", "see [a](https://example.com)")]).is_empty());
    }

    #[test]
    fn defences_have_their_tests() {
        let code = ("crates/a/tests/it/main.rs", "fn it_holds() {}\n");
        let row = "| attack | defence | `a: it_holds` |\n";
        assert!(wrong(&[code, ("SECURITY.md", row)]).is_empty());
        assert_eq!(wrong(&[("SECURITY.md", row)]).len(), 1);
    }

    #[test]
    fn every_clause_of_saml2int_is_there() {
        let line = |n| format!("| SDP-IDP{n:02} | demands | none: it may |\n");
        let text: String = (1..=SAML2INT.1).map(line).collect();
        assert!(wrong(&[(SAML2INT.0, &text)]).is_empty());
        let gone = text.replace("IDP33", "IDP34");
        assert_eq!(wrong(&[(SAML2INT.0, &gone)]).len(), 1);
    }

    #[test]
    fn every_row_of_the_attacks_is_there() {
        let rows = ROWS
            .iter()
            .flat_map(|(letter, most)| (1..=*most).map(move |n| format!("{letter}{n}")));
        let line = |row: String| format!("| {row} | attack | `a: it_holds` |\n");
        let text: String = rows.map(line).collect();
        let code = ("crates/a/tests/it/main.rs", "fn it_holds() {}\n");
        assert!(wrong(&[code, (ATTACKS, &text)]).is_empty());
        let gone = text.replace("| O7 |", "| O77 |");
        assert_eq!(wrong(&[code, (ATTACKS, &gone)]).len(), 1);
        let silent = text.replace("| L3 | attack | `a: it_holds` |", "| L3 | attack | |");
        assert_eq!(wrong(&[code, (ATTACKS, &silent)]).len(), 1);
        let renamed = text.replacen("it_holds", "it_held", 1);
        assert_eq!(wrong(&[code, (ATTACKS, &renamed)]).len(), 1);
    }

    #[test]
    fn decisions_are_numbered_without_a_gap() {
        let one = ("docs/adr/0001-a.md", "# 0001 A\n\nStatus: accepted\n");
        let three = ("docs/adr/0003-c.md", "# 0003 C\n\nStatus: accepted\n");
        assert!(wrong(&[one]).is_empty());
        assert_eq!(wrong(&[one, three]).len(), 1);
        assert_eq!(
            wrong(&[("docs/adr/0001-a.md", "# A\n\nStatus: accepted\n")]).len(),
            1
        );
    }
}
