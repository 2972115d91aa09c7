//! What is said through the socket.
//!
//! A frame is its length in four bytes, big-endian, and a body of at most 96 KiB: a byte that says what it is, and
//! fields, each with its own length in front. A body with anything left over, or with more fields than are known, is
//! refused; nothing in it nests.

use serde_json::{Map, Value};

use ports::{HeldKey, KeyName, MadeKey, Sealed, SignerError, SigningUse};

/// The longest body, in bytes: a message of 64 KiB, and names.
pub(super) const MAX_BODY: usize = 96 << 10;
/// The longest message that is signed, in bytes. A token has at most 32 KiB, a query of SAML 64.
pub(super) const MAX_MESSAGE: usize = 64 << 10;
/// The most fields: a listing of every key that a vault holds.
const MAX_FIELDS: usize = 3 * super::vault::MOST + 8;
/// The version of all this; the first byte of a request.
const VERSION: u8 = 1;

/// What is asked.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Request<'a> {
    /// What is held.
    Held,
    /// A new key.
    Generate(SigningUse, &'a str),
    /// A key that was made before.
    Show(KeyName<'a>, Sealed),
    /// A signature.
    Sign(KeyName<'a>, &'a [u8]),
    /// That a key is forgotten.
    Forget(&'a str),
}

/// What is answered.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reply {
    Done,
    Held(Vec<HeldKey>),
    Made(MadeKey),
    Signed(Vec<u8>),
    Not(SignerError),
}

impl Request<'_> {
    /// The frame.
    pub(super) fn write(&self) -> Vec<u8> {
        let (op, fields): (u8, Vec<&[u8]>) = match self {
            Self::Held => (1, Vec::new()),
            Self::Generate(purpose, algorithm) => (2, vec![name(*purpose), algorithm.as_bytes()]),
            Self::Show(key, sealed) => {
                let mut fields = named(key);
                fields.extend([sealed.key.as_bytes(), sealed.bytes.as_slice()]);
                (3, fields)
            }
            Self::Sign(key, message) => {
                let mut fields = named(key);
                fields.push(message);
                (4, fields)
            }
            Self::Forget(kid) => (5, vec![kid.as_bytes()]),
        };
        frame(&[VERSION, op], &fields)
    }

    /// Of a body; `None`: it is none.
    pub(super) fn read(body: &[u8]) -> Option<Request<'_>> {
        let (&[version, op], rest) = body.split_first_chunk::<2>()?;
        if version != VERSION {
            return None;
        }
        let fields = fields(rest)?;
        Some(match (op, fields.as_slice()) {
            (1, []) => Request::Held,
            (2, [purpose, algorithm]) => Request::Generate(used(purpose)?, text(algorithm)?),
            (3, [purpose, algorithm, kid, by, bytes]) => {
                let sealed = Sealed {
                    key: text(by)?.to_owned(),
                    bytes: bytes.to_vec(),
                };
                Request::Show(key(purpose, algorithm, kid)?, sealed)
            }
            (4, [purpose, algorithm, kid, message]) if message.len() <= MAX_MESSAGE => {
                Request::Sign(key(purpose, algorithm, kid)?, message)
            }
            (5, [kid]) => Request::Forget(text(kid)?),
            _ => return None,
        })
    }
}

impl Reply {
    /// The frame.
    pub(super) fn write(&self) -> Vec<u8> {
        match self {
            Self::Done => frame(&[0], &[]),
            Self::Signed(signature) => frame(&[1], &[signature]),
            Self::Made(made) => {
                let public = json(&made.public);
                let sealed = &made.sealed;
                let fields = [
                    made.kid.as_bytes(),
                    public.as_bytes(),
                    sealed.key.as_bytes(),
                    &sealed.bytes,
                ];
                frame(&[2], &fields)
            }
            Self::Held(keys) => {
                let publics: Vec<String> = keys.iter().map(|key| json(&key.public)).collect();
                let all = keys.iter().zip(&publics);
                let fields: Vec<&[u8]> = all
                    .flat_map(|(key, public)| {
                        let algorithm = key.algorithm.as_bytes();
                        [name(key.purpose), algorithm, public.as_bytes()]
                    })
                    .collect();
                frame(&[3], &fields)
            }
            Self::Not(SignerError::NotHeld) => frame(&[4], &[]),
            Self::Not(SignerError::Refused(why)) => frame(&[5], &[why.as_bytes()]),
            Self::Not(SignerError::Silent(why)) => frame(&[6], &[why.as_bytes()]),
        }
    }

    /// Of a body; `None`: it is none.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let (status, rest) = body.split_first()?;
        let fields = fields(rest)?;
        Some(match (status, fields.as_slice()) {
            (0, []) => Self::Done,
            (1, [signature]) => Self::Signed(signature.to_vec()),
            (2, [kid, public, by, bytes]) => Self::Made(MadeKey {
                kid: text(kid)?.to_owned(),
                public: serde_json::from_slice(public).ok()?,
                sealed: Sealed {
                    key: text(by)?.to_owned(),
                    bytes: bytes.to_vec(),
                },
            }),
            (3, all) => Self::Held(held(all)?),
            (4, []) => Self::Not(SignerError::NotHeld),
            (5, [why]) => Self::Not(SignerError::Refused(text(why)?.to_owned())),
            (6, [why]) => Self::Not(SignerError::Silent(text(why)?.to_owned())),
            _ => return None,
        })
    }
}

