//! Signed tokens, read and verified a second time: nothing here is shared with the server but the
//! primitives of aws-lc-rs, so that a mistake in how the server signs is not made again by who checks it.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

/// A token in its compact form (RFC 7515 §7.1). Nothing of it is believed before [`Token::verify`].
#[derive(Debug)]
pub struct Token {
    pub header: Value,
    pub claims: Value,
    signed: String,
    signature: Vec<u8>,
}

/// Reads a token.
///
/// # Errors
/// A text that says what is wrong with it.
pub fn read(text: &str) -> Result<Token, String> {
    let parts: Vec<&str> = text.split('.').collect();
    let [header, claims, signature] = parts.as_slice() else {
        return Err(format!("{} parts in place of three", parts.len()));
    };
    let json = |part: &str| -> Result<Value, String> {
        let bytes = bytes(part)?;
        let value: Value = serde_json::from_slice(&bytes).map_err(|e| e.to_string())?;
        match value.is_object() {
            true => Ok(value),
            false => Err("a part is no JSON object".to_owned()),
        }
    };
    Ok(Token {
        header: json(header)?,
        claims: json(claims)?,
        signed: format!("{header}.{claims}"),
        signature: bytes(signature)?,
    })
}

fn bytes(text: &str) -> Result<Vec<u8>, String> {
    let decoded = URL_SAFE_NO_PAD.decode(text);
    decoded.map_err(|_| "a part is not in base64url".to_owned())
}

impl Token {
    /// Verifies it by the key that its `kid` names among these, as the key says and not as the token says.
    ///
    /// # Errors
    /// A text that says why it does not count.
    pub fn verify(&self, keys: &Value) -> Result<(), String> {
        let kid = self.header["kid"].as_str().ok_or("the header has no kid")?;
        let mut found = keys["keys"].as_array().into_iter().flatten();
        let key = found
            .find(|key| key["kid"] == kid)
            .ok_or("no key has that kid")?;
        let alg = &self.header["alg"];
        if key.get("alg").is_some_and(|own| own != alg) {
            return Err(format!("alg is {alg}, which is not its key's"));
        }
        let part = |name: &str| bytes(key[name].as_str().unwrap_or_default());
        let signed = self.signed.as_bytes();
        let good = match (key["kty"].as_str(), alg.as_str()) {
            (Some("EC"), Some("ES256")) if key["crv"] == "P-256" => {
                let point = [vec![4], part("x")?, part("y")?].concat();
                let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
                key.verify(signed, &self.signature)
            }
            (Some("RSA"), Some("RS256")) => {
                let (n, e) = (part("n")?, part("e")?);
                let key = RsaPublicKeyComponents { n, e };
                key.verify(&RSA_PKCS1_2048_8192_SHA256, signed, &self.signature)
            }
            (kty, alg) => return Err(format!("no way to verify {alg:?} with a key of {kty:?}")),
        };
        good.map_err(|_| "the signature is not the key's".to_owned())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// RFC 7515 appendix A.3, with a header that names its key: the example has none, so the names of the
    /// key are given here.
    #[test]
    fn the_example_of_the_rfc() {
        let text = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt\
                    cGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8IS\
                    lSApmWQxfKTUJqPP3-Kg6NU1Q";
        let mut token = read(text).unwrap();
        assert_eq!(token.claims["iss"], "joe");
        let keys = serde_json::json!({"keys": [{"kid": "a", "kty": "EC", "crv": "P-256",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]});
        assert_eq!(token.verify(&keys), Err("the header has no kid".to_owned()));
        token.header["kid"] = "a".into();
        assert_eq!(token.verify(&keys), Ok(()));
        token.header["alg"] = "none".into();
        assert!(token.verify(&keys).is_err());
        token.header["alg"] = "ES256".into();
        token.signature[3] ^= 1;
        assert!(token.verify(&keys).is_err());
        for wrong in ["", "a.b", "a.b.c.d", "e30.e30.%", "e30.W10.AA"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
