//! The tools there are, and the one gate through which a call becomes an action.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use divisi_domain::name::Name;
use jsonschema::Validator;
use serde_json::Value;

use crate::calls::{Tool, ToolContext, ToolError, ToolOutput, ToolPolicy, ToolSpec};

/// The misfits of one call that are told to the model.
const PROBLEMS_MAX: usize = 5;
/// The characters of a misfit, or of an unknown name, that are told to the model.
const PROBLEM_CHARS_MAX: usize = 200;

/// A tool that cannot be registered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegistryError {
    /// The name is taken.
    #[error("two tools are named '{0}': rename one")]
    Duplicate(Name),
    /// The schema of the arguments is no JSON schema.
    #[error("the argument schema of the tool '{name}' is not valid: {reason}")]
    InvalidSchema {
        /// The tool.
        name: Name,
        /// What the schema compiler says.
        reason: String,
    },
}

struct Entry {
    tool: Arc<dyn Tool>,
    validator: Validator,
}

/// All tools of a process, by name.
#[derive(Default)]
pub struct ToolRegistry {
    entries: BTreeMap<Name, Entry>,
}

/// A call that passed the policy and the schema. The only way to perform a tool.
pub struct AdmittedCall {
    tool: Arc<dyn Tool>,
    arguments: Value,
}

impl ToolRegistry {
    /// Adds a tool.
    pub fn register(&mut self, tool: Arc<dyn Tool>) -> Result<(), RegistryError> {
        let name = tool.spec().name.clone();
        if self.entries.contains_key(&name) {
            return Err(RegistryError::Duplicate(name));
        }
        let validator = jsonschema::validator_for(&tool.spec().schema).map_err(|error| {
            RegistryError::InvalidSchema { name: name.clone(), reason: error.to_string() }
        })?;
        self.entries.insert(name, Entry { tool, validator });
        Ok(())
    }

    /// What is known of one tool.
    pub fn spec(&self, name: &Name) -> Option<&ToolSpec> {
        self.entries.get(name).map(|entry| entry.tool.spec())
    }

    /// The tools that a policy allows and that exist, in the order of their names.
    pub fn specs_for<'a>(&'a self, policy: &'a ToolPolicy) -> impl Iterator<Item = &'a ToolSpec> {
        policy.allowed().filter_map(|name| self.spec(name))
    }

    /// Checks a call that a model asks for. Nothing is performed here.
    pub fn admit(
        &self,
        policy: &ToolPolicy,
        name: &str,
        arguments: Value,
    ) -> Result<AdmittedCall, ToolError> {
        let entry = self.permitted(policy, name)?;
        let problems: Vec<String> = entry
            .validator
            .iter_errors(&arguments)
            .take(PROBLEMS_MAX)
            .map(|error| shorten(&format!("at '{}': {error}", error.instance_path())))
            .collect();
        if !problems.is_empty() {
            return Err(ToolError::InvalidArguments { name: entry.tool.spec().name.clone(), problems });
        }
        Ok(AdmittedCall { tool: Arc::clone(&entry.tool), arguments })
    }

    fn permitted(&self, policy: &ToolPolicy, name: &str) -> Result<&Entry, ToolError> {
        let known = || self.specs_for(policy).map(|spec| spec.name.to_string()).collect();
        let unknown = || ToolError::UnknownTool { name: shorten(name), known: known() };
        let (name, entry) =
            name.parse().ok().and_then(|name: Name| self.entries.get_key_value(&name)).ok_or_else(unknown)?;
        if !policy.permits(name) {
            let agent_type = policy.agent_type().clone();
            return Err(ToolError::NotAllowed { name: name.clone(), agent_type, known: known() });
        }
        Ok(entry)
    }
}

fn shorten(text: &str) -> String {
    text.chars().take(PROBLEM_CHARS_MAX).collect()
}

impl AdmittedCall {
    /// What is called.
    pub fn spec(&self) -> &ToolSpec {
        self.tool.spec()
    }

    /// The arguments, as checked.
    pub fn arguments(&self) -> &Value {
        &self.arguments
    }

    /// Performs the call; the answer is capped at [`crate::calls::OUTPUT_BYTES_MAX`].
    pub async fn perform(&self, context: &ToolContext) -> Result<ToolOutput, ToolError> {
        let output = self.tool.call(context, &self.arguments).await?;
        let capped = ToolOutput::capped(output.text);
        Ok(ToolOutput { truncated: capped.truncated || output.truncated, ..capped })
    }
}

impl fmt::Debug for ToolRegistry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.entries.keys()).finish()
    }
}

impl fmt::Debug for AdmittedCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AdmittedCall").field("tool", &self.spec().name).finish_non_exhaustive()
    }
}
