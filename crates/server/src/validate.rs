//! Limits of what is submitted: every field that is wrong, at once.

use std::collections::BTreeSet;

use divisi_api::limits::{
    ATTACHMENT_BYTES_MAX, ATTACHMENTS_BYTES_MAX, ATTACHMENTS_MAX, BUDGET_USD_MAX, COMMENT_CHARS_MAX,
    CONSTRAINTS_MAX, CONTEXT_BYTES_MAX, DESCRIPTION_CHARS_MAX, DESCRIPTION_CHARS_MIN, QUERY_CHARS_MAX,
    TIMEOUT_MS_MAX, TITLE_CHARS_MAX,
};
use divisi_api::{Code, Context, CreateTask, FieldErrors};

use crate::problem::Failure;

/// Characters of a title that is derived from a description.
const DERIVED_TITLE_CHARS_MAX: usize = 80;
/// Characters of a file name.
const FILE_NAME_CHARS_MAX: usize = 1_024;
/// Characters of a sentence why a file was left out.
const LEFT_OUT_CHARS_MAX: usize = 1_000;

/// Checks a submission.
pub(crate) fn submission(task: &CreateTask) -> Result<(), Failure> {
    let mut wrong = FieldErrors::new();
    let mut say = |field: &str, sentence: String| {
        wrong.insert(field.to_owned(), sentence);
    };
    if let Some(title) = &task.title {
        let length = title.trim().chars().count();
        if length == 0 || length > TITLE_CHARS_MAX {
            say("title", format!("A title has 1 to {TITLE_CHARS_MAX} characters; this one has {length}."));
        }
    }
    let least = if task.title.is_some() { DESCRIPTION_CHARS_MIN } else { 1 };
    let length = task.description.trim().chars().count();
    if length < least || length > DESCRIPTION_CHARS_MAX {
        say(
            "description",
            format!(
                "A description has {least} to {DESCRIPTION_CHARS_MAX} characters; this one has {length}."
            ),
        );
    }
    if let Some(sentence) = context(&task.context) {
        say("context", sentence);
    }
    if let Some(budget) = &task.budget {
        let fits = budget.max_usd.is_finite() && budget.max_usd > 0.0 && budget.max_usd <= BUDGET_USD_MAX;
        if !fits {
            say("budget.max_usd", format!("A cap is more than 0 and at most {BUDGET_USD_MAX} US dollars."));
        }
    }
    if let Some(timeout) = task.context.timeout_ms
        && !(1..=TIMEOUT_MS_MAX).contains(&timeout)
    {
        say(
            "context.timeout_ms",
            format!("It is 1 to {TIMEOUT_MS_MAX} milliseconds; this one is {timeout}."),
        );
    }
    if task.context.timeout_ms.is_some() && task.context.deadline.is_some() {
        say("context.timeout_ms", "Give either a deadline or a timeout.".to_owned());
    }
    if task.crew.is_some() && task.crew_file.is_some() {
        say("crew", "Give either the name of a crew or a crew file.".to_owned());
    }
    if !wrong.is_empty() {
        return Err(Failure::fields(wrong));
    }
    attachments(task)
}

fn context(context: &Context) -> Option<String> {
    let texts = context.constraints.iter().chain(&context.domain);
    let bytes: usize = texts.map(String::len).sum();
    if bytes > CONTEXT_BYTES_MAX {
        return Some(format!("The context has {bytes} bytes; it may have {CONTEXT_BYTES_MAX}."));
    }
    let count = context.constraints.len();
    (count > CONSTRAINTS_MAX)
        .then(|| format!("There are {count} constraints; there may be {CONSTRAINTS_MAX}."))
}

fn attachments(task: &CreateTask) -> Result<(), Failure> {
    let refuse = |sentence: String| Err(Failure::new(Code::AttachmentRefused, sentence));
    if task.attachments.len() > ATTACHMENTS_MAX {
        return refuse(format!(
            "There are {} attachments; there may be {ATTACHMENTS_MAX}.",
            task.attachments.len()
        ));
    }
    let mut names = BTreeSet::new();
    let mut total = 0;
    for file in &task.attachments {
        let (name, bytes) = (&file.name, file.content.len());
        if name.is_empty() || name.chars().count() > FILE_NAME_CHARS_MAX {
            return refuse(format!("A file name has 1 to {FILE_NAME_CHARS_MAX} characters."));
        }
        if !names.insert(name) {
            return refuse(format!("Two attachments are called '{name}'."));
        }
        if file.left_out.as_ref().is_some_and(|why| !is_reason(why) || bytes > 0) {
            return refuse(format!(
                "A sentence of 1 to {LEFT_OUT_CHARS_MAX} characters says why '{name}' was left out, and no content comes with it."
            ));
        }
        if bytes > ATTACHMENT_BYTES_MAX {
            return refuse(format!(
                "'{name}' has {bytes} bytes; an attachment may have {ATTACHMENT_BYTES_MAX}."
            ));
        }
        total += bytes;
    }
    if total > ATTACHMENTS_BYTES_MAX {
        return refuse(format!(
            "The attachments have {total} bytes; together they may have {ATTACHMENTS_BYTES_MAX}."
        ));
    }
    Ok(())
}

fn is_reason(why: &str) -> bool {
    !why.trim().is_empty() && why.chars().count() <= LEFT_OUT_CHARS_MAX
}

/// A text of a person: 1 to 10,000 characters.
pub(crate) fn words(field: &str, text: &str) -> Result<(), Failure> {
    let length = text.trim().chars().count();
    if length == 0 || length > COMMENT_CHARS_MAX {
        let sentence = format!("It has 1 to {COMMENT_CHARS_MAX} characters; this one has {length}.");
        return Err(Failure::fields(FieldErrors::from([(field.to_owned(), sentence)])));
    }
    Ok(())
}

