//! `qd down`: ends every agent, then the supervisor.

use super::Context;
use crate::api::condition::is_going;
use crate::api::events::{EventQuery, EventRecord, Severity};
use crate::api::system::ShutdownRequest;
use crate::client::{Client, ClientError, Followed, ensure};
use crate::report::exit::Exit;
use crate::report::facts::{Ended, line};
use crate::report::failure::Failure;
use crate::report::progress::Progress;
use clap::Args;
use std::time::{Duration, Instant};

/// What `qd down` takes.
#[derive(Args, Debug)]
pub struct Down {
    /// SIGKILL every agent at once, without its stop keys, stop signal and grace
    #[arg(long)]
    kill: bool,
    /// Return as soon as the request is accepted, rather than when all is down
    #[arg(long)]
    no_wait: bool,
}

impl Down {
    /// Runs the verb and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let place = context.place()?;
        let client = match Client::connect(&place).await {
            // Its agents may live on; a new supervisor adopts them, so that they are ended too. A hello that breaks off
            // is said again before one is started.
            Err(ClientError::Stale { .. } | ClientError::Broken { .. }) => {
                ensure(&place, &context.background()?).await?.0
            }
            connected => connected?,
        };
        let since = client.hello().newest_seq;
        let begun = Instant::now();
        // Only for the bar: whoever does not answer here is ended all the same.
        let agents = client.agents().await.map_or(0, |agents| agents.iter().filter(|agent| is_going(agent)).count());
        client.shutdown(ShutdownRequest { kill: self.kill }).await?;
        if self.no_wait {
            context.out.line(format!("ending fleet {}", client.hello().fleet))?;
            return Ok(Exit::Ok);
        }
        let sum = tell(context, &client, since, Progress::of("stopping", agents)).await?;
        client.gone().await;
        context.out.line(format!("fleet {} is down: {}", client.hello().fleet, sum.words(begun.elapsed())))?;
        Ok(Exit::Ok)
    }
}

/// What ended, and what it took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sum {
    /// Runs that ended.
    ended: u32,
    /// Processes that needed SIGKILL.
    killed: u64,
}

impl Sum {
    /// `83 ended, 0 killed, 0.4 s`.
    fn words(self, took: Duration) -> String {
        let Sum { ended, killed } = self;
        match ended {
            0 => "nothing ran".to_owned(),
            _ => format!("{ended} ended, {killed} killed, {:.1} s", took.as_secs_f64()),
        }
    }
}

/// Prints a line for each agent that ends, and what is wrong, until the supervisor ends the stream with itself.
async fn tell(context: &mut Context, client: &Client, since_seq: u64, mut progress: Progress) -> Result<Sum, Failure> {
    let filters = EventQuery { since_seq: Some(since_seq), severity: Some(Severity::Info), ..EventQuery::default() };
    let mut sum = Sum::default();
    let mut facts = match client.follow(&filters).await {
        Ok(facts) => facts,
        // It had nothing to end and is gone already.
        Err(error) if error.is_absent() || matches!(error, ClientError::Broken { .. }) => return Ok(sum),
        Err(error) => return Err(error.into()),
    };
    while let Some(heard) = facts.next().await? {
        let Followed::Fact(fact) = heard else { continue };
        if let Some(ended) = Ended::of(&fact) {
            sum = Sum { ended: sum.ended + 1, killed: sum.killed + ended.killed };
            progress.done(fact.agent.clone().unwrap_or_default());
        }
        if is_told(&fact) {
            let text = line(&fact, context.out.colors());
            progress.line(&mut context.out, &text)?;
        }
        progress.draw(&mut context.out)?;
    }
    progress.clear(&mut context.out)?;
    Ok(sum)
}

/// One line for each agent, and all that is wrong.
fn is_told(fact: &EventRecord) -> bool {
    fact.kind == "agent.ended" || fact.severity >= Severity::Warning
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_is_one_line() {
        assert_eq!(Sum { ended: 83, killed: 2 }.words(Duration::from_millis(412)), "83 ended, 2 killed, 0.4 s");
        assert_eq!(Sum::default().words(Duration::ZERO), "nothing ran");
    }
}
