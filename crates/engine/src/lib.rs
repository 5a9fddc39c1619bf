//! The durable runner, sans-I/O, and its tokio driver.
