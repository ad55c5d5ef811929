//! Leases, and the parties that are in the way, as text for people.

use crate::api::locks::{Blocker, Granted, LockMode, LockScope, Waiting};
use crate::report::output::clean;
use crate::report::time::time_of_day;

/// The number of parties in the way that are named. Beyond it, the rest is counted.
const NAMED_MAX: usize = 3;

/// Returns scopes as text: `src/parser, docs (shared), port 4003`.
pub fn scopes(scopes: &[LockScope]) -> String {
    let one = |scope: &LockScope| match (scope.unit, scope.mode) {
        (Some(unit), _) => format!("{} {unit}", scope.scope),
        (None, LockMode::Shared) => format!("{} (shared)", scope.scope),
        (None, LockMode::Exclusive) => scope.scope.clone(),
    };
    clean(&scopes.iter().map(one).collect::<Vec<_>>().join(", "))
}

/// Returns a lease as text: `l7: src/parser, port 4003 (token 12, until 09:32:00)`.
pub fn granted(granted: &Granted) -> String {
    let until = granted.expires_ms.map(|at_ms| format!(", until {}", time_of_day(at_ms))).unwrap_or_default();
    format!("{}: {} (token {}{until})", granted.lease, scopes(&granted.scopes), granted.token)
}

/// Returns a waiting request as text: `waiting: builder holds src since 09:30:07; 2 requests ahead of it (given up at
/// 09:35:07)`.
pub fn waiting(waiting: &Waiting) -> String {
    let before = match waiting.ahead {
        0 => "next in the queue".to_owned(),
        1 => "1 request ahead of it".to_owned(),
        ahead => format!("{ahead} requests ahead of it"),
    };
    let until = match waiting.until_ms {
        u64::MAX => String::new(),
        until_ms => format!(" (until {})", time_of_day(until_ms)),
    };
    format!("waiting: {}; {before}{until}", behind(&waiting.behind))
}

/// Returns the parties in the way as text: `builder holds src since 09:30:07, tests waits for src`.
pub fn behind(blockers: &[Blocker]) -> String {
    let one = |blocker: &Blocker| match blocker.holds {
        true => format!("{} since {}", blocker.words(), time_of_day(blocker.since_ms)),
        false => blocker.words(),
    };
    let mut words: Vec<String> = blockers.iter().take(NAMED_MAX).map(one).collect();
    // A party may hold the same scope under several leases.
    words.dedup();
    if blockers.len() > NAMED_MAX {
        words.push(format!("{} more", blockers.len() - NAMED_MAX));
    }
    clean(&words.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lease() -> Granted {
        let scope = |scope: &str, mode, unit| LockScope { scope: scope.into(), mode, unit };
        let scopes = vec![
            scope("src/a b", LockMode::Exclusive, None),
            scope("docs", LockMode::Shared, None),
            scope("build-slot", LockMode::Exclusive, Some(0)),
            scope("port", LockMode::Exclusive, Some(4_003)),
            scope("port", LockMode::Exclusive, Some(4_007)),
        ];
        Granted { lease: "l7".into(), token: 12, scopes, expires_ms: None, waited_ms: 0 }
    }

    #[test]
    fn a_lease_is_told_with_its_units_and_its_token() {
        assert_eq!(granted(&lease()), "l7: src/a b, docs (shared), build-slot 0, port 4003, port 4007 (token 12)");
    }

    #[test]
    fn a_command_finds_its_lease_in_its_environment() {
        let variables = lease().variables();
        let expected = [
            ("QD_LOCK_LEASE", "l7"),
            ("QD_LOCK_TOKEN", "12"),
            ("QD_LOCK_SCOPES", "src/a b\ndocs\nbuild-slot\nport\nport"),
            ("QD_LOCK_UNIT_BUILD_SLOT", "0"),
            ("QD_LOCK_UNIT_PORT", "4003 4007"),
        ];
        assert_eq!(variables, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn those_in_the_way_are_named_and_the_rest_counted() {
        let blocker = |who: &str, holds| Blocker { who: who.into(), scope: "src".into(), holds, since_ms: 0 };
        let many: Vec<Blocker> = ["b\x1b[31m", "c", "d", "e", "f"].map(|who| blocker(who, false)).into();
        let words = behind(&many);
        assert_eq!(words, "b [31m waits for src, c waits for src, d waits for src, 2 more");
        let waits = Waiting { request: "q1".into(), behind: vec![blocker("c", false)], ahead: 1, until_ms: u64::MAX };
        assert_eq!(waiting(&waits), "waiting: c waits for src; 1 request ahead of it");
        let twice = behind(&[blocker("c", false), blocker("c", false)]);
        assert_eq!(twice, "c waits for src", "the same is said once");
    }
}
