//! From a model's answer to the machine's words.

use std::collections::BTreeSet;

use divisi_domain::blob::Digest;
use divisi_domain::model_step::Purpose;
use divisi_domain::name::Name;
use divisi_domain::path::Node;
use divisi_domain::plan::Complexity as PlanComplexity;
use divisi_domain::review::Scores;
use divisi_domain::subtask::{CallRequest, EffectClass};
use divisi_domain::task::Answer;
use divisi_llm::outputs::{
    Analysis, Complexity, Coordination, FinalReview, Report, Review, Selection, Solution,
};
use divisi_llm::{Response, ToolCall};
use divisi_tools::calls::EffectClass as ToolClass;

use super::{Kept, Performing, StoredTurn};
use crate::crew::GENERALIST;
use crate::requests::{Expected, read_answer};

impl Performing<'_> {
    /// The answer, or every reason why it cannot be used.
    pub(super) fn understand(
        &self,
        purpose: Purpose,
        expected: &Expected<'_>,
        response: &Response,
        kept: &mut Kept,
    ) -> Result<Answer, Vec<String>> {
        let (text, expected) = (&response.text, *expected);
        match purpose {
            Purpose::Analyse => {
                let analysis: Analysis = read_answer(expected, text)?;
                let complexity = complexity(analysis.complexity);
                Ok(Answer::Analysis { content: kept.keep_json(&analysis), complexity })
            }
            Purpose::Select => self.selection(read_answer(expected, text)?, kept),
            Purpose::Decompose => self.plan(read_answer(expected, text)?, kept),
            Purpose::Work => self.turn(expected, response, kept),
            Purpose::Review => review(&read_answer(expected, text)?, kept),
            Purpose::Coordinate => {
                let coordination: Coordination = read_answer(expected, text)?;
                Ok(Answer::Coordination { content: kept.keep_json(&coordination) })
            }
            Purpose::Synthesise => {
                let report: Report = read_answer(expected, text)?;
                Ok(Answer::Report { content: kept.keep_json(&report) })
            }
            Purpose::FinalReview => {
                let review: FinalReview = read_answer(expected, text)?;
                Ok(Answer::FinalReview { approved: review.approved, content: kept.keep_json(&review) })
            }
        }
    }

    /// Unknown types are left out; a capability that nobody covers adds the generalist.
    fn selection(&self, mut selection: Selection, kept: &mut Kept) -> Result<Answer, Vec<String>> {
        let crew = &self.order.crew;
        let known = |name: &str| crew.specialists().any(|agent| agent.name.as_str() == name);
        selection.specialists.retain(|specialist| known(&specialist.agent_type));
        let mut seen = BTreeSet::new();
        selection.specialists.retain(|specialist| seen.insert(specialist.agent_type.clone()));
        let chosen = |selection: &Selection| -> Vec<Name> {
            selection.specialists.iter().filter_map(|specialist| specialist.agent_type.parse().ok()).collect()
        };
        let required = self.required()?;
        let covered = |name: &Name| {
            chosen(&selection)
                .iter()
                .any(|kind| crew.agent(kind.as_str()).is_some_and(|agent| agent.capabilities.contains(name)))
        };
        let gap = required.iter().any(|capability| !covered(capability));
        let mut specialists = chosen(&selection);
        if (gap || specialists.is_empty()) && !specialists.iter().any(|name| name.as_str() == GENERALIST) {
            specialists.push(Name::from_static(GENERALIST));
        }
        Ok(Answer::Selection { content: kept.keep_json(&selection), specialists })
    }

    pub(super) fn required(&self) -> Result<Vec<Name>, Vec<String>> {
        let required = crate::view::required(&self.contents, &self.order.state);
        required.map_err(|error| vec![error.to_string()])
    }

    fn turn(
        &self,
        expected: Expected<'_>,
        response: &Response,
        kept: &mut Kept,
    ) -> Result<Answer, Vec<String>> {
        if response.tool_calls.is_empty() {
            let solution: Solution = read_answer(expected, &response.text)?;
            return Ok(Answer::Solution { content: kept.keep_json(&solution) });
        }
        let Node::Model { subtask, .. } = self.order.wanted.path.node else {
            return Err(vec!["Tools can only be asked for while working on a subtask.".to_owned()]);
        };
        let tool_calls = once(&response.tool_calls);
        let calls = tool_calls.iter().map(|call| self.call(subtask, call)).collect();
        let stored = StoredTurn { text: response.text.clone(), tool_calls };
        Ok(Answer::Calls { content: kept.keep_json(&stored), calls })
    }

    fn call(&self, subtask: u16, call: &ToolCall) -> CallRequest {
        let digest = call_digest(call);
        let policy = self.material().policy(subtask);
        match self.means.tools.admit(&policy, &call.tool, call.arguments.clone()) {
            Ok(admitted) => {
                let spec = admitted.spec();
                let (class, side_effects) = (effect_class(spec.class), spec.side_effects);
                CallRequest { tool: spec.name.clone(), digest, class, side_effects, refused: None }
            }
            Err(error) => CallRequest {
                // A name that a model made up is text of the model: it stays in the content.
                tool: Name::from_static("refused_call"),
                digest,
                class: EffectClass::AtLeastOnce,
                side_effects: false,
                refused: Some(Name::from_static(error.code())),
            },
        }
    }
}

