//! Tests that a task without capabilities requires the capability that its first line names.

use super::desk::*;
use crate::common::*;
use proptest::prelude::*;
use quarterdeck_core::event::Event;
use quarterdeck_core::ids::TaskId;
use quarterdeck_core::policy::FleetPolicy;
use quarterdeck_core::task::routing::is_word;
use quarterdeck_core::task::{Placement, Routing, TaskSpec};

fn routing(routes: &[(&str, &[&str])]) -> Routing {
    Routing::new(routes.iter().map(|(capability, said)| (capability.to_string(), words(said))))
}

fn roles() -> Routing {
    routing(&[("executor", &["implement", "Fix", "refactor"]), ("planner", &["plan", "research"])])
}

fn bench() -> Bench {
    let agents = vec![able(puller("maker"), &["executor"]), able(puller("thinker"), &["planner"]), puller("other")];
    let mut bench = Bench::new(agents.clone());
    let mut fleet = FleetPolicy::default();
    fleet.coordination.tasks.routing = roles();
    bench.step(Event::Configured { fleet, agents });
    bench
}

fn says(bench: &mut Bench, prompt: &str) -> TaskId {
    bench.add(TaskSpec { name: String::new(), prompt: prompt.into(), ..spec("") })
}

fn asks_for(bench: &Bench, task: TaskId) -> (Vec<String>, Option<String>) {
    let spec = &bench.task(task).spec;
    (spec.required_capabilities.clone(), spec.routed.clone())
}

#[test]
fn the_first_line_decides_who_may_do_a_task() {
    let mut bench = bench();
    ["maker", "thinker", "other"].iter().for_each(|name| bench.ready(name));
    let fix = says(&mut bench, "# Fix the lexer\n\nResearch comes later.");
    let think = says(&mut bench, "Please RESEARCH, then implement");
    let any = says(&mut bench, "Prefix planning of fixtures");
    assert_eq!(asks_for(&bench, fix), (words(&["executor"]), Some("fix".into())));
    assert_eq!(asks_for(&bench, think), (words(&["planner"]), Some("research".into())), "the earliest word");
    assert_eq!(asks_for(&bench, any), (Vec::new(), None), "whole words only");
    assert_eq!([bench.take_task("maker"), bench.take_task("thinker"), bench.take_task("other")], [fix, think, any]);
}

#[test]
fn who_names_a_capability_or_an_agent_is_taken_at_their_word() {
    let mut bench = bench();
    let prompt = "fix it".to_string();
    let named = TaskSpec { required_capabilities: words(&["planner"]), prompt: prompt.clone(), ..spec("named") };
    let placed = TaskSpec { placement: Placement::Only("other".into()), prompt: prompt.clone(), ..spec("placed") };
    let preferred = TaskSpec { placement: Placement::Prefer("other".into()), prompt: prompt.clone(), ..spec("first") };
    // A client cannot set the routing that only the fleet decides.
    let forged = TaskSpec { routed: Some("fix".into()), prompt: "do it".into(), ..spec("forged") };
    for (spec, expected) in [(named, words(&["planner"])), (placed, vec![]), (preferred, vec![]), (forged, vec![])] {
        let task = bench.add(spec);
        assert_eq!(asks_for(&bench, task), (expected, None));
    }
}

#[test]
fn among_capabilities_that_have_the_same_word_the_first_by_name_is_asked_for() {
    let shared = routing(&[("z", &["fix"]), ("a", &["do", "fix"])]);
    assert_eq!(shared.capability_of("to fix"), Some(("a", "fix".into())));
    assert_eq!(shared.capability_of("\n \n##  FIX: all"), Some(("a", "fix".into())));
    assert_eq!(shared.capability_of("hot-fix and fix_it"), None, "what is joined is one word");
    assert_eq!(Routing::default().capability_of("fix"), None);
}

#[test]
fn only_what_a_line_can_hold_as_a_word_is_one() {
    for (text, expected) in
        [("fix", true), ("hot-fix", true), ("é_1", true), ("", false), ("-fix", false), ("a b", false), ("a.b", false)]
    {
        assert_eq!(is_word(text), expected, "{text:?}");
    }
}

proptest! {
    /// Tests arbitrary prompts: the required capability is one that has the word, and the word is in the prompt's first
    /// line.
    #[test]
    fn a_prompt_asks_for_what_its_first_line_holds(prompt in "\\PC{0,20}(fix|Plan|research|implement)?\\PC{0,20}\n?\\PC{0,9}") {
        if let Some((capability, word)) = roles().capability_of(&prompt) {
            let of = if ["plan", "research"].contains(&word.as_str()) { "planner" } else { "executor" };
            prop_assert_eq!(capability, of);
            prop_assert!(prompt.to_lowercase().contains(&word));
        }
    }
}
