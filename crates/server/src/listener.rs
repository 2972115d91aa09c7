//! Accepting connections: bounded in number and time, with TLS or on loopback only, and ended
//! without cutting off a call.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use ipnet::IpNet;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc, watch};
use tower::ServiceExt as _;

use crate::buckets::address_key;
use crate::error::ServerError;
use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::tls::Tls;

/// Where the other end of the connection is. An extension of every request. Forwarded headers
/// are not looked at.
#[derive(Debug, Clone, Copy)]
pub struct Peer {
    /// Its address.
    pub address: SocketAddr,
    /// Whether the connection is encrypted.
    pub tls: bool,
}

/// The certificates that a client presented on its connection, leaf first, of which it has proved the key of the first;
/// none, where it presented none. An extension of the requests over listeners that ask for certificates, and of no
/// others. Headers are not looked at.
#[derive(Debug, Clone)]
pub struct Presented(pub Arc<[Vec<u8>]>);

/// Sockets that are bound.
pub struct Bound {
    sockets: Vec<(TcpListener, Option<Arc<Tls>>)>,
    limits: Arc<Limits>,
    only_from: Vec<IpNet>,
}

impl Bound {
    /// Binds every address. Without TLS only loopback addresses are allowed.
    ///
    /// # Errors
    /// [`ServerError::PlainOutside`], [`ServerError::Bind`], [`ServerError::NoAddress`].
    pub async fn bind(
        addresses: &[SocketAddr],
        tls: Option<Arc<Tls>>,
        limits: Arc<Limits>,
    ) -> Result<Self, ServerError> {
        if addresses.is_empty() {
            return Err(ServerError::NoAddress);
        }
        let mut sockets = Vec::with_capacity(addresses.len());
        for address in addresses.iter().copied() {
            if tls.is_none() && !address.ip().to_canonical().is_loopback() {
                return Err(ServerError::PlainOutside(address));
            }
            let socket = TcpListener::bind(address)
                .await
                .map_err(|source| ServerError::Bind { address, source })?;
            sockets.push((socket, tls.clone()));
        }
        Ok(Self {
            sockets,
            limits,
            only_from: Vec::new(),
        })
    }

    /// Talks to nobody outside these networks, where there are any: their connections are closed before
    /// anything is read from them.
    #[must_use]
    pub fn only_from(mut self, networks: Vec<IpNet>) -> Self {
        self.only_from = networks;
        self
    }

    /// The addresses, with the ports that the system chose where 0 was asked for.
    #[must_use]
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.sockets
            .iter()
            .filter_map(|(socket, _)| socket.local_addr().ok())
            .collect()
    }

    /// Serves until `stop` turns true, then accepts nothing more and lets calls in flight end,
    /// for at most [`Limits::stop_timeout`]. Returns how many connections were cut off.
    pub async fn serve(
        self,
        router: Router,
        metrics: Arc<Metrics>,
        stop: watch::Receiver<bool>,
    ) -> usize {
        // Every connection holds a sender: once the last one is gone, all are closed.
        let (open, mut closed) = mpsc::channel::<()>(1);
        let floor = Arc::new(Floor {
            router,
            metrics,
            room: Arc::new(Semaphore::new(self.limits.connections)),
            by_address: Arc::default(),
            limits: Arc::clone(&self.limits),
            only_from: self.only_from,
        });
        let accepting: Vec<_> = self
            .sockets
            .into_iter()
            .map(|(socket, tls)| {
                let (floor, stop, open) = (Arc::clone(&floor), stop.clone(), open.clone());
                tokio::spawn(accept(socket, tls, floor, stop, open))
            })
            .collect();
        drop(open);
        for task in accepting {
            // A task that panicked accepts nothing more: the same as one that ended.
            let _ = task.await;
        }
        if tokio::time::timeout(self.limits.stop_timeout, closed.recv())
            .await
            .is_ok()
        {
            return 0;
        }
        self.limits.connections - floor.room.available_permits()
    }
}

/// What every connection shares.
struct Floor {
    router: Router,
    metrics: Arc<Metrics>,
    room: Arc<Semaphore>,
    by_address: Arc<Mutex<HashMap<IpAddr, usize>>>,
    limits: Arc<Limits>,
    only_from: Vec<IpNet>,
}

