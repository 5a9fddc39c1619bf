//! The contract in front of a whole engine.

#![cfg(test)]

mod approvals;
mod live;
mod passes;
mod routes;
mod world;
