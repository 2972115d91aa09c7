//! Whom the word of another identity provider is about: whoever is linked to (issuer, `sub`), and nobody else.
//!
//! A link is made the first time by a key that the documents declare, and only for somebody who signs in there, may
//! sign in at all, and has none to that issuer yet. A name that both sides happen to know is no such key; a mail
//! address is one where the documents say that the provider gives it out. A link that was undone is not made again by
//! itself.

use documents::IdentityProvider;
use model::sign_in::{Credential, Factor, Verifier};
use model::{Actor, CredentialId, Digest, Personal, SubjectId};
use ports::store::{Append, OneTime, Stream};
use protocol::oauth::upstream::IdToken;

use super::super::credentials::{changed, stream};
use crate::{App, AppError, ErrorKind, Known};

/// Whom a word is about.
pub(crate) enum Found {
    /// Somebody who is linked.
    Linked(SubjectId),
    /// Somebody who is from now on, by this append.
    First(SubjectId, Box<Append>),
    /// Nobody; why, in words that name nobody, and who it would have been.
    Nobody(&'static str, Option<SubjectId>),
}

impl App {
    /// Whom an ID token of this provider is about.
    ///
    /// # Errors
    /// When the store does not answer.
    pub(crate) async fn linked(
        &self,
        provider: &IdentityProvider,
        token: &IdToken,
    ) -> Result<Found, AppError> {
        let handle = self.upstream_handle(&provider.issuer, &token.sub);
        if let Some(row) = self.store.credential_by_handle(handle).await? {
            let subject = row.state.subject;
            return Ok(match row.state.ended {
                None => Found::Linked(subject),
                Some(_) => Found::Nobody(
                    "the link was undone: it is made again by an administrator only",
                    Some(subject),
                ),
            });
        }
        let subject = match self.vouched_person(provider, token).await? {
            Ok(subject) => subject,
            Err(why) => return Ok(Found::Nobody(why, None)),
        };
        let known = match self.member(subject).await? {
            Ok(known) => known,
            Err(bar) => return Ok(Found::Nobody(bar.as_str(), Some(subject))),
        };
        // What finds somebody may be older than what is known of them now.
        if !self.is_named_so(provider, token, &known).await? {
            let why = "what names them there is theirs no longer";
            return Ok(Found::Nobody(why, Some(subject)));
        }
        let route = self.upstream_of(&known).await?;
        if route.is_none_or(|at| at.name != provider.name) {
            return Ok(Found::Nobody("they do not sign in there", Some(subject)));
        }
        let actor = Actor::named(&subject.to_string());
        let append = self.new_link(&actor, subject, provider, &token.sub).await?;
        Ok(match append {
            Some(append) => Found::First(subject, Box::new(append)),
            None => Found::Nobody("they are linked to another account there", Some(subject)),
        })
    }

    /// Whether somebody is linked, or was, to whom an ID token is about.
    pub(super) async fn has_link(
        &self,
        provider: &IdentityProvider,
        token: &IdToken,
    ) -> Result<bool, AppError> {
        let handle = self.upstream_handle(&provider.issuer, &token.sub);
        Ok(self.store.credential_by_handle(handle).await?.is_some())
    }

    /// The append that links somebody; `None` where they are linked to that issuer already.
    pub(super) async fn new_link(
        &self,
        actor: &Actor,
        subject: SubjectId,
        provider: &IdentityProvider,
        sub: &str,
    ) -> Result<Option<Append>, AppError> {
        // Two links of one person at once: one is first.
        let theirs = Stream::new("links", subject);
        let head = self.store.head_of(&theirs).await?;
        let links = self.credentials(subject).await?;
        let same = |verifier: &Personal<Verifier>| {
            matches!(verifier, Personal::Known(Verifier::Upstream { issuer, .. })
                if *issuer == provider.issuer)
        };
        if links.iter().any(|row| same(&row.verifier)) {
            return Ok(None);
        }
        let handle = self.upstream_handle(&provider.issuer, sub);
        let now = self.clock.now();
        let id = CredentialId::new(now, ports::clock::draw(&*self.entropy));
        let state = Credential {
            subject,
            factor: Factor::Upstream,
            handle: Some(handle),
            made: now,
            ended: None,
        };
        let verifier = Verifier::Upstream {
            provider: provider.name.clone(),
            issuer: provider.issuer.clone(),
            sub: sub.to_owned(),
        };
        let event = changed(id, state, Personal::Known(verifier));
        let append = Append::of(actor.clone(), vec![event])
            .on(stream(id), None)
            .on(theirs, head)
            // Two who bring the same one at once: one is first.
            .consuming(OneTime {
                space: "upstream-link",
                value: handle,
            });
        Ok(Some(append))
    }

    /// Whom the claim of the documents names; or why nobody.
    async fn vouched_person(
        &self,
        provider: &IdentityProvider,
        token: &IdToken,
    ) -> Result<Result<SubjectId, &'static str>, AppError> {
        let name = match name_in(provider, token) {
            Ok(name) => name,
            Err(why) => return Ok(Err(why)),
        };
        let found = match &provider.link.source {
            Some(source) => {
                let person = self.store.person_by_key(source, &name).await?;
                person.map(|person| person.subject)
            }
            None => self.subject_searched(&name).await?,
        };
        Ok(found.ok_or("nobody here has the key that it tells"))
    }

    /// Whether what the claim says is what is known of somebody now.
    async fn is_named_so(
        &self,
        provider: &IdentityProvider,
        token: &IdToken,
        known: &Known,
    ) -> Result<bool, AppError> {
        let Ok(name) = name_in(provider, token) else {
            return Ok(false);
        };
        if let Some(source) = &provider.link.source {
            let mut theirs = known.person.engagements.iter();
            return Ok(theirs.any(|of| of.source == *source && of.key == name));
        }
        match self.login_given(known).await {
            Ok(login) => Ok(login.trim().to_lowercase() == name.trim().to_lowercase()),
            Err(error) if error.kind() == ErrorKind::Invalid => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// By what a link is found. Keyed, so that nobody who guesses a `sub` finds it in what is stored.
    pub(super) fn upstream_handle(&self, issuer: &str, sub: &str) -> Digest {
        let named = [issuer, "\0", sub].concat();
        self.keyring.keyed_digest("upstream-link", named.as_bytes())
    }
}

/// What the declared claim says, if it may name anybody.
fn name_in(provider: &IdentityProvider, token: &IdToken) -> Result<String, &'static str> {
    let link = &provider.link;
    let name = token
        .says(&link.claim)
        .ok_or("it does not tell the key by which people are found")?;
    if link.claim != "email" && !name.contains('@') {
        return Ok(name);
    }
    // Whoever gives out addresses of a domain says whose they are; nobody else does.
    let domain = match name.split_once('@') {
        Some((local, domain)) if !local.is_empty() && !domain.contains('@') => domain,
        _ => return Err("what it tells is no mail address"),
    };
    if !link.email_domains.contains(&domain.to_ascii_lowercase()) {
        return Err("the mail address is none that it gives out");
    }
    match token.doubts_email() {
        true => Err("it does not vouch for the mail address"),
        false => Ok(name),
    }
}
