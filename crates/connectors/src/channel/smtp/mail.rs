//! One mail as bytes (RFC 5322, RFC 2045). Headers hold our own words, ids and checked addresses
//! only; the text is UTF-8 in base64, so that no line of it is long, odd or begins with a dot.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ports::Letter;

use super::Mailbox;
use crate::channel::words;

/// Bytes of text in one line of base64 (76 characters, RFC 2045 §6.8).
const LINE: usize = 57;
/// Bytes of text in one encoded word, of which the first stands behind `Subject: ` (75 characters, RFC 2047 §2).
const WORD: usize = 39;

/// The mail, with CRLF at the end of each line.
pub(super) fn mail(letter: &Letter, mailbox: &Mailbox) -> String {
    let domain = mailbox
        .from
        .split_once('@')
        .map_or("", |(_, domain)| domain);
    let printer = jiff::fmt::rfc2822::DateTimePrinter::new();
    let sent = jiff::Timestamp::from_microsecond(letter.sent.as_micros());
    let date = sent.and_then(|at| printer.timestamp_to_string(&at));
    let mut lines = vec![
        format!("From: Tenure <{}>", mailbox.from),
        format!("To: {}", mailbox.to.join(",\r\n ")),
        format!("Subject: {}", header(&words::subject(letter))),
        format!("Message-ID: <{}@{domain}>", letter.id),
        // RFC 3834 §5: nobody's holiday message may answer.
        "Auto-Submitted: auto-generated".to_owned(),
        "MIME-Version: 1.0".to_owned(),
        "Content-Type: text/plain; charset=utf-8".to_owned(),
        "Content-Transfer-Encoding: base64".to_owned(),
    ];
    lines.extend(date.ok().map(|date| format!("Date: {date}")));
    let own = letter.own.as_ref();
    lines.extend(own.map(|own| format!("Content-Language: {}", own.language)));
    lines.extend(letter.notice.map(|id| format!("Tenure-Notice: {id}")));
    lines.push(String::new());
    let text = words::text(letter).replace('\n', "\r\n");
    lines.extend(
        text.as_bytes()
            .chunks(LINE)
            .map(|part| STANDARD.encode(part)),
    );
    lines.push(String::new());
    lines.join("\r\n")
}

/// A subject as a header holds it: ASCII as it is, anything else in encoded words (RFC 2047 §2), each a line of its
/// own. Control characters are none of our words, and never become a header of their own.
fn header(subject: &str) -> String {
    let plain: String = subject.chars().filter(|c| !c.is_control()).collect();
    if plain.is_ascii() {
        return plain;
    }
    let mut words = vec![String::new()];
    for letter in plain.chars() {
        match words.last_mut() {
            Some(word) if word.len() + letter.len_utf8() <= WORD => word.push(letter),
            _ => words.push(letter.to_string()),
        }
    }
    let encoded = words.iter();
    let encoded = encoded.map(|word| format!("=?utf-8?B?{}?=", STANDARD.encode(word)));
    encoded.collect::<Vec<_>>().join("\r\n ")
}

/// As it goes over the wire after `DATA`: lines that begin with a dot get another one
/// (RFC 5321 §4.5.2), and a dot alone ends it.
pub(super) fn stuffed(mail: &str) -> String {
    let mut out = String::with_capacity(mail.len() + 8);
    for line in mail.split_inclusive("\r\n") {
        if line.starts_with('.') {
            out.push('.');
        }
        out.push_str(line);
    }
    out.push_str(".\r\n");
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::channel::words::tests::letter;

    fn mailbox() -> Mailbox {
        Mailbox {
            from: "tenure@acme.example".to_owned(),
            to: vec!["a@acme.example".to_owned(), "b@acme.example".to_owned()],
        }
    }

    #[test]
    fn a_mail_has_short_ascii_lines_and_says_what_the_letter_says() {
        let mail = mail(&letter(), &mailbox());
        let (head, body) = mail.split_once("\r\n\r\n").unwrap();
        assert!(
            head.contains("Message-ID: <ntc_1-1-oncall@acme.example>"),
            "{head}"
        );
        assert!(
            head.contains("To: a@acme.example,\r\n b@acme.example"),
            "{head}"
        );
        assert!(head.contains("Date: Mon, 24 Nov 2025 16:00:07 "), "{head}");
        assert!(head.contains("Tenure-Notice: ntc_"), "{head}");
        for line in mail.split("\r\n") {
            assert!(
                line.len() <= 78 && line.is_ascii() && !line.contains('\n'),
                "{line:?}"
            );
        }
        let text = STANDARD.decode(body.replace("\r\n", "")).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert!(
            text.starts_with("A wave is held: <40> people & more — Ängström.\r\n"),
            "{text}"
        );
    }

    /// Names and texts of documents and files never reach a header.
    #[test]
    fn nothing_of_a_text_becomes_a_header() {
        let odd = "x\r\nBcc: eve@evil.example\r\n\r\n.\r\nMAIL FROM:<eve@evil.example>";
        let letter = Letter {
            text: odd.to_owned(),
            advice: odd.to_owned(),
            about: odd.to_owned(),
            escalated: Some(odd.to_owned()),
            ..letter()
        };
        let mail = mail(&letter, &mailbox());
        assert!(!mail.contains("eve"), "{mail}");
        assert!(!stuffed(&mail).trim_end_matches(".\r\n").contains("\r\n."));
    }

    #[test]
    fn a_letter_to_a_person_reads_in_their_language() {
        let subject = "サインインに使うものが変更されました — コードを確認してください";
        let own = ports::Own {
            subject: format!("{subject}\r\nBcc: eve@evil.example"),
            body: model::Secret::new("変更されました。\n"),
            language: "ja",
        };
        let letter = Letter {
            own: Some(own),
            ..letter()
        };
        assert!(!format!("{letter:?}").contains("変更されました。"));
        let mail = mail(&letter, &mailbox());
        let (head, body) = mail.split_once("\r\n\r\n").unwrap();
        assert!(
            head.lines().all(|line| line.len() <= 76 && line.is_ascii()),
            "{head}"
        );
        assert!(
            head.contains("\r\nContent-Language: ja") && !head.contains("\r\nBcc"),
            "{head}"
        );
        let words = head.split("=?utf-8?B?").skip(1);
        let words = words.map(|word| STANDARD.decode(word.split("?=").next().unwrap()).unwrap());
        let read = String::from_utf8(words.collect::<Vec<_>>().concat()).unwrap();
        assert_eq!(read, format!("{subject}Bcc: eve@evil.example"));
        let text = STANDARD.decode(body.replace("\r\n", "")).unwrap();
        assert_eq!(String::from_utf8(text).unwrap(), "変更されました。\r\n");
    }

    #[test]
    fn dots_at_the_beginning_are_doubled() {
        assert_eq!(stuffed("a\r\n.\r\n..b\r\n"), "a\r\n..\r\n...b\r\n.\r\n");
        assert_eq!(stuffed(".a\r\n"), "..a\r\n.\r\n");
    }
}
