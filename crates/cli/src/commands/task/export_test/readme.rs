//! `README.md` of a test: how it is run.

use divisi_domain::id::TaskId;
use divisi_engine::export::Exported;

use super::folder::place;

/// The text.
pub(super) fn text(id: TaskId, exported: &Exported) -> String {
    let Exported { submission, expected, .. } = exported;
    let mut page = format!(
        "# A test made of {id}\n\n\
         This folder is a cassette: everything that model services were asked and said, from the log of a finished task.\n\
         Run it here; nothing goes to the network, and nothing is paid:\n\n\
         ```sh\n{}\n```\n\n",
        command(exported)
    );
    page += "What it is to bring stands in `test.toml`: the BLAKE3 digest of the report as Markdown, and how many events \
             the task has. A call that is not as recorded fails with the first part that differs.\n\n";
    for sentence in &expected.unsure {
        page += &format!("* {sentence}\n");
    }
    page += &format!(
        "* The crew was `{}` version {}. If it is your own, name its file with `--crew`.\n",
        submission.crew, exported.crew_version
    );
    page += "* Tools run for real; those that come with Divisi read the attached files alone.\n\
             * How answers were cut into pieces is not in the log: each streams as one piece.\n";
    if exported.brief.domain.is_some() {
        page += "* The task was given a field (`domain`) over the API, which `divisi run` does not set: submit it the same \
                 way.\n";
    }
    page += "* **Prompts hold texts of the documents**, and `files` holds the documents. Look through both before you hand \
             the folder on.\n";
    page
}

/// The command that asks the same.
fn command(exported: &Exported) -> String {
    let Exported { brief, submission, files, .. } = exported;
    let mut words = vec!["divisi run --replay .".to_owned()];
    let mut option = |name: &str, value: &str| words.push(format!("--{name} {}", quoted(value)));
    option("crew", submission.crew.as_str());
    option("mode", &submission.mode.as_str().replace('_', "-"));
    option("title", &brief.title);
    brief.constraints.iter().for_each(|constraint| option("constraint", constraint));
    files.iter().for_each(|file| option("file", &place(&file.name).to_string_lossy()));
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
