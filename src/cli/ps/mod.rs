//! `qd ps`: prints one line for each agent, in the order of the dashboard: agents that need a person come first.

mod table;
mod watch;

use super::Context;
use super::names::Names;
use crate::api::condition::Condition;
use crate::cli::complete;
use crate::clock::now_ms;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use clap::{Args, ValueEnum};
use table::{Columns, Sort};

/// The command-line arguments of `qd ps`.
#[derive(Args, Debug)]
pub struct Ps {
    /// Only these agents: names, patterns ('claude-*'), groups [default: all]
    #[arg(value_name = "NAME", add = complete::agents())]
    names: Vec<String>,
    /// Only agents in this state; with several states, agents in one of them
    #[arg(long, value_enum, value_name = "STATE", value_delimiter = ',')]
    state: Vec<Condition>,
    /// What to print for each agent
    #[arg(short, long, value_enum, value_name = "FORM", default_value_t = Form::Table)]
    output: Form,
    /// Same as -o json
    #[arg(long, conflicts_with = "output")]
    json: bool,
    /// Same as -o names
    #[arg(short, long, conflicts_with_all = ["output", "json"])]
    quiet: bool,
    /// The order of the agents [default: those that need a person first, as in the dashboard; with JSON, as in
    /// agents.toml]
    #[arg(long, value_enum, value_name = "KEY")]
    sort: Option<Sort>,
    /// Continue to show the table, and update it at every change, until Ctrl-C
    #[arg(short, long, conflicts_with_all = ["json", "quiet"])]
    watch: bool,
}

/// The forms in which agents are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// A table of the most important columns, 80 columns wide
    Table,
    /// A table that also has health, process, run, branch and command
    Wide,
    /// A JSON array of objects
    Json,
    /// The names of the agents
    Names,
}

impl Ps {
    /// Prints the agents and returns the exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let form = match (self.json, self.quiet) {
            (true, _) => Form::Json,
            (_, true) => Form::Names,
            _ => self.output,
        };
        let sort = self.sort.or((form != Form::Json).then_some(Sort::Attention));
        let names = Names { all: self.names.is_empty(), names: self.names, state: self.state };
        let columns = if form == Form::Wide { Columns::All } else { Columns::Few };
        let client = context.client().await?;
        if self.watch {
            if !matches!(form, Form::Table | Form::Wide) {
                return Err(Failure::new(Exit::Usage, "--watch shows a table; expected -o table or -o wide"));
            }
            let shown = watch::Shown { names, columns, sort: sort.unwrap_or(Sort::Attention) };
            return watch::run(context, &client, shown).await;
        }
        let agents = match form {
            Form::Names => client.agents().await?,
            _ => client.agents_and_their_usage().await?,
        };
        let mut agents = names.choose(agents, |_| true)?;
        if let Some(sort) = sort {
            sort.apply(&mut agents);
        }
        match form {
            Form::Json => context.out.json(&agents)?,
            Form::Names => agents.iter().try_for_each(|agent| context.out.line(&agent.name))?,
            Form::Table | Form::Wide => {
                client.hello().banners.iter().for_each(|banner| eprintln!("warning: {banner}"));
                context.out.table(&table::rows(&agents, columns, now_ms()))?;
            }
        }
        Ok(Exit::Ok)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::demo;

    fn sorted(sort: Sort) -> Vec<String> {
        let mut agents = demo::agents();
        agents.reverse();
        sort.apply(&mut agents);
        agents.into_iter().map(|agent| agent.name).collect()
    }

    #[test]
    fn the_order_is_the_dashboards_unless_another_is_asked_for() {
        let model = demo::model(80, 24);
        let shown: Vec<String> = model.roster.shown().map(|agent| agent.name.clone()).collect();
        assert_eq!(sorted(Sort::Attention), shown);
        let mut names = shown.clone();
        names.sort();
        assert_eq!(sorted(Sort::Name), names);
        let heaviest = demo::agents().into_iter().max_by_key(|agent| agent.usage.map(|usage| usage.memory_bytes));
        assert_eq!(sorted(Sort::Mem).first(), heaviest.map(|agent| agent.name).as_ref());
    }
}