/// Words to search for.
pub(crate) fn query(words: &str) -> Result<(), Failure> {
    let length = words.chars().count();
    if words.trim().is_empty() || length > QUERY_CHARS_MAX {
        let sentence = format!("A search has 1 to {QUERY_CHARS_MAX} characters; this one has {length}.");
        return Err(Failure::fields(FieldErrors::from([("q".to_owned(), sentence)])));
    }
    Ok(())
}

/// The title, or the first line of the description, cut at a word.
pub(crate) fn title(task: &CreateTask) -> String {
    if let Some(title) = &task.title {
        return title.trim().to_owned();
    }
    let line = task.description.trim().lines().next().unwrap_or_default().trim();
    if line.chars().count() <= DERIVED_TITLE_CHARS_MAX {
        return line.to_owned();
    }
    let cut: String = line.chars().take(DERIVED_TITLE_CHARS_MAX - 1).collect();
    let whole = cut.rsplit_once(' ').map_or(cut.as_str(), |(whole, _)| whole);
    format!("{}…", whole.trim_end())
}

#[cfg(test)]
mod tests {
    use divisi_api::{Attachment, Budget};
    use divisi_domain::time::Timestamp;

    use super::*;

    fn task(description: &str) -> CreateTask {
        CreateTask { description: description.into(), ..CreateTask::default() }
    }

    #[test]
    fn limits_hold_at_their_edges() {
        let titled =
            |title: &str, description: &str| CreateTask { title: Some(title.into()), ..task(description) };
        let budget = |max_usd| CreateTask { budget: Some(Budget { max_usd }), ..task("Why?") };
        let context = |constraints: Vec<String>| CreateTask {
            context: Context { constraints, ..Context::default() },
            ..task("Why?")
        };
        let timed = |timeout, deadline| CreateTask {
            context: Context { timeout_ms: Some(timeout), deadline, ..Context::default() },
            ..task("Why?")
        };
        let file = |name: &str, bytes: usize| Attachment::new(name.into(), vec![0; bytes]);
        let left_out = |why: &str| Attachment::left_out("a".into(), why.into());
        let files = |attachments| CreateTask { attachments, ..task("Why?") };
        let rows: Vec<(&str, CreateTask, Option<&str>)> = vec![
            ("one character", task("?"), None),
            ("nothing", task("  "), Some("description")),
            ("10,000", task(&"a".repeat(10_000)), None),
            ("10,001", task(&"a".repeat(10_001)), Some("description")),
            ("20 with a title", titled("t", &"a".repeat(20)), None),
            ("19 with a title", titled("t", &"a".repeat(19)), Some("description")),
            ("empty title", titled(" ", &"a".repeat(20)), Some("title")),
            ("500", titled(&"t".repeat(500), &"a".repeat(20)), None),
            ("501", titled(&"t".repeat(501), &"a".repeat(20)), Some("title")),
            ("a cap", budget(0.01), None),
            ("no cap", budget(0.0), Some("budget.max_usd")),
            ("a strange cap", budget(f64::NAN), Some("budget.max_usd")),
            ("64 KiB", context(vec!["a".repeat(65_536)]), None),
            ("more", context(vec!["a".repeat(65_537)]), Some("context")),
            ("101 constraints", context(vec![String::new(); 101]), Some("context")),
            ("a second", timed(1_000, None), None),
            ("no time", timed(0, None), Some("context.timeout_ms")),
            ("eleven years", timed(TIMEOUT_MS_MAX + 1, None), Some("context.timeout_ms")),
            ("two ends", timed(1_000, Some(Timestamp::default())), Some("context.timeout_ms")),
            ("files", files(vec![file("a", 1), file("b", ATTACHMENT_BYTES_MAX)]), None),
            ("twice", files(vec![file("a", 1), file("a", 1)]), Some("Two attachments")),
            ("too large", files(vec![file("a", ATTACHMENT_BYTES_MAX + 1)]), Some("'a' has")),
            ("left out", files(vec![left_out("It is too large."), file("b", 1)]), None),
            ("left out for nothing", files(vec![left_out(" ")]), Some("why 'a' was left out")),
            (
                "left out and given",
                files(vec![Attachment { content: vec![1], ..left_out("It is too large.") }]),
                Some("why 'a' was left out"),
            ),
            ("no name", files(vec![file("", 1)]), Some("A file name")),
        ];
        for (name, task, wrong) in rows {
            let found = submission(&task).err().map(|failure| failure.problem().detail.clone());
            match wrong {
                None => assert_eq!(found, None, "{name}"),
                Some(wrong) => {
                    assert!(found.as_ref().is_some_and(|found| found.contains(wrong)), "{name}: {found:?}");
                }
            }
        }
    }

    #[test]
    fn all_wrong_fields_are_named_at_once() {
        let task =
            CreateTask { title: Some(String::new()), budget: Some(Budget { max_usd: -1.0 }), ..task("") };
        let failure = submission(&task).unwrap_err();
        let fields: Vec<&str> = failure.problem().details.keys().map(String::as_str).collect();
        assert_eq!(fields, ["budget.max_usd", "description", "title"]);
    }

    #[test]
    fn a_title_is_derived_from_the_first_line() {
        assert_eq!(title(&task("Who owns the code?\nSay why.")), "Who owns the code?");
        let long = title(&task(&"word ".repeat(40)));
        assert!(long.chars().count() <= 80 && long.ends_with("word…"), "{long}");
        assert_eq!(title(&task(&"x".repeat(100))).chars().count(), 80);
    }
}
