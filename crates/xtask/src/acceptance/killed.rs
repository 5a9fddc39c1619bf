//! A task whose process is killed in the middle of a call, and that goes on.

use std::collections::BTreeSet;

use anyhow::{Context, bail};
use divisi_api::EventView;

use super::drive::Room;
use super::http::Exchange;
use super::judge::Verdict;
use super::log::{Attempt, Outcome, attempts};

/// The call that is cut off, from 1: some steps are recorded by then, and some are to come.
const CALL: usize = 3;

/// Runs a task, kills it while the model speaks, resumes it, and judges it.
pub(super) async fn play(room: &Room) -> anyhow::Result<Verdict> {
    let mut running = room.task().spawn().context("starting divisi")?;
    tokio::select! {
        speaks = room.relay.wait_for(speaks) => speaks?,
        ended = running.wait() => bail!("the task ended before its call {CALL} ({})", ended?),
    }
    running.kill().await.context("killing divisi")?;
    let before = room.events().await?;
    let ran = room.run(&mut room.command(&["task", "resume", "last", "--json"])).await?;
    let after = room.events().await?;
    let mut verdict = room.go_on(ran).await?;
    verdict.wrong.extend(against(&before, &after));
    Ok(verdict)
}

/// Whether the answer to the call has begun.
fn speaks(seen: &[Exchange]) -> bool {
    let calls: Vec<&Exchange> = seen.iter().filter(|one| one.is_call()).collect();
    calls.len() >= CALL && calls.iter().any(|one| !one.whole && one.answer.contains("data:"))
}

/// What does not hold of a log that was gone on with: it is another one, or a recorded step was done again.
pub(super) fn done_again(before: &[EventView], after: &[EventView]) -> Vec<String> {
    let mut wrong = Vec::new();
    if !after.starts_with(before) {
        wrong.push("the log as it was is not the beginning of the log as it is".to_owned());
    }
    let known = attempts(before);
    let recorded: BTreeSet<&str> =
        known.iter().filter(|it| is(it, &Outcome::Answered)).map(|it| step(&it.path)).collect();
    let (last, later) = (before.last().map_or(0, |event| event.seq), attempts(after));
    let again = later.iter().filter(|attempt| attempt.seq > last && recorded.contains(step(&attempt.path)));
    wrong.extend(again.map(|attempt| format!("{} was recorded and was done again", attempt.path)));
    wrong
}

/// The same, of a log that ends with a kill: what was in flight is shown and settled.
fn against(before: &[EventView], after: &[EventView]) -> Vec<String> {
    let (mut wrong, later) = (done_again(before, after), attempts(after));
    let open: Vec<Attempt> = attempts(before).into_iter().filter(|attempt| attempt.end.is_none()).collect();
    if open.is_empty() {
        wrong.push("no call was in flight at the kill".to_owned());
    }
    for cut in &open {
        let now = later.iter().find(|it| it.path == cut.path && it.number == cut.number);
        let settled = now.and_then(|it| it.end.as_ref()).filter(|end| end.outcome == Outcome::Interrupted);
        match settled {
            None => wrong.push(format!("{} attempt {} is not shown as interrupted", cut.path, cut.number)),
            Some(end) if end.charged != cut.reserved || !end.estimated => wrong.push(format!(
                "{} attempt {} was interrupted and is booked at {} of {} (estimated: {})",
                cut.path, cut.number, end.charged, cut.reserved, end.estimated
            )),
            Some(_) => {}
        }
    }
    wrong
}

/// What is used by every later pass is the same step in all of them.
fn step(path: &str) -> &str {
    path.split_once('/')
        .map_or(path, |(_, rest)| if matches!(rest, "analyse" | "select") { rest } else { path })
}

fn is(attempt: &Attempt, outcome: &Outcome) -> bool {
    attempt.end.as_ref().is_some_and(|end| end.outcome == *outcome)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(seq: u64, kind: &str, data: &serde_json::Value) -> EventView {
        let line = json!({"seq": seq, "at": "2026-11-22T06:00:00.000Z", "kind": kind, "data": data});
        serde_json::from_value(line).unwrap()
    }

    fn started(seq: u64, path: &str, attempt: u64) -> EventView {
        let data = json!({"path": path, "attempt": attempt, "provider": "small", "cause": "first", "reserved_micro_usd": 10});
        event(seq, "effect_started", &data)
    }

    fn ended(seq: u64, path: &str, attempt: u64, is: &str, charged: u64) -> EventView {
        let data = json!({"path": path, "attempt": attempt, "outcome": {"is": is}, "charged_micro_usd": charged, "estimated": is != "answered"});
        event(seq, "effect_ended", &data)
    }

    #[test]
    fn nothing_that_was_recorded_is_done_again_and_what_was_cut_off_is_shown() {
        let before = vec![started(1, "a", 1), ended(2, "a", 1, "answered", 4), started(3, "b", 1)];
        let on = |more: Vec<EventView>| [before.clone(), more].concat();
        let rest = vec![started(5, "b", 2), ended(6, "b", 2, "answered", 4)];
        let cut = |charged| [vec![ended(4, "b", 1, "interrupted", charged)], rest.clone()].concat();
        let rows: [(Vec<EventView>, &str); 5] = [
            (on(cut(10)), ""),
            (on(cut(9)), "booked at 9 of 10"),
            (on(rest.clone()), "not shown as interrupted"),
            (on([cut(10), vec![started(7, "a", 2)]].concat()), "done again"),
            (cut(10), "not the beginning"),
        ];
        for (after, said) in rows {
            let wrong = against(&before, &after);
            assert_eq!(wrong.is_empty(), said.is_empty(), "{said}: {wrong:?}");
            assert!(
                said.is_empty() || wrong.iter().any(|sentence| sentence.contains(said)),
                "{said}: {wrong:?}"
            );
        }
        assert!(against(&before[..2], &before[..2])[0].contains("in flight"));
        let analysed = vec![started(1, "p1/analyse", 1), ended(2, "p1/analyse", 1, "answered", 4)];
        let later = |path: &str| [analysed.clone(), vec![started(3, path, 1)]].concat();
        assert_eq!(done_again(&analysed, &later("p2/analyse")).len(), 1, "another pass uses what is there");
        assert_eq!(done_again(&analysed, &later("p2/decompose/round0")).len(), 0);
    }
}
