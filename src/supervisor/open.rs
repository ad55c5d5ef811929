//! Opens the parts of a supervisor, with the fleet of an earlier supervisor if there is one.

use super::asked::Asked;
use super::configs::Configs;
use super::context::{Attended, Context, Dashboard, Jobs, Life, PreparedRuns, Record, Runs, Screens, Sizes, Trees};
use super::feed::Feed;
use super::journal::schema::Keep;
use super::journal::{Journal, JournalReader, SetAside};
use super::kernel::mailbox::MAILBOX_MESSAGES_MAX;
use super::kernel::{Clock, Kernel, KernelHandle};
use super::lock::{StartError, system};
use super::metrics::Metrics;
use super::perform::Performer;
use super::postmen::Postmen;
use super::shelf::Shelf;
use super::tasks::jobs::Tasks;
use super::token::Tokens;
use super::tools::ToolLog;
use super::work::known::Works;
use super::{adoption, folder, history, kernel, tasks, workspaces};
use crate::config::FleetConfig;
use crate::place::{JOURNAL_FILE, Place};
use crate::workspace::Workspaces;
use quarterdeck_core::event::{Event, Notice};
use quarterdeck_core::ids::{AgentId, RunId};
use quarterdeck_core::severity::Severity;
use std::collections::HashMap;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::net::UnixListener;
use tokio::sync::{mpsc, watch};

/// The parts of a supervisor, before it serves clients.
pub(super) struct Opened {
    /// The state that the supervisor's parts share.
    pub(super) context: Arc<Context>,
    /// The kernel's thread; it ends with the fleet.
    pub(super) kernel: JoinHandle<()>,
    /// The control socket. A client that connects now waits until it is served.
    pub(super) listener: UnixListener,
    /// The other side of the drop folder's door.
    pub(super) folder_requests: folder::door::Requests,
    /// What is known of the fleet of an earlier supervisor.
    pub(super) earlier: Earlier,
}

/// What is known of the fleet of an earlier supervisor.
pub(super) struct Earlier {
    fate: Fate,
    /// The runs that were live according to the journal.
    live: Vec<(RunId, AgentId)>,
    set_aside: Option<SetAside>,
    unread_inputs: u32,
}

/// Whether the fleet of an earlier supervisor exists.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// There is no earlier fleet.
    New,
    /// The fleet of an earlier supervisor is taken over.
    TakenOver,
}

/// Opens the journal and the control socket, and starts the kernel with the fleet as it was.
///
/// # Errors
/// What can't be opened or started.
pub(super) fn open(place: Place, file: FleetConfig, attended: Attended) -> Result<Opened, StartError> {
    let journal_path = place.state_directory.join(JOURNAL_FILE);
    let keep =
        Keep { facts_max: file.fleet.journal_facts_max, age: Duration::from_millis(file.fleet.journal_keep.0.0) };
    let (journal, recovered) = Journal::open(&journal_path, &keep)?;
    let (set_aside, unread_inputs, newest) = (recovered.set_aside, recovered.unread_inputs, recovered.newest);
    let fate = if recovered.fleet.is_some() { Fate::TakenOver } else { Fate::New };
    let fleet = recovered.fleet.unwrap_or_default();
    let earlier = Earlier { fate, live: fleet.live_runs().collect(), set_aside, unread_inputs };
    let feed = Feed::new(fleet.view());
    let workspaces = Arc::new(Workspaces::of(&file));
    let mut clock = Clock::from(newest);
    let (mailbox, messages) = mpsc::channel(MAILBOX_MESSAGES_MAX);
    let (view, view_out) = watch::channel(fleet.view().clone());
    let (folder, folder_requests) = folder::door::open();
    let tools = Arc::<ToolLog>::default();
    let context = Arc::new(Context {
        configs: Configs::new(file, &place.state_directory),
        kernel: KernelHandle::new(mailbox, view_out),
        record: Record { journal: JournalReader::new(&journal_path), feed: feed.handle() },
        screens: Screens { runs: Runs::default(), shelf: Shelf::open(place.runs_directory()), sizes: Sizes::default() },
        trees: Trees {
            workspaces,
            prepared: PreparedRuns::default(),
            works: Works::default(),
            asked: Asked::default(),
        },
        dashboard: Dashboard::default(),
        life: Life::begun(attended, clock.now().0),
        jobs: Jobs { tasks: Tasks::default(), postmen: Postmen::default(), folder },
        metrics: Metrics::new(Arc::clone(&tools)),
        tools,
        tokens: Tokens::open(&place.state_directory).map_err(system("the fleet's secret can't be stored"))?,
        place,
    });
    workspaces::follow_configuration(&context);
    let kernel_state = Kernel {
        fleet,
        journal,
        feed,
        view,
        performer: Performer::new(Arc::clone(&context)),
        context: Arc::clone(&context),
        mailbox: messages,
        clock,
        steps: 0,
        journal_shown_failing: None,
        waiting: HashMap::new(),
    };
    let listener = listen(&context.place)?;
    let handle = tokio::runtime::Handle::current();
    let kernel = std::thread::Builder::new()
        .name("kernel".into())
        .spawn(move || handle.block_on(kernel_state.run()))
        .map_err(system("the kernel's thread can't be started"))?;
    Ok(Opened { context, kernel, listener, folder_requests, earlier })
}

/// Takes over the runs and the journal of an earlier supervisor, and applies the configuration. When this returns,
/// every agent is known.
pub(super) async fn restore(context: &Arc<Context>, earlier: Earlier) {
    let Earlier { fate, live, set_aside, unread_inputs } = earlier;
    if let Some(newest) = context.screens.shelf.newest() {
        context.kernel.tell(Event::RunsFound { newest }).await;
    }
    if let Some(set_aside) = set_aside {
        kernel::troubles::show_set_aside(Arc::clone(context), set_aside.notice()).await;
    }
    if unread_inputs > 0 {
        let text = format!("{unread_inputs} entries of the journal could not be read: what they told is missing");
        let notice = Notice { severity: Severity::Critical, kind: "system.journal_unread".to_owned(), text };
        context.kernel.tell(Event::Noticed { notice }).await;
    }
    if fate == Fate::TakenOver {
        context.kernel.tell(Event::TookOver).await;
    }
    adoption::take_over(context, &live).await;
    if fate == Fate::TakenOver {
        tasks::resume(context);
        history::remember_ended(Arc::clone(context)).await;
    }
    context.kernel.tell(context.configs.event()).await;
    // A client that learns that we serve must find the agents.
    let _ended_already = context.kernel.examine().await;
}

/// Listens on the control socket. We hold the fleet's lock, so a socket that exists already is a leftover.
fn listen(place: &Place) -> Result<UnixListener, StartError> {
    let _left_over = std::fs::remove_file(&place.control_socket);
    let listener = UnixListener::bind(&place.control_socket).map_err(system("the control socket can't be bound"))?;
    std::fs::set_permissions(&place.control_socket, std::fs::Permissions::from_mode(0o600))
        .map_err(system("the control socket's mode can't be set"))?;
    place.record_runtime().map_err(system("the place of the sockets can't be recorded"))?;
    Ok(listener)
}
