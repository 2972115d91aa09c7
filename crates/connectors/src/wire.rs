//! Connections that we make ourselves: by name, only where they may go, encrypted and verified.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Longest wait for one connection.
const CONNECT: Duration = Duration::from_secs(5);
/// Addresses of a name that are tried.
const MAX_ADDRESSES: usize = 3;

/// Our own certificate and its key, as PEM.
pub(crate) struct Identity<'a> {
    pub certificate: &'a [u8],
    pub key: &'a [u8],
}

/// A connection to the first address of a name that may be used and answers. `refusal` says why an
/// address may not be used.
pub(crate) async fn connected(
    host: &str,
    port: u16,
    refusal: impl Fn(IpAddr) -> Option<String>,
) -> Result<TcpStream, String> {
    let host = host.trim_matches(['[', ']']);
    let found = tokio::net::lookup_host((host, port)).await;
    let found: Vec<SocketAddr> = found.map_err(|e| format!("no address: {e}"))?.collect();
    let first = found.first().and_then(|at| refusal(at.ip()));
    let mut last = first.unwrap_or_else(|| "the name has no address".to_owned());
    let good = found.into_iter().filter(|at| refusal(at.ip()).is_none());
    for address in good.take(MAX_ADDRESSES) {
        match tokio::time::timeout(CONNECT, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => last = format!("no connection: {error}"),
            Err(_) => last = format!("no connection within {} s", CONNECT.as_secs()),
        }
    }
    Err(last)
}

/// The authorities that the system trusts.
pub(crate) fn system_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}

/// The authorities of a PEM file.
pub(crate) fn roots_of(pem: &[u8]) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|_| "the CA is no PEM certificate".to_owned())?;
        roots
            .add(certificate)
            .map_err(|e| format!("the CA cannot be used: {e}"))?;
    }
    if roots.is_empty() {
        return Err("the CA file holds no certificate".to_owned());
    }
    Ok(roots)
}

/// How we speak TLS: certificates are verified against `roots`, names included.
pub(crate) fn tls(
    roots: RootCertStore,
    identity: Option<Identity<'_>>,
) -> Result<Arc<ClientConfig>, String> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| format!("TLS: {e}"))?
        .with_root_certificates(roots);
    let Some(identity) = identity else {
        return Ok(Arc::new(builder.with_no_client_auth()));
    };
    let chain = CertificateDer::pem_slice_iter(identity.certificate)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| "our certificate is no PEM certificate".to_owned())?;
    let key = PrivateKeyDer::from_pem_slice(identity.key)
        .map_err(|_| "the key of our certificate is no PEM key".to_owned())?;
    let config = builder
        .with_client_auth_cert(chain, key)
        .map_err(|e| format!("our certificate cannot be used: {e}"))?;
    Ok(Arc::new(config))
}

/// The same stream, encrypted, with whoever proves to be `host` at its other end.
pub(crate) async fn encrypted<S: AsyncRead + AsyncWrite + Unpin>(
    tls: &Arc<ClientConfig>,
    host: &str,
    stream: S,
) -> Result<TlsStream<S>, String> {
    let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned());
    let name = name.map_err(|e| format!("TLS: {e}"))?;
    let stream = TlsConnector::from(Arc::clone(tls)).connect(name, stream);
    stream.await.map_err(|e| format!("TLS: {e}"))
}
