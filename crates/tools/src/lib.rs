//! What agents may use: the `Tool` trait, the registry and the permission policy, the documents of a task
//! with their parsing and retrieval, and the built-in read-only tools over them.
//!
//! Nothing here knows the store, the engine or a model. Documents are untrusted: they are parsed in a child
//! process under limits, and no text of theirs ever chooses what is called. A task sees its own documents only.

pub mod builtin;
pub mod calls;
pub mod corpus;
pub mod documents;
pub mod retrieval;
