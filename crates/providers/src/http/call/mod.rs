//! One call over the network: sends the request, keeps the deadlines, hands the events of the answer to the reader of
//! the wire, and gives every way in which it can break its class.

mod failure;
mod reading;

use std::time::Duration;

use divisi_domain::model_step::FailureClass;
use divisi_domain::money::Usage;
use divisi_domain::time::Timestamp;
use divisi_llm::{ProviderError, RateSeen, Response, TokenSink};
use tokio::time::timeout;

use self::failure::{cut, malformed, silent, slow, wrong_content_type};
pub(in crate::http) use self::failure::{late, not_sent, redirected};
use self::reading::{Form, Reading, Taken};
use super::place::host_port;
use super::rate::{Headers, rate_seen, retry_after};
use super::sse::{SseEvent, SseItem};
use super::{HttpRequest, HttpResponse, Transport};

/// The most of an answer that is read, in bytes on the wire.
pub const ANSWER_BYTES_MAX: usize = 32 << 20;
/// The most of an error's body that is read, in bytes.
pub const ERROR_BODY_BYTES_MAX: usize = 64 << 10;
/// How long the body of an error is waited for: its status has said most.
const ERROR_BODY_WAIT: Duration = Duration::from_secs(2);
/// How long the rest of a complete answer is waited for: its usage, and the wire's end, which some servers leave out.
const COMPLETE_WAIT: Duration = Duration::from_secs(2);
/// How long the end of a finished answer's body is waited for, so that its connection can be used again.
const DRAIN: Duration = Duration::from_millis(5);

/// Whether a reader wants more of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The answer goes on.
    More,
    /// The wire's own end has come: what follows says nothing.
    Done,
    /// We end it ourselves: the connection is closed at once, so that the server stops generating.
    Close,
}

/// How far an answer has come: by that its silence is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Flow {
    /// Nothing of it has come: the server has a queue, reads the prompt, or lets the model think.
    #[default]
    Waiting,
    /// The model thinks or writes a call: many servers say nothing of that before it is whole.
    Quiet,
    /// Text comes.
    Flowing,
}

/// A status of 400 or more, and what came with it.
#[derive(Debug, Clone, Copy)]
pub struct Refusal<'a> {
    /// Status code.
    pub status: u16,
    /// Names in lower case.
    pub headers: &'a Headers,
    /// The beginning of the body, as text.
    pub body: &'a str,
    /// Host and port that answered.
    pub host: &'a str,
}

/// How a reader fails. Boxed, since errors are large and steps are many.
pub type Fault = Box<ProviderError>;

/// Reads one answer of a wire. Errors need no rate, no usage and no `Retry-After`: the exchange adds them.
pub trait AnswerReader: Send {
    /// Takes one event of the stream and passes new text on at once.
    fn event(&mut self, event: &SseEvent, sink: &mut dyn TokenSink) -> Result<Step, Fault>;

    /// Takes a whole answer in JSON, from a server that was asked to stream and does not.
    fn whole(&mut self, body: &str, sink: &mut dyn TokenSink) -> Result<(), Fault>;

    /// The answer, once nothing more comes. No finish reason, or nothing in the answer, is an error here.
    fn finish(&mut self) -> Result<Response, Fault>;

    /// Whether the answer is whole although the wire's end has not come: a break does it no harm any more.
    fn complete(&self) -> bool {
        false
    }

    /// How far the answer has come.
    fn flow(&self) -> Flow;

    /// Final usage, where the provider has reported it.
    fn usage(&self) -> Option<Usage>;

    /// What a status of 400 or more means on this wire.
    fn refusal(&mut self, refusal: &Refusal<'_>) -> ProviderError;
}

/// What is known of a call while it runs.
#[derive(Default)]
struct Known {
    rate: RateSeen,
    retry_after: Option<divisi_domain::time::Millis>,
    /// A body that is one JSON has begun to come.
    body_begun: bool,
    /// Something was taken that is no failure: also a refusal may be charged from then on.
    generated: bool,
}

impl Known {
    fn head(&mut self, headers: &Headers, now: Option<Timestamp>) {
        self.rate = rate_seen(headers, now);
        self.retry_after = retry_after(headers, now);
    }

