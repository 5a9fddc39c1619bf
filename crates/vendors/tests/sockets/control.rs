//! What scripts use: behaviour and ledger over HTTP, lists of models, the programme itself.

use divisi_vendors::{Behaviour, Server, Vendor};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::client::{Client, Got, PATIENCE, ask, post};

async fn call(server: &Server, method: &str, path: &str) -> Got {
    let mut client = Client::connect(server).await;
    client.send(method, path, "k", "").await;
    client.read().await
}

#[tokio::test]
async fn a_script_can_do_what_a_test_can() {
    let server = Server::start(Behaviour::default()).await.unwrap();
    let behaviour = json!({"answers": [{"text": "planned"}], "virtual_clock_ms": 5, "latency": "signal"});
    assert_eq!(post(&server, "/control", &behaviour).await.status, 200);
    assert_eq!(post(&server, "/release", &json!({"count": 1})).await.status, 200);
    assert_eq!(post(&server, "/advance", &json!({"ms": 10})).await.status, 200);
    assert!(ask(&server, Vendor::Chat, true).await.text().contains("planned"));
    assert_eq!(call(&server, "GET", "/control").await.json()["virtual_clock_ms"], json!(15));
    let ledger = call(&server, "GET", "/ledger").await.json();
    assert_eq!(
        (&ledger["entries"][0]["number"], &ledger["entries"][0]["ended"]),
        (&json!(1), &json!("whole"))
    );
    assert_eq!(call(&server, "DELETE", "/ledger").await.status, 200);
    assert_eq!(call(&server, "GET", "/ledger").await.json()["entries"], json!([]));
    for (path, body) in
        [("/control", json!({"answer": []})), ("/release", json!({})), ("/advance", json!({"ms": -1}))]
    {
        assert_eq!(post(&server, path, &body).await.status, 400, "{path}");
    }
}

/// The first bytes of the answer to a plain GET, without the headers that other vendors are known by.
async fn plain(server: &Server, path: &str) -> String {
    let mut client = TcpStream::connect(server.address()).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n");
    client.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = [0; 8192];
    let read = client.read(&mut bytes).await.unwrap();
    String::from_utf8_lossy(&bytes[..read]).into_owned()
}

#[tokio::test]
async fn models_are_listed_in_the_shape_of_the_vendor() {
    let models = vec!["one".to_owned(), "two".to_owned()];
    let server = Server::start(Behaviour { models, ..Behaviour::default() }).await.unwrap();
    assert!(plain(&server, "/v1/models").await.contains("\"object\":\"list\""));
    assert!(plain(&server, "/v1/models/two").await.contains("\"id\":\"two\""));
    assert!(plain(&server, "/v1/models/three").await.starts_with("HTTP/1.1 404"));
    assert!(plain(&server, "/v2/chat").await.starts_with("HTTP/1.1 404"));
    assert!(plain(&server, "/v1/responses").await.starts_with("HTTP/1.1 404"));
    let anthropic: Value = call(&server, "GET", "/v1/models").await.json();
    assert_eq!((&anthropic["data"][1]["type"], &anthropic["has_more"]), (&json!("model"), &json!(false)));
    let gemini = call(&server, "GET", "/v1beta/models").await.json();
    assert_eq!(gemini["models"][0]["name"], json!("models/one"));
    let book = server.ledger().book();
    assert!(book.entries.is_empty() && book.others.contains(&"GET /v1/models".to_owned()), "{book:?}");
}

#[tokio::test]
async fn the_programme_writes_its_port_and_answers_there() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    let file = folder.join(format!("vendors-port-{}", std::process::id()));
    let mut programme = tokio::process::Command::new(env!("CARGO_BIN_EXE_divisi-vendors"))
        .arg("--port-file")
        .arg(&file)
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let port = tokio::time::timeout(PATIENCE, async {
        loop {
            match std::fs::read_to_string(&file) {
                Ok(port) => break port.parse::<u16>().unwrap(),
                Err(_) => tokio::task::yield_now().await,
            }
        }
    });
    let port = port.await.unwrap();
    assert!(TcpStream::connect(("127.0.0.1", port)).await.is_ok());
    programme.kill().await.unwrap();
    std::fs::remove_file(file).unwrap();
    let wrong = tokio::process::Command::new(env!("CARGO_BIN_EXE_divisi-vendors"))
        .arg("--what")
        .output()
        .await
        .unwrap();
    assert_eq!(wrong.status.code(), Some(2));
}
