//! Taking in a new revision of the tenant's documents.

mod horizon;
mod people;

use documents::Tenant;
use model::event::{Document, DocumentsAccepted};
use model::{Actor, Diagnostic, Event};
use ports::store::{Append, DocumentsRow};

use crate::deliver::DeliveryReport;
use crate::tenant::{compiled, stream};
use crate::{App, AppError, ErrorKind, expectations};

/// What became of documents that were sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentsReport {
    /// The revision that is, or would be, in force.
    pub revision: u64,
    /// False when they are the same as those in force.
    pub changed: bool,
    /// Files that are new or different, and files that are gone.
    pub files: Vec<(String, &'static str)>,
    /// Sources, apps and rules in all.
    pub counts: (usize, usize, usize),
    /// Tests in the documents; all passed.
    pub tests: usize,
    /// What they say of people that is new, as the delivery that it is.
    pub people: Option<DeliveryReport>,
    /// What is right, and still does not do what whoever wrote it may expect.
    pub notes: Vec<String>,
}

impl App {
    /// Documents as they are kept, and compared with those in force.
    pub(crate) fn as_stored(&self, files: &[(String, String)]) -> Vec<Document> {
        let seal = |said: &str| {
            let digest = self.keyring.keyed_digest("person", said.as_bytes());
            digest.to_string()
        };
        let kept = documents::stored(files, &seal).into_iter();
        let document = |(name, text)| Document {
            kind: "file".to_owned(),
            name,
            text,
        };
        kept.map(document).collect()
    }

    /// Checks documents and, unless `dry_run`, puts them in force. They replace all earlier ones.
    ///
    /// # Errors
    /// `Invalid` with a diagnostic for each thing that is wrong, or for each expectation of the
    /// documents' own tests that is not met.
    pub async fn accept_documents(
        &self,
        actor: &Actor,
        mut files: Vec<(String, String)>,
        dry_run: bool,
    ) -> Result<DocumentsReport, AppError> {
        files.sort();
        let (tenant, tests) = self.checked(&files)?;
        let stream = stream();
        let head = self.store.head_of(&stream).await?;
        let known = self.store.documents().await?;
        let before: &[Document] = known.as_ref().map_or(&[], |k| &k.documents);
        let documents = self.as_stored(&files);
        let files = differences(before, &documents);
        let revision = known.as_ref().map_or(0, |k| k.revision);
        let changed = !files.is_empty();
        let counts = (tenant.sources.len(), tenant.apps.len(), tenant.rules.len());
        let notes = self.notes(&tenant);
        let revision = if changed { revision + 1 } else { revision };
        let row = DocumentsRow {
            revision,
            author: actor.principal.clone(),
            at: self.clock.now(),
            documents,
        };
        let loaded = compiled(row, tenant);
        let told = self.told_of_people(actor, &loaded).await?;
        let mut append = Append::of(actor.clone(), Vec::new()).on(stream, head);
        if changed {
            append
                .events
                .push(Event::DocumentsAccepted(DocumentsAccepted {
                    revision,
                    author: actor.principal.clone(),
                    documents: loaded.row.documents.clone(),
                }));
        }
        // In one append: documents in force name nobody whom the log does not know.
        if !told.events.is_empty() {
            append = append.on(told.stream, told.head);
            append.events.extend(told.events);
        }
        if !append.events.is_empty() && !dry_run {
            self.store.append(append).await?;
            self.due_after_documents(&loaded).await?;
        }
        Ok(DocumentsReport {
            revision,
            changed,
            files,
            counts,
            tests,
            people: told.report,
            notes,
        })
    }

    /// Everything that can be told of documents without the store: whether they are sound,
    /// describe targets, end in time, and pass their own tests. Gives the number of tests.
    pub(crate) fn checked(&self, files: &[(String, String)]) -> Result<(Tenant, usize), AppError> {
        let tenant = documents::load(files).map_err(wrong)?;
        let apps = tenant.apps.values();
        let parties = || tenant.relying_parties.values();
        let providers = tenant.identity_providers.values();
        let unusable: Vec<Diagnostic> = apps
            .filter_map(|app| Some(unusable(app, self.connect.check(app).err()?)))
            .chain(parties().flat_map(crate::saml::unusable_certificates))
            .chain(parties().flat_map(crate::oidc::unusable_keys))
            .chain(providers.flat_map(crate::saml::unusable_signers))
            .collect();
        if !unusable.is_empty() {
            return Err(wrong(unusable));
        }
        people::refuse_withheld(&tenant, files)?;
        horizon::refuse_beyond(&tenant, files, self.clock.now())?;
        let tests = expectations::refuse_failures(&tenant, files)?;
        Ok((tenant, tests))
    }
}

impl App {
    /// What the documents say and this installation does not do yet.
    fn notes(&self, tenant: &Tenant) -> Vec<String> {
        let parties = &tenant.relying_parties;
        let listed = |names: Vec<&String>| {
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            names.join(", ")
        };
        let mut notes = Vec::new();
        // Relying parties may be written before the policy is.
        if !parties.is_empty() && tenant.sign_on.is_none() {
            let names = listed(parties.keys().collect());
            notes.push(format!(
                "nobody can sign in to {names} before there is a `SignOnPolicy` document"
            ));
        }
        let certified = parties
            .iter()
            .filter(|(_, party)| crate::oidc::needs_certificate(party));
        let certified: Vec<&String> = certified.map(|(name, _)| name).collect();
        if !certified.is_empty() && self.mutual.is_none() {
            let names = listed(certified);
            notes.push(format!(
                "{names} can be given nothing before the configuration has `mtls.listen`, where \
                 certificates are asked for"
            ));
        }
        notes
    }
}

pub(crate) fn wrong(diagnostics: Vec<Diagnostic>) -> AppError {
    let problem = format!("{} things are wrong with the documents", diagnostics.len());
    let fix = "mend each place that is named; nothing was changed";
    AppError::new(ErrorKind::Invalid, "TNR-APP-0004", problem, fix).with(diagnostics)
}

fn unusable(app: &documents::App, problem: String) -> Diagnostic {
    Diagnostic {
        code: "TNR-APP-0014".to_owned(),
        place: format!("App {}", app.name),
        line: 0,
        column: 0,
        field: match &app.reach {
            documents::Reach::Scim(_) => "spec.scim",
            documents::Reach::HandOff(_) => "spec.handoff",
        }
        .to_owned(),
        problem,
        fix: "mend the app's document and push it again".to_owned(),
    }
}

pub(crate) fn differences(before: &[Document], after: &[Document]) -> Vec<(String, &'static str)> {
    let mut files = Vec::new();
    for document in after {
        match before.iter().find(|b| b.name == document.name) {
            None => files.push((document.name.clone(), "new")),
            Some(b) if b.text != document.text => files.push((document.name.clone(), "changed")),
            Some(_) => {}
        }
    }
    for document in before {
        if !after.iter().any(|a| a.name == document.name) {
            files.push((document.name.clone(), "removed"));
        }
    }
    files.sort();
    files
}
