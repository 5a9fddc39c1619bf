//! The local socket of a data folder: only its user may connect.

use std::future::Future;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use axum::Router;
use axum::serve::Listener;
use tokio::net::{UnixListener, UnixStream};

/// The longest path that every system takes for a socket, in bytes.
const SOCKET_PATH_BYTES_MAX: usize = 100;

/// Connections that were made and not yet taken.
const CONNECTIONS_WAITING_MAX: usize = 16;

/// A socket that cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The system refuses.
    #[error("the socket {path} cannot be opened: {cause}")]
    Io {
        /// Where.
        path: String,
        /// Why.
        cause: std::io::Error,
    },
    /// Sockets have short paths.
    #[error(
        "the path {path} is too long for a socket ({SOCKET_PATH_BYTES_MAX} bytes at most): choose a shorter data folder with --data-dir"
    )]
    TooLong {
        /// Where.
        path: String,
    },
}

/// An open socket; its file goes with it.
#[derive(Debug)]
pub struct Socket {
    listener: Option<UnixListener>,
    path: PathBuf,
}

impl Socket {
    /// Opens the socket. The caller owns the data folder, so a file that is there is a left-over.
    pub fn open(path: &Path) -> Result<Self, ListenError> {
        let shown = path.display().to_string();
        if shown.len() > SOCKET_PATH_BYTES_MAX {
            return Err(ListenError::TooLong { path: shown });
        }
        let failed = |cause| ListenError::Io { path: shown.clone(), cause };
        if path.exists() {
            std::fs::remove_file(path).map_err(failed)?;
        }
        let listener = UnixListener::bind(path).map_err(failed)?;
        std::fs::set_permissions(path, PermissionsExt::from_mode(0o600)).map_err(failed)?;
        Ok(Self { listener: Some(listener), path: path.to_owned() })
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // A socket without a listener only costs the next client one refused connection.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Connections that one process hands to itself: the same contract without a socket on disk.
#[derive(Debug)]
pub struct InProcess(tokio::sync::mpsc::Receiver<UnixStream>);

impl InProcess {
    /// A listener and the end into which connections are handed.
    pub fn new() -> (tokio::sync::mpsc::Sender<UnixStream>, Self) {
        let (hand, taken) = tokio::sync::mpsc::channel(CONNECTIONS_WAITING_MAX);
        (hand, Self(taken))
    }
}

impl Listener for InProcess {
    type Io = UnixStream;
    type Addr = ();

    async fn accept(&mut self) -> (UnixStream, ()) {
        match self.0.recv().await {
            Some(stream) => (stream, ()),
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Serves connections of the same process until `stop`.
pub async fn serve_in_process(
    listener: InProcess,
    router: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    axum::serve(listener, router).with_graceful_shutdown(stop).await
}

/// Serves until `stop`; requests in flight end first.
pub async fn serve(
    mut socket: Socket,
    router: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let Some(listener) = socket.listener.take() else { return Ok(()) };
    axum::serve(listener, router).with_graceful_shutdown(stop).await
}
