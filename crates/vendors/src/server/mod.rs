//! The server: a socket on loopback, and everything that its connections share.

mod connection;
mod control;
mod exchange;
mod http;
mod routes;
mod steps;
mod telling;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::Behaviour;
use crate::ledger::Ledger;
use crate::limiter::Limiter;
use connection::Connection;

/// Connections at the same time; more are closed at once.
const CONNECTIONS_MAX: usize = 20_000;

/// A running server. It ends with all its connections when it is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    /// The one task that accepts; it owns those of the connections.
    accepting: JoinSet<()>,
}

#[derive(Debug)]
struct Shared {
    behaviour: Mutex<Behaviour>,
    limiter: Mutex<Limiter>,
    ledger: Ledger,
    gate: Semaphore,
}

impl Server {
    /// Starts on a free port of 127.0.0.1.
    pub async fn start(behaviour: Behaviour) -> io::Result<Self> {
        Self::start_on(0, behaviour).await
    }

    /// Starts on this port of 127.0.0.1.
    pub async fn start_on(port: u16, behaviour: Behaviour) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            behaviour: Mutex::new(behaviour),
            limiter: Mutex::new(Limiter::default()),
            ledger: Ledger::default(),
            gate: Semaphore::new(0),
        });
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(listener, Arc::clone(&shared)));
        Ok(Self { address, shared, accepting })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:PORT`; the paths of the vendors follow.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What was asked and charged so far.
    pub fn ledger(&self) -> &Ledger {
        &self.shared.ledger
    }

    /// Replaces what the server does from the next request on.
    pub fn behave(&self, behaviour: Behaviour) {
        *self.shared.behaviour.lock() = behaviour;
    }

    /// Changes what the server does from the next request on.
    pub fn change(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut self.shared.behaviour.lock());
    }

    /// Lets so many waiters on [`crate::Wait::Signal`] go, those to come included.
    pub fn release(&self, count: usize) {
        self.shared.gate.add_permits(count);
    }

    /// Moves a virtual clock.
    pub fn advance(&self, ms: u64) {
        self.shared.advance(ms);
    }

    /// Waits until the server has ended, which it does not by itself.
    pub async fn ended(mut self) {
        self.accepting.join_next().await;
    }
}

impl Shared {
    /// The behaviour without its answers, which may be many.
    fn settings(&self) -> Behaviour {
        let mut behaviour = self.behaviour.lock();
        let answers = std::mem::take(&mut behaviour.answers);
        let settings = behaviour.clone();
        behaviour.answers = answers;
        settings
    }

    fn advance(&self, ms: u64) {
        let mut behaviour = self.behaviour.lock();
        behaviour.virtual_clock_ms = behaviour.virtual_clock_ms.map(|now| now.saturating_add(ms));
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        // A connection that broke before it was accepted is nobody's.
        if let Ok((stream, _)) = listener.accept().await
            && connections.len() < CONNECTIONS_MAX
        {
            connections.spawn(serve(stream, Arc::clone(&shared)));
        }
    }
}

async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    shared.ledger.connected();
    routes::serve(Connection::new(stream), &shared).await;
}
