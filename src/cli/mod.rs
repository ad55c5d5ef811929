//! The command line: one file for each subcommand (verb), and what they share.
//!
//! A verb parses its arguments with clap, talks to the supervisor through [`crate::client`], prints its result to
//! standard output (aligned for people, `--json` for programs) and its errors to standard error, and ends with a code
//! of [`Exit`]. Verbs that change something return when it is done, unless told not to wait.
//!
//! Verbs share [`names`] (the choice of agents), [`act`] (request and wait), and the form of their output:
//! [`crate::report`].

pub mod act;
pub mod attach;
pub mod carrier;
pub mod check;
pub mod clean;
pub mod commit;
pub mod complete;
pub mod completions;
mod context;
pub mod dashboard;
pub mod demo;
pub mod doctor;
pub mod down;
pub mod events;
pub mod explain;
pub mod export;
pub mod health;
pub mod init;
pub mod join;
pub mod kill;
pub mod leave;
pub mod lock;
pub mod logs;
pub mod man;
pub mod mcp;
pub mod metrics;
pub mod msg;
pub mod names;
pub mod pause;
pub mod plan;
pub mod ps;
pub mod remove;
pub mod restart;
pub mod resume;
pub mod run;
pub mod schema;
pub mod screen;
pub mod send;
pub mod snooze;
pub mod spawn;
pub mod start;
pub mod state;
pub mod stop;
pub mod sync;
pub mod task;
pub mod tool;
pub mod up;
mod usage;
pub mod wait;

pub use context::Context;

use crate::client::ensure::Verbosity;
use crate::client::{Durable, with_durability};
use crate::report::color::When;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use crate::report::output::Output;
use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::CompleteEnv;
use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;

/// Commands a local fleet of coding agents: each in its own terminal, workspace and process tree.
///
/// Without a command, qd opens the dashboard on the fleet of the nearest agents.toml; if standard output is not a
/// terminal, it runs the fleet to its end, as `qd run --headless` does.
#[derive(Parser, Debug)]
#[command(name = "qd", version, after_help = usage::after_help())]
pub struct CommandLine {
    /// The fleet's agents.toml, or the directory that contains it [default: in a fleet's workspace, the file of that
    /// fleet; else the nearest one, in this directory or above]
    #[arg(short, long, value_name = "PATH", global = true)]
    config: Option<PathBuf>,
    /// If this command starts a supervisor, let it log every event and its effects, in .quarterdeck/supervisor.log
    #[arg(short, long, global = true)]
    verbose: bool,
    /// When to use colours; `auto` follows NO_COLOR and CLICOLOR_FORCE
    #[arg(long, value_name = "WHEN", global = true, default_value = "auto")]
    color: When,
    #[command(subcommand)]
    verb: Option<Verb>,
}

