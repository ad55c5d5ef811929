//! Decides who sends a request, from the evidence about the process that sends it and from nothing else.
//!
//! | process tree | secret that came | claimed name | the sender is |
//! |---|---|---|---|
//! | of run r | of r, or none | none, or r's agent | run r |
//! | any other, or not known | of r | none, or r's agent | run r: a daemon or a container that r started |
//! | outside every run | none | none | a person |
//! | anything else | | | refused |
//!
//! A process cannot leave or hide its tree: every process that an agent starts descends from the agent's keeper. A
//! secret can be lost on the way (programs strip variables by their names), and a name proves nothing.
//!
//! **Invariant:** a process in a run's tree, and a process that claims to be an agent, is never taken for a person
//! (`only_a_process_outside_that_claims_nothing_is_a_person`).

use crate::ids::{AgentId, RunId};
use crate::view::View;
use alloc::string::String;

/// The evidence about the process that sends a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Evidence<'e> {
    /// The process tree that the requesting process is in.
    pub tree: Tree,
    /// The secret that came with the request.
    pub secret: Secret,
    /// The agent name that the process claims to have; none if it claims nothing.
    pub claim: Option<&'e str>,
}

/// The process tree that a requesting process belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tree {
    /// The process is this run's keeper or one of its descendants.
    Of(RunId),
    /// The supervisor started the process for an agent or a task: a verification, or a probe of readiness. An agent may
    /// have chosen the program that it runs.
    Errand,
    /// The process descends from no process of this fleet.
    Outside,
    /// The process ended before its tree could be determined.
    Unknown,
}

/// The secret that came with a request; a run proves by it which run it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secret {
    /// The secret belongs to this run.
    Of(RunId),
    /// The secret belongs to no run of this fleet.
    Wrong,
    /// No secret came with the request.
    None,
}

/// The sender of a request, as proved by the evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asker {
    /// The owner of the fleet, or a program of the owner.
    Person,
    /// A live run of an agent.
    Run {
        /// The run that sends the request.
        run: RunId,
        /// The agent that the run belongs to.
        agent: AgentId,
        /// Name of the agent that the run belongs to.
        name: String,
    },
}

/// Why the sender of a request could not be determined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unproven {
    /// The secret belongs to no run of this fleet.
    WrongSecret,
    /// The process is in the tree of one run and shows the secret of another.
    SecretOfAnother {
        /// The run whose process tree the process is in.
        tree: RunId,
        /// The run whose secret the process shows.
        secret: RunId,
    },
    /// The process claims to be an agent, and nothing proves it.
    OnlyAClaim {
        /// The agent name that the process claims to have.
        claim: String,
    },
    /// The process claims to be another agent than the one that it is.
    NotYourself {
        /// Name of the agent that the process belongs to.
        name: String,
        /// The agent name that the process claims to have.
        claim: String,
    },
    /// The supervisor started the process, and nothing proves for which run.
    OnlyAnErrand,
    /// The process ended before its tree could be determined.
    Gone,
    /// The run that sends the request has ended.
    RunEnded {
        /// The run that has ended.
        run: RunId,
    },
}

