//! Attachments on their way in: each is parsed in a child process; one that cannot be read stops nobody, and nothing is
//! parsed for a caller who is gone.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use divisi_api::{Attachment, Code};
use divisi_engine::driver::AttachedDocument;
use divisi_tools::documents::child::ParserPool;
use divisi_tools::documents::{ParseError, Parsed};

use crate::problem::Failure;

type Outcome = Result<Arc<Parsed>, ParseError>;

/// A worker that died of a defect: some documents have no outcome.
#[derive(Debug, PartialEq, Eq)]
struct Panicked;

/// Parses all, side by side as far as the pool allows. Dropped before it is done, it stops the children.
pub(crate) async fn parse(
    pool: &Arc<ParserPool>,
    attachments: Vec<Attachment>,
) -> Result<Vec<AttachedDocument>, Failure> {
    let (pool, stop) = (Arc::clone(pool), Arc::new(AtomicBool::new(false)));
    let _caller = Caller(Arc::clone(&stop));
    let parsed = tokio::task::spawn_blocking(move || {
        let parse = |file: &Attachment| match &file.left_out {
            Some(why) => Err(ParseError::LeftOut { why: why.clone() }),
            None => pool.parse_until(&file.content, &file.name, &stop).map(Arc::new),
        };
        let outcomes = parse_all(&attachments, pool.limits().processes_max, &stop, parse)?;
        Ok::<_, Panicked>(documents(attachments, outcomes))
    });
    let panicked = || Failure::internal("reading the attachments panicked");
    let documents = parsed.await.map_err(|_| panicked())?.map_err(|Panicked| panicked())?;
    let unreadable =
        documents.iter().filter_map(|document| Some((document, document.parsed.as_ref().err()?)));
    let sentences: Vec<String> =
        unreadable.map(|(document, error)| format!("{}: {error}", document.file)).collect();
    if !documents.is_empty() && sentences.len() == documents.len() {
        return Err(Failure::new(
            Code::AttachmentRefused,
            format!("None of the attachments can be read. {}", sentences.join(" ")),
        ));
    }
    Ok(documents)
}

/// Whoever waits for the documents.
struct Caller(Arc<AtomicBool>);

impl Drop for Caller {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn documents(attachments: Vec<Attachment>, outcomes: Vec<Outcome>) -> Vec<AttachedDocument> {
    let pairs = attachments.into_iter().zip(outcomes);
    pairs
        .map(|(file, parsed)| AttachedDocument { file: file.name, bytes: file.content.into(), parsed })
        .collect()
}

/// The outcome of each file, in their order. Workers take the next file as they get free; none is begun after `stop`.
fn parse_all(
    files: &[Attachment],
    workers_max: usize,
    stop: &AtomicBool,
    parse: impl Fn(&Attachment) -> Outcome + Sync,
) -> Result<Vec<Outcome>, Panicked> {
    let next = AtomicUsize::new(0);
    let take = || files.iter().enumerate().nth(next.fetch_add(1, Ordering::Relaxed));
    let work = || {
        let mut done = Vec::new();
        while let Some((place, file)) = take().filter(|_| !stop.load(Ordering::Relaxed)) {
            done.push((place, parse(file)));
        }
        done
    };
    let mut outcomes = std::thread::scope(|scope| {
        let workers: Vec<_> =
            (0..workers_max.clamp(1, files.len().max(1))).map(|_| scope.spawn(work)).collect();
        let shares: Vec<_> = workers.into_iter().map(std::thread::ScopedJoinHandle::join).collect();
        shares.into_iter().collect::<Result<Vec<_>, _>>()
    })
    .map_err(|_| Panicked)?
    .into_iter()
    .flatten()
    .collect::<Vec<_>>();
    outcomes.sort_by_key(|(place, _)| *place);
    Ok(outcomes.into_iter().map(|(_, outcome)| outcome).collect())
}

#[cfg(test)]
mod tests {
    use divisi_tools::documents::Kind;

    use super::*;

    fn files(count: usize) -> Vec<Attachment> {
        (0..count).map(|number| Attachment::new(number.to_string(), vec![b'a'])).collect()
    }

    #[expect(clippy::unnecessary_wraps, reason = "a reader may fail; this one does not")]
    fn read(file: &Attachment) -> Outcome {
        Ok(Arc::new(Parsed::plain(Kind::Txt, file.name.clone())))
    }

    #[test]
    fn every_file_has_its_outcome_in_its_place() {
        for (count, workers) in [(0, 2), (1, 4), (7, 2), (5, 0)] {
            let outcomes = parse_all(&files(count), workers, &AtomicBool::new(false), read).unwrap();
            let texts: Vec<String> = outcomes.iter().map(|one| one.as_ref().unwrap().text.clone()).collect();
            let names: Vec<String> = files(count).into_iter().map(|file| file.name).collect();
            assert_eq!(texts, names, "{count} files, {workers} workers");
        }
    }

    #[test]
    fn a_worker_that_panics_is_an_error_and_no_gap() {
        let parse = |file: &Attachment| if file.name == "3" { panic!("planted") } else { read(file) };
        assert_eq!(parse_all(&files(6), 2, &AtomicBool::new(false), parse).unwrap_err(), Panicked);
    }

    #[test]
    fn nothing_is_begun_for_a_caller_who_is_gone() {
        let stop = Arc::new(AtomicBool::new(false));
        let caller = std::sync::Mutex::new(Some(Caller(Arc::clone(&stop))));
        let begun = AtomicUsize::new(0);
        let parse = |file: &Attachment| {
            begun.fetch_add(1, Ordering::Relaxed);
            drop(caller.lock().unwrap().take());
            read(file)
        };
        let outcomes = parse_all(&files(100), 1, &stop, parse).unwrap();
        assert_eq!((outcomes.len(), begun.into_inner()), (1, 1));
    }
}