/// The subcommands of `qd`.
#[derive(Subcommand, Debug)]
pub enum Verb {
    /// Start the fleet in the background
    ///
    /// Returns when the supervisor answers. If the fleet runs already, this says so and changes nothing. Agents that
    /// outlived an earlier supervisor are adopted.
    Up(up::Up),
    /// End every agent, then the supervisor
    Down(down::Down),
    /// Run the fleet, or a plan, to its end without a screen, for continuous integration
    ///
    /// Prints one line per fact, then the result of each agent, or of each task of the plan. Without a plan it ends
    /// with 0 when every agent that ran has completed, and with 5 when one has failed. With a plan it ends with 0 when
    /// every task is done (and verified, where it has a verification), and otherwise with 6 or 7. With a plan, a
    /// summary in Markdown is appended to the file that $GITHUB_STEP_SUMMARY names. It never asks anything, and no
    /// process remains, however it ends.
    Run(run::Run),
    /// List the agents of the fleet
    #[command(aliases = ["ls", "list", "status"])]
    Ps(ps::Ps),
    /// Add an agent that is not in agents.toml, and start it
    ///
    /// For example: qd spawn review --workspace worktree -- claude 'Review the last commit.'
    Spawn(spawn::Spawn),
    /// Add an agent that was started outside the fleet: this shell, and everything that it starts
    ///
    /// The agent holds locks, claims tasks and reads messages under this name, and is listed as joined. It cannot be
    /// stopped or restarted. For example, before the agent program is started in the same shell: qd join helper
    /// --capability rust
    Join(join::Join),
    /// Remove an agent that joined from the fleet; its processes continue
    Leave(leave::Leave),
    /// Start agents of the fleet
    Start(start::Start),
    /// Ask agents to end; a second request skips the grace period
    ///
    /// Types the configured stop keys, then sends the stop signal, then waits for the grace period, then sends SIGKILL
    /// to all processes of the tree that remain. Returns when no process remains.
    Stop(stop::Stop),
    /// Stop agents, then start them with the newest configuration
    Restart(restart::Restart),
    /// Freeze agents, with all their processes
    ///
    /// The agents' timers and restart windows are suspended in the meantime. `qd resume` lets the agents continue.
    Pause(pause::Pause),
    /// Let paused agents continue
    Resume(resume::Resume),
    /// Snooze agents' questions: they remain open, but notify nobody for a while
    ///
    /// A new question notifies a person at once.
    Snooze(snooze::Snooze),
    /// Kill agents with SIGKILL, with all their processes, without asking them to end
    Kill(kill::Kill),
    /// Show an agent's terminal here and type into it; Ctrl-] leaves
    Attach(attach::Attach),
    /// Send text and keys to an agent's terminal
    ///
    /// For example: qd send claude 'Fix the failing test.' --key enter
    Send(send::Send),
    /// Print the screen of an agent's terminal
    Screen(screen::Screen),
    /// Print what agents have written; works without a supervisor
    #[command(alias = "log")]
    Logs(logs::Logs),
    /// Print the fleet's history, and follow it
    ///
    /// For example: qd events --agent claude --since 1h --severity warning
    Events(events::Events),
    /// Write the fleet's history as a table or as lines of JSON
    ///
    /// The history may have any length, since it is read page by page. In the table, a cell that a spreadsheet would
    /// treat as a formula begins with an apostrophe. For example: qd export --since 1d -o history.csv
    Export(export::Export),
    /// Print the metrics of the fleet, for Prometheus
    Metrics(metrics::Metrics),
    /// Send messages to agents, and read your own
    ///
    /// For example: qd msg send builder 'The parser is done.'
    Msg(msg::Msg),
    /// Set and read small values that all agents see
    ///
    /// For example: qd state set progress 40
    State(state::State),
    /// Synchronise scopes in the order of their dependencies
    ///
    /// For example: qd sync start app --needs lexer,parser --wait 10m
    Sync(sync::Sync),
    /// List the known tool calls of agents with their times, or report a tool call
    Tool(tool::Tool),
    /// Add, assign and follow tasks
    ///
    /// For example: qd task add 'Fix the lexer.' --verify 'cargo test lexer'
    Task(task::Task),
    /// Commit the uncommitted work in agents' worktrees to their branches
    ///
    /// All files that are changed, or new and not ignored, are committed, with the agent as the author. No git hook
    /// runs; files that others hold under `enforce = "deny"` are refused. Works without a supervisor. Ends with 4 when
    /// the commit is refused: there is nothing to commit, a merge is in progress, another branch is checked out, or the
    /// workspace is shared. For example: qd commit claude -m 'Fix the parser.'
    Commit(commit::Commit),
    /// Explain why an agent is in its current state
    Explain(explain::Explain),
    /// Print the health of the supervisor; each check is executed for the answer
    Health(health::Health),
    /// Check, start, show and end plans: graphs of tasks
    #[command(subcommand)]
    Plan(plan::PlanVerb),
    /// Wait until agents are ready, idle, completed, …
    ///
    /// Ends with 5 when one of the agents has ended and will not reach the state by itself.
    Wait(wait::Wait),
    /// Remove agents that do not run from the fleet; their workspaces are kept unless told otherwise
    #[command(alias = "rm")]
    Remove(remove::Remove),
    /// Remove the workspaces and branches that nobody needs and whose removal loses nothing; say why the others are
    /// kept
    ///
    /// Works without a supervisor. Workspaces of agents that run, and of tasks in progress, are not changed. An agent
    /// whose workspace was removed gets a new one at its next start.
    Clean(clean::Clean),
    /// Write an agents.toml for this directory, naming the agent programs that are installed
    Init(init::Init),
    /// Check what a fleet needs from this machine
    Doctor(doctor::Doctor),
    /// Take, release and show locks: who may change which paths and resources
    Lock(lock::Lock),
    /// Check agents.toml, and the fleet if it runs
    Check(check::Check),
    /// Print the JSON Schema of agents.toml
    Schema(schema::Schema),
    /// Run a demo agent here, as the shipped agents.toml does
    #[command(hide = true)]
    Demo(demo::Demo),
    /// Serve the fleet to an agent program, as tools of the Model Context Protocol on standard input and output
    ///
    /// The program must run in an agent of the fleet, or send the QD_RUN_PROOF of such an agent.
    Mcp(mcp::Mcp),
    /// Print a script that completes qd's words in your shell
    Completions(completions::Completions),
    /// Print the manual page, or write the pages of all commands
    Man(man::Man),
    /// Print the version, as --version does
    #[command(hide = true)]
    Version,
}

/// Runs one command line, and returns its exit code once everything is printed.
pub fn main(words: Vec<OsString>) -> Exit {
    When::asked(&words).set();
    // If the shell asks for completions, they are printed here.
    match CompleteEnv::with_factory(CommandLine::command).var(complete::VARIABLE).try_complete(words.clone(), None) {
        Ok(false) => {}
        Ok(true) => return Exit::Ok,
        Err(error) => {
            let _ = error.print();
            return Exit::Failed;
        }
    }
    let command_line = match CommandLine::try_parse_from(words) {
        Ok(command_line) => command_line,
        Err(error) => {
            // Help and version are not errors, so they go to standard output; a reader that went away is not an error
            // either.
            let _ = usage::print(&error);
            return if error.use_stderr() { Exit::Usage } else { Exit::Ok };
        }
    };
    command_line.color.set();
    let verbosity = if command_line.verbose { Verbosity::Debug } else { Verbosity::Usual };
    let mut context = Context { config: command_line.config, verbosity, out: Output::stdout() };
    match in_runtime(command_line.verb, &mut context) {
        Ok(exit) => exit,
        Err(failure) => {
            failure.report();
            failure.exit
        }
    }
}

