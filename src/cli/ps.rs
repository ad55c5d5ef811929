//! `qd ps`: every agent, one line each.

use super::Context;
use super::condition::Condition;
use super::names::Names;
use crate::api::agents::{Agent, Attention, ConfigState};
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use crate::report::output::{Cell, Tone};
use crate::report::time::now_ms;
use crate::tui::age;
use clap::Args;

/// What `qd ps` takes.
#[derive(Args, Debug)]
pub struct Ps {
    /// Only these agents: names, patterns ('claude-*'), groups [default: all]
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Only agents in this state; with several, in one of them
    #[arg(long, value_enum, value_name = "STATE", value_delimiter = ',')]
    state: Vec<Condition>,
    /// Print an array of objects, one per agent
    #[arg(long)]
    json: bool,
}

impl Ps {
    /// Does it.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let client = context.client().await?;
        let names = Names { all: self.names.is_empty(), names: self.names, state: self.state };
        let agents = names.choose(client.agents().await?, |_| true)?;
        if self.json {
            context.out.json(&agents)?;
            return Ok(Exit::Ok);
        }
        client.hello().banners.iter().for_each(|banner| eprintln!("warning: {banner}"));
        context.out.table(&rows(&agents, now_ms()))?;
        Ok(Exit::Ok)
    }
}

/// The table, its heading first.
pub fn rows(agents: &[Agent], now_ms: u64) -> Vec<Vec<Cell>> {
    let heading = ["NAME", "STATE", "SINCE", "PID", "CPU", "MEMORY", "BRANCH", "SUMMARY"];
    let heading = heading.iter().map(|name| Cell::new(Tone::Faint, name)).collect();
    std::iter::once(heading).chain(agents.iter().map(|agent| row(agent, now_ms))).collect()
}

fn row(agent: &Agent, now_ms: u64) -> Vec<Cell> {
    let tone = tone(agent.attention);
    let usage = agent.usage.as_ref();
    vec![
        Cell::plain(&agent.name),
        Cell::new(tone, word(&agent.state)),
        Cell::plain(age::text(agent.status_since_ms.max(agent.since_ms), now_ms)),
        Cell::plain(or_dash(agent.pid)),
        Cell::plain(or_dash(usage.map(|usage| format!("{:.0}%", usage.cpu_percent)))),
        Cell::plain(or_dash(usage.map(|usage| bytes(usage.memory_bytes)))),
        Cell::plain(or_dash(agent.branch.as_ref())),
        Cell::new(tone, format!("{}{}", agent.summary, mark(agent.config))),
    ]
}

/// What a person must do before what runs is what the file says.
fn mark(config: ConfigState) -> &'static str {
    match config {
        ConfigState::Current => "",
        ConfigState::Changed => " (changed: restart to apply)",
        ConfigState::Removed => " (no longer in agents.toml: stop to forget)",
    }
}

fn or_dash(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

/// How urgent an agent is, as a colour.
pub fn tone(attention: Attention) -> Tone {
    match attention {
        Attention::NeedsYou => Tone::Warning,
        Attention::Failed => Tone::Bad,
        Attention::FinishedUnseen | Attention::Working => Tone::Good,
        Attention::Paused => Tone::Notable,
        Attention::Quiet | Attention::Snoozed => Tone::Plain,
        Attention::Off => Tone::Faint,
    }
}

/// A value of the API as its JSON word: `gave_up`.
pub fn word(value: &impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

/// An amount of memory in at most four digits: `0 B`, `512 KiB`, `1.5 GiB`.
fn bytes(amount: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut scaled = amount as f64;
    let mut unit = 0;
    while scaled >= 1_000.0 && unit + 1 < UNITS.len() {
        scaled /= 1_024.0;
        unit += 1;
    }
    if unit == 0 || scaled >= 10.0 {
        format!("{scaled:.0} {}", UNITS[unit])
    } else {
        format!("{scaled:.1} {}", UNITS[unit])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_short() {
        let shown = [0, 999, 1_000, 1_536, 524_288, 1_610_612_736, u64::MAX].map(bytes);
        assert_eq!(shown, ["0 B", "999 B", "1.0 KiB", "1.5 KiB", "512 KiB", "1.5 GiB", "16777216 TiB"]);
    }
}
