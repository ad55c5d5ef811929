//! The identifiers that the core uses. Each is a number that is cheap to copy and never reused within a journal.

use core::fmt;
use serde::{Deserialize, Serialize};

/// Identifies an agent; the number stays the same as long as the fleet knows the agent's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AgentId(pub u32);

/// Identifies a run: one execution of an agent, with one keeper, one terminal and one process tree. Printed as `r17`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RunId(pub u64);

/// Identifies the client connection that an answer goes to. The core only carries it; the shell owns the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ReplyId(pub u64);

/// Identifies a lease: a lock that is held. Printed as `l7`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LeaseId(pub u64);

/// Identifies a request for a lock that must wait. Printed as `q7`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RequestId(pub u64);

/// The fencing token of a lease: larger than the token of every earlier lease.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Token(pub u64);

/// Identifies a task. Printed as `t12`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TaskId(pub u64);

/// Identifies the request of a run that waits for a task. Printed as `c4`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ClaimId(pub u64);

/// Identifies a plan that was started: a DAG of tasks. Printed as `p3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PlanId(pub u64);

/// Identifies a message to one recipient. Printed as `m9`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MessageId(pub u64);

/// Implements `Display` for each identifier: a letter and its number.
macro_rules! printed {
    ($($id:ident $letter:literal),*) => {$(
        impl fmt::Display for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($letter, "{}"), self.0)
            }
        }
    )*};
}

printed!(AgentId "a", RunId "r", LeaseId "l", RequestId "q", TaskId "t", ClaimId "c", PlanId "p", MessageId "m");
