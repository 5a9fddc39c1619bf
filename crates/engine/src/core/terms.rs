//! What is known of each model: what it costs, what it takes, and whose allowance its calls use.

use std::collections::BTreeMap;

use divisi_domain::model_step::Target;
use divisi_domain::money::{MicroUsd, Price};
use divisi_domain::name::Name;
use divisi_domain::time::Millis;
use divisi_llm::cassette::KeptRoom;
use divisi_llm::policy::admission::Account;
use divisi_llm::policy::limiter::RateLimits;
use divisi_llm::policy::prices::upper_bound;
use divisi_llm::policy::routes::{RouteTarget, TargetKey};

/// What a model costs and takes: the bound of a call's cost follows from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// Its price. `None`: nobody told it, and the model is not called under a cap.
    pub price: Option<Price>,
    /// Input tokens of one call at most.
    pub input_tokens_max: u32,
    /// Output tokens that it writes at most; a call asks for no more.
    pub output_tokens_max: u32,
    /// Output tokens that a call has for thoughts beside those of its answer.
    pub thought_tokens: u32,
    /// Name of the credential whose allowance its calls use.
    pub key: Name,
    /// How long one call may take, where that is longer than usual: models on a machine of one's own may be slow.
    pub call_max: Option<Millis>,
    /// Whether each prompt is measured before the call; one that is not counts as long as the model takes.
    pub measured: bool,
}

impl Terms {
    /// Terms of a model whose prompts are not measured and that has no other limits.
    pub fn of(price: Price, input_tokens_max: u32) -> Self {
        Self {
            price: Some(price),
            input_tokens_max,
            output_tokens_max: u32::MAX,
            thought_tokens: 0,
            key: Name::from_static("default"),
            call_max: None,
            measured: false,
        }
    }
}

/// The part of a model's context that is left for its answer.
const OUTPUT_PART: u32 = 4;
/// The part by which less is sent to a model whose service counts more tokens than were estimated.
const SHRINK_PART: u32 = 8;

/// Tokens of input and of output at most of a model that has `context_tokens` for both, of the output `thought_tokens` more
/// than answers need, as far as they fit.
pub fn rooms(context_tokens: u32, thought_tokens: u32) -> (u32, u32) {
    let part = context_tokens / OUTPUT_PART;
    let output = part.saturating_add(thought_tokens.min(part));
    (context_tokens.saturating_sub(output).max(1), output.max(1))
}

impl Terms {
    /// The same for a model with so little context that a request made for the room that was known did not fit. `None`
    /// where it should have fitted by far: then it was refused for something else.
    fn within(&self, context_tokens: u32) -> Option<Self> {
        let (input, output) = rooms(context_tokens, self.thought_tokens);
        let known = self.input_tokens_max;
        let input_tokens_max = match () {
            () if input < known => input,
            // It counts more tokens than we do.
            () if input / 2 < known => known - known / SHRINK_PART,
            () => return None,
        };
        Some(Self { input_tokens_max, output_tokens_max: self.output_tokens_max.min(output), ..self.clone() })
    }

    /// What a cassette keeps of them.
    pub const fn kept(&self) -> KeptRoom {
        let Self { price, input_tokens_max, output_tokens_max, thought_tokens, .. } = *self;
        KeptRoom { input_tokens_max, output_tokens_max, thought_tokens, price }
    }

    /// The same with what a cassette has kept.
    #[must_use]
    pub fn as_kept(self, kept: &KeptRoom) -> Self {
        let KeptRoom { input_tokens_max, output_tokens_max, thought_tokens, price } = *kept;
        Self { input_tokens_max, output_tokens_max, thought_tokens, price: price.or(self.price), ..self }
    }
}

/// Terms by provider and model, and the limits of each account.
#[derive(Debug, Clone, Default)]
pub struct TermsTable {
    models: BTreeMap<(Name, Name), Terms>,
    /// Of models of a provider that have no terms of their own.
    others: BTreeMap<Name, Terms>,
    limits: BTreeMap<Account, RateLimits>,
    /// What providers lack to be asked at all, as sentences.
    lacks: BTreeMap<Name, String>,
    /// Models that were charged more than was reserved, by an earlier process.
    exceeded: Vec<(Name, Name)>,
}

impl TermsTable {
    /// Sets the terms of a model.
    pub fn set(&mut self, provider: Name, model: Name, terms: Terms) {
        self.models.insert((provider, model), terms);
    }

    /// Sets the terms of all models of a provider that have none of their own.
    pub fn set_others(&mut self, provider: Name, terms: Terms) {
        self.others.insert(provider, terms);
    }

    /// Sets what a provider allows under a key.
    pub fn limit(&mut self, provider: Name, key: Name, limits: RateLimits) {
        self.limits.insert((provider, key), limits);
    }

