//! The two uses of an expression: conditions and mappings.

use crate::decided::{Compared, Decided, Mapped};
use crate::error::{EvalError, ExprError, Problem};
use crate::eval::{Out, Recorder, Run, Silent, Val};
use crate::parse::{Wanted, compile};
use crate::schema::{Schema, Type};
use crate::tree::Tree;
use model::Facts;
use model::observation::Glanced;

/// A compiled expression that is true or false.
#[derive(Debug, Clone)]
pub struct Condition {
    tree: Tree,
}

/// A compiled expression that gives a value.
#[derive(Debug, Clone)]
pub struct Mapping {
    tree: Tree,
    required: bool,
}

/// Compiles a condition.
///
/// # Errors
/// Everything that is wrong with it, each with its place in the source, sorted by place.
pub fn compile_condition(source: &str, schema: &Schema) -> Result<Condition, Vec<ExprError>> {
    Ok(Condition {
        tree: compile(source, schema, Wanted::Bool)?.tree,
    })
}

/// Compiles a mapping.
///
/// # Errors
/// Everything that is wrong with it, each with its place in the source, sorted by place.
pub fn compile_mapping(source: &str, schema: &Schema) -> Result<Mapping, Vec<ExprError>> {
    Ok(Mapping {
        tree: compile(source, schema, Wanted::Any)?.tree,
        required: false,
    })
}

impl Condition {
    /// The text it was compiled from.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.tree.source
    }

    /// The names of the attributes it can look at, sorted; `worker_key` among them.
    #[must_use]
    pub fn attributes(&self) -> Vec<&str> {
        self.tree.attributes()
    }

    /// Whether it holds for the worker with this key and these facts, with the way to the
    /// answer. An error (a comparison with something missing) is no answer: neither grant nor
    /// take away because of it.
    #[must_use]
    pub fn holds(&self, facts: &Facts, key: &str) -> Decided<bool> {
        let mut recorder = Recorder::default();
        let run = Run {
            tree: &self.tree,
            facts,
            key,
        };
        let answer = truth(&run, run.root(&mut recorder));
        Decided {
            answer,
            trace: recorder.trace,
            facts: recorder.facts,
        }
    }

    /// As [`Condition::holds`], without the trace: for many people at once.
    ///
    /// # Errors
    /// When there is no answer.
    pub fn test(&self, facts: &Facts, key: &str) -> Result<bool, EvalError> {
        let run = Run {
            tree: &self.tree,
            facts,
            key,
        };
        truth(&run, run.root(&mut Silent))
    }
}

impl Mapping {
    /// The text it was compiled from.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.tree.source
    }

    /// The names of the attributes it can look at, sorted; `worker_key` among them.
    #[must_use]
    pub fn attributes(&self) -> Vec<&str> {
        self.tree.attributes()
    }

    /// The type of its value.
    #[must_use]
    pub fn gives(&self) -> Type {
        self.tree.root.of
    }

    /// Makes a missing result an error, for a value that nothing can go without.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// The value for the worker with this key and these facts, with the way to it.
    #[must_use]
    pub fn value(&self, facts: &Facts, key: &str) -> Decided<Mapped> {
        let mut recorder = Recorder::default();
        let run = Run {
            tree: &self.tree,
            facts,
            key,
        };
        let answer = self.mapped(&run, run.root(&mut recorder));
        Decided {
            answer,
            trace: recorder.trace,
            facts: recorder.facts,
        }
    }

    /// As [`Mapping::value`], without the trace.
    ///
    /// # Errors
    /// When there is no answer.
    pub fn apply(&self, facts: &Facts, key: &str) -> Result<Mapped, EvalError> {
        let run = Run {
            tree: &self.tree,
            facts,
            key,
        };
        self.mapped(&run, run.root(&mut Silent))
    }

    /// As [`Mapping::apply`], for whoever only needs to know whether it gives what was seen: nothing
    /// is copied for that.
    ///
    /// # Errors
    /// When there is no answer.
    pub fn compare(
        &self,
        facts: &Facts,
        key: &str,
        seen: Option<&Glanced<'_>>,
    ) -> Result<Compared, EvalError> {
        let run = Run {
            tree: &self.tree,
            facts,
            key,
        };
        match run.root(&mut Silent)? {
            Some(value) if seen.is_some_and(|seen| value.is(seen)) => Ok(Compared::Same),
            Some(_) => Ok(Compared::Differs),
            None if self.required => Err(missing(&run)),
            None => Ok(Compared::Missing),
        }
    }

    fn mapped(&self, run: &Run<'_>, out: Out<'_>) -> Result<Mapped, EvalError> {
        match out? {
            Some(value) => Ok(Mapped::Value(value.to_value())),
            None if self.required => Err(missing(run)),
            None => Ok(Mapped::Missing),
        }
    }
}

fn truth(run: &Run<'_>, out: Out<'_>) -> Result<bool, EvalError> {
    match out? {
        Some(Val::Bool(flag)) => Ok(flag),
        // The checker lets only bool be a condition, so what is not one is missing.
        _ => Err(missing(run)),
    }
}

fn missing(run: &Run<'_>) -> EvalError {
    let root = &run.tree.root;
    EvalError {
        span: root.span,
        problem: Problem::Missing(run.text_of(root)),
    }
}
