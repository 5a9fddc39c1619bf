//! Walks over what solutions and findings hold.

use divisi_llm::outputs::{Citation, Claim, Coordination, Report, Solution, Table};

/// Takes the quotation out of every citation. Whether there was any.
pub(super) fn unquote<'c>(citations: impl Iterator<Item = &'c mut Citation>) -> bool {
    citations.fold(false, |changed, citation| {
        let had = !citation.quote.is_empty();
        citation.quote.clear();
        changed || had
    })
}

fn of_claims(claims: &mut [Claim]) -> impl Iterator<Item = &mut Citation> {
    claims.iter_mut().flat_map(|claim| &mut claim.citations)
}

fn of_table(table: &mut Table) -> impl Iterator<Item = &mut Citation> {
    table.rows.iter_mut().flat_map(|row| &mut row.cells).flat_map(|cell| &mut cell.citations)
}

pub(super) fn of_solution(solution: &mut Solution) -> impl Iterator<Item = &mut Citation> {
    of_claims(&mut solution.claims).chain(solution.table.iter_mut().flat_map(of_table))
}

pub(super) fn of_coordination(coordination: &mut Coordination) -> impl Iterator<Item = &mut Citation> {
    coordination.structured_findings.iter_mut().flat_map(|topic| {
        of_claims(&mut topic.key_points).chain(topic.supporting_data.iter_mut().flat_map(of_table))
    })
}

pub(super) fn of_report(report: &mut Report) -> impl Iterator<Item = &mut Citation> {
    let sections = report.main_content.iter_mut().flat_map(|section| {
        of_claims(&mut section.claims).chain(section.table.iter_mut().flat_map(of_table))
    });
    let evidence = report.supporting_evidence.iter_mut().flat_map(|evidence| &mut evidence.citations);
    of_claims(&mut report.answer).chain(sections).chain(evidence).chain(&mut report.sources)
}

/// Keeps the first of a list. Whether there were more.
pub(super) fn keep<T>(list: &mut Vec<T>, most: usize) -> bool {
    let more = list.len() > most;
    list.truncate(most);
    more
}

/// Keeps the first claims of a solution, each with two citations.
pub(super) fn keep_claims(solution: &mut Solution, most: usize) -> bool {
    let claims = keep(&mut solution.claims, most);
    let citations = |claim: &mut Claim| keep(&mut claim.citations, 2);
    // Each is shortened, not only the first that is too long.
    solution.claims.iter_mut().fold(claims, |changed, claim| citations(claim) || changed)
}

/// Keeps the first gaps of a solution, and no table where there are claims.
pub(super) fn keep_gaps(solution: &mut Solution, most: usize) -> bool {
    let table = !solution.claims.is_empty() && solution.table.take().is_some();
    keep(&mut solution.gaps, most) || table
}
