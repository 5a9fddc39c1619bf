//! `README.md` of a test: how it is run.

use divisi_domain::id::TaskId;
use divisi_engine::export::Exported;

use super::folder::place;

const OF_THE_API: &str = "* The task was given a field (`domain`) over the API, which `divisi run` does not set: submit it the same way.";
const ALWAYS: [&str; 3] = [
    "* Tools run for real; those that come with Divisi read the attached files alone.",
    "* How answers were cut into pieces is not in the log: each streams as one piece.",
    "* **Prompts hold texts of the documents**, and `files` holds the documents. Look through both before you hand the folder on.",
];

/// The text.
pub(super) fn text(id: TaskId, exported: &Exported) -> String {
    let Exported { submission, expected, .. } = exported;
    let mut lines = vec![
        format!("# A test made of {id}\n"),
        "This folder is a cassette: everything that model services were asked and said, from the log of a finished task."
            .to_owned(),
        "Run it here; nothing goes to the network, and nothing is paid:\n".to_owned(),
        format!("```sh\n{}\n```\n", command(exported)),
        "What it is to bring stands in `test.toml`: the BLAKE3 digest of the report as Markdown, and how many events the"
            .to_owned(),
        "task has. A call that is not as recorded fails with the first part that differs.\n".to_owned(),
    ];
    lines.extend(expected.unsure.iter().map(|sentence| format!("* {sentence}")));
    lines.push(format!(
        "* The crew was `{}` version {}. If it is your own, name its file with `--crew`.",
        submission.crew, exported.crew_version
    ));
    if exported.brief.domain.is_some() {
        lines.push(OF_THE_API.to_owned());
    }
    lines.extend(ALWAYS.map(str::to_owned));
    lines.join("\n") + "\n"
}

/// The command that asks the same.
fn command(exported: &Exported) -> String {
    let Exported { brief, submission, files, .. } = exported;
    let mut words = vec!["divisi run --replay .".to_owned()];
    let mut option = |name: &str, value: &str| words.push(format!("--{name} {}", quoted(value)));
    option("crew", submission.crew.as_str());
    option("mode", &submission.mode.as_str().replace('_', "-"));
    option("title", &brief.title);
    for constraint in &brief.constraints {
        option("constraint", constraint);
    }
    for file in files {
        option("file", &place(&file.name).to_string_lossy());
    }
    if let Some(cap) = submission.cap {
        option("budget", &format!("{}.{:06}", cap.0 / 1_000_000, cap.0 % 1_000_000));
    }
    words.push(format!("-- {}", quoted(&brief.description)));
    words.join(" \\\n  ")
}

/// A word for a shell.
fn quoted(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./".contains(&byte);
    if !word.is_empty() && word.bytes().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_reach_the_shell_as_they_are() {
        let rows = [
            ("files/a.txt", "files/a.txt"),
            ("What's $HOME?", "'What'\\''s $HOME?'"),
            ("", "''"),
            ("a\nb", "'a\nb'"),
        ];
        for (word, written) in rows {
            assert_eq!(quoted(word), written);
        }
    }
}