/// Returns who sends a request, as the evidence proves it.
///
/// # Errors
/// Returns why the sender could not be determined. Such a request is refused, and is never taken for a person's.
pub fn who(evidence: Evidence, view: &View) -> Result<Asker, Unproven> {
    let run = match (evidence.tree, evidence.secret, evidence.claim) {
        (_, Secret::Wrong, _) => return Err(Unproven::WrongSecret),
        (Tree::Of(tree), Secret::Of(secret), _) if tree != secret => {
            return Err(Unproven::SecretOfAnother { tree, secret });
        }
        (Tree::Of(run), _, _) | (Tree::Errand | Tree::Outside | Tree::Unknown, Secret::Of(run), _) => run,
        (Tree::Errand | Tree::Outside | Tree::Unknown, Secret::None, Some(claim)) => {
            return Err(Unproven::OnlyAClaim { claim: claim.into() });
        }
        (Tree::Errand, Secret::None, None) => return Err(Unproven::OnlyAnErrand),
        (Tree::Unknown, Secret::None, None) => return Err(Unproven::Gone),
        (Tree::Outside, Secret::None, None) => return Ok(Asker::Person),
    };
    let mut live = view.agents.iter().filter(|(_, agent)| agent.run == Some(run) && agent.state.is_live());
    let (agent, known) = live.next().ok_or(Unproven::RunEnded { run })?;
    let name = known.name.clone();
    match evidence.claim {
        Some(claim) if claim != name => Err(Unproven::NotYourself { name, claim: claim.into() }),
        _ => Ok(Asker::Run { run, agent: *agent, name }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::Origin;
    use crate::time::Time;
    use crate::view::{AgentView, Config, Pause, State};
    use alloc::vec::Vec;

    const A: RunId = RunId(1);
    const B: RunId = RunId(2);
    const ENDED: RunId = RunId(3);

    /// Returns a view in which `a` runs as r1 and `b` as r2, and r3 has ended.
    fn view() -> View {
        let agent = |name: &str, state, run| AgentView {
            name: name.into(),
            origin: Origin::File,
            state,
            since: Time(0),
            pause: Pause::Running,
            config: Config::Current,
            run: Some(run),
            started: None,
            pid: None,
            last: None,
            failures: 0,
            standing: None,
        };
        let agents = [
            (AgentId(1), agent("a", State::Ready, A)),
            (AgentId(2), agent("b", State::Starting, B)),
            (AgentId(3), agent("c", State::Off, ENDED)),
        ];
        View { agents: agents.into(), ..View::default() }
    }

    fn all() -> Vec<Evidence<'static>> {
        let trees = [Tree::Of(A), Tree::Of(B), Tree::Of(ENDED), Tree::Errand, Tree::Outside, Tree::Unknown];
        let secrets =
            [Secret::Of(A), Secret::Of(B), Secret::Of(ENDED), Secret::Of(RunId(9)), Secret::Wrong, Secret::None];
        let claims = [None, Some("a"), Some("b"), Some("c"), Some("nobody")];
        let of = |tree| secrets.iter().flat_map(move |secret| claims.map(|claim| (tree, *secret, claim)));
        let all = trees.into_iter().flat_map(of);
        all.map(|(tree, secret, claim)| Evidence { tree, secret, claim }).collect()
    }

    #[test]
    fn only_a_process_outside_that_claims_nothing_is_a_person() {
        let view = view();
        for evidence in all() {
            let is_person = who(evidence, &view) == Ok(Asker::Person);
            let expected = Evidence { tree: Tree::Outside, secret: Secret::None, claim: None };
            assert_eq!(is_person, evidence == expected, "{evidence:?}");
        }
    }

    #[test]
    fn whoever_is_a_run_is_the_one_that_every_proof_names() {
        let view = view();
        let mut runs = 0;
        for evidence in all() {
            let Ok(Asker::Run { run, name, .. }) = who(evidence, &view) else { continue };
            runs += 1;
            let elsewhere = matches!(evidence.tree, Tree::Errand | Tree::Outside | Tree::Unknown);
            assert!(elsewhere || evidence.tree == Tree::Of(run), "{evidence:?}");
            assert!(evidence.secret == Secret::None || evidence.secret == Secret::Of(run), "{evidence:?}");
            assert!(evidence.tree == Tree::Of(run) || evidence.secret == Secret::Of(run), "{evidence:?}");
            assert!(evidence.claim.is_none_or(|claim| claim == name), "{evidence:?}");
            assert!(run == A || run == B, "{evidence:?}");
        }
        // For each of the two runs: five proofs (its tree with and without its secret; its secret from an errand, from
        // outside, and from one that is gone), each with its own name and with none.
        assert_eq!(runs, 2 * 5 * 2);
    }

    #[test]
    fn each_refusal_says_what_is_wrong() {
        let view = view();
        let asked = |tree, secret, claim| who(Evidence { tree, secret, claim }, &view);
        let claim = |claim: &str| Err(Unproven::OnlyAClaim { claim: claim.into() });
        assert_eq!(asked(Tree::Of(A), Secret::Wrong, Some("a")), Err(Unproven::WrongSecret));
        assert_eq!(asked(Tree::Outside, Secret::Wrong, None), Err(Unproven::WrongSecret));
        let another = Err(Unproven::SecretOfAnother { tree: A, secret: B });
        assert_eq!(asked(Tree::Of(A), Secret::Of(B), Some("b")), another);
        assert_eq!(asked(Tree::Outside, Secret::None, Some("a")), claim("a"));
        assert_eq!(asked(Tree::Unknown, Secret::None, Some("a")), claim("a"));
        assert_eq!(asked(Tree::Unknown, Secret::None, None), Err(Unproven::Gone));
        assert_eq!(asked(Tree::Errand, Secret::None, None), Err(Unproven::OnlyAnErrand));
        assert_eq!(asked(Tree::Of(ENDED), Secret::None, None), Err(Unproven::RunEnded { run: ENDED }));
        assert_eq!(asked(Tree::Outside, Secret::Of(RunId(9)), None), Err(Unproven::RunEnded { run: RunId(9) }));
        let other = Err(Unproven::NotYourself { name: "a".into(), claim: "b".into() });
        assert_eq!(asked(Tree::Of(A), Secret::None, Some("b")), other);
    }
}
