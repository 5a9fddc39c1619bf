//! What was observed, for people and for the documentation.

use super::judge::Verdict;

/// The head of the table.
const HEAD: &str = "| case | ended | calls | steps | tokens in | tokens out | at once | counted by the server | estimated | re-asked | retried | failed over | interrupted | seconds | verdict |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|";

/// All cases.
pub(super) fn table(verdicts: &[Verdict]) -> String {
    let rows: Vec<String> = verdicts.iter().map(row).collect();
    format!("{HEAD}\n{}", rows.join("\n"))
}

fn row(it: &Verdict) -> String {
    let verdict = if it.wrong.is_empty() { "holds" } else { "WRONG" };
    let counts = [
        it.calls as u64,
        it.steps as u64,
        it.input,
        it.output,
        it.at_once as u64,
        it.counted as u64,
        it.estimated as u64,
        it.reasked as u64,
        it.retried as u64,
        it.failed_over as u64,
        it.interrupted as u64,
        it.seconds,
    ];
    let counts: Vec<String> = counts.iter().map(u64::to_string).collect();
    format!("| {} | {} | {} | {verdict} |", it.name, it.ended, counts.join(" | "))
}

/// One case, and what is wrong with it.
pub(super) fn lines(it: &Verdict) -> Vec<String> {
    let failures: Vec<String> =
        it.failures.iter().map(|(reason, count)| format!("{reason} {count}")).collect();
    let failures = if failures.is_empty() { "none".to_owned() } else { failures.join(", ") };
    let head = format!(
        "  {} after {} s: {} calls, {} recorded steps, {} tokens in, {} out ({} calls counted by the server, {} estimated), {} micro-USD; failed calls: {failures}",
        it.ended,
        it.seconds,
        it.calls,
        it.steps,
        it.input,
        it.output,
        it.counted,
        it.estimated,
        it.spent_micro_usd
    );
    std::iter::once(head).chain(it.wrong.iter().map(|sentence| format!("  WRONG: {sentence}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_as_many_cells_as_the_head() {
        let wrong = Verdict { name: "cpp_chat".to_owned(), ..Verdict::of_fault("it hangs".to_owned()) };
        let shown = table(&[Verdict::default(), wrong]);
        let cells: Vec<usize> = shown.lines().map(|line| line.matches('|').count()).collect();
        assert!(cells.iter().all(|count| *count == cells[0]), "{shown}");
        assert_eq!(shown.matches("WRONG").count(), 1);
    }

    #[test]
    fn what_is_wrong_is_said_behind_the_figures() {
        let told = lines(&Verdict::of_fault("it hangs".to_owned()));
        assert_eq!(told[1], "  WRONG: it hangs");
    }
}
