//! One request over one connection.

use std::time::Duration;

use bytes::Bytes;
use divisi_api::{BASE, Problem};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::handshake;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::task::JoinSet;

use crate::connect::Connect;
use crate::error::ClientError;

/// What is asked.
#[derive(Debug)]
pub(crate) struct Call<'c> {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) accept: &'c str,
    pub(crate) key: Option<&'c str>,
    pub(crate) body: Option<Vec<u8>>,
    /// From the connection to the answer's head, and again to its end.
    pub(crate) time_max: Duration,
}

/// How long a call may take.
const CALL_TIME_MAX: Duration = Duration::from_mins(1);
/// How long a submission may take: all its documents are parsed first.
pub(crate) const CREATE_TIME_MAX: Duration = Duration::from_hours(1);

impl<'c> Call<'c> {
    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self {
            method: Method::GET,
            path: path.into(),
            accept: "application/json",
            key: None,
            body: None,
            time_max: CALL_TIME_MAX,
        }
    }

    pub(crate) fn post(path: impl Into<String>, body: &impl Serialize) -> Result<Self, ClientError> {
        let body = serde_json::to_vec(body).map_err(|error| ClientError::Shape(error.to_string()))?;
        Ok(Self { method: Method::POST, body: Some(body), ..Self::get(path) })
    }

    pub(crate) fn within(self, time_max: Duration) -> Self {
        Self { time_max, ..self }
    }

    pub(crate) fn accept(self, accept: &'c str) -> Self {
        Self { accept, ..self }
    }

    pub(crate) fn keyed(self, key: Option<&'c str>) -> Self {
        Self { key, ..self }
    }
}

/// An answer with the connection that it still comes over.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) response: Response<Incoming>,
    /// Drives the connection; dropping it closes it.
    pub(crate) driving: JoinSet<()>,
    /// How long its rest may take.
    time_max: Duration,
}

/// The outcome of `work`, which has so much time.
pub(crate) async fn within<T, E: Into<ClientError>>(
    time_max: Duration,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, ClientError> {
    match tokio::time::timeout(time_max, work).await {
        Ok(done) => done.map_err(Into::into),
        Err(_) => Err(ClientError::Silent(time_max)),
    }
}

/// Makes the call. An answer that is no success is the problem it carries.
pub(crate) async fn send(connect: &dyn Connect, call: Call<'_>) -> Result<Answer, ClientError> {
    let time_max = call.time_max;
    let answer = within(time_max, head(connect, call)).await?;
    if answer.response.status().is_success() { Ok(answer) } else { Err(problem(answer).await) }
}

async fn head(connect: &dyn Connect, call: Call<'_>) -> Result<Answer, ClientError> {
    let time_max = call.time_max;
    let stream = connect.connect().await?;
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await?;
    let mut driving = JoinSet::new();
    driving.spawn(async move {
        // Its failure shows where the answer is read.
        let _ = connection.await;
    });
    let mut request = Request::builder()
        .method(call.method)
        .uri(format!("{BASE}{}", call.path))
        .header("host", "divisi")
        .header("accept", call.accept);
    if call.body.is_some() {
        request = request.header("content-type", "application/json");
    }
    if let Some(key) = call.key {
        request = request.header("idempotency-key", key);
    }
    let body = Full::new(Bytes::from(call.body.unwrap_or_default()));
    let request = request.body(body).map_err(|error| ClientError::Shape(error.to_string()))?;
    let response = sender.send_request(request).await?;
    Ok(Answer { response, driving, time_max })
}

async fn problem(answer: Answer) -> ClientError {
    let status = answer.response.status();
    match bytes(answer).await {
        Ok(body) => match serde_json::from_slice::<Problem>(&body) {
            Ok(problem) => ClientError::Problem(Box::new(problem)),
            Err(_) => ClientError::Shape(unexpected(status)),
        },
        Err(error) => error,
    }
}

fn unexpected(status: StatusCode) -> String {
    format!("HTTP {status} without a problem document")
}

/// The whole body.
pub(crate) async fn bytes(answer: Answer) -> Result<Bytes, ClientError> {
    let Answer { response, driving, time_max } = answer;
    let body = within(time_max, response.into_body().collect()).await?.to_bytes();
    drop(driving);
    Ok(body)
}

/// The body as JSON of a type.
pub(crate) async fn json<T: DeserializeOwned>(
    connect: &dyn Connect,
    call: Call<'_>,
) -> Result<T, ClientError> {
    let body = bytes(send(connect, call).await?).await?;
    serde_json::from_slice(&body).map_err(|error| ClientError::Shape(error.to_string()))
}

#[cfg(test)]
mod tests {
    use futures::future::BoxFuture;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::UnixStream;

    use super::*;

    /// Says so much, and then nothing; the other end stays open.
    struct Halting(&'static str, std::sync::Mutex<JoinSet<()>>);

    impl Connect for Halting {
        fn connect(&self) -> BoxFuture<'_, std::io::Result<UnixStream>> {
            Box::pin(async {
                let (ours, mut theirs) = UnixStream::pair()?;
                let said = self.0;
                self.1.lock().unwrap().spawn(async move {
                    let mut read = [0; 1_024];
                    assert!(theirs.read(&mut read).await.unwrap() > 0);
                    theirs.write_all(said.as_bytes()).await.unwrap();
                    std::future::pending::<()>().await;
                });
                Ok(ours)
            })
        }
    }

    #[test]
    fn nothing_is_waited_for_without_end() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        for said in ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{\"a\":"] {
            let other = Halting(said, std::sync::Mutex::default());
            let call = Call::get("/health").within(Duration::from_millis(5));
            let ended = runtime.block_on(json::<serde_json::Value>(&other, call));
            assert!(matches!(ended, Err(ClientError::Silent(_))), "{said:?}: {ended:?}");
        }
    }
}
