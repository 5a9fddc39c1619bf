//! Contracts of durable storage: event log, projections, blobs, leases, document index, and the conformance suite.
