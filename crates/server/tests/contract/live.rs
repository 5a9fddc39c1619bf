//! Live streams: what the log has, then what comes.

use divisi_domain::approval::Mode;
use divisi_domain::id::TaskId;
use http_body_util::BodyExt;
use serde_json::Value;

use crate::world::{World, send};

/// Sequence numbers of a live stream until the event of this kind.
async fn heard(world: &World, task: TaskId, after: u64, midway: impl AsyncFn(), last: &str) -> Vec<u64> {
    let path = format!("/tasks/{task}/events");
    let (number, live) = (after.to_string(), ("accept", "text/event-stream"));
    let headers = [live, ("last-event-id", number.as_str())];
    let mut body = send(&world.router, "GET", &path, &Value::Null, &headers).await.into_body();
    let (mut text, mut seqs, mut done) = (String::new(), Vec::new(), false);
    while !done {
        let frame = body.frame().await.expect("the stream goes on").unwrap();
        text.push_str(std::str::from_utf8(frame.data_ref().unwrap()).unwrap());
        while let Some(end) = text.find("\n\n") {
            let message: String = text.drain(..end + 2).collect();
            let field = |name: &str| message.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
            let Some(seq) = field("id:") else { continue };
            seqs.push(seq.parse().unwrap());
            let event: Value = serde_json::from_str(field("data:").unwrap()).unwrap();
            assert_eq!(event["seq"].to_string(), seq);
            done |= event["kind"] == last;
        }
        if seqs.len() == 1 {
            midway().await;
        }
    }
    seqs
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_live_stream_goes_from_the_log_to_what_comes_without_gap_or_double() {
    let world = World::start();
    for joined in [0, 1, 4] {
        let task = world.documented(Mode::Assisted).await;
        // While the log is being read back, the rest of the task is committed.
        let approve = async || world.approve(task).await;
        let seqs = heard(&world, task, joined, approve, "completed").await;
        let all: Vec<u64> = (joined + 1..=world.last_seq(task)).collect();
        assert_eq!(seqs, all, "joined after {joined}");
        let rest = heard(&world, task, joined + 2, async || {}, "completed").await;
        assert_eq!(rest, all[2..], "joined again after the end");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_for_more_than_there_is_hears_what_comes() {
    let world = World::start();
    for after in [1 << 63, u64::MAX - 1, u64::MAX] {
        let task = world.documented(Mode::Assisted).await;
        let path = format!("/tasks/{task}/events");
        let page = world.get(&format!("{path}?after={after}")).await;
        assert_eq!((page.status, &page.json["events"]), (200, &Value::Array(Vec::new())), "{}", page.text);
        let number = after.to_string();
        let headers = [("accept", "text/event-stream"), ("last-event-id", number.as_str())];
        let mut body = send(&world.router, "GET", &path, &Value::Null, &headers).await.into_body();
        world.approve(task).await;
        let mut text = String::new();
        while !text.contains("\"completed\"") {
            let frame = body.frame().await.expect("the stream goes on").unwrap();
            text.push_str(std::str::from_utf8(frame.data_ref().unwrap()).unwrap());
        }
    }
}
