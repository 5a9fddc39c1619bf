mod ways;

use std::net::SocketAddr;

use bytes::Bytes;
use secrecy::SecretString;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use super::*;
use crate::http::Deadlines;

fn request(url: String) -> HttpRequest {
    let wait = Duration::from_secs(5);
    HttpRequest {
        method: Method::Post,
        url,
        headers: vec![
            ("content-type".into(), HeaderText::Plain("application/json".to_owned())),
            ("authorization".into(), HeaderText::Secret(SecretString::from("Bearer k"))),
        ],
        body: Bytes::from_static(b"{\"a\":1}"),
        deadlines: Deadlines { connect: wait, first_token: wait, idle: wait, quiet: wait, total: wait },
    }
}

fn net(proxies: Proxies) -> Net {
    Net::new(NetSettings { user_agent: "divisi/test".to_owned(), proxies, certificates: Vec::new() })
        .expect("settings")
}

fn way_of(net: &Net, url: &str) -> Way {
    net.way(&net.place(url).unwrap())
}

async fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let address = listener.local_addr().expect("address");
    (listener, address)
}

/// Reads one request whole.
async fn asked(socket: &mut TcpStream) -> String {
    let mut seen = Vec::new();
    while !seen.ends_with(b"{\"a\":1}") {
        let mut piece = [0; 1024];
        let count = socket.read(&mut piece).await.expect("read");
        assert_ne!(count, 0, "closed before the request was whole");
        seen.extend_from_slice(&piece[..count]);
    }
    String::from_utf8(seen).expect("text")
}

#[tokio::test]
async fn a_request_goes_out_and_its_connection_is_used_again() {
    let (listener, address) = listener().await;
    let server = async {
        let (mut socket, _) = listener.accept().await.expect("accepted");
        let mut seen = Vec::new();
        for _ in 0..2 {
            seen.push(asked(&mut socket).await);
            let answer =
                b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nX-Seen: yes\r\ncontent-length: 2\r\n\r\nok";
            socket.write_all(answer).await.expect("written");
        }
        seen
    };
    let net = net(Proxies::default());
    let client = async {
        for _ in 0..2 {
            let answer = net.send(request(format!("http://{address}/v1/x?y=1"))).await.expect("answered");
            assert_eq!((answer.status, answer.header("x-seen")), (200, Some("yes")));
            let pieces: Vec<_> = answer.body.collect().await;
            assert_eq!(pieces, [Ok(Bytes::from_static(b"ok"))]);
        }
    };
    let (seen, ()) = futures::future::join(server, client).await;
    let head = seen[0].to_ascii_lowercase();
    for part in [
        "post /v1/x?y=1 http/1.1\r\n",
        "authorization: bearer k\r\n",
        "user-agent: divisi/test\r\n",
        // Simple servers cannot read what comes in chunks.
        "content-length: 7\r\n",
    ] {
        assert!(head.contains(part), "{part} in {head}");
    }
    assert!(!head.contains("accept-encoding"), "what comes compressed cannot be read");
}

/// A body that tells when it is let go.
struct Watched(Option<oneshot::Sender<()>>);

impl AsRef<[u8]> for Watched {
    fn as_ref(&self) -> &[u8] {
        b"{\"a\":1}"
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.0.take().map(|gone| gone.send(()));
    }
}

#[tokio::test]
async fn a_body_that_was_sent_is_let_go_before_the_answer_comes() {
    let (listener, address) = listener().await;
    let (gone, let_go) = oneshot::channel();
    let server = async {
        let (mut socket, _) = listener.accept().await.expect("accepted");
        asked(&mut socket).await;
        let_go.await.expect("let go");
        socket.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.expect("written");
    };
    let net = net(Proxies::default());
    let body = Bytes::from_owner(Watched(Some(gone)));
    let client = net.send(HttpRequest { body, ..request(format!("http://{address}/v1")) });
    let both = futures::future::join(server, client);
    let ((), answer) = tokio::time::timeout(Duration::from_secs(20), both).await.expect("the body is kept");
    assert_eq!(answer.expect("answered").status, 204);
}

#[tokio::test]
async fn a_server_that_closes_without_a_word_gets_connections_of_their_own() {
    let (listener, address) = listener().await;
    let server = async {
        for _ in 0..3 {
            let (mut socket, _) = listener.accept().await.expect("accepted");
            asked(&mut socket).await;
            let head = b"HTTP/1.1 200 OK\r\nServer: llama.cpp\r\nKeep-Alive: timeout=5, max=100\r\ncontent-length: 2\r\n\r\nok";
            socket.write_all(head).await.expect("written");
        }
    };
    let net = net(Proxies::default());
    let client = async {
        let url = format!("http://{address}/");
        for way in [Way::Plain, Way::PlainOnce, Way::PlainOnce] {
            assert_eq!(way_of(&net, &url), way);
            let answer = net.send(request(url.clone())).await.expect("answered");
            assert_eq!(answer.body.count().await, 1);
        }
    };
    futures::future::join(server, client).await;
}

