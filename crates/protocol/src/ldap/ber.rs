//! The part of BER that LDAP has (RFC 4511 §5.1): tags of one byte, lengths that are said, primitive strings.

pub(super) const BOOLEAN: u8 = 0x01;
pub(super) const INTEGER: u8 = 0x02;
pub(super) const OCTETS: u8 = 0x04;
pub(super) const ENUMERATED: u8 = 0x0a;
pub(super) const SEQUENCE: u8 = 0x30;

/// An element with these contents.
pub(super) fn element(tag: u8, contents: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag];
    match contents.len() {
        short @ 0..=0x7f => bytes.push(short as u8),
        long => {
            let digits = long.to_be_bytes();
            let zeros = digits.iter().take_while(|byte| **byte == 0).count();
            // A length has at most eight bytes.
            bytes.push(0x80 | (digits.len() - zeros) as u8);
            bytes.extend_from_slice(&digits[zeros..]);
        }
    }
    bytes.extend_from_slice(contents);
    bytes
}

/// An element of elements.
pub(super) fn of(tag: u8, parts: &[Vec<u8>]) -> Vec<u8> {
    element(tag, &parts.concat())
}

/// A whole number that is not negative.
pub(super) fn number(tag: u8, value: u32) -> Vec<u8> {
    let digits = value.to_be_bytes();
    let zeros = digits.iter().take_while(|byte| **byte == 0).count();
    let mut contents = digits[zeros.min(3)..].to_vec();
    if contents[0] & 0x80 != 0 {
        contents.insert(0, 0);
    }
    element(tag, &contents)
}

/// A tag, what its element holds, and what follows.
pub(super) type First<'b> = (u8, &'b [u8], &'b [u8]);

/// The first element of these bytes, and what follows it; `None` while it is not whole.
///
/// # Errors
/// When its length is not said, takes more than four bytes, or is more than `longest`.
pub(super) fn first(bytes: &[u8], longest: usize) -> Result<Option<First<'_>>, ()> {
    let [tag, length, rest @ ..] = bytes else {
        return Ok(None);
    };
    let (length, rest) = match length {
        short @ 0..=0x7f => (usize::from(*short), rest),
        // 0x80 is a length that is not said.
        long @ 0x81..=0x84 => {
            let digits = usize::from(long & 0x7f);
            let Some((said, rest)) = rest.split_at_checked(digits) else {
                return Ok(None);
            };
            let length = said
                .iter()
                .fold(0usize, |sum, byte| sum << 8 | usize::from(*byte));
            (length, rest)
        }
        _ => return Err(()),
    };
    if length > longest {
        return Err(());
    }
    Ok(rest
        .split_at_checked(length)
        .map(|(contents, rest)| (*tag, contents, rest)))
}

/// What stands in an element, part by part.
pub(super) struct Parts<'b>(pub &'b [u8]);

impl<'b> Parts<'b> {
    /// The next part, whatever it is.
    pub fn next(&mut self) -> Option<(u8, &'b [u8])> {
        let (tag, contents, rest) = first(self.0, self.0.len()).ok()??;
        self.0 = rest;
        Some((tag, contents))
    }

    /// The next part, if it is one of this kind.
    pub fn of(&mut self, tag: u8) -> Option<&'b [u8]> {
        self.next()
            .filter(|(own, _)| *own == tag)
            .map(|(_, contents)| contents)
    }

    /// The next part as a number that is not negative, in at most five bytes.
    pub fn number(&mut self, tag: u8) -> Option<u32> {
        let digits = self.of(tag)?;
        let plain = (1..=5).contains(&digits.len()) && digits[0] & 0x80 == 0;
        let value = digits
            .iter()
            .fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
        u32::try_from(value).ok().filter(|_| plain)
    }
}
