//! Connections: straight or through a proxy, with TLS where the address wants it, within their deadline.

use std::error::Error;
use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use hyper::Uri;
use hyper::header::{HeaderMap, HeaderValue, USER_AGENT};
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use tokio::net::TcpStream;
use tower_service::Service;

type BoxError = Box<dyn Error + Send + Sync>;

/// How often a connection that says nothing is asked whether it lives.
pub(super) const KEEP_ALIVE: Duration = Duration::from_secs(30);

/// Where a SOCKS proxy listens that names no port.
const SOCKS_PORT: u16 = 1080;

/// No connection, and its time is over.
#[derive(Debug, thiserror::Error)]
#[error("no connection within its deadline")]
struct Overdue;

/// Makes the connections of one client, which copies it for every request.
#[derive(Clone)]
pub(super) struct Connector {
    dialer: Arc<HttpsConnector<Dialer>>,
    within: Duration,
}

impl Connector {
    /// Through what `proxies` say, if anything; handshakes included, each within its time.
    pub(super) fn new(
        tls: ClientConfig,
        proxies: Option<Arc<Matcher>>,
        user_agent: HeaderValue,
        within: Duration,
    ) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_keepalive(Some(KEEP_ALIVE));
        // A proxy speaks HTTP/1 to those that ask it for a tunnel.
        let to_proxy = HttpsConnector::from((tcp.clone(), tls.clone()));
        let dialer = Dialer { tcp, to_proxy, proxies, user_agent };
        let mut tls = tls;
        tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Self { dialer: Arc::new(HttpsConnector::from((dialer, tls))), within }
    }
}

impl Service<Uri> for Connector {
    type Response = MaybeHttpsStream<Dialed>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let mut dialer = HttpsConnector::clone(&self.dialer);
        let connecting = async move {
            poll_fn(|context| dialer.poll_ready(context)).await?;
            dialer.call(to).await
        };
        let within = tokio::time::timeout(self.within, connecting);
        async move { within.await.unwrap_or_else(|_| Err(Overdue.into())) }.boxed()
    }
}

/// Reaches an address, or the proxy in front of it. What it gives speaks to the address, but for its TLS.
#[derive(Clone)]
struct Dialer {
    tcp: HttpConnector,
    to_proxy: HttpsConnector<HttpConnector>,
    proxies: Option<Arc<Matcher>>,
    user_agent: HeaderValue,
}

impl Service<Uri> for Dialer {
    type Response = Dialed;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Dialed, BoxError>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.tcp.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let proxy = self.proxies.as_ref().and_then(|proxies| proxies.intercept(&to));
        match proxy {
            None => straight(self.tcp.call(to)),
            Some(proxy) if is_socks(proxy.uri()) => {
                let port = if is_secure(&to) { 443 } else { 80 };
                straight(socks(&proxy, self.tcp.clone()).call(with_port(to, port)))
            }
            Some(proxy) if is_secure(&to) => {
                let tunnel = self.tunnel(&proxy).call(to);
                async move { Ok(Dialed { stream: tunnel.await?, of_proxy: false }) }.boxed()
            }
            Some(proxy) => {
                let dialing = self.to_proxy.call(proxy.uri().clone());
                async move { Ok(Dialed { stream: dialing.await?, of_proxy: true }) }.boxed()
            }
        }
    }
}

impl Dialer {
    fn tunnel(&self, proxy: &Intercept) -> Tunnel<HttpsConnector<HttpConnector>> {
        let headers = HeaderMap::from_iter([(USER_AGENT, self.user_agent.clone())]);
        let tunnel = Tunnel::new(proxy.uri().clone(), self.to_proxy.clone()).with_headers(headers);
        match proxy.basic_auth() {
            Some(auth) => tunnel.with_auth(auth.clone()),
            None => tunnel,
        }
    }
}

/// A stream that no TLS of a proxy is around.
fn straight<E: Into<BoxError>>(
    dialing: impl Future<Output = Result<TokioIo<TcpStream>, E>> + Send + 'static,
) -> BoxFuture<'static, Result<Dialed, BoxError>> {
    dialing
        .map(|tcp| match tcp {
            Ok(tcp) => Ok(Dialed { stream: MaybeHttpsStream::Http(tcp), of_proxy: false }),
            Err(error) => Err(error.into()),
        })
        .boxed()
}

fn is_secure(to: &Uri) -> bool {
    to.scheme_str() == Some("https")
}

/// Whether a proxy speaks SOCKS 5. Who of us looks names up, its two schemes would tell: the proxy does, always.
pub(super) fn is_socks(proxy: &Uri) -> bool {
    matches!(proxy.scheme_str(), Some("socks5" | "socks5h"))
}

fn socks(proxy: &Intercept, tcp: HttpConnector) -> SocksV5<HttpConnector> {
    let socks = SocksV5::new(with_port(proxy.uri().clone(), SOCKS_PORT), tcp);
    match proxy.raw_auth() {
        Some((user, password)) => socks.with_auth(user.to_owned(), password.to_owned()),
        None => socks,
    }
}

/// The address with its port, which the library takes to be that of TLS where none is named.
fn with_port(address: Uri, port: u16) -> Uri {
    let mut parts = address.clone().into_parts();
    let Some(host) = address.host().filter(|_| address.port().is_none()) else { return address };
    parts.authority = format!("{host}:{port}").parse().ok();
    Uri::from_parts(parts).unwrap_or(address)
}

/// A stream that stands.
pub(super) struct Dialed {
    stream: MaybeHttpsStream<TokioIo<TcpStream>>,
    /// Whether the proxy itself answers requests, which then have whole addresses.
    of_proxy: bool,
}

impl Connection for Dialed {
    fn connected(&self) -> Connected {
        self.stream.connected().proxy(self.of_proxy)
    }
}

impl Read for Dialed {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl Write for Dialed {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_that_is_named_stays() {
        for (address, expected) in [
            ("http://h/x", "http://h:80/x"),
            ("http://h:8080/x", "http://h:8080/x"),
            ("http://[::1]/", "http://[::1]:80/"),
        ] {
            assert_eq!(with_port(Uri::from_static(address), 80), expected);
        }
    }
}
