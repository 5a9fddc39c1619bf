//! A model that has read nothing and always answers validly: it calls a tool where it is offered one first, and
//! fulfils whatever schema it is given. A whole task of Divisi runs on it.

mod findings;
mod instance;
mod purpose;

use serde_json::{Value, json};

use crate::Behaviour;
use crate::answer::{Answer, Call};
use crate::ask::{Ask, Choice, Offer};

use findings::{Findings, values};
use instance::Writer;

/// Tools that the brain knows how to call, the best first.
const KNOWN_TOOLS: [&str; 2] = ["search_documents", "list_documents"];

/// The answer to a request.
pub(crate) fn answer(ask: &Ask, behaviour: &Behaviour) -> Answer {
    let findings = Findings::of(ask);
    let called = calls(ask, behaviour, &findings);
    if !called.is_empty() {
        return Answer { tool_calls: called, ..Answer::default() };
    }
    match ask.schema.clone().or_else(|| asked_in_words(ask)) {
        Some(schema) => {
            let wanted = purpose::wanted(&schema, &findings, behaviour.subtasks);
            Answer::text(Writer::new(&schema, &behaviour.overrides).write(&wanted).to_string())
        }
        None => Answer::text(format!("A short answer to: {}", findings.question)),
    }
}

fn calls(ask: &Ask, behaviour: &Behaviour, findings: &Findings) -> Vec<Call> {
    let call = |offer: &Offer| {
        let wanted = match purpose::wanted(&offer.schema, findings, behaviour.subtasks) {
            Value::Null => json!({"query": findings.query()}),
            wanted => wanted,
        };
        Call::new(&offer.name, Writer::new(&offer.schema, &behaviour.overrides).write(&wanted))
    };
    let named = |name: &str| ask.tools.iter().find(|offer| offer.name == name);
    match &ask.choice {
        Choice::None => Vec::new(),
        Choice::Named(name) => named(name).map(call).into_iter().collect(),
        Choice::Auto if !ask.results.is_empty() => Vec::new(),
        Choice::Auto | Choice::Required => {
            let mut offers: Vec<&Offer> = KNOWN_TOOLS.iter().filter_map(|name| named(name)).collect();
            offers.extend(ask.tools.iter().filter(|offer| !KNOWN_TOOLS.contains(&offer.name.as_str())));
            offers.into_iter().take(if behaviour.parallel_calls { 2 } else { 1 }).map(call).collect()
        }
    }
}

/// A schema that stands in the text of the request, for servers that have no place of its own for it.
fn asked_in_words(ask: &Ask) -> Option<Value> {
    let texts = ask.texts.iter().rev().chain([&ask.system]);
    let mut schemas = texts.flat_map(|text| values(text)).filter(|value| {
        value.get("type").and_then(Value::as_str) == Some("object")
            && value.get("properties").is_some_and(Value::is_object)
    });
    schemas.next()
}

#[cfg(test)]
mod tests;
