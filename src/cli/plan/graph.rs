//! `qd plan graph`: draws a plan.

use super::super::Context;
use super::drawn::Drawn;
use super::meant::newest;
use super::{draw, validate};
use crate::api;
use crate::cli::complete;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use clap::{Args, ValueEnum};
use std::path::Path;

/// The command-line arguments of `qd plan graph`.
#[derive(Args, Debug)]
pub struct Graph {
    /// A plan's number or name, or a plan file [default: the newest plan; without a supervisor, that of `[plan]` in agents.toml]
    #[arg(add = complete::plans_and_files())]
    plan: Option<String>,
    /// The format of the drawing
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

/// The formats in which a plan is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Boxes and lines, or a list of layers when they do not fit
    Text,
    /// For Markdown viewers that draw Mermaid
    Mermaid,
    /// For the program Graphviz
    Dot,
}

impl Graph {
    /// Runs `qd plan graph` and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let drawn = self.drawn(context).await?;
        let lines = match self.format {
            Format::Text => {
                draw::text(&drawn, context.out.columns().unwrap_or(draw::COLUMNS_MAX), context.out.colors())
            }
            Format::Mermaid => draw::mermaid(&drawn),
            Format::Dot => draw::dot(&drawn),
        };
        lines.iter().try_for_each(|line| context.out.line(line))?;
        Ok(Exit::Ok)
    }

    async fn drawn(&self, context: &Context) -> Result<Drawn, Failure> {
        let file = self.plan.as_deref().map(Path::new).filter(|path| path.is_file());
        if file.is_some() {
            return of_file(context, file);
        }
        let client = match (context.client().await, &self.plan) {
            (Ok(client), _) => client,
            (Err(_), None) => return of_file(context, None),
            (Err(failure), Some(_)) => return Err(failure),
        };
        let plan = match &self.plan {
            Some(plan) => plan.clone(),
            None => newest(&client).await?,
        };
        Ok(Drawn::of_plan(&client.call(&api::plans::GET_PLAN, &[&plan], &()).await?))
    }
}

fn of_file(context: &Context, file: Option<&Path>) -> Result<Drawn, Failure> {
    let fleet = validate::fleet(context)?;
    let read = validate::read(file, &fleet)?;
    let spec = read.map_err(|errors| Failure::configuration(&errors.to_string()))?;
    Ok(Drawn::of_spec(&spec))
}
