//! Which lessons apply to a prompt.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::lesson::Lesson;
use crate::limits::{LESSON_BYTES_PER_PROMPT_MAX, LESSONS_PER_PROMPT_MAX};
use crate::name::Name;
use crate::time::Timestamp;

/// The prompt that lessons are wanted for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// Who will read it; `None` is the manager and its like.
    pub agent_type: Option<Name>,
    /// What it is about, in lower case.
    pub topics: BTreeSet<Name>,
    /// When the pass began: a lesson learned later does not change it.
    pub at: Timestamp,
}

/// The lessons that apply, best first: for this agent type or for everyone, about one of the topics or
/// about everything. More shared topics come first, then lessons for just this agent type, then the
/// latest. The same words are taken once; number and length are bounded.
pub fn select<'a>(lessons: &'a [Lesson], prompt: &Prompt) -> Vec<&'a Lesson> {
    let mut fitting: Vec<&Lesson> = lessons.iter().filter(|lesson| applies(lesson, prompt)).collect();
    fitting.sort_by_key(|lesson| {
        let shared = lesson.topics.intersection(&prompt.topics).count();
        let general = lesson.agent_type.is_none();
        (Reverse(shared), general, Reverse((lesson.learned_at, lesson.number)))
    });
    let mut words = BTreeSet::new();
    let mut room = LESSON_BYTES_PER_PROMPT_MAX;
    let mut taken = Vec::new();
    for lesson in fitting.into_iter().filter(|lesson| words.insert(lesson.text)) {
        if taken.len() < LESSONS_PER_PROMPT_MAX && lesson.text_bytes <= room {
            room -= lesson.text_bytes;
            taken.push(lesson);
        }
    }
    taken
}

fn applies(lesson: &Lesson, prompt: &Prompt) -> bool {
    let for_this_type = lesson.agent_type.is_none() || lesson.agent_type == prompt.agent_type;
    let on_topic = lesson.topics.is_empty() || !lesson.topics.is_disjoint(&prompt.topics);
    !lesson.retired && lesson.learned_at <= prompt.at && for_this_type && on_topic
}
