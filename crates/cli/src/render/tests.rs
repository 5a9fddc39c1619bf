use divisi_domain::time::{Millis, Timestamp};

use super::markdown::report_text;
use super::wrap::{pieces, wrap};
use super::*;

const REPORT: &str = "# Who may copy?\n\nCopies may be passed on, **always**, says `GPL`. [1] [2]\n\n## Copies\n\n| Licence | Patents and trade marks |\n| --- | --- |\n| Apache-2.0 | a grant of patents that is perpetual, worldwide and free of charge [2] |\n| MIT | says nothing |\n\n- The notice must stay in every copy, however it is passed on and whoever does it. [1]\n- Second.\n\n## Sources\n\n1. GPL-3:120 — “You may convey verbatim copies.”\n2. apache.pdf p. 4 — “a perpetual patent license”\n\n*Confidence: 82 %.*\n";

fn terminal(width: usize, color: bool) -> Terminal {
    Terminal {
        styled: true,
        color,
        progress_color: false,
        progress_in_place: false,
        interactive: false,
        width,
        list_width: width,
    }
}

#[test]
fn a_report_is_laid_out_for_the_width() {
    for width in [40, 80] {
        let text = report_text(REPORT, &terminal(width, false), &Links::default());
        let widest = text.lines().map(unicode_width::UnicodeWidthStr::width).max();
        assert!(widest <= Some(width), "{widest:?} of {width}:\n{text}");
        insta::assert_snapshot!(format!("report_{width}"), text);
    }
}

#[test]
fn colours_and_links_are_escapes() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("GPL-3"), "text").unwrap();
    let links = Links::of(folder.path(), &[]);
    let text = report_text(REPORT, &terminal(80, true), &links);
    assert!(text.contains("\x1b[1malways\x1b[22m"), "{text:?}");
    let target = format!("file://{}/GPL-3#L120", folder.path().canonicalize().unwrap().display());
    assert!(text.contains(&format!("\x1b]8;;{target}\x1b\\")), "{text:?}");
    assert_eq!(text.matches("\x1b]8;;file").count(), 1, "the other file is not there");
}

#[test]
fn a_pipe_gets_the_markdown_as_it_is() {
    let piped = Terminal { styled: false, ..terminal(40, false) };
    assert_eq!(report_text(REPORT, &piped, &Links::default()), REPORT);
}

#[test]
fn no_text_of_others_steers_the_terminal() {
    let evil = "# \u{1b}]0;title\u{7}\n\n&#27;[2J and `\u{9b}31m` \u{202e}end\n\n- \u{1b}[1mpoint\n\n| a\u{8} |\n| --- |\n| \u{1b}c |\n\n## Sources\n\n1. f\u{1b}[5m:1 — “\r”\n";
    let folder = tempfile::tempdir().unwrap();
    let report = report_text(evil, &terminal(60, false), &Links::of(folder.path(), &[]));
    let list = columns(&[vec!["\u{1b}[2J".to_owned(), "a\nb".to_owned()]], 1, 40);
    for text in [report, list, fit("\u{1b}[2J", 10)] {
        let steers = |char: char| char.is_control() && char != '\n' || char == '\u{202e}';
        assert!(!text.contains(steers), "{text:?}");
        assert!(text.contains('\u{241b}'), "what was there is shown: {text}");
    }
}

#[test]
fn spans_and_money_read_well() {
    let spans = [
        (0, "0.0 s"),
        (1_540, "1.5 s"),
        (59_999, "59 s"),
        (185_000, "3 min 05 s"),
        (7_800_000, "2 h 10 min"),
        (273_600_000, "3 d 4 h"),
    ];
    for (millis, text) in spans {
        assert_eq!(span(Millis(millis)), text);
    }
    let now = Timestamp::from_millis(1_000_000_000);
    let ages = [(0, "just now"), (300, "5 min ago"), (7_200, "2 h ago"), (200_000, "2 d ago")];
    for (seconds, text) in ages {
        assert_eq!(ago(now - Millis::from_secs(seconds), now), text);
    }
    assert_eq!(cost(1_234_500), "$1.2345");
}

#[test]
fn text_is_cut_by_what_is_seen() {
    let rows = [
        ("abc", 3, "abc"),
        ("abcd", 3, "ab…"),
        ("日本語", 5, "日本…"),
        ("日本語", 6, "日本語"),
        ("x", 0, ""),
    ];
    for (text, columns, expected) in rows {
        assert_eq!(fit(text, columns), expected, "{text} in {columns}");
    }
}

#[test]
fn lines_break_at_spaces_only() {
    let lines = |text: &str, columns| wrap(&pieces(text, str::to_owned), columns);
    assert_eq!(lines("one two three", 7), ["one two", "three"]);
    assert_eq!(lines("unbreakable", 4), ["unbreakable"]);
    assert_eq!(lines("  a   b  ", 9), ["a b"]);
    assert!(lines("", 9).is_empty());
}

#[test]
fn columns_give_way_in_a_narrow_terminal() {
    let rows = vec![
        vec!["id".to_owned(), "a long title of a task".to_owned()],
        vec!["1".to_owned(), "short".to_owned()],
    ];
    let text = columns(&rows, 1, 20);
    assert!(text.lines().all(|line| unicode_width::UnicodeWidthStr::width(line) <= 20), "{text}");
    assert!(text.starts_with("id  a long title of…\n"), "{text}");
}

#[test]
fn a_list_fits_its_terminal() {
    let row = |cells: [&str; 5]| cells.map(str::to_owned).to_vec();
    let rows = [
        row(["id", "status", "title", "cost", "submitted"]),
        row(["task_06gv", "completed", "A title with several words", "$0.00", "5 min ago"]),
    ];
    let widths = [
        (200, "task_06gv  completed  A title with several words  $0.00  5 min ago"),
        (60, "task_06gv  completed  A title with severa…  $0.00  5 min ago"),
        (40, "task_06gv  completed  A title wi…  $0.00"),
        (21, "task_06gv  A title w…"),
        (8, "task_06gv  A title w…"),
    ];
    for (width, expected) in widths {
        let text = columns(&rows, 2, width);
        assert_eq!(text.lines().last(), Some(expected), "{width}");
    }
}

#[test]
fn a_plan_shows_what_its_subtasks_are_thought_to_cost_where_that_is_known() {
    let subtask = |number: u16, estimate: u64| {
        serde_json::json!({
            "number": number, "title": "Read it", "description": "", "agent_type": "researcher", "agent": null,
            "status": "pending", "phase": 0, "dependencies": [], "runs": 0, "turn": null, "activity": null,
            "score_hundredths": null, "spent_micro_usd": 0, "estimated_tokens": 0, "estimated_seconds": 0,
            "estimated_micro_usd": estimate, "started_at": null, "completed_at": null
        })
    };
    let text = |estimates: [u64; 2]| {
        let subtasks = [subtask(1, estimates[0]), subtask(2, estimates[1])];
        let plan = serde_json::json!({
            "task_id": "task_00000000000000000000000000", "phases": 1, "critical_path": [1],
            "worst_case_micro_usd": 5_000_000, "approval": null, "digest": null, "draft": null, "subtasks": subtasks
        });
        let plan: divisi_api::PlanView = serde_json::from_value(plan).unwrap();
        super::plan_text(&plan, &terminal(100, false))
    };
    let known = text([0, 1_250_000]);
    assert!(known.contains("estimate") && known.contains("$1.25"), "{known}");
    assert!(!text([0, 0]).contains("estimate"));
}
