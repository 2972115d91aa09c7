//! What becomes of an attribute for which nothing gives a value.

use rules::Mapping;

use crate::kinds::app;
use crate::report::{self, Reporter};
use crate::tenant::Tenant;
use crate::wire::{Missing, ValuedSpec};
use crate::yaml::Part;

/// An expression as it stands in a document, alone or with `missing:`.
pub(super) struct Valued<'s> {
    source: &'s str,
    missing: Option<Missing>,
    /// It is the field `value` of what stands there.
    inner: bool,
}

impl<'s> From<&'s String> for Valued<'s> {
    fn from(source: &'s String) -> Self {
        Self {
            source,
            missing: None,
            inner: false,
        }
    }
}

impl<'s> From<&'s ValuedSpec> for Valued<'s> {
    fn from(spec: &'s ValuedSpec) -> Self {
        Self {
            source: &spec.value,
            missing: spec.missing,
            inner: true,
        }
    }
}

/// Compiles what gives an attribute its value; with it, whether the attribute is emptied where it
/// gives none. What is `needed` is never without a value: that is an error for the person.
pub(super) fn mapping(
    valued: &Valued<'_>,
    needed: bool,
    tenant: &Tenant,
    path: &[Part<'_>],
    reporter: &mut Reporter<'_, '_>,
) -> Option<(Mapping, bool)> {
    let source = [path, &[Part::Key("value")]].concat();
    let at = if valued.inner { &source[..] } else { path };
    let mapping = app::mapping(valued.source, tenant, at, reporter)?;
    if needed && matches!(valued.missing, Some(Missing::Keep | Missing::Clear)) {
        let at = [path, &[Part::Key("missing")]].concat();
        let problem = "an account is recognised by this, so it cannot go without a value";
        let fix = "write `refuse`, which is what holds here without a word";
        reporter.at(report::VALUE, &at, problem, fix);
    }
    let refused = needed || valued.missing == Some(Missing::Refuse);
    let mapping = if refused { mapping.required() } else { mapping };
    Some((mapping, valued.missing == Some(Missing::Clear)))
}
