//! `cargo xtask picture`: docs/img/demo.svg, drawn from what the demo really prints.

use std::fmt::Write as _;

use crate::door;

/// Pixels of a character and of a line at the font size below.
const WIDTH: f32 = 7.8;
const HEIGHT: usize = 18;
/// Around the text.
const MARGIN: usize = 20;

/// Runs the demo and draws its output.
///
/// # Errors
/// When the demo fails: there is no picture of a demo that does not come out.
pub fn run() -> Result<(), String> {
    let demo = [
        "run",
        "--quiet",
        "--release",
        "--package",
        "tenure",
        "--",
        "demo",
        "--exit",
    ];
    let text = door::output(door::cargo(&demo)?)?;
    // The month and the morning after it; what follows is for a terminal that scrolls.
    let text = text.split("\n2. ").next().unwrap_or(&text);
    let folder = door::root()?.join("docs/img");
    let path = folder.join("demo.svg");
    std::fs::create_dir_all(&folder)
        .and_then(|()| std::fs::write(&path, draw(text)))
        .map_err(|e| format!("docs/img/demo.svg: {e}"))?;
    println!("docs/img/demo.svg is written");
    Ok(())
}

fn draw(text: &str) -> String {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    let longest = lines.iter().map(|line| line.chars().count()).max();
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss
    )]
    let width = (longest.unwrap_or(0) as f32 * WIDTH) as usize + 2 * MARGIN;
    let height = lines.len() * HEIGHT + 2 * MARGIN;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"What the demo prints\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#14181f\"/>\n\
         <g font-family=\"ui-monospace, Menlo, Consolas, monospace\" font-size=\"13\" \
         fill=\"#d7dde6\">\n"
    );
    for (number, line) in lines.iter().enumerate() {
        let y = MARGIN + number * HEIGHT + HEIGHT - 5;
        // Headings stand at the margin; everything else is indented.
        let heading = !line.is_empty() && !line.starts_with(' ');
        let weight = if heading {
            " font-weight=\"bold\" fill=\"#ffffff\""
        } else {
            ""
        };
        // Writing to a text cannot fail.
        let _ = writeln!(
            svg,
            "<text x=\"{MARGIN}\" y=\"{y}\"{weight}>{}</text>",
            escaped(line)
        );
    }
    svg.push_str("</g>\n</svg>\n");
    svg
}

fn escaped(text: &str) -> String {
    // Browsers make one space of several, whatever an element around the text says.
    text.replace("  ", "\u{a0}\u{a0}")
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_drawn_and_escaped() {
        let svg = draw("Day 1\n  a < b & c\n");
        assert_eq!(svg.matches("<text").count(), 2);
        assert!(svg.contains("\u{a0}\u{a0}a &lt; b &amp; c</text>"), "{svg}");
        assert!(svg.contains("bold\" fill=\"#ffffff\">Day 1<"), "{svg}");
    }
}
