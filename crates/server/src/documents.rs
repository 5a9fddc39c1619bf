//! Attachments on their way in: each is parsed in a child process; one that cannot be read stops nobody.

use std::sync::Arc;

use divisi_api::{Attachment, Code};
use divisi_engine::driver::AttachedDocument;
use divisi_tools::documents::child::ParserPool;

use crate::problem::Failure;

/// Parses all, side by side as far as the pool allows.
pub(crate) async fn parse(
    pool: &Arc<ParserPool>,
    attachments: Vec<Attachment>,
) -> Result<Vec<AttachedDocument>, Failure> {
    let pool = Arc::clone(pool);
    let parsed = tokio::task::spawn_blocking(move || parse_all(&pool, &attachments)).await;
    let documents = parsed.map_err(|_| Failure::internal("reading the attachments panicked"))?;
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

fn parse_all(pool: &ParserPool, attachments: &[Attachment]) -> Vec<AttachedDocument> {
    let workers = pool.limits().processes_max.max(1);
    let per_worker = attachments.len().div_ceil(workers).max(1);
    let parse = |file: &Attachment| AttachedDocument {
        file: file.name.clone(),
        parsed: pool.parse(&file.content, &file.name).map(Arc::new),
        bytes: file.content.clone().into(),
    };
    std::thread::scope(|scope| {
        let shares: Vec<_> = attachments
            .chunks(per_worker)
            .map(|share| scope.spawn(move || share.iter().map(parse).collect::<Vec<_>>()))
            .collect();
        shares.into_iter().flat_map(|share| share.join().unwrap_or_default()).collect()
    })
}
