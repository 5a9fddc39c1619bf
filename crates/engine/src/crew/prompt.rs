//! Prompts: strict templates over typed inputs. Instructions never see text of users, documents or
//! tools; material is fenced and labelled as data, and cannot close its fence.

use divisi_domain::model_step::Purpose;
use divisi_llm::inputs::Inputs;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior};
use serde::Serialize;

use super::{ANALYST, AgentType, COORDINATOR, Crew, GENERALIST, MANAGER, samples};

/// The two texts of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// Instructions of the crew.
    pub system: String,
    /// The first message: the material.
    pub user: String,
}

/// A prompt that could not be rendered. `parse` renders every prompt, so that a task never meets this
/// with a crew that was accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("The prompt '{purpose}.{part}' cannot be rendered: {reason}.")]
pub struct RenderError {
    /// The purpose's name.
    pub purpose: &'static str,
    /// `system` or `user`.
    pub part: &'static str,
    /// What the template engine says.
    pub reason: String,
    line: Option<usize>,
}

/// A fault of a template for the author of the crew.
pub(super) struct PromptFault {
    pub(super) purpose: Purpose,
    pub(super) in_system: bool,
    /// Line of the template, from 1.
    pub(super) line: Option<usize>,
    pub(super) sentence: String,
}

/// What instructions may speak of.
#[derive(Serialize)]
struct SystemContext<'c> {
    crew: CrewContext<'c>,
    agent: &'c AgentType,
    limits: &'c divisi_domain::limits::Limits,
}

#[derive(Serialize)]
struct CrewContext<'c> {
    name: &'c str,
    description: &'c str,
}

/// The purpose whose inputs these are.
pub const fn purpose_of(inputs: &Inputs) -> Purpose {
    match inputs {
        Inputs::Analyse(_) => Purpose::Analyse,
        Inputs::Select(_) => Purpose::Select,
        Inputs::Decompose(_) => Purpose::Decompose,
        Inputs::Work(_) => Purpose::Work,
        Inputs::Review(_) => Purpose::Review,
        Inputs::Coordinate(_) => Purpose::Coordinate,
        Inputs::Synthesise(_) => Purpose::Synthesise,
        Inputs::FinalReview(_) => Purpose::FinalReview,
    }
}

impl Crew {
    /// The prompt of a call. The same crew and inputs give the same bytes.
    pub fn render(&self, inputs: &Inputs) -> Result<Rendered, RenderError> {
        let purpose = purpose_of(inputs);
        let fail = |part, error: &Error| RenderError {
            purpose: purpose.as_str(),
            part,
            reason: reason(error),
            line: error.line(),
        };
        let empty = super::Prompt { system: String::new(), user: String::new() };
        let prompt = self.prompts.get(&purpose).unwrap_or(&empty);
        let environment = self.environment().map_err(|error| fail("fragments", &error))?;
        let system = environment.render_named_str("system", &prompt.system, self.system_context(inputs));
        let user = environment.render_named_str("user", &prompt.user, Value::from(Serde(inputs)));
        Ok(Rendered {
            system: tidy(&system.map_err(|error| fail("system", &error))?),
            user: tidy(&user.map_err(|error| fail("user", &error))?),
        })
    }

    fn environment(&self) -> Result<Environment<'_>, Error> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
        environment.set_formatter(interpolate);
        environment.add_filter("data", fence);
        for (name, body) in &self.fragments {
            environment.add_template(name, body)?;
        }
        Ok(environment)
    }

    fn system_context(&self, inputs: &Inputs) -> Value {
        let Some(agent) = self.speaker(inputs) else { return Value::UNDEFINED };
        Value::from(Serde(SystemContext {
            crew: CrewContext { name: self.name.as_str(), description: &self.description },
            agent,
            limits: &self.limits,
        }))
    }

    /// The agent type that is spoken to. A type that the crew does not have is the generalist's work.
    fn speaker(&self, inputs: &Inputs) -> Option<&AgentType> {
        match inputs {
            Inputs::Work(work) => self.agent(&work.subtask.agent_type).or_else(|| self.agent(GENERALIST)),
            Inputs::Coordinate(_) => self.agent(COORDINATOR),
            Inputs::Synthesise(_) => self.agent(ANALYST),
            Inputs::Analyse(_)
            | Inputs::Select(_)
            | Inputs::Decompose(_)
            | Inputs::Review(_)
            | Inputs::FinalReview(_) => self.agent(MANAGER),
        }
    }
}

