//! From text to a checked tree: CEL's parser for the syntax, with our bounds around it.

use std::collections::BTreeSet;

use cel::common::ast::{Expr, IdedExpr, LiteralValue, SourceInfo};
use cel::parser::{ParseErrors, Parser};

use crate::check::Checker;
use crate::error::{ExprError, Span};
use crate::group::IN_GROUP;
use crate::schema::{Schema, Type};
use crate::tree::Tree;
use crate::{MAX_DEPTH, MAX_SOURCE};

/// A compiled expression and its size, with the groups that it asks for.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub tree: Tree,
    /// Parts.
    pub nodes: usize,
    /// Levels.
    pub depth: usize,
}

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
) -> Result<Compiled, Vec<ExprError>> {
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
    match on_own_stack(|| parse_and_check(source, schema, wanted)) {
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

/// The parser recurses as deeply as the text is long (`a.a.a…`), and documents come from outside: a
/// stack of its own keeps a hostile text from ending the process.
fn on_own_stack<T: Send>(
    work: impl FnOnce() -> T + Send,
) -> std::io::Result<std::thread::Result<T>> {
    std::thread::scope(|scope| {
        std::thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, work)
            .map(std::thread::ScopedJoinHandle::join)
    })
}

/// The names of the groups that an expression asks for; see [`crate::groups_in`].
pub(crate) fn groups_in(source: &str) -> Vec<String> {
    if source.len() > MAX_SOURCE {
        return Vec::new();
    }
    let read = on_own_stack(|| {
        let mut found = BTreeSet::new();
        if let Ok((ast, _)) = parsed(source) {
            collect_groups(&ast, &mut found);
        }
        found
    });
    match read {
        Ok(Ok(found)) => found.into_iter().collect(),
        // Compiling it will say what is wrong with it.
        _ => Vec::new(),
    }
}

fn collect_groups(expr: &IdedExpr, found: &mut BTreeSet<String>) {
    match &expr.expr {
        Expr::Call(call) => {
            let operands = call.target.as_deref().into_iter().chain(&call.args);
            for operand in operands {
                if let (IN_GROUP, Expr::Literal(LiteralValue::String(name))) =
                    (call.func_name.as_str(), &operand.expr)
                {
                    found.insert(name.inner().to_owned());
                }
                collect_groups(operand, found);
            }
        }
        Expr::List(list) => list.elements.iter().for_each(|e| collect_groups(e, found)),
        Expr::Select(select) => collect_groups(&select.operand, found),
        // What else there is, no expression of ours may have.
        _ => {}
    }
}

fn parsed(source: &str) -> Result<(IdedExpr, SourceInfo), ParseErrors> {
    let depth = u16::try_from(MAX_DEPTH).unwrap_or(u16::MAX);
    Parser::new()
        .max_recursion_depth(depth)
        .parse_with_source_info(source)
}

fn parse_and_check(
    source: &str,
    schema: &Schema,
    wanted: Wanted,
) -> Result<Compiled, Vec<ExprError>> {
    let (ast, info) = parsed(source).map_err(|errors| {
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
        (Some(root), errors) if errors.is_empty() => Ok(Compiled {
            tree: Tree {
                source: source.into(),
                slots: checker.slots,
                root,
            },
            nodes: checker.nodes,
            depth: checker.deepest,
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
