//! `[agents.NAME]`: an agent, or a group of equal agents.
//!
//! | file | about |
//! |---|---|
//! | `settings` | every key, its default, and the settings and the policy that result from the keys |
//! | `check` | what no single key can tell about one agent |
//! | `all` | what no single agent can tell: number, names, order |
//! | `program`, `environment`, `inherited`, `ready`, `tasks` | the settings with rules of their own |

mod all;
mod check;
mod environment;
mod inherited;
mod program;
mod ready;
mod settings;
mod tasks;

pub(super) use all::{capabilities, check_all, expanded};
pub(super) use check::check;
pub use environment::Environment;
pub use program::Program;
pub use ready::Ready;
pub use settings::{AgentConfig, Limits, Stop};
pub(super) use settings::{AgentTable, settings};
pub use tasks::{AgentTasks, Delivery, DoneWhen};
