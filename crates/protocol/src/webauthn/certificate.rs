//! The certificate of an attestation key (WebAuthn L3 §8.2.1, §8.6).
//!
//! Its own key and what it says of the model are read. Who issued it, whether it has ended and whether it was
//! revoked is not looked at: see [`AttestationPolicy`](super::AttestationPolicy).

use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer as _;
use x509_parser::x509::{AttributeTypeAndValue, X509Version};

use super::Aaguid;
use super::attestation::StatementFault;
use super::cose::{Algorithm, VerifyingKey};

/// The longest, in bytes.
const LONGEST: usize = 8 << 10;
/// id-fido-gen-ce-aaguid: 1.3.6.1.4.1.45724.1.1.4, as it is written in DER.
const AAGUID: [u8; 11] = [0x2b, 6, 1, 4, 1, 0x82, 0xe5, 0x1c, 1, 1, 4];

/// A certificate that was read. Nobody has vouched for it.
pub(super) struct Certificate<'a>(X509Certificate<'a>);

impl<'a> Certificate<'a> {
    /// Reads one in DER, behind which nothing follows.
    pub(super) fn read(der: &'a [u8]) -> Result<Self, StatementFault> {
        if der.len() > LONGEST {
            return Err(StatementFault::Certificate);
        }
        match X509Certificate::from_der(der) {
            Ok(([], certificate)) => Ok(Self(certificate)),
            _ => Err(StatementFault::Certificate),
        }
    }

    /// Its key, for signatures by that algorithm.
    pub(super) fn key(&self, algorithm: Algorithm) -> Result<VerifyingKey, StatementFault> {
        let key = VerifyingKey::of_certificate(algorithm, self.0.public_key().raw);
        key.ok_or(StatementFault::Algorithm)
    }

    /// Whether it is what §8.2.1 demands of the certificate of a packed attestation.
    pub(super) fn is_for_packed(&self) -> Result<(), StatementFault> {
        let subject = self.0.subject();
        let mut countries = subject.iter_country().filter_map(text);
        let mut organisations = subject.iter_organization().filter_map(text);
        let mut units = subject.iter_organizational_unit().filter_map(text);
        let mut names = subject.iter_common_name().filter_map(text);
        let fits = self.0.version() == X509Version::V3
            && countries.any(|country| country.len() == 2)
            && organisations.any(|organisation| !organisation.is_empty())
            && units.any(|unit| unit == "Authenticator Attestation")
            && names.any(|name| !name.is_empty())
            && !self.0.is_ca();
        if fits {
            Ok(())
        } else {
            Err(StatementFault::CertificateForm)
        }
    }

    /// Whether the model that it names, if it names one, is this one (§8.2.1, §8.2).
    pub(super) fn is_of_model(&self, model: Aaguid) -> Result<(), StatementFault> {
        let mut extensions = self.0.extensions().iter();
        let mut found = extensions
            .by_ref()
            .filter(|one| one.oid.as_bytes() == AAGUID);
        let (first, second) = (found.next(), found.next());
        match (first, second) {
            (None, _) => Ok(()),
            // The value is an OCTET STRING of 16 bytes within the one of every extension.
            (Some(one), None) => match one.value.strip_prefix(&[4, 16]) {
                Some(_) if one.critical => Err(StatementFault::CertificateForm),
                Some(named) if named == model.0 => Ok(()),
                Some(_) => Err(StatementFault::Model),
                None => Err(StatementFault::CertificateForm),
            },
            (Some(_), Some(_)) => Err(StatementFault::CertificateForm),
        }
    }
}

fn text<'a>(attribute: &'a AttributeTypeAndValue<'_>) -> Option<&'a str> {
    attribute.as_str().ok()
}
