//! `qd commit`: commits the uncommitted work of agents to their branches. It works without a supervisor.

use super::Context;
use super::names::{By, Names, Picked, pick};
use crate::api;
use crate::api::work::{CommitDone, CommitRequest};
use crate::client::{Client, ClientError};
use crate::config::{self, AgentConfig};
use crate::place::Place;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use crate::report::output::clean;
use crate::workspace::{CommitError, CommitOrder, Request, Workspaces};
use clap::Args;

/// The command-line arguments of `qd commit`.
#[derive(Args, Debug)]
pub struct Commit {
    #[command(flatten)]
    names: Names,
    /// The commit message [default: the first line of the agent's task, else its terminal's title]
    #[arg(short, long, value_name = "TEXT")]
    message: Option<String>,
    /// Print a JSON object for each commit
    #[arg(long)]
    json: bool,
}

impl Commit {
    /// Runs `qd commit` and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let place = context.place()?;
        let mut told = Told::new(self.json);
        match Client::connect(&place).await {
            Ok(client) => self.ask(&client, context, &mut told).await?,
            Err(ClientError::NotRunning { .. } | ClientError::Stale { .. }) => {
                self.alone(&place, context, &mut told)?
            }
            Err(error) => return Err(error.into()),
        }
        told.end(context)
    }

    async fn ask(self, client: &Client, context: &mut Context, told: &mut Told) -> Result<(), Failure> {
        let agents = client.agents().await?;
        // If agents are not named exactly, the choice depends on which of them have uncommitted files.
        let named = |name: &String| agents.iter().any(|agent| agent.name == *name);
        let agents = match !self.names.names.is_empty() && self.names.names.iter().all(named) {
            true => agents,
            false => client.agents_and_their_work().await?,
        };
        let request = CommitRequest { message: self.message };
        for agent in self.names.choose(agents, |agent| agent.files_uncommitted() > 0)? {
            match client.call(&api::work::COMMIT_AGENT_WORK, &[&agent.name], &request).await {
                Ok(done) => told.done(&done, context)?,
                Err(error @ ClientError::Problem(_)) => told.exit = context.complain(error.into()),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Commits without a supervisor. Then nobody holds a lock, and the agents are known from agents.toml only.
    fn alone(self, place: &Place, context: &mut Context, told: &mut Told) -> Result<(), Failure> {
        let file = config::load(&place.config_path).map_err(|errors| Failure::configuration(&errors.to_string()))?;
        let workspaces = Workspaces::of(&file);
        if !self.names.state.is_empty() {
            let failure = Failure::new(Exit::NotRunning, "no supervisor runs, so no agent is in any state");
            return Err(failure.hint("give names or --all, or start the fleet: `qd up`"));
        }
        let known: Vec<String> = file.agents.iter().map(|agent| agent.name.clone()).collect();
        let picked = match self.names.all {
            true => (0..known.len()).map(|at| Picked { at, by: By::Many }).collect(),
            false => pick(&self.names.names, &known)?,
        };
        for Picked { at, by } in picked {
            let (agent, name) = (&file.agents[at], &known[at]);
            match commit_alone(&workspaces, agent, self.message.clone()) {
                Ok(done) => told.done(&done, context)?,
                Err(CommitError::Nothing | CommitError::NoWorktree(_)) if by == By::Many => {}
                Err(error) => {
                    let exit = if error.is_refusal() { Exit::Refused } else { Exit::Failed };
                    let failure = Failure::new(exit, format!("the work of `{name}` was not committed")).because(&error);
                    let hint = error.hint(&workspaces.path_of(name));
                    told.exit = context.complain(hint.into_iter().fold(failure, Failure::hint));
                }
            }
        }
        Ok(())
    }
}

fn commit_alone(
    workspaces: &Workspaces,
    agent: &AgentConfig,
    message: Option<String>,
) -> Result<CommitDone, CommitError> {
    let order = CommitOrder::of(agent, message);
    let committed = workspaces.commit(&Request::from(agent), &order, |_| Ok(()))?;
    Ok(CommitDone {
        agent: agent.name.clone(),
        commit: committed.commit,
        branch: committed.branch,
        files: u32::try_from(committed.files.len()).unwrap_or(u32::MAX),
        subject: order.subject().to_owned(),
        nested: committed.nested.iter().map(|path| path.display().to_string()).collect(),
        while_working: false,
        warnings: Vec::new(),
    })
}

/// The results that were printed so far.
struct Told {
    json: bool,
    count: u32,
    exit: Exit,
    branches: Vec<String>,
}

impl Told {
    fn new(json: bool) -> Told {
        Told { json, count: 0, exit: Exit::Ok, branches: Vec::new() }
    }

    fn done(&mut self, done: &CommitDone, context: &mut Context) -> Result<(), Failure> {
        self.count += 1;
        self.branches.push(done.branch.clone());
        if self.json {
            return Ok(context.out.json_line(done)?);
        }
        context.out.line(clean(&format!("{}: {}", done.agent, done.words())))?;
        for path in &done.nested {
            eprintln!("warning: {} is a nested git repository; nothing in it is committed", clean(path));
        }
        for warning in &done.warnings {
            eprintln!("warning: this commit changes files that others hold: {}", clean(warning));
        }
        if done.while_working {
            eprintln!(
                "warning: {} was working during the commit; what it writes from now on is not in this commit",
                done.agent
            );
        }
        Ok(())
    }

    /// Prints a hint, and returns the exit code.
    fn end(self, context: &mut Context) -> Result<Exit, Failure> {
        if self.json {
            return Ok(self.exit);
        }
        if self.count == 0 && self.exit == Exit::Ok {
            context.out.line("nothing to do")?;
        }
        self.branches.iter().try_for_each(|branch| context.out.line(format!("hint: git merge {branch}")))?;
        Ok(self.exit)
    }
}
