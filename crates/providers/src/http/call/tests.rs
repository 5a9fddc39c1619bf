use std::time::Duration;

use divisi_domain::name::Name;
use divisi_domain::time::Millis;
use divisi_llm::{FinishReason, NoSink};

use super::*;
use crate::http::Deadlines;
use crate::http::Method;
use crate::http::memory::{Memory, Piece, Reply};

/// A wire of one letter an event: `.` ends, `-` says nothing, `(` begins a call, `,` says that all is said, `!` closes, `?` fails, `u` reports usage, anything else is text.
#[derive(Default)]
struct Letters {
    text: String,
    ended: bool,
    complete: bool,
    usage: Option<Usage>,
    flow: Flow,
}

impl AnswerReader for Letters {
    fn event(&mut self, event: &SseEvent, sink: &mut dyn TokenSink) -> Result<Step, Fault> {
        match event.data.as_str() {
            "." => {
                self.ended = true;
                return Ok(Step::Done);
            }
            "!" => {
                self.ended = true;
                return Ok(Step::Close);
            }
            "?" => {
                return Err(ProviderError::new(FailureClass::RateLimited, "in the stream".to_owned()).into());
            }
            "u" => self.usage = Some(Usage { input_tokens: 3, ..Usage::default() }),
            "0" => self.usage = Some(Usage::default()),
            "," => self.complete = true,
            "-" => {}
            "(" => self.flow = Flow::Quiet,
            text => {
                self.flow = Flow::Flowing;
                self.text.push_str(text);
                sink.push(text);
            }
        }
        Ok(Step::More)
    }

    fn whole(&mut self, body: &str, sink: &mut dyn TokenSink) -> Result<(), Fault> {
        self.ended = true;
        body.clone_into(&mut self.text);
        sink.push(body);
        Ok(())
    }

    fn finish(&mut self) -> Result<Response, Fault> {
        if !self.ended && !self.complete {
            return Err(ProviderError::new(FailureClass::Truncated, "no end".to_owned()).into());
        }
        let text = std::mem::take(&mut self.text);
        Ok(Response::new(text, Vec::new(), self.usage, Name::from_static("m")))
    }

    fn complete(&self) -> bool {
        self.complete
    }

    fn usage(&self) -> Option<Usage> {
        self.usage
    }

    fn flow(&self) -> Flow {
        self.flow
    }

    fn refusal(&mut self, refusal: &Refusal<'_>) -> ProviderError {
        let class = if refusal.status == 429 { FailureClass::RateLimited } else { FailureClass::Overloaded };
        let beginning: String = refusal.body.chars().take(40).collect();
        ProviderError::new(class, format!("{} ({}): {beginning}", refusal.host, refusal.status))
    }
}

#[derive(Default)]
struct Heard(Vec<String>);

impl TokenSink for Heard {
    fn push(&mut self, text: &str) {
        self.0.push(text.to_owned());
    }
}

fn request() -> HttpRequest {
    HttpRequest {
        method: Method::Post,
        url: "http://h.example:1/v1".to_owned(),
        headers: Vec::new(),
        body: bytes::Bytes::new(),
        deadlines: Deadlines {
            connect: Duration::from_secs(1),
            first_token: Duration::from_mins(1),
            idle: Duration::from_secs(20),
            quiet: Duration::from_mins(3),
            total: Duration::from_mins(10),
        },
    }
}

fn bytes(text: &str) -> Piece {
    Piece::Bytes(bytes::Bytes::copy_from_slice(text.as_bytes()))
}

fn secs(count: u64) -> Piece {
    Piece::Wait(Duration::from_secs(count))
}

async fn made(reply: Reply) -> (Result<Response, ProviderError>, Vec<String>, usize) {
    made_within(request().deadlines, reply).await
}

async fn made_within(
    deadlines: Deadlines,
    reply: Reply,
) -> (Result<Response, ProviderError>, Vec<String>, usize) {
    let memory = Memory::replies([reply]);
    let mut heard = Heard::default();
    let request = HttpRequest { deadlines, ..request() };
    let outcome = exchange(&memory, request, &mut Letters::default(), &mut heard).await;
    (outcome, heard.0, memory.open_bodies())
}

