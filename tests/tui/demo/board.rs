//! Locks, conflicts and messages of the demo's agents, and the data of every tab.

use super::work::NOW_MS;
pub use super::work::{chain, detail, plan, plans, tasks, why};
use quarterdeck::api::agents::Explanation;
use quarterdeck::api::conflicts::{Conflict, ConflictDetail, Content, FileVersions, Version};
use quarterdeck::api::locks::{Blocker, Cycle, Lease, LockMode, LockScope, LockStatistics, Locks, Request, Resource};
use quarterdeck::api::messages::{Delivery, Message, Via};
use quarterdeck::api::work::WorkDetail;
use quarterdeck::tui::topic::{Data, Topic};

/// Returns the demo's data for a topic of a tab.
pub fn data(topic: &Topic) -> Data {
    match topic {
        Topic::Tasks => Data::Tasks(tasks()),
        Topic::SomeTasks(ids) => Data::Tasks(tasks().into_iter().filter(|task| ids.contains(&task.id)).collect()),
        Topic::Task(id) => Data::Task(Box::new(detail(id))),
        Topic::Why(id) => Data::Why(why(id)),
        Topic::Plans => Data::Plans(plans()),
        Topic::Plan(id) => Data::Plan(Box::new(plan(id))),
        Topic::Locks => Data::Locks(locks()),
        Topic::Conflicts => Data::Conflicts(conflicts()),
        Topic::Conflict(id) => Data::Conflict(Box::new(conflict(id))),
        Topic::Messages(agent) => Data::Messages(messages(agent.as_deref())),
        Topic::Explanation(agent) => Data::Explanation(explanation(agent)),
        Topic::Work(agent) => {
            let (branch, message) = (Some(format!("qd/{agent}")), "Fix the parser".to_owned());
            let detail =
                WorkDetail { agent: agent.clone(), branch, work: None, files: vec![], nested: vec![], message };
            Data::Work(Box::new(detail))
        }
    }
}

/// Returns the reasons for the condition of the demo's agent.
pub fn explanation(agent: &str) -> Explanation {
    Explanation {
        agent: agent.to_owned(),
        answer: "It works: it wrote something 1 s ago.".to_owned(),
        because: vec!["run r17 is ready since 42 s".to_owned()],
        hints: vec![format!("qd attach {agent}")],
        facts: super::facts().split_off(6),
    }
}

fn scope(text: &str) -> LockScope {
    match (text.strip_prefix("shared "), text.split_once(' ')) {
        (Some(path), _) => LockScope { scope: path.to_owned(), mode: LockMode::Shared, unit: None },
        (None, Some((name, unit))) => {
            LockScope { scope: name.to_owned(), mode: LockMode::Exclusive, unit: unit.parse().ok() }
        }
        (None, None) => LockScope { scope: text.to_owned(), mode: LockMode::Exclusive, unit: None },
    }
}

/// Returns the demo's locks and the requests that wait for them.
pub fn locks() -> Locks {
    let lease = |number: u64, holder: &str, scopes: &[&str], age_s: u64, purpose: Option<&str>| Lease {
        lease: format!("l{number}"),
        holder: holder.to_owned(),
        agent: Some(holder.trim_start_matches("task ").to_owned()),
        run: Some(format!("r{}", 10 + holder.len())),
        task: holder.strip_prefix("task ").map(str::to_owned),
        scopes: scopes.iter().map(|text| scope(text)).collect(),
        token: number + 10,
        since_ms: NOW_MS - age_s * 1_000,
        expires_ms: None,
        paused: false,
        purpose: purpose.map(str::to_owned),
    };
    let behind = |who: &str, scope: &str, holds, age_s: u64| Blocker {
        who: who.to_owned(),
        scope: scope.to_owned(),
        holds,
        since_ms: NOW_MS - age_s * 1_000,
    };
    let request = |number: u64, holder: &str, scopes: &[&str], age_s: u64, behind: Vec<Blocker>| Request {
        request: format!("q{number}"),
        holder: holder.to_owned(),
        agent: Some(holder.to_owned()),
        scopes: scopes.iter().map(|text| scope(text)).collect(),
        since_ms: NOW_MS - age_s * 1_000,
        until_ms: Some(NOW_MS + 300_000 - age_s * 1_000),
        behind,
        purpose: None,
    };
    let resource = |name: &str, capacity, held, first| Resource { name: name.to_owned(), capacity, held, first };
    Locks {
        leases: vec![
            Lease { paused: true, ..lease(3, "migrations", &["src/parser"], 7_400, Some("divide the parser")) },
            lease(7, "builder", &["src/lock", "gpu 0"], 252, Some("release.test[lock]")),
            lease(8, "reviewer", &["docs/changes.md"], 184, None),
            Lease {
                agent: None,
                run: None,
                expires_ms: Some(NOW_MS + 41_000),
                ..lease(9, "anna", &["shared assets"], 19, Some("looking at the pictures"))
            },
        ],
        waiting: vec![
            request(11, "translator", &["gpu"], 131, vec![behind("builder", "gpu", true, 252)]),
            request(
                12,
                "docs",
                &["docs/changes.md", "shared src/parser/lexer.rs"],
                44,
                vec![behind("reviewer", "docs/changes.md", true, 184), behind("migrations", "src/parser", true, 7_400)],
            ),
            request(
                13,
                "fuzzer",
                &["gpu"],
                9,
                vec![behind("builder", "gpu", true, 252), behind("translator", "gpu", false, 131)],
            ),
        ],
        resources: vec![
            resource("build", 2, 0, None),
            resource("gpu", 1, 1, None),
            resource("port", 100, 3, Some(4_000)),
        ],
        cycles: vec![Cycle {
            at_ms: NOW_MS - 1_260_000,
            who: "reviewer".to_owned(),
            scopes: vec!["src/lock".to_owned()],
            cycle: "reviewer waits for src/lock held by builder, builder waits for docs/changes.md held by reviewer"
                .to_owned(),
        }],
        statistics: LockStatistics {
            granted: 412,
            waited: 37,
            longest_wait_ms: 41_212,
            total_wait_ms: 98_420,
            timed_out: 1,
            cycles_refused: 1,
            expired: 2,
            forced: 0,
            violations: 1,
        },
    }
}

