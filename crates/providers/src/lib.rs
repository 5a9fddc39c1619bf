//! Adapters to model services: extractive (offline) and scripted (tests, bench).
