//! Starts a supervisor: from nothing, or from the state of an earlier supervisor, to a fleet that is served.
//!
//! ```text
//!  read agents.toml ─► take the fleet's lock ─► log, journal ─► fleet as it was
//!    ─► kernel ─► adoption: keepers found, lost ones reaped ─► configuration applied ─► serve ─► `R` + hello
//! ```
//!
//! **Invariant:** there is one supervisor per fleet: it holds a lock on `.quarterdeck/lock` that dies with it
//! (`tests/e2e`, `of_eight_that_start_at_once_one_supervises_and_all_are_content`).

use super::context::{Attended, Context};
use super::lock::{StartError, system, take_lock};
use super::open::Opened;
use super::{commits, folder, http, logging, memory, open, reload, statefile, work, writes};
use crate::config::FleetConfig;
use crate::place::Place;
use crate::supervisor::kernel::KernelHandle;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::UnixListener;
use tokio::net::unix::pipe;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;

/// The most threads that run tasks. Screens are most of the work; two can share a thread without long waits. Beyond it,
/// the other cores are for the agents.
const WORKER_THREADS_MAX: usize = 4;
/// How long each keeper may take to be told that it may exit. A keeper that is not told exits by itself a while later.
const LAST_WORDS: Duration = Duration::from_secs(5);
/// How long streams and answers in progress may continue when the supervisor ends.
const FAREWELL: Duration = Duration::from_millis(500);

/// Runs the hidden verb `__supervisor --root AGENTS_TOML [--headless]`.
pub fn main(words: &[OsString]) -> ExitCode {
    let attended = match words.iter().any(|word| word == "--headless") {
        true => Attended::Headless,
        false => Attended::Configured,
    };
    let root = words.iter().skip_while(|word| *word != "--root").nth(1);
    root.map_or(ExitCode::FAILURE, |config_path| run(Path::new(config_path), attended))
}

/// Runs the supervisor of the fleet that this file configures until the fleet is shut down. It writes `R` and its
/// introduction to standard output once it serves, or `E` and why it can't, and then leaves its caller's session.
fn run(config_path: &Path, attended: Attended) -> ExitCode {
    match start(config_path, attended) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _nobody_listens = write!(io::stdout(), "E{error}");
            ExitCode::FAILURE
        }
    }
}

fn start(config_path: &Path, attended: Attended) -> Result<(), StartError> {
    let place = Place::find(Path::new("/"), Some(config_path))?;
    let file = crate::config::load(&place.config_path).map_err(StartError::Config)?;
    place.prepare()?;
    fail_writes_beyond_the_size_limit()?;
    let _lock = take_lock(&place)?;
    leave_session();
    let _log = logging::begin(&place.state_directory).map_err(system("the log can't be opened"))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(thread::available_parallelism().map_or(2, usize::from).min(WORKER_THREADS_MAX))
        .enable_all()
        .build()
        .map_err(system("the runtime can't be started"))?;
    let ended = runtime.block_on(supervise(place, file, attended));
    runtime.shutdown_timeout(FAREWELL);
    ended
}

/// Makes a write beyond a limit on the size of files (`ulimit -f`) fail, as on a full disk, instead of killing us.
fn fail_writes_beyond_the_size_limit() -> Result<(), StartError> {
    use nix::sys::signal::{SigHandler, Signal, signal};
    // SAFETY: the signal is ignored, and no handler is installed.
    let ignored = unsafe { signal(Signal::SIGXFSZ, SigHandler::SigIgn) };
    ignored.map(drop).map_err(|errno| system("a signal can't be ignored")(errno.into()))
}

/// Leaves the caller's session, so that neither its terminal's end nor its signals reach us. A process that leads its
/// group already (started by hand) stays in its session.
fn leave_session() {
    if let Err(error) = nix::unistd::setsid() {
        tracing::debug!(%error, "stays in its caller's session");
    }
}

async fn supervise(place: Place, file: FleetConfig, attended: Attended) -> Result<(), StartError> {
    let Opened { context, kernel, listener, folder_requests, earlier } = open::open(place, file, attended)?;
    open::restore(&context, earlier).await;
    let served = serve(&context, listener, folder_requests).await;
    end(&context, kernel, served).await
}

