//! Through proxies and with TLS.

use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::server::conn::auto;
use rcgen::{CertificateParams, CertifiedIssuer, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use tokio_rustls::TlsAcceptor;

use super::*;

/// An authority that no system knows.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// The TLS of a server of this name, which offers both versions of HTTP.
    fn server(&self, name: &str) -> TlsAcceptor {
        let key = KeyPair::generate().unwrap();
        let certificate =
            CertificateParams::new([name.to_owned()]).unwrap().signed_by(&key, &self.0).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Arc::new(config).into()
    }

    fn trusted(&self, proxies: Proxies) -> Net {
        let certificates = vec![self.0.pem().into()];
        Net::new(NetSettings { user_agent: "divisi/test".to_owned(), proxies, certificates }).unwrap()
    }
}

fn through(proxy: String, except: Option<&str>) -> Proxies {
    Proxies { all: Some(SecretString::from(proxy)), except: except.map(str::to_owned), ..Proxies::default() }
}

/// Ends the handshake and says of each request what it was.
async fn told_over_tls(acceptor: TlsAcceptor, socket: TcpStream) {
    let Ok(stream) = acceptor.accept(socket).await else { return };
    let tell = service_fn(async |request: Request<Incoming>| {
        let seen = format!("{:?} {} {}", request.version(), request.method(), request.uri());
        Ok::<_, std::convert::Infallible>(Response::new(Full::new(Bytes::from(seen))))
    });
    let _ = auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), tell).await;
}

async fn text(answer: Result<HttpResponse, TransportError>) -> String {
    let pieces: Vec<_> = answer.expect("answered").body.map(Result::unwrap).collect().await;
    String::from_utf8(pieces.concat()).unwrap()
}

/// Reads until a blank line, one byte after the other: what follows is for others.
async fn head(socket: &mut TcpStream) -> String {
    let mut seen = Vec::new();
    while !seen.ends_with(b"\r\n\r\n") {
        seen.push(socket.read_u8().await.expect("read"));
    }
    String::from_utf8(seen).unwrap()
}

#[tokio::test]
async fn the_proxy_is_asked_except_for_this_machine_and_the_list() {
    let (proxy, address) = listener().await;
    let net = net(through(format!("http://me:secret@{address}"), Some("direct.invalid")));
    assert_eq!(way_of(&net, "http://127.0.0.1:1/"), Way::Plain);
    assert_eq!(way_of(&net, "https://localhost:1/"), Way::Tls);
    let server = async {
        let (mut socket, _) = proxy.accept().await.expect("accepted");
        let seen = asked(&mut socket).await;
        socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.expect("written");
        (seen, socket)
    };
    let through = net.send(request("http://far.invalid/x".to_owned()));
    let ((seen, _socket), answer) = futures::future::join(server, through).await;
    assert_eq!(answer.expect("answered").status, 200);
    assert!(seen.starts_with("POST http://far.invalid/x HTTP/1.1\r\n"), "{seen}");
    assert!(seen.to_ascii_lowercase().contains("proxy-authorization: basic bwu6c2vjcmv0\r\n"), "{seen}");
    let straight = net.send(request("http://direct.invalid/x".to_owned())).await.expect_err("no such host");
    assert!(matches!(straight, TransportError::Connect { .. }), "{straight}");
}

#[tokio::test]
async fn a_server_with_tls_is_asked_over_http_2_by_whoever_trusts_its_authority() {
    let authority = Authority::new();
    let (listener, address) = listener().await;
    let url = format!("https://localhost:{}/v1/x?y=1", address.port());
    let server = async {
        for _ in 0..2 {
            let (socket, _) = listener.accept().await.expect("accepted");
            told_over_tls(authority.server("localhost"), socket).await;
        }
    };
    let clients = async {
        let stranger = net(Proxies::default()).send(request(url.clone())).await.expect_err("nobody knows it");
        let trusting = authority.trusted(Proxies::default());
        (stranger, text(trusting.send(request(url.clone())).await).await)
    };
    // The server of the second connection ends with its client.
    let ((stranger, told), ()) = futures::future::join(clients, server).await;
    assert!(matches!(stranger, TransportError::Connect { .. }), "{stranger}");
    assert!(stranger.to_string().contains("UnknownIssuer"), "{stranger}");
    assert_eq!(told, format!("HTTP/2.0 POST {url}"));
}

