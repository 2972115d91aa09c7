//! What somebody holds to show that we gave it to them: a session's cookie, an authorization code, a
//! refresh token.
//!
//! `ID.NUMBER.PROOF`, or `ID.NUMBER.BOUND.PROOF` where it is bound to a key or certificate: the id and a number of the thing, and a keyed digest over both for one purpose.
//! It is checked before the store is asked, so that guessing costs us nothing, and nothing that is
//! stored lets anybody make one. What it opens is decided by the thing's state, read each time.

use model::Digest;
use ports::KeyRing;
use protocol::oauth::Bound;

/// The longest that is looked at.
const LONGEST: usize = 200;

/// One purpose of such texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bearer(&'static str);

impl Bearer {
    /// The cookie of a session.
    pub(crate) const SESSION: Self = Self("session");
    /// An authorization code.
    pub(crate) const CODE: Self = Self("code");
    /// An access token that says nothing; its number is the second at which it ends.
    pub(crate) const ACCESS: Self = Self("access");
    /// The code of a device without a browser.
    pub(crate) const DEVICE: Self = Self("device");
    /// A refresh token.
    pub(crate) const REFRESH: Self = Self("refresh");
    /// A token with which clients may register themselves; its number is 0.
    pub(crate) const INITIAL_ACCESS: Self = Self("initial-access");
    /// The token with which a registered client asks about itself; its number is how often it was changed.
    pub(crate) const REGISTRATION: Self = Self("registration");
    /// The secret of a registered client; its number is the same.
    pub(crate) const CLIENT_SECRET: Self = Self("client-secret");
    /// What a session is called at a service provider of SAML (`SessionIndex`). It opens nothing: a signed request
    /// that names it may end what it names.
    pub(crate) const SAML: Self = Self("saml");
    /// The cookie of a device on which somebody has signed in; its number is the minute at which they did.
    pub(crate) const KNOWN_DEVICE: Self = Self("known-device");

    /// The text for a thing, and for a number where it has several in turn.
    pub(crate) fn write(
        self,
        ring: &dyn KeyRing,
        id: impl std::fmt::Display,
        number: u32,
    ) -> String {
        self.write_bound(ring, id, number, None)
    }

    /// The same, for whoever holds this alone.
    pub(crate) fn write_bound(
        self,
        ring: &dyn KeyRing,
        id: impl std::fmt::Display,
        number: u32,
        bound: Option<&Bound>,
    ) -> String {
        let mut named = format!("{id}.{number}");
        if let Some(bound) = bound {
            named.push('.');
            named.push_str(&bound.text());
        }
        let proof = self.proof(ring, &named);
        format!("{named}.{proof}")
    }

    /// Which thing and number a text is for, if it is one that we gave out for this purpose.
    pub(crate) fn read<T: std::str::FromStr>(
        self,
        ring: &dyn KeyRing,
        text: &str,
    ) -> Option<(T, u32)> {
        match self.read_bound(ring, text)? {
            (id, number, None) => Some((id, number)),
            (_, _, Some(_)) => None,
        }
    }

    /// The same, and whose holder alone may use it.
    pub(crate) fn read_bound<T: std::str::FromStr>(
        self,
        ring: &dyn KeyRing,
        text: &str,
    ) -> Option<(T, u32, Option<Bound>)> {
        if text.len() > LONGEST {
            return None;
        }
        let (named, proof) = text.rsplit_once('.')?;
        if !same(ring, proof, &self.proof(ring, named).to_string()) {
            return None;
        }
        let (id, number) = named.split_once('.')?;
        let (number, bound) = match number.split_once('.') {
            Some((number, bound)) => (number, Some(Bound::from(bound.to_owned()))),
            None => (number, None),
        };
        Some((id.parse().ok()?, number.parse().ok()?, bound))
    }

    fn proof(self, ring: &dyn KeyRing, named: &str) -> Digest {
        ring.keyed_digest(&format!("bearer/{}", self.0), named.as_bytes())
    }
}

/// Whether two texts are the same, in a time that tells nothing of where they differ: what is
/// compared are digests under a key that nobody else has.
pub(crate) fn same(ring: &dyn KeyRing, one: &str, other: &str) -> bool {
    let digest = |text: &str| ring.keyed_digest("compare", text.as_bytes());
    digest(one) == digest(other)
}

/// What a form of a session's own page sends along: it follows from the session, and nobody else can say it.
pub(crate) fn proof_of(ring: &dyn KeyRing, session: model::SessionId) -> String {
    ring.keyed_digest("bearer/form", session.to_string().as_bytes())
        .to_string()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use model::SessionId;
    use ports::{KeyRingError, Sealed};

    use super::*;

    /// Digests without a key: what is tried is the form of the texts.
    struct PlainKeyRing;

    impl KeyRing for PlainKeyRing {
        fn seal(&self, _: &str, _: &[u8]) -> Sealed {
            unimplemented!()
        }
        fn open(&self, _: &str, _: &Sealed) -> Result<Vec<u8>, KeyRingError> {
            unimplemented!()
        }
        fn seal_under(&self, _: &[u8; 32], _: &str, _: &[u8]) -> Vec<u8> {
            unimplemented!()
        }
        fn open_under(&self, _: &[u8; 32], _: &str, _: &[u8]) -> Option<Vec<u8>> {
            unimplemented!()
        }
        fn keyed_digest(&self, purpose: &str, bytes: &[u8]) -> Digest {
            Digest::of(&[purpose.as_bytes(), b"\0", bytes].concat())
        }
        fn sign(&self, _: &[u8]) -> Vec<u8> {
            unimplemented!()
        }
        fn verifying_key(&self) -> Vec<u8> {
            unimplemented!()
        }
    }

    #[test]
    fn only_what_was_given_out_for_the_purpose_is_read() {
        let ring = PlainKeyRing;
        let id = SessionId::from_bits(7);
        let text = Bearer::SESSION.write(&ring, id, 0);
        assert_eq!(Bearer::SESSION.read(&ring, &text), Some((id, 0)));
        assert_eq!(Bearer::CODE.read::<SessionId>(&ring, &text), None);
        for at in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[at] ^= 1;
            let changed = String::from_utf8_lossy(&changed).into_owned();
            assert_eq!(
                Bearer::SESSION.read::<SessionId>(&ring, &changed),
                None,
                "byte {at}"
            );
        }
        let certificate = Bound::Certificate("thumb".to_owned());
        let bound = Bearer::ACCESS.write_bound(&ring, id, 7, Some(&certificate));
        let read = Bearer::ACCESS.read_bound(&ring, &bound);
        assert_eq!(read, Some((id, 7, Some(certificate))));
        assert_eq!(Bearer::ACCESS.read::<SessionId>(&ring, &bound), None);
        let freed = bound.replace(".~thumb", "");
        assert_eq!(Bearer::ACCESS.read_bound::<SessionId>(&ring, &freed), None);
        for wrong in ["", ".", "..", &"x".repeat(201), &text[1..]] {
            assert_eq!(Bearer::SESSION.read::<SessionId>(&ring, wrong), None);
        }
    }
}
