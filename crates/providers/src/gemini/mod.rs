//! Gemini `generateContent`, streamed (`/v1beta/models/{model}:streamGenerateContent?alt=sse`).
//!
//! The key goes in a header, never in the address. Signatures of calls travel behind the call's id (`conversation`);
//! those of texts are not wanted back and are dropped.

mod decode;
mod encode;
mod errors;
mod settings;
mod stream;
mod wire;

use divisi_llm::Request;
use secrecy::SecretString;

use self::encode::encode;
pub use self::settings::{BASE_URL, Settings, Structured};
use self::stream::Reader;
use crate::coming::Coming;
use crate::http::{AnswerReader, Fault, Header, HeaderText};
use crate::refusal::{Asked, Hidden};
use crate::spoken::{Common, Spoken, Wire};

/// A service that speaks `generateContent`.
pub type Gemini = Spoken<Settings>;

impl Wire for Settings {
    const TITLE: &'static str = "Gemini";

    fn common(&self) -> Common<'_> {
        let Self { name, key, headers, deadlines, .. } = self;
        Common { name, key: key.as_ref(), headers, deadlines: *deadlines }
    }

    fn endpoint(&self, request: &Request, coming: Coming) -> String {
        self.url(request.model.as_str(), coming)
    }

    fn auth(key: &SecretString) -> Header {
        ("x-goog-api-key".into(), HeaderText::Secret(key.clone()))
    }

    fn in_words(&self) -> Self {
        Self { structured: Some(Structured::Asked), ..self.clone() }
    }

    fn encoded(&self, request: &Request, _: Coming) -> Result<(Vec<u8>, Box<dyn AnswerReader>), Fault> {
        let encoded = encode(request, self)?;
        let asked = Asked { provider: self.name.clone(), model: request.model.clone() };
        let tokens_max = request.sampling.output_tokens_max.max(1);
        let reader = Reader::new(asked, encoded.names, tokens_max);
        Ok((encoded.body, Box::new(reader.hiding(Hidden::of(self.key.as_ref(), &self.headers)))))
    }
}

#[cfg(test)]
mod tests;
