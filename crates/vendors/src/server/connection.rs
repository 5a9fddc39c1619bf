//! One connection: requests come in, steps go out, and a client that leaves is noticed at once.

use std::future::Future;

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::http::{HttpRequest, Parsed};

/// Bytes that a client may send ahead of the answer it waits for.
const AHEAD_BYTES_MAX: usize = 1024 * 1024;

/// A client's connection.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: BytesMut,
}

/// The client closed the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Gone;

/// What a client sent.
#[derive(Debug)]
pub(crate) enum Received {
    /// A request.
    Request(Box<HttpRequest>),
    /// Something else, with the sentence to answer.
    Malformed(&'static str),
}

impl Connection {
    pub(crate) fn new(stream: TcpStream) -> Self {
        // Without it small pieces would wait for each other; where it fails they merely do.
        let _ = stream.set_nodelay(true);
        Self { stream, buffer: BytesMut::new() }
    }

    /// The next request.
    pub(crate) async fn receive(&mut self) -> Result<Received, Gone> {
        loop {
            match HttpRequest::parse(&self.buffer) {
                Err(sentence) => return Ok(Received::Malformed(sentence)),
                Ok(Parsed::Partial) => self.read().await?,
                Ok(Parsed::Whole(request, length)) => {
                    self.buffer.advance(length);
                    return Ok(Received::Request(request));
                }
            }
        }
    }

    /// Sends bytes.
    pub(crate) async fn send(&mut self, bytes: &[u8]) -> Result<(), Gone> {
        self.check()?;
        self.stream.write_all(bytes).await.map_err(|_| Gone)
    }

    /// Waits for something, unless the client leaves first.
    pub(crate) async fn unless_gone<T>(&mut self, awaited: impl Future<Output = T>) -> Result<T, Gone> {
        let mut awaited = std::pin::pin!(awaited);
        loop {
            tokio::select! {
                biased;
                done = &mut awaited => return Ok(done),
                read = self.read() => read?,
            }
        }
    }

    /// Ends the connection with a reset.
    pub(crate) fn reset(self) {
        // Where it fails the connection ends by a close, which is cut just the same.
        let _ = self.stream.set_zero_linger();
    }

    /// Ends the connection in an orderly way.
    pub(crate) async fn close(mut self) {
        // The client may have left already.
        let _ = self.stream.shutdown().await;
    }

    async fn read(&mut self) -> Result<(), Gone> {
        match self.stream.read_buf(&mut self.buffer).await {
            Ok(1..) if self.buffer.len() < AHEAD_BYTES_MAX + super::http::BODY_BYTES_MAX => Ok(()),
            Ok(_) | Err(_) => Err(Gone),
        }
    }

    /// Reads what has come without waiting.
    fn check(&mut self) -> Result<(), Gone> {
        match self.stream.try_read_buf(&mut self.buffer) {
            Ok(0) => Err(Gone),
            Ok(_) => Ok(()),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => Ok(()),
            Err(_) => Err(Gone),
        }
    }
}
