//! The overlays: dialogs and texts that cover a part of the dashboard and take the keys until they are closed.

use super::commit::CommitForm;
use super::compose::{Compose, Piece};
use super::conflict::ConflictView;
use super::roster::is_live;
use crate::api::agents::{Agent, Explanation, WorkspaceFate};
use crate::api::locks::Lease;
use crate::api::plans::Plan;
use crate::api::tasks::Task;
use crate::tui::age;
use crate::tui::link::RequestId;

/// An overlay that covers a part of the dashboard.
#[derive(Clone, Debug, PartialEq)]
pub enum Overlay {
    /// The help: the keys whose texts match the search.
    Help { search: String, scrolled: u16 },
    /// A question with choices, which a person answers.
    Ask(Question),
    /// The form with which a new agent is created.
    New(Form),
    /// The reasons for an agent's condition; none until the answer is here.
    Explain { agent: String, explanation: Option<Explanation>, scrolled: u16 },
    /// All details of a task, by its number, or the reasons for its state.
    Task { id: String, page: Page, scrolled: u16 },
    /// A task or a message that is being written.
    Compose(Box<Compose>),
    /// A lease that is to be taken by force, and the reason that is being written.
    Force(Force),
    /// An agent's work that is to be committed, and the message that is being written.
    Commit(CommitForm),
    /// A conflict, of which a version may be taken.
    Conflict(ConflictView),
}

/// The part of a task that an overlay shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// The overlay shows all details of the task.
    Whole,
    /// The overlay shows the reasons for the task's state.
    Why,
}

/// A lease that is to be taken by force.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Force {
    /// Id of the lease, such as `l7`.
    pub lease: String,
    /// Name of the party that holds the lease.
    pub holder: String,
    /// Scopes that the lease covers.
    pub scopes: String,
    /// Reason for taking the lease, as far as it is written.
    pub reason: String,
    /// Number of the request that is under way, if one is.
    pub sending: Option<RequestId>,
    /// Description of what is wrong with the request, if something is.
    pub error: Option<String>,
}

/// A question of the dashboard with the choices that answer it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Name of the agent that the question is about, if it is about one.
    pub agent: Option<String>,
    /// Number of the task or plan that the question is about, if it is not about an agent.
    pub about: String,
    /// Title of the question's frame.
    pub title: String,
    /// Facts to know before answering: a name and its value each, or a sentence with an empty name.
    pub lines: Vec<(&'static str, String)>,
    /// Choices that answer the question.
    pub choices: Vec<Choice>,
    /// Index of the choice that Enter takes.
    pub selected: usize,
}

/// A choice that answers a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Character that takes the choice.
    pub key: char,
    /// Text of the choice, as it is shown.
    pub label: &'static str,
    /// Action that follows when the choice is taken.
    pub verdict: Verdict,
}

/// The action that follows when a choice is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Nothing,
    Kill,
    Forget(WorkspaceFate),
    Leave,
    StopFleet,
    KillFleet,
    CancelTask,
    CancelPlan,
    /// Pauses the plan; `freeze` says whether the agents that work on it are paused too.
    PausePlan {
        freeze: bool,
    },
}

impl Verdict {
    /// Whether the action ends, discards and takes away nothing, so that a single letter may trigger it.
    pub fn is_harmless(self) -> bool {
        match self {
            Verdict::Nothing | Verdict::Leave | Verdict::PausePlan { .. } => true,
            Verdict::Kill | Verdict::Forget(_) | Verdict::StopFleet | Verdict::KillFleet => false,
            Verdict::CancelTask | Verdict::CancelPlan => false,
        }
    }
}

/// The contents of the form with which a new agent is created.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    /// Name of the new agent.
    pub name: String,
    /// Command line of the new agent, which a shell runs.
    pub command: String,
    /// Kind of workspace in which the new agent works.
    pub workspace: Workspace,
    /// Field of the form that is written in.
    pub field: Field,
    /// Description of what is wrong with the form, if something is.
    pub error: Option<String>,
}

/// The kind of workspace in which a new agent works.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Workspace {
    #[default]
    Worktree,
    Directory,
    Shared,
}

/// A field of the form for a new agent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Field {
    #[default]
    Name,
    Command,
    Workspace,
}

/// The longest text of a line in a form, in characters. Beyond it, further characters are refused.
pub const FIELD_CHARS_MAX: usize = 1_000;
/// The longest name of an agent, in characters. Beyond it, further characters are refused.
pub const NAME_CHARS_MAX: usize = 64;

impl Overlay {
    /// Returns the editor for a task or a message, for one agent or for any.
    pub fn compose(piece: Piece, agent: Option<String>) -> Overlay {
        Overlay::Compose(Box::new(Compose::new(piece, agent)))
    }

