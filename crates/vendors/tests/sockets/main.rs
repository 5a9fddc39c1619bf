//! The server over real sockets, held against a plain TCP client: wires and faults, the ledger, limits, control.
#![cfg(test)]

mod client;
mod control;
mod faults;
mod ledger;
mod limits;
mod task;
