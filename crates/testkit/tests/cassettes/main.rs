//! Whole tasks on cassettes: what was recorded runs again without its provider, to the same report; a test made of a
//! finished task does the same; what is not the same is named.

#![cfg(test)]

mod bench;
mod exported;
mod replayed;
