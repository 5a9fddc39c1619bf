//! Routes: which models may answer, by purpose and by what matters most. At most three targets each, in
//! the order in which they are tried.

use std::collections::BTreeMap;

use divisi_domain::limits::ROUTE_TARGETS_MAX;
use divisi_domain::model_step::Purpose;
use divisi_domain::money::Price;
use divisi_domain::name::Name;
use serde::{Deserialize, Serialize};

/// What matters most for a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoutePriority {
    /// The best answer.
    #[default]
    Best,
    /// The lowest cost.
    Cheap,
    /// That nothing leaves the machine.
    Local,
}

/// What has a circuit of its own: a model of a provider under one key. The key is the *name* of a
/// credential, never the credential.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TargetKey {
    /// The provider.
    pub provider: Name,
    /// The model, by the provider's own name.
    pub model: Name,
    /// Name of the credential.
    pub key: Name,
}

/// One place that a call may go to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RouteTarget {
    /// The provider.
    pub provider: Name,
    /// The model, by the provider's own name.
    pub model: Name,
    /// Name of the credential.
    pub key: Name,
    /// What it costs here, where that is not what the price table says.
    #[serde(default)]
    pub price: Option<Price>,
    /// Input tokens that the model takes.
    pub input_tokens_max: u32,
    /// Output tokens that it writes at most; a call asks for no more.
    pub output_tokens_max: u32,
    /// Output tokens that it is given for its thoughts beside the answer.
    #[serde(default)]
    pub thought_tokens: u32,
}

impl RouteTarget {
    /// What its circuit is known by.
    pub fn target_key(&self) -> TargetKey {
        let Self { provider, model, key, .. } = self;
        TargetKey { provider: provider.clone(), model: model.clone(), key: key.clone() }
    }

    /// Whose allowance a call to it uses: the provider under one key.
    pub fn account(&self) -> (Name, Name) {
        (self.provider.clone(), self.key.clone())
    }
}

/// A route as configured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RouteEntry {
    /// For this purpose; `None` for all that have no route of their own.
    #[serde(default)]
    pub purpose: Option<Purpose>,
    /// When this matters most; `None` for whatever does.
    #[serde(default)]
    pub priority: Option<RoutePriority>,
    /// In the order in which they are tried.
    pub targets: Vec<RouteTarget>,
}

/// Why routes are not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RouteError {
    /// A purpose would have nowhere to go.
    #[error("No route serves the purpose '{}'. Add one for it, or one without a purpose and a priority.", purpose.as_str())]
    Unserved {
        /// The purpose.
        purpose: Purpose,
    },
    /// A route goes nowhere.
    #[error("Route {number} has no targets. Name at least one model.")]
    Empty {
        /// Its place in the configuration, from 1.
        number: usize,
    },
    /// A route has too many targets.
    #[error("Route {number} has {count} targets and at most {max} are tried. Remove some.")]
    TooMany {
        /// Its place in the configuration, from 1.
        number: usize,
        /// How many there are.
        count: usize,
        /// How many there may be.
        max: usize,
    },
    /// A route names a target twice.
    #[error(
        "Route {number} names {provider}/{model} twice. A second try of the same model is a retry, not another target."
    )]
    Repeated {
        /// Its place in the configuration, from 1.
        number: usize,
        /// The provider.
        provider: Name,
        /// The model.
        model: Name,
    },
    /// Two routes for the same.
    #[error("Route {number} is for the same purpose and priority as one before it. Merge them.")]
    Duplicate {
        /// Its place in the configuration, from 1.
        number: usize,
    },
    /// A model that could take or write nothing.
    #[error("Route {number}: {provider}/{model} has a token limit of 0. Give the model's real limits.")]
    NoTokens {
        /// Its place in the configuration, from 1.
        number: usize,
        /// The provider.
        provider: Name,
        /// The model.
        model: Name,
    },
}

/// Routes that were checked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Routes(BTreeMap<(Option<Purpose>, Option<RoutePriority>), Vec<RouteTarget>>);

impl Routes {
    /// Checks a configuration: every defect at once.
    pub fn new(entries: Vec<RouteEntry>) -> Result<Self, Vec<RouteError>> {
        let mut errors = Vec::new();
        let mut routes = BTreeMap::new();
        for (at, entry) in entries.into_iter().enumerate() {
            let number = at + 1;
            check(number, &entry.targets, &mut errors);
            if routes.insert((entry.purpose, entry.priority), entry.targets).is_some() {
                errors.push(RouteError::Duplicate { number });
            }
        }
        let routes = Self(routes);
        let unserved = |purpose: &Purpose| routes.targets(*purpose, RoutePriority::default()).is_empty();
        if errors.is_empty() {
            let unserved = Purpose::ALL.into_iter().filter(unserved);
            errors.extend(unserved.map(|purpose| RouteError::Unserved { purpose }));
        }
        if errors.is_empty() { Ok(routes) } else { Err(errors) }
    }

    /// The targets for a call, in order. The purpose's own route goes before one for all purposes, and
    /// with that the one for the priority before one for any. Empty only where no routes are configured.
    pub fn targets(&self, purpose: Purpose, priority: RoutePriority) -> &[RouteTarget] {
        self.routes(purpose, priority).next().unwrap_or(&[])
    }

    /// As [`Self::targets`], of targets for which `keep` holds: those of the first route that has any.
    pub fn targets_where(
        &self,
        purpose: Purpose,
        priority: RoutePriority,
        keep: impl Fn(&RouteTarget) -> bool,
    ) -> Vec<RouteTarget> {
        let kept = |route: &[RouteTarget]| route.iter().filter(|target| keep(target)).cloned().collect();
        self.routes(purpose, priority).map(kept).find(|kept: &Vec<_>| !kept.is_empty()).unwrap_or_default()
    }

    fn routes(&self, purpose: Purpose, priority: RoutePriority) -> impl Iterator<Item = &[RouteTarget]> {
        let places =
            [(Some(purpose), Some(priority)), (Some(purpose), None), (None, Some(priority)), (None, None)];
        places.into_iter().filter_map(|place| self.0.get(&place)).map(Vec::as_slice)
    }
}

fn check(number: usize, targets: &[RouteTarget], errors: &mut Vec<RouteError>) {
    if targets.is_empty() {
        errors.push(RouteError::Empty { number });
    }
    if targets.len() > ROUTE_TARGETS_MAX {
        errors.push(RouteError::TooMany { number, count: targets.len(), max: ROUTE_TARGETS_MAX });
    }
    for (at, target) in targets.iter().enumerate() {
        let (provider, model) = (target.provider.clone(), target.model.clone());
        if targets[..at].iter().any(|before| before.target_key() == target.target_key()) {
            errors.push(RouteError::Repeated { number, provider, model });
        } else if target.input_tokens_max == 0 || target.output_tokens_max == 0 {
            errors.push(RouteError::NoTokens { number, provider, model });
        }
    }
}

#[cfg(test)]
mod tests;