    /// A provider cannot be asked in this process; the sentence says what it lacks and what to do. Its calls wait.
    pub fn lack(&mut self, provider: Name, sentence: String) {
        self.lacks.insert(provider, sentence);
    }

    /// These models did not keep within the limits they were sent: they are not called under caps.
    pub fn exceed(&mut self, models: Vec<(Name, Name)>) {
        self.exceeded = models;
    }

    /// Takes the place of what was known; what earlier processes found out stays.
    pub(super) fn renew(&mut self, known: Self) {
        *self = Self { exceeded: std::mem::take(&mut self.exceeded), ..known };
    }

    /// Models that are not called under caps.
    pub(super) fn exceeded(&self) -> impl Iterator<Item = TargetKey> {
        self.exceeded.iter().filter_map(|(provider, model)| Some(self.target(provider, model)?.target_key()))
    }

    /// A model has no more context than this, as its provider says: what is sent from now on fits it.
    pub(super) fn lower(&mut self, provider: &Name, model: &Name, context_tokens: u32) {
        let lower = self.get(provider, model).and_then(|terms| terms.within(context_tokens));
        if let Some(lower) = lower {
            self.models.insert((provider.clone(), model.clone()), lower);
        }
    }

    /// How long one call to a model may take, at least `usual`.
    pub(super) fn call_max(&self, target: Option<&Target>, usual: Millis) -> Millis {
        let terms = target.and_then(|target| self.get(&target.provider, &target.model));
        terms.and_then(|terms| terms.call_max).map_or(usual, |most| most.max(usual))
    }

    /// What a provider lacks.
    pub fn lack_of(&self, provider: &Name) -> Option<&str> {
        self.lacks.get(provider).map(String::as_str)
    }

    /// What providers allow.
    pub const fn limits(&self) -> &BTreeMap<Account, RateLimits> {
        &self.limits
    }

    /// The terms of a model. `None`: nobody knows it here.
    pub fn get(&self, provider: &Name, model: &Name) -> Option<&Terms> {
        self.models.get(&(provider.clone(), model.clone())).or_else(|| self.others.get(provider))
    }

    /// All models with their terms.
    pub fn models(&self) -> impl Iterator<Item = (&Name, &Name, &Terms)> {
        self.models.iter().map(|((provider, model), terms)| (provider, model, terms))
    }

    /// The most that a call of `target` with `output_tokens_max` may cost. `None` where nobody told the price.
    pub fn bound(&self, target: &Target, output_tokens_max: u32) -> Option<MicroUsd> {
        let terms = self.get(&target.provider, &target.model)?;
        let output = output_tokens_max.saturating_add(terms.thought_tokens).min(terms.output_tokens_max);
        let output = u64::from(output);
        Some(upper_bound(&terms.price?, u64::from(terms.input_tokens_max), output))
    }

    /// The target as the gateway's policy knows it; `None` where it cannot be asked here.
    pub(super) fn target(&self, provider: &Name, model: &Name) -> Option<RouteTarget> {
        let terms = self.get(provider, model).filter(|_| !self.lacks.contains_key(provider))?;
        Some(RouteTarget {
            provider: provider.clone(),
            model: model.clone(),
            key: terms.key.clone(),
            price: terms.price,
            input_tokens_max: terms.input_tokens_max,
            output_tokens_max: terms.output_tokens_max,
            thought_tokens: terms.thought_tokens,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_sent_less_after_it_said_how_much_it_takes() {
        let (provider, model) = (Name::from_static("p"), Name::from_static("m"));
        let mut table = TermsTable::default();
        table.set_others(
            provider.clone(),
            Terms { output_tokens_max: 8_192, ..Terms::of(Price::default(), 24_576) },
        );
        let mut told = |context_tokens| {
            table.lower(&provider, &model, context_tokens);
            let terms = table.get(&provider, &model).unwrap();
            (terms.input_tokens_max, terms.output_tokens_max)
        };
        assert_eq!(told(200_000), (24_576, 8_192), "that would have fitted: it is not why");
        assert_eq!(told(4_096), (3_072, 1_024));
        assert_eq!(told(4_096), (2_688, 1_024), "it counts more tokens than we do");
        assert_eq!(told(2_048), (1_536, 512));
        let rooms: Vec<u32> = (0..10).map(|_| told(2_048).0).collect();
        assert_eq!(rooms[..6], [1_344, 1_176, 1_029, 901, 789, 691]);
        assert_eq!(rooms[6..], [691; 4], "half of it is the least");
        let other = Name::from_static("other");
        assert_eq!(table.get(&provider, &other).map(|terms| terms.input_tokens_max), Some(24_576));
    }
}
