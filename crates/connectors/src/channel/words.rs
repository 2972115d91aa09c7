//! How a letter reads.

use std::fmt::Write as _;

use model::Occasion;
use ports::Letter;

/// What it is about, in a few words of ours alone: it stands in a header of a mail as it is, where it is ASCII.
pub(super) fn subject(letter: &Letter) -> String {
    if let Some(own) = &letter.own {
        return own.subject.clone();
    }
    let about = match letter.occasion {
        Some(Occasion::HeldWave) => "a wave is held",
        Some(Occasion::LateLeaver) => "leavers are late",
        Some(Occasion::StaleSource) => "a source is silent",
        Some(Occasion::ExpiringCredential) => "a credential is about to end",
        Some(Occasion::FailedDrill) => "a drill did not pass",
        Some(Occasion::BreakGlass) => "a break-glass account was used",
        Some(Occasion::CredentialChange) => "what you sign in with has changed",
        Some(Occasion::Recovery) => "a code to sign in with again",
        None => "somebody tries this channel",
    };
    let passed_on = if letter.escalated.is_some() {
        " (passed on)"
    } else {
        ""
    };
    let again = if letter.again { " (perhaps again)" } else { "" };
    format!("Tenure: {about}{passed_on}{again}")
}

/// The text, in lines.
pub(super) fn text(letter: &Letter) -> String {
    if let Some(own) = &letter.own {
        return own.body.expose().to_owned();
    }
    let mut text = format!("{}.\n", capital(&letter.text));
    if !letter.advice.is_empty() {
        let _ = writeln!(text, "{}.", capital(&letter.advice));
    }
    if let Some(because) = &letter.escalated {
        let _ = writeln!(text, "Passed on, because {because}.");
    }
    if let Some(notice) = letter.notice {
        let _ = writeln!(
            text,
            "Say that you have it: `tenure notice ack {notice} --reason …`"
        );
    }
    let _ = writeln!(text, "Since {}.", letter.raised);
    if letter.again {
        text.push_str("This may have come before: the answer to an earlier attempt was lost.\n");
    }
    text
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use model::{Notice, NoticeId, Timestamp};

    use super::*;

    pub fn letter() -> Letter {
        Letter {
            id: "ntc_1-1-oncall".to_owned(),
            notice: Some(NoticeId::from_bits(1)),
            occasion: Some(Occasion::HeldWave),
            about: "wav_1".to_owned(),
            text: "a wave is held: <40> people & more — Ängström".to_owned(),
            advice: "look at it with `tenure waves show wav_1`".to_owned(),
            raised: Timestamp::from_micros(1_764_000_000_000_000),
            sent: Timestamp::from_micros(1_764_000_007_000_000),
            escalated: None,
            again: false,
            own: None,
        }
    }

    #[test]
    fn a_subject_is_of_our_words_alone_and_says_what_is_special() {
        for occasion in Occasion::ALL {
            let letter = Letter {
                occasion: Some(occasion),
                about: "x\r\nBcc: a@b".to_owned(),
                ..letter()
            };
            let subject = subject(&letter);
            let plain = subject.bytes().all(|b| (0x20..0x7f).contains(&b));
            assert!(plain && subject.len() < 78, "{subject}");
        }
        let special = Letter {
            escalated: Some("no channel took it".to_owned()),
            again: true,
            ..letter()
        };
        let said = subject(&special);
        assert_eq!(said, "Tenure: a wave is held (passed on) (perhaps again)");
        let text = text(&special);
        assert!(
            text.contains("Passed on, because no channel took it."),
            "{text}"
        );
        assert!(text.contains("This may have come before"), "{text}");
        let id = Notice::id_of(Occasion::HeldWave, "x").to_string();
        assert!(id.starts_with("ntc_"), "{id}");
    }
}