    /// Returns the agent that the overlay is about; the overlay closes when that agent is gone.
    pub fn agent(&self) -> Option<&str> {
        match self {
            Overlay::Ask(question) => question.agent.as_deref(),
            Overlay::Explain { agent, .. } => Some(agent),
            Overlay::Commit(form) => Some(&form.agent),
            Overlay::Help { .. } | Overlay::New(_) | Overlay::Task { .. } => None,
            Overlay::Compose(_) | Overlay::Force(_) | Overlay::Conflict(_) => None,
        }
    }
}

impl Question {
    /// Whether the question is about an action that ends, discards or takes away something. The action is that of the
    /// first choice that does anything.
    pub fn takes_away(&self) -> bool {
        let deed = self.choices.iter().map(|choice| choice.verdict).find(|verdict| *verdict != Verdict::Nothing);
        deed.is_some_and(|verdict| !verdict.is_harmless())
    }
}

const fn choice(key: char, label: &'static str, verdict: Verdict) -> Choice {
    Choice { key, label, verdict }
}

/// Returns the question before a kill; it names what is lost.
pub fn kill(agent: &Agent, now_ms: u64) -> Question {
    let processes = agent.usage.map_or(String::from("its whole tree"), |usage| match usage.processes {
        1 => "1 process".to_owned(),
        many => format!("{many} processes"),
    });
    let pid = agent.pid.map(|pid| format!(", pid {pid}")).unwrap_or_default();
    let age = agent.started_ms.map(|started_ms| format!(", {} old", age::text(started_ms, now_ms)));
    let run = agent.run.clone().unwrap_or_else(|| "its run".to_owned());
    let mut lines =
        vec![("Agent", agent.name.clone()), ("Run", format!("{run}{pid}, {processes}{}", age.unwrap_or_default()))];
    lines.extend(agent.branch.clone().map(|branch| ("Branch", format!("{branch} (stays)"))));
    lines.extend(agent.workspace.clone().map(|workspace| ("Files", format!("{workspace} (stay)"))));
    lines.push(("Lost", "what the program has not saved: it gets no signal it could catch".to_owned()));
    Question {
        agent: Some(agent.name.clone()),
        about: String::new(),
        title: format!("Kill {}?", agent.name),
        lines,
        choices: vec![choice('n', "leave it running", Verdict::Nothing), choice('y', "kill it", Verdict::Kill)],
        selected: 0,
    }
}

/// Returns the question about the workspace of an agent that does not run and is to be removed.
pub fn forget(agent: &Agent) -> Question {
    let mut lines = vec![("Agent", agent.name.clone()), ("Is", agent.summary.clone())];
    lines.extend(agent.branch.clone().map(|branch| ("Branch", branch)));
    lines.extend(agent.workspace.clone().map(|workspace| ("Files", workspace)));
    Question {
        agent: Some(agent.name.clone()),
        about: String::new(),
        title: format!("Forget {}?", agent.name),
        lines,
        choices: vec![
            choice('n', "keep it in the list", Verdict::Nothing),
            choice('k', "forget it, keep its files", Verdict::Forget(WorkspaceFate::Keep)),
            choice('r', "remove its files too, if nothing is lost", Verdict::Forget(WorkspaceFate::Remove)),
            choice('p', "park its work on a git ref, then remove its files", Verdict::Forget(WorkspaceFate::Park)),
        ],
        selected: 0,
    }
}

/// Returns the question what happens to the fleet when the dashboard is left.
pub fn quit<'a>(agents: impl Iterator<Item = &'a Agent>, stopping: bool) -> Question {
    let running = agents.filter(|agent| is_live(agent.state)).count();
    let line = match (stopping, running) {
        (true, _) => "The fleet is stopping, each agent within its grace.".to_owned(),
        (false, 0) => "No agent runs.".to_owned(),
        (false, 1) => "1 agent runs, and continues without the dashboard.".to_owned(),
        (false, many) => format!("{many} agents run, and continue without the dashboard."),
    };
    let stop = match stopping {
        true => choice('k', "kill the remaining agents now", Verdict::KillFleet),
        false => choice('s', "stop the fleet, then quit", Verdict::StopFleet),
    };
    Question {
        agent: None,
        about: String::new(),
        title: "Quit?".to_owned(),
        lines: vec![("", line)],
        choices: vec![
            choice('l', "leave it running; `qd` opens this dashboard again", Verdict::Leave),
            stop,
            choice('n', "stay here", Verdict::Nothing),
        ],
        selected: 0,
    }
}

