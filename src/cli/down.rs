//! `qd down`: ends every agent, then the supervisor.

use super::Context;
use crate::amounts;
use crate::api::events::{EventQuery, EventRecord, Severity};
use crate::api::system::ShutdownRequest;
use crate::client::{Client, ClientError, Follow, Followed, ensure};
use crate::report::exit::Exit;
use crate::report::facts::line;
use crate::report::failure::Failure;
use crate::report::progress::Progress;
use clap::Args;
use std::time::{Duration, Instant};

/// The command-line arguments of `qd down`.
#[derive(Args, Debug)]
pub struct Down {
    /// Kill every agent at once with SIGKILL, without its stop keys, stop signal and grace period
    #[arg(long)]
    kill: bool,
    /// Return as soon as the request is accepted, rather than when everything has ended
    #[arg(long)]
    no_wait: bool,
}

impl Down {
    /// Runs `qd down` and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let place = context.place()?;
        let client = match Client::connect(&place).await {
            // The agents may be alive; a new supervisor adopts them, so that they are ended too. If the connection
            // broke during the first request, it is repeated before a supervisor is started.
            Err(ClientError::Stale { .. } | ClientError::Broken { .. }) => {
                ensure(&place, &context.background()?).await?.0
            }
            connected => connected?,
        };
        let since = client.hello().newest_seq;
        let begun = Instant::now();
        // The number is only for the progress bar: an agent that is not counted here is ended as well.
        let agents =
            client.agents().await.map_or(0, |agents| agents.iter().filter(|agent| agent.state.is_going()).count());
        if self.no_wait {
            client.shutdown(ShutdownRequest { kill: self.kill }).await?;
            context.out.line(format!("ending fleet {}", client.hello().fleet))?;
            return Ok(Exit::Ok);
        }
        // The stream is opened first: the whole fleet may have ended before the answer to the request.
        let filters = EventQuery { since_seq: Some(since), severity: Some(Severity::Info), ..EventQuery::default() };
        let facts = client.follow(&filters).await?;
        client.shutdown(ShutdownRequest { kill: self.kill }).await?;
        let sum = tell(context, facts, Progress::of("stopping", agents)).await?;
        client.gone().await;
        context.out.line(format!("fleet {} is down: {}", client.hello().fleet, sum.words(begun.elapsed())))?;
        Ok(Exit::Ok)
    }
}

/// The sums of a shutdown: what ended, and what needed SIGKILL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sum {
    /// The number of runs that ended.
    ended: u32,
    /// The number of processes that needed SIGKILL.
    killed: u32,
}

impl Sum {
    /// Returns the sums in words: `83 ended, 0 killed, 0.4 s`.
    fn words(self, took: Duration) -> String {
        let Sum { ended, killed } = self;
        match ended {
            0 => "nothing ran".to_owned(),
            _ => format!("{ended} ended, {killed} killed, {}", amounts::took(took)),
        }
    }
}

/// Prints a line for each agent that ends, and every warning, until the supervisor ends and the stream closes.
async fn tell(context: &mut Context, mut facts: Follow, mut progress: Progress) -> Result<Sum, Failure> {
    let mut sum = Sum::default();
    while let Some(heard) = facts.next().await? {
        let Followed::Fact(fact) = heard else { continue };
        if let Some(ended) = fact.ended() {
            sum = Sum { ended: sum.ended + 1, killed: sum.killed + ended.report.killed };
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

/// Whether a fact is printed: the end of an agent, or a warning.
fn is_told(fact: &EventRecord) -> bool {
    fact.ended().is_some() || fact.severity >= Severity::Warning
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
