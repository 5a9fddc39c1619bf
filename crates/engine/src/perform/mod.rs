//! Performing an attempt: build the request, call the model or the tool, check the answer, and say in the machine's
//! words how it ended. Used by every driver, so that the simulator performs what production performs.

pub mod answers;
mod cached;
pub mod cite;
mod cover;
mod mend;
mod model;
pub mod plan;
mod tool;

use std::collections::BTreeMap;
use std::sync::Arc;

use divisi_domain::model_step::FailureClass;
use divisi_domain::money::Usage;
use divisi_domain::name::Name;
use divisi_domain::task::{Report, Work};
use divisi_llm::policy::InputSize;
use divisi_llm::{Provider, RateSeen, Request, TokenSink, ToolCall};
use divisi_store::{BlobKey, Reads, blob_ref};
use divisi_tools::calls::ToolRegistry;
use divisi_tools::corpus::Corpus;
use serde::{Deserialize, Serialize};

use crate::content::Contents;
use crate::core::{Order, Result, Side};
use crate::requests::RequestError;

/// A turn as it is kept: the model's words and what it asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoredTurn {
    /// The words beside the calls.
    pub text: String,
    /// The calls.
    pub tool_calls: Vec<ToolCall>,
}

/// What performing needs of the process.
#[derive(Clone)]
pub struct Means {
    /// Committed data.
    pub reads: Arc<dyn Reads>,
    /// Model services by name.
    pub providers: Arc<BTreeMap<Name, Arc<dyn Provider>>>,
    /// Tools.
    pub tools: Arc<ToolRegistry>,
}

impl std::fmt::Debug for Means {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Means").field("providers", &self.providers.keys()).finish_non_exhaustive()
    }
}

impl Means {
    /// Whether the attempt computes, so that it must not run where others wait.
    pub fn computes(&self, order: &Order) -> bool {
        match (&order.wanted.work, &order.target) {
            (Work::Tool { .. }, _) => true,
            (Work::Model { .. }, Some(target)) => {
                self.providers.get(&target.provider).is_some_and(|provider| provider.computes())
            }
            (Work::Model { .. }, None) => false,
        }
    }
}

/// Performs one attempt. Never fails: what goes wrong is a report.
pub async fn perform(order: &Order, means: &Means, corpus: &Arc<Corpus>, sink: &mut dyn TokenSink) -> Result {
    let key = match means.reads.blob_key(order.task.workspace) {
        Ok(Some(key)) => key,
        Ok(None) => return not_sent(FailureClass::BadRequest),
        Err(error) => {
            tracing::error!(task = %order.task.task, %error, "the store could not be read");
            return not_sent(FailureClass::Connection);
        }
    };
    let mut kept = Kept { key, sides: Vec::new(), titles: Vec::new() };
    let performing = Performing {
        order,
        means,
        corpus,
        contents: Contents::of(means.reads.as_ref(), order.task.stream()),
    };
    let Called { report, usage, tokens, asked, sent, generated, rate, context_tokens } =
        match &order.wanted.work {
            Work::Model { purpose, wrong, .. } => performing.model(*purpose, *wrong, &mut kept, sink).await,
            Work::Tool { .. } => {
                Called { asked: true, sent: true, ..Called::not_sent(performing.tool(&mut kept).await) }
            }
        };
    let Kept { sides, titles, .. } = kept;
    Result { report, usage, tokens, rate, context_tokens, asked, sent, generated, sides, titles }
}

/// What is reserved for a prompt that could not be built: nothing. Performing tells why, and sends nothing longer.
pub const UNBUILT: InputSize = InputSize::Tokens(0);

/// How long the prompt of an attempt is.
pub fn measure(order: &Order, means: &Means, corpus: &Arc<Corpus>) -> InputSize {
    let contents = Contents::of(means.reads.as_ref(), order.task.stream());
    let performing = Performing { order, means, corpus, contents };
    let Work::Model { wrong, .. } = &order.wanted.work else { return UNBUILT };
    let Some(target) = &order.target else { return UNBUILT };
    let Ok(asking) = performing.request(&target.model, *wrong) else { return UNBUILT };
    let provider = means.providers.get(&target.provider);
    provider.map_or_else(
        || asking.request.size(),
        |provider| size(&asking.request, provider.as_ref(), target.index),
    )
}

