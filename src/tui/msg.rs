//! The messages that change the dashboard, and the commands that it gives to the loop.

use super::input::InputEvent;
use super::link::{FromFleet, ToFleet};

/// A message that changes the dashboard.
#[derive(Clone, Debug, PartialEq)]
pub enum Msg {
    /// An event came from the terminal. It is not decided yet whether it is a command, a part of a text, or an answer
    /// of the terminal.
    Came(InputEvent),
    /// An event that is input of a person, or a change of their terminal.
    Input(InputEvent),
    /// A message came from the supervisor.
    Fleet(FromFleet),
    /// A timer that the dashboard asked for is due.
    Tick,
    /// The drawing of the present state begins.
    Drawing,
    /// The drawing that was begun is finished: the terminal has taken it.
    Drawn,
    /// An action of the loop failed; the dashboard continues.
    Failed(String),
}

/// A command of the dashboard to the loop.
#[derive(Clone, Debug, PartialEq)]
pub enum Cmd {
    /// Send this message to the supervisor.
    Send(ToFleet),
    /// Copy this text to the user's clipboard (OSC 52).
    Copy(String),
    /// Notify the person, whose window has no focus, with this text.
    Call(String),
    /// Draw every cell of the terminal again.
    Redraw,
    /// Suspend the process until `fg`.
    Suspend,
    /// End the dashboard with this outcome.
    Quit(Outcome),
}

/// The way in which the dashboard ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The user closed the dashboard; the fleet still runs.
    Left,
    /// The user stopped the fleet, and it has stopped.
    FleetStopped,
    /// The run of the attached agent has ended: its exit code or signal, as far as known.
    AgentEnded { agent: String, exit_code: Option<i32>, exit_signal: Option<i32> },
    /// There is no agent with the name to attach to.
    NoSuchAgent { agent: String },
    /// The process received SIGTERM, SIGHUP or SIGINT.
    Signalled { signal: i32 },
    /// The link to the client is closed and cannot be restored.
    LinkClosed,
}
