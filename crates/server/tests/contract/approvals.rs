//! Nothing is decided unseen, nothing unreadable is taken, and no stored content bricks a task.

use std::sync::Arc;

use std::time::Duration;

use divisi_domain::approval::{Decision, Mode, Verdict};
use divisi_domain::blob::Digest;
use divisi_domain::task::{Event, Input};
use divisi_engine::core::TaskKey;
use divisi_testkit::app::WORKSPACE;
use serde_json::{Value, json};

use crate::world::{DOCUMENT, POST_NOTE, World, noting_crew};

/// Only a task that nobody wakes takes so long.
const STUCK_AFTER: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_that_is_asked_is_shown() {
    let world = World::start();
    let task = world.noting(Mode::Manual).await;

    let plan = world.open(task).await;
    assert_eq!((&plan["kind"], &plan["asked"]["is"]), (&json!("plan"), &json!("plan")));
    assert_eq!(plan["asked"]["written"]["subtasks"].as_array().map(Vec::len), Some(1), "{plan}");
    assert_eq!(plan["asked"]["plan"]["digest"], plan["digest"]);
    world.approve(task).await;

    let call = world.open(task).await;
    assert_eq!(call["asked"]["is"], "tool_call");
    assert_eq!(
        (&call["asked"]["tool"], &call["asked"]["arguments"]),
        (&json!(POST_NOTE), &json!({ "note": 7 }))
    );
    assert_eq!(call["asked"]["subtask"], 1);
    world.approve(task).await;

    let draft = world.open(task).await;
    assert_eq!((&draft["kind"], &draft["asked"]["is"]), (&json!("publication"), &json!("publication")));
    let markdown = draft["asked"]["markdown"].as_str().unwrap();
    let answer = draft["asked"]["report"]["answer"][0]["text"].as_str().unwrap();
    assert!(markdown.contains("waits for approval") && !answer.is_empty(), "{draft}");
    // The inbox and the question itself show the same.
    let inbox = world.get("/approvals").await.json;
    let alone = world.get(&format!("/approvals/{}", draft["approval_id"].as_str().unwrap())).await;
    assert_eq!((inbox, alone.status, &alone.json), (json!([draft]), 200, &draft));
    let result = world.get(&format!("/tasks/{task}/result")).await;
    assert_eq!((result.status, &result.json["code"]), (409, &json!("task_not_finished")));
    world.approve(task).await;
    assert_eq!(world.get(&format!("/tasks/{task}/result")).await.status, 200);

    // A settled question still shows what was asked.
    let settled = world.get(&format!("/approvals/{}", call["approval_id"].as_str().unwrap())).await.json;
    assert_eq!((&settled["state"], &settled["asked"]), (&json!("approved"), &call["asked"]));
    assert_eq!(world.get(&format!("/approvals/{task}.99")).await.status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edited_report_is_checked_before_it_counts() {
    let world = World::start();
    let task = world.documented(Mode::Manual).await;
    world.approve(task).await;
    let draft = world.open(task).await["asked"]["report"].clone();
    let first = draft["answer"][0]["citations"][0].clone();
    assert!(first.is_object(), "the draft cites: {draft}");
    let edited = |change: &dyn Fn(&mut Value)| {
        let mut report = draft.clone();
        change(&mut report);
        json!({ "decision": "edit", "edited": report })
    };
    let rows: Vec<(&str, Value, &[&str])> = vec![
        ("a text", json!({ "decision": "edit", "edited": "text" }), &["JSON object"]),
        ("nothing", json!({ "decision": "edit" }), &["Give what"]),
        ("no report", json!({ "decision": "edit", "edited": {} }), &["answer", "executive_summary"]),
        ("no answer", edited(&|report| report["answer"] = json!([])), &["at least one statement"]),
        ("a strange confidence", edited(&|report| report["overall_confidence"] = json!(7)), &["0 to 1"]),
        (
            "two wrong citations",
            edited(&|report| {
                report["answer"][0]["citations"][0]["quote"] = json!("You may make a thousand copies.");
                report["sources"] =
                    json!([{ "source": "D9", "file": "x", "start": 0, "end": 1, "quote": "x" }]);
            }),
            &["a thousand copies", "D9"],
        ),
        (
            "another file",
            edited(&|report| report["answer"][0]["citations"][0]["file"] = json!("other.txt")),
            &["copies.txt"],
        ),
        (
            "a subtask that is not there",
            edited(&|report| report["answer"][0]["subtasks"] = json!([42])),
            &["42"],
        ),
    ];
    for (name, decide, sentences) in rows {
        let refused = world.decide(task, decide).await;
        assert_eq!((refused.status, &refused.json["code"]), (400, &json!("validation_failed")), "{name}");
        let detail = refused.json["details"]["edited"].as_str().unwrap();
        assert!(sentences.iter().all(|sentence| detail.contains(sentence)), "{name}: {detail}");
    }
    let taken =
        world.decide(task, edited(&|report| report["answer"][0]["text"] = json!("Three of them."))).await;
    assert_eq!((taken.status, &taken.json["state"]), (200, &json!("edited")), "{}", taken.text);
    let result = world.get(&format!("/tasks/{task}/result")).await.json;
    assert_eq!(result["result"]["answer"][0]["text"], "Three of them.");
    let cited = &result["result"]["sources"][0];
    let at = |name: &str| usize::try_from(cited[name].as_u64().unwrap()).unwrap();
    let span = at("start")..at("end");
    assert_eq!(cited["quote"].as_str(), DOCUMENT.get(span));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_that_changes_nothing_is_an_approval() {
    let world = World::start();
    let task = world.documented(Mode::Manual).await;
    let open = world.open(task).await;
    let plan = json!({ "decision": "edit", "edited": open["asked"]["written"] });
    assert_eq!(world.decide(task, plan).await.status, 409, "a plan has its own way");
    world.approve(task).await;
    let draft = world.open(task).await["asked"]["report"].clone();
    let answered = world.decide(task, json!({ "decision": "edit", "edited": draft })).await;
    assert_eq!((answered.status, &answered.json["state"]), (200, &json!("approved")), "{}", answered.text);
}

/// A report that an older binary took unseen: the task is shown all the same, with its latest draft that can be read.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_stored_content_bricks_a_task() {
    let world = World::start();
    let task = world.documented(Mode::Manual).await;
    world.approve(task).await;
    let (key, handle) = (TaskKey::new(WORKSPACE, task), &world.app.handle);
    let side = handle.side(key, "\"no report\"").unwrap();
    let asked = world.app.state(task).unwrap().approvals.last().cloned().unwrap();
    let verdict = Verdict::Edit { digest: Digest(side.blob.0), content: side.blob };
    let decision = Decision { digest: asked.digest, verdict, comment: None };
    let input = Input::Decide { number: asked.number, decision };
    handle.command(key, handle.fresh_input(), input, vec![side]).await.unwrap();
    handle.idle().await;

    let shown = world.get(&format!("/tasks/{task}")).await;
    assert_eq!((shown.status, &shown.json["status"]), (200, &json!("completed")), "{}", shown.text);
    let result = world.get(&format!("/tasks/{task}/result")).await;
    let missing = result.json["result"]["missing"].to_string();
    assert!(result.status == 200 && missing.contains("cannot be read"), "{}", result.text);
    assert!(result.json["result"]["final_answer"].as_str().is_some_and(|answer| !answer.is_empty()));
    for path in ["/plan", "/events", "/usage", "/agents", "/approvals"] {
        assert_eq!(world.get(&format!("/tasks/{task}{path}")).await.status, 200, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_of_unknown_outcome_is_settled_by_a_person() {
    let rows = [
        (json!({ "resolution": "retry" }), json!("posted")),
        (json!({ "resolution": "enter", "result": "It was posted by hand." }), json!("entered")),
        (json!({ "resolution": "skip" }), json!("skipped")),
        (json!({ "resolution": "fail" }), json!("given_up")),
    ];
    for (mut resolve, told) in rows {
        let dying = World::over(Arc::default(), true);
        let task = dying.app.task("Post the note that was agreed.", &[], noting_crew(), Mode::FullAutonomous);
        let task = dying.app.handle.submit(task).await.unwrap();
        let tool = |event: &Event| matches!(event, Event::EffectStarted { target: None, .. });
        dying.until(task, tool).await;
        let world = World::over(dying.die().await, false);
        world.app.handle.idle().await;

        let shown = world.get(&format!("/tasks/{task}")).await.json;
        assert_eq!(shown["waiting_for"]["kind"], "outcome_unknown", "{shown}");
        assert!(shown["waiting_for"]["detail"].as_str().unwrap().contains("divisi task resolve"));
        let call = &shown["unknown_calls"][0];
        assert_eq!(
            (&call["call"]["tool"], &call["call"]["arguments"]),
            (&json!(POST_NOTE), &json!({ "note": 7 }))
        );

        let path = format!("/tasks/{task}/resolve");
        let nowhere = json!({ "resolution": "skip", "effect_id": "p1/execute/s9/cycle0/turn1/tool0" });
        assert_eq!(world.ask("POST", &path, &nowhere).await.status, 404);
        let bare = json!({ "resolution": "enter", "effect_id": call["effect_id"] });
        assert_eq!(world.ask("POST", &path, &bare).await.json["code"], "validation_failed");
        resolve["effect_id"] = call["effect_id"].clone();
        let settled = world.ask("POST", &path, &resolve).await;
        assert_eq!(settled.status, 200, "{told}: {}", settled.text);
        let over = |event: &Event| matches!(event, Event::Completed { .. } | Event::Failed { .. });
        let ends = tokio::time::timeout(STUCK_AFTER, world.until(task, over)).await;
        assert!(
            ends.is_ok(),
            "{told}: the task goes on, {}",
            world.get(&format!("/tasks/{task}/events")).await.text
        );
        let after = world.get(&format!("/tasks/{task}")).await.json;
        assert_eq!(after["unknown_calls"], json!([]), "{told}: {after}");
        assert_eq!(world.ask("POST", &path, &resolve).await.status, 409, "{told}: it is settled");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_task_keeps_no_other_question_from_being_decided() {
    let world = World::start();
    let (damaged, sound) = (world.documented(Mode::Manual).await, world.documented(Mode::Manual).await);
    let stream = TaskKey::new(WORKSPACE, damaged).stream();
    assert!(world.store.damage_event(&stream, world.last_seq(damaged)));
    let inbox = world.get("/approvals").await;
    let asked: Vec<&Value> = inbox.json.as_array().unwrap().iter().map(|one| &one["task_id"]).collect();
    assert_eq!(asked, [&json!(damaged.to_string()), &json!(sound.to_string())], "{}", inbox.text);
    assert!(inbox.json[0]["asked"].is_null() && inbox.json[1]["asked"].is_object(), "{}", inbox.text);
    world.approve(sound).await;
}
