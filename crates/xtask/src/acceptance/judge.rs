//! What must hold of a task that is over, whatever the model said.

use std::collections::{BTreeMap, BTreeSet};

use divisi_api::{Completion, TaskStatus, TaskView};
use serde::Serialize;

use super::figures::{Figures, of_answer};
use super::http::Exchange;
use super::log::{Attempt, Outcome};

/// Bounds of `crew.toml`, each with what counts against it.
const SUBTASKS_MAX: usize = 2;
const TURNS_MAX: usize = 2;
/// The first run, and one by another specialist: no rerun is allowed.
const CYCLES_MAX: usize = 2;
const PLANS_MAX: usize = 3;
const REPORTS_MAX: usize = 2;
const WIRE_ATTEMPTS_MAX: usize = 4;
/// Words that nobody should ever be shown.
const RAW: [&str; 5] =
    ["panicked at", "RUST_BACKTRACE", "Traceback (most recent call last)", "File \"/", "site-packages"];

/// What is known of a task from outside.
#[derive(Debug)]
pub(super) struct Seen {
    /// How the last command ended.
    pub(super) exit: i32,
    /// All that was printed.
    pub(super) printed: String,
    pub(super) task: TaskView,
    pub(super) attempts: Vec<Attempt>,
    /// What went over the relay.
    pub(super) exchanges: Vec<Exchange>,
    /// The most calls that were open at once.
    pub(super) at_once: usize,
    /// How many the server answers at once, where it says so.
    pub(super) slots: Option<usize>,
    /// Steps that were recorded, and what is wrong with them.
    pub(super) steps: (usize, Vec<String>),
}

/// What came of a case.
#[derive(Debug, Default, Serialize)]
pub(super) struct Verdict {
    pub(super) name: String,
    pub(super) ended: String,
    pub(super) calls: usize,
    pub(super) steps: usize,
    pub(super) input: u64,
    pub(super) output: u64,
    /// The most calls that were open at once.
    pub(super) at_once: usize,
    /// Attempts whose tokens the server counted.
    pub(super) counted: usize,
    pub(super) estimated: usize,
    pub(super) reasked: usize,
    pub(super) retried: usize,
    pub(super) failed_over: usize,
    pub(super) interrupted: usize,
    pub(super) failures: BTreeMap<String, usize>,
    pub(super) spent_micro_usd: u64,
    pub(super) seconds: u64,
    /// What does not hold, as sentences.
    pub(super) wrong: Vec<String>,
}

impl Verdict {
    /// Of a case that did not come to its end.
    pub(super) fn of_fault(sentence: String) -> Self {
        Self { ended: "-".to_owned(), wrong: vec![sentence], ..Self::default() }
    }
}

/// Holds a task against what was promised.
pub(super) fn judge(seen: &Seen) -> Verdict {
    let Seen { task, attempts, .. } = seen;
    let caused = |cause: &str| attempts.iter().filter(|attempt| attempt.cause == cause).count();
    let usages = || attempts.iter().filter_map(|attempt| attempt.end.as_ref()?.usage);
    let counted = attempts.iter().filter_map(counted).count();
    let mut failures = BTreeMap::new();
    for attempt in attempts {
        if let Some(Outcome::Failed(reason)) = attempt.end.as_ref().map(|end| &end.outcome) {
            *failures.entry(reason.clone()).or_insert(0) += 1;
        }
    }
    let wrong = [ending(seen), raw(&seen.printed), money(task, attempts), bounds(attempts), usage(seen)];
    let mut wrong: Vec<String> = wrong.into_iter().flatten().collect();
    if let Some(slots) = seen.slots.filter(|slots| seen.at_once > *slots) {
        wrong.push(format!("{} calls were open at once, and the server answers {slots}", seen.at_once));
    }
    wrong.extend(seen.steps.1.iter().map(|fault| format!("a step does not fit its schema: {fault}")));
    Verdict {
        name: String::new(),
        ended: ended(task),
        calls: attempts.len(),
        steps: seen.steps.0,
        input: usages().map(|usage| usage.input).sum(),
        output: usages().map(|usage| usage.output).sum(),
        at_once: seen.at_once,
        counted,
        estimated: attempts.len() - counted,
        reasked: caused("reask"),
        retried: caused("retry"),
        failed_over: caused("failover"),
        interrupted: caused("interrupted"),
        failures,
        spent_micro_usd: task.spent_micro_usd,
        seconds: 0,
        wrong,
    }
}

