//! The parent's side: starts children, at most a few at once, and waits for each no longer than its limit.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{Builder, Scope, ScopedJoinHandle};
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use super::verdict::verdict;
use super::wire::{Job, outcome_of, write_job};
use crate::documents::limits::MIB;
use crate::documents::{ParseError, ParseLimits, Parsed};

/// How often a waiting parent looks whether it should stop.
const STOP_CHECK_MILLIS: u64 = 100;
/// The bytes of a child's complaints that are kept.
const LAST_WORDS_BYTES_MAX: u64 = 4 * 1024;

/// The limits of parsing in children. Settings; these are the defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProcessLimits {
    /// What the parser itself keeps to.
    pub parse: ParseLimits,
    /// Address space of a child.
    pub memory_bytes_max: u64,
    /// Processor seconds of a child.
    pub cpu_seconds_max: u32,
    /// Seconds after which a child is killed, whatever it does.
    pub wall_seconds_max: u32,
    /// Bytes of a child's answer.
    pub answer_bytes_max: u64,
    /// Children at once; further documents wait.
    pub processes_max: usize,
}

impl Default for ProcessLimits {
    fn default() -> Self {
        Self {
            parse: ParseLimits::default(),
            memory_bytes_max: 512 * MIB,
            cpu_seconds_max: 20,
            wall_seconds_max: 30,
            answer_bytes_max: 128 * MIB,
            processes_max: 2,
        }
    }
}

/// Parses documents in children of a program that calls [`super::main`].
#[derive(Debug)]
pub struct ParserPool {
    exe: PathBuf,
    args: Vec<OsString>,
    limits: ProcessLimits,
    running: Mutex<usize>,
    freed: Condvar,
}

impl ParserPool {
    /// A pool that starts `exe args…`.
    pub fn new(exe: PathBuf, args: Vec<OsString>, limits: ProcessLimits) -> Self {
        Self { exe, args, limits, running: Mutex::new(0), freed: Condvar::new() }
    }

    /// The limits it was made with.
    pub fn limits(&self) -> &ProcessLimits {
        &self.limits
    }

    /// Parses one document. Blocks at most [`ProcessLimits::wall_seconds_max`] from the moment a place is free.
    pub fn parse(&self, bytes: &[u8], file_name: &str) -> Result<Parsed, ParseError> {
        self.parse_until(bytes, file_name, &AtomicBool::new(false))
    }

    /// As [`ParserPool::parse`]; a child still running when `stop` becomes true is killed at once.
    pub fn parse_until(
        &self,
        bytes: &[u8],
        file_name: &str,
        stop: &AtomicBool,
    ) -> Result<Parsed, ParseError> {
        let (len, max) = (bytes.len() as u64, self.limits.parse.file_bytes_max);
        if len > max {
            return Err(ParseError::TooLarge { bytes: len, bytes_max: max });
        }
        let _place = self.take_place(stop)?;
        let child = self.start().map_err(not_started)?;
        self.converse(child, bytes, file_name, stop)
    }

