use std::collections::BTreeSet;

use super::*;
use crate::blob::BlobRef;
use crate::limits::{LESSON_BYTES_PER_PROMPT_MAX, LESSONS_PER_PROMPT_MAX};
use crate::name::Name;
use crate::time::Timestamp;

fn names(texts: &[&str]) -> BTreeSet<Name> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

fn lesson(number: u8, agent_type: Option<&str>, topics: &[&str]) -> Lesson {
    Lesson {
        number: u64::from(number),
        source: LessonSource::Rating,
        agent_type: agent_type.map(|text| text.parse().unwrap()),
        topics: names(topics),
        text: BlobRef([number; 32]),
        text_bytes: 100,
        learned_at: Timestamp::from_millis(i64::from(number)),
        retired: false,
    }
}

fn selected(lessons: &[Lesson], agent_type: Option<&str>, topics: &[&str]) -> Vec<u64> {
    let prompt = Prompt {
        agent_type: agent_type.map(|text| text.parse().unwrap()),
        topics: names(topics),
        at: Timestamp::from_millis(200),
    };
    select(lessons, &prompt).iter().map(|lesson| lesson.number).collect()
}

#[test]
fn lessons_apply_by_agent_type_topic_and_recency() {
    let mut lessons = vec![
        lesson(1, None, &[]),
        lesson(2, Some("reader"), &[]),
        lesson(3, Some("writer"), &[]),
        lesson(4, None, &["law", "tax"]),
        lesson(5, None, &["law"]),
        lesson(6, Some("reader"), &["law"]),
        lesson(7, None, &["sport"]),
        lesson(8, None, &[]),
        lesson(201, None, &[]),
    ];
    lessons[7].retired = true;
    let rows: [(Option<&str>, &[&str], &[u64]); 5] = [
        (None, &[], &[1]),
        (Some("reader"), &[], &[2, 1]),
        (Some("writer"), &["sport"], &[7, 3, 1]),
        (Some("reader"), &["law"], &[6, 5, 4, 2, 1]),
        (Some("reader"), &["law", "tax"], &[4, 6, 5, 2, 1]),
    ];
    for (agent_type, topics, expected) in rows {
        assert_eq!(selected(&lessons, agent_type, topics), expected, "{agent_type:?} {topics:?}");
        let reversed: Vec<Lesson> = lessons.iter().rev().cloned().collect();
        assert_eq!(selected(&reversed, agent_type, topics), expected, "the order given changes nothing");
    }
}

#[test]
fn a_prompt_carries_few_and_short_lessons_and_none_twice() {
    let many: Vec<Lesson> = (1..100).map(|number| lesson(number, None, &[])).collect();
    let latest: Vec<u64> = (0..).map(|back| 99 - back).take(LESSONS_PER_PROMPT_MAX).collect();
    assert_eq!(selected(&many, None, &[]), latest);
    let mut long = vec![lesson(1, None, &[]), lesson(2, None, &[]), lesson(3, None, &[])];
    long[2].text_bytes = LESSON_BYTES_PER_PROMPT_MAX + 1;
    long[1].text_bytes = LESSON_BYTES_PER_PROMPT_MAX - 100;
    assert_eq!(selected(&long, None, &[]), [2, 1], "what is too long is passed over");
    long[0].text_bytes = 101;
    assert_eq!(selected(&long, None, &[]), [2], "what was taken leaves less room");
    let mut twice = vec![lesson(1, None, &[]), lesson(2, None, &[])];
    twice[0].text = twice[1].text;
    assert_eq!(selected(&twice, None, &[]), [2]);
}
