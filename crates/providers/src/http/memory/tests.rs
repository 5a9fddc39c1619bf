use serde_json::json;

use super::*;
use crate::http::Deadlines;

fn request(method: Method, url: &str, body: &'static str) -> HttpRequest {
    let second = Duration::from_secs(1);
    let deadlines =
        Deadlines { connect: second, first_token: second, idle: second, quiet: second, total: second };
    HttpRequest {
        method,
        url: url.to_owned(),
        headers: Vec::new(),
        body: Bytes::from_static(body.as_bytes()),
        deadlines,
    }
}

#[tokio::test(start_paused = true)]
async fn routes_come_before_the_queue_and_their_last_reply_stays() {
    let memory = Memory::replies([Reply::of(201, "text/plain", "")])
        .on_body(Method::Post, "http://a/x", "tool", Reply::of(400, "text/plain", ""))
        .on(Method::Post, "http://a/x", Reply::of(200, "text/plain", ""))
        .on(Method::Post, "http://a/x", Reply::of(202, "text/plain", ""));
    let rows = [
        (Method::Post, "http://a/x", "{\"tool\":1}", Some(400)),
        (Method::Post, "http://a/x", "{}", Some(200)),
        (Method::Post, "http://a/x", "{}", Some(202)),
        (Method::Post, "http://a/x", "{}", Some(202)),
        (Method::Get, "http://a/x", "", Some(201)),
        (Method::Get, "http://a/x", "", None),
    ];
    for (method, url, body, status) in rows {
        let answer = memory.send(request(method, url, body)).await;
        assert_eq!(answer.ok().map(|answer| answer.status), status, "{url} {body}");
    }
    assert_eq!(memory.bodies()[0], json!({"tool": 1}));
    assert_eq!(memory.requests().len(), 6);
}

#[tokio::test(start_paused = true)]
async fn bodies_are_counted_while_they_are_held() {
    let memory = Memory::replies([Reply::pieces(vec![Piece::Hang])]);
    let answer = memory.send(request(Method::Get, "http://a", "")).await.expect("answered");
    assert_eq!(memory.open_bodies(), 1);
    drop(answer);
    assert_eq!(memory.open_bodies(), 0);
}