#[tokio::test]
async fn a_dropped_body_closes_the_connection() {
    let (listener, address) = listener().await;
    let server = async {
        let (mut socket, _) = listener.accept().await.expect("accepted");
        asked(&mut socket).await;
        let head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n";
        socket.write_all(head).await.expect("written");
        socket.read(&mut [0; 16]).await.unwrap_or(0)
    };
    let net = net(Proxies::default());
    let client = async {
        let mut answer = net.send(request(format!("http://{address}/"))).await.expect("answered");
        assert_eq!(answer.body.next().await, Some(Ok(Bytes::from_static(b"a"))));
    };
    let (read, ()) = futures::future::join(server, client).await;
    assert_eq!(read, 0, "the server reads the end");
}

#[tokio::test]
async fn what_breaks_says_where() {
    let (gone, nobody) = listener().await;
    drop(gone);
    let net = net(Proxies::default());
    let refused = net.send(request(format!("http://{nobody}/"))).await.expect_err("nobody listens");
    assert!(
        matches!(&refused, TransportError::Connect { host, .. } if *host == nobody.to_string()),
        "{refused}"
    );
    assert!(refused.to_string().contains("refused"), "{refused}");

    let (listener, address) = listener().await;
    let server = async {
        for head in ["", "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc"] {
            let (mut socket, _) = listener.accept().await.expect("accepted");
            asked(&mut socket).await;
            socket.write_all(head.as_bytes()).await.expect("written");
        }
    };
    let client = async {
        let before =
            net.send(request(format!("http://{address}/"))).await.expect_err("closed before the answer");
        assert!(matches!(before, TransportError::Broken { .. }), "{before}");
        let answer = net.send(request(format!("http://{address}/"))).await.expect("a head");
        let pieces: Vec<_> = answer.body.collect().await;
        assert!(matches!(pieces.last(), Some(Err(TransportError::Broken { .. }))), "{pieces:?}");
    };
    futures::future::join(server, client).await;
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let (listener, address) = listener().await;
    let server = async {
        let (mut socket, _) = listener.accept().await.expect("accepted");
        asked(&mut socket).await;
        let head = format!("HTTP/1.1 307 T\r\nlocation: http://{address}/b\r\ncontent-length: 0\r\n\r\n");
        socket.write_all(head.as_bytes()).await.expect("written");
        socket
    };
    let net = net(Proxies::default());
    let (_socket, answer) =
        futures::future::join(server, net.send(request(format!("http://{address}/a")))).await;
    assert_eq!(answer.expect("answered").status, 307);
}

#[tokio::test]
async fn what_cannot_be_asked_is_said_without_a_key() {
    let net = net(Proxies::default());
    let mut broken = request("http://127.0.0.1:9/".to_owned());
    broken.headers =
        vec![("authorization".into(), HeaderText::Secret(SecretString::from("Bearer secret\n")))];
    let error = net.send(broken).await.expect_err("a line break");
    assert!(error.to_string().contains("line break") && !error.to_string().contains("secret"), "{error}");
    for (address, told) in [
        ("no address", "relative URL"),
        ("ftp://files.invalid/", "'ftp' is not http or https"),
        ("http://me:secret@127.0.0.1:9/", "a user or a password"),
    ] {
        let error = net.send(request(address.to_owned())).await.expect_err("no address");
        assert!(matches!(error, TransportError::Unusable { .. }), "{error}");
        assert!(error.to_string().contains(told) && !error.to_string().contains("secret"), "{error}");
    }
}

#[test]
fn settings_that_cannot_be_used() {
    let through = |url: &str| NetSettings {
        proxies: Proxies { https: Some(SecretString::from(url)), ..Proxies::default() },
        ..NetSettings::default()
    };
    let rows = [
        (through("http://me:secret@:::"), NetError::Proxy("https")),
        (through("http://"), NetError::Proxy("https")),
        (through("socks4://127.0.0.1:1080"), NetError::Proxy("https")),
        (
            NetSettings {
                certificates: vec![Bytes::from_static(b"no certificate")],
                ..NetSettings::default()
            },
            NetError::Certificate(1),
        ),
        (NetSettings { user_agent: "a\nb".to_owned(), ..NetSettings::default() }, NetError::UserAgent),
    ];
    for (settings, expected) in rows {
        assert_eq!(Net::new(settings).err(), Some(expected));
    }
}

#[test]
fn pools_are_kept_by_connect_deadline_and_bounded() {
    let net = net(Proxies::default());
    for millis in 0..20 {
        net.pool(&net.place("http://127.0.0.1:1/").unwrap(), Duration::from_millis(millis)).expect("a pool");
    }
    assert_eq!(net.pools.lock().expect("unharmed").len(), POOLS_MAX);
}
