//! TLS with certificates that can be renewed while the server runs.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use model::{Digest, Timestamp};
use protocol::oauth::mtls;
use protocol::x509::not_after;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::NoServerSessionStorage;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, SignatureScheme};
use tokio::sync::watch;

use crate::error::ServerError;

/// Where certificate chain and private key are, as PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The chain, leaf first.
    pub certificate: PathBuf,
    /// The private key: PKCS#8, PKCS#1 or SEC1.
    pub key: PathBuf,
}

/// What became of a reload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reloaded {
    /// The files are what is being served.
    Same,
    /// New connections get the new certificate.
    Changed,
}

/// What is served, and when its certificate ends, where that can be read.
#[derive(Clone)]
struct Served {
    config: Arc<rustls::ServerConfig>,
    ends: Option<Timestamp>,
}

/// Serves the certificate that was last found good.
pub struct Tls {
    files: TlsFiles,
    /// Whether clients are asked for a certificate.
    asks: bool,
    current: RwLock<Served>,
    /// What the files held when they were last looked at, good or bad: a bad file is reported
    /// once, not at every look.
    seen: Mutex<Digest>,
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// When one of them cannot be read, or they do not belong together.
    pub fn load(files: TlsFiles) -> Result<Self, ServerError> {
        Self::of(files, false)
    }

    /// The same, where clients are asked for a certificate and may come without.
    ///
    /// # Errors
    /// As [`Tls::load`].
    pub fn asking(files: TlsFiles) -> Result<Self, ServerError> {
        Self::of(files, true)
    }

    fn of(files: TlsFiles, asks: bool) -> Result<Self, ServerError> {
        let (seen, config) = read(&files, asks)?;
        Ok(Self {
            files,
            asks,
            current: RwLock::new(config?),
            seen: Mutex::new(seen),
        })
    }

    /// Whether clients are asked for a certificate.
    #[must_use]
    pub const fn asks(&self) -> bool {
        self.asks
    }

    /// The configuration for a new connection.
    #[must_use]
    pub fn current(&self) -> Arc<rustls::ServerConfig> {
        self.served().config
    }

    /// When the certificate that is served ends; `None` where that cannot be read.
    #[must_use]
    pub fn certificate_ends(&self) -> Option<Timestamp> {
        self.served().ends
    }

    fn served(&self) -> Served {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        current.clone()
    }

    /// Looks at the files again. When they cannot be used, the old certificate stays in use.
    ///
    /// # Errors
    /// What is wrong with the files, the first time that it is seen.
    pub fn reload(&self) -> Result<Reloaded, ServerError> {
        let (digest, config) = read(&self.files, self.asks)?;
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if *seen == digest {
            return Ok(Reloaded::Same);
        }
        *seen = digest;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = config?;
        Ok(Reloaded::Changed)
    }

    /// Reloads at every look, and whenever `poke` changes (SIGHUP), until `poke` is dropped.
    pub async fn watch(&self, every: Duration, mut poke: watch::Receiver<u64>) {
        loop {
            tokio::select! {
                changed = poke.changed() => if changed.is_err() { return },
                () = tokio::time::sleep(every) => {}
            }
            match self.reload() {
                Ok(Reloaded::Same) => {}
                Ok(Reloaded::Changed) => tracing::info!("the new TLS certificate is in use"),
                Err(error) => tracing::error!(
                    error.code = error.code(),
                    %error,
                    "the old TLS certificate stays in use"
                ),
            }
        }
    }
}

type Config = Result<Served, ServerError>;

/// The digest of both files, and what they make. Only files that cannot be read at all are an
/// error of the whole.
fn read(files: &TlsFiles, asks: bool) -> Result<(Digest, Config), ServerError> {
    let certificate = read_file("certificate", &files.certificate)?;
    let key = read_file("key", &files.key)?;
    let digests = [Digest::of(&certificate).0, Digest::of(&key).0].concat();
    Ok((
        Digest::of(&digests),
        build(files, (&certificate, &key), asks),
    ))
}

fn read_file(what: &'static str, path: &Path) -> Result<Vec<u8>, ServerError> {
    const MOST: u64 = 1 << 20;
    let wrong = |why: String| ServerError::Tls {
        what,
        path: path.to_owned(),
        why,
    };
    let length = std::fs::metadata(path)
        .map_err(|e| wrong(e.to_string()))?
        .len();
    if length > MOST {
        return Err(wrong(format!(
            "it is {length} bytes long, more than {MOST}"
        )));
    }
    std::fs::read(path).map_err(|e| wrong(e.to_string()))
}

fn build(files: &TlsFiles, (certificate, key): (&[u8], &[u8]), asks: bool) -> Config {
    let wrong = |what, path: &Path, why: String| ServerError::Tls {
        what,
        path: path.to_owned(),
        why,
    };
    let chain = CertificateDer::pem_slice_iter(certificate)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|e| wrong("certificate", &files.certificate, e.to_string()))?;
    if chain.is_empty() {
        let why = "it holds no certificate in PEM form".to_owned();
        return Err(wrong("certificate", &files.certificate, why));
    }
    let ends = chain.first().and_then(|leaf| not_after(leaf));
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| {
        wrong(
            "key",
            &files.key,
            "it holds no private key in PEM form".to_owned(),
        )
    })?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier = asks.then(|| Arc::new(AnyHolder(provider.signature_verification_algorithms)));
    let builder = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| wrong("key", &files.key, e.to_string()))?;
    let builder = match verifier {
        Some(verifier) => builder.with_client_cert_verifier(verifier),
        None => builder.with_no_client_auth(),
    };
    let mut config = builder
        .with_single_cert(chain, key)
        .map_err(|e| wrong("key", &files.key, e.to_string()))?;
    if asks {
        // Each connection proves its key anew: none takes a certificate over from another one.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
    }
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let config = Arc::new(config);
    Ok(Served { config, ends })
}

/// Takes the certificate of whoever proves its key in the handshake, whoever issued it and whatever it says: whether
/// it is the one of a client is judged where it is known which client calls (RFC 8705 §2). One that is longer than any
/// is refused at once.
#[derive(Debug)]
struct AnyHolder(WebPkiSupportedAlgorithms);

impl ClientCertVerifier for AnyHolder {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        let mut all = std::iter::once(end_entity).chain(intermediates);
        match intermediates.len() < mtls::MOST && all.all(|one| one.len() <= mtls::LONGEST) {
            true => Ok(ClientCertVerified::assertion()),
            false => Err(CertificateError::BadEncoding.into()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}