/// How long a request to the target at `position` is: exactly, where its service's tokenizer is known.
fn size(request: &Request, provider: &dyn Provider, position: u8) -> InputSize {
    match (request.size(), provider.text_tokens(request)) {
        (InputSize::Bytes { bytes, parts }, Some(tokens)) => {
            InputSize::Counted { bytes, parts, tokens, target: position }
        }
        (size, _) => size,
    }
}

/// How a call ended.
pub(crate) struct Called {
    pub(crate) report: Report,
    pub(crate) usage: Option<Usage>,
    /// All tokens, where somebody counted them.
    pub(crate) tokens: Option<u64>,
    pub(crate) rate: RateSeen,
    /// The model's room, where the provider told it.
    pub(crate) context_tokens: Option<u32>,
    pub(crate) asked: bool,
    /// Whether it may have reached whoever charges for it.
    pub(crate) sent: bool,
    /// Whether something of an answer had come.
    pub(crate) generated: bool,
}

impl Called {
    fn not_sent(report: Report) -> Self {
        let rate = RateSeen::default();
        let (asked, sent, generated) = (false, false, false);
        Self { report, usage: None, tokens: None, rate, context_tokens: None, asked, sent, generated }
    }
}

/// A report of a failure without content; whoever was called may have done something all the same.
pub fn failed(class: FailureClass) -> Result {
    let report = Report::Failed { class, content: None, retry_after: None };
    let rate = RateSeen::default();
    let (asked, sent, generated) = (true, true, true);
    let (sides, titles) = (Vec::new(), Vec::new());
    let (usage, tokens, context_tokens) = (None, None, None);
    Result { report, usage, tokens, rate, context_tokens, asked, sent, generated, sides, titles }
}

/// A report of a failure without content, before anybody was called.
pub fn not_sent(class: FailureClass) -> Result {
    Result { asked: false, sent: false, generated: false, ..failed(class) }
}

/// One attempt with all it needs.
pub(crate) struct Performing<'a> {
    pub(crate) order: &'a Order,
    pub(crate) means: &'a Means,
    pub(crate) corpus: &'a Arc<Corpus>,
    pub(crate) contents: Contents<'a>,
}

impl Performing<'_> {
    fn material(&self) -> crate::requests::Material<'_> {
        crate::requests::Material {
            task: &self.order.state,
            crew: &self.order.crew,
            contents: self.contents,
            corpus: self.corpus,
            tools: &self.means.tools,
        }
    }

    /// What cannot be built will not get better by asking again.
    fn not_built(&self, error: &RequestError, kept: &mut Kept) -> Report {
        if !matches!(error, RequestError::TooLong { .. }) {
            tracing::error!(task = %self.order.task.task, path = %self.order.wanted.path, %error, "no request");
        }
        let class = match error {
            RequestError::TooLong { .. } => FailureClass::ContextTooLong,
            RequestError::Content(crate::content::ContentError::Store(_)) => FailureClass::Connection,
            RequestError::Content(_) | RequestError::Prompt(_) | RequestError::Missing(_) => {
                FailureClass::BadRequest
            }
        };
        kept.failure(class, &error.to_string(), None)
    }
}

/// Content that the result brings.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) key: BlobKey,
    pub(crate) sides: Vec<Side>,
    pub(crate) titles: Vec<String>,
}

impl Kept {
    /// Keeps bytes under their reference.
    pub(crate) fn keep(&mut self, bytes: impl Into<Arc<[u8]>>) -> divisi_domain::blob::BlobRef {
        let bytes = bytes.into();
        let blob = blob_ref(&self.key, &bytes);
        self.sides.push(Side { blob, bytes, answers: None });
        blob
    }

    pub(crate) fn keep_text(&mut self, text: &str) -> divisi_domain::blob::BlobRef {
        self.keep(text.as_bytes().to_vec())
    }

    /// Keeps a value as JSON. All values kept are plain data, which always encode.
    pub(crate) fn keep_json<T: Serialize>(&mut self, value: &T) -> divisi_domain::blob::BlobRef {
        self.keep(serde_json::to_vec(value).unwrap_or_default())
    }

    pub(crate) fn failure(
        &mut self,
        class: FailureClass,
        sentence: &str,
        retry_after: Option<divisi_domain::time::Millis>,
    ) -> Report {
        let content = Some(self.keep_text(sentence));
        Report::Failed { class, content, retry_after }
    }
}
