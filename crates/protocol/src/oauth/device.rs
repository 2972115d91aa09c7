//! Devices without a browser (RFC 8628): a device shows a code, and a person types it somewhere else.

use serde_json::json;

use super::{ClientView, ErrorCode, GrantType, OAuthError, Object, Params, Scopes};

/// How many seconds a device waits between two questions, at least (§3.5).
pub const INTERVAL_S: u32 = 5;
/// Letters that are hard to mistake for others, and spell no words (§6.1).
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
/// How many of them a code has: more than 34 bits, for minutes and a few guesses.
const LENGTH: usize = 8;
/// The longest that is looked at when somebody types a code.
const TYPED: usize = 32;

/// What a device asks for (§3.1).
///
/// # Errors
/// `unauthorized_client`: when the client may not ask by devices; `invalid_scope`; `invalid_request`: when a
/// parameter is malformed or there twice.
pub fn asked(params: &Params, client: &ClientView<'_>) -> Result<Scopes, OAuthError> {
    params.once()?;
    if !client.grants.contains(&GrantType::DeviceCode) {
        let problem = "the client may not use the device authorization grant: see its document";
        return Err(OAuthError::new(ErrorCode::UnauthorizedClient, problem));
    }
    let known = Scopes::asked(params)?.map(|asked| asked.within(client.scopes));
    match known.filter(|known| !known.is_empty()) {
        Some(known) => Ok(known),
        None => {
            let problem = "is missing, or has nothing that the client may ask for";
            Err(OAuthError::of(ErrorCode::InvalidScope, "scope", problem))
        }
    }
}

/// The answer to a device (§3.2). The address has no code in it: whoever is sent a link types what they see on
/// their own device, or nothing.
#[must_use]
pub fn answer(device_code: &str, user_code: &str, page: &str, seconds: u32) -> Object {
    [
        ("device_code", json!(device_code)),
        ("user_code", json!(shown(user_code))),
        ("verification_uri", json!(page)),
        ("expires_in", json!(seconds)),
        ("interval", json!(INTERVAL_S)),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

/// A code for a person, of this chance: each letter is as likely as the others. `None`: the chance was bad luck,
/// and is drawn again.
#[must_use]
pub fn user_code(chance: [u8; 32]) -> Option<String> {
    // 240 is the largest multiple of 20 in a byte.
    let fair = chance.into_iter().filter(|byte| *byte < 240);
    let letters = fair.map(|byte| char::from(LETTERS[usize::from(byte) % LETTERS.len()]));
    let code: String = letters.take(LENGTH).collect();
    (code.len() == LENGTH).then_some(code)
}

/// A code as a person reads it: `WDJB-MJHT`.
#[must_use]
pub fn shown(code: &str) -> String {
    match code.split_at_checked(LENGTH / 2) {
        Some((one, other)) => format!("{one}-{other}"),
        None => code.to_owned(),
    }
}

/// What somebody typed, as the code that they mean: in any case, and with whatever stands between letters. `None`:
/// it cannot be one.
#[must_use]
pub fn typed(text: &str) -> Option<String> {
    if text.len() > TYPED {
        return None;
    }
    let letters = text
        .chars()
        .filter(|one| !one.is_whitespace() && *one != '-');
    let code: String = letters.map(|one| one.to_ascii_uppercase()).collect();
    let right = code.len() == LENGTH && code.bytes().all(|byte| LETTERS.contains(&byte));
    right.then_some(code)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_code_is_typed_as_people_type() {
        let code = user_code([7; 32]).unwrap();
        assert_eq!(shown(&code), "KKKK-KKKK");
        for text in ["KKKK-KKKK", "kkkkkkkk", " kkkk - kkkk ", "K-K-K-K-K-K-K-K"] {
            assert_eq!(typed(text).as_deref(), Some(&*code), "{text:?}");
        }
        let long = "K".repeat(40);
        for text in [
            "",
            "KKKKKKK",
            "KKKKKKKKK",
            "KKKK_KKKK",
            "AAAAAAAA",
            "KKKKKKK\u{212a}",
            &long,
        ] {
            assert_eq!(typed(text), None, "{text:?}");
        }
    }

    #[test]
    fn every_letter_is_as_likely() {
        let mut counts = [0; 20];
        for byte in 0..240_u8 {
            let code = user_code([byte; 32]).unwrap();
            let first = code.as_bytes()[0];
            counts[LETTERS.iter().position(|one| *one == first).unwrap()] += 1;
        }
        assert_eq!(counts, [12; 20]);
        assert_eq!(user_code([240; 32]), None);
    }
}
