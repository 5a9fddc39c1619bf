//! A figure from a table, with the rows behind it.

use divisi_llm::inputs::WorkInput;
use divisi_llm::outputs::Solution;

use super::Job;
use super::exchange::{Call, Exchanges};
use super::statements::Statements;
use crate::extractive::assignment::Assignment;

/// Queries a table.
pub(super) struct Figure<'a> {
    pub(super) input: &'a WorkInput,
    pub(super) assignment: Assignment,
}

impl Figure<'_> {
    fn rows(&self) -> Statements<'_> {
        Statements { input: self.input, assignment: self.assignment.clone() }
    }
}

impl Job for Figure<'_> {
    fn calls(&self, known: &Exchanges) -> Vec<Call> {
        self.rows().calls(known)
    }

    fn solution(&self, known: &Exchanges) -> Solution {
        self.rows().solution(known)
    }
}
