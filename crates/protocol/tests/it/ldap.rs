//! What a directory is asked, and what is read of what it says.

use model::Secret;
use proptest::prelude::*;
use protocol::ldap::{
    Answer, Filter, MAX_MESSAGE, Message, NotLdap, bind, message, search, start_tls, unbind,
};

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    let pair = |pair: &[u8]| {
        let pair = std::str::from_utf8(pair).unwrap();
        u8::from_str_radix(pair, 16).unwrap()
    };
    digits.chunks(2).map(pair).collect()
}

#[test]
fn requests_are_what_others_send() {
    let asked = bind(1, "cn=a", &Secret::new("pw")).unwrap();
    assert_eq!(
        asked,
        hex("30 12 02 01 01 60 0d 02 01 03 04 04 63 6e 3d 61 80 02 70 77")
    );
    let filter = Filter {
        attribute: "uid",
        value: "*)(a=b",
        object_class: None,
    };
    let asked = search(300, "dc=x", filter, 5);
    let expected = "30 31 02 02 01 2c 63 2b 04 04 64 63 3d 78 0a 01 02 0a 01 00 02 01 02 02 01 05 01 01 ff \
                    a3 0d 04 03 75 69 64 04 06 2a 29 28 61 3d 62 30 05 04 03 31 2e 31";
    assert_eq!(
        asked,
        hex(expected),
        "the value is one octet string, whatever it holds"
    );
    let filter = Filter {
        object_class: Some("person"),
        ..filter
    };
    let both = search(1, "dc=x", filter, 5);
    assert!(both.windows(11).any(|w| w == b"objectClass"), "{both:?}");
    assert_eq!(
        start_tls(1),
        hex(
            "30 1d 02 01 01 77 18 80 16 31 2e 33 2e 36 2e 31 2e 34 2e 31 2e 31 34 36 36 2e 32 30 30 33 37"
        )
    );
    assert_eq!(unbind(200), hex("30 06 02 02 00 c8 42 00"));
}

/// A2: a bind without a name or without a password is no bind.
#[test]
fn a02_nobody_binds_without_a_password() {
    assert!(bind(1, "cn=a", &Secret::new("")).is_none());
    assert!(bind(1, "", &Secret::new("pw")).is_none());
}

fn read(bytes: &[u8]) -> Result<Option<Answer>, NotLdap> {
    Ok(message(bytes)?.map(|(message, _)| message.answer))
}

#[test]
fn answers_are_read_and_nothing_else_is() {
    let bound = hex("30 0c 02 01 02 61 07 0a 01 31 04 00 04 00");
    let said = Message {
        id: 2,
        answer: Answer::Bound(49),
    };
    assert_eq!(message(&bound), Ok(Some((said, bound.len()))));
    let two = [bound.clone(), bound.clone()].concat();
    assert_eq!(message(&two).unwrap().unwrap().1, bound.len());
    for cut in 0..bound.len() {
        assert_eq!(read(&bound[..cut]), Ok(None), "cut at {cut}");
    }
    let entry = hex("30 0d 02 01 03 64 08 04 04 63 6e 3d 61 30 00");
    assert_eq!(read(&entry), Ok(Some(Answer::Entry("cn=a".to_owned()))));
    // With a long form of a length, and with a control behind.
    let long = hex("30 81 0e 02 01 03 65 07 0a 01 00 04 00 04 00 a0 00");
    assert_eq!(read(&long), Ok(Some(Answer::Found(0))));
    assert_eq!(
        read(&hex("30 09 02 01 03 73 04 04 02 61 62")),
        Ok(Some(Answer::Elsewhere))
    );
    for wrong in [
        "31 0c 02 01 02 61 07 0a 01 31 04 00 04 00",
        "30 80 02 01 02 61 07 0a 01 31 04 00 04 00 00 00",
        "30 85 00 00 00 00 0c",
        "30 84 7f ff ff ff",
        "30 00",
        "30 03 02 01 02",
        "30 0c 02 01 ff 61 07 0a 01 31 04 00 04 00",
        "30 0c 04 01 02 61 07 0a 01 31 04 00 04 00",
        "30 0c 02 01 02 60 07 0a 01 31 04 00 04 00",
        "30 0c 02 01 02 61 07 02 01 31 04 00 04 00",
        "30 0c 02 01 02 61 07 0a 00 31 04 00 04 00",
        "30 0a 02 01 02 61 05 0a 01 31 04 00",
        "30 0c 02 01 02 61 7f 0a 01 31 04 00 04 00",
        "30 0b 02 01 03 64 06 04 02 ff fe 30 00",
    ] {
        assert_eq!(read(&hex(wrong)), Err(NotLdap), "{wrong}");
    }
    // One that is longer than any is refused as soon as it says so.
    let mut huge = vec![0x30, 0x83];
    huge.extend_from_slice(&u32::try_from(MAX_MESSAGE + 1).unwrap().to_be_bytes()[1..]);
    assert_eq!(read(&huge), Err(NotLdap));
}

proptest! {
    /// Any bytes are a message, the beginning of one, or refused; and none that is whole is longer than it was.
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(Some((_, length))) = message(&bytes) {
            prop_assert!(length <= bytes.len() && length > 0);
        }
    }

    /// One byte that differs panics nowhere.
    #[test]
    fn no_spoiled_answer_panics(at in 0usize..15, byte in any::<u8>()) {
        let mut entry = hex("30 0d 02 01 03 64 08 04 04 63 6e 3d 61 30 00");
        entry[at] = byte;
        let _ = message(&entry);
    }
}
