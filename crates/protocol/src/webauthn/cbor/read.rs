//! The reader.

use super::{CborFault, Map, Value};

/// How many arrays and maps may lie inside each other (CTAP 2.1 §8).
pub(super) const DEPTH: usize = 4;
/// How many values a document may hold. An attestation with a chain of certificates has about thirty.
pub(super) const VALUES: usize = 512;
/// The longest document, in bytes: four messages of CTAP 2.1 (§11.2.4), of which one has 7,609.
pub(super) const BYTES: usize = 32 << 10;

/// Reads one value behind which nothing follows.
pub(in crate::webauthn) fn whole(bytes: &[u8]) -> Result<Value<'_>, CborFault> {
    match first(bytes)? {
        (value, []) => Ok(value),
        _ => Err(CborFault::Trailing),
    }
}

/// Reads one value, and gives the bytes that follow.
pub(in crate::webauthn) fn first(bytes: &[u8]) -> Result<(Value<'_>, &[u8]), CborFault> {
    if bytes.len() > BYTES {
        return Err(CborFault::TooLarge);
    }
    let mut reader = Reader {
        rest: bytes,
        values: 0,
    };
    let value = reader.value(DEPTH)?;
    Ok((value, reader.rest))
}

struct Reader<'a> {
    rest: &'a [u8],
    values: usize,
}

impl<'a> Reader<'a> {
    /// A value with at most `depth` arrays and maps inside each other.
    fn value(&mut self, depth: usize) -> Result<Value<'a>, CborFault> {
        self.values += 1;
        if self.values > VALUES {
            return Err(CborFault::TooLarge);
        }
        let [initial] = self.array()?;
        let (major, low) = (initial >> 5, initial & 0x1f);
        if major == 7 {
            return match low {
                20 => Ok(Value::Bool(false)),
                21 => Ok(Value::Bool(true)),
                22 => Ok(Value::Null),
                31 => Err(CborFault::Indefinite),
                _ => Err(CborFault::Kind),
            };
        }
        let argument = self.argument(low)?;
        match major {
            0 => signed(argument).map(Value::Int),
            // −1 − n, which cannot overflow: n is not negative.
            1 => signed(argument).map(|number| Value::Int(-1 - number)),
            2 => self.take(argument).map(Value::Bytes),
            3 => {
                let text = std::str::from_utf8(self.take(argument)?);
                text.map(Value::Text).map_err(|_| CborFault::NotUtf8)
            }
            4 => self.entries(argument, depth, Self::value).map(Value::Array),
            5 => self.map(argument, depth),
            _ => Err(CborFault::Kind),
        }
    }

    fn map(&mut self, length: u64, depth: usize) -> Result<Value<'a>, CborFault> {
        let entries = self.entries(length, depth, |reader, depth| {
            let key = reader.value(depth)?;
            if !matches!(key, Value::Int(_) | Value::Text(_)) {
                return Err(CborFault::KeyKind);
            }
            Ok((key, reader.value(depth)?))
        })?;
        let twice = |at: usize| entries[..at].iter().any(|(key, _)| *key == entries[at].0);
        if (1..entries.len()).any(twice) {
            return Err(CborFault::Twice);
        }
        Ok(Value::Map(Map(entries)))
    }

    /// Nothing is set aside for a length that is only claimed: each entry is counted as it is read.
    fn entries<T>(
        &mut self,
        length: u64,
        depth: usize,
        read: impl Fn(&mut Self, usize) -> Result<T, CborFault>,
    ) -> Result<Vec<T>, CborFault> {
        let depth = depth.checked_sub(1).ok_or(CborFault::TooDeep)?;
        let mut entries = Vec::new();
        for _ in 0..length {
            entries.push(read(self, depth)?);
        }
        Ok(entries)
    }

    /// The number behind the first three bits (RFC 8949 §3), which has one spelling.
    fn argument(&mut self, low: u8) -> Result<u64, CborFault> {
        let (argument, least) = match low {
            0..=23 => return Ok(low.into()),
            24 => (u8::from_be_bytes(self.array()?).into(), 24),
            25 => (u16::from_be_bytes(self.array()?).into(), 1 << 8),
            26 => (u32::from_be_bytes(self.array()?).into(), 1 << 16),
            27 => (u64::from_be_bytes(self.array()?), 1 << 32),
            31 => return Err(CborFault::Indefinite),
            _ => return Err(CborFault::Kind),
        };
        if argument < least {
            return Err(CborFault::NotShortest);
        }
        Ok(argument)
    }

    fn take(&mut self, length: u64) -> Result<&'a [u8], CborFault> {
        let length = usize::try_from(length).map_err(|_| CborFault::CutOff)?;
        let (taken, rest) = self
            .rest
            .split_at_checked(length)
            .ok_or(CborFault::CutOff)?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], CborFault> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(CborFault::CutOff)?;
        self.rest = rest;
        Ok(*taken)
    }
}

