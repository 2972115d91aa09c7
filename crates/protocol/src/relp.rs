//! RELP: syslog messages that the receiver acknowledges, one by one. As rsyslog's `librelp` speaks it:
//! a frame is `TXNR SP COMMAND SP DATALEN [SP DATA] LF`, and each command is answered by an `rsp` with
//! the same number.

/// The offer with which a session begins.
const OFFER: &str = "relp_version=0\nrelp_software=tenure\ncommands=syslog";
/// The largest number of a command; the next one is 1 again.
const LAST: u32 = 999_999_999;
/// The longest answer, in bytes. That to an offer has a few lines.
const LONGEST: usize = 4_096;

/// What may be asked of a receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command<'a> {
    /// Begin.
    Open,
    /// Take this message.
    Syslog(&'a [u8]),
    /// End.
    Close,
}

/// The bytes of a command.
#[must_use]
pub fn frame(number: u32, command: Command<'_>) -> Vec<u8> {
    let (word, data) = match command {
        Command::Open => ("open", OFFER.as_bytes()),
        Command::Syslog(message) => ("syslog", message),
        Command::Close => ("close", &b""[..]),
    };
    let mut frame = format!("{number} {word} {}", data.len()).into_bytes();
    if !data.is_empty() {
        frame.push(b' ');
        frame.extend_from_slice(data);
    }
    frame.push(b'\n');
    frame
}

/// The number after this one.
#[must_use]
pub const fn next(number: u32) -> u32 {
    if number >= LAST { 1 } else { number + 1 }
}

/// What a receiver says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// It took the command with this number.
    Taken(u32),
    /// It did not; its code.
    Refused(u32, u16),
    /// It ends the session by itself.
    Closing,
}

/// That bytes are no reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the receiver does not speak RELP")]
pub struct NotRelp;

/// The first reply of these bytes and how many bytes it has; `None` while there is none yet.
///
/// # Errors
/// When they are no reply, or it is longer than any.
pub fn reply(bytes: &[u8]) -> Result<Option<(Reply, usize)>, NotRelp> {
    let mut at = 0;
    let Some(number) = word(bytes, &mut at)? else {
        return Ok(None);
    };
    let Some(command) = word(bytes, &mut at)? else {
        return Ok(None);
    };
    // Behind a length of zero there is no space.
    let digits = bytes[at..].iter().take_while(|b| b.is_ascii_digit());
    let digits = digits.count();
    let Some(behind) = bytes.get(at + digits) else {
        return bounded(bytes);
    };
    let length: usize = text(&bytes[at..at + digits])?
        .parse()
        .map_err(|_| NotRelp)?;
    let start = match (behind, length) {
        (b' ', _) => at + digits + 1,
        (b'\n', 0) => at + digits,
        _ => return Err(NotRelp),
    };
    if length > LONGEST {
        return Err(NotRelp);
    }
    let end = start + length;
    match bytes.get(end) {
        None => return bounded(bytes),
        Some(b'\n') => {}
        Some(_) => return Err(NotRelp),
    }
    let number: u32 = number.parse().map_err(|_| NotRelp)?;
    let reply = match command {
        "rsp" => answered(number, &bytes[start..end])?,
        "serverclose" => Reply::Closing,
        _ => return Err(NotRelp),
    };
    Ok(Some((reply, end + 1)))
}

/// More is waited for, unless there is too much already.
fn bounded(bytes: &[u8]) -> Result<Option<(Reply, usize)>, NotRelp> {
    if bytes.len() > LONGEST + 64 {
        return Err(NotRelp);
    }
    Ok(None)
}

/// The word up to the next space, which is passed over.
fn word<'a>(bytes: &'a [u8], at: &mut usize) -> Result<Option<&'a str>, NotRelp> {
    /// `TXNR` and `COMMAND` have at most 9 and 32 characters.
    const WORD: usize = 32;
    let rest = &bytes[*at..];
    match rest.iter().take(WORD + 1).position(|b| *b == b' ') {
        Some(end) => {
            *at += end + 1;
            text(&rest[..end]).map(Some)
        }
        None if rest.len() <= WORD => Ok(None),
        None => Err(NotRelp),
    }
}

fn text(bytes: &[u8]) -> Result<&str, NotRelp> {
    std::str::from_utf8(bytes).map_err(|_| NotRelp)
}

/// `200 OK`, or another code.
fn answered(number: u32, data: &[u8]) -> Result<Reply, NotRelp> {
    let code = data.get(..3).ok_or(NotRelp)?;
    match text(code)?.parse().map_err(|_| NotRelp)? {
        200 => Ok(Reply::Taken(number)),
        code => Ok(Reply::Refused(number, code)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn commands_are_framed() {
        assert_eq!(
            frame(2, Command::Syslog(b"<14>1 -")),
            b"2 syslog 7 <14>1 -\n"
        );
        assert_eq!(frame(3, Command::Close), b"3 close 0\n");
        assert!(frame(1, Command::Open).starts_with(b"1 open 51 relp_version=0\n"));
        assert_eq!((next(1), next(LAST)), (2, 1));
    }

    #[test]
    fn replies_are_read_whole_or_not_yet() {
        let bytes = b"1 rsp 93 200 OK\nrelp_version=0\nrelp_software=librelp,1.11.0,http://librelp.adiscon.com\ncommands=syslog\n2 rsp 6 200 OK\n0 serverclose 0\n";
        let (first, used) = reply(bytes).unwrap().unwrap();
        assert_eq!(first, Reply::Taken(1));
        for cut in 0..used {
            assert_eq!(reply(&bytes[..cut]), Ok(None), "cut at {cut}");
        }
        let rest = &bytes[used..];
        let (second, used) = reply(rest).unwrap().unwrap();
        assert_eq!(second, Reply::Taken(2));
        assert_eq!(reply(&rest[used..]).unwrap().unwrap().0, Reply::Closing);
        let refused = reply(b"9 rsp 9 500 Error\n").unwrap().unwrap().0;
        assert_eq!(refused, Reply::Refused(9, 500));
    }

    #[test]
    fn what_is_no_reply_is_refused() {
        for wrong in [
            &b"HTTP/1.1 400 Bad Request\r\n\r\n"[..],
            b"220 mail.acme.example ESMTP ready for whatever you may have to say\r\n",
            b"1 rsp 99999 x\n",
            b"1 rsp 2 200 OK\n",
            b"x rsp 6 200 OK\n",
            b"1 syslog 0\n",
            b"1 rsp 2 OK\n",
        ] {
            assert_eq!(reply(wrong), Err(NotRelp), "{wrong:?}");
        }
    }
}
