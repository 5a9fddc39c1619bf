//! The Tool trait, registry, permission policy, document parsing and retrieval.
