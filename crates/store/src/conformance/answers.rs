//! Answers that other tasks may be given.

use divisi_domain::blob::Digest;

use super::list;
use super::sample::{Bench, append, at, batch, blob, home, input, stream, workspace};
use crate::answer::KeptAnswer;
use crate::batch::{Batch, Expected};
use crate::error::Result;

list![
    an_answer_is_found_until_it_expires_and_in_its_workspace_alone,
    the_latest_answer_to_a_request_counts,
    an_answer_goes_with_the_content_of_who_paid_for_it,
    an_answer_of_a_stream_without_events_is_refused,
];

fn kept(number: u32, request: u8, expires: i64) -> KeptAnswer {
    KeptAnswer {
        stream: stream(number),
        request: Digest([request; 32]),
        answer: blob(stream(number), &[request]).blob,
        expires: at(expires),
    }
}

fn put(bench: &Bench<'_>, number: u32, answers: Vec<KeptAnswer>) -> Result<()> {
    let blobs = answers.iter().map(|kept| blob(kept.stream, &kept.request.0[..1])).collect();
    let next = append(stream(number), Expected::Any, input(900 + number), &[]);
    bench.committed(Batch { blobs, answers, ..batch(next) }).map(|_| ())
}

fn found(bench: &Bench<'_>, request: u8, now: i64) -> Result<Option<KeptAnswer>> {
    bench.store.kept_answer(home(), &Digest([request; 32]), at(now))
}

fn an_answer_is_found_until_it_expires_and_in_its_workspace_alone(bench: &Bench<'_>) -> Result<()> {
    bench.start(1, Vec::new())?;
    put(bench, 1, vec![kept(1, 1, 100), kept(1, 2, 200)])?;
    for (request, now, expected) in
        [(1, 99, Some(100)), (1, 100, None), (2, 100, Some(200)), (3, 0, None), (2, 200, None)]
    {
        let expected = expected.map(|expires| kept(1, request, expires));
        assert_eq!(found(bench, request, now)?, expected, "{request} {now}");
    }
    let elsewhere = bench.open(2);
    assert_eq!(bench.store.kept_answer(elsewhere, &Digest([1; 32]), at(0))?, None);
    assert_eq!(bench.store.kept_answer(workspace(404), &Digest([1; 32]), at(0))?, None);
    Ok(())
}

fn the_latest_answer_to_a_request_counts(bench: &Bench<'_>) -> Result<()> {
    for number in [1, 2] {
        bench.start(number, Vec::new())?;
        put(bench, number, vec![kept(number, 1, 100 * i64::from(number))])?;
    }
    assert_eq!(found(bench, 1, 0)?, Some(kept(2, 1, 200)));
    bench.invalid(Batch { answers: vec![kept(1, 1, 5), kept(2, 1, 6)], ..Batch::default() })
}

fn an_answer_goes_with_the_content_of_who_paid_for_it(bench: &Bench<'_>) -> Result<()> {
    for number in 1..=4 {
        bench.start(number, Vec::new())?;
        let request = u8::try_from(number).unwrap_or_default();
        put(bench, number, vec![kept(number, request, 100)])?;
    }
    let of = |number| super::sample::task(number);
    assert!(bench.store.erase_content(home(), of(1))?);
    assert!(bench.store.delete_task(home(), of(2))?);
    assert!(bench.store.discard_task(home(), of(3))?);
    for request in 1..=4 {
        assert_eq!(found(bench, request, 0)?.is_some(), request == 4, "{request}");
    }
    let left = kept(4, 4, 100);
    assert_eq!(bench.store.blob(&left.stream, &left.answer)?.as_deref(), Some(&[4][..]));
    Ok(())
}

fn an_answer_of_a_stream_without_events_is_refused(bench: &Bench<'_>) -> Result<()> {
    bench.invalid(Batch { answers: vec![kept(7, 1, 100)], ..Batch::default() })
}
