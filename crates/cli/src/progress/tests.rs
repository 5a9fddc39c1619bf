use divisi_api::{
    Completion, EventView, Mode, PlanView, Priority, SubtaskStatus, SubtaskView, TaskStatus, TaskView,
    WaitKind, Waiting,
};
use divisi_domain::id::TaskId;
use divisi_domain::time::Timestamp;
use serde_json::json;

use super::lines::{Lines, line};
use super::{Snapshot, Speech, closing, rows};
use crate::render::Terminal;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1_000)
}

fn task() -> TaskView {
    TaskView {
        task_id: TaskId::generate(at(0), [0; 10]),
        title: "Who may copy?".into(),
        description: "Who may copy?".into(),
        status: TaskStatus::InProgress,
        current_stage: "specialist_execution".into(),
        state: "SpecialistExecution".into(),
        progress: 42,
        priority: Priority::Medium,
        mode: Mode::FullAutonomous,
        crew: "research".into(),
        crew_version: "1.0.0".into(),
        crew_digest: String::new(),
        attachments: Vec::new(),
        waiting_for: None,
        unknown_calls: Vec::new(),
        problems: Vec::new(),
        completion: None,
        approved: None,
        missing: Vec::new(),
        reason: None,
        reason_detail: None,
        pass: 1,
        cap_micro_usd: Some(500_000),
        spent_micro_usd: 12_500,
        estimated_micro_usd: 0,
        excess_micro_usd: 0,
        reserved_micro_usd: 0,
        model_calls: 7,
        cached_calls: 0,
        created_at: at(0),
        updated_at: at(60),
        completed_at: None,
        last_seq: 9,
        rating: None,
        erased: false,
    }
}

fn subtask(number: u16, status: SubtaskStatus) -> SubtaskView {
    SubtaskView {
        number,
        title: "Find what the licences say about copies that are sold".into(),
        description: String::new(),
        agent_type: "researcher".into(),
        agent: None,
        status,
        phase: 0,
        dependencies: Vec::new(),
        runs: 2,
        turn: Some(3),
        activity: (status == SubtaskStatus::Running).then(|| "calling search_documents".to_owned()),
        score_hundredths: (status == SubtaskStatus::Accepted).then_some(850),
        spent_micro_usd: 4_200,
        estimated_tokens: 0,
        estimated_seconds: 0,
        estimated_micro_usd: 0,
        started_at: (status != SubtaskStatus::Pending).then(|| at(10)),
        completed_at: None,
    }
}

fn snapshot(statuses: &[SubtaskStatus]) -> Snapshot {
    let numbered = (1_u16..).zip(statuses);
    let subtasks = numbered.map(|(number, status)| subtask(number, *status)).collect();
    let task = task();
    let plan = PlanView {
        task_id: task.task_id,
        subtasks,
        phases: 1,
        critical_path: vec![1],
        worst_case_micro_usd: None,
        approval: None,
        digest: None,
        draft: None,
    };
    Snapshot { task, plan }
}

fn terminal(width: usize) -> Terminal {
    Terminal {
        styled: true,
        color: false,
        progress_color: false,
        progress_in_place: true,
        interactive: true,
        width,
        list_width: width,
    }
}

#[test]
fn the_picture_fits_the_terminal() {
    use SubtaskStatus as S;
    let all = [S::Pending, S::Running, S::InReview, S::Revising, S::Accepted, S::Failed, S::Skipped];
    let mut snapshot = snapshot(&all);
    let detail = "A person is asked. `divisi approvals list` shows what.".to_owned();
    snapshot.task.waiting_for = Some(Waiting { kind: WaitKind::Approval, since: at(50), detail });
    for width in [50, 100] {
        let rows = rows(&snapshot, &terminal(width), at(75));
        let widest = rows.iter().map(|row| unicode_width::UnicodeWidthStr::width(row.as_str())).max();
        assert!(widest <= Some(width), "{widest:?} of {width}: {rows:#?}");
        insta::assert_snapshot!(format!("picture_{width}"), rows.join("\n"));
    }
}

#[test]
fn a_large_plan_shows_what_moves_and_counts_the_rest() {
    let mut statuses = vec![SubtaskStatus::Accepted; 30];
    statuses[29] = SubtaskStatus::Running;
    let rows = rows(&snapshot(&statuses), &terminal(100), at(75));
    assert_eq!(rows.len(), 1 + 20 + 1);
    assert!(rows.iter().any(|row| row.contains("30 Find")), "{rows:#?}");
    assert_eq!(rows.last().map(String::as_str), Some("  and 10 more"));
}

