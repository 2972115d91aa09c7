//! Who has taken the next key, as far as is known: from the day on which it is staged, for each service provider.
//!
//! Each is a finding until somebody has confirmed a sign-in by that key, so none is forgotten. What is known is the
//! last record of the stream of that service provider and key; there is no table of it.

use std::fmt;

use documents::{RelyingParty, Saml, SamlKey};
use model::event::{FindingClosed, FindingOpened};
use model::finding::Finding;
use model::sign_in::KeyStage;
use model::{Actor, Event, FindingId, SigningKey, Timestamp};
use ports::store::{Append, Stream};

use super::METADATA;
use crate::tenant::Loaded;
use crate::{App, AppError, ErrorKind};

/// What is known of a service provider and a key that is staged, the weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Evidence {
    /// Nothing.
    Nothing,
    /// Its own metadata of ours were fetched since, by whoever knows their address.
    Fetched,
    /// Whoever runs it, or its own API, says that it holds the key.
    Declared,
    /// Somebody has signed in there by it, and a person says so.
    Confirmed,
}

impl Evidence {
    const ALL: [Self; 4] = [
        Self::Nothing,
        Self::Fetched,
        Self::Declared,
        Self::Confirmed,
    ];

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Fetched => "fetched",
            Self::Declared => "declared",
            Self::Confirmed => "confirmed",
        }
    }

    /// The code of the finding that is open meanwhile.
    const fn code(self) -> Option<&'static str> {
        match self {
            Self::Nothing => Some("TNR-SIGN-0035"),
            Self::Fetched => Some("TNR-SIGN-0036"),
            Self::Declared => Some("TNR-SIGN-0037"),
            Self::Confirmed => None,
        }
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is known of a service provider while the next key is staged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adoption {
    /// The name of its document.
    pub relying_party: String,
    /// The name of the next key (`kid`).
    pub kid: String,
    /// For whom the next key signs by its document: `nobody`, `everybody`, or groups of people.
    pub next_for: String,
    /// What is known.
    pub evidence: Evidence,
    /// Since when; `None`: it was declared after the key was staged, and nothing is known since.
    pub at: Option<Timestamp>,
    /// Who said so; empty where nobody has.
    pub by: String,
}

