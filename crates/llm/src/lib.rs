//! Canonical model request, response and stream, the Provider trait and the pure policy of the gateway.