fn signed(argument: u64) -> Result<i64, CborFault> {
    i64::try_from(argument).map_err(|_| CborFault::Kind)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read() {
        let bytes = b"\xa3\x01\x26\x20\x43abc\x61k\x84\xf5\xf4\xf6\x39\xff\xfe";
        let value = whole(bytes).unwrap();
        let map = value.as_map().unwrap();
        assert_eq!(map.len(), 3);
        assert_eq!(map.numbered(1), Some(&Value::Int(-7)));
        assert_eq!(
            map.numbered(-1).and_then(Value::as_bytes),
            Some(&b"abc"[..])
        );
        let array = map.named("k").and_then(Value::as_array).unwrap();
        let (yes, no) = (Value::Bool(true), Value::Bool(false));
        assert_eq!(array, [yes, no, Value::Null, Value::Int(-65_535)]);
        let (value, rest) = first(b"\x61\x6brest").unwrap();
        assert_eq!((value.as_text(), rest), (Some("k"), &b"rest"[..]));
        let most = b"\x1b\x7f\xff\xff\xff\xff\xff\xff\xff";
        assert_eq!(whole(most), Ok(Value::Int(i64::MAX)));
        let least = b"\x3b\x7f\xff\xff\xff\xff\xff\xff\xff";
        assert_eq!(whole(least), Ok(Value::Int(i64::MIN)));
    }

    #[test]
    fn what_is_not_canonical_is_refused() {
        let cases: [(&[u8], CborFault); 27] = [
            (b"", CborFault::CutOff),
            (b"\x43ab", CborFault::CutOff),
            (b"\x82\x01", CborFault::CutOff),
            (b"\x19\x01", CborFault::CutOff),
            (b"\x5b\xff\xff\xff\xff\xff\xff\xff\xff", CborFault::CutOff),
            (b"\x9b\x00\x00\xff\xff\xff\xff\xff\xff", CborFault::CutOff),
            (b"\x01\x01", CborFault::Trailing),
            (b"\x5f\x41a\xff", CborFault::Indefinite),
            (b"\x9f\xff", CborFault::Indefinite),
            (b"\xbf\xff", CborFault::Indefinite),
            (b"\xff", CborFault::Indefinite),
            (b"\x18\x17", CborFault::NotShortest),
            (b"\x38\x00", CborFault::NotShortest),
            (b"\x19\x00\xff", CborFault::NotShortest),
            (b"\x1a\x00\x00\xff\xff", CborFault::NotShortest),
            (
                b"\x1b\x00\x00\x00\x00\xff\xff\xff\xff",
                CborFault::NotShortest,
            ),
            (b"\x58\x01a", CborFault::NotShortest),
            (b"\xc0\x00", CborFault::Kind),
            (b"\xf7", CborFault::Kind),
            (b"\xf9\x3c\x00", CborFault::Kind),
            (b"\x1c", CborFault::Kind),
            (b"\x1b\x80\x00\x00\x00\x00\x00\x00\x00", CborFault::Kind),
            (b"\x61\xff", CborFault::NotUtf8),
            (b"\xa1\x41a\x01", CborFault::KeyKind),
            (b"\xa2\x01\x01\x01\x02", CborFault::Twice),
            (b"\xa2\x61k\x01\x61k\x01", CborFault::Twice),
            (b"\x81\x81\x81\x81\x80", CborFault::TooDeep),
        ];
        for (bytes, fault) in cases {
            assert_eq!(whole(bytes), Err(fault), "{bytes:02x?}");
        }
    }

    #[test]
    fn bombs_cost_little() {
        assert_eq!(whole(&[0x81; 10_000]), Err(CborFault::TooDeep));
        assert_eq!(whole(&[0x01; BYTES + 1]), Err(CborFault::TooLarge));
        let mut wide = b"\x99\x02\x00".to_vec();
        wide.extend([0; 512]);
        assert_eq!(whole(&wide), Err(CborFault::TooLarge));
    }
}
