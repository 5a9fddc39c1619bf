//! A measured figure with its goal.

use serde::{Deserialize, Serialize};

/// What a figure counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Of something, each second.
    PerSecond,
    /// Seconds.
    Seconds,
    /// Milliseconds.
    Millis,
    /// Microseconds.
    Micros,
    /// 1,024 bytes.
    Kibibytes,
    /// 1,000,000 bytes.
    Megabytes,
    /// A part or multiple of something else.
    Times,
    /// Things.
    Count,
}

impl Unit {
    /// As tables have it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PerSecond => "/s",
            Self::Seconds => "s",
            Self::Millis => "ms",
            Self::Micros => "µs",
            Self::Kibibytes => "KiB",
            Self::Megabytes => "MB",
            Self::Times => "×",
            Self::Count => "",
        }
    }
}

/// What a figure should be.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// This or less.
    AtMost(f64),
    /// This or more.
    AtLeast(f64),
}

impl Goal {
    /// Whether `value` reaches it.
    pub fn is_met(self, value: f64) -> bool {
        match self {
            Self::AtMost(most) => value <= most,
            Self::AtLeast(least) => value >= least,
        }
    }
}

/// Something measured in the same run that a figure is held against.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Beside {
    /// What it is.
    pub yardstick: String,
    /// What it came to, in the figure's unit.
    pub value: f64,
    /// The figure ÷ this.
    pub ratio: f64,
}

/// One line of the table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// What was measured.
    pub label: String,
    /// In what.
    pub unit: Unit,
    /// What it came to; `None`: not measured in this run.
    pub value: Option<f64>,
    /// What it should be.
    pub goal: Option<Goal>,
    /// What it is held against.
    pub beside: Option<Beside>,
    /// How it was measured, or why it was not.
    pub note: String,
}

impl Figure {
    /// A figure that was measured.
    pub(crate) fn of(label: impl Into<String>, unit: Unit, value: f64) -> Self {
        Self { label: label.into(), unit, value: Some(value), goal: None, beside: None, note: String::new() }
    }

    /// A figure that was not measured in this run, and why.
    pub(crate) fn absent(label: impl Into<String>, unit: Unit, why: impl Into<String>) -> Self {
        Self { label: label.into(), unit, value: None, goal: None, beside: None, note: why.into() }
    }

    /// With what `value` gives, else absent because of `why`.
    pub(crate) fn maybe(label: &str, unit: Unit, value: Option<f64>, why: &str) -> Self {
        value.map_or_else(|| Self::absent(label, unit, why), |value| Self::of(label, unit, value))
    }

    pub(crate) fn at_most(mut self, most: f64) -> Self {
        self.goal = Some(Goal::AtMost(most));
        self
    }

    pub(crate) fn at_least(mut self, least: f64) -> Self {
        self.goal = Some(Goal::AtLeast(least));
        self
    }

    /// Held against `value` of `yardstick`.
    pub(crate) fn beside(mut self, yardstick: &str, value: f64) -> Self {
        let ratio = self.value.filter(|_| value > 0.0).map(|own| own / value);
        self.beside = ratio.map(|ratio| Beside { yardstick: yardstick.to_owned(), value, ratio });
        self
    }

    pub(crate) fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// Whether the goal is reached; `None` without a goal or a value.
    pub fn met(&self) -> Option<bool> {
        Some(self.goal?.is_met(self.value?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goals_are_met_from_their_side() {
        for (goal, value, met) in [
            (Goal::AtMost(2.0), 2.0, true),
            (Goal::AtMost(2.0), 2.1, false),
            (Goal::AtLeast(2.0), 2.0, true),
            (Goal::AtLeast(2.0), 1.9, false),
        ] {
            assert_eq!(goal.is_met(value), met, "{goal:?} {value}");
        }
        assert_eq!(Figure::absent("a", Unit::Millis, "later").at_most(1.0).met(), None);
        assert_eq!(Figure::of("a", Unit::Millis, 1.0).met(), None);
    }

    #[test]
    fn a_ratio_needs_a_yardstick_that_is_not_nothing() {
        let figure = Figure::of("a", Unit::PerSecond, 10.0);
        assert_eq!(figure.clone().beside("b", 40.0).beside.map(|beside| beside.ratio), Some(0.25));
        assert_eq!(figure.beside("b", 0.0).beside, None);
    }
}
