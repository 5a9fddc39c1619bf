//! How a connection is made.

use std::path::PathBuf;

use futures::future::BoxFuture;
use tokio::net::UnixStream;

/// Makes connections to a server.
pub trait Connect: Send + Sync {
    /// One more connection.
    fn connect(&self) -> BoxFuture<'_, std::io::Result<UnixStream>>;
}

/// The socket of a data folder.
#[derive(Debug, Clone)]
pub struct SocketPath(pub PathBuf);

impl Connect for SocketPath {
    fn connect(&self) -> BoxFuture<'_, std::io::Result<UnixStream>> {
        Box::pin(UnixStream::connect(&self.0))
    }
}
