//! DEFLATE without a header (RFC 1951), within a bound.

use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress, inflate_flags};

use super::BindingError;

/// How hard is tried to make it short.
const LEVEL: u8 = 6;

/// What was deflated, if it has at most so many bytes. No more than these are ever written.
pub(super) fn inflate(bytes: &[u8], most: usize) -> Result<Vec<u8>, BindingError> {
    let flags = inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
    let mut state = Box::<DecompressorOxide>::default();
    let mut out = vec![0; most];
    let (status, read, written) = decompress(&mut state, bytes, &mut out, 0, flags);
    match status {
        TINFLStatus::Done if read == bytes.len() => {
            out.truncate(written);
            Ok(out)
        }
        TINFLStatus::HasMoreOutput => Err(BindingError::Inflated),
        _ => Err(BindingError::Deflate),
    }
}

/// Deflates.
pub(super) fn deflate(bytes: &[u8]) -> Vec<u8> {
    compress_to_vec(bytes, LEVEL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attack_s19_what_inflates_to_more_than_the_bound_is_refused() {
        let bomb = deflate(&vec![b'a'; 10 << 20]);
        assert!(bomb.len() < 20 << 10, "{}", bomb.len());
        assert_eq!(inflate(&bomb, 128 << 10), Err(BindingError::Inflated));
        let fits = deflate(b"aaaaaaaaaa");
        assert_eq!(inflate(&fits, 10), Ok(b"aaaaaaaaaa".to_vec()));
        assert_eq!(inflate(&fits, 9), Err(BindingError::Inflated));
    }

    #[test]
    fn what_is_cut_or_goes_on_is_refused() {
        let whole = deflate(b"<samlp:AuthnRequest/>");
        assert_eq!(inflate(&whole, 100), Ok(b"<samlp:AuthnRequest/>".to_vec()));
        for cut in 0..whole.len() {
            assert_eq!(
                inflate(&whole[..cut], 100),
                Err(BindingError::Deflate),
                "{cut}"
            );
        }
        let more = [&whole[..], b"x"].concat();
        assert_eq!(inflate(&more, 100), Err(BindingError::Deflate));
        assert_eq!(
            inflate(b"<samlp:AuthnRequest/>", 100),
            Err(BindingError::Deflate)
        );
    }
}
