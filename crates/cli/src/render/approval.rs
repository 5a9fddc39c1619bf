//! What a person is asked about, in full: nothing is decided unseen.

use divisi_api::{ApprovalStatus, ApprovalView, Asked, AskedCall, UnknownCallView};

use super::link::Links;
use super::markdown::report_text;
use super::plain::{plain, plain_line};
use super::plan::plan_text;
use super::terminal::Terminal;

/// The question with exactly what it is about, with a final newline.
pub(crate) fn approval_text(approval: &ApprovalView, terminal: &Terminal, links: &Links) -> String {
    let body = match &approval.asked {
        Some(Asked::Plan { written, plan }) => {
            let plan = plan.as_ref().map_or_else(String::new, |plan| plan_text(plan, terminal));
            format!("{plan}{}", orders(written))
        }
        Some(Asked::ToolCall(call)) => format!("An agent asks to make this call:\n\n{}", call_text(call)),
        Some(Asked::Publication { markdown, final_review, .. }) => {
            let review = match final_review {
                Some(true) => "The final review approved it.\n",
                Some(false) => "The final review did not approve it; no round is left.\n",
                None => "",
            };
            format!(
                "The report as it would be published:\n\n{}\n{review}",
                report_text(markdown, terminal, links)
            )
        }
        Some(Asked::Lost { sentence }) => format!("{}\n", plain(sentence)),
        None => format!("`divisi approvals show {}` shows what it is about.\n", approval.approval_id),
    };
    let state = match approval.state {
        ApprovalStatus::Open => String::new(),
        ApprovalStatus::Approved => "It was approved.\n".to_owned(),
        ApprovalStatus::Rejected => "It was rejected.\n".to_owned(),
        ApprovalStatus::Edited => "Something else was put in its place.\n".to_owned(),
        ApprovalStatus::Withdrawn => "No answer is needed any more.\n".to_owned(),
    };
    format!("{}\n{}\n\n{body}{state}", plain_line(&approval.title), approval.approval_id)
}

/// What each subtask of a plan is to do, in the manager's words.
fn orders(written: &serde_json::Value) -> String {
    let text = |subtask: &serde_json::Value, field: &str| {
        let text = subtask.get(field).and_then(serde_json::Value::as_str).unwrap_or_default();
        plain(text).into_owned()
    };
    let subtasks = written.get("subtasks").and_then(serde_json::Value::as_array);
    let order = |subtask| format!("\n{}\n  {}\n", text(subtask, "title"), text(subtask, "description"));
    subtasks.into_iter().flatten().map(order).collect()
}

fn call_text(call: &AskedCall) -> String {
    let arguments = format!("{:#}", call.arguments);
    format!(
        "tool       {}\nsubtask    {} {}\narguments  {}\n",
        plain_line(&call.tool),
        call.subtask,
        plain_line(&call.subtask_title),
        plain(&arguments).replace('\n', "\n           ")
    )
}

/// Calls of which nobody knows whether they happened, and how to say which. Empty where there are none.
pub(crate) fn unknown_text(task: &str, calls: &[UnknownCallView]) -> String {
    if calls.is_empty() {
        return String::new();
    }
    let told = calls.iter().map(|unknown| match &unknown.call {
        Some(call) => format!("\neffect     {}\n{}", unknown.effect_id, call_text(call)),
        None => format!("\neffect     {}\nThe call itself cannot be shown.\n", unknown.effect_id),
    });
    let told: String = told.collect();
    format!(
        "\nThese calls were interrupted and may or may not have happened:\n{told}\n\
         divisi task resolve {task} retry|skip|fail · divisi task resolve {task} enter --result TEXT\n"
    )
}

#[cfg(test)]
mod tests {
    use divisi_api::ApprovalKind;
    use divisi_domain::time::Timestamp;
    use serde_json::json;

    use super::*;
    use crate::config::ColorChoice;

    fn asked(asked: Option<Asked>) -> ApprovalView {
        let task_id: divisi_domain::id::TaskId = "task_00000000000000000000000000".parse().unwrap();
        ApprovalView {
            approval_id: format!("{task_id}.1"),
            task_id,
            number: 1,
            kind: ApprovalKind::Tool,
            title: "Order \u{1b}[2J".to_owned(),
            digest: "0".repeat(64),
            state: ApprovalStatus::Open,
            asked,
            asked_at: Timestamp::from_millis(0),
            decided_at: None,
        }
    }

    fn call() -> AskedCall {
        AskedCall {
            effect_id: "p1/execute/s2/cycle0/turn1/tool0".to_owned(),
            subtask: 2,
            subtask_title: "Order it".to_owned(),
            tool: "place_order".to_owned(),
            arguments: json!({ "copies": 3, "note": "\u{1b}]0;x\u{7}" }),
        }
    }

    #[test]
    fn everything_that_is_decided_on_is_on_the_screen() {
        let plan = json!({ "subtasks": [{ "title": "Read", "description": "Read every page." }] });
        let draft = Asked::Publication {
            report: json!({}),
            markdown: "# Copies\n\nThree.\n".to_owned(),
            final_review: Some(false),
        };
        let rows = [
            (Some(Asked::ToolCall(call())), vec!["place_order", "\"copies\": 3", "2 Order it"]),
            (Some(Asked::Plan { written: plan, plan: None }), vec!["Read\n  Read every page."]),
            (Some(draft), vec!["Copies", "Three.", "did not approve"]),
            (Some(Asked::Lost { sentence: "It is gone.".to_owned() }), vec!["It is gone."]),
            (None, vec!["divisi approvals show task_"]),
        ];
        let terminal = Terminal::detect(ColorChoice::Never, Some(80), true);
        for (what, wanted) in rows {
            let text = approval_text(&asked(what), &terminal, &Links::of(std::path::Path::new("/"), &[]));
            for wanted in wanted {
                assert!(text.contains(wanted), "{wanted} in {text}");
            }
            assert!(!text.contains('\u{1b}'), "{text:?}");
        }
    }

    #[test]
    fn calls_without_an_outcome_say_how_to_settle_them() {
        let since = Timestamp::from_millis(0);
        let unknown = |call: Option<AskedCall>| UnknownCallView {
            effect_id: "p1/execute/s2/cycle0/turn1/tool0".to_owned(),
            subtask: 2,
            call,
            since,
        };
        assert_eq!(unknown_text("task_1", &[]), "");
        let text = unknown_text("task_1", &[unknown(Some(call())), unknown(None)]);
        for wanted in ["place_order", "cannot be shown", "divisi task resolve task_1 retry|skip|fail"] {
            assert!(text.contains(wanted), "{wanted} in {text}");
        }
    }
}
