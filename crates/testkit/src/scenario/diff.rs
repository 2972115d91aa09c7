//! Where an output differs from the accepted one.

/// The lines of both, in order: `  ` for those that agree, `- ` for those that were accepted and
/// are gone, `+ ` for those that are new. `None` when they are the same.
#[must_use]
pub fn diff(accepted: &[String], seen: &[String]) -> Option<Vec<String>> {
    if accepted == seen {
        return None;
    }
    // The longest run of lines, not necessarily adjacent, that both have: outputs are short.
    let (rows, columns) = (accepted.len(), seen.len());
    let mut longest = vec![vec![0usize; columns + 1]; rows + 1];
    for row in (0..rows).rev() {
        for column in (0..columns).rev() {
            longest[row][column] = if accepted[row] == seen[column] {
                longest[row + 1][column + 1] + 1
            } else {
                longest[row + 1][column].max(longest[row][column + 1])
            };
        }
    }
    let (mut row, mut column) = (0, 0);
    let mut lines = Vec::new();
    while row < rows || column < columns {
        let both = row < rows && column < columns;
        if both && accepted[row] == seen[column] {
            lines.push(format!("  {}", seen[column]));
            (row, column) = (row + 1, column + 1);
        } else if column == columns
            || (both && longest[row + 1][column] >= longest[row][column + 1])
        {
            lines.push(format!("- {}", accepted[row]));
            row += 1;
        } else {
            lines.push(format!("+ {}", seen[column]));
            column += 1;
        }
    }
    Some(lines)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_difference_shows_both_sides_and_what_agrees() {
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(diff(&lines("a\nb"), &lines("a\nb")), None);
        let found = diff(&lines("a\nb\nc"), &lines("a\nx\nc\nd")).unwrap();
        assert_eq!(found, ["  a", "- b", "+ x", "  c", "+ d"]);
        assert_eq!(diff(&[], &lines("a")).unwrap(), ["+ a"]);
        assert_eq!(diff(&lines("a"), &[]).unwrap(), ["- a"]);
    }
}
