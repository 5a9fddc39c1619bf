//! The result of a task as programs read it: the `result` object of `GET /tasks/{id}/result`.

use divisi_api::{ClaimView, EvidenceView, ResultView, SectionView, SourceView, TableView};
use divisi_engine::report::{Citation, Citations, Claim, Section, Table};
use divisi_engine::view::Outcome;

/// A report as the `result` object. The numbers are those of the Markdown where both cite a span.
pub(crate) fn view(outcome: &Outcome) -> ResultView {
    let (report, presentation) = (&outcome.report, &outcome.presentation);
    let mut citations = Citations::default();
    let answer = claims(&report.answer, &mut citations);
    let sections = report.main_content.iter().map(|section| self::section(section, &mut citations)).collect();
    let supporting_data = report
        .supporting_evidence
        .iter()
        .map(|evidence| EvidenceView {
            claim: evidence.claim.clone(),
            specialist: evidence.specialist.clone(),
            sources: citations.numbers(&evidence.citations),
        })
        .collect();
    citations.numbers(&report.sources);
    let texts: Vec<&str> = report.answer.iter().map(|claim| claim.text.as_str()).collect();
    ResultView {
        final_answer: texts.join("\n"),
        answer,
        executive_summary: report.executive_summary.clone(),
        sections,
        key_insights: report.key_insights.clone(),
        recommendations: report.recommendations.clone(),
        limitations: report.limitations.clone(),
        supporting_data,
        confidence: report.overall_confidence,
        sources: citations.list().iter().enumerate().map(|(at, one)| source(at + 1, one)).collect(),
        missing: presentation.missing.clone(),
        approved: !outcome.draft && presentation.not_approved.is_none(),
    }
}

fn claims<'r>(claims: &'r [Claim], citations: &mut Citations<'r>) -> Vec<ClaimView> {
    claims.iter().map(|claim| statement(&claim.text, &claim.citations, citations)).collect()
}

fn statement<'r>(text: &str, cited: &'r [Citation], citations: &mut Citations<'r>) -> ClaimView {
    ClaimView { text: text.to_owned(), sources: citations.numbers(cited) }
}

fn section<'r>(section: &'r Section, citations: &mut Citations<'r>) -> SectionView {
    SectionView {
        title: section.title.clone(),
        claims: claims(&section.claims, citations),
        table: section.table.as_ref().map(|table| self::table(table, citations)),
    }
}

fn table<'r>(table: &'r Table, citations: &mut Citations<'r>) -> TableView {
    let mut rows = Vec::with_capacity(table.rows.len());
    for row in &table.rows {
        let mut cells = vec![ClaimView { text: row.label.clone(), sources: Vec::new() }];
        cells.extend(row.cells.iter().map(|cell| statement(&cell.text, &cell.citations, citations)));
        rows.push(cells);
    }
    TableView { columns: table.columns.clone(), rows }
}

fn source(number: usize, citation: &Citation) -> SourceView {
    SourceView {
        number,
        document: citation.source.clone(),
        file: citation.file.clone(),
        start: citation.start,
        end: citation.end,
        line: citation.line,
        line_end: citation.line_end,
        page: citation.page,
        quote: citation.quote.clone(),
    }
}

#[cfg(test)]
mod tests {
    use divisi_engine::report::{Evidence, Presentation, Report};

    use super::*;

    fn cite(file: &str, start: u64) -> Citation {
        let quote = "It may be copied.".to_owned();
        let end = start + quote.len() as u64;
        Citation {
            source: "D1".into(),
            file: file.into(),
            start,
            end,
            line: 3,
            line_end: 4,
            page: None,
            quote,
        }
    }

    fn outcome(draft: bool) -> Outcome {
        let claim =
            |text: &str, citations: Vec<Citation>| Claim { text: text.into(), citations, subtasks: vec![1] };
        let evidence =
            Evidence { claim: "Copies.".into(), specialist: "reader".into(), citations: vec![cite("b", 7)] };
        let report = Report {
            answer: vec![
                claim("Yes.", vec![cite("a", 0)]),
                claim("Always.", vec![cite("b", 7), cite("a", 0)]),
            ],
            main_content: vec![Section {
                title: "Copies".into(),
                claims: vec![claim("The notice stays.", vec![cite("c", 1)])],
                table: None,
            }],
            supporting_evidence: vec![evidence],
            sources: vec![cite("a", 0), cite("d", 2)],
            overall_confidence: 0.5,
            ..Report::default()
        };
        Outcome { report, presentation: Presentation::default(), draft }
    }

    #[test]
    fn every_span_has_one_number_in_the_order_of_reading() {
        let result = view(&outcome(false));
        assert_eq!(result.final_answer, "Yes.\nAlways.");
        let numbers: Vec<&[usize]> = result.answer.iter().map(|claim| claim.sources.as_slice()).collect();
        assert_eq!(numbers, [&[1][..], &[1, 2]]);
        assert_eq!(result.sections[0].claims[0].sources, [3]);
        assert_eq!(result.supporting_data[0].sources, [2]);
        let files: Vec<(usize, &str)> =
            result.sources.iter().map(|source| (source.number, source.file.as_str())).collect();
        assert_eq!(files, [(1, "a"), (2, "b"), (3, "c"), (4, "d")]);
    }

    #[test]
    fn a_draft_is_not_approved() {
        assert_eq!([false, true].map(|draft| view(&outcome(draft)).approved), [true, false]);
    }
}
