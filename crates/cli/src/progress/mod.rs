//! What a person sees while a task runs: the graph as rows on a terminal, plain lines elsewhere. All of it goes to
//! standard error.

mod closing;
mod lines;
mod rows;
mod speech;
#[cfg(test)]
mod tests;

use std::io::Write;

use divisi_api::{EventView, PlanView, TaskView};
use divisi_domain::time::Timestamp;
use divisi_engine::driver::Clock as _;

use crate::compose::ProcessClock;
use crate::failure::Failure;
use crate::output;
use crate::render::Terminal;

pub(crate) use closing::{calls, closing};
pub(crate) use rows::rows;
pub(crate) use speech::Speech;

/// How much is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Show {
    /// Rows or lines.
    Progress,
    /// Every event as a line of JSON on standard output.
    Events,
    /// Nothing.
    Nothing,
}

/// A task and its plan at one moment.
#[derive(Debug, Clone)]
pub(crate) struct Snapshot {
    pub(crate) task: TaskView,
    pub(crate) plan: PlanView,
}

/// The picture of a running task.
#[derive(Debug)]
pub(crate) struct Progress {
    show: Show,
    terminal: Terminal,
    clock: ProcessClock,
    /// Rows that stand on the screen and are drawn over.
    drawn: Vec<String>,
    lines: lines::Lines,
    /// What is being said, where it is shown.
    speech: Option<Speech>,
}

impl Progress {
    pub(crate) fn new(show: Show, terminal: &Terminal) -> Self {
        Self {
            show,
            terminal: *terminal,
            clock: ProcessClock::start(None),
            drawn: Vec::new(),
            lines: lines::Lines::default(),
            speech: (show == Show::Progress && terminal.progress_in_place).then(Speech::default),
        }
    }

    /// Where what is being said is told; `None` where nobody sees it.
    pub(crate) const fn speech(&mut self) -> Option<&mut Speech> {
        self.speech.as_mut()
    }

    fn in_place(&self) -> bool {
        self.show == Show::Progress && self.terminal.progress_in_place
    }

    /// Events came, and this is what came of them.
    pub(crate) fn events(&mut self, events: &[EventView], after: &Snapshot) -> Result<(), Failure> {
        events.iter().try_for_each(|event| self.event(event, after))
    }

    fn event(&mut self, event: &EventView, snapshot: &Snapshot) -> Result<(), Failure> {
        match self.show {
            Show::Events => output::print(&(output::json_line(event)? + "\n")),
            Show::Progress if !self.in_place() => {
                output::tell_all(&lines::line(event, snapshot).into_iter().collect::<Vec<_>>());
                Ok(())
            }
            Show::Progress | Show::Nothing => Ok(()),
        }
    }

    /// The task as it stands now, with its events told up to `told`.
    pub(crate) fn draw(&mut self, snapshot: &Snapshot, told: u64) {
        if self.in_place() {
            let now: Timestamp = self.clock.now();
            let mut rows = rows(snapshot, &self.terminal, now);
            if let Some(speech) = &self.speech {
                rows.extend(speech.rows(snapshot, self.terminal.width, self.terminal.paint_progress()));
            }
            self.replace(&rows);
        } else if self.show == Show::Progress && told >= snapshot.task.last_seq {
            output::tell_all(&self.lines.waiting(snapshot));
        }
    }

    /// Takes the picture off the screen, so that something else may be printed.
    pub(crate) fn finish(&mut self) {
        self.replace(&[]);
    }

    fn replace(&mut self, rows: &[String]) {
        // The same picture again would only flicker.
        if self.drawn == rows {
            return;
        }
        let up = format!("\x1b[{}A\r\x1b[J", self.drawn.len());
        let mut text = if self.drawn.is_empty() { String::new() } else { up };
        for row in rows {
            text += row;
            text.push('\n');
        }
        self.drawn = rows.to_vec();
        if !text.is_empty() {
            let mut screen = std::io::stderr().lock();
            // A screen that is gone needs no picture.
            let _ = screen.write_all(text.as_bytes()).and_then(|()| screen.flush());
        }
    }
}