#[tokio::test(start_paused = true)]
async fn answers() {
    let rows = [
        ("a stream", Reply::stream("data: a\n\ndata: b\n\ndata: .\n\n"), "ab"),
        ("an end without an empty line", Reply::stream("data: a\n\ndata: ."), "a"),
        ("an end of our own", Reply::pieces(vec![bytes("data: a\n\ndata: !\n\n"), Piece::Hang]), "a"),
        (
            "an end after which the connection stays",
            Reply::pieces(vec![bytes("data: a\n\ndata: .\n\n"), Piece::Hang]),
            "a",
        ),
        (
            "what breaks after the end",
            Reply::pieces(vec![bytes("data: a\n\ndata: .\n\n"), Piece::Break]),
            "a",
        ),
        ("no end after all is said", Reply::pieces(vec![bytes("data: a\n\ndata: ,\n\n"), Piece::Hang]), "a"),
        (
            "a break after all is said",
            Reply::pieces(vec![bytes("data: a\n\ndata: ,\n\n"), Piece::Break]),
            "a",
        ),
        ("what comes after the end", Reply::stream("data: a\n\ndata: .\n\ndata: c\n\n"), "a"),
        ("JSON instead of a stream", Reply::of(200, "application/json; charset=utf-8", "{}"), "{}"),
        ("another JSON", Reply::of(200, "application/problem+json", "{}"), "{}"),
        (
            "a named charset",
            Reply::of(200, "Text/Event-Stream; charset=utf-8", "data: a\n\ndata: .\n\n"),
            "a",
        ),
        (
            "slow from the first",
            Reply::After(Duration::from_secs(59), Box::new(Reply::stream("data: a\n\ndata: .\n\n"))),
            "a",
        ),
        (
            "comments are life",
            Reply::pieces(vec![
                bytes("data: a\n\n"),
                secs(15),
                bytes(": ping\n\n"),
                secs(15),
                bytes(": ping\n\n"),
                secs(15),
                bytes("data: .\n\n"),
            ]),
            "a",
        ),
        (
            "silence after the first event",
            Reply::pieces(vec![bytes("data: -\n\n"), secs(55), bytes("data: a\n\ndata: .\n\n")]),
            "a",
        ),
        (
            "silence while a call is written",
            Reply::pieces(vec![bytes("data: a\n\ndata: (\n\n"), secs(170), bytes("data: .\n\n")]),
            "a",
        ),
        ("pings after all is said", Reply::pieces(pings_after("data: a\n\ndata: ,\n\n")), "a"),
        (
            "silence of less than the deadline",
            Reply::pieces(vec![bytes("data: a\n\n"), secs(19), bytes("data: .\n\n")]),
            "a",
        ),
    ];
    for (what, reply, text) in rows {
        let (outcome, heard, open) = made(reply).await;
        let response = outcome.unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!((response.text.as_str(), response.finish), (text, FinishReason::Stop), "{what}");
        assert_eq!((heard.concat().as_str(), open), (text, 0), "{what}");
    }
}

