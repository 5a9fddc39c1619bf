//! The gateway's pure policy: which target a call may go to, now, later or not at all, and what it may
//! cost at most. It holds no socket and no clock; time and outcomes are told to it, and it answers
//! admit, wait or refuse. What it decides is recorded as an input by the engine and never recomputed.

pub mod admission;
pub mod breaker;
pub mod cache;
pub mod limiter;
pub mod prices;
pub mod routes;

pub use admission::{Admission, Admitted, Ask, CallOutcome, Gateway, InputSize, RefuseReason, WaitReason};
pub use breaker::{Breaker, Gate, Permit, StepKey};
pub use cache::CachePolicy;
pub use limiter::{Limiter, RateLimits, Ticket};
pub use prices::{PriceTable, Quote};
pub use routes::{RouteEntry, RouteError, RoutePriority, RouteTarget, Routes, TargetKey};
