//! Citations held against the documents.

use divisi_llm::inputs::CitationFinding;
use divisi_llm::outputs::{Citation, Claim, Report, Section, Solution, Table};
use divisi_tools::corpus::{CitationCheck, Corpus};

/// Every citation of a solution, in its order.
pub fn of_solution(solution: &Solution) -> impl Iterator<Item = &Citation> {
    of_claims(&solution.claims).chain(solution.table.iter().flat_map(of_table))
}

/// Every citation of a report, in its order.
pub fn of_report(report: &Report) -> impl Iterator<Item = &Citation> {
    let sections = report.main_content.iter().flat_map(of_section);
    let evidence = report.supporting_evidence.iter().flat_map(|evidence| &evidence.citations);
    of_claims(&report.answer).chain(sections).chain(evidence).chain(&report.sources)
}

fn of_section(section: &Section) -> impl Iterator<Item = &Citation> {
    of_claims(&section.claims).chain(section.table.iter().flat_map(of_table))
}

fn of_claims(claims: &[Claim]) -> impl Iterator<Item = &Citation> {
    claims.iter().flat_map(|claim| &claim.citations)
}

fn of_table(table: &Table) -> impl Iterator<Item = &Citation> {
    table.rows.iter().flat_map(|row| &row.cells).flat_map(|cell| &cell.citations)
}

/// What the documents say to a citation.
pub fn check(corpus: &Corpus, citation: &Citation) -> CitationFinding {
    let offset = |at: u64| u32::try_from(at).unwrap_or(u32::MAX);
    let (start, end) = (offset(citation.start), offset(citation.end));
    match corpus.check_citation(&citation.source, start, end, &citation.quote) {
        CitationCheck::Exact => CitationFinding::Exact,
        CitationCheck::WrongSpan { actual } => CitationFinding::WrongSpan { actual },
        CitationCheck::UnknownSource => CitationFinding::Unknown,
    }
}
