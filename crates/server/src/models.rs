//! Which models of a crew nobody here knows: a call to one would wait for ever.

use std::collections::BTreeSet;

use divisi_engine::core::TermsTable;
use divisi_engine::crew::Crew;

/// Models that a sentence names.
const NAMED_MAX: usize = 6;

/// The sentence that names the models of the crew's routes that are not configured here, and those that are. `None`: all
/// are.
pub fn unknown_models(crew: &Crew, terms: &TermsTable) -> Option<String> {
    let routes = crew.routes.values().chain(crew.agents.iter().map(|agent| &agent.route));
    let unknown = routes.flatten().filter(|target| terms.get(&target.provider, &target.model).is_none());
    let unknown: BTreeSet<String> =
        unknown.map(|target| format!("'{}/{}'", target.provider, target.model)).collect();
    if unknown.is_empty() {
        return None;
    }
    let mut known: Vec<String> =
        terms.models().map(|(provider, model, _)| format!("{provider}/{model}")).collect();
    let more = known.len().saturating_sub(NAMED_MAX);
    known.truncate(NAMED_MAX);
    if more > 0 {
        known.push(format!("{more} more (`divisi models`)"));
    }
    let (verb, known) = match known.as_slice() {
        [] => ("is", "no model at all".to_owned()),
        [one] => ("is", one.clone()),
        many => ("are", many.join(", ")),
    };
    let names: Vec<String> = unknown.into_iter().collect();
    let are = if names.len() == 1 { "which is" } else { "which are" };
    Some(format!(
        "The routes of crew '{}' name {}, {are} not configured here. There {verb} {known}.",
        crew.name,
        names.join(" and ")
    ))
}

#[cfg(test)]
mod tests {
    use divisi_domain::money::Price;
    use divisi_domain::name::Name;
    use divisi_engine::core::Terms;

    use super::*;

    #[test]
    fn models_that_nobody_has_are_named_with_those_that_are_there() {
        let mut crew = divisi_engine::crew::shipped()[0].parse().unwrap();
        let mut terms = TermsTable::default();
        let sentence = unknown_models(&crew, &terms).unwrap();
        assert!(sentence.contains("'extractive/extractive-1', which is not configured"), "{sentence}");
        assert!(sentence.contains("no model at all"), "{sentence}");
        let name = |text: &str| text.parse::<Name>().unwrap();
        terms.set(name("extractive"), name("extractive-1"), Terms::of(Price::default(), 1));
        assert_eq!(unknown_models(&crew, &terms), None);
        crew.agents[0].route =
            vec![divisi_engine::crew::RouteTarget { provider: name("extractive"), model: name("typo") }];
        let sentence = unknown_models(&crew, &terms).unwrap();
        assert!(
            sentence.contains("'extractive/typo'") && sentence.contains("There is extractive/extractive-1."),
            "{sentence}"
        );
    }
}
