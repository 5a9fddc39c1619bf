//! The scenario table of the task machine: every host that drives the machine must give the same.

mod act;
mod run;
mod scenario;
mod script;
mod table;

pub use act::{Act, Deed, When, path_of};
pub use run::Run;
pub use scenario::{START, Scenario, TASK, WORKSPACE, submission};
pub use script::{
    Call, Held, Reply, Row, Script, agent, content, draft, puts, reads, refused, scores, sends, target_of,
};
pub use table::all;
