//! Where an exchange stands: the effect path without the task, and the attempt.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::provider::CallContext;

/// The place of an exchange. It names the exchange's file, and is the same for every task that goes the same way.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The effect path, as in `p1/execute/s3/cycle1/turn2/model`.
    pub path: String,
    /// The attempt, from 1.
    pub attempt: u16,
}

impl Place {
    /// The place of a call. Its key begins with the task, which is left out.
    pub fn of(context: &CallContext) -> Self {
        let key = context.idempotency_key.as_str();
        let path = key.split_once('/').map_or(key, |(_, path)| path);
        Self { path: path.to_owned(), attempt: context.attempt }
    }

    /// The name of the file: one level, and no character that a file system minds.
    pub fn file_name(&self) -> String {
        let mut name = String::new();
        for char in self.path.chars() {
            match char {
                '/' => name.push('.'),
                'a'..='z' | '0'..='9' | '_' | '-' => name.push(char),
                // Whatever else a path may hold one day stays one name for one path.
                other => {
                    let _ = write!(name, "%{:x}%", u32::from(other));
                }
            }
        }
        let _ = write!(name, ".attempt{}.json", self.attempt);
        name
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}, attempt {}", self.path, self.attempt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_names_one_file_whatever_the_task() {
        let rows = [
            ("task_1/p1/analyse", 1, "p1/analyse", "p1.analyse.attempt1.json"),
            ("task_2/p1/analyse", 1, "p1/analyse", "p1.analyse.attempt1.json"),
            (
                "t/p2/execute/s3/cycle1/turn2/model",
                12,
                "p2/execute/s3/cycle1/turn2/model",
                "p2.execute.s3.cycle1.turn2.model.attempt12.json",
            ),
            ("t/p1/final_review/round0", 1, "p1/final_review/round0", "p1.final_review.round0.attempt1.json"),
            ("alone", 1, "alone", "alone.attempt1.json"),
            ("t/../A.å\\", 1, "../A.å\\", "%2e%%2e%.%41%%2e%%e5%%5c%.attempt1.json"),
        ];
        for (key, attempt, path, file) in rows {
            let place = Place::of(&CallContext { idempotency_key: key.to_owned(), attempt });
            assert_eq!((place.path.as_str(), place.file_name().as_str()), (path, file), "{key}");
        }
    }
}
