//! The typed inputs of a prompt as its template sees them. Most of them are only ever written out as JSON: they are written
//! from their own types, and become values of the template engine where a template looks inside.

use std::fmt;
use std::sync::{Arc, OnceLock};

use divisi_llm::inputs::{
    AcceptedSolution, AnalyseInput, CoordinateInput, DecomposeInput, Dependency, Feedback, FinalReviewInput,
    Inputs, ReviewInput, SelectInput, SynthesiseInput, WorkInput,
};
use minijinja::value::{Enumerator, Object, ObjectRepr, Serde, Value};
use serde::Serialize;

use super::prompt::purpose_of;

/// Bytes that most values stay below as JSON.
const JSON_BYTES_USUAL: usize = 2 * 1024;

/// The variables of a template.
pub(super) fn material(inputs: &Inputs) -> Value {
    let mut fields = match inputs {
        Inputs::Analyse(AnalyseInput { task, capabilities, lessons }) => {
            vec![("task", seen(task)), ("capabilities", written(capabilities)), ("lessons", seen(lessons))]
        }
        Inputs::Select(SelectInput { task, analysis, agent_types, specialists_max }) => vec![
            ("task", seen(task)),
            ("analysis", written(analysis)),
            ("agent_types", written(agent_types)),
            ("specialists_max", seen(specialists_max)),
        ],
        Inputs::Decompose(input) => of_plan(input),
        Inputs::Work(input) => of_work(input),
        Inputs::Review(input) => of_review(input),
        Inputs::Coordinate(CoordinateInput { task, analysis, solutions, gaps }) => vec![
            ("task", seen(task)),
            ("analysis", written(analysis)),
            ("solutions", solutions.iter().map(accepted).collect()),
            ("gaps", seen(gaps)),
        ],
        Inputs::Synthesise(input) => of_report(input),
        Inputs::FinalReview(input) => of_final_review(input),
    };
    fields.push(("purpose", Value::from(purpose_of(inputs).as_str())));
    map(fields)
}

fn of_plan(input: &DecomposeInput) -> Vec<(&'static str, Value)> {
    let DecomposeInput {
        task,
        analysis,
        selection,
        agent_types,
        subtasks_max,
        depth_max,
        previous,
        errors,
        comment,
    } = input;
    vec![
        ("task", seen(task)),
        ("analysis", written(analysis)),
        ("selection", written(selection)),
        ("agent_types", written(agent_types)),
        ("subtasks_max", seen(subtasks_max)),
        ("depth_max", seen(depth_max)),
        ("previous", written(previous)),
        ("errors", written(errors)),
        ("comment", seen(comment)),
    ]
}

fn of_work(input: &WorkInput) -> Vec<(&'static str, Value)> {
    let WorkInput { task, analysis, subtask, dependencies, feedback, turn, turns_max, lessons } = input;
    vec![
        ("task", seen(task)),
        ("analysis", written(analysis)),
        ("subtask", written(subtask)),
        ("dependencies", dependencies.iter().map(dependency).collect()),
        ("feedback", feedback.iter().map(cycle).collect()),
        ("turn", seen(turn)),
        ("turns_max", seen(turns_max)),
        ("lessons", seen(lessons)),
    ]
}

fn of_review(input: &ReviewInput) -> Vec<(&'static str, Value)> {
    let ReviewInput { task, analysis, subtask, solution, citation_checks, previous } = input;
    vec![
        ("task", seen(task)),
        ("analysis", written(analysis)),
        ("subtask", written(subtask)),
        ("solution", written(solution)),
        ("citation_checks", written(citation_checks)),
        ("previous", written(previous)),
    ]
}

fn of_report(input: &SynthesiseInput) -> Vec<(&'static str, Value)> {
    let SynthesiseInput { task, analysis, coordination, solutions, gaps, previous, requests, lessons } =
        input;
    vec![
        ("task", seen(task)),
        ("analysis", written(analysis)),
        ("coordination", written(coordination)),
        ("solutions", solutions.iter().map(accepted).collect()),
        ("gaps", seen(gaps)),
        ("previous", written(previous)),
        ("requests", written(requests)),
        ("lessons", seen(lessons)),
    ]
}

fn of_final_review(input: &FinalReviewInput) -> Vec<(&'static str, Value)> {
    let FinalReviewInput { task, analysis, coordination, report, citation_checks, gaps } = input;
    vec![
        ("task", seen(task)),
        ("analysis", written(analysis)),
        ("coordination", written(coordination)),
        ("report", written(report)),
        ("citation_checks", written(citation_checks)),
        ("gaps", seen(gaps)),
    ]
}

fn accepted(accepted: &AcceptedSolution) -> Value {
    let AcceptedSolution { subtask, solution, score_hundredths } = accepted;
    map(vec![
        ("subtask", seen(subtask)),
        ("solution", written(solution)),
        ("score_hundredths", seen(score_hundredths)),
    ])
}

fn dependency(dependency: &Dependency) -> Value {
    let Dependency { subtask, solution, gap } = dependency;
    map(vec![("subtask", seen(subtask)), ("solution", written(solution)), ("gap", seen(gap))])
}