impl App {
    /// What is known of each service provider; none while no key that SAML is signed with is staged.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn key_adoption(&self) -> Result<Vec<Adoption>, AppError> {
        let loaded = match self.loaded().await {
            Err(error) if error.kind() == ErrorKind::Missing => return Ok(Vec::new()),
            loaded => loaded?,
        };
        let Some(kid) = self.staged_for_saml().await? else {
            return Ok(Vec::new());
        };
        let mut all = Vec::new();
        for (party, saml) in service_providers(&loaded) {
            all.push(self.adoption_of(party, saml, &kid).await?.0);
        }
        Ok(all)
    }

    /// Writes down that a service provider holds the next key, or what that would be.
    ///
    /// # Errors
    /// `Missing` when it is no service provider; `Conflict` when no key is staged, or as much is known already.
    pub async fn key_taken(
        &self,
        actor: &Actor,
        name: &str,
        evidence: Evidence,
        write: bool,
        reason: &str,
    ) -> Result<Adoption, AppError> {
        let loaded = self.loaded().await?;
        let mut all = service_providers(&loaded);
        let found = all.find(|(party, _)| party.name == name);
        let (party, saml) =
            found.ok_or_else(|| AppError::missing("service provider of SAML", name))?;
        let refused = |problem: String, fix: &str| {
            AppError::new(ErrorKind::Conflict, "TNR-SIGN-0038", problem, fix)
        };
        let Some(kid) = self.staged_for_saml().await? else {
            let fix = "make and publish one first: `tenure signing-keys stage`";
            return Err(refused(
                "no key is staged that SAML is signed with".to_owned(),
                fix,
            ));
        };
        let (mut adoption, head) = self.adoption_of(party, saml, &kid).await?;
        if adoption.evidence >= evidence {
            let known = adoption.evidence;
            let problem = format!("of `{name}` it is known already: {known}");
            return Err(refused(problem, "there is nothing to write down"));
        }
        if write {
            let append = self
                .evidence_append(actor, &adoption, evidence, reason)
                .await?;
            self.store
                .append(append.on(stream(name, &kid), head))
                .await?;
        }
        adoption.evidence = evidence;
        adoption.at = Some(self.now());
        adoption.by = actor.principal.clone();
        Ok(adoption)
    }

    /// Somebody fetched what a service provider alone is told of us. Whoever writes at the same time knows more.
    pub(super) async fn metadata_fetched(
        &self,
        party: &RelyingParty,
        saml: &Saml,
    ) -> Result<(), AppError> {
        let Some(kid) = self.staged_for_saml().await? else {
            return Ok(());
        };
        let (adoption, head) = self.adoption_of(party, saml, &kid).await?;
        if adoption.evidence != Evidence::Nothing {
            return Ok(());
        }
        let (system, reason) = (Actor::system(), "its metadata of ours were fetched");
        let append = self.evidence_append(&system, &adoption, Evidence::Fetched, reason);
        let append = append.await?.on(stream(&party.name, &kid), head);
        match self.store.append(append).await.map_err(AppError::from) {
            Err(error) if error.kind() == ErrorKind::Conflict => Ok(()),
            written => written.map(|_| ()),
        }
    }

    /// Adds to the append that stages a key what has to be known of each service provider.
    pub(crate) async fn announcing(
        &self,
        mut append: Append,
        kid: &str,
    ) -> Result<Append, AppError> {
        let loaded = match self.loaded().await {
            Err(error) if error.kind() == ErrorKind::Missing => return Ok(append),
            loaded => loaded?,
        };
        for (party, _) in service_providers(&loaded) {
            append
                .events
                .extend(self.over(&party.name, "another key is staged").await?);
            append
                .events
                .push(self.opened(&party.name, kid, Evidence::Nothing));
            append = append.on(stream(&party.name, kid), None);
        }
        Ok(append)
    }

    /// Holds that it is known of everybody whom a promotion changes that they hold the key: whoever holds another
    /// one would let nobody in.
    pub(crate) async fn is_taken(&self) -> Result<(), AppError> {
        let all = self.key_adoption().await?;
        let unknown = all
            .iter()
            .filter(|one| one.next_for != EVERYBODY && one.evidence < Evidence::Declared);
        let names: Vec<&str> = unknown.map(|one| one.relying_party.as_str()).collect();
        if names.is_empty() {
            return Ok(());
        }
        Err(AppError::new(
            ErrorKind::Conflict,
            "TNR-SIGN-0038",
            format!(
                "it is not known that these service providers hold the next key: {}",
                names.join(", ")
            ),
            "let some people sign in there by it first (`signing_key: {next_for: [GROUP]}`), then `tenure \
             signing-keys taken NAME`; `--early` does not wait for that, and whoever does not hold it lets nobody in",
        ))
    }

    /// What is told no longer once every service provider is signed for with that key.
    pub(crate) async fn nobody_waits(&self, reason: &str) -> Result<Vec<Event>, AppError> {
        let loaded = match self.loaded().await {
            Err(error) if error.kind() == ErrorKind::Missing => return Ok(Vec::new()),
            loaded => loaded?,
        };
        let mut events = Vec::new();
        for (party, _) in service_providers(&loaded) {
            events.extend(self.over(&party.name, reason).await?);
        }
        Ok(events)
    }

    async fn staged_for_saml(&self) -> Result<Option<String>, AppError> {
        let keys = self.store.signing_keys().await?;
        let is_next = |key: &SigningKey| key.stage == KeyStage::Next && self.signs_saml(key);
        let mut staged = keys.into_iter().filter(is_next);
        Ok(staged.next().map(|key| key.kid))
    }

    /// What is known, and the head of the stream that says so.
    async fn adoption_of(
        &self,
        party: &RelyingParty,
        saml: &Saml,
        kid: &str,
    ) -> Result<(Adoption, Option<u64>), AppError> {
        let head = self.store.head_of(&stream(&party.name, kid)).await?;
        let mut adoption = Adoption {
            relying_party: party.name.clone(),
            kid: kid.to_owned(),
            next_for: next_for(saml),
            evidence: Evidence::Nothing,
            at: None,
            by: String::new(),
        };
        if let Some(seq) = head {
            let last = self.store.records(seq.saturating_sub(1), 1).await?;
            if let Some(record) = last.into_iter().next() {
                adoption.evidence = told(&record.event);
                adoption.at = Some(record.at);
                adoption.by = record.actor.principal;
            }
        }
        Ok((adoption, head))
    }

    async fn evidence_append(
        &self,
        actor: &Actor,
        before: &Adoption,
        evidence: Evidence,
        reason: &str,
    ) -> Result<Append, AppError> {
        let name = &before.relying_party;
        let mut events = self.over(name, &format!("{evidence}: {reason}")).await?;
        match evidence.code() {
            Some(_) => events.push(self.opened(name, &before.kid, evidence)),
            // It has to be written down, also where nothing was open.
            None if events.is_empty() => {
                let id = FindingId::new(self.now(), ports::clock::draw(&*self.entropy));
                let finding = finding(name, &before.kid, Evidence::Nothing);
                let reason = format!("{evidence}: {reason}");
                events.push(Event::FindingOpened(FindingOpened { id, finding }));
                events.push(Event::FindingClosed(FindingClosed { id, reason }));
            }
            None => {}
        }
        Ok(Append::of(actor.clone(), events))
    }

    fn opened(&self, name: &str, kid: &str, evidence: Evidence) -> Event {
        let id = FindingId::new(self.now(), ports::clock::draw(&*self.entropy));
        let finding = finding(name, kid, evidence);
        Event::FindingOpened(FindingOpened { id, finding })
    }

    /// Closes what is open of a service provider.
    async fn over(&self, name: &str, reason: &str) -> Result<Vec<Event>, AppError> {
        let fingerprint = fingerprint(name);
        let open = self.store.open_finding(&fingerprint, None, None);
        let closed = open.await?.map(|row| {
            Event::FindingClosed(FindingClosed {
                id: row.opened.id,
                reason: reason.to_owned(),
            })
        });
        Ok(closed.into_iter().collect())
    }
}

