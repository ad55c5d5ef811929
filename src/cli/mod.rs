//! The command line: one file per verb, and what they share.
//!
//! A verb takes its words apart with clap, talks to the supervisor through [`crate::client`], prints its result to
//! standard output (aligned for people, `--json` for programs) and its errors to standard error, and ends with a
//! code of [`Exit`]. Verbs that change something return when it is done, unless told not to wait.
//!
//! What verbs share: [`names`] (which agents), [`act`] (ask and wait), and how they speak: [`crate::report`].

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
/// Without a verb it opens the dashboard on the fleet of the nearest agents.toml; without a terminal on standard
/// output the fleet runs to its end, as with `qd run --headless`.
#[derive(Parser, Debug)]
#[command(name = "qd", version, after_help = usage::after_help())]
pub struct CommandLine {
    /// The fleet's agents.toml, or the directory that holds it [default: in a fleet's workspace that fleet's; else the
    /// nearest one, here or above]
    #[arg(short, long, value_name = "PATH", global = true)]
    config: Option<PathBuf>,
    /// A supervisor that this starts logs every event and its effects, in .quarterdeck/supervisor.log
    #[arg(short, long, global = true)]
    verbose: bool,
    /// When output is coloured; `auto` heeds NO_COLOR and CLICOLOR_FORCE
    #[arg(long, value_name = "WHEN", global = true, default_value = "auto")]
    color: When,
    #[command(subcommand)]
    verb: Option<Verb>,
}

