//! What a model call is for. Routes, temperatures, schemas and prompts are chosen by purpose.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

pub use divisi_domain::model_step::Purpose;

/// Temperature in hundredths and output limit of a call, from the crew or the defaults of its purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
pub struct Sampling {
    /// Temperature in hundredths: 30 is 0.3.
    #[n(0)]
    pub temperature_hundredths: u16,
    /// The most output tokens the model may write.
    #[n(1)]
    pub output_tokens_max: u32,
}
