//! The user's own deadline in a log: nothing starts after it, unless a person opened the pass later.

use divisi_domain::task::Event;
use divisi_domain::time::Timestamp;

use super::oracle::Check;

/// What is needed of a log to judge its starts.
#[derive(Debug, Default)]
pub(super) struct Deadline {
    at: Option<Timestamp>,
}

impl Deadline {
    /// Looks at the next event of a task.
    pub(super) fn follow(&mut self, event: &Event, at: Timestamp) -> Check {
        match event {
            Event::Submitted { submission, .. } => self.at = submission.deadline,
            // Whoever opens a pass after it wants the result all the same.
            Event::Resumed { .. } | Event::RevisionRequested { .. } => {
                self.at = self.at.filter(|deadline| *deadline > at);
            }
            Event::EffectStarted { path, .. } => {
                if let Some(deadline) = self.at.filter(|deadline| *deadline < at) {
                    let late = at.since(deadline).0;
                    return Err(format!("{path} was started {late} ms after the user's deadline"));
                }
            }
            _ => {}
        }
        Ok(())
    }
}