#[tokio::test]
async fn a_server_with_tls_is_reached_through_a_tunnel() {
    let authority = Authority::new();
    let (proxy, address) = listener().await;
    let net = authority.trusted(through(format!("http://me:s{{cr^t@{address}"), None));
    let server = async {
        let (mut socket, _) = proxy.accept().await.expect("accepted");
        let seen = head(&mut socket).await;
        socket.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.expect("written");
        told_over_tls(authority.server("far.invalid"), socket).await;
        seen
    };
    let client = async move { text(net.send(request("https://far.invalid/x".to_owned())).await).await };
    let (seen, told) = futures::future::join(server, client).await;
    assert!(seen.starts_with("CONNECT far.invalid:443 HTTP/1.1\r\n"), "{seen}");
    let seen = seen.to_ascii_lowercase();
    assert!(seen.contains("proxy-authorization: basic bwu6c3tjcl50\r\n"), "{seen}");
    assert!(seen.contains("user-agent: divisi/test\r\n") && !seen.contains("bearer"), "{seen}");
    assert_eq!(told, "HTTP/2.0 POST https://far.invalid/x");
}

#[tokio::test]
async fn a_tunnel_that_is_refused_says_so() {
    let (proxy, address) = listener().await;
    let net = net(through(format!("http://{address}"), None));
    let server = async {
        let (mut socket, _) = proxy.accept().await.expect("accepted");
        head(&mut socket).await;
        socket.write_all(b"HTTP/1.1 407 No\r\n\r\n").await.expect("written");
    };
    let asked = net.send(request("https://far.invalid/x".to_owned()));
    let ((), refused) = futures::future::join(server, asked).await;
    let refused = refused.expect_err("refused");
    assert!(matches!(refused, TransportError::Connect { .. }), "{refused}");
    assert!(refused.to_string().contains("proxy authorization required"), "{refused}");
}

#[tokio::test]
async fn a_socks_proxy_looks_the_name_up() {
    let (proxy, address) = listener().await;
    let net = net(through(format!("socks5://me:s{{cr^t@{address}"), None));
    let server = async {
        let (mut socket, _) = proxy.accept().await.expect("accepted");
        // Greeting, user and password, the address; each is answered (RFC 1928, 1929).
        let steps: [(&[u8], &[u8]); 3] = [
            (b"\x05\x01\x02", b"\x05\x02"),
            (b"\x01\x02me\x06s{cr^t", b"\x01\x00"),
            (b"\x05\x01\x00\x03\x0bfar.invalid\x00\x50", b"\x05\x00\x00\x01\0\0\0\0\0\0"),
        ];
        for (expected, answer) in steps {
            let mut seen = vec![0; expected.len()];
            socket.read_exact(&mut seen).await.expect("read");
            assert_eq!(seen, expected);
            socket.write_all(answer).await.expect("written");
        }
        let seen = asked(&mut socket).await;
        socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.expect("written");
        seen
    };
    let client = async { text(net.send(request("http://far.invalid/x".to_owned())).await).await };
    let (seen, told) = futures::future::join(server, client).await;
    assert!(seen.starts_with("POST /x HTTP/1.1\r\n"), "{seen}");
    assert!(!seen.to_ascii_lowercase().contains("proxy-authorization"), "{seen}");
    assert_eq!(told, "ok");
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_never_ends_is_no_connection() {
    let (listener, address) = listener().await;
    let net = net(Proxies::default());
    let asked = net.send(request(format!("https://{address}/")));
    let silent = async { listener.accept().await.expect("accepted") };
    let (_kept, late) = futures::future::join(silent, asked).await;
    let late = late.expect_err("no handshake");
    assert!(
        matches!(&late, TransportError::Connect { reason, .. } if reason == "no connection within its deadline")
    );
}
