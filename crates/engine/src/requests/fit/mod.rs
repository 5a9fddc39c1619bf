//! Makes a request fit the room that its model has, by reductions in a declared order, each of which the prompt says.

mod draft;
mod making;
mod quotes;
mod steps;
#[cfg(test)]
mod tests;

pub(super) use draft::{Draft, line};
pub(super) use making::Making;

use crate::core::Room;
use crate::crew::Wording;

/// From here on a model takes anything: nothing is fitted or narrowed.
const UNLIMITED_TOKENS: u32 = 10_000_000;

/// No model takes less. Such a figure is no context but a bound of costs, and nothing would fit it.
const CONTEXT_TOKENS_MIN: u32 = 512;

/// Below this, instructions are compact and plans short.
const SMALL_TOKENS: u32 = 8_000;

/// Up to this, they are as short as they can be.
const TINY_TOKENS: u32 = 4_096;

/// The least output that is worth a call.
const OUTPUT_TOKENS_MIN: u32 = 128;

/// Characters of the message that says what was wrong with an answer, however much room there is.
const WRONG_CHARS_MAX: u64 = 6_000;

/// What a model has room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Scale {
    /// Up to 4,096 tokens.
    Tiny,
    /// Below 8,000 tokens.
    Small,
    /// More.
    Wide,
    /// All that a task may hold.
    Unlimited,
}

/// The room of one call, divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Budget {
    pub(super) scale: Scale,
    /// Of the input.
    window: u32,
    output_max: u32,
    thoughts: u32,
}

impl Budget {
    pub(super) fn of(room: Option<&Room>) -> Self {
        let window = room.map_or(u32::MAX, |room| room.input_tokens_max);
        let scale = match window {
            ..CONTEXT_TOKENS_MIN | UNLIMITED_TOKENS.. => Scale::Unlimited,
            CONTEXT_TOKENS_MIN..=TINY_TOKENS => Scale::Tiny,
            _ if window < SMALL_TOKENS => Scale::Small,
            _ => Scale::Wide,
        };
        let output_max = room.map_or(u32::MAX, |room| room.output_tokens_max);
        let thoughts = room.map_or(0, |room| room.thought_tokens);
        Self { scale, window, output_max, thoughts }
    }

    pub(super) fn is_limited(&self) -> bool {
        self.scale != Scale::Unlimited
    }

    pub(super) fn is_small(&self) -> bool {
        self.scale < Scale::Wide
    }

    pub(super) fn wording(&self) -> Wording {
        if self.is_small() { Wording::Compact } else { Wording::Full }
    }

    /// Output tokens to ask for: a quarter of the window at most for the answer, and another for thoughts.
    pub(super) fn output(&self, wanted: u32) -> u32 {
        let part = if self.is_limited() { (self.window / 4).max(OUTPUT_TOKENS_MIN) } else { u32::MAX };
        wanted.min(part).saturating_add(self.thoughts.min(part)).min(self.output_max)
    }

    /// Tokens that the input may be estimated at. The answer has room of its own beside it.
    pub(super) fn available(&self) -> u64 {
        if !self.is_limited() {
            return u64::MAX;
        }
        // No estimate is exact, and templates add words of their own.
        let margin = 32 + self.window / 50;
        u64::from(self.window.saturating_sub(margin))
    }

    /// Tokens for passages of the documents in the first prompt of a subtask.
    pub(super) fn passages(&self) -> u64 {
        u64::from(self.window / 4)
    }

    pub(super) fn subtasks(&self, wanted: u16) -> u16 {
        match self.scale {
            Scale::Tiny => wanted.min(3),
            Scale::Small => wanted.min(5),
            Scale::Wide | Scale::Unlimited => wanted,
        }
    }

    pub(super) fn specialists(&self, wanted: u8) -> u8 {
        match self.scale {
            Scale::Tiny => wanted.min(2),
            Scale::Small => wanted.min(3),
            Scale::Wide | Scale::Unlimited => wanted,
        }
    }

    /// What was wrong with the last answer, as far as there is room: first without the answer itself, then cut.
    pub(super) fn wrong(&self, told: &str) -> String {
        if !self.is_limited() {
            return told.to_owned();
        }
        let most = usize::try_from(WRONG_CHARS_MAX.min(u64::from(self.window / 3))).unwrap_or(usize::MAX);
        if told.chars().count() <= most {
            return told.to_owned();
        }
        let bare = told.split_once("\n<data label=").map_or(told, |(before, _)| before);
        draft::shortened(bare, most)
    }
}