async fn accept(
    socket: TcpListener,
    tls: Option<Arc<Tls>>,
    floor: Arc<Floor>,
    mut stop: watch::Receiver<bool>,
    open: mpsc::Sender<()>,
) {
    loop {
        let accepted = tokio::select! {
            accepted = socket.accept() => accepted,
            // An error means that the sender is gone: nobody could stop us any more.
            _ = stop.wait_for(|stop| *stop) => return,
        };
        let (stream, address) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors, most likely. Accepting at once again would spin.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let seat = floor.seat(address.ip());
        let Some(seat) = seat.filter(|_| floor.is_for(address.ip())) else {
            floor
                .metrics
                .refused_connections
                .fetch_add(1, Ordering::Relaxed);
            continue;
        };
        let (floor, tls, stop, open) =
            (Arc::clone(&floor), tls.clone(), stop.clone(), open.clone());
        tokio::spawn(async move {
            floor.metrics.connections.fetch_add(1, Ordering::Relaxed);
            floor.welcome(stream, address, tls, stop).await;
            floor.metrics.connections.fetch_sub(1, Ordering::Relaxed);
            drop((seat, open));
        });
    }
}

/// A place among the connections; given back when dropped.
struct Seat {
    _permit: tokio::sync::OwnedSemaphorePermit,
    by_address: Arc<Mutex<HashMap<IpAddr, usize>>>,
    key: IpAddr,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut seats = self
            .by_address
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = seats.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                seats.remove(&self.key);
            }
        }
    }
}

impl Floor {
    /// Whether an address is one of those that are talked to.
    fn is_for(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let networks = &self.only_from;
        networks.is_empty() || networks.iter().any(|network| network.contains(&address))
    }

    fn seat(&self, address: IpAddr) -> Option<Seat> {
        let permit = Arc::clone(&self.room).try_acquire_owned().ok()?;
        let key = address_key(address);
        let mut seats = self
            .by_address
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let count = seats.entry(key).or_insert(0);
        if *count >= self.limits.connections_per_address {
            return None;
        }
        *count += 1;
        Some(Seat {
            _permit: permit,
            by_address: Arc::clone(&self.by_address),
            key,
        })
    }

    async fn welcome(
        &self,
        stream: TcpStream,
        address: SocketAddr,
        tls: Option<Arc<Tls>>,
        stop: watch::Receiver<bool>,
    ) {
        let _ = stream.set_nodelay(true);
        let Some(tls) = tls else {
            // Without ALPN only HTTP/1.1 is spoken: telling the versions apart by their first
            // bytes would leave a silent connection open without a time limit.
            let builder = self.builder().http1_only();
            return self
                .converse(
                    builder,
                    stream,
                    (
                        Peer {
                            address,
                            tls: false,
                        },
                        None,
                    ),
                    stop,
                )
                .await;
        };
        let acceptor = tokio_rustls::TlsAcceptor::from(tls.current());
        let handshake = tokio::time::timeout(self.limits.head_timeout, acceptor.accept(stream));
        let Ok(Ok(stream)) = handshake.await else {
            self.metrics.bad_handshakes.fetch_add(1, Ordering::Relaxed);
            return;
        };
        let connection = stream.get_ref().1;
        let presented = tls.asks().then(|| {
            let chain = connection.peer_certificates().unwrap_or_default().iter();
            Presented(chain.map(|one| one.to_vec()).collect())
        });
        let h2 = connection.alpn_protocol() == Some(b"h2");
        let builder = if h2 {
            self.builder().http2_only()
        } else {
            self.builder().http1_only()
        };
        self.converse(
            builder,
            stream,
            (Peer { address, tls: true }, presented),
            stop,
        )
        .await;
    }

    fn builder(&self) -> auto::Builder<TokioExecutor> {
        let limits = &self.limits;
        let mut builder = auto::Builder::new(TokioExecutor::new());
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.head_timeout)
            .max_headers(limits.headers)
            .max_buf_size(limits.head.max(8 << 10));
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_header_list_size(u32::try_from(limits.head).unwrap_or(u32::MAX))
            .max_concurrent_streams(limits.streams)
            .keep_alive_interval(limits.body_timeout)
            .keep_alive_timeout(limits.head_timeout);
        builder
    }

    async fn converse<S>(
        &self,
        builder: auto::Builder<TokioExecutor>,
        stream: S,
        (peer, presented): (Peer, Option<Presented>),
        mut stop: watch::Receiver<bool>,
    ) where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let service = hyper::service::service_fn(|mut request: Request<Incoming>| {
            request.extensions_mut().insert(peer);
            if let Some(presented) = &presented {
                request.extensions_mut().insert(presented.clone());
            }
            self.router.clone().oneshot(request.map(Body::new))
        });
        let mut conversation = pin!(builder.serve_connection(TokioIo::new(stream), service));
        let mut stopping = false;
        loop {
            tokio::select! {
                // A broken connection is the other end's business; calls log themselves.
                _ = conversation.as_mut() => return,
                _ = stop.wait_for(|stop| *stop), if !stopping => {
                    stopping = true;
                    conversation.as_mut().graceful_shutdown();
                }
            }
        }
    }
}
