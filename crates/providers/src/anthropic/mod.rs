//! Anthropic Messages (`/v1/messages`), and servers that imitate it.
//!
//! Models that think by themselves are told to think little; thoughts are kept out of answers and do not go along from turn
//! to turn. Structured output: by `output_config.format` where the model has it, else by a tool that must be called.

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

/// The version of the wire.
const VERSION: &str = "2023-06-01";

/// A service that speaks Messages.
pub type Anthropic = Spoken<Settings>;

impl Wire for Settings {
    const TITLE: &'static str = "Anthropic";

    fn common(&self) -> Common<'_> {
        let Self { name, key, headers, deadlines, .. } = self;
        Common { name, key: key.as_ref(), headers, deadlines: *deadlines }
    }

    fn endpoint(&self, _: &Request, _: Coming) -> String {
        self.url()
    }

    fn auth(key: &SecretString) -> Header {
        ("x-api-key".into(), HeaderText::Secret(key.clone()))
    }

    fn extra() -> Vec<Header> {
        vec![("anthropic-version".into(), HeaderText::Plain(VERSION.to_owned()))]
    }

    fn in_words(&self) -> Self {
        Self { structured: Some(Structured::Asked), ..self.clone() }
    }

    fn encoded(&self, request: &Request, coming: Coming) -> Result<(Vec<u8>, Box<dyn AnswerReader>), Fault> {
        let encoded = encode(request, self, coming)?;
        let asked = Asked { provider: self.name.clone(), model: request.model.clone() };
        let tokens_max = request.sampling.output_tokens_max.max(1);
        let reader = Reader::new(asked, encoded.names, encoded.answer_tool, tokens_max);
        Ok((encoded.body, Box::new(reader.hiding(Hidden::of(self.key.as_ref(), &self.headers)))))
    }
}

#[cfg(test)]
mod tests;
