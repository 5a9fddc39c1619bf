//! Whether the owner of a data folder answers.

use std::sync::Arc;
use std::time::Duration;

use divisi_client::{Client, ClientError, SocketPath};
use tokio::net::UnixStream;

use super::folder::Places;

/// What is behind the socket of a data folder.
pub(super) enum Answer {
    /// Nobody.
    Nobody,
    /// An owner that takes work.
    Ready(Client),
    /// An owner that takes no more work and is about to hand over.
    Leaving,
    /// A process that does not answer in time.
    Silent,
}

/// Asks whoever is there; an answer has to come within `time_max`.
pub(super) async fn ask(places: &Places, time_max: Duration) -> Answer {
    let path = places.socket();
    match UnixStream::connect(&path).await {
        // Nobody takes connections, and as many as may wait do.
        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return Answer::Silent,
        Err(_) => return Answer::Nobody,
        Ok(_) => {}
    }
    let client = Client::new(Arc::new(SocketPath(path)));
    match tokio::time::timeout(time_max, client.health()).await {
        Err(_) | Ok(Err(ClientError::Silent(_))) => Answer::Silent,
        Ok(Ok(health)) if health.status == "draining" => Answer::Leaving,
        Ok(Err(ClientError::Connection(_))) => Answer::Nobody,
        // Whatever else it says, it answers.
        Ok(Ok(_) | Err(ClientError::Problem(_) | ClientError::Shape(_))) => Answer::Ready(client),
    }
}
