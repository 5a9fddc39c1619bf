//! Programmes for developers.

fn main() {}
