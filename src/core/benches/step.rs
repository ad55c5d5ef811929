//! Measures how many events per second one core processes in `Fleet::step`, with 1,000 agents that live whole lives:
//! prepared, started, ready, a bell, a pause and a resume, a failure, a backoff, a restart, a stop, and another start.
//!
//! `cargo bench -p quarterdeck-core` prints one line. The goal: at least 500,000 events per second.

mod lives;

fn main() {
    let lived = lives::live();
    println!(
        "Fleet::step: {:.0} events/s ({} events, {} effects, {} agents, {:.2} s)",
        lived.rate(),
        lived.events,
        lived.effects,
        lives::AGENTS,
        lived.seconds
    );
}
