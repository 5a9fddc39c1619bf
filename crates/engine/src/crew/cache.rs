//! For which purposes a crew takes answers that other tasks were given.

use divisi_domain::model_step::Purpose;
use divisi_domain::time::Millis;
use divisi_llm::policy::CachePolicy;
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use super::text::Text;

/// Hours that answers are kept at most.
const KEEP_HOURS_MAX: u32 = 30 * 24;
const MILLIS_PER_HOUR: u64 = 3_600_000;

/// `[cache]` as written.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct CacheFile {
    /// Purposes whose answers other tasks of the workspace may be given, where they ask exactly the same of the same
    /// model: `analyse`, `select`, `decompose`, `work`, `review`, `coordinate`, `synthesise`, `final_review`. None by default.
    #[schemars(with = "Vec<String>")]
    purposes: Vec<Spanned<String>>,
    /// How long an answer is kept.
    #[schemars(with = "u32", range(min = 1, max = 720))]
    keep_hours: Spanned<u32>,
}

impl Default for CacheFile {
    fn default() -> Self {
        Self { purposes: Vec::new(), keep_hours: Spanned::new(0..0, 24) }
    }
}

impl CacheFile {
    /// The policy, or faults.
    pub(super) fn resolve(&self, text: &mut Text<'_>) -> CachePolicy {
        let hours = *self.keep_hours.get_ref();
        if !(1..=KEEP_HOURS_MAX).contains(&hours) {
            let sentence = format!("Answers are kept for 1 to {KEEP_HOURS_MAX} hours, not for {hours}.");
            text.fault_at(&self.keep_hours, sentence);
        }
        let keep = Millis(u64::from(hours) * MILLIS_PER_HOUR);
        let mut policy = CachePolicy::default();
        for written in &self.purposes {
            let known = Purpose::ALL.into_iter().find(|purpose| purpose.as_str() == written.get_ref());
            if let Some(purpose) = known {
                policy = policy.with(purpose, keep);
            } else {
                let names = Purpose::ALL.map(Purpose::as_str).join(", ");
                let sentence = format!("'{}' is no purpose. There are: {names}.", written.get_ref());
                text.fault_at(written, sentence);
            }
        }
        policy
    }
}
