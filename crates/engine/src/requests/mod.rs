//! From the state of a task to the request of a model call: which content goes into which purpose.

mod answer;
mod brief;
mod fit;
mod inputs;
mod messages;
mod narrow;
mod passages;
mod schema;
mod tokens;

use std::sync::Arc;

use divisi_domain::limits::Limits;
use divisi_domain::model_step::Purpose;
use divisi_domain::name::Name;
use divisi_domain::path::Node;
use divisi_domain::task::Task;
use divisi_llm::inputs::{AgentTypeBrief, Inputs};
use divisi_llm::{Request, Sampling, ToolOffer};
use divisi_tools::calls::{ToolPolicy, ToolRegistry};
use divisi_tools::corpus::Corpus;

use crate::content::{ContentError, Contents};
use crate::core::{Room, agent_id};
use crate::crew::{Crew, RenderError};

pub use answer::{Expected, parse_output, read_answer};
pub use brief::Briefs;
use fit::{Budget, Draft, Making};
use narrow::Possible;
pub use schema::AnswerSchema;
use tokens::Fixed;

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
    /// All that may be left out is left out, and it is still longer than the model takes.
    #[error(
        "Not sent: this step needs about {needed} tokens of input even with all left out that can be, and '{model}' has \
         room for {available} beside its answer. Use a model with a longer context, raise the context of its server, or \
         shorten the task's text."
    )]
    TooLong {
        /// Tokens of the input, estimated.
        needed: u64,
        /// Tokens that there is room for.
        available: u64,
        /// The model.
        model: Name,
    },
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

/// A request with what its answer is held against.
#[derive(Debug)]
pub struct Asking {
    /// What is sent.
    pub request: Request,
    /// Its schema, as answers are checked with it.
    pub schema: Arc<AnswerSchema>,
}

/// Tools that a model with little room is offered.
const FEW_TOOLS: [&str; 2] = ["search_documents", "read_span"];

impl Material<'_> {
    /// The request for the model call at `node`, for `model`, in the room that it has. The same material and room give
    /// the same bytes.
    pub fn request(
        &self,
        node: Node,
        model: Name,
        wrong: Option<&str>,
        room: Option<&Room>,
    ) -> Result<Asking, RequestError> {
        let purpose = Purpose::of(node).ok_or(RequestError::Missing("model call"))?;
        let budget = Budget::of(room);
        let draft = self.draft(node, &budget)?;
        let limits = self.limits();
        let tools = match node {
            Node::Model { subtask, turn, .. } if turn < limits.agent_turns_max => {
                self.offers(subtask, &budget)
            }
            _ => Vec::new(),
        };
        let schema = if budget.is_limited() {
            schema::within(purpose, self.possible(&draft.inputs, &budget))
        } else {
            Arc::clone(schema::of(purpose))
        };
        let mut sampling = sampling(limits, purpose);
        sampling.output_tokens_max = budget.output(sampling.output_tokens_max);
        let (crew, corpus) = (self.crew, self.corpus);
        let expects = Arc::clone(&schema);
        let fixed = if budget.is_limited() { Fixed::of(&tools, schema.tokens()) } else { Fixed::default() };
        let making = Making { crew, corpus, budget, purpose, model, wrong, tools, fixed, schema, sampling };
        Ok(Asking { request: making.fitted(draft)?, schema: expects })
    }

    fn draft(&self, node: Node, budget: &Budget) -> Result<Draft, RequestError> {
        let inputs = Arc::new(inputs::build(self, node, budget)?);
        let transcript = match node {
            Node::Model { subtask, .. } => messages::transcript(self, subtask)?,
            _ => Vec::new(),
        };
        let passages = match &*inputs {
            Inputs::Work(work) if budget.is_small() => passages::best(self.corpus, work, budget.passages()),
            _ => Vec::new(),
        };
        let (unlisted, left_out) = (None, Vec::new());
        Ok(Draft { inputs, transcript, passages, without_tools: false, unlisted, left_out })
    }

    /// What the answer may name.
    fn possible(&self, inputs: &Inputs, budget: &Budget) -> Possible {
        let named = |agents: &[AgentTypeBrief]| agents.iter().map(|agent| agent.name.to_string()).collect();
        let agent_types = match inputs {
            Inputs::Select(input) => named(&input.agent_types),
            Inputs::Decompose(input) => named(&input.agent_types),
            Inputs::Coordinate(_) | Inputs::Synthesise(_) => {
                self.crew.agents.iter().map(|agent| agent.name.to_string()).collect()
            }
            // Their answers name none.
            Inputs::Analyse(_) | Inputs::Work(_) | Inputs::Review(_) | Inputs::FinalReview(_) => Vec::new(),
        };
        let capabilities = match inputs {
            Inputs::Analyse(input) => input.capabilities.iter().map(ToString::to_string).collect(),
            _ => Vec::new(),
        };
        let (specialists_max, subtasks_max) = match inputs {
            Inputs::Select(input) => (input.specialists_max, 0),
            Inputs::Decompose(input) => (0, input.subtasks_max),
            _ => (0, 0),
        };
        Possible {
            agent_types,
            capabilities,
            subtasks: self.task.planned().map(|subtask| subtask.node.number).collect(),
            sources: self.corpus.documents().iter().map(|document| document.source.to_string()).collect(),
            specialists_max,
            subtasks_max,
            is_brief: budget.is_small(),
        }
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

    fn offers(&self, subtask: u16, budget: &Budget) -> Vec<ToolOffer> {
        let policy = self.policy(subtask);
        let offer = |spec: &divisi_tools::calls::ToolSpec| ToolOffer {
            name: spec.name.clone(),
            description: spec.description.clone(),
            schema: spec.schema.clone(),
        };
        let offered = |name: &Name| !budget.is_small() || FEW_TOOLS.contains(&name.as_str());
        self.tools.specs_for(&policy).filter(|spec| offered(&spec.name)).map(offer).collect()
    }
}

/// Whether a room may be too small for something.
pub(crate) fn is_limited(room: Option<&Room>) -> bool {
    Budget::of(room).is_limited()
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