fn service_providers(loaded: &Loaded) -> impl Iterator<Item = (&RelyingParty, &Saml)> {
    let parties = loaded.tenant.relying_parties.values();
    parties.filter_map(|party| Some((party, party.saml()?)))
}

const EVERYBODY: &str = "everybody";

fn next_for(saml: &Saml) -> String {
    match &saml.signing_key {
        SamlKey::Current => "nobody".to_owned(),
        SamlKey::Next => EVERYBODY.to_owned(),
        SamlKey::NextFor(groups) => {
            let groups: Vec<String> = groups
                .iter()
                .map(|group| format!("group {group}"))
                .collect();
            groups.join(", ")
        }
    }
}

/// What the last record of a stream says.
fn told(event: &Event) -> Evidence {
    match event {
        Event::FindingClosed(_) => Evidence::Confirmed,
        Event::FindingOpened(opened) => {
            let code = Some(opened.finding.code.as_str());
            let found = Evidence::ALL.into_iter().find(|one| one.code() == code);
            found.unwrap_or(Evidence::Nothing)
        }
        _ => Evidence::Nothing,
    }
}

fn stream(name: &str, kid: &str) -> Stream {
    Stream::new("saml-key", format!("{name}/{kid}"))
}

/// One for each service provider, whatever is known of it.
fn fingerprint(name: &str) -> String {
    format!("TNR-SIGN-0035/{name}")
}

fn finding(name: &str, kid: &str, evidence: Evidence) -> Finding {
    let problem = match evidence {
        Evidence::Nothing | Evidence::Confirmed => {
            format!("it is not known that `{name}` holds the next signing key {kid}")
        }
        Evidence::Fetched => {
            format!(
                "`{name}` could have the next signing key {kid}: its metadata of ours were fetched"
            )
        }
        Evidence::Declared => {
            format!(
                "`{name}` is said to hold the next signing key {kid}, and nobody has signed in by it"
            )
        }
    };
    let fix = format!(
        "have it take the certificate from {METADATA}?app={name}, let some people sign in there by it \
         (`signing_key: {{next_for: [GROUP]}}`), then `tenure signing-keys taken {name} --how confirmed`"
    );
    Finding {
        code: evidence.code().unwrap_or("TNR-SIGN-0035").to_owned(),
        fingerprint: fingerprint(name),
        subject: None,
        address: None,
        problem,
        fix,
    }
}