/// Returns conflicts, newest first. A conflict is about files that were written by another party than the holder of
/// their lock.
pub fn conflicts() -> Vec<Conflict> {
    let conflict = |age_s: u64, lease: &str, files: &[&str], taken| Conflict {
        id: format!("{:013}-{lease}", NOW_MS - age_s * 1_000),
        at_ms: NOW_MS - age_s * 1_000,
        lease: lease.to_owned(),
        files: files.iter().map(|file| (*file).to_owned()).collect(),
        taken,
    };
    vec![
        conflict(95, "l3", &["src/parser/lexer.rs", "src/parser/tokens.rs"], None),
        conflict(4_000, "l2", &["docs/changes.md"], Some(Version::Before)),
    ]
}

/// Returns one conflict with the versions of its files.
pub fn conflict(id: &str) -> ConflictDetail {
    let text = |text: &str| Content::Text(text.to_owned());
    let conflict = conflicts().into_iter().find(|known| known.id == id).unwrap_or_else(|| conflicts().swap_remove(0));
    let versions = |file: &String| match file.as_str() {
        "src/parser/lexer.rs" => FileVersions {
            file: file.clone(),
            before: text("fn next(&mut self) -> Token {\n    self.skip_blanks();\n    self.read()\n}\n"),
            after: text(
                "fn next(&mut self) -> Option<Token> {\n    self.skip_blanks();\n    self.skip_comments();\n    Some(self.read())\n}\n",
            ),
            now: text(
                "fn next(&mut self) -> Option<Token> {\n    self.skip_blanks();\n    self.skip_comments();\n    Some(self.read())\n}\n",
            ),
        },
        _ => FileVersions { file: file.clone(), before: Content::Missing, after: text("new\n"), now: text("newer\n") },
    };
    ConflictDetail { versions: conflict.files.iter().map(versions).collect(), conflict }
}

/// Returns the newest messages of all agents or of one, newest last.
pub fn messages(agent: Option<&str>) -> Vec<Message> {
    use Delivery as D;
    let told = [
        (7_300, "lock.lost", "qd", "migrations", "lease l2 on src/lexer expired: it was not renewed", D::Acknowledged),
        (1_900, "broadcast.status", "builder", "docs", "main builds again", D::Acknowledged),
        (1_900, "broadcast.status", "builder", "nightly", "main builds again", D::Expired),
        (640, "agent.fuzzer.task", "qd", "fuzzer", "release.test[plan] failed its verification: exit 101", D::Failed),
        (
            310,
            "agent.docs.question",
            "reviewer",
            "docs",
            "Which heading does the change of the lease belong under?\nI would put it under Locks.",
            D::Delivered,
        ),
        (
            44,
            "direct",
            "anna",
            "reviewer",
            "第七章はもうできましたか。 Please look at docs/changes.md once more before it is merged; the second paragraph says the contrary of the first.",
            D::Pending,
        ),
    ];
    let message =
        |(index, (age_s, topic, from, to, body, delivery)): (usize, (u64, &str, &str, &str, &str, D))| Message {
            id: format!("m{}", index + 1),
            topic: topic.to_owned(),
            from: from.to_owned(),
            to: to.to_owned(),
            body: body.to_owned(),
            correlation: (topic == "agent.docs.question").then(|| "m2".to_owned()),
            via: if from == "anna" { Via::Terminal } else { Via::Inbox },
            delivery,
            sent_ms: NOW_MS - age_s * 1_000,
            expires_ms: NOW_MS - age_s * 1_000 + 3_600_000,
        };
    let of = |message: &Message| agent.is_none_or(|agent| message.from == agent || message.to == agent);
    told.into_iter().enumerate().map(message).filter(of).collect()
}
