//! Converts a task file to the form that the core takes: names become numbers once the board knows them.

use crate::split::{TaskFile, WhereItWorks};
use quarterdeck_core::task::{Need, Placement, TaskBoard, TaskSpec, TaskWorkspace, When};
use quarterdeck_core::time::Span;

/// The task that a file describes, whose relations to others are still names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    spec: TaskSpec,
    needs: Vec<String>,
    parent: Option<String>,
}

/// Returns the task that a file describes.
pub(super) fn wanted(name: &str, file: &TaskFile) -> Wanted {
    let mut required_capabilities = file.capabilities.clone();
    required_capabilities.sort();
    required_capabilities.dedup();
    let spec = TaskSpec {
        name: file.id.clone(),
        prompt: file.body.trim().to_owned(),
        priority: file.priority,
        required_capabilities,
        placement: match (&file.agent, &file.prefer) {
            _ if file.parts > 0 => Placement::Parts(file.parts),
            (Some(agent), _) => Placement::Only(agent.clone()),
            (None, Some(agent)) => Placement::Prefer(agent.clone()),
            (None, None) => Placement::Anyone,
        },
        needs: Vec::new(),
        locks: file.all_locks(),
        verify: file.verify.clone(),
        outputs: file.outputs.clone(),
        workspace: match file.workspace {
            WhereItWorks::Agent => TaskWorkspace::Agent,
            WhereItWorks::Fresh => TaskWorkspace::Fresh,
            WhereItWorks::Merge => TaskWorkspace::Merge,
        },
        timeout: file.timeout_ms.map(Span),
        attempts: file.attempts,
        plan: None,
        parent: None,
        file: Some(name.to_owned()),
        routed: None,
    };
    Wanted { spec, needs: file.needs.clone(), parent: file.parent.clone() }
}

impl Wanted {
    /// Returns the task in the core's form. The error names a task that does not exist.
    pub(super) fn resolve(&self, board: &TaskBoard) -> Result<TaskSpec, String> {
        let number = |name: &String| board.resolve(name).ok_or_else(|| format!("there is no task {name} (yet)"));
        let mut spec = self.spec.clone();
        spec.parent = self.parent.as_ref().map(number).transpose()?;
        for name in &self.needs {
            spec.needs.push(Need { task: number(name)?, when: When::Done });
        }
        Ok(spec)
    }

    /// Whether a task already equals this one. The needs that a part inherits from its parent count as its own.
    pub(super) fn is_already(&self, known: &TaskSpec, board: &TaskBoard) -> bool {
        let Ok(spec) = self.resolve(board) else { return false };
        let needs_all = spec.needs.iter().all(|need| known.needs.contains(need));
        let as_many = spec.parent.is_some() || spec.needs.len() >= known.needs.len();
        let unrelated = |spec: &TaskSpec| {
            let mut own = TaskSpec { needs: Vec::new(), parent: None, plan: None, ..spec.clone() };
            if own.routed.take().is_some() {
                own.required_capabilities.clear();
            }
            own
        };
        needs_all && as_many && unrelated(&spec) == unrelated(known)
    }
}
