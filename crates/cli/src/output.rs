//! Standard output and standard error: results go to the first, all else to the second.

use std::io::{BufRead, Write};
use std::path::Path;

use tracing_subscriber::EnvFilter;

use crate::commands::World;
use crate::failure::Failure;
use crate::render::{plain, plain_json};

/// A sentence on standard error, with the word that says what it is.
pub(crate) fn complain(sentence: &str) {
    // Nobody is there to hear where standard error is closed.
    let _ = writeln!(std::io::stderr().lock(), "error: {}", plain(sentence));
}

/// A line on standard error, without anything that steers a terminal.
pub(crate) fn tell(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{}", plain(line));
}

/// A text on standard error that is laid out for the terminal already.
pub(crate) fn show(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// Lines on standard error.
pub(crate) fn tell_all(lines: &[String]) {
    for line in lines {
        tell(line);
    }
}

/// A text on standard output. A reader that closed the pipe wants no more: that is no failure.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}

/// A value as a line of JSON, without the line break.
pub(crate) fn json_line(value: &impl serde::Serialize) -> Result<String, Failure> {
    serde_json::to_string(value).map(plain_json).map_err(|error| Failure::Other(error.to_string()))
}

/// A value as pretty JSON on standard output.
pub(crate) fn print_json(value: &impl serde::Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value).map_err(|error| Failure::Other(error.to_string()))?;
    print(&(plain_json(text) + "\n"))
}

/// Refuses a file for `--output` that could not be written in the end, before any work is done for it. Leaves none behind.
pub(crate) fn check_writable(path: &Path) -> Result<(), Failure> {
    let refused = |error: std::io::Error| {
        Failure::Input(format!("'{}' could not be written: {error}.", path.display()))
    };
    if path.exists() {
        return std::fs::OpenOptions::new().append(true).open(path).map(|_| ()).map_err(refused);
    }
    std::fs::File::create_new(path).map_err(refused)?;
    std::fs::remove_file(path).map_err(refused)
}

/// Writes a file that was asked for with `--output`.
pub(crate) fn write_file(path: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text)
        .map_err(|error| Failure::Other(format!("'{}' could not be written: {error}.", path.display())))
}

/// Logs to standard error from here on.
pub(crate) fn start_log(filter: &str) {
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("error"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).finish();
    // A log that was started before stays.
    let _ = tracing::subscriber::set_global_default(log);
}

/// Asks a yes-or-no question at the terminal. Without a terminal the answer is no, and it is said how to say yes.
pub(crate) fn confirm(world: &World, question: &str) -> Result<bool, Failure> {
    if !world.terminal.interactive {
        tell("This asks first, and there is no terminal to ask at: --yes says yes.");
        return Ok(false);
    }
    ask(&format!("{question} [y/N] "))?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// Writes a question to the terminal; the answer is typed behind it.
pub(crate) fn ask(question: &str) -> Result<(), Failure> {
    let mut screen = std::io::stderr().lock();
    Ok(screen.write_all(plain(question).as_bytes()).and_then(|()| screen.flush())?)
}