/// What can be asked for.
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
    /// Prints a line per fact, then what came of each agent, or of each task of the plan. Ends with 0 when every agent
    /// that ran has completed, and with 5 when one has failed; with a plan, with 0 when every task is done, and verified
    /// where it says how, and else with 6 or 7. With a plan, a summary in Markdown is appended to the file that
    /// $GITHUB_STEP_SUMMARY names. Never asks anything, and leaves nothing running, however it ends.
    Run(run::Run),
    /// List the agents
    #[command(aliases = ["ls", "list", "status"])]
    Ps(ps::Ps),
    /// Add an agent that is not in agents.toml, and start it
    ///
    /// For example: qd spawn review --workspace worktree -- claude 'Review the last commit.'
    Spawn(spawn::Spawn),
    /// Let an agent that was started elsewhere take part: this shell, and all that it starts
    ///
    /// It holds locks, claims tasks and reads messages under this name, and is listed as joined. Nobody stops or restarts
    /// it. For example, before the agent program is started in the same shell: qd join helper --capability rust
    Join(join::Join),
    /// End the part of an agent that joined; its processes go on
    Leave(leave::Leave),
    /// Start agents
    Start(start::Start),
    /// Ask agents to end; asked again, the grace is skipped
    ///
    /// Types the configured stop keys, then sends the stop signal, then waits for the grace, then sends SIGKILL to all
    /// that is left of the process tree. Returns when nothing is.
    Stop(stop::Stop),
    /// Stop agents and start them anew, newly configured
    Restart(restart::Restart),
    /// Freeze agents, with all their processes
    ///
    /// Their timers and restart windows stand still meanwhile. `qd resume` lets them go on.
    Pause(pause::Pause),
    /// Let paused agents go on
    Resume(resume::Resume),
    /// Put agents' questions off: they stand, and call nobody for a while
    ///
    /// Another question calls at once.
    Snooze(snooze::Snooze),
    /// SIGKILL agents, with all their processes, without asking them to end
    Kill(kill::Kill),
    /// Show an agent's terminal here and type into it; Ctrl-] gets out
    Attach(attach::Attach),
    /// Send text and keys to an agent's terminal
    ///
    /// For example: qd send claude 'Fix the failing test.' --key enter
    Send(send::Send),
    /// Print what an agent's terminal shows
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
    /// Of any length, page by page. In the table a cell that a spreadsheet would take for a formula begins with an
    /// apostrophe. For example: qd export --since 1d -o history.csv
    Export(export::Export),
    /// Print what the fleet counts, for Prometheus
    Metrics(metrics::Metrics),
    /// Send messages to agents, and read one's own
    ///
    /// For example: qd msg send builder 'The parser is done.'
    Msg(msg::Msg),
    /// Set and read small values that all agents see
    ///
    /// For example: qd state set progress 40
    State(state::State),
    /// Synchronise scopes in the order of what they depend on
    ///
    /// For example: qd sync start app --needs lexer,parser --wait 10m
    Sync(sync::Sync),
    /// List the tool calls of agents that are known, over `qd mcp` or by their hooks, with their times; report them
    Tool(tool::Tool),
    /// Add tasks, hand them out, and follow them
    ///
    /// For example: qd task add 'Fix the lexer.' --verify 'cargo test lexer'
    Task(task::Task),
    /// Commit what agents have left uncommitted in their worktrees to their branches
    ///
    /// All that is changed or new and not ignored, with the agent as the author. No hook of git's runs; what others hold
    /// under `enforce = "deny"` is refused. Works without a supervisor. Ends with 4 when it is refused: nothing to commit,
    /// a merge under way, another branch, a shared workspace. For example: qd commit claude -m 'Fix the parser.'
    Commit(commit::Commit),
    /// Say why an agent is as it is
    Explain(explain::Explain),
    /// Say how the supervisor is; each check is executed for the answer
    Health(health::Health),
    /// Check, start, show and end plans: DAGs of tasks
    #[command(subcommand)]
    Plan(plan::PlanVerb),
    /// Wait until agents are ready, idle, completed, …
    ///
    /// Ends with 5 when one of them has ended and will not get there by itself.
    Wait(wait::Wait),
    /// Forget agents that do not run; their workspaces stay unless told otherwise
    #[command(alias = "rm")]
    Remove(remove::Remove),
    /// Remove the workspaces and branches that nobody needs and by which nothing is lost; says why the others stay
    ///
    /// Works without a supervisor. What runs, and what tasks under way work in, is not touched. An agent whose workspace is
    /// gone gets a new one at its next start.
    Clean(clean::Clean),
    /// Write an agents.toml for this directory, naming the agent programs that are installed
    Init(init::Init),
    /// Check what a fleet needs from this machine
    Doctor(doctor::Doctor),
    /// Take, give back and see locks: who may touch which paths and resources
    Lock(lock::Lock),
    /// Check agents.toml, and the fleet if it runs
    Check(check::Check),
    /// Print the JSON Schema of agents.toml
    Schema(schema::Schema),
    /// Run a demo agent here; what the shipped agents.toml starts
    #[command(hide = true)]
    Demo(demo::Demo),
    /// Serve the fleet's verbs to an agent program, as tools of the Model Context Protocol on standard input and output
    ///
    /// The program must run in an agent of the fleet, or hand on the QD_RUN_PROOF of one.
    Mcp(mcp::Mcp),
    /// Print a script that completes qd's words in your shell
    Completions(completions::Completions),
    /// Print the manual page, or write those of all verbs
    Man(man::Man),
    /// Print which version this is, as --version does
    #[command(hide = true)]
    Version,
}

/// Runs one command line; everything is printed when it returns.
pub fn main(words: Vec<OsString>) -> Exit {
    When::asked(&words).set();
    // A shell asks what can be typed next.
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
            // Help and version are no errors and go to standard output; a reader that went away is none either.
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

/// A client waits more than it computes, so one thread is enough, and starts faster than several.
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
    // A thread that still reads standard input must not keep us from ending.
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
        Verb::Demo(verb) => verb.run(context).await,
        Verb::Mcp(verb) => verb.run(context).await,
        Verb::Completions(verb) => verb.run(context),
        Verb::Man(verb) => verb.run(context),
        Verb::Version => {
            context.out.line(format!("qd {}", env!("CARGO_PKG_VERSION")))?;
            Ok(Exit::Ok)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What people type from habit with other tools means what it means there.
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