fn held(fields: &[&[u8]]) -> Option<Vec<HeldKey>> {
    let (keys, []) = fields.as_chunks::<3>() else {
        return None;
    };
    let read = |[purpose, algorithm, public]: &[&[u8]; 3]| {
        Some(HeldKey {
            purpose: used(purpose)?,
            algorithm: text(algorithm)?.to_owned(),
            public: serde_json::from_slice(public).ok()?,
        })
    };
    keys.iter().map(read).collect()
}

/// The length of a body, of the first four bytes of a frame; `None`: longer than any.
pub(super) fn length(head: [u8; 4]) -> Option<usize> {
    let length = usize::try_from(u32::from_be_bytes(head)).ok()?;
    (1..=MAX_BODY).contains(&length).then_some(length)
}

fn frame(first: &[u8], fields: &[&[u8]]) -> Vec<u8> {
    let mut body = first.to_vec();
    for field in fields {
        body.extend(measure(field.len()));
        body.extend_from_slice(field);
    }
    let mut out = measure(body.len()).to_vec();
    out.append(&mut body);
    out
}

/// What is longer than can be said has a length that nobody takes.
fn measure(length: usize) -> [u8; 4] {
    u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes()
}

fn fields(mut rest: &[u8]) -> Option<Vec<&[u8]>> {
    let mut fields = Vec::new();
    while !rest.is_empty() {
        let (length, behind) = rest.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (field, behind) = behind.split_at_checked(length)?;
        if fields.len() == MAX_FIELDS {
            return None;
        }
        fields.push(field);
        rest = behind;
    }
    Some(fields)
}

fn named<'a>(key: &KeyName<'a>) -> Vec<&'a [u8]> {
    vec![
        name(key.purpose),
        key.algorithm.as_bytes(),
        key.kid.as_bytes(),
    ]
}

const fn name(purpose: SigningUse) -> &'static [u8] {
    purpose.name().as_bytes()
}

fn used(field: &[u8]) -> Option<SigningUse> {
    SigningUse::named(text(field)?)
}

fn key<'a>(purpose: &[u8], algorithm: &'a [u8], kid: &'a [u8]) -> Option<KeyName<'a>> {
    Some(KeyName {
        purpose: used(purpose)?,
        algorithm: text(algorithm)?,
        kid: text(kid)?,
    })
}

fn text(field: &[u8]) -> Option<&str> {
    std::str::from_utf8(field).ok()
}

fn json(public: &Map<String, Value>) -> String {
    serde_json::to_string(public).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const KEY: KeyName<'static> = KeyName {
        purpose: SigningUse::Jws,
        algorithm: "ES256",
        kid: "kid",
    };

    fn sealed() -> Sealed {
        Sealed {
            key: "k1".to_owned(),
            bytes: vec![1, 2, 3],
        }
    }

    fn requests() -> Vec<Request<'static>> {
        vec![
            Request::Held,
            Request::Generate(SigningUse::Saml, "RS256"),
            Request::Show(KEY, sealed()),
            Request::Sign(KEY, b"a.b"),
            Request::Forget("kid"),
        ]
    }

    fn body(frame: &[u8]) -> &[u8] {
        let (head, body) = frame.split_first_chunk::<4>().unwrap();
        assert_eq!(length(*head), Some(body.len()));
        body
    }

    #[test]
    fn what_is_written_is_read_again() {
        for request in requests() {
            assert_eq!(Request::read(body(&request.write())), Some(request));
        }
        let public: Map<String, Value> = serde_json::from_str("{\"kty\":\"EC\"}").unwrap();
        let made = MadeKey {
            kid: "kid".to_owned(),
            public: public.clone(),
            sealed: sealed(),
        };
        let held = HeldKey {
            purpose: SigningUse::Saml,
            algorithm: "RS256".to_owned(),
            public,
        };
        for reply in [
            Reply::Done,
            Reply::Signed(vec![7; 64]),
            Reply::Made(made),
            Reply::Held(vec![held.clone(), held]),
            Reply::Not(SignerError::NotHeld),
            Reply::Not(SignerError::Refused("no".to_owned())),
            Reply::Not(SignerError::Silent("gone".to_owned())),
        ] {
            assert_eq!(Reply::read(body(&reply.write())), Some(reply));
        }
    }

    #[test]
    fn what_is_cut_off_or_has_more_behind_it_is_refused() {
        for request in requests() {
            let frame = request.write();
            let whole = body(&frame);
            for end in 0..whole.len() {
                let cut = Request::read(&whole[..end]);
                assert!(cut.is_none(), "{request:?} cut at {end}: {cut:?}");
            }
            for more in [&[0u8][..], &[0; 4], &[0, 0, 0, 1, 9]] {
                let longer = [whole, more].concat();
                assert!(Request::read(&longer).is_none(), "{request:?}");
            }
            let mut newer = whole.to_vec();
            newer[0] = 2;
            assert!(Request::read(&newer).is_none(), "{request:?}");
        }
    }

    #[test]
    fn what_is_too_long_is_refused_before_it_is_read() {
        let most = u32::try_from(MAX_BODY).unwrap();
        assert_eq!(length(most.to_be_bytes()), Some(MAX_BODY));
        for wrong in [0, most + 1, u32::MAX] {
            assert_eq!(length(wrong.to_be_bytes()), None);
        }
        let long = vec![b'a'; MAX_MESSAGE + 1];
        let frame = Request::Sign(KEY, &long).write();
        assert!(Request::read(body(&frame)).is_none());
        let many = frame_of_empty_fields(MAX_FIELDS + 1);
        assert!(Request::read(&many).is_none());
    }

    fn frame_of_empty_fields(many: usize) -> Vec<u8> {
        let mut body = vec![VERSION, 1];
        body.extend(std::iter::repeat_n(0, 4 * many));
        body
    }
}
