//! The party that requests a lock. Inside a run the supervisor knows it; outside the fleet, holders have names.

use crate::client::Client;
use clap::Args;

/// The longest name of a holder that is composed here, in bytes; the supervisor accepts longer names. Beyond it, the
/// name of the machine is cut, since it only helps people to distinguish holders.
const NAME_BYTES_MAX: usize = 64;

/// The party that requests a lock.
#[derive(Args, Debug)]
pub struct Party {
    /// Outside the fleet: name of the holder; everyone who uses the same name is the same holder [default: user and host,
    /// and the process id of the calling shell; for `run`, its own process id]
    #[arg(long = "as", value_name = "NAME")]
    name: Option<String>,
}

/// The variable that passes the holder's name to programs under `qd lock run` outside the fleet, so that their requests
/// are made by the same holder.
pub const HOLDER_VARIABLE: &str = "QD_LOCK_HOLDER";

impl Party {
    /// Returns the holder's name to send; none inside a run. Each shell is a holder of its own, so that two scripts of
    /// one user exclude each other.
    pub fn claimed(&self, client: &Client) -> Option<String> {
        self.claimed_by(client, std::os::unix::process::parent_id())
    }

    /// Returns the holder's name to send, with our process id, so that no other process is the same holder.
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

/// Returns `user@host`, as far as the system knows both.
fn person() -> String {
    let user = ["USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok().filter(|user| !user.is_empty()));
    let user = user.unwrap_or_else(|| format!("uid{}", rustix::process::geteuid().as_raw()));
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    named(&user, host.trim())
}

/// Returns a name without characters that cannot be shown, short enough to append a process id.
fn named(user: &str, host: &str) -> String {
    /// The number of bytes reserved for a process id in a holder's name. Beyond it, Linux has no process ids.
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
