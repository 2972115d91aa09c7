//! What a server says.

use super::ber::{ENUMERATED, INTEGER, OCTETS, Parts, SEQUENCE, first};

/// The longest message that is read, in bytes. Names of entries are told, and nothing of what is in them.
pub const MAX_MESSAGE: usize = 64 << 10;
/// The longest name of an entry, in bytes.
const MAX_DN: usize = 4_096;

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Of which request it is; 0: of none.
    pub id: u32,
    /// What it says.
    pub answer: Answer,
}

/// What a server says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// How a bind ended.
    Bound(u32),
    /// The name of an entry.
    Entry(String),
    /// That something may be elsewhere; where is not looked at.
    Elsewhere,
    /// How a search ended.
    Found(u32),
    /// How an extended operation ended.
    Extended(u32),
}

/// That bytes are no message of LDAP, or one that is longer than any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the server does not speak LDAP")]
pub struct NotLdap;

/// The first message of these bytes and how many bytes it has; `None` while it is not whole.
///
/// # Errors
/// When they are no message, or it is longer than any.
pub fn message(bytes: &[u8]) -> Result<Option<(Message, usize)>, NotLdap> {
    let Some((tag, contents, rest)) = first(bytes, MAX_MESSAGE).map_err(|()| NotLdap)? else {
        return Ok(None);
    };
    let mut parts = Parts(contents);
    let read = (tag == SEQUENCE).then(|| {
        let id = parts.number(INTEGER)?;
        let (tag, operation) = parts.next()?;
        let answer = answer(tag, operation)?;
        Some(Message { id, answer })
    });
    // Controls may follow: none was asked for, and none is looked at.
    let message = read.flatten().ok_or(NotLdap)?;
    Ok(Some((message, bytes.len() - rest.len())))
}

fn answer(tag: u8, operation: &[u8]) -> Option<Answer> {
    let mut parts = Parts(operation);
    Some(match tag {
        0x61 => Answer::Bound(result(&mut parts)?),
        0x64 => {
            let dn = std::str::from_utf8(parts.of(OCTETS)?).ok()?;
            if dn.len() > MAX_DN {
                return None;
            }
            Answer::Entry(dn.to_owned())
        }
        0x65 => Answer::Found(result(&mut parts)?),
        0x73 => Answer::Elsewhere,
        0x78 => Answer::Extended(result(&mut parts)?),
        _ => return None,
    })
}

/// The code of a result (RFC 4511 §4.1.9). What is said beside it may name somebody, and is not kept.
fn result(parts: &mut Parts<'_>) -> Option<u32> {
    let code = parts.number(ENUMERATED)?;
    parts.of(OCTETS)?;
    parts.of(OCTETS)?;
    Some(code)
}
