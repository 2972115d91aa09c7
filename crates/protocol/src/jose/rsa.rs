//! Which RSA keys are taken (RFC 7518 §3.3, §6.3.1).

use super::jwk::KeyError;

/// The smallest modulus, in bits (RFC 7518 §3.3).
pub(super) const LEAST: usize = 2048;
/// The largest: larger ones cost time and add nothing that is needed.
pub(super) const MOST: usize = 4096;
/// The longest exponent, in bytes. 65537 has three; longer ones make verifying slow.
const LONGEST_EXPONENT: usize = 4;

/// A modulus and an exponent, big-endian, that may be used.
///
/// # Errors
/// When one of them begins with zeros, or is none of an RSA key, or one that can be broken.
pub(crate) fn check(modulus: &[u8], exponent: &[u8]) -> Result<(), KeyError> {
    for (name, number) in [("n", modulus), ("e", exponent)] {
        if number.first().is_none_or(|first| *first == 0) {
            return Err(KeyError::Encoding(name));
        }
    }
    let zeros = modulus.first().map_or(0, |first| first.leading_zeros());
    let bits = (modulus.len() * 8).saturating_sub(zeros as usize);
    if !(LEAST..=MOST).contains(&bits) {
        return Err(KeyError::RsaSize(bits));
    }
    let odd = |number: &[u8]| number.last().is_some_and(|last| last % 2 == 1);
    let broken =
        !odd(modulus) || !odd(exponent) || exponent == [1] || exponent.len() > LONGEST_EXPONENT;
    if broken {
        return Err(KeyError::RsaBroken);
    }
    if is_predictable(modulus) {
        return Err(KeyError::Predictable);
    }
    Ok(())
}

/// Whether the modulus is of the kind that one maker's chips made ("The Return of Coppersmith's Attack",
/// CCS 2017): modulo each small prime it is a power of 65537. Of other keys one in 2^27 is.
fn is_predictable(modulus: &[u8]) -> bool {
    const LAST: u32 = 167;
    let prime = |n: &u32| !(2..*n).any(|d| n.is_multiple_of(d));
    (3..=LAST).filter(prime).all(|prime| {
        let rest = modulus
            .iter()
            .fold(0, |rest, byte| (rest * 256 + u32::from(*byte)) % prime);
        let mut power = 1;
        (1..prime).any(|_| {
            power = power * (65_537 % prime) % prime;
            power == rest
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Odd, of that many bits, and with no special form.
    fn modulus(bits: usize) -> Vec<u8> {
        let mut bytes = vec![0xa7; bits.div_ceil(8)];
        bytes[0] = 0xff >> ((8 - bits % 8) % 8);
        bytes
    }

    #[test]
    fn bounds_are_bounds() {
        let usual = [1, 0, 1];
        for bits in [2048, 2049, 4096] {
            assert_eq!(check(&modulus(bits), &usual), Ok(()), "{bits}");
        }
        for bits in [1024, 2047, 4097] {
            let size = Err(KeyError::RsaSize(bits));
            assert_eq!(check(&modulus(bits), &usual), size);
        }
        let n = modulus(2048);
        assert_eq!(check(&n, &[3]), Ok(()));
        assert_eq!(check(&n, &[0xff, 0xff, 0xff, 0xff]), Ok(()));
        for e in [&[1][..], &[2], &[1, 0, 0], &[1, 0, 0, 0, 1]] {
            assert_eq!(check(&n, e), Err(KeyError::RsaBroken), "{e:?}");
        }
        for e in [&[][..], &[0], &[0, 3]] {
            assert_eq!(check(&n, e), Err(KeyError::Encoding("e")), "{e:?}");
        }
        let even = [&n[..255], &[2]].concat();
        assert_eq!(check(&even, &usual), Err(KeyError::RsaBroken));
        let padded = [&[0][..], &n].concat();
        assert_eq!(check(&padded, &usual), Err(KeyError::Encoding("n")));
    }
}