/// A server of one's own loads its model at the first call and answers one call after the other. Some say nothing meanwhile,
/// not even a head; others say comments.
#[tokio::test(start_paused = true)]
async fn a_server_of_ones_own_is_given_more_time_than_a_service() {
    const ANSWER: &str = "data: a\n\ndata: .\n\n";
    let silent = |seconds| Reply::After(Duration::from_secs(seconds), Box::new(Reply::stream(ANSWER)));
    let pinging = |minutes: usize| {
        let pings = std::iter::repeat_n([secs(15), bytes(": ping\n\n")], minutes * 4).flatten();
        Reply::pieces(pings.chain([bytes(ANSWER)]).collect())
    };
    let paused = |said, seconds| Reply::pieces(vec![bytes(said), secs(seconds), bytes("data: .\n\n")]);
    let rows = [
        ("the first call after its start", silent(2), true, true),
        ("a minute without a head", silent(61), true, true),
        ("a minute of comments", pinging(1), true, true),
        ("nine minutes without a head", silent(540), true, false),
        ("nine minutes of comments", pinging(9), true, false),
        ("eleven minutes without a head", silent(660), false, false),
        ("eleven minutes of comments", pinging(11), false, false),
        ("a minute between two pieces of text", paused("data: a\n\n", 60), true, false),
        ("nine minutes in a call", paused("data: a\n\ndata: (\n\n", 540), true, false),
    ];
    for (what, reply, own, service) in rows {
        for (deadlines, taken) in [(Deadlines::LOCAL, own), (Deadlines::REMOTE, service)] {
            let (outcome, _, open) = made_within(deadlines, reply.clone()).await;
            assert_eq!((outcome.is_ok(), open), (taken, 0), "{what} {deadlines:?}: {outcome:?}");
        }
    }
}

/// A server that says one thing and then pings for ever.
fn pings_after(said: &str) -> Vec<Piece> {
    let pings = std::iter::repeat_n([secs(1), bytes(": ping\n\n")], 700).flatten();
    std::iter::once(bytes(said)).chain(pings).collect()
}

async fn breaks(rows: Vec<(&str, Reply, FailureClass, &str)>) {
    for (what, reply, class, words) in rows {
        let sent = reply != Reply::Refused;
        let (outcome, _, open) = made(reply).await;
        let error = outcome.expect_err(what);
        assert_eq!((error.class, error.sent, open), (class, sent, 0), "{what}: {error}");
        assert!(error.message.contains(words), "{what}: {error}");
    }
}

#[tokio::test(start_paused = true)]
async fn connections_that_break() {
    use FailureClass::{Connection, TimedOut, Truncated};
    let text = || bytes("data: a\n\n");
    let queued = std::iter::repeat_n([secs(15), bytes(": ping\n\n")], 10).flatten().collect();
    let steady = std::iter::repeat_n([secs(15), text()], 50).flatten().collect();
    breaks(vec![
        ("no connection", Reply::Refused, Connection, "cannot be reached"),
        ("a reset", Reply::Reset, Connection, "h.example:1 broke"),
        ("silence", Reply::Silent, TimedOut, "did not begin to answer within 60 s"),
        ("a head and silence", Reply::pieces(vec![Piece::Hang]), TimedOut, "did not begin"),
        ("only comments", Reply::pieces(queued), TimedOut, "did not begin"),
        (
            "an event and silence",
            Reply::pieces(vec![bytes("data: -\n\n"), Piece::Hang]),
            TimedOut,
            "did not begin",
        ),
        (
            "silence in a call",
            Reply::pieces(vec![bytes("data: (\n\n"), Piece::Hang]),
            Truncated,
            "nothing came for 180 s",
        ),
        ("a cut", Reply::pieces(vec![text(), Piece::Break]), Connection, "was cut"),
        ("a stall", Reply::pieces(vec![text(), Piece::Hang]), Truncated, "nothing came for 20 s"),
        ("no end", Reply::pieces(vec![text()]), Truncated, "no end"),
        ("nothing at all", Reply::pieces(vec![]), Truncated, "no end"),
        ("an endless answer", Reply::pieces(steady), TimedOut, "did not finish its answer within 600 s"),
    ])
    .await;
}

