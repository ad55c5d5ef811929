//! What lies over the screen and takes the keys until it is answered.

use super::commit::CommitForm;
use super::compose::Compose;
use super::conflict::ConflictView;
use super::is_live;
use crate::api::agents::{Agent, Explanation, WorkspaceFate};
use crate::api::locks::Lease;
use crate::api::plans::Plan;
use crate::api::tasks::Task;
use crate::tui::age;
use crate::tui::link::RequestId;

/// What lies over the screen.
#[derive(Clone, Debug, PartialEq)]
pub enum Overlay {
    /// The keys, those that match what was typed.
    Help { search: String, scrolled: u16 },
    /// A question.
    Ask(Question),
    /// The form for a new agent.
    New(Form),
    /// Why an agent is as it is; none until the answer is here.
    Explain { agent: String, explanation: Option<Explanation>, scrolled: u16 },
    /// All that is known of a task, by its number, or why it stands where it does.
    Task { id: String, page: Page, scrolled: u16 },
    /// A task or a message being written.
    Compose(Box<Compose>),
    /// A lease to be taken by force, and the reason being written.
    Force(Force),
    /// An agent's work to be committed, and the message being written.
    Commit(CommitForm),
    /// A conflict, of which a version may be taken.
    Conflict(ConflictView),
}

/// What is told of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// Everything.
    Whole,
    /// Why it stands where it does.
    Why,
}

/// A lease to be taken by force.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Force {
    /// The lease: `l7`.
    pub lease: String,
    /// Who holds it.
    pub holder: String,
    /// What it is of.
    pub scopes: String,
    /// Why, as far as it is written.
    pub reason: String,
    /// The request under way.
    pub sending: Option<RequestId>,
    /// What is wrong with it.
    pub error: Option<String>,
}

/// A question with its choices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Whom it is about.
    pub agent: Option<String>,
    /// The number of the task or plan it is about, instead.
    pub about: String,
    /// The frame's title.
    pub title: String,
    /// What to know before answering: a name and its value each, or a sentence alone.
    pub lines: Vec<(&'static str, String)>,
    /// The choices.
    pub choices: Vec<Choice>,
    /// The one that Enter takes.
    pub selected: usize,
}

/// One of a question's choices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The character that takes it.
    pub key: char,
    /// What it says.
    pub label: &'static str,
    /// What it does.
    pub verdict: Verdict,
}

/// What a choice does.
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
    /// Whether those who work on it are frozen too.
    PausePlan {
        freeze: bool,
    },
}

impl Verdict {
    /// Whether nothing is ended, discarded or taken away by it, so that a letter alone may do it.
    pub fn is_harmless(self) -> bool {
        match self {
            Verdict::Nothing | Verdict::Leave | Verdict::PausePlan { .. } => true,
            Verdict::Kill | Verdict::Forget(_) | Verdict::StopFleet | Verdict::KillFleet => false,
            Verdict::CancelTask | Verdict::CancelPlan => false,
        }
    }
}

/// The form for a new agent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    /// Its name.
    pub name: String,
    /// A line for the shell.
    pub command: String,
    /// Where it works.
    pub workspace: Workspace,
    /// Which field is written in.
    pub field: Field,
    /// What is wrong with it.
    pub error: Option<String>,
}

/// Where a new agent works.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Workspace {
    #[default]
    Worktree,
    Directory,
    Shared,
}

/// A field of the form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Field {
    #[default]
    Name,
    Command,
    Workspace,
}

/// The longest text of a line in a form, in characters. Beyond it, no more is taken.
pub const FIELD_CHARS_MAX: usize = 1_000;
/// The longest name of an agent, in characters. Beyond it, no more is taken.
pub const NAME_CHARS_MAX: usize = 64;

impl Overlay {
    /// Whom it is about; it closes when that agent is gone.
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
    /// Whether it asks before something is ended, discarded or taken away: that is what its first choice but to leave it
    /// does.
    pub fn takes_away(&self) -> bool {
        let deed = self.choices.iter().map(|choice| choice.verdict).find(|verdict| *verdict != Verdict::Nothing);
        deed.is_some_and(|verdict| !verdict.is_harmless())
    }
}