/// Every value that a template prints, unless the `data` filter fenced it.
fn interpolate(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    if value.is_undefined() || value.is_safe() {
        return minijinja::escape_formatter(out, state, value);
    }
    let text = if value.is_none() { String::new() } else { value.to_string() };
    out.write_str(&unfence(&text)).map_err(Error::from)
}

/// `value | data("label")`: the value between fences that its text cannot close. A text stays as it is,
/// anything else becomes JSON.
fn fence(value: &Value, label: &str) -> Result<Value, Error> {
    if value.is_undefined() {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    let text = match value.as_str() {
        Some(text) => text.to_owned(),
        None => serde_json::to_string_pretty(value)
            .map_err(|error| Error::new(ErrorKind::BadSerialization, error.to_string()))?,
    };
    let label: String =
        label.chars().filter(|char| char.is_alphanumeric() || " _-".contains(*char)).collect();
    Ok(Value::from_safe_string(format!("<data label=\"{label}\">\n{}\n</data>", unfence(&text))))
}

/// The text without anything that reads as a fence: the bracket becomes one that only looks like it.
fn unfence(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, char) in text.char_indices() {
        let rest = text.get(at + 1..).unwrap_or_default().trim_start_matches([' ', '/', '\t', '\n']);
        let fence = char == '<' && rest.get(..4).is_some_and(|word| word.eq_ignore_ascii_case("data"));
        out.push(if fence { '‹' } else { char });
    }
    out
}

/// At most one empty line in a row, none at the ends.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut empty = 0;
    for line in text.trim().lines() {
        empty = if line.trim().is_empty() { empty + 1 } else { 0 };
        if empty < 2 {
            out.push_str(line.trim_end());
            out.push('\n');
        }
    }
    out.truncate(out.trim_end().len());
    out
}

fn reason(error: &Error) -> String {
    let kind = error.kind();
    let detail = error.detail().map_or_else(|| kind.to_string(), |detail| format!("{kind}: {detail}"));
    match error.name().zip(error.line()) {
        Some((name, line)) => format!("{detail} (line {line} of {name})"),
        None => detail,
    }
}

/// Every prompt that does not render with full and with sparse inputs.
pub(super) fn faults(crew: &Crew) -> Vec<PromptFault> {
    let mut faults: Vec<PromptFault> = Vec::new();
    for inputs in samples::full().iter().chain(&samples::sparse()) {
        let Err(error) = crew.render(inputs) else { continue };
        let fault = PromptFault {
            purpose: purpose_of(inputs),
            in_system: error.part == "system",
            line: error.line.filter(|_| error.part != "fragments"),
            sentence: error.to_string(),
        };
        if !faults.iter().any(|known| known.sentence == fault.sentence) {
            faults.push(fault);
        }
    }
    faults
}

/// The built-in system and user template of a purpose.
pub(super) const fn builtin(purpose: Purpose) -> (&'static str, &'static str) {
    macro_rules! pair {
        ($name:literal) => {
            (
                include_str!(concat!("prompts/", $name, ".system.j2")),
                include_str!(concat!("prompts/", $name, ".user.j2")),
            )
        };
    }
    match purpose {
        Purpose::Analyse => pair!("analyse"),
        Purpose::Select => pair!("select"),
        Purpose::Decompose => pair!("decompose"),
        Purpose::Work => pair!("work"),
        Purpose::Review => pair!("review"),
        Purpose::Coordinate => pair!("coordinate"),
        Purpose::Synthesise => pair!("synthesise"),
        Purpose::FinalReview => pair!("final_review"),
    }
}

/// The built-in pieces that prompts include.
pub(super) fn builtin_fragments() -> std::collections::BTreeMap<String, String> {
    [
        ("manners", include_str!("prompts/manners.j2")),
        ("citing", include_str!("prompts/citing.j2")),
        ("task", include_str!("prompts/task.j2")),
        ("gaps", include_str!("prompts/gaps.j2")),
        ("lessons", include_str!("prompts/lessons.j2")),
    ]
    .into_iter()
    .map(|(name, body)| (name.to_owned(), body.to_owned()))
    .collect()
}