/// The figures that were booked as the server's own.
fn counted(attempt: &Attempt) -> Option<Figures> {
    attempt.end.as_ref().filter(|end| !end.estimated)?.usage
}

fn ended(task: &TaskView) -> String {
    match (task.status, task.completion, task.reason.as_deref()) {
        (TaskStatus::Completed, Some(Completion::Partial), _) => "in part".to_owned(),
        (TaskStatus::Completed, ..) => "completed".to_owned(),
        (_, _, Some(reason)) => format!("failed: {reason}"),
        (status, ..) => status.as_str().to_owned(),
    }
}

/// It ended, and says why where not all of it is there.
fn ending(seen: &Seen) -> Vec<String> {
    let task = &seen.task;
    let exit = match (task.status, task.completion) {
        (TaskStatus::Completed, Some(Completion::Partial)) => 3,
        (TaskStatus::Completed, _) => 0,
        (TaskStatus::Failed, _) => match task.reason.as_deref() {
            Some("budget_exhausted") => 8,
            Some("deadline_exceeded") => 9,
            _ => 4,
        },
        _ => return vec![format!("the task has not ended: {}", task.status.as_str())],
    };
    let says_why = match exit {
        0 => true,
        3 => task.missing.iter().any(|missing| missing.contains(' ')),
        _ => task.reason_detail.as_ref().is_some_and(|why| why.contains(' ')),
    };
    let why = (!says_why).then(|| format!("it ended {} and does not say why", ended(task)));
    let code = (seen.exit != exit).then(|| format!("the exit code is {} and should be {exit}", seen.exit));
    why.into_iter().chain(code).collect()
}

fn raw(printed: &str) -> Vec<String> {
    let found = RAW.iter().filter(|word| printed.contains(**word));
    found.map(|word| format!("'{word}' was shown to a person")).collect()
}

/// Sums are those of the attempts, nothing is open, and the cap holds.
fn money(task: &TaskView, attempts: &[Attempt]) -> Vec<String> {
    let ends = || attempts.iter().filter_map(|attempt| attempt.end.as_ref());
    let charged: u64 = ends().map(|end| end.charged).sum();
    let estimated: u64 = ends().filter(|end| end.estimated).map(|end| end.charged).sum();
    let calls = attempts.len() as u64;
    let open = calls - ends().count() as u64;
    let excess: u64 = ends().map(|end| end.excess).sum();
    let rows = [
        ("micro-USD spent", task.spent_micro_usd, charged),
        ("micro-USD estimated", task.estimated_micro_usd, estimated),
        ("micro-USD beyond reservations", task.excess_micro_usd, excess),
        ("micro-USD reserved at the end", task.reserved_micro_usd, 0),
        ("calls", task.model_calls, calls),
        ("attempts without an end", open, 0),
    ];
    let differ = rows.into_iter().filter(|(_, shown, expected)| shown != expected);
    let mut wrong: Vec<String> = differ
        .map(|(what, shown, expected)| {
            format!("{what}: the task shows {shown}, its attempts give {expected}")
        })
        .collect();
    if task.cap_micro_usd.is_none_or(|cap| task.spent_micro_usd > cap) {
        wrong.push(format!(
            "{} micro-USD were spent under a cap of {:?}",
            task.spent_micro_usd, task.cap_micro_usd
        ));
    }
    for attempt in attempts {
        let Some(end) = attempt.end.as_ref() else { continue };
        if end.charged > attempt.reserved + end.excess {
            wrong.push(format!(
                "{} attempt {}: {} charged, {} reserved",
                attempt.path, attempt.number, end.charged, attempt.reserved
            ));
        }
    }
    wrong
}

