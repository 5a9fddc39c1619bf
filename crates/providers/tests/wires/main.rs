//! Fault × wire over a real socket: the real providers and the real network against a server that fails as it is told
//! to, streaming, with deadlines in milliseconds.
#![cfg(test)]

mod encoded;
mod endings;
mod harness;
mod ledger;
mod matrix;
mod order;
mod purposes;
mod real;
mod refusals;
