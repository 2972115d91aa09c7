//! From text to a checked tree: CEL's parser for the syntax, with our bounds around it.

use cel::parser::Parser;

use crate::check::Checker;
use crate::error::{ExprError, Span};
use crate::schema::{Schema, Type};
use crate::tree::Tree;
use crate::{MAX_DEPTH, MAX_SOURCE};

/// What an expression must give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    Bool,
    Any,
}

/// Enough for the parser's recursion on the longest allowed source, in an unoptimised build.
const STACK: usize = 64 * 1024 * 1024;

/// Compiles a source text.
pub(crate) fn compile(
    source: &str,
    schema: &Schema,
    wanted: Wanted,
) -> Result<Tree, Vec<ExprError>> {
    let whole = Span {
        start: 0,
        end: source.len(),
    };
    if source.len() > MAX_SOURCE {
        return Err(vec![ExprError {
            span: whole,
            problem: format!(
                "the expression has {} bytes; {MAX_SOURCE} are allowed",
                source.len()
            ),
            fix: "split it into several rules".to_owned(),
        }]);
    }
    // The parser recurses as deeply as the text is long (`a.a.a…`), and documents come from
    // outside: a stack of its own keeps a hostile text from ending the process.
    let compiled = std::thread::scope(|scope| {
        std::thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, || parse_and_check(source, schema, wanted))
            .map(std::thread::ScopedJoinHandle::join)
    });
    match compiled {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err(vec![ExprError {
            span: whole,
            problem: "the parser gave up on this expression".to_owned(),
            fix: "write it in a simpler form".to_owned(),
        }]),
        Err(error) => Err(vec![ExprError {
            span: whole,
            problem: format!("the expression could not be read: {error}"),
            fix: "try again when the machine has memory to spare".to_owned(),
        }]),
    }
}

fn parse_and_check(source: &str, schema: &Schema, wanted: Wanted) -> Result<Tree, Vec<ExprError>> {
    let depth = u16::try_from(MAX_DEPTH).unwrap_or(u16::MAX);
    let parsed = Parser::new()
        .max_recursion_depth(depth)
        .parse_with_source_info(source);
    let (ast, info) = parsed.map_err(|errors| {
        errors
            .errors
            .iter()
            .take(5)
            .map(|e| syntax_error(source, e.pos, &e.msg))
            .collect::<Vec<_>>()
    })?;
    let mut checker = Checker::new(source, schema, &info);
    let root = checker.root(&ast);
    if let Some(root) = &root
        && wanted == Wanted::Bool
        && root.of != Type::Bool
    {
        checker.complain(
            root.span,
            format!("a condition is true or false, but this is {}", root.of),
            "compare it with something, for example `== \"…\"`",
        );
    }
    match (root, checker.errors) {
        (Some(root), errors) if errors.is_empty() => Ok(Tree {
            source: source.to_owned(),
            slots: checker.slots,
            root,
        }),
        (_, mut errors) => {
            errors.sort_by_key(|e| (e.span, e.problem.clone()));
            Err(errors)
        }
    }
}

/// The parser's messages list every token that could follow; people need the place and a word.
fn syntax_error(source: &str, (line, column): (isize, isize), message: &str) -> ExprError {
    let start = offset(source, line, column);
    let rest = source.get(start..).unwrap_or_default();
    let end = start + rest.chars().next().map_or(0, char::len_utf8);
    let message = message.strip_prefix("Syntax error: ").unwrap_or(message);
    let problem = if rest.trim().is_empty() {
        "the expression ends too early".to_owned()
    } else if message.starts_with("mismatched input") || message.starts_with("extraneous input") {
        let word: String = rest
            .chars()
            .take_while(|c| !c.is_whitespace())
            .take(20)
            .collect();
        format!("`{word}` cannot stand here")
    } else if message.starts_with("token recognition error") {
        "this is no word of the language; texts stand in quotes".to_owned()
    } else {
        let short: String = message.chars().take(120).collect();
        format!("not understood: {short}")
    };
    ExprError {
        span: Span { start, end },
        problem,
        fix: "the syntax is CEL, for example `person.department == \"Engineering\"`".to_owned(),
    }
}

fn offset(source: &str, line: isize, column: isize) -> usize {
    let line = usize::try_from(line).unwrap_or(0).saturating_sub(1);
    let column = usize::try_from(column).unwrap_or(0).saturating_sub(1);
    let before: usize = source.split_inclusive('\n').take(line).map(str::len).sum();
    let rest = source.get(before..).unwrap_or_default();
    before
        + rest
            .char_indices()
            .nth(column)
            .map_or(rest.len(), |(at, _)| at)
}
