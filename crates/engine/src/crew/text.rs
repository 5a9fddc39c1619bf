//! Collects faults while a crew file is read, and turns byte offsets into lines.

use std::str::FromStr;

use divisi_domain::name::Name;
use toml::Spanned;

use super::RouteTarget;
use super::fault::{CrewFault, CrewFaults};

/// The file's text with the faults found so far.
#[derive(Debug)]
pub(super) struct Text<'t> {
    source: &'t str,
    faults: Vec<CrewFault>,
}

impl<'t> Text<'t> {
    pub(super) fn new(source: &'t str) -> Self {
        Self { source, faults: Vec::new() }
    }

    /// The line, from 1, that holds the byte at `offset`.
    pub(super) fn line(&self, offset: usize) -> usize {
        1 + self.source.bytes().take(offset).filter(|&byte| byte == b'\n').count()
    }

    pub(super) fn fault(&mut self, line: Option<usize>, sentence: impl Into<String>) {
        self.faults.push(CrewFault { line, sentence: sentence.into() });
    }

    /// A fault at a value of the file. Values that were not written have an empty span.
    pub(super) fn fault_at<T>(&mut self, value: &Spanned<T>, sentence: impl Into<String>) {
        let span = value.span();
        let line = (!span.is_empty()).then(|| self.line(span.start));
        self.fault(line, sentence);
    }

    /// The name that is written, or a fault.
    pub(super) fn name(&mut self, value: &Spanned<String>) -> Option<Name> {
        match Name::from_str(value.get_ref()) {
            Ok(name) => Some(name),
            Err(invalid) => {
                self.fault_at(value, format!("{invalid}."));
                None
            }
        }
    }

    pub(super) fn names(&mut self, values: &[Spanned<String>], what: &str) -> Vec<Name> {
        let mut names: Vec<Name> = Vec::with_capacity(values.len());
        for value in values {
            let Some(name) = self.name(value) else { continue };
            if names.contains(&name) {
                self.fault_at(value, format!("The {what} '{name}' stands here twice. Remove one."));
            } else {
                names.push(name);
            }
        }
        names
    }

    /// The targets of a route. `provider` alone means its model of the same name.
    pub(super) fn route(&mut self, values: &[Spanned<String>]) -> Vec<RouteTarget> {
        let most = divisi_domain::limits::ROUTE_TARGETS_MAX;
        if let Some(over) = values.get(most) {
            self.fault_at(
                over,
                format!("A route has at most {most} targets; this one has {}.", values.len()),
            );
        }
        values.iter().filter_map(|value| self.target(value)).collect()
    }

    fn target(&mut self, value: &Spanned<String>) -> Option<RouteTarget> {
        let text = value.get_ref();
        let (provider, model) = text.split_once('/').unwrap_or((text, text));
        if let (Ok(provider), Ok(model)) = (provider.parse(), model.parse()) {
            return Some(RouteTarget { provider, model });
        }
        self.fault_at(value, format!("'{text}' is no model. Write provider/model, as in 'extractive'."));
        None
    }

    /// Nothing, or every fault in the order of the file.
    pub(super) fn finish(&mut self) -> Result<(), CrewFaults> {
        self.faults.sort_by_key(|fault| fault.line.unwrap_or(usize::MAX));
        if self.faults.is_empty() { Ok(()) } else { Err(CrewFaults(std::mem::take(&mut self.faults))) }
    }
}
