//! Calls of tools: what a tool is, which exist, who may call which.

mod error;
mod policy;
mod registry;
mod tool;

pub use divisi_domain::subtask::EffectClass;
pub use error::ToolError;
pub use policy::ToolPolicy;
pub use registry::{AdmittedCall, RegistryError, ToolRegistry};
pub use tool::{OUTPUT_BYTES_MAX, Tool, ToolContext, ToolOutput, ToolSpec};
