//! `qd logs --follow`: what is added to transcripts, until interrupted. The kernel says when something was.

use super::source::{End, Source, Wanted};
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use crate::report::output::Output;
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use std::io::Write;
use std::sync::mpsc::{self, Receiver};

/// Prints the lines that are added, of each agent as they come.
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

/// Prints the bytes that are added.
pub(super) fn follow_raw(source: &mut Source, out: &mut Output) -> Result<Exit, Failure> {
    let (_watcher, changes) = watch(std::slice::from_ref(source))?;
    loop {
        source.raw(&mut |bytes| out.write_all(bytes))?;
        out.flush()?;
        changes.recv().map_err(|error| failed(&error))?;
    }
}

/// A word comes when something was added to any of them. One in the channel is enough: whoever takes it out reads all
/// there is.
fn watch(sources: &[Source]) -> Result<(RecommendedWatcher, Receiver<()>), Failure> {
    let (changed, changes) = mpsc::sync_channel(1);
    // Our own opening of the files must not wake us.
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
