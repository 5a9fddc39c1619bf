//! The composition root of Divisi.

fn main() {}
