//! What follows from the signed metadata of service providers, put over their documents.
//!
//! It stands in the last record of a stream for each of them, and a stream of all says whether anything is new; neither
//! has a table. It counts as long as the document speaks of the same metadata: whoever takes `metadata` out of it is
//! back at what it says itself.

use std::sync::Arc;

use documents::{RelyingParty, Saml, Speaks, Tenant};
use model::event::MetadataFollowed;
use model::{Digest, Event};
use ports::store::Stream;

use crate::tenant::{Loaded, compiled};
use crate::{App, AppError};

/// The stream of all of them: whatever follows anew moves it.
pub(crate) fn followed_stream() -> Stream {
    Stream("saml-metadata".to_owned())
}

pub(super) fn stream_of(party: &str) -> Stream {
    Stream::new("saml-metadata-of", party)
}

/// Whether anything follows from metadata here.
pub(crate) fn follows(tenant: &Tenant) -> bool {
    let mut all = tenant.relying_parties.values();
    all.any(|party| party.saml().and_then(signed_source).is_some())
}

/// Of what metadata a document speaks, where they are signed by somebody whom it names.
pub(super) fn signed_source(saml: &Saml) -> Option<Digest> {
    let at = saml.metadata.as_ref()?;
    let signer = at.signed_by.as_ref()?;
    let named = [&*saml.entity_id, "\0", &*at.url, "\0", &**signer].concat();
    Some(Digest::of(named.as_bytes()))
}

impl App {
    /// The documents with what follows from metadata.
    pub(crate) async fn followed(&self, loaded: &Arc<Loaded>) -> Result<Arc<Loaded>, AppError> {
        let mut tenant: Option<Tenant> = None;
        for (name, party) in &loaded.tenant.relying_parties {
            let Some(of) = party.saml().and_then(signed_source) else {
                continue;
            };
            let (state, _) = self.followed_of(name).await?;
            let Some(state) = state.filter(|state| state.of == of) else {
                continue;
            };
            let tenant = tenant.get_or_insert_with(|| loaded.tenant.clone());
            let party = tenant.relying_parties.get_mut(name);
            if let Some(RelyingParty {
                speaks: Speaks::Saml(saml),
                ..
            }) = party
            {
                put_over(saml, state);
            }
        }
        Ok(match tenant {
            Some(tenant) => Arc::new(compiled(loaded.row.clone(), tenant)),
            None => Arc::clone(loaded),
        })
    }

    /// What follows for a service provider, and the head of its stream.
    pub(super) async fn followed_of(
        &self,
        party: &str,
    ) -> Result<(Option<MetadataFollowed>, Option<u64>), AppError> {
        let head = self.store.head_of(&stream_of(party)).await?;
        let Some(seq) = head else {
            return Ok((None, None));
        };
        let last = self.store.records(seq.saturating_sub(1), 1).await?;
        let state = last.into_iter().find_map(|record| match record.event {
            Event::MetadataFollowed(state) => Some(state),
            _ => None,
        });
        Ok((state, head))
    }
}

fn put_over(saml: &mut Saml, state: MetadataFollowed) {
    saml.certificates = state.certificates;
    if let (Some(own), Some(certificate)) = (&mut saml.encryption, state.encryption) {
        own.certificate = certificate;
    }
    saml.valid_until = state.valid_until.or(saml.valid_until);
}