/// No more of anything than the crew allows.
fn bounds(attempts: &[Attempt]) -> Vec<String> {
    let mut counts: BTreeMap<(String, usize), BTreeSet<String>> = BTreeMap::new();
    let mut series: BTreeMap<&str, u32> = BTreeMap::new();
    for attempt in attempts {
        let parts: Vec<&str> = attempt.path.split('/').collect();
        let mut count = |of: &str, max, what: String| {
            counts.entry((of.to_owned(), max)).or_default().insert(what);
        };
        match parts.as_slice() {
            [pass, "execute", subtask, cycle, turn, ..] => {
                count(&format!("subtasks of {pass}"), SUBTASKS_MAX, (*subtask).to_owned());
                count(&format!("runs of {pass} {subtask}"), CYCLES_MAX, (*cycle).to_owned());
                count(&format!("turns of {pass} {subtask} {cycle}"), TURNS_MAX, (*turn).to_owned());
            }
            [pass, "decompose", round, ..] => {
                count(&format!("plans of {pass}"), PLANS_MAX, (*round).to_owned());
            }
            [pass, "synthesise", round, ..] => {
                count(&format!("reports of {pass}"), REPORTS_MAX, (*round).to_owned());
            }
            _ => {}
        }
        // Those that a crash cut off do not count; after a rest a series begins anew.
        let series = series.entry(attempt.path.as_str()).or_insert(1);
        *series += u32::from(attempt.cause == "newseries");
        if !matches!(attempt.end.as_ref().map(|end| &end.outcome), Some(Outcome::Interrupted)) {
            let of = format!("attempts of series {series} of {}", attempt.path);
            count(&of, WIRE_ATTEMPTS_MAX, attempt.number.to_string());
        }
    }
    let over = counts.iter().filter(|((_, max), seen)| seen.len() > *max);
    over.map(|((of, max), seen)| format!("{} {of}, and {max} are allowed", seen.len())).collect()
}

/// What is booked as counted is what the server counted; where it counts nothing it is marked as estimated; and nobody was
/// asked beside the attempts of the log.
fn usage(seen: &Seen) -> Vec<String> {
    let calls: Vec<&Exchange> = seen.exchanges.iter().filter(|one| one.is_call()).collect();
    let mut wrong = Vec::new();
    if calls.len() != seen.attempts.len() {
        wrong.push(format!("{} calls were made, the log has {} attempts", calls.len(), seen.attempts.len()));
    }
    let mut told: Vec<Figures> = calls.iter().filter_map(|one| of_answer(&one.answer)).collect();
    for attempt in &seen.attempts {
        let Some(booked) = counted(attempt) else { continue };
        // What was turned away before anything was generated costs nothing, and nobody counts it.
        let nothing = Figures { input: 0, output: 0 };
        match told.iter().position(|figures| *figures == booked) {
            Some(at) => drop(told.swap_remove(at)),
            None if booked == nothing => {}
            None => wrong.push(format!(
                "{} attempt {}: booked {booked:?}, and no answer says so",
                attempt.path, attempt.number
            )),
        }
    }
    wrong.extend(told.iter().map(|figures| format!("the server counted {figures:?}, and no attempt has it")));
    wrong
}

#[cfg(test)]
mod tests {
    use super::super::log::tests::ended;
    use super::*;

    fn task() -> TaskView {
        let text = include_str!("task.json");
        serde_json::from_str(text).unwrap()
    }

    fn answered(usage: &str) -> Exchange {
        Exchange {
            method: "POST".to_owned(),
            path: "/v1/chat/completions".to_owned(),
            asked: serde_json::Value::Null,
            status: Some(200),
            answer: format!("data: {{\"usage\":{usage}}}\n\n"),
            whole: true,
        }
    }

    fn seen() -> Seen {
        let said = "{\"prompt_tokens\":9,\"completion_tokens\":4}";
        Seen {
            exit: 0,
            printed: String::new(),
            task: task(),
            attempts: vec![
                ended("p1/analyse", 1, Outcome::Answered, Some((9, 4))),
                ended("p1/select", 1, Outcome::Answered, None),
            ],
            exchanges: vec![answered(said), answered("null")],
            at_once: 1,
            slots: Some(1),
            steps: (2, Vec::new()),
        }
    }

    #[test]
    fn what_is_asked_of_a_server_about_its_models_is_no_call() {
        let mut seen = seen();
        let about =
            Exchange { path: "/api/show".to_owned(), answer: "{}".to_owned(), ..seen.exchanges[0].clone() };
        seen.exchanges.push(about);
        assert_eq!(judge(&seen).wrong, Vec::<String>::new());
    }

