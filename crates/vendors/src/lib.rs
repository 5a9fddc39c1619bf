//! A local server that speaks the wire of each model vendor over a real socket, checks requests as strictly as the
//! vendor does, keeps a ledger of what was asked and charged, and fails in whatever way a test wants. It knows nothing
//! of Divisi's own rooms, so that it cannot share a mistake with them, and no product code ever uses it.

mod answer;
mod ask;
mod behaviour;
mod brain;
mod fault;
mod ledger;
mod limiter;
mod server;
mod time;
mod wire;

pub use answer::{Answer, Call, Finish, Usage};
pub use behaviour::Behaviour;
pub use fault::{Ending, Fault, FaultRule, Place, Refusal, Wait, When};
pub use ledger::{Book, Ended, Entry, Ledger, fingerprint};
pub use server::Server;
pub use wire::Vendor;
