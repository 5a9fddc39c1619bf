//! The effect sink: outside of the process under test, it has every attempt on its own disk before the attempt may
//! go on.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;

use super::counts::Counts;

/// Attempts that wait for the disk together.
const WAITING_MAX: usize = 1_024;

/// One attempt: the effect's idempotency key and the number of the try.
pub(super) type Attempt = (String, u16);

/// What the witness wrote, in order.
pub(super) type Seen = Arc<Mutex<Vec<Attempt>>>;

type Note = (Attempt, oneshot::Sender<()>);

/// Listens until its tasks are dropped.
pub(super) fn start(
    socket: &Path,
    file: &Path,
    counts: &watch::Sender<Counts>,
    running: &mut JoinSet<anyhow::Result<()>>,
) -> anyhow::Result<Seen> {
    let listener = UnixListener::bind(socket).context("opening the socket of the witness")?;
    let file = File::create_new(file).context("making the file of the witness")?;
    let (notes, queue) = mpsc::channel(WAITING_MAX);
    let seen = Seen::default();
    running.spawn(write(file, queue, Arc::clone(&seen), counts.clone()));
    running.spawn(listen(listener, notes));
    Ok(seen)
}

async fn listen(listener: UnixListener, notes: mpsc::Sender<Note>) -> anyhow::Result<()> {
    let mut talking = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.context("the witness cannot listen any more")?;
        talking.spawn(talk(stream, notes.clone()));
        while talking.try_join_next().is_some() {}
    }
}

/// A process that dies in the middle of its line has not begun; one that dies before the answer may have.
async fn talk(stream: UnixStream, notes: mpsc::Sender<Note>) {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    if stream.read_line(&mut line).await.is_err() || !line.ends_with('\n') {
        return;
    }
    let Some(attempt) = parsed(line.trim_end()) else { return };
    let (done, written) = oneshot::channel();
    if notes.send((attempt, done)).await.is_ok() && written.await.is_ok() {
        // Whoever is gone by now needs no answer.
        let _ = stream.write_all(b".").await;
    }
}

fn parsed(line: &str) -> Option<Attempt> {
    let (key, attempt) = line.rsplit_once(' ')?;
    Some((key.to_owned(), attempt.parse().ok()?))
}

async fn write(
    mut file: File,
    mut queue: mpsc::Receiver<Note>,
    seen: Seen,
    counts: watch::Sender<Counts>,
) -> anyhow::Result<()> {
    let mut finals = BTreeSet::new();
    let mut notes = Vec::new();
    while queue.recv_many(&mut notes, WAITING_MAX).await > 0 {
        tokio::task::block_in_place(|| {
            let mut lines = Vec::new();
            for ((key, attempt), _) in &notes {
                writeln!(lines, "{key} {attempt}")?;
            }
            file.write_all(&lines)?;
            file.sync_data()
        })
        .context("the witness cannot write")?;
        let finished = notes.iter().filter(|((key, _), _)| key.contains("/final_review/"));
        finals.extend(finished.map(|((key, _), _)| key.clone()));
        let (more, ended) = (notes.len() as u64, finals.len() as u64);
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        let answers: Vec<_> =
            notes.drain(..).map(|(attempt, answer)| (seen.push(attempt), answer).1).collect();
        drop(seen);
        counts.send_modify(|counts| {
            counts.attempts += more;
            counts.finals = ended;
        });
        for answer in answers {
            let _ = answer.send(());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn an_attempt_is_on_disk_before_it_is_answered() {
        let folder = tempfile::tempdir().unwrap();
        let (socket, file) = (folder.path().join("w"), folder.path().join("log"));
        let (counts, mut told) = watch::channel(Counts::default());
        let mut running = JoinSet::new();
        let seen = start(&socket, &file, &counts, &mut running).unwrap();
        let mut stream = UnixStream::connect(&socket).await.unwrap();
        stream.write_all(b"task_x/p1/final_review/round0 3\n").await.unwrap();
        told.wait_for(|counts| counts.attempts == 1).await.unwrap();
        let mut answer = String::new();
        tokio::io::AsyncReadExt::read_to_string(&mut stream, &mut answer).await.unwrap();
        assert_eq!(answer, ".");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "task_x/p1/final_review/round0 3\n");
        assert_eq!(*seen.lock().unwrap(), [("task_x/p1/final_review/round0".to_owned(), 3)]);
        assert_eq!(told.borrow().finals, 1);
    }

    #[test]
    fn a_line_is_a_key_and_a_number() {
        assert_eq!(parsed("a/b 2"), Some(("a/b".to_owned(), 2)));
        assert_eq!(parsed("a/b"), None);
        assert_eq!(parsed("a/b x"), None);
    }
}
