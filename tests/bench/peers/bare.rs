//! The smallest possible supervisor, for comparison: opens a PTY, runs the program on it, reads until it is done and
//! discards the output.

use crate::child;
use crate::measure::stamps;
use crate::outcome::{Doing, Outcome};
use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use std::io::Read;
use std::path::Path;
use std::time::{Duration, Instant};

/// Runs a child that stamps the nanoseconds it took into `file`, reading its terminal. Returns the stamp in seconds,
/// and the reader's CPU time.
pub(crate) fn run(program: &[&str], file: &Path) -> Outcome<(f64, Duration)> {
    let pair = native_pty_system()
        .openpty(PtySize { cols: 120, rows: 40, pixel_width: 0, pixel_height: 0 })
        .doing("a bare terminal")?;
    let line = child::command_line(program);
    let mut command = CommandBuilder::new(&line[0]);
    command.args(&line[1..]);
    let mut child = pair.slave.spawn_command(command).doing("a program on a bare terminal")?;
    drop(pair.slave);
    let mut reader = pair.master.try_clone_reader().doing("a bare terminal")?;
    let reading = std::thread::spawn(move || {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(1..) = reader.read(&mut buffer) {}
        nix::sys::resource::getrusage(nix::sys::resource::UsageWho::RUSAGE_THREAD)
    });
    let stamp =
        crate::outcome::until("a bare program is done", Duration::from_secs(120), || stamps(file).first().copied());
    child.kill().and_then(|()| child.wait()).doing("a bare program ends")?;
    let used = reading.join().map_err(|_| "the bare reader panicked")?.doing("the bare reader's CPU time")?;
    let span = |time: nix::sys::time::TimeVal| {
        Duration::new(time.tv_sec().unsigned_abs(), time.tv_usec().unsigned_abs() as u32 * 1000)
    };
    Ok((stamp? as f64 / 1e9, span(used.user_time()) + span(used.system_time())))
}

/// Starts `true` this many times, each on a PTY of its own. This many threads do so at once, each of which waits for
/// its program to end before it starts the next. Returns how long each start took, until exec, in milliseconds.
pub(crate) fn spawns_ms(threads: usize, count: usize) -> Outcome<Vec<f64>> {
    let one = || -> Result<f64, String> {
        let began = Instant::now();
        let pair = native_pty_system().openpty(PtySize::default()).map_err(|error| error.to_string())?;
        let child = pair.slave.spawn_command(CommandBuilder::new("true")).map_err(|error| error.to_string());
        let took = began.elapsed().as_secs_f64() * 1e3;
        child?.wait().map_err(|error| error.to_string())?;
        Ok(took)
    };
    std::thread::scope(|scope| {
        let starters: Vec<_> = (0..threads)
            .map(|_| scope.spawn(|| (0..count.div_ceil(threads)).map(|_| one()).collect::<Result<Vec<f64>, String>>()))
            .collect();
        let spans = starters.into_iter().map(|starter| starter.join().map_err(|_| "a starter failed".to_owned())?);
        Ok(spans.collect::<Result<Vec<_>, String>>()?.concat())
    })
}
