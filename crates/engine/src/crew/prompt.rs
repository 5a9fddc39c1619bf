//! Prompts: strict templates over typed inputs. Instructions never see text of users, documents or
//! tools; material is fenced and labelled as data, and cannot close its fence.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use divisi_domain::blob::Digest;
use divisi_domain::model_step::Purpose;
use divisi_domain::name::Name;
use divisi_llm::fence::{fenced, unfence};
use divisi_llm::inputs::Inputs;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, Template, UndefinedBehavior};
use parking_lot::Mutex;
use serde::Serialize;

use super::compact;
use super::material::{Written, material};
use super::{ANALYST, AgentType, COORDINATOR, Crew, GENERALIST, MANAGER, samples};

/// Steps of a template: what the shipped ones need for a plan of fifty subtasks, many times over.
const TEMPLATE_STEPS_MAX: u64 = 5_000_000;
/// Bytes that most prompts stay below.
const PROMPT_BYTES_USUAL: usize = 8 * 1024;
/// Bytes of a prompt.
const PROMPT_BYTES_MAX: usize = 32 * 1024 * 1024;

/// The two texts of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// Instructions of the crew, shared by all calls that have the same.
    pub system: Arc<str>,
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

/// How many words a prompt has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wording {
    /// As the crew has it.
    Full,
    /// For models with little room: our own instructions in short; what the crew or its agents say stays.
    Compact,
}

/// What follows from a crew, made when it is first asked for. A copy of the crew may be changed, so it makes its own.
#[derive(Default)]
pub(crate) struct Compiled {
    /// Its canonical bytes and their digest.
    pub(super) pinned: OnceLock<(Arc<[u8]>, Digest)>,
    full: OnceLock<Result<Templates, RenderError>>,
    compact: OnceLock<Result<Templates, RenderError>>,
}

struct Templates {
    environment: Environment<'static>,
    /// Those that do not compile.
    broken: BTreeMap<String, RenderError>,
    /// Instructions that were rendered: they follow from the crew and whom they speak to.
    instructions: Mutex<BTreeMap<(Purpose, Name), Arc<str>>>,
}

impl Templates {
    fn part(&self, purpose: Purpose, part: &'static str, context: Value) -> Result<String, RenderError> {
        let name = template_name(purpose, part);
        if let Some(broken) = self.broken.get(&name) {
            return Err(broken.clone());
        }
        let template = self.environment.get_template(&name);
        let rendered = template.and_then(|template| bounded(&template, context));
        rendered.map(|text| tidy(&text)).map_err(|error| failed(purpose, part, &error))
    }
}

impl Clone for Compiled {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl PartialEq for Compiled {
    /// All of it follows from the rest of the crew.
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl std::fmt::Debug for Compiled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Compiled")
    }
}

impl Crew {
    /// The prompt of a call. The same crew and inputs give the same bytes. The first call compiles the templates: a crew
    /// is not changed after it.
    pub fn render(&self, inputs: &Inputs) -> Result<Rendered, RenderError> {
        self.render_in(Wording::Full, inputs)
    }

    /// [`Self::render`], in the words that there is room for.
    pub fn render_in(&self, wording: Wording, inputs: &Inputs) -> Result<Rendered, RenderError> {
        let compiled = match wording {
            Wording::Full => &self.compiled.full,
            Wording::Compact => &self.compiled.compact,
        };
        let compiled = compiled.get_or_init(|| self.compile(wording));
        self.render_with(compiled.as_ref().map_err(Clone::clone)?, inputs)
    }

    fn render_with(&self, compiled: &Templates, inputs: &Inputs) -> Result<Rendered, RenderError> {
        let system = self.instructions(compiled, inputs)?;
        let user = compiled.part(purpose_of(inputs), USER, material(inputs))?;
        Ok(Rendered { system, user })
    }

    /// They follow from the crew and whom they speak to, so that they are rendered once.
    fn instructions(&self, compiled: &Templates, inputs: &Inputs) -> Result<Arc<str>, RenderError> {
        let purpose = purpose_of(inputs);
        let Some(agent) = self.speaker(inputs) else {
            return compiled.part(purpose, SYSTEM, Value::UNDEFINED).map(Arc::from);
        };
        let asked = (purpose, agent.name.clone());
        if let Some(known) = compiled.instructions.lock().get(&asked) {
            return Ok(Arc::clone(known));
        }
        let made: Arc<str> = compiled.part(purpose, SYSTEM, self.system_context(agent))?.into();
        compiled.instructions.lock().insert(asked, Arc::clone(&made));
        Ok(made)
    }

    /// Every template of the crew. One that does not compile is told when it is asked for, as the others must render.
    fn compile(&self, wording: Wording) -> Result<Templates, RenderError> {
        let whole = |error: Error| failed(Purpose::Analyse, "fragments", &error);
        let mut environment = environment(wording).map_err(whole)?;
        for (name, body) in &self.fragments {
            let body = worded(wording, body, compact::fragment(name));
            environment.add_template_owned(name.clone(), body).map_err(whole)?;
        }
        let mut broken = BTreeMap::new();
        for (purpose, prompt) in &self.prompts {
            let own = Some((builtin(*purpose).0, compact::system(*purpose)));
            let system = worded(wording, &prompt.system, own);
            for (part, source) in [(SYSTEM, system), (USER, prompt.user.clone())] {
                let name = template_name(*purpose, part);
                if let Err(error) = environment.add_template_owned(name.clone(), source) {
                    broken.insert(name, failed(*purpose, part, &error));
                }
            }
        }
        Ok(Templates { environment, broken, instructions: Mutex::default() })
    }