#[tokio::test(start_paused = true)]
async fn answers_that_are_none() {
    use FailureClass::{BadRequest, Overloaded, RateLimited, Truncated};
    let empty = Reply::Answer { status: 200, headers: vec![], body: vec![] };
    let moved = Reply::of(301, "text/html", "").with_header("location", "https://b.example/v1?key=x");
    let in_stream = Reply::stream("data: a\n\ndata: ?\n\n");
    breaks(vec![
        ("a limit before", Reply::of(429, "text/plain", "slow down"), RateLimited, "429): slow down"),
        ("a limit in the stream", in_stream, Overloaded, "in the stream"),
        ("a limit as the first event", Reply::stream("data: ?\n\n"), RateLimited, "in the stream"),
        ("overload", Reply::of(529, "application/json", "{}"), Overloaded, "529"),
        ("a page", Reply::of(200, "text/html", "<html>"), Truncated, "wrong content type"),
        ("text", Reply::of(200, "text/plain", "hello"), Truncated, "'text/plain'"),
        ("no content type", empty, Truncated, "wrong content type"),
        ("a redirect", moved, BadRequest, "redirects the call to b.example:443"),
    ])
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_is_too_much() {
    let line = vec![b'a'; crate::http::LINE_BYTES_MAX + 1];
    let (outcome, ..) = made(Reply::of(200, "text/event-stream", line)).await;
    assert_eq!(outcome.expect_err("a line").class, FailureClass::Truncated);

    let comments = vec![bytes(&":\n".repeat(1 << 20)); 17];
    let (outcome, ..) = made(Reply::pieces(comments)).await;
    assert!(outcome.expect_err("a body").message.contains("longer than 33554432 bytes"));

    let page = Reply::of(500, "text/plain", vec![b'a'; ERROR_BODY_BYTES_MAX * 2]);
    assert_eq!(made(page).await.0.expect_err("an error").class, FailureClass::Overloaded);

    let endless = Reply::Answer { status: 500, headers: vec![], body: vec![bytes("broken"), Piece::Hang] };
    let error = made(endless).await.0.expect_err("a body without end");
    assert_eq!(error.class, FailureClass::Overloaded);
    assert!(error.message.contains("broken"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn what_is_known_goes_along() {
    let limited = Reply::of(429, "application/json", "{}")
        .with_header("retry-after", "7")
        .with_header("x-ratelimit-limit-requests", "10");
    let error = made(limited).await.0.expect_err("limited");
    assert_eq!(error.retry_after, Some(Millis::from_secs(7)));
    assert_eq!(error.rate.requests_per_minute, Some(10));

    let told = Reply::stream("data: a\n\ndata: .\n\n").with_header("x-ratelimit-remaining-requests", "9");
    assert_eq!(made(told).await.0.expect("answered").rate.requests_left, Some(9));

    let paid = Reply::pieces(vec![bytes("data: a\n\ndata: u\n\n"), Piece::Break]);
    assert_eq!(made(paid).await.0.expect_err("cut").usage.map(|usage| usage.input_tokens), Some(3));
    let nothing = Reply::pieces(vec![bytes("data: a\n\ndata: 0\n\n"), Piece::Break]);
    assert_eq!(made(nothing).await.0.expect_err("cut").usage, None, "no call is without input");
    let first = made(Reply::stream("data: ?\n\n")).await.0.expect_err("limited");
    let later = made(Reply::stream("data: a\n\ndata: ?\n\n")).await.0.expect_err("limited");
    assert_eq!((first.generated, later.generated), (false, true), "what was generated may be charged");
    let late = Reply::pieces(vec![bytes("data: a\n\ndata: u\n\n"), Piece::Hang]);
    assert_eq!(made(late).await.0.expect_err("stalled").usage.map(|usage| usage.input_tokens), Some(3));
}

#[tokio::test(start_paused = true)]
async fn text_goes_on_before_the_answer_ends() {
    let memory = Memory::replies([Reply::pieces(vec![bytes("data: a\n\nda"), Piece::Hang])]);
    let mut heard = Heard::default();
    let mut reader = Letters::default();
    let call = exchange(&memory, request(), &mut reader, &mut heard);
    assert!(timeout(Duration::from_secs(1), call).await.is_err(), "it is not over");
    assert_eq!((heard.0.concat().as_str(), memory.open_bodies()), ("a", 0), "dropping it closes it");
}

#[tokio::test(start_paused = true)]
async fn one_request_is_made_and_no_second() {
    let memory = Memory::replies([Reply::Reset, Reply::stream("data: .\n\n")]);
    let outcome = exchange(&memory, request(), &mut Letters::default(), &mut NoSink).await;
    assert_eq!((outcome.is_err(), memory.requests().len()), (true, 1));
}
