//! What happens to the screen, and what it asks of the world.

use super::input::InputEvent;
use super::link::{FromFleet, ToFleet};

/// What happens to the screen.
#[derive(Clone, Debug, PartialEq)]
pub enum Msg {
    /// Something came from the terminal. Whether letters are commands or a text, and whether it is an answer of the
    /// terminal's, is still to be seen.
    Came(InputEvent),
    /// A person did something.
    Input(InputEvent),
    /// The fleet said something.
    Fleet(FromFleet),
    /// A timer that was asked for came due.
    Tick,
    /// The screen as it is now begins to be drawn.
    Drawing,
    /// What was begun is drawn: the terminal has taken it.
    Drawn,
    /// Something of our own went wrong; the screen goes on.
    Failed(String),
}

/// What the screen asks of the world.
#[derive(Clone, Debug, PartialEq)]
pub enum Cmd {
    /// Say this to the fleet.
    Send(ToFleet),
    /// Put this into the user's clipboard (OSC 52).
    Copy(String),
    /// Call the person, whose window has no focus, with these words.
    Call(String),
    /// Draw everything anew.
    Redraw,
    /// Go to the background until `fg`.
    Suspend,
    /// The end.
    Quit(Outcome),
}

/// How the screen ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The user left; the fleet goes on.
    Left,
    /// The user had the fleet stopped, and it has.
    FleetStopped,
    /// Attached, and the agent's run is over: its exit code or signal as far as known.
    AgentEnded { agent: String, exit_code: Option<i32>, exit_signal: Option<i32> },
    /// Attached, but there is no such agent.
    NoSuchAgent { agent: String },
    /// SIGTERM or SIGHUP.
    Signalled { signal: i32 },
    /// The link is gone for good.
    LinkClosed,
}
