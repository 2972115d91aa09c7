//! Links to another identity provider that an administrator makes and undoes, where no claim names somebody, or a link
//! was undone and none is made again by itself.

use documents::IdentityProvider;
use model::sign_in::Verifier;
use model::{Actor, CredentialId, Personal, SubjectId};
use ports::store::Append;

use super::super::credentials::stream;
use crate::{App, AppError, ErrorKind};

/// The longest `sub` (OpenID Connect Core 1.0 §2), in ASCII characters.
const LONGEST: usize = 255;

/// A link that was made, or would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Linked {
    /// Whose.
    pub subject: SubjectId,
    /// The credential that it is; `None`: it would be.
    pub credential: Option<CredentialId>,
}

impl App {
    /// Links somebody to what another identity provider calls them (`sub`), to the letter. With `dry`, says whom.
    ///
    /// # Errors
    /// `Missing` for an unknown person or provider; `Invalid` for what no provider calls anybody; `Denied` for whoever
    /// may not sign in, and for privileged people: whoever can sign in there as somebody else must not be linked to
    /// them by one person; `Conflict` where either is linked already.
    pub async fn link_by_hand(
        &self,
        actor: &Actor,
        person: &str,
        (provider, sub): (&str, &str),
        dry: bool,
    ) -> Result<Linked, AppError> {
        let known = self.one_person(person).await?;
        let subject = known.person.subject;
        let provider = self.provider_declared(provider).await?;
        if sub.is_empty() || sub.len() > LONGEST || sub.bytes().any(|b| !(0x20..0x7f).contains(&b))
        {
            let problem =
                "what a provider calls somebody (`sub`) is 1 to 255 printable characters of ASCII";
            return Err(refused(ErrorKind::Invalid, problem));
        }
        if let Some(bar) = self.bar_of(&known).await? {
            let problem = format!("{subject} may not sign in: {}", bar.as_str());
            return Err(refused(ErrorKind::Denied, &problem));
        }
        if self.privileged_now(&known).await? {
            let problem = format!(
                "{subject} is privileged, and links of theirs are made by signing in there alone"
            );
            return Err(refused(ErrorKind::Denied, &problem));
        }
        let handle = self.upstream_handle(&provider.issuer, sub);
        let before = self.store.credential_by_handle(handle).await?;
        if let Some(row) = &before
            && row.state.ended.is_none()
        {
            let problem = format!("that is what {} is linked to", row.state.subject);
            return Err(refused(ErrorKind::Conflict, &problem));
        }
        let Some(mut append) = self.new_link(actor, subject, &provider, sub).await? else {
            let problem = format!("{subject} is linked to another account there");
            return Err(refused(ErrorKind::Conflict, &problem));
        };
        if dry {
            return Ok(Linked {
                subject,
                credential: None,
            });
        }
        if let Some(old) = before {
            // It was used up when it was made the first time; whoever makes it again moves what was undone.
            append.consume.clear();
            append = append.on(stream(old.id), old.head);
        }
        let made = append.events.iter().find_map(|event| match event {
            model::Event::CredentialChanged(one) => Some(one.credential),
            _ => None,
        });
        self.linked_by_hand(append).await?;
        Ok(Linked {
            subject,
            credential: made,
        })
    }

    async fn linked_by_hand(&self, append: Append) -> Result<(), AppError> {
        let append = self.announced(append).await?;
        match self.store.append(append).await.map_err(AppError::from) {
            Err(error) if error.kind() == ErrorKind::Conflict => Err(refused(
                ErrorKind::Conflict,
                "somebody was linked to it meanwhile",
            )),
            appended => appended.map(|_| ()),
        }
    }

    /// The link of somebody to a provider, by the issuer that it was made for; ended as any credential is.
    ///
    /// # Errors
    /// `Missing` for an unknown person or provider, and where they are not linked to it.
    pub async fn link_of(&self, person: &str, provider: &str) -> Result<CredentialId, AppError> {
        let subject = self.one_person(person).await?.person.subject;
        let provider = self.provider_declared(provider).await?;
        let mut links = self.credentials(subject).await?.into_iter();
        let link = links.find(|row| {
            matches!(&row.verifier, Personal::Known(Verifier::Upstream { issuer, .. })
                if *issuer == provider.issuer)
        });
        let missing =
            || AppError::missing("link of theirs to the identity provider", &provider.name);
        Ok(link.ok_or_else(missing)?.id)
    }

    async fn provider_declared(&self, name: &str) -> Result<IdentityProvider, AppError> {
        let loaded = self.loaded().await?;
        let found = loaded.tenant.identity_providers.get(name).cloned();
        found.ok_or_else(|| AppError::missing("identity provider", name))
    }
}

fn refused(kind: ErrorKind, problem: &str) -> AppError {
    AppError::new(
        kind,
        "TNR-SIGN-0039",
        format!("the link is not made: {problem}"),
        "look with `tenure sign-in credentials`, and undo a link that is wrong with `tenure sign-in unlink`",
    )
}
