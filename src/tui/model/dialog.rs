//! The overlays: dialogs and texts that cover a part of the dashboard and take the keys until they are closed.

use super::commit::CommitForm;
use super::compose::{Compose, Piece};
use super::conflict::ConflictView;
use super::question::Question;
use crate::api::agents::Explanation;
use crate::api::locks::Lease;
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
    /// A lease that will be taken by force, and the reason that is being written.
    Force(Force),
    /// An agent's work that will be committed, and the message that is being written.
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

/// A lease that will be taken by force.
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
