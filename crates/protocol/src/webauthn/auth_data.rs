//! What the authenticator says of itself and of the credential (WebAuthn L3 §6.1).

use std::fmt;

use super::MAX_CREDENTIAL_ID;
use super::cbor::{self, CborFault, Value};

/// User present.
const UP: u8 = 1;
/// User verified.
const UV: u8 = 1 << 2;
/// Backup eligible.
const BE: u8 = 1 << 3;
/// Backup state.
const BS: u8 = 1 << 4;
/// Attested credential data follows.
const AT: u8 = 1 << 6;
/// Extensions follow.
const ED: u8 = 1 << 7;

/// The model of an authenticator: the AAGUID (WebAuthn L3 §6.5.1), 16 bytes. All zero when it is not told.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Aaguid(pub [u8; 16]);

impl fmt::Display for Aaguid {
    /// As a UUID (RFC 9562 §4).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, byte) in self.0.iter().enumerate() {
            if [4, 6, 8, 10].contains(&at) {
                f.write_str("-")?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Aaguid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Aaguid({self})")
    }
}

/// Why authenticator data is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DataFault {
    /// It ends before what its flags promise.
    #[error("it ends too early")]
    CutOff,
    /// Something follows that its flags do not promise.
    #[error("something follows behind it")]
    Trailing,
    /// A registration without a credential.
    #[error("it has no credential")]
    NoCredential,
    /// An assertion with a credential (§6.1: only for registrations).
    #[error("it has a credential, which only registrations have")]
    Credential,
    /// The key or the extensions are not read.
    #[error("its CBOR is wrong: {0}")]
    Cbor(#[from] CborFault),
    /// The extensions are no map.
    #[error("its extensions are no map")]
    Extensions,
}

/// Authenticator data, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AuthData<'a> {
    pub(super) rp_id_hash: &'a [u8; 32],
    flags: u8,
    pub(super) sign_count: u32,
    pub(super) credential: Option<Attested<'a>>,
}

/// The credential that was made (§6.5.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Attested<'a> {
    pub(super) aaguid: Aaguid,
    /// As it came: it may have any length that 16 bits count, see [`MAX_CREDENTIAL_ID`].
    pub(super) id: &'a [u8],
    /// The COSE key, as it is written.
    pub(super) key_bytes: &'a [u8],
    pub(super) key: Value<'a>,
}

impl<'a> AuthData<'a> {
    /// Reads it to the last byte. Reserved flags are passed over (§6.1), extensions are read for their bounds
    /// and not looked at: none is asked for, and what was not asked for is ignored (§7.1 step 28, §7.2
    /// step 23).
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, DataFault> {
        let (rp_id_hash, rest) = bytes.split_first_chunk().ok_or(DataFault::CutOff)?;
        let (&[flags], rest) = rest.split_first_chunk().ok_or(DataFault::CutOff)?;
        let (count, mut rest) = rest.split_first_chunk().ok_or(DataFault::CutOff)?;
        let mut credential = None;
        if flags & AT != 0 {
            let (attested, behind) = Attested::read(rest)?;
            credential = Some(attested);
            rest = behind;
        }
        if flags & ED != 0 {
            let (extensions, behind) = cbor::first(rest)?;
            extensions.as_map().ok_or(DataFault::Extensions)?;
            rest = behind;
        }
        if !rest.is_empty() {
            return Err(DataFault::Trailing);
        }
        Ok(Self {
            rp_id_hash,
            flags,
            sign_count: u32::from_be_bytes(*count),
            credential,
        })
    }

    pub(super) const fn user_present(&self) -> bool {
        self.flags & UP != 0
    }

    pub(super) const fn user_verified(&self) -> bool {
        self.flags & UV != 0
    }

    pub(super) const fn backup_eligible(&self) -> bool {
        self.flags & BE != 0
    }

    pub(super) const fn backup_state(&self) -> bool {
        self.flags & BS != 0
    }
}

impl<'a> Attested<'a> {
    fn read(bytes: &'a [u8]) -> Result<(Self, &'a [u8]), DataFault> {
        let (aaguid, rest) = bytes.split_first_chunk().ok_or(DataFault::CutOff)?;
        let (length, rest) = rest.split_first_chunk().ok_or(DataFault::CutOff)?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (id, rest) = rest.split_at_checked(length).ok_or(DataFault::CutOff)?;
        let (key, behind) = cbor::first(rest)?;
        let written = rest.len().saturating_sub(behind.len());
        let attested = Self {
            aaguid: Aaguid(*aaguid),
            id,
            key_bytes: rest.get(..written).unwrap_or_default(),
            key,
        };
        Ok((attested, behind))
    }

    /// Whether the id has a length that ids have (§7.1 step 25).
    pub(super) const fn has_usable_id(&self) -> bool {
        !self.id.is_empty() && self.id.len() <= MAX_CREDENTIAL_ID
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn data(flags: u8, tail: &[u8]) -> Vec<u8> {
        [&[9; 32][..], &[flags], &[0, 0, 1, 2], tail].concat()
    }

    #[test]
    fn flags_say_what_follows() {
        let bytes = data(!(AT | ED), &[]);
        let read = AuthData::read(&bytes).unwrap();
        assert_eq!((read.rp_id_hash, read.sign_count), (&[9; 32], 258));
        let flags = [
            read.user_present(),
            read.user_verified(),
            read.backup_eligible(),
            read.backup_state(),
        ];
        assert_eq!(flags, [true; 4]);
        assert!(AuthData::read(&data(ED, b"\xa1\x61k")).is_err());
        assert!(AuthData::read(&data(ED, b"\xa1\x61k\xf5")).is_ok());
        for (flags, tail, fault) in [
            (0, &b"\xa0"[..], DataFault::Trailing),
            (ED, b"", DataFault::Cbor(CborFault::CutOff)),
            (ED, b"\x80", DataFault::Extensions),
            (ED, b"\xa0\x00", DataFault::Trailing),
            (AT, &[7; 17], DataFault::CutOff),
            (AT, &[7; 40], DataFault::CutOff),
        ] {
            assert_eq!(AuthData::read(&data(flags, tail)), Err(fault), "{tail:?}");
        }
    }

    #[test]
    fn a_credential_is_cut_where_its_key_ends() {
        let tail = [&[3; 16][..], &[0, 2], b"id", b"\xa1\x01\x02", b"\xa0"].concat();
        let bytes = data(UP | AT | ED, &tail);
        let read = AuthData::read(&bytes).unwrap().credential.unwrap();
        assert_eq!(
            (read.id, read.key_bytes),
            (&b"id"[..], &b"\xa1\x01\x02"[..])
        );
        let name = "03030303-0303-0303-0303-030303030303";
        assert_eq!(read.aaguid.to_string(), name);
        for cut in 0..bytes.len() {
            assert!(AuthData::read(&bytes[..cut]).is_err(), "{cut} bytes");
        }
    }
}