    fn take_place(&self, stop: &AtomicBool) -> Result<Place<'_>, ParseError> {
        let mut running = self.running.lock();
        while *running >= self.limits.processes_max.max(1) {
            if stop.load(Ordering::Relaxed) {
                return Err(stopped());
            }
            self.freed.wait_for(&mut running, Duration::from_millis(STOP_CHECK_MILLIS));
        }
        *running += 1;
        Ok(Place(self))
    }

    fn start(&self) -> std::io::Result<Child> {
        let mut command = Command::new(&self.exe);
        command.args(&self.args).env_clear().current_dir("/");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()
    }

    fn converse(
        &self,
        mut child: Child,
        bytes: &[u8],
        file_name: &str,
        stop: &AtomicBool,
    ) -> Result<Parsed, ParseError> {
        let outcome = std::thread::scope(|scope| {
            let pipes = self.open_pipes(scope, &mut child, self.job(bytes, file_name), bytes);
            let waited = pipes.as_ref().map_err(Clone::clone).and_then(|pipes| self.wait(&pipes.ended, stop));
            // With the child its pipes close and the threads end. One that has closed its output keeps its status.
            let _ = child.kill();
            let Pipes { answer, last_words, .. } = pipes?;
            let said = (answer.join().unwrap_or_default(), last_words.join().unwrap_or_default());
            waited.map(|()| said)
        });
        let _ = child.kill();
        let status = child.wait();
        let (answer, words) = outcome?;
        if answer.len() as u64 > self.limits.answer_bytes_max {
            return Err(ParseError::hostile("what it expands to is beyond all measure"));
        }
        let died = || Err(status.map_or_else(not_started, |status| verdict(status, &words, &self.limits)));
        outcome_of(&answer).unwrap_or_else(died)
    }

    /// A thread for each standard stream: none of them can block the others.
    fn open_pipes<'scope, 'env>(
        &self,
        scope: &'scope Scope<'scope, 'env>,
        child: &mut Child,
        job: Job,
        bytes: &'env [u8],
    ) -> Result<Pipes<'scope>, ParseError> {
        let streams = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(stdin), Some(stdout), Some(stderr)) = streams else {
            return Err(no_parser("it has no standard streams"));
        };
        let (done, ended) = sync_channel(1);
        let thread = || Builder::new().name("parser-pipe".to_owned());
        let bytes_max = self.limits.answer_bytes_max;
        thread().spawn_scoped(scope, move || give(stdin, &job, bytes)).map_err(not_started)?;
        let last_words = thread().spawn_scoped(scope, move || last_words(stderr)).map_err(not_started)?;
        let answer = thread()
            .spawn_scoped(scope, move || take_answer(stdout, bytes_max, &done))
            .map_err(not_started)?;
        Ok(Pipes { ended, answer, last_words })
    }

    fn job(&self, bytes: &[u8], file_name: &str) -> Job {
        Job {
            file_name: file_name.chars().rev().take(1_000).collect::<Vec<_>>().into_iter().rev().collect(),
            limits: self.limits.parse,
            memory_bytes_max: self.limits.memory_bytes_max,
            cpu_seconds_max: self.limits.cpu_seconds_max,
            bytes: bytes.len() as u64,
        }
    }

    /// Until the child has closed its output, or the time is over, or the caller stops.
    fn wait(&self, ended: &Receiver<()>, stop: &AtomicBool) -> Result<(), ParseError> {
        let seconds = self.limits.wall_seconds_max;
        for _ in 0..u64::from(seconds) * 1_000 / STOP_CHECK_MILLIS {
            match ended.recv_timeout(Duration::from_millis(STOP_CHECK_MILLIS)) {
                Ok(()) | Err(RecvTimeoutError::Disconnected) => return Ok(()),
                Err(RecvTimeoutError::Timeout) if stop.load(Ordering::Relaxed) => return Err(stopped()),
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
        Err(ParseError::TimedOut { seconds })
    }
}

/// The threads at a child's pipes.
struct Pipes<'scope> {
    /// Told once the child has closed its output.
    ended: Receiver<()>,
    answer: ScopedJoinHandle<'scope, Vec<u8>>,
    last_words: ScopedJoinHandle<'scope, String>,
}

/// A place among the running children.
struct Place<'a>(&'a ParserPool);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        *self.0.running.lock() -= 1;
        self.0.freed.notify_one();
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the signature of map_err")]
fn not_started(error: std::io::Error) -> ParseError {
    no_parser(error.to_string())
}

fn no_parser(what: impl Into<String>) -> ParseError {
    ParseError::NoParser { detail: what.into() }
}

fn stopped() -> ParseError {
    no_parser("the work was cancelled")
}

/// A child that dies early breaks the pipe; its death says why.
fn give(mut stdin: ChildStdin, job: &Job, bytes: &[u8]) {
    let _ = write_job(&mut stdin, job).and_then(|()| stdin.write_all(bytes));
}

fn take_answer(stdout: ChildStdout, bytes_max: u64, done: &SyncSender<()>) -> Vec<u8> {
    let mut answer = Vec::new();
    let _ = stdout.take(bytes_max + 1).read_to_end(&mut answer);
    let _ = done.send(());
    answer
}

fn last_words(mut stderr: ChildStderr) -> String {
    let mut words = Vec::new();
    let _ = stderr.by_ref().take(LAST_WORDS_BYTES_MAX).read_to_end(&mut words);
    let _ = std::io::copy(&mut stderr, &mut std::io::sink());
    String::from_utf8_lossy(&words).into_owned()
}