    #[test]
    fn a_task_that_is_right_has_no_fault() {
        let verdict = judge(&seen());
        assert_eq!(verdict.wrong, Vec::<String>::new());
        assert_eq!((verdict.calls, verdict.counted, verdict.estimated), (2, 1, 1));
        assert_eq!((verdict.input, verdict.output, verdict.ended.as_str()), (9, 4, "completed"));
    }

    /// What is changed in a task that is right, and the words that must be said of it.
    type Row = (fn(&mut Seen), &'static str);

    #[test]
    fn whatever_does_not_hold_is_said() {
        let rows: [Row; 16] = [
            (|seen| seen.exit = 1, "the exit code is 1"),
            (
                |seen| {
                    seen.task.status = TaskStatus::Failed;
                    seen.task.reason = Some("deadline_exceeded".to_owned());
                    seen.exit = 4;
                },
                "and should be 9",
            ),
            (|seen| seen.task.status = TaskStatus::InProgress, "has not ended"),
            (
                |seen| {
                    seen.task.completion = Some(Completion::Partial);
                    seen.exit = 3;
                },
                "does not say why",
            ),
            (|seen| seen.printed = "thread 'main' panicked at x".to_owned(), "panicked at"),
            (|seen| seen.printed = "Traceback (most recent call last)".to_owned(), "Traceback"),
            (|seen| seen.task.spent_micro_usd = 21, "micro-USD spent"),
            (|seen| seen.task.cap_micro_usd = Some(19), "under a cap"),
            (|seen| seen.task.reserved_micro_usd = 1, "reserved at the end"),
            (|seen| seen.attempts[0].end = None, "without an end"),
            (|seen| drop(seen.exchanges.pop()), "1 calls were made, the log has 2"),
            (|seen| seen.exchanges[0].answer.clear(), "no answer says so"),
            (|seen| seen.exchanges[1] = seen.exchanges[0].clone(), "no attempt has it"),
            (|seen| seen.steps.1.push("p1/analyse".to_owned()), "does not fit its schema"),
            (|seen| seen.at_once = 2, "2 calls were open at once"),
            (|seen| seen.attempts[0].reserved = 1, "10 charged, 1 reserved"),
        ];
        for (change, said) in rows {
            let mut seen = seen();
            change(&mut seen);
            let wrong = judge(&seen).wrong;
            assert!(wrong.iter().any(|sentence| sentence.contains(said)), "{said}: {wrong:?}");
        }
    }

    #[test]
    fn everything_is_bounded() {
        let of = |paths: &[&str]| -> Vec<Attempt> {
            paths.iter().map(|path| ended(path, 1, Outcome::Answered, None)).collect()
        };
        let rows: [(&[&str], usize); 5] = [
            (&["p1/analyse", "p1/execute/s1/cycle0/turn1/model", "p1/execute/s1/cycle1/turn2/model"], 0),
            (
                &[
                    "p1/execute/s1/cycle0/turn1/model",
                    "p1/execute/s2/cycle0/turn1/model",
                    "p1/execute/s3/cycle0/turn1/model",
                ],
                1,
            ),
            (
                &[
                    "p1/execute/s1/cycle0/turn1/model",
                    "p1/execute/s1/cycle1/turn1/model",
                    "p1/execute/s1/cycle2/turn1/model",
                ],
                1,
            ),
            (
                &[
                    "p1/execute/s1/cycle0/turn1/model",
                    "p1/execute/s1/cycle0/turn2/model",
                    "p1/execute/s1/cycle0/turn3/model",
                ],
                1,
            ),
            (&["p1/synthesise/round0", "p1/synthesise/round1", "p1/synthesise/round2"], 1),
        ];
        for (paths, count) in rows {
            assert_eq!(bounds(&of(paths)).len(), count, "{paths:?}");
        }
        let again = |outcome: fn(u64) -> Outcome| -> Vec<Attempt> {
            (1..=6).map(|number| ended("p1/analyse", number, outcome(number), None)).collect()
        };
        assert_eq!(bounds(&again(|_| Outcome::Failed("truncated".to_owned()))).len(), 1);
        assert_eq!(bounds(&again(|_| Outcome::Interrupted)).len(), 0);
        let mut rested = again(|_| Outcome::Failed("truncated".to_owned()));
        rested[3].cause = "newseries".to_owned();
        assert_eq!(bounds(&rested).len(), 0, "three, a rest, and three");
    }
}