    fn system_context(&self, agent: &AgentType) -> Value {
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

/// The parts of a prompt.
const SYSTEM: &str = "system";
const USER: &str = "user";

/// No fragment has a dot in its name that a crew may give.
fn template_name(purpose: Purpose, part: &str) -> String {
    format!("{}.{part}", purpose.as_str())
}

fn failed(purpose: Purpose, part: &'static str, error: &Error) -> RenderError {
    RenderError { purpose: purpose.as_str(), part, reason: reason(error), line: error.line() }
}

/// What stands in `own` as the built-in text and its short form is shortened; anything else is the crew's and stays.
fn worded(wording: Wording, written: &str, own: Option<(&str, &str)>) -> String {
    match (wording, own) {
        (Wording::Compact, Some((builtin, short))) if builtin == written => short.to_owned(),
        _ => written.to_owned(),
    }
}

fn environment(wording: Wording) -> Result<Environment<'static>, Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    environment.set_formatter(interpolate);
    match wording {
        Wording::Full => environment.add_filter("data", fence),
        Wording::Compact => environment.add_filter("data", compact::fence),
    }
    environment.set_fuel(Some(TEMPLATE_STEPS_MAX));
    Ok(environment)
}

/// Every value that a template prints, unless the `data` filter fenced it.
fn interpolate(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    if value.is_undefined() || value.is_safe() {
        return minijinja::escape_formatter(out, state, value);
    }
    if let Some(text) = value.as_str() {
        return out.write_str(&unfence(text)).map_err(Error::from);
    }
    let text = if value.is_none() { String::new() } else { value.to_string() };
    out.write_str(&unfence(&text)).map_err(Error::from)
}

/// `value | data("label")`: the value between fences that its text cannot close. A text stays as it is,
/// anything else becomes JSON, in one line: indented, prompts have up to a quarter more tokens.
fn fence(value: &Value, label: &str) -> Result<Value, Error> {
    if value.is_undefined() {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    let text = match (value.as_str(), value.downcast_object_ref::<Written>()) {
        (Some(text), _) => Cow::Borrowed(text),
        (None, Some(written)) => Cow::Borrowed(written.json()),
        (None, None) => serde_json::to_string(value).map_err(|error| unserializable(&error))?.into(),
    };
    Ok(Value::from_safe_string(fenced(&text, label)))
}

fn unserializable(error: &serde_json::Error) -> Error {
    Error::new(ErrorKind::BadSerialization, error.to_string())
}

/// What a template prints, as long as it is no longer than a prompt may be.
fn bounded(template: &Template<'_, '_>, context: Value) -> Result<String, Error> {
    let mut prompt = Prompt(Vec::with_capacity(PROMPT_BYTES_USUAL));
    template.render_captured_to(context, &mut prompt)?;
    String::from_utf8(prompt.0).map_err(|error| Error::new(ErrorKind::WriteFailure, error.to_string()))
}

/// Takes a prompt and refuses more than one may have.
struct Prompt(Vec<u8>);

impl std::io::Write for Prompt {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.0.len() + bytes.len() > PROMPT_BYTES_MAX {
            return Err(std::io::Error::other(format!("a prompt has at most {PROMPT_BYTES_MAX} bytes")));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// At most one empty line in a row, none at the ends.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut empty = 0;
    for line in text.trim().lines() {
        let line = line.trim_end();
        empty = if line.is_empty() { empty + 1 } else { 0 };
        if empty < 2 {
            out.push_str(line);
            out.push('\n');
        }
    }
    out.truncate(out.trim_end().len());
    out
}

fn reason(error: &Error) -> String {
    let kind = error.kind();
    let detail = error.detail().map_or_else(|| kind.to_string(), |detail| format!("{kind}: {detail}"));
    let source = std::error::Error::source(error);
    let detail = source.map_or_else(|| detail.clone(), |source| format!("{detail}: {source}"));
    match error.name().zip(error.line()) {
        Some((name, line)) => {
            let part = name.rsplit_once('.').map_or(name, |(_, part)| part);
            format!("{detail} (line {line} of {part})")
        }
        None => detail,
    }
}

/// Every prompt that does not render with full and with sparse inputs.
pub(super) fn faults(crew: &Crew) -> Vec<PromptFault> {
    let mut faults: Vec<PromptFault> = Vec::new();
    for inputs in samples::full().iter().chain(&samples::sparse()) {
        let wordings = [Wording::Full, Wording::Compact];
        let Some(error) = wordings.iter().find_map(|wording| crew.render_in(*wording, inputs).err()) else {
            continue;
        };
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
pub(super) fn builtin_fragments() -> BTreeMap<String, String> {
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
