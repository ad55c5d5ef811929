//! The action of keepers when the supervisor is gone: `keep 12h`, `stop`, `kill`.

use super::duration::Duration;
use super::text::{BadValue, text_value};
use quarterdeck_core::time::Span;
use std::fmt;
use std::str::FromStr;

/// The action of keepers when the supervisor is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SupervisorLoss {
    /// The run continues for this long, then it is stopped.
    Keep(Duration),
    /// The run is stopped: signal, grace, SIGKILL.
    Stop,
    /// The whole process tree is killed with SIGKILL.
    Kill,
}

text_value!(
    SupervisorLoss,
    name: "SupervisorLoss",
    expecting: "\"keep 12h\" (any duration), \"stop\" or \"kill\"",
    examples: ["keep 12h", "stop", "kill"]
);

impl FromStr for SupervisorLoss {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<SupervisorLoss, BadValue> {
        match text {
            "stop" => Ok(SupervisorLoss::Stop),
            "kill" => Ok(SupervisorLoss::Kill),
            _ => match text.strip_prefix("keep ").map(|span| span.trim().parse::<Duration>()) {
                Some(Ok(span)) if span.0 > Span(0) => Ok(SupervisorLoss::Keep(span)),
                Some(Err(bad)) => Err(bad),
                _ => Err(BadValue("expected \"keep 12h\" (any duration), \"stop\" or \"kill\"".to_owned())),
            },
        }
    }
}

impl fmt::Display for SupervisorLoss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SupervisorLoss::Keep(span) => write!(f, "keep {span}"),
            SupervisorLoss::Stop => f.write_str("stop"),
            SupervisorLoss::Kill => f.write_str("kill"),
        }
    }
}
