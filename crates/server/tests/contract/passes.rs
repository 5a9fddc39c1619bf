//! What each pass brought stays readable.

use divisi_domain::approval::Mode;
use serde_json::json;

use crate::world::World;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_pass_keeps_its_result() {
    let world = World::start();
    let task = world.documented(Mode::Manual).await;
    world.approve(task).await;
    let draft = world.open(task).await["asked"]["report"].clone();
    let mut edited = draft.clone();
    edited["answer"][0]["text"] = json!("Three, said a person.");
    assert_eq!(world.decide(task, json!({ "decision": "edit", "edited": edited })).await.status, 200);
    let revise = json!({ "revision_request": "Say more.", "scope": "final_answer" });
    assert_eq!(world.ask("POST", &format!("/tasks/{task}/revise"), &revise).await.status, 200);
    world.app.handle.idle().await;

    // The second pass asks before it publishes: it runs, and the first report can be read.
    let now = world.get(&format!("/tasks/{task}/result")).await;
    let hint = now.json["detail"].as_str().unwrap();
    assert!(now.status == 409 && hint.contains("--pass 1"), "{}", now.text);
    let path = |pass: u16| format!("/tasks/{task}/result?pass={pass}");
    let first = world.get(&path(1)).await;
    assert_eq!((first.status, &first.json["pass"]), (200, &json!(1)), "{}", first.text);
    assert_eq!(first.json["result"]["answer"][0]["text"], "Three, said a person.");
    assert_eq!((world.get(&path(2)).await.status, world.get(&path(3)).await.status), (409, 404));

    world.approve(task).await;
    let second = world.get(&path(2)).await.json;
    assert_eq!((&second["pass"], &second["status"]), (&json!(2), &json!("completed")));
    assert_ne!(second["result"]["answer"][0]["text"], "Three, said a person.");
    assert_eq!(world.get(&path(1)).await.json, first.json, "what a pass brought stays as it was");
    assert_eq!(world.get(&format!("/tasks/{task}/result")).await.json, second);
}