/// The calls of one answer, each once: a small model may write the same one five times, which is one thing that it wants to know.
fn once(calls: &[ToolCall]) -> Vec<ToolCall> {
    let mut seen = BTreeSet::new();
    calls.iter().filter(|call| seen.insert(call_digest(call))).cloned().collect()
}

/// Hash of a call's tool and arguments; objects have sorted keys, so equal calls have equal digests.
pub(crate) fn call_digest(call: &ToolCall) -> Digest {
    let mut hash = blake3::Hasher::new();
    hash.update(call.tool.as_bytes());
    hash.update(&[0]);
    hash.update(call.arguments.to_string().as_bytes());
    Digest(*hash.finalize().as_bytes())
}

const fn effect_class(class: ToolClass) -> EffectClass {
    match class {
        ToolClass::ExactlyOnce => EffectClass::ExactlyOnce,
        ToolClass::Idempotent => EffectClass::Idempotent,
        ToolClass::AtLeastOnce => EffectClass::AtLeastOnce,
        ToolClass::AtMostOnce => EffectClass::AtMostOnce,
    }
}

fn review(review: &Review, kept: &mut Kept) -> Result<Answer, Vec<String>> {
    let scores = &review.scores;
    let texts = [scores.completeness, scores.accuracy, scores.relevance, scores.quality]
        .map(|score| score.to_string());
    let [completeness, accuracy, relevance, quality] = &texts;
    let scores = Scores::parse([completeness, accuracy, relevance, quality])
        .map_err(|error| vec![error.to_string()])?;
    Ok(Answer::Review { content: kept.keep_json(review), scores })
}

pub(super) const fn complexity(complexity: Complexity) -> PlanComplexity {
    match complexity {
        Complexity::Simple => PlanComplexity::Simple,
        Complexity::Moderate => PlanComplexity::Moderate,
        Complexity::Complex => PlanComplexity::Complex,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_call_that_is_written_again_is_one_call() {
        let call = |id: &str, tool: &str, query: &str| ToolCall {
            id: id.to_owned(),
            tool: tool.to_owned(),
            arguments: json!({"query": query}),
        };
        let written = [
            call("1", "a", "x"),
            call("2", "a", "x"),
            call("3", "b", "x"),
            call("4", "a", "y"),
            call("5", "a", "x"),
        ];
        let ids: Vec<String> = once(&written).into_iter().map(|call| call.id).collect();
        assert_eq!(ids, ["1", "3", "4"]);
    }
}
