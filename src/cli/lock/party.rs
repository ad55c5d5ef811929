//! Who asks. Inside a run nothing needs to be said: the supervisor knows. Outside, holders have names.

use crate::client::Client;
use clap::Args;

/// The longest name of a holder that is made up here, bytes; the supervisor takes longer ones. Beyond it, the name of
/// the machine is cut: it only tells holders apart for people.
const NAME_BYTES_MAX: usize = 64;

/// Who asks.
#[derive(Args, Debug)]
pub struct Party {
    /// Outside the fleet: the name of the holder; whoever uses the same name is the same holder [default: `user@host`
    /// and the process id of the shell that asks; for `run`, its own]
    #[arg(long = "as", value_name = "NAME")]
    name: Option<String>,
}

/// Names the holder to what runs under `qd lock run` outside the fleet: what it asks for, the same holder asks for.
pub const HOLDER_VARIABLE: &str = "QD_LOCK_HOLDER";

impl Party {
    /// The name that is claimed; none inside a run. Each shell is a holder of its own, so that two
    /// scripts of one user keep each other out.
    pub fn claimed(&self, client: &Client) -> Option<String> {
        self.claimed_by(client, std::os::unix::process::parent_id())
    }

    /// The same for something that nobody else is to be taken for: with our process id.
    pub fn claimed_alone(&self, client: &Client) -> Option<String> {
        self.claimed_by(client, std::process::id())
    }

    fn claimed_by(&self, client: &Client, pid: u32) -> Option<String> {
        if self.name.is_some() || client.own_agent().is_some() {
            return self.name.clone();
        }
        let outer = std::env::var(HOLDER_VARIABLE).ok().filter(|name| !name.is_empty());
        Some(outer.unwrap_or_else(|| format!("{}:{pid}", person())))
    }
}

/// `user@host`, as far as the system says.
fn person() -> String {
    let user = ["USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok().filter(|user| !user.is_empty()));
    let user = user.unwrap_or_else(|| format!("uid{}", rustix::process::geteuid().as_raw()));
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    named(&user, host.trim())
}

/// A name without what can't be shown, and with room left for a process id.
fn named(user: &str, host: &str) -> String {
    /// Room for the process's id in that name. Beyond it, no id of Linux goes.
    const ID_BYTES_MAX: usize = ":4194304".len();
    let whole = if host.is_empty() { user.to_owned() } else { format!("{user}@{host}") };
    let mut name: String = whole.chars().filter(|character| !character.is_control()).collect();
    while name.len() > NAME_BYTES_MAX - ID_BYTES_MAX {
        name.pop();
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_can_be_shown() {
        assert_eq!(named("ann", "ship"), "ann@ship");
        assert_eq!(named("ann", ""), "ann");
        assert_eq!(named("a\nb", "\x1b[31m"), "ab@[31m");
        assert_eq!(named(&"ü".repeat(40), "ship").len(), 56);
    }
}