/// Returns the question before a task is cancelled.
pub fn cancel_task(task: &Task) -> Question {
    let mut lines = vec![("Task", format!("{} {}", task.id, task.name)), ("Is", task.summary.clone())];
    lines.extend(task.agent.clone().map(|agent| ("Agent", agent)));
    lines.push(("Lost", "this attempt; its commits remain".to_owned()));
    Question {
        agent: None,
        about: task.id.clone(),
        title: format!("Cancel {}?", task.name),
        lines,
        choices: vec![choice('n', "let it go on", Verdict::Nothing), choice('y', "cancel it", Verdict::CancelTask)],
        selected: 0,
    }
}

/// Returns the question before a plan is cancelled.
pub fn cancel_plan(plan: &Plan) -> Question {
    let open = plan.tasks.saturating_sub(plan.done + plan.failed + plan.cancelled);
    Question {
        agent: None,
        about: plan.id.clone(),
        title: format!("Cancel {}?", plan.name),
        lines: vec![
            ("Plan", format!("{} {}", plan.id, plan.name)),
            ("Is", plan.summary.clone()),
            ("Lost", format!("{open} tasks that are not done; {} of them run", plan.running)),
        ],
        choices: vec![choice('n', "let it go on", Verdict::Nothing), choice('y', "cancel it", Verdict::CancelPlan)],
        selected: 0,
    }
}

/// Returns the question how a plan is to be paused.
pub fn pause_plan(plan: &Plan) -> Question {
    let running = match plan.running {
        0 => "none of its tasks runs".to_owned(),
        1 => "1 of its tasks runs".to_owned(),
        many => format!("{many} of its tasks run"),
    };
    Question {
        agent: None,
        about: plan.id.clone(),
        title: format!("Pause {}?", plan.name),
        lines: vec![("", format!("No further task starts until the plan is resumed; {running}."))],
        choices: vec![
            choice('p', "pause it; running tasks continue to their end", Verdict::PausePlan { freeze: false }),
            choice('f', "pause it and the agents that work on it", Verdict::PausePlan { freeze: true }),
            choice('n', "let it go on", Verdict::Nothing),
        ],
        selected: 0,
    }
}

impl Force {
    /// Returns the form for taking a lease, without a reason yet.
    pub fn of(lease: &Lease) -> Force {
        let scopes: Vec<&str> = lease.scopes.iter().map(|scope| scope.scope.as_str()).collect();
        Force {
            lease: lease.lease.clone(),
            holder: lease.holder.clone(),
            scopes: scopes.join(", "),
            ..Force::default()
        }
    }
}

impl Workspace {
    /// Returns the word for the kind of workspace in `agents.toml`.
    pub fn word(self) -> &'static str {
        match self {
            Workspace::Worktree => "worktree",
            Workspace::Directory => "directory",
            Workspace::Shared => "shared",
        }
    }

    /// Returns the explanation of the kind of workspace.
    pub fn help(self) -> &'static str {
        match self {
            Workspace::Worktree => "its own git worktree, on its own branch",
            Workspace::Directory => "its own directory, empty at first",
            Workspace::Shared => "where agents.toml is, with others",
        }
    }

    /// Returns the next kind; after the last comes the first.
    pub fn next(self) -> Workspace {
        match self {
            Workspace::Worktree => Workspace::Directory,
            Workspace::Directory => Workspace::Shared,
            Workspace::Shared => Workspace::Worktree,
        }
    }
}

impl Field {
    /// Returns the field below; after the last comes the first.
    pub fn next(self) -> Field {
        match self {
            Field::Name => Field::Command,
            Field::Command => Field::Workspace,
            Field::Workspace => Field::Name,
        }
    }
}

impl Form {
    /// Returns the text of the field that is written in; none if the field is a choice.
    pub fn text(&mut self) -> Option<&mut String> {
        match self.field {
            Field::Name => Some(&mut self.name),
            Field::Command => Some(&mut self.command),
            Field::Workspace => None,
        }
    }

    /// Returns the field that is wrong and what is wrong with it, worded so that it can be corrected. The supervisor
    /// checks again.
    pub fn problem(&self, taken: impl Fn(&str) -> bool) -> Option<(Field, String)> {
        let odd = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
        let name = |what: &str| Some((Field::Name, what.to_owned()));
        match () {
            () if self.name.is_empty() => name("a name is needed"),
            () if self.name.starts_with(['.', '-']) => name("a name starts with a letter or a digit"),
            () if self.name.contains(odd) => name("a name has letters, digits, `-`, `_` and `.` only"),
            () if self.name.len() > NAME_CHARS_MAX => name("a name has at most 64 characters"),
            () if taken(&self.name) => name("there is an agent of that name"),
            () if self.command.trim().is_empty() => Some((Field::Command, "a command is needed".to_owned())),
            () => None,
        }
    }
}