#[test]
fn plain_lines_tell_what_matters() {
    let event =
        |kind: &str, data: serde_json::Value| EventView { seq: 1, at: at(1), kind: kind.into(), data };
    let snapshot = snapshot(&[SubtaskStatus::Accepted]);
    let named = "subtask 1 “Find what the licences say about copies that are sold” (researcher)";
    let rows = [
        (event("stage_entered", json!({ "stage": "synthesis" })), Some("synthesis …".to_owned())),
        (event("stage_entered", json!({ "stage": "completed" })), None),
        (event("run_started", json!({ "subtask": 1, "cycle": 0 })), Some(format!("{named} begins"))),
        (event("run_started", json!({ "subtask": 1, "cycle": 1 })), Some(format!("{named} begins, run 2"))),
        (
            event("subtask_settled", json!({ "subtask": 1, "settled": "accepted" })),
            Some(format!("{named} is accepted with 8.50")),
        ),
        (
            event("run_failed", json!({ "subtask": 9, "reason": "turn_limit" })),
            Some("subtask 9 brought nothing: turn_limit".to_owned()),
        ),
        (event("effect_started", json!({})), None),
        (event("subtask_settled", json!({})), None),
    ];
    for (event, expected) in rows {
        assert_eq!(line(&event, &snapshot), expected, "{event:?}");
    }
}

#[test]
fn a_wait_is_told_once() {
    let mut lines = Lines::default();
    let mut waits = snapshot(&[]);
    let wait = |kind| Some(Waiting { kind, since: at(1), detail: "It waits.".into() });
    waits.task.waiting_for = wait(WaitKind::Provider);
    assert_eq!(lines.waiting(&waits), ["waiting: It waits."]);
    assert!(lines.waiting(&waits).is_empty());
    waits.task.waiting_for = wait(WaitKind::Queued);
    assert!(lines.waiting(&waits).is_empty(), "a short queue is nothing to tell");
    waits.task.waiting_for = wait(WaitKind::Provider);
    assert_eq!(lines.waiting(&waits).len(), 1);
}

#[test]
fn the_last_lines_say_how_it_ended() {
    let ended = |status, completion, reason: Option<&str>| TaskView {
        status,
        completion,
        reason: reason.map(str::to_owned),
        reason_detail: reason.map(|_| "No plan.".to_owned()),
        missing: vec!["Subtask 2.".into()],
        completed_at: Some(at(12)),
        ..task()
    };
    let rows = [
        (ended(TaskStatus::Completed, Some(Completion::Full), None), "Done in 12 s: $0.0125, 7 model calls."),
        (
            TaskView { cached_calls: 3, ..ended(TaskStatus::Completed, Some(Completion::Full), None) },
            "Done in 12 s: $0.0125, 7 model calls (3 from the cache).",
        ),
        (ended(TaskStatus::Completed, Some(Completion::Partial), None), "Partly done in 12 s"),
        (ended(TaskStatus::Failed, None, Some("plan_invalid")), "Failed in 12 s (plan_invalid): No plan."),
        (ended(TaskStatus::Cancelled, None, None), "Cancelled in 12 s"),
    ];
    for (task, expected) in rows {
        let lines = closing(&task);
        assert!(lines[0].starts_with(expected), "{lines:?}");
        assert!(lines.iter().any(|line| line.contains("divisi task show")), "{lines:?}");
    }
}

#[test]
fn the_end_of_what_the_active_specialist_says_is_shown() {
    use SubtaskStatus as S;
    let snapshot = snapshot(&[S::Accepted, S::Running]);
    let shown = |effect: &str, text: &str| {
        let mut speech = Speech::default();
        speech.token(effect, 1, 0, text);
        speech.rows(&snapshot, 40, terminal(40).paint_progress())
    };
    let said =
        r#"{"claims": [{"text": "Members pay the fee in January, and nobody pays it twice. Late payers"#;
    let running = shown("p1/execute/s2/cycle0/turn2/model", said);
    assert!(running[0].contains("subtask 2 writes"), "{running:?}");
    assert!(running[1..].join(" ").contains("Late payers"), "{running:?}");
    assert!(running.len() <= 4 && running.iter().all(|row| !row.contains('{')), "{running:?}");
    assert!(shown("p1/execute/s1/cycle0/turn1/model", said).is_empty(), "it is done");
    assert!(shown("p1/execute/s2/cycle0/turn1/model", "{").is_empty(), "there is nothing to read yet");
    let steering = shown("p1/execute/s2/cycle0/turn1/model", "a \u{202e}b \u{1b}[2J");
    assert!(
        steering.iter().all(|row| !row.contains('\u{202e}') && !row.contains("\u{1b}[2J")),
        "{steering:?}"
    );
}