/// Runs a verb in an asynchronous runtime. One thread is enough, since a client mostly waits, and starts faster than
/// several.
fn in_runtime(verb: Option<Verb>, context: &mut Context) -> Result<Exit, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Exit::Failed, "cannot start").because(error))?;
    let (result, durable) = runtime.block_on(with_durability(perform(verb, context)));
    if durable == Durable::No {
        let warning = "qd: the fleet's journal can't be written: what was asked is lost if its supervisor ends\n  hint: qd health";
        let _nobody_reads = writeln!(std::io::stderr().lock(), "{warning}");
    }
    // A thread that still reads standard input must not prevent this process from ending.
    runtime.shutdown_background();
    match (result, durable) {
        (Ok(Exit::Ok), Durable::No) => Ok(Exit::InMemory),
        (result, _) => result,
    }
}

async fn perform(verb: Option<Verb>, context: &mut Context) -> Result<Exit, Failure> {
    let Some(verb) = verb else { return dashboard::run(context).await };
    match verb {
        Verb::Up(verb) => verb.run(context).await,
        Verb::Down(verb) => verb.run(context).await,
        Verb::Run(verb) => verb.run(context).await,
        Verb::Ps(verb) => verb.run(context).await,
        Verb::Spawn(verb) => verb.run(context).await,
        Verb::Join(verb) => verb.run(context).await,
        Verb::Leave(verb) => verb.run(context).await,
        Verb::Tool(verb) => verb.run(context).await,
        Verb::Start(verb) => verb.run(context).await,
        Verb::Stop(verb) => verb.run(context).await,
        Verb::Restart(verb) => verb.run(context).await,
        Verb::Pause(verb) => verb.run(context).await,
        Verb::Resume(verb) => verb.run(context).await,
        Verb::Snooze(verb) => verb.run(context).await,
        Verb::Kill(verb) => verb.run(context).await,
        Verb::Attach(verb) => verb.run(context).await,
        Verb::Send(verb) => verb.run(context).await,
        Verb::Screen(verb) => verb.run(context).await,
        Verb::Logs(verb) => verb.run(context),
        Verb::Events(verb) => verb.run(context).await,
        Verb::Export(verb) => verb.run(context).await,
        Verb::Metrics(verb) => verb.run(context).await,
        Verb::Msg(verb) => verb.run(context).await,
        Verb::State(verb) => verb.run(context).await,
        Verb::Sync(verb) => verb.run(context).await,
        Verb::Task(verb) => verb.run(context).await,
        Verb::Commit(verb) => verb.run(context).await,
        Verb::Explain(verb) => verb.run(context).await,
        Verb::Health(verb) => verb.run(context).await,
        Verb::Plan(verb) => verb.run(context).await,
        Verb::Wait(verb) => verb.run(context).await,
        Verb::Remove(verb) => verb.run(context).await,
        Verb::Clean(verb) => verb.run(context).await,
        Verb::Lock(verb) => verb.run(context).await,
        Verb::Init(verb) => verb.run(context),
        Verb::Doctor(verb) => verb.run(context),
        Verb::Check(verb) => verb.run(context).await,
        Verb::Schema(verb) => verb.run(context),
        Verb::Demo(verb) => verb.run(context),
        Verb::Mcp(verb) => verb.run(context).await,
        Verb::Completions(verb) => verb.run(context),
        Verb::Man(verb) => verb.run(CommandLine::command(), context),
        Verb::Version => {
            context.out.line(format!("qd {}", env!("CARGO_PKG_VERSION")))?;
            Ok(Exit::Ok)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names of subcommands that are common in other tools mean the same here.
    #[test]
    fn words_of_habit_are_understood() {
        let read = |words: &[&str]| CommandLine::try_parse_from([&["qd"], words].concat());
        let verb = |word: &str| read(&[word]).ok().and_then(|line| line.verb);
        assert!(["ls", "list", "status"].iter().all(|word| matches!(verb(word), Some(Verb::Ps(_)))));
        assert!(matches!(verb("version"), Some(Verb::Version)));
        assert!(matches!(read(&["rm", "a"]).map(|line| line.verb), Ok(Some(Verb::Remove(_)))));
        assert!(matches!(read(&["log", "a"]).map(|line| line.verb), Ok(Some(Verb::Logs(_)))));
        for words in [&["help"][..], &["help", "stop"], &["help", "task", "add"], &["task", "help", "add"]] {
            let shown = read(words).expect_err("help is no verb");
            assert_eq!(shown.kind(), clap::error::ErrorKind::DisplayHelp, "{words:?}: {shown}");
        }
        let shown = CommandLine::command().render_help().to_string();
        assert!(!shown.contains("\n  ls") && !shown.contains("\n  version"), "{shown}");
    }

    #[test]
    fn every_verb_is_well_formed() {
        CommandLine::command().debug_assert();
    }
}
