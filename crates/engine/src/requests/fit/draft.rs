//! A request in the making.

use std::sync::Arc;

use divisi_llm::Message;
use divisi_llm::fence::fenced;
use divisi_llm::inputs::Inputs;
use divisi_llm::outputs::Citation;
use serde_json::json;

/// What a request is made of and what was taken out of it.
#[derive(Debug, Clone)]
pub(in crate::requests) struct Draft {
    pub(in crate::requests) inputs: Arc<Inputs>,
    /// The run so far.
    pub(in crate::requests) transcript: Vec<Message>,
    /// Passages of the documents for the subtask, best first.
    pub(in crate::requests) passages: Vec<Citation>,
    /// Whether no tools are offered, though there are some.
    pub(in crate::requests) without_tools: bool,
    /// Documents that are not listed, and all of them.
    pub(in crate::requests) unlisted: Option<(usize, usize)>,
    /// What was left out, as parts of a sentence.
    pub(in crate::requests) left_out: Vec<&'static str>,
}

impl Draft {
    /// The inputs, to take something out of them.
    pub(super) fn inputs(&mut self) -> &mut Inputs {
        Arc::make_mut(&mut self.inputs)
    }

    /// Says that something was left out, once.
    pub(super) fn note(&mut self, left_out: &'static str) {
        if !left_out.is_empty() && !self.left_out.contains(&left_out) {
            self.left_out.push(left_out);
        }
    }

    /// What stands behind the rendered material.
    pub(in crate::requests) fn appendix(&self) -> String {
        let mut text = String::new();
        if !self.passages.is_empty() {
            let lines: Vec<String> = self.passages.iter().map(line).collect();
            text.push_str(
                "\n\nPassages of the documents that fit your subtask best, each in the form of a citation:\n",
            );
            text.push_str(&fenced(&lines.join("\n"), "passages"));
        }
        if !self.left_out.is_empty() {
            text.push_str("\n\nLeft out for want of room: ");
            text.push_str(&self.left_out.join("; "));
            text.push('.');
        }
        if let Some((unlisted, all)) = self.unlisted {
            let said = format!("\n\n{unlisted} of {all} documents are not listed: a search finds them, too.");
            text.push_str(&said);
        }
        text
    }
}

/// A passage as one line: what a citation of it needs, and its text.
pub(in crate::requests) fn line(citation: &Citation) -> String {
    let Citation { source, file, start, end, quote, .. } = citation;
    json!({ "source": source, "file": file, "start": start, "end": end, "quote": quote }).to_string()
}

/// The first characters of a text, and how many of it they are.
pub(in crate::requests) fn shortened(text: &str, chars_max: usize) -> String {
    let chars = text.chars().count();
    if chars <= chars_max {
        return text.to_owned();
    }
    let kept: String = text.chars().take(chars_max).collect();
    format!("{kept} [shortened: {chars_max} of {chars} characters]")
}
