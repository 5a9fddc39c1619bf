//! HTTP over TCP or a local socket: routes that call the engine's handle.
