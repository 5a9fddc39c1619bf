//! The store contracts on SQLite.
