//! A pass-through before a server: every byte goes on as it is, and is kept. What was asked and what the server itself
//! counted is so known from outside of the process under test.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, ensure};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::http::{Exchange, exchanges};

/// Bytes that are read at once.
const PIECE_BYTES: usize = 16 << 10;
/// Bytes of one direction of a connection that are kept; one that goes on is cut.
const KEPT_BYTES_MAX: usize = 64 << 20;

/// What went over one connection.
#[derive(Debug, Default)]
struct Talk {
    sent: Vec<u8>,
    received: Vec<u8>,
    closed: bool,
}

/// All connections.
#[derive(Debug, Default)]
struct Known {
    talks: Vec<Talk>,
    /// The most calls that were open at once.
    busiest: usize,
}

type Talks = Arc<Mutex<Known>>;

/// Which way a piece goes.
#[derive(Debug, Clone, Copy)]
enum Way {
    Out,
    Back,
}

/// The pass-through; it ends with whoever holds it.
#[derive(Debug)]
pub(super) struct Relay {
    pub(super) port: u16,
    talks: Talks,
    pieces: watch::Receiver<u64>,
    _running: JoinSet<()>,
}

impl Relay {
    /// Listens on this machine before the server at this address.
    pub(super) async fn before(server: SocketAddr) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("opening the relay")?;
        let address = listener.local_addr()?;
        let (told, pieces) = watch::channel(0);
        let talks = Talks::default();
        let mut running = JoinSet::new();
        running.spawn(listen(listener, server, Arc::clone(&talks), told));
        Ok(Self { port: address.port(), talks, pieces, _running: running })
    }

    /// Everything so far, connection by connection.
    pub(super) fn exchanges(&self) -> Vec<Exchange> {
        let known = self.talks.lock().unwrap_or_else(PoisonError::into_inner);
        known.talks.iter().flat_map(|talk| exchanges(&talk.sent, &talk.received)).collect()
    }

    /// The most calls that were open at once.
    pub(super) fn busiest(&self) -> usize {
        self.talks.lock().unwrap_or_else(PoisonError::into_inner).busiest
    }

    /// Waits until what went over it is `due`.
    pub(super) async fn wait_for(&self, due: impl Fn(&[Exchange]) -> bool) -> anyhow::Result<()> {
        let mut pieces = self.pieces.clone();
        loop {
            pieces.borrow_and_update();
            if due(&self.exchanges()) {
                return Ok(());
            }
            pieces.changed().await.context("the relay has ended")?;
        }
    }
}

async fn listen(listener: TcpListener, server: SocketAddr, talks: Talks, told: watch::Sender<u64>) {
    let mut running = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        let number = {
            let mut known = talks.lock().unwrap_or_else(PoisonError::into_inner);
            known.talks.push(Talk::default());
            known.talks.len() - 1
        };
        let keep = Keep { talks: Arc::clone(&talks), number, told: told.clone() };
        running.spawn(pass(client, server, keep));
        while running.try_join_next().is_some() {}
    }
}

struct Keep {
    talks: Talks,
    number: usize,
    told: watch::Sender<u64>,
}

impl Keep {
    fn keep(&self, way: Way, piece: &[u8]) -> anyhow::Result<()> {
        let mut known = self.talks.lock().unwrap_or_else(PoisonError::into_inner);
        let talk = known.talks.get_mut(self.number).context("the connection is not known")?;
        let kept = match way {
            Way::Out => &mut talk.sent,
            Way::Back => &mut talk.received,
        };
        ensure!(kept.len() + piece.len() <= KEPT_BYTES_MAX, "more than {KEPT_BYTES_MAX} bytes");
        kept.extend_from_slice(piece);
        if matches!(way, Way::Out) {
            known.busiest = known.busiest.max(known.open());
        }
        drop(known);
        self.told.send_modify(|pieces| *pieces += 1);
        Ok(())
    }
}

impl Drop for Keep {
    fn drop(&mut self) {
        let mut known = self.talks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(talk) = known.talks.get_mut(self.number) {
            talk.closed = true;
        }
    }
}

impl Known {
    /// Calls whose answers have not come to their end.
    fn open(&self) -> usize {
        let talks = self.talks.iter().filter(|talk| !talk.closed);
        let all = talks.flat_map(|talk| exchanges(&talk.sent, &talk.received));
        all.filter(|one| one.is_call() && !one.whole).count()
    }
}

/// One connection: when one end is closed, so is the other, as it would be without anybody in between.
async fn pass(mut client: TcpStream, server: SocketAddr, keep: Keep) {
    let Ok(mut server) = TcpStream::connect(server).await else { return };
    let (from_client, to_client) = client.split();
    let (from_server, to_server) = server.split();
    // How it ends is for the two ends to say.
    tokio::select! {
        _ = carry(from_client, to_server, &keep, Way::Out) => {}
        _ = carry(from_server, to_client, &keep, Way::Back) => {}
    }
}

async fn carry(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    keep: &Keep,
    way: Way,
) -> anyhow::Result<()> {
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let length = from.read(&mut piece).await?;
        if length == 0 {
            return Ok(());
        }
        keep.keep(way, &piece[..length])?;
        to.write_all(&piece[..length]).await?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn what_goes_over_it_arrives_and_is_known() {
        let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let relay = Relay::before(server.local_addr().unwrap()).await.unwrap();
        let mut client = TcpStream::connect(("127.0.0.1", relay.port)).await.unwrap();
        client.write_all(b"POST /messages HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}").await.unwrap();
        let (mut there, _) = server.accept().await.unwrap();
        let mut asked = vec![0; 48];
        there.read_exact(&mut asked).await.unwrap();
        there.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nha").await.unwrap();
        relay.wait_for(|seen| seen.first().is_some_and(|one| one.answer == "ha")).await.unwrap();
        assert!(!relay.exchanges()[0].whole);
        assert_eq!(relay.busiest(), 1);
        // A client that goes away is gone for the server, too.
        drop(client);
        assert_eq!(there.read(&mut asked).await.unwrap_or(0), 0);
    }
}
