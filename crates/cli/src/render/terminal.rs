//! What standard output and standard error are.

use std::io::IsTerminal;

use super::paint::Paint;
use crate::config::ColorChoice;

/// Columns where they cannot be found out.
const WIDTH_DEFAULT: usize = 80;
/// Columns of lists where nobody looks at a screen: nothing is cut.
const WIDTH_PIPED: usize = 10_000;
/// Columns of text: longer lines read badly.
const TEXT_WIDTH_MAX: usize = 100;
/// Columns below which nothing could be laid out.
const WIDTH_MIN: usize = 20;

/// The terminal of this process.
#[expect(clippy::struct_excessive_bools, reason = "five independent facts about three streams")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Terminal {
    /// Reports are laid out for people; otherwise Markdown goes out as it is.
    pub(crate) styled: bool,
    /// Colours on standard output.
    pub(crate) color: bool,
    /// Colours on standard error.
    pub(crate) progress_color: bool,
    /// The picture of a task is drawn over itself.
    pub(crate) progress_in_place: bool,
    /// Questions can be asked.
    pub(crate) interactive: bool,
    /// Columns.
    pub(crate) width: usize,
    /// Columns of lists on standard output; a pipe has as many as it takes.
    pub(crate) list_width: usize,
}

impl Terminal {
    /// Looks at the standard streams.
    pub(crate) fn detect(color: ColorChoice, width: Option<u16>, no_color: bool) -> Self {
        let (out, err) = (std::io::stdout().is_terminal(), std::io::stderr().is_terminal());
        let found = terminal_size::terminal_size_of(std::io::stderr()).or_else(terminal_size::terminal_size);
        let columns = width.map(usize::from).or_else(|| found.map(|(columns, _)| usize::from(columns.0)));
        let colored = |stream: bool| match color {
            ColorChoice::Auto => stream && !no_color,
            ColorChoice::Always => true,
            ColorChoice::Never => false,
        };
        Self {
            styled: out || color == ColorChoice::Always,
            color: colored(out),
            progress_color: colored(err),
            progress_in_place: err,
            interactive: err && std::io::stdin().is_terminal(),
            width: columns.unwrap_or(WIDTH_DEFAULT).max(WIDTH_MIN),
            list_width: if out || width.is_some() {
                columns.unwrap_or(WIDTH_DEFAULT).max(WIDTH_MIN)
            } else {
                WIDTH_PIPED
            },
        }
    }

    /// Colours of standard output.
    pub(crate) const fn paint(&self) -> Paint {
        Paint(self.color)
    }

    /// Colours of standard error.
    pub(crate) const fn paint_progress(&self) -> Paint {
        Paint(self.progress_color)
    }

    /// Columns of running text.
    pub(crate) fn text_width(&self) -> usize {
        self.width.min(TEXT_WIDTH_MAX)
    }
}
