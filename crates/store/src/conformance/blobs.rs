//! Content.

use super::list;
use super::sample::{Bench, append, batch, blob, input, key, stream};
use crate::batch::{Batch, Expected};
use crate::blob::blob_ref;
use crate::error::Result;
use crate::limits::BLOB_INLINE_BYTES_MAX;
use divisi_domain::blob::BlobRef;

list![
    content_of_every_size_comes_back,
    the_same_content_twice_is_one,
    content_is_read_through_its_stream,
    a_wrong_name_is_refused,
    an_unknown_blob_is_none,
    content_outlives_a_refused_repeat,
];

fn put(bench: &Bench<'_>, number: u32, contents: &[&[u8]]) -> Result<()> {
    let blobs = contents.iter().map(|bytes| blob(stream(1), bytes)).collect();
    let one = append(stream(1), Expected::Any, input(number), &["x"]);
    bench.committed(Batch { blobs, ..batch(one) }).map(|_| ())
}

fn content_of_every_size_comes_back(bench: &Bench<'_>) -> Result<()> {
    for (number, size) in
        (0..).zip([0, 1, 500, 4_096, BLOB_INLINE_BYTES_MAX, BLOB_INLINE_BYTES_MAX + 1, 1_000_000])
    {
        let bytes = vec![u8::try_from(number).unwrap_or(0); size];
        put(bench, number, &[&bytes])?;
        let read = bench.store.blob(&stream(1), &blob_ref(&key(1), &bytes))?;
        assert_eq!(read.as_deref(), Some(&*bytes), "{size} bytes");
    }
    Ok(())
}

fn the_same_content_twice_is_one(bench: &Bench<'_>) -> Result<()> {
    let large = vec![3; BLOB_INLINE_BYTES_MAX * 2];
    put(bench, 1, &[b"same", b"same", &large])?;
    put(bench, 2, &[b"same", &large])?;
    assert_eq!(bench.store.verify()?.blobs, 2);
    Ok(())
}

fn content_is_read_through_its_stream(bench: &Bench<'_>) -> Result<()> {
    let large = vec![3; BLOB_INLINE_BYTES_MAX * 2];
    put(bench, 1, &[b"mine", &large])?;
    bench.committed(batch(append(stream(2), Expected::Any, input(1), &["x"])))?;
    for bytes in [&b"mine"[..], &large] {
        let name = blob_ref(&key(1), bytes);
        assert!(bench.store.blob(&stream(1), &name)?.is_some());
        assert_eq!(bench.store.blob(&stream(2), &name)?, None);
    }
    Ok(())
}

fn a_wrong_name_is_refused(bench: &Bench<'_>) -> Result<()> {
    let mut wrong = blob(stream(1), b"content");
    wrong.blob = BlobRef([0; 32]);
    let one = append(stream(1), Expected::Any, input(1), &["x"]);
    bench.invalid(Batch { blobs: vec![wrong], ..batch(one) })?;
    assert_eq!(bench.store.last_seq(&stream(1))?, None);
    Ok(())
}

fn an_unknown_blob_is_none(bench: &Bench<'_>) -> Result<()> {
    put(bench, 1, &[b"known"])?;
    assert_eq!(bench.store.blob(&stream(1), &BlobRef([1; 32]))?, None);
    let mut near = blob_ref(&key(1), b"known");
    near.0[31] ^= 1;
    assert_eq!(bench.store.blob(&stream(1), &near)?, None);
    Ok(())
}

fn content_outlives_a_refused_repeat(bench: &Bench<'_>) -> Result<()> {
    let large = vec![3; BLOB_INLINE_BYTES_MAX * 2];
    put(bench, 1, &[&large])?;
    let one = append(stream(1), Expected::At(9), input(2), &["x"]);
    bench.commit(Batch { blobs: vec![blob(stream(1), &large)], ..batch(one) })?;
    let read = bench.store.blob(&stream(1), &blob_ref(&key(1), &large))?;
    assert_eq!(read.as_deref(), Some(&*large));
    Ok(())
}
