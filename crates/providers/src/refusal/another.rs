//! A refusal of the way in which something was asked.

use divisi_domain::model_step::FailureClass;
use divisi_llm::ProviderError;

/// How servers call a schema that they do not hold an answer to.
pub(crate) const SCHEMA_WORDS: [&str; 7] = [
    "response_format",
    "json_schema",
    "json schema",
    "structured output",
    "grammar",
    "output_config",
    "output_format",
];

/// Whether a failure may be one of the way in which it was asked: servers fail in their own ways on fields that they do not know.
pub(crate) const fn may_be_of_the_way(error: &ProviderError) -> bool {
    matches!(error.class, FailureClass::BadRequest | FailureClass::Overloaded)
}

/// The failure as one that the same model is asked again after, in another way.
pub(crate) fn another_way(mut error: ProviderError) -> ProviderError {
    error.message.push_str(" It is asked in another way next.");
    // A request that was called malformed was turned away before anything was generated: it costs nothing.
    if error.class == FailureClass::BadRequest && !error.generated {
        error.usage.get_or_insert_default();
    }
    error.class = FailureClass::Overloaded;
    error
}
