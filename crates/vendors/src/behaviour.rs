//! What a test wants the server to do. All of it is data: set in the process, or posted to `/control` as JSON.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::answer::Answer;
use crate::fault::{FaultRule, Wait};

/// Subtasks in a plan of the brain, where nothing else is said.
const SUBTASKS_DEFAULT: usize = 3;
/// Characters in one piece of streamed text, where nothing else is said.
const DELTA_CHARS_DEFAULT: usize = 16;

/// Everything that a test can set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Behaviour {
    /// Answers of the next requests, in order. When there are none (any more) the brain answers.
    pub answers: VecDeque<Answer>,
    /// What goes wrong, and when.
    pub faults: Vec<FaultRule>,
    /// Decides which requests a fault with a probability hits.
    pub seed: u64,
    /// Time before the head of every answer that goes well.
    pub latency: Option<Wait>,
    /// Names of the models that there are; empty: any name is answered.
    pub models: Vec<String>,
    /// Keys that are accepted; empty: any, none included, as local servers do.
    pub keys: Vec<String>,
    /// The longest input, in tokens as this server counts them.
    pub context_tokens: Option<u64>,
    /// Whether a stream whose input is longer just ends, as that of llama-cpp-python does: only who asks for none is told.
    pub mute_overflow: bool,
    /// Requests of one key in any 60 s; more are answered 429.
    pub requests_per_minute: Option<u32>,
    /// Tokens of one key in any 60 s; more are answered 429.
    pub tokens_per_minute: Option<u32>,
    /// Where set, time stands still here (milliseconds since 1970) and moves only when it is told to.
    pub virtual_clock_ms: Option<u64>,
    /// Subtasks in a plan of the brain.
    pub subtasks: usize,
    /// What the brain writes wherever a schema has a property of this name.
    pub overrides: BTreeMap<String, Value>,
    /// Whether the brain asks for two tools at once where two are offered.
    pub parallel_calls: bool,
    /// Characters in one piece of streamed text.
    pub delta_chars: usize,
    /// What local servers do with OpenAI's wire: a schema beside `json_object` is obeyed, unknown fields are ignored.
    pub local: bool,
    /// Calls that it says it answers at once, where llama.cpp's server says so; it answers all the same.
    pub slots: Option<u16>,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            answers: VecDeque::new(),
            faults: Vec::new(),
            seed: 0,
            latency: None,
            models: Vec::new(),
            keys: Vec::new(),
            context_tokens: None,
            mute_overflow: false,
            requests_per_minute: None,
            tokens_per_minute: None,
            virtual_clock_ms: None,
            subtasks: SUBTASKS_DEFAULT,
            overrides: BTreeMap::new(),
            parallel_calls: false,
            delta_chars: DELTA_CHARS_DEFAULT,
            local: false,
            slots: None,
        }
    }
}

impl Behaviour {
    /// The brain on every request, but this fault on all of them.
    pub fn always(fault: crate::Fault) -> Self {
        Self { faults: vec![FaultRule::always(fault)], ..Self::default() }
    }

    /// Gives these answers first.
    #[must_use]
    pub fn saying(mut self, answers: impl IntoIterator<Item = Answer>) -> Self {
        self.answers.extend(answers);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::{Fault, When};

    #[test]
    fn what_a_script_posts_is_what_a_test_would_set() {
        let posted = r#"{
            "answers": [{"text": "hi", "usage": {"input": 3, "output": 1}}],
            "faults": [{"fault": {"kind": "cut", "at_byte": 40, "how": "reset"}, "when": {"requests": [2]}}],
            "latency": {"millis": 5},
            "requests_per_minute": 10
        }"#;
        let set: Behaviour = serde_json::from_str(posted).unwrap();
        assert_eq!(set.answers[0].text, "hi");
        assert_eq!(set.faults[0].when, When::Requests(vec![2]));
        assert!(matches!(set.faults[0].fault, Fault::Cut { at_byte: 40, .. }));
        assert_eq!(set.latency, Some(Wait::Millis(5)));
        assert_eq!(set.subtasks, SUBTASKS_DEFAULT);
        let back: Behaviour = serde_json::from_str(&serde_json::to_string(&set).unwrap()).unwrap();
        assert_eq!(back, set);
    }

    #[test]
    fn a_misspelt_setting_is_refused() {
        assert!(serde_json::from_str::<Behaviour>(r#"{"fault": []}"#).is_err());
    }
}
