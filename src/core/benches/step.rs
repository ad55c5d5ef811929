//! How many events a second one core takes through `Fleet::step`, with 1,000 agents that live whole lives:
//! prepared, started, ready, a bell, a pause and a resume, a failure, a backoff, a restart, a stop, a start again.
//!
//! `cargo bench -p quarterdeck-core` prints one line. The contract: at least 500,000 events a second.

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