fn cycle(cycle: &Feedback) -> Value {
    let Feedback { solution, review, failure } = cycle;
    map(vec![("solution", written(solution)), ("review", written(review)), ("failure", seen(failure))])
}

fn map(mut fields: Vec<(&'static str, Value)>) -> Value {
    fields.sort_unstable_by_key(|(name, _)| *name);
    Value::from_object(Fields(fields))
}

/// A few fields, in the order of their names, as a map of the template engine has them.
#[derive(Debug)]
struct Fields(Vec<(&'static str, Value)>);

impl Object for Fields {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        self.0.iter().find(|(name, _)| *name == key).map(|(_, value)| value.clone())
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.0.iter().map(|(name, _)| Value::from(*name)).collect())
    }
}

/// What templates look inside.
fn seen<T: Serialize>(value: &T) -> Value {
    Value::from(Serde(value))
}

/// What templates mostly write out. What is empty, and what is no list and no object, is a plain value.
fn written<T: Serialize>(value: &T) -> Value {
    let mut json = Vec::with_capacity(JSON_BYTES_USUAL);
    let json = serde_json::to_writer(&mut json, value).ok().and_then(|()| String::from_utf8(json).ok());
    match json {
        Some(json) if json.len() > "{}".len() && json.starts_with(['{', '[']) => {
            Value::from_object(Written { json, inside: OnceLock::new() })
        }
        _ => seen(value),
    }
}

/// A list or an object that is written already.
pub(super) struct Written {
    json: String,
    inside: OnceLock<Value>,
}

impl Written {
    /// It as JSON, in one line.
    pub(super) fn json(&self) -> &str {
        &self.json
    }

    fn inside(&self) -> &Value {
        self.inside.get_or_init(|| {
            // What was written as JSON can be read.
            let json: serde_json::Value = serde_json::from_str(&self.json).unwrap_or_default();
            seen(&json)
        })
    }
}

impl fmt::Debug for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.json)
    }
}

impl Object for Written {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        if self.json.starts_with('[') { ObjectRepr::Seq } else { ObjectRepr::Map }
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.inside().get_item(key).ok().filter(|value| !value.is_undefined())
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        match (self.repr(), self.inside().try_iter()) {
            (ObjectRepr::Map, Ok(keys)) => Enumerator::Values(keys.collect()),
            (ObjectRepr::Seq, Ok(_)) => Enumerator::Seq(self.inside().len().unwrap_or(0)),
            _ => Enumerator::Empty,
        }
    }

    /// An empty one is a plain value: none has to be looked inside for it.
    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.inside(), f)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::to_value;

    use super::*;
    use crate::crew::samples;

    #[test]
    fn templates_see_every_field_of_all_inputs() {
        for inputs in samples::full().iter().chain(&samples::sparse()) {
            assert_eq!(to_value(material(inputs)).unwrap(), to_value(inputs).unwrap());
        }
    }

    #[test]
    fn what_is_written_behaves_as_what_it_is() {
        let full = samples::full();
        let inputs = full.iter().find(|inputs| matches!(inputs, Inputs::Review(_))).unwrap();
        let rows = [
            ("{{ analysis.domain }}", "{{ plain.analysis.domain }}"),
            ("{{ solution.claims | length }}", "{{ plain.solution.claims | length }}"),
            ("{{ solution.claims[0].text }}", "{{ plain.solution.claims[0].text }}"),
            (
                "{% for key in analysis | sort %}{{ key }} {% endfor %}",
                "{% for key in plain.analysis | sort %}{{ key }} {% endfor %}",
            ),
            ("{{ citation_checks | length }}", "{{ plain.citation_checks | length }}"),
            (
                "{% for check in citation_checks %}{{ check.finding }}{% endfor %}",
                "{% for check in plain.citation_checks %}{{ check.finding }}{% endfor %}",
            ),
            (
                "{{ analysis is mapping }} {{ citation_checks is sequence }}",
                "{{ plain.analysis is mapping }} {{ plain.citation_checks is sequence }}",
            ),
            ("{{ analysis.nothing is defined }}", "{{ plain.analysis.nothing is defined }}"),
        ];
        let environment = minijinja::Environment::new();
        let context = minijinja::context! { plain => seen(inputs), ..material(inputs) };
        for (lazy, plain) in rows {
            let lazy = environment.render_str(lazy, context.clone()).unwrap();
            assert_eq!(lazy, environment.render_str(plain, context.clone()).unwrap(), "{plain}");
            assert!(!lazy.is_empty());
        }
    }

    #[test]
    fn what_is_empty_is_a_plain_value() {
        assert!(written(&Vec::<String>::new()).downcast_object_ref::<Written>().is_none());
        assert!(!written(&Vec::<String>::new()).is_true());
        assert!(written(&None::<Vec<String>>).is_none());
        let list = written(&["a"]);
        assert!(list.is_true() && list.downcast_object_ref::<Written>().is_some());
        assert_eq!(list.to_string(), seen(&vec!["a"]).to_string());
    }
}
