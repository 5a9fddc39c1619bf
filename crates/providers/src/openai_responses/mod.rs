//! OpenAI Responses (`/v1/responses`), stateless, and servers that imitate it.

mod calls;
mod decode;
mod encode;
mod errors;
mod settings;
mod stream;
mod wire;

use divisi_llm::Request;
use secrecy::{ExposeSecret, SecretString};

use self::encode::encode;
pub use self::settings::{BASE_URL, Settings, Structured};
use self::stream::Reader;
use crate::coming::Coming;
use crate::http::{AnswerReader, Fault, Header, HeaderText};
use crate::refusal::{Asked, Hidden};
use crate::spoken::{Common, Spoken, Wire};
use crate::tokenizer;

/// A service that speaks Responses.
pub type OpenAiResponses = Spoken<Settings>;

impl Wire for Settings {
    const TITLE: &'static str = "OpenAiResponses";

    fn common(&self) -> Common<'_> {
        let Self { name, key, headers, deadlines, .. } = self;
        Common { name, key: key.as_ref(), headers, deadlines: *deadlines }
    }

    fn endpoint(&self, _: &Request, _: Coming) -> String {
        self.url()
    }

    fn auth(key: &SecretString) -> Header {
        let bearer = format!("Bearer {}", key.expose_secret());
        ("authorization".into(), HeaderText::Secret(SecretString::from(bearer)))
    }

    fn text_tokens(&self, request: &Request) -> Option<u64> {
        // Another server may call its own model anything.
        let own = self.base_url.trim_end_matches('/') == BASE_URL;
        (own && tokenizer::is_known(request.model.as_str())).then(|| request.measured_by(&tokenizer::count))
    }

    fn in_words(&self) -> Self {
        Self { structured: Some(Structured::Asked), ..self.clone() }
    }

    fn encoded(&self, request: &Request, coming: Coming) -> Result<(Vec<u8>, Box<dyn AnswerReader>), Fault> {
        let encoded = encode(request, self, coming)?;
        let asked = Asked { provider: self.name.clone(), model: request.model.clone() };
        let tokens_max = request.sampling.output_tokens_max.max(1);
        let reader = Reader::new(asked, encoded.names, tokens_max);
        Ok((encoded.body, Box::new(reader.hiding(Hidden::of(self.key.as_ref(), &self.headers)))))
    }
}

#[cfg(test)]
mod tests;
