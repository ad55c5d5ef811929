//! End to end: real processes, real terminals, the real `qd`, one fleet per case.
//!
//! Each module is a theme and each test a case, named after what it shows. A case drives `qd` as a user does (verbs,
//! the dashboard in a terminal, HTTP on the socket), waits for facts, and at its end nothing of its fleet may be
//! left: no process, no socket, no worktree without a directory, no complaint of the supervisor
//! ([`harness::drop_check`]). What a case needs and the machine has not (root, `curl`, a mount) makes it say so on
//! standard error and end.

mod harness;

mod adoption;
mod api;
mod barred;
mod clean;
mod cli;
mod completion;
mod crash;
mod dashboard;
mod dashboard_tabs;
mod disk_full;
mod folder;
mod headless;
mod headless_plan;
mod hostile_input;
mod identity;
mod joined;
mod journal_lost;
mod lifecycle;
mod locks;
mod locks_enforced;
mod locks_run;
mod look;
mod mcp;
mod messages;
mod metrics;
mod order;
mod pause;
mod plans;
mod reload;
mod restart;
mod secrets;
mod shared_state;
mod spawned;
mod standing;
mod status;
mod stored;
mod supervisor;
mod tasks;
mod tasks_work;
mod tasks_work_crash;
mod tasks_work_merge;
mod tasks_work_typed;
mod tasks_work_verify;
mod terminal;
mod tools;
mod transparency;
mod tree;
mod work;
mod workspaces;
