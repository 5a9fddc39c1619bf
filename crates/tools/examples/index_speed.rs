//! How fast text becomes an index: `cargo run --release -p divisi-tools --example index_speed -- FILE…`
//! Repeats the files until there are 50 MB; the goal is 10 MB a second on one thread.

use std::io::Write;
use std::sync::Arc;
use std::time::Instant;

use divisi_tools::corpus::{Attachment, Corpus};
use divisi_tools::documents::{ParseLimits, parse};

const BYTES_MIN: usize = 50_000_000;

#[expect(clippy::disallowed_methods, clippy::cast_precision_loss, reason = "a measurement")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let files: Vec<(String, Vec<u8>)> = std::env::args()
        .skip(1)
        .map(|path| std::fs::read(&path).map(|bytes| (path, bytes)))
        .collect::<Result<_, _>>()?;
    let once: usize = files.iter().map(|(_, bytes)| bytes.len()).sum();
    let rounds = BYTES_MIN.div_ceil(once.max(1));
    let start = Instant::now();
    let mut attachments = Vec::new();
    for round in 0..rounds {
        for (path, bytes) in &files {
            let parsed = parse(bytes, path, &ParseLimits::default()).map(Arc::new);
            attachments.push(Attachment { name: format!("{round}/{path}"), parsed });
        }
    }
    let parsed = start.elapsed();
    let corpus = Corpus::build(attachments);
    let whole = start.elapsed();
    let megabytes = (once * rounds) as f64 / 1e6;
    writeln!(
        std::io::stdout(),
        "{megabytes:.1} MB in {} documents, {} passages: parsed {:.1} MB/s, indexed {:.1} MB/s, both {:.1} MB/s",
        corpus.documents().len(),
        corpus.index().chunk_count(),
        megabytes / parsed.as_secs_f64(),
        megabytes / whole.saturating_sub(parsed).as_secs_f64(),
        megabytes / whole.as_secs_f64(),
    )?;
    Ok(())
}
