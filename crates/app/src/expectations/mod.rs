//! Running the tests that a tenant's documents hold. Pure: the same engine as in production, on
//! facts that the tests give.

mod mapping;
mod story;
mod trace;

use documents::{Kind, Part, Tenant, locate};
use lifecycle::Mode;
use model::Diagnostic;

use crate::{AppError, ErrorKind, tenant};

/// How one test came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestResult {
    /// `MappingTest` or `LifecycleTest`.
    pub kind: &'static str,
    /// `metadata.name`.
    pub name: String,
    /// The file it is in.
    pub file: String,
    /// The line at which it begins.
    pub line: u64,
    /// What did not come out as expected; empty when it passed.
    pub failures: Vec<TestFailure>,
}

/// One expectation that was not met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestFailure {
    /// The line of the expectation.
    pub line: u64,
    /// Its column.
    pub column: u64,
    /// Its field.
    pub field: String,
    /// What was looked at, for people.
    pub about: String,
    /// What was expected.
    pub expected: String,
    /// What came out.
    pub got: String,
    /// How it came to that: the expressions that spoke, and each part of them.
    pub trace: Vec<String>,
}

/// An expectation that was not met, before its place in the files is known.
struct Unmet<'t> {
    path: Vec<Part<'t>>,
    about: String,
    expected: String,
    got: String,
    trace: Vec<String>,
}

/// Checks a tenant's documents and runs every test in them, in the order of kinds and names.
///
/// # Errors
/// `Invalid` with a diagnostic for each thing that is wrong with the documents. A test that fails
/// is no error here.
pub fn test_documents(files: &[(String, String)]) -> Result<Vec<TestResult>, AppError> {
    let tenant = documents::load(files).map_err(crate::documents::wrong)?;
    Ok(run(&tenant, files))
}

/// Runs every test. `files` are those that the tenant was made from, for the places.
pub(crate) fn run(tenant: &Tenant, files: &[(String, String)]) -> Vec<TestResult> {
    let mut book = tenant::rulebook(tenant, 0);
    // A test says what is right, not how far Tenure may go already.
    for app in book.apps.values_mut() {
        app.mode = Mode::Enforce;
    }
    let mappings = tenant.mapping_tests.values().filter_map(|test| {
        let app = book.apps.get(&test.app)?;
        let unmet = mapping::unmet(test, app);
        Some(result(Kind::MappingTest, &test.name, unmet, files))
    });
    let stories = tenant.lifecycle_tests.values().map(|test| {
        let unmet = story::unmet(test, &book);
        result(Kind::LifecycleTest, &test.name, unmet, files)
    });
    mappings.chain(stories).collect()
}

fn result(kind: Kind, name: &str, unmet: Vec<Unmet<'_>>, files: &[(String, String)]) -> TestResult {
    let at = |path: &[Part<'_>]| locate(files, (kind, name), path);
    let own = at(&[]);
    let failures = unmet.into_iter().map(|unmet| {
        let place = at(&unmet.path);
        TestFailure {
            line: place.as_ref().map_or(0, |p| p.line),
            column: place.as_ref().map_or(0, |p| p.column),
            field: place.map_or_else(String::new, |p| p.field),
            about: unmet.about,
            expected: unmet.expected,
            got: unmet.got,
            trace: unmet.trace,
        }
    });
    TestResult {
        kind: kind.as_str(),
        name: name.to_owned(),
        line: own.as_ref().map_or(0, |p| p.line),
        file: own.map_or_else(String::new, |p| p.file),
        failures: failures.collect(),
    }
}

/// Refuses documents whose own tests fail: whoever wrote a test wants to know before it counts.
///
/// # Errors
/// `Invalid` with a diagnostic for each expectation that was not met.
pub(crate) fn refuse_failures(
    tenant: &Tenant,
    files: &[(String, String)],
) -> Result<usize, AppError> {
    let results = run(tenant, files);
    let failed = results.iter().filter(|r| !r.failures.is_empty()).count();
    if failed == 0 {
        return Ok(results.len());
    }
    let diagnostics = results.iter().flat_map(|result| {
        result.failures.iter().map(|failure| Diagnostic {
            code: FAILED.to_owned(),
            place: result.file.clone(),
            line: failure.line,
            column: failure.column,
            field: failure.field.clone(),
            problem: format!(
                "`{}`: {} should be {}, but is {}",
                result.name, failure.about, failure.expected, failure.got
            ),
            fix: "mend the rule or mapping, or the test where the change is meant".to_owned(),
        })
    });
    let problem = format!("{failed} of {} tests in the documents fail", results.len());
    let fix = "`tenure test DIR` shows how each came to its answer; nothing was changed";
    Err(AppError::new(ErrorKind::Invalid, FAILED, problem, fix).with(diagnostics.collect()))
}

/// A test in the documents fails.
const FAILED: &str = "TNR-APP-0005";
