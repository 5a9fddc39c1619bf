//! From the state of a task to the request of a model call: which content goes into which purpose.

mod brief;
mod inputs;
mod messages;
mod schema;

use std::sync::Arc;

use divisi_domain::limits::Limits;
use divisi_domain::model_step::Purpose;
use divisi_domain::name::Name;
use divisi_domain::path::Node;
use divisi_domain::task::Task;
use divisi_llm::{Message, Request, Sampling, ToolOffer};
use divisi_tools::calls::{ToolPolicy, ToolRegistry};
use divisi_tools::corpus::Corpus;

use crate::content::{ContentError, Contents};
use crate::core::agent_id;
use crate::crew::{Crew, RenderError};

pub use brief::Briefs;
pub use schema::{parse_output, validator};

/// A request that cannot be built.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RequestError {
    /// Content is missing.
    #[error(transparent)]
    Content(#[from] ContentError),
    /// The crew's prompt does not render.
    #[error(transparent)]
    Prompt(#[from] RenderError),
    /// The state does not have what the purpose needs: a bug of ours.
    #[error("the task has no {0} yet, but a call that needs it is due")]
    Missing(&'static str),
}

/// What requests of a task are built from.
#[derive(Debug)]
pub struct Material<'a> {
    /// The task.
    pub task: &'a Task,
    /// Its pinned crew.
    pub crew: &'a Crew,
    /// Its content.
    pub contents: Contents<'a>,
    /// Its readable documents.
    pub corpus: &'a Arc<Corpus>,
    /// All tools of the process.
    pub tools: &'a ToolRegistry,
}

impl Material<'_> {
    /// The request for the model call at `node`, for `model`.
    pub fn request(&self, node: Node, model: Name, wrong: Option<&str>) -> Result<Request, RequestError> {
        let purpose = Purpose::of(node).ok_or(RequestError::Missing("model call"))?;
        let inputs = inputs::build(self, node)?;
        let rendered = self.crew.render(&inputs)?;
        let mut messages = vec![Message::User { text: rendered.user }];
        let mut tools = Vec::new();
        if let Node::Model { subtask, turn, .. } = node {
            messages.extend(messages::transcript(self, subtask)?);
            if turn < self.limits().agent_turns_max {
                tools = self.offers(subtask);
            }
        }
        if let Some(wrong) = wrong {
            messages.push(Message::User { text: wrong.to_owned() });
        }
        let sampling = sampling(self.limits(), purpose);
        let schema = schema::of(purpose).clone();
        Ok(Request { purpose, model, system: rendered.system, messages, tools, schema, sampling, inputs })
    }

    fn limits(&self) -> &Limits {
        &self.task.submission.policy.limits
    }

    /// The type of the agent that has the subtask's run: the plan's, or another where a different specialist was asked
    /// for.
    pub fn worker(&self, subtask: u16) -> Name {
        let subtask = self.task.subtasks.get(&subtask);
        let agent = subtask.and_then(|subtask| subtask.run()).and_then(|run| run.agent);
        let workspace = self.contents.workspace();
        let is_it =
            |kind: &&crate::crew::AgentType| Some(agent_id(workspace, &self.crew.name, &kind.name)) == agent;
        let seated = self.crew.specialists().find(is_it).map(|kind| kind.name.clone());
        let planned = || subtask.map(|subtask| subtask.node.agent_type.clone());
        seated.or_else(planned).unwrap_or_else(|| Name::from_static(crate::crew::GENERALIST))
    }

    /// What the agent of a subtask may call.
    pub fn policy(&self, subtask: u16) -> ToolPolicy {
        let agent_type = self.worker(subtask);
        let allowed = self.crew.agent(agent_type.as_str()).map(|agent| agent.tools.clone());
        ToolPolicy::new(agent_type, allowed.unwrap_or_default())
    }

    fn offers(&self, subtask: u16) -> Vec<ToolOffer> {
        let policy = self.policy(subtask);
        let offer = |spec: &divisi_tools::calls::ToolSpec| ToolOffer {
            name: spec.name.clone(),
            description: spec.description.clone(),
            schema: spec.schema.clone(),
        };
        self.tools.specs_for(&policy).map(offer).collect()
    }
}

/// Temperature and output limit of a purpose.
pub fn sampling(limits: &Limits, purpose: Purpose) -> Sampling {
    let temperature = &limits.temperature_hundredths;
    let tokens = &limits.output_tokens;
    let (temperature_hundredths, output_tokens_max) = match purpose {
        Purpose::Analyse => (temperature.analyse, tokens.others),
        Purpose::Select => (temperature.select, tokens.others),
        Purpose::Decompose => (temperature.decompose, tokens.others),
        Purpose::Work => (temperature.execute, tokens.others),
        Purpose::Review | Purpose::FinalReview => (temperature.review, tokens.others),
        Purpose::Coordinate => (temperature.coordinate, tokens.coordinate),
        Purpose::Synthesise => (temperature.synthesise, tokens.synthesise),
    };
    Sampling { temperature_hundredths, output_tokens_max }
}