/// The tasks that serve clients to the end, and get a moment to complete then.
struct Served {
    server: JoinHandle<()>,
    mirror: JoinHandle<()>,
}

/// Starts everything that watches and answers, and says so on standard output.
async fn serve(context: &Arc<Context>, listener: UnixListener, folder_requests: folder::door::Requests) -> Served {
    let server = tokio::spawn(http::serve(Arc::clone(context), listener));
    tokio::spawn(reload::watch(Arc::clone(context)));
    tokio::spawn(writes::watch(Arc::clone(context)));
    tokio::spawn(commits::watch(Arc::clone(context)));
    tokio::spawn(work::watch(Arc::clone(context)));
    tokio::spawn(folder::watch(Arc::clone(context), folder_requests));
    let mirror = tokio::spawn(statefile::keep(Arc::clone(context)));
    tokio::spawn(context.metrics.clone().run(context.dashboard.pulse.clone()));
    tokio::spawn(end_on_signals(context.kernel.clone()));
    tokio::spawn(memory::give_back());
    if context.life.attended == Attended::Headless {
        tokio::spawn(end_with_client(context.kernel.clone()));
    }
    report_ready(context).await;
    Served { server, mirror }
}

/// Waits for the kernel's end, then takes leave of keepers and clients.
async fn end(context: &Context, kernel: thread::JoinHandle<()>, served: Served) -> Result<(), StartError> {
    let Served { server, mirror } = served;
    let joined = tokio::task::spawn_blocking(move || kernel.join()).await;
    let last_words = async {
        for run in context.screens.runs.all() {
            run.ended().await;
        }
    };
    let _unhurried = tokio::time::timeout(LAST_WORDS, last_words).await;
    context.life.ended.send_replace(true);
    let _unhurried = tokio::time::timeout(FAREWELL, server).await;
    let _unhurried = tokio::time::timeout(FAREWELL, mirror).await;
    let _gone_already = std::fs::remove_file(&context.place.control_socket);
    match joined {
        Ok(Ok(())) => Ok(()),
        _ => Err(StartError::System { what: "the kernel failed", source: io::ErrorKind::Other.into() }),
    }
}

/// Writes that we serve, and our introduction; standard output is not needed after that.
async fn report_ready(context: &Context) {
    let hello = serde_json::to_string(&http::introduce(context)).expect("a hello is JSON");
    let mut output = io::stdout();
    let _nobody_listens = output.write_all(format!("R{hello}").as_bytes()).and_then(|()| output.flush());
    if let Ok(null) = File::options().write(true).open("/dev/null") {
        let _still_open = rustix::stdio::dup2_stdout(&null);
    }
}

/// Ends the fleet at once when the headless `qd` that started us ends: it holds the other end of our standard input,
/// which closes when that process is gone, for whatever reason. A supervisor that was started by hand has no such
/// process.
async fn end_with_client(kernel: KernelHandle) {
    use quarterdeck_core::command::{Command, ShutdownMode};
    let input = io::stdin().as_fd().try_clone_to_owned().and_then(pipe::Receiver::from_owned_fd);
    let Ok(mut input) = input else { return };
    let _closed = input.read(&mut [0]).await;
    let _ending_already = kernel.ask(Command::Shutdown { mode: ShutdownMode::Kill }).await;
}

/// Ends the fleet in order on SIGTERM or SIGINT; on a second signal everything is killed.
async fn end_on_signals(kernel: KernelHandle) {
    use quarterdeck_core::command::{Command, ShutdownMode};
    let (Ok(mut term), Ok(mut interrupt), Ok(mut hangup)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()), signal(SignalKind::hangup()))
    else {
        return;
    };
    let mut mode = ShutdownMode::Graceful;
    loop {
        tokio::select! {
            _ = term.recv() => {}
            _ = interrupt.recv() => {}
            _ = hangup.recv() => continue,
        }
        let _ending_already = kernel.ask(Command::Shutdown { mode }).await;
        mode = ShutdownMode::Kill;
    }
}
