//! Wire types of REST and WebSocket.
