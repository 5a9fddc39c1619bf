//! The result of a task as programs read it: the `result` object of `GET /tasks/{id}/result`.

use divisi_llm::outputs::{Citation, Claim, Report, Section, Table};
use serde::Serialize;

use super::citations::Citations;
use super::markdown::Presentation;

/// A result. Citations are numbers into `sources`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ResultJson {
    /// The answer as one text.
    pub final_answer: String,
    /// The answer by statements.
    pub answer: Vec<ClaimJson>,
    /// A few sentences.
    pub executive_summary: String,
    /// The body.
    pub sections: Vec<SectionJson>,
    /// What follows from the findings together.
    pub key_insights: Vec<String>,
    /// What to do.
    pub recommendations: Vec<String>,
    /// What to keep in mind.
    pub limitations: Vec<String>,
    /// Who found what.
    pub supporting_data: Vec<EvidenceJson>,
    /// 0 to 1.
    pub confidence: f64,
    /// Every span that is cited, once; number 1 is the first.
    pub sources: Vec<SourceJson>,
    /// What a partial result lacks; empty where it is full.
    pub missing: Vec<String>,
    /// Whether the final review approved it.
    pub approved: bool,
}

/// A statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClaimJson {
    /// What it says.
    pub text: String,
    /// Numbers of its sources.
    pub sources: Vec<usize>,
}

/// A section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SectionJson {
    /// Heading.
    pub title: String,
    /// Statements.
    pub claims: Vec<ClaimJson>,
    /// A table, where there is one.
    pub table: Option<TableJson>,
}

/// A table: the first cell of a row is its label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TableJson {
    /// Heads.
    pub columns: Vec<String>,
    /// Rows of cells.
    pub rows: Vec<Vec<ClaimJson>>,
}

/// A statement with the specialist that found it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EvidenceJson {
    /// What it says.
    pub claim: String,
    /// Agent type.
    pub specialist: String,
    /// Numbers of its sources.
    pub sources: Vec<usize>,
}

/// A cited span.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SourceJson {
    /// By which it is cited, from 1.
    pub number: usize,
    /// `D1`, `D2`, …
    pub document: String,
    /// File name.
    pub file: String,
    /// First byte of the span in the document's text.
    pub start: u64,
    /// One past the last byte.
    pub end: u64,
    /// First line, from 1.
    pub line: u64,
    /// Last line.
    pub line_end: u64,
    /// Page, where there are pages.
    pub page: Option<u64>,
    /// The exact text.
    pub quote: String,
}

/// The report as the `result` object. The numbers are those of the Markdown where both cite a span.
pub fn result_json(report: &Report, presentation: &Presentation) -> ResultJson {
    let mut citations = Citations::default();
    let answer = claims(&report.answer, &mut citations);
    let sections = report.main_content.iter().map(|section| self::section(section, &mut citations)).collect();
    let supporting_data = report
        .supporting_evidence
        .iter()
        .map(|evidence| EvidenceJson {
            claim: evidence.claim.clone(),
            specialist: evidence.specialist.clone(),
            sources: citations.numbers(&evidence.citations),
        })
        .collect();
    citations.numbers(&report.sources);
    let texts: Vec<&str> = report.answer.iter().map(|claim| claim.text.as_str()).collect();
    ResultJson {
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
        approved: presentation.not_approved.is_none(),
    }
}

fn claims<'r>(claims: &'r [Claim], citations: &mut Citations<'r>) -> Vec<ClaimJson> {
    claims.iter().map(|claim| statement(&claim.text, &claim.citations, citations)).collect()
}

fn statement<'r>(text: &str, cited: &'r [Citation], citations: &mut Citations<'r>) -> ClaimJson {
    ClaimJson { text: text.to_owned(), sources: citations.numbers(cited) }
}

fn section<'r>(section: &'r Section, citations: &mut Citations<'r>) -> SectionJson {
    SectionJson {
        title: section.title.clone(),
        claims: claims(&section.claims, citations),
        table: section.table.as_ref().map(|table| self::table(table, citations)),
    }
}

fn table<'r>(table: &'r Table, citations: &mut Citations<'r>) -> TableJson {
    let mut rows = Vec::with_capacity(table.rows.len());
    for row in &table.rows {
        let mut cells = vec![ClaimJson { text: row.label.clone(), sources: Vec::new() }];
        cells.extend(row.cells.iter().map(|cell| statement(&cell.text, &cell.citations, citations)));
        rows.push(cells);
    }
    TableJson { columns: table.columns.clone(), rows }
}

fn source(number: usize, citation: &Citation) -> SourceJson {
    SourceJson {
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
