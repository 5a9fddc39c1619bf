//! A report as Markdown: the answer first, numbered marks, and the list of sources at the end.

use std::collections::HashSet;

use divisi_llm::outputs::{Citation, Claim, Report, Section};

use super::citations::{Citations, place};
use super::escape::{block, heading, inline};
use super::table;

/// Characters of a quote in the list of sources; the JSON result has all of it.
const QUOTE_CHARS_MAX: usize = 400;

/// What is known of the result besides the report.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Presentation {
    /// The title of the task.
    pub title: String,
    /// What a partial result lacks, as sentences; empty where it is full.
    pub missing: Vec<String>,
    /// Why the result was not approved, where it was not.
    pub not_approved: Option<String>,
    /// Why there is only a draft, where the task has not completed.
    pub draft: Option<String>,
}

/// The report as Markdown, with a final newline. Text of models is escaped: it brings no markup, link
/// or HTML of its own.
pub fn render_markdown(report: &Report, presentation: &Presentation) -> String {
    let mut page = Page::default();
    page.block(&format!("# {}", heading(&presentation.title)));
    if let Some(why) = &presentation.draft {
        page.block(&format!("**This is a draft: the task has not completed.** {}", inline(why)));
    }
    page.claims(&report.answer);
    page.caveats(presentation);
    page.summary(&report.executive_summary);
    for section in &report.main_content {
        page.section(section);
    }
    page.points("Key insights", &report.key_insights);
    page.points("Recommendations", &report.recommendations);
    page.points("Limitations", &report.limitations);
    page.sources();
    page.block(&format!("*Confidence: {}.*", percent(report.overall_confidence)));
    page.text + "\n"
}

#[derive(Default)]
struct Page<'r> {
    text: String,
    citations: Citations<'r>,
    /// Normalised statements that stand on the page already.
    said: HashSet<String>,
}

impl<'r> Page<'r> {
    fn block(&mut self, block: &str) {
        if block.is_empty() {
            return;
        }
        if !self.text.is_empty() {
            self.text.push_str("\n\n");
        }
        self.text.push_str(block);
    }

    /// One claim is a paragraph, several are a list.
    fn claims(&mut self, claims: &'r [Claim]) {
        let lines = self.fresh(claims);
        match lines.as_slice() {
            [] => {}
            [only] => self.block(&only.clone()),
            many => self.block(&list(many)),
        }
    }

    /// The claims that do not stand on the page yet, with their marks.
    fn fresh(&mut self, claims: &'r [Claim]) -> Vec<String> {
        let mut lines = Vec::with_capacity(claims.len());
        for claim in claims {
            if !claim.text.trim().is_empty() && self.said.insert(normal(&claim.text)) {
                lines.push(block(&claim.text) + &self.citations.marks(&claim.citations));
            }
        }
        lines
    }

    fn caveats(&mut self, presentation: &Presentation) {
        if !presentation.missing.is_empty() {
            let missing: Vec<String> = presentation.missing.iter().map(|text| block(text)).collect();
            self.block(&format!("**This result is partial.** What is missing:\n\n{}", list(&missing)));
        }
        if let Some(why) = &presentation.not_approved {
            self.block(&format!("**The final review did not approve this report.** {}", inline(why)));
        }
    }

    /// A summary that only repeats the answer is left out.
    fn summary(&mut self, summary: &str) {
        let paragraphs: Vec<&str> = summary.split("\n\n").filter(|text| !text.trim().is_empty()).collect();
        let fresh: Vec<String> =
            paragraphs.into_iter().filter(|text| self.said.insert(normal(text))).map(block).collect();
        if !fresh.is_empty() {
            self.block("## Summary");
            self.block(&fresh.join("\n\n"));
        }
    }

    fn section(&mut self, section: &'r Section) {
        let lines = self.fresh(&section.claims);
        let table = section.table.as_ref().map(|table| table::render(table, &mut self.citations));
        let table = table.unwrap_or_default();
        if lines.is_empty() && table.is_empty() {
            return;
        }
        self.block(&format!("## {}", heading(&section.title)));
        self.block(&table);
        self.block(&list(&lines));
    }

    fn points(&mut self, heading: &str, points: &[String]) {
        let fresh: Vec<String> = points
            .iter()
            .filter(|text| !text.trim().is_empty() && self.said.insert(normal(text)))
            .map(|text| block(text))
            .collect();
        if !fresh.is_empty() {
            self.block(&format!("## {heading}"));
            self.block(&list(&fresh));
        }
    }

    fn sources(&mut self) {
        let list = self.citations.list();
        if list.is_empty() {
            return;
        }
        let lines: Vec<String> =
            list.iter().enumerate().map(|(at, citation)| source(at + 1, citation)).collect();
        self.block("## Sources");
        self.block(&lines.join("\n"));
    }
}

fn source(number: usize, citation: &Citation) -> String {
    let whole: Vec<&str> = citation.quote.split_whitespace().collect();
    let whole = whole.join(" ");
    let mut quote: String = whole.chars().take(QUOTE_CHARS_MAX).collect();
    if quote.len() < whole.len() {
        quote.push('…');
    }
    format!("{number}. {}", block(&format!("{} — “{quote}”", place(citation))))
}

fn list(lines: &[String]) -> String {
    lines.iter().map(|line| format!("- {line}")).collect::<Vec<_>>().join("\n")
}

/// Whole per cent; a number that is none counts as nothing.
fn percent(share: f64) -> String {
    format!("{:.0} %", if share.is_finite() { share.clamp(0.0, 1.0) * 100.0 } else { 0.0 })
}

/// The statement without case, spaces and punctuation: what makes two of them the same.
fn normal(text: &str) -> String {
    text.chars().filter(|char| char.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
