//! What a call costs. A model that nobody priced is priced by a configured ceiling or refused under a
//! cap; it is never taken to be free.

use std::collections::BTreeMap;

use divisi_domain::money::{MicroUsd, Price, Usage};
use divisi_domain::name::Name;
use serde::{Deserialize, Serialize};

use super::routes::RouteTarget;

/// One line of the price table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceEntry {
    /// The provider.
    pub provider: Name,
    /// The model; `None` for all models of the provider that have no line of their own.
    #[serde(default)]
    pub model: Option<Name>,
    /// Micro-USD per million tokens.
    #[serde(flatten)]
    pub price: Price,
}

/// A versioned table as a file holds it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceFile {
    /// Of the table, for events and reports.
    pub version: u32,
    /// One line a model.
    pub prices: Vec<PriceEntry>,
}

/// A price and where it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quote {
    /// From the route, an override or the table.
    Known(Price),
    /// The ceiling for models that nobody priced.
    Ceiling(Price),
    /// Nobody priced it and there is no ceiling: refused under a cap, shown as unpriced without one.
    Unknown,
}

impl Quote {
    /// The price to reckon with, where there is one.
    pub const fn price(&self) -> Option<Price> {
        match self {
            Self::Known(price) | Self::Ceiling(price) => Some(*price),
            Self::Unknown => None,
        }
    }
}

/// Prices by provider and model.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PriceTable {
    version: u32,
    prices: BTreeMap<(Name, Option<Name>), Price>,
    ceiling: Option<Price>,
}

impl PriceTable {
    /// The table of a file with the lines of `overrides` on top.
    pub fn new(file: PriceFile, overrides: Vec<PriceEntry>, ceiling: Option<Price>) -> Self {
        let lines = file.prices.into_iter().chain(overrides);
        let prices = lines.map(|line| ((line.provider, line.model), line.price)).collect();
        Self { version: file.version, prices, ceiling }
    }

    /// The version of the file.
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// The price of a target: the route's own, then the model's line, then the provider's, then the
    /// ceiling.
    pub fn quote(&self, target: &RouteTarget) -> Quote {
        let line = |model: Option<Name>| self.prices.get(&(target.provider.clone(), model)).copied();
        let known = target.price.or_else(|| line(Some(target.model.clone()))).or_else(|| line(None));
        match (known, self.ceiling) {
            (Some(price), _) => Quote::Known(price),
            (None, Some(ceiling)) => Quote::Ceiling(ceiling),
            (None, None) => Quote::Unknown,
        }
    }
}

/// The most that a call of these bounds can cost, whether the provider's own cache serves or not.
pub fn upper_bound(price: &Price, input_tokens: u64, output_tokens: u64) -> MicroUsd {
    let input_per_million = price.dearest_input_per_million();
    let usage = Usage { input_tokens, output_tokens, ..Usage::default() };
    Price { input_per_million, ..*price }.cost(&usage)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(input: u64) -> Price {
        Price {
            input_per_million: input,
            output_per_million: 10 * input,
            cached_per_million: input / 10,
            cache_write_per_million: input * 5 / 4,
        }
    }

    fn line(provider: &'static str, model: Option<&'static str>, input: u64) -> PriceEntry {
        let model = model.map(Name::from_static);
        PriceEntry { provider: Name::from_static(provider), model, price: price(input) }
    }

    fn target(provider: &'static str, model: &'static str, own: Option<u64>) -> RouteTarget {
        RouteTarget {
            provider: Name::from_static(provider),
            model: Name::from_static(model),
            key: Name::from_static("k"),
            price: own.map(price),
            input_tokens_max: 1,
            output_tokens_max: 1,
            thought_tokens: 0,
        }
    }

    #[test]
    fn the_most_particular_price_counts_and_nothing_is_free_by_default() {
        let file = PriceFile {
            version: 7,
            prices: vec![line("a", Some("m"), 1), line("a", None, 2), line("b", Some("m"), 3)],
        };
        let overrides = vec![line("b", Some("m"), 4)];
        let table = PriceTable::new(file.clone(), overrides.clone(), None);
        let capped = PriceTable::new(file, overrides, Some(price(99)));
        let rows = [
            (target("a", "m", None), Quote::Known(price(1)), Quote::Known(price(1))),
            (target("a", "n", None), Quote::Known(price(2)), Quote::Known(price(2))),
            (target("b", "m", None), Quote::Known(price(4)), Quote::Known(price(4))),
            (target("b", "m", Some(0)), Quote::Known(price(0)), Quote::Known(price(0))),
            (target("b", "n", None), Quote::Unknown, Quote::Ceiling(price(99))),
            (target("c", "m", None), Quote::Unknown, Quote::Ceiling(price(99))),
        ];
        for (target, plain, with_ceiling) in rows {
            assert_eq!(table.quote(&target), plain, "{target:?}");
            assert_eq!(capped.quote(&target), with_ceiling, "{target:?}");
            assert_eq!(plain.price().is_none(), plain == Quote::Unknown);
        }
        assert_eq!(table.version(), 7);
    }

    #[test]
    fn a_bound_is_rounded_up_and_pays_for_writing_to_a_cache() {
        assert_eq!(upper_bound(&price(1), 1, 0), MicroUsd(1));
        assert_eq!(upper_bound(&price(1_000_000), 1_000, 0), MicroUsd(1_250));
    }

    proptest::proptest! {
        /// Whatever the provider's own cache does, and also where its figures contradict each other.
        #[test]
        fn no_usage_within_the_tokens_of_a_bound_costs_more(
            prices in (0..50_000_000_u64, 0..50_000_000_u64, 0..50_000_000_u64, 0..50_000_000_u64),
            (input, output) in (0..2_000_000_u64, 0..200_000_u64),
            (used_input, used_output) in (0..=1_000_u64, 0..=1_000_u64),
            (cached_tokens, cache_write_tokens) in (0..3_000_000_u64, 0..3_000_000_u64),
        ) {
            let (input_per_million, output_per_million, cached_per_million, cache_write_per_million) = prices;
            let price = Price { input_per_million, output_per_million, cached_per_million, cache_write_per_million };
            let part = |of: u64, permille: u64| of * permille / 1_000;
            let usage = Usage {
                input_tokens: part(input, used_input),
                output_tokens: part(output, used_output),
                cached_tokens,
                cache_write_tokens,
                reasoning_tokens: 0,
            };
            proptest::prop_assert!(price.cost(&usage) <= upper_bound(&price, input, output), "{usage:?}");
        }
    }

    #[test]
    fn a_file_is_read_as_written() {
        let text = r#"{"version": 3, "prices": [
            {"provider": "a", "model": "m", "input_per_million": 5, "output_per_million": 6, "cached_per_million": 1},
            {"provider": "b", "input_per_million": 4, "output_per_million": 6, "cached_per_million": 1,
             "cache_write_per_million": 5},
            {"provider": "local", "input_per_million": 0, "output_per_million": 0, "cached_per_million": 0}]}"#;
        let file: PriceFile = serde_json::from_str(text).unwrap();
        let table = PriceTable::new(file, Vec::new(), None);
        let expected = Price {
            input_per_million: 5,
            output_per_million: 6,
            cached_per_million: 1,
            cache_write_per_million: 0,
        };
        assert_eq!(table.quote(&target("a", "m", None)), Quote::Known(expected));
        let written = Price { input_per_million: 4, cache_write_per_million: 5, ..expected };
        assert_eq!(table.quote(&target("b", "m", None)), Quote::Known(written));
        assert_eq!(table.quote(&target("local", "x", None)), Quote::Known(Price::default()));
    }
}
