//! `qd logs`: what an agent has written, from its transcript on disk. Needs no supervisor.

use super::Context;
use crate::place::Place;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use crate::report::output::Output;
use crate::term::plain::Plain;
use crate::transcript::{Reader, runs_of};
use clap::Args;
use notify::{RecursiveMode, Watcher};
use quarterdeck_core::ids::RunId;
use std::io::{self, Write};
use std::path::Path;
use std::sync::mpsc;

/// What `qd logs` takes.
#[derive(Args, Debug)]
pub struct Logs {
    /// The agent
    name: String,
    /// Then go on with what it writes
    #[arg(short, long)]
    follow: bool,
    /// This run, such as r17 [default: the newest]
    #[arg(long, value_name = "RUN", value_parser = parse_run)]
    run: Option<RunId>,
    /// Print the bytes as they were written, colours and cursor movements included
    #[arg(long)]
    raw: bool,
}

/// Bytes read at a time.
const PIECE_BYTES: usize = 64 * 1024;

/// A transcript's bytes from the oldest on, as far as they are there.
struct Pieces {
    reader: Reader,
    buffer: Vec<u8>,
}

impl Pieces {
    fn new(directory: &Path) -> Pieces {
        Pieces { reader: Reader::new(directory, 0), buffer: vec![0; PIECE_BYTES] }
    }

    /// The next bytes; none when there are no more for now.
    fn read(&mut self) -> io::Result<Option<&[u8]>> {
        let piece = self.reader.read(&mut self.buffer)?;
        Ok((piece.length > 0).then(|| &self.buffer[..piece.length]))
    }
}

/// What becomes of a transcript's bytes on their way out.
enum Form {
    Raw,
    Plain(Box<Plain>),
}

impl Logs {
    /// Does it.
    pub fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let place = context.place()?;
        let directory = place.run_directory(self.choose(&place)?);
        let mut form = if self.raw { Form::Raw } else { Form::Plain(Box::default()) };
        let unreadable = |error| Failure::new(Exit::Failed, "cannot read the transcript").because(error);
        let mut reader = Pieces::new(&directory);
        if self.follow {
            return follow(&directory, &mut reader, &mut form, &mut context.out);
        }
        while let Some(bytes) = reader.read().map_err(unreadable)? {
            form.write(bytes, &mut context.out)?;
        }
        form.finish(&mut context.out)?;
        Ok(Exit::Ok)
    }

    fn choose(&self, place: &Place) -> Result<RunId, Failure> {
        let runs = runs_of(&place.runs_directory(), &self.name)
            .map_err(|error| Failure::new(Exit::Failed, "cannot list the runs").because(error))?;
        let listed = || runs.iter().map(RunId::to_string).collect::<Vec<String>>().join(", ");
        match self.run {
            Some(run) if runs.contains(&run) => Ok(run),
            Some(run) => Err(Failure::new(Exit::Failed, format!("{} has no run {run}", self.name))
                .hint(format!("its runs are: {}", listed()))),
            None => runs.last().copied().ok_or_else(|| {
                Failure::new(Exit::Failed, format!("no run of `{}` is on disk", self.name))
                    .hint("`qd ps` lists the agents; one that never started has written nothing")
            }),
        }
    }
}

/// Prints what is there, then what is added, until interrupted. The kernel says when something was added.
fn follow(directory: &Path, reader: &mut Pieces, form: &mut Form, out: &mut Output) -> Result<Exit, Failure> {
    let failed = |error: String| Failure::new(Exit::Failed, "cannot follow the transcript").because(error);
    let (changed, changes) = mpsc::sync_channel(1);
    // One word in the channel is enough: whoever takes it out reads all there is.
    // Our own opening of the files must not wake us.
    let tell = move |event: notify::Result<notify::Event>| {
        if !event.is_ok_and(|event| event.kind.is_access()) {
            _ = changed.try_send(());
        }
    };
    let mut watcher = notify::recommended_watcher(tell).map_err(|error| failed(error.to_string()))?;
    watcher.watch(directory, RecursiveMode::NonRecursive).map_err(|error| failed(error.to_string()))?;
    loop {
        while let Some(bytes) = reader.read().map_err(|error| failed(error.to_string()))? {
            form.write(bytes, out)?;
        }
        out.flush()?;
        changes.recv().map_err(|error| failed(error.to_string()))?;
    }
}

impl Form {
    fn write(&mut self, bytes: &[u8], out: &mut Output) -> io::Result<()> {
        match self {
            Form::Raw => out.write_all(bytes),
            Form::Plain(plain) => out.write_all(plain.push(bytes).as_bytes()),
        }
    }

    fn finish(&mut self, out: &mut Output) -> io::Result<()> {
        match self {
            Form::Raw => out.flush(),
            Form::Plain(plain) => out.write_all(plain.finish().as_bytes()),
        }
    }
}

fn parse_run(text: &str) -> Result<RunId, String> {
    let number = text.strip_prefix('r').unwrap_or(text).parse();
    number.map(RunId).map_err(|_| "a run is written as r17".to_owned())
}