const fn choice(key: char, label: &'static str, verdict: Verdict) -> Choice {
    Choice { key, label, verdict }
}

/// Asks before a kill, and names what is lost.
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

/// Asks what becomes of an agent that does not run.
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
            choice('r', "remove its files too, if nothing is lost by it", Verdict::Forget(WorkspaceFate::Remove)),
            choice('p', "park what would be lost on a ref, then remove", Verdict::Forget(WorkspaceFate::Park)),
        ],
        selected: 0,
    }
}

/// Asks what becomes of the fleet.
pub fn quit<'a>(agents: impl Iterator<Item = &'a Agent>, stopping: bool) -> Question {
    let running = agents.filter(|agent| is_live(agent.state)).count();
    let line = match (stopping, running) {
        (true, _) => "The fleet is stopping, each agent within its grace.".to_owned(),
        (false, 0) => "No agent runs.".to_owned(),
        (false, 1) => "1 agent runs, and goes on without this screen.".to_owned(),
        (false, many) => format!("{many} agents run, and go on without this screen."),
    };
    let stop = match stopping {
        true => choice('k', "kill what is left now", Verdict::KillFleet),
        false => choice('s', "stop the fleet, then quit", Verdict::StopFleet),
    };
    Question {
        agent: None,
        about: String::new(),
        title: "Quit?".to_owned(),
        lines: vec![("", line)],
        choices: vec![
            choice('l', "leave it running; `qd` comes back here", Verdict::Leave),
            stop,
            choice('n', "stay here", Verdict::Nothing),
        ],
        selected: 0,
    }
}

/// Asks before a task is cancelled.
pub fn cancel_task(task: &Task) -> Question {
    let mut lines = vec![("Task", format!("{} {}", task.id, task.name)), ("Is", task.summary.clone())];
    lines.extend(task.agent.clone().map(|agent| ("Agent", agent)));
    lines.push(("Lost", "this attempt; what it has committed stays".to_owned()));
    Question {
        agent: None,
        about: task.id.clone(),
        title: format!("Cancel {}?", task.name),
        lines,
        choices: vec![choice('n', "let it go on", Verdict::Nothing), choice('y', "cancel it", Verdict::CancelTask)],
        selected: 0,
    }
}

/// Asks before a plan is cancelled.
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

/// Asks how a plan is to be paused.
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
        lines: vec![("", format!("Nothing further is given to an agent until it is resumed; {running}."))],
        choices: vec![
            choice('p', "pause it; what runs goes on to its end", Verdict::PausePlan { freeze: false }),
            choice('f', "pause it and freeze who works on it", Verdict::PausePlan { freeze: true }),
            choice('n', "let it go on", Verdict::Nothing),
        ],
        selected: 0,
    }
}

impl Force {
    /// A lease to be taken, without a reason yet.
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
    /// As `agents.toml` writes it.
    pub fn word(self) -> &'static str {
        match self {
            Workspace::Worktree => "worktree",
            Workspace::Directory => "directory",
            Workspace::Shared => "shared",
        }
    }

    /// What it means.
    pub fn help(self) -> &'static str {
        match self {
            Workspace::Worktree => "its own git worktree, on its own branch",
            Workspace::Directory => "its own directory, empty at first",
            Workspace::Shared => "where agents.toml is, with others",
        }
    }

    /// The next kind, around.
    pub fn next(self) -> Workspace {
        match self {
            Workspace::Worktree => Workspace::Directory,
            Workspace::Directory => Workspace::Shared,
            Workspace::Shared => Workspace::Worktree,
        }
    }
}

impl Field {
    /// The field below, around.
    pub fn next(self) -> Field {
        match self {
            Field::Name => Field::Command,
            Field::Command => Field::Workspace,
            Field::Workspace => Field::Name,
        }
    }
}

impl Form {
    /// The text of the field that is written in; none where one chooses.
    pub fn text(&mut self) -> Option<&mut String> {
        match self.field {
            Field::Name => Some(&mut self.name),
            Field::Command => Some(&mut self.command),
            Field::Workspace => None,
        }
    }

    /// What is wrong with the form, said so that it can be put right. The supervisor has the last word.
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
