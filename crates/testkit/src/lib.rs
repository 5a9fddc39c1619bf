//! Virtual clock, seeded randomness, crashing store, second host, simulator. Development only.
