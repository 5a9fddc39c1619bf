//! Scores and verdict (spec/formulas.md, review).

use minicbor::{Decode, Encode};

/// From this weighted score on a solution is accepted.
pub const ACCEPTED_MIN_HUNDREDTHS: u16 = 700;
/// From this weighted score on the same specialist may improve it; below, another one starts anew.
pub const NEEDS_REVISION_MIN_HUNDREDTHS: u16 = 500;

/// A score that cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScoreError {
    /// Not from 0 to 10.
    #[error("{criterion} is {text}, but a score is a number from 0 to 10. Score it anew.")]
    OutOfRange {
        /// Which of the four.
        criterion: &'static str,
        /// What was given.
        text: String,
    },
    /// Not a plain decimal number.
    #[error("{criterion} is '{text}', which is no decimal number such as 7 or 7.5. Score it anew.")]
    NotANumber {
        /// Which of the four.
        criterion: &'static str,
        /// What was given.
        text: String,
    },
}

/// A score from 0.0 to 10.0 in tenths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct Tenths(#[n(0)] u8);

impl Tenths {
    /// The best score.
    pub const MAX: Self = Self(100);

    /// From tenths; `None` above 100.
    pub const fn new(tenths: u8) -> Option<Self> {
        if tenths > Self::MAX.0 { None } else { Some(Self(tenths)) }
    }

    /// The tenths, 0 to 100.
    pub const fn get(self) -> u8 {
        self.0
    }

    /// From a decimal as a model writes it: `7`, `7.5`, `7.49` (cut to 7.4: a score never counts for
    /// more than it says). `criterion` is for the error.
    pub fn parse(criterion: &'static str, text: &str) -> Result<Self, ScoreError> {
        let not_a_number = || ScoreError::NotANumber { criterion, text: text.chars().take(32).collect() };
        let (whole, rest) = text.trim().split_once('.').unwrap_or((text.trim(), "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole.strip_prefix('-').unwrap_or(whole)) || !digits(rest) {
            return Err(not_a_number());
        }
        let out_of_range = || ScoreError::OutOfRange { criterion, text: text.chars().take(32).collect() };
        if whole.starts_with('-') && text.bytes().any(|byte| (b'1'..=b'9').contains(&byte)) {
            return Err(out_of_range());
        }
        let whole: u8 = whole.trim_start_matches('-').parse().map_err(|_| out_of_range())?;
        let beyond = whole == 10 && rest.bytes().any(|digit| digit != b'0');
        let tenths = u16::from(whole) * 10 + u16::from(rest.as_bytes()[0] - b'0');
        let kept = u8::try_from(tenths).ok().filter(|_| !beyond);
        kept.and_then(Self::new).ok_or_else(out_of_range)
    }
}

/// The four scores of a review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(array)]
pub struct Scores {
    /// Everything that was asked for is there; weight 3.
    #[n(0)]
    pub completeness: Tenths,
    /// What is there is right and supported; weight 3.
    #[n(1)]
    pub accuracy: Tenths,
    /// It is about what was asked; weight 2.
    #[n(2)]
    pub relevance: Tenths,
    /// It reads well and is well built; weight 2.
    #[n(3)]
    pub quality: Tenths,
}

impl Scores {
    /// From tenths in the order completeness, accuracy, relevance, quality.
    pub fn from_tenths(tenths: [u8; 4]) -> Result<Self, ScoreError> {
        let [completeness, accuracy, relevance, quality] = tenths;
        let take = |criterion, tenths: u8| {
            let text = || format!("{}.{}", tenths / 10, tenths % 10);
            Tenths::new(tenths).ok_or_else(|| ScoreError::OutOfRange { criterion, text: text() })
        };
        Ok(Self {
            completeness: take("completeness", completeness)?,
            accuracy: take("accuracy", accuracy)?,
            relevance: take("relevance", relevance)?,
            quality: take("quality", quality)?,
        })
    }

    /// From decimals as a model writes them, in the order completeness, accuracy, relevance, quality.
    pub fn parse(texts: [&str; 4]) -> Result<Self, ScoreError> {
        let [completeness, accuracy, relevance, quality] = texts;
        Ok(Self {
            completeness: Tenths::parse("completeness", completeness)?,
            accuracy: Tenths::parse("accuracy", accuracy)?,
            relevance: Tenths::parse("relevance", relevance)?,
            quality: Tenths::parse("quality", quality)?,
        })
    }

    /// The weighted score in hundredths, 0 to 1000: `(3a + 3b + 2c + 2d) ÷ 10`, exact.
    pub fn hundredths(&self) -> u16 {
        let weigh = |score: Tenths, weight: u16| u16::from(score.0) * weight;
        weigh(self.completeness, 3)
            + weigh(self.accuracy, 3)
            + weigh(self.relevance, 2)
            + weigh(self.quality, 2)
    }

    /// What the scores mean.
    pub fn verdict(&self) -> Verdict {
        Verdict::of(self.hundredths())
    }
}

/// What a review decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Verdict {
    /// It stands, for good.
    #[n(0)]
    Accepted,
    /// The same specialist runs again with the feedback.
    #[n(1)]
    NeedsRevision,
    /// Another specialist runs.
    #[n(2)]
    Rejected,
}

impl Verdict {
    /// The verdict on a weighted score in hundredths.
    pub const fn of(hundredths: u16) -> Self {
        match hundredths {
            ACCEPTED_MIN_HUNDREDTHS.. => Self::Accepted,
            NEEDS_REVISION_MIN_HUNDREDTHS.. => Self::NeedsRevision,
            _ => Self::Rejected,
        }
    }

    /// The name in API and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::NeedsRevision => "needs_revision",
            Self::Rejected => "rejected",
        }
    }
}