    fn complete(&self, mut error: ProviderError, usage: Option<Usage>) -> ProviderError {
        error.rate = self.rate;
        // No call is without input: such figures were never counted.
        error.usage = error.usage.or(usage).filter(|usage| usage.input_tokens > 0);
        error.generated |= self.generated;
        error.retry_after = error.retry_after.or(self.retry_after);
        // A limit that strikes in the middle of an answer: something was generated, and may be charged.
        if error.generated && error.class == FailureClass::RateLimited {
            error.class = FailureClass::Overloaded;
        }
        error
    }
}

/// Makes one call and reads its answer. Every way out says what happened; nothing is repeated.
pub async fn exchange(
    transport: &dyn Transport,
    request: HttpRequest,
    reader: &mut dyn AnswerReader,
    sink: &mut dyn TokenSink,
) -> Result<Response, ProviderError> {
    let url = request.url.clone();
    let total = request.deadlines.total;
    let mut known = Known::default();
    let talk = converse(transport, request, &url, reader, sink, &mut known);
    let outcome = match timeout(total, Box::pin(talk)).await {
        Ok(outcome) => outcome,
        // Only the wire's end is missing.
        Err(_) if reader.complete() => Ok(()),
        Err(_) => Err(late(&host_port(&url), total)),
    };
    let finished = match outcome {
        Ok(()) => reader.finish().map_err(|fault| *fault),
        Err(error) => Err(error),
    };
    match finished {
        Ok(response) => Ok(Response { rate: known.rate, ..response }),
        Err(error) => Err(known.complete(error, reader.usage())),
    }
}

async fn converse(
    transport: &dyn Transport,
    request: HttpRequest,
    url: &str,
    reader: &mut dyn AnswerReader,
    sink: &mut dyn TokenSink,
    known: &mut Known,
) -> Result<(), ProviderError> {
    let deadlines = request.deadlines;
    let begin = async {
        let mut reading = open(transport, request, url, reader, known).await?;
        let mut step = Step::More;
        let waits = |reader: &dyn AnswerReader| reader.flow() == Flow::Waiting && !reader.complete();
        while step == Step::More && !reading.ended && !known.body_begun && waits(reader) {
            step = read(&mut reading, reader, sink, known).await?;
        }
        Ok((reading, step))
    };
    let (mut reading, mut step) = match timeout(deadlines.first_token, begin).await {
        Ok(begun) => begun?,
        Err(_) => return Err(slow(&host_port(url), deadlines.first_token)),
    };
    while step == Step::More && !reading.ended && !reader.complete() {
        let wait = match reader.flow() {
            Flow::Quiet => deadlines.quiet,
            Flow::Waiting | Flow::Flowing => deadlines.idle,
        };
        step = match timeout(wait, read(&mut reading, reader, sink, known)).await {
            Ok(step) => step?,
            Err(_) => return Err(silent(wait)),
        };
    }
    if step == Step::More && !reading.ended {
        let rest = rest(&mut reading, reader, sink, known);
        // What breaks or does not come any more does a whole answer no harm.
        step = timeout(deadlines.idle.min(COMPLETE_WAIT), rest).await.unwrap_or(Step::Close);
    }
    if step == Step::Done {
        reading.drain(DRAIN).await;
    }
    Ok(())
}

/// What comes behind a whole answer: its usage, and the wire's end.
async fn rest(
    reading: &mut Reading,
    reader: &mut dyn AnswerReader,
    sink: &mut dyn TokenSink,
    known: &mut Known,
) -> Step {
    let mut step = Step::More;
    while step == Step::More && !reading.ended {
        step = read(reading, reader, sink, known).await.unwrap_or(Step::Close);
    }
    step
}

/// Sends the request and takes the head of the answer.
async fn open(
    transport: &dyn Transport,
    request: HttpRequest,
    url: &str,
    reader: &mut dyn AnswerReader,
    known: &mut Known,
) -> Result<Reading, ProviderError> {
    let response = transport.send(request).await.map_err(|error| not_sent(&error))?;
    known.head(&response.headers, None);
    match response.status {
        200..=299 => {}
        300..=399 => return Err(redirected(&host_port(url), &response)),
        _ => return Err(refused(response, &host_port(url), reader).await),
    }
    match Form::of(response.header("content-type")) {
        Some(form) => Ok(Reading::new(response.body, form)),
        None => Err(wrong_content_type(&host_port(url), &response)),
    }
}

async fn refused(response: HttpResponse, host: &str, reader: &mut dyn AnswerReader) -> ProviderError {
    let HttpResponse { status, headers, body } = response;
    let body = reading::text(body, ERROR_BODY_BYTES_MAX, ERROR_BODY_WAIT).await;
    reader.refusal(&Refusal { status, headers: &headers, body: &body, host })
}

/// Reads the next piece of the body and hands on what it completes.
async fn read(
    reading: &mut Reading,
    reader: &mut dyn AnswerReader,
    sink: &mut dyn TokenSink,
    known: &mut Known,
) -> Result<Step, ProviderError> {
    let piece = reading.piece().await.map_err(|error| cut(&error))?;
    let items = match reading.take(piece).map_err(|error| malformed(&error.to_string()))? {
        Taken::Items(items) => items,
        Taken::Part => {
            known.body_begun = true;
            return Ok(Step::More);
        }
        Taken::Whole(body) => {
            reader.whole(&body, sink).map_err(|fault| *fault)?;
            known.generated = true;
            return Ok(Step::More);
        }
    };
    for item in items {
        let SseItem::Event(event) = item else { continue };
        let step = reader.event(&event, sink).map_err(|fault| *fault)?;
        known.generated = true;
        if step != Step::More {
            return Ok(step);
        }
    }
    Ok(Step::More)
}

#[cfg(test)]
mod tests;
