//! Mailing a code with which somebody who has lost everything gets in again.
//!
//! The notice names the pass; the code is derived from that by a key of ours when the mail goes out, so that it is
//! written down nowhere, and a mail that was not taken can be sent again.

use std::sync::Arc;

use model::{Digest, Notice, PassId, Secret, SubjectId, Timestamp};
use ports::{Channel, KeyRing, Letter};

use super::words::Words;
use crate::tenant::Loaded;
use crate::{App, AppError};

/// Of a notice: whose it is, and which pass the code is of.
fn read(notice: &Notice) -> Option<(SubjectId, PassId)> {
    let (subject, pass) = notice.about.split_once(' ')?;
    Some((subject.parse().ok()?, pass.parse().ok()?))
}

/// What a pass that is mailed is drawn from: as good as chance for whoever lacks the key.
pub(crate) fn mailed_code(ring: &dyn KeyRing, pass: PassId) -> Digest {
    ring.keyed_digest("mailed-pass/text", pass.to_string().as_bytes())
}

impl App {
    /// Whether there is still a reason to mail a code.
    pub(super) async fn code_waits(&self, notice: &Notice) -> Result<bool, AppError> {
        Ok(self.code_ends(notice).await?.is_some())
    }

    /// Until when the pass of a notice counts; `None`: it does no longer.
    async fn code_ends(&self, notice: &Notice) -> Result<Option<Timestamp>, AppError> {
        let Some((subject, pass)) = read(notice) else {
            return Ok(None);
        };
        let live = self.live_passes(subject).await?;
        let mut live = live.iter();
        Ok(live.find(|row| row.id == pass).map(|row| row.expires))
    }

    /// The channel to the address to which a code is mailed, and how the mail reads. The address is asked for once
    /// more: it may have changed since.
    pub(super) async fn code_told(
        &self,
        loaded: &Loaded,
        notice: &Notice,
        letter: &mut Letter,
    ) -> Result<Arc<dyn Channel>, AppError> {
        let missing = || AppError::missing("address of the person", &notice.about);
        let sign_on = loaded.tenant.sign_on.as_ref();
        let sign_on = sign_on.ok_or_else(missing)?;
        let told = (sign_on.tell_people.as_ref()).zip(sign_on.recover_by_mail.as_ref());
        let (tell, by_mail) = told.ok_or_else(missing)?;
        let (subject, pass) = read(notice).ok_or_else(missing)?;
        let ends = self.code_ends(notice).await?.ok_or_else(missing)?;
        let known = self.member(subject).await?.map_err(|_| missing())?;
        let to = self.settled_address(loaded, &known, by_mail).await?;
        let to = to.ok_or_else(missing)?;
        let code = Secret::new(crate::sign_in::written_code(mailed_code(
            &*self.keyring,
            pass,
        )));
        let url = self.issuer()?.endpoint(crate::paths::MAILED);
        letter.own = Some(Words::of(tell, Some(&known)).code(&code, &url, ends, letter));
        self.channel_to(loaded, &tell.channel, to).await
    }
}
