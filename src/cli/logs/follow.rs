//! `qd logs --follow`: prints what is added to transcripts, until interrupted. The operating system reports each
//! change.

use super::source::{End, Source, Wanted};
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use crate::report::output::Output;
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use std::io::Write;
use std::sync::mpsc::{self, Receiver};

/// Prints the lines that are added to the transcripts of all agents, in the order in which they are added.
pub(super) fn follow(sources: &mut [Source], wanted: &Wanted, out: &mut Output) -> Result<Exit, Failure> {
    let (_watcher, changes) = watch(sources)?;
    loop {
        for source in sources.iter_mut() {
            source.lines(wanted, End::Open, &mut |line| {
                out.line(line)?;
                Ok(true)
            })?;
        }
        out.flush()?;
        changes.recv().map_err(|error| failed(&error))?;
    }
}

/// Prints the bytes that are added to a transcript.
pub(super) fn follow_raw(source: &mut Source, out: &mut Output) -> Result<Exit, Failure> {
    let (_watcher, changes) = watch(std::slice::from_ref(source))?;
    loop {
        source.raw(&mut |bytes| out.write_all(bytes))?;
        out.flush()?;
        changes.recv().map_err(|error| failed(&error))?;
    }
}

/// Sends a notice when something was added to any of the transcripts. One notice in the channel is enough: its receiver
/// reads everything that was added.
fn watch(sources: &[Source]) -> Result<(RecommendedWatcher, Receiver<()>), Failure> {
    let (changed, changes) = mpsc::sync_channel(1);
    // Opening the files ourselves must not send a notice.
    let tell = move |event: notify::Result<notify::Event>| {
        if !event.is_ok_and(|event| event.kind.is_access()) {
            _ = changed.try_send(());
        }
    };
    let mut watcher = notify::recommended_watcher(tell).map_err(|error| failed(&error))?;
    for source in sources {
        watcher.watch(source.directory(), RecursiveMode::NonRecursive).map_err(|error| failed(&error))?;
    }
    Ok((watcher, changes))
}

fn failed(error: &dyn std::error::Error) -> Failure {
    Failure::new(Exit::Failed, "cannot follow the transcript").because(error)
}
